package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "rare",
	Doc: `Rare personal occasions: unusual baskets, bursts of purchases
How often and how much a customer buys unlike themselves (a move, a wedding, a present
that nobody can foresee). An occasion is rare if its amount is far from the customer's
others (robust z of ln amount above 3.5, the scale drawn towards the population's with
the weight of 8 occasions), if its categories are in fewer than a tenth of the occasions,
if it belongs to a burst (Kleinberg's automaton, or burst = "window": three occasions
within less than the 5 % point of the own gaps), or if it is a category's first in a
large basket (RareOccasions lists them). With n occasions, and the population's rate
with the weight of m (shrink, default 8):
  rare_share         (rare + m·population)/(n + m)
  rare_spend_share   share of spend on rare occasions, (n·share + m·population)/(n + m)
  rare_burst_share   as rare_share, of occasions in bursts
and on request
  rare_amount_share, rare_category_share
                     as rare_share, by reason
  rare_since         days since the last rare occasion, since the first purchase where
                     there was none
Fewer than five occasions have no rare one: the population's rates. Fewer than ten
tell nothing of categories: what those add to the population's rate is added to the
customer's. The population's rates are those of its busiest customers, from 20 occasions where 30 have them, else
from 8, else from 5, as fewer occasions make a poorer past. Cost: O(lines + n log n).`,
	Refs: []Ref{
		{Authors: "Kleinberg", Title: "Bursty and Hierarchical Structure in Streams", Venue: "KDD", Year: 2002, DOI: "10.1145/775047.775061"},
		{Authors: "Iglewicz & Hoaglin", Title: "How to Detect and Handle Outliers", Venue: "ASQC Quality Press, p. 11", Year: 1993, DOI: "p. 11"},
	},
	Version: 1,
	Minimum: 3,
	Null:    ShuffleStamps + "+" + ShuffleItems + "+" + ShuffleAmounts,
	New: func() Block {
		rule := NewRareRule()
		rule.SpreadWeight = 8
		return &Rare{Columns: []string{"rare_share", "rare_spend_share", "rare_burst_share"}, Shrink: 8, Rule: rule}
	},
})

// Rare is the options of rare.
type Rare struct {
	Columns []string `json:"columns"`
	Shrink  float64  `json:"shrink"` // weight of the population, in occasions; 0 = none
	// Rule says what is rare; a spread of 0 is learned: the customers' median scale.
	Rule RareRule `json:"rule"`
}

// The shares stay on a straight scale: most customers have no rare occasion, and the
// logit of m·population/(n + m) would tell their number of purchases.
var rareColumns = []Column{
	{Name: "rare_share", Unit: "share", Doc: "share of purchase days unlike the customer's others: amount, categories or a burst"},
	{Name: "rare_spend_share", Unit: "share", Doc: "share of spend on purchase days unlike the customer's others"},
	{Name: "rare_burst_share", Unit: "share", Doc: "share of purchase days in bursts"},
	{Name: "rare_amount_share", Unit: "share", Doc: "share of purchase days with an unusual amount"},
	{Name: "rare_category_share", Unit: "share", Doc: "share of purchase days with unusual categories"},
	{Name: "rare_since", Unit: "days", Doc: "days since the last unusual purchase day, since the first purchase if there was none"},
}

// rareTiers are the numbers of occasions from which customers tell the population's
// rates, and rareTierCustomers how many of them must.
var rareTiers = [3]int{20, 8, rareNeeds}

const rareTierCustomers = 30

// rareCount is what one customer, or a population, has of rare occasions; plain are
// those that are rare without looking at categories.
type rareCount struct {
	n, any, plain, burst, amount, category int64
}

// counted counts reasons, and the shares of spend that are rare at all and plainly.
func (r *rareOf) counted() (c rareCount, spend [2]float64) {
	c.n = int64(len(r.reasons))
	var all float64
	for i, why := range r.reasons {
		gross := r.occ[i].Gross
		if !(gross > 0) {
			gross = 0
		}
		all += gross
		if why != 0 {
			c.any++
			spend[0] += gross
		}
		if why&(RareAmount|RareBurst) != 0 {
			c.plain++
			spend[1] += gross
		}
		if why&RareBurst != 0 {
			c.burst++
		}
		if why&RareAmount != 0 {
			c.amount++
		}
		if why&(RareCategory|RareFirst) != 0 {
			c.category++
		}
	}
	return c, [2]float64{spend[0] / all, spend[1] / all} // NaN without spend
}

type rareSummary struct {
	has       datasets.Fields
	seen      bool
	customers [len(rareTiers)]int64
	counts    [len(rareTiers)]rareCount
	spend     [len(rareTiers)][2]gapMean
	scales    Multiset
}

// Merge adds other.
func (s *rareSummary) Merge(other Summary) {
	o := other.(*rareSummary)
	s.seen, s.has = s.seen || o.seen, s.has|o.has
	for i := range s.counts {
		s.customers[i] += o.customers[i]
		a, b := &s.counts[i], &o.counts[i]
		a.n, a.any, a.plain = a.n+b.n, a.any+b.any, a.plain+b.plain
		a.burst, a.amount, a.category = a.burst+b.burst, a.amount+b.amount, a.category+b.category
		for k := range s.spend[i] {
			s.spend[i][k].merge(&o.spend[i][k])
		}
	}
	s.scales.Merge(&o.scales)
}

// Empty returns the summary of no customers.
func (o *Rare) Empty() Summary { return &rareSummary{} }

// Gather adds the customer's rare occasions by their own scale.
func (o *Rare) Gather(h datasets.History) Summary {
	s := &rareSummary{seen: true, has: h.Meta.Has}
	r := rareFrom(h, o.Rule)
	if len(r.reasons) == 0 {
		return s
	}
	if len(r.amounts) >= rareTiers[1] {
		s.scales.Add(r.own)
	}
	c, spend := r.counted()
	for i, need := range rareTiers {
		if len(r.occ) >= need {
			s.customers[i] = 1
			s.counts[i] = c
			s.spend[i][0].add(spend[0])
			s.spend[i][1].add(spend[1])
		}
	}
	return s
}

// Learn finds the population's scale of ln amount and its rates.
func (o *Rare) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*rareSummary)
	switch {
	case o.Shrink < 0:
		return nil, fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case !(o.Rule.Z > 0):
		return nil, fmt.Errorf("rule.z = %g: above 0", o.Rule.Z)
	case !(o.Rule.Familiar >= 0 && o.Rule.Familiar <= 1):
		return nil, fmt.Errorf("rule.familiar = %g: a share, from 0 to 1", o.Rule.Familiar)
	case o.Rule.Burst != "kleinberg" && o.Rule.Burst != "window":
		return nil, fmt.Errorf("rule.burst = %q: kleinberg or window", o.Rule.Burst)
	case !(o.Rule.Pace > 1) || !(o.Rule.Cost >= 0):
		return nil, fmt.Errorf("rule.pace = %g, rule.cost = %g: above 1, and at least 0", o.Rule.Pace, o.Rule.Cost)
	case o.Rule.Spread < 0 || o.Rule.SpreadWeight < 0:
		return nil, fmt.Errorf("rule.spread = %g, rule.spread_weight = %g: at least 0", o.Rule.Spread, o.Rule.SpreadWeight)
	}
	m := &rareModel{Shrink: o.Shrink, Rule: o.Rule}
	for _, n := range o.Columns {
		switch {
		case !slices.ContainsFunc(rareColumns, func(c Column) bool { return c.Name == n }):
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(rareColumns), ", "))
		case s.seen && s.has&datasets.FieldAmount == 0 && (n == "rare_spend_share" || n == "rare_amount_share"),
			s.seen && s.has&datasets.FieldCategory == 0 && n == "rare_category_share":
			m.Missing = append(m.Missing, n)
		default:
			m.Names = append(m.Names, n)
		}
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: the log has no amounts or no categories", strings.Join(o.Columns, ", "))
	}
	if m.Rule.Spread == 0 {
		if all := s.scales.Sorted(); len(all) > 0 {
			m.Rule.Spread = Quantile(all, 0.5)
		}
	}
	tier := 0
	for tier < len(rareTiers)-1 && s.customers[tier] < rareTierCustomers {
		tier++
	}
	if c := s.counts[tier]; c.n > 0 {
		n := float64(c.n)
		m.Any = [2]float64{float64(c.any) / n, float64(c.plain) / n}
		m.Burst, m.Amount, m.Category = float64(c.burst)/n, float64(c.amount)/n, float64(c.category)/n
		for i := range m.Spend {
			m.Spend[i] = s.spend[tier][i].value(m.Any[i])
		}
	}
	return m, nil
}

// Model returns an empty model.
func (o *Rare) Model() Model { return &rareModel{} }

// rareModel holds the population's rates and what is rare.
type rareModel struct {
	Names   []string `json:"names"`
	Missing []string `json:"missing"` // columns that the log cannot tell
	Shrink  float64  `json:"shrink"`
	Rule    RareRule `json:"rule"`
	// Rates: of rare occasions, and of those that are so without categories.
	Any      [2]float64 `json:"any"`
	Spend    [2]float64 `json:"spend"`
	Burst    float64    `json:"burst"`
	Amount   float64    `json:"amount"`
	Category float64    `json:"category"`
}

// Warnings says what was left out.
func (m *rareModel) Warnings() []string {
	if len(m.Missing) == 0 {
		return nil
	}
	return []string{"the log has no amounts or no categories: left out: " + strings.Join(m.Missing, ", ")}
}

// Columns describes the columns.
func (m *rareModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := rareColumns[slices.IndexFunc(rareColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "rare"
		out = append(out, c)
	}
	return out
}

// Evidence counts the occasions that were compared with the others.
func (m *rareModel) Evidence(h datasets.History) int {
	if n := len(h.Occasions()); n >= rareNeeds {
		return n
	}
	return 0
}

// Measure fills the row; without a purchase there is nothing.
func (m *rareModel) Measure(h datasets.History, row []float64) {
	r := rareFrom(h, m.Rule)
	if len(r.occ) == 0 {
		for j := range row {
			row[j] = math.NaN()
		}
		return
	}
	c, spend := r.counted()
	n := float64(c.n)
	rate := func(k int64, population float64) float64 {
		if c.n == 0 {
			return population
		}
		return (float64(k) + m.Shrink*population) / (n + m.Shrink)
	}
	// With too few others, only what is plainly rare is the customer's own.
	past := r.cats == nil || m.Rule.past(len(r.occ))
	for j, name := range m.Names {
		switch name {
		case "rare_share":
			row[j] = rate(c.any, m.Any[0])
			if !past {
				row[j] = rate(c.plain, m.Any[1]) + m.Any[0] - m.Any[1]
			}
		case "rare_burst_share":
			row[j] = rate(c.burst, m.Burst)
		case "rare_amount_share":
			row[j] = rate(c.amount, m.Amount)
		case "rare_category_share":
			row[j] = m.Category
			if past {
				row[j] = rate(c.category, m.Category)
			}
		case "rare_spend_share":
			row[j] = m.Spend[0]
			switch {
			case c.n == 0 || math.IsNaN(spend[0]):
			case past:
				row[j] = (n*spend[0] + m.Shrink*m.Spend[0]) / (n + m.Shrink)
			default:
				row[j] = (n*spend[1]+m.Shrink*m.Spend[1])/(n+m.Shrink) + m.Spend[0] - m.Spend[1]
			}
		case "rare_since":
			last := r.occ[0].Day
			for i, why := range r.reasons {
				if why != 0 {
					last = r.occ[i].Day
				}
			}
			row[j] = float64(h.Meta.Now() - last)
		}
	}
}
