package features

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// benefitsTally sums weights by text, in order of first sight: a list while it is
// short, as nearly all are, with a map beside it when it grows.
type benefitsTally struct {
	names   []string
	weights []float64
	at      map[string]int32
}

// benefitsList is the length up to which a list is searched faster than a map.
const benefitsList = 24

func (t *benefitsTally) add(name string, w float64) int32 {
	i := int32(-1)
	if t.at != nil {
		if k, ok := t.at[name]; ok {
			i = k
		}
	} else {
		i = int32(slices.Index(t.names, name))
	}
	if i < 0 {
		i = int32(len(t.names))
		t.names = append(t.names, name)
		t.weights = append(t.weights, 0)
		switch {
		case t.at != nil:
			t.at[name] = i
		case len(t.names) > benefitsList:
			t.at = make(map[string]int32, 2*benefitsList)
			for k, n := range t.names {
				t.at[n] = int32(k)
			}
		}
	}
	t.weights[i] += w
	return i
}

// benefitsOne is one customer's part: what Merge folds into the population.
type benefitsOne struct {
	sums   [3]benefitsTally // by category, brand, label
	prices []benefitsPrice
	total  float64
}

// benefitsPrice is one line's price within its category, a number of sums[0].
type benefitsPrice struct {
	category int32
	bin      uint32
	weight   float64
}

// benefitsBin is what the population bought of one category at one price.
type benefitsBin struct {
	lines  int64
	weight ExactSum
}

// benefitsSummary is what the population bought by value, its prices by category,
// and the tables of offers and items: facts of the catalogue, which every shard of a
// log sees alike.
type benefitsSummary struct {
	one    *benefitsOne // of a single customer, not yet folded in
	sums   [3]map[string]*ExactSum
	bins   map[string]map[uint32]*benefitsBin
	totals Multiset // weight per customer who bought
	offers *datasets.Table
	items  *datasets.Table
}

// Merge adds other.
func (s *benefitsSummary) Merge(other Summary) {
	o := other.(*benefitsSummary)
	if s.bins == nil {
		s.bins = map[string]map[uint32]*benefitsBin{}
		for k := range s.sums {
			s.sums[k] = map[string]*ExactSum{}
		}
	}
	if s.offers == nil {
		s.offers = o.offers
	}
	if s.items == nil {
		s.items = o.items
	}
	s.take(s.one)
	s.take(o.one)
	s.one = nil
	for k := range o.sums {
		for name, x := range o.sums[k] {
			s.sum(k, name).Merge(x)
		}
	}
	for category, bins := range o.bins {
		for b, x := range bins {
			t := s.bin(category, b)
			t.lines += x.lines
			t.weight.Merge(&x.weight)
		}
	}
	s.totals.Merge(&o.totals)
}

// take folds one customer in.
func (s *benefitsSummary) take(one *benefitsOne) {
	if one == nil || one.total == 0 {
		return
	}
	for k, t := range one.sums {
		for i, n := range t.names {
			s.sum(k, n).Add(t.weights[i])
		}
	}
	for _, p := range one.prices {
		b := s.bin(one.sums[0].names[p.category], p.bin)
		b.lines++
		b.weight.Add(p.weight)
	}
	s.totals.Add(one.total)
}

func (s *benefitsSummary) sum(k int, name string) *ExactSum {
	x := s.sums[k][name]
	if x == nil {
		x = &ExactSum{}
		s.sums[k][strings.Clone(name)] = x
	}
	return x
}

func (s *benefitsSummary) bin(category string, b uint32) *benefitsBin {
	bins := s.bins[category]
	if bins == nil {
		bins = map[uint32]*benefitsBin{}
		s.bins[strings.Clone(category)] = bins
	}
	x := bins[b]
	if x == nil {
		x = &benefitsBin{}
		bins[b] = x
	}
	return x
}

// Empty returns the summary of no customers.
func (o *Benefits) Empty() Summary { return &benefitsSummary{} }

// Gather adds up what the customer bought.
func (o *Benefits) Gather(h datasets.History) Summary {
	s := &benefitsSummary{offers: h.Offers(), items: h.Items()}
	one := &benefitsOne{}
	attrs := lineAttributesOf(h)
	rev := h.Reversed()
	tiers := slices.Contains(o.Families, "price")
	for i := range h.Len() {
		if h.Kind(i) != datasets.Purchase || rev != nil && rev[i] {
			continue
		}
		w := benefitsWeight(o.Weight, h, i)
		if w == 0 {
			continue
		}
		one.total += w
		brand := attrs.brandOf(i)
		category := one.sums[0].add(attrs.categoryOf(i), w)
		one.sums[1].add(brand, w)
		one.sums[2].add(attrs.labelOf(i, brand), w)
		if tiers {
			if p := attrs.priceOf(i); !math.IsNaN(p) {
				if one.prices == nil {
					one.prices = make([]benefitsPrice, 0, h.Len()-i)
				}
				one.prices = append(one.prices, benefitsPrice{category, priceBin(p), w})
			}
		}
	}
	s.one = one
	return s
}

// benefitsThin is the number of a category's lines below which its terciles are
// chance: a tier is then unknown.
const benefitsThin = 30

// Learn picks the values, the population's mix, the choice set and the price tiers.
func (o *Benefits) Learn(sum Summary, _ map[string]Model) (Model, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := sum.(*benefitsSummary)
	s.Merge(&benefitsSummary{}) // folds a lone customer in
	m := &benefitsModel{Names: slices.Clone(o.Columns), Weight: o.Weight}
	totals := s.totals.Sorted()
	if len(totals) == 0 {
		return nil, fmt.Errorf("no customer bought anything: there is nothing to see benefits in (weight = %s)", o.Weight)
	}
	m.M = o.Smooth * Quantile(totals, 0.5)
	for _, name := range o.Families {
		var f benefitsFamily
		switch k := slices.Index([]string{"category", "brand", "label"}, name); {
		case k >= 0:
			f = benefitsPick(name, s.sums[k], o.Top)
		default:
			var mix map[string]*ExactSum
			m.Cuts, mix = s.tiers()
			f = benefitsPick(name, mix, len(benefitsTiers))
		}
		if len(f.Values) < 2 || f.Named == 0 {
			m.Notes = append(m.Notes, fmt.Sprintf("%s tells nothing apart (%d known values): left out", benefitsWords(name), f.Named))
			if name == "price" {
				m.Cuts = nil
			}
			continue
		}
		m.Families = append(m.Families, f)
	}
	if len(m.Families) == 0 {
		return nil, fmt.Errorf("families = %s: none tells purchases apart", strings.Join(o.Families, ", "))
	}
	if o.ChoiceSet != "population" {
		if err := o.offered(m, s.offers, s.items); err != nil {
			return nil, err
		}
	}
	first := m.Families[0]
	m.Entropy = benefitsEntropyOf(first.Q[:first.Named])
	return m, nil
}

func (o *Benefits) check() error {
	for _, n := range o.Columns {
		if !slices.Contains(benefitsColumns, n) {
			return fmt.Errorf("no column %q (columns: %s)", n, strings.Join(benefitsColumns, ", "))
		}
	}
	for _, n := range o.Families {
		if benefitsWords(n) == "" {
			return fmt.Errorf("no family %q (families: category, brand, price, label)", n)
		}
	}
	switch {
	case o.Top < 1:
		return fmt.Errorf("top = %d: at least 1", o.Top)
	case !(o.Smooth >= 0) || math.IsInf(o.Smooth, 0):
		return fmt.Errorf("smooth = %g: at least 0", o.Smooth)
	case !slices.Contains([]string{"lines", "units", "spend"}, o.Weight):
		return fmt.Errorf("weight = %q: lines, units or spend", o.Weight)
	case !slices.Contains([]string{"auto", "population", "offers"}, o.ChoiceSet):
		return fmt.Errorf("choice_set = %q: auto, population or offers", o.ChoiceSet)
	}
	return nil
}

// tiers returns the price cuts of every category with enough lines and more than one
// price, and the population's mix of tiers.
func (s *benefitsSummary) tiers() (map[string][2]uint32, map[string]*ExactSum) {
	cuts, mix := map[string][2]uint32{}, map[string]*ExactSum{}
	add := func(tier string, w *ExactSum) {
		if mix[tier] == nil {
			mix[tier] = &ExactSum{}
		}
		mix[tier].Merge(w)
	}
	for category, total := range s.sums[0] { // exact sums: the order does not show
		var priced ExactSum
		bins := s.bins[category]
		var lines int64
		for _, x := range bins {
			lines += x.lines
			priced.Merge(&x.weight)
		}
		rest := ExactSum{}
		rest.Merge(total)
		if category != "" && lines >= benefitsThin && len(bins) > 1 {
			sorted := slices.Sorted(maps.Keys(bins))
			counts := make([]int64, len(sorted))
			for i, b := range sorted {
				counts[i] = bins[b].lines
			}
			cut := priceTerciles(sorted, counts)
			for _, b := range sorted {
				add(benefitsTiers[priceTier(cut, b)], &bins[b].weight)
			}
			cuts[category] = cut
			rest.Add(-priced.Value())
		}
		if r := rest.Value(); r > 1e-9*total.Value() {
			add("", &rest)
		}
	}
	return cuts, mix
}

// benefitsPick makes the family of the top values, the rest, and the unknown.
func benefitsPick(name string, sums map[string]*ExactSum, top int) benefitsFamily {
	type part struct {
		value  string
		weight float64
	}
	var parts []part
	var unknown float64
	var all ExactSum
	for v, x := range sums {
		w := x.Value()
		all.Merge(x)
		if v == "" {
			unknown = w
		} else if w > 0 {
			parts = append(parts, part{v, w})
		}
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.value, b.value))
	})
	total := all.Value()
	f := benefitsFamily{Name: name, Other: -1, Unknown: -1, Named: min(top, len(parts))}
	var rest ExactSum
	for i, p := range parts {
		if i < f.Named {
			f.Values = append(f.Values, p.value)
			f.Q = append(f.Q, p.weight/total)
		} else {
			rest.Add(p.weight)
		}
	}
	if name == "price" { // in their own order
		slices.SortFunc(parts, func(a, b part) int {
			return cmp.Compare(slices.Index(benefitsTiers[:], a.value), slices.Index(benefitsTiers[:], b.value))
		})
		for i, p := range parts {
			f.Values[i], f.Q[i] = p.value, p.weight/total
		}
	}
	f.Slugs = benefitsSlugs(append(slices.Clone(f.Values), "other", "unknown"))
	other, noIdea := f.Slugs[f.Named], f.Slugs[f.Named+1]
	f.Slugs = f.Slugs[:f.Named]
	if r := rest.Value(); r > 0 {
		f.Other = len(f.Values)
		f.Values, f.Slugs, f.Q = append(f.Values, "other"), append(f.Slugs, other), append(f.Q, r/total)
	}
	if unknown > 0 {
		f.Unknown = len(f.Values)
		f.Values, f.Slugs, f.Q = append(f.Values, "unknown"), append(f.Slugs, noIdea), append(f.Q, unknown/total)
	}
	f.Choice = f.Q
	return f
}

// offered sets the choice sets of category, brand and label to what was promoted: the
// rows of the table of offers, whose items' attributes the offers or the items tell.
// One row for each part, spread as the population, keeps every part possible.
func (o *Benefits) offered(m *benefitsModel, offers, items *datasets.Table) error {
	if offers == nil || offers.Rows() == 0 {
		if o.ChoiceSet == "offers" {
			return fmt.Errorf("choice_set = offers needs a table of offers, which the log does not have: attach one, or use choice_set = population")
		}
		return nil
	}
	m.prepare()
	for k := range m.Families {
		f := &m.Families[k]
		if f.Name == "price" {
			continue
		}
		counts := make([]float64, len(f.Q))
		var known, rows float64
		for row, item := range offers.Keys {
			rows++
			v := benefitsOffer(f.Name, offers, row, items, item)
			part, ok := m.at[k][v]
			switch {
			case v == "":
				continue
			case ok:
			case f.Other >= 0:
				part = f.Other
			default:
				continue
			}
			counts[part]++
			known++
		}
		if known < rows/2 {
			if o.ChoiceSet == "offers" {
				return fmt.Errorf("choice_set = offers: the %s of %g of %g offers is not known: attach a table of items that tells it, or use choice_set = population", f.Name, rows-known, rows)
			}
			continue
		}
		extra := float64(len(f.Q))
		f.Choice = make([]float64, len(f.Q))
		for a, c := range counts {
			f.Choice[a] = (c + extra*f.Q[a]) / (known + extra)
		}
	}
	return nil
}

// benefitsOffer returns an offer's value in that family, "" = unknown.
func benefitsOffer(family string, offers *datasets.Table, row int, items *datasets.Table, item string) string {
	names := map[string][]string{"category": lineCategoryNames, "brand": lineBrandNames, "label": lineBrandNames}[family]
	value := ""
	if c := lineColumn(offers, names); c != nil && c.Text != nil {
		value = c.Text[row]
	}
	if items != nil {
		if at, ok := items.Find(item); ok {
			if c := lineColumn(items, lineFlagNames); family == "label" && c != nil {
				return labelByFlag(c, at)
			}
			if c := lineColumn(items, names); value == "" && c != nil && c.Text != nil {
				value = c.Text[at]
			}
		}
	}
	if family == "label" {
		return labelByBrand(value)
	}
	return value
}

// Model returns an empty model.
func (o *Benefits) Model() Model { return &benefitsModel{} }
