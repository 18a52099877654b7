package features

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

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

// bulk finds the quantity from which a line is bulk, 0 if none stands out, and the
// share of lines that are.
func (m *basketModel) bulk(s *basketSummary) {
	var n int64
	for _, c := range s.quantities {
		n += c
	}
	classes := slices.Sorted(maps.Keys(s.quantities))
	var seen int64
	for _, c := range classes {
		before := seen
		seen += s.quantities[c]
		// The first class at or beyond the 99 % point whose lines are not the usual ones.
		if float64(seen) >= 0.99*float64(n) && 2*before >= n {
			m.Bulk = priceOf(c)
			m.BulkShare = float64(n-before) / float64(n)
			return
		}
	}
}

// Model returns an empty model.
func (o *Basket) Model() Model { return &basketModel{} }

// basketModel holds the prices of each category and the population's shares.
type basketModel struct {
	Names        []string     `json:"names"`
	Shrink       float64      `json:"shrink"`
	OrdersPerDay float64      `json:"orders_per_day"`
	Bulk         float64      `json:"bulk"` // quantity from which a line is bulk
	BulkShare    float64      `json:"bulk_share"`
	GiftShare    float64      `json:"gift_share"`
	Variety      float64      `json:"variety"`
	Words        []string     `json:"words,omitempty"`
	Ranks        []PriceRanks `json:"ranks,omitempty"`
	PriceVar     float64      `json:"price_var"` // of the percentile over all lines
	Said         []string     `json:"said,omitempty"`

	once        sync.Once
	index       map[string]int
	percentiles [][]float64
}

// spread finds the variance of the percentile over all lines: 1/12 less what equal
// prices take from it.
func (m *basketModel) spread() {
	var n, sum float64
	for i := range m.Ranks {
		u := m.Ranks[i].Percentiles()
		for k, c := range m.Ranks[i].Lines {
			n += float64(c)
			sum += float64(c) * (u[k] - 0.5) * (u[k] - 0.5)
		}
	}
	m.PriceVar = sum / n
}

// ready makes what follows from the ranks; several goroutines measure at once.
func (m *basketModel) ready() {
	m.once.Do(func() {
		m.index = make(map[string]int, len(m.Ranks))
		for i := range m.Ranks {
			m.index[m.Ranks[i].Category] = i
			m.percentiles = append(m.percentiles, m.Ranks[i].Percentiles())
		}
	})
}

// Warnings says what was left out.
func (m *basketModel) Warnings() []string { return m.Said }

// Columns describes the columns.
func (m *basketModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := basketColumns[slices.IndexFunc(basketColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "basket"
		if n == "bulk_share" {
			c.Doc = fmt.Sprintf("share of lines with a quantity of %g or more, which few lines have", m.Bulk)
		}
		out = append(out, c)
	}
	return out
}

// Evidence is the number of the customer's purchase lines.
func (m *basketModel) Evidence(h datasets.History) int {
	n := 0
	for _, o := range h.Occasions() {
		n += o.Lines
	}
	return n
}

// basketOf is what a customer's orders are made of.
type basketOf struct {
	lines, units, categories []float64 // one per order
	n, bulk, gifts           float64
	further, varied          int64
	// Sums over lines with a ranked price, weighted by quantity.
	q, q2, qu, qu2 float64
}

func (m *basketModel) from(h datasets.History) basketOf {
	m.ready()
	of, n := basketOrders(h)
	sizes := make([]float64, 2*n)
	b := basketOf{lines: sizes[:n:n], units: sizes[n:]}
	gifts := map[string]bool(nil)
	if m.Words != nil {
		gifts = giftItems(h.Items(), m.Words)
	}
	counting := slices.Contains(m.Names, "basket_categories") || slices.Contains(m.Names, "basket_variety")
	variety := newBasketVariety(counting, n)
	var given basketPairs
	for i, order := range of {
		if order < 0 {
			continue
		}
		b.n++
		b.lines[order]++
		q := h.Quantity(i)
		if q > 0 {
			b.units[order] += q
			if m.Bulk > 0 && priceClass(q) >= priceClass(m.Bulk) {
				b.bulk++
			}
		} else {
			q = 1
		}
		if counting || m.Ranks != nil {
			if c := lineCategory(h, i); c != "" {
				variety.add(h.Day(i), order, c)
				m.rank(&b, h, i, c, q)
			}
		}
		if gifts != nil && gifts[h.Item(i)] && given.add(order, "") {
			b.gifts++
		}
	}
	b.categories = variety.categories
	b.further, b.varied = variety.further()
	return b
}

// rank adds a line's percentile of price.
func (m *basketModel) rank(b *basketOf, h datasets.History, i int, category string, q float64) {
	k, ok := m.index[category]
	if !ok {
		return
	}
	p := linePrice(h, i)
	if math.IsNaN(p) {
		return
	}
	// Summed about 1/2, where it is drawn to: equal percentiles leave no remainder.
	u := priceRank(m.Ranks[k].Class, m.percentiles[k], p) - 0.5
	b.q += q
	b.q2 += q * q
	b.qu += q * u
	b.qu2 += q * u * u
}

// Measure fills the row; without a purchase there is no basket.
func (m *basketModel) Measure(h datasets.History, row []float64) {
	occ := h.Occasions()
	if len(occ) == 0 {
		for j := range row {
			row[j] = math.NaN()
		}
		return
	}
	b := m.from(h)
	orders, s := float64(len(b.lines)), m.Shrink
	for j, n := range m.Names {
		switch n {
		case "basket_lines":
			row[j] = median(b.lines)
		case "basket_units":
			row[j] = median(b.units)
		case "basket_categories":
			row[j] = median(b.categories)
		case "basket_variety":
			row[j] = (float64(b.varied) + s*m.Variety) / (float64(b.further) + s)
		case "orders_per_active_day":
			row[j] = (orders + s*m.OrdersPerDay) / (float64(len(occ)) + s)
		case "price_point":
			mean, _, w := b.prices()
			row[j] = 0.5 + w*mean/(w+s)
			if w+s == 0 {
				row[j] = math.NaN()
			}
		case "price_spread":
			row[j] = m.priceSpread(&b)
		case "bulk_share":
			row[j] = (b.bulk + s*m.BulkShare) / (b.n + s)
		case "gift_share":
			row[j] = (b.gifts + s*m.GiftShare) / (orders + s)
		}
	}
}

// prices returns mean (less 1/2) and variance of the percentile with its weights, and
// the number of equally weighted lines that tell as much.
func (b *basketOf) prices() (mean, variance, n float64) {
	if b.q == 0 {
		return 0, 0, 0
	}
	mean = b.qu / b.q
	return mean, max(b.qu2/b.q-mean*mean, 0), b.q * b.q / b.q2
}

// priceSpread returns √(((n − 1)·s² + m·v) / (n − 1 + m)), s² = n/(n − 1) times the
// weighted variance, v that of all lines: one line says nothing of a spread.
func (m *basketModel) priceSpread(b *basketOf) float64 {
	_, variance, n := b.prices()
	free := max(n-1, 0)
	if free+m.Shrink == 0 {
		return math.NaN()
	}
	return math.Sqrt((n*variance + m.Shrink*m.PriceVar) / (free + m.Shrink))
}
