package features

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

func radians(deg []float64) []float64 {
	out := make([]float64, len(deg))
	for i, d := range deg {
		out[i] = d * math.Pi / 180
	}
	return out
}

func circleOf(angles, weights []float64) *Circle {
	var c Circle
	for i, a := range angles {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		c.Add(a, w)
	}
	return &c
}

// TestCircle: Jammalamadaka & SenGupta (2001) p. 23 through astropy's
// test_circstats; the moments by NumPy (eval/peers/features_expected.py).
func TestCircle(t *testing.T) {
	th := radians([]float64{51, 67, 40, 109, 31, 358})
	c := circleOf(th, nil)
	check.Close(t, "mean", c.Mean(), 0.8487044, 1e-6)
	check.Close(t, "R", c.R(), 0.8364365, 1e-6)
	for p := 2; p <= 4; p++ {
		want := expect(t).Circular.Moments[strconv.Itoa(p)]
		d, l := CircularMoment(th, p)
		check.Close(t, "moment direction", d, want[0], 1e-12)
		check.Close(t, "moment length", l, want[1], 1e-12)
	}
	// astropy, test__length.
	c = circleOf(radians([]float64{0, 3.6, 36, 72, 108, 169.2, 324}), []float64{12, 1, 6, 1, 2, 1, 1})
	check.Close(t, "weighted R", c.R(), 0.766282, 1e-4)
	// scipy.stats.circmean, circvar, circstd in degrees.
	c = circleOf(radians([]float64{355, 5, 2, 359, 10, 350}), nil)
	check.Close(t, "circmean", c.Mean()*180/math.Pi, 0.16769014642577634, 1e-9)
	check.Close(t, "circvar", 1-c.R(), 0.006455174000787767, 1e-9)
	check.Close(t, "circstd", c.SD()*180/math.Pi, 6.52070211649136, 1e-9)
}

// TestRayleigh: R's CircStats r.test, through astropy's tests.
func TestRayleigh(t *testing.T) {
	c := circleOf([]float64{3.3192729, 3.0628233, 2.7219562, 3.8019564, 2.7290561, 0.8840816, 3.7646373, 2.9782072, 3.3060406, 2.9012014}, nil)
	check.Close(t, "R", c.R(), 0.774055, 1e-6)
	check.Close(t, "p", Rayleigh(c.N, c.R()), 0.0009917748, 1e-7)
}

// TestKappa: R's CircStats vm.ml (the approximation), and the exact root of
// I₁(κ)/I₀(κ) = R from SciPy (eval/peers/features_expected.py).
func TestKappa(t *testing.T) {
	c := circleOf([]float64{3.3699057, 4.041163, 0.5014477, 2.6223103, 3.7336524, 1.8136389, 4.1566039, 2.7806317, 2.4672173, 2.8493644}, nil)
	check.Close(t, "mu", c.Mean(), 3.006514, 1e-6)
	check.Close(t, "R", c.R(), 0.5913275, 1e-6)
	check.Close(t, "approximation", KappaFisher(c.R()), 1.474132, 1e-5)
	check.Close(t, "exact", KappaMLE(c.R()), expect(t).Circular.Kappa, 1e-9)
	for _, k := range []float64{0.01, 1, 30, 5000, 2e4} { // the two branches of the ratio meet
		check.Close(t, "round trip", KappaMLE(besselRatio(k)), k, 1e-6)
	}
}

// TestDebiasedR: with no preference the mean of (R*)², clamping aside, is 0; that
// of R² is 1/n.
func TestDebiasedR(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n, sims = 4, 20000
	var plain, debiased float64
	for range sims {
		var c Circle
		for range n {
			c.Add(2*math.Pi*rng.Float64(), 1)
		}
		r := c.R()
		plain += r * r / sims
		debiased += (n*r*r - 1) / (n - 1) / sims
		if want := math.Sqrt(max((n*r*r-1)/(n-1), 0)); c.DebiasedR() != want {
			t.Fatalf("R* = %g, want %g", c.DebiasedR(), want)
		}
	}
	if math.Abs(plain-0.25) > 0.01 || math.Abs(debiased) > 0.01 {
		t.Errorf("mean R² %g (want 1/4), debiased %g (want 0)", plain, debiased)
	}
	one := Circle{}
	one.Add(1, 1)
	if cos, _ := one.Pair(); !math.IsNaN(cos) {
		t.Errorf("one direction has a pair %g: it must be missing", cos)
	}
}

// TestConcentration: definitions, FEATURES anchors of entropy, Herfindahl and Gini.
func TestConcentration(t *testing.T) {
	p := []float64{0.5, 0.25, 0.125, 0.125}
	check.Close(t, "bits", Entropy(p)/math.Ln2, 1.75, 1e-12)
	check.Close(t, "nats", Entropy(p), 1.2130076, 1e-7)
	check.Close(t, "normalised", Entropy(p)/math.Log(4), 0.875, 1e-12)
	check.Close(t, "HHI", Herfindahl(p), 0.34375, 1e-12)
	check.Close(t, "gini", Gini([]float64{1, 2, 3, 4, 10}), 0.4, 1e-12)
	check.Close(t, "top 20 %", TopShare([]float64{1, 2, 3, 4, 10}, 0.2), 0.5, 1e-12)
	check.Close(t, "top 30 %", TopShare([]float64{1, 2, 3, 4, 10}, 0.3), 0.6, 1e-12) // half of the 4
}

// TestSpendConcentration: CDNOW's reference profile (top 20 % = 67.78 % of revenue,
// Gini .6346 over all 23,570 customers, .6335 over the 23,502 with spend).
func TestSpendConcentration(t *testing.T) {
	var all, some []float64
	for h, err := range cdnow(t).Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		s := h.Spend().Gross
		if all = append(all, s); s > 0 {
			some = append(some, s)
		}
	}
	if len(all) != 23570 || len(some) != 23502 {
		t.Fatalf("%d customers, %d with spend", len(all), len(some))
	}
	check.Close(t, "top 20 %", TopShare(all, 0.2), 0.6778, 5e-5)
	check.Close(t, "gini", Gini(all), 0.6346, 5e-5)
	check.Close(t, "gini of spenders", Gini(some), 0.6335, 5e-5)
}

func TestEntropyDebiased(t *testing.T) {
	// Three observations of a uniform 7-class law: the plain entropy is far below
	// ln 7, the corrected one nearer.
	rng := rand.New(rand.NewPCG(3, 3))
	var plain, fixed float64
	for range 5000 {
		c := make([]float64, 7)
		for range 3 {
			c[rng.IntN(7)]++
		}
		plain += Entropy(c) / 5000
		fixed += EntropyDebiased(c) / 5000
	}
	if !(plain < fixed && fixed < math.Log(7)) {
		t.Errorf("plain %g, corrected %g, true %g", plain, fixed, math.Log(7))
	}
	check.Close(t, "by hand", EntropyDebiased([]float64{2, 2, 0}), math.Ln2+0.125, 1e-12)
}

// TestClumpiness: package clumpi's notebook, after Zhang, Bradlow & Small 2015.
func TestClumpiness(t *testing.T) {
	for name, c := range map[string]struct {
		days []int
		h    float64
	}{
		"Ava":   {[]int{1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 18, 20, 21, 23, 25, 26, 28}, 0.021723},
		"Chris": {[]int{1, 4, 7, 10, 13, 16, 19, 22, 25, 28}, 0.011294},
		"Jack":  {[]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 28}, 0.364854},
		"Jane":  {[]int{1, 2, 5, 7}, 0.488938},
		"Smith": {[]int{1, 10, 19, 28}, 0.121458},
	} {
		h := Clumpiness(30, c.days)
		check.Close(t, name, h, c.h, 1e-6)
		clumpy := h > ClumpinessCritical(30, len(c.days), 0.05, 5000, 1)
		if want := name == "Jack" || name == "Jane"; clumpy != want {
			t.Errorf("%s clumpy: %v", name, clumpy)
		}
	}
	if !math.IsNaN(Clumpiness(30, nil)) {
		t.Error("no events have a clumpiness")
	}
}

// TestClumpinessCritical: all subsets by itertools (eval/peers/features_expected.py),
// and simulations of another program (M = 20,000) where there are too many; those that
// it gives for n = 2 differ by up to .026 from all subsets, which have few values.
func TestClumpinessCritical(t *testing.T) {
	for key, want := range expect(t).Clumpiness {
		var trials, n int
		if _, err := fmt.Sscanf(key, "%d,%d", &trials, &n); err != nil {
			t.Fatal(err)
		}
		check.Close(t, "N,n = "+key, ClumpinessCritical(trials, n, 0.05, 1, 1), want, 1e-12)
	}
	// Package clumpi's table of 30 trials: 3,000 simulations each, hence the tolerance.
	for n, want := range map[int]float64{1: 0.7944, 2: 0.5244, 3: 0.3945, 4: 0.3426, 5: 0.2881, 8: 0.2026, 10: 0.1696, 15: 0.1003, 20: 0.0594, 25: 0.0284, 29: 0.0035, 30: 0} {
		check.Close(t, fmt.Sprintf("clumpi, n = %d", n), ClumpinessCritical(30, n, 0.05, 5000, 2), want, 0.02)
	}
	for _, c := range []struct {
		trials, n int
		h, tol    float64
	}{
		{52, 1, 0.768, 0.005},
		{52, 5, 0.322, 0.005},
		{52, 8, 0.238, 0.005},
		{52, 15, 0.148, 0.005},
		{365, 1, 0.819, 0.005},
		{365, 4, 0.409, 0.005},
		{365, 8, 0.288, 0.005},
		{365, 15, 0.212, 0.005},
		{365, 30, 0.15, 0.005},
		{30, 8, 0.203, 0.005},
		{30, 10, 0.163, 0.005},
		{30, 15, 0.1, 0.005},
		{30, 20, 0.059, 0.005},
		{30, 30, 0, 1e-12},
		{52, 4, 0.372, 0.005},
		{52, 10, 0.204, 0.005},
		{52, 20, 0.114, 0.005},
		{52, 30, 0.065, 0.005},
		{365, 3, 0.475, 0.005},
		{365, 5, 0.363, 0.005},
		{365, 10, 0.258, 0.005},
		{365, 20, 0.185, 0.005},
		{365, 50, 0.116, 0.005},
	} {
		sims := 6000
		if c.n <= 5 { // the fewer events, the more H scatters
			sims = 20000
		}
		if got := ClumpinessCritical(c.trials, c.n, 0.05, sims, 1); math.Abs(got-c.h) > c.tol {
			t.Errorf("N=%d n=%d: %.6f, want %.6f", c.trials, c.n, got, c.h)
		}
	}
}

// TestClumpinessExpected against the mean over all subsets.
func TestClumpinessExpected(t *testing.T) {
	const trials = 9
	var sums, counts [trials + 1]float64
	for set := 1; set < 1<<trials; set++ {
		var days []int
		for d := range trials {
			if set&(1<<d) != 0 {
				days = append(days, d+1)
			}
		}
		sums[len(days)] += Clumpiness(trials, days)
		counts[len(days)]++
	}
	for n := 1; n <= trials; n++ {
		check.Close(t, "mean over all subsets", ClumpinessExpected(trials, n), sums[n]/counts[n], 1e-12)
	}
}

// TestBurstiness: the anchors of Kim & Jo 2016.
func TestBurstiness(t *testing.T) {
	for _, n := range []float64{2, 5, 40} {
		check.Close(t, "regular", burstinessOf(n, 0), -1, 1e-12)
		check.Close(t, "Poisson", burstinessOf(n, math.Sqrt((n-1)/(n+1))), 0, 1e-12)
		check.Close(t, "burstiest", burstinessOf(n, math.Sqrt(n-1)), 1, 1e-12)
	}
	check.Close(t, "B of equal gaps", Burstiness([]float64{7, 7, 7}), -1, 1e-12)
	check.Close(t, "B by hand", Burstiness([]float64{1, 3}), -1.0/3, 1e-12) // σ 1, μ 2
	check.Close(t, "memory by hand", Memory([]float64{1, 2, 3, 4}), 1, 1e-12)
}

// grocery reads BTYDplus's groceryElog up to and including a day.
func grocery(t testing.TB, last string) *datasets.Log {
	t.Helper()
	// The package measures ages to the last day and counts its purchases: a window
	// that ends one microsecond into it.
	return dayLog(t, "grocery", rows(t, "data/grocery_elog/groceryElog.csv.gz"), date(t, last).Add(time.Microsecond))
}

// TestRegularity: BTYDplus's estimateRegularity on groceryElog, in R.
func TestRegularity(t *testing.T) {
	var mle, minka, thom, cv, m []float64
	for h, err := range grocery(t, "2007-12-30").Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		g := Gaps(h.Occasions())
		if len(g) >= 2 {
			a, b := g[len(g)-2], g[len(g)-1]
			m = append(m, a/(a+b))
		}
		if len(g) >= 10 {
			s := LogSpread(g)
			mle = append(mle, ShapeMLE(s))
			minka = append(minka, ShapeMinka(s))
			thom = append(thom, ShapeThom(s))
			cv = append(cv, ShapeMoment(g))
		}
	}
	if len(mle) != 302 || len(m) != 779 {
		t.Fatalf("%d customers with 10 gaps, %d with 2", len(mle), len(m))
	}
	check.Close(t, "mle", median(mle), 3.262912, 1e-5)
	check.Close(t, "minka", median(minka), 3.256899, 1e-5)
	check.Close(t, "thom", median(thom), 3.264277, 1e-5)
	check.Close(t, "cv", median(cv), 3.20794, 1e-5)
	check.Close(t, "Wheat–Morrison", WheatMorrison(m), 1.827381, 1e-5)
	check.Close(t, "Wheat–Morrison, ordered", WheatMorrisonOrdered(m), 1.870319, 1e-5)
}

// TestErlang: BTYDplus's test-timing.R: 1,000 customers, 50 gaps of shape 3 at
// log-normal rates; every estimate within 10 %. The shrunk one needs no 50 gaps.
func TestErlang(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	var mle, minka, thom, cv, m, few, given []float64
	var spread float64
	for range 1000 {
		rate := 3 * math.Exp(rng.NormFloat64())
		g := make([]float64, 50)
		for i := range g {
			g[i] = (rng.ExpFloat64() + rng.ExpFloat64() + rng.ExpFloat64()) / rate
		}
		s := LogSpread(g)
		mle, minka, thom, cv = append(mle, ShapeMLE(s)), append(minka, ShapeMinka(s)), append(thom, ShapeThom(s)), append(cv, ShapeMoment(g))
		m = append(m, g[0]/(g[0]+g[1]))
		few = append(few, ShapeMLE(LogSpread(g[:5])))
		given = append(given, ShapeShrunk(5, LogSpread(g[:5]), 3, 0))
		spread += LogSpread(g[:5]) / 1000
	}
	for name, k := range map[string]float64{
		"mle": median(mle), "minka": median(minka), "thom": median(thom), "cv": median(cv), "Wheat–Morrison": WheatMorrison(m), "ordered": WheatMorrisonOrdered(m),
	} {
		if math.Abs(k-3) > 0.3 {
			t.Errorf("%s: k = %g, want 3 ± 10 %%", name, k)
		}
	}
	// The estimate given the sum rests on E[s] = φ(k) − φ(nk); the plain one on
	// E[s] = φ(k), which makes it far too large for five gaps.
	if want := shapeGap(3) - shapeGap(15); math.Abs(spread/want-1) > 0.05 || math.Abs(spread/shapeGap(3)-1) < 0.15 {
		t.Errorf("mean log spread of five gaps %g, want %g", spread, want)
	}
	if a, b := median(few), median(given); !(b < a && math.Abs(b-3) < math.Abs(a-3)/2) {
		t.Errorf("five gaps: plain %g, given their sum %g, true 3", a, b)
	}
	for _, k := range []float64{0.002, 0.1, 0.9, 1, 3, 17, 49.9} {
		if got := ShapeMLE(shapeGap(k)); math.Abs(got/k-1) > 1e-9 {
			t.Errorf("the root of the gap of k = %g is %g", k, got)
		}
	}
	check.Close(t, "one gap tells nothing", ShapeShrunk(1, 0, 2.5, 4), 2.5, 1e-9)
	check.Close(t, "equal gaps", ShapeMLE(0), shapeCap, 0)
}

// TestCBSDaily: lifetimes' tests/test_utils.py.
func TestCBSDaily(t *testing.T) {
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
	}, date(t, "2015-02-07"))
	nan := math.NaN() // lifetimes writes 0 where nothing was repeated
	daily := []CBS{{1, 36, 37, 0, 2}, {0, 0, 37, 0, nan}, {2, 4, 37, 0, 3}, {2, 20, 22, 0, 3}, {2, 2, 22, 0, 4.5}, {0, 0, 5, 0, nan}}
	weekly := []CBS{{1, 5, 5, 0, 0}, {0, 0, 5, 0, 0}, {1, 1, 5, 0, 0}, {1, 3, 3, 0, 0}, {0, 0, 3, 0, 0}, {0, 0, 0, 0, 0}}
	i := 0
	for h := range log.Histories(t.Context()) {
		d, _ := CBSOf(h, Days)
		w, _ := CBSOf(h, CalendarWeeks)
		if d.X != daily[i].X || d.Tx != daily[i].Tx || d.T != daily[i].T {
			t.Errorf("%s daily: %+v, want %+v", h.ID, d, daily[i])
		}
		check.Close(t, "spend", d.Spend, daily[i].Spend, 1e-12)
		if w.X != weekly[i].X || w.Tx != weekly[i].Tx || w.T != weekly[i].T {
			t.Errorf("%s weekly: %+v, want %+v", h.ID, w, weekly[i])
		}
		i++
	}
	// lifetimes' hold-out of the same log: the mean repeat spend up to 2015-02-01.
	cal := []float64{nan, nan, 3, nan, 4.5}
	i = 0
	for h := range log.AsOf(date(t, "2015-02-02")).Histories(t.Context()) {
		d, _ := CBSOf(h, Days)
		check.Close(t, "calibration spend", d.Spend, cal[i], 1e-12)
		i++
	}
	if i != 5 {
		t.Errorf("%d customers before February 2nd, want 5", i)
	}
}

// TestCBSWeeks: BTYDplus's vignette on groceryElog.
func TestCBSWeeks(t *testing.T) {
	whole := grocery(t, "2007-12-30")
	cal, hold := datasets.Split(whole, date(t, "2006-12-31").Add(time.Microsecond), time.Time{})
	want := map[string][5]float64{
		"1": {0, 0, 0, 52, 0}, "2": {1, 50.28571, 3.917721, 52, 0}, "3": {19, 48.57143, 16.952179, 52, 14},
		"4": {0, 0, 0, 52, 0}, "5": {2, 40.42857, 6.012667, 52, 3}, "6": {5, 47.57143, 11.178735, 51.85714, 6},
	}
	n, x, later := 0, 0, 0
	for h, err := range cal.Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		c, ok := CBSOf(h, Weeks)
		if !ok {
			t.Fatalf("%s has no purchase", h.ID)
		}
		star := 0
		if after, ok := hold.History(h.ID); ok {
			star = len(after.Occasions())
		}
		n++
		x += c.X
		later += star
		if w, ok := want[h.ID]; ok {
			for k, got := range []float64{float64(c.X), c.Tx, c.Litt, c.T, float64(star)} {
				check.Close(t, h.ID, got, w[k], 1e-5)
			}
		}
	}
	if n != 1525 || x != 5569 || later != 3389 {
		t.Errorf("%d customers, %d repeat purchases, %d in the hold-out; want 1525, 5569, 3389", n, x, later)
	}
}

// TestCBSSpend: the mean repeat spend of CDNOW's sample (Fader, Hardie & Lee 2005).
func TestCBSSpend(t *testing.T) {
	log := cdnowSample(t).AsOf(date(t, "1997-10-01"))
	var z []float64
	for h := range log.Histories(t.Context()) {
		if c, ok := CBSOf(h, Weeks); ok && c.X > 0 {
			z = append(z, c.Spend)
		}
	}
	mean, sd := meanSD(z, 1)
	slices.Sort(z)
	if len(z) != 946 {
		t.Errorf("%d repeat buyers, want 946", len(z))
	}
	for _, w := range [][2]float64{{mean, 35.07855}, {sd, 30.28351}, {z[0], 2.99}, {Quantile(z, 0.5), 27.5}, {z[len(z)-1], 299.63}} {
		if math.Abs(w[0]-w[1]) > 0.006 { // printed to cents
			t.Errorf("%g, want %g", w[0], w[1])
		}
	}
}

func TestQuantile(t *testing.T) {
	// R: quantile(c(1, 2, 4, 8), c(0, .1, .25, .5, .9, 1), type = 7).
	for p, want := range map[float64]float64{0: 1, 0.1: 1.3, 0.25: 1.75, 0.5: 3, 0.9: 6.8, 1: 8} {
		check.Close(t, "quantile", Quantile([]float64{1, 2, 4, 8}, p), want, 1e-12)
	}
	if !math.IsNaN(Quantile(nil, 0.5)) || Quantile([]float64{5}, 0.3) != 5 {
		t.Error("no values, or one")
	}
}
