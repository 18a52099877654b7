package features

import (
	"fmt"
	"math"
	"slices"
)

// BTYDModel is a fitted buy-till-you-die model in continuous time: BetaGeometric,
// ParetoNBD or NBD.
type BTYDModel interface {
	Name() string
	LogLikelihood(c *Cohort) float64
	PAlive(c CBS) float64
	Rate(c CBS) float64
	Expected(t float64) float64
	ConditionalExpected(c CBS, t float64) float64
}

var _ = []BTYDModel{BetaGeometric{}, ParetoNBD{}, NBD{}}

// CLVOptions says what a purchase is worth, and when.
type CLVOptions struct {
	Periods  int     // of the model's unit of time, to look ahead
	Discount float64 // per period: 1 halves what comes one period later
	Margin   float64 // share of spend that is earned
}

// CLV is the discounted value of a customer's purchases in the next H periods:
//
//	Σ_{i=1..H} (E[X(T, T+i)] − E[X(T, T+i−1)])·spend·margin/(1+d)^i
//
// spend is what one purchase is expected to bring (GammaGamma.Expected). Purchases
// count at the end of their period. Cost: H conditional expectations.
func CLV(m BTYDModel, c CBS, spend float64, o CLVOptions) float64 {
	var sum, before float64
	for i := 1; i <= o.Periods; i++ {
		e := m.ConditionalExpected(c, float64(i))
		sum += (e - before) * math.Pow(1+o.Discount, -float64(i))
		before = e
	}
	return sum * spend * o.Margin
}

// Tracking is the number of repeat purchases a model expects of a whole cohort up to
// the end of each period: Σ over customers of E[X(i − birth)], births being times of
// first purchases since the cohort's start. Increments[i] is what period i adds.
// Cost: O(distinct births · periods) expectations.
type Tracking struct{ Cumulative, Increments []float64 }

// Track follows a cohort for that many periods of the model's unit of time. A
// birth before 0 is an error.
func Track(m BTYDModel, births []float64, periods int) (Tracking, error) {
	sorted := slices.Sorted(slices.Values(births))
	if len(sorted) == 0 || !(sorted[0] >= 0) {
		return Tracking{}, fmt.Errorf("births must be given, as times ≥ 0 since the cohort's start")
	}
	t := Tracking{Cumulative: make([]float64, periods), Increments: make([]float64, periods)}
	for lo := 0; lo < len(sorted); {
		hi := lo
		for hi < len(sorted) && sorted[hi] == sorted[lo] {
			hi++
		}
		for i := range periods {
			if age := float64(i+1) - sorted[lo]; age > 0 {
				t.Cumulative[i] += float64(hi-lo) * m.Expected(age)
			}
		}
		lo = hi
	}
	for i, x := range t.Cumulative {
		t.Increments[i] = x
		if i > 0 {
			t.Increments[i] -= t.Cumulative[i-1]
		}
	}
	return t, nil
}
