package features

import (
	"slices"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/us"
)

// Easter returns Easter Sunday of a year of the Gregorian calendar, in days since
// 1970-01-01, by the algorithm of Meeus, Jones and Butcher (Meeus 1991, Astronomical
// Algorithms, ch. 8).
func Easter(year int) int {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (b - (b+8)/25 + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return civilDay(year, n/31, n%31+1)
}

// calendarNth returns the n-th such weekday (Monday = 0) of a month.
func calendarNth(year, month, weekday, n int) int {
	first := civilDay(year, month, 1)
	return first + (weekday-civilWeekday(first)+7)%7 + 7*(n-1)
}

// Shopping for a day off begins a few days before it.
const calendarHolidayLead = 3

// calendarYear returns a country's feasts of a year, in the order in which equally
// near ones are preferred: dated feasts, then seasons, then public holidays. Leads
// are rules of thumb: when the shops begin to show it.
func calendarYear(country string, y int) []Feast {
	const sunday = 6
	easter := Easter(y)
	friday := calendarNth(y, 11, 3, 4) + 1 // the day after the fourth Thursday
	var out []Feast
	add := func(name, group string, day, lead, lag int) {
		out = append(out, Feast{name, group, day, lead, lag})
	}
	add("Christmas", "christmas", civilDay(y, 12, 25), 42, -1)
	// Outside the United States it began in 2010 (Amazon in Britain, a portal in
	// Brazil); the Monday's name is of 2005, the Chinese sale of 2009.
	if country == "US" || y >= 2010 {
		add("Black Friday", "shopping", friday, 4, 2)
		if y >= 2005 {
			add("Cyber Monday", "shopping", friday+3, 0, 1)
		}
	}
	if y >= 2009 {
		add("Singles' Day", "shopping", civilDay(y, 11, 11), 2, 0)
	}
	add("Easter", "spring", easter, 21, 1)
	if country != "BR" {
		add("Valentine's Day", "gifts", civilDay(y, 2, 14), 14, 0)
		add("Halloween", "autumn", civilDay(y, 10, 31), 14, 0)
	}
	mother, father := calendarNth(y, 5, sunday, 2), calendarNth(y, 6, sunday, 3)
	school := civilDay(y, 9, 1)
	switch country {
	case "US":
		school = civilDay(y, 8, 25)
	case "UK":
		mother, school = easter-21, civilDay(y, 9, 4)
	case "DE":
		father = easter + 39 // Ascension Day
		add("Carnival", "spring", easter-47, 14, 0)
	case "NL":
		add("Carnival", "spring", easter-47, 14, 0)
		add("Sinterklaas", "christmas", civilDay(y, 12, 5), 21, 0)
	case "DK":
		father, school = civilDay(y, 6, 5), civilDay(y, 8, 12)
		add("Carnival", "spring", easter-49, 14, 0) // Fastelavn
	case "BR":
		father, school = calendarNth(y, 8, sunday, 2), civilDay(y, 2, 3)
		add("Carnival", "spring", easter-47, 14, 0)
		add("Dia dos Namorados", "gifts", civilDay(y, 6, 12), 14, 0)
		add("Dia das Crianças", "gifts", civilDay(y, 10, 12), 14, 0)
	}
	add("Mother's Day", "gifts", mother, 14, 0)
	add("Father's Day", "gifts", father, 14, 0)
	add("Back to school", "shopping", school, 21, 4)
	named := len(out)
	if country == "BR" {
		add("Summer", "summer", civilDay(y, 1, 15), 15, 45)
		add("Autumn", "autumn", civilDay(y, 4, 30), 30, 26)
	} else {
		add("Summer", "summer", civilDay(y, 7, 15), 30, 45)
		add("Autumn", "autumn", civilDay(y, 10, 15), 30, 26)
	}
	for _, h := range calendarPublic(country, y) {
		near := false
		for _, f := range out[:named] {
			// Good Friday is part of Easter, Thanksgiving of Black Friday.
			near = near || abs(h.Day-f.Day) <= calendarHolidayLead
		}
		if !near {
			out = append(out, h)
		}
	}
	return out
}

// calendarPublic returns the public holidays of a country in a year, on the day
// itself, not on the day it is observed: rickar/cal's, and calendarCorrected's.
func calendarPublic(country string, y int) []Feast {
	list := map[string][]*cal.Holiday{
		"US": us.Holidays, "UK": gb.Holidays, "DE": de.Holidays, "NL": nl.Holidays, "DK": dk.Holidays, "BR": br.Holidays,
	}[country]
	var out []Feast
	for _, h := range list {
		at, kept := h.Calc(y)
		if at.IsZero() {
			continue
		}
		if h == nl.Koningsdag {
			at = kept // the royal day moves itself, the others only the day off
		}
		yy, m, d := at.Date()
		out = append(out, Feast{h.Name, "holidays", civilDay(yy, int(m), d), calendarHolidayLead, 0})
	}
	return calendarCorrected(country, y, out)
}

// calendarMoved are the British bank holidays of single years that rickar/cal v2.1.13
// lacks, each with the day that it took the place of, if any.
var calendarMoved = []struct{ name, day, instead string }{
	{"VE Day", "1995-05-08", "1995-05-01"},
	{"Millennium", "1999-12-31", ""},
	{"Spring Bank Holiday", "2002-06-04", "2002-05-27"},
	{"Golden Jubilee", "2002-06-03", ""},
	{"Royal wedding", "2011-04-29", ""},
	{"Spring Bank Holiday", "2012-06-04", "2012-05-28"},
	{"Diamond Jubilee", "2012-06-05", ""},
	{"State funeral", "2022-09-19", ""},
}

// calendarCorrected adds what rickar/cal v2.1.13 lacks: calendarMoved; the Queen's Day
// of the Netherlands before 2014, which it puts on the King's day; the German
// Reformation Day of 2017, a holiday everywhere in that year; Brazil's Consciência
// Negra since 2024.
func calendarCorrected(country string, y int, list []Feast) []Feast {
	add := func(name string, day int) {
		list = append(list, Feast{name, "holidays", day, calendarHolidayLead, 0})
	}
	switch {
	case country == "UK":
		for _, m := range calendarMoved {
			if year, _, _ := civilOf(calendarDay(m.day)); year != y {
				continue
			}
			if m.instead != "" {
				list = slices.DeleteFunc(list, func(f Feast) bool { return f.Day == calendarDay(m.instead) })
			}
			add(m.name, calendarDay(m.day))
		}
	case country == "NL" && y < 2014:
		list = slices.DeleteFunc(list, func(f Feast) bool { return f.Name == nl.Koningsdag.Name })
		queen := civilDay(y, 4, 30)
		if civilWeekday(queen) == 6 {
			queen-- // never on a Sunday
		}
		add("Koninginnedag", queen)
	case country == "DE" && y == 2017:
		add(de.Reformationstag.Name, civilDay(y, 10, 31))
	case country == "BR" && y >= 2024:
		add("Consciência Negra", civilDay(y, 11, 20))
	}
	return list
}
