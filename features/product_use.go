package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "product_use",
	Doc: `Product use: how often, how lately, how regularly, how broadly
What customers do with the product, where the log has events of kind use; buying it
is another matter (usage). A day with use is one occasion of use. With T months (of
30.4375 days) since the customer's first event of any kind, n gaps between days of
use, and what little evidence cannot tell drawn towards the population with weight
m = shrink (default 2):
  use_rate          (days of use + m·population)/(T + m), per month
  use_recency       days since the last use; of who never used, days since their first
                    event: so long at least
  use_regularity    ln k of gamma gaps between days of use (ShapeShrunk, with the
                    weight of 2·m gaps): 0 = like chance, positive = like clockwork
  use_breadth       effective number of items used, exp H; of categories where the log
                    has no items (see Hill), (n·H + m·population)/(n + m) over n events
  uses_per_purchase (use events + m·population)/(purchase days + m)
and on request
  use_intensity     use events per day of use, shrunk with the weight of m days
  use_share_recent  share of the days of use that lie in the last quarter of T, shrunk
                    towards 1/4: > 1/4 = using more, < 1/4 = fading
Evidence is the number of use events. Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Ram & Jung", Title: "The conceptualization and measurement of product usage", Venue: "Journal of the Academy of Marketing Science 18", Year: 1990, DOI: "10.1007/BF02729763"},
		{Authors: "Hill", Title: "Diversity and Evenness: A Unifying Notation and Its Consequences", Venue: "Ecology 54", Year: 1973, DOI: "10.2307/1934352"},
	},
	Version: 1,
	AnyKind: datasets.KindSet(datasets.Use),
	Null:    ShuffleStamps + "+" + ShuffleItems,
	New: func() Block {
		return &ProductUse{
			Columns: []string{"use_rate", "use_recency", "use_regularity", "use_breadth", "uses_per_purchase"},
			Shrink:  2,
		}
	},
})

// ProductUse is the options of product_use.
type ProductUse struct {
	Columns []string `json:"columns"`
	Shrink  float64  `json:"shrink"` // weight of the population, in months, events, days or purchases; 0 = none
}

var productUseColumns = []Column{
	{Name: "use_rate", Unit: "1/month", Doc: "days of use per month"},
	{Name: "use_recency", Unit: "days", Doc: "days since the last use"},
	{Name: "use_regularity", Unit: "ln k", Doc: "how regular the days of use are: 0 like chance, higher like clockwork"},
	{Name: "use_breadth", Unit: "count", Doc: "effective number of different things used"},
	{Name: "uses_per_purchase", Unit: "count", Doc: "uses per purchase day"},
	{Name: "use_intensity", Unit: "count", Doc: "uses on a day of use"},
	{Name: "use_share_recent", Doc: "share of the days of use in the latest quarter of the time as a customer", Kind: Probability},
}

// productUseOf is one customer's use.
type productUseOf struct {
	days      []int // days with use
	events    float64
	known     float64 // events of known item (or category), and H over them
	entropy   float64
	purchases float64
	months    float64
	first     int // day of the first event of any kind
}

func productUseFrom(h datasets.History, breadth bool) (u productUseOf) {
	if h.Len() == 0 {
		return u
	}
	u.first = h.Day(0)
	u.months = float64(h.Meta.Now()-u.first) / monthDays
	u.purchases = float64(len(h.Occasions()))
	var counts map[string]float64
	items := h.Meta.Has&datasets.FieldItem != 0
	for i := range h.Len() {
		if h.Kind(i) != datasets.Use {
			continue
		}
		u.events++
		if d := h.Day(i); len(u.days) == 0 || u.days[len(u.days)-1] != d {
			u.days = append(u.days, d)
		}
		if !breadth {
			continue
		}
		what := h.Item(i)
		if !items {
			what = h.Category(i)
		}
		if what != "" {
			if counts == nil {
				counts = map[string]float64{}
			}
			counts[what]++
			u.known++
		}
	}
	u.entropy = entropyOf(counts)
	return u
}

// gaps returns the days between days of use.
func (u *productUseOf) gaps() []float64 {
	if len(u.days) < 2 {
		return nil
	}
	out := make([]float64, len(u.days)-1)
	for i := range out {
		out[i] = float64(u.days[i+1] - u.days[i])
	}
	return out
}

type productUseSummary struct {
	events, days, purchases, known int64
	months, entropy, spread        ExactSum      // entropy weighted by events, Σ n·s of the gaps
	counts                         map[int]int64 // customers by number of gaps, two or more
}

// Merge adds other.
func (s *productUseSummary) Merge(other Summary) {
	o := other.(*productUseSummary)
	s.events += o.events
	s.days += o.days
	s.purchases += o.purchases
	s.known += o.known
	s.months.Merge(&o.months)
	s.entropy.Merge(&o.entropy)
	s.spread.Merge(&o.spread)
	for n, c := range o.counts {
		if s.counts == nil {
			s.counts = map[int]int64{}
		}
		s.counts[n] += c
	}
}

// Empty returns the summary of no customers.
func (o *ProductUse) Empty() Summary { return &productUseSummary{} }

// Gather adds the customer's use and time.
func (o *ProductUse) Gather(h datasets.History) Summary {
	u := productUseFrom(h, slices.Contains(o.Columns, "use_breadth"))
	s := &productUseSummary{events: int64(u.events), days: int64(len(u.days)), purchases: int64(u.purchases), known: int64(u.known)}
	s.months.Add(u.months)
	s.entropy.Add(u.known * u.entropy)
	if g := u.gaps(); len(g) >= 2 {
		s.spread.Add(float64(len(g)) * LogSpread(g))
		s.counts = map[int]int64{len(g): 1}
	}
	return s
}

// Learn finds the population's rates.
func (o *ProductUse) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*productUseSummary)
	if o.Shrink < 0 {
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	}
	if s.events == 0 {
		return nil, fmt.Errorf("no customer used anything")
	}
	// Everybody may have come on the window's last day only: see usage.
	m := &productUseModel{
		Shrink: o.Shrink, Rate: float64(s.days) / max(s.months.Value(), 1), K: shapePooled(s.counts, s.spread.Value()),
		Intensity: float64(s.events) / float64(s.days),
	}
	if s.known > 0 {
		m.Entropy = s.entropy.Value() / float64(s.known)
	}
	if s.purchases > 0 {
		m.PerPurchase = float64(s.events) / float64(s.purchases)
	}
	for _, n := range o.Columns {
		lacks := ""
		switch {
		case !slices.ContainsFunc(productUseColumns, func(c Column) bool { return c.Name == n }):
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(productUseColumns), ", "))
		case n == "use_breadth" && s.known == 0:
			lacks = "items or categories of uses"
		case n == "uses_per_purchase" && s.purchases == 0:
			lacks = "purchases"
		}
		if lacks != "" {
			m.Said = append(m.Said, fmt.Sprintf("no %s in the log: %s is left out", lacks, n))
			continue
		}
		m.Names = append(m.Names, n)
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: %s", o.Columns, strings.Join(m.Said, "; "))
	}
	return m, nil
}

// Model returns an empty model.
func (o *ProductUse) Model() Model { return &productUseModel{} }

// productUseModel holds the population's rates.
type productUseModel struct {
	Names       []string `json:"names"`
	Shrink      float64  `json:"shrink"`
	Rate        float64  `json:"rate"` // days of use per month
	K           float64  `json:"k"`
	Entropy     float64  `json:"entropy"`
	Intensity   float64  `json:"intensity"`
	PerPurchase float64  `json:"per_purchase"`
	Said        []string `json:"said,omitempty"`
}

// Warnings says what was left out.
func (m *productUseModel) Warnings() []string { return m.Said }

// Columns describes the columns.
func (m *productUseModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := productUseColumns[slices.IndexFunc(productUseColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "product_use"
		out = append(out, c)
	}
	return out
}

// Evidence is the number of the customer's use events.
func (m *productUseModel) Evidence(h datasets.History) int {
	n := 0
	for i := range h.Len() {
		if h.Kind(i) == datasets.Use {
			n++
		}
	}
	return n
}

// Measure fills the row.
func (m *productUseModel) Measure(h datasets.History, row []float64) {
	u := productUseFrom(h, slices.Contains(m.Names, "use_breadth"))
	days := float64(len(u.days))
	now := h.Meta.Now()
	drawn := func(part, whole, population float64) float64 {
		if whole+m.Shrink == 0 {
			return math.NaN()
		}
		return (part + m.Shrink*population) / (whole + m.Shrink)
	}
	for j, n := range m.Names {
		switch n {
		case "use_rate":
			// A floor of a day keeps a customer of today finite where nothing is drawn in.
			row[j] = drawn(days, max(u.months, 1/monthDays), m.Rate)
		case "use_recency":
			last := u.first
			if len(u.days) > 0 {
				last = u.days[len(u.days)-1]
			}
			row[j] = float64(now - last)
		case "use_regularity":
			g := u.gaps()
			if len(g) == 0 {
				row[j] = math.Log(m.K)
				continue
			}
			row[j] = math.Log(ShapeShrunk(len(g), LogSpread(g), m.K, 2*m.Shrink))
		case "use_breadth":
			row[j] = math.Exp(drawn(u.known*u.entropy, u.known, m.Entropy))
		case "uses_per_purchase":
			row[j] = drawn(u.events, u.purchases, m.PerPurchase)
		case "use_intensity":
			row[j] = drawn(u.events, days, m.Intensity)
		case "use_share_recent":
			recent := 0.0
			for _, d := range u.days {
				if 4*(now-d) <= now-u.first {
					recent++
				}
			}
			row[j] = drawn(recent, days, 0.25)
		}
	}
}

// shapePooled returns the regularity k of all customers' gaps, given the sums: the
// root of Σ n(φ(k) − φ(nk)) = Σ n·s over customers with n gaps (counts) and log spread
// s; 1 where nobody has two gaps.
func shapePooled(counts map[int]int64, spread float64) float64 {
	if len(counts) == 0 {
		return 1
	}
	sizes := make([]int, 0, len(counts))
	for n := range counts {
		sizes = append(sizes, n)
	}
	slices.Sort(sizes)
	return shapeRoot(func(k float64) float64 {
		var f float64
		for _, n := range sizes {
			x := float64(n)
			f += float64(counts[n]) * x * (shapeGap(k) - shapeGap(x*k))
		}
		return f - spread
	})
}
