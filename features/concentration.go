package features

import (
	"math"
	"slices"
)

// Entropy returns −Σ p ln p of the parts, which are divided by their sum: in nats;
// divide by ln 2 for bits, by ln K for [0, 1]. NaN if they sum to 0.
func Entropy(parts []float64) float64 {
	var total, h float64
	for _, x := range parts {
		total += x
	}
	if total == 0 {
		return math.NaN()
	}
	for _, x := range parts {
		if x > 0 {
			h -= x / total * math.Log(x/total)
		}
	}
	return h
}

// EntropyDebiased returns the entropy of counts with the Miller–Madow correction,
// + (K − 1)/(2n) for the K classes seen in n observations, and at most ln of the
// number of classes: few observations see few classes. NaN for none.
func EntropyDebiased(counts []float64) float64 {
	var n, seen float64
	for _, c := range counts {
		n += c
		if c > 0 {
			seen++
		}
	}
	return min(Entropy(counts)+(seen-1)/(2*n), math.Log(float64(len(counts))))
}

// Herfindahl returns Σ p² of the parts: 1/K to 1. 1 − Herfindahl is Gini–Simpson,
// 1/Herfindahl the effective number of parts. NaN if they sum to 0.
func Herfindahl(parts []float64) float64 {
	var total, h float64
	for _, x := range parts {
		total += x
	}
	for _, x := range parts {
		h += x / total * (x / total)
	}
	return h
}

// Gini returns the Gini coefficient of xs ≥ 0, Σ (2i − n − 1)x₍ᵢ₎ / (n Σ x): 0 =
// everybody has the same, (n − 1)/n = one has all. NaN for no values or a sum of 0.
func Gini(xs []float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	n := float64(len(s))
	var sum, ranked float64
	for i, x := range s {
		sum += x
		ranked += (2*float64(i+1) - n - 1) * x
	}
	return ranked / (n * sum)
}

// TopShare returns the part of Σ xs that the largest share p of the values hold,
// the last of them in proportion. NaN for no values or a sum of 0.
func TopShare(xs []float64, p float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	slices.Reverse(s)
	take := p * float64(len(s))
	var sum, top float64
	for i, x := range s {
		sum += x
		top += x * min(max(take-float64(i), 0), 1)
	}
	return top / sum
}
