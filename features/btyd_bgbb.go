package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// BGBB is the beta-geometric/beta-Bernoulli model (Fader, Hardie & Shang 2010,
// doi:10.1287/mksc.1100.0580) for purchases that happen at fixed opportunities, once
// a period or not at all: donations, renewals, attendance. A living customer buys
// with probability p ~ Beta(Alpha, Beta) at each opportunity, and leaves before it
// with probability θ ~ Beta(Gamma, Delta).
type BGBB struct {
	Alpha float64 `json:"alpha"`
	Beta  float64 `json:"beta"`
	Gamma float64 `json:"gamma"`
	Delta float64 `json:"delta"`
}

// Opportunities is what a customer did with N chances after the first purchase: X
// purchases, the last at chance Tx (0 if none). Weight customers did the same.
type Opportunities struct {
	X, Tx, N int
	Weight   float64
}

// Name is the model's name.
func (m BGBB) Name() string { return "BG/BB" }

// FitBGBB fits by maximum likelihood; see FitBetaGeometric. Cost: O(rows·N) a pass.
func FitBGBB(rows []Opportunities) (BGBB, BTYDFit, error) {
	merged, err := mergeOpportunities(rows)
	if err != nil {
		return BGBB{}, BTYDFit{}, err
	}
	var n float64
	for _, r := range merged {
		n += r.Weight
	}
	starts := [][]float64{{1, 1, 0.5, 3}, {1, 0.5, 1, 5}, {0.5, 1, 0.3, 1}}
	f := numeric(func(p []float64) float64 { return BGBB{p[0], p[1], p[2], p[3]}.logLikelihood(merged) })
	p, fit, err := maximise([]string{"alpha", "beta", "gamma", "delta"}, starts, sample{f, n}, sample{})
	if err != nil {
		return BGBB{}, fit, err
	}
	return BGBB{p[0], p[1], p[2], p[3]}, fit, nil
}

// mergeOpportunities sorts the rows and adds up equal ones.
func mergeOpportunities(rows []Opportunities) ([]Opportunities, error) {
	var bought bool
	for i, r := range rows {
		ok := r.X >= 0 && r.X <= r.Tx && r.Tx <= r.N && (r.X > 0) == (r.Tx > 0) && r.Weight >= 0 && !math.IsInf(r.Weight, 0)
		if !ok {
			return nil, fmt.Errorf("row %d has x = %d, t_x = %d, n = %d, weight %g: 0 ≤ x ≤ t_x ≤ n, t_x = 0 only if x = 0, and a weight ≥ 0 are needed", i, r.X, r.Tx, r.N, r.Weight)
		}
		bought = bought || r.X > 0 && r.Weight > 0
	}
	if !bought {
		return nil, fmt.Errorf("no customer bought twice: there is nothing to fit")
	}
	out := slices.Clone(rows)
	slices.SortFunc(out, func(a, b Opportunities) int {
		return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.X, b.X), cmp.Compare(a.Tx, b.Tx), cmp.Compare(a.Weight, b.Weight))
	})
	n := 0
	for _, r := range out {
		if n > 0 && out[n-1].N == r.N && out[n-1].X == r.X && out[n-1].Tx == r.Tx {
			out[n-1].Weight += r.Weight
			continue
		}
		out[n] = r
		n++
	}
	return out[:n], nil
}

// LogLikelihood is Σ weight·ln L, with
//
//	L = B(α+x, β+n−x)/B(α, β)·B(γ, δ+n)/B(γ, δ)
//	    + Σ_{i < n−t_x} B(α+x, β+t_x−x+i)/B(α, β)·B(γ+1, δ+t_x+i)/B(γ, δ)
func (m BGBB) LogLikelihood(rows []Opportunities) (float64, error) {
	merged, err := mergeOpportunities(rows)
	if err != nil {
		return math.NaN(), err
	}
	return m.logLikelihood(merged), nil
}

func (m BGBB) logLikelihood(rows []Opportunities) float64 {
	var ll float64
	for _, r := range rows {
		ll += r.Weight * m.logL(r)
	}
	return ll
}

// stays is ln P(x purchases in t chances in one order, and staying through n).
func (m BGBB) stays(x, t, n int) float64 {
	return logBeta(m.Alpha+float64(x), m.Beta+float64(t-x)) - logBeta(m.Alpha, m.Beta) +
		logBeta(m.Gamma, m.Delta+float64(n)) - logBeta(m.Gamma, m.Delta)
}

// leaves is ln P(x purchases in t chances in one order, and leaving after them).
func (m BGBB) leaves(x, t int) float64 {
	return logBeta(m.Alpha+float64(x), m.Beta+float64(t-x)) - logBeta(m.Alpha, m.Beta) +
		logBeta(m.Gamma+1, m.Delta+float64(t)) - logBeta(m.Gamma, m.Delta)
}

func (m BGBB) logL(r Opportunities) float64 {
	l := m.stays(r.X, r.N, r.N)
	for t := r.Tx; t < r.N; t++ {
		l = logAdd(l, m.leaves(r.X, t))
	}
	return l
}

// PAlive is the probability of being there at chance n + 1.
func (m BGBB) PAlive(r Opportunities) float64 {
	return math.Exp(m.stays(r.X, r.N, r.N+1) - m.logL(r))
}

// ConditionalExpected is the expected number of purchases in the next n chances.
func (m BGBB) ConditionalExpected(r Opportunities, n int) float64 {
	l := m.logL(r)
	var sum float64
	for i := 1; i <= n; i++ { // one more purchase, n chances before it, and staying
		sum += math.Exp(m.stays(r.X+1, r.N+1, r.N+i) - l)
	}
	return sum
}

// Expected is the expected number of purchases of a new customer in n chances.
func (m BGBB) Expected(n int) float64 { return m.ConditionalExpected(Opportunities{}, n) }

// PMF is the probability of x purchases in n chances.
func (m BGBB) PMF(x, n int) float64 {
	choose := func(n int) float64 {
		return logGamma(float64(n+1)) - logGamma(float64(x+1)) - logGamma(float64(n-x+1))
	}
	if x > n || x < 0 {
		return 0
	}
	l := choose(n) + m.stays(x, n, n)
	for t := x; t < n; t++ {
		l = logAdd(l, choose(t)+m.leaves(x, t))
	}
	return math.Exp(l)
}
