package features

import "math"

// logGamma is ln Γ(x) for x > 0.
func logGamma(x float64) float64 {
	l, _ := math.Lgamma(x)
	return l
}

// logBeta is ln B(a, b).
func logBeta(a, b float64) float64 { return logGamma(a) + logGamma(b) - logGamma(a+b) }

// logAdd is ln(eᵃ + eᵇ); −∞ is ln 0.
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// logSum is ln Σ eˣ.
func logSum(xs []float64) float64 {
	s := math.Inf(-1)
	for _, x := range xs {
		s = logAdd(s, x)
	}
	return s
}

// survivals returns the expected number of purchases that n stages of time bring
// a customer who drops out by a coin after each of them:
//
//	Σₙ P(N = n)·Σ_{i < ⌊(stage+n)/k⌋} E[q^(lead+i)]
//
// with N negative binomial, P(N = n) = Γ(r+n)/(Γ(r)n!)·(1−z)^r·zⁿ, one purchase every
// k stages, and q = 1 − p, p ~ Beta(a, b). For k = 1 it is the series behind the
// closed forms with a Gaussian hypergeometric function (Fader, Hardie & Lee 2005,
// eq. 9), which have poles at a = 1 and a + b = 1; here all terms are positive, and
// thousands of purchases neither overflow nor cancel.
// Cost: O((r·z + 1)/(1 − z)) multiplications.
func survivals(r, z, a, b float64, k, stage, lead int) float64 {
	if !(z > 0) {
		return 0
	}
	scale := r * math.Log1p(-z) // ln of what the weights are divided by
	alive := 1.0                // E[q^next]
	next := 0
	for ; next < lead; next++ {
		alive *= (b + float64(next)) / (a + b + float64(next))
	}
	var sum, bought float64
	weight := 1.0
	for n := 1; ; n++ {
		x := float64(n)
		weight *= (r + x - 1) / x * z
		if (stage+n)%k == 0 {
			bought += alive
			alive *= (b + float64(next)) / (a + b + float64(next))
			next++
		}
		sum += weight * bought
		if weight > 1e200 {
			weight *= 1e-200
			sum *= 1e-200
			scale += 200 * math.Ln10
		}
		// The weights fall at least as fast as ratioⁱ from here, bought grows by at
		// most one a term: what is left out is below rest.
		ratio := max((r+x)/(x+1)*z, z)
		if ratio < 1 && n > k {
			rest := weight * (bought*ratio/(1-ratio) + ratio/((1-ratio)*(1-ratio)))
			if rest <= 1e-13*sum {
				break
			}
		}
	}
	return math.Exp(scale + math.Log(sum))
}

// gauss16 holds the positive nodes and the weights of Gauss–Legendre quadrature
// with 16 points on [−1, 1] (Abramowitz & Stegun, table 25.4).
var gauss16 = [8][2]float64{
	{0.0950125098376374401853193, 0.1894506104550684962853967},
	{0.2816035507792589132304605, 0.1826034150449235888667637},
	{0.4580167776572273863424194, 0.1691565193950025381893121},
	{0.6178762444026437484466718, 0.1495959888165767320815017},
	{0.7554044083550030338951012, 0.1246289712555338720524763},
	{0.8656312023878317438804679, 0.0951585116824927848099251},
	{0.9445750230732325760779884, 0.0622535239386478928628438},
	{0.9894009349916499325961542, 0.0271524594117540948517806},
}
