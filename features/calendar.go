package features

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mores-lab/mores/datasets"
)

// Feast is one date of an occasion that everybody shares, with the days around it in
// which people buy for it.
type Feast struct {
	Name, Group string
	Day         int // days since 1970-01-01
	Lead, Lag   int // the window is [Day − Lead, Day + Lag]; a negative lag ends before the day
}

// FeastGroups lists the groups of feasts in their order: ramadan only where it is
// asked for. Summer and autumn are seasons, the others dated feasts.
func FeastGroups() []string {
	return []string{"christmas", "spring", "gifts", "summer", "autumn", "shopping", "holidays", "ramadan"}
}

// calendarSeason says that a group is a season, not a dated feast.
func calendarSeason(group int) bool { return group == 3 || group == 4 }

// Calendar says for each day of a span which feast's window it lies in: one at most.
// A day in two windows belongs to the feast whose date is nearest, of two equally near
// to the one named first.
type Calendar struct {
	Country  string
	From, To int     // days since 1970-01-01, [From, To)
	Feasts   []Feast // those whose window meets the span, in order of their dates

	feast []int16   // by day, index into Feasts; −1 = none
	group []int8    // by day, index into FeastGroups; −1 = none
	upTo  [][]int32 // by group, days of it in [From, From + i)
}

// Countries lists the countries that have a calendar.
func Countries() []string { return []string{"US", "UK", "DE", "NL", "DK", "BR"} }

// NewCalendar returns the calendar of a country (US, UK, DE, NL, DK, BR) for the days
// [from, to), counted from 1970-01-01. Public holidays are rickar/cal's (corrected
// where calendarCorrected says so), movable feasts follow Easter, shopping occasions
// are this package's own table. extra may hold "ramadan" (1995 to 2050, Umm al-Qura).
// Cost: O(to − from).
func NewCalendar(country string, from, to int, extra ...string) (*Calendar, error) {
	if !slices.Contains(Countries(), country) {
		return nil, fmt.Errorf("no calendar for country %q (countries: %s)", country, strings.Join(Countries(), ", "))
	}
	for _, x := range extra {
		if x != "ramadan" {
			return nil, fmt.Errorf("no extra occasion %q: ramadan", x)
		}
	}
	if to <= from {
		return nil, fmt.Errorf("calendar of days %d to %d: none", from, to)
	}
	type key struct {
		country, extra string
		from, to       int
	}
	k := key{country, strings.Join(extra, ","), from, to}
	if c, ok := calendars.Load(k); ok {
		return c.(*Calendar), nil
	}
	c := newCalendar(country, from, to, len(extra) > 0)
	calendars.Store(k, c)
	return c, nil
}

// calendars keeps what was made: a calendar is a function of its arguments, and every
// customer of a log asks for the same one.
var calendars sync.Map

func newCalendar(country string, from, to int, ramadan bool) *Calendar {
	c := &Calendar{Country: country, From: from, To: to}
	first, _, _ := civilOf(from)
	last, _, _ := civilOf(to)
	var all []Feast
	for y := first - 1; y <= last+1; y++ {
		all = append(all, calendarYear(country, y)...)
	}
	if ramadan {
		all = append(all, calendarRamadan()...)
	}
	for _, f := range all {
		if f.Day+f.Lag >= from && f.Day-f.Lead < to {
			c.Feasts = append(c.Feasts, f)
		}
	}
	n := to - from
	c.feast, c.group = make([]int16, n), make([]int8, n)
	for d := range n {
		best := -1
		for i, f := range c.Feasts {
			day := from + d
			if day < f.Day-f.Lead || day > f.Day+f.Lag {
				continue
			}
			if best < 0 || abs(day-f.Day) < abs(day-c.Feasts[best].Day) {
				best = i
			}
		}
		c.feast[d], c.group[d] = int16(best), -1
		if best >= 0 {
			c.group[d] = int8(slices.Index(FeastGroups(), c.Feasts[best].Group))
		}
	}
	c.upTo = make([][]int32, len(FeastGroups()))
	for g := range c.upTo {
		c.upTo[g] = make([]int32, n+1)
		for d := range n {
			c.upTo[g][d+1] = c.upTo[g][d]
			if int(c.group[d]) == g {
				c.upTo[g][d+1]++
			}
		}
	}
	return c
}

func abs(x int) int { return max(x, -x) }

// At returns the feast in whose window a day lies; ok is false for an ordinary day and
// for one outside the span.
func (c *Calendar) At(day int) (f Feast, ok bool) {
	if day < c.From || day >= c.To || c.feast[day-c.From] < 0 {
		return f, false
	}
	return c.Feasts[c.feast[day-c.From]], true
}

// groupAt returns the group of a day, −1 for none.
func (c *Calendar) groupAt(day int) int {
	if day < c.From || day >= c.To {
		return -1
	}
	return int(c.group[day-c.From])
}

// days counts the days of a group in [from, to).
func (c *Calendar) days(group, from, to int) int {
	from, to = max(from, c.From), min(to, c.To)
	if from >= to {
		return 0
	}
	return int(c.upTo[group][to-c.From] - c.upTo[group][from-c.From])
}

// calendarZones are the zones whose country is beyond doubt.
var calendarZones = map[string]string{
	"Europe/London": "UK", "Europe/Belfast": "UK", "Europe/Berlin": "DE", "Europe/Busingen": "DE",
	"Europe/Amsterdam": "NL", "Europe/Copenhagen": "DK", "GB": "UK",
	"America/New_York": "US", "America/Detroit": "US", "America/Chicago": "US", "America/Denver": "US",
	"America/Boise": "US", "America/Phoenix": "US", "America/Los_Angeles": "US", "America/Anchorage": "US",
	"Pacific/Honolulu": "US", "US/Eastern": "US", "US/Central": "US", "US/Mountain": "US", "US/Pacific": "US",
	"America/Sao_Paulo": "BR", "America/Bahia": "BR", "America/Fortaleza": "BR", "America/Recife": "BR",
	"America/Belem": "BR", "America/Manaus": "BR", "America/Cuiaba": "BR", "America/Campo_Grande": "BR",
	"America/Maceio": "BR", "America/Porto_Velho": "BR", "America/Rio_Branco": "BR", "Brazil/East": "BR",
}

// calendarCurrencies are those that one of the countries has alone; the dollar and the
// euro have many, and the first is taken.
var calendarCurrencies = map[string]string{"USD": "US", "GBP": "UK", "EUR": "DE", "DKK": "DK", "BRL": "BR"}

// GuessCountry returns the country whose calendar a log most likely lives by, and why:
// from its zone, else its currency, else the United States.
func GuessCountry(m *datasets.Meta) (country, why string) {
	if m.Zone != nil {
		if c, ok := calendarZones[m.Zone.String()]; ok {
			return c, "zone " + m.Zone.String()
		}
	}
	if c, ok := calendarCurrencies[m.Currency]; ok {
		return c, "currency " + m.Currency
	}
	return "US", "neither zone nor currency tells"
}
