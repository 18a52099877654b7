package features

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"github.com/mores-lab/mores/datasets"
)

// OccasionLift says how much more is bought in a feast's windows than outside of all
// windows of that feast, corrected for how many days there are of either.
type OccasionLift struct {
	Name, Group string
	Occasions   int     // purchase occasions in the feast's windows
	Days        int     // customer-days alive in them
	Spend       float64 // gross, NaN without amounts
	// Lift is (spend in the windows / days in them) / (spend outside / days outside);
	// NaN without amounts, or where nothing was spent outside.
	Lift float64
	// OccasionLift is the same of purchase occasions.
	OccasionLift float64
	// Z is (k − np)/√(np(1 − p)) of k of n occasions, with p the share of days; P is the
	// exact probability of k or more by chance. NaN without days inside and outside.
	Z, P float64
}

// OccasionTable is the lift of every feast of a calendar over some customers, or one.
type OccasionTable struct {
	Country   string
	Customers int
	Occasions int
	Days      int // customer-days alive
	// YearsCovered is the mean time alive in years: below 1, season and age cannot be
	// told apart.
	YearsCovered float64
	Lifts        []OccasionLift // by feast, years of the same feast together; by first date
}

// OccasionCount collects customers for an OccasionTable.
type OccasionCount struct {
	cal       *Calendar
	customers int
	occasions int
	days      int
	money     bool
	spend     float64
	at        map[string]int
	counts    []OccasionLift
}

// NewOccasionCount returns an empty collection over a calendar.
func NewOccasionCount(c *Calendar) *OccasionCount {
	o := &OccasionCount{cal: c, at: map[string]int{}}
	feasts := slices.Clone(c.Feasts)
	slices.SortStableFunc(feasts, func(a, b Feast) int { return a.Day - b.Day })
	for _, f := range feasts {
		if _, ok := o.at[f.Name]; !ok {
			o.at[f.Name] = len(o.counts)
			o.counts = append(o.counts, OccasionLift{Name: f.Name, Group: f.Group})
		}
	}
	return o
}

// Add counts a customer: alive since the first purchase, since the calendar's first
// day if the log's customers may be older than its window. Cost: O(days alive).
func (o *OccasionCount) Add(h datasets.History) {
	occ := h.Occasions()
	if len(occ) == 0 {
		return
	}
	o.customers++
	o.money = h.Meta.Has&datasets.FieldAmount != 0
	born := max(occ[0].Day, o.cal.From)
	if !h.Meta.FirstSeenIsFirst {
		born = o.cal.From
	}
	to := min(h.Meta.Now(), o.cal.To)
	o.days += max(to-born, 0)
	for d := born; d < to; d++ {
		if f, ok := o.cal.At(d); ok {
			o.counts[o.at[f.Name]].Days++
		}
	}
	for i := range occ {
		if occ[i].Day < o.cal.From || occ[i].Day >= o.cal.To {
			continue
		}
		o.occasions++
		var spend float64
		if !math.IsNaN(occ[i].Gross) {
			spend = occ[i].Gross
		}
		o.spend += spend
		if f, ok := o.cal.At(occ[i].Day); ok {
			l := &o.counts[o.at[f.Name]]
			l.Occasions++
			l.Spend += spend
		}
	}
}

// Table returns the lifts of what was added.
func (o *OccasionCount) Table() OccasionTable {
	t := OccasionTable{Country: o.cal.Country, Customers: o.customers, Occasions: o.occasions, Days: o.days, Lifts: slices.Clone(o.counts)}
	t.YearsCovered = float64(o.days) / float64(max(o.customers, 1)) / 365.25
	for i := range t.Lifts {
		l := &t.Lifts[i]
		in, out := float64(l.Days), float64(o.days-l.Days)
		l.OccasionLift = float64(l.Occasions) / in / (float64(o.occasions-l.Occasions) / out)
		l.Lift = l.Spend / in / ((o.spend - l.Spend) / out)
		if math.IsInf(l.OccasionLift, 0) || in == 0 {
			l.OccasionLift = math.NaN()
		}
		if math.IsInf(l.Lift, 0) || !o.money || in == 0 {
			l.Lift = math.NaN()
		}
		if !o.money {
			l.Spend = math.NaN()
		}
		p := in / float64(o.days)
		l.Z, l.P = binomialZ(l.Occasions, o.occasions, p), binomialUpper(l.Occasions, o.occasions, p)
	}
	return t
}

// binomialZ returns (k − np)/√(np(1 − p)); NaN unless 0 < p < 1 and n > 0.
func binomialZ(k, n int, p float64) float64 {
	if n == 0 || !(p > 0 && p < 1) {
		return math.NaN()
	}
	np := float64(n) * p
	return (float64(k) - np) / math.Sqrt(np*(1-p))
}

// binomialUpper returns P(X ≥ k), X binomial; NaN unless 0 < p < 1 and n > 0.
func binomialUpper(k, n int, p float64) float64 {
	switch {
	case n == 0 || !(p > 0 && p < 1):
		return math.NaN()
	case k <= 0:
		return 1
	case k > n:
		return 0
	}
	return mathext.RegIncBeta(float64(k), float64(n-k+1), p)
}
