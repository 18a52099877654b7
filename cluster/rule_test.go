package cluster

import (
	"context"
	"encoding/json"
	"math"
	"testing"
)

// A rule is plain data: through JSON and back it predicts the same bits, near and far.
func TestRuleRoundTrip(t *testing.T) {
	x, _ := gaussian(500, 3, 4, 12, 1)
	y, _ := gaussian(200, 3, 4, 30, 2)
	for _, a := range []Algorithm{
		&KMeans{NClusters: 4, Init: "k-means++", NInit: 1, MaxIter: 300, Tol: 1e-4},
		&DBSCAN{Eps: 1.2, MinSamples: 5, Border: true}, &Agglomerative{NClusters: 4, Linkage: "single"},
		&Agglomerative{NClusters: 4, Linkage: "ward"},
	} {
		c, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := RuleOf(a, x, c)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back Rule
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		labels, dist, err := back.PredictAll(context.Background(), y, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i := range labels {
			if l, d := r.Predict(y.Row(i)); l != labels[i] || d != dist[i] {
				t.Fatalf("%T row %d: (%d, %v) and (%d, %v)", a, i, l, d, labels[i], dist[i])
			}
		}
	}
}

// Where nothing is near, DBSCAN's rule says noise; where clusters touch a border point,
// the first of them has it, not the nearest.
func TestRuleFirstWithin(t *testing.T) {
	x := matrix(1, 0, 0.1, 0.2, 2, 2.1, 2.2, 2.3)
	a := &DBSCAN{Eps: 1, MinSamples: 3, Border: true}
	c, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := RuleOf(a, x, c)
	if err != nil {
		t.Fatal(err)
	}
	// The larger cluster (label 0) is that of 2…2.3, the first that of 0…0.2 (label 1).
	for v, want := range map[float64]int32{0: 1, 1.15: 1, 1.5: 0, 3.3: 0, 3.5: Noise, -1: 1, -1.5: Noise} {
		if l, d := r.Predict([]float64{v}); l != want || want == Noise && !math.IsInf(d, 1) {
			t.Errorf("%g: label %d at %v, want %d", v, l, d, want)
		}
	}
}

// A surrogate says how well it does: centres for round clusters, points for the moons
// that centres cannot part, lots for lots.
func TestSurrogate(t *testing.T) {
	var v []float64
	var moons []int32
	for i := range 400 {
		s := float64(i) * math.Pi / 400
		v = append(v, math.Cos(s), math.Sin(s), 1-math.Cos(s), 0.5-math.Sin(s))
		moons = append(moons, 0, 1)
	}
	x := matrix(2, v...)
	r := Surrogate(x, &Clustering{Labels: moons, K: 2})
	if r.Kind != NearestPoint || r.Agreement != 1 || r.Exact {
		t.Errorf("moons: %s agrees on %v", r.Kind, r.Agreement)
	}
	y, truth := gaussian(900, 2, 3, 100, 4)
	c := &Clustering{Labels: truth}
	c.K, _ = Canonical(c.Labels)
	if r := Surrogate(y, c); r.Kind != NearestCenter || r.Agreement != 1 {
		t.Errorf("blobs: %s agrees on %v", r.Kind, r.Agreement)
	}
	lots, err := (&Dummy{Strategy: "random", NClusters: 4}).Fit(context.Background(), y, Run{})
	if err != nil {
		t.Fatal(err)
	}
	// Leave one out: a row is not its own neighbour, so lots cannot be guessed.
	if r := Surrogate(y, lots); r.Agreement > 0.4 {
		t.Errorf("lots: %s agrees on %v", r.Kind, r.Agreement)
	}
	none := &Clustering{Labels: make([]int32, 900)}
	for i := range none.Labels {
		none.Labels[i] = Noise
	}
	if l, _ := Surrogate(y, none).Predict([]float64{0, 0}); l != Noise {
		t.Errorf("all noise: a new row got label %d", l)
	}
}

// Of many rows each cluster keeps its share, and the smallest at least one row.
func TestSurrogateSample(t *testing.T) {
	c := &Clustering{Labels: make([]int32, 100_000), K: 3}
	for i := range c.Labels {
		c.Labels[i] = int32(i % 2)
	}
	c.Labels[777], c.Labels[5], c.Labels[6] = 2, Noise, Noise
	rows := surrogateSample(c, 20_000)
	count := map[int32]int{}
	for p, i := range rows {
		count[c.Labels[i]]++
		if p > 0 && rows[p-1] >= i {
			t.Fatal("rows are not in order")
		}
	}
	if count[2] != 1 || count[Noise] != 1 || len(rows) < 19_990 || len(rows) > 20_004 || max(count[0]-count[1], count[1]-count[0]) > 2 {
		t.Errorf("%d rows kept: %v", len(rows), count)
	}
}
