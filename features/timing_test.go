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
	log := stampLog(ams, map[string][]time.Time{"a": {
		time.Date(2024, 1, 5, 23, 30, 0, 0, time.UTC), time.Date(2024, 1, 12, 23, 30, 0, 0, time.UTC), time.Date(2024, 1, 14, 23, 30, 0, 0, time.UTC),
	}})
	b := built(t, log, one(t, "timing", &Timing{Columns: []string{"hour", "weekday", "month_day", "weekend_share", "weekday_entropy"}}), 0, 1)
	half := 2 * math.Pi * 0.5 / 24
	check.Close(t, "hour_cos", cell(t, b, "a", "hour_cos"), math.Cos(half), 1e-12)
	check.Close(t, "hour_sin", cell(t, b, "a", "hour_sin"), math.Sin(half), 1e-12)
	check.Close(t, "weekend_share", cell(t, b, "a", "weekend_share"), 2.0/3, 1e-12)
	check.Close(t, "weekday_entropy", cell(t, b, "a", "weekday_entropy"), (math.Log(3)-2*math.Log(2)/3+1.0/6)/math.Log(7), 1e-12)
	var week, month Circle
	for _, d := range []float64{5, 5, 0} { // Saturday, Saturday, Monday
		week.Add(2*math.Pi*d/7, 1)
	}
	for _, d := range []float64{5, 12, 14} { // the 6th, 13th and 15th of 31 days
		month.Add(2*math.Pi*d/31, 1)
	}
	wc, ws := week.Pair()
	mc, ms := month.Pair()
	for col, want := range map[string]float64{"weekday_cos": wc, "weekday_sin": ws, "month_day_cos": mc, "month_day_sin": ms} {
		check.Close(t, col, cell(t, b, "a", col), want, 1e-12)
	}
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
	b := built(t, stampLog(time.UTC, stamps), one(t, "timing", &Timing{Columns: []string{"hour", "weekday"}}), 0, 2)
	var r [3]gapMean
	var angle [3]Circle
	for i, id := range b.Raw.IDs {
		g := int(id[0] - '0')
		cos, sin := b.Raw.Row(i)[0], b.Raw.Row(i)[1]
		r[g].add(math.Hypot(cos, sin))
		angle[g].Add(math.Atan2(sin, cos), 1)
	}
	if r[0].value(0) < 0.9 || r[1].value(0) < 0.9 || r[2].value(1) > 0.35 {
		t.Errorf("mean strengths %g %g %g, want near 1, near 1, near 0", r[0].value(0), r[1].value(0), r[2].value(0))
	}
	check.Close(t, "evening", angle[0].Mean()*24/(2*math.Pi), 20, 0.02)
	check.Close(t, "lunch", angle[1].Mean()*24/(2*math.Pi), 12, 0.02)
}
