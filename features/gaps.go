package features

import (
	"math"

	"gonum.org/v1/gonum/mathext"

	"github.com/mores-lab/mores/datasets"
)

// shapeCap is the largest regularity k that is told apart from clockwork: equal
// gaps have k = ∞, and no habit measured in days is known better than k = 50.
const shapeCap = 50

// Gaps returns the days between purchase occasions, in order: all ≥ 1.
func Gaps(occ []datasets.Occasion) []float64 {
	if len(occ) < 2 {
		return nil
	}
	out := make([]float64, len(occ)-1)
	for i := range out {
		out[i] = float64(occ[i+1].Day - occ[i].Day)
	}
	return out
}

// LogSpread returns s = ln ḡ − mean ln g, which is 0 for equal gaps and grows as
// they scatter: what gamma shapes are estimated from. NaN for no gaps.
func LogSpread(gaps []float64) float64 {
	var sum, logs float64
	for _, g := range gaps {
		sum += g
		logs += math.Log(g)
	}
	n := float64(len(gaps))
	return max(math.Log(sum/n)-logs/n, 0)
}

// shapeGap is φ(k) = ln k − ψ(k): positive, falling from ∞ to 0.
func shapeGap(k float64) float64 {
	if k > 1e6 { // ln k − ψ(k) cancels; its series does not
		return 1/(2*k) + 1/(12*k*k)
	}
	return math.Log(k) - mathext.Digamma(k)
}

// ShapeMLE returns the maximum likelihood shape k of gamma gaps: ln k − ψ(k) = s.
// k = 1 is Poisson, larger is more regular. Capped at 50.
func ShapeMLE(s float64) float64 {
	return shapeRoot(func(k float64) float64 { return shapeGap(k) - s })
}

// shapeRoot finds the root in [1e-3, 50] of a function that falls, on a log scale to
// the last bits, by Brent's method (1973, Algorithms for Minimization without
// Derivatives, ch. 4): some ten evaluations where bisection takes fifty. The ends stand
// for what lies outside.
func shapeRoot(f func(k float64) float64) float64 {
	a, b := math.Log(1e-3), math.Log(shapeCap)
	fa, fb := f(1e-3), f(shapeCap)
	if fb >= 0 {
		return shapeCap
	}
	if fa <= 0 {
		return 1e-3
	}
	c, fc := a, fa
	d := b - a
	e := d
	for range 100 {
		if math.Abs(fc) < math.Abs(fb) { // b is the best so far
			a, b, c = b, c, b
			fa, fb, fc = fb, fc, fb
		}
		tol := 2 * 0x1p-52 * max(math.Abs(b), 0.1)
		half := (c - b) / 2
		if math.Abs(half) <= tol || fb == 0 {
			break
		}
		if math.Abs(e) >= tol && math.Abs(fa) > math.Abs(fb) {
			var p, q float64
			r := fb / fa
			if a == c { // secant
				p, q = 2*half*r, 1-r
			} else { // inverse quadratic
				s, t := fa/fc, fb/fc
				p = r * (2*half*s*(s-t) - (b-a)*(t-1))
				q = (s - 1) * (t - 1) * (r - 1)
			}
			if p > 0 {
				q = -q
			} else {
				p = -p
			}
			if 2*p < min(3*half*q-math.Abs(tol*q), math.Abs(e*q)) {
				e, d = d, p/q
			} else {
				d, e = half, half
			}
		} else {
			d, e = half, half
		}
		a, fa = b, fb
		if math.Abs(d) > tol {
			b += d
		} else {
			b += math.Copysign(tol, half)
		}
		fb = f(math.Exp(b))
		if (fb > 0) == (fc > 0) {
			c, fc = a, fa
			d = b - a
			e = d
		}
	}
	return math.Exp(b)
}

// ShapeMinka returns Minka's closed form of k. Capped at 50.
func ShapeMinka(s float64) float64 {
	return min((3-s+math.Sqrt((s-3)*(s-3)+24*s))/(12*s), shapeCap)
}

// ShapeThom returns Thom's closed form of k (1958). Capped at 50.
func ShapeThom(s float64) float64 {
	return min((1+math.Sqrt(1+4*s/3))/(4*s), shapeCap)
}

// ShapeMoment returns k = 1/CV², with the sample standard deviation (divisor
// n − 1). Capped at 50; NaN for fewer than two gaps.
func ShapeMoment(gaps []float64) float64 {
	mean, sd := meanSD(gaps, 1)
	return min(mean*mean/(sd*sd), shapeCap)
}

// ShapeShrunk returns the regularity of a customer with n gaps of log spread s,
// drawn towards the population's shape k₀ with the weight of m gaps: the root of
//
//	n·(φ(k) − φ(nk) − s) + m·(φ(k) − φ(k₀)) = 0,  φ(z) = ln z − ψ(z).
//
// The first bracket is the likelihood of the gaps given their sum, so a customer
// with two gaps is not taken for regular because two gaps cannot scatter much:
// the plain estimate is n/(n − 3) too large. One gap tells nothing: k = k₀.
func ShapeShrunk(n int, s, k0, m float64) float64 {
	f, prior := float64(n), shapeGap(k0)
	return shapeRoot(func(k float64) float64 {
		return f*(shapeGap(k)-shapeGap(f*k)-s) + m*(shapeGap(k)-prior)
	})
}

// WheatMorrison returns the population's regularity from M = g₁/(g₁ + g₂) of each
// customer's last two gaps: k = (1 − 4V)/(8V), V the second moment of M about 1/2,
// which, unlike a variance, does not depend on which gap is called the first.
// (Wheat & Morrison 1990, Journal of Marketing Research 27, pp. 87–93.)
func WheatMorrison(m []float64) float64 {
	var v float64
	for _, x := range m {
		v += (x - 0.5) * (x - 0.5)
	}
	v /= float64(len(m))
	return (1 - 4*v) / (8 * v)
}

// WheatMorrisonOrdered returns the same from the variance of M about its own mean, as
// the paper has it: k = (1 − 4V)/(8V). The earlier gap must be g₁; where later gaps tend
// to be longer (or are cut off by the end of the log) the mean of M is not 1/2, and this
// k is too large. The variance has the divisor n − 1. NaN for fewer than two.
func WheatMorrisonOrdered(m []float64) float64 {
	_, sd := meanSD(m, 1)
	return (1 - 4*sd*sd) / (8 * sd * sd)
}

// Burstiness returns B = (σ − μ)/(σ + μ) of the gaps, with the population standard
// deviation: −1 regular, 0 Poisson, towards 1 bursty (Goh & Barabási 2008,
// doi:10.1209/0295-5075/81/48002). NaN for no gaps.
func Burstiness(gaps []float64) float64 {
	mean, sd := meanSD(gaps, 0)
	return (sd - mean) / (sd + mean)
}

// BurstinessCorrected returns A, which corrects B for few gaps (Kim & Jo 2016,
// doi:10.1103/PhysRevE.94.032311): with r = σ/μ and n gaps,
//
//	A = (√(n+1)·r − √(n−1)) / ((√(n+1) − 2)·r + √(n−1))
//
// −1 for equal gaps, 0 expected for Poisson, 1 for the burstiest n gaps can be.
// NaN for fewer than two gaps.
func BurstinessCorrected(gaps []float64) float64 {
	if len(gaps) < 2 {
		return math.NaN()
	}
	mean, sd := meanSD(gaps, 0)
	return burstinessOf(float64(len(gaps)), sd/mean)
}

func burstinessOf(n, r float64) float64 {
	a, b := math.Sqrt(n+1), math.Sqrt(n-1)
	return (a*r - b) / ((a-2)*r + b)
}

// Memory returns the correlation of each gap with the next one: positive where
// short gaps follow short ones. NaN for fewer than four gaps or equal gaps.
func Memory(gaps []float64) float64 {
	if len(gaps) < 4 {
		return math.NaN()
	}
	a, b := gaps[:len(gaps)-1], gaps[1:]
	ma, sa := meanSD(a, 0)
	mb, sb := meanSD(b, 0)
	if sa == 0 || sb == 0 {
		return math.NaN()
	}
	var s float64
	for i := range a {
		s += (a[i] - ma) * (b[i] - mb)
	}
	return s / float64(len(a)) / (sa * sb)
}

// meanSD returns mean and standard deviation with divisor n − ddof.
func meanSD(xs []float64, ddof int) (mean, sd float64) {
	n := float64(len(xs))
	for _, x := range xs {
		mean += x
	}
	mean /= n
	for _, x := range xs {
		sd += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(sd / (n - float64(ddof)))
}
