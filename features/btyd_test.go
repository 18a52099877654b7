package features

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// calibration is CDNOW's sample up to September 30th 1997, and the 39 weeks after it.
func calibration(t testing.TB) (*datasets.Log, *datasets.Holdout) {
	return datasets.Split(cdnowSample(t), date(t, "1997-09-30").Add(time.Microsecond), date(t, "1998-06-30").Add(time.Microsecond))
}

// btydDefaults are the options that New fills in.
func btydDefaults() Block {
	e, _ := Lookup("btyd")
	return e.New()
}

// auc is the probability that one who bought scores above one who did not, ties
// counting half (Mann–Whitney).
func auc(score []float64, bought []bool) float64 {
	r := midRanks(score)
	var n1, n0, sum float64
	for i, b := range bought {
		if b {
			n1++
			sum += r[i]
		} else {
			n0++
		}
	}
	return (sum - n1*(n1+1)/2) / (n1 * n0)
}

// TestHoldoutCDNOW: who of the sample buys in the 39 weeks after a calibration of 39.
// Fader, Hardie & Lee (2005) print correlations of actual with expected purchases of
// .626 (BG/NBD) and .630 (Pareto/NBD); the AUCs, the mean absolute errors and the totals are
// our own figures, the same with lifetimes and SciPy but for NBD's.
func TestHoldoutCDNOW(t *testing.T) {
	cal, hold := calibration(t)
	c := cohort(t, weeksOf(t, cal))
	bg, _, err := FitBetaGeometric(c, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	mbg, _, err := FitBetaGeometric(c, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	pareto, _, err := FitParetoNBD(c)
	if err != nil {
		t.Fatal(err)
	}
	nbd, _, err := FitNBD(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []struct {
		m                     BTYDModel
		correlation, mae, sum float64
	}{
		{bg, 0.6256, 0.7855, 1653.4},
		{pareto, 0.6302, 0.7545, 1665.5},
		{mbg, 0.6273, 0.7648, 1576.7},
		{nbd, 0.5834, 1.0410, 2930},
	} {
		r, err := NewBTYDReport(t.Context(), w.m, cal, hold)
		if err != nil {
			t.Fatal(err)
		}
		if r.Customers != 2357 || r.Actual != 1882 {
			t.Fatalf("%d customers, %g purchases in the hold-out", r.Customers, r.Actual)
		}
		near(t, r.Model+" weeks", r.Weeks, 39, 0)
		near(t, r.Model+" correlation", r.Correlation, w.correlation, 1e-4)
		near(t, r.Model+" MAE", r.MAE, w.mae, 1e-4)
		near(t, r.Model+" total", r.Expected, w.sum, 0.5)
		if _, ok := w.m.(BetaGeometric); !ok || w.m.(BetaGeometric).AtZero {
			continue
		}
		var expected, recency, frequency []float64
		var bought []bool
		for _, row := range r.Rows {
			expected = append(expected, row.Expected)
			recency = append(recency, row.Tx-row.T) // − weeks since the last purchase
			frequency = append(frequency, float64(row.X))
			bought = append(bought, row.Actual > 0)
		}
		near(t, "AUC of the expectation", auc(expected, bought), 0.7725, 5e-4)
		near(t, "AUC of recency", auc(recency, bought), 0.7714, 5e-4)
		near(t, "AUC of frequency", auc(frequency, bought), 0.7576, 5e-4)
	}
}

// TestTracking: repeat purchases of CDNOW's sample by week, weeks 20 to 25, actual
// and expected of a Pareto/NBD fitted to the calibration: the walkthrough of R package BTYD, as
// in the test suite of lifetimes.
func TestTracking(t *testing.T) {
	log := cdnowSample(t)
	cal, _ := calibration(t)
	m, _, err := FitParetoNBD(cohort(t, weeksOf(t, cal)))
	if err != nil {
		t.Fatal(err)
	}
	start := cal.Meta.DayOf(date(t, "1997-01-01").UnixMicro())
	var births []float64
	actual := make([]float64, 78)
	for h := range log.Histories(t.Context()) {
		occ := h.Occasions()
		births = append(births, float64(occ[0].Day-start)/7)
		for _, o := range occ[1:] {
			if w := (o.Day - start) / 7; w < len(actual) {
				actual[w]++
			}
		}
	}
	tr, err := Track(m, births, 78)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, a := range actual[:19] {
		sum += a
	}
	for i, w := range []struct{ cumActual, cum, incActual, inc float64 }{
		{1359, 1309, 73, 78.31},
		{1414, 1385, 55, 76.42},
		{1484, 1460, 70, 74.65},
		{1517, 1533, 33, 72.98},
		{1573, 1604, 56, 71.41},
		{1672, 1674, 99, 69.93},
	} {
		week := 19 + i
		sum += actual[week]
		near(t, fmt.Sprint("actual by week ", week+1), sum, w.cumActual, 0)
		near(t, fmt.Sprint("actual in week ", week+1), actual[week], w.incActual, 0)
		near(t, fmt.Sprint("expected by week ", week+1), tr.Cumulative[week], w.cum, 0.5)
		near(t, fmt.Sprint("expected in week ", week+1), tr.Increments[week], w.inc, 0.01)
	}
	if _, err := Track(m, []float64{-1}, 3); err == nil {
		t.Error("a birth before the start")
	}
}

// TestHoldoutSpend: lifetimes' hold-out rows of its example log: mean amount of the
// purchase days after 2015-02-01 (test suite of lifetimes).
func TestHoldoutSpend(t *testing.T) {
	log := dayLog(t, "lifetimes", [][]string{
		{"1", "2015-01-01", "1"},
		{"1", "2015-02-06", "2"},
		{"2", "2015-01-01", "2"},
		{"3", "2015-01-01", "3"},
		{"3", "2015-01-02", "1"},
		{"3", "2015-01-05", "5"},
		{"4", "2015-01-16", "6"},
		{"4", "2015-02-02", "3"},
		{"4", "2015-02-05", "3"},
		{"5", "2015-01-16", "3"},
		{"5", "2015-01-17", "1"},
		{"5", "2015-01-18", "8"},
		{"6", "2015-02-02", "5"},
	}, date(t, "2015-02-08"))
	_, hold := datasets.Split(log, date(t, "2015-02-02"), time.Time{})
	for i, want := range []float64{2, 0, 0, 3, 0} {
		var mean float64
		if h, ok := hold.History(fmt.Sprint(i + 1)); ok {
			occ := h.Occasions()
			mean = totalOf(occ) / float64(len(occ))
		}
		near(t, "hold-out spend", mean, want, 0)
	}
	if _, ok := hold.History("6"); ok {
		t.Error("a customer who came later is in the hold-out")
	}
}

// TestBTYDOnCDNOW: the columns are the models' functions at the fitted parameters.
func TestBTYDOnCDNOW(t *testing.T) {
	cal, _ := calibration(t)
	o := &BTYD{Columns: columnNames(btydColumns), Variant: "mbgnbd", Unit: Weeks, Horizon: 39, Discount: 0.1, Margin: 0.3}
	b := built(t, cal, one(t, "btyd", o), 1, 1)
	c := cohort(t, weeksOf(t, cal))
	m, _, err := FitBetaGeometric(c, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	h, _ := cal.Find("00004") // purchases of 29.33, 29.73, 14.96 and 26.48
	s, _ := CBSOf(h, Weeks)
	gg := b.Pipeline.models[0].(*btydModel).Spend
	check.Close(t, "p_alive", cell(t, b, "00004", "p_alive"), m.PAlive(s), 1e-6)
	check.Close(t, "exp_purchases", cell(t, b, "00004", "exp_purchases"), m.ConditionalExpected(s, 39), 1e-6)
	check.Close(t, "lambda_post", cell(t, b, "00004", "lambda_post"), m.Rate(s), 1e-6)
	check.Close(t, "exp_value", cell(t, b, "00004", "exp_value"), m.ConditionalExpected(s, 39)*gg.Expected(s.X, s.Spend), 1e-5)
	week := math.Pow(1.1, 7/365.25) - 1
	check.Close(t, "clv", cell(t, b, "00004", "clv"), CLV(m, s, gg.Expected(s.X, s.Spend), CLVOptions{39, week, 0.3}), 1e-5)
	near(t, "gamma-gamma p", gg.P, 6.25, 0.02)
	if _, _, bad := b.Raw.Missing(); bad {
		t.Error("a value is missing")
	}
	if !lacks(b.Warnings, "") {
		t.Errorf("warnings on a cohort: %q", b.Warnings)
	}
	// The one who goes on buying is worth more than before, the one who stopped less.
	trend := b.Raw.Index("clv_trend")
	var recent, silent, nr, ns float64
	for i := range b.Raw.IDs {
		h, _ := cal.Find(b.Raw.IDs[i])
		s, _ := CBSOf(h, Weeks)
		switch {
		case s.X >= 3 && s.T-s.Tx < 4:
			recent += b.Raw.Row(i)[trend]
			nr++
		case s.X >= 1 && s.T-s.Tx > 25:
			silent += b.Raw.Row(i)[trend]
			ns++
		}
	}
	if !(recent/nr > 0 && silent/ns < 0) {
		t.Errorf("clv_trend %g of active buyers, %g of silent ones", recent/nr, silent/ns)
	}
}

// TestBTYDVariants: every model on the grocery, which has no amounts.
func TestBTYDVariants(t *testing.T) {
	log := grocery(t, "2006-12-31")
	for _, v := range btydModels {
		o := &BTYD{Columns: []string{"p_alive", "exp_purchases", "exp_value"}, Variant: v, Unit: Weeks, Horizon: 52, Margin: 1}
		b := built(t, log, one(t, "btyd", o), 2, 1)
		if lacks(b.Warnings, "no amounts") || b.Raw.Index("exp_value") >= 0 {
			t.Errorf("%s: value without amounts: %q", v, b.Warnings)
		}
		if v == "mbgcnbd" && b.Pipeline.models[0].(*btydModel).Beta.K != 2 {
			t.Error("the grocery's regularity is 2")
		}
		days := *o
		days.Unit, days.Horizon = Days, 364
		d := built(t, log, one(t, "btyd", &days), 2, 1)
		for i := range b.Raw.data { // another unit, the same expectations
			check.Close(t, v+" in days", d.Raw.data[i], b.Raw.data[i], 2e-4)
		}
	}
}

// TestBTYDScale: every customer twice, other dates, another currency and another order.
func TestBTYDScale(t *testing.T) {
	cal, _ := calibration(t)
	var events, doubled, shifted, cents []datasets.Event
	for h := range cal.Histories(t.Context()) {
		for i := range h.Len() {
			ev := h.At(i)
			events = append(events, ev)
			twin := ev
			twin.Customer += "'"
			doubled = append(doubled, ev, twin)
			later := ev
			later.Time += int64(777 * 24 * time.Hour / time.Microsecond)
			shifted = append(shifted, later)
			ev.Amount *= 64
			cents = append(cents, ev)
		}
	}
	meta := cal.Meta
	o := &BTYD{Columns: columnNames(btydColumns)[:4], Variant: "mbgnbd", Unit: Weeks, Horizon: 52, Margin: 1}
	want := built(t, logOf(meta, events), one(t, "btyd", o), 2, 1)
	late := meta
	late.Window = datasets.Window{From: meta.Window.From.Add(777 * 24 * time.Hour), To: meta.Window.To.Add(777 * 24 * time.Hour)}
	rng := rand.New(rand.NewPCG(1, 1))
	rng.Shuffle(len(doubled), func(i, j int) { doubled[i], doubled[j] = doubled[j], doubled[i] })
	for what, log := range map[string]*datasets.Log{"later": logOf(late, shifted), "doubled": logOf(meta, doubled), "in cents": logOf(meta, cents)} {
		got := built(t, log, one(t, "btyd", o), 2, 1)
		for i, id := range want.Raw.IDs {
			for j, c := range want.Raw.Cols {
				w := want.Raw.Row(i)[j]
				if c.Name == "exp_value" && what == "in cents" {
					w *= 64
				}
				check.Close(t, what+" "+c.Name, cell(t, got, id, c.Name), w, 1e-6)
			}
			if i > 50 {
				break
			}
		}
	}
}

// TestBTYDWarns: what a log cannot tell is said.
func TestBTYDWarns(t *testing.T) {
	log := logOf(fullMeta(time.Time{}), btyd(5, 300))
	log.Meta.FirstSeenIsFirst = false
	b := built(t, log, one(t, "btyd", btydDefaults()), 2, 1)
	if lacks(b.Warnings, "older than the log") {
		t.Errorf("truncation is not spoken of: %q", b.Warnings)
	}
	if h, ok := log.Find(b.Raw.IDs[0]); !ok || b.Pipeline.models[0].(Witness).Evidence(h) != len(h.Occasions())-1 {
		t.Error("evidence")
	}
	// Frequent buyers who pay more: value is left out.
	var events []datasets.Event
	for c := range 200 {
		for k := range 2 + c%9 {
			ev := noEvent(fmt.Sprint("c", c), time.Date(2024, 1, 1+c%30+13*k+k*k, 0, 0, 0, 0, time.UTC))
			ev.Amount = float64(10*(1+c%9) + c%7)
			events = append(events, ev)
		}
	}
	meta := datasets.Meta{Name: "rich", Resolution: datasets.Day, Has: datasets.FieldAmount, FirstSeenIsFirst: true}
	b = built(t, logOf(meta, events), one(t, "btyd", btydDefaults()), 2, 1)
	if lacks(b.Warnings, "correlate") || b.Raw.Index("exp_value") >= 0 {
		t.Errorf("correlated spend: %q", b.Warnings)
	}
}

func TestBTYDOptions(t *testing.T) {
	log := logOf(fullMeta(time.Time{}), btyd(5, 60))
	good := func() *BTYD {
		return &BTYD{Columns: []string{"p_alive"}, Variant: "mbgnbd", Unit: Weeks, Horizon: 9, Margin: 1}
	}
	for what, change := range map[string]func(o *BTYD){
		"model": func(o *BTYD) { o.Variant = "nbd" }, "unit": func(o *BTYD) { o.Unit = CalendarWeeks }, "horizon": func(o *BTYD) { o.Horizon = 0 },
		"margin": func(o *BTYD) { o.Margin = 0 }, "discount": func(o *BTYD) { o.Discount = -1 }, "column": func(o *BTYD) { o.Columns = []string{"alive"} },
		"columns": func(o *BTYD) { o.Columns = nil },
	} {
		o := good()
		change(o)
		if _, err := Build(t.Context(), log, one(t, "btyd", o), 0, 1); err == nil {
			t.Errorf("a bad %s was taken", what)
		}
	}
	for what, c := range map[string][]CBS{
		"negative x": {{X: -1, T: 3}}, "t_x > T": {{X: 1, Tx: 4, T: 3}}, "t_x without x": {{Tx: 1, T: 3}}, "no repeat": {{T: 3}}, "NaN": {{X: 1, Tx: math.NaN(), T: 3}},
	} {
		if _, err := NewCohort(c, nil); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
}

// TestCohortOrder: weights stand for repetition, and order is nothing, to the bit.
func TestCohortOrder(t *testing.T) {
	cs := cdnowCBS(t)[:400]
	a, fa, err := FitBetaGeometric(cohort(t, cs), 1, true)
	if err != nil {
		t.Fatal(err)
	}
	shuffled := slices.Clone(cs)
	rng := rand.New(rand.NewPCG(2, 2))
	rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	b, fb, err := FitBetaGeometric(cohort(t, shuffled), 1, true)
	if err != nil || a != b || fa.LogLikelihood != fb.LogLikelihood {
		t.Errorf("%+v and %+v of the same customers in another order", a, b)
	}
	weights := make([]float64, len(cs))
	for i := range weights {
		weights[i] = 3
	}
	thrice, err := NewCohort(cs, weights)
	if err != nil {
		t.Fatal(err)
	}
	c, fc, err := FitBetaGeometric(thrice, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "ln L of three times as many", fc.LogLikelihood, 3*fa.LogLikelihood, 1e-10)
	check.Close(t, "a", c.A, a.A, 1e-5)
	check.Close(t, "standard error", fc.Params[0].SE*math.Sqrt(3), fa.Params[0].SE, 1e-4)
}

// TestFitsRecover: parameters that made a cohort lie within four standard errors.
func TestFitsRecover(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 4))
	truth := BetaGeometric{2, true, 1.2, 3, 0.8, 2.5}
	var cs []CBS
	for range 6000 {
		lambda := gamma(rng, truth.R) / truth.Alpha
		g, h := gamma(rng, truth.A), gamma(rng, truth.B)
		p := g / (g + h)
		c := CBS{T: 30 + 20*rng.Float64()}
		for at := 0.0; rng.Float64() >= p; {
			gap := (rng.ExpFloat64() + rng.ExpFloat64()) / lambda
			if at += gap; at > c.T {
				break
			}
			c.X++
			c.Tx = at
			c.Litt += math.Log(gap)
		}
		cs = append(cs, c)
	}
	m, fit, err := FitRegularity(cohort(t, cs), true)
	if err != nil {
		t.Fatal(err)
	}
	if m.K != 2 {
		t.Errorf("regularity %d of 2", m.K)
	}
	for i, want := range []float64{truth.R, truth.Alpha, truth.A, truth.B} {
		if p := fit.Params[i]; !(math.Abs(p.Value-want) < 4*p.SE && p.SE < want) {
			t.Errorf("%s = %g ± %g, made with %g", p.Name, p.Value, p.SE, want)
		}
	}
}

// TestNoDropout: a base that never leaves sends a to its bound; predictions stay
// finite and the fit says so.
func TestNoDropout(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var cs []CBS
	for range 300 {
		lambda := gamma(rng, 2) / 8
		c := CBS{T: 40}
		for at := rng.ExpFloat64() / lambda; at < c.T; at += rng.ExpFloat64() / lambda {
			c.X++
			c.Tx = at
		}
		cs = append(cs, c)
	}
	m, fit, err := FitBetaGeometric(cohort(t, cs), 1, true)
	if err != nil {
		t.Fatal(err)
	}
	n, _, err := FitNBD(cohort(t, cs))
	if err != nil {
		t.Fatal(err)
	}
	if len(fit.Warnings) == 0 {
		t.Errorf("no warning at %+v", m)
	}
	check.Close(t, "expectation without dropout", m.ConditionalExpected(cs[0], 52), n.ConditionalExpected(cs[0], 52), 0.01)
}
