package features

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mathext"
)

// ParetoNBD is the Pareto/NBD model (Schmittlein, Morrison & Colombo 1987,
// doi:10.1287/mnsc.33.1.1): purchases are Poisson at a rate λ ~ Gamma(R, Alpha) until
// a lifetime ends that is exponential at a rate μ ~ Gamma(S, Beta). Alpha and Beta
// have the unit of the times.
type ParetoNBD struct {
	R     float64 `json:"r"`
	Alpha float64 `json:"alpha"`
	S     float64 `json:"s"`
	Beta  float64 `json:"beta"`
}

// Name is the model's name.
func (m ParetoNBD) Name() string { return "Pareto/NBD" }

// FitParetoNBD fits by maximum likelihood as FitBetaGeometric does. Each distinct
// (x, t_x, T) costs a quadrature of 16 to 100 points a pass: about 20 times the cost
// of the beta-geometric models, over all processors.
func FitParetoNBD(c *Cohort) (ParetoNBD, BTYDFit, error) {
	gap, age := max(c.span()/c.Repeats, 1e-3), max(c.span()/c.Customers, 1e-3)
	starts := [][]float64{{0.5, gap / 4, 0.6, age / 3}, {1.5, gap, 0.3, age / 10}, {0.2, gap / 10, 2, 2 * age}}
	all, thin := c.samples(func(c *Cohort) likelihood {
		return func(p, grad []float64) float64 {
			return ParetoNBD{p[0], p[1], p[2], p[3]}.logLikelihood(c, grad)
		}
	})
	p, fit, err := maximise([]string{"r", "alpha", "s", "beta"}, starts, all, thin)
	if err != nil {
		return ParetoNBD{}, fit, err
	}
	return ParetoNBD{p[0], p[1], p[2], p[3]}, fit, nil
}

// LogLikelihood is Σ ln L of the cohort:
//
//	L = Γ(r+x)/Γ(r)·α^r·β^s·{ (α+T)^−(r+x)·(β+T)^−s
//	    + s·∫_{t_x}^{T} (α+y)^−(r+x)·(β+y)^−(s+1) dy }
//
// The integral is the difference of two Gaussian hypergeometric functions of the
// usual form (Fader & Hardie 2005, brucehardie.com/notes/009), which cancel where
// t_x is near T and overflow for x > 150; the quadrature does neither.
func (m ParetoNBD) LogLikelihood(c *Cohort) float64 { return m.logLikelihood(c, nil) }

func (m ParetoNBD) logLikelihood(c *Cohort, grad []float64) float64 {
	la, lb := c.logTimes(m.Alpha), c.logTimes(m.Beta)
	n := c.Customers
	ll := n * (m.R*math.Log(m.Alpha) + m.S*math.Log(m.Beta) - logGamma(m.R))
	dr := n * (math.Log(m.Alpha) - mathext.Digamma(m.R))
	for _, g := range c.groups {
		w := m.R + float64(g.x)
		ll += g.weight * logGamma(w)
		if grad != nil {
			dr += g.weight * mathext.Digamma(w)
		}
	}
	// Blocks of rows side by side, their sums added up in the rows' order: any number
	// of processors gives the same bits.
	type sums struct{ ll, dr, dalpha, ds, dbeta float64 }
	parts := make([]sums, (len(c.rows)+sumBlock-1)/sumBlock)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(parts)) {
		wg.Go(func() {
			for {
				b := int(next.Add(1)) - 1
				if b >= len(parts) {
					return
				}
				s := &parts[b]
				g := 0
				for i := b * sumBlock; i < min((b+1)*sumBlock, len(c.rows)); i++ {
					for c.groups[g].hi <= i {
						g++
					}
					row, w := c.rows[i], m.R+float64(c.groups[g].x)
					alive := -w*la[row.t] - m.S*lb[row.t]
					q := m.lapse(w, c.times[row.tx], c.times[row.t], grad != nil)
					l := logAdd(alive, q.log)
					s.ll += row.weight * l
					if grad == nil {
						continue
					}
					pa := math.Exp(alive-l) * row.weight
					pg := row.weight - pa
					s.dr -= pa*la[row.t] + pg*q.logA
					s.dalpha -= w * (pa*math.Exp(-la[row.t]) + pg*q.invA)
					s.ds += pg/m.S - pa*lb[row.t] - pg*q.logB
					s.dbeta -= m.S*pa*math.Exp(-lb[row.t]) + (m.S+1)*pg*q.invB
				}
			}
		})
	}
	wg.Wait()
	var dalpha, ds, dbeta float64
	for _, s := range parts {
		ll, dr, dalpha, ds, dbeta = ll+s.ll, dr+s.dr, dalpha+s.dalpha, ds+s.ds, dbeta+s.dbeta
	}
	if grad != nil {
		grad[0], grad[1] = dr, dalpha+n*m.R/m.Alpha
		grad[2], grad[3] = ds+n*math.Log(m.Beta), dbeta+n*m.S/m.Beta
	}
	return ll
}

// paretoLapse is ln s∫(α+y)^−w·(β+y)^−(s+1) dy and, under the integrand as a weight,
// the means of ln(α+y), 1/(α+y), ln(β+y) and 1/(β+y).
type paretoLapse struct{ log, logA, invA, logB, invB float64 }

// lapse integrates over v = ln(m + y), m = min(α, β), where the integrand is free of
// singularities within ±iπ: panels of Gauss–Legendre with 16 points, so wide that
// the integrand changes by e⁸ at most, are exact to about 1e-13. Its slope is bounded at
// the end of the range: where everybody's lifetime is alike, s and β run off together, and
// panels that narrow with s alone would be thousands.
func (m ParetoNBD) lapse(w, from, to float64, means bool) (out paretoLapse) {
	low, far := min(m.Alpha, m.Beta), math.Abs(m.Alpha-m.Beta)
	lo, hi := math.Log(low+from), math.Log(low+to)
	if !(hi > lo) {
		return paretoLapse{log: math.Inf(-1)}
	}
	// far + e^v is the other factor.
	exponentLow, exponentFar := w, m.S+1
	if m.Beta < m.Alpha {
		exponentLow, exponentFar = m.S+1, w
	}
	at := func(v float64) (log, near, lnFar float64) {
		near = math.Exp(v)
		lnFar = math.Log(far + near)
		return v*(1-exponentLow) - exponentFar*lnFar, near, lnFar
	}
	end := math.Exp(hi)
	width := min(4, 8/(math.Abs(1-exponentLow)+exponentFar*end/(far+end)))
	panels := int(math.Ceil((hi - lo) / width))
	half := (hi - lo) / float64(2*panels)
	// The weights are relative to the largest value met so far.
	top, _, _ := at(lo)
	var sum, lnLow, invLow, lnFarSum, invFar float64
	for p := range panels {
		mid := lo + half*float64(2*p+1)
		var part float64
		for _, g := range gauss16 {
			for _, u := range [2]float64{-g[0], g[0]} {
				v := mid + half*u
				l, near, lf := at(v)
				if l > top { // rescale
					f := math.Exp(top - l)
					sum, part, lnLow, invLow, lnFarSum, invFar = sum*f, part*f, lnLow*f, invLow*f, lnFarSum*f, invFar*f
					top = l
				}
				e := g[1] * math.Exp(l-top)
				part += e
				if means {
					lnLow += e * v
					invLow += e / near
					lnFarSum += e * lf
					invFar += e / (far + near)
				}
			}
		}
		sum += part
		if part < 1e-17*sum { // past the peak: it only falls from here
			break
		}
	}
	out.log = math.Log(m.S) + top + math.Log(sum*half)
	out.logA, out.invA, out.logB, out.invB = lnLow/sum, invLow/sum, lnFarSum/sum, invFar/sum
	if m.Beta < m.Alpha {
		out.logA, out.invA, out.logB, out.invB = out.logB, out.invB, out.logA, out.invA
	}
	return out
}

func (m ParetoNBD) alive(c CBS) (p float64, q paretoLapse) {
	w := m.R + float64(c.X)
	q = m.lapse(w, c.Tx, c.T, true)
	l := -w*math.Log(m.Alpha+c.T) - m.S*math.Log(m.Beta+c.T)
	return 1 / (1 + math.Exp(q.log-l)), q
}

// PAlive is the probability that the customer's lifetime goes on at T.
func (m ParetoNBD) PAlive(c CBS) float64 {
	p, _ := m.alive(c)
	return p
}

// Rate is the posterior mean of λ: purchases per unit of time while alive.
func (m ParetoNBD) Rate(c CBS) float64 {
	p, q := m.alive(c)
	w := m.R + float64(c.X)
	if p == 1 {
		return w / (m.Alpha + c.T)
	}
	return w * (p/(m.Alpha+c.T) + (1-p)*q.invA)
}

// Expected is E[X(t)] = rβ/(α(s−1))·[1 − (β/(β+t))^(s−1)]: repeat purchases of a
// new customer within t of the first.
func (m ParetoNBD) Expected(t float64) float64 {
	return m.R * m.Beta / m.Alpha * shrinkingSpan(m.S-1, t/m.Beta)
}

// ConditionalExpected is E[X(T, T+t) | x, t_x, T]: purchases in the next t.
func (m ParetoNBD) ConditionalExpected(c CBS, t float64) float64 {
	w := m.R + float64(c.X)
	return m.PAlive(c) * w * (m.Beta + c.T) / (m.Alpha + c.T) * shrinkingSpan(m.S-1, t/(m.Beta+c.T))
}

// shrinkingSpan is (1 − (1+u)^−e)/e, ln(1+u) at e = 0.
func shrinkingSpan(e, u float64) float64 {
	l := math.Log1p(u)
	if math.Abs(e*l) < 1e-12 {
		return l
	}
	return -math.Expm1(-e*l) / e
}
