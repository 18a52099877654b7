package cluster

import (
	"context"
	"slices"
	"testing"

	"github.com/mores-lab/mores/features"
	"pgregory.net/rapid"
)

// drawGrid draws rows of small whole numbers, on which sums and products are exact.
func drawGrid(t *rapid.T) *features.Matrix {
	d := rapid.IntRange(1, 4).Draw(t, "columns")
	n := rapid.IntRange(2, 70).Draw(t, "rows")
	v := make([]float64, n*d)
	for i := range v {
		v[i] = float64(rapid.IntRange(0, 9).Draw(t, "value"))
	}
	return matrix(d, v...)
}

// turned is x with columns in reverse, everything times 8, and then moved: exact on whole
// numbers.
func turned(x *features.Matrix) *features.Matrix {
	n, d := x.Dims()
	y := x.Pick(seq(n))
	for i := range n {
		slices.Reverse(y.Row(i)[:d])
		for j := range d {
			y.Row(i)[j] = y.Row(i)[j]*8 - 1024
		}
	}
	return y
}

// Turned, moved and stretched rows have the same decision graph and clusters, and the
// labels follow from the graph: each row that is no centre has the label of the row above
// it, which is at least as dense.
func TestDensityPeaksRelations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawGrid(t)
		n, _ := x.Dims()
		k := rapid.IntRange(1, n).Draw(t, "k")
		a := newDensityPeaks().(*DensityPeaks)
		a.NClusters, a.Percent = &k, float64(rapid.IntRange(1, 100).Draw(t, "percent"))
		if rapid.Bool().Draw(t, "knn") {
			a.Density = "knn"
		}
		c, err := a.Fit(context.Background(), x, Run{Workers: rapid.IntRange(1, 3).Draw(t, "workers")})
		if err != nil {
			t.Fatal(err)
		}
		g := c.Peaks
		centers := 0
		for i, up := range g.Above {
			center := slices.Contains(c.Medoids, i)
			switch {
			case center:
				centers++
			case up < 0 || c.Labels[up] != c.Labels[i]:
				t.Fatalf("row %d has label %d, but it depends on row %d", i, c.Labels[i], up)
			}
			if up >= 0 && (g.Rho[up] < g.Rho[i] || g.Rho[up] == g.Rho[i] && int(up) > i) {
				t.Fatalf("row %d of density %v depends on row %d of density %v", i, g.Rho[i], up, g.Rho[up])
			}
		}
		if centers != k || c.K != k {
			t.Fatalf("%d centres, %d clusters, want %d", centers, c.K, k)
		}
		same, err := a.Fit(context.Background(), turned(x), Run{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(same.Labels, c.Labels) || !slices.Equal(same.Peaks.Above, g.Above) || same.Peaks.Cutoff != 8*g.Cutoff {
			t.Fatal("turned, moved and stretched rows give other clusters")
		}
	})
}

// The same for the plot of optics. Besides, each row is reached from one that was visited
// before it and is core, at max(core distance, distance), and no row visited later was
// easier to reach.
func TestOPTICSRelations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawGrid(t)
		n, _ := x.Dims()
		a := newOPTICS().(*OPTICS)
		a.MinSamples = rapid.IntRange(2, 12).Draw(t, "min_samples")
		limit := float64(rapid.IntRange(1, 12).Draw(t, "max_eps")) + 0.25
		if rapid.Bool().Draw(t, "limited") {
			a.MaxEps = &limit
		}
		c, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		g := c.Reachability
		turn := make([]int, n)
		for at, i := range g.Order {
			turn[i] = at
		}
		space := rowSpace{x.Data(), len(x.Cols)}
		for at, i := range g.Order {
			if p := g.Predecessor[i]; p >= 0 {
				if turn[p] >= at || g.Reach[i] != max(g.Core[p], space.Dist(int(i), int(p))) {
					t.Fatalf("row %d is reached from %d at %v", i, p, g.Reach[i])
				}
			} else if g.Reach[i] < 1e300 {
				t.Fatalf("row %d starts a part of the plot at %v", i, g.Reach[i])
			}
			for _, j := range g.Order[at+1:] {
				for _, p := range g.Order[:at] {
					if v := max(g.Core[p], space.Dist(int(p), int(j))); v < g.Reach[i] && (a.MaxEps == nil || v <= limit) {
						t.Fatalf("row %d is visited at %v before row %d, reached at %v", i, g.Reach[i], j, v)
					}
				}
			}
		}
		if a.MaxEps != nil {
			*a.MaxEps *= 8
		}
		same, err := a.Fit(context.Background(), turned(x), Run{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(same.Labels, c.Labels) || !slices.Equal(same.Reachability.Order, g.Order) || !slices.Equal(same.Reachability.Predecessor, g.Predecessor) {
			t.Fatal("turned, moved and stretched rows give another plot")
		}
	})
}
