package features

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// spanLog makes a log of day stamps from each customer's purchase dates, in a stated
// window.
func spanLog(t testing.TB, from, to string, meta datasets.Meta, days map[string][]int) *datasets.Log {
	t.Helper()
	meta.Name, meta.Resolution = "span", datasets.Day
	meta.Window = datasets.Window{From: date(t, from), To: date(t, to)}
	b := datasets.NewBuilder(meta)
	for id, ds := range days {
		for _, d := range ds {
			b.Add(noEvent(id, time.Unix(int64(d)*86400, 0)))
		}
	}
	return b.Log()
}

func daysOf(dates string) []int {
	var out []int
	for _, d := range strings.Fields(dates) {
		out = append(out, calendarDay(d))
	}
	return out
}

// TestOccasionByHand: two customers in 2011, the shares from the counts of days that
// the calendar's windows give, written out here.
func TestOccasionByHand(t *testing.T) {
	log := spanLog(t, "2011-01-01", "2012-01-01", datasets.Meta{}, map[string][]int{
		// Christmas (three days), Black Friday's window, an ordinary day.
		"a": daysOf("2011-12-01 2011-12-05 2011-12-20 2011-11-25 2011-03-01"),
		"b": daysOf("2011-07-10 2011-03-01 2011-03-02 2011-03-03"),
	})
	b := built(t, log, one(t, "occasion", &Occasion{Columns: []string{"occasion_shares", "universal_excess", "only_universal"}, Country: "US", Shrink: 2, Only: 0.8}), 0, 1)
	c, err := NewCalendar("US", calendarDay("2011-01-01"), calendarDay("2012-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	// Nobody is a cohort, so both were there all year and everybody expects the
	// population's shares: 3, 1, 1 and 4 of 9 in christmas, shopping, summer, ordinary.
	want := map[string]float64{"christmas": 3 + 2*3.0/9, "shopping": 1 + 2.0/9, "summer": 2.0 / 9, "ordinary": 1 + 2*4.0/9}
	for _, g := range append(FeastGroups()[:7], "ordinary") {
		check.Close(t, g, cell(t, b, "a", "occasion_"+g), want[g]/7, 1e-12)
	}
	check.Close(t, "excess", cell(t, b, "a", "universal_excess"), (4.0/5-4.0/9)*5/7, 1e-12)
	// Dated feasts have this many of the 365 days; 4 of 5 occasions there.
	dated := 0
	for g, name := range FeastGroups() {
		if name != "summer" && name != "autumn" {
			dated += c.days(g, c.From, c.To)
		}
	}
	p := float64(dated) / 365
	want1 := 0.0
	if (4-5*p)/math.Sqrt(5*p*(1-p)) >= 1.645 {
		want1 = 1
	}
	check.Close(t, "only", cell(t, b, "a", "only_universal"), want1, 0)
	check.Close(t, "only", cell(t, b, "b", "only_universal"), 0, 0)
	if len(b.Warnings) != 0 {
		t.Errorf("warnings %q for a full year and a stated country", b.Warnings)
	}
}

// TestOccasionExposure: customers who buy on random days since they joined look alike
// in every group whenever they joined: those of the first and of the second year
// have the same mean shares, though most days of the latter are late in the year.
func TestOccasionExposure(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	from, to := calendarDay("2010-01-01"), calendarDay("2012-01-01")
	days := map[string][]int{}
	for c := range 4000 {
		born := from + rng.IntN(730)
		if to-born < 9 {
			continue
		}
		id := "old" + strconv.Itoa(c)
		if born >= calendarDay("2011-01-01") {
			id = "new" + strconv.Itoa(c)
		}
		ds := []int{born}
		for d := born + 1; d < to; d++ {
			if rng.Float64() < 0.03 {
				ds = append(ds, d)
			}
		}
		days[id] = ds
	}
	b := built(t, spanLog(t, "2010-01-01", "2012-01-01", datasets.Meta{FirstSeenIsFirst: true}, days),
		one(t, "occasion", &Occasion{Columns: []string{"occasion_shares", "universal_excess"}, Country: "UK", Shrink: 4, Only: 0.8}), 0, 2)
	for j, c := range b.Raw.Cols {
		var group [2]gapMean
		for i, id := range b.Raw.IDs {
			k := 0
			if id[:3] == "new" {
				k = 1
			}
			group[k].add(b.Raw.Row(i)[j])
		}
		if d := group[0].value(0) - group[1].value(0); math.Abs(d) > 0.015 {
			t.Errorf("%s: old customers %g, new ones %g", c.Name, group[0].value(0), group[1].value(0))
		}
	}
}

// TestOccasionSeparates: Christmas, summer and any-day customers of six purchases.
func TestOccasionSeparates(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	start := calendarDay("2022-01-01")
	days := map[string][]int{}
	for c := range 300 {
		var ds []int
		for len(ds) < 6 {
			year := civilDay(2022+rng.IntN(2), 1, 1)
			d := start + rng.IntN(730)
			if rng.Float64() < 0.8 {
				switch c % 3 {
				case 0:
					d = year + 330 + rng.IntN(28)
				case 1:
					d = year + 170 + rng.IntN(60)
				}
			}
			if !slices.Contains(ds, d) {
				ds = append(ds, d)
			}
		}
		days[strconv.Itoa(c%3)+"-"+strconv.Itoa(c)] = ds
	}
	b := built(t, spanLog(t, "2022-01-01", "2024-01-01", datasets.Meta{Currency: "EUR"}, days), one(t, "occasion", mustNew(t, "occasion")), 0, 2)
	if len(b.Warnings) != 1 || !strings.Contains(b.Warnings[0], "the calendar is that of DE: currency EUR") {
		t.Errorf("warnings %q", b.Warnings)
	}
	right := 0
	for i, id := range b.Raw.IDs {
		x, s := b.Raw.Row(i)[b.Raw.Index("occasion_christmas")], b.Raw.Row(i)[b.Raw.Index("occasion_summer")]
		guess := byte('2')
		switch {
		case x > 0.35:
			guess = '0'
		case s > 0.4:
			guess = '1'
		}
		if id[0] == guess {
			right++
		}
	}
	if right < 280 {
		t.Errorf("%d of 300 told by their shares", right)
	}
	var only [3]gapMean
	for i, id := range b.Raw.IDs {
		only[id[0]-'0'].add(b.Raw.Row(i)[b.Raw.Index("only_universal")])
	}
	if only[0].value(0) < 0.4 || only[1].value(1) > 0.02 || only[2].value(1) > 0.1 {
		t.Errorf("only_universal: Christmas %g, summer %g, any day %g", only[0].value(0), only[1].value(0), only[2].value(0))
	}
}

func TestOccasionShortLog(t *testing.T) {
	log := spanLog(t, "2011-09-10", "2011-11-05", datasets.Meta{}, map[string][]int{"a": daysOf("2011-09-12 2011-10-01 2011-10-02"), "b": daysOf("2011-09-20 2011-09-30 2011-11-01")})
	b := built(t, log, one(t, "occasion", mustNew(t, "occasion")), 0, 1)
	if b.Raw.Index("occasion_christmas") >= 0 || b.Raw.Index("occasion_autumn") < 0 {
		t.Errorf("columns %v", columnNames(b.Raw.Cols))
	}
	if len(b.Warnings) != 2 || !strings.Contains(b.Warnings[0], "US: neither zone nor currency") || !strings.Contains(b.Warnings[1], "covers 56 days") || !strings.Contains(b.Warnings[1], "left out: christmas") {
		t.Errorf("warnings %q", b.Warnings)
	}
	for want, o := range map[string]*Occasion{
		`no column "x"`:     {Columns: []string{"x"}, Country: "US", Only: 1},
		`country = "ZZ"`:    {Columns: occasionNames, Country: "ZZ", Only: 1},
		"shrink = -1":       {Columns: occasionNames, Country: "US", Shrink: -1, Only: 1},
		"only = 0: a share": {Columns: occasionNames, Country: "US"},
	} {
		if _, err := Build(t.Context(), log, one(t, "occasion", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestOccasionTable: lifts by hand, and Scipy's binomial tails.
func TestOccasionTable(t *testing.T) {
	for _, c := range expectOccasions(t).Binomial {
		check.Close(t, "binomial tail", binomialUpper(int(c[0]), int(c[1]), c[2]), c[3], 1e-12)
	}
	b := datasets.NewBuilder(datasets.Meta{Name: "lift", Resolution: datasets.Day, Has: datasets.FieldAmount, Window: datasets.Window{From: date(t, "2011-01-01"), To: date(t, "2012-01-01")}})
	for day, amount := range map[string]float64{"2011-12-01": 60, "2011-12-10": 30, "2011-03-02": 10, "2011-06-20": 5} {
		ev := noEvent("a", date(t, day))
		ev.Amount = amount
		b.Add(ev)
	}
	log := b.Log()
	cal, err := NewCalendar("UK", calendarDay("2011-01-01"), calendarDay("2012-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	count := NewOccasionCount(cal)
	for h := range log.Histories(t.Context()) {
		count.Add(h)
	}
	tab := count.Table()
	i := slices.IndexFunc(tab.Lifts, func(l OccasionLift) bool { return l.Name == "Christmas" })
	x := tab.Lifts[i]
	// 13 November to 24 December are 42 days, less five around Black Friday that are
	// nearer to it (21 to 27 November by its window) and two of Cyber Monday.
	days := 0
	for d := cal.From; d < cal.To; d++ {
		if f, _ := cal.At(d); f.Name == "Christmas" {
			days++
		}
	}
	if days != 42-7-2 {
		t.Errorf("%d days before Christmas, want 33", days)
	}
	in, out := 33.0, 365-33.0
	check.Close(t, "lift", x.Lift, 90/in/(15/out), 1e-12)
	check.Close(t, "occasion lift", x.OccasionLift, 2/in/(2/out), 1e-12)
	p := in / 365
	check.Close(t, "z", x.Z, (2-4*p)/math.Sqrt(4*p*(1-p)), 1e-12)
	q := 1 - p
	check.Close(t, "p", x.P, 1-q*q*q*q-4*p*q*q*q, 1e-12)
	check.Close(t, "years", tab.YearsCovered, 365/365.25, 1e-12)
	if tab.Occasions != 4 || tab.Customers != 1 || tab.Days != 365 {
		t.Errorf("%+v", tab)
	}
}
