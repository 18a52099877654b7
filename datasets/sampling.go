package datasets

import (
	"math"
	"math/rand/v2"
)

// The draws that the generators need beyond math/rand/v2, on its PCG.

// drawGamma returns a gamma variate of that shape and scale 1 (Marsaglia and
// Tsang 2000, ACM TOMS 26(3), 363-372; below shape 1 with their boost).
func drawGamma(r *rand.Rand, shape float64) float64 {
	if shape < 1 {
		u := 1 - r.Float64() // in (0, 1]
		return drawGamma(r, shape+1) * math.Pow(u, 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-r.Float64()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// drawBeta returns a beta variate of that mean and concentration (α + β).
func drawBeta(r *rand.Rand, mean, concentration float64) float64 {
	x := drawGamma(r, mean*concentration)
	y := drawGamma(r, (1-mean)*concentration)
	return x / (x + y)
}

// drawDirichlet fills p with shares around mean; a larger concentration keeps
// them nearer to it.
func drawDirichlet(r *rand.Rand, mean []float64, concentration float64, p []float64) {
	s := 0.0
	for i, m := range mean {
		p[i] = 0
		if m > 0 {
			p[i] = drawGamma(r, m*concentration)
		}
		s += p[i]
	}
	for i := range p {
		p[i] /= s
	}
}

// drawPoisson counts the unit-rate arrivals before mean: O(mean).
func drawPoisson(r *rand.Rand, mean float64) int {
	n := 0
	for t := r.ExpFloat64(); t < mean; t += r.ExpFloat64() {
		n++
	}
	return n
}

// drawOne returns i with probability p[i]; p sums to 1.
func drawOne(r *rand.Rand, p []float64) int {
	u := r.Float64()
	for i, x := range p {
		if u < x {
			return i
		}
		u -= x
	}
	for i := len(p) - 1; ; i-- { // rounding left a crumb
		if p[i] > 0 {
			return i
		}
	}
}

// shares scales weights to sum to 1.
func shares(w ...float64) []float64 {
	s := 0.0
	for _, x := range w {
		s += x
	}
	out := make([]float64, len(w))
	for i, x := range w {
		out[i] = x / s
	}
	return out
}
