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
2πu/P. A circular pair is (R* cos μ, R* sin μ), with μ the mean direction and R* the
mean resultant length debiased for n occasions, R*² = (nR² − 1)/(n − 1), so that
those without a habit sit near the centre; it is then drawn towards the population's
mean vector, which holds opening hours and paydays, with the weight of m occasions
(shrink, default 4).
  hour_cos, hour_sin            clock time of the day's first purchase, P = 24 h
  weekday_cos, weekday_sin      P = 7 days, Monday = 0
  month_day_cos, month_day_sin  day of the month over the month's own length
  weekend_share                 share of occasions on Saturday or Sunday, shrunk
  weekday_entropy               entropy of the weekdays over ln 7 with the
                                Miller–Madow correction, shrunk: 0 = always the same
Wall-clock time in the log's zone. A log with day stamps has no hours: the hour pair is
left out, and that is said. One occasion has no direction: missing. Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Mardia & Jupp", Title: "Directional Statistics", Venue: "Wiley", Year: 2000, DOI: "10.1002/9780470316979"},
		{Authors: "Miller", Title: "Note on the bias of information estimates", Venue: "Information Theory in Psychology, pp. 95–100", Year: 1955, DOI: "pp. 95–100"},
	},
	Version: 1,
	Minimum: 3, // two occasions have R = 1 or R* = 0 by chance alone
	Null:    ShuffleStamps,
	New: func() Block {
		return &Timing{Columns: []string{"hour", "weekday", "month_day", "weekend_share", "weekday_entropy"}, Shrink: 4}
	},
})

// Timing is the options of timing.
type Timing struct {
	Columns []string `json:"columns"` // of hour, weekday, month_day (pairs), weekend_share, weekday_entropy
	Shrink  float64  `json:"shrink"`  // weight of the population, in occasions; 0 = none
}

// timingPairs are the circles, in the order of timingTimes.
var timingPairs = []struct{ name, doc string }{
	{"hour", "preferred time of day"},
	{"weekday", "preferred day of the week"},
	{"month_day", "preferred time of the month"},
}

// timingTimes is one customer's occasions as times.
type timingTimes struct {
	circles [3]Circle
	days    [7]float64 // occasions by weekday, Monday first
}

// timingOf reads the clock and the calendar; hours only if the stamps tell them.
func timingOf(h datasets.History) (t timingTimes, n int) {
	hours := h.Meta.Resolution == datasets.Second
	for _, o := range h.Occasions() {
		at := h.Meta.Local(o.First)
		if hours {
			u := float64(at.Hour()) + float64(at.Minute())/60 + float64(at.Second())/3600
			t.circles[0].Add(2*math.Pi*u/24, 1)
		}
		weekday := (int(at.Weekday()) + 6) % 7
		t.circles[1].Add(2*math.Pi*float64(weekday)/7, 1)
		length := at.AddDate(0, 1, -at.Day()).Day() // the month's last day
		t.circles[2].Add(2*math.Pi*float64(at.Day()-1)/float64(length), 1)
		t.days[weekday]++
		n++
	}
	return t, n
}

func (t *timingTimes) weekend() float64 {
	var all float64
	for _, d := range t.days {
		all += d
	}
	return (t.days[5] + t.days[6]) / all
}

func (t *timingTimes) entropy() float64 { return EntropyDebiased(t.days[:]) / math.Log(7) }

type timingSummary struct {
	seen, hours   bool
	cos, sin      [3]ExactSum
	n, weekend    int64 // occasions
	entropy       ExactSum
	withDirection int64 // customers with two occasions or more
}

// Merge adds other.
func (s *timingSummary) Merge(other Summary) {
	o := other.(*timingSummary)
	s.seen, s.hours = s.seen || o.seen, s.hours || o.hours
	for i := range s.cos {
		s.cos[i].Merge(&o.cos[i])
		s.sin[i].Merge(&o.sin[i])
	}
	s.n += o.n
	s.weekend += o.weekend
	s.entropy.Merge(&o.entropy)
	s.withDirection += o.withDirection
}

// Empty returns the summary of no customers.
func (o *Timing) Empty() Summary { return &timingSummary{} }

// Gather adds the customer's occasions to the population's circles.
func (o *Timing) Gather(h datasets.History) Summary {
	s := &timingSummary{seen: true, hours: h.Meta.Resolution == datasets.Second}
	t, n := timingOf(h)
	if n == 0 {
		return s
	}
	for i, c := range t.circles {
		s.cos[i].Add(c.C)
		s.sin[i].Add(c.S)
	}
	s.n = int64(n)
	s.weekend = int64(t.days[5] + t.days[6])
	if n >= 2 {
		s.entropy.Add(t.entropy())
		s.withDirection = 1
	}
	return s
}

// Learn finds the population's mean vectors, weekend share and mean entropy.
func (o *Timing) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*timingSummary)
	if o.Shrink < 0 {
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	}
	m := &timingModel{Shrink: o.Shrink, NoHours: s.seen && !s.hours}
	for _, n := range o.Columns {
		pair := slices.ContainsFunc(timingPairs, func(p struct{ name, doc string }) bool { return p.name == n })
		switch {
		case n == "hour" && m.NoHours:
		case pair, n == "weekend_share", n == "weekday_entropy":
			m.Names = append(m.Names, n)
		default:
			return nil, fmt.Errorf("no column %q (columns: hour, weekday, month_day, weekend_share, weekday_entropy)", n)
		}
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: the stamps tell days only", strings.Join(o.Columns, ", "))
	}
	if s.n > 0 {
		for i := range s.cos {
			m.Vectors[i] = [2]float64{s.cos[i].Value() / float64(s.n), s.sin[i].Value() / float64(s.n)}
		}
		m.Weekend = float64(s.weekend) / float64(s.n)
	}
	if s.withDirection > 0 {
		m.Entropy = s.entropy.Value() / float64(s.withDirection)
	}
	return m, nil
}

// Model returns an empty model.
func (o *Timing) Model() Model { return &timingModel{} }

// timingModel holds the population's habits.
type timingModel struct {
	Names   []string      `json:"names"`
	Shrink  float64       `json:"shrink"`
	NoHours bool          `json:"no_hours"`
	Vectors [3][2]float64 `json:"vectors"` // mean cos and sin of hour, weekday, month_day
	Weekend float64       `json:"weekend"`
	Entropy float64       `json:"entropy"`
}

// Warnings says what was left out.
func (m *timingModel) Warnings() []string {
	if m.NoHours {
		return []string{"the stamps tell days, not hours: the hour columns are left out"}
	}
	return nil
}

// Columns describes the columns.
func (m *timingModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		switch n {
		case "weekend_share":
			out = append(out, Column{Name: n, Doc: "share of purchase days on Saturday or Sunday", Block: "timing", Kind: Probability})
		case "weekday_entropy":
			out = append(out, Column{Name: n, Doc: "spread over the weekdays: 0 always the same, 1 all alike", Block: "timing"})
		default:
			i := timingPair(n)
			for _, axis := range []string{"cos", "sin"} {
				out = append(out, Column{
					Name: n + "_" + axis, Block: "timing", Kind: Angle,
					Doc: fmt.Sprintf("%s, %s of the angle times its strength", timingPairs[i].doc, axis),
				})
			}
		}
	}
	return out
}

func timingPair(name string) int {
	return slices.IndexFunc(timingPairs, func(p struct{ name, doc string }) bool { return p.name == name })
}

// Measure fills the row; below two occasions nothing is known.
func (m *timingModel) Measure(h datasets.History, row []float64) {
	t, n := timingOf(h)
	w := float64(n)
	shrunk := func(x, population float64) float64 {
		if n < 2 {
			return math.NaN()
		}
		return (w*x + m.Shrink*population) / (w + m.Shrink)
	}
	j := 0
	for _, name := range m.Names {
		switch name {
		case "weekend_share":
			row[j] = shrunk(t.weekend(), m.Weekend)
		case "weekday_entropy":
			row[j] = shrunk(t.entropy(), m.Entropy)
		default:
			i := timingPair(name)
			cos, sin := t.circles[i].Pair()
			row[j] = shrunk(cos, m.Vectors[i][0])
			j++
			row[j] = shrunk(sin, m.Vectors[i][1])
		}
		j++
	}
}
