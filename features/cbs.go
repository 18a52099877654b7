package features

import (
	"math"

	"github.com/mores-lab/mores/datasets"
)

// TimeUnit is the unit of a customer-by-sufficient-statistic table.
type TimeUnit string

// The units.
const (
	Days          TimeUnit = "days"
	Weeks         TimeUnit = "weeks"          // days/7: BTYD, BTYDplus, the papers
	CalendarWeeks TimeUnit = "calendar weeks" // whole weeks from Monday, purchases of a week merged: lifetimes with freq = "W"
)

// CBS is one customer's sufficient statistics for buy-till-you-die models. It is
// not marketing's RFM: t_x is the age at the last purchase, not days since.
type CBS struct {
	X     int     // repeat purchases: occasions after the first
	Tx    float64 // from the first occasion to the last; 0 if X is 0
	T     float64 // from the first occasion to the end of the window
	Litt  float64 // Σ ln gap, for regularity
	Spend float64 // mean amount of the repeat occasions: NaN if there are none, or no amounts
}

// CBSOf summarises a history; ok is false without a purchase. The first purchase
// seen counts as the first: a log whose customers are older than its window
// (FirstSeenIsFirst false) is left-truncated and biases T and X.
func CBSOf(h datasets.History, unit TimeUnit) (c CBS, ok bool) {
	occ := h.Occasions()
	if len(occ) == 0 {
		return CBS{}, false
	}
	per := func(day int) float64 { return float64(day) }
	switch unit {
	case Days:
	case Weeks:
		per = func(day int) float64 { return float64(day) / 7 }
	case CalendarWeeks:
		// 1970-01-01 was a Thursday: Mondays are at days ≡ 4 (mod 7).
		per = func(day int) float64 { return math.Floor(float64(day-4) / 7) }
	default:
		panic("features: no time unit " + string(unit))
	}
	first := per(occ[0].Day)
	c = CBS{T: per(h.Meta.Now()) - first, Spend: math.NaN()}
	last := first
	var spend float64
	for _, o := range occ[1:] {
		at := per(o.Day)
		if at == last { // the same week
			if c.X > 0 {
				spend += o.Gross
			}
			continue
		}
		c.X++
		c.Litt += math.Log(at - last)
		spend += o.Gross
		last = at
	}
	c.Tx = last - first
	if c.X > 0 {
		c.Spend = spend / float64(c.X)
	}
	return c, true
}
