package features

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
)

// BetaGeometric is the family of beta-geometric buy-till-you-die models: gaps between
// purchases are Erlang-k at a stage rate λ ~ Gamma(R, Alpha), and after each purchase
// a customer leaves for good with probability p ~ Beta(A, B).
//
//	K  AtZero  model
//	1  false   BG/NBD (Fader, Hardie & Lee 2005, doi:10.1287/mksc.1040.0098)
//	1  true    MBG/NBD: may also leave after the very first purchase (Batislam,
//	           Denizel & Filiztekin 2007, doi:10.1016/j.ijresmar.2006.12.005)
//	k          (M)BG/CNBD-k (Platzer & Reutterer 2016, doi:10.1287/mksc.2015.0963;
//	           Reutterer, Platzer & Schröder 2021, doi:10.1016/j.ijresmar.2020.09.002)
//
// λ counts stages: a customer who stays buys λ/K times per unit of time. Alpha has
// the unit of the times. BG/NBD says p(alive) = 1 of everybody with one purchase;
// MBG/NBD does not, and so is the one to segment by.
type BetaGeometric struct {
	K      int     `json:"k"`
	AtZero bool    `json:"at_zero"`
	R      float64 `json:"r"`
	Alpha  float64 `json:"alpha"`
	A      float64 `json:"a"`
	B      float64 `json:"b"`
}

// Name is the model's name: MBG/CNBD-2.
func (m BetaGeometric) Name() string {
	name := "BG/NBD"
	if m.K > 1 {
		name = fmt.Sprintf("BG/CNBD-%d", m.K)
	}
	if m.AtZero {
		name = "M" + name
	}
	return name
}

// FitBetaGeometric fits by maximum likelihood, with bounded log-parameters, from
// several starts. The result does not depend on the customers' order. For k > 1 the
// customers need Litt. Cost: about 50
// passes over the distinct (x, t_x, T) of large cohorts, 300 of small ones.
func FitBetaGeometric(c *Cohort, k int, atZero bool) (BetaGeometric, BTYDFit, error) {
	if k < 1 {
		return BetaGeometric{}, BTYDFit{}, fmt.Errorf("k = %d: at least 1", k)
	}
	m := BetaGeometric{K: k, AtZero: atZero}
	// Alpha starts where the mean rate is the cohort's: the times' unit does not matter.
	gap := max(c.span()/c.Repeats/float64(k), 1e-3)
	starts := [][]float64{
		{0.5, 0.5 * gap / 2, 0.8, 2},
		{2, 2 * gap / 2, 0.3, 0.6},
		{0.2, 0.2 * gap / 2, 2, 6},
	}
	all, thin := c.samples(func(c *Cohort) likelihood {
		return func(p, grad []float64) float64 {
			return BetaGeometric{k, atZero, p[0], p[1], p[2], p[3]}.logLikelihood(c, grad)
		}
	})
	p, fit, err := maximise([]string{"r", "alpha", "a", "b"}, starts, all, thin)
	if err != nil {
		return m, fit, err
	}
	return BetaGeometric{k, atZero, p[0], p[1], p[2], p[3]}, fit, nil
}

// maxRegularity is the largest k that is tried, as in BTYDplus.
const maxRegularity = 12

// FitRegularity fits k = 1, 2, ..., 12 and returns the most likely model. It stops
// early once two k in a row were less likely than the best.
func FitRegularity(c *Cohort, atZero bool) (best BetaGeometric, fit BTYDFit, err error) {
	for k := 1; k <= maxRegularity && k <= best.K+2; k++ {
		m, f, err := FitBetaGeometric(c, k, atZero)
		if err != nil {
			return m, f, err
		}
		if best.K == 0 || f.LogLikelihood > fit.LogLikelihood {
			best, fit = m, f
		}
	}
	return best, fit, nil
}

// LogLikelihood is Σ ln L of the cohort:
//
//	L = Γ(r+kx)/Γ(r)·α^r·Π gap^(k−1)/Γ(k)^x ·
//	    { B(a, b+y)/B(a, b)·Σ_{j<k} (r+kx)_j/j!·(T−t_x)^j/(α+T)^(r+kx+j)
//	      + δ·B(a+1, b+y−1)/B(a, b)·(α+t_x)^−(r+kx) }
//
// with y = x coins survived, x + 1 if AtZero, and δ = 1 if y > 0. It is in logs
// throughout: hundreds of purchases do not overflow.
func (m BetaGeometric) LogLikelihood(c *Cohort) float64 { return m.logLikelihood(c, nil) }

func (m BetaGeometric) coins(x int) int {
	if m.AtZero {
		return x + 1
	}
	return x
}

func (m BetaGeometric) logLikelihood(c *Cohort, grad []float64) float64 {
	logs := c.logTimes(m.Alpha)
	k := m.K
	digamma := func(x float64) float64 {
		if grad == nil {
			return 0
		}
		return mathext.Digamma(x)
	}
	base := m.R*math.Log(m.Alpha) - logGamma(m.R) + logGamma(m.A+m.B) - logGamma(m.B)
	dr0 := math.Log(m.Alpha) - digamma(m.R)
	psiAB, psiB := digamma(m.A+m.B), digamma(m.B)
	ll := float64(k-1)*c.litt - c.Repeats*logGamma(float64(k))
	var dr, dalpha, da, db float64
	stages := make([]float64, k)   // ln (w)_j/j!
	harmonic := make([]float64, k) // Σ_{i<j} 1/(w+i) = ∂ ln (w)_j/∂w
	for _, g := range c.groups {
		x, y := float64(g.x), float64(m.coins(g.x))
		w := m.R + float64(k)*x
		common := base + logGamma(w) + logGamma(m.B+y) - logGamma(m.A+m.B+y)
		for j := 1; j < k; j++ {
			i := float64(j - 1)
			stages[j] = stages[j-1] + math.Log((w+i)/(i+1))
			harmonic[j] = harmonic[j-1] + 1/(w+i)
		}
		drop := math.Inf(-1)
		if y > 0 {
			drop = math.Log(m.A / (m.B + y - 1))
		}
		psi := digamma(m.A + m.B + y)
		dr += g.weight * (dr0 + digamma(w))
		dalpha += g.weight * m.R / m.Alpha
		da += g.weight * (psiAB - psi)
		db += g.weight * (psiAB + digamma(m.B+y) - psiB - psi)
		var gll, left float64
		for _, row := range c.rows[g.lo:g.hi] {
			now, last := logs[row.t], logs[row.tx]
			alive := 0.0 // ln of the Erlang tail; stages beyond the first need time
			var meanStage, meanHarmonic float64
			if k > 1 && !math.IsInf(row.gap, -1) {
				alive, meanStage, meanHarmonic = erlangTail(row.gap-now, stages, harmonic)
			}
			alive -= w * now
			gone := drop - w*last
			l := logAdd(alive, gone)
			gll += row.weight * l
			if grad == nil {
				continue
			}
			pa := math.Exp(alive - l)
			pg := 1 - pa
			dr += row.weight * (pa*(meanHarmonic-now) - pg*last)
			dalpha -= row.weight * (pa*(w+meanStage)*math.Exp(-now) + pg*w*math.Exp(-last))
			left += row.weight * pg
		}
		ll += gll + g.weight*common
		if left > 0 {
			da += left / m.A
			db -= left / (m.B + y - 1)
		}
	}
	if grad != nil {
		grad[0], grad[1], grad[2], grad[3] = dr, dalpha, da, db
	}
	return ll
}

// erlangTail returns ln Σⱼ e^(stages[j] + j·d) and the means of j and of harmonic[j]
// under those weights.
func erlangTail(d float64, stages, harmonic []float64) (l, stage, h float64) {
	top := 0.0
	for j, s := range stages {
		top = max(top, s+float64(j)*d)
	}
	var sum float64
	for j, s := range stages {
		e := math.Exp(s + float64(j)*d - top)
		sum += e
		stage += e * float64(j)
		h += e * harmonic[j]
	}
	return top + math.Log(sum), stage / sum, h / sum
}

// posterior returns ln P(alive)'s two parts and the weights of the stages of the
// present gap.
func (m BetaGeometric) posterior(c CBS) (alive float64, stages []float64) {
	w := m.R + float64(m.K*c.X)
	now := math.Log(m.Alpha + c.T)
	stages = make([]float64, m.K)
	d := math.Log(c.T-c.Tx) - now
	for j := 1; j < m.K; j++ {
		i := float64(j - 1)
		stages[j] = stages[j-1] + math.Log((w+i)/(i+1)) + d
	}
	tail := logSum(stages)
	for j := range stages {
		stages[j] = math.Exp(stages[j] - tail)
	}
	y := float64(m.coins(c.X))
	if y == 0 {
		return 1, stages
	}
	ratio := math.Log(m.A/(m.B+y-1)) + w*(now-math.Log(m.Alpha+c.Tx)) - tail
	return 1 / (1 + math.Exp(ratio)), stages
}

// PAlive is the probability that the customer has not left by T.
func (m BetaGeometric) PAlive(c CBS) float64 {
	p, _ := m.posterior(c)
	return p
}

// Rate is the posterior mean of λ/K: purchases per unit of time while alive.
func (m BetaGeometric) Rate(c CBS) float64 {
	p, stages := m.posterior(c)
	w := m.R + float64(m.K*c.X)
	var mean float64
	for j, s := range stages {
		mean += s * (w + float64(j))
	}
	return (p*mean/(m.Alpha+c.T) + (1-p)*w/(m.Alpha+c.Tx)) / float64(m.K)
}

// Expected is E[X(t)]: repeat purchases of a new customer within t of the first.
// It is exact for every k. Cost: see ConditionalExpected.
func (m BetaGeometric) Expected(t float64) float64 {
	return survivals(m.R, t/(m.Alpha+t), m.A, m.B, m.K, 0, m.coins(0))
}

// ConditionalExpected is E[X(T, T+t) | x, t_x, T]: purchases in the next t. For k = 1
// it is eq. 10 of Fader, Hardie & Lee 2005; it is exact for every k (mixing over the
// unseen stage of the present gap). Cost: O(K·(r+kx)·t/(α+T)), 0.1 to 1 µs for few
// purchases.
func (m BetaGeometric) ConditionalExpected(c CBS, t float64) float64 {
	p, stages := m.posterior(c)
	w := m.R + float64(m.K*c.X)
	z := t / (m.Alpha + c.T + t)
	b := m.B + float64(m.coins(c.X))
	var sum float64
	for j, s := range stages {
		sum += s * survivals(w+float64(j), z, m.A, b, m.K, j, 0)
	}
	return p * sum
}

// PMF is P(X(t) = x): repeat purchases of a new customer within t of the first
// (Fader, Hardie & Lee 2005, eq. 8, for BG/NBD). Cost: O(k·x).
func (m BetaGeometric) PMF(x int, t float64) float64 {
	z := t / (m.Alpha + t)
	// P(N = n) of the stages, up to k(x+1) − 1; before: fewer than kx, in: x purchases.
	p := math.Exp(m.R * math.Log1p(-z))
	var before, in float64
	for n := range m.K * (x + 1) {
		if n > 0 {
			p *= (m.R + float64(n) - 1) / float64(n) * z
		}
		if n < m.K*x {
			before += p
		} else {
			in += p
		}
	}
	y := float64(m.coins(x))
	stay := math.Exp(logBeta(m.A, m.B+y) - logBeta(m.A, m.B))
	out := stay * in
	if y > 0 {
		out += math.Exp(logBeta(m.A+1, m.B+y-1)-logBeta(m.A, m.B)) * (1 - before)
	}
	return out
}
