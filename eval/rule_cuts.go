package eval

import (
	"math"
	"slices"
	"sort"
	"strconv"
)

// ruleOwn are the shares of the segment's rows at whose quantiles a column may be cut: a
// segment is told by where it ends. 0 is below its least.
var ruleOwn = [...]float64{0, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 1}

// ruleSlack is the share of the segment's rows, and as many others, that a cut may be
// moved across to become a round number.
const ruleSlack = 0.005

// ruleCuts returns where a column may be cut, ascending and readable: at or near
// quantiles of own (the segment's values) and of other, both sorted and without missing
// values. Each leaves a value on either side: x ≤ cut and x > cut. scale is what one of
// the samples of other stands for, in samples of own.
func ruleCuts(own, other []float64, whole bool, others int, scale float64) []float64 {
	if len(own) == 0 || len(other) == 0 {
		return nil // a value is missing on one side altogether
	}
	var at []float64
	for _, p := range ruleOwn {
		if p == 0 {
			if i, _ := slices.BinarySearch(other, own[0]); i > 0 {
				at = append(at, other[i-1])
			}
			continue
		}
		at = append(at, own[max(0, int(math.Round(p*float64(len(own))))-1)])
	}
	for i := range others {
		p := float64(i+1) / float64(others+1)
		at = append(at, other[max(0, int(math.Round(p*float64(len(other))))-1)])
	}
	top := max(own[len(own)-1], other[len(other)-1])
	slackOwn := int(ruleSlack * float64(len(own)))
	slackOther := int(ruleSlack * min(float64(len(other)), float64(len(own))/scale))
	var out []float64
	for _, t := range at {
		if t >= top || math.IsInf(t, 0) {
			continue
		}
		// A short number between two values, else one that takes a few values across,
		// else a longer one, as long as it takes.
		c, ok := 0.0, false
		for try := 0; try < 10 && !ok; try++ {
			digits, slack := 2+try/2, try%2
			if digits > 3 {
				digits, slack = try, 0
			}
			lo1, hi1 := ruleLeeway(own, t, slack*slackOwn)
			lo2, hi2 := ruleLeeway(other, t, slack*slackOther)
			c, ok = ruleRound(min(t, max(lo1, lo2)), min(hi1, hi2), whole, digits)
		}
		if !ok {
			c = t
		}
		if c < top {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ruleLeeway returns the bounds lo ≤ c < hi within which a cut at t may be moved without
// taking more than that many values across.
func ruleLeeway(sorted []float64, t float64, values int) (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	i := sort.Search(len(sorted), func(i int) bool { return sorted[i] > t })
	if i-1-values >= 0 {
		lo = sorted[i-1-values]
	}
	if i+values < len(sorted) {
		hi = sorted[i+values]
	}
	return lo, hi
}

// ruleRound returns the multiple of the greatest step 1, 2 or 5 times a power of ten in
// [lo, hi), the nearest to the middle, if it has no more significant digits.
func ruleRound(lo, hi float64, whole bool, digits int) (float64, bool) {
	if math.IsInf(lo, 0) || math.IsInf(hi, 0) || !(hi > lo) {
		return 0, false
	}
	if lo <= 0 && hi > 0 {
		return 0, true
	}
	middle := lo/2 + hi/2
	for e := int(math.Ceil(math.Log10(max(math.Abs(lo), math.Abs(hi))))); e > -300 && !(whole && e < 0); e-- {
		for _, m := range [...]float64{5, 2, 1} {
			step := m * math.Pow10(e)
			if math.Abs(middle)/math.Pow10(e) >= math.Pow10(digits) {
				return 0, false
			}
			for _, q := range [...]float64{math.Round(middle / step), math.Floor(middle / step), math.Ceil(middle / step)} {
				// As people write it: 0.3, not 0.30000000000000004.
				v, err := strconv.ParseFloat(strconv.FormatFloat(q*step, 'g', 12, 64), 64)
				if err == nil && v >= lo && v < hi {
					return v, true
				}
			}
		}
	}
	return 0, false
}
