package features

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Simulator is a buy-till-you-die model that can draw customers.
type Simulator interface {
	BTYDModel
	// Simulate draws a customer who buys at 0: the times of the purchases after that
	// within t, ascending, in the unit of the parameters.
	Simulate(rng *rand.Rand, t float64) []float64
	// gaps draws a customer: each call returns the time to the next purchase, +Inf = there
	// is none any more.
	gaps(rng *rand.Rand) func() float64
}

// Simulate draws λ ~ Gamma(R, Alpha) and p ~ Beta(A, B), then Erlang-K gaps at stage rate λ;
// after each purchase (AtZero: after the first one too) the customer leaves with
// probability p. Cost: O(K·purchases).
func (m BetaGeometric) Simulate(rng *rand.Rand, t float64) []float64 { return simulate(m.gaps(rng), t) }

func (m BetaGeometric) gaps(rng *rand.Rand) func() float64 {
	rate := distuv.Gamma{Alpha: m.R, Beta: m.Alpha, Src: rng}.Rand()
	leaves := simulateBeta(rng, m.A, m.B)
	stays := m.AtZero // whether the coin has been thrown for the purchase before
	return func() float64 {
		if stays && rng.Float64() < leaves {
			rate = 0
		}
		stays = true
		if rate == 0 {
			return math.Inf(1)
		}
		gap := 0.0
		for range m.K {
			gap += rng.ExpFloat64() / rate
		}
		return gap
	}
}

// simulateBeta is Beta(a, b). Both gammas of tiny shapes can be 0 in floating-point
// numbers: then the larger shape wins, as in the limit.
func simulateBeta(rng *rand.Rand, a, b float64) float64 {
	x := distuv.Gamma{Alpha: a, Beta: 1, Src: rng}.Rand()
	y := distuv.Gamma{Alpha: b, Beta: 1, Src: rng}.Rand()
	if x+y == 0 {
		x = a / (a + b)
		y = 1 - x
	}
	return x / (x + y)
}

// Simulate draws λ ~ Gamma(R, Alpha) and a lifetime of rate μ ~ Gamma(S, Beta), then
// exponential gaps at rate λ while the lifetime lasts. Cost: O(purchases).
func (m ParetoNBD) Simulate(rng *rand.Rand, t float64) []float64 { return simulate(m.gaps(rng), t) }

func (m ParetoNBD) gaps(rng *rand.Rand) func() float64 {
	rate := distuv.Gamma{Alpha: m.R, Beta: m.Alpha, Src: rng}.Rand()
	left := math.Inf(1)
	if mu := (distuv.Gamma{Alpha: m.S, Beta: m.Beta, Src: rng}).Rand(); mu > 0 {
		left = rng.ExpFloat64() / mu
	}
	return func() float64 {
		if rate == 0 {
			return math.Inf(1)
		}
		gap := rng.ExpFloat64() / rate
		if left -= gap; left < 0 {
			rate = 0
			return math.Inf(1)
		}
		return gap
	}
}

func simulate(gap func() float64, t float64) (times []float64) {
	for at := gap(); at <= t; at += gap() {
		times = append(times, at)
	}
	return times
}

// FitSimulator fits BG/NBD, MBG/NBD and their relatives with regular gaps (BG/CNBD-k,
// MBG/CNBD-k), and Pareto/NBD, and returns the most likely; a tie goes to the one named
// first. Cost: see FitRegularity and FitParetoNBD.
func FitSimulator(c *Cohort) (Simulator, BTYDFit, error) {
	var best Simulator
	var fit BTYDFit
	var failed error
	take := func(m Simulator, f BTYDFit, err error) {
		switch {
		case err != nil:
			failed = err
		case best == nil || f.LogLikelihood > fit.LogLikelihood:
			best, fit = m, f
		}
	}
	for _, atZero := range []bool{false, true} {
		m, f, err := FitRegularity(c, atZero)
		take(m, f, err)
	}
	p, f, err := FitParetoNBD(c)
	take(p, f, err)
	if best == nil {
		return nil, fit, failed
	}
	return best, fit, nil
}

// spendModel draws what occasions are worth; the zero value draws nothing.
type spendModel struct {
	gamma *GammaGamma
	log   *logSpend
}

// logSpend is spend where it depends on how often customers buy: ln amount of an
// occasion = A + B·ln(occasions) + u + e, with u of the customer and e of the occasion
// normal.
type logSpend struct{ A, B, Customer, Occasion float64 } // the last two are standard deviations

// fitLogSpend fits by moments: σe² from the scatter within customers, A and B by least
// squares on the customers' means, σu² from what their scatter has beyond σe²/n. ok is
// false where nobody has two occasions. amounts holds each customer's, all above 0.
func fitLogSpend(amounts [][]float64) (l logSpend, ok bool) {
	var within, free float64
	var x, y, inverse []float64
	for _, a := range amounts {
		n := float64(len(a))
		if n == 0 {
			continue
		}
		mean := 0.0
		for _, v := range a {
			mean += math.Log(v) / n
		}
		for _, v := range a {
			within += (math.Log(v) - mean) * (math.Log(v) - mean)
		}
		free += n - 1
		x, y, inverse = append(x, math.Log(n)), append(y, mean), append(inverse, 1/n)
	}
	if free == 0 || len(x) < 3 {
		return l, false
	}
	c := float64(len(x))
	var mx, my, mi, xx, xy float64
	for i := range x {
		mx, my, mi = mx+x[i]/c, my+y[i]/c, mi+inverse[i]/c
	}
	for i := range x {
		xx, xy = xx+(x[i]-mx)*(x[i]-mx), xy+(x[i]-mx)*(y[i]-my)
	}
	if xx > 0 {
		l.B = xy / xx
	}
	l.A = my - l.B*mx
	var between float64
	for i := range x {
		r := y[i] - l.A - l.B*x[i]
		between += r * r / (c - 2)
	}
	l.Occasion = math.Sqrt(within / free)
	l.Customer = math.Sqrt(max(0, between-within/free*mi))
	return l, true
}

// fitSpendModel takes gamma-gamma or the log-normal model, whichever makes the amounts
// more likely; gamma-gamma only where spend and frequency are unrelated, as it needs.
func fitSpendModel(amounts [][]float64) (m spendModel, name string) {
	var x []int
	var z []float64
	for _, a := range amounts {
		if len(a) > 0 {
			sum := 0.0
			for _, v := range a {
				sum += v
			}
			x, z = append(x, len(a)), append(z, sum/float64(len(a)))
		}
	}
	g, _, err := FitGammaGamma(x, z)
	gamma := err == nil && g.Q > 1
	l, ok := fitLogSpend(amounts)
	switch {
	case gamma && (!ok || g.likelihood(amounts) >= l.likelihood(amounts)):
		return spendModel{gamma: &g}, "gamma-gamma"
	case ok:
		return spendModel{log: &l}, "log-normal"
	}
	return spendModel{}, ""
}

// likelihood is Σ ln L of every customer's amounts: with n of them and sum s,
// Γ(pn+q)/(Γ(p)ⁿ·Γ(q))·γ^q·Π a^(p−1)/(γ+s)^(pn+q).
func (m GammaGamma) likelihood(amounts [][]float64) float64 {
	var ll float64
	for _, a := range amounts {
		n, s, logs := float64(len(a)), 0.0, 0.0
		for _, v := range a {
			s, logs = s+v, logs+math.Log(v)
		}
		if n > 0 {
			w := m.P*n + m.Q
			ll += logGamma(w) - n*logGamma(m.P) - logGamma(m.Q) + m.Q*math.Log(m.Gamma) + (m.P-1)*logs - w*math.Log(m.Gamma+s)
		}
	}
	return ll
}

// likelihood is Σ ln L of every customer's amounts: their logarithms are normal with
// variance σu² + σe² and covariance σu².
func (l logSpend) likelihood(amounts [][]float64) float64 {
	u, e := l.Customer*l.Customer, max(l.Occasion*l.Occasion, 1e-12)
	var ll float64
	for _, a := range amounts {
		n, sum, squares, logs := float64(len(a)), 0.0, 0.0, 0.0
		for _, v := range a {
			r := math.Log(v) - l.A - l.B*math.Log(n)
			sum, squares, logs = sum+r, squares+r*r, logs+math.Log(v)
		}
		if n > 0 {
			ll -= logs + (n*math.Log(2*math.Pi)+(n-1)*math.Log(e)+math.Log(e+n*u)+(squares-u*sum*sum/(e+n*u))/e)/2
		}
	}
	return ll
}

// customer draws a customer with that many occasions: each call is worth one of them.
// nil = what it was.
func (m spendModel) customer(rng *rand.Rand, occasions int) func() float64 {
	switch {
	case m.gamma != nil:
		g := m.gamma
		nu := distuv.Gamma{Alpha: g.Q, Beta: g.Gamma, Src: rng}.Rand()
		return func() float64 { return distuv.Gamma{Alpha: g.P, Beta: nu, Src: rng}.Rand() }
	case m.log != nil:
		l := m.log
		mean := l.A + l.B*math.Log(float64(occasions)) + l.Customer*rng.NormFloat64()
		return func() float64 { return math.Exp(mean + l.Occasion*rng.NormFloat64()) }
	}
	return nil
}
