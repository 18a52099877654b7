package study

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// TestCoreShareMakesThatShareCore: with the eps chosen for a share q, DBSCAN itself
// finds that share of the rows to be core points, and with the next smaller
// distance fewer.
func TestCoreShareMakesThatShareCore(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	const n = 700
	x := features.NewMatrix(n, []features.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}}, nil)
	for i := range x.Data() {
		x.Data()[i] = rng.NormFloat64()
	}
	m, err := cluster.Lookup("dbscan")
	if err != nil {
		t.Fatal(err)
	}
	a := m.New().(*cluster.DBSCAN)
	a.MinSamples = 10
	for _, q := range []float64{0.1, 0.5, 0.9, 1} {
		c := CoreShare(q)
		for _, workers := range []int{1, 3} {
			got, err := c.Resolve(context.Background(), x, a, q, cluster.Run{Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			r, err := got.Fit(context.Background(), x, cluster.Run{})
			if err != nil {
				t.Fatal(err)
			}
			core := 0
			for _, is := range r.Core {
				if is {
					core++
				}
			}
			if core < int(q*n) || core > int(q*n)+1 {
				t.Errorf("share %v: %d of %d rows are core", q, core, n)
			}
		}
	}
	if a.Eps != 0.5 {
		t.Error("the choice has changed the options it was given")
	}
	if _, err := CoreShare(0).Resolve(context.Background(), x, a, 0, cluster.Run{}); err == nil {
		t.Error("a share of 0 has an eps")
	}
	same := features.NewMatrix(50, x.Cols, nil)
	if _, err := CoreShare(0.5).Resolve(context.Background(), same, a, 0.5, cluster.Run{}); err == nil {
		t.Error("equal rows have an eps")
	}
}

func TestKthIsTheSorted(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 500 {
		a := make([]float64, 1+rng.IntN(40))
		for i := range a {
			a[i] = float64(rng.IntN(12)) // with ties
		}
		s := slices.Sorted(slices.Values(a))
		k := rng.IntN(len(a))
		if got := kth(slices.Clone(a), k); got != s[k] {
			t.Fatalf("kth(%v, %d) = %v", a, k, got)
		}
	}
}

// TestChoicesThatCannotBeMadeFailTheirRun and no other.
func TestChoicesThatCannotBeMadeFailTheirRun(t *testing.T) {
	m, err := cluster.Lookup("dbscan")
	if err != nil {
		t.Fatal(err)
	}
	x := features.NewMatrix(30, []features.Column{{Name: "a", Block: "t"}}, nil)
	for i := range 30 {
		x.Row(i)[0] = float64(i % 3)
	}
	s := &Study{Name: "s", Table: x, Scales: []string{"none"}, Metrics: DefaultMetrics(false)[:1], Cells: []Cell{
		{Method: m, Algorithm: m.New(), Choice: CoreShare(0.5)}, {Method: m, Algorithm: m.New(), Choice: CoreShare(0.9)}, {Method: m, Algorithm: m.New()},
	}}
	j := NewMemory()
	if err := s.Run(context.Background(), j); err != nil {
		t.Fatal(err)
	}
	es, _ := j.Events(0)
	st := &State{}
	st.Fold(es...)
	if len(st.Runs) != 3 || st.Runs[0].Status != "failed" || st.Runs[1].Status != "failed" || st.Runs[2].Status != "done" {
		t.Fatalf("%d runs", len(st.Runs))
	}
	if want := "core = 0.5: every row occurs at least 5 times: no distance to choose eps from"; st.Runs[0].Done.Reason != want {
		t.Errorf("reason %q", st.Runs[0].Done.Reason)
	}
}
