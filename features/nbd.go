package features

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// NBD is the negative binomial model of repeat buying (Ehrenberg 1959,
// doi:10.2307/2985810): purchases are Poisson at a rate λ ~ Gamma(R, Alpha), and
// nobody ever leaves. It is what models that let customers leave are held against.
type NBD struct {
	R     float64 `json:"r"`
	Alpha float64 `json:"alpha"`
}

// Name is the model's name.
func (m NBD) Name() string { return "NBD" }

// FitNBD fits by maximum likelihood; see FitBetaGeometric.
func FitNBD(c *Cohort) (NBD, BTYDFit, error) {
	starts := [][]float64{{0.5, 5}, {2, 50}, {0.5, 500}}
	all, thin := c.samples(func(c *Cohort) likelihood {
		return func(p, grad []float64) float64 { return NBD{p[0], p[1]}.logLikelihood(c, grad) }
	})
	p, fit, err := maximise([]string{"r", "alpha"}, starts, all, thin)
	if err != nil {
		return NBD{}, fit, err
	}
	return NBD{p[0], p[1]}, fit, nil
}

// LogLikelihood is Σ ln L of the cohort, of the purchases' times and so without a
// factor x!: L = Γ(r+x)/Γ(r)·α^r·(α+T)^−(r+x).
func (m NBD) LogLikelihood(c *Cohort) float64 { return m.logLikelihood(c, nil) }

func (m NBD) logLikelihood(c *Cohort, grad []float64) float64 {
	logs := c.logTimes(m.Alpha)
	ll := c.Customers * (m.R*math.Log(m.Alpha) - logGamma(m.R))
	dr := c.Customers * (math.Log(m.Alpha) - mathext.Digamma(m.R))
	dalpha := c.Customers * m.R / m.Alpha
	for _, g := range c.groups {
		w := m.R + float64(g.x)
		var sum, inverse float64
		for _, row := range c.rows[g.lo:g.hi] {
			sum += row.weight * logs[row.t]
			inverse += row.weight * math.Exp(-logs[row.t])
		}
		ll += g.weight*logGamma(w) - w*sum
		dr += g.weight*mathext.Digamma(w) - sum
		dalpha -= w * inverse
	}
	if grad != nil {
		grad[0], grad[1] = dr, dalpha
	}
	return ll
}

// PAlive is 1: nobody leaves.
func (m NBD) PAlive(CBS) float64 { return 1 }

// Rate is the posterior mean of λ.
func (m NBD) Rate(c CBS) float64 { return (m.R + float64(c.X)) / (m.Alpha + c.T) }

// Expected is rt/α.
func (m NBD) Expected(t float64) float64 { return m.R * t / m.Alpha }

// ConditionalExpected is (r+x)·t/(α+T).
func (m NBD) ConditionalExpected(c CBS, t float64) float64 { return m.Rate(c) * t }
