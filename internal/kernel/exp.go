package kernel

import "math"

// Constants of Exp and of the logarithm, as the assembly has them: ln 2 in two parts,
// the first short enough that its products with exponents are exact; the number whose
// addition rounds to whole numbers.
const (
	expLn2Hi = 0x1.62e42fefa38p-1
	expLn2Lo = 0x1.ef35793c7673p-45
	expRound = 0x1.8p52
	expHigh  = 709.782712893384 // the largest x with a finite eˣ
	expLow   = -708             // eˣ of less is near the denormal numbers: it counts as 0

	logSqrtHalf = 0x3fe6a09e667f3bcd // bits of √½
	logShift    = 0x3ff0000000000000 - logSqrtHalf
)

// Taylor's coefficients of (eʳ−1−r)/r² and of log((1+s)/(1−s))/s − 2, over s².
var expSeries, logSeries = func() (e [12]float64, l [10]float64) {
	f := 2.0
	for n := range e {
		e[n] = 1 / f
		f *= float64(n + 3)
	}
	for n := range l {
		l[n] = 2 / float64(2*n+3)
	}
	return e, l
}()

// Exp writes eˣ of each value to dst, which may be x itself: within 1 unit in the
// last place for −708 ≤ x ≤ 709.78; 0 below, +Inf above, NaN of NaN.
//
// x = n·ln 2 + r with |r| ≤ ½·ln 2; eʳ by its Taylor series to r¹³, whose remainder is
// 4·10⁻¹⁸; the power of 2 goes into the exponent. The bits are the same at each level.
func Exp(dst, x []float64) {
	done := expSIMD(dst, x)
	for i, v := range x[done:] {
		dst[done+i] = expPlain(v)
	}
}

func expPlain(x float64) float64 {
	switch {
	case x != x:
		return x
	case x < expLow:
		return 0
	case x > expHigh:
		return math.Inf(1)
	}
	n := math.FMA(x, math.Log2E, expRound)
	shift := math.Float64bits(n) << 52
	n -= expRound
	r := math.FMA(-n, expLn2Lo, math.FMA(-n, expLn2Hi, x))
	q := expSeries[11]
	for k := 10; k >= 0; k-- {
		q = math.FMA(q, r, expSeries[k])
	}
	q = math.FMA(q, r*r, r) + 1
	return math.Float64frombits(math.Float64bits(q) + shift)
}

// logPlain is log x for finite x ≥ 1, within 1 unit in the last place:
// x = 2ᵉ·(1+f) with √½ ≤ 1+f < √2, and log(1+f) = 2·artanh s, s = f/(2+f), by the
// series of artanh to s²¹.
func logPlain(x float64) float64 {
	b := math.Float64bits(x) + logShift
	e := float64(int(b>>52) - 1023)
	f := math.Float64frombits(b&(1<<52-1)+logSqrtHalf) - 1
	s := f / (f + 2)
	z := s * s
	r := logSeries[9]
	for k := 8; k >= 0; k-- {
		r = math.FMA(r, z, logSeries[k])
	}
	r *= z
	h := 0.5 * f * f
	r = math.FMA(s, h+r, e*expLn2Lo)
	return math.FMA(e, expLn2Hi, f-(h-r))
}

// MixtureShares turns squared distances of m rows (a multiple of 8) from k components,
// q[c·m+i], into weighted posterior shares, in place. With lᵢ_c = offset[c] − ½·qᵢ_c,
// the logarithm of a component's weight times its density,
//
//	Lᵢ = log Σ_c exp lᵢ_c     q[c·m+i] ← w[i]·exp(lᵢ_c − Lᵢ)
//
// computed from the row's largest lᵢ_c, so that nothing overflows; shares below
// e⁻⁷⁰⁸ of the largest are 0. An offset may be −Inf, not all of them.
//
// Row i adds w[i]·Lᵢ to sums[i mod 8] and w[i] times the logarithm of the largest
// share's inverse to sums[8 + i mod 8].
func MixtureShares(q []float64, k, m int, offset, w []float64, sums *[16]float64) {
	if m&7 != 0 || len(q) < k*m || len(offset) < k || len(w) < m {
		panic("kernel: MixtureShares: sizes do not fit")
	}
	if m > 0 && !mixtureSharesSIMD(q, k, m, offset, w, sums) {
		mixtureSharesPlain(q, k, m, offset, w, sums)
	}
}

func mixtureSharesPlain(q []float64, k, m int, offset, w []float64, sums *[16]float64) {
	for i := range m {
		most := math.Inf(-1)
		for c := range k {
			l := offset[c] - 0.5*q[c*m+i] // the product is exact
			q[c*m+i] = l
			if l > most {
				most = l
			}
		}
		total := 0.0
		for c := range k {
			e := expPlain(q[c*m+i] - most)
			q[c*m+i] = e
			total += e
		}
		f := w[i] / total
		for c := range k {
			q[c*m+i] *= f
		}
		total = logPlain(total)
		sums[i&7] = math.FMA(w[i], most+total, sums[i&7])
		sums[8+i&7] = math.FMA(w[i], total, sums[8+i&7])
	}
}
