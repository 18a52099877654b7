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
  brand_scr         share of category requirements of the customer's own first brand:
                    of the purchases in a category, how many go to the brand that leads
                    among the customer's other ones there (ties in parts). The plain
                    share of the first brand is 1 for a single purchase; judged by the
                    others chance does not flatter it. It errs low while the leader is
                    not clear: .46 instead of .60 on average after four purchases
  full_price_share  share of bought lines without a discount
  advocacy_rate     referrals per purchase day, at most 1; reviews where the log has no
                    referrals
and not by default, since they say again what others say,
  brand_hhi         Σ_b s_b² of the brands' shares in a category, free of the number of
                    purchases: Σ n_b(n_b − 1)/(n(n − 1)), the probability that two
                    purchases in a category are of one brand; categories are weighted
                    by their pairs of purchases
  brands_effective  1/brand_hhi: as many equal brands would give it
  loyalty_tenure    days since the first purchase seen (rfm has it)
Brands are compared within categories: milk of one brand and soap of another is no
disloyalty, where no brand makes both. Where most brands are sold in most categories
(within = auto), all purchases are compared: staying with the own label everywhere is
loyalty. The measure for that is the chance that the brand of a purchase is sold in the
category of another one: above ½ = all. A log without categories is one category; one
without brands compares items within categories, or categories. Purchases that were
returned do not count.
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
			Columns: []string{"repeat_rate", "brand_scr", "full_price_share", "advocacy_rate"},
			Within:  "auto", Period: 28, Shrink: 3,
		}
	},
})

// Loyalty is the options of loyalty.
type Loyalty struct {
	Columns []string `json:"columns"`
	Within  string   `json:"within"` // brands are compared within a category, or within all; auto
	Period  int      `json:"period"` // days
	Shrink  float64  `json:"shrink"` // weight of the population, in observations; 0 = none
}

var loyaltyColumns = []Column{
	{Name: "repeat_rate", Doc: "share of active periods followed by an active one", Kind: Probability},
	{Name: "brand_scr", Doc: "share of a category's purchases that the customer's own first brand gets", Kind: Probability},
	{Name: "brand_hhi", Doc: "probability that two purchases in a category are of one brand", Kind: Probability},
	{Name: "brands_effective", Unit: "count", Doc: "effective number of brands per category"},
	{Name: "full_price_share", Doc: "share of bought lines without a discount", Kind: Probability},
	{Name: "loyalty_tenure", Unit: "days", Doc: "time since the first purchase seen"},
	{Name: "advocacy_rate", Doc: "referrals, or reviews, per purchase day", Kind: Probability},
}

// loyaltySummary holds the population's sums and mean customers; of brands both ways,
// since only the whole log tells which is right.
type loyaltySummary struct {
	has              datasets.Fields
	kinds            datasets.Kinds
	brands           string
	active, followed int64
	lines, full      int64
	advocacy, days   int64
	within, across   loyaltyMeans
	own              []loyaltySold         // one customer's purchases
	sold             map[loyaltyPair]int64 // many customers'
}

// loyaltyPair is a brand in a category, loyaltySold how often it was bought.
type loyaltyPair struct{ category, brand string }

type loyaltySold struct {
	loyaltyPair
	n int64
}

// loyaltyMeans sums customers' concentrations.
type loyaltyMeans struct {
	hhi, scr ExactSum
	n        int64 // customers with two purchases to compare
}

func (s *loyaltyMeans) add(c loyaltyBrands) {
	if c.evidence > 0 {
		s.n++
		s.hhi.Add(c.hhi)
		s.scr.Add(c.scr)
	}
}

func (s *loyaltyMeans) merge(o *loyaltyMeans) {
	s.hhi.Merge(&o.hhi)
	s.scr.Merge(&o.scr)
	s.n += o.n
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
	s.advocacy += o.advocacy
	s.days += o.days
	s.within.merge(&o.within)
	s.across.merge(&o.across)
	if s.sold == nil {
		s.sold = map[loyaltyPair]int64{}
	}
	for _, own := range [][]loyaltySold{s.own, o.own} {
		for _, x := range own {
			s.sold[x.loyaltyPair] += x.n
		}
	}
	s.own = nil
	for p, n := range o.sold {
		s.sold[p] += n
	}
}

// Empty returns the summary of no customers.
func (o *Loyalty) Empty() Summary { return &loyaltySummary{} }

// Gather adds what the customer shows.
func (o *Loyalty) Gather(h datasets.History) Summary {
	s := &loyaltySummary{has: h.Meta.Has, kinds: h.Meta.Kinds}
	if o.Period < 1 {
		return s // Learn refuses it
	}
	sc := loyaltyPool.Get().(*loyaltyScratch)
	defer loyaltyPool.Put(sc)
	group, brand := loyaltyLevels(h)
	s.brands = brand
	c := sc.read(h, group, brand, o.Period)
	s.active, s.followed = c.active, c.followed
	s.lines, s.full = c.lines, c.full
	s.advocacy, s.days = c.advocacy, c.days
	s.within.add(sc.concentrate(true))
	if group != "" && o.Within != "category" {
		s.own = sc.sold()
		s.across.add(sc.concentrate(false))
	}
	return s
}

// Learn finds the population's values, and what the log can tell.
func (o *Loyalty) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*loyaltySummary)
	s.Merge(&loyaltySummary{})
	switch {
	case !(o.Shrink >= 0):
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case o.Period < 1:
		return nil, fmt.Errorf("period = %d: days, at least 1", o.Period)
	case !slices.Contains([]string{"auto", "category", "all"}, o.Within):
		return nil, fmt.Errorf("within = %q: auto, category or all", o.Within)
	}
	m := &loyaltyModel{Period: o.Period, Shrink: o.Shrink, Brands: s.brands, Within: true}
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
	means := &s.within
	if o.Within == "all" || o.Within == "auto" && loyaltySpan(s.sold) > 0.5 {
		// Without categories the two are one, and only the first was gathered.
		if s.across.n > 0 {
			means = &s.across
		}
		m.Within = false
	}
	m.RepeatRate = float64(s.followed) / float64(max(s.active, 1))
	m.FullPrice = float64(s.full) / float64(max(s.lines, 1))
	// Where nobody bought that often, a half stands for what is unknown.
	m.HHI = meanOf(&means.hhi, means.n, 0.5)
	m.SCR = meanOf(&means.scr, means.n, 0.5)
	m.Advocacy = float64(s.advocacy) / float64(max(s.days, s.advocacy, 1))
	return m, nil
}

// loyaltySpan is the chance that the brand of a random purchase is sold in the category
// of another one.
func loyaltySpan(sold map[loyaltyPair]int64) float64 {
	brands, categories := map[string]int64{}, map[string]int64{}
	var all int64
	for p, n := range sold {
		brands[p.brand] += n
		categories[p.category] += n
		all += n
	}
	var both int64 // integers: no order of a sum
	for p := range sold {
		both += brands[p.brand] * categories[p.category]
	}
	return float64(both) / (float64(all) * float64(all))
}

// Model returns an empty model.
func (o *Loyalty) Model() Model { return &loyaltyModel{} }

// loyaltyModel holds the population's values.
type loyaltyModel struct {
	Names      []string `json:"names"`
	Period     int      `json:"period"`
	Shrink     float64  `json:"shrink"`
	Brands     string   `json:"brands"` // what stands for brands: brand, item, category
	Within     bool     `json:"within"` // compared within categories
	RepeatRate float64  `json:"repeat_rate"`
	SCR        float64  `json:"scr"`
	HHI        float64  `json:"hhi"`
	FullPrice  float64  `json:"full_price"`
	Advocacy   float64  `json:"advocacy"`
}

// Warnings says what stands for brands.
func (m *loyaltyModel) Warnings() []string {
	var out []string
	if m.Brands != "brand" && m.Brands != "" {
		out = append(out, fmt.Sprintf("the log has no brands: each %s counts as one", m.Brands))
	}
	if !m.Within {
		out = append(out, "brands are sold across categories: all of a customer's purchases are compared (within)")
	}
	return out
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
	sc := loyaltyPool.Get().(*loyaltyScratch)
	defer loyaltyPool.Put(sc)
	group, brand := loyaltyLevels(h)
	c := sc.read(h, group, brand, m.Period)
	b := sc.concentrate(m.Within)
	drawn := func(x, n, population float64) float64 {
		if n+m.Shrink == 0 {
			return population
		}
		return (x + m.Shrink*population) / (n + m.Shrink)
	}
	hhi := drawn(b.hhi*b.evidence, b.evidence, m.HHI)
	for j, n := range m.Names {
		switch n {
		case "repeat_rate":
			row[j] = drawn(float64(c.followed), float64(c.active), m.RepeatRate)
		case "brand_scr":
			row[j] = drawn(b.scr*b.evidence, b.evidence, m.SCR)
		case "brand_hhi":
			row[j] = hhi
		case "brands_effective":
			row[j] = 1 / max(hhi, 1e-3)
		case "full_price_share":
			row[j] = drawn(float64(c.full), float64(c.lines), m.FullPrice)
		case "loyalty_tenure":
			row[j] = float64(h.Meta.Now() - h.Occasions()[0].Day)
		case "advocacy_rate":
			row[j] = drawn(float64(c.advocacy), float64(max(c.days, c.advocacy)), m.Advocacy)
		}
	}
}
