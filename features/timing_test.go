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

// stampLog makes a log to the second from each customer's purchase times.
func stampLog(zone *time.Location, stamps map[string][]time.Time) *datasets.Log {
	b := datasets.NewBuilder(datasets.Meta{Name: "stamps", Zone: zone, FirstSeenIsFirst: true})
	for id, ts := range stamps {
		for _, at := range ts {
			b.Add(noEvent(id, at))
		}
	}
	return b.Log()
}

func TestTimingByHand(t *testing.T) {
	ams, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Skipf("no time zones here: %v", err)
	}
	// 23:30 UTC on Friday 5 and 12 January 2024 is 00:30 on Saturday in Amsterdam;
	// the third purchase is on Monday the 15th at 00:30 there.
	a := []time.Time{
		time.Date(2024, 1, 5, 23, 30, 0, 0, time.UTC), time.Date(2024, 1, 12, 23, 30, 0, 0, time.UTC), time.Date(2024, 1, 14, 23, 30, 0, 0, time.UTC),
	}
	// Summer time: 22:00 UTC is midnight of the next day, a Tuesday the 2nd.
	b := []time.Time{time.Date(2024, 7, 1, 22, 0, 0, 0, time.UTC), time.Date(2025, 2, 4, 9, 0, 0, 0, time.UTC), time.Date(2025, 2, 5, 9, 0, 0, 0, time.UTC)}
	log := stampLog(ams, map[string][]time.Time{"a": a, "b": b})
	cols := []string{"hour", "weekday", "month_day", "season", "hour_twice"}
	for _, c := range timingScalars {
		cols = append(cols, c.Name)
	}
	x := built(t, log, one(t, "timing", &Timing{Columns: cols}), 0, 1)
	y := built(t, log, one(t, "timing", &Timing{Columns: cols, Shrink: 2}), 0, 1)
	lo, noon := 2*math.Pi*0.5/24, 2*math.Pi*10/24
	// All angles by hand: hours; Saturday, Saturday, Monday and Tuesday, Tuesday,
	// Wednesday; the 6th, 13th, 15th of 31 days and the 2nd of 31, the 4th and 5th of
	// 28; days of the year from 0.
	for name, angles := range map[string][2][]float64{
		"hour":       {{lo, lo, lo}, {0, noon, noon}},
		"hour_twice": {{2 * lo, 2 * lo, 2 * lo}, {0, 2 * noon, 2 * noon}},
		"weekday":    {turns(7, 5, 5, 0), turns(7, 1, 1, 2)},
		"month_day":  {turns(31, 5, 12, 14), append(turns(31, 1), turns(28, 3, 4)...)},
		"season":     {turns(365.2425, 5, 12, 14), turns(365.2425, 183, 34, 35)},
	} {
		all := circleOf(slices.Concat(angles[0], angles[1]), nil)
		for i, id := range []string{"a", "b"} {
			own := circleOf(angles[i], nil)
			check.Close(t, name+"_cos of "+id, cell(t, x, id, name+"_cos"), own.C/3, 1e-9)
			check.Close(t, name+"_sin of "+id, cell(t, x, id, name+"_sin"), own.S/3, 1e-9)
			check.Close(t, name+"_cos of "+id+", shrunk", cell(t, y, id, name+"_cos"), (own.C+2*all.C/6)/5, 1e-9)
			check.Close(t, name+"_sin of "+id+", shrunk", cell(t, y, id, name+"_sin"), (own.S+2*all.S/6)/5, 1e-9)
		}
	}
	for col, want := range map[string]float64{
		"weekend_share":   2.0 / 3,
		"weekday_entropy": (math.Log(3) - 2*math.Log(2)/3 + EntropyShortfall([]float64{1, 2, 1, 0, 0, 2, 0}, 3)) / math.Log(7),
		"hour_entropy":    EntropyShortfall([]float64{4, 2}, 3) / math.Log(24), "night_share": 1, "payday_share": 0,
		// Everybody used the hours 0 (4 of 6) and 10: two bins.
		"hour_divergence": math.Log(6.0/4) - 1.0/6,
		// Saturday 2 of 6, Monday 1, Tuesday 2, Wednesday 1: four bins.
		"weekday_divergence":  math.Log(2) - 3.0/6,
		"active_months_share": 1.0 / 14, // January 2024 to February 2025
	} {
		check.Close(t, col, cell(t, x, "a", col), want, 1e-9)
	}
	check.Close(t, "payday_share", cell(t, x, "b", "payday_share"), 1.0/3, 1e-12)
	check.Close(t, "active_months_share", cell(t, x, "b", "active_months_share"), 2.0/8, 1e-12)
}

// turns returns 2πu/period.
func turns(period float64, us ...float64) []float64 {
	out := make([]float64, len(us))
	for i, u := range us {
		out[i] = 2 * math.Pi * u / period
	}
	return out
}

func TestTimingDayStamps(t *testing.T) {
	log := cdnow(t)
	b := built(t, log, one(t, "timing", mustNew(t, "timing")), 0, 2)
	if slices.ContainsFunc(columnNames(b.Raw.Cols), func(n string) bool { return strings.HasPrefix(n, "hour") }) {
		t.Errorf("a log of day stamps has hours: %v", columnNames(b.Raw.Cols))
	}
	if len(b.Warnings) != 1 || !strings.Contains(b.Warnings[0], "timing on cdnow: the stamps tell days, not hours") {
		t.Errorf("warnings %q", b.Warnings)
	}
	if i, j, bad := b.Raw.Missing(); bad {
		t.Errorf("%s of %s is missing", b.Raw.Cols[j].Name, b.Raw.IDs[i])
	}
	if _, err := Build(t.Context(), log, one(t, "timing", &Timing{Columns: []string{"hour"}}), 0, 1); err == nil || !strings.Contains(err.Error(), "days only") {
		t.Errorf("hours alone of a log of days: error %v", err)
	}
}

// TestTimingSeparates: Saturday-evening people and Tuesday-lunch people, six
// purchases each, against people without a habit, who must sit near the centre
// however few purchases they have.
func TestTimingSeparates(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) // a Monday
	stamps := map[string][]time.Time{}
	for c := range 600 {
		n := 6
		if c%3 == 2 {
			n = 3 + rng.IntN(12)
		}
		for _, week := range rng.Perm(50)[:n] {
			day, hour := rng.IntN(7), 24*rng.Float64()
			switch c % 3 {
			case 0:
				day, hour = 5, 20+rng.NormFloat64()
			case 1:
				day, hour = 1, 12+rng.NormFloat64()
			}
			at := start.AddDate(0, 0, 7*week+day).Add(time.Duration(hour * float64(time.Hour)))
			id := strconv.Itoa(c%3) + "-" + strconv.Itoa(c)
			stamps[id] = append(stamps[id], at)
		}
	}
	b := built(t, stampLog(time.UTC, stamps), one(t, "timing", mustNew(t, "timing")), 0, 2)
	// Those without a habit lie around the population's vector, the others apart.
	v := b.Pipeline.models[0].(*timingModel).Vectors[0]
	var far [3]gapMean
	var angle [3]Circle
	for i, id := range b.Raw.IDs {
		g := int(id[0] - '0')
		cos, sin := b.Raw.Row(i)[0], b.Raw.Row(i)[1]
		far[g].add(math.Hypot(cos-v[0], sin-v[1]))
		// Without the population's four occasions the direction is the customer's own.
		n := float64(len(stamps[id]))
		angle[g].Add(math.Atan2((n+4)*sin-4*v[1], (n+4)*cos-4*v[0]), 1)
	}
	if far[0].value(0) < 0.45 || far[1].value(0) < 0.45 || far[2].value(1) > 0.3 {
		t.Errorf("mean distances from everybody %g %g, without a habit %g", far[0].value(0), far[1].value(0), far[2].value(1))
	}
	check.Close(t, "evening", angle[0].Mean()*24/(2*math.Pi), 20, 0.1)
	check.Close(t, "lunch", angle[1].Mean()*24/(2*math.Pi), 12, 0.1)
}
