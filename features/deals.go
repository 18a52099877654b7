package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "deals",
	Doc: `Price and deals: what prices the customer buys at
Of the purchase lines that stand, and drawn towards the population with the weight of
m lines (shrink, default 4): (Σ + m·population)/(n + m).
  deal_share        share of lines bought at a discount; weight = "spend" counts
                    money, which scatters more than the habit does
  discount_depth    mean discount of the discounted lines, of the full price
                    (paid + discount)
  coupon_share      share of days with a purchase or a redeemed coupon that have a
                    redemption
  own_label_share   share of lines of own labels, of those where the table of items
                    or the brand tells
  price_tier_index  mean price tier within the category: 0 low, ½ mid, 1 high tercile
                    of the unit price over the population's lines (30 or more)
  price_response    share of lines bought below the item's median price of the same
                    90 days (blocks of the calendar), of items that had more than one
                    price in them and 5 lines or more: who waits for the price is high
A column that the log cannot tell is left out, and that is said. Prices are compared
in steps: 0.3 % for tiers, 3 % for the response, as a smaller dip is no deal. The
population's prices are learned from the events before the window's end, none later.
Cost: O(lines); memory O(items × quarters × prices).`,
	Refs: []Ref{
		{Authors: "Blattberg & Neslin", Title: "Sales Promotion: Concepts, Methods, and Strategies", Venue: "Prentice Hall", Year: 1990, DOI: "ISBN 978-0-13-788167-9"},
		{Authors: "Lichtenstein, Netemeyer & Burton", Title: "Distinguishing Coupon Proneness from Value Consciousness: An Acquisition-Transaction Utility Theory Perspective", Venue: "Journal of Marketing 54", Year: 1990, DOI: "10.1177/002224299005400305"},
	},
	Version:  1,
	AnyField: datasets.FieldDiscount | datasets.FieldPrice,
	Minimum:  1, // a customer who never bought has paid no price
	Null:     ShuffleItems + "+" + ShuffleAmounts,
	New: func() Block {
		return &Deals{Columns: columnNames(dealsColumns), Shrink: 4, Weight: "lines"}
	},
})

// Deals is the options of deals.
type Deals struct {
	Columns []string `json:"columns"`
	Shrink  float64  `json:"shrink"` // weight of the population, in lines (days for coupon_share); 0 = none
	Weight  string   `json:"weight"` // of deal_share: lines, spend
}

var dealsColumns = []Column{
	{Name: "deal_share", Doc: "share of purchases bought at a discount", Kind: Probability},
	{Name: "discount_depth", Doc: "mean discount of discounted purchases, of the full price", Kind: Probability},
	{Name: "coupon_share", Doc: "share of shopping days with a redeemed coupon", Kind: Probability},
	{Name: "own_label_share", Doc: "share of purchases of own labels", Kind: Probability},
	{Name: "price_tier_index", Doc: "price tier within the category: 0 low, 1 high", Kind: Probability},
	{Name: "price_response", Doc: "share of purchases made when the item was cheaper than usual", Kind: Probability},
}

// The columns' numbers in dealsColumns.
const (
	dealsShare = iota
	dealsDepth
	dealsCoupon
	dealsOwn
	dealsTier
	dealsResponse
	dealsCount
)

// dealsMean is a weighted mean in the making: Σwx, Σw and the number of terms.
type dealsMean struct{ sum, n, terms float64 }

func (m *dealsMean) add(x, w float64) {
	m.sum += w * x
	m.n += w
	m.terms++
}

// dealsDays is the length of the blocks in which an item's usual price is learned.
const dealsDays = 90

// dealsBin is a price in 32 steps to the doubling.
func dealsBin(p float64) uint32 { return uint32(math.Float64bits(p) >> 47) }

// dealsCell joins a block of days and a price.
func dealsCell(day int, price float64) uint64 {
	return uint64(uint32(floorDays(day)))<<32 | uint64(dealsBin(price))
}

func floorDays(day int) int32 {
	return int32(math.Floor(float64(day) / dealsDays))
}

// dealsLine is one line's price: of an item in its block, and within its category.
type dealsLine struct {
	item, category string
	cell           uint64
	bin            uint32
}

// dealsLines adds up a customer's lines: the columns that need nothing from the
// population, and, to visit, each line that has a price.
func dealsLines(h datasets.History, weight string, visit func(dealsLine)) (out [dealsCount]dealsMean) {
	attrs := lineAttributesOf(h)
	rev := h.Reversed()
	discounts := h.Meta.Has&datasets.FieldDiscount != 0
	coupons := h.Meta.Kinds.Has(datasets.Redemption)
	lastDay, lastCoupon := math.MinInt, math.MinInt
	for i := range h.Len() {
		kind := h.Kind(i)
		bought := kind == datasets.Purchase && (rev == nil || !rev[i])
		if coupons && (bought || kind == datasets.Redemption) {
			day := h.Day(i)
			if day != lastDay {
				lastDay = day
				out[dealsCoupon].add(0, 1)
			}
			if kind == datasets.Redemption && day != lastCoupon {
				lastCoupon = day
				out[dealsCoupon].sum++
			}
		}
		if !bought {
			continue
		}
		if discounts {
			out[dealsShare].deal(weight, h, i)
			out[dealsDepth].depth(h, i)
		}
		switch attrs.labelOf(i, attrs.brandOf(i)) {
		case ownLabel:
			out[dealsOwn].add(1, 1)
		case namedBrand:
			out[dealsOwn].add(0, 1)
		}
		if p := attrs.priceOf(i); !math.IsNaN(p) {
			paid := h.Amount(i) / h.Quantity(i) // less than p where the discount is told apart
			if !(paid > 0) || math.IsInf(paid, 0) {
				paid = p
			}
			visit(dealsLine{item: h.Item(i), category: attrs.categoryOf(i), cell: dealsCell(h.Day(i), paid), bin: priceBin(p)})
		}
	}
	return out
}

// deal counts line i, and whether it was discounted. No discount told is none.
func (m *dealsMean) deal(weight string, h datasets.History, i int) {
	w := 1.0
	if weight == "spend" {
		if w = h.Amount(i); !(w > 0) {
			return
		}
	}
	if math.Abs(h.Discount(i)) > 0 {
		m.add(1, w)
	} else {
		m.add(0, w)
	}
}

// depth adds line i's discount, if it has one and the full price is known.
func (m *dealsMean) depth(h datasets.History, i int) {
	d := math.Abs(h.Discount(i))
	if !(d > 0) {
		return
	}
	paid := h.Amount(i)
	if math.IsNaN(paid) {
		paid = h.Price(i)*h.Quantity(i) - d
	}
	if paid >= 0 && !math.IsInf(d, 0) {
		m.add(d/(paid+d), 1)
	}
}

// dealsModel holds the population's values, the price tiers and the usual prices.
type dealsModel struct {
	Names      []string               `json:"names"`
	Shrink     float64                `json:"shrink"`
	Weight     string                 `json:"weight"`
	Unit       float64                `json:"unit"` // mean weight of a line in deal_share
	Population [dealsCount]float64    `json:"population"`
	Cuts       map[string][2]uint32   `json:"cuts,omitempty"`  // per category, as in benefits
	Usual      map[string][][2]uint32 `json:"usual,omitempty"` // per item: block of days and the bin of the median, ascending
	Notes      []string               `json:"notes,omitempty"`
}

// Warnings says what was left out.
func (m *dealsModel) Warnings() []string { return m.Notes }

// Columns describes the columns.
func (m *dealsModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := dealsColumns[dealsColumn(n)]
		c.Block = "deals"
		if n == "deal_share" && m.Weight == "spend" {
			c.Doc = "share of spend on discounted purchases"
		}
		out = append(out, c)
	}
	return out
}

func dealsColumn(name string) int {
	return slices.IndexFunc(dealsColumns, func(c Column) bool { return c.Name == name })
}

// dealsTierOf returns 0, ½ or 1, NaN where price or category say nothing.
func dealsTierOf(cuts map[string][2]uint32, l *dealsLine) float64 {
	cut, ok := cuts[l.category]
	if !ok {
		return math.NaN()
	}
	return float64(priceTier(cut, l.bin)) / 2
}

// below returns 1 below the item's usual price of the time, else 0; NaN where it has
// none.
func (m *dealsModel) below(l *dealsLine) float64 {
	for _, u := range m.Usual[l.item] {
		if u[0] == uint32(l.cell>>32) {
			if uint32(l.cell) < u[1] {
				return 1
			}
			return 0
		}
	}
	return math.NaN()
}

func (m *dealsModel) measure(h datasets.History) [dealsCount]dealsMean {
	var tier, response dealsMean
	out := dealsLines(h, m.Weight, func(l dealsLine) {
		if x := dealsTierOf(m.Cuts, &l); !math.IsNaN(x) {
			tier.add(x, 1)
		}
		if x := m.below(&l); !math.IsNaN(x) {
			response.add(x, 1)
		}
	})
	out[dealsTier], out[dealsResponse] = tier, response
	return out
}

// Evidence is the largest number of own lines behind a column.
func (m *dealsModel) Evidence(h datasets.History) int {
	var n float64
	own := m.measure(h)
	for _, name := range m.Names {
		n = max(n, own[dealsColumn(name)].terms)
	}
	return int(n)
}

// Measure fills the row.
func (m *dealsModel) Measure(h datasets.History, row []float64) {
	own := m.measure(h)
	for j, n := range m.Names {
		k := dealsColumn(n)
		weight := m.Shrink
		if k == dealsShare {
			weight *= m.Unit
		}
		if row[j] = math.Round(1e9*m.Population[k]) / 1e9; own[k].n > 0 {
			// Equal habits must give equal values: what rounding leaves between them would
			// be scaled up to the size of a behaviour.
			row[j] = math.Round(1e9*(own[k].sum+weight*m.Population[k])/(own[k].n+weight)) / 1e9
		}
	}
}

// Empty returns the summary of no customers.
func (o *Deals) Empty() Summary { return &dealsSummary{} }

// Model returns an empty model.
func (o *Deals) Model() Model { return &dealsModel{} }

// check refuses options that say nothing.
func (o *Deals) check() error {
	for _, n := range o.Columns {
		if dealsColumn(n) < 0 {
			return fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(dealsColumns), ", "))
		}
	}
	switch {
	case !(o.Shrink >= 0) || math.IsInf(o.Shrink, 0):
		return fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case o.Weight != "lines" && o.Weight != "spend":
		return fmt.Errorf("weight = %q: lines or spend", o.Weight)
	}
	return nil
}
