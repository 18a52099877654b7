package features

import "math"

// Circle collects directions: angles in radians, each with a weight. The zero
// value has none.
type Circle struct{ N, C, S float64 } // Σ w, Σ w·cos θ, Σ w·sin θ

// Add adds an angle.
func (c *Circle) Add(angle, weight float64) {
	sin, cos := math.Sincos(angle)
	c.N += weight
	c.C += weight * cos
	c.S += weight * sin
}

// R returns the mean resultant length, in [0, 1]: 1 = all in one direction.
func (c *Circle) R() float64 { return math.Hypot(c.C, c.S) / c.N }

// Mean returns the mean direction in [0, 2π).
func (c *Circle) Mean() float64 {
	a := math.Atan2(c.S, c.C)
	if a < 0 {
		a += 2 * math.Pi
	}
	return a
}

// SD returns the circular standard deviation √(−2 ln R), in radians; the other
// definition in use, √(2(1 − R)), is the angular deviation.
func (c *Circle) SD() float64 { return math.Sqrt(-2 * math.Log(min(c.R(), 1))) }

// DebiasedR returns R*, R*² = (nR² − 1)/(n − 1), not below 0: R² of n directions
// without any preference is 1/n, that of R*² is 0. For unit weights; NaN for n < 2.
func (c *Circle) DebiasedR() float64 {
	if c.N < 2 {
		return math.NaN()
	}
	r := c.R()
	return math.Sqrt(max((c.N*r*r-1)/(c.N-1), 0))
}

// Pair returns (R* cos μ, R* sin μ): a point of the unit disc in the mean
// direction, near the centre where preference is weak or chance could make it.
func (c *Circle) Pair() (cos, sin float64) {
	r, h := c.DebiasedR(), math.Hypot(c.C, c.S)
	if h == 0 {
		return 0 * r, 0 * r // NaN stays NaN
	}
	return r * c.C / h, r * c.S / h
}

// CircularMoment returns the p-th trigonometric moment about 0, as direction in
// [0, 2π) and length: the second tells a habit with two opposite peaks.
func CircularMoment(angles []float64, p int) (direction, length float64) {
	var c Circle
	for _, a := range angles {
		c.Add(float64(p)*a, 1)
	}
	return c.Mean(), c.R()
}

// Rayleigh returns the p-value of the test of uniformity against one preferred
// direction, for n directions of mean resultant length r: z = nr²,
//
//	p = e^−z (1 + (2z − z²)/(4n) − (24z − 132z² + 76z³ − 9z⁴)/(288n²))
//
// (Mardia & Jupp 2000, Directional Statistics, 6.3.1).
func Rayleigh(n, r float64) float64 {
	z := n * r * r
	p := math.Exp(-z) * (1 + (2*z-z*z)/(4*n) - (24*z-132*z*z+76*z*z*z-9*z*z*z*z)/(288*n*n))
	return min(max(p, 0), 1)
}

// KappaMLE returns the maximum likelihood concentration of a von Mises
// distribution: the exact root of I₁(κ)/I₀(κ) = r. CircStats and astropy return
// the approximation KappaFisher. +Inf for r ≥ 1.
func KappaMLE(r float64) float64 {
	switch {
	case r <= 0:
		return 0
	case r >= 1:
		return math.Inf(1)
	}
	lo, hi := 0.0, 1.0
	for besselRatio(hi) < r {
		hi *= 2
	}
	for range 200 {
		mid := (lo + hi) / 2
		if mid == lo || mid == hi {
			break
		}
		if besselRatio(mid) < r {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// besselRatio returns I₁(x)/I₀(x) by its continued fraction, x/(2 + x²/(4 + …)),
// from far enough down that what is left out is below rounding; for large x by
// its asymptotic series.
func besselRatio(x float64) float64 {
	if x > 1e4 {
		return 1 - 1/(2*x) - 1/(8*x*x) - 1/(8*x*x*x)
	}
	var t float64
	for k := int(x) + 60; k >= 1; k-- {
		t = x / (2*float64(k) + x*t)
	}
	return t
}

// KappaFisher returns the approximation of Best & Fisher (1981,
// doi:10.1080/03610918108812225) to KappaMLE.
func KappaFisher(r float64) float64 {
	switch {
	case r < 0.53:
		return 2*r + r*r*r + 5*math.Pow(r, 5)/6
	case r < 0.85:
		return -0.4 + 1.39*r + 0.43/(1-r)
	}
	return 1 / (r*r*r - 4*r*r + 3*r)
}

// KappaSmall corrects a maximum likelihood concentration for n < 15 directions, from
// which it comes out too large (Best & Fisher 1981; Fisher 1993, Statistical Analysis
// of Circular Data, p. 88):
//
//	κ < 2:  max(κ − 2/(nκ), 0)      κ ≥ 2:  (n − 1)³κ/(n³ + n)
//
// and returns it as it is for n ≥ 15.
func KappaSmall(kappa, n float64) float64 {
	switch {
	case n >= 15 || kappa <= 0:
		return kappa
	case kappa < 2:
		return max(kappa-2/(n*kappa), 0)
	}
	return (n - 1) * (n - 1) * (n - 1) * kappa / (n*n*n + n)
}
