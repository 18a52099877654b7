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

// ritualLog: people who shop on Wednesdays, on Saturdays of every other week, on the
// 26th, for birthdays (one week in each year, several purchases) and whenever the shop
// is open, Monday to Saturday: 120 each over three years, 15 purchases.
func ritualLog(t testing.TB) *datasets.Log {
	rng := rand.New(rand.NewPCG(12, 12))
	start := calendarDay("2021-01-04") // a Monday
	days := map[string][]int{}
	for c := range 600 {
		kind := c % 5
		phase := rng.IntN(7 * 20)
		birthday := rng.IntN(300)
		var ds []int
		for len(ds) < 15 {
			d := start + rng.IntN(1090)
			switch kind {
			case 0:
				d = start + 7*rng.IntN(155) + 2
			case 1:
				d = start + 14*rng.IntN(77) + 7*(phase%2) + 5
			case 2:
				y, m := 2021+rng.IntN(3), 1+rng.IntN(12)
				d = civilDay(y, m, 25+rng.IntN(3))
			case 3:
				if len(ds) < 9 {
					d = start + 365*rng.IntN(3) + birthday + rng.IntN(9)
				}
			}
			if civilWeekday(d) != 6 && !slices.Contains(ds, d) {
				ds = append(ds, d)
			}
		}
		days[strconv.Itoa(kind)+"-"+strconv.Itoa(c)] = ds
	}
	return spanLog(t, "2021-01-04", "2024-01-02", datasets.Meta{FirstSeenIsFirst: true}, days)
}

func TestRitualSeparates(t *testing.T) {
	b := built(t, ritualLog(t), one(t, "ritual", mustNew(t, "ritual")), 0, 2)
	if len(b.Warnings) != 1 || !strings.Contains(b.Warnings[0], "ritual_day is left out") {
		t.Errorf("warnings %q", b.Warnings)
	}
	mean := func(kind byte, col string) float64 {
		var m gapMean
		for i, id := range b.Raw.IDs {
			if id[0] == kind {
				m.add(b.Raw.Row(i)[b.Raw.Index(col)])
			}
		}
		return m.value(math.NaN())
	}
	for col, who := range map[string]string{"ritual_week": "01", "ritual_fortnight": "1", "ritual_month": "2", "anniversary": "3"} {
		for kind := byte('0'); kind < '5'; kind++ {
			m := mean(kind, col)
			switch {
			case kind == '3' && col == "ritual_month": // a birthday is a day of the month too
			case strings.IndexByte(who, kind) >= 0 && (m < 0.3 || col == "anniversary" && m < 0.6):
				t.Errorf("%s of kind %c: %g, want a strength", col, kind, m)
			case col == "anniversary" && math.Abs(m) < 0.45: // every second week hits one week of a year's two and a half
			case strings.IndexByte(who, kind) < 0 && math.Abs(m) > 0.12:
				t.Errorf("%s of kind %c: %g, want 0", col, kind, m)
			}
		}
	}
	right := 0
	for i, id := range b.Raw.IDs {
		class := b.Raw.Row(i)[b.Raw.Index("ritual_class")]
		if want := map[byte]float64{'0': 1, '1': 2, '2': 4, '4': 0}; id[0] != '3' && class == want[id[0]] {
			right++
		}
	}
	if right < 460 {
		t.Errorf("%d of 480 have the class of their ritual", right)
	}
}

// TestRitualHonest: purchases on random open days have strength 0 on average, whatever
// their number.
func TestRitualHonest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 12))
	start := calendarDay("2021-01-04")
	days := map[string][]int{}
	for c := range 3000 {
		var ds []int
		for len(ds) < 3+c%2*25 {
			if d := start + rng.IntN(1000); civilWeekday(d) < 5 && !slices.Contains(ds, d) {
				ds = append(ds, d)
			}
		}
		days[strconv.Itoa(c%2)+strconv.Itoa(c)] = ds
	}
	cols := []string{"ritual_week", "ritual_fortnight", "ritual_four_weeks", "ritual_month", "ritual_quarter", "repeat_week", "repeat_four_weeks", "anniversary"}
	b := built(t, spanLog(t, "2021-01-04", "2024-01-02", datasets.Meta{}, days), one(t, "ritual", &Ritual{Columns: cols, Shrink: 2, Tolerance: 10}), 0, 2)
	for j, col := range cols {
		var few, many gapMean
		for i, id := range b.Raw.IDs {
			if id[0] == '0' {
				few.add(b.Raw.Row(i)[j])
			} else {
				many.add(b.Raw.Row(i)[j])
			}
		}
		if math.Abs(few.value(1)) > 0.03 || math.Abs(many.value(1)) > 0.02 {
			t.Errorf("%s: few %g, many %g, want 0", col, few.value(1), many.value(1))
		}
	}
}

func TestRitualDay(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 12))
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	stamps := map[string][]time.Time{}
	for c := range 200 {
		own := 8 + 10*rng.Float64()
		for _, d := range rng.Perm(300)[:12] {
			hour := 8 + 10*rng.Float64()
			if c%2 == 0 {
				hour = own + 0.3*rng.NormFloat64()
			}
			id := strconv.Itoa(c%2) + "-" + strconv.Itoa(c)
			stamps[id] = append(stamps[id], start.AddDate(0, 0, d).Add(time.Duration(hour*float64(time.Hour))))
		}
	}
	b := built(t, stampLog(time.UTC, stamps), one(t, "ritual", &Ritual{Columns: []string{"ritual_day"}, Shrink: 8, Tolerance: 10}), 0, 2)
	var strict, loose gapMean
	for i, id := range b.Raw.IDs {
		if id[0] == '0' {
			strict.add(b.Raw.Row(i)[0])
		} else {
			loose.add(b.Raw.Row(i)[0])
		}
	}
	if strict.value(0) < 0.15 || math.Abs(loose.value(1)) > 0.02 {
		t.Errorf("coffee on the way %g, any hour %g", strict.value(0), loose.value(1))
	}
}

func TestSubscription(t *testing.T) {
	var occ []datasets.Occasion
	for i := range 6 {
		occ = append(occ, datasets.Occasion{Day: 30*i + i%2, Gross: 9.99})
	}
	if !Subscription(occ) || Subscription(occ[:5]) {
		t.Error("six monthly payments of one amount are a subscription, five are too few")
	}
	occ[3].Gross = 12
	if Subscription(occ) {
		t.Error("amounts vary by more than 5 %")
	}
	for i := range occ {
		occ[i].Gross = math.NaN()
	}
	if !Subscription(occ) {
		t.Error("without amounts the gaps decide")
	}
	occ[5].Day += 40
	if Subscription(occ) {
		t.Error("a gap of 70 days among 30")
	}
}

func TestRitualRefuses(t *testing.T) {
	log := gapLog(map[string][]int{"a": {1, 5, 9}, "b": {2, 7, 11}}, 20)
	for want, o := range map[string]*Ritual{
		`no column "week"`: {Columns: []string{"week"}},
		"shrink = -2":      {Columns: []string{"ritual_week"}, Shrink: -2},
		"tolerance = 91":   {Columns: []string{"ritual_week"}, Tolerance: 91},
		"two years":        {Columns: []string{"anniversary"}},
		"days only":        {Columns: []string{"ritual_day"}},
	} {
		if _, err := Build(t.Context(), log, one(t, "ritual", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	// Three purchases within a week tell nothing of weeks: the population's value.
	b := built(t, log, one(t, "ritual", &Ritual{Columns: []string{"ritual_week"}, Shrink: 1}), 0, 1)
	check.Close(t, "short span", cell(t, b, "a", "ritual_week"), 0, 0)
	if h, _ := log.Find("a"); b.Pipeline.models[0].(Witness).Evidence(h) != 0 {
		t.Error("evidence of a week in eight days")
	}
}
