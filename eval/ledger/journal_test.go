package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval/study"
)

// twenty makes a folder whose journal has 20 lines, and returns them.
func twenty(t testing.TB) (dir string, journal []byte, events []study.Event) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "s")
	f, err := Create(dir, smallStudy(1))
	if err != nil {
		t.Fatal(err)
	}
	add := func(e study.Event) {
		if err := f.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	add(study.Event{Event: study.StudyStart, Study: `quote " brace } and {"schema": inside`, Total: 6})
	v := 0.25
	for i := range 6 {
		run := strings.Repeat("0123456789abcdef"[i:i+1], 16)
		add(study.Event{Event: study.RunStart, Run: run, Cell: i + 1, Params: json.RawMessage(`{"n_clusters":3}`)})
		add(study.Event{Event: study.ScoreEvent, Run: run, Metric: "silhouette", Value: &v})
		add(study.Event{Event: study.RunDone, Run: run, N: 10, NClusters: 3})
	}
	add(study.Event{Event: study.StudyDone})
	f.Close()
	journal, err = os.ReadFile(filepath.Join(dir, "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(journal, []byte("\n")); n != 20 {
		t.Fatalf("%d lines", n)
	}
	return dir, journal, f.events
}

// TestEveryFlipAndTruncation damages a journal in every single way: each byte
// flipped in its lowest bit, and turned into a newline, a quote and a NUL; cut off at every
// length. At most one record may be lost, none may change, and the damage is told.
func TestEveryFlipAndTruncation(t *testing.T) {
	_, journal, events := twenty(t)
	verify := func(what string, at int, data []byte) {
		s := &scanned{}
		if err := s.scan(data); err != nil {
			t.Fatalf("%s at %d: %v", what, at, err)
		}
		if err := s.takeRest(data); err != nil {
			t.Fatalf("%s at %d: %v", what, at, err)
		}
		lost := 0
		next := 0
		for _, e := range events {
			if next < len(s.records) && s.records[next].event.Seq == e.Seq {
				a, _ := json.Marshal(e)
				b, _ := json.Marshal(s.records[next].event)
				if !bytes.Equal(a, b) {
					t.Fatalf("%s at %d: record %d has changed", what, at, e.Seq)
				}
				next++
				continue
			}
			lost++
		}
		if next != len(s.records) {
			t.Fatalf("%s at %d: records that were never written", what, at)
		}
		if what == "cut" {
			whole := bytes.Count(data, []byte("\n"))
			if len(s.records) < whole {
				t.Fatalf("cut at %d: %d records of %d whole lines", at, len(s.records), whole)
			}
			torn := len(data) > 0 && data[len(data)-1] != '\n' && len(s.records) == whole
			if torn != (len(s.damage) == 1 && s.damage[0].Torn) {
				t.Fatalf("cut at %d: damage %v", at, s.damage)
			}
			return
		}
		if lost > 1 {
			t.Fatalf("%s at %d loses %d records", what, at, lost)
		}
		if len(s.damage) == 0 && !(at == len(journal)-1) {
			t.Fatalf("%s at %d goes unnoticed", what, at)
		}
	}
	for at := range journal {
		if testing.Short() && at%5 != 0 { // under the race detector
			continue
		}
		for _, to := range []byte{journal[at] ^ 1, '\n', '"', 0} {
			if to == journal[at] {
				continue
			}
			data := bytes.Clone(journal)
			data[at] = to
			verify("flip", at, data)
		}
		verify("cut", at, journal[:at])
	}
}

func TestDamagedFoldersOpenAndHeal(t *testing.T) {
	dir, journal, events := twenty(t)
	path := filepath.Join(dir, "journal.jsonl")
	// The sixth line is damaged, the last is cut off.
	lines := bytes.SplitAfter(journal, []byte("\n"))
	bad := bytes.Clone(lines[5])
	bad[20] ^= 4
	lines[5] = bad
	data := bytes.Join(lines[:19], nil)
	data = append(data, lines[19][:30]...)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	es, err := r.Events(0)
	if err != nil || len(es) != 18 {
		t.Fatalf("%d events, %v", len(es), err)
	}
	d := r.Damage()
	if len(d) != 2 || d[0].Line != 6 || d[0].Torn || d[1].Line != 20 || !d[1].Torn {
		t.Fatalf("damage %v", d)
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, data) {
		t.Error("reading has changed the journal")
	}
	f, err := Create(dir, smallStudy(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Append(study.Event{Event: study.StudyDone}); err != nil {
		t.Fatal(err)
	}
	f.Close()
	q, err := os.ReadFile(filepath.Join(dir, "journal.quarantine"))
	if err != nil || !bytes.Equal(q, bad) {
		t.Errorf("quarantine holds %q, %v", q, err)
	}
	r2, err := Open(dir)
	if err != nil || len(r2.Damage()) != 0 {
		t.Fatalf("the healed journal: %v, %v", err, r2.Damage())
	}
	es, _ = r2.Events(0)
	if len(es) != 19 || es[18].Event != study.StudyDone || es[18].Seq <= es[17].Seq {
		t.Errorf("%d events after healing", len(es))
	}
	// The reader that was open meanwhile sees the healed file.
	es, err = r.Events(events[18].Seq - 1)
	if err != nil || len(es) == 0 || es[len(es)-1].Event != study.StudyDone {
		t.Errorf("an open reader does not follow: %v %v", es, err)
	}
}

func TestUnfinishedRunsAreDroppedOnResume(t *testing.T) {
	dir, journal, _ := twenty(t)
	path := filepath.Join(dir, "journal.jsonl")
	lines := bytes.SplitAfter(journal, []byte("\n"))
	if err := os.WriteFile(path, bytes.Join(lines[:18], nil), 0o644); err != nil { // without the last run_done
		t.Fatal(err)
	}
	f, err := Create(dir, smallStudy(1))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if es, _ := f.Events(0); len(es) != 16 || f.Finished(strings.Repeat("5", 16)) || !f.Finished(strings.Repeat("4", 16)) {
		t.Errorf("%d events are kept", len(es))
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, bytes.Join(lines[:16], nil)) {
		t.Error("the journal holds lines of a run that was not finished")
	}
}

func TestResumeRefusesOtherDataAndPlans(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	finishSmall(t, dir, 1)
	for what, change := range map[string]func(*study.Study){
		"data":       func(s *study.Study) { s.Table.Row(0)[0]++ },
		"seeds":      func(s *study.Study) { s.Seeds = 2 },
		"algorithms": func(s *study.Study) { s.Cells = s.Cells[1:] },
		"scale":      func(s *study.Study) { s.Scales = s.Scales[:1] },
		"metrics":    func(s *study.Study) { s.Metrics = study.DefaultMetrics(false) },
		"seed":       func(s *study.Study) { s.Seed = 12 },
		"truth":      func(s *study.Study) { s.Truth[0].Labels[0] = 3 },
	} {
		s := smallStudy(1)
		change(s)
		_, err := Create(dir, s)
		var other *ErrResume
		if !errors.As(err, &other) || other.What != what {
			t.Errorf("%s: %v", what, err)
		}
	}
	s := smallStudy(2)
	s.Name, s.MaxBytes = "renamed", 1e9
	f, err := Create(dir, s)
	if err != nil {
		t.Fatalf("name, workers and limits are no part of the plan: %v", err)
	}
	f.Close()
}

func TestReadersFollowAWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	s := smallStudy(1)
	f, err := Create(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	wake, own := r.Watch(ctx), f.Watch(ctx)
	go s.Run(ctx, f)
	<-own
	var after int64
	st := &study.State{}
	for !st.Finished {
		select {
		case <-wake:
		case <-ctx.Done():
			t.Fatalf("%d runs seen", len(st.Runs))
		}
		es, err := r.Events(after)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range es {
			if e.Seq != after+1 {
				t.Fatalf("event %d after %d", e.Seq, after)
			}
			after = e.Seq
		}
		st.Fold(es...)
	}
	if len(st.Runs) != smallRuns || len(st.DoneRuns()) != smallRuns-2 {
		t.Errorf("%d runs, %d done", len(st.Runs), len(st.DoneRuns()))
	}
}

func TestClockJumpsChangeNothing(t *testing.T) {
	ref, dir := filepath.Join(t.TempDir(), "ref"), filepath.Join(t.TempDir(), "s")
	finishSmall(t, ref, 1)
	s := smallStudy(1)
	f, err := Create(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	calls := 0
	f.now = func() time.Time {
		calls++
		return time.Date(2026-calls%3, 1, 1, 0, 0, 0, 0, time.FixedZone("X", calls*1000))
	}
	if err := s.Run(context.Background(), f); err != nil {
		t.Fatal(err)
	}
	sameEssence(t, "clock jumps", essence(t, dir), essence(t, ref))
}

func TestJobsChangeNothing(t *testing.T) {
	ref := filepath.Join(t.TempDir(), "ref")
	finishSmall(t, ref, 1)
	want := essence(t, ref)
	for _, workers := range []int{2, 3} {
		dir := filepath.Join(t.TempDir(), "s")
		finishSmall(t, dir, workers)
		sameEssence(t, "workers", essence(t, dir), want)
	}
}

// TestRoundTrip: what the folder gives back is what a journal in memory holds.
func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	finishSmall(t, dir, 1)
	mem := study.NewMemory()
	if err := smallStudy(1).Run(context.Background(), mem); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, scale := range []string{"none", "zscore"} {
		a, err := f.Set("table", scale)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := mem.Set("table", scale)
		if asJSON(t, a) != asJSON(t, b) || a.X.Hash() != b.X.Hash() || a.Raw.Hash() != b.Raw.Hash() || a.X.IDs[7] != "007" {
			t.Errorf("set %s comes back otherwise", scale)
		}
	}
	for _, r := range fold(t, f).DoneRuns() {
		a, err := f.RunData(r.ID)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := mem.RunData(r.ID)
		if asJSON(t, a) != asJSON(t, b) {
			t.Errorf("run %s comes back otherwise", r.ID)
		}
	}
	for _, id := range []string{"../../etc/passwd", "", "0123", strings.Repeat("g", 16)} {
		if _, err := f.RunData(id); err == nil {
			t.Errorf("run %q was read", id)
		}
	}
	if _, err := f.Set("../runs", "none"); err == nil {
		t.Error("a set outside of sets/ was read")
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("an empty folder is a study")
	}
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRuleAndNamesComeBack: what arrays do not hold of a run.
func TestRuleAndNamesComeBack(t *testing.T) {
	f, err := Create(filepath.Join(t.TempDir(), "s"), smallStudy(1))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := &study.RunData{
		Labels: []int32{0, 1, 0, -1}, Names: []string{"vip", `<b>"late", 'so'`},
		Rule: &cluster.Rule{Kind: cluster.NearestCenter, Exact: true, Points: [][]float64{{0.1, 1e-300}, {1. / 3, -2}}, Labels: []int32{1, 0}},
	}
	if err := f.SaveRun("0123456789abcdef", want); err != nil {
		t.Fatal(err)
	}
	got, err := f.RunData("0123456789abcdef")
	if err != nil || asJSON(t, got) != asJSON(t, want) {
		t.Errorf("%s\nnot\n%s, %v", asJSON(t, got), asJSON(t, want), err)
	}
}
