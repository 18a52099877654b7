package features

// BetaPrior is a beta distribution of a rate over customers: what is believed of one
// who has not been seen yet.
type BetaPrior struct {
	Alpha float64 `json:"alpha"`
	Beta  float64 `json:"beta"`
}

// Mean returns α/(α + β).
func (b BetaPrior) Mean() float64 { return b.Alpha / (b.Alpha + b.Beta) }

// Rate returns the posterior mean of k successes in n trials, (α + k)/(α + β + n): the
// empirical Bayes estimate. One success in one trial is no rate of 1.
func (b BetaPrior) Rate(k, n float64) float64 { return (b.Alpha + k) / (b.Alpha + b.Beta + n) }

// BetaMoments gathers successes in trials over customers, for BetaPrior by moments. The
// zero value has none; sums are exact, so any order of adding and merging gives the same
// bits.
type BetaMoments struct {
	customers, trials, successes int64
	squares                      int64    // Σ n²
	within                       ExactSum // Σ k²/n
}

// Add adds a customer of k successes in n trials; n = 0 adds nothing.
func (m *BetaMoments) Add(k, n int) {
	if n <= 0 {
		return
	}
	m.customers++
	m.trials += int64(n)
	m.successes += int64(k)
	m.squares += int64(n) * int64(n)
	m.within.Add(float64(k) * float64(k) / float64(n))
}

// Merge adds all customers of o.
func (m *BetaMoments) Merge(o *BetaMoments) {
	if o.customers == 0 {
		return
	}
	m.customers += o.customers
	m.trials += o.trials
	m.successes += o.successes
	m.squares += o.squares
	m.within.Merge(&o.within)
}

// Trials returns the number of trials.
func (m *BetaMoments) Trials() int64 { return m.trials }

// The bounds of α + β: below, a handful of trials would count for little more than
// themselves; above, it would take more trials than a customer has to move the rate, and
// where customers do not differ the estimate of so large a weight is noise.
const (
	betaWeightMin     = 1
	betaWeightMax     = 100
	betaWeightUnknown = 4 // where nobody was tried twice
)

// Prior returns the prior by moments. With customers' rates pᵢ = kᵢ/nᵢ, N = Σn and the
// overall rate p, the intraclass correlation is estimated from the mean squares
//
//	B = Σ nᵢ(pᵢ − p)²/(c − 1),  W = Σ nᵢpᵢ(1 − pᵢ)/(N − c),  n₀ = (N − Σn²/N)/(c − 1)
//	ρ = (B − W)/(B + (n₀ − 1)W),  α + β = 1/ρ − 1,  α/(α + β) = (Σk + ½)/(N + 1)
//
// for c customers; α + β is held in [1, 100], and is 4 where nobody was tried twice.
// Ridout, Demétrio & Firth 1999, Biometrics 55, pp. 137–148 (the ANOVA estimator),
// doi:10.1111/j.0006-341X.1999.00137.x.
func (m *BetaMoments) Prior() BetaPrior {
	c, n, k := float64(m.customers), float64(m.trials), float64(m.successes)
	weight := float64(betaWeightUnknown)
	if m.customers > 1 && m.trials > m.customers {
		q := m.within.Value()
		between := (q - k*k/n) / (c - 1)
		within := (k - q) / (n - c)
		n0 := (n - float64(m.squares)/n) / (c - 1)
		rho := (between - within) / (between + (n0-1)*within)
		switch {
		case k == 0 || k == n: // nobody differs from anybody
			weight = betaWeightMax
		case rho <= 1/(1+float64(betaWeightMax)):
			weight = betaWeightMax
		default:
			weight = max(1/rho-1, betaWeightMin)
		}
	}
	mean := (k + 0.5) / (n + 1)
	return BetaPrior{Alpha: mean * weight, Beta: (1 - mean) * weight}
}
