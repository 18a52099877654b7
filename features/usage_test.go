package features

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

func TestTierCuts(t *testing.T) {
	for _, c := range []struct {
		xs    []float64
		sizes [3]int
	}{
		{[]float64{1, 2, 3, 4, 10}, [3]int{1, 2, 2}}, // 10 of 20 is half; 10 + 4 + 3 is 85 %
		{[]float64{5, 5, 5, 5}, [3]int{4, 0, 0}},     // ties go up together
		{[]float64{8, 1, 1}, [3]int{1, 0, 2}},        // 80 % reached by the heavy one alone
		{[]float64{0, 0, 3}, [3]int{1, 0, 2}},
		{[]float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.5}, [3]int{1, 5, 0}}, // 0.5 is half, to rounding
	} {
		got := Tiers(c.xs, 0.5, 0.8)
		if sizes := [3]int{got[0].Customers, got[1].Customers, got[2].Customers}; sizes != c.sizes {
			t.Errorf("%v: %v heavy, medium, low; want %v", c.xs, sizes, c.sizes)
		}
	}
	top := Tiers([]float64{1, 2, 3, 4, 10}, 0.5, 0.8)[0]
	if top.Name != "heavy" || top.Share != 0.2 || top.Volume != 0.5 {
		t.Errorf("heavy: %+v", top)
	}
}

func TestUsageByHand(t *testing.T) {
	// 61 days from a's first purchase to the end: two months of 30.4375 days and a bit.
	log := dayLog(t, "hand", [][]string{
		{"a", "2024-01-01", "10"}, {"a", "2024-01-02", "20"}, {"a", "2024-02-20", "30"}, {"b", "2024-03-01", "5"}, {"b", "2024-03-01", "5"},
	}, date(t, "2024-03-02"))
	b := built(t, log, one(t, "usage", &Usage{Columns: columnNames(usageColumns[:5]), Volume: "spend", Heavy: 0.5, Medium: 0.8}), 1, 1)
	months := 61 / monthDays
	for col, want := range map[string]float64{
		"volume_rate": 60 / months, "orders_rate": 3 / months, "volume_per_order": 20,
		"active_share": 2.0 / 3, // days 0–27 and 28–55 of 61
		"tier":         0,
	} {
		check.Close(t, col, cell(t, b, "a", col), want, 1e-12)
	}
	// One day old: 10 a day is the higher rate, so b alone makes half of the volume.
	check.Close(t, "newcomer", cell(t, b, "b", "volume_rate"), 10*monthDays, 1e-12)
	if cell(t, b, "b", "tier") != 2 {
		t.Error("b is not heavy")
	}
	// Drawn in by a month at the population's rate, 70 in 62 days, b is not.
	b = built(t, log, one(t, "usage", &Usage{Columns: columnNames(usageColumns[:5]), Volume: "spend", Shrink: 1, Heavy: 0.5, Medium: 0.8}), 1, 1)
	pop := 70 * monthDays / 62
	check.Close(t, "shrunk newcomer", cell(t, b, "b", "volume_rate"), (10+pop)/(1/monthDays+1), 1e-12)
	if cell(t, b, "b", "volume_rate") > 2*cell(t, b, "a", "volume_rate") {
		t.Error("one day's order still counts as a month's rate")
	}
}

func TestUsageVolumes(t *testing.T) {
	all := columnNames(usageColumns[:5])
	b := built(t, cdnow(t), one(t, "usage", &Usage{Columns: all, Volume: "units", Heavy: 0.5, Medium: 0.8}), 0, 2)
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, all) {
		t.Errorf("columns %v", got)
	}
	b = built(t, cdnow(t), one(t, "usage", mustNew(t, "usage")), 0, 2)
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, []string{"volume_rate", "tier"}) {
		t.Errorf("columns %v", got)
	}
	if j := b.Raw.Index("tier"); b.Raw.Cols[j].Kind != Category {
		t.Error("tier is not a category")
	}
	p, err := Prepare(b.Raw, "block", "")
	if err != nil {
		t.Fatal(err)
	}
	if p.X.Index("tier") >= 0 {
		t.Error("tier enters the distance")
	}
	plain := dayLog(t, "plain", [][]string{{"a", "2024-01-01"}, {"a", "2024-01-09"}}, time.Time{})
	b = built(t, plain, one(t, "usage", mustNew(t, "usage")), 0, 1)
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, []string{"volume_rate", "tier"}) {
		t.Errorf("without quantities: columns %v", got)
	}
	for want, o := range map[string]*Usage{
		"volume = units needs quantities": {Volume: "units", Heavy: 0.5, Medium: 0.8},
		"volume = spend needs amounts":    {Volume: "spend", Heavy: 0.5, Medium: 0.8},
		`volume = "litres"`:               {Volume: "litres", Heavy: 0.5, Medium: 0.8},
		"heavy = 0.9":                     {Volume: "auto", Heavy: 0.9, Medium: 0.8},
		`no column "weight"`:              {Columns: []string{"weight"}, Volume: "auto", Heavy: 0.5, Medium: 0.8},
	} {
		if _, err := Build(t.Context(), plain, one(t, "usage", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestUsageHow(t *testing.T) {
	contact := noEvent("a", date(t, "2024-01-03"))
	contact.Kind = datasets.Contact
	back := basketLine("a", 20, "o3", "i9", "tea", 1, 9)
	back.Kind = datasets.Return
	log := logOf(basketMeta, []datasets.Event{
		basketLine("a", 1, "o1", "i1", "tea", 2, 1), basketLine("a", 1, "o1", "i2", "cup", 1, 1), basketLine("a", 1, "o2", "i3", "tea", 1, 1),
		basketLine("a", 10, "o3", "i4", "tea", 4, 1), contact, back,
		basketLine("b", 18, "o4", "i1", "tea", 1, 1),
	})
	o := &Usage{Columns: usageHowColumns, Volume: "orders", Heavy: 0.5, Medium: 0.8}
	b := built(t, log, one(t, "usage", o), 1, 1)
	// Three lines of tea and one cup; two days; weeks 1 and 2 of the 3 until the 21st.
	h := -(0.75*math.Log(0.75) + 0.25*math.Log(0.25)) + 1.0/8
	for col, want := range map[string]float64{
		"usage_breadth": math.Exp(h), "usage_intensity": 4, "usage_recurrence": 2.0 / 3, "misuse_returns": 1.0 / 3, "misuse_contacts": 1.0 / 3,
	} {
		check.Close(t, col, cell(t, b, "a", col), want, 1e-12)
	}
	o.Shrink = 1
	b = built(t, log, one(t, "usage", o), 1, 1)
	// The population's: entropy weighted by lines, 9 units on 3 days, 4 orders.
	check.Close(t, "b's breadth", cell(t, b, "b", "usage_breadth"), math.Exp(4*h/5/2), 1e-12)
	check.Close(t, "b's intensity", cell(t, b, "b", "usage_intensity"), (1+9.0/3)/2, 1e-12)
	check.Close(t, "b's returns", cell(t, b, "b", "misuse_returns"), 1.0/4/2, 1e-12)
	plain := dayLog(t, "plain", [][]string{{"a", "2024-01-01"}, {"a", "2024-01-09"}}, time.Time{})
	o.Columns = append(slices.Clone(usageHowColumns), "volume_rate")
	b = built(t, plain, one(t, "usage", o), 0, 1)
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, []string{"usage_recurrence", "volume_rate"}) || len(b.Warnings) != 4 {
		t.Errorf("columns %v, warnings %q", got, b.Warnings)
	}
}

// TestUsageHowContract: the columns on request keep the contract too.
func TestUsageHowContract(t *testing.T) {
	e := *mustLookup(t, "usage")
	e.New = func() Block {
		return &Usage{Columns: columnNames(usageColumns), Volume: "auto", Shrink: 1, Heavy: 0.5, Medium: 0.8}
	}
	if err := Check(&e); err != nil {
		t.Error(err)
	}
}

// TestHillDebiased: draws from ten equal classes: the plain exp H is too small by
// far, the corrected one less so.
func TestHillDebiased(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	var plain, corrected float64
	const draws = 2000
	for range draws {
		counts := make([]float64, 10)
		for range 30 {
			counts[rng.IntN(10)]++
		}
		plain += math.Exp(Entropy(counts)) / draws
		corrected += Hill(counts) / draws
	}
	if !(plain < 8.8 && math.Abs(corrected-10) < 0.4) {
		t.Errorf("of 10 classes %.2f plainly, %.2f corrected", plain, corrected)
	}
	if Hill([]float64{7}) != 1 || Hill([]float64{7, 0}) != 1 {
		t.Error("one class counts for more than one")
	}
}

func mustLookup(t testing.TB, name string) *Extractor {
	t.Helper()
	e, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
