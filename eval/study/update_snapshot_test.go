package study_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// everybody is where all customers of the log stand, and what the model says of them.
func everybody(s *study.Tracking, log *datasets.Log) (out []any) {
	for h := range log.Histories(context.Background()) {
		if st, ok := s.Customer(h.ID); ok {
			p, _ := s.Prediction(h.ID)
			out = append(out, st, fmt.Sprintf("%+v", p)) // as text: NaN is not NaN
		}
	}
	c, e := s.Size()
	return append(out, s.Drift(), s.Segments(), c, e, s.Window().To.UTC())
}

func copyFolder(t *testing.T, from string, without ...string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{"contacts.tables", "contacts.snapshot", "contacts.log"} { // the log last: it only grows
		if slices.Contains(without, name) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(from, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// TestSnapshotEqualsReplay: with the snapshot and what came after it everybody stands as
// after feeding the whole log, and goes on as they would have; a snapshot that is cut off,
// changed or of another log is passed over, and said.
func TestSnapshotEqualsReplay(t *testing.T) {
	study.EverySnapshot(t, 80)
	log, m := usualModel(t)
	ctx := context.Background()
	meta := log.Meta
	meta.Window.To = time.Time{}
	opt := study.TrackOptions{Meta: meta}
	cs := contacts(t, log, 130)
	slices.SortStableFunc(cs, func(a, b study.Contact) int { return int((a.Time - b.Time) / 1e6) })
	for i := range cs {
		cs[i].Key = "k" + strconv.Itoa(i)
	}
	dir := t.TempDir()
	s, err := study.OpenTracking(ctx, dir, m, opt, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 7))
	open := func(dir string) *study.Tracking {
		t.Helper()
		s, err := study.OpenTracking(ctx, dir, m, opt, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	used, n := 0, 0
	for at := 0; at < len(cs); n++ {
		to := min(len(cs), at+1+rng.IntN(40))
		if _, err := s.Post(ctx, cs[at:to]); err != nil {
			t.Fatal(err)
		}
		if rng.IntN(10) == 0 {
			if err := s.Pass(ctx, time.UnixMicro(cs[to-1].Time).AddDate(0, 0, rng.IntN(9))); err != nil {
				t.Fatal(err)
			}
		}
		at = to
		if n%20 != 19 && at < len(cs) {
			continue
		}
		quick, slow := open(copyFolder(t, dir)), open(copyFolder(t, dir, "contacts.snapshot"))
		if _, err := os.Stat(filepath.Join(dir, "contacts.snapshot")); err == nil {
			used++
		}
		if len(quick.Notes)+len(slow.Notes) > 0 {
			t.Fatal(quick.Notes, slow.Notes)
		}
		for _, more := range [][]study.Contact{nil, cs[max(0, at-30):at], cs[at:min(len(cs), at+200)]} {
			var acks [2]study.Ack
			for i, s := range []*study.Tracking{quick, slow} {
				if len(more) > 0 {
					if acks[i], err = s.Post(ctx, more); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := s.Settle(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if a, b := everybody(quick, log), everybody(slow, log); acks[0] != acks[1] || !reflect.DeepEqual(a, b) {
				for i := range a {
					if i < len(b) && !reflect.DeepEqual(a[i], b[i]) {
						t.Fatalf("after %d contacts\nwith the snapshot %+v\nwithout           %+v", at, a[i], b[i])
					}
				}
				t.Fatalf("%d and %d, %+v", len(a), len(b), acks)
			}
		}
		quick.Close()
		slow.Close()
	}
	if used < 3 {
		t.Fatalf("%d snapshots were there to be used", used)
	}
	if _, err := s.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	want := everybody(s, log)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	shot, err := os.ReadFile(filepath.Join(dir, "contacts.snapshot"))
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string][]byte{"empty": nil, "another file": []byte("id,time\n1,2\n"), "another log's": shot}
	for range 6 {
		cut, flip := rng.IntN(len(shot)), slices.Clone(shot)
		bad[fmt.Sprintf("cut at %d", cut)] = shot[:cut]
		at := rng.IntN(len(shot))
		flip[at] ^= 1 << rng.IntN(8)
		bad[fmt.Sprintf("a bit at %d", at)] = flip
	}
	for name, b := range bad {
		dir := copyFolder(t, dir)
		if name == "another log's" {
			file := filepath.Join(dir, "contacts.log")
			info, _ := os.Stat(file)
			if err := os.Truncate(file, info.Size()-10); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "contacts.snapshot"), b, 0o644); err != nil {
			t.Fatal(err)
		}
		s := open(dir)
		if len(s.Notes) == 0 || !strings.Contains(s.Notes[0], "cannot be used") {
			t.Errorf("%s: notes %q", name, s.Notes)
		}
		if name != "another log's" && !reflect.DeepEqual(everybody(s, log), want) {
			t.Errorf("%s: not the same", name)
		}
		s.Close()
	}
	// Another model takes the events of the snapshot.
	other := *m
	other.Run = "0123456789abcdef"
	if s, err = study.OpenTracking(ctx, dir, &other, opt, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, e := s.Size(); e != len(cs) || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "labelled anew") {
		t.Errorf("%d events, %q", e, s.Notes)
	}
	s.Close()
}

// savedModel is the usual model, without the shop.
func savedModel(t *testing.T) *study.Model {
	t.Helper()
	b, err := os.ReadFile("testdata/model_schema1.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := study.ReadModel(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTrackingChild is no test: it is the process that TestTrackingKilled kills.
func TestTrackingChild(t *testing.T) {
	dir := os.Getenv("MORES_TRACKING_CHILD")
	if dir == "" {
		t.Skip("it is run by TestTrackingKilled")
	}
	study.EverySnapshot(t, 40)
	m := savedModel(t)
	s, err := study.OpenTracking(context.Background(), dir, m, study.TrackOptions{Meta: datasets.Meta{Has: datasets.FieldAmount}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, have := s.Size()
	fmt.Println("notes", len(s.Notes), strings.Join(s.Notes, "; "))
	for i := have; ; i += 10 {
		var batch []study.Contact
		for j := range 10 {
			c := study.Contact{Key: strconv.Itoa(i + j)}
			c.Customer, c.Amount = "c"+strconv.Itoa((i+j)%25), float64(i+j)
			c.Time = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i+j) * time.Hour / 4).UnixMicro()
			batch = append(batch, c)
		}
		a, err := s.Post(context.Background(), batch)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("acked", i+10, a.Duplicates)
	}
}

// TestTrackingKilled: a process that takes snapshots all the time is killed, again and
// again; what it acknowledged is there.
func TestTrackingKilled(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(11, 11))
	times := 4
	if os.Getenv("MORES_LONG") == "1" {
		times = 100
	}
	acked, left := 0, 0
	for k := range times {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTrackingChild$", "-test.v")
		cmd.Env = append(os.Environ(), "MORES_TRACKING_CHILD="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(out)
		stop, said := 3+rng.IntN(60), 0
		for sc.Scan() {
			var n, dup int
			switch {
			case strings.HasPrefix(sc.Text(), "notes") && strings.Contains(sc.Text(), "cannot be used"):
				t.Errorf("start %d: %s", k, sc.Text())
			case strings.HasPrefix(sc.Text(), "acked"):
				if _, err := fmt.Sscanf(sc.Text(), "acked %d %d", &n, &dup); err != nil || n < acked {
					t.Fatalf("start %d: %s after %d acknowledged (%v)", k, sc.Text(), acked, err)
				}
				acked = n
				if said++; said == stop {
					time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond)
					cmd.Process.Kill()
				}
			}
		}
		cmd.Wait()
		if said == 0 {
			t.Fatalf("start %d: it took nothing", k)
		}
		if _, err := os.Stat(filepath.Join(dir, "contacts.snapshot.new")); err == nil {
			left++
		}
	}
	log, m := usualModel(t)
	s, err := study.OpenTracking(context.Background(), dir, m, study.TrackOptions{}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	slow, err := study.OpenTracking(context.Background(), copyFolder(t, dir, "contacts.snapshot"), m, study.TrackOptions{}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	_, n := s.Size()
	_, all := slow.Size()
	if n < acked || n != all {
		t.Errorf("%d events, %d in the log, %d acknowledged", n, all, acked)
	}
	if a, b := everybody(s, log), everybody(slow, log); !reflect.DeepEqual(a, b) {
		t.Error("the snapshot and the log differ")
	}
	t.Logf("%d kills, %d of them in the middle of a snapshot; %d events acknowledged, %d there", times, left, acked, n)
}

// TestSideTablesAreKept: extractors that read tables of items, customers, campaigns or
// offers see them after a restart as before it.
func TestSideTablesAreKept(t *testing.T) {
	big, _ := usual()
	log := thinned(t, big, 12)
	var names []string
	for _, e := range features.Extractors() {
		if e.Table != "" && e.Lacks(log) == "" && e.Minimum <= 4 {
			names = append(names, e.Name)
		}
	}
	if len(names) == 0 {
		t.Fatal("no extractor of them reads a table of the shop")
	}
	r, err := features.NewRecipe("tables", append([]string{"rfm"}, names...)...)
	if err != nil {
		t.Fatal(err)
	}
	r.Lenient = true
	m := shopModel(t, log, "kmeans", r)
	ctx := context.Background()
	dir := t.TempDir()
	open := func(dir string, past *datasets.Log) *study.Tracking {
		t.Helper()
		s, err := study.OpenTracking(ctx, dir, m, study.TrackOptions{}, past, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open(dir, log)
	want := map[string]study.Prediction{}
	ps, err := m.LabelLog(ctx, log)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		want[p.ID] = p
	}
	compare := func(what string, s *study.Tracking) (differ int) {
		t.Helper()
		for id, w := range want {
			got, _ := s.Prediction(id)
			f := &failing{}
			func() {
				defer func() { recover() }()
				same(f, got, w)
			}()
			if f.said {
				differ++
			}
		}
		t.Logf("%s: %d of %d customers differ", what, differ, len(want))
		return differ
	}
	if compare("at first", s) > 0 {
		t.Error("it differs from the log at first")
	}
	killed := copyFolder(t, dir, "contacts.snapshot") // as after kill -9
	bare := copyFolder(t, dir, "contacts.snapshot", "contacts.tables")
	s.Close()
	s = open(dir, nil)
	if compare("opened again", s) > 0 {
		t.Error("it differs after a restart")
	}
	// Contacts that come now are measured with them too.
	var batch []study.Contact
	for h := range log.Histories(ctx) {
		c := study.Contact{Event: h.At(h.Len() - 1)}
		c.Kind = datasets.View
		batch = append(batch, c)
	}
	if _, err := s.Post(ctx, batch); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(killed, nil)
	if compare("from the log", s) > 0 {
		t.Error("it differs after a restart without the snapshot")
	}
	s.Close()
	s = open(bare, nil)
	if compare("without the tables", s) == 0 || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "holds no side table") {
		t.Errorf("the tables do not matter? notes %q", s.Notes)
	}
	s.Close()
	// The history given once more brings them.
	s, err = study.OpenTracking(ctx, bare, m, study.TrackOptions{Tables: log}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	os.Remove(filepath.Join(bare, "contacts.snapshot"))
	s = open(bare, nil)
	if compare("with the tables given later", s) > 0 || len(s.Notes) > 0 {
		t.Errorf("notes %q", s.Notes)
	}
	s.Close()
	// Damage is not passed over.
	file := filepath.Join(dir, "contacts.tables")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range [][]byte{b[:len(b)/2], append(slices.Clone(b[:100]), b[101:]...), nil} {
		if err := os.WriteFile(file, wrong, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := study.OpenTracking(ctx, dir, m, study.TrackOptions{}, nil, nil); err == nil || !strings.Contains(err.Error(), "contacts.tables is damaged") {
			t.Errorf("%v", err)
		}
	}
}

// failing notes that something was not the same.
type failing struct{ said bool }

func (f *failing) Fatalf(string, ...any) { f.said = true; panic("differs") }

// thinned is the log of every n-th customer, with its tables.
func thinned(t *testing.T, log *datasets.Log, every int) *datasets.Log {
	t.Helper()
	b := datasets.NewBuilder(log.Meta)
	for _, c := range contacts(t, log, every) {
		b.Add(c.Event)
	}
	out := b.Log()
	out.Items, out.Customers, out.Campaigns, out.Surveys, out.Offers = log.Items, log.Customers, log.Campaigns, log.Surveys, log.Offers
	return out
}
