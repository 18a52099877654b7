package features

import (
	"math"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// usageHow is how one customer uses what they buy.
type usageHow struct {
	lines, entropy   float64 // purchase lines of known category, and H over them
	occasions, weeks float64 // weeks of 7 days since the first purchase, with one
	alive            float64 // and all of them
	returns          float64
	contacts         float64
}

// usageHowColumns are the columns that need it.
var usageHowColumns = []string{"usage_breadth", "usage_intensity", "usage_recurrence", "misuse_returns", "misuse_contacts"}

func usageAsksHow(columns []string) bool {
	return slices.ContainsFunc(columns, func(n string) bool { return slices.Contains(usageHowColumns, n) })
}

// usageHowFrom measures a customer with a purchase; breadth costs a map and is asked
// for apart.
func usageHowFrom(h datasets.History, breadth bool) (u usageHow) {
	occ := h.Occasions()
	u.occasions = float64(len(occ))
	last := -1
	for _, o := range occ {
		if w := (o.Day - occ[0].Day) / 7; w != last {
			u.weeks++
			last = w
		}
	}
	u.alive = max(math.Ceil(float64(h.Meta.Now()-occ[0].Day)/7), u.weeks)
	rev := h.Reversed()
	var counts map[string]float64
	if breadth {
		counts = map[string]float64{}
	}
	for i := range h.Len() {
		switch h.Kind(i) {
		case datasets.Return:
			u.returns++
		case datasets.Contact, datasets.Complaint:
			u.contacts++
		case datasets.Purchase:
			if breadth && (rev == nil || !rev[i]) {
				if c := lineCategory(h, i); c != "" {
					counts[c]++
					u.lines++
				}
			}
		}
	}
	u.entropy = entropyOf(counts)
	return u
}

// entropyOf returns the debiased entropy of counts by text, 0 for none. Counts are
// sorted first: a sum of floats in a map's order is another one each time.
func entropyOf(counts map[string]float64) float64 {
	if len(counts) < 2 {
		return 0
	}
	xs := make([]float64, 0, len(counts))
	for _, c := range counts {
		xs = append(xs, c)
	}
	slices.Sort(xs)
	return math.Log(Hill(xs))
}

// Hill returns the effective number of classes of counts, exp H (Hill 1973,
// doi:10.2307/1934352, order 1): so many classes of equal size have the same entropy.
// H has the Miller–Madow correction, + (K − 1)/2n for the K classes seen in n
// observations, since few observations see few classes; unlike EntropyDebiased it is
// not bounded by the number of classes, which is not known here. 1 for one class, NaN
// for none.
func Hill(counts []float64) float64 {
	var n, seen float64
	for _, c := range counts {
		n += c
		if c > 0 {
			seen++
		}
	}
	return math.Exp(Entropy(counts) + (seen-1)/(2*n))
}

// usageHowSums adds it over customers: whole numbers, and two sums that are exact.
type usageHowSums struct {
	has                      datasets.Fields
	kinds                    datasets.Kinds
	categories               bool
	entropy                  ExactSum // weighted by lines
	lines, occasions, weeks  int64
	alive, returns, contacts int64
}

func (s *usageHowSums) add(h datasets.History, u usageHow) {
	s.entropy.Add(u.lines * u.entropy)
	s.lines += int64(u.lines)
	s.occasions += int64(u.occasions)
	s.weeks += int64(u.weeks)
	s.alive += int64(u.alive)
	s.returns += int64(u.returns)
	s.contacts += int64(u.contacts)
	s.has, s.kinds, s.categories = h.Meta.Has, h.Meta.Kinds, hasCategories(h)
}

func (s *usageHowSums) merge(o *usageHowSums) {
	s.entropy.Merge(&o.entropy)
	s.lines += o.lines
	s.occasions += o.occasions
	s.weeks += o.weeks
	s.alive += o.alive
	s.returns += o.returns
	s.contacts += o.contacts
	s.has |= o.has
	s.kinds |= o.kinds
	s.categories = s.categories || o.categories
}

// lacks names what the log lacks for a column.
func (s *usageHowSums) lacks(column string) string {
	switch {
	case column == "usage_breadth" && s.lines == 0:
		return "categories"
	case column == "usage_intensity" && s.has&datasets.FieldQuantity == 0:
		return "quantities"
	case column == "misuse_returns" && !s.kinds.Has(datasets.Return):
		return "return events"
	case column == "misuse_contacts" && s.kinds&datasets.KindSet(datasets.Contact, datasets.Complaint) == 0:
		return "contact or complaint events"
	}
	return ""
}

// usageMeans is the population's use.
type usageMeans struct {
	Entropy   float64 `json:"entropy"`
	Intensity float64 `json:"intensity"`
	Weeks     float64 `json:"weeks"` // share of weeks with a purchase
	Returns   float64 `json:"returns"`
	Contacts  float64 `json:"contacts"`
}

// means returns the population's ratios, from the units and orders of the block.
func (s *usageHowSums) means(units, orders float64) *usageMeans {
	m := &usageMeans{
		Weeks:   float64(s.weeks) / float64(s.alive),
		Returns: float64(s.returns) / orders, Contacts: float64(s.contacts) / orders,
	}
	if s.lines > 0 {
		m.Entropy = s.entropy.Value() / float64(s.lines)
	}
	if s.has&datasets.FieldQuantity != 0 {
		m.Intensity = units / float64(s.occasions)
	}
	return m
}

// column returns a column's value, drawn towards the population with weight shrink.
func (m *usageMeans) column(name string, o usageOf, u usageHow, shrink float64) float64 {
	drawn := func(part, whole, population float64) float64 { return (part + shrink*population) / (whole + shrink) }
	switch name {
	case "usage_breadth":
		return math.Exp(drawn(u.lines*u.entropy, u.lines, m.Entropy))
	case "usage_intensity":
		return drawn(o.units, u.occasions, m.Intensity)
	case "usage_recurrence":
		return drawn(u.weeks, u.alive, m.Weeks)
	case "misuse_returns":
		return drawn(u.returns, o.orders, m.Returns)
	case "misuse_contacts":
		return drawn(u.contacts, o.orders, m.Contacts)
	}
	panic("features: usage has no column " + name)
}
