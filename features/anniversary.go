package features

import "math"

// anniversaryYear is the mean length of a year in days.
const anniversaryYear = 365.25

// anniversaryNear says that a lag is a whole number of years, give or take the
// tolerance: so many days are enough to buy a birthday's present on a Saturday.
func anniversaryNear(lag, tolerance int) bool {
	m := math.Mod(float64(lag), anniversaryYear)
	return min(m, anniversaryYear-m) <= float64(tolerance)
}

// AnniversaryPairs counts pairs of purchases on the same days of different years.
type AnniversaryPairs struct {
	Pairs    int     // pairs more than 180 days apart
	Near     int     // of them, those within the tolerance of a whole number of years
	Expected float64 // those that days at random in the same span would give
}

// Anniversaries counts pairs of a customer's purchase days (ascending, distinct) that
// lie a whole number of years apart, give or take tolerance days, and what chance
// gives: were the days spread at random over the S days from the first to the last,
// a pair would be lag days apart with a weight of S − lag, hence
//
//	Expected = Pairs · Σ_near (S − lag) / Σ_{lag > 180} (S − lag)
//
// the mean over random days, without simulation. If same is not nil only pairs count
// for which it holds (the same category: flowers each May). Cost: O(n · years), with
// same O(n²).
func Anniversaries(days []int, tolerance int, same func(i, j int) bool) AnniversaryPairs {
	var out AnniversaryPairs
	n := len(days)
	if n < 2 {
		return out
	}
	span := days[n-1] - days[0] + 1
	if same == nil {
		far := 0
		for _, d := range days { // purchases more than 180 days before d
			for days[far] < d-180 {
				far++
			}
			out.Pairs += far
		}
		for k := 1; float64(k)*anniversaryYear-float64(tolerance) <= float64(span); k++ {
			from := int(math.Ceil(float64(k)*anniversaryYear - float64(tolerance)))
			to := int(math.Floor(float64(k)*anniversaryYear + float64(tolerance)))
			lo, hi := 0, 0
			for _, d := range days {
				for lo < n && days[lo] < d+from {
					lo++
				}
				for hi < n && days[hi] <= d+to {
					hi++
				}
				out.Near += hi - lo
			}
		}
	} else {
		for j := range days {
			for i := 0; i < j && days[j]-days[i] > 180; i++ {
				if !same(i, j) {
					continue
				}
				out.Pairs++
				if anniversaryNear(days[j]-days[i], tolerance) {
					out.Near++
				}
			}
		}
	}
	out.Expected = float64(out.Pairs) * anniversaryChance(span, tolerance)
	return out
}

// anniversaryChance is the chance of a pair more than 180 days apart, of days at
// random in a span, to be near a whole number of years.
func anniversaryChance(span, tolerance int) float64 {
	far := anniversaryWeight(span, 181, span-1)
	if far == 0 {
		return 0
	}
	near := 0.0
	for k := 1; ; k++ {
		from := int(math.Ceil(float64(k)*anniversaryYear - float64(tolerance)))
		if from >= span {
			return near / far
		}
		to := int(math.Floor(float64(k)*anniversaryYear + float64(tolerance)))
		near += anniversaryWeight(span, from, min(to, span-1))
	}
}

// anniversaryWeight is Σ (span − lag) over the lags from..to.
func anniversaryWeight(span, from, to int) float64 {
	if to < from {
		return 0
	}
	n := float64(to - from + 1)
	return n*float64(span) - n*float64(from+to)/2
}
