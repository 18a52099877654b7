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
	o := (&Loyalty{Columns: []string{"repeat_rate", "brand_scr", "brand_hhi", "brands_effective", "full_price_share", "loyalty_tenure", "advocacy_rate"}, Period: 28, Shrink: 3})
	m, model := measured(t, log, "loyalty", o)
	// a: three active periods with a next one, one followed; of 6 lines with a known
	// discount 5 at full price; milk: 1 pair of 3 of one brand, soap 1 of 1; the only
	// triple is two milk of A and one of B.
	months := 280 / monthDays
	pop := 1 / (months + 42/monthDays)
	hhi := 2.0 / 4
	scr := 2.0 / 3
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
		{"a", "advocacy_rate", (1 + 3*pop) / (months + 3)},
	} {
		check.Close(t, c.id+" "+c.column, at(t, m, c.id, c.column), c.want, 1e-12)
	}
	h, _ := log.Find("a")
	if n := model.(Witness).Evidence(h); n != 3 {
		t.Errorf("evidence %d, want 3 occasions above the first", n)
	}
}

// TestBrandChoices: pairs and triples by going through all of them.
func TestBrandChoices(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 7))
	for range 500 {
		var counts, brand []int
		for b := range 1 + rng.IntN(4) {
			counts = append(counts, 1+rng.IntN(4))
			for range counts[b] {
				brand = append(brand, b)
			}
		}
		var same, first float64
		for i, a := range brand {
			for j := range i {
				if brand[j] == a {
					same++
				}
				for k := range j {
					switch b, c := brand[j], brand[k]; {
					case a == b && b == c:
						first++
					case a == b || b == c || a == c:
						first += 2.0 / 3
					default:
						first += 1.0 / 3
					}
				}
			}
		}
		s, f := brandChoices(counts)
		check.Close(t, fmt.Sprint("pairs of ", counts), s, same, 1e-12)
		check.Close(t, fmt.Sprint("triples of ", counts), f, first, 1e-12)
	}
}

// TestLoyaltyFreeOfCount: customers of one sort of loyalty have the same brand_hhi and
// brand_scr on average whether they bought 4 or 40 times; the plain figures do not.
func TestLoyaltyFreeOfCount(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 1))
	var hhi, scr, plain [2]float64
	for k, n := range []int{4, 40} {
		const people = 3000
		for range people {
			counts := map[int]int{}
			for range n {
				b := 0
				if rng.Float64() > 0.6 {
					b = 1 + rng.IntN(4)
				}
				counts[b]++
			}
			var list []int
			for b := range 5 { // in one order
				if counts[b] > 0 {
					list = append(list, counts[b])
				}
			}
			same, first := brandChoices(list)
			hhi[k] += 2 * same / float64(n*(n-1)) / people
			scr[k] += 6 * first / float64(n*(n-1)*(n-2)) / people
			plain[k] += float64(slices.Max(list)) / float64(n) / people
		}
	}
	if math.Abs(hhi[0]-0.4) > 0.01 || math.Abs(hhi[1]-0.4) > 0.01 {
		t.Errorf("HHI of 4 purchases %g, of 40 %g, true .4", hhi[0], hhi[1])
	}
	if math.Abs(scr[0]-scr[1]) > 0.01 {
		t.Errorf("SCR of 4 purchases %g, of 40 %g", scr[0], scr[1])
	}
	if plain[0]-plain[1] < 0.03 {
		t.Errorf("the plain share of the first brand is %g and %g: this test shows nothing", plain[0], plain[1])
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
		"shrink = -1":             {Columns: []string{"brand_hhi"}, Period: 28, Shrink: -1},
		"period = 0":              {Columns: []string{"brand_hhi"}},
		`no column "heart"`:       {Columns: []string{"heart"}, Period: 28},
		"leaves nothing to measu": {Columns: []string{"advocacy_rate"}, Period: 28},
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
