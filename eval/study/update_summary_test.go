package study_test

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/study"
)

// tenths gives an old model what newer files hold: the training customers by tenths.
func tenths(t testing.TB, log *datasets.Log, m *study.Model) map[string][]float64 {
	t.Helper()
	rows := map[string][]float64{}
	cols := make([][]float64, len(m.Training))
	for h, err := range log.Histories(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Occasions()) < m.Pipeline.Minimum {
			continue
		}
		row, err := m.Pipeline.Measure(h)
		if err != nil {
			t.Fatal(err)
		}
		rows[h.ID] = row
		for j, v := range row {
			if !math.IsNaN(v) {
				cols[j] = append(cols[j], v)
			}
		}
	}
	for j := range m.Training {
		c := &m.Training[j]
		slices.Sort(cols[j])
		for q := 1; q < 10; q++ {
			if e := cols[j][q*len(cols[j])/10]; len(c.Tenths) == 0 || e > c.Tenths[len(c.Tenths)-1] {
				c.Tenths = append(c.Tenths, e)
			}
		}
		c.Counts = make([]int, len(c.Tenths)+2)
		for _, v := range cols[j] {
			at, _ := slices.BinarySearch(c.Tenths, v)
			c.Counts[at]++
		}
	}
	return rows
}

// TestSummary: counts as one by one, medians within the tenth that they lie in.
func TestSummary(t *testing.T) {
	log, m := usualModel(t)
	rows := tenths(t, log, m)
	tr, err := study.NewTracker(m, study.TrackOptions{Meta: log.Meta})
	if err != nil {
		t.Fatal(err)
	}
	if s := tr.Summary(); s.Customers != 0 || s.Border != nil || len(s.Segments) != len(m.Segments) || s.Segments[0].Typical != nil {
		t.Errorf("of nobody: %+v", s)
	}
	ctx := context.Background()
	cs := contacts(t, log, 15)
	slices.SortStableFunc(cs, func(a, b study.Contact) int { return int((a.Time - b.Time) / 1e6) })
	for part := range slices.Chunk(cs, 300) {
		if _, err := tr.Feed(ctx, part); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tr.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	s := tr.Summary()
	worth := slices.IndexFunc(m.Training, func(c study.ColumnRange) bool { return c.Column == s.Worth })
	if worth < 0 || s.WorthDoc == "" {
		t.Fatalf("worth is %q", s.Worth)
	}
	ids := map[string]bool{}
	for _, c := range cs {
		ids[c.Customer] = true
	}
	held, border, outside := 0, 0, 0
	by, leads := map[string]int{}, map[string]int{}
	values := map[string][]float64{}
	for id := range ids {
		st, _ := tr.Customer(id)
		p, _ := tr.Prediction(id)
		by[st.Segment]++
		if len(st.Outside) > 0 {
			outside++
		}
		if st.Since == nil {
			continue
		}
		if st.Predicted != st.Label && st.Reason == "" {
			held++
			leads[st.Segment]++
		}
		if math.Abs(p.Share-p.RunnerUpShare) < study.DefaultHysteresis.Margin {
			border++
		}
		if r := rows[id]; r != nil {
			values[st.Segment] = append(values[st.Segment], r[worth])
		}
	}
	if s.Customers != len(ids) || s.Events != len(cs) || s.Held != held || s.Border == nil || *s.Border != border || s.Outside != outside || held == 0 || border == 0 {
		t.Errorf("%+v; held %d border %d outside %d", s, held, border, outside)
	}
	counts := tr.Segments()
	if len(counts) != len(s.Segments) {
		t.Fatalf("%d segments, %d counted", len(s.Segments), len(counts))
	}
	c := m.Training[worth]
	for i, g := range s.Segments {
		if g.SegmentCount != counts[i] || g.Customers != by[g.Segment] || g.Held != leads[g.Segment] {
			t.Errorf("%+v, counted %+v, %d", g, counts[i], by[g.Segment])
		}
		vs := values[g.Segment]
		if (g.Typical == nil) != (len(vs) == 0) {
			t.Errorf("%s: typical %v of %d values", g.Segment, g.Typical, len(vs))
		}
		if len(vs) == 0 {
			continue
		}
		slices.Sort(vs)
		lo, _ := slices.BinarySearch(c.Tenths, vs[(len(vs)-1)/2])
		hi, _ := slices.BinarySearch(c.Tenths, vs[len(vs)/2])
		at, _ := slices.BinarySearch(c.Tenths, *g.Typical)
		if at < lo-1 || at > hi+1 {
			t.Errorf("%s: typical %g, median %g", g.Segment, *g.Typical, vs[len(vs)/2])
		}
	}
}

// TestSummaryMeanwhile: contacts come while it counts; the race detector looks on.
func TestSummaryMeanwhile(t *testing.T) {
	log, m := usualModel(t)
	tr, err := study.NewTracker(m, study.TrackOptions{Meta: log.Meta})
	if err != nil {
		t.Fatal(err)
	}
	cs := contacts(t, log, 40)
	var wg sync.WaitGroup
	wg.Go(func() {
		for part := range slices.Chunk(cs, 10) {
			if _, err := tr.Feed(context.Background(), part); err != nil {
				t.Error(err)
			}
		}
	})
	for last := -1; last < len(cs); {
		s := tr.Summary()
		total := 0
		for _, g := range s.Segments {
			total += g.Customers
		}
		if total != s.Customers || s.Events < last {
			t.Fatalf("%d in segments, %d in all; %d events after %d", total, s.Customers, s.Events, last)
		}
		last = s.Events
	}
	wg.Wait()
}
