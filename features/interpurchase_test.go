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

// gapLog makes a log of day stamps from each customer's purchase days.
func gapLog(days map[string][]int, end int) *datasets.Log {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	b := datasets.NewBuilder(datasets.Meta{Name: "gaps", Resolution: datasets.Day, FirstSeenIsFirst: true, Window: datasets.Window{To: start.AddDate(0, 0, end)}})
	for id, ds := range days {
		for _, d := range ds {
			b.Add(noEvent(id, start.AddDate(0, 0, d)))
		}
	}
	return b.Log()
}

// one builds a recipe of a single extractor with those options.
func one(t testing.TB, name string, block Block) Recipe {
	t.Helper()
	e, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return Recipe{Name: name, Steps: []Step{{Extractor: e, Block: block}}}
}

// cell returns the value of a customer's column.
func cell(t testing.TB, b *Built, id, col string) float64 {
	t.Helper()
	i, j := slices.Index(b.Raw.IDs, id), b.Raw.Index(col)
	if i < 0 || j < 0 {
		t.Fatalf("no customer %s or no column %s", id, col)
	}
	return b.Raw.Row(i)[j]
}

// TestInterpurchaseByHand: without shrinkage every column is its plain statistic,
// which the tests of the statistics hold against published values.
func TestInterpurchaseByHand(t *testing.T) {
	log := gapLog(map[string][]int{"a": {0, 4, 6, 18, 20}, "b": {3, 5}, "c": {7}}, 30)
	b := built(t, log, one(t, "interpurchase", &Interpurchase{Columns: columnNames(interpurchaseColumns)}), 1, 1)
	g := []float64{4, 2, 12, 2}
	for col, want := range map[string]float64{
		"gap_median": 3, "gap_last": 2, "gap_mean": 5, "gap_sd": math.Sqrt(68.0 / 4), "gap_min": 2, "gap_max": 12, "overdue": 10.0 / 3, "late_share": 0.25,
		"burstiness": BurstinessCorrected(g), "memory": Memory(g), "gap_cv": math.Sqrt(68.0/4) / 5, // deviations −1 −3 7 −3
		// Parts 4 2 12 2 and the silence of 10, 30 days in all, in 29 trials.
		"clumpiness": Clumpiness(29, []int{4, 6, 18, 20}) - ClumpinessExpected(29, 4),
	} {
		check.Close(t, col, cell(t, b, "a", col), want, 1e-12)
	}
	for j, x := range b.Raw.Row(1) {
		if math.IsNaN(x) {
			t.Errorf("two purchases: %s is missing", b.Raw.Cols[j].Name)
		}
	}
	for j, x := range b.Raw.Row(2) {
		if !math.IsNaN(x) {
			t.Errorf("one purchase: %s = %g, want missing", b.Raw.Cols[j].Name, x)
		}
	}
}

// TestInterpurchaseRecovers: a population of Erlang-3 gaps with log-normal rates:
// the pooled shape is 3, and clockwork customers stand out from Poisson ones.
func TestInterpurchaseRecovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	days := map[string][]int{}
	for c := range 2000 {
		rate := 3 / (60 * math.Exp(0.5*rng.NormFloat64()))
		var ds []int
		for x := 0.0; x < 1400; x += (rng.ExpFloat64() + rng.ExpFloat64() + rng.ExpFloat64()) / rate {
			ds = append(ds, int(x))
		}
		days["c"+strconv.Itoa(c)] = ds
	}
	days["clock"] = []int{0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100, 1200, 1300, 1400}
	days["burst"] = []int{0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16}
	b := built(t, gapLog(days, 1401), one(t, "interpurchase", &Interpurchase{Columns: columnNames(interpurchaseColumns), Shrink: 4}), 0, 2)
	k := b.Pipeline.models[0].(*interpurchaseModel).K
	// Gaps that the window cuts off are missing, which makes the rest more alike.
	if math.Abs(k-3) > 0.3 {
		t.Errorf("pooled k = %g, want 3 ± 10 %%", k)
	}
	mean, sd := moments(b.Raw)
	reg, clump := b.Raw.Index("regularity"), b.Raw.Index("clumpiness")
	if z := (cell(t, b, "clock", "regularity") - mean[reg]) / math.Sqrt(sd[reg]); z < 2 {
		t.Errorf("clockwork is %g sd above the mean regularity", z)
	}
	if cell(t, b, "burst", "clumpiness") < 0.3 || cell(t, b, "clock", "clumpiness") > 0 || math.Abs(mean[clump]) > 0.15 {
		t.Errorf("clumpiness: burst %g, clockwork %g, mean %g", cell(t, b, "burst", "clumpiness"), cell(t, b, "clock", "clumpiness"), mean[clump])
	}
	if cell(t, b, "burst", "overdue") < 20 {
		t.Errorf("gone for four years of daily purchases: overdue %g", cell(t, b, "burst", "overdue"))
	}
}

// mustNew returns an extractor's block with its defaults.
func mustNew(t testing.TB, name string) Block {
	t.Helper()
	e, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return e.New()
}

// TestInterpurchaseNullClumpiness: purchases on random days have clumpiness 0 on
// average, whatever their number: the column does not measure how many there are.
func TestInterpurchaseNullClumpiness(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	days := map[string][]int{}
	for c := range 3000 {
		later := rng.Perm(364)[:1+c%30]
		ds := []int{0}
		for _, d := range later {
			ds = append(ds, d+1)
		}
		days["c"+strconv.Itoa(c)] = ds
	}
	b := built(t, gapLog(days, 365), one(t, "interpurchase", &Interpurchase{Columns: []string{"clumpiness"}}), 2, 2)
	var few, many gapMean
	for i, id := range b.Raw.IDs {
		if n := len(days[id]); n <= 6 {
			few.add(b.Raw.Row(i)[0])
		} else if n >= 20 {
			many.add(b.Raw.Row(i)[0])
		}
	}
	// Standard errors: .16/√500 and .03/√1100.
	if math.Abs(few.value(1)) > 0.025 || math.Abs(many.value(1)) > 0.005 {
		t.Errorf("mean clumpiness of random days: %g (few), %g (many), want 0", few.value(1), many.value(1))
	}
}

func TestInterpurchaseCDNOW(t *testing.T) {
	log := cdnow(t)
	b := built(t, log, one(t, "interpurchase", mustNew(t, "interpurchase")), 0, 2)
	// 7,476 customers with three purchase days or more: the log's reference profile.
	if n, _ := b.Raw.Dims(); n != 7476 {
		t.Errorf("%d customers, want 7476", n)
	}
	if i, j, bad := b.Raw.Missing(); bad {
		t.Errorf("%s of %s is missing: customers with the minimum have complete rows", b.Raw.Cols[j].Name, b.Raw.IDs[i])
	}
	// Reference profile again: median gap 34 d, mean 72.21 d, median CV .8905 over
	// the customers with two gaps.
	var gaps, cvs []float64
	for h, err := range log.Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		g := Gaps(h.Occasions())
		gaps = append(gaps, g...)
		if len(g) >= 2 {
			mean, sd := meanSD(g, 1)
			cvs = append(cvs, sd/mean)
		}
	}
	mean, _ := meanSD(gaps, 0)
	check.Close(t, "mean gap", mean, 72.21, 1e-4)
	check.Close(t, "median gap", median(gaps), 34, 0)
	check.Close(t, "median CV", median(cvs), 0.8905, 1e-4)
}

func TestInterpurchaseRefuses(t *testing.T) {
	log := gapLog(map[string][]int{"a": {1}, "b": {2}}, 10)
	for want, o := range map[string]*Interpurchase{
		"no customer bought on two days": {Columns: []string{"gap_median"}},
		`no column "gap"`:                {Columns: []string{"gap"}},
		"shrink = -1":                    {Columns: []string{"gap_median"}, Shrink: -1},
	} {
		if _, err := Build(t.Context(), log, one(t, "interpurchase", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
