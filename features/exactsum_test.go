package features

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestExactSum against big.Float, over sixty orders of magnitude, in any order and
// any split.
func TestExactSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	for range 200 {
		xs := make([]float64, 1+rng.IntN(300))
		exact := new(big.Float).SetPrec(2000)
		for i := range xs {
			xs[i] = rng.NormFloat64() * math.Pow(10, float64(rng.IntN(60)-30))
			if rng.IntN(4) == 0 && i > 0 {
				xs[i] = -xs[i-1] // cancellation
			}
			exact.Add(exact, big.NewFloat(xs[i]))
		}
		want, _ := exact.Float64()
		parts := make([]ExactSum, 7)
		for _, i := range rng.Perm(len(xs)) {
			parts[rng.IntN(7)].Add(xs[i])
		}
		var got ExactSum
		for _, i := range rng.Perm(7) {
			got.Merge(&parts[i])
		}
		if got.Value() != want {
			t.Fatalf("sum of %d terms is %g, want %g", len(xs), got.Value(), want)
		}
	}
	var s ExactSum
	if s.Value() != 0 {
		t.Error("the empty sum is not 0")
	}
	// 1 + 2⁻⁵³ is half-way between two floats; a further bit decides, up or not.
	for _, bit := range []float64{math.Ldexp(1, -110), -math.Ldexp(1, -110)} {
		s = ExactSum{}
		for _, x := range []float64{1, math.Ldexp(1, -53), bit} {
			s.Add(x)
		}
		if want := 1 + math.Ldexp(max(bit, 0), 110)*math.Ldexp(1, -52); s.Value() != want {
			t.Errorf("rounded to %.17g, want %.17g", s.Value(), want)
		}
	}
	s.Add(math.Inf(1))
	if !math.IsInf(s.Value(), 1) {
		t.Errorf("∞ is lost: %g", s.Value())
	}
	s.Add(math.NaN())
	if !math.IsNaN(s.Value()) {
		t.Errorf("NaN is lost: %g", s.Value())
	}
}

func BenchmarkExactSum(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	xs := make([]float64, 1<<16)
	for i := range xs {
		xs[i] = rng.ExpFloat64() * 100
	}
	for b.Loop() {
		var s ExactSum
		for _, x := range xs {
			s.Add(x)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(xs)), "ns/term")
}
