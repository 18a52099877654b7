package features

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Wilson returns the score interval of a proportion, of successes in n trials, that
// covers it with probability level (0.95, say): with p̂ = successes/n and z the
// normal quantile at (1 + level)/2,
//
//	(p̂ + z²/2n ± z·√(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n).
//
// It stays inside [0, 1] and is not empty at 0 or n successes. Both are NaN for no
// trials. It panics unless 0 ≤ successes ≤ n and 0 < level < 1.
// (Wilson 1927, doi:10.1080/01621459.1927.10502953.)
func Wilson(successes, n int, level float64) (lo, hi float64) {
	if successes < 0 || successes > n || !(level > 0 && level < 1) {
		panic("features: Wilson needs 0 ≤ successes ≤ n and 0 < level < 1")
	}
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	z := mathext.NormalQuantile((1 + level) / 2)
	m := float64(n)
	p := float64(successes) / m
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m)) / (1 + z*z/m)
	lo, hi = max(mid-half, 0), min(mid+half, 1)
	// Exactly 0 and 1 at the ends, where rounding leaves a hair.
	if successes == 0 {
		lo = 0
	}
	if successes == n {
		hi = 1
	}
	return lo, hi
}
