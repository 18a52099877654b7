package features

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mores-lab/mores/internal/check"
)

func TestTimingProfile(t *testing.T) {
	log := stampLog(time.UTC, map[string][]time.Time{
		"a": {time.Date(2023, 12, 31, 23, 15, 0, 0, time.UTC), time.Date(2024, 2, 29, 1, 0, 0, 0, time.UTC), time.Date(2024, 7, 1, 23, 30, 0, 0, time.UTC)},
		"b": {time.Date(2024, 10, 5, 22, 45, 0, 0, time.UTC)},
	})
	var p TimingProfile
	for h := range log.Histories(t.Context()) {
		p.Add(h)
	}
	if p.Occasions != 4 || p.Hours[23] != 2 || p.Hours[22] != 1 || p.Hours[1] != 1 || p.Months[1] != 1 || p.MonthDays[30] != 1 || p.Weekdays[6] != 1 || p.Weekdays[3] != 1 {
		t.Errorf("%+v", p)
	}
	// December and February are winter, July summer, October autumn; half a year later
	// in the south.
	if got := p.SeasonShares(false); got != [4]float64{0.5, 0, 0.25, 0.25} {
		t.Errorf("seasons %v", got)
	}
	if got := p.SeasonShares(true); got != [4]float64{0.25, 0.25, 0.5, 0} {
		t.Errorf("southern seasons %v", got)
	}
	h, ok := p.Preference("hour")
	if !ok {
		t.Fatal("no hour")
	}
	c := circleOf(turns(24, 23.25, 1, 23.5, 22.75), nil)
	check.Close(t, "hour", h.Mean, c.Mean()*24/(2*math.Pi), 1e-9)
	check.Close(t, "R", h.R, c.R(), 1e-12)
	check.Close(t, "sd", h.SD, c.SD()*24/(2*math.Pi), 1e-9)
	check.Close(t, "kappa", h.Kappa, KappaSmall(KappaMLE(c.R()), 4), 1e-9)
	check.Close(t, "p", h.P, Rayleigh(4, c.R()), 1e-12)
	if _, ok := p.Preference("decade"); ok {
		t.Error("a preferred decade")
	}
	if _, ok := new(TimingProfile).Preference("hour"); ok {
		t.Error("a preference of nobody")
	}
}

// TestTimingTwice: lunch and evening, twelve hours apart, have no direction in the first
// moment and a strong one in the second.
func TestTimingTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var at []time.Time
	for d := range 40 {
		at = append(at, time.Date(2024, 1, 1+d, 8+12*(d%2), rng.IntN(60), 0, 0, time.UTC))
	}
	var p TimingProfile
	for h := range stampLog(time.UTC, map[string][]time.Time{"a": at}).Histories(t.Context()) {
		p.Add(h)
	}
	once, _ := p.Preference("hour")
	twice, _ := p.Preference("hour_twice")
	if once.R > 0.1 || twice.R > 1 || twice.R < 0.9 || math.Abs(twice.Mean-8.5) > 0.2 {
		t.Errorf("once %+v, twice %+v", once, twice)
	}
}

// TestDivergence: by hand, and 0 on average for somebody who does as all do, with few
// counts and with many.
func TestDivergence(t *testing.T) {
	check.Close(t, "by hand", Divergence([]float64{3, 1, 0}, []float64{50, 25, 25}), 0.75*math.Log(1.5)+0-2.0/8, 1e-12)
	check.Close(t, "a bin of one's own", Divergence([]float64{0, 2}, []float64{10, 0}), math.Log(10)-1.0/4, 1e-12)
	if !math.IsNaN(Divergence([]float64{0, 0}, []float64{1, 1})) || !math.IsNaN(Divergence([]float64{1, 0}, []float64{0, 0})) {
		t.Error("a divergence of nothing")
	}
	rng := rand.New(rand.NewPCG(5, 6))
	q := []float64{300, 250, 200, 150, 100, 0, 0}
	for _, n := range []int{20, 200} {
		var mean, plain float64
		for range 5000 {
			counts := make([]float64, 7)
			for range n {
				u := 1000 * rng.Float64()
				k := 0
				for u >= q[k] {
					u -= q[k]
					k++
				}
				counts[k]++
			}
			kl := Divergence(counts, q)
			mean += kl / 5000
			plain += (kl + 4/(2*float64(n))) / 5000
		}
		if math.Abs(mean) > 0.15*plain {
			t.Errorf("n = %d: mean %g, plain %g", n, mean, plain)
		}
	}
	e := Enrichment([]float64{8, 0, 0}, []float64{50, 50, 0})
	check.Close(t, "enriched", e[0], (8+1.5)/11/0.5, 1e-12)
	check.Close(t, "poor", e[1], 1.5/11/0.5, 1e-12)
	if !math.IsNaN(e[2]) {
		t.Error("a bin that nobody uses is enriched")
	}
	for _, x := range Enrichment([]float64{0, 0}, []float64{3, 1}) {
		check.Close(t, "no counts", x, 1, 1e-12)
	}
}

// TestEntropyShortfall: by hand for two draws, Miller's correction for many, and what it
// is for: the mean over draws.
func TestEntropyShortfall(t *testing.T) {
	// Two draws from two even bins: entropy 0 or ln 2, each with probability 1/2.
	check.Close(t, "two draws", EntropyShortfall([]float64{3, 3}, 2), math.Ln2/2, 1e-12)
	q := []float64{5, 4, 3, 2, 2, 0}
	check.Close(t, "one draw", EntropyShortfall(q, 1), Entropy(q), 1e-12)
	check.Close(t, "many", 2*2000*EntropyShortfall(q, 2000), 4, 0.01)
	rng := rand.New(rand.NewPCG(5, 7))
	var mean float64
	for range 20000 {
		counts := make([]float64, 6)
		for range 4 {
			u, k := 16*rng.Float64(), 0
			for u >= q[k] {
				u -= q[k]
				k++
			}
			counts[k]++
		}
		mean += Entropy(counts) / 20000
	}
	check.Close(t, "four draws", EntropyShortfall(q, 4), Entropy(q)-mean, 0.01)
}
