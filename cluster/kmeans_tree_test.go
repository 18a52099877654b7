package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/kernel"
)

// A centre that sift leaves out is, from every row in the box, farther by the gap than one
// that it keeps, in float64 as in truth.
func TestKMeansTreeSift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, k := rapid.IntRange(1, 6).Draw(t, "d"), rapid.IntRange(1, 40).Draw(t, "k")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
		scale := rapid.SampledFrom([]float64{1, 1e-100, 1e8}).Draw(t, "scale")
		offset := rapid.SampledFrom([]float64{0, 1e8}).Draw(t, "offset") * scale
		width := rapid.SampledFrom([]float64{0, 0.1, 1}).Draw(t, "width") * scale
		gap := rapid.SampledFrom([]float64{0, 0.2, 1}).Draw(t, "gap") * scale
		centers, list := make([]float64, k*d), make([]int32, k)
		for i := range centers {
			centers[i] = offset + scale*math.Round(4*r.NormFloat64())/4
		}
		box := make([]float64, 2*d)
		for i := range list {
			list[i] = int32(i)
		}
		for j := range d {
			box[j], box[d+j] = offset+scale*r.NormFloat64(), width*r.Float64()
		}
		s := &kmeansLists{sq: make([]float64, k)}
		kept := s.sift(centers, list, nil, box, gap)
		row := make([]float64, d)
		for range 50 {
			for j := range row {
				at := 2*r.Float64() - 1
				if r.IntN(2) == 0 {
					at = math.Round(at)
				}
				row[j] = min(max(box[j]+at*box[d+j], box[j]-box[d+j]), box[j]+box[d+j])
			}
			least := math.Inf(1)
			for _, c := range kept {
				least = min(least, kernel.Sq64(row, centers[int(c)*d:int(c+1)*d]))
			}
			for c := range k {
				v := kernel.Sq64(row, centers[c*d:(c+1)*d])
				if !slices.Contains(kept, int32(c)) && (v <= least || math.Sqrt(v) < math.Sqrt(least)+gap*(1-1e-12)) {
					t.Fatalf("centre %d at %v was left out, the nearest kept is at %v (gap %v)", c, math.Sqrt(v), math.Sqrt(least), gap)
				}
			}
		}
	})
}

// The tree gives the labels, iterations and inertia of lloyd on real numbers, over many
// parts of the rows and with bounds at the end; workers and starts do not matter to it.
func TestKMeansTree(t *testing.T) {
	for _, p := range []struct {
		n, d, k int
		offset  float64
		weights bool
	}{{40_000, 2, 300, 0, false}, {30_011, 3, 150, 1e8, true}, {20_000, 5, 60, 0, true}, {9_000, 1, 200, -3, false}} {
		x, _ := gaussian(p.n, p.d, 30, 20, 5)
		for i := range x.Data() {
			x.Data()[i] += p.offset
		}
		for i := p.n / 2; i < p.n/2+2000; i++ { // as many rows at one place as a bucket has
			copy(x.Row(i), x.Row(0))
		}
		if p.weights {
			for i := range p.n {
				x.Weights = append(x.Weights, float64(1+i%3))
			}
		}
		a := &KMeans{NClusters: p.k, MaxIter: 200, Algorithm: "lloyd"}
		for i := range p.k {
			a.InitCenters = append(a.InitCenters, x.Row(i*29))
		}
		what := fmt.Sprintf("n=%d d=%d k=%d", p.n, p.d, p.k)
		want, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		a.Algorithm = "tree"
		got, err := a.Fit(context.Background(), x, Run{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got.Iter != want.Iter || !slices.Equal(got.Labels, want.Labels) {
			t.Errorf("%s: other labels than lloyd, or %d iterations where it needs %d", what, got.Iter, want.Iter)
		}
		if e := math.Abs(*got.Objective - *want.Objective); e > 1e-9**want.Objective {
			t.Errorf("%s: inertia %v, lloyd's %v", what, *got.Objective, *want.Objective)
		}
		again, err := a.Fit(context.Background(), x, Run{Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		if d := checkSame(got, again); d != "" {
			t.Errorf("%s: other %s with 3 workers", what, d)
		}
	}
}

// Several starts go by one tree: the best is that of lloyd.
func TestKMeansTreeStarts(t *testing.T) {
	x, _ := gaussian(12_000, 2, 30, 20, 8)
	var want *Clustering
	for _, algorithm := range []string{"lloyd", "tree"} {
		a := &KMeans{NClusters: 40, Init: "k-means++", NInit: 3, MaxIter: 100, Algorithm: algorithm}
		c, err := a.Fit(context.Background(), x, Run{Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = c
		}
		if c.Iter != want.Iter || !slices.Equal(c.Labels, want.Labels) {
			t.Errorf("%s: other labels after %d iterations, want %d", algorithm, c.Iter, want.Iter)
		}
	}
}

// The point of lists: few rows are looked at, and those with few centres.
func TestKMeansTreeSpares(t *testing.T) {
	x, _ := gaussian(50_000, 2, 30, 40, 3)
	a := &KMeans{NClusters: 20, MaxIter: 1, Algorithm: "tree"}
	for i := range 20 {
		a.InitCenters = append(a.InitCenters, x.Row(i))
	}
	r, err := newKMeansRun(context.Background(), a, x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	centers, _ := r.start(0)
	if _, err := r.lloyd(centers); err != nil {
		t.Fatal(err)
	}
	tried, whole := 0, 0
	for i := range r.shards {
		tried += r.shards[i].tried
	}
	l := &kmeansLists{sq: make([]float64, 20)}
	boxes := r.tree.runs.Short
	for i := 0; i < len(boxes); i += 4 {
		if len(l.sift(r.last, r.screen.All[:20], nil, boxes[i:i+4], 0)) == 1 {
			whole++
		}
	}
	if tried > 45_000 || whole < 300 {
		t.Errorf("%d of 50000 rows were compared; %d of %d short runs belong to one centre", tried, whole, len(boxes)/4)
	}
}
