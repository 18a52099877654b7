package features

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// TestTheilSenSen: the example of Sen (1968) as SciPy's test suite has it; recomputed,
// the printed paper was not at hand.
func TestTheilSenSen(t *testing.T) {
	x := []float64{1, 2, 3, 4, 10, 12, 18}
	y := []float64{9, 15, 19, 20, 45, 55, 78}
	got := TheilSen(x, y, 0.07)
	for what, p := range map[string][2]float64{
		"slope": {got.Slope, 4}, "intercept": {got.Intercept, 4}, "lo": {got.Lo, 3.7142857}, "hi": {got.Hi, 4.375},
	} {
		near(t, what, p[0], p[1], 1e-6)
	}
	mk := MannKendall(y)
	for what, p := range map[string][2]float64{"S": {mk.S, 21}, "Var": {mk.Var, 44.3333333}, "Z": {mk.Z, 3.003757}, "P": {mk.P, 0.0026667}} {
		near(t, what, p[0], p[1], 1e-6)
	}
	// With ties: the corrected variance, evaluated by hand.
	mk = MannKendall([]float64{1, 2, 2, 3, 3, 3, 4, 2})
	for what, p := range map[string][2]float64{"S": {mk.S, 14}, "Var": {mk.Var, 58}, "Z": {mk.Z, 1.7069836}, "P": {mk.P, 0.0878251}} {
		near(t, what, p[0], p[1], 1e-6)
	}
	if mk := MannKendall([]float64{3, 3, 3}); mk.Z != 0 || mk.P != 1 {
		t.Error("a constant series has a trend")
	}
	if s := TheilSen([]float64{1, 1}, []float64{2, 3}, 0.05); !math.IsNaN(s.Slope) {
		t.Error("one x has a slope")
	}
}

// spendLog is a log of day stamps from day offsets and amounts by customer.
func spendLog(start time.Time, end int, spend map[string][][2]float64) *datasets.Log {
	b := datasets.NewBuilder(datasets.Meta{
		Name: "spend", Resolution: datasets.Day, FirstSeenIsFirst: true, Has: datasets.FieldAmount,
		Window: datasets.Window{From: start, To: start.AddDate(0, 0, end)},
	})
	for id, rows := range spend {
		for _, r := range rows {
			ev := noEvent(id, start.AddDate(0, 0, int(r[0])))
			ev.Amount = r[1]
			b.Add(ev)
		}
	}
	return b.Log()
}

// fading spends 100, 90, ... in periods of 28 days after a first purchase.
func fading(periods int, from, step float64) (out [][2]float64) {
	out = [][2]float64{{5, 50}}
	for p := range periods {
		out = append(out, [2]float64{float64(28*(p+1) + 3), from + step*float64(p)})
	}
	return out
}

// TestTrendByHand: periods count back from the end, the first partial one is dropped.
func TestTrendByHand(t *testing.T) {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	const end = 28 * 10
	log := spendLog(start, end, map[string][][2]float64{
		"down":  fading(9, 100, -10),
		"flat":  fading(9, 60, 0),
		"short": {{250, 10}, {270, 20}},
		"first": {{0, 40}, {28, 40}, {56, 40}, {200, 7}}, // bought on a period's first day: nothing is dropped
	})
	clock := newTrendClock("28d", log.Meta.Now())
	for id, want := range map[string][]float64{
		"down":  {100, 90, 80, 70, 60, 50, 40, 30, 20},
		"short": {20},
		"first": {40, 40, 40, 0, 0, 0, 0, 7, 0, 0},
	} {
		h, _ := log.Find(id)
		if got := clock.series(h.Occasions()); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("series of %s %v, want %v", id, got, want)
		}
	}
	opts := &SpendTrend{Columns: columnNames(trendColumns), Period: "28d", Deseason: "off"}
	b := built(t, log, one(t, "trend", opts), 2, 1)
	check.Close(t, "slope", cell(t, b, "down", "spend_trend"), -10.0/60, 1e-12)
	check.Close(t, "Z", cell(t, b, "down", "trend_z"), -(36-1)/math.Sqrt(9*8*23/18.0), 1e-12)
	check.Close(t, "flat", cell(t, b, "flat", "spend_trend"), 0, 0)
	// The last 90 days begin on day 190: 40, 30 and 20 were spent on days 199, 227, 255;
	// before them 100 … 50 and the first 50, over 185 days.
	check.Close(t, "ratio", cell(t, b, "down", "spend_ratio_90d"), 90/(500/(185.0/90)), 1e-12)
	// Too young for six periods: the population's slope, a Z of 0.
	first := TheilSenSlope([]float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []float64{40, 40, 40, 0, 0, 0, 0, 7, 0, 0}) / 40
	mean := (-10.0/60 + 0 + first) / 3
	check.Close(t, "population", cell(t, b, "short", "spend_trend"), mean, 1e-12)
	check.Close(t, "no test", cell(t, b, "short", "trend_z"), 0, 0)
	h, _ := log.Find("short")
	d, _ := log.Find("down")
	m := b.Pipeline.models[0].(Witness)
	if m.Evidence(h) != 0 || m.Evidence(d) != 9 {
		t.Errorf("evidence %d and %d", m.Evidence(h), m.Evidence(d))
	}
}

// TestTrendScale: another currency changes nothing; a shift of all dates neither.
func TestTrendScale(t *testing.T) {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	people := map[string][][2]float64{"a": fading(9, 100, -7), "b": fading(8, 20, 3), "c": {{40, 10}, {250, 9}}, "d": fading(9, 40, 0)}
	cents := map[string][][2]float64{}
	for id, rows := range people {
		for _, r := range rows {
			cents[id] = append(cents[id], [2]float64{r[0], 100 * r[1]})
		}
	}
	opts := (&SpendTrend{Columns: columnNames(trendColumns), Period: "28d", Deseason: "auto", Shrink: 4})
	want := built(t, spendLog(start, 280, people), one(t, "trend", opts), 2, 1)
	if lacks(want.Warnings, "less than two years") {
		t.Errorf("the season was not spoken of: %q", want.Warnings)
	}
	for what, log := range map[string]*datasets.Log{
		"in cents": spendLog(start, 280, cents), "later": spendLog(start.AddDate(0, 0, 1234), 280, people),
	} {
		got := built(t, log, one(t, "trend", opts), 2, 1)
		for i, x := range want.Raw.data {
			check.Close(t, what, got.Raw.data[i], x, 1e-12)
		}
	}
}

// TestTrendMonths: calendar months, the first and the last partial one dropped.
func TestTrendMonths(t *testing.T) {
	start := time.Date(2024, 1, 10, 0, 0, 0, 0, time.UTC)
	log := spendLog(start, 100, map[string][][2]float64{"a": {{0, 5}, {22, 7}, {50, 1}, {51, 2}, {90, 100}}}) // Jan 10, Feb 1, Feb 29, Mar 1, Apr 9
	h, _ := log.Find("a")
	if got := newTrendClock("month", log.Meta.Now()).series(h.Occasions()); fmt.Sprint(got) != "[8 2]" {
		t.Errorf("%v", got)
	}
}

// TestTrendSeasons: spend that is a product of age and season gives the season back;
// one cohort gives none, since all of it can be age.
func TestTrendSeasons(t *testing.T) {
	season := make([]float64, 13)
	var mean float64
	for s := range season {
		season[s] = 1 + 0.5*math.Sin(float64(s))
		mean += season[s] / 13
	}
	spend, counts := map[int][]float64{}, map[int]int64{}
	var lengths []int
	for l := 5; l <= 30; l++ {
		lengths = append(lengths, l)
		counts[l] = int64(10 + l%3)
		for b := range l {
			spend[l] = append(spend[l], float64(counts[l])*math.Exp(-0.1*float64(l-1-b))*season[b%13])
		}
	}
	for s, g := range trendSeasons(spend, counts, lengths, 13) {
		check.Close(t, "season", g, season[s]/mean, 1e-4)
	}
	for _, g := range trendSeasons(map[int][]float64{30: spend[30]}, counts, []int{30}, 13) {
		check.Close(t, "one cohort", g, 1, 1e-12)
	}
}

// TestDeseasoned: customers who spend alike all year but for the season have no
// trend once a log of two years tells the season.
func TestDeseasoned(t *testing.T) {
	start := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	const end = 28 * 13 * 2
	people := map[string][][2]float64{}
	for c := range 60 {
		var rows [][2]float64
		for p := c / 3; p < 26; p++ {
			s := 20 + 15*math.Cos(2*math.Pi*float64(p)/13)
			rows = append(rows, [2]float64{float64(28*p + 4 + c%3), s})
		}
		people[fmt.Sprint("c", c)] = rows
	}
	log := spendLog(start, end, people)
	opts := &SpendTrend{Columns: []string{"spend_trend"}, Period: "28d", Deseason: "auto"}
	with := built(t, log, one(t, "trend", opts), 2, 1)
	for _, n := range []int{2, 7} {
		sameBuilt(t, "in shards", with, built(t, log.Reshard(n), one(t, "trend", opts), 2, 3))
	}
	opts.Deseason = "off"
	without := built(t, log, one(t, "trend", opts), 2, 1)
	// c24 started in period 8: six are left of the first year, going up.
	if w, wo := cell(t, with, "c24", "spend_trend"), cell(t, without, "c24", "spend_trend"); !(math.Abs(w) < 1e-3 && math.Abs(wo) > 0.003) {
		t.Errorf("trend %g de-seasoned, %g not", w, wo)
	}
	for i := range with.Raw.data {
		if math.Abs(with.Raw.data[i]) > 0.01 {
			t.Errorf("%s has trend %g after its season", with.Raw.IDs[i], with.Raw.data[i])
		}
	}
}

func TestTrendOptions(t *testing.T) {
	log := spendLog(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), 280, map[string][][2]float64{"a": fading(9, 9, 1)})
	for _, o := range []*SpendTrend{
		{Columns: []string{"spend_trend"}, Period: "week", Deseason: "auto"},
		{Columns: []string{"spend_trend"}, Period: "28d", Deseason: "on"},
		{Columns: []string{"trend"}, Period: "28d", Deseason: "auto"},
		{Columns: []string{"spend_trend"}, Period: "28d", Deseason: "auto", Shrink: -1},
		{Period: "28d", Deseason: "auto"},
	} {
		if _, err := Build(t.Context(), log, one(t, "trend", o), 0, 1); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// TestDecliningHighSpenders: of those who spend much, the one who fades and is not
// gone is found.
func TestDecliningHighSpenders(t *testing.T) {
	people := map[string][][2]float64{
		"fading":  fading(9, 1000, -110),
		"growing": fading(9, 100, 100),
		"steady":  fading(9, 500, 0),
		"small":   fading(9, 100, -11),
		"gone":    fading(3, 4000, -900), // the last purchase on day 87
	}
	for i := range 15 {
		people[fmt.Sprint("x", i)] = fading(9, 20, 0)
	}
	log := spendLog(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), 280, people)
	list, high, err := DecliningHighSpenders(t.Context(), log, NewDecliningRule())
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].ID != "fading" || !(list[0].Z < -1.645) || !(list[0].Ratio < 0.7) || list[0].Spend < high {
		t.Errorf("%+v", list)
	}
	rule := NewDecliningRule()
	rule.Lapsed, rule.Quantile = 300, 0
	list, _, err = DecliningHighSpenders(t.Context(), log, rule)
	if err != nil || len(list) != 3 || list[0].ID != "gone" || list[2].ID != "small" {
		t.Errorf("without thresholds: %+v, %v", list, err)
	}
	if _, _, err := DecliningHighSpenders(t.Context(), gapLog(map[string][]int{"a": {1}}, 9), NewDecliningRule()); err == nil {
		t.Error("a log without amounts has spenders")
	}
}
