package features

import (
	"slices"
	"strings"
	"testing"
	"time"

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
	b := built(t, log, one(t, "usage", &Usage{Columns: columnNames(usageColumns), Volume: "spend", Heavy: 0.5, Medium: 0.8}), 1, 1)
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
	b = built(t, log, one(t, "usage", &Usage{Columns: columnNames(usageColumns), Volume: "spend", Shrink: 1, Heavy: 0.5, Medium: 0.8}), 1, 1)
	pop := 70 * monthDays / 62
	check.Close(t, "shrunk newcomer", cell(t, b, "b", "volume_rate"), (10+pop)/(1/monthDays+1), 1e-12)
	if cell(t, b, "b", "volume_rate") > 2*cell(t, b, "a", "volume_rate") {
		t.Error("one day's order still counts as a month's rate")
	}
}

func TestUsageVolumes(t *testing.T) {
	b := built(t, cdnow(t), one(t, "usage", mustNew(t, "usage")), 0, 2)
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, []string{"volume_rate", "orders_rate", "volume_per_order", "active_share", "tier"}) {
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
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, []string{"volume_rate", "active_share", "tier"}) {
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
