package features

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/mores-lab/mores/datasets"
)

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
