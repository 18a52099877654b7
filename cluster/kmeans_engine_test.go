package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

// kmeansSlow is the definition: every distance in every iteration, means from all rows
// as seen from the origin.
func kmeansSlow(x *features.Matrix, origin []float64, centers [][]float64, maxIter int) (labels []int32, mean [][]float64, iter int) {
	n, d := x.Dims()
	k := len(centers)
	nearest := func() []int32 {
		l := make([]int32, n)
		for i := range l {
			best := math.Inf(1)
			for c := range k {
				if s := kernel.Sq64(x.Row(i), centers[c]); s < best {
					best, l[i] = s, int32(c)
				}
			}
		}
		return l
	}
	for iter < maxIter {
		iter++
		now := nearest()
		next, weight := make([][]float64, k), make([]float64, k)
		for c := range next {
			next[c] = make([]float64, d)
		}
		for i, l := range now {
			w := x.Weight(i)
			weight[l] += w
			for j, v := range x.Row(i) {
				next[l][j] += w * (v - origin[j])
			}
		}
		for c := range next {
			for j := range next[c] {
				if weight[c] == 0 {
					return nil, nil, 0 // reseeding is not the matter here
				}
				next[c][j] = origin[j] + next[c][j]/weight[c]
			}
		}
		shift := 0.0
		for c := range next {
			shift += kernel.Sq64(next[c], centers[c])
		}
		done := slices.Equal(now, labels)
		centers, labels = next, now
		switch {
		case done:
			return labels, centers, iter
		case shift == 0:
			return nearest(), centers, iter
		}
	}
	return nearest(), centers, iter
}

// Each algorithm against the definition, on whole numbers, whose sums are exact in any
// order: ties, duplicates, weights, far offsets.
func TestKMeansEngines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(2, 300).Draw(t, "n"), rapid.IntRange(1, 9).Draw(t, "d")
		k := rapid.IntRange(1, min(n, 90)).Draw(t, "k")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		offset := rapid.SampledFrom([]float64{0, 3, 1e8}).Draw(t, "offset")
		spread := rapid.SampledFrom([]float64{1, 4, 50}).Draw(t, "spread")
		v := make([]float64, n*d)
		for i := range v {
			v[i] = math.Round(r.NormFloat64()*spread) + offset
		}
		x := matrix(d, v...)
		if rapid.Bool().Draw(t, "weights") {
			for i := range n {
				x.Weights = append(x.Weights, float64(i%3+1))
			}
		}
		var start [][]float64
		for _, i := range r.Perm(n)[:k] {
			start = append(start, x.Row(i))
		}
		maxIter := rapid.SampledFrom([]int{1, 2, 5, 100}).Draw(t, "max_iter")
		run, err := newKMeansRun(context.Background(), &KMeans{NClusters: k}, x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		labels, centers, iter := kmeansSlow(x, run.origin, start, maxIter)
		if labels == nil {
			return
		}
		want := slices.Clone(labels)
		_, old := Canonical(want)
		for _, algorithm := range kmeansAlgorithms {
			a := &KMeans{NClusters: k, InitCenters: start, MaxIter: maxIter, Algorithm: algorithm}
			c, err := a.Fit(context.Background(), x, Run{Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s n=%d d=%d k=%d", algorithm, n, d, k)
			if c.Iter != iter || !slices.Equal(c.Labels, want) {
				t.Fatalf("%s: labels %v after %d, want %v after %d", what, c.Labels, c.Iter, want, iter)
			}
			for i, o := range old {
				for j, m := range centers[o] {
					if e := math.Abs(c.Centers[i][j] - m); e > 1e-13*(math.Abs(m)+1) {
						t.Fatalf("%s: centre %d is %v, want %v", what, i, c.Centers[i], centers[o])
					}
				}
			}
		}
	})
}

// The algorithms agree on real numbers, over many iterations and several parts of the
// rows, and every row has the nearest of the centres at the end. Values that float32
// cannot hold, and rows far outside the rest, change nothing.
func TestKMeansEnginesAgree(t *testing.T) {
	for _, p := range []struct {
		n, d, k int
		scale   float64
		far     bool
	}{{20_000, 4, 100, 1, false}, {20_000, 8, 30, 1, false}, {9_000, 8, 60, 1e140, false}, {9_000, 3, 20, 1e-150, false}, {9_000, 5, 12, 1, true}} {
		x, _ := gaussian(p.n, p.d, 6, 4, 9)
		for i := range x.Data() {
			x.Data()[i] *= p.scale
		}
		if p.far {
			x.Row(4321)[1] = 1e30
		}
		a := &KMeans{NClusters: p.k, MaxIter: 300}
		for i := range p.k {
			a.InitCenters = append(a.InitCenters, x.Row(i*17))
		}
		var first *Clustering
		for _, a.Algorithm = range kmeansAlgorithms {
			c, err := a.Fit(context.Background(), x, Run{})
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s n=%d d=%d k=%d scale=%g", a.Algorithm, p.n, p.d, p.k, p.scale)
			if first == nil {
				first = c
			}
			if c.Iter != first.Iter || !slices.Equal(c.Labels, first.Labels) {
				t.Errorf("%s: other labels, or %d iterations where auto needs %d", what, c.Iter, first.Iter)
			}
			rule, err := RuleOf(a, x, c)
			if err != nil || rule.Agreement != 1 {
				t.Errorf("%s: rule agrees on %v of the training rows (%v)", what, rule.Agreement, err)
			}
		}
	}
}

// The point of bounds: late passes look at few rows.
func TestKMeansBoundsSpare(t *testing.T) {
	x, _ := gaussian(30_000, 4, 10, 5, 3)
	a := &KMeans{NClusters: 20, MaxIter: 300, Algorithm: "hamerly"}
	r, err := newKMeansRun(context.Background(), a, x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	centers := make([]float64, 0, 20*4)
	for i := range 20 {
		centers = append(centers, x.Row(i)...)
	}
	f, err := r.lloyd(centers)
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for i := range r.shards {
		last += r.shards[i].tried
	}
	if f.stop != Converged || f.iter < 10 || last > 3000 {
		t.Errorf("%d of 30000 rows were compared in the last of %d passes (%s)", last, f.iter, f.stop)
	}
}
