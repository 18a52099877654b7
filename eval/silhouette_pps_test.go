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

// silhouettePPSData is silhouetteData with a heavy tail, so that p differs between rows, a
// group of seven rows and one of a single row.
func silhouettePPSData(n, d, k int) (*features.Matrix, *cluster.Clustering) {
	x, c := silhouetteData(n, d, k, 11)
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range n {
		f := math.Exp(rng.NormFloat64())
		for j := range x.Row(i) {
			x.Row(i)[j] *= f
		}
	}
	labels := slices.Clone(c.Labels)
	for i := range 7 {
		labels[n-1-i] = int32(k)
	}
	labels[0] = int32(k + 1)
	return x, &cluster.Clustering{Labels: labels, K: k + 2}
}

// The bounds hold as often as they say: of the value by Epsilon, of every row by RowEpsilon.
// They hold for any data, so here always; and nothing leans to one side.
func silhouettePPSRuns(t *testing.T, n, runs int) {
	x, c := silhouettePPSData(n, 3, 3)
	exact := scoreOf(t, "silhouette", &Input{X: x, C: c})
	s := &Silhouette{Limit: n - 1, Epsilon: 0.1, Delta: 0.05, RowEpsilon: 0.95}
	var off, offRow, sum, squares, rowWorst, segmentWorst, worst float64
	for seed := range uint64(runs) {
		got, err := s.Score(context.Background(), &Input{X: x, C: c, Seed: seed})
		if err != nil || !got.Defined() {
			t.Fatal(err, got.Reason)
		}
		if got.Sampled == 0 || got.Sampled > n/2 || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "within 0.1 of the exact value") ||
			!strings.Contains(got.Warnings[0], "every row's within 0.95") {
			t.Fatalf("sampled %d: %q", got.Sampled, got.Warnings)
		}
		e := got.Value - exact.Value
		if !(*got.Lo <= exact.Value && exact.Value <= *got.Hi) {
			off++
		}
		row := 0.0
		for i, v := range got.PerRow {
			row = max(row, math.Abs(v-exact.PerRow[i]))
		}
		if row > s.RowEpsilon {
			offRow++
		}
		for g, v := range got.PerSegment {
			segmentWorst = max(segmentWorst, math.Abs(v-exact.PerSegment[g]))
		}
		worst, rowWorst = max(worst, math.Abs(e)), max(rowWorst, row)
		sum, squares = sum+e, squares+e*e
	}
	m := float64(runs)
	mean, sd := sum/m, math.Sqrt(squares/m)
	t.Logf("%d runs: value off by %.4f rms, %.4f at most; a row by %.3f, a segment by %.3f at most", runs, sd, worst, rowWorst, segmentWorst)
	if off > s.Delta*m || offRow > s.Delta*m {
		t.Errorf("of %d runs %g are farther off than epsilon, and in %g a row is", runs, off, offRow)
	}
	if math.Abs(mean) > 4*sd/math.Sqrt(m) {
		t.Errorf("the mean error is %.5f, its standard error %.5f", mean, sd/math.Sqrt(m))
	}
	if worst > 0.05 || segmentWorst > 0.25 {
		t.Errorf("the value is off by %.3f, a segment by %.3f", worst, segmentWorst)
	}
}

func TestSilhouettePPS(t *testing.T) { silhouettePPSRuns(t, 8000, 100) }

func TestSilhouettePPSLong(t *testing.T) {
	check.Long(t)
	silhouettePPSRuns(t, 8000, 2000)
}

// The draw keeps the proof's premise, no row's term above 3/m of the sum, and its sums are
// unbiased.
func TestSilhouettePPSSums(t *testing.T) {
	x, c := silhouettePPSData(3000, 3, 4)
	in := &Input{X: x, C: c}
	p := newPartition("silhouette", in)
	p.order()
	run := newSilhouetteRun(context.Background(), in, p)
	const rowEpsilon, delta = 0.9, 0.05
	relative := math.Tanh(rowEpsilon / 2)
	m := 6 * (1 + relative/3) * math.Log(4*float64(p.kept()*p.k)/delta) / (relative * relative)

	rng := rand.New(rand.NewPCG(8, 8))
	var at []int
	for range 16 {
		at = append(at, rng.IntN(3000))
	}
	exact, mean := make([]float64, 16*p.k), make([]float64, 16*p.k)
	square := make([]float64, 16*p.k)
	for i, a := range at {
		for _, b := range p.rows {
			exact[i*p.k+int(p.label[b])] += euclid(x.Row(a), x.Row(b))
		}
	}
	const draws = 300
	for seed := range uint64(draws) {
		in.Seed = seed
		pps, err := run.pps(rowEpsilon, delta, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range at {
			sums := make([]float64, p.k)
			for _, part := range pps.parts {
				for b := part.lo; b < part.hi; b++ {
					n := 8
					if b == part.hi-1 {
						n = part.last
					}
					var row [3]float64
					for l := range n {
						pps.y.Get(8*b+l, row[:])
						term := part.weight * euclid(x.Row(a), row[:])
						if w := exact[i*p.k+part.group]; part.weight > 1 && term > 3/m*w*(1+1e-9) {
							t.Fatalf("a row weighs %g of the sum, more than %g", term/w, 3/m)
						}
						sums[part.group] += term
					}
				}
			}
			for g, v := range sums {
				mean[i*p.k+g] += v / draws
				square[i*p.k+g] += v * v / draws
			}
		}
	}
	for i, w := range exact {
		if w == 0 {
			continue
		}
		se := math.Sqrt(max(0, square[i]-mean[i]*mean[i])/draws) + 1e-9*w
		if math.Abs(mean[i]-w) > 5*se {
			t.Errorf("row %d, group %d: %g on average, %g exactly, standard error %g", i/p.k, i%p.k, mean[i], w, se)
		}
		if sd := se * math.Sqrt(draws); sd > math.Sqrt(3/m)*w {
			t.Errorf("row %d, group %d: sd %g, at most %g", i/p.k, i%p.k, sd/w, math.Sqrt(3/m))
		}
	}
}

func TestSilhouettePPSWorkers(t *testing.T) {
	x, c := silhouettePPSData(8000, 5, 3)
	for _, noise := range []NoisePolicy{"", Exclude} {
		labels := slices.Clone(c.Labels)
		for i := 10; i < 200; i += 3 {
			labels[i] = -1
		}
		in := &Input{X: x, C: &cluster.Clustering{Labels: labels, K: c.K}, Noise: noise, Seed: 5}
		s := &Silhouette{Limit: 7000, Epsilon: 0.1, Delta: 0.05, RowEpsilon: 0.95}
		var first Score
		for i, w := range []int{1, 2, 3, 20} {
			in.Workers = w
			got, err := s.Score(context.Background(), in)
			if err != nil || got.Sampled == 0 || got.Lo == nil {
				t.Fatal(err, got.Sampled)
			}
			if i == 0 {
				first = got
			} else if !sameBits(got, first) || *got.Lo != *first.Lo {
				t.Errorf("%d workers: %.17g, one worker: %.17g", w, got.Value, first.Value)
			}
		}
		for i, l := range labels {
			if left := l < 0 && noise == Exclude; left != math.IsNaN(first.PerRow[i]) {
				t.Fatalf("noise %q, row %d: %g", noise, i, first.PerRow[i])
			}
		}
		in.Seed++
		if other, _ := s.Score(context.Background(), in); other.Value == first.Value {
			t.Error("another seed gives the same sample")
		}
	}
}

// Many segments: the sample keeps its size, and rows lose their bound before the value does.
func TestSilhouettePPSMany(t *testing.T) {
	x, c := silhouetteData(9000, 2, 40, 3)
	exact := scoreOf(t, "silhouette", &Input{X: x, C: c})
	s := &Silhouette{Limit: 4000, Epsilon: 0.15, Delta: 0.05, RowEpsilon: 0.25}
	got, err := s.Score(context.Background(), &Input{X: x, C: c})
	if err != nil || got.Sampled == 0 || got.Sampled > 2000 {
		t.Fatal(err, got.Sampled)
	}
	if !strings.Contains(got.Warnings[0], "without a bound") {
		t.Errorf("%q", got.Warnings)
	}
	check.Close(t, "value", got.Value, exact.Value, 0.15)
	// Where samples would be no less work, there are none.
	s.Epsilon = 0.01
	got, err = s.Score(context.Background(), &Input{X: x, C: c})
	if err != nil || got.Sampled != 0 || got.Lo != nil || got.Value != exact.Value {
		t.Errorf("%v: %g, exactly %g", err, got.Value, exact.Value)
	}
}

// Equal rows, and groups of equal rows.
func TestSilhouettePPSEqual(t *testing.T) {
	x, c := silhouetteData(8000, 2, 3, 3)
	for i, l := range c.Labels {
		if l == 0 {
			copy(x.Row(i), []float64{7, -2})
		}
	}
	s := &Silhouette{Limit: 7000, Epsilon: 0.15, Delta: 0.05, RowEpsilon: 0.95}
	exact := scoreOf(t, "silhouette", &Input{X: x, C: c})
	got, err := s.Score(context.Background(), &Input{X: x, C: c})
	if err != nil || got.Sampled == 0 {
		t.Fatal(err, got.Sampled)
	}
	check.Close(t, "one group of equal rows", got.Value, exact.Value, 0.05)
	for i := range c.Labels {
		copy(x.Row(i), []float64{7, -2})
	}
	if got, err = s.Score(context.Background(), &Input{X: x, C: c}); err != nil || got.Value != 0 {
		t.Error(err, got.Value)
	}
	for _, bad := range []*Silhouette{{Limit: 1, Delta: 0.1, RowEpsilon: 1}, {Limit: 1, Epsilon: 0.1, RowEpsilon: 1}, {Limit: 1, Epsilon: 0.1, Delta: 1, RowEpsilon: 1}} {
		if got, _ := bad.Score(context.Background(), &Input{X: x, C: c}); !strings.Contains(got.Reason, "epsilon") {
			t.Errorf("%+v: %q", bad, got.Reason)
		}
	}
}

// What one million rows cost, and how far the value is from the exact one.
func BenchmarkSilhouettePPS(b *testing.B) {
	for _, c := range []struct{ n, d, k int }{{1_000_000, 8, 8}} {
		x, cl := silhouetteData(c.n, c.d, c.k, 5)
		b.Run(fmt.Sprintf("n=%d/d=%d/k=%d", c.n, c.d, c.k), func(b *testing.B) {
			var s Score
			for b.Loop() {
				s, _ = (&Silhouette{Limit: 200_000, Epsilon: 0.02, Delta: 0.05, RowEpsilon: 0.25}).Score(context.Background(), &Input{X: x, C: cl})
			}
			b.ReportMetric(s.Value, "silhouette")
			b.Log(s.Warnings)
		})
	}
}
