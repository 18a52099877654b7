package study_test

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// shopModel is a model of the simulated shop by that algorithm and those extractors.
func shopModel(t testing.TB, log *datasets.Log, method string, r features.Recipe) *study.Model {
	t.Helper()
	s := &study.Study{Name: "shop", Log: log, Recipes: []features.Recipe{r}, Seed: 5, Metrics: study.DefaultMetrics(false)[2:3]}
	m, err := cluster.Lookup(method)
	if err != nil {
		t.Fatal(err)
	}
	s.Cells = []study.Cell{{Method: m, Algorithm: m.New()}}
	st, j := run(t, s)
	if st.Runs[0].Status != "done" {
		t.Fatal(st.Runs[0].Done.Reason)
	}
	made, err := study.NewModel(j, st.Runs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	b, err := made.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if made, err = study.ReadModel(b); err != nil {
		t.Fatal(err)
	}
	return made
}

// usual is the model most tests take, made once.
var usual = sync.OnceValues(func() (*datasets.Log, []byte) {
	src, _ := datasets.Lookup("retail-sim")
	g, err := src.New().Generate(1)
	if err != nil {
		panic(err)
	}
	b, err := os.ReadFile("testdata/model_schema1.json")
	if err != nil {
		panic(err)
	}
	return g.Log, b
})

func usualModel(t testing.TB) (*datasets.Log, *study.Model) {
	t.Helper()
	log, b := usual()
	m, err := study.ReadModel(b)
	if err != nil {
		t.Fatal(err)
	}
	return log, m
}

// TestOldModelFile: a file of schema 1 from before training distributions were kept
// still opens, is written back as it was, and labels as it did.
func TestOldModelFile(t *testing.T) {
	log, m := usualModel(t)
	if b, err := m.Bytes(); err != nil || m.Training[0].Tenths != nil {
		t.Fatal(err)
	} else if _, old := usual(); string(b) != string(old) {
		t.Error("it is written back otherwise")
	}
	ps, err := m.LabelLog(context.Background(), log)
	if err != nil {
		t.Fatal(err)
	}
	size := map[string]int{}
	for _, p := range ps {
		if p.Reason == "" {
			size[p.Segment]++
			if p.Share < p.RunnerUpShare || p.RunnerUp == p.Label || p.RunnerUpSegment == "" {
				t.Fatalf("%+v", p)
			}
		}
	}
	for _, s := range m.Segments {
		if size[s.Name] != s.Size {
			t.Errorf("%s: %d customers, %d when it was made", s.Name, size[s.Name], s.Size)
		}
	}
}

// contacts are the events of some of the log's customers.
func contacts(t testing.TB, log *datasets.Log, every int) []study.Contact {
	t.Helper()
	var out []study.Contact
	n := 0
	for h, err := range log.Histories(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%every == 0 {
			for i := range h.Len() {
				out = append(out, study.Contact{Event: h.At(i)})
			}
		}
	}
	return out
}

// whole labels the contacts all at once, in the tracker's window.
func whole(t testing.TB, m *study.Model, meta datasets.Meta, of *datasets.Log, cs []study.Contact) []study.Prediction {
	t.Helper()
	b := datasets.NewBuilder(meta)
	for _, c := range cs {
		b.Add(c.Event)
	}
	log := b.Log()
	log.Items, log.Customers, log.Campaigns, log.Surveys, log.Offers = of.Items, of.Customers, of.Campaigns, of.Surveys, of.Offers
	ps, err := m.LabelLog(context.Background(), log)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

func same(t interface{ Fatalf(string, ...any) }, got, want study.Prediction) {
	equal := func(a, b float64) bool {
		return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-12*max(1, math.Abs(b))
	}
	if got.ID != want.ID || got.Label != want.Label || got.Segment != want.Segment || got.Reason != want.Reason || got.RunnerUp != want.RunnerUp ||
		!slices.Equal(got.Outside, want.Outside) || !equal(got.Distance, want.Distance) || !equal(got.Share, want.Share) || !equal(got.RunnerUpShare, want.RunnerUpShare) {
		t.Fatalf("one batch at a time %+v\nall at once %+v", got, want)
	}
}

// TestBatchesEqualAllAtOnce: in any order, split in any way, with duplicates and days
// passing in between, every label and number is what it is all at once.
func TestBatchesEqualAllAtOnce(t *testing.T) {
	log, m := usualModel(t)
	all := contacts(t, log, 80)
	ctx := context.Background()
	rapid.Check(t, func(r *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 1))
		// A part of them, with keys.
		n := rapid.IntRange(1, min(200, len(all))).Draw(r, "events")
		var cs []study.Contact
		for i, at := range rng.Perm(len(all))[:n] {
			c := all[at]
			c.Customer = []string{"a", "b", "c", "d"}[i%4] // histories long enough to be labelled
			c.Key = time.UnixMicro(int64(i)).String()
			cs = append(cs, c)
		}
		if rapid.Bool().Draw(r, "in order") {
			slices.SortStableFunc(cs, func(a, b study.Contact) int { return int(a.Time/1e6 - b.Time/1e6) })
		}
		meta := log.Meta
		if rapid.Bool().Draw(r, "open") {
			meta.Window = datasets.Window{}
		}
		tr, err := study.NewTracker(m, study.TrackOptions{Meta: meta})
		if err != nil {
			r.Fatal(err)
		}
		duplicates, sent := 0, 0
		for at := 0; at < n; {
			to := min(n, at+1+rng.IntN(60))
			batch := slices.Clone(cs[at:to])
			for range rng.IntN(3) {
				batch = append(batch, cs[rng.IntN(to)])
				sent++
			}
			fed, err := tr.Feed(ctx, batch)
			if err != nil {
				r.Fatal(err)
			}
			duplicates += fed.Duplicates
			if rng.IntN(3) == 0 {
				if _, err := tr.Tick(ctx, time.UnixMicro(cs[at].Time)); err != nil {
					r.Fatal(err)
				}
			}
			at = to
		}
		if duplicates != sent {
			r.Fatalf("%d duplicates were sent, %d found", sent, duplicates)
		}
		later := time.UnixMicro(cs[0].Time).AddDate(0, rng.IntN(30), 0)
		if _, err := tr.Tick(ctx, later); err != nil {
			r.Fatal(err)
		}
		now := tr.Window()
		meta.Window = now
		for _, want := range whole(t, m, meta, log, cs) {
			got, ok := tr.Prediction(want.ID)
			if !ok {
				r.Fatalf("%s is not known", want.ID)
			}
			same(r, got, want)
		}
	})
}

// TestEveryExtractorOneBatchAtATime: so it is for every extractor that the log can feed.
func TestEveryExtractorOneBatchAtATime(t *testing.T) {
	log, _ := usual()
	var names []string
	for _, e := range features.Extractors() {
		if e.Lacks(log) == "" && e.Minimum <= 4 {
			names = append(names, e.Name)
		}
	}
	ctx := context.Background()
	r, err := features.NewRecipe("all", names...)
	if err != nil {
		t.Fatal(err)
	}
	r.Lenient = true
	m := shopModel(t, log, "kmeans", r)
	if len(m.Pipeline.Extractors) < 15 {
		t.Fatalf("only %d extractors", len(m.Pipeline.Extractors))
	}
	cs := contacts(t, log, 150)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(cs), func(i, j int) { cs[i], cs[j] = cs[j], cs[i] })
	meta := log.Meta
	meta.Kinds = 0 // those of these customers, as in a log of them
	tr, err := study.NewTracker(m, study.TrackOptions{Meta: meta, Tables: log})
	if err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(cs, 1+len(cs)/4) {
		if _, err := tr.Feed(ctx, part); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tr.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	labelled := 0
	for _, want := range whole(t, m, log.Meta, log, cs) {
		got, _ := tr.Prediction(want.ID)
		same(t, got, want)
		if want.Reason == "" {
			labelled++
		}
	}
	t.Logf("%d extractors, %d columns, %d customers labelled", len(m.Pipeline.Extractors), len(m.Pipeline.Columns), labelled)
}

// TestMemoryIsBounded: of more events than are kept, the oldest go, whatever order they
// came in.
func TestMemoryIsBounded(t *testing.T) {
	log, m := usualModel(t)
	cs := contacts(t, log, 100)[:50]
	for i := range cs {
		cs[i].Customer = "a"
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(cs), func(i, j int) { cs[i], cs[j] = cs[j], cs[i] })
	tr, _ := study.NewTracker(m, study.TrackOptions{Meta: log.Meta, MaxEvents: 20})
	if _, err := tr.Feed(context.Background(), cs); err != nil {
		t.Fatal(err)
	}
	s, _ := tr.Customer("a")
	if s.Events != 20 || s.Dropped != 30 {
		t.Fatalf("%+v", s)
	}
	slices.SortStableFunc(cs, func(a, b study.Contact) int { return int((a.Time - b.Time) / 1e6) })
	got, _ := tr.Prediction("a")
	same(t, got, whole(t, m, log.Meta, log, cs[30:])[0])
}

// TestHysteresisByHand walks one customer over the border between two segments.
func TestHysteresisByHand(t *testing.T) {
	log, m := usualModel(t)
	for name, c := range map[string]struct {
		h     study.Hysteresis
		wrong string
	}{
		"margin":  {study.Hysteresis{Margin: 1.5, Updates: 1}, "from 0 to below 1"},
		"NaN":     {study.Hysteresis{Margin: math.NaN()}, "from 0 to below 1"},
		"updates": {study.Hysteresis{Margin: 0.1, Updates: -1}, "at least 1"},
	} {
		if _, err := study.NewTracker(m, study.TrackOptions{Meta: log.Meta, Hysteresis: c.h}); err == nil || !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	all := contacts(t, log, 1)
	slices.SortStableFunc(all, func(a, b study.Contact) int { return int((a.Time - b.Time) / 1e6) })
	bare, held := flips(t, m, log, all, study.Hysteresis{Updates: 1}, 200), flips(t, m, log, all, study.Hysteresis{}, 200)
	if held.flips >= bare.flips || bare.disagree != 0 {
		t.Errorf("without: %+v; with: %+v", bare, held)
	}
}

// flipped is what a hysteresis did to a year of contacts.
type flipped struct {
	customers, flips, back int     // changes of segment; those undone within 3 updates
	delay                  float64 // days from the label's change to the customer's, on average, as seen at contacts
	disagree               float64 // share of customers held elsewhere than the label, at the end
}

// flips replays a log day by day for every n-th customer.
func flips(t testing.TB, m *study.Model, log *datasets.Log, all []study.Contact, h study.Hysteresis, every int) flipped {
	t.Helper()
	meta := log.Meta
	meta.Window.To = time.Time{}
	tr, err := study.NewTracker(m, study.TrackOptions{Meta: meta, Hysteresis: h})
	if err != nil {
		t.Fatal(err)
	}
	pick := map[string]bool{}
	n := 0
	for hist := range log.Histories(context.Background()) {
		if n++; n%every == 0 {
			pick[hist.ID] = true
		}
	}
	f := flipped{customers: len(pick)}
	last := map[string][]string{} // the segments a customer has been in
	ctx := context.Background()
	type streak struct {
		label int32
		at    int64
	}
	leads := map[string]streak{}
	take := func(us []study.Update) {
		for _, u := range us {
			if l, ok := leads[u.Customer]; !ok || l.label != u.Predicted {
				leads[u.Customer] = streak{u.Predicted, u.At}
			}
			if !u.Changed || u.Was == "" || u.Since == nil {
				continue
			}
			f.flips++
			f.delay += float64(u.At-leads[u.Customer].at) / 86_400e6
			if p := last[u.Customer]; len(p) > 0 && p[len(p)-1] == u.Segment {
				f.back++
			}
			last[u.Customer] = append(last[u.Customer], u.Was)
		}
	}
	var day []study.Contact
	at := int64(math.MinInt64)
	flush := func() {
		if len(day) == 0 {
			return
		}
		fed, err := tr.Feed(ctx, day)
		if err != nil {
			t.Fatal(err)
		}
		take(fed.Updates)
		day = day[:0]
	}
	week := 0
	for _, c := range all {
		if !pick[c.Customer] {
			continue
		}
		if d := c.Time / 86_400_000_000; d != at {
			flush()
			at = d
			if week++; week%7 == 0 {
				us, err := tr.Settle(ctx)
				if err != nil {
					t.Fatal(err)
				}
				take(us)
			}
		}
		day = append(day, c)
	}
	flush()
	us, err := tr.Settle(ctx)
	if err != nil {
		t.Fatal(err)
	}
	take(us)
	labelled, other := 0.0, 0.0
	for id := range pick {
		if s, ok := tr.Customer(id); ok && s.Since != nil {
			labelled++
			if s.Label != s.Predicted {
				other++
			}
		}
	}
	f.disagree = other / labelled
	f.delay /= float64(max(1, f.flips))
	return f
}

// TestHysteresisDefaults prints what the defaults were chosen by.
func TestHysteresisDefaults(t *testing.T) {
	check.Long(t)
	log, m := usualModel(t)
	all := contacts(t, log, 1)
	slices.SortStableFunc(all, func(a, b study.Contact) int { return int((a.Time - b.Time) / 1e6) })
	for _, h := range []study.Hysteresis{{0, 1}, {0, 2}, {0, 3}, {0.02, 2}, {0.05, 1}, {0.05, 2}, {0.05, 3}, {0.1, 2}, {0.2, 2}} {
		f := flips(t, m, log, all, h, 20)
		n := float64(f.customers)
		t.Logf("margin %.2f, %d updates: %.2f changes a customer, %.2f of them back, %.1f days later, %.1f %% held elsewhere than their label at the end",
			h.Margin, h.Updates, float64(f.flips)/n, float64(f.back)/n, f.delay, 100*f.disagree)
	}
}

// TestParseContacts: what is wrong with a line is said with the line, field, value and fix.
func TestParseContacts(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for line, want := range map[string]string{
		`{"time":"2026-03-01","kind":"view"}`:                                  "line 1, field customer: missing or empty; say whose event",
		`{"customer":"","time":"2026-03-01"}`:                                  "field customer: missing or empty",
		`{"customer":7,"time":"2026-03-01"}`:                                   `field customer (7): not text; put it in quotes, as "customer": "7"`,
		`{"customer":"c"}`:                                                     "field time: missing",
		`{"customer":"c","time":"yesterday"}`:                                  `field time ("yesterday"): not a time`,
		`{"customer":"c","time":1772366400}`:                                   "not a time; write 2026-03-01T12:00:00Z",
		`{"customer":"c","time":"2026-03-01T12:06:00Z"}`:                       "in the future: it is 2026-03-01T12:00:00Z; set the sender's clock",
		`{"customer":"c","time":"0001-01-01"}`:                                 "not a year of a contact",
		`{"customer":"c","time":"2026-03-01","kind":"purchse"}`:                `field kind ("purchse"): no such kind of event; did you mean purchase?`,
		`{"customer":"c","time":"2026-03-01","kind":"zzzzzzzz"}`:               "the kinds are purchase, return",
		`{"customer":"c","time":"2026-03-01","amount":"9,50"}`:                 `field amount ("9,50"): not a number; write it without quotes`,
		`{"customer":"c","time":"2026-03-01","amout":9}`:                       "field amout (9): there is no such field; did you mean amount?",
		`{"customer":"c",`:                                                     "not JSON at character",
		`[1]`:                                                                  "not a JSON object",
		`{"customer":"` + strings.Repeat("x", 2000) + `","time":"2026-03-01"}`: "2000 bytes long",
	} {
		_, bad := study.ParseContacts([]byte(line), nil, now)
		if len(bad) != 1 || !strings.Contains(bad[0].Error(), want) {
			t.Errorf("%.60s\n got %v\nwant %s", line, bad, want)
		}
	}
	back, bad := study.ParseContacts([]byte(`{"customer":"c","time":"2026-03-01","amount":-9.5}
{"customer":"c","time":"2026-03-01","quantity":-2,"amount":19}
{"customer":"c","time":"2026-03-01","kind":"return","amount":-9.5}
{"customer":"c","time":"2026-03-01","kind":"points_earned","points":-5}`), nil, now)
	if len(bad) > 0 || back[0].Kind != datasets.Return || back[0].Amount != 9.5 || back[1].Kind != datasets.Return || back[1].Quantity != 2 ||
		back[2].Amount != 9.5 || back[3].Points != -5 || back[3].Kind != datasets.PointsEarned {
		t.Errorf("negative amounts: %+v %v", back, bad)
	}
	if _, bad := study.ParseContacts([]byte(`{"customer":"c","time":"`+strings.Repeat("ü9", 5000)+`"}`), nil, now); len(bad) != 1 || len(bad[0].Value) > 210 || !strings.HasSuffix(bad[0].Value, "…") {
		t.Errorf("a long value: %v", bad)
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	cs, bad := study.ParseContacts([]byte("\n{\"customer\":\"c\",\"time\":\"2026-03-01 00:30:00\",\"amount\":9.5,\"key\":\"k\"}\r\n\n{}\n{\"customer\":\"d\",\"time\":\"2026-03-01T12:04:00Z\",\"kind\":\"view\"}"), zone, now)
	if len(cs) != 2 || len(bad) != 1 || bad[0].Line != 4 || cs[0].Amount != 9.5 || cs[0].Key != "k" || !math.IsNaN(cs[0].Price) || cs[1].Kind != datasets.View ||
		time.UnixMicro(cs[0].Time).UTC().Format(time.RFC3339) != "2026-02-28T23:30:00Z" {
		t.Errorf("%+v %v", cs, bad)
	}
}

// TestTrackingKeepsWhatItAcknowledged: closed, or cut off anywhere, the folder gives back
// what was acknowledged before; it is never read by two.
func TestTrackingKeepsWhatItAcknowledged(t *testing.T) {
	log, m := usualModel(t)
	dir := t.TempDir()
	ctx := context.Background()
	meta := log.Meta
	meta.Window.To = time.Time{}
	opt := study.TrackOptions{Meta: meta}
	cs := contacts(t, log, 200)
	slices.SortStableFunc(cs, func(a, b study.Contact) int { return int((a.Time - b.Time) / 1e6) })
	s, err := study.OpenTracking(ctx, dir, m, opt, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := study.OpenTracking(ctx, dir, m, opt, nil, nil); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("a second one: %v", err)
	}
	file := filepath.Join(dir, "contacts.log")
	var sizes []int64 // after each acknowledged batch
	var counts []int
	taken := 0
	size := func() int64 {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	sizes, counts = append(sizes, size()), append(counts, 0)
	for part := range slices.Chunk(cs, 100) {
		a, err := s.Post(ctx, part)
		if err != nil || a.Accepted != len(part) {
			t.Fatalf("%+v, %v", a, err)
		}
		taken += len(part)
		sizes, counts = append(sizes, size()), append(counts, taken)
	}
	if err := s.Pass(ctx, time.UnixMicro(cs[len(cs)-1].Time).AddDate(0, 2, 0)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Post(ctx, cs[:1]); err == nil {
		t.Error("a closed one takes contacts")
	}
	standings := func(s *study.Tracking) (out []study.Standing) {
		for h := range log.Histories(ctx) {
			if st, ok := s.Customer(h.ID); ok {
				out = append(out, st)
			}
		}
		return out
	}
	again, err := study.OpenTracking(ctx, dir, m, opt, nil, nil) // the short file
	if err != nil {
		t.Fatal(err)
	}
	short := standings(again)
	again.Close()
	// Replayed in full, as after kill -9, it stands the same.
	crash := t.TempDir()
	reopen := func(b []byte) (*study.Tracking, error) {
		os.Remove(filepath.Join(crash, "contacts.snapshot")) // of what stood there before
		if err := os.WriteFile(filepath.Join(crash, "contacts.log"), b, 0o644); err != nil {
			t.Fatal(err)
		}
		return study.OpenTracking(ctx, crash, m, opt, nil, nil)
	}
	full, err := reopen(data)
	if err != nil {
		t.Fatal(err)
	}
	long := standings(full)
	full.Close()
	if len(short) == 0 || len(short) != len(long) {
		t.Fatalf("%d and %d customers", len(short), len(long))
	}
	for i := range short {
		if a, b := short[i], long[i]; a.Customer != b.Customer || a.Label != b.Label || a.Predicted != b.Predicted || a.AsOf != b.AsOf || a.Events != b.Events ||
			(a.Since == nil) != (b.Since == nil) || a.Since != nil && *a.Since != *b.Since {
			t.Fatalf("%+v\n%+v", a, b)
		}
	}
	// Cut anywhere: every batch acknowledged before the cut is there.
	rng := rand.New(rand.NewPCG(3, 3))
	for range 12 {
		cut := sizes[0] + rng.Int64N(int64(len(data))-sizes[0])
		s, err := reopen(data[:cut])
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		want := 0
		for i, z := range sizes {
			if z <= cut {
				want = counts[i]
			}
		}
		if _, n := s.Size(); n != want {
			t.Errorf("cut at %d of %d: %d events, %d were acknowledged", cut, len(data), n, want)
		}
		if !slices.Contains(sizes, cut) && len(s.Notes) != 1 {
			t.Errorf("cut at %d: notes %v", cut, s.Notes)
		}
		s.Close()
	}
	// A flip in the middle is not passed over.
	bad := slices.Clone(data)
	bad[sizes[1]+200] ^= 1
	if _, err := reopen(bad); err == nil || !strings.Contains(err.Error(), "is damaged at byte") {
		t.Errorf("damage: %v", err)
	}
	if _, err := reopen([]byte("id,time\n")); err == nil {
		t.Error("another file is taken for contacts")
	}
	// Another model takes the events over.
	other := *m
	other.Run, other.Name = "0123456789abcdef", "other"
	os.Remove(filepath.Join(crash, "contacts.snapshot"))
	if err := os.WriteFile(filepath.Join(crash, "contacts.log"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err = study.OpenTracking(ctx, crash, &other, opt, nil, nil)
	if err != nil || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "labelled anew") {
		t.Errorf("another model: %v", err)
	}
	if _, n := s.Size(); n != len(cs) {
		t.Errorf("another model: %d events of %d", n, len(cs))
	}
	s.Close()
}

// TestDrift: the training customers have not moved; the same ones
// two years later have.
func TestDrift(t *testing.T) {
	big, _ := usual()
	b := datasets.NewBuilder(big.Meta)
	for _, c := range contacts(t, big, 8) {
		b.Add(c.Event)
	}
	log := b.Log()
	r, err := features.NewRecipe("rfm", "rfm")
	if err != nil {
		t.Fatal(err)
	}
	m := shopModel(t, log, "kmeans", r)
	tr, err := study.NewTracker(m, study.TrackOptions{Meta: log.Meta})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if d := tr.Drift(); d.Advised || !strings.Contains(d.Reason, "0 customers") {
		t.Errorf("nobody: %+v", d)
	}
	if _, err := tr.Feed(ctx, contacts(t, log, 1)); err != nil {
		t.Fatal(err)
	}
	d := tr.Drift()
	if d.Advised || len(d.Columns) != len(m.Training) || d.Outside != 0 || d.Beyond == nil || math.Abs(*d.Beyond-0.05) > 0.01 {
		t.Errorf("the training customers: %+v", d)
	}
	for _, c := range d.Columns {
		if c.PSI > 1e-9 || c.P < 0.999 {
			t.Errorf("%+v", c)
		}
	}
	if _, err := tr.Tick(ctx, log.Meta.Window.To.AddDate(2, 0, 0)); err != nil {
		t.Fatal(err)
	}
	d = tr.Drift()
	if !d.Advised || !strings.Contains(d.Reason, "recency has moved much") || d.Outside < 0.5 {
		t.Errorf("two years later: %+v", d)
	}
	_, old := usualModel(t)
	tr, _ = study.NewTracker(old, study.TrackOptions{Meta: log.Meta})
	if _, err := tr.Feed(ctx, contacts(t, log, 2)); err != nil {
		t.Fatal(err)
	}
	if d := tr.Drift(); d.Advised || !strings.Contains(d.Reason, "export it again") {
		t.Errorf("an old file: %+v", d)
	}
}
