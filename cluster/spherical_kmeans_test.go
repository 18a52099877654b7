package cluster

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
)

func cosine(a, b []float64) float64 {
	return dot(a, b) / math.Sqrt(dot(a, a)*dot(b, b))
}

// The best of many starts is the best of all partitions of a few rows, and never
// below it.
func TestSphericalReachesTheOptimum(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 7))
	rounds, reached := longRounds(50, 1000), 0
	for range rounds {
		n, d, k := 4+r.IntN(5), 2+r.IntN(3), 2+r.IntN(2)
		x := checkMatrix(n, d)
		x.Weights = make([]float64, n)
		for i := range x.Data() {
			x.Data()[i] = r.NormFloat64()
		}
		for i := range x.Weights {
			x.Weights[i] = 0.5 + r.Float64()
		}
		a := &SphericalKMeans{NClusters: k, Init: "k-means++", NInit: 30, MaxIter: 100}
		got, err := a.Fit(context.Background(), x, Run{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		best := sphericalOptimum(x, k)
		if *got.Objective < best-1e-12 {
			t.Fatalf("objective %v below the optimum %v", *got.Objective, best)
		}
		if *got.Objective < best+1e-9 {
			reached++
		}
	}
	if reached < rounds*9/10 {
		t.Errorf("the optimum was reached in %d of %d", reached, rounds)
	}
}

// sphericalOptimum is min over all partitions into at most k groups of Σ w − Σ ‖Σ w·u‖.
func sphericalOptimum(x *features.Matrix, k int) float64 {
	n, d := x.Dims()
	total := sum(x.Weights)
	best, label := math.Inf(1), make([]int, n)
	for {
		sums := make([]float64, k*d)
		for i, l := range label {
			axpy(x.Weights[i]/math.Sqrt(dot(x.Row(i), x.Row(i))), x.Row(i), sums[l*d:(l+1)*d])
		}
		s := total
		for l := range k {
			s -= math.Sqrt(dot(sums[l*d:(l+1)*d], sums[l*d:(l+1)*d]))
		}
		best = min(best, s)
		at := 0
		for at < n && label[at] == k-1 {
			label[at] = 0
			at++
		}
		if at == n {
			return best
		}
		label[at]++
	}
}

// Lengths do not matter; centres are unit vectors; the rule labels by direction.
func TestSphericalSeesDirections(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	x := checkMatrix(300, 3)
	truth := make([]int32, 300)
	for i := range 300 {
		truth[i] = int32(i % 3)
		length := math.Exp(3 * r.NormFloat64())
		for j := range 3 {
			v := 0.1 * r.NormFloat64()
			if j == i%3 {
				v++
			}
			x.Row(i)[j] = v * length
		}
	}
	a := &SphericalKMeans{NClusters: 3, Init: "k-means++", NInit: 3, MaxIter: 100, Tol: 1e-6}
	got, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	sameCanonical(t, "three directions", got.Labels, truth)
	loss := 0.0
	for i, l := range got.Labels {
		loss += 1 - cosine(x.Row(i), got.Centers[l])
	}
	if math.Abs(loss-*got.Objective) > 1e-9 {
		t.Errorf("objective %v, want %v", *got.Objective, loss)
	}
	rule, err := a.Rule(x, got)
	if err != nil || !rule.Exact {
		t.Fatalf("rule %+v, %v", rule, err)
	}
	if l, _ := rule.Predict([]float64{0, 1e-9, 0}); l != got.Labels[1] {
		t.Errorf("a short row along the second axis has label %d, want %d", l, got.Labels[1])
	}
	clear(x.Row(7))
	if got, err = a.Fit(context.Background(), x, Run{}); err != nil || !strings.Contains(strings.Join(got.Warnings, " "), "1 rows are all zeros") {
		t.Errorf("a row of zeros: %v, %q", err, got.Warnings)
	}
}
