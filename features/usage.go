package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "usage",
	Doc: `Purchase volume: heavy, medium, low
How much a customer buys in the time they have been one. Volume is orders, unless
volume = "units" or "spend" says otherwise: units of different things do not add up to
an amount of anything. With T months (of 30.4375 days) since the first purchase seen,
and the population's rate drawn in with the weight of m months (shrink, default 1) so
that a newcomer's first order is not a year's rate:
  volume_rate       (volume + m·population)/(T + m), per month
  orders_rate       the same for orders (left out where volume is orders)
  tier              0 low, 1 medium, 2 heavy by volume_rate: a category, for people;
                    it never enters a distance
and on request, how it is used
  volume_per_order  volume/orders (left out where volume is orders)
  active_share      share of 28-day periods since the first purchase with one, shrunk
                    with the weight of m periods
  usage_breadth     effective number of categories bought, exp H: H = −Σ p ln p over
                    lines with the Miller–Madow correction, (n·H + m·population)/(n + m)
  usage_intensity   units per purchase day, shrunk with the weight of m days
  usage_recurrence  share of weeks since the first purchase with one, shrunk alike
  misuse_returns    returns per order, shrunk with the weight of m orders
  misuse_contacts   complaints and contacts per order, shrunk alike
Often bought is not well liked: satisfaction is a block of its own.
Tiers (Twedt's heavy half): heavy are the fewest customers that make half of the
volume, medium the next who bring it to 80 %, low the rest; ties at a cut go up. The
cut points are learned over all buyers. Cost: O(events + buyers·log buyers).`,
	Refs: []Ref{{
		Authors: "Twedt", Title: "How Important to Marketing Strategy Is the \"Heavy User\"?", Venue: "Journal of Marketing 28",
		Year: 1964, DOI: "pp. 71–72",
	}},
	Version: 2,
	Minimum: 2, // a single order says nothing of a rate
	Null:    ShuffleStamps + "+" + ShuffleAmounts,
	New: func() Block {
		return &Usage{
			Columns: []string{"volume_rate", "orders_rate", "tier"},
			Volume:  "auto", Shrink: 1, Heavy: 0.5, Medium: 0.8,
		}
	},
})

// Usage is the options of usage.
type Usage struct {
	Columns []string `json:"columns"`
	Volume  string   `json:"volume"` // auto (orders), orders, units, spend
	Shrink  float64  `json:"shrink"` // weight of the population, in months, periods, lines, days or orders; 0 = none
	Heavy   float64  `json:"heavy"`  // share of volume that the heavy buyers make
	Medium  float64  `json:"medium"` // share of volume that heavy and medium make
}

var usageColumns = []Column{
	{Name: "volume_rate", Unit: "1/month", Doc: "bought per month since the first purchase"},
	{Name: "orders_rate", Unit: "1/month", Doc: "orders per month since the first purchase"},
	{Name: "volume_per_order", Unit: "units", Doc: "bought per order"},
	{Name: "active_share", Doc: "share of four-week periods with a purchase", Kind: Probability},
	{Name: "tier", Doc: "usage tier by share of volume: 0 low, 1 medium, 2 heavy", Kind: Category},
	{Name: "usage_breadth", Unit: "count", Doc: "effective number of different categories bought"},
	{Name: "usage_intensity", Unit: "units", Doc: "units on a purchase day"},
	{Name: "usage_recurrence", Doc: "share of weeks with a purchase", Kind: Probability},
	{Name: "misuse_returns", Doc: "returns per order"},
	{Name: "misuse_contacts", Doc: "complaints and contacts per order"},
}

// monthDays is the mean length of a month.
const monthDays = 30.4375

// usageOf is what one customer bought, in how long.
type usageOf struct {
	units, spend, orders float64
	months               float64
	active, periods      float64 // of 28 days since the first purchase
}

// usageFrom returns what one customer bought; ok is false without a purchase.
func usageFrom(h datasets.History) (u usageOf, ok bool) {
	occ := h.Occasions()
	if len(occ) == 0 {
		return u, false
	}
	last := -1
	for _, o := range occ {
		u.units += o.Units
		u.spend += o.Gross
		u.orders += float64(o.Orders)
		if p := (o.Day - occ[0].Day) / 28; p != last {
			u.active++
			last = p
		}
	}
	days := float64(h.Meta.Now() - occ[0].Day)
	u.months = days / monthDays
	u.periods = max(math.Ceil(days/28), u.active)
	return u, true
}

func (u usageOf) volume(what string) float64 {
	switch what {
	case "units":
		return u.units
	case "spend":
		return u.spend
	}
	return u.orders
}

type usageSummary struct {
	has                          datasets.Fields
	each                         []usageOf
	units, spend, orders, months ExactSum
	active, periods              int64
	how                          usageHowSums
}

// Merge adds other.
func (s *usageSummary) Merge(other Summary) {
	o := other.(*usageSummary)
	s.has |= o.has
	s.each = append(s.each, o.each...)
	s.units.Merge(&o.units)
	s.spend.Merge(&o.spend)
	s.orders.Merge(&o.orders)
	s.months.Merge(&o.months)
	s.active += o.active
	s.periods += o.periods
	s.how.merge(&o.how)
}

// Empty returns the summary of no customers.
func (o *Usage) Empty() Summary { return &usageSummary{} }

// Gather adds the customer's volume and time.
func (o *Usage) Gather(h datasets.History) Summary {
	s := &usageSummary{has: h.Meta.Has}
	u, ok := usageFrom(h)
	if !ok {
		return s
	}
	s.each = []usageOf{u}
	s.units.Add(u.units)
	s.spend.Add(u.spend)
	s.orders.Add(u.orders)
	s.months.Add(u.months)
	s.active, s.periods = int64(u.active), int64(u.periods)
	if usageAsksHow(o.Columns) {
		s.how.add(h, usageHowFrom(h, slices.Contains(o.Columns, "usage_breadth")))
	}
	return s
}

// Learn finds the population's rates and the cut points of the tiers.
func (o *Usage) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*usageSummary)
	m := &usageModel{Volume: o.Volume, Shrink: o.Shrink}
	switch {
	case o.Shrink < 0:
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case !(o.Heavy > 0 && o.Heavy <= o.Medium && o.Medium <= 1):
		return nil, fmt.Errorf("heavy = %g, medium = %g: shares of volume, 0 < heavy ≤ medium ≤ 1", o.Heavy, o.Medium)
	case o.Volume == "auto":
		m.Volume = "orders"
	case o.Volume == "units" && s.has&datasets.FieldQuantity == 0:
		return nil, fmt.Errorf("volume = units needs quantities, which the log does not have: map the column, or use volume = orders")
	case o.Volume == "spend" && s.has&datasets.FieldAmount == 0:
		return nil, fmt.Errorf("volume = spend needs amounts, which the log does not have: map the column, or use volume = orders")
	case !slices.Contains([]string{"units", "orders", "spend"}, o.Volume):
		return nil, fmt.Errorf("volume = %q: auto, units, orders or spend", o.Volume)
	}
	for _, n := range o.Columns {
		switch {
		case !slices.ContainsFunc(usageColumns, func(c Column) bool { return c.Name == n }):
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(usageColumns), ", "))
		case m.Volume == "orders" && (n == "volume_per_order" || n == "orders_rate" && slices.Contains(o.Columns, "volume_rate")):
			// volume_rate is the orders' already
		case s.how.lacks(n) != "":
			m.Said = append(m.Said, fmt.Sprintf("no %s in the log: %s is left out", s.how.lacks(n), n))
		default:
			m.Names = append(m.Names, n)
		}
	}
	if len(s.each) == 0 {
		return nil, fmt.Errorf("no customer has a purchase")
	}
	// Everybody may have bought on the window's last day only: a month then stands
	// for no time at all.
	months := max(s.months.Value(), 1)
	volume := map[string]*ExactSum{"units": &s.units, "spend": &s.spend, "orders": &s.orders}[m.Volume]
	m.VolumeRate = volume.Value() / months
	m.OrdersRate = s.orders.Value() / months
	m.ActiveShare = float64(s.active) / float64(s.periods)
	if usageAsksHow(m.Names) {
		m.How = s.how.means(s.units.Value(), s.orders.Value())
	}
	rates := make([]float64, len(s.each))
	for i, u := range s.each {
		rates[i] = m.rate(u.volume(m.Volume), u.months, m.VolumeRate)
	}
	m.HeavyCut, m.MediumCut = TierCuts(rates, o.Heavy, o.Medium)
	return m, nil
}

// Model returns an empty model.
func (o *Usage) Model() Model { return &usageModel{} }

// usageModel holds the population's rates and the tiers' cut points.
type usageModel struct {
	Names       []string `json:"names"`
	Volume      string   `json:"volume"`
	Shrink      float64  `json:"shrink"`
	VolumeRate  float64  `json:"volume_rate"`
	OrdersRate  float64  `json:"orders_rate"`
	ActiveShare float64  `json:"active_share"`
	HeavyCut    float64  `json:"heavy_cut"`  // volume_rate from which a customer is heavy
	MediumCut   float64  `json:"medium_cut"` // and medium
	// How is the population's use, where it was asked for.
	How  *usageMeans `json:"how,omitempty"`
	Said []string    `json:"said,omitempty"`
}

// Warnings says what was left out.
func (m *usageModel) Warnings() []string { return m.Said }

// Columns describes the columns, naming the volume.
func (m *usageModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := usageColumns[slices.IndexFunc(usageColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "usage"
		switch n {
		case "volume_rate":
			c.Doc = map[string]string{"units": "units", "orders": "orders", "spend": "money spent"}[m.Volume] + " per month since the first purchase"
		case "volume_per_order":
			c.Doc = map[string]string{"units": "units", "spend": "money spent"}[m.Volume] + " per order"
			c.Unit = map[string]string{"units": "units", "spend": "money"}[m.Volume]
		}
		out = append(out, c)
	}
	return out
}

// rate returns (volume + m·population)/(months + m); a floor of a day keeps a
// customer of today finite where nothing is drawn in.
func (m *usageModel) rate(volume, months, population float64) float64 {
	return (volume + m.Shrink*population) / (max(months, 1/monthDays) + m.Shrink)
}

// Evidence is the number of the customer's purchase days.
func (m *usageModel) Evidence(h datasets.History) int { return len(h.Occasions()) }

// Measure fills the row; without a purchase there is no rate.
func (m *usageModel) Measure(h datasets.History, row []float64) {
	u, ok := usageFrom(h)
	var how usageHow
	if ok && m.How != nil {
		how = usageHowFrom(h, slices.Contains(m.Names, "usage_breadth"))
	}
	for j, n := range m.Names {
		if !ok {
			row[j] = math.NaN()
			continue
		}
		volume := m.rate(u.volume(m.Volume), u.months, m.VolumeRate)
		switch n {
		case "volume_rate":
			row[j] = volume
		case "orders_rate":
			row[j] = m.rate(u.orders, u.months, m.OrdersRate)
		case "volume_per_order":
			row[j] = u.volume(m.Volume) / u.orders
		case "active_share":
			row[j] = (u.active + m.Shrink*m.ActiveShare) / (u.periods + m.Shrink)
		case "tier":
			switch {
			case volume >= m.HeavyCut:
				row[j] = 2
			case volume >= m.MediumCut:
				row[j] = 1
			default:
				row[j] = 0
			}
		default:
			row[j] = m.How.column(n, u, how, m.Shrink)
		}
	}
}
