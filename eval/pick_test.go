package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pickOf makes a candidate of labels.
func pickOf(algorithm string, stability []float64, labels ...int32) Candidate {
	c := Candidate{Name: algorithm, Algorithm: algorithm, N: len(labels), Labels: labels, Stability: stability, Scores: map[string]float64{}}
	for _, l := range labels {
		if l < 0 {
			c.Noise++
			continue
		}
		for int(l) >= len(c.Sizes) {
			c.Sizes = append(c.Sizes, 0)
		}
		c.Sizes[l]++
	}
	c.K = len(c.Sizes)
	return c
}

// pickAny admits small data.
var pickAny = PickRule{MinRows: 1, MaxShare: 0.95, MinCoverage: 0.5}

func pickIt(t *testing.T, r PickRule, candidates ...Candidate) Picked {
	t.Helper()
	p, err := r.Pick(context.Background(), candidates)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Reasons) == 0 || len(p.Gates) != len(candidates) || len(p.Support) != len(candidates) {
		t.Fatalf("%+v", p)
	}
	return p
}

func TestPickByHand(t *testing.T) {
	// By hand, of 8 rows: {4, 4} against {3, 5} with one row moved: 9 pairs together in
	// both, 12 and 13 in each, 28 in all, so the index is (9 − 12·13/28)/(12.5 − 12·13/28).
	halves := []int32{0, 0, 0, 0, 1, 1, 1, 1}
	moved := []int32{0, 0, 0, 1, 1, 1, 1, 1}
	odd := []int32{0, 1, 0, 1, 0, 1, 0, 1} // no better than chance: below 0
	near := (9 - 12*13./28) / (12.5 - 12*13./28)
	list := []Candidate{
		pickOf("kmeans", nil, odd...),
		pickOf("kmeans", nil, halves...),
		pickOf("gmm", nil, moved...),
		pickOf("hierarchical", nil, odd...),
		pickOf("dbscan", nil, halves...),
	}
	p := pickIt(t, pickAny, list...)
	// kmeans' halves: gmm near, hierarchical 0, in mean near/2; dbscan 1; of both families.
	want := []float64{(0.5 + 0) / 2, (near/2 + 1) / 2, ((near+0)/2 + near) / 2, 0.25, (1 + near + 0) / 3}
	want[0] = ((0+1)/2. + 0) / 2
	want[3] = ((1+0)/2. + 0) / 2
	for i, w := range want {
		if got := p.Support[i]; !got.Defined() || math.Abs(got.Value-w) > 1e-12 {
			t.Errorf("support %d = %+v, want %v", i, got, w)
		}
	}
	if p.Index != 1 || p.Basis != PickAgreement || !slices.Equal(p.Order, []int{1, 4, 2, 0, 3}) {
		t.Errorf("%+v", p)
	}
	if by := p.Support[1].By; len(by) != 3 || by[0].Algorithm != "gmm" || by[2].Family != "connected" || by[2].Index != 4 || by[1].ARI >= 0 {
		t.Errorf("%+v", p.Support[1].By)
	}

	// Stability of all changes the order; who has none is not compared.
	list[1].Stability, list[2].Stability, list[4].Stability = []float64{0.9, 0.4}, []float64{0.8, 0.95}, []float64{1, -0.2}
	p = pickIt(t, pickAny, list...)
	if p.Index != 2 || p.Basis != PickBoth || !slices.Equal(p.Order, []int{2, 1, 4}) || math.Abs(p.Value[2]-want[2]*0.8) > 1e-12 || p.Value[4] != 0 {
		t.Errorf("%+v", p)
	}
	short, err := pickAny.Shortlist(context.Background(), list, 2)
	if err != nil || !slices.Equal(short, []int{1, 2}) { // 4 is 1 again
		t.Errorf("shortlist %v (%v)", short, err)
	}
	if short, err = pickAny.Shortlist(context.Background(), list, 0); err != nil || !slices.Equal(short, []int{1, 2, 0, 4, 3}) {
		t.Errorf("shortlist %v (%v)", short, err)
	}

	// Nothing that was tried is stable: agreement decides, and it is said.
	list[1].Stability, list[2].Stability = []float64{0, 0.4}, []float64{0.8, -1}
	if p = pickIt(t, pickAny, list...); p.Index != 1 || p.Basis != PickAgreement || !strings.Contains(strings.Join(p.Reasons, " "), "No candidate whose stability") {
		t.Errorf("%+v", p)
	}
	// A segment of which stability is undefined: as if it had not been computed.
	list[1].Stability = []float64{math.NaN(), 0.4}
	list[2].Stability = []float64{0.1, 0.1}
	if p = pickIt(t, pickAny, list...); p.Index != 2 || !slices.Equal(p.Order, []int{2, 4}) {
		t.Errorf("%+v", p)
	}
}

func TestPickBases(t *testing.T) {
	halves := []int32{0, 0, 0, 0, 1, 1, 1, 1}
	thirds := []int32{0, 0, 0, 1, 1, 1, 2, 2}
	a, b := pickOf("kmeans", nil, thirds...), pickOf("kmeans", nil, halves...)
	if p := pickIt(t, pickAny, a, b); p.Index != 1 || p.Basis != PickNothing || p.Support[0].Defined() {
		t.Errorf("fewest segments: %+v", p)
	}
	a.Scores["silhouette"], b.Scores["silhouette"] = 0.5, 0.4
	if p := pickIt(t, pickAny, a, b); p.Index != 0 || p.Basis != PickIndex {
		t.Errorf("silhouette: %+v", p)
	}
	a.Stability, b.Stability = []float64{0.5, 0.5, 0.9}, []float64{0.6, 0.6}
	if p := pickIt(t, pickAny, a, b); p.Index != 1 || p.Basis != PickStability {
		t.Errorf("stability: %+v", p)
	}
	b.Stability = []float64{0.5, 0.7} // equal: the fewer segments
	if p := pickIt(t, pickAny, a, b); p.Index != 1 {
		t.Errorf("equal: %+v", p)
	}
	if p := pickIt(t, pickAny); p.Index != -1 || p.Basis != PickNothing {
		t.Errorf("nobody: %+v", p)
	}
	one := pickOf("kmeans", nil, 0, 0, 0)
	if p := pickIt(t, pickAny, one); p.Index != -1 || !strings.Contains(p.Reasons[0], "0 of 1 candidates pass") {
		t.Errorf("one segment: %+v", p)
	}
}

func TestPickGates(t *testing.T) {
	r := NewPickRule()
	sized := func(algorithm string, noise int, sizes ...int) Candidate {
		labels := slices.Repeat([]int32{-1}, noise)
		for l, n := range sizes {
			labels = append(labels, slices.Repeat([]int32{int32(l)}, n)...)
		}
		return pickOf(algorithm, nil, labels...)
	}
	for _, c := range []struct {
		c    Candidate
		gate string
	}{
		{sized("kmeans", 0, 60, 40), ""},
		{sized("kmeans", 0, 100), "segments"},
		{sized("kmeans", 100), "segments coverage"},
		{sized("dummy", 0, 60, 40), "baseline"},
		{sized("kmeans", 0, 91, 9), "size"},
		{sized("kmeans", 0, 90, 10), ""},
		{sized("kmeans", 0, 1980, 20), "lopsided"},
		{sized("kmeans", 0, 1900, 100), ""},
		{sized("kmeans", 0, 1000, 981, 19), "size"},
		{sized("kmeans", 0, 1000, 980, 20), ""},
		{sized("dbscan", 10, 50, 40), ""},
		{sized("dbscan", 11, 50, 39), "coverage"},
		{sized("dbscan", 11, 86, 3), "lopsided size coverage"},
	} {
		g := r.Gate(c.c)
		if strings.Join(g.Failed, " ") != c.gate || g.Passed != (c.gate == "") || len(g.Reasons) != len(g.Failed) {
			t.Errorf("%v + %d: %+v, want %q", c.c.Sizes, c.c.Noise, g, c.gate)
		}
	}
	// Where nobody passes, coverage is forgiven first, then size, and it is said.
	far, tiny := sized("dbscan", 30, 40, 30), sized("dbscan", 30, 61, 9)
	p := pickIt(t, r, tiny, far)
	if p.Index != 1 || !slices.Equal(p.Relaxed, []string{"coverage"}) || !strings.Contains(strings.Join(p.Reasons, " "), "coverage was forgiven") {
		t.Errorf("%+v", p)
	}
	if p = pickIt(t, r, tiny); p.Index != 0 || !slices.Equal(p.Relaxed, []string{"coverage", "size"}) {
		t.Errorf("%+v", p)
	}
	if p = pickIt(t, r, sized("kmeans", 0, 96, 4)); p.Index != -1 || !strings.Contains(p.Reasons[0], "nearly all rows in one segment") {
		t.Errorf("%+v", p)
	}
}

func TestPickErrors(t *testing.T) {
	good := pickOf("kmeans", nil, 0, 0, 1, 1)
	for want, spoil := range map[string]func(c *Candidate){
		"runs on one feature set": func(c *Candidate) { *c = pickOf("kmeans", nil, 0, 1, 1) },
		"3 labels for 4 rows":     func(c *Candidate) { c.Labels = c.Labels[1:] },
		"the label 1":             func(c *Candidate) { c.K, c.Sizes = 1, []int{4} },
		"2 sizes that add":        func(c *Candidate) { c.Sizes = []int{1, 2} },
		"1 unassigned":            func(c *Candidate) { c.Noise, c.Sizes = 1, []int{1, 2} },
		"stability of 3 segments": func(c *Candidate) { c.Stability = make([]float64, 3) },
	} {
		bad := good
		spoil(&bad)
		if _, err := NewPickRule().Pick(context.Background(), []Candidate{good, bad}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "candidate 1") {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := NewPickRule().Pick(ctx, []Candidate{good, good}); err == nil {
		t.Error("no error from a cancelled context")
	}
}

func TestPickFamily(t *testing.T) {
	for algorithm, want := range map[string]string{
		"kmeans": "compact", "agglomerative": "compact", "hierarchical": "compact", "hdbscan": "connected", "genie": "connected", "mine": "mine",
	} {
		if got := PickFamily(algorithm); got != want {
			t.Errorf("%s: %s, want %s", algorithm, got, want)
		}
	}
}

// TestPickRelations: names of segments, order of rows, workers and the candidates that do
// not pass decide nothing; the order of candidates decides ties only.
func TestPickRelations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(6, 40).Draw(t, "n"), rapid.IntRange(1, 9).Draw(t, "m")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var list []Candidate
		for range m {
			k := 1 + rng.IntN(4)
			labels := make([]int32, n)
			for i := range labels {
				labels[i] = int32(i%k) - int32(rng.IntN(8)/7)*int32(i%k+1)
				if rng.IntN(3) == 0 {
					labels[i] = int32(rng.IntN(k))
				}
			}
			c := pickOf([]string{"kmeans", "gmm", "dbscan", "mine"}[rng.IntN(4)], nil, labels...)
			if slices.Contains(c.Sizes, 0) {
				continue
			}
			if rng.IntN(2) == 0 {
				for range c.K {
					c.Stability = append(c.Stability, rng.Float64())
				}
			}
			for _, metric := range []string{"silhouette", "dbcv", "bic"} {
				if rng.IntN(3) > 0 {
					c.Scores[metric] = rng.NormFloat64()
				}
			}
			list = append(list, c)
		}
		pick := func(list []Candidate, workers int) Picked {
			r := pickAny
			r.Workers = workers
			p, err := r.Pick(context.Background(), list)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		p := pick(list, 1)
		if q := pick(list, 3); q.Index != p.Index || !reflect.DeepEqual(p.Support, q.Support) {
			t.Fatalf("3 workers: %+v, not %+v", q, p)
		}
		if p.Index < 0 {
			return
		}
		for at, i := range p.Order[:len(p.Order)-1] {
			if j := p.Order[at+1]; p.Value[i] < p.Value[j] {
				t.Fatalf("%v ordered as %v", p.Value, p.Order)
			}
		}
		for _, s := range p.Support {
			if s.Defined() && !(s.Value >= 0 && s.Value <= 1+1e-12) {
				t.Fatalf("support %v", s)
			}
		}
		// other names, other rows
		rows := rng.Perm(n)
		moved := slices.Clone(list)
		for i, c := range list {
			moved[i].Labels = make([]int32, n)
			moved[i].Sizes = slices.Clone(c.Sizes)
			slices.Reverse(moved[i].Sizes)
			moved[i].Stability = slices.Clone(c.Stability)
			slices.Reverse(moved[i].Stability)
			for to, from := range rows {
				if moved[i].Labels[to] = c.Labels[from]; c.Labels[from] >= 0 {
					moved[i].Labels[to] = int32(c.K) - 1 - c.Labels[from]
				}
			}
		}
		if q := pick(moved, 1); q.Index != p.Index || !slices.Equal(q.Order, p.Order) {
			t.Fatalf("other names and rows: %v, not %v", q.Order, p.Order)
		}
		// the other way round: as good a candidate
		turned := slices.Clone(list)
		slices.Reverse(turned)
		if q := pick(turned, 1); math.Abs(q.Value[q.Index]-p.Value[p.Index]) > 1e-12 && p.Basis != PickNothing {
			t.Fatalf("turned: %v, not %v", q.Value[q.Index], p.Value[p.Index])
		}
		// only those that pass
		var passed []Candidate
		for i, g := range p.Gates {
			if g.Passed {
				passed = append(passed, list[i])
			}
		}
		if len(p.Relaxed) == 0 {
			if q := pick(passed, 1); math.Abs(q.Value[q.Index]-p.Value[p.Index]) > 1e-12 && p.Basis != PickNothing {
				t.Fatalf("without those that did not pass: %v, not %v", q.Value[q.Index], p.Value[p.Index])
			}
		}
	})
}
