package eval

import (
	"encoding/json"
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// Friedman is a comparison of k methods on N data sets by their ranks, as Demšar
// (2006, JMLR 7:1–30, §3.2.2) recommends it: do the methods differ at all, and if so
// by how much must two average ranks differ to say that these two do.
type Friedman struct {
	N int // data sets
	K int // methods
	// Ranks are the average ranks Rⱼ: 1 is the best, ties share the mean of their ranks.
	Ranks []float64
	// Chi2 is Friedman's χ²_F on k − 1 degrees of freedom, P its upper tail; NaN where
	// every data set rates all methods alike.
	Chi2, P float64
	// F is Iman & Davenport's F_F on k − 1 and (k − 1)(N − 1) degrees of freedom, FP its
	// upper tail. Less conservative than χ²_F, which is the one to report for small N
	// and k. +Inf where all data sets rank the methods alike.
	F, FP float64
}

// NewFriedman compares methods by their scores: scores[i][j] is what method j got on
// data set i. better says which direction is good, +1 larger, −1 smaller, as
// Range.Better does. With ranks r and T = Σ(t³ − t) over the groups of t tied scores of
// each data set,
//
//	χ²_F = 12N/(k(k+1)) · [Σ Rⱼ² − k(k+1)²/4] / (1 − T/(N(k³ − k)))
//	F_F  = (N − 1)·χ²_F / (N(k − 1) − χ²_F)
//
// Demšar's formula has no division by the share of untied ranks: without ties it is 1.
// It needs two data sets and two methods (χ² is an approximation; he asks for N > 10
// and k > 5). A score that is NaN is an error: leave out the data set, or give the
// method the worst score there. Cost: O(N·k log k).
// Source: Friedman 1937, doi:10.1080/01621459.1937.10503522; Iman & Davenport 1980,
// doi:10.1080/03610928008827904.
func NewFriedman(scores [][]float64, better int) (Friedman, error) {
	if len(scores) < 2 || len(scores[0]) < 2 {
		return Friedman{}, fmt.Errorf("friedman: it takes two data sets and two methods; the table of scores is smaller")
	}
	if better != 1 && better != -1 {
		return Friedman{}, fmt.Errorf("friedman: better = %d: give 1 (larger is better) or -1 (smaller is better)", better)
	}
	n, k := len(scores), len(scores[0])
	f := Friedman{N: n, K: k, Ranks: make([]float64, k)}
	row := make([]float64, k)
	var tied float64
	for i, s := range scores {
		if len(s) != k {
			return Friedman{}, fmt.Errorf("friedman: data set %d has %d scores, the first %d: give every method one on each", i, len(s), k)
		}
		for j, x := range s {
			if math.IsNaN(x) {
				return Friedman{}, fmt.Errorf("friedman: method %d has no score on data set %d: leave the data set out, or give the worst score", j, i)
			}
			row[j] = -float64(better) * x // the best comes first
		}
		o := newRankOrder(row)
		tied += friedmanRanks(o, f.Ranks)
	}
	for j := range f.Ranks {
		f.Ranks[j] /= float64(n)
	}
	f.test(1 - tied/(float64(n)*float64(k*k*k-k)))
	return f, nil
}

// FriedmanOfRanks is the comparison from average ranks over n data sets that somebody
// printed; ties inside them are not known, and not corrected for.
func FriedmanOfRanks(ranks []float64, n int) (Friedman, error) {
	k := len(ranks)
	if n < 2 || k < 2 {
		return Friedman{}, fmt.Errorf("friedman: %d data sets and %d methods: it takes two of each", n, k)
	}
	var sum float64
	for j, r := range ranks {
		if !(r >= 1 && r <= float64(k)) {
			return Friedman{}, fmt.Errorf("friedman: method %d has average rank %g: ranks of %d methods are 1 to %d", j, r, k, k)
		}
		sum += r
	}
	// Printed ranks are rounded; three digits of each are enough for the mean.
	if mean := float64(k+1) / 2; math.Abs(sum/float64(k)-mean) > 0.01 {
		return Friedman{}, fmt.Errorf("friedman: the average ranks have mean %g, and those of %d methods %g", sum/float64(k), k, mean)
	}
	f := Friedman{N: n, K: k, Ranks: append([]float64(nil), ranks...)}
	f.test(1)
	return f, nil
}

// friedmanRanks adds the mid-ranks of one data set to sum and returns Σ(t³ − t).
func friedmanRanks(o rankOrder, sum []float64) (tied float64) {
	first := 0
	for i, row := range o {
		if row&1 == 0 {
			continue
		}
		t := float64(i + 1 - first)
		tied += t*t*t - t
		mid := float64(first+1+i+1) / 2
		for ; first <= i; first++ {
			sum[o[first]>>1] += mid
		}
	}
	return tied
}

// test fills in the statistics; untied is the divisor for ties.
func (f *Friedman) test(untied float64) {
	n, k := float64(f.N), float64(f.K)
	var s float64
	for _, r := range f.Ranks {
		d := r - (k+1)/2 // the same sum as in the formula, without its cancellation
		s += d * d
	}
	if untied <= 0 { // all tied everywhere: 0/0
		f.Chi2, f.P, f.F, f.FP = math.NaN(), math.NaN(), math.NaN(), math.NaN()
		return
	}
	most := n * (k - 1)
	f.Chi2 = 12 * n / (k * (k + 1)) * s / untied
	if f.Chi2 > most*(1-1e-12) { // rounding must not make agreement more than perfect
		f.Chi2, f.F, f.FP = most, math.Inf(1), 0
	} else {
		f.F = (n - 1) * f.Chi2 / (most - f.Chi2)
		f.FP = distuv.F{D1: k - 1, D2: (k - 1) * (n - 1)}.Survival(f.F)
	}
	f.P = distuv.ChiSquared{K: k - 1}.Survival(f.Chi2)
}

// CriticalDifference is Nemenyi's: two methods differ at level alpha (.05, .10) where
// their average ranks are further apart than
//
//	CD = q_α·√(k(k+1)/(6N))
//
// whatever the number of pairs that are compared. q_α is NemenyiQ.
func (f Friedman) CriticalDifference(alpha float64) float64 {
	return NemenyiQ(f.K, alpha) * f.se()
}

// PairP is the p-value of Nemenyi's test for methods i and j: 1 − P(Q ≤ √2·|Rᵢ − Rⱼ|/
// √(k(k+1)/(6N))), Q the studentized range. Below alpha exactly where the ranks are
// further apart than the critical difference.
func (f Friedman) PairP(i, j int) float64 {
	return studentizedRangeTail(f.K, math.Sqrt2*math.Abs(f.Ranks[i]-f.Ranks[j])/f.se())
}

func (f Friedman) se() float64 {
	return math.Sqrt(float64(f.K*(f.K+1)) / float64(6*f.N))
}

// MarshalJSON writes null for what is undefined or infinite.
func (f Friedman) MarshalJSON() ([]byte, error) {
	finite := func(x float64) *float64 {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		return &x
	}
	return json.Marshal(map[string]any{
		"n": f.N, "k": f.K, "ranks": f.Ranks,
		"chi2": finite(f.Chi2), "p": finite(f.P), "f": finite(f.F), "f_p": finite(f.FP),
	})
}

// NemenyiQ is q_α of Nemenyi's test for k methods: the upper α quantile of the
// studentized range of k standard normals (infinitely many degrees of freedom) over
// √2, to about 1e-9. NaN for k < 2 or alpha outside (0, 1). Demšar 2006, table 5a,
// prints it for k = 2 to 10. Cost: some 40 quadratures, 6 ms.
func NemenyiQ(k int, alpha float64) float64 {
	if k < 2 || !(alpha > 0 && alpha < 1) {
		return math.NaN()
	}
	lo, hi := 0.0, 1.0
	for studentizedRangeTail(k, hi) > alpha && hi < 64 { // no tail is left beyond
		hi *= 2
	}
	for hi-lo > 1e-11*hi {
		mid := (lo + hi) / 2
		if studentizedRangeTail(k, mid) > alpha {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2 / math.Sqrt2
}

// studentizedRangeTail is P(Q > q) of the range Q of k standard normals:
//
//	1 − k ∫ φ(z)·[Φ(z) − Φ(z − q)]ᵏ⁻¹ dz
//
// z being the largest. Taken as k ∫ φ(z)·(Φ(z)ᵏ⁻¹ − [Φ(z) − Φ(z − q)]ᵏ⁻¹) dz, so that a
// small tail keeps its digits. The integrand is smooth and below 1e-18 outside ±9 and
// q + 9; 64 Gauss points on pieces of length 3 are exact to rounding.
func studentizedRangeTail(k int, q float64) float64 {
	if q <= 0 {
		return 1
	}
	n := distuv.UnitNormal
	f := func(z float64) float64 {
		below := n.CDF(z) // all of the others are less than the largest
		out := n.CDF(z - q)
		// bᵏ⁻¹ − (b − o)ᵏ⁻¹, where o may be far below the rounding of b
		if below <= 0 {
			return 0
		}
		gap := math.Pow(below, float64(k-1)) * -math.Expm1(float64(k-1)*math.Log1p(-min(out/below, 1)))
		return n.Prob(z) * gap
	}
	var p float64
	const lo, hi, step = -9.0, 9.0, 3.0
	for a := lo; a < hi; a += step {
		p += quad.Fixed(f, a, a+step, 64, quad.Legendre{}, 0)
	}
	return min(float64(k)*p, 1)
}
