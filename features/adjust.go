package features

import (
	"math"
	"slices"
)

// BenjaminiHochberg returns the p-values adjusted for the false discovery rate: of m
// tests with the ordered p₍₁₎ ≤ … ≤ p₍ₘ₎,
//
//	q₍ᵢ₎ = min over j ≥ i of min(1, m·p₍ⱼ₎/j)
//
// so that calling every test with q ≤ α a discovery makes at most a share α of false
// ones on average, for independent or positively dependent tests. A NaN is a test
// that could not be made: it stays NaN and is not counted in m. p is not changed.
// Cost: O(m log m). Benjamini & Hochberg 1995, Journal of the Royal Statistical
// Society B 57, pp. 289–300, doi:10.1111/j.2517-6161.1995.tb02031.x.
func BenjaminiHochberg(p []float64) []float64 {
	var at []int
	out := make([]float64, len(p))
	for i, x := range p {
		out[i] = x
		if !math.IsNaN(x) {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	least := 1.0
	m := float64(len(at))
	for j := len(at) - 1; j >= 0; j-- {
		least = min(least, p[at[j]]*(m/float64(j+1)))
		out[at[j]] = least
	}
	return out
}
