package features

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rickar/cal/v2/aa"

	"github.com/mores-lab/mores/datasets"
)

// occasionsExpected is testdata/occasions.json: what eval/peers/occasions_expected.py
// printed (holidays, python-dateutil, hijridate, SciPy; their versions in the file).
type occasionsExpected struct {
	Easter map[string]string
	Public map[string]map[string][]string
	Muslim []string
	Lomb   struct{ T, Y, Periods, Power, Norm []float64 }
	// k, n, p, P(X ≥ k)
	Binomial [][4]float64
}

func expectOccasions(t testing.TB) (e occasionsExpected) {
	t.Helper()
	js, err := os.ReadFile("testdata/occasions.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// iso writes a day as YYYY-MM-DD.
func iso(day int) string {
	y, m, d := civilOf(day)
	return fmt.Sprintf("%04d-%02d-%02d", y, m, d)
}

// TestEaster: the published dates, python-dateutil for 1900–2099, and rickar/cal.
func TestEaster(t *testing.T) {
	for _, want := range strings.Fields("1997-03-30 1998-04-12 2006-04-16 2007-04-08 2010-04-04 2011-04-24 2016-03-27 2017-04-16 2018-04-01 2024-03-31 2025-04-20") {
		if got := iso(Easter(date(t, want).Year())); got != want {
			t.Errorf("Easter %s, want %s", got, want)
		}
	}
	want := expectOccasions(t).Easter
	for y := 1900; y < 2100; y++ {
		if got := iso(Easter(y)); got != want[fmt.Sprint(y)] {
			t.Errorf("%d: %s, dateutil %s", y, got, want[fmt.Sprint(y)])
		}
		if at, _ := aa.Easter.Calc(y); at.Format(time.DateOnly) != iso(Easter(y)) {
			t.Errorf("%d: %s, rickar/cal %s", y, iso(Easter(y)), at.Format(time.DateOnly))
		}
	}
}

// TestCalendarPublic: rickar/cal with our corrections against Python's holidays. What
// still differs is known and listed: days that one of them does not call a public
// holiday, none of which we may silently gain or lose.
func TestCalendarPublic(t *testing.T) {
	known := map[string][]string{ // country: MM-DD or name of the rule, with a sign
		// Good Friday and Liberation Day (a day off every fifth year) are on rickar's list.
		"NL": {"+Goede Vrijdag", "+Bevrijdingsdag"},
		// Constitution Day is a day off by agreement.
		"DK": {"+Grundlovsdag"},
		"BR": {"+Carnaval", "+Corpus Christi"},
	}
	for country, years := range expectOccasions(t).Public {
		for year, want := range years {
			var y int
			if _, err := fmt.Sscan(year, &y); err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, f := range calendarPublic(country, y) {
				got[iso(f.Day)] = f.Name
			}
			for day, name := range got {
				if !slices.Contains(want, day) && !slices.Contains(known[country], "+"+name) {
					t.Errorf("%s %s: %s is no public holiday by Python's holidays", country, day, name)
				}
			}
			for _, day := range want {
				if at := date(t, day); got[day] == "" && at.Weekday() != time.Sunday {
					t.Errorf("%s %s: a public holiday that the calendar lacks", country, day)
				}
			}
		}
	}
}

func TestCalendarMuslim(t *testing.T) {
	if want := expectOccasions(t).Muslim; !slices.Equal(calendarMuslim[:], want) {
		t.Errorf("the table differs from hijridate's")
	}
	for _, f := range calendarRamadan() {
		if f.Name == "Eid al-Adha" {
			continue
		}
		if n := f.Lead - 7; n != 29 && n != 30 {
			t.Errorf("Ramadan before %s has %d days", iso(f.Day), n)
		}
	}
}

// TestCalendarDates: dates anybody can look up.
func TestCalendarDates(t *testing.T) {
	for _, w := range []struct{ country, name, day string }{
		{"US", "Black Friday", "2024-11-29"},
		{"US", "Cyber Monday", "2024-12-02"},
		{"US", "Mother's Day", "2024-05-12"},
		{"US", "Father's Day", "2024-06-16"},
		{"US", "Independence Day", "2024-07-04"},
		{"UK", "Mother's Day", "2024-03-10"},
		{"UK", "Mother's Day", "2025-03-30"},
		{"UK", "Father's Day", "2025-06-15"},
		{"DE", "Father's Day", "2024-05-09"},
		{"DE", "Mother's Day", "2025-05-11"},
		{"NL", "Sinterklaas", "2023-12-05"},
		{"NL", "Koningsdag", "2024-04-27"},
		{"NL", "Koninginnedag", "2013-04-30"},
		{"DK", "Father's Day", "2024-06-05"},
		{"DK", "Carnival", "2024-02-11"},
		{"BR", "Father's Day", "2018-08-12"},
		{"BR", "Carnival", "2018-02-13"},
		{"BR", "Dia das Crianças", "2017-10-12"},
		{"BR", "Dia dos Namorados", "2018-06-12"},
		{"US", "Singles' Day", "2024-11-11"},
		{"UK", "Valentine's Day", "2011-02-14"},
	} {
		found := false
		for _, f := range calendarYear(w.country, date(t, w.day).Year()) {
			found = found || f.Name == w.name && iso(f.Day) == w.day
		}
		if !found {
			t.Errorf("%s: no %s on %s", w.country, w.name, w.day)
		}
	}
}

// TestCalendarDays: each day lies in one window at most, that of the nearest date, and
// the counts by group are those of the days.
func TestCalendarDays(t *testing.T) {
	from, to := calendarDay("2009-11-01"), calendarDay("2012-02-01")
	for _, country := range Countries() {
		c, err := NewCalendar(country, from, to, "ramadan")
		if err != nil {
			t.Fatal(err)
		}
		counts := make([]int, len(FeastGroups()))
		for d := from - 400; d < to+400; d++ {
			f, ok := c.At(d)
			if !ok {
				if d >= from && d < to {
					for _, o := range c.Feasts {
						if d >= o.Day-o.Lead && d <= o.Day+o.Lag {
							t.Fatalf("%s %s is in the window of %s", country, iso(d), o.Name)
						}
					}
				}
				continue
			}
			if d < from || d >= to {
				t.Fatalf("%s %s lies outside the span", country, iso(d))
			}
			for _, o := range c.Feasts {
				if d >= o.Day-o.Lead && d <= o.Day+o.Lag && abs(d-o.Day) < abs(d-f.Day) {
					t.Fatalf("%s %s is given to %s, but %s is nearer", country, iso(d), f.Name, o.Name)
				}
			}
			counts[slices.Index(FeastGroups(), f.Group)]++
		}
		for g, n := range counts {
			if c.days(g, from-10, to+10) != n {
				t.Errorf("%s %s: %d days counted, %d by looking", country, FeastGroups()[g], c.days(g, from, to), n)
			}
			if half := (from + to) / 2; c.days(g, from, half)+c.days(g, half, to) != n {
				t.Errorf("%s %s: halves do not add up", country, FeastGroups()[g])
			}
		}
	}
	us, err := NewCalendar("US", from, to)
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]string{
		"2011-11-24": "Black Friday", "2011-11-28": "Cyber Monday", "2011-11-30": "Christmas", "2011-12-24": "Christmas", "2011-12-25": "",
		"2011-11-10": "Singles' Day", "2011-10-20": "Autumn", "2011-10-25": "Halloween", "2011-02-14": "Valentine's Day", "2011-03-01": "",
		"2011-08-20": "Back to school", "2011-07-20": "Summer", "2011-07-03": "Independence Day",
	} {
		f, ok := us.At(calendarDay(day))
		if ok != (want != "") || f.Name != want {
			t.Errorf("%s: %q, want %q", day, f.Name, want)
		}
	}
}

func TestCalendarRefuses(t *testing.T) {
	for _, f := range []func() (*Calendar, error){
		func() (*Calendar, error) { return NewCalendar("FR", 0, 10) },
		func() (*Calendar, error) { return NewCalendar("US", 0, 10, "diwali") },
		func() (*Calendar, error) { return NewCalendar("US", 10, 10) },
	} {
		if _, err := f(); err == nil {
			t.Error("no error")
		}
	}
}

func TestGuessCountry(t *testing.T) {
	for zone, want := range map[string]string{"Europe/London": "UK", "America/Sao_Paulo": "BR", "Europe/Copenhagen": "DK", "Asia/Tokyo": "US"} {
		z, err := time.LoadLocation(zone)
		if err != nil {
			t.Skipf("no time zones here: %v", err)
		}
		if got, _ := GuessCountry(&datasets.Meta{Zone: z}); got != want {
			t.Errorf("%s: %s, want %s", zone, got, want)
		}
	}
	if got, why := GuessCountry(&datasets.Meta{Currency: "GBP", Zone: time.UTC}); got != "UK" || !strings.Contains(why, "GBP") {
		t.Errorf("pounds: %s by %s", got, why)
	}
}

// TestCivil against the standard library.
func TestCivil(t *testing.T) {
	for day := -800_000; day < 800_000; day += 13 {
		at := time.Unix(int64(day)*86400, 0).UTC()
		y, m, d := civilOf(day)
		if y != at.Year() || m != int(at.Month()) || d != at.Day() || civilDay(y, m, d) != day {
			t.Fatalf("day %d: %d-%d-%d, want %s", day, y, m, d, at.Format(time.DateOnly))
		}
		if civilWeekday(day) != (int(at.Weekday())+6)%7 || civilMonthLength(y, m) != at.AddDate(0, 1, -d).Day() {
			t.Fatalf("day %d: weekday %d, month of %d days", day, civilWeekday(day), civilMonthLength(y, m))
		}
	}
	z, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Skipf("no time zones here: %v", err)
	}
	c := wallClock{zone: z}
	for s := int64(1_700_000_000); s < 1_740_000_000; s += 3671 {
		at := time.Unix(s, 0).In(z)
		want := float64(at.Hour()) + float64(at.Minute())/60 + float64(at.Second())/3600
		if got := c.hour(s * 1_000_000); got < want-1e-9 || got > want+1e-9 {
			t.Fatalf("%s: hour %g, want %g", at, got, want)
		}
	}
}
