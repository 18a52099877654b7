package features

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// TestSchuster: the closed form; the numbers computed with NumPy.
func TestSchuster(t *testing.T) {
	at := []float64{0, 7, 14, 22, 28, 35, 41, 49, 56, 63}
	for j, got := range Schuster(at, []float64{5, 7, 10, 14}) {
		check.Close(t, "P", got, []float64{0, 8.5506632, 0, 0.075302}[j], 1e-6)
		check.Close(t, "R", math.Sqrt(got/10), []float64{0, 0.924698, 0, 0.0867767}[j], 1e-6)
	}
	check.Close(t, "p of one period", math.Exp(-Schuster(at, []float64{7})[0]), 1.9e-4, 1e-5)
	// Shifting time changes nothing; stretching it stretches the period.
	for i := range at {
		at[i] = 3*at[i] + 11
	}
	check.Close(t, "shifted and stretched", Schuster(at, []float64{21})[0], 8.5506632, 1e-6)
	var c Circle
	for _, x := range at {
		c.Add(2*math.Pi*x/21, 1)
	}
	check.Close(t, "excess over nobody", c.SchusterExcess(0, 0), 8.5506632, 1e-6)
}

// TestSchusterPeak: of events at random the Šidák p-value is below 5 % in at most 5 %
// of cases (the trials overlap); of a rhythm of 9 days it finds the period.
func TestSchusterPeak(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	periods := []float64{7, 9, 14, 28, 30.44, 60}
	found := 0
	for range 2000 {
		at := make([]float64, 25)
		for i := range at {
			at[i] = 365 * rng.Float64()
		}
		p, ok := SchusterPeak(at, periods)
		if !ok || p.Trials != 18 {
			t.Fatalf("%+v", p)
		}
		if p.P < 0.05 {
			found++
		}
	}
	if found > 130 || found < 30 {
		t.Errorf("%d of 2000 random series have a period at 5 %%", found)
	}
	var at []float64
	for x := 3.0; x < 200; x += 9 {
		at = append(at, x+rng.Float64())
	}
	if p, _ := SchusterPeak(at, periods); p.Period != 9 || p.P > 1e-6 || p.R < 0.9 {
		t.Errorf("%+v, want 9 days", p)
	}
	if _, ok := SchusterPeak([]float64{0, 1, 2}, periods); ok {
		t.Error("a period of 7 days in a span of 2")
	}
	check.Close(t, "one trial", Sidak(0.03, 1), 0.03, 1e-15)
	check.Close(t, "six trials", Sidak(0.05, 6), 1-math.Pow(0.95, 6), 1e-12)
	check.Close(t, "tiny", Sidak(1e-20, 6), 6e-20, 1e-30)
}

// TestStepFrom: 0 on average for somebody who buys as all do, with few occasions and
// with many, where all favour some weekdays; a strict Wednesday stands out.
func TestStepFrom(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	open := []int{0, 0, 1, 2, 3, 4, 4, 4} // a shop's week
	var shop Circle
	for _, d := range open {
		shop.addUnit(ritualSeven[d])
	}
	c0, s0 := shop.C/shop.N, shop.S/shop.N
	for _, n := range []int{3, 30} {
		var step, power float64
		for range 20000 {
			var c Circle
			for range n {
				c.addUnit(ritualSeven[open[rng.IntN(len(open))]])
			}
			step += c.StepFrom(c0, s0) / 20000
			power += c.SchusterExcess(c0, s0) / 20000
		}
		if math.Abs(step) > 0.04 || math.Abs(power-1) > 0.03 {
			t.Errorf("n = %d: mean step %g, want 0; mean power %g, want 1", n, step, power)
		}
	}
	var c Circle
	for range 6 {
		c.addUnit(ritualSeven[2])
	}
	w := ritualSeven[2]
	check.Close(t, "strict", c.StepFrom(c0, s0), math.Hypot(w.cos-c0, w.sin-s0), 1e-7)
}

// TestKappaSmall: by hand from the formula, and what it is for: nearer the truth on
// average than the plain estimate.
func TestKappaSmall(t *testing.T) {
	check.Close(t, "below 2", KappaSmall(1, 10), 0.8, 1e-12)
	check.Close(t, "not below 0", KappaSmall(0.3, 10), 0, 0)
	check.Close(t, "above 2", KappaSmall(3, 10), 729*3.0/1010, 1e-12)
	check.Close(t, "many", KappaSmall(3, 15), 3, 0)
	rng := rand.New(rand.NewPCG(7, 7))
	const n, kappa = 8, 1.5
	var plain, fixed []float64
	for range 4000 {
		var c Circle
		for c.N < n { // von Mises by rejection
			th := 2 * math.Pi * rng.Float64()
			if rng.Float64() < math.Exp(kappa*(math.Cos(th)-1)) {
				c.Add(th, 1)
			}
		}
		k := KappaMLE(c.R())
		plain, fixed = append(plain, k), append(fixed, KappaSmall(k, n))
	}
	mp, _ := meanSD(plain, 0)
	mf, _ := meanSD(fixed, 0)
	if math.Abs(mf-kappa) > math.Abs(mp-kappa)/2 {
		t.Errorf("mean κ: plain %g, corrected %g, true %g", mp, mf, kappa)
	}
}

// TestLombScargle: SciPy's lombscargle, plain and normalised; the sums of squares of a
// least-squares sine; the permutation test.
func TestLombScargle(t *testing.T) {
	e := expectOccasions(t).Lomb
	_, sd := meanSD(e.Y, 0)
	half := sd * sd * float64(len(e.Y)) / 2
	for j, got := range LombScargle(e.T, e.Y, e.Periods) {
		check.Close(t, "normalised", got, e.Norm[j], 1e-9)
		check.Close(t, "Scargle's", got*half, e.Power[j], 1e-9)
	}
	for j, p := range []float64{3, 5, 7, 10} { // SciPy 1.10.1
		got := LombScargle(e.T, e.Y, []float64{p})[0]
		check.Close(t, "norm", got, []float64{0.354914, 0.374985, 0.384034, 0.032865}[j], 1e-5)
		check.Close(t, "power", got*half, []float64{0.744613, 0.786723, 0.805707, 0.068951}[j], 1e-5)
	}
	rng := rand.New(rand.NewPCG(4, 4))
	y := make([]float64, 40)
	at := make([]float64, 40)
	for i := range y {
		at[i] = 200 * rng.Float64()
		y[i] = 2*math.Cos(2*math.Pi*at[i]/14) + rng.NormFloat64()
	}
	if p := LombScargleTest(at, y, []float64{7, 14, 28}, 199, 1); p.Period != 14 || p.P > 0.01 {
		t.Errorf("%+v, want 14 days", p)
	}
	// A power that chance reaches often is not significant.
	rng.Shuffle(len(y), func(i, j int) { y[i], y[j] = y[j], y[i] })
	if p := LombScargleTest(at, y, []float64{7, 14, 28}, 199, 1); p.P < 0.01 {
		t.Errorf("%+v of shuffled values", p)
	}
	if p := LombScargle(at, make([]float64, 40), []float64{7}); !math.IsNaN(p[0]) {
		t.Error("constant values have a power")
	}
}

// TestAutocorrelation against the correlation of the daily series.
func TestAutocorrelation(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	days := rng.Perm(400)[:80]
	slices.Sort(days)
	series := make([]float64, 400)
	for _, d := range days {
		series[d] = 1
	}
	const p = 0.2
	for _, lag := range []int{1, 7, 28} {
		var s float64
		for i := 0; i+lag < 400; i++ {
			s += series[i] * series[i+lag]
		}
		check.Close(t, "lag", Autocorrelation(days, 0, 400, lag), (s/float64(400-lag)-p*p)/(p*(1-p)), 1e-12)
	}
	var weekly []int
	for d := 3; d < 364; d += 7 {
		weekly = append(weekly, d)
	}
	check.Close(t, "weekly", Autocorrelation(weekly, 0, 364, 7), (51.0/357-1.0/49)/(1.0/7*6/7), 1e-12)
	if !math.IsNaN(Autocorrelation(nil, 0, 10, 7)) || !math.IsNaN(Autocorrelation([]int{1}, 0, 5, 7)) {
		t.Error("a correlation of nothing")
	}
}

// TestAnniversaries: counts against all pairs, and the expectation against the mean
// over random days.
func TestAnniversaries(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	var near, expected float64
	for range 3000 {
		days := append(rng.Perm(1098)[:10], 1098, -1) // the span is fixed
		slices.Sort(days)
		a := Anniversaries(days, 10, nil)
		b := Anniversaries(days, 10, func(int, int) bool { return true })
		if a != b {
			t.Fatalf("%+v, by all pairs %+v", a, b)
		}
		// The first and the last day are not random: leave their pairs out.
		inner := Anniversaries(days[1:11], 10, nil)
		near += float64(inner.Near)
		expected += float64(inner.Pairs) * anniversaryChance(1098, 10)
	}
	if r := near / expected; math.Abs(r-1) > 0.03 {
		t.Errorf("near over expected of random days: %g", r)
	}
	birthday := daysOf("2021-05-03 2022-05-07 2023-04-29 2021-11-01")
	a := Anniversaries(birthday, 10, nil)
	slices.Sort(birthday)
	a = Anniversaries(birthday, 10, nil)
	// Pairs more than 180 days apart: all six but May and November 2021, 182 days: six.
	if a.Pairs != 6 || a.Near != 3 {
		t.Errorf("%+v, want 6 pairs, 3 near", a)
	}
	flowers := []bool{true, false, true, false} // by date: the second is November
	if a := Anniversaries(birthday, 10, func(i, j int) bool { return flowers[i] && flowers[j] }); a.Pairs != 1 || a.Near != 1 {
		t.Errorf("same category: %+v", a)
	}
}
