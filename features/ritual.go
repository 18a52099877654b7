package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "ritual",
	Doc: `Recurring personal occasions: weekly shopping, payday, anniversaries
What a customer does again and again on a calendar of their own. The strength of a
period T is how far the purchase days' phases 2πt/T keep together, beyond the shop's
own calendar (opening days) and beyond chance: with x̄ the customer's mean vector on
that circle, v the population's, R = |x̄|, n occasions,
  |x̄ − v| − √(π(1 − R²)/(4(n − 1)))    (Circle.StepFrom)
is about 0 for who buys as everybody, whatever n, and 1 for v = 0 and always in phase;
times n/(n + m) (shrink, default 2 occasions), and 0 where the purchases span fewer than
three periods.
  ritual_day        the same time of day; left out for a log of day stamps
  ritual_week       T = 7 days
  ritual_fortnight  T = 14 days
  ritual_month      the same day of the month (salary, subscription)
  anniversary       ln of pairs of purchases a whole number of years ± 10 days apart
                    over those expected (Anniversaries) times the population's median
                    ratio, with 2 pairs added to both: birthdays; only for logs of two
                    years
  ritual_class      category, for people, never in a distance: 0 none, 1 week,
                    2 fortnight, 3 four weeks, 4 month, 5 quarter, 6 year: of the
                    periods whose Schuster p-value against the population, Šidák-corrected
                    for the six, is below 5 % (8 occasions and three periods at least),
                    the longest whose R is 90 % of the best; 7 subscription (Subscription)
and on request
  ritual_four_weeks, ritual_quarter, ritual_year
  repeat_week, repeat_fortnight, repeat_four_weeks
                    autocorrelation of the daily 0/1 series at lags 7, 14, 28 less the
                    population's mean, times n/(n + m)
Customers with 2 occasions or more have every column. Cost: O(occasions).`,
	Refs: []Ref{
		{Authors: "Schuster", Title: "On Lunar and Solar Periodicities of Earthquakes", Venue: "Proceedings of the Royal Society of London 61", Year: 1897, DOI: "10.1098/rspl.1896.0106"},
		{Authors: "Mardia & Jupp", Title: "Directional Statistics", Venue: "Wiley", Year: 2000, DOI: "10.1002/9780470316979"},
	},
	Version: 1,
	Minimum: 3,
	Null:    ShuffleStamps,
	New: func() Block {
		return &Ritual{
			Columns: []string{"ritual_day", "ritual_week", "ritual_fortnight", "ritual_month", "anniversary", "ritual_class"},
			Shrink:  2, Tolerance: 10,
		}
	},
})

// Ritual is the options of ritual.
type Ritual struct {
	Columns   []string `json:"columns"`
	Shrink    float64  `json:"shrink"`    // weight of the population, in occasions; 0 = none
	Tolerance int      `json:"tolerance"` // days about a whole number of years that are an anniversary
}

// The circles of a ritual, in the order of ritualOf.circles.
const (
	ritualDay = iota
	ritualWeek
	ritualFortnight
	ritualFourWeeks
	ritualMonth
	ritualQuarter
	ritualYear
	ritualCircles
)

// ritualPeriods are their lengths in days.
var ritualPeriods = [ritualCircles]float64{1, 7, 14, 28, 30.4375, 91.3125, 365.25}

// ritualLags are those of the repeat columns.
var ritualLags = [3]int{7, 14, 28}

// ritualPairs is the number of pairs that anniversaries draw in: one pair alone is luck.
const ritualPairs = 2

// ritualExpected is the number of pairs expected from which a customer's ratio enters
// the population's median: with fewer, the ratio of a whole number of pairs is coarse.
const ritualExpected = 3

var ritualColumns = []Column{
	{Name: "ritual_day", Doc: "how strictly purchases keep to a time of day of one's own: 0 as everybody, 1 always"},
	{Name: "ritual_week", Doc: "how strictly purchases keep to a day of the week of one's own: 0 as everybody, 1 always"},
	{Name: "ritual_fortnight", Doc: "how strictly purchases come every second week: 0 as everybody, 1 always"},
	{Name: "ritual_four_weeks", Doc: "how strictly purchases come every fourth week: 0 as everybody, 1 always"},
	{Name: "ritual_month", Doc: "how strictly purchases keep to a day of the month of one's own: 0 as everybody, 1 always"},
	{Name: "ritual_quarter", Doc: "how strictly purchases keep to a time of the quarter of one's own: 0 as everybody, 1 always"},
	{Name: "ritual_year", Doc: "how strictly purchases keep to a time of the year of one's own: 0 as everybody, 1 always"},
	{Name: "repeat_week", Doc: "how often a purchase is followed by one exactly a week later (correlation): 0 as everybody"},
	{Name: "repeat_fortnight", Doc: "how often a purchase is followed by one exactly two weeks later (correlation): 0 as everybody"},
	{Name: "repeat_four_weeks", Doc: "how often a purchase is followed by one exactly four weeks later (correlation): 0 as everybody"},
	{Name: "anniversary", Unit: "ln", Doc: "purchases on the same days of different years, beyond chance and everybody: 0 as everybody"},
	{Name: "ritual_class", Doc: "own period: 0 none, 1 week, 2 fortnight, 3 four weeks, 4 month, 5 quarter, 6 year, 7 subscription", Kind: Category},
}

// ritualOf is one customer's occasions on the circles.
type ritualOf struct {
	n, span int // occasions, days from first to last
	circles [ritualCircles]Circle
}

var (
	ritualSeven    = timingTable(7, 7)
	ritualFourteen = timingTable(14, 14)
	ritualEight    = timingTable(28, 28)
)

func ritualFrom(h datasets.History) (r ritualOf) {
	occ := h.Occasions()
	r.n = len(occ)
	if r.n == 0 {
		return r
	}
	r.span = occ[r.n-1].Day - occ[0].Day
	hours := h.Meta.Resolution == datasets.Second
	clock := wallClockOf(h.Meta)
	for i := range occ {
		o := &occ[i]
		if hours {
			r.circles[ritualDay].Add(2*math.Pi*clock.hour(o.First)/24, 1)
		}
		k := ((o.Day % 28) + 28) % 28
		r.circles[ritualWeek].addUnit(ritualSeven[k%7])
		r.circles[ritualFortnight].addUnit(ritualFourteen[k%14])
		r.circles[ritualFourWeeks].addUnit(ritualEight[k])
		y, m, d := civilOf(o.Day)
		r.circles[ritualMonth].addUnit(timingMonth[civilMonthLength(y, m)-28][d-1])
		a := timingYear[o.Day-civilDay(y, 1, 1)]
		r.circles[ritualYear].addUnit(a)
		a = a.doubled() // half a year
		r.circles[ritualQuarter].addUnit(a.doubled())
	}
	return r
}

// doubled returns the values of twice the angle.
func (a sinCos) doubled() sinCos { return sinCos{2 * a.sin * a.cos, a.cos*a.cos - a.sin*a.sin} }

// enough says that the purchases span three periods.
func (r *ritualOf) enough(circle int) bool { return float64(r.span) >= 3*ritualPeriods[circle] }

// Subscription reports whether purchases look like a subscription: six occasions or
// more, the gaps' coefficient of variation below .2 and, where the log has amounts,
// that of the amounts below .05.
func Subscription(occ []datasets.Occasion) bool {
	if len(occ) < 6 {
		return false
	}
	gaps, sd := meanSD(Gaps(occ), 0)
	if sd/gaps >= 0.2 {
		return false
	}
	amounts := make([]float64, len(occ))
	for i := range occ {
		amounts[i] = occ[i].Gross
	}
	mean, sd := meanSD(amounts, 0)
	return math.IsNaN(mean) || sd < 0.05*mean || sd == 0
}

// ritualDays returns the days of the occasions.
func ritualDays(occ []datasets.Occasion) []int {
	out := make([]int, len(occ))
	for i := range occ {
		out[i] = occ[i].Day
	}
	return out
}

// ritualRepeat returns the autocorrelations at ritualLags since the first purchase.
func ritualRepeat(days []int, now int) (out [3]float64) {
	for i, lag := range ritualLags {
		out[i] = Autocorrelation(days, days[0], max(now, days[len(days)-1]+1), lag)
	}
	return out
}

type ritualSummary struct {
	seen, hours, long bool
	n                 int64
	cos, sin          [ritualCircles]fixedSum
	ratio             Multiset // near over expected pairs, of customers with enough of them
	repeat            [3]gapMean
}

// Merge adds other.
func (s *ritualSummary) Merge(other Summary) {
	o := other.(*ritualSummary)
	s.seen, s.hours, s.long = s.seen || o.seen, s.hours || o.hours, s.long || o.long
	s.n += o.n
	for i := range s.cos {
		s.cos[i] += o.cos[i]
		s.sin[i] += o.sin[i]
	}
	s.ratio.Merge(&o.ratio)
	for i := range s.repeat {
		s.repeat[i].merge(&o.repeat[i])
	}
}

// Empty returns the summary of no customers.
func (o *Ritual) Empty() Summary { return &ritualSummary{} }

// repeats says that a column wants autocorrelations.
func (o *Ritual) repeats() bool {
	return slices.ContainsFunc(o.Columns, func(n string) bool { return strings.HasPrefix(n, "repeat_") })
}

// Gather adds the customer's phases and pairs.
func (o *Ritual) Gather(h datasets.History) Summary {
	from, to := windowDays(h.Meta)
	s := &ritualSummary{seen: true, hours: h.Meta.Resolution == datasets.Second, long: to-from >= 730}
	r := ritualFrom(h)
	if r.n == 0 {
		return s
	}
	s.n = int64(r.n)
	for i := range r.circles {
		s.cos[i].add(r.circles[i].C)
		s.sin[i].add(r.circles[i].S)
	}
	if r.n < 2 {
		return s
	}
	days := ritualDays(h.Occasions())
	if s.long && slices.Contains(o.Columns, "anniversary") {
		if a := Anniversaries(days, o.Tolerance, nil); a.Expected >= ritualExpected {
			s.ratio.Add(float64(a.Near) / a.Expected)
		}
	}
	if o.repeats() {
		for i, x := range ritualRepeat(days, to) {
			s.repeat[i].add(x)
		}
	}
	return s
}

// Learn finds the population's vectors and its share of anniversaries.
func (o *Ritual) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*ritualSummary)
	switch {
	case o.Shrink < 0:
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case o.Tolerance < 0 || o.Tolerance > 90:
		return nil, fmt.Errorf("tolerance = %d: days, from 0 to 90", o.Tolerance)
	}
	m := &ritualModel{Shrink: o.Shrink, Tolerance: o.Tolerance, Ratio: 1}
	for _, n := range o.Columns {
		switch {
		case !slices.ContainsFunc(ritualColumns, func(c Column) bool { return c.Name == n }):
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(ritualColumns), ", "))
		case n == "ritual_day" && s.seen && !s.hours:
			m.NoHours = true
		case n == "anniversary" && s.seen && !s.long:
			m.NoYears = true
		default:
			m.Names = append(m.Names, n)
		}
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: %s", strings.Join(o.Columns, ", "), strings.Join(m.Warnings(), "; "))
	}
	if s.n > 0 {
		for i := range s.cos {
			m.Vectors[i] = [2]float64{s.cos[i].value() / float64(s.n), s.sin[i].value() / float64(s.n)}
		}
	}
	if all := s.ratio.Sorted(); len(all) > 0 {
		m.Ratio = Quantile(all, 0.5)
	}
	for i := range s.repeat {
		m.Repeat[i] = s.repeat[i].value(0)
	}
	return m, nil
}

// Model returns an empty model.
func (o *Ritual) Model() Model { return &ritualModel{} }

// ritualModel holds the population's calendar.
type ritualModel struct {
	Names     []string                  `json:"names"`
	Shrink    float64                   `json:"shrink"`
	Tolerance int                       `json:"tolerance"`
	NoHours   bool                      `json:"no_hours"`
	NoYears   bool                      `json:"no_years"`
	Vectors   [ritualCircles][2]float64 `json:"vectors"` // mean cos and sin
	Ratio     float64                   `json:"ratio"`   // median of pairs on anniversaries over those expected
	Repeat    [3]float64                `json:"repeat"`  // mean autocorrelations
}

// Warnings says what was left out.
func (m *ritualModel) Warnings() []string {
	var out []string
	if m.NoHours {
		out = append(out, "the stamps tell days, not hours (days only): ritual_day is left out")
	}
	if m.NoYears {
		out = append(out, "the log covers less than two years: anniversary is left out")
	}
	return out
}

// Columns describes the columns.
func (m *ritualModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := ritualColumns[slices.IndexFunc(ritualColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "ritual"
		out = append(out, c)
	}
	return out
}

// Evidence counts the customer's occasions where they span three weeks, the shortest
// period that days can tell.
func (m *ritualModel) Evidence(h datasets.History) int {
	occ := h.Occasions()
	if n := len(occ); n >= 2 && occ[n-1].Day-occ[0].Day >= 21 {
		return n
	}
	return 0
}

// Measure fills the row; below two occasions nothing recurs.
func (m *ritualModel) Measure(h datasets.History, row []float64) {
	r := ritualFrom(h)
	if r.n < 2 {
		for j := range row {
			row[j] = math.NaN()
		}
		return
	}
	occ := h.Occasions()
	days := ritualDays(occ)
	var repeat [3]float64
	for j, name := range m.Names {
		switch name {
		case "ritual_day":
			row[j] = m.strength(&r, ritualDay)
		case "ritual_week":
			row[j] = m.strength(&r, ritualWeek)
		case "ritual_fortnight":
			row[j] = m.strength(&r, ritualFortnight)
		case "ritual_four_weeks":
			row[j] = m.strength(&r, ritualFourWeeks)
		case "ritual_month":
			row[j] = m.strength(&r, ritualMonth)
		case "ritual_quarter":
			row[j] = m.strength(&r, ritualQuarter)
		case "ritual_year":
			row[j] = m.strength(&r, ritualYear)
		case "anniversary":
			a := Anniversaries(days, m.Tolerance, nil)
			row[j] = math.Log((float64(a.Near) + ritualPairs) / (a.Expected*m.Ratio + ritualPairs))
		case "ritual_class":
			row[j] = float64(m.class(&r, occ))
		default: // repeat_week, repeat_fortnight, repeat_four_weeks
			if repeat == [3]float64{} {
				repeat = ritualRepeat(days, h.Meta.Now())
			}
			i := slices.Index([]string{"repeat_week", "repeat_fortnight", "repeat_four_weeks"}, name)
			row[j] = 0
			if x := repeat[i]; !math.IsNaN(x) {
				w := float64(r.n)
				row[j] = (x - m.Repeat[i]) * w / (w + m.Shrink)
			}
		}
	}
}

// strength returns the shrunk coherence beyond the population's.
func (m *ritualModel) strength(r *ritualOf, circle int) float64 {
	if !r.enough(circle) || r.circles[circle].N < 2 {
		return 0
	}
	v, n := m.Vectors[circle], float64(r.n)
	return r.circles[circle].StepFrom(v[0], v[1]) * n / (n + m.Shrink)
}

// ritualNeeds is the number of occasions below which no period is named.
const ritualNeeds = 8

// class returns the dominant period, of ritualWeek to ritualYear.
func (m *ritualModel) class(r *ritualOf, occ []datasets.Occasion) int {
	if Subscription(occ) {
		return ritualCircles
	}
	if r.n < ritualNeeds {
		return 0
	}
	var coherence [ritualCircles]float64
	best := 0.0
	for c := ritualWeek; c < ritualCircles; c++ {
		v := m.Vectors[c]
		if !r.enough(c) || !(Sidak(math.Exp(-r.circles[c].SchusterExcess(v[0], v[1])), ritualCircles-1) < 0.05) {
			continue
		}
		coherence[c] = r.circles[c].R()
		best = max(best, coherence[c])
	}
	if best == 0 {
		return 0
	}
	// What comes every second week is in phase every week as well: the longest of those
	// that are as coherent is the period.
	for c := ritualCircles - 1; ; c-- {
		if coherence[c] >= 0.9*best {
			return c
		}
	}
}
