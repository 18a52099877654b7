package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

func TestSilhouette(t *testing.T) {
	internalValues(t, "silhouette")
	for _, c := range readExpected(t).Internal {
		s := scoreOf(t, "silhouette", &Input{X: matrixOf(c.X), C: clusteringOf(c.Labels)})
		sum, n := map[int32]float64{}, map[int32]float64{}
		for i, want := range c.PerRow {
			check.Close(t, fmt.Sprintf("%s, row %d", c.Name, i), s.PerRow[i], want, 1e-9)
			sum[c.Labels[i]] += want
			n[c.Labels[i]]++
		}
		for g, v := range s.PerSegment {
			check.Close(t, fmt.Sprintf("%s, segment %d", c.Name, g), v, sum[int32(g)]/n[int32(g)], 1e-9)
		}
	}
}

// silhouetteData draws n rows in k overlapping groups of unequal sizes.
func silhouetteData(n, d, k int, seed uint64) (*features.Matrix, *cluster.Clustering) {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := features.NewMatrix(n, make([]features.Column, d), nil)
	labels := make([]int32, n)
	for i := range n {
		g := min(rng.IntN(k), rng.IntN(k))
		labels[i] = int32(g)
		for j := range d {
			x.Row(i)[j] = rng.NormFloat64() + 2*float64((g>>(j%4))&1) + 0.3*float64(g)
		}
	}
	cluster.Canonical(labels)
	return x, &cluster.Clustering{Labels: labels, K: k}
}

// The definition, pair by pair.
func silhouetteNaive(x *features.Matrix, labels []int32, k int) []float64 {
	n, _ := x.Dims()
	size := make([]float64, k)
	for _, l := range labels {
		size[l]++
	}
	out := make([]float64, n)
	for i := range n {
		of := make([]float64, k)
		for j := range n {
			of[labels[j]] += euclid(x.Row(i), x.Row(j))
		}
		own := labels[i]
		if size[own] == 1 {
			continue
		}
		a, b := of[own]/(size[own]-1), math.Inf(1)
		for g := range k {
			if int32(g) != own {
				b = min(b, of[g]/size[g])
			}
		}
		out[i] = (b - a) / max(a, b)
	}
	return out
}

// Every path gives the definition's numbers: tiles on the diagonal and off it,
// odd and even numbers of blocks, every remainder of d.
func TestSilhouettePaths(t *testing.T) {
	for _, c := range []struct{ n, d, k int }{
		{40, 1, 2}, {511, 2, 3}, {512, 3, 7}, {513, 4, 4}, {1100, 5, 3}, {1600, 6, 30}, {2100, 7, 5}, {700, 9, 200},
	} {
		x, cl := silhouetteData(c.n, c.d, c.k, 7)
		in := &Input{X: x, C: cl}
		want := silhouetteNaive(x, cl.Labels, c.k)
		p := newPartition("silhouette", in)
		p.order()
		run := newSilhouetteRun(context.Background(), in, p)
		tiles, rows := make([]float64, c.n), make([]float64, c.n)
		run.symmetric(tiles)
		all := make([]int, c.n)
		for i := range all {
			all[i] = i
		}
		run.rowByRow(all, run.y, run.whole(), rows)
		for i := range want {
			if math.Abs(tiles[i]-want[i]) > 1e-12 || math.Abs(rows[i]-want[i]) > 1e-12 {
				t.Fatalf("n=%d d=%d k=%d row %d: tiles %.15g, rows %.15g, definition %.15g", c.n, c.d, c.k, i, tiles[i], rows[i], want[i])
			}
		}
	}
}

func TestSilhouetteWorkers(t *testing.T) {
	x, cl := silhouetteData(3000, 5, 6, 3)
	var first Score
	for _, w := range []int{1, 2, 3, 20} {
		s := scoreOf(t, "silhouette", &Input{X: x, C: cl, Workers: w})
		if w == 1 {
			first = s
			continue
		}
		if math.Float64bits(s.Value) != math.Float64bits(first.Value) || !slices.Equal(s.PerRow, first.PerRow) {
			t.Errorf("%d workers: %.17g, one worker: %.17g", w, s.Value, first.Value)
		}
	}
}

func TestSilhouetteUndefined(t *testing.T) {
	x := matrixOf([][]float64{{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}})
	for _, c := range []struct {
		labels []int32
		noise  NoisePolicy
		want   string
	}{
		{[]int32{0, 0, 0, 0, 0, 0, 0, -1}, "", "silhouette needs at least 2 segments; this run has 1 (noise 12.5 %)"},
		{[]int32{0, 0, 0, 0, 0, 0, 0, 0}, "", "silhouette needs at least 2 segments; this run has 1"},
		{[]int32{-1, -1, -1, -1, -1, -1, -1, -1}, Singletons, "silhouette needs at least 2 segments; this run has 0 (noise 100 %)"},
		{[]int32{0, 1, 2, 3, 4, 5, 6, 7}, "", "silhouette needs fewer segments than rows; this run has 8 for 8"},
		{[]int32{0, 1, 2, -1, -1, -1, -1, -1}, Exclude, "silhouette needs fewer segments than rows; this run has 3 for 3"},
	} {
		s := scoreOf(t, "silhouette", &Input{X: x, C: clusteringOf(c.labels), Noise: c.noise})
		if s.Reason != c.want {
			t.Errorf("%v: %q, want %q", c.labels, s.Reason, c.want)
		}
	}
	x.Row(3)[0] = math.NaN()
	s := scoreOf(t, "silhouette", &Input{X: x, C: clusteringOf([]int32{0, 0, 0, 0, 1, 1, 1, 1})})
	if !strings.Contains(s.Reason, "row 3") || !strings.Contains(s.Reason, "column xa") {
		t.Errorf("a missing value: %q", s.Reason)
	}
}

// A cancelled run stops within a round of tiles.
func TestSilhouetteCancelled(t *testing.T) {
	x, cl := silhouetteData(3000, 3, 3, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, s := range []*Silhouette{{}, {Limit: 100, Epsilon: 0.1, Delta: 0.05, RowEpsilon: 0.9}} {
		if _, err := s.Score(ctx, &Input{X: x, C: cl}); err != context.Canceled {
			t.Errorf("cancelled: %v", err)
		}
	}
}

func BenchmarkSilhouette(b *testing.B) {
	for _, c := range []struct{ n, d, k int }{{11_500, 4, 8}, {11_500, 12, 8}, {11_500, 4, 100}, {50_000, 8, 10}} {
		x, cl := silhouetteData(c.n, c.d, c.k, 5)
		b.Run(fmt.Sprintf("n=%d/d=%d/k=%d", c.n, c.d, c.k), func(b *testing.B) {
			var s Score
			for b.Loop() {
				s, _ = (&Silhouette{}).Score(context.Background(), &Input{X: x, C: cl})
			}
			b.ReportMetric(s.Value, "silhouette")
		})
	}
}
