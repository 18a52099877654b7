package features

import (
	"math"

	"github.com/mores-lab/mores/datasets"
)

// TimingProfile counts the purchase occasions of some customers by hour, weekday,
// day of the month and month: what a table or a figure of a segment shows, beside
// the population's. The zero value is empty.
type TimingProfile struct {
	Occasions int
	Hours     [24]float64 // of the day's first purchase; empty if the stamps tell days
	Weekdays  [7]float64  // Monday first
	MonthDays [31]float64
	Months    [12]float64

	circles [len(timingCircles)]Circle
}

// Add counts a customer's occasions, in the log's zone.
func (p *TimingProfile) Add(h datasets.History) {
	t, n := timingOf(h)
	p.Occasions += n
	for i := range p.Hours {
		p.Hours[i] += t.hours[i]
	}
	for i := range p.Weekdays {
		p.Weekdays[i] += t.days[i]
	}
	for _, o := range h.Occasions() {
		_, month, mday := civilOf(o.Day)
		p.MonthDays[mday-1]++
		p.Months[month-1]++
	}
	for i := range p.circles {
		p.circles[i].N += t.circles[i].N
		p.circles[i].C += t.circles[i].C
		p.circles[i].S += t.circles[i].S
	}
}

// SeasonShares returns the shares of winter, spring, summer and autumn: December to
// February, March to May and so on; half a year later in the southern hemisphere.
// NaN for no occasions.
func (p *TimingProfile) SeasonShares(south bool) [4]float64 {
	var out [4]float64
	for m, n := range p.Months {
		s := (m + 1) % 12 / 3
		if south {
			s = (s + 2) % 4
		}
		out[s] += n / float64(p.Occasions)
	}
	return out
}

// Preference is a preferred time on one circle, with the test whether there is one.
type Preference struct {
	N    int     // occasions
	Mean float64 // mean direction in the circle's unit: hours, days (Monday = 0), share of the month, share of the year
	R    float64 // mean resultant length, 0 to 1
	SD   float64 // circular standard deviation in the same unit
	// Kappa is the von Mises concentration: the maximum likelihood root, for n < 15
	// corrected (KappaSmall).
	Kappa float64
	// P is Rayleigh's p-value against no preferred time. A shop's opening hours are a
	// preference too: compare with the population's.
	P float64
}

// Preference returns the preferred time on a circle: hour, weekday, month_day,
// season, or hour_twice (two opposite peaks a day; its mean is the earlier peak). ok
// is false for an unknown circle and for no occasions.
func (p *TimingProfile) Preference(circle string) (pref Preference, ok bool) {
	i := timingCircle(circle)
	if i < 0 || p.circles[i].N == 0 {
		return pref, false
	}
	c := &p.circles[i]
	unit := timingCircles[i].period / (2 * math.Pi)
	r := min(c.R(), 1)
	return Preference{
		N: int(c.N), Mean: c.Mean() * unit, R: r, SD: c.SD() * unit,
		Kappa: KappaSmall(KappaMLE(r), c.N), P: Rayleigh(c.N, r),
	}, true
}
