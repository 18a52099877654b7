package features

import "math"

// RevealedPreference returns the revealed preference index of each attribute a,
//
//	RPIₐ = (sₐ + m·qₐ)/(S + m)/qₐ,
//
// how many times more of a customer's spend went to a than was on offer: sₐ is the
// spend on a, S all of the spend (attributes left out of s included), q the shares
// of the choice set (what the population spent on, or what was offered), m the
// weight of the choice set in the unit of s. 1 = as offered; an attribute that was
// not on offer (q = 0) has none: NaN. Cost: O(attributes).
func RevealedPreference(s, q []float64, total, m float64) []float64 {
	out := make([]float64, len(s))
	for a := range s {
		out[a] = math.NaN()
		if q[a] > 0 && total+m > 0 {
			out[a] = (s[a] + m*q[a]) / (total + m) / q[a]
		}
	}
	return out
}
