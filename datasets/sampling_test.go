package datasets

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The draws have the moments of their distributions (textbook formulas), within
// five standard errors of 40,000 draws.
func TestSampling(t *testing.T) {
	const n = 40_000
	check := func(name string, mean, variance float64, draw func(r *rand.Rand) float64) {
		t.Helper()
		r := rand.New(rand.NewPCG(7, 7))
		var s, q, f float64
		x := make([]float64, n)
		for i := range x {
			x[i] = draw(r)
			s += x[i] / n
		}
		for _, v := range x {
			q += (v - s) * (v - s) / n
			f += math.Pow(v-s, 4) / n
		}
		near(t, name+", mean", s, mean, 5*math.Sqrt(variance/n))
		near(t, name+", variance", q, variance, 5*math.Sqrt((f-q*q)/n))
	}
	for _, k := range []float64{0.2, 1, 2.5, 30} {
		check("gamma", k, k, func(r *rand.Rand) float64 { return drawGamma(r, k) })
	}
	// Beta(a, b): mean a/(a+b), variance ab/((a+b)²(a+b+1)).
	check("beta", 0.3, 0.3*0.7/5, func(r *rand.Rand) float64 { return drawBeta(r, 0.3, 4) })
	check("poisson", 3.5, 3.5, func(r *rand.Rand) float64 { return float64(drawPoisson(r, 3.5)) })
	p := make([]float64, 3)
	check("dirichlet", 0.5, 0.5*0.5/7, func(r *rand.Rand) float64 {
		drawDirichlet(r, []float64{0.2, 0.5, 0.3}, 6, p)
		return p[1]
	})
	check("one of", 0.25, 0.25*0.75, func(r *rand.Rand) float64 {
		if drawOne(r, []float64{0.5, 0.25, 0.25}) == 1 {
			return 1
		}
		return 0
	})
}
