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
)

// dispersionNaive is Davies-Bouldin and Calinski-Harabasz by their definitions, rows of
// label −1 left out, on x less far.
func dispersionNaive(x *features.Matrix, labels []int32, k int, far float64) (db, ch float64) {
	n, d := x.Dims()
	at := func(i, j int) float64 { return x.Row(i)[j] - far }
	size, all, kept := make([]float64, k), make([]float64, d), 0.0
	mean := make([][]float64, k)
	for g := range mean {
		mean[g] = make([]float64, d)
	}
	for i := range n {
		if g := labels[i]; g >= 0 {
			size[g]++
			kept++
			for j := range d {
				mean[g][j] += at(i, j)
				all[j] += at(i, j)
			}
		}
	}
	for j := range d {
		all[j] /= kept
		for g := range k {
			mean[g][j] /= size[g]
		}
	}
	scatter, within, between := make([]float64, k), 0.0, 0.0
	for i := range n {
		if g := labels[i]; g >= 0 {
			q := 0.0
			for j := range d {
				q += (at(i, j) - mean[g][j]) * (at(i, j) - mean[g][j])
			}
			within += q
			scatter[g] += math.Sqrt(q) / size[g]
		}
	}
	for a := range k {
		worst := 0.0
		for b := range k {
			if a != b {
				worst = max(worst, (scatter[a]+scatter[b])/euclid(mean[a], mean[b]))
			}
		}
		db += worst / float64(k)
		between += size[a] * euclid(mean[a], all) * euclid(mean[a], all)
	}
	return db, between / within * (kept - float64(k)) / float64(k-1)
}

// Both indices give the definition's numbers for one block of rows and for many, for few
// groups and for thousands, at the origin and 1e8 from it, sorted or not, with rows left
// out; and the same bits for any number of workers.
func TestDispersion(t *testing.T) {
	for _, c := range []struct {
		n, d, k int
		far     float64
		noise   bool
		sorted  bool
	}{
		{40, 1, 2, 0, false, false},
		{1023, 3, 5, 0, true, false},
		{1025, 8, 4, 1 << 27, false, true},
		{5000, 9, 1200, 0, false, false},
		{20_000, 16, 7, 1 << 27, true, true},
		{60_000, 2, 3, -1 << 30, false, false},
	} {
		name := fmt.Sprintf("n=%d d=%d k=%d far=%g", c.n, c.d, c.k, c.far)
		x, cl := silhouetteData(c.n, c.d, c.k, uint64(c.n))
		for i := range c.n {
			for j := range c.d {
				// Multiples of 2⁻²⁰ are exact beside 2³⁰.
				x.Row(i)[j] = math.Round(x.Row(i)[j]*(1<<20))/(1<<20) + c.far
			}
			if c.noise && i%17 == 3 {
				cl.Labels[i] = -1
			}
		}
		if c.sorted {
			order := make([]int, c.n)
			for i := range order {
				order[i] = i
			}
			slices.SortStableFunc(order, func(a, b int) int { return int(cl.Labels[a]) - int(cl.Labels[b]) })
			x = x.Pick(order)
			slices.Sort(cl.Labels)
		}
		dense, counts := dense(cl.Labels)
		cl.Labels, cl.K = dense, len(counts)
		db, ch := dispersionNaive(x, cl.Labels, cl.K, c.far)
		for metric, want := range map[string]float64{"davies_bouldin": db, "calinski_harabasz": ch} {
			var first Score
			for _, w := range []int{1, 2, 3, 20} {
				s := scoreOf(t, metric, &Input{X: x, C: cl, Noise: Exclude, Workers: w})
				if w == 1 {
					first = s
				}
				if math.Float64bits(s.Value) != math.Float64bits(first.Value) {
					t.Errorf("%s, %s: %d workers: %.17g, one: %.17g", name, metric, w, s.Value, first.Value)
				}
			}
			if !(math.Abs(first.Value-want) <= 1e-11*want) {
				t.Errorf("%s, %s: %.17g, by the definition %.17g %s", name, metric, first.Value, want, first.Reason)
			}
		}
	}
}

// A missing value is the reason wherever it lies: in a segment, in noise that is left
// out, in every row that a median is taken of.
func TestDispersionMissing(t *testing.T) {
	x, cl := silhouetteData(3000, 3, 4, 1)
	cl.Labels[77] = -1
	for _, metric := range []string{"davies_bouldin", "calinski_harabasz", "silhouette"} {
		for _, row := range []int{77, 78, 2999} {
			for _, v := range []float64{math.NaN(), math.Inf(1)} {
				was := x.Row(row)[1]
				x.Row(row)[1] = v
				for _, noise := range []NoisePolicy{OneCluster, Exclude} {
					s := scoreOf(t, metric, &Input{X: x, C: cl, Noise: noise})
					if want := fmt.Sprintf("row %d has none in column", row); !strings.Contains(s.Reason, want) {
						t.Errorf("%s, %s, %g in row %d: %q", metric, noise, v, row, s.Reason)
					}
				}
				x.Row(row)[1] = was
			}
		}
	}
	all := features.NewMatrix(60, make([]features.Column, 2), slices.Repeat([]float64{math.NaN()}, 120))
	labels := make([]int32, 60)
	for i := range labels {
		labels[i] = int32(i % 2)
	}
	for _, metric := range []string{"davies_bouldin", "calinski_harabasz"} {
		for _, l := range [][]int32{labels, make([]int32, 60)} { // a missing value comes before too few segments
			if s := scoreOf(t, metric, &Input{X: all, C: clusteringOf(l)}); !strings.Contains(s.Reason, "row 0 has none") {
				t.Errorf("%s: %q", metric, s.Reason)
			}
		}
	}
}

// Rows without columns, all alike, or too large to be squared have reasons.
func TestDispersionDegenerate(t *testing.T) {
	c := clusteringOf([]int32{0, 0, 0, 1, 1, 1})
	for name, x := range map[string]*features.Matrix{
		"no columns": features.NewMatrix(6, nil, nil),
		"all alike":  matrixOf([][]float64{{1}, {1}, {1}, {1}, {1}, {1}}),
		"huge":       matrixOf([][]float64{{1e200}, {-1e200}, {3e200}, {2e200}, {-2e200}, {5e200}}),
	} {
		for _, metric := range []string{"davies_bouldin", "calinski_harabasz"} {
			if s := scoreOf(t, metric, &Input{X: x, C: c}); s.Reason == "" || strings.Contains(s.Reason, "has none") {
				t.Errorf("%s, %s: %g, reason %q", metric, name, s.Value, s.Reason)
			}
		}
	}
	if s := scoreOf(t, "silhouette", &Input{X: features.NewMatrix(6, nil, nil), C: c}); s.Value != 0 || s.Reason != "" {
		t.Errorf("silhouette without columns: %g, %q", s.Value, s.Reason)
	}
}

// Labels that no table can hold are renumbered as others are.
func TestDense(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	labels := make([]int32, 500)
	for i := range labels {
		labels[i] = int32(rng.IntN(30)) - 3
	}
	want, counts := dense(labels)
	big := slices.Clone(labels)
	for i, l := range labels {
		if l >= 0 {
			big[i] = l*70_000_000 + 5
		}
	}
	got, same := dense(big)
	if !slices.Equal(got, want) || !slices.Equal(same, counts) || len(counts) != 27 || slices.Max(got) != 26 || slices.Min(got) != -1 {
		t.Errorf("%v %v, want %v %v", got, same, want, counts)
	}
}

// A cancelled run does not finish.
func TestDispersionCancelled(t *testing.T) {
	x, cl := silhouetteData(3000, 3, 3, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, m := range []Measure{&DaviesBouldin{}, &CalinskiHarabasz{}} {
		if _, err := m.Score(ctx, &Input{X: x, C: cl}); err != context.Canceled {
			t.Errorf("cancelled: %v", err)
		}
	}
}

func BenchmarkDispersion(b *testing.B) {
	for _, d := range []int{8, 16} {
		const n, k = 1_000_000, 20
		x := features.NewMatrix(n, make([]features.Column, d), nil)
		cl := &cluster.Clustering{Labels: make([]int32, n), K: k}
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range n {
			cl.Labels[i] = int32(rng.IntN(k))
			for j := range d {
				x.Row(i)[j] = rng.NormFloat64() + float64(int(cl.Labels[i])>>(j%4)&3)
			}
		}
		for _, m := range []string{"davies_bouldin", "calinski_harabasz"} {
			b.Run(fmt.Sprintf("%s/n=%d/d=%d/k=%d", m, n, d, k), func(b *testing.B) {
				metric, err := Lookup(m)
				if err != nil {
					b.Fatal(err)
				}
				var s Score
				for b.Loop() {
					s, _ = metric.New().Score(context.Background(), &Input{X: x, C: cl})
				}
				b.ReportMetric(s.Value, "score")
			})
		}
	}
}
