package eval

import (
	"cmp"
	"math"
	"slices"
)

// Holm returns the p-values adjusted so that, of all tests together, a true hypothesis is
// rejected with probability α at most: of m tests with the ordered p₍₁₎ ≤ … ≤ p₍ₘ₎,
//
//	q₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1)·p₍ⱼ₎)
//
// whatever the tests' dependence; q ≤ α is a rejection. A NaN is a test that could not be
// made: it stays NaN and is not counted in m. p is not changed. Cost: O(m log m).
// Source: Holm 1979, Scandinavian Journal of Statistics 6:65–70,
// https://www.jstor.org/stable/4615733.
func Holm(p []float64) []float64 {
	var at []int
	out := slices.Clone(p)
	for i, x := range p {
		if !math.IsNaN(x) {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	var most float64
	for j, i := range at {
		most = max(most, min(1, float64(len(at)-j)*p[i]))
		out[i] = most
	}
	return out
}
