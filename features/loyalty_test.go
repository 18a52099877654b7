package features

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// margarine reads bayesm's panel: one purchase a row, in the order of each household,
// a day apart.
func margarine(t testing.TB) *datasets.Log {
	t.Helper()
	b := datasets.NewBuilder(datasets.Meta{Name: "margarine", Unit: "household", Resolution: datasets.Day, Has: datasets.FieldBrand})
	start := time.Date(1991, 1, 1, 0, 0, 0, 0, time.UTC)
	n := map[string]int{}
	for _, r := range rows(t, "data/bayesm_panel/margarine_choicePrice.csv.gz") {
		ev := noEvent(r[0], start.AddDate(0, 0, n[r[0]]))
		ev.Brand = r[1]
		n[r[0]]++
		b.Add(ev)
	}
	return b.Log()
}

// TestBrandLoyaltyMargarine: bayesm's margarine panel, R package bayesm 3.1-5; the
// figures computed by another program from its rows (1e-5).
func TestBrandLoyaltyMargarine(t *testing.T) {
	table, err := BrandLoyalty(t.Context(), margarine(t), BrandLoyaltyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if table.Buyers != 516 || table.Customers != 516 || table.Purchases != 4470 || len(table.Brands) != 10 {
		t.Errorf("%d households, %d buyers, %d purchases, %d brands", table.Customers, table.Buyers, table.Purchases, len(table.Brands))
	}
	check.Close(t, "mean HHI", table.MeanHHI, 0.5612106, 1e-5)
	check.Close(t, "single brand", table.SingleBrand, 0.1744186, 1e-5)
	b := table.Brands[0]
	if b.Brand != "1" {
		t.Fatalf("the largest brand is %s", b.Brand)
	}
	for _, c := range []struct {
		what      string
		got, want float64
		tol       float64
	}{
		{"share", b.Share, 0.3951, 5e-5},
		{"penetration", b.Penetration, 0.7790698, 1e-5},
		{"purchases per buyer", b.PerBuyer, 4.3930348, 1e-5},
		{"SCR", b.SCR, 0.4723188, 1e-5},
	} {
		check.Close(t, c.what, c.got, c.want, c.tol)
	}
	if table.MeanHHIDebiased >= table.MeanHHI {
		t.Errorf("HHI free of n %g, plain %g", table.MeanHHIDebiased, table.MeanHHI)
	}
	// Everybody bought, so K comes from the variance; the theory's penetrations add up
	// with the market's purchases, and excess loyalty is the difference.
	m := table.Dirichlet
	if m == nil {
		t.Fatal(table.Note)
	}
	check.Close(t, "M", m.M, 4470.0/516, 1e-12)
	for j, b := range table.Brands {
		check.Close(t, "purchases", m.Penetration(j)*m.PerBuyer(j), m.M*b.Share, 1e-9)
		check.Close(t, "excess", *b.Excess, b.SCR-m.SCR(j), 1e-12)
	}
}

// loyaltyRows makes a log of purchases: customer, day, category, brand, discount.
type loyaltyRow struct {
	id              string
	day             int
	category, brand string
	discount        float64
	kind            datasets.Kind
}

func loyaltyLog(rows []loyaltyRow) *datasets.Log {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	b := datasets.NewBuilder(datasets.Meta{
		Name: "loyalty", FirstSeenIsFirst: true, Resolution: datasets.Day,
		Has:    datasets.FieldCategory | datasets.FieldBrand | datasets.FieldDiscount,
		Window: datasets.Window{From: start, To: start.AddDate(0, 0, 280)},
	})
	for _, r := range rows {
		ev := noEvent(r.id, start.AddDate(0, 0, r.day))
		ev.Category, ev.Brand, ev.Discount, ev.Kind = r.category, r.brand, r.discount, r.kind
		b.Add(ev)
	}
	return b.Log()
}

// TestLoyaltyByHand: every column from its definition.
func TestLoyaltyByHand(t *testing.T) {
	log := loyaltyLog([]loyaltyRow{
		// a: periods 0, 1, 3 of ten whole ones; milk A A B, soap C C.
		{"a", 0, "milk", "A", 0, datasets.Purchase},
		{"a", 30, "milk", "A", 1, datasets.Purchase},
		{"a", 31, "soap", "C", 0, datasets.Purchase},
		{"a", 90, "soap", "C", math.NaN(), datasets.Purchase},
		{"a", 90, "milk", "B", 0, datasets.Purchase},
		{"a", 100, "", "", 0, datasets.Referral},
		// b: from day 238, one whole period only, and the one after it is not over.
		{"b", 238, "milk", "B", 0, datasets.Purchase},
		{"b", 270, "soap", "C", 0, datasets.Purchase},
	})
	o := (&Loyalty{Columns: []string{"repeat_rate", "brand_scr", "brand_hhi", "brands_effective", "full_price_share", "loyalty_tenure", "advocacy_rate"}, Within: "category", Period: 28, Shrink: 3})
	m, model := measured(t, log, "loyalty", o)
	// a: three active periods with a next one, one followed; of 6 lines with a known
	// discount 5 at full price; milk: 1 pair of 3 of one brand, soap 1 of 1. Judged by
	// the others a milk A of two is a tie with B; a soap is not. One referral, 4 days.
	hhi := 2.0 / 4
	scr := (2*0.5 + 2) / 5
	for _, c := range []struct {
		id, column string
		want       float64
	}{
		{"a", "repeat_rate", (1 + 3*(1.0/3)) / 6},
		{"b", "repeat_rate", 1.0 / 3},
		{"a", "brand_hhi", hhi}, // b has no pair: a is the population
		{"b", "brand_hhi", hhi},
		{"a", "brand_scr", scr},
		{"a", "brands_effective", 2},
		{"a", "full_price_share", (3 + 3*5.0/6) / 7},
		{"b", "full_price_share", (2 + 3*5.0/6) / 5},
		{"a", "loyalty_tenure", 280},
		{"a", "advocacy_rate", (1 + 3*1.0/6) / 7},
	} {
		check.Close(t, c.id+" "+c.column, at(t, m, c.id, c.column), c.want, 1e-12)
	}
	h, _ := log.Find("a")
	if n := model.(Witness).Evidence(h); n != 3 {
		t.Errorf("evidence %d, want 3 occasions above the first", n)
	}
}

// TestBrandChoices: pairs, and the leader among the others, by going through all.
func TestBrandChoices(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 7))
	for range 2000 {
		var counts []int
		for range 1 + rng.IntN(4) {
			counts = append(counts, 1+rng.IntN(4))
		}
		if len(counts) == 1 && counts[0] == 1 {
			continue // nothing to be judged by
		}
		var same, hits float64
		for b, c := range counts {
			for range c { // each purchase of b, judged by the others
				rest := slices.Clone(counts)
				rest[b]--
				most, ties := slices.Max(rest), 0
				for _, x := range rest {
					if x == most {
						ties++
					}
				}
				if rest[b] == most {
					hits += 1 / float64(ties)
				}
				same += float64(c-1) / 2
			}
		}
		s, h := brandChoices(counts)
		check.Close(t, fmt.Sprint("pairs of ", counts), s, same, 1e-12)
		check.Close(t, fmt.Sprint("hits of ", counts), h, hits, 1e-12)
	}
}

// TestLoyaltyFreeOfCount: customers of one sort of loyalty have the same brand_hhi on
// average whether they bought 4 or 40 times; brand_scr errs low by what its help says,
// and never as the plain share does, which flatters who has no first brand.
func TestLoyaltyFreeOfCount(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 1))
	mean := func(n int, first float64) (hhi, scr, plain float64) {
		const people = 4000
		for range people {
			counts := make([]int, 5)
			for range n {
				b := 0
				if rng.Float64() > first {
					b = 1 + rng.IntN(4)
				}
				counts[b]++
			}
			same, hits := brandChoices(counts)
			hhi += 2 * same / float64(n*(n-1)) / people
			scr += hits / float64(n) / people
			plain += float64(slices.Max(counts)) / float64(n) / people
		}
		return hhi, scr, plain
	}
	for _, n := range []int{4, 40} {
		if hhi, _, _ := mean(n, 0.6); math.Abs(hhi-0.4) > 0.01 {
			t.Errorf("HHI of %d purchases %g, true .4", n, hhi)
		}
	}
	_, few, _ := mean(4, 0.6)
	_, many, _ := mean(40, 0.6)
	if math.Abs(few-0.46) > 0.02 || math.Abs(many-0.6) > 0.01 {
		t.Errorf("SCR of 4 purchases %g, of 40 %g; .46 and .6", few, many)
	}
	if _, scr, plain := mean(4, 0.2); math.Abs(scr-0.2) > 0.02 || plain < 0.4 {
		t.Errorf("without a first brand, of 4 purchases: SCR %g, plain %g; true .2", scr, plain)
	}
}

// TestLoyaltyWithin: brands that are sold everywhere are compared over everything,
// others within their category.
func TestLoyaltyWithin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5))
	log := func(everywhere bool) *datasets.Log {
		var rows []loyaltyRow
		for c := range 60 {
			for range 12 {
				k := rng.IntN(4)
				b := c % 3
				name := fmt.Sprint("b", b)
				if !everywhere {
					name = fmt.Sprint("b", b, " of ", k)
				}
				rows = append(rows, loyaltyRow{fmt.Sprint("c", c), rng.IntN(270), fmt.Sprint("k", k), name, 0, datasets.Purchase})
			}
		}
		return loyaltyLog(rows)
	}
	for _, everywhere := range []bool{true, false} {
		m, model := measured(t, log(everywhere), "loyalty", nil)
		if got := model.(*loyaltyModel).Within; got == everywhere {
			t.Errorf("brands everywhere %v: compared within categories %v", everywhere, got)
		}
		if lacks(model.(Warner).Warnings(), "across categories") == everywhere {
			t.Errorf("brands everywhere %v: warnings %q", everywhere, model.(Warner).Warnings())
		}
		// Everybody has one brand, by category or over all.
		for i := range m.IDs {
			if x := m.Row(i)[m.Index("brand_scr")]; x < 0.999 {
				t.Fatalf("brands everywhere %v: SCR %g", everywhere, x)
			}
		}
	}
}

// TestDickBasu: the four types, the unknown, and cuts by the median of the known.
func TestDickBasu(t *testing.T) {
	nan := math.NaN()
	r, err := DickBasu([]float64{0.9, 0.8, 0.1, 0.2, 0.9}, []float64{0.9, 0.1, 0.8, 0.1, nan}, nan, nan)
	if err != nil {
		t.Fatal(err)
	}
	want := []LoyaltyType{TrueLoyalty, SpuriousLoyalty, LatentLoyalty, NoLoyalty, LoyaltyUnknown}
	for i, w := range want {
		if r.Types[i] != w || r.Counts[w] != 1 {
			t.Errorf("customer %d is %v, want %v", i, r.Types[i], w)
		}
	}
	check.Close(t, "cut", r.BehaviourCut, 0.8, 1e-12)
	check.Close(t, "cut", r.AttitudeCut, 0.45, 1e-12)
	if _, err := DickBasu([]float64{1}, nil, 0, 0); err == nil {
		t.Error("unequal lengths pass")
	}
	if _, err := DickBasu([]float64{1}, []float64{nan}, 0, 0); err == nil {
		t.Error("nobody known passes")
	}
	got := MostLoyal(0.25, []float64{1, 2, 3, 4, 5, 6, 7, 8}, []float64{8, 7, 6, 5, 4, 3, 2, nan}, []float64{1, 1, 1, 1, 1, 1, 1, 1})
	for i, x := range got {
		if x {
			t.Errorf("customer %d is among the most loyal: nobody is at the top of both", i)
		}
	}
	got = MostLoyal(0.25, []float64{1, 2, 3, 4, 5, 6, 7, 8}, []float64{1, 2, 3, 4, 5, 6, nan, 8})
	if !got[7] || got[6] || got[0] {
		t.Errorf("most loyal %v", got)
	}
}

func TestLoyaltyRefuses(t *testing.T) {
	e, _ := Lookup("loyalty")
	log := loyaltyLog([]loyaltyRow{{"a", 0, "milk", "A", 0, datasets.Purchase}, {"a", 9, "milk", "A", 0, datasets.Purchase}})
	for words, o := range map[string]*Loyalty{
		"shrink = -1":             {Columns: []string{"brand_hhi"}, Within: "auto", Period: 28, Shrink: -1},
		"period = 0":              {Columns: []string{"brand_hhi"}, Within: "auto"},
		`within = "shop"`:         {Columns: []string{"brand_hhi"}, Within: "shop", Period: 28},
		`no column "heart"`:       {Columns: []string{"heart"}, Within: "auto", Period: 28},
		"leaves nothing to measu": {Columns: []string{"advocacy_rate"}, Within: "auto", Period: 28},
	} {
		_, err := Build(t.Context(), log, Recipe{Name: "r", Steps: []Step{{Extractor: e, Block: o}}}, 0, 1)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
	if _, err := BrandLoyalty(t.Context(), log, BrandLoyaltyOptions{Category: "soap"}); err == nil || !strings.Contains(err.Error(), `category "soap"`) {
		t.Errorf("error %v", err)
	}
	if one, err := BrandLoyalty(t.Context(), log, BrandLoyaltyOptions{}); err != nil || one.Dirichlet != nil || !strings.Contains(one.Note, "one brand") {
		t.Errorf("one brand: %+v (%v)", one, err)
	}
}
