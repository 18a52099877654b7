package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "basket",
	Doc: `Basket: size, breadth and price level of orders
What an order looks like. Of the purchases that stand (an order is an order id of one
day, or a stamp where the log has no orders):
  basket_lines           lines per order (median)
  basket_units           units per order (median): where orders have one line each, or on
                         request
  basket_variety         Σ (categories − 1) / Σ (lines − 1) over orders, drawn in with the
                         weight of m lines: whether a further line brings a further
                         category, however large the order
  price_point            Σ q·u / Σ q drawn towards 1/2: u is the percentile (mid-rank) of
                         the line's price among all purchase lines of its CATEGORY, q its
                         quantity. 0 = always the cheapest, 1 = always the dearest
and on request
  basket_categories      distinct categories per order (median)
  orders_per_active_day  orders per day with one, (orders + m·population)/(days + m)
  price_spread           standard deviation of u, weighted alike, drawn towards that of a
                         line taken at random: low = always the same price level
  bulk_share             share of lines with a quantity ≥ the 99 % point over all lines
                         (and above the median), (bulk + m·population)/(lines + m): a sign
                         of resellers, see Roles
  gift_share             share of orders with gift wrap or the like, by words in the table
                         of items, (with + m·population)/(orders + m)
With weights, n lines count as (Σ q)²/Σ q²; m = shrink (default 4). Prices are told
apart to 1 part in 128. A category with one price says nothing and is passed over. A
percentile within all items would only say what is bought, not how dear for its kind:
without categories, in the log or in the table of items, price_point is left out. So
is every column whose data the log lacks, with a warning. Evidence is the number of
lines. Cost: O(lines·log prices).`,
	Refs: []Ref{
		{Authors: "Bell & Lattin", Title: "Shopping Behavior and Consumer Preference for Store Price Format: Why \"Large Basket\" Shoppers Prefer EDLP", Venue: "Marketing Science 17", Year: 1998, DOI: "10.1287/mksc.17.1.66"},
		{Authors: "Bross", Title: "How to Use Ridit Analysis", Venue: "Biometrics 14", Year: 1958, DOI: "10.2307/2527727"},
	},
	Version:  1,
	AnyField: datasets.FieldOrder | datasets.FieldItem | datasets.FieldCategory | datasets.FieldQuantity,
	Minimum:  1,
	Null:     ShuffleItems + "+" + ShuffleAmounts,
	New:      func() Block { return &Basket{Shrink: 4} },
})

// Basket is the options of basket.
type Basket struct {
	// Columns are the columns wanted; nil = those of basket_lines, basket_variety and
	// price_point that the log tells, with basket_units instead of basket_lines where
	// orders have one line (fewer than 1.1 in the mean).
	Columns   []string `json:"columns"`
	Shrink    float64  `json:"shrink"`     // weight of the population, in lines, orders or days; 0 = none
	GiftWords []string `json:"gift_words"` // in lower case; nil = GiftWords
}

var basketColumns = []Column{
	{Name: "basket_lines", Unit: "count", Doc: "lines per order, typically (median)"},
	{Name: "basket_units", Unit: "units", Doc: "units per order, typically (median)"},
	{Name: "basket_categories", Unit: "count", Doc: "different categories per order, typically (median)"},
	{Name: "basket_variety", Doc: "whether a further line of an order brings a further category", Kind: Probability},
	{Name: "orders_per_active_day", Unit: "count", Doc: "orders on a day with one"},
	{Name: "price_point", Doc: "price level within the category: 0 the cheapest, 1 the dearest", Kind: Probability},
	{Name: "price_spread", Doc: "how far the price level varies (standard deviation of the percentile)"},
	{Name: "bulk_share", Doc: "share of lines with a quantity that only one line in a hundred has", Kind: Probability},
	{Name: "gift_share", Doc: "share of orders with gift wrap or the like", Kind: Probability},
}

// columns are those asked for, or the default ones.
func (o *Basket) columns(s *basketSummary) []string {
	switch {
	case o.Columns != nil:
		return o.Columns
	case s.has&datasets.FieldQuantity != 0 && float64(s.lines) < basketSingle*float64(s.orders):
		return []string{"basket_units", "basket_variety", "price_point"}
	}
	return []string{"basket_lines", "basket_variety", "price_point"}
}

// basketSingle is the mean number of lines below which a log's orders have one line:
// a log without order ids takes what was bought at one stamp for an order, so that
// some have two by chance.
const basketSingle = 1.1

func (o *Basket) words() []string {
	if o.GiftWords == nil {
		return GiftWords
	}
	return o.GiftWords
}

type basketSummary struct {
	has                    datasets.Fields
	categories, gifts      bool // the log or its items tell them
	prices                 priceCounts
	waiting                []int32 // classes of quantity, one a line
	quantities             map[int32]int64
	lines, orders, days    int64
	giftOrders, priceLines int64
	further, varied        int64 // lines and categories above an order's first
}

// Merge adds other.
func (s *basketSummary) Merge(other Summary) {
	o := other.(*basketSummary)
	s.has |= o.has
	s.categories = s.categories || o.categories
	s.gifts = s.gifts || o.gifts
	s.prices.merge(&o.prices)
	if s.quantities == nil {
		s.quantities = map[int32]int64{}
		s.settle(s.waiting)
		s.waiting = nil
	}
	s.settle(o.waiting)
	for c, n := range o.quantities {
		s.quantities[c] += n
	}
	s.lines += o.lines
	s.orders += o.orders
	s.days += o.days
	s.giftOrders += o.giftOrders
	s.priceLines += o.priceLines
	s.further += o.further
	s.varied += o.varied
}

func (s *basketSummary) settle(classes []int32) {
	for _, c := range classes {
		s.quantities[c]++
	}
}

// Empty returns the summary of no customers.
func (o *Basket) Empty() Summary { return &basketSummary{} }

// Gather counts the customer's lines by price and by quantity.
func (o *Basket) Gather(h datasets.History) Summary {
	s := &basketSummary{has: h.Meta.Has, categories: hasCategories(h)}
	occ := h.Occasions()
	s.days = int64(len(occ))
	for _, x := range occ {
		s.lines += int64(x.Lines)
	}
	of, n := basketOrders(h)
	s.orders = int64(n)
	gifts := giftItems(h.Items(), o.words())
	s.gifts = len(gifts) > 0
	gift := int32(-1)
	if s.categories {
		s.prices.waiting = make([]priceLine, 0, s.lines)
	}
	if s.has&datasets.FieldQuantity != 0 {
		s.waiting = make([]int32, 0, s.lines)
	}
	var given basketPairs
	variety := newBasketVariety(s.categories && (o.Columns == nil || slices.Contains(o.Columns, "basket_variety")), n)
	for i, order := range of {
		if order < 0 {
			continue
		}
		if s.categories {
			if c := lineCategory(h, i); c != "" {
				variety.add(h.Day(i), order, c)
				if p := linePrice(h, i); !math.IsNaN(p) {
					s.prices.waiting = append(s.prices.waiting, priceLine{c, priceClass(p)})
					s.priceLines++
				}
			}
		}
		if q := h.Quantity(i); q > 0 {
			s.waiting = append(s.waiting, priceClass(q))
		}
		if s.gifts && order != gift && gifts[h.Item(i)] && given.add(order, "") {
			gift = order
			s.giftOrders++
		}
	}
	s.further, s.varied = variety.further()
	return s
}

// Learn ranks the prices of each category, finds what is bulk, and leaves out what
// the log cannot tell.
func (o *Basket) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*basketSummary)
	if o.Shrink < 0 {
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	}
	if s.lines == 0 {
		return nil, fmt.Errorf("no customer has a purchase")
	}
	m := &basketModel{Shrink: o.Shrink, OrdersPerDay: float64(s.orders) / float64(s.days), GiftShare: float64(s.giftOrders) / float64(s.orders)}
	if s.further > 0 {
		m.Variety = float64(s.varied) / float64(s.further)
	}
	m.bulk(s)
	ranks, single := s.prices.ranks()
	columns := o.columns(s)
	for _, n := range columns {
		if !slices.ContainsFunc(basketColumns, func(c Column) bool { return c.Name == n }) {
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(basketColumns), ", "))
		}
		lacks := ""
		switch {
		case n == "basket_units" && s.has&datasets.FieldQuantity == 0:
			lacks = "no quantities in the log"
		case n == "bulk_share" && m.Bulk == 0:
			lacks = "no quantity stands out in the log"
		case (n == "basket_categories" || n == "basket_variety") && !s.categories:
			lacks = "no categories in the log"
		case n == "basket_variety" && s.further == 0:
			lacks = "no order of two lines"
		case strings.HasPrefix(n, "price_") && !s.categories:
			lacks = "no categories in the log, within which a price could be high or low"
		case strings.HasPrefix(n, "price_") && s.priceLines == 0:
			lacks = "no prices in the log"
		case strings.HasPrefix(n, "price_") && len(ranks) == 0:
			lacks = "one price in each category"
		case n == "gift_share" && !s.gifts:
			lacks = "no item of the table of items has a gift word"
		}
		if lacks != "" {
			m.Said = append(m.Said, fmt.Sprintf("%s: %s is left out", lacks, n))
			continue
		}
		m.Names = append(m.Names, n)
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: %s", columns, strings.Join(m.Said, "; "))
	}
	if slices.ContainsFunc(m.Names, func(n string) bool { return strings.HasPrefix(n, "price_") }) {
		m.Ranks = ranks
		m.spread()
		if single > 0 {
			m.Said = append(m.Said, fmt.Sprintf("%d of %d categories have one price: their lines say nothing of the price level", single, single+len(ranks)))
		}
	}
	if slices.Contains(m.Names, "gift_share") {
		m.Words = o.words()
	}
	return m, nil
}

// Model returns an empty model.
func (o *Basket) Model() Model { return &basketModel{} }
