package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "timing",
	Doc: `Time of day, of the week and of the month
When a customer buys, on the circle: an occasion at u in a period of P has the angle
2πu/P. A circular pair is (n·x̄ + m·v)/(n + m), with x̄ the customer's mean vector (mean
cos and sin of n occasions), v the population's, which holds opening hours and paydays,
and m its weight (shrink, default 4). So customers lie at v until their purchases say
otherwise; the direction reads as a time, and the length as how strictly it is kept.
Taking v away would move everybody alike, which no distance sees; and shortening x̄ by
what chance adds to its length (Circle.Pair) costs k-means segments rather than saving
them, since a vector's mean, unlike its length, is not biased.
  hour_cos, hour_sin            clock time of the day's first purchase, P = 24 h
  weekday_cos, weekday_sin      P = 7 days, Monday = 0
  month_day_cos, month_day_sin  day of the month over the month's own length
  weekend_share                 share of occasions on Saturday or Sunday, shrunk
  weekday_entropy               entropy of the weekdays over ln 7, plus what n occasions
                                of somebody like everybody fall short of everybody's
                                (EntropyShortfall), shrunk: low = always the same
and on request
  season_cos, season_sin        day of the year, P = 365.2425; only for logs of more
                                than a year: in less, season and age are one
  hour_twice_cos, _sin          second moment of the hour: two opposite peaks a day
  hour_entropy                  over ln 24, as above
  night_share                   share of occasions from 22 to 6 h, shrunk
  payday_share                  share from the 25th to the 3rd, shrunk
  hour_divergence, weekday_divergence
                                nats from what the population does (Divergence), times
                                n/(n + m): 0 = like everybody
  active_months_share           calendar months with a purchase, of those since the
                                first, shrunk
Wall-clock time in the log's zone. A log with day stamps has no hours: what needs them
is left out, and that is said. One occasion has no direction: missing. Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Mardia & Jupp", Title: "Directional Statistics", Venue: "Wiley", Year: 2000, DOI: "10.1002/9780470316979"},
		{Authors: "Miller", Title: "Note on the bias of information estimates", Venue: "Information Theory in Psychology, pp. 95–100", Year: 1955, DOI: "pp. 95–100"},
	},
	Version: 2,
	Minimum: 3, // two occasions have R = 1 or R* = 0 by chance alone
	Null:    ShuffleStamps,
	New: func() Block {
		return &Timing{Columns: []string{"hour", "weekday", "month_day", "weekend_share", "weekday_entropy"}, Shrink: 4}
	},
})

// Timing is the options of timing.
type Timing struct {
	Columns []string `json:"columns"` // pairs (hour, weekday, month_day, season, hour_twice) and single columns
	Shrink  float64  `json:"shrink"`  // weight of the population, in occasions; 0 = none
}

// timingCircles are the pairs, in the order of timingTimes; hours says that the
// stamps must tell them. The period is in the unit of TimingProfile.Preference.
var timingCircles = [...]struct {
	name, doc string
	period    float64
	hours     bool
}{
	{"hour", "preferred time of day", 24, true},
	{"weekday", "preferred day of the week", 7, false},
	{"month_day", "preferred time of the month", 1, false},
	{"season", "preferred time of the year", 1, false},
	{"hour_twice", "two opposite preferred times of day", 12, true},
}

func timingCircle(name string) int {
	for i, c := range timingCircles {
		if c.name == name {
			return i
		}
	}
	return -1
}

// timingScalars are the single columns.
var timingScalars = []Column{
	{Name: "weekend_share", Doc: "share of purchase days on Saturday or Sunday", Kind: Probability},
	{Name: "weekday_entropy", Doc: "spread over the weekdays: 0 always the same, 1 all alike"},
	{Name: "hour_entropy", Doc: "spread over the hours of the day: 0 always the same, 1 all alike"},
	{Name: "night_share", Doc: "share of purchase days whose first purchase is from 22 to 6 h", Kind: Probability},
	{Name: "payday_share", Doc: "share of purchase days from the 25th to the 3rd of the month", Kind: Probability},
	{Name: "hour_divergence", Unit: "nats", Doc: "how far the hours are from everybody's; 0 like everybody"},
	{Name: "weekday_divergence", Unit: "nats", Doc: "how far the weekdays are from everybody's; 0 like everybody"},
	{Name: "active_months_share", Doc: "share of calendar months since the first purchase with one", Kind: Probability},
}

// timingHourly are the single columns that need hours.
var timingHourly = []string{"hour_entropy", "night_share", "hour_divergence"}

// timingSizes is the number of occasions up to which EntropyShortfall is kept; beyond,
// it is (K − 1)/(2n) to a hundredth.
const timingSizes = 64

// timingTimes is one customer's occasions as times.
type timingTimes struct {
	circles       [len(timingCircles)]Circle
	days          [7]float64 // occasions by weekday, Monday first
	hours         [24]float64
	night, payday float64
	active, all   float64 // calendar months with a purchase, and since the first
}

// The angles of whole days: sin and cos by table.
var (
	timingWeek  = timingTable(7, 7)
	timingMonth = [4][]sinCos{timingTable(28, 28), timingTable(29, 29), timingTable(30, 30), timingTable(31, 31)}
	timingYear  = timingTable(366, 365.2425)
)

type sinCos struct{ sin, cos float64 }

func timingTable(n int, period float64) []sinCos {
	out := make([]sinCos, n)
	for i := range out {
		out[i].sin, out[i].cos = math.Sincos(2 * math.Pi * float64(i) / period)
	}
	return out
}

func (c *Circle) addUnit(a sinCos) {
	c.N++
	c.C += a.cos
	c.S += a.sin
}

// timingOf reads the clock and the calendar; hours only if the stamps tell them.
func timingOf(h datasets.History) (t timingTimes, n int) {
	hours := h.Meta.Resolution == datasets.Second
	clock := wallClockOf(h.Meta)
	occ := h.Occasions()
	month := -1
	for i := range occ {
		o := &occ[i]
		if hours {
			u := clock.hour(o.First)
			var a sinCos
			a.sin, a.cos = math.Sincos(2 * math.Pi * u / 24)
			t.circles[0].addUnit(a)
			t.circles[4].addUnit(a.doubled())
			t.hours[int(u)]++
			if u >= 22 || u < 6 {
				t.night++
			}
		}
		weekday := civilWeekday(o.Day)
		t.days[weekday]++
		t.circles[1].addUnit(timingWeek[weekday])
		y, m, d := civilOf(o.Day)
		t.circles[2].addUnit(timingMonth[civilMonthLength(y, m)-28][d-1])
		t.circles[3].addUnit(timingYear[o.Day-civilDay(y, 1, 1)])
		if d >= 25 || d <= 3 {
			t.payday++
		}
		if 12*y+m != month {
			month = 12*y + m
			t.active++
		}
		n++
	}
	if n > 0 {
		y0, m0, _ := civilOf(occ[0].Day)
		y1, m1, _ := civilOf(max(h.Meta.Now()-1, occ[n-1].Day))
		t.all = float64(12*(y1-y0) + m1 - m0 + 1)
	}
	return t, n
}

type timingSummary struct {
	seen, hours, long bool
	cos, sin          [len(timingCircles)]fixedSum
	n                 int64 // occasions
	days              [7]int64
	byHour            [24]int64
	night, payday     int64
	active, all       int64                  // calendar months
	entropy           [2]ExactSum            // of customers with two occasions or more
	sizes             [timingSizes + 1]int32 // these customers by occasions
	more              int64                  // those with more
	inverse           ExactSum               // Σ 1/n of those
}

// Merge adds other.
func (s *timingSummary) Merge(other Summary) {
	o := other.(*timingSummary)
	s.seen, s.hours, s.long = s.seen || o.seen, s.hours || o.hours, s.long || o.long
	for i := range s.cos {
		s.cos[i] += o.cos[i]
		s.sin[i] += o.sin[i]
	}
	s.n += o.n
	for i := range s.days {
		s.days[i] += o.days[i]
	}
	for i := range s.byHour {
		s.byHour[i] += o.byHour[i]
	}
	s.night += o.night
	s.payday += o.payday
	s.active += o.active
	s.all += o.all
	for i := range s.entropy {
		s.entropy[i].Merge(&o.entropy[i])
	}
	for i := range s.sizes {
		s.sizes[i] += o.sizes[i]
	}
	s.more += o.more
	s.inverse.Merge(&o.inverse)
}

// Empty returns the summary of no customers.
func (o *Timing) Empty() Summary { return &timingSummary{} }

// Gather adds the customer's occasions to the population's.
func (o *Timing) Gather(h datasets.History) Summary {
	from, to := windowDays(h.Meta)
	s := &timingSummary{seen: true, hours: h.Meta.Resolution == datasets.Second, long: to-from > 366}
	t, n := timingOf(h)
	if n == 0 {
		return s
	}
	for i, c := range t.circles {
		s.cos[i].add(c.C)
		s.sin[i].add(c.S)
	}
	s.n = int64(n)
	for i, x := range t.days {
		s.days[i] = int64(x)
	}
	for i, x := range t.hours {
		s.byHour[i] = int64(x)
	}
	s.night, s.payday = int64(t.night), int64(t.payday)
	s.active, s.all = int64(t.active), int64(t.all)
	if n >= 2 {
		s.entropy[0].Add(Entropy(t.days[:]))
		if s.hours {
			s.entropy[1].Add(Entropy(t.hours[:]))
		}
		if n <= timingSizes {
			s.sizes[n] = 1
		} else {
			s.more = 1
			s.inverse.Add(1 / float64(n))
		}
	}
	return s
}

// Learn finds the population's mean vectors, shares and mean entropies.
func (o *Timing) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*timingSummary)
	if o.Shrink < 0 {
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	}
	m := &timingModel{Shrink: o.Shrink}
	for _, n := range o.Columns {
		i := timingCircle(n)
		switch {
		case i < 0 && !slices.ContainsFunc(timingScalars, func(c Column) bool { return c.Name == n }):
			return nil, fmt.Errorf("no column %q (columns: hour, weekday, month_day, season, hour_twice, %s)", n, strings.Join(columnNames(timingScalars), ", "))
		case s.seen && !s.hours && (i >= 0 && timingCircles[i].hours || slices.Contains(timingHourly, n)):
			m.NoHours = true
		case s.seen && !s.long && n == "season":
			m.NoSeason = true
		default:
			m.Names = append(m.Names, n)
		}
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: %s", strings.Join(o.Columns, ", "), strings.Join(m.Warnings(), "; "))
	}
	if s.n > 0 {
		n := float64(s.n)
		for i := range s.cos {
			m.Vectors[i] = [2]float64{s.cos[i].value() / n, s.sin[i].value() / n}
		}
		for i, x := range s.days {
			m.Weekdays[i] = float64(x)
		}
		for i, x := range s.byHour {
			m.Hours[i] = float64(x)
		}
		m.Weekend = float64(s.days[5]+s.days[6]) / n
		m.Night, m.Payday = float64(s.night)/n, float64(s.payday)/n
		m.ActiveMonths = float64(s.active) / float64(s.all)
	}
	for i, q := range [][]float64{m.Weekdays[:], m.Hours[:]} {
		m.Short[i] = make([]float64, timingSizes+1)
		var customers, sum float64
		for n := 1; n <= timingSizes; n++ {
			m.Short[i][n] = EntropyShortfall(q, n)
			customers += float64(s.sizes[n])
			sum += float64(s.sizes[n]) * m.Short[i][n]
		}
		// Beyond the table, it falls as 1/n.
		sum += s.inverse.Value() * timingSizes * m.Short[i][timingSizes]
		customers += float64(s.more)
		if customers > 0 {
			m.Entropy[i] = (s.entropy[i].Value() + sum) / customers
		}
	}
	return m, nil
}

// Model returns an empty model.
func (o *Timing) Model() Model { return &timingModel{} }

// timingModel holds the population's habits.
type timingModel struct {
	Names        []string                       `json:"names"`
	Shrink       float64                        `json:"shrink"`
	NoHours      bool                           `json:"no_hours"`
	NoSeason     bool                           `json:"no_season"`
	Vectors      [len(timingCircles)][2]float64 `json:"vectors"`  // mean cos and sin
	Weekdays     [7]float64                     `json:"weekdays"` // occasions
	Hours        [24]float64                    `json:"hours"`    // occasions
	Weekend      float64                        `json:"weekend"`
	Night        float64                        `json:"night"`
	Payday       float64                        `json:"payday"`
	Entropy      [2]float64                     `json:"entropy"` // of weekdays, of hours: mean, in nats
	Short        [2][]float64                   `json:"short"`   // EntropyShortfall by occasions
	ActiveMonths float64                        `json:"active_months"`
}

// Warnings says what was left out.
func (m *timingModel) Warnings() []string {
	var out []string
	if m.NoHours {
		out = append(out, "the stamps tell days, not hours (days only): the hour columns are left out")
	}
	if m.NoSeason {
		out = append(out, "the log covers a year or less, in which season and age are one: the season columns are left out")
	}
	return out
}

// Columns describes the columns.
func (m *timingModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		i := timingCircle(n)
		if i < 0 {
			c := timingScalars[slices.IndexFunc(timingScalars, func(c Column) bool { return c.Name == n })]
			c.Block = "timing"
			out = append(out, c)
			continue
		}
		for _, axis := range []string{"cos", "sin"} {
			out = append(out, Column{
				Name: n + "_" + axis, Block: "timing", Kind: Angle,
				Doc: fmt.Sprintf("%s, %s of the angle times its strength", timingCircles[i].doc, axis),
			})
		}
	}
	return out
}

// Evidence counts the customer's occasions; one has no direction.
func (m *timingModel) Evidence(h datasets.History) int {
	if n := len(h.Occasions()); n >= 2 {
		return n
	}
	return 0
}

// short returns the shortfall of n occasions: 0 weekdays, 1 hours.
func (m *timingModel) short(i, n int) float64 {
	if n <= timingSizes {
		return m.Short[i][n]
	}
	return m.Short[i][timingSizes] * timingSizes / float64(n)
}

// Measure fills the row; below two occasions nothing is known.
func (m *timingModel) Measure(h datasets.History, row []float64) {
	t, n := timingOf(h)
	if n < 2 {
		for j := range row {
			row[j] = math.NaN()
		}
		return
	}
	w := float64(n)
	shrunk := func(x, population float64) float64 { return (w*x + m.Shrink*population) / (w + m.Shrink) }
	j := 0
	for _, name := range m.Names {
		switch name {
		case "weekend_share":
			row[j] = shrunk((t.days[5]+t.days[6])/w, m.Weekend)
		case "weekday_entropy":
			row[j] = shrunk(Entropy(t.days[:])+m.short(0, n), m.Entropy[0]) / math.Log(7)
		case "hour_entropy":
			row[j] = shrunk(Entropy(t.hours[:])+m.short(1, n), m.Entropy[1]) / math.Log(24)
		case "night_share":
			row[j] = shrunk(t.night/w, m.Night)
		case "payday_share":
			row[j] = shrunk(t.payday/w, m.Payday)
		case "hour_divergence":
			row[j] = shrunk(Divergence(t.hours[:], m.Hours[:]), 0)
		case "weekday_divergence":
			row[j] = shrunk(Divergence(t.days[:], m.Weekdays[:]), 0)
		case "active_months_share":
			row[j] = (t.active + m.Shrink*m.ActiveMonths) / (t.all + m.Shrink)
		default:
			i := timingCircle(name)
			v := m.Vectors[i]
			row[j] = shrunk(t.circles[i].C/w, v[0])
			j++
			row[j] = shrunk(t.circles[i].S/w, v[1])
		}
		j++
	}
}
