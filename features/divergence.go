package features

import "math"

// Divergence returns how far a customer's counts are from what the population does
// in the same bins (hours of the day, days of the week), without what chance adds:
//
//	KL = Σ p ln(p/q) − (K − 1)/(2n),  p = counts/n,
//
// in nats, with K the bins in which the population does anything at all. 2n·KL of n
// draws from q is about χ² of K − 1 degrees, hence the second term: customers who do
// what everybody does have 0 on average, whatever n. It can be negative. This is the
// exposure correction: closed hours are in q as well. A bin that only the customer
// uses counts as if the population used it once. NaN for no counts or no population.
func Divergence(counts, population []float64) float64 {
	var n, m, used float64
	for i, c := range counts {
		n += c
		m += max(population[i], 0)
		if population[i] > 0 || c > 0 {
			used++
		}
	}
	if n == 0 || m == 0 {
		return math.NaN()
	}
	var kl float64
	for i, c := range counts {
		if c > 0 {
			q := population[i] / m
			if q == 0 {
				q = 1 / m
			}
			kl += c / n * math.Log(c/n/q)
		}
	}
	return kl - (used-1)/(2*n)
}

// Enrichment returns, bin by bin, how many times as often a customer or a segment
// does there what the population does: p/q with p = (counts + K·q)/(n + K), the K
// bins' pseudo-observations (one a bin) spread as the population is. No counts give 1
// everywhere; a bin that the population does not use has NaN.
func Enrichment(counts, population []float64) []float64 {
	var n, m float64
	for i, c := range counts {
		n += c
		m += population[i]
	}
	k := float64(len(counts))
	out := make([]float64, len(counts))
	for i, c := range counts {
		q := population[i] / m
		if q > 0 {
			out[i] = (c + k*q) / (n + k) / q
		} else {
			out[i] = math.NaN()
		}
	}
	return out
}

// EntropyShortfall returns by how much the entropy of n draws from the population's
// bins falls short of the population's own, on average, in nats:
//
//	H(q) − E[−Σ (c/n) ln(c/n)],  c binomial (n, q) in each bin.
//
// It is about (K − 1)/(2n), Miller's correction with the population's K bins: with the
// bins that a customer was seen in, as EntropyDebiased has to take them, customers with
// few purchases still look as if they kept to a weekday. 0 for an empty population. Cost: O(n × bins).
func EntropyShortfall(population []float64, n int) float64 {
	var all float64
	for _, x := range population {
		all += x
	}
	if all == 0 || n < 1 {
		return 0
	}
	var mean float64
	for _, x := range population {
		q := x / all
		if q == 0 || q == 1 {
			continue
		}
		lq, l1 := math.Log(q), math.Log1p(-q)
		ln, _ := math.Lgamma(float64(n + 1))
		for c := 1; c < n; c++ {
			a, _ := math.Lgamma(float64(c + 1))
			b, _ := math.Lgamma(float64(n - c + 1))
			p := float64(c) / float64(n)
			mean -= math.Exp(ln-a-b+float64(c)*lq+float64(n-c)*l1) * p * math.Log(p)
		}
	}
	return Entropy(population) - mean
}
