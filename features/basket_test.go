package features

import (
	"context"
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

// basketLine is a purchase of c on a day of January 2024.
func basketLine(c string, day int, order, item, category string, quantity, price float64) datasets.Event {
	ev := noEvent(c, time.Date(2024, 1, day, 9, 0, 0, 0, time.UTC))
	ev.Order, ev.Item, ev.Category, ev.Quantity, ev.Price = order, item, category, quantity, price
	ev.Amount = quantity * price
	return ev
}

var basketMeta = datasets.Meta{
	Name: "basket", Has: datasets.FieldOrder | datasets.FieldItem | datasets.FieldCategory | datasets.FieldQuantity | datasets.FieldPrice | datasets.FieldAmount,
}

func TestBasketByHand(t *testing.T) {
	log := logOf(basketMeta, []datasets.Event{
		// a: orders of 3, 1 and 2 lines, two of them on one day.
		basketLine("a", 1, "o1", "tea1", "tea", 1, 2), basketLine("a", 1, "o1", "tea2", "tea", 2, 8), basketLine("a", 1, "o1", "cup1", "cup", 1, 5),
		basketLine("a", 1, "o2", "tea1", "tea", 3, 2),
		basketLine("a", 9, "o3", "tea3", "tea", 1, 4), basketLine("a", 9, "o3", "pot1", "pot", 10, 30),
		basketLine("b", 2, "o4", "cup1", "cup", 1, 5), basketLine("b", 2, "o4", "cup2", "cup", 1, 7),
	})
	log.Items = &datasets.Table{Keys: []string{"tea3", "cup2"}, Cols: []datasets.TableColumn{{Name: "name", Text: []string{"Tea in GIFT-wrap", "giftedness cup"}}}}
	cols := columnNames(basketColumns)
	b := built(t, log, one(t, "basket", &Basket{Columns: cols}), 0, 1)
	// Tea: 2, 2, 4, 8 have mid-ranks 1/4, 1/4, 5/8, 7/8; cups 5, 5, 7: 1/3, 1/3, 5/6;
	// the pot is alone.
	q := []float64{1, 2, 1, 3, 1}
	u := []float64{0.25, 7.0 / 8, 1.0 / 3, 0.25, 5.0 / 8}
	var sum, mean, sq, q2 float64
	for i := range q {
		sum += q[i]
		mean += q[i] * u[i]
		q2 += q[i] * q[i]
	}
	mean /= sum
	for i := range q {
		sq += q[i] * (u[i] - mean) * (u[i] - mean) / sum
	}
	n := sum * sum / q2
	for col, want := range map[string]float64{
		"basket_lines": 2, "basket_units": 4, "basket_categories": 2, "basket_variety": 2.0 / 3, "orders_per_active_day": 1.5,
		"price_point": mean, "price_spread": math.Sqrt(sq * n / (n - 1)),
		"bulk_share": 1.0 / 6, // ten pots
		"gift_share": 1.0 / 3,
	} {
		check.Close(t, col, cell(t, b, "a", col), want, 1e-12)
	}
	check.Close(t, "b's cups", cell(t, b, "b", "price_point"), (1.0/3+5.0/6)/2, 1e-12)
	if lacks(b.Warnings, "1 of 3 categories have one price") {
		t.Errorf("warnings %q", b.Warnings)
	}
	if g := cell(t, b, "b", "gift_share"); g != 0 {
		t.Errorf("giftedness is a gift: %g", g)
	}
	// Drawn towards a half, and towards the spread of a line at random.
	b = built(t, log, one(t, "basket", &Basket{Columns: cols, Shrink: 4}), 0, 1)
	check.Close(t, "price_point drawn in", cell(t, b, "a", "price_point"), (n*mean+4*0.5)/(n+4), 1e-12)
}

// TestBasketBruteForce: price point and spread, medians and orders, counted again from
// the definitions on a random log.
func TestBasketBruteForce(t *testing.T) {
	log := logOf(fullMeta(time.Time{}), btyd(5, 200))
	b := built(t, log, one(t, "basket", &Basket{Columns: []string{"basket_lines", "basket_categories", "orders_per_active_day", "price_point"}}), 0, 2)
	shelves := map[string][]float64{}
	byCustomer := map[string]map[string][]datasets.Event{}
	days := map[string]map[int]bool{}
	for h := range log.Histories(context.Background()) {
		rev := h.Reversed()
		byCustomer[h.ID], days[h.ID] = map[string][]datasets.Event{}, map[int]bool{}
		for i := range h.Len() {
			if h.Kind(i) != datasets.Purchase || rev != nil && rev[i] {
				continue
			}
			ev := h.At(i)
			key := fmt.Sprint(h.Day(i), ev.Order)
			byCustomer[h.ID][key] = append(byCustomer[h.ID][key], ev)
			days[h.ID][h.Day(i)] = true
			shelves[ev.Category] = append(shelves[ev.Category], ev.Price)
		}
	}
	same := func(x, y float64) bool { return priceClass(x) == priceClass(y) }
	for i, id := range b.Raw.IDs {
		var lines, cats []float64
		var q, qu float64
		for _, o := range byCustomer[id] {
			lines = append(lines, float64(len(o)))
			kinds := map[string]bool{}
			for _, ev := range o {
				kinds[ev.Category] = true
				var below, equal float64
				for _, p := range shelves[ev.Category] {
					switch {
					case same(p, ev.Price):
						equal++
					case p < ev.Price:
						below++
					}
				}
				q += ev.Quantity
				qu += ev.Quantity * (below + equal/2) / float64(len(shelves[ev.Category]))
			}
			cats = append(cats, float64(len(kinds)))
		}
		want := []float64{median(lines), median(cats), float64(len(byCustomer[id])) / float64(len(days[id])), qu / q}
		for j, w := range want {
			check.Close(t, id+" "+b.Raw.Cols[j].Name, b.Raw.Row(i)[j], w, 1e-9)
		}
	}
}

// TestBasketMoves: price levels are ranks: doubling all prices changes nothing, and
// who buys every line twice is the same with more evidence.
func TestBasketMoves(t *testing.T) {
	events := btyd(6, 60)
	doubled := slices.Clone(events)
	for i := range doubled {
		doubled[i].Price *= 2
		doubled[i].Amount *= 2
	}
	o := &Basket{Columns: []string{"basket_lines", "basket_units", "price_point", "price_spread"}, Shrink: 4}
	a := built(t, logOf(fullMeta(time.Time{}), events), one(t, "basket", o), 0, 1)
	b := built(t, logOf(fullMeta(time.Time{}), doubled), one(t, "basket", o), 0, 1)
	if !slices.Equal(a.Raw.Data(), b.Raw.Data()) {
		t.Error("doubled prices change the block")
	}
}

func TestBasketLacks(t *testing.T) {
	b := built(t, cdnow(t), one(t, "basket", mustNew(t, "basket")), 0, 1)
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, []string{"basket_units"}) {
		t.Errorf("columns %v", got)
	}
	for _, want := range []string{"basket_variety is left out", "price_point is left out"} {
		if lacks(b.Warnings, want) {
			t.Errorf("warnings %q lack %q", b.Warnings, want)
		}
	}
	full := built(t, logOf(fullMeta(time.Time{}), btyd(5, 50)), one(t, "basket", mustNew(t, "basket")), 0, 1)
	if got := columnNames(full.Raw.Cols); !slices.Equal(got, []string{"basket_lines", "basket_variety", "price_point"}) || len(full.Warnings) != 0 {
		t.Errorf("columns %v, warnings %q", got, full.Warnings)
	}
	// Categories of the table of items do where the log has none.
	meta := basketMeta
	meta.Has &^= datasets.FieldCategory
	log := logOf(meta, []datasets.Event{basketLine("a", 1, "o", "x", "", 1, 2), basketLine("a", 1, "o", "y", "", 1, 4)})
	log.Items = &datasets.Table{Keys: []string{"x", "y"}, Cols: []datasets.TableColumn{{Name: "category", Text: []string{"tea", "tea"}}}}
	b = built(t, log, one(t, "basket", &Basket{Columns: []string{"price_point", "price_spread"}}), 0, 1)
	check.Close(t, "price point by the table of items", b.Raw.Row(0)[0], 0.5, 1e-15)
	check.Close(t, "spread", b.Raw.Row(0)[1], math.Sqrt(2*0.0625), 1e-15)
	for want, o := range map[string]*Basket{
		"shrink = -1":        {Shrink: -1},
		`no column "weight"`: {Columns: []string{"weight"}},
		"leaves nothing":     {Columns: []string{"gift_share"}},
	} {
		if _, err := Build(t.Context(), log, one(t, "basket", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestPriceClass(t *testing.T) {
	for x := 1.0; x <= 256; x++ {
		if priceOf(priceClass(x)) != x {
			t.Errorf("quantity %g is not told apart", x)
		}
	}
	rng := rand.New(rand.NewPCG(2, 2))
	for range 1000 {
		x := math.Exp(5 * rng.NormFloat64())
		if lo := priceOf(priceClass(x)); !(lo <= x && x < lo*(1+1.0/64)) {
			t.Errorf("%g is in the class of %g", x, lo)
		}
	}
	r := PriceRanks{Class: []int32{priceClass(2), priceClass(4)}, Lines: []int64{3, 1}}
	for price, want := range map[float64]float64{1: 0, 2: 3.0 / 8, 3: 5.0 / 8, 4: 7.0 / 8, 9: 1} {
		if got := r.Percentile(price); got != want {
			t.Errorf("percentile of %g is %g, want %g", price, got, want)
		}
	}
}

// TestBasketOrders: lines of one order belong together though another order's stamps
// lie between them; the same id on another day is another order.
func TestBasketOrders(t *testing.T) {
	at := func(hour int, day int, id string) datasets.Event {
		ev := basketLine("a", day, id, "i", "k", 1, 1)
		ev.Time += int64(hour) * int64(time.Hour/time.Microsecond)
		return ev
	}
	h, _ := logOf(basketMeta, []datasets.Event{at(0, 1, "x"), at(1, 1, "y"), at(2, 1, "x"), at(0, 2, "x")}).Find("a")
	if of, n := basketOrders(h); n != 3 || !slices.Equal(of, []int32{0, 1, 0, 2}) {
		t.Errorf("orders %v of %d", of, n)
	}
	total := 0
	for _, o := range h.Occasions() {
		total += o.Orders
	}
	if total != 3 {
		t.Errorf("the occasions count %d orders", total)
	}
}
