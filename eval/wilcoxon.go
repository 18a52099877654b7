package eval

import (
	"fmt"
	"math"
	"slices"
)

// Zeros says what Wilcoxon's signed-rank test does with pairs that do not differ.
type Zeros string

// The ways with zeros.
const (
	// ZerosPratt ranks them with the others and then leaves them out, so that they push
	// the other ranks up: a tie is evidence for no difference (Pratt 1959,
	// doi:10.1080/01621459.1959.10501526).
	ZerosPratt Zeros = "pratt"
	// ZerosWilcox leaves them out before ranking, as Wilcoxon did.
	ZerosWilcox Zeros = "wilcox"
	// ZerosSplit ranks them and gives half of their ranks to each side, as Demšar (2006,
	// §3.1.3) does. The p-value is ZerosPratt's: their signs are nobody's.
	ZerosSplit Zeros = "split"
)

// WilcoxonExact is the number of differing pairs up to which the p-value is exact.
// Counts of 2⁵⁰ sign patterns are whole numbers in float64, and SciPy changes there too.
const WilcoxonExact = 50

// SignedRank is Wilcoxon's signed-rank test of two methods over N data sets.
type SignedRank struct {
	N     int     `json:"n"`
	Zero  int     `json:"zero"`  // data sets on which the two are equal
	Plus  float64 `json:"plus"`  // R⁺: ranks of the data sets on which the first has more
	Minus float64 `json:"minus"` // R⁻
	Z     float64 `json:"z"`     // (R⁺ − R⁻)/√Σr²; 0 where all are equal
	P     float64 `json:"p"`     // two-sided; 1 where all are equal
	Exact bool    `json:"exact"`
}

// WilcoxonSignedRank tests whether x and y, scores of two methods on the same data sets,
// differ by as much up as down. |x − y| is ranked, ties sharing the mean rank, R⁺ is the
// sum of the ranks r where x > y and R⁻ that where x < y. If signs are coins,
//
//	P = 2·P(R ≤ min(R⁺, R⁻)),    E R = Σr/2,    var R = Σr²/4
//
// given the ranks of the pairs that differ: with ties and zeros too it is exact up to
// WilcoxonExact differing pairs, counted over all 2ᵐ signs. Beyond, it is the normal's
// tail, with no correction for continuity; given the ranks, the variance needs none for
// ties and zeros.
//
// Differences are rounded to twelve digits of the largest score, or .3 − .2 and .2 − .1
// would not be tied. Scores that are NaN or infinite are an error. Cost: O(m³) up to
// m = WilcoxonExact, O(m log m) beyond.
// Source: Wilcoxon 1945, doi:10.2307/3001968; Demšar 2006, JMLR 7:1–30, §3.1.3.
func WilcoxonSignedRank(x, y []float64, zeros Zeros) (SignedRank, error) {
	if len(x) != len(y) || len(x) == 0 {
		return SignedRank{}, fmt.Errorf("wilcoxon: %d scores and %d: give both methods one on each of one data set or more", len(x), len(y))
	}
	if zeros != ZerosPratt && zeros != ZerosWilcox && zeros != ZerosSplit {
		return SignedRank{}, fmt.Errorf("wilcoxon: zeros = %q: %s, %s or %s", zeros, ZerosPratt, ZerosWilcox, ZerosSplit)
	}
	var size float64
	for i := range x {
		size = max(size, math.Abs(x[i]), math.Abs(y[i]))
		if d := x[i] - y[i]; math.IsNaN(d) || math.IsInf(d, 0) {
			return SignedRank{}, fmt.Errorf("wilcoxon: scores %g and %g on data set %d: leave the data set out, or give the worst score", x[i], y[i], i)
		}
	}
	s := SignedRank{N: len(x)}
	unit := math.Ldexp(1, -40) * size // 2⁻⁴⁰ ≈ 1e-12
	diff := make([]float64, len(x))
	for i := range x {
		if size > 0 {
			diff[i] = math.Round((x[i] - y[i]) / unit)
		}
		if diff[i] == 0 {
			s.Zero++
		}
	}
	if zeros == ZerosWilcox {
		diff = slices.DeleteFunc(diff, func(d float64) bool { return d == 0 })
	}
	twice, up := signedRanks(diff)
	if zeros == ZerosSplit {
		half := float64(s.Zero*(s.Zero+1)) / 4
		s.Plus, s.Minus = half, half
	}
	var plus, minus int
	var squares float64
	for i, r := range twice {
		squares += float64(r) * float64(r) / 4
		if up[i] {
			plus += r
		} else {
			minus += r
		}
	}
	s.Plus, s.Minus = s.Plus+float64(plus)/2, s.Minus+float64(minus)/2
	s.P = 1
	if len(twice) > 0 {
		s.Z = float64(plus-minus) / 2 / math.Sqrt(squares)
	}
	if s.Exact = len(twice) <= WilcoxonExact; s.Exact {
		s.P = min(1, 2*signsBelow(twice, min(plus, minus)))
	} else {
		s.P = math.Erfc(math.Abs(s.Z) / math.Sqrt2)
	}
	return s, nil
}

// signedRanks returns twice the mid-ranks of |d| where d is not 0, whole numbers, and
// whether d is above it.
func signedRanks(d []float64) (twice []int, up []bool) {
	size := make([]float64, len(d))
	for i, x := range d {
		size[i] = math.Abs(x)
	}
	first := 0
	o := newRankOrder(size)
	for i, row := range o {
		if row&1 == 0 {
			continue
		}
		for _, r := range o[first : i+1] {
			if d[r>>1] != 0 {
				twice = append(twice, first+1+i+1)
				up = append(up, d[r>>1] > 0)
			}
		}
		first = i + 1
	}
	return twice, up
}

// signsBelow is the share of all 2ᵐ ways to pick among the ranks whose sum is at most
// limit.
func signsBelow(ranks []int, limit int) float64 {
	ways := make([]float64, limit+1)
	ways[0] = 1
	reach := 0 // the largest sum so far
	for _, r := range ranks {
		reach = min(reach+r, limit)
		for s := reach; s >= r; s-- {
			ways[s] += ways[s-r]
		}
	}
	var sum float64
	for _, w := range ways {
		sum += w
	}
	return math.Ldexp(sum, -len(ranks))
}
