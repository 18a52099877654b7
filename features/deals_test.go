package features

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

func TestPriceTerciles(t *testing.T) {
	for _, c := range []struct {
		lines []int64
		tiers []int
	}{
		{[]int64{10, 10, 10}, []int{0, 1, 2}},
		{[]int64{60, 40}, []int{0, 2}},        // middles at .3 and .8
		{[]int64{10, 80, 10}, []int{0, 1, 2}}, // .05, .5, .95
		{[]int64{90, 10}, []int{1, 2}},        // .45, .95: no low tier
		{[]int64{1, 1, 1, 1, 1, 1}, []int{0, 0, 1, 1, 2, 2}},
	} {
		bins := make([]uint32, len(c.lines))
		for i := range bins {
			bins[i] = uint32(7 * i)
		}
		cut := priceTerciles(bins, c.lines)
		for i, want := range c.tiers {
			if got := priceTier(cut, bins[i]); got != want {
				t.Errorf("%v: price %d is in tier %d, want %d", c.lines, i, got, want)
			}
		}
	}
}

func dealsLog(t *testing.T) *datasets.Log {
	t.Helper()
	// Tea costs 2, and 1 on four days in ten: a waits for them, b never looks.
	var events []datasets.Event
	buy := func(id string, day int, price float64) {
		ev := line(id, day, "tea", "x", price)
		ev.Price, ev.Discount = 2, 2-price // the list price; what is paid is the amount
		if price == 2 {
			ev.Discount = nan()
		}
		events = append(events, ev)
	}
	for i := range 10 {
		buy("a", 6*i, 1)
		buy("b", 6*i+1, 2)
		buy("c", 6*i+2, 2)
	}
	coupon := noEvent("a", time.Date(2024, 1, 7, 9, 0, 0, 0, time.UTC))
	coupon.Kind = datasets.Redemption
	return logOf(lineMeta("deals"), append(events, coupon))
}

func TestDealsByHand(t *testing.T) {
	log := dealsLog(t)
	o := &Deals{Columns: columnNames(dealsColumns), Shrink: 5, Weight: "lines"}
	b := built(t, log, one(t, "deals", o), 1, 1)
	third := 1. / 3
	for col, want := range map[string]float64{
		"deal_share":     (10 + 5*third) / 15,
		"discount_depth": 0.5,
		"coupon_share":   (1 + 5./30) / 15,
		"price_response": (10 + 5*third) / 15, // 2 is the median of what is paid
	} {
		check.Close(t, col, cell(t, b, "a", col), want, 1e-9)
	}
	check.Close(t, "b", cell(t, b, "b", "price_response"), 5*third/15, 1e-9)
	if len(b.Warnings) != 2 { // one list price, no own label
		t.Errorf("warnings %q", b.Warnings)
	}
	// By money: a pays 10 of 50 in all, a line weighs 5/3 on average.
	o.Weight = "spend"
	b = built(t, log, one(t, "deals", o), 1, 1)
	check.Close(t, "share of spend", cell(t, b, "a", "deal_share"), (10+5*5*third*0.2)/(10+5*5*third), 1e-9)
	check.Close(t, "share of spend, b", cell(t, b, "b", "deal_share"), 5*5*third*0.2/(20+5*5*third), 1e-9)

	for want, o := range map[string]*Deals{
		`no column "luck"`:  {Columns: []string{"luck"}, Weight: "lines"},
		"shrink = -1":       {Shrink: -1, Weight: "lines"},
		`weight = "pounds"`: {Weight: "pounds"},
	} {
		if _, err := Build(t.Context(), log, one(t, "deals", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestDealsUsualPrice: a price is compared with its own quarter's, so inflation makes
// nobody a deal seeker, and a single price tells nothing.
func TestDealsUsualPrice(t *testing.T) {
	var events []datasets.Event
	for day := range 360 {
		price := []float64{1, 2, 4, 8}[day/90]
		if day%5 == 0 {
			price *= 0.75
		}
		id := "steady"
		if day%5 == 0 {
			id = "waits"
		}
		// 2024-03-18 is the first day of a block of 90 days.
		events = append(events, line(id, day+77, "tea", "x", price), line("once", day+77, "cups", "y", 3))
	}
	meta := lineMeta("usual")
	meta.Window.To = meta.Window.To.AddDate(1, 0, 0)
	o := mustNew(t, "deals").(*Deals)
	o.Shrink = 0
	b := built(t, logOf(meta, events), one(t, "deals", o), 1, 1)
	check.Close(t, "waits", cell(t, b, "waits", "price_response"), 1, 1e-9)
	check.Close(t, "steady", cell(t, b, "steady", "price_response"), 0, 1e-9)
	check.Close(t, "once: the population", cell(t, b, "once", "price_response"), 0.2, 1e-9)
	// In another currency (a power of two), the same.
	hash := b.Raw.Hash()
	for i := range events {
		events[i].Price *= 4
		events[i].Amount *= 4
	}
	if b := built(t, logOf(meta, events), one(t, "deals", o), 1, 1); b.Raw.Hash() != hash {
		t.Error("prices times 4 change the response")
	}
}

// dealsWorld makes customers of two groups that differ only in how often they buy at
// a discount, 20 and 60 % of 10 to 30 lines.
func dealsWorld(seed uint64, customers int) (w world) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for c := range customers {
		g := rng.IntN(2)
		n, k := 10+rng.IntN(21), 0
		for i := range n {
			k5, b8 := rng.IntN(5), rng.IntN(8)
			ev := line(fmt.Sprintf("c%05d", c), 10*i, fmt.Sprint("k", k5), fmt.Sprint("b", b8), float64(5+k5+2*b8))
			ev.Discount = 0
			if rng.Float64() < []float64{0.2, 0.6}[g] {
				k++
				ev.Discount = ev.Amount / 5
				ev.Amount -= ev.Discount
			}
			w.events = append(w.events, ev)
		}
		w.truth = append(w.truth, int32(g))
		// ln(.6/.2) per discounted line, ln(.4/.8) per other.
		label := int32(0)
		if float64(k)*1.0986122886681098 > float64(n-k)*0.6931471805599453 {
			label = 1
		}
		w.bayes = append(w.bayes, label)
	}
	return w
}

func TestDealsRecovers(t *testing.T) {
	w := dealsWorld(3, 800)
	log := logOf(lineMeta("groups"), w.events)
	o := mustNew(t, "deals").(*Deals)
	bayes := randIndex(w.truth, w.bayes)
	got := randIndex(w.truth, blockLabels(t, log, one(t, "deals", o), 2))
	o.Columns = []string{"deal_share"}
	alone := randIndex(w.truth, blockLabels(t, log, one(t, "deals", o), 2))
	t.Logf("Bayes %.3f, deals %.3f, deal_share alone %.3f", bayes, got, alone)
	if alone < bayes-0.05 || got < bayes-0.05 {
		t.Errorf("deals %.3f, deal_share alone %.3f; the likelihood %.3f", got, alone, bayes)
	}
	e, _ := Lookup("deals")
	if null := randIndex(w.truth, blockLabels(t, Shuffled(log, e.Null, 1), one(t, "deals", o), 2)); null > 0.02 {
		t.Errorf("on its null: %.3f", null)
	}
}
