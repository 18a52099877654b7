package features

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// TestBetaGeometricSimulated holds every expectation, PMF and P(alive) of k = 1, 2, 3
// against 400,000 simulated customers.
func TestBetaGeometricSimulated(t *testing.T) {
	for _, m := range []BetaGeometric{
		{1, false, 1.4, 5, 1, 0.3},
		{1, true, 0.8, 4, 0.4, 0.7},
		{2, true, 1.5, 2, 0.9, 2},
		{3, false, 0.9, 1, 1.2, 3},
	} {
		rng := rand.New(rand.NewPCG(4, uint64(m.K)))
		const n, T, more = 100_000, 20.0, 15.0
		var total, alive, cond, future, given float64
		var counts [5]float64
		for range n {
			lambda := gamma(rng, m.R) / m.Alpha
			g, h := gamma(rng, m.A), gamma(rng, m.B)
			p := g / (g + h)
			c := CBS{T: T}
			living := !m.AtZero || rng.Float64() >= p
			at := 0.0
			later := 0
			for living {
				for range m.K {
					at += rng.ExpFloat64() / lambda
				}
				if at > T+more {
					break
				}
				if at <= T {
					c.X++
					c.Tx = at
				} else {
					later++
				}
				if rng.Float64() < p {
					living = at > T
					break
				}
			}
			total += float64(c.X)
			if c.X < len(counts) {
				counts[c.X]++
			}
			if living {
				alive++
			}
			future += float64(later)
			given += m.PAlive(c)
			cond += m.ConditionalExpected(c, more)
		}
		near(t, m.Name()+" E[X]", m.Expected(T), total/n, 0.05)
		near(t, m.Name()+" mean P(alive)", given/n, alive/n, 0.006)
		near(t, m.Name()+" mean conditional expectation", cond/n, future/n, 0.05)
		for x, k := range counts {
			near(t, m.Name()+" PMF", m.PMF(x, T), k/n, 0.006)
		}
	}
}

// gamma draws a gamma variable (Marsaglia & Tsang 2000).
func gamma(rng *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(rng, shape+1) * math.Pow(rng.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-rng.Float64()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// TestGradients: every analytic gradient against differences.
func TestGradients(t *testing.T) {
	c := cohort(t, []CBS{
		{X: 0, T: 30},
		{X: 0, T: 12},
		{X: 1, Tx: 3, T: 30, Litt: 1},
		{X: 4, Tx: 30, T: 30, Litt: 5},
		{X: 9, Tx: 20, T: 31, Litt: 4},
		{X: 200, Tx: 25, T: 26, Litt: -300},
	})
	s := newSpending([]int{1, 1, 3, 8}, []float64{10, 25, 12, 90})
	for name, f := range map[string]likelihood{
		"BG": func(p, g []float64) float64 {
			return BetaGeometric{1, false, p[0], p[1], p[2], p[3]}.logLikelihood(c, g)
		},
		"MBG-3": func(p, g []float64) float64 {
			return BetaGeometric{3, true, p[0], p[1], p[2], p[3]}.logLikelihood(c, g)
		},
		"Pareto":  func(p, g []float64) float64 { return ParetoNBD{p[0], p[1], p[2], p[3]}.logLikelihood(c, g) },
		"Pareto'": func(p, g []float64) float64 { return ParetoNBD{p[0], p[3], p[2], p[1]}.logLikelihood(c, g) },
		"NBD":     func(p, g []float64) float64 { return NBD{p[0], p[1]}.logLikelihood(c, g) },
		"GG":      s.logLikelihood,
	} {
		n := map[string]int{"NBD": 2, "GG": 3}[name]
		if n == 0 {
			n = 4
		}
		p := []float64{0.6, 7, 0.4, 3}[:n]
		got, want := make([]float64, n), make([]float64, n)
		f(p, got)
		if name == "Pareto'" {
			got[1], got[3] = got[3], got[1]
		}
		numeric(func(p []float64) float64 { return f(p, nil) })(p, want)
		for i := range got {
			check.Close(t, name, got[i], want[i], 1e-5)
		}
	}
}
