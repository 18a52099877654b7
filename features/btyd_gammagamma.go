package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// GammaGamma is the gamma-gamma model of spend per purchase (Fader & Hardie 2013,
// brucehardie.com/notes/025): a customer's amounts are Gamma(P, ν) with
// ν ~ Gamma(Q, Gamma). It takes spend to be independent of how often a customer buys.
// Gamma has the unit of money.
type GammaGamma struct {
	P     float64 `json:"p"`
	Q     float64 `json:"q"`
	Gamma float64 `json:"gamma"`
}

// spendCorrelation is the |correlation| of frequency and mean spend above which the
// model's independence is refused: expected value would be wrong for exactly the
// customers that matter most.
const spendCorrelation = 0.3

// SpendCorrelation is the correlation of x and mean spend z over the customers with
// a repeat purchase.
func SpendCorrelation(x []int, z []float64) float64 {
	var sx, sz ExactSum
	for i := range x {
		sx.Add(float64(x[i]))
		sz.Add(z[i])
	}
	n := float64(len(x))
	mx, mz := sx.Value()/n, sz.Value()/n
	var xx, zz, xz ExactSum
	for i := range x {
		dx, dz := float64(x[i])-mx, z[i]-mz
		xx.Add(dx * dx)
		zz.Add(dz * dz)
		xz.Add(dx * dz)
	}
	return xz.Value() / math.Sqrt(xx.Value()*zz.Value())
}

// FitGammaGamma fits to the numbers of purchases x ≥ 1 and their mean amounts z > 0,
// one a customer. It refuses data whose |correlation of x and z| is above 0.3. Purchases of amount
// 0 must be left out of x and z: a gamma variable is never 0. The result depends on
// neither the customers' order nor the currency. Cost: about 150 passes.
func FitGammaGamma(x []int, z []float64) (GammaGamma, BTYDFit, error) {
	var m GammaGamma
	if len(x) != len(z) {
		panic("features: one mean amount per number of purchases")
	}
	if len(x) < 2 {
		return m, BTYDFit{}, fmt.Errorf("%d customers with repeat spend: at least 2 are needed", len(x))
	}
	for i := range x {
		if x[i] < 1 || !(z[i] > 0) || math.IsInf(z[i], 0) {
			return m, BTYDFit{}, fmt.Errorf("customer %d has x = %d and mean spend %g: both must be above 0", i, x[i], z[i])
		}
	}
	if r := SpendCorrelation(x, z); math.Abs(r) > spendCorrelation {
		return m, BTYDFit{}, fmt.Errorf("frequency and spend correlate by %.3f: the gamma-gamma model takes them to be independent (|r| ≤ %g)", r, spendCorrelation)
	}
	g := newSpending(x, z)
	starts := [][]float64{{6, 4, 2}, {1, 2, 1}, {2, 10, 5}}
	p, fit, err := maximise([]string{"p", "q", "gamma"}, starts, sample{g.logLikelihood, float64(len(x))}, sample{})
	if err != nil {
		return m, fit, err
	}
	m = GammaGamma{p[0], p[1], p[2] * g.unit}
	fit.Params[2].Value *= g.unit
	fit.Params[2].SE *= g.unit
	fit.LogLikelihood = m.LogLikelihood(x, z)
	return m, fit, nil
}

// spending is purchases and amounts by (x, z), amounts in a unit near their mean: a
// power of 2, so that the bounds on gamma mean the same in every currency and
// nothing is rounded.
type spending struct {
	x      []float64
	z      []float64
	ln     []float64 // ln z + ln x
	unit   float64
	starts []int // of the runs of equal x
}

func newSpending(x []int, z []float64) *spending {
	type pair struct {
		x int
		z float64
	}
	ps := make([]pair, len(x))
	var sum ExactSum
	for i := range x {
		ps[i] = pair{x[i], z[i]}
		sum.Add(z[i])
	}
	slices.SortFunc(ps, func(a, b pair) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.z, b.z)) })
	g := &spending{unit: math.Exp2(math.Round(math.Log2(sum.Value() / float64(len(x)))))}
	for i, p := range ps {
		if i == 0 || p.x != ps[i-1].x {
			g.starts = append(g.starts, i)
		}
		g.x = append(g.x, float64(p.x))
		g.z = append(g.z, p.z/g.unit)
		g.ln = append(g.ln, math.Log(p.z/g.unit)+math.Log(float64(p.x)))
	}
	g.starts = append(g.starts, len(ps))
	return g
}

func (g *spending) logLikelihood(par, grad []float64) float64 {
	p, q, gamma := par[0], par[1], par[2]
	n := float64(len(g.x))
	ll := n * (q*math.Log(gamma) - logGamma(q))
	var dp, dq, dgamma float64
	for s, lo := range g.starts[:len(g.starts)-1] {
		hi := g.starts[s+1]
		x, m := g.x[lo], float64(hi-lo)
		w := p*x + q
		var sum, logs, inverse float64
		for i := lo; i < hi; i++ {
			t := gamma + x*g.z[i]
			l := math.Log(t)
			logs += l
			sum += p*x*g.ln[i] - (g.ln[i] - math.Log(x)) - w*l
			dp += x * (g.ln[i] - l)
			inverse += 1 / t
		}
		ll += sum + m*(logGamma(w)-logGamma(p*x))
		if grad != nil {
			psi := mathext.Digamma(w)
			dp += m * x * (psi - mathext.Digamma(p*x))
			dq += m*psi - logs
			dgamma -= w * inverse
		}
	}
	if grad != nil {
		grad[0] = dp
		grad[1] = dq + n*(math.Log(gamma)-mathext.Digamma(q))
		grad[2] = dgamma + n*q/gamma
	}
	return ll
}

// LogLikelihood is Σ ln L, with
//
//	L = Γ(px+q)/(Γ(px)·Γ(q))·γ^q·z^(px−1)·x^(px)·(γ+xz)^−(px+q)
func (m GammaGamma) LogLikelihood(x []int, z []float64) float64 {
	g := newSpending(x, z)
	ll := g.logLikelihood([]float64{m.P, m.Q, m.Gamma / g.unit}, nil)
	return ll - float64(len(x))*math.Log(g.unit)
}

// Mean is E[M] of a customer nobody knows: pγ/(q−1). NaN if q ≤ 1: the population's
// mean is then infinite.
func (m GammaGamma) Mean() float64 {
	if m.Q <= 1 {
		return math.NaN()
	}
	return m.P * m.Gamma / (m.Q - 1)
}

// Expected is E[M | x, z], what an average purchase of the customer is expected to
// bring: p(γ + xz)/(px+q−1), the population's mean and the customer's own weighed by
// evidence. NaN where px + q ≤ 1.
func (m GammaGamma) Expected(x int, z float64) float64 {
	if x == 0 {
		return m.Mean()
	}
	n := float64(x)
	if m.P*n+m.Q <= 1 {
		return math.NaN()
	}
	return m.P * (m.Gamma + n*z) / (m.P*n + m.Q - 1)
}
