package features

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "benefits",
	Doc: `Benefits sought, as revealed: what the customer buys relative to what is on offer
The mix of a customer's purchase lines over attributes of what was bought, family by
family: the top categories and brands (top of each, default 12, the rest as "other"),
the price tier within the category (terciles of the unit price over the population's
lines) and own label or not, where the table of items or the brand tells. A line whose
attribute is not known counts as "unknown" and is never dropped; a value that the
model has not met counts as "other", or as the population where there is no other.
With sₐ of a customer's S lines on a, the population's shares q and the weight m =
smooth × the median S (default 1):
  benefit_FAMILY_VALUE  (sₐ + m·qₐ)/(S + m), over the number of families: the families
                        together are one composition, and its geometry is Hellinger's
  primary_benefit       the attribute with the largest excess over the choice set, in
                        the first family: a code for people, never in a distance
and on request
  rpi                   rpi_FAMILY_VALUE, ln of the revealed preference index
                        (RevealedPreference): 0 = as offered, ln 2 = twice as much
  primary_share         the primary benefit's smoothed share in its family
  primacy               largest less second largest smoothed share: near 1 = one
                        benefit far above the others
  benefit_entropy       entropy of the first family over ln K, Miller–Madow corrected,
                        drawn towards the population with the weight of m
weight = "lines" (default), "units" or "spend" says what is counted. A line is one
choice; money weighs a choice by its price, which costs a third of the evidence where
prices scatter, so spend is for reading, lines are for grouping. The choice set of
primary_benefit and rpi is what the population bought, or with choice_set = "offers"
(auto: where the log has a table of offers whose items are known) what was promoted.
It shows what is bought, not why: see agreement with stated preferences (Agree).
Cost: O(lines).`,
	Refs: []Ref{
		{Authors: "Haley", Title: "Benefit Segmentation: A Decision-Oriented Research Tool", Venue: "Journal of Marketing 32", Year: 1968, DOI: "10.1177/002224296803200306"},
		{Authors: "Strauss", Title: "Reliability Estimates for Ivlev's Electivity Index, the Forage Ratio, and a Proposed Linear Index of Food Selection", Venue: "Transactions of the American Fisheries Society 108", Year: 1979, DOI: "10.1577/1548-8659(1979)108<344:REFIEI>2.0.CO;2"},
		{Authors: "Legendre & Gallagher", Title: "Ecologically meaningful transformations for ordination of species data", Venue: "Oecologia 129", Year: 2001, DOI: "10.1007/s004420100716"},
	},
	Version:  1,
	AnyField: datasets.FieldCategory | datasets.FieldBrand,
	Minimum:  1, // a customer who never bought has revealed nothing
	Null:     ShuffleItems + "+" + ShuffleAmounts,
	New: func() Block {
		return &Benefits{
			Columns: []string{"shares", "primary_benefit"}, Families: []string{"category", "brand", "price", "label"},
			Top: 12, Smooth: 1, Weight: "lines", ChoiceSet: "auto",
		}
	},
})

// Benefits is the options of benefits.
type Benefits struct {
	Columns   []string `json:"columns"`    // of shares, primary_benefit, rpi, primary_share, primacy, benefit_entropy
	Families  []string `json:"families"`   // of category, brand, price, label; those that the log tells are used
	Top       int      `json:"top"`        // named values of a family; the rest is "other"
	Smooth    float64  `json:"smooth"`     // weight of the choice set, in median customers; 0 = none
	Weight    string   `json:"weight"`     // lines, units, spend
	ChoiceSet string   `json:"choice_set"` // auto, population, offers
}

var benefitsColumns = []string{"shares", "primary_benefit", "rpi", "primary_share", "primacy", "benefit_entropy"}

var benefitsFamilies = []struct{ name, doc string }{
	{"category", "category"},
	{"brand", "brand"},
	{"price", "price tier within the category"},
	{"label", "own label or named brand"},
}

// benefitsTiers are the values of the family price.
var benefitsTiers = [3]string{"low", "mid", "high"}

// benefitsWeight returns how much event i counts.
func benefitsWeight(weight string, h datasets.History, i int) float64 {
	w := 1.0
	switch weight {
	case "units":
		w = h.Quantity(i)
	case "spend":
		w = h.Amount(i)
	}
	if w > 0 {
		return w
	}
	return 0 // missing, a gift, a correction: no evidence of that sort
}

// benefitsModel holds the families with their shares and the price tiers' cuts.
type benefitsModel struct {
	Names    []string             `json:"names"`
	Weight   string               `json:"weight"`
	M        float64              `json:"m"` // weight of the choice set, in the unit of Weight
	Families []benefitsFamily     `json:"families"`
	Cuts     map[string][2]uint32 `json:"cuts,omitempty"` // per category: mid from the first, high from the second (priceBin)
	Entropy  float64              `json:"entropy"`        // entropy of the population's mix in the first family over ln K
	Notes    []string             `json:"notes,omitempty"`

	once sync.Once
	at   []map[string]int // per family: value to part
}

// benefitsFamily is one family: its parts, the population's mix and the choice set's.
type benefitsFamily struct {
	Name    string    `json:"name"`
	Values  []string  `json:"values"` // the named ones; then "other" and "unknown" where the population has them
	Slugs   []string  `json:"slugs"`
	Q       []float64 `json:"q"`
	Choice  []float64 `json:"choice"`
	Named   int       `json:"named"`
	Other   int       `json:"other"`   // its part; −1 = none
	Unknown int       `json:"unknown"` // its part; −1 = none
}

// Warnings says what was left out.
func (m *benefitsModel) Warnings() []string { return m.Notes }

// Columns describes the columns.
func (m *benefitsModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		switch n {
		case "shares", "rpi":
			for _, f := range m.Families {
				for a, v := range f.Values {
					c := Column{Name: "benefit_" + f.Name + "_" + f.Slugs[a], Block: "benefits", Kind: Share}
					c.Doc = fmt.Sprintf("part of the purchases%s: %s %s", m.over(), benefitsWords(f.Name), v)
					if n == "rpi" {
						c = Column{Name: "rpi_" + f.Name + "_" + f.Slugs[a], Unit: "ln", Block: "benefits"}
						c.Doc = fmt.Sprintf("bought more (above 0) or less than offered: %s %s", benefitsWords(f.Name), v)
					}
					out = append(out, c)
				}
			}
		case "primary_benefit":
			f := m.Families[0]
			list := make([]string, f.Named)
			for a := range list {
				list[a] = fmt.Sprintf("%d %s", a, f.Values[a])
			}
			out = append(out, Column{Name: n, Block: "benefits", Kind: Category, Doc: "the " + f.Name + " bought most beyond what is offered: " + strings.Join(list, ", ")})
		case "primary_share":
			out = append(out, Column{Name: n, Block: "benefits", Kind: Probability, Doc: "the primary benefit's share of the purchases"})
		case "primacy":
			out = append(out, Column{Name: n, Block: "benefits", Kind: Probability, Doc: "how far the largest benefit is above the second"})
		case "benefit_entropy":
			out = append(out, Column{Name: n, Block: "benefits", Doc: "spread over benefits: 0 one only, 1 all alike"})
		}
	}
	return out
}

// over says by what the shares are divided.
func (m *benefitsModel) over() string {
	if len(m.Families) == 1 {
		return ""
	}
	return fmt.Sprintf(", over %d families", len(m.Families))
}

func benefitsWords(family string) string {
	for _, f := range benefitsFamilies {
		if f.name == family {
			return f.doc
		}
	}
	return ""
}

// prepare indexes the values, once.
func (m *benefitsModel) prepare() {
	m.once.Do(func() {
		for _, f := range m.Families {
			at := make(map[string]int, f.Named)
			for a, v := range f.Values[:f.Named] {
				at[v] = a
			}
			m.at = append(m.at, at)
		}
	})
}

// benefitsCount is what one customer bought, by family and part.
type benefitsCount struct {
	parts [][]float64
	total float64
	first []float64 // lines by named value of the first family, for the entropy
}

// count adds up the customer's standing purchases.
func (m *benefitsModel) count(h datasets.History) benefitsCount {
	m.prepare()
	size := 0
	for _, f := range m.Families {
		size += len(f.Q)
	}
	flat := make([]float64, size+m.Families[0].Named)
	c := benefitsCount{parts: make([][]float64, len(m.Families)), first: flat[size:]}
	at := 0
	for k, f := range m.Families {
		c.parts[k] = flat[at : at+len(f.Q)]
		at += len(f.Q)
	}
	attrs := lineAttributesOf(h)
	rev := h.Reversed()
	for i := range h.Len() {
		if h.Kind(i) != datasets.Purchase || rev != nil && rev[i] {
			continue
		}
		w := benefitsWeight(m.Weight, h, i)
		if w == 0 {
			continue
		}
		c.total += w
		category, brand := attrs.categoryOf(i), attrs.brandOf(i)
		for k := range m.Families {
			f := &m.Families[k]
			var v string
			switch f.Name {
			case "category":
				v = category
			case "brand":
				v = brand
			case "price":
				v = m.tier(category, attrs.priceOf(i))
			case "label":
				v = attrs.labelOf(i, brand)
			}
			part, known := m.at[k][v]
			switch {
			case known:
				if k == 0 {
					c.first[part]++
				}
			case v == "" && f.Unknown >= 0:
				part = f.Unknown
			case f.Other >= 0:
				part = f.Other
			default: // never met: it says nothing
				for a, q := range f.Q {
					c.parts[k][a] += w * q
				}
				continue
			}
			c.parts[k][part] += w
		}
	}
	return c
}

// tier returns the price tier, "" where price or cuts are unknown.
func (m *benefitsModel) tier(category string, price float64) string {
	cut, ok := m.Cuts[category]
	if !ok || math.IsNaN(price) {
		return ""
	}
	return benefitsTiers[priceTier(cut, priceBin(price))]
}

// Evidence counts the customer's own lines that tell something.
func (m *benefitsModel) Evidence(h datasets.History) int {
	n := 0
	rev := h.Reversed()
	for i := range h.Len() {
		if h.Kind(i) == datasets.Purchase && (rev == nil || !rev[i]) && benefitsWeight(m.Weight, h, i) > 0 {
			n++
		}
	}
	return n
}

// Measure fills the row; a customer who bought nothing has the population's mix.
func (m *benefitsModel) Measure(h datasets.History, row []float64) {
	c := m.count(h)
	smoothed := func(x, q float64) float64 {
		if c.total+m.M == 0 {
			return q
		}
		return (x + m.M*q) / (c.total + m.M)
	}
	first := &m.Families[0]
	primary, most, second, excess := 0, 0.0, 0.0, math.Inf(-1)
	for a := range first.Named {
		s := smoothed(c.parts[0][a], first.Choice[a])
		if s-first.Choice[a] > excess {
			primary, excess = a, s-first.Choice[a]
		}
		most, second = max(most, s), max(second, min(most, s))
	}
	j := 0
	for _, n := range m.Names {
		switch n {
		case "shares", "rpi":
			for k := range m.Families {
				f := &m.Families[k]
				for a, x := range c.parts[k] {
					if n == "shares" {
						row[j] = smoothed(x, f.Q[a]) / float64(len(m.Families))
					} else {
						row[j] = math.Log(max(smoothed(x, f.Choice[a])/f.Choice[a], 1e-6)) // a floor where nothing is smoothed
					}
					j++
				}
			}
			continue
		case "primary_benefit":
			row[j] = float64(primary)
		case "primary_share":
			row[j] = smoothed(c.parts[0][primary], first.Choice[primary])
		case "primacy":
			row[j] = most - second
		case "benefit_entropy":
			row[j] = m.Entropy
			if h := benefitsEntropy(c.first); !math.IsNaN(h) {
				row[j] = (h*c.total + m.Entropy*m.M) / (c.total + m.M)
			}
		}
		j++
	}
}

// benefitsEntropy returns the debiased entropy of counts over ln of their number, 0
// where there is one class only, NaN without any.
func benefitsEntropy(counts []float64) float64 {
	return EntropyDebiased(counts) / math.Log(max(float64(len(counts)), 2))
}

// benefitsEntropyOf returns the same of shares that are known.
func benefitsEntropyOf(shares []float64) float64 {
	return Entropy(shares) / math.Log(max(float64(len(shares)), 2))
}

// benefitsSlugs returns a legal and distinct column part for each value.
func benefitsSlugs(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		s := snake(v)
		for n := 2; slices.Contains(out[:i], s); n++ {
			s = fmt.Sprintf("%s_%d", snake(v), n)
		}
		out[i] = s
	}
	return out
}
