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

func TestUsageTiersByHand(t *testing.T) {
	for _, c := range []struct {
		xs    []float64
		rule  UsageRule
		sizes [4]int
	}{
		{[]float64{1, 2, 3, 4, 10, 0}, CumulativeShare, [4]int{1, 2, 2, 1}},
		{[]float64{5, 5, 5, 5}, CumulativeShare, [4]int{4, 0, 0, 0}}, // ties go up together
		{[]float64{1, 2, 3, 4, 5, 6, 0, 0}, Terciles, [4]int{2, 2, 2, 2}},
		{[]float64{1, 2, 3, 3, 3, 6}, Terciles, [4]int{4, 0, 2, 0}},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Pareto2080, [4]int{2, 0, 8, 0}},
		{[]float64{7}, Pareto2080, [4]int{1, 0, 0, 0}},
	} {
		got, err := UsageTiers(c.xs, c.rule)
		if err != nil {
			t.Fatal(err)
		}
		var sizes [4]int
		var share, volume float64
		for k, tier := range got.Tiers {
			sizes[k] = tier.Customers
			share += tier.Share
			volume += tier.Volume
		}
		if sizes != c.sizes {
			t.Errorf("%v by %s: %v heavy, medium, low, inactive; want %v", c.xs, c.rule, sizes, c.sizes)
		}
		check.Close(t, "shares of customers", share, 1, 1e-12)
		check.Close(t, "shares of volume", volume, 1, 1e-12)
	}
	for _, bad := range [][]float64{nil, {0, 0}, {1, -1}, {1, math.NaN()}} {
		if _, err := UsageTiers(bad, CumulativeShare); err == nil {
			t.Errorf("%v passes", bad)
		}
	}
	if _, err := UsageTiers([]float64{1}, "deciles"); err == nil {
		t.Error("a rule that is none passes")
	}
}

// TestUsageConcentration: entropy, Herfindahl, Gini–Simpson and Gini of small vectors,
// from their definitions (computed, not published).
func TestUsageConcentration(t *testing.T) {
	share := []float64{0.5, 0.25, 0.125, 0.125}
	check.Close(t, "H in bits", Entropy(share)/math.Ln2, 1.75, 1e-12)
	check.Close(t, "H in nats", Entropy(share), 1.2130076, 1e-7)
	check.Close(t, "H of ln 4", Entropy(share)/math.Log(4), 0.875, 1e-12)
	check.Close(t, "Herfindahl", Herfindahl(share), 0.34375, 1e-12)
	check.Close(t, "Gini–Simpson", 1-Herfindahl(share), 0.65625, 1e-12)
	check.Close(t, "Gini", Gini([]float64{1, 2, 3, 4, 10}), 0.4, 1e-12)
}

// TestUsageTiersOfLogs: concentration in three logs, computed from the files (top 20 %
// of CDNOW .678, Gini .6346; Online Retail after the usual cleaning .746, Gini .7151;
// grocery log by days with a purchase .657): regression values, not published.
func TestUsageTiersOfLogs(t *testing.T) {
	grocery := dayLog(t, "grocery", rows(t, "data/grocery_elog/groceryElog.csv.gz"), time.Time{})
	for _, c := range []struct {
		log         *datasets.Log
		what        string
		customers   int
		top20, gini float64
	}{
		{cdnow(t), "spend", 23570, 0.6778, 0.6346},
		{onlineRetailSales(t), "spend", 4338, 0.7462, 0.7151},
		{grocery, "occasions", 1525, 0.657, nan()},
	} {
		ids, volumes, err := UsageVolumes(t.Context(), c.log, c.what)
		if err != nil {
			t.Fatal(err)
		}
		got, err := UsageTiers(volumes, CumulativeShare)
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) != c.customers || got.Customers != c.customers {
			t.Errorf("%s: %d customers, want %d", c.log.Meta.Name, got.Customers, c.customers)
		}
		check.Close(t, c.log.Meta.Name+" top 20 %", got.Top20, c.top20, 0.0005)
		if !math.IsNaN(c.gini) {
			check.Close(t, c.log.Meta.Name+" Gini", got.Gini, c.gini, 0.0001)
		}
		// Heavy customers are few, and make at least half of the volume.
		if h := got.Tiers[0]; h.Volume < 0.5 || h.Share > 0.2 {
			t.Errorf("%s: %+v", c.log.Meta.Name, h)
		}
	}
	if _, _, err := UsageVolumes(t.Context(), grocery, "spend"); err == nil {
		t.Error("spend of a log without amounts passes")
	}
}

// TestCheckZeros: purchases drawn from an NBD agree with it; with as many again who
// never come back they do not.
func TestCheckZeros(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 1))
	start := date(t, "2024-01-01")
	logWith := func(shape, gone int) *datasets.Log {
		b := datasets.NewBuilder(datasets.Meta{Name: "nbd", Resolution: datasets.Day, Window: datasets.Window{To: start.AddDate(0, 0, 7*60)}})
		for c := range 2000 + gone {
			id := fmt.Sprintf("c%05d", c)
			first := rng.IntN(90)
			b.Add(noEvent(id, start.AddDate(0, 0, first)))
			rate := 0.0 // gamma of a whole shape, mean one in 20 weeks: a sum of exponentials
			for range shape {
				rate += rng.ExpFloat64() / float64(20*shape)
			}
			for w := rng.ExpFloat64() / rate; c < 2000 && w < 60; w += rng.ExpFloat64() / rate {
				if day := first + int(7*w) + 1; day < 7*60 {
					b.Add(noEvent(id, start.AddDate(0, 0, day)))
				}
			}
		}
		return b.Log()
	}
	z, err := CheckZeros(t.Context(), logWith(2, 0))
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "r", z.Model.R, 2, 0.15)
	if math.Abs(z.Z) > 3 || z.Customers != 2000 {
		t.Errorf("purchases of an NBD: %+v", z)
	}
	if z, err = CheckZeros(t.Context(), logWith(8, 2000)); err != nil {
		t.Fatal(err)
	}
	if z.Z < 3 {
		t.Errorf("half of them gone: %+v", z)
	}
	// CDNOW's 1/10 sample to week 39: 1,411 of 2,357 never came back.
	cal := cdnowSample(t).AsOf(date(t, "1997-10-01"))
	if z, err = CheckZeros(t.Context(), cal); err != nil {
		t.Fatal(err)
	}
	if z.Customers != 2357 || z.Observed != 1411.0/2357 {
		t.Errorf("CDNOW: %+v", z)
	}
	t.Logf("CDNOW: %+v", z)
}

// TestUsageTiersMoves: tiers do not change when all volumes are scaled or shuffled.
func TestUsageTiersMoves(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 2))
	xs := make([]float64, 300)
	for i := range xs {
		xs[i] = float64(rng.IntN(20))
	}
	other := slices.Clone(xs)
	rng.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
	for i := range other {
		other[i] *= 4
	}
	for _, rule := range []UsageRule{CumulativeShare, Terciles, Pareto2080} {
		a, _ := UsageTiers(xs, rule)
		b, _ := UsageTiers(other, rule)
		for k := range a.Tiers {
			if a.Tiers[k] != b.Tiers[k] {
				t.Errorf("%s: %+v, scaled and shuffled %+v", rule, a.Tiers[k], b.Tiers[k])
			}
		}
	}
}
