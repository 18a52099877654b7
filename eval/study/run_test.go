package study_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// blobs makes three groups of n rows around (0,0), (10,0) and (0,10), spread 1: far
// enough apart that every sound method finds exactly them.
func blobs(n int) (*features.Matrix, []int32) {
	rng := rand.New(rand.NewPCG(1, 2))
	at := [][2]float64{{0, 0}, {10, 0}, {0, 10}}
	m := features.NewMatrix(3*n, []features.Column{
		{Name: "a", Doc: "a", Block: "t"}, {Name: "b", Doc: "b", Block: "t"},
	}, nil)
	truth := make([]int32, 3*n)
	for i := range truth {
		truth[i] = int32(i % 3)
		m.Row(i)[0] = at[i%3][0] + rng.NormFloat64()
		m.Row(i)[1] = at[i%3][1] + rng.NormFloat64()
		m.IDs = append(m.IDs, "c"+string(rune('a'+i/26/26))+string(rune('a'+i/26%26))+string(rune('a'+i%26)))
	}
	return m, truth
}

func kmeansCells(t testing.TB, ks ...int) []study.Cell {
	t.Helper()
	m, err := cluster.Lookup("kmeans")
	if err != nil {
		t.Fatal(err)
	}
	var out []study.Cell
	for _, k := range ks {
		a := m.New().(*cluster.KMeans)
		a.NClusters = k
		out = append(out, study.Cell{Method: m, Algorithm: a})
	}
	return out
}

func blobStudy(t testing.TB) *study.Study {
	x, truth := blobs(60)
	return &study.Study{
		Name: "blobs", Table: x, Scales: []string{"zscore"}, Cells: kmeansCells(t, 2, 3, 4), Seeds: 2, Seed: 7,
		Truth: []eval.Labelling{{Name: "planted", Labels: truth}},
	}
}

func fold(t testing.TB, r study.Reader) *study.State {
	t.Helper()
	es, err := r.Events(0)
	if err != nil {
		t.Fatal(err)
	}
	s := &study.State{}
	s.Fold(es...)
	return s
}

func run(t testing.TB, s *study.Study) (*study.State, *study.Memory) {
	t.Helper()
	m := study.NewMemory()
	if err := s.Run(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	return fold(t, m), m
}

func TestRunFindsThePlantedGroups(t *testing.T) {
	st, m := run(t, blobStudy(t))
	if len(st.Runs) != 6 || !st.Finished || st.Study.Total != 6 {
		t.Fatalf("%d runs, total %d, finished %v", len(st.Runs), st.Study.Total, st.Finished)
	}
	if d := st.Study.Data; d == nil || d.Customers != 180 || d.Hash == "" {
		t.Errorf("data %+v", st.Study.Data)
	}
	for _, r := range st.Runs {
		if r.Status != "done" || r.Done.N != 180 || r.Done.D != 2 {
			t.Errorf("%s: %s %s", r.ID, r.Status, r.Done.Reason)
		}
		ari, ok, reason := r.Value("adjusted_rand")
		if !ok {
			t.Fatalf("no ARI: %s", reason)
		}
		if (r.Done.NClusters == 3) != (ari == 1) {
			t.Errorf("%d clusters have ARI %v", r.Done.NClusters, ari)
		}
		d, err := m.RunData(r.ID)
		if err != nil || len(d.Labels) != 180 || len(d.Silhouette) != 180 {
			t.Fatalf("run data: %v", err)
		}
		// The mean of the silhouettes left behind is the score.
		sum := 0.0
		for _, s := range d.Silhouette {
			sum += float64(s)
		}
		if v, _, _ := r.Value("silhouette"); math.Abs(sum/180-v) > 1e-6 {
			t.Errorf("silhouette %v, mean of rows %v", v, sum/180)
		}
		if r.Done.Seconds <= 0 || r.Done.CPUSeconds < 0 || r.Done.LabelsHash == "" {
			t.Errorf("done line lacks measures: %+v", r.Done)
		}
	}
	set, err := m.Set("table", "zscore")
	if err != nil {
		t.Fatal(err)
	}
	if len(set.XY) != 360 || set.Raw.Row(0)[0] == set.X.Row(0)[0] || set.Pipeline == nil {
		t.Error("the set lacks projection, scale or pipeline")
	}
}

func TestLabelsDoNotDependOnWorkersOrOrderOrMetrics(t *testing.T) {
	want := map[string]string{} // fit -> labels
	for i, change := range []func(*study.Study){
		func(s *study.Study) { s.Workers = 1 },
		func(s *study.Study) { s.Workers = 2 },
		func(s *study.Study) { s.Workers = 3 },
		func(s *study.Study) { slices.Reverse(s.Cells) },
		func(s *study.Study) { s.Metrics = study.DefaultMetrics(false)[:1] },
		func(s *study.Study) { s.Name = "another" },
	} {
		s := blobStudy(t)
		change(s)
		st, _ := run(t, s)
		for _, r := range st.Runs {
			key := string(r.Start.Params) + string(rune('0'+r.Start.Seed))
			if i == 0 {
				want[key] = r.ID + r.Done.LabelsHash
				continue
			}
			got := r.ID + r.Done.LabelsHash
			if i == 4 { // other metrics: another run key, the same labels
				if got[:16] == want[key][:16] {
					t.Error("the run key ignores the metrics")
				}
				got = want[key][:16] + r.Done.LabelsHash
			}
			if got != want[key] {
				t.Errorf("change %d: run %s differs", i, key)
			}
		}
	}
	s := blobStudy(t)
	s.Seed++
	st, _ := run(t, s)
	for _, r := range st.Runs {
		if strings.HasPrefix(want[string(r.Start.Params)+string(rune('0'+r.Start.Seed))], r.ID) {
			t.Error("the run key ignores the study's seed")
		}
	}
}

// rogue misbehaves in the way it is told.
type rogue struct {
	How string `json:"how"`
}

func (r *rogue) Fit(_ context.Context, x *features.Matrix, _ cluster.Run) (*cluster.Clustering, error) {
	n, _ := x.Dims()
	switch r.How {
	case "panic":
		var none []int
		_ = none[n]
	case "nil":
		return nil, nil
	case "short":
		return &cluster.Clustering{Labels: make([]int32, n-1)}, nil
	case "write":
		for i := range x.Data() {
			x.Data()[i] = 0
		}
		return &cluster.Clustering{Labels: make([]int32, n), K: 1}, nil
	case "order":
		c := &cluster.Clustering{Labels: make([]int32, n), Centers: [][]float64{{1, 1}, {2, 2}}}
		for i := range c.Labels {
			c.Labels[i] = 1
		}
		c.Labels[5] = 0
		nan := math.NaN()
		c.Objective = &nan
		return c, nil
	case "error":
		return nil, errors.New("two\nlines")
	}
	return nil, errors.New("unknown")
}

func TestRoguesFailAloneAndWithAReason(t *testing.T) {
	m := &cluster.Method{Name: "rogue", Doc: "Misbehaves", Version: 1, New: func() cluster.Algorithm { return &rogue{} }}
	s := blobStudy(t)
	good := s.Cells
	s.Seeds = 1
	s.Cells = nil
	hows := []string{"panic", "nil", "short", "write", "order", "error"}
	for _, how := range hows {
		s.Cells = append(s.Cells, study.Cell{Method: m, Algorithm: &rogue{How: how}})
	}
	s.Cells = append(s.Cells, good...)
	st, j := run(t, s)
	for i, want := range []string{
		"rogue panicked: runtime error: index out of range", "neither a clustering nor an error", "179 labels for 180 rows", "", "", "two lines",
	} {
		r := st.Runs[i]
		if want == "" {
			if r.Status != "done" {
				t.Errorf("%s: %s", hows[i], r.Done.Reason)
			}
			continue
		}
		if r.Status != "failed" || !strings.Contains(r.Done.Reason, want) {
			t.Errorf("%s: %s, %q, want %q", hows[i], r.Status, r.Done.Reason, want)
		}
	}
	// "order": the large cluster is number 0, its centre follows, the NaN objective is none.
	d, err := j.RunData(st.Runs[4].ID)
	if err != nil {
		t.Fatal(err)
	}
	if d.Labels[0] != 0 || d.Labels[5] != 1 || d.Centers[0][0] != 2 || d.Centers[1][0] != 1 || st.Runs[4].Done.Objective != nil {
		t.Errorf("not brought into order: %v %v", d.Labels[:6], d.Centers)
	}
	// One cluster: silhouette is undefined with a reason, not 0.
	if _, ok, reason := st.Runs[3].Value("silhouette"); ok || reason == "" {
		t.Error("the silhouette of one cluster has a value, or no reason")
	}
	// "write" has not spoilt the matrix for those after it.
	for _, r := range st.Runs[len(hows):] {
		if ari, _, _ := r.Value("adjusted_rand"); r.Done.NClusters == 3 && ari != 1 {
			t.Error("an algorithm has written into the matrix of the others")
		}
	}
}

func TestCancelLeavesFinishedRunsAndResumes(t *testing.T) {
	whole, _ := run(t, blobStudy(t))
	s := blobStudy(t)
	ctx, cancel := context.WithCancel(context.Background())
	seen := 0
	s.Progress = func(p study.Progress) {
		if p.Phase == "fit" && p.Iter == 0 {
			if seen++; seen == 3 {
				cancel()
			}
		}
	}
	m := study.NewMemory()
	if err := s.Run(ctx, m); !errors.Is(err, context.Canceled) {
		t.Fatalf("Run returned %v", err)
	}
	st := fold(t, m)
	if len(st.DoneRuns()) != 2 || st.Finished {
		t.Fatalf("%d runs done before the cancel", len(st.DoneRuns()))
	}
	s.Progress = nil
	if err := s.Run(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	es, _ := m.Events(0)
	counts := map[study.EventType]int{}
	for _, e := range es {
		counts[e.Event]++
	}
	if counts[study.StudyStart] != 1 || counts[study.RunDone] != 6 || counts[study.StudyDone] != 1 {
		t.Errorf("after resuming: %v", counts)
	}
	for i, r := range fold(t, m).DoneRuns() {
		if w := whole.DoneRuns()[i]; w.ID != r.ID || w.Done.LabelsHash != r.Done.LabelsHash {
			t.Errorf("run %d differs after a cancel", i)
		}
	}
	if err := s.Run(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	if again, _ := m.Events(0); len(again) != len(es) {
		t.Error("running a finished study writes to its journal")
	}
}

// greedy says it needs 10 GB.
type greedy struct{ rogue }

func (*greedy) Estimate(n, d int) cluster.Estimate { return cluster.Estimate{Bytes: 10e9} }

func TestMemoryRefusalNamesNumbersAndAlternatives(t *testing.T) {
	s := blobStudy(t)
	s.Seeds, s.MaxBytes = 1, 2e9
	s.Cells = []study.Cell{{
		Method: &cluster.Method{Name: "greedy", Version: 1, New: func() cluster.Algorithm { return &greedy{} }}, Algorithm: &greedy{},
	}}
	st, _ := run(t, s)
	r := st.Runs[0]
	for _, want := range []string{"R001: greedy on 180 rows × 2 columns needs about 10.0 GB", "limit is 2.0 GB", "--max-mem"} {
		if r.Status != "failed" || !strings.Contains(r.Done.Reason, want) {
			t.Errorf("%s %q lacks %q", r.Status, r.Done.Reason, want)
		}
	}
}

func TestPlanListsWhatRunDoes(t *testing.T) {
	s := blobStudy(t)
	s.Scales = []string{"none", "zscore"}
	plan, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	st, _ := run(t, s)
	if len(plan) != 12 || len(st.Runs) != 12 {
		t.Fatalf("%d planned, %d run", len(plan), len(st.Runs))
	}
	for i, r := range st.Runs {
		if plan[i].Run != r.ID || plan[i].Cell != r.Start.Cell || plan[i].Name != study.RunName(st, r) || plan[i].N != 180 {
			t.Errorf("planned %+v, run %+v", plan[i], r.Start)
		}
	}
	if got := plan[8].Name; got != "kmeans k=3 zscore seed 1" {
		t.Errorf("name %q", got)
	}
}

func TestDroppedRowsAreAStratum(t *testing.T) {
	s := blobStudy(t)
	s.Table.Row(4)[1] = math.NaN()
	st, m := run(t, s)
	if n := st.Runs[0].Done.N; n != 179 {
		t.Fatalf("%d rows clustered", n)
	}
	set, err := m.Set("table", "zscore")
	if err != nil {
		t.Fatal(err)
	}
	if ids := set.StratumIDs["missing values"]; len(ids) != 1 || ids[0] != s.Table.IDs[4] {
		t.Errorf("left out: %v", ids)
	}
	if n, _ := set.Raw.Dims(); n != 179 || set.Raw.IDs[4] != s.Table.IDs[5] {
		t.Error("raw rows and clustered rows do not match")
	}
	if ari, _, _ := st.Runs[2].Value("adjusted_rand"); ari != 1 {
		t.Errorf("the reference did not follow the rows: ARI %v", ari)
	}
	if len(st.Warnings) == 0 {
		t.Error("rows were left out without a warning")
	}
}

func TestLinesReadBackAsTheyStand(t *testing.T) {
	_, m := run(t, blobStudy(t))
	es, _ := m.Events(0)
	for _, e := range es {
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := study.ParseLine(b)
		if err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		again, _ := json.Marshal(back)
		if string(again) != string(b) {
			t.Errorf("a line read back is written otherwise:\n%s\n%s", b, again)
		}
		b[len(b)/2] ^= 1
		if _, err := study.ParseLine(b); err == nil {
			t.Error("a flipped bit goes unnoticed")
		}
	}
}
