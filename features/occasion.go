package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "occasion",
	Doc: `Universal occasions: Christmas, summer, autumn, gift and shopping days
Which of the occasions that everybody shares a customer buys for. The calendar is a
country's (US, UK, DE, NL, DK, BR; by default the log's zone or currency tells, and
that is said): each feast has a window of days before (and after) its date in which
people buy for it, Christmas 42 days; a day in two windows belongs to the nearer date,
so nothing is counted twice. Groups: christmas, spring (Easter, carnival), gifts
(Valentine's, Mother's, Father's day and their like), summer, autumn (with Halloween),
shopping (Black Friday, Cyber Monday, Singles' Day, back to school), holidays (public
holidays), ordinary (no window); ramadan on request.
  occasion_GROUP    composition: share of the purchase occasions that a customer would
                    have there, were they around as long as everybody. With n_g of n
                    occasions in the group, π_g the share expected of somebody who
                    buys like the population on the customer's own days (where the
                    log sees first purchases: a first one like everybody's first, the
                    others on the days since; else on the whole window), and q_g the
                    population's share, it is
                    q_g·(n_g + m·q_g)/(n·π_g + m·q_g), scaled to sum 1 (shrink m,
                    default 4 occasions)
  universal_excess  share of occasions in dated feasts (all groups but summer, autumn
                    and ordinary) less the expected one, times n/(n + m): 0 = like
                    everybody
  only_universal    1 where at least 80 % of spend (of occasions, without amounts) is
                    in dated feasts and that is more than chance makes of the days
                    (binomial z ≥ 1.645): the Christmas-only customer. A category, for
                    people; it never enters a distance
A log of less than a year does not cover every group; those without a day are left out,
and that is said, for season and age are one in it. Cost: O(occasions).`,
	Refs: []Ref{
		{Authors: "Meeus", Title: "Astronomical Algorithms", Venue: "Willmann-Bell, ch. 8 (date of Easter)", Year: 1991, DOI: "ch. 8"},
		{Authors: "Wedel & Kamakura", Title: "Market Segmentation: Conceptual and Methodological Foundations", Venue: "Kluwer, ch. 2 (occasion as a base)", Year: 2000, DOI: "10.1007/978-1-4615-4651-1"},
	},
	Version: 1,
	Minimum: 3,
	Null:    ShuffleStamps,
	New: func() Block {
		return &Occasion{Columns: []string{"occasion_shares", "universal_excess", "only_universal"}, Country: "auto", Shrink: 4, Only: 0.8}
	},
})

// Occasion is the options of occasion.
type Occasion struct {
	Columns []string `json:"columns"` // of occasion_shares (a column a group), universal_excess, only_universal
	Country string   `json:"country"` // auto, US, UK, DE, NL, DK, BR
	Ramadan bool     `json:"ramadan"` // count Ramadan and the Eids as occasions as well
	Shrink  float64  `json:"shrink"`  // weight of the population, in occasions; 0 = none
	Only    float64  `json:"only"`    // share of spend in dated feasts from which a customer is only_universal
}

var occasionNames = []string{"occasion_shares", "universal_excess", "only_universal"}

// occasionOrdinary is the class of days in no window, after the groups.
const occasionOrdinary = 8

// occasionClasses counts the groups and the ordinary days.
const occasionClasses = occasionOrdinary + 1

func occasionClass(group int) int {
	if group < 0 {
		return occasionOrdinary
	}
	return group
}

// occasionDated says that a class holds dated feasts.
func occasionDated(class int) bool { return class != occasionOrdinary && !calendarSeason(class) }

// calendar returns the calendar of a log's window.
func (o *Occasion) calendar(meta *datasets.Meta, country string) (*Calendar, error) {
	var extra []string
	if o.Ramadan {
		extra = []string{"ramadan"}
	}
	from, to := windowDays(meta)
	return NewCalendar(country, from, max(to, from+1), extra...)
}

func (o *Occasion) country(meta *datasets.Meta) (country, why string) {
	if o.Country == "auto" {
		return GuessCountry(meta)
	}
	return o.Country, ""
}

// occasionOf is what one customer did on which sort of day.
type occasionOf struct {
	n          int
	counts     [occasionClasses]int // occasions
	days       [occasionClasses]int // at risk of an occasion that is not the first
	first      int                  // class of the first occasion; −1 if it may not be the first
	dated, all float64              // spend
}

// occasionFrom counts. In a log that sees first purchases the first one makes the
// customer, so days are those after it; else they are the whole window's.
func occasionFrom(h datasets.History, c *Calendar) (u occasionOf) {
	occ := h.Occasions()
	if len(occ) == 0 {
		return u
	}
	u.n = len(occ)
	money := h.Meta.Has&datasets.FieldAmount != 0
	for i := range occ {
		k := occasionClass(c.groupAt(occ[i].Day))
		u.counts[k]++
		spend := 1.0
		if money {
			spend = max(occ[i].Gross, 0)
		}
		u.all += spend
		if occasionDated(k) {
			u.dated += spend
		}
	}
	born := c.From
	u.first = -1
	if h.Meta.FirstSeenIsFirst {
		born = min(occ[0].Day+1, c.To)
		u.first = occasionClass(c.groupAt(occ[0].Day))
	}
	u.days[occasionOrdinary] = c.To - born
	for g := range occasionOrdinary {
		u.days[g] = c.days(g, born, c.To)
		u.days[occasionOrdinary] -= u.days[g]
	}
	return u
}

type occasionSummary struct {
	seen         bool
	country, why string
	days         int
	counts       [occasionClasses]int64
	first        [occasionClasses]int64 // those of them that are first purchases
	alive        [occasionClasses]int64
	err          error
}

// Merge adds other.
func (s *occasionSummary) Merge(other Summary) {
	o := other.(*occasionSummary)
	if o.seen {
		s.seen, s.country, s.why, s.days = true, o.country, o.why, o.days
	}
	if o.err != nil {
		s.err = o.err
	}
	for i := range s.counts {
		s.counts[i] += o.counts[i]
		s.first[i] += o.first[i]
		s.alive[i] += o.alive[i]
	}
}

// Empty returns the summary of no customers.
func (o *Occasion) Empty() Summary { return &occasionSummary{} }

// Gather adds the customer's occasions and days by group.
func (o *Occasion) Gather(h datasets.History) Summary {
	s := &occasionSummary{seen: true}
	s.country, s.why = o.country(h.Meta)
	c, err := o.calendar(h.Meta, s.country)
	if err != nil {
		s.err = err
		return s
	}
	s.days = c.To - c.From
	u := occasionFrom(h, c)
	for i := range u.counts {
		s.counts[i] = int64(u.counts[i])
		s.alive[i] = int64(u.days[i])
	}
	if u.n > 0 && u.first >= 0 {
		s.first[u.first] = 1
	}
	return s
}

// Learn finds the population's rate of occasions on each sort of day.
func (o *Occasion) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*occasionSummary)
	switch {
	case o.Country != "auto" && !slices.Contains(Countries(), o.Country):
		return nil, fmt.Errorf("country = %q: auto, %s", o.Country, strings.Join(Countries(), ", "))
	case o.Shrink < 0:
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case !(o.Only > 0 && o.Only <= 1):
		return nil, fmt.Errorf("only = %g: a share of spend, above 0 and at most 1", o.Only)
	case s.err != nil:
		return nil, s.err
	}
	for _, n := range o.Columns {
		if !slices.Contains(occasionNames, n) {
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(occasionNames, ", "))
		}
	}
	m := &occasionModel{Options: *o, Country: s.country, Why: s.why, WindowDays: s.days}
	m.Options.Columns = slices.Clone(o.Columns)
	var all, first float64
	for i, n := range s.counts {
		all += float64(n)
		first += float64(s.first[i])
	}
	if all == 0 {
		return nil, fmt.Errorf("no customer has a purchase")
	}
	for i, n := range s.counts {
		if s.alive[i] == 0 && n == 0 {
			if i < occasionOrdinary && (i != 7 || o.Ramadan) {
				m.Uncovered = append(m.Uncovered, FeastGroups()[i])
			}
			continue
		}
		m.Classes = append(m.Classes, i)
		if s.alive[i] > 0 {
			m.Rates[i] = float64(n-s.first[i]) / float64(s.alive[i])
		}
		if first > 0 {
			m.First[i] = float64(s.first[i]) / first
		}
		m.Shares[i] = float64(n) / all
	}
	return m, nil
}

// Model returns an empty model.
func (o *Occasion) Model() Model { return &occasionModel{} }

// occasionModel holds the population's calendar.
type occasionModel struct {
	Options    Occasion                 `json:"options"`
	Country    string                   `json:"country"`
	Why        string                   `json:"why"`
	WindowDays int                      `json:"window_days"`
	Classes    []int                    `json:"classes"`   // sorts of days that the log has
	Uncovered  []string                 `json:"uncovered"` // groups without a day in it
	Rates      [occasionClasses]float64 `json:"rates"`     // occasions per customer and day, first ones apart
	First      [occasionClasses]float64 `json:"first"`     // shares of first purchases
	Shares     [occasionClasses]float64 `json:"shares"`    // of all occasions
}

// Warnings says which calendar was taken and what the log does not cover.
func (m *occasionModel) Warnings() []string {
	var out []string
	if m.Why != "" {
		out = append(out, fmt.Sprintf("the calendar is that of %s: %s; country = %s sets it", m.Country, m.Why, strings.Join(Countries(), ", ")))
	}
	if m.WindowDays < 365 {
		var covered []string
		for _, k := range m.Classes {
			if k != occasionOrdinary {
				covered = append(covered, FeastGroups()[k])
			}
		}
		text := fmt.Sprintf("the log covers %d days, less than a year: it tells only of %s, and season and age are one in it", m.WindowDays, strings.Join(covered, ", "))
		if len(m.Uncovered) > 0 {
			text += "; left out: " + strings.Join(m.Uncovered, ", ")
		}
		out = append(out, text)
	}
	return out
}

// occasionDocs say what the groups are.
var occasionDocs = [...]string{
	"the weeks before Christmas", "Easter and carnival", "gift days: Valentine's, Mother's, Father's day and their like", "summer",
	"autumn, with Halloween", "shopping days: Black Friday, Cyber Monday, Singles' Day, back to school", "days around public holidays",
	"Ramadan and the Eids", "ordinary days",
}

// Columns describes the columns.
func (m *occasionModel) Columns() []Column {
	var out []Column
	for _, n := range m.Options.Columns {
		switch n {
		case "occasion_shares":
			for _, k := range m.Classes {
				name := "ordinary"
				if k < occasionOrdinary {
					name = FeastGroups()[k]
				}
				out = append(out, Column{Name: "occasion_" + name, Block: "occasion", Kind: Share, Doc: "share of purchase days on " + occasionDocs[k] + ", as if around as long as everybody"})
			}
		case "universal_excess":
			out = append(out, Column{Name: n, Block: "occasion", Doc: "share of purchase days around dated feasts beyond what everybody has: 0 like everybody"})
		case "only_universal":
			out = append(out, Column{Name: n, Block: "occasion", Kind: Category, Doc: "1 = buys for dated feasts only"})
		}
	}
	return out
}

// Evidence counts the customer's purchase occasions.
func (m *occasionModel) Evidence(h datasets.History) int { return len(h.Occasions()) }

// Measure fills the row; without a purchase there is nothing.
func (m *occasionModel) Measure(h datasets.History, row []float64) {
	c, err := m.Options.calendar(h.Meta, m.Country)
	var u occasionOf
	if err == nil {
		u = occasionFrom(h, c)
	}
	if u.n == 0 {
		for j := range row {
			row[j] = math.NaN()
		}
		return
	}
	n := float64(u.n)
	expect := m.expected(u)
	j := 0
	for _, name := range m.Options.Columns {
		switch name {
		case "occasion_shares":
			m.shares(u, expect, row[j:j+len(m.Classes)])
			j += len(m.Classes)
			continue
		case "universal_excess":
			var own, want float64
			for k := range occasionClasses {
				if occasionDated(k) {
					own += float64(u.counts[k]) / n
					want += expect[k]
				}
			}
			row[j] = (own - want) * n / (n + m.Options.Shrink)
		case "only_universal":
			row[j] = 0
			if m.only(u) {
				row[j] = 1
			}
		}
		j++
	}
}

// expected returns π: the shares of somebody who buys at the population's rates on the
// customer's days, the first time when everybody does.
func (m *occasionModel) expected(u occasionOf) [occasionClasses]float64 {
	var out [occasionClasses]float64
	var all float64
	for k := range out {
		out[k] = float64(u.days[k]) * m.Rates[k]
		all += out[k]
	}
	later := 1.0
	if u.first >= 0 {
		later = 1 - 1/float64(u.n)
	}
	for k := range out {
		if all > 0 {
			out[k] *= later / all
		} else { // nobody buys again on such days
			out[k] = later * m.Shares[k]
		}
		if u.first >= 0 {
			out[k] += m.First[k] / float64(u.n)
		}
	}
	return out
}

// shares fills the composition.
func (m *occasionModel) shares(u occasionOf, expect [occasionClasses]float64, row []float64) {
	n, w := float64(u.n), m.Options.Shrink
	var sum float64
	for i, k := range m.Classes {
		q := m.Shares[k]
		// Without shrinkage and without a day of the sort, nothing is known of it.
		if below := n*expect[k] + w*q; below > 0 {
			row[i] = q * (float64(u.counts[k]) + w*q) / below
		} else {
			row[i] = q
		}
		sum += row[i]
	}
	for i := range row {
		if sum > 0 {
			row[i] /= sum
		} else {
			row[i] = m.Shares[m.Classes[i]] // a log that the model was not learned from
		}
	}
}

// only reports whether dated feasts are nearly all there is, beyond chance.
func (m *occasionModel) only(u occasionOf) bool {
	var in, days, all int
	for k := range occasionClasses {
		all += u.days[k]
		if occasionDated(k) {
			in += u.counts[k]
			days += u.days[k]
		}
	}
	if u.all == 0 || u.dated/u.all < m.Options.Only || all == 0 {
		return false
	}
	return binomialZ(in, u.n, float64(days)/float64(all)) >= 1.645
}
