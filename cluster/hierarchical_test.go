package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

var linkages = []string{"single", "complete", "average", "ward"}

func mustTree(t testing.TB, linkage string, x *features.Matrix, run Run) *Tree {
	t.Helper()
	tree, err := (&Agglomerative{Linkage: linkage}).Tree(context.Background(), x, run)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// Heights are SciPy's to 1e-9; merges are SciPy's wherever heights differ
// (testdata/*.linkage.npy.gz, made by eval/peers/cluster_expected.py).
func TestHierarchicalEqualsSciPy(t *testing.T) {
	for name := range readExpected(t).Sets {
		all, x := readNpy(t, name+".linkage"), readSet(t, name)
		n := all.Shape[0]/len(linkages) + 1
		x = matrix(len(x.Cols), x.Data()[:n*len(x.Cols)]...)
		for l, linkage := range linkages {
			want := all.Data[l*(n-1)*4 : (l+1)*(n-1)*4]
			got := mustTree(t, linkage, x, Run{Workers: 1 + l%3}).Z()
			if len(got) != len(want) {
				t.Fatalf("%s %s: %d numbers, want %d", name, linkage, len(got), len(want))
			}
			for i := 0; i < len(want); i += 4 {
				h := want[i+2]
				if math.Abs(got[i+2]-h) > 1e-9*max(1, h) {
					t.Fatalf("%s %s: merge %d at %.15g, want %.15g", name, linkage, i/4, got[i+2], h)
				}
				tied := i > 0 && h-want[i-2] < 1e-9 || i+6 < len(want) && want[i+6]-h < 1e-9
				if !tied && (got[i] != want[i] || got[i+1] != want[i+1] || got[i+3] != want[i+3]) {
					t.Fatalf("%s %s: merge %d is %v, want %v", name, linkage, i/4, got[i:i+4], want[i:i+4])
				}
			}
		}
	}
}

// naiveTree merges the nearest pair of clusters, computed from the definition on the
// rows, n−1 times: O(n³) and more.
func naiveHeights(x *features.Matrix, linkage string) []float64 {
	n, d := x.Dims()
	var cs [][]int
	for i := range n {
		cs = append(cs, []int{i})
	}
	dist := func(a, b []int) float64 {
		if linkage == "ward" {
			p, q := make([]float64, d), make([]float64, d)
			for j := range d {
				for _, i := range a {
					p[j] += x.Row(i)[j] / float64(len(a))
				}
				for _, i := range b {
					q[j] += x.Row(i)[j] / float64(len(b))
				}
			}
			na, nb := float64(len(a)), float64(len(b))
			return math.Sqrt(2 * na * nb / (na + nb) * kernel.Sq(p, q))
		}
		low, high, sum := math.Inf(1), 0.0, 0.0
		for _, i := range a {
			for _, j := range b {
				v := math.Sqrt(kernel.Sq(x.Row(i), x.Row(j)))
				low, high, sum = min(low, v), max(high, v), sum+v
			}
		}
		switch linkage {
		case "single":
			return low
		case "complete":
			return high
		}
		return sum / float64(len(a)*len(b))
	}
	var heights []float64
	for len(cs) > 1 {
		best, p, q := math.Inf(1), 0, 0
		for i := range cs {
			for j := range i {
				if v := dist(cs[i], cs[j]); v < best {
					best, p, q = v, j, i
				}
			}
		}
		heights = append(heights, best)
		cs[p] = append(cs[p], cs[q]...)
		cs = slices.Delete(cs, q, q+1)
	}
	return heights
}

func TestHierarchicalNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for range longRounds(100, 1000) {
		n, d := 2+r.IntN(18), 1+r.IntN(3)
		v := make([]float64, n*d)
		for i := range v {
			v[i] = r.NormFloat64()
		}
		x := matrix(d, v...)
		for _, linkage := range linkages {
			want := naiveHeights(x, linkage)
			for _, run := range []Run{{}, {Space: rowSpace{v, d}}} {
				if run.Space != nil && linkage == "ward" {
					continue
				}
				got := mustTree(t, linkage, x, run)
				for i, h := range want {
					if math.Abs(got.Height[i]-h) > 1e-9*max(1, h) {
						t.Fatalf("%s n=%d: merge %d at %.15g, want %.15g", linkage, n, i, got.Height[i], h)
					}
				}
			}
		}
	}
}

// Big enough for squeezing and for sharing scans among goroutines: the same tree.
func TestHierarchicalManyWorkers(t *testing.T) {
	x, _ := gaussian(3000, 12, 9, 10, 4)
	for _, linkage := range linkages {
		one := mustTree(t, linkage, x, Run{Workers: 1})
		for _, w := range []int{2, 3} {
			if got := mustTree(t, linkage, x, Run{Workers: w}); !slices.Equal(got.Z(), one.Z()) {
				t.Errorf("%s: trees of 1 and %d workers differ", linkage, w)
			}
		}
	}
}

// One tree, many cuts: by number and by distance, as scikit-learn cuts (clusters at
// the threshold or farther stay apart).
func TestHierarchicalCuts(t *testing.T) {
	x := matrix(1, 0, 1, 10, 12, 40)
	s := NewShared(1 << 20)
	at := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		a    Agglomerative
		want []int32
	}{
		{Agglomerative{Linkage: "single", NClusters: 3}, []int32{0, 0, 1, 1, 2}},
		{Agglomerative{Linkage: "single", NClusters: 1}, []int32{0, 0, 0, 0, 0}},
		{Agglomerative{Linkage: "single", NClusters: 5}, []int32{0, 1, 2, 3, 4}},
		{Agglomerative{Linkage: "single", DistanceThreshold: at(2)}, []int32{0, 0, 1, 2, 3}},
		{Agglomerative{Linkage: "single", DistanceThreshold: at(2.1)}, []int32{0, 0, 1, 1, 2}},
		{Agglomerative{Linkage: "single", DistanceThreshold: at(100)}, []int32{0, 0, 0, 0, 0}},
	} {
		got, err := c.a.Fit(context.Background(), x, Run{Shared: s})
		if err != nil || !slices.Equal(got.Labels, c.want) {
			t.Errorf("%+v: labels %v (%v), want %v", c.a, got.Labels, err, c.want)
		}
	}
	if len(s.items) != 3 { // kd-tree, spanning tree, merges
		t.Errorf("%d things shared, want one of each", len(s.items))
	}
}

func TestHierarchicalRefuses(t *testing.T) {
	x := matrix(1, 1, 2, 3)
	minus := -1.0
	for want, a := range map[string]*Agglomerative{
		"k = 4 but only 3 rows":                        {NClusters: 4, Linkage: "ward"},
		"linkage = nearest: ward, complete, average, ": {NClusters: 2, Linkage: "nearest"},
		"distance_threshold = -1":                      {NClusters: 2, Linkage: "ward", DistanceThreshold: &minus},
	} {
		if _, err := a.Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
	if _, err := (&Agglomerative{NClusters: 2, Linkage: "ward"}).Fit(context.Background(), x, Run{Space: rowSpace{x.Data(), 1}}); err == nil {
		t.Error("ward took distances without coordinates")
	}
	big := matrix(1, make([]float64, 150_000)...)
	if _, err := (&Agglomerative{NClusters: 2, Linkage: "average", Metric: "manhattan"}).Fit(context.Background(), big, Run{}); err == nil || !strings.HasPrefix(err.Error(), "R001 hierarchical (average): needs 180.0 GB") || !strings.Contains(err.Error(), "metric=euclidean") {
		t.Errorf("150,000 rows: %v", err)
	}
	if _, err := (&Agglomerative{NClusters: 2, Linkage: "average"}).Fit(context.Background(), matrix(1, 1e200, -1e200, 3), Run{}); err == nil || !strings.Contains(err.Error(), "overflow") {
		t.Errorf("values of 1e200: %v", err)
	}
}

func BenchmarkHierarchical(b *testing.B) {
	for _, p := range []struct{ n, d int }{{11_500, 4}, {23_570, 8}} {
		x, _ := gaussian(p.n, p.d, 9, 10, 4)
		for _, linkage := range linkages {
			if p.n > 20_000 && (linkage == "average" || linkage == "complete") {
				continue
			}
			b.Run(fmt.Sprintf("%s/n=%d,d=%d,k=0", linkage, p.n, p.d), func(b *testing.B) {
				var tree *Tree
				for b.Loop() {
					tree = mustTree(b, linkage, x, Run{})
				}
				s := 0.0
				for _, h := range tree.Height {
					s += h
				}
				b.ReportMetric(s, "height_sum")
			})
		}
	}
}
