package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "loyalty",
	Doc: `Loyal behaviour: coming back, staying with a brand, paying the full price
Each drawn towards the population with the weight of 3 observations (shrink), since
two purchases of one brand are no loyalty yet:
  repeat_rate       share of the customer's active 28-day periods (period) that the next
                    one followed, counted from the first purchase; only periods whose
                    next one is over count
  brand_hhi         Σ_b s_b² of the brands' shares in a category, free of the number of
                    purchases: Σ n_b(n_b − 1)/(n(n − 1)), the probability that two
                    purchases in a category are of one brand; categories are weighted
                    by their pairs of purchases
  brand_scr         share of category requirements of the customer's first brand: its
                    share among any three purchases in a category, on average over all
                    triples (1, ⅔ or ⅓). The plain share of the first brand is 1 for a
                    single purchase and falls by chance as purchases grow; this does not
  brands_effective  1/brand_hhi: as many equal brands would give it (not by default)
  full_price_share  share of bought lines without a discount
  loyalty_tenure    days since the first purchase seen (not by default: rfm has it)
  advocacy_rate     referrals and reviews per month of tenure
Brands are compared within categories: milk of one brand and soap of another is no
disloyalty. A log without categories is one category; one without brands compares
items within categories, or categories. Purchases that were returned do not count.
Attitude is another block (satisfaction): see DickBasu for both, FitDirichlet for what
a market without loyal segments shows, BrandLoyalty for the brands' table.
Cost: O(events·log events) a customer.`,
	Refs: []Ref{
		{Authors: "Dick & Basu", Title: "Customer loyalty: toward an integrated conceptual framework", Venue: "Journal of the Academy of Marketing Science 22", Year: 1994, DOI: "10.1177/0092070394222001"},
		{Authors: "Simpson", Title: "Measurement of diversity", Venue: "Nature 163", Year: 1949, DOI: "10.1038/163688a0"},
		{Authors: "Goodhardt, Ehrenberg & Chatfield", Title: "The Dirichlet: a comprehensive model of buying behaviour", Venue: "Journal of the Royal Statistical Society A 147", Year: 1984, DOI: "10.2307/2981696"},
	},
	Version:  1,
	AnyField: datasets.FieldBrand | datasets.FieldCategory | datasets.FieldItem,
	Minimum:  2,
	Null:     ShuffleStamps + "+" + ShuffleItems + "+" + ShuffleAmounts,
	New: func() Block {
		return &Loyalty{
			Columns: []string{"repeat_rate", "brand_hhi", "brand_scr", "full_price_share", "advocacy_rate"},
			Period:  28, Shrink: 3,
		}
	},
})

// Loyalty is the options of loyalty.
type Loyalty struct {
	Columns []string `json:"columns"`
	Period  int      `json:"period"` // days
	Shrink  float64  `json:"shrink"` // weight of the population, in observations; 0 = none
}

var loyaltyColumns = []Column{
	{Name: "repeat_rate", Doc: "share of active periods followed by an active one", Kind: Probability},
	{Name: "brand_scr", Doc: "share of the first brand among any three purchases in a category", Kind: Probability},
	{Name: "brand_hhi", Doc: "probability that two purchases in a category are of one brand", Kind: Probability},
	{Name: "brands_effective", Unit: "count", Doc: "effective number of brands per category"},
	{Name: "full_price_share", Doc: "share of bought lines without a discount", Kind: Probability},
	{Name: "loyalty_tenure", Unit: "days", Doc: "time since the first purchase seen"},
	{Name: "advocacy_rate", Unit: "1/month", Doc: "referrals and reviews per month"},
}

// loyaltySummary holds the population's sums and mean customers.
type loyaltySummary struct {
	has                        datasets.Fields
	kinds                      datasets.Kinds
	brands                     string
	active, followed           int64
	lines, full                int64
	hhi, scr, months           ExactSum
	hhiCustomers, scrCustomers int64 // with two, three purchases in a category
	advocates                  int64 // acts of advocacy
}

// Merge adds other.
func (s *loyaltySummary) Merge(other Summary) {
	o := other.(*loyaltySummary)
	s.has |= o.has
	s.kinds |= o.kinds
	s.brands = max(s.brands, o.brands)
	s.active += o.active
	s.followed += o.followed
	s.lines += o.lines
	s.full += o.full
	s.hhi.Merge(&o.hhi)
	s.scr.Merge(&o.scr)
	s.months.Merge(&o.months)
	s.hhiCustomers += o.hhiCustomers
	s.scrCustomers += o.scrCustomers
	s.advocates += o.advocates
}

// Empty returns the summary of no customers.
func (o *Loyalty) Empty() Summary { return &loyaltySummary{} }

// Gather adds what the customer shows.
func (o *Loyalty) Gather(h datasets.History) Summary {
	s := &loyaltySummary{has: h.Meta.Has, kinds: h.Meta.Kinds}
	if o.Period < 1 {
		return s // Learn refuses it
	}
	group, brand := loyaltyLevels(h)
	s.brands = brand
	c := loyaltyOf(h, group, brand, o.Period)
	s.active, s.followed = c.active, c.followed
	s.lines, s.full = c.lines, c.full
	if c.hhiEvidence > 0 {
		s.hhiCustomers = 1
		s.hhi.Add(c.hhi)
	}
	if c.scrEvidence > 0 {
		s.scrCustomers = 1
		s.scr.Add(c.scr)
	}
	s.advocates = c.advocacy
	s.months.Add(c.months)
	return s
}

// Learn finds the population's values, and what the log can tell.
func (o *Loyalty) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*loyaltySummary)
	switch {
	case !(o.Shrink >= 0):
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case o.Period < 1:
		return nil, fmt.Errorf("period = %d: days, at least 1", o.Period)
	}
	m := &loyaltyModel{Period: o.Period, Shrink: o.Shrink, Brands: s.brands}
	for _, n := range o.Columns {
		switch {
		case !slices.ContainsFunc(loyaltyColumns, func(c Column) bool { return c.Name == n }):
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(loyaltyColumns), ", "))
		case n == "full_price_share" && s.has&datasets.FieldDiscount == 0,
			n == "advocacy_rate" && !s.kinds.Has(datasets.Referral) && !s.kinds.Has(datasets.Rating):
		default:
			m.Names = append(m.Names, n)
		}
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: no discounts, referrals or reviews in the log", strings.Join(o.Columns, ", "))
	}
	m.RepeatRate = float64(s.followed) / float64(max(s.active, 1))
	m.FullPrice = float64(s.full) / float64(max(s.lines, 1))
	// Where nobody bought that often in a category, a half stands for what is unknown.
	m.HHI = meanOf(&s.hhi, s.hhiCustomers, 0.5)
	m.SCR = meanOf(&s.scr, s.scrCustomers, 0.5)
	m.Advocacy = float64(s.advocates) / max(s.months.Value(), 1)
	return m, nil
}

// Model returns an empty model.
func (o *Loyalty) Model() Model { return &loyaltyModel{} }

// loyaltyModel holds the population's values.
type loyaltyModel struct {
	Names      []string `json:"names"`
	Period     int      `json:"period"`
	Shrink     float64  `json:"shrink"`
	Brands     string   `json:"brands"` // what stands for brands: brand, item, category
	RepeatRate float64  `json:"repeat_rate"`
	SCR        float64  `json:"scr"`
	HHI        float64  `json:"hhi"`
	FullPrice  float64  `json:"full_price"`
	Advocacy   float64  `json:"advocacy"`
}

// Warnings says what stands for brands.
func (m *loyaltyModel) Warnings() []string {
	if m.Brands != "brand" && m.Brands != "" {
		return []string{fmt.Sprintf("the log has no brands: each %s counts as one", m.Brands)}
	}
	return nil
}

// Columns describes the columns.
func (m *loyaltyModel) Columns() []Column {
	out := make([]Column, len(m.Names))
	for i, n := range m.Names {
		out[i] = loyaltyColumns[slices.IndexFunc(loyaltyColumns, func(c Column) bool { return c.Name == n })]
		out[i].Block = "loyalty"
	}
	return out
}

// Evidence counts the customer's purchase occasions above the first.
func (m *loyaltyModel) Evidence(h datasets.History) int { return max(len(h.Occasions())-1, 0) }

// Measure fills the row; without a purchase there is no loyalty.
func (m *loyaltyModel) Measure(h datasets.History, row []float64) {
	if len(h.Occasions()) == 0 {
		for j := range row {
			row[j] = math.NaN()
		}
		return
	}
	group, brand := loyaltyLevels(h)
	c := loyaltyOf(h, group, brand, m.Period)
	drawn := func(x, n, population float64) float64 {
		if n+m.Shrink == 0 {
			return population
		}
		return (x + m.Shrink*population) / (n + m.Shrink)
	}
	hhi := drawn(c.hhi*c.hhiEvidence, c.hhiEvidence, m.HHI)
	for j, n := range m.Names {
		switch n {
		case "repeat_rate":
			row[j] = drawn(float64(c.followed), float64(c.active), m.RepeatRate)
		case "brand_scr":
			row[j] = drawn(c.scr*c.scrEvidence, c.scrEvidence, m.SCR)
		case "brand_hhi":
			row[j] = hhi
		case "brands_effective":
			row[j] = 1 / max(hhi, 1e-3)
		case "full_price_share":
			row[j] = drawn(float64(c.full), float64(c.lines), m.FullPrice)
		case "loyalty_tenure":
			row[j] = float64(h.Meta.Now() - h.Occasions()[0].Day)
		case "advocacy_rate":
			row[j] = drawn(float64(c.advocacy), c.months, m.Advocacy)
		}
	}
}
