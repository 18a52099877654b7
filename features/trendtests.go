package features

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Trend is a robust straight line with an interval for its slope.
type Trend struct{ Slope, Intercept, Lo, Hi float64 }

// TheilSen returns the median of the slopes between all pairs of points with
// different x (Theil 1950; Sen 1968, doi:10.1080/01621459.1968.10480934), the
// intercept median(y) − slope·median(x), and Sen's confidence interval of the slope
// of level 1 − alpha, with both coordinates' ties in its variance: SciPy's
// theilslopes. NaN for fewer than two different x. It panics if the lengths differ.
// Cost: O(n² log n).
func TheilSen(x, y []float64, alpha float64) Trend {
	slopes := pairSlopes(x, y)
	if len(slopes) == 0 {
		nan := math.NaN()
		return Trend{nan, nan, nan, nan}
	}
	slices.Sort(slopes)
	t := Trend{Slope: Quantile(slopes, 0.5)}
	t.Intercept = median(slices.Clone(y)) - t.Slope*median(slices.Clone(x))
	n, pairs := float64(len(y)), float64(len(slopes))
	sigma := math.Sqrt((n*(n-1)*(2*n+5) - tieTerm(x) - tieTerm(y)) / 18)
	z := distuv.UnitNormal.Quantile(min(alpha, 1-alpha) / 2)
	last := len(slopes) - 1
	lo := max(int(math.RoundToEven((pairs+z*sigma)/2))-1, 0)
	hi := min(int(math.RoundToEven((pairs-z*sigma)/2)), last)
	t.Lo, t.Hi = slopes[min(lo, last)], slopes[max(hi, 0)]
	return t
}

// TheilSenSlope is TheilSen's slope alone.
func TheilSenSlope(x, y []float64) float64 {
	slopes := pairSlopes(x, y)
	if len(slopes) == 0 {
		return math.NaN()
	}
	return median(slopes)
}

func pairSlopes(x, y []float64) []float64 {
	if len(x) != len(y) {
		panic("features: x and y of different lengths")
	}
	var out []float64
	for i := range x {
		for j := range i {
			switch dx := x[i] - x[j]; {
			case dx > 0:
				out = append(out, (y[i]-y[j])/dx)
			case dx < 0:
				out = append(out, (y[j]-y[i])/-dx)
			}
		}
	}
	return out
}

// tieTerm is Σ t(t−1)(2t+5) over the groups of t equal values.
func tieTerm(xs []float64) float64 {
	sorted := slices.Sorted(slices.Values(xs))
	var s float64
	for lo := 0; lo < len(sorted); {
		hi := lo
		for hi < len(sorted) && sorted[hi] == sorted[lo] {
			hi++
		}
		t := float64(hi - lo)
		s += t * (t - 1) * (2*t + 5)
		lo = hi
	}
	return s
}

// MannKendallTest is the outcome of a test for a monotone trend: S counts the pairs
// that rise less those that fall; Z > 0 is a rise; P is two-sided.
type MannKendallTest struct{ S, Var, Z, P float64 }

// MannKendall tests a series, in order of time, for a monotone trend (Mann 1945,
// Kendall 1975), with the variance for ties and the correction for continuity:
//
//	Var S = (n(n−1)(2n+5) − Σ t(t−1)(2t+5))/18,  Z = (S − sign S)/√Var
//
// Z is 0 and P is 1 for a constant series. It takes the values to be independent;
// see MannKendallHamedRao. Cost: O(n²).
func MannKendall(y []float64) MannKendallTest {
	n := float64(len(y))
	t := MannKendallTest{Var: (n*(n-1)*(2*n+5) - tieTerm(y)) / 18}
	for i := range y {
		for _, x := range y[:i] {
			switch {
			case y[i] > x:
				t.S++
			case y[i] < x:
				t.S--
			}
		}
	}
	return t.scored()
}

// scored fills Z and P from S and Var.
func (t MannKendallTest) scored() MannKendallTest {
	t.Z, t.P = 0, 1
	if t.Var > 0 && t.S != 0 {
		t.Z = (t.S - math.Copysign(1, t.S)) / math.Sqrt(t.Var)
		t.P = 2 * distuv.UnitNormal.Survival(math.Abs(t.Z))
	}
	return t
}

// MannKendallHamedRao is MannKendall with the variance of an autocorrelated series
// (Hamed & Rao 1998, doi:10.1016/S0022-1694(97)00125-X):
//
//	Var* = Var·(1 + 2/(n(n−1)(n−2))·Σᵢ (n−i)(n−i−1)(n−i−2)·ρ(i))
//
// ρ(i) is the autocorrelation at lag i of the ranks of the series less its Theil–Sen
// line, where it is significant at 5 % (|ρ| > 1.96/√n). Without significant lags it
// is MannKendall; where the sum would make the variance 0 or less, the plain variance
// stands. Cost: O(n²).
func MannKendallHamedRao(y []float64) MannKendallTest {
	t := MannKendall(y)
	n := len(y)
	if n < 4 || t.Var == 0 {
		return t
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i)
	}
	slope := TheilSenSlope(x, y)
	flat := make([]float64, n)
	for i := range y {
		flat[i] = y[i] - slope*x[i]
	}
	r := midRanks(flat)
	mean := float64(n+1) / 2
	var square, sum float64
	for _, v := range r {
		square += (v - mean) * (v - mean)
	}
	if square == 0 {
		return t
	}
	for lag := 1; lag < n; lag++ {
		var c float64
		for i := lag; i < n; i++ {
			c += (r[i] - mean) * (r[i-lag] - mean)
		}
		if rho := c / square; math.Abs(rho) > 1.959963984540054/math.Sqrt(float64(n)) {
			sum += float64(n-lag) * float64(n-lag-1) * float64(n-lag-2) * rho
		}
	}
	m := float64(n)
	if v := t.Var * (1 + 2/(m*(m-1)*(m-2))*sum); v > 0 {
		t.Var = v
	}
	return t.scored()
}

// midRanks returns the ranks 1..n, tied values sharing their mean rank.
func midRanks(xs []float64) []float64 {
	order := make([]int, len(xs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case xs[a] < xs[b]:
			return -1
		case xs[a] > xs[b]:
			return 1
		}
		return a - b
	})
	out := make([]float64, len(xs))
	for lo := 0; lo < len(order); {
		hi := lo
		for hi < len(order) && xs[order[hi]] == xs[order[lo]] {
			hi++
		}
		for _, i := range order[lo:hi] {
			out[i] = float64(lo+hi+1) / 2
		}
		lo = hi
	}
	return out
}
