package features

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// dealsSummary is what the population paid: sums per column, and lines by item, block
// of days and price, and by category and price.
type dealsSummary struct {
	lines      []dealsLine // of a single customer, not yet counted
	sums, ns   [dealsCount]ExactSum
	weighed    int64 // lines in deal_share
	items      map[string]map[uint64]int64
	categories map[string]map[uint32]int64
}

// Gather adds up the customer's lines.
func (o *Deals) Gather(h datasets.History) Summary {
	s := &dealsSummary{}
	own := dealsLines(h, o.Weight, func(l dealsLine) {
		if s.lines == nil {
			s.lines = make([]dealsLine, 0, h.Len())
		}
		s.lines = append(s.lines, l)
	})
	for k, x := range own {
		if x.n > 0 {
			s.sums[k].Add(x.sum)
			s.ns[k].Add(x.n)
		}
	}
	s.weighed = int64(own[dealsShare].terms)
	return s
}

// Merge adds other.
func (s *dealsSummary) Merge(other Summary) {
	o := other.(*dealsSummary)
	if s.items == nil {
		s.items, s.categories = map[string]map[uint64]int64{}, map[string]map[uint32]int64{}
	}
	s.take(s.lines)
	s.take(o.lines)
	s.lines = nil
	for k := range s.sums {
		s.sums[k].Merge(&o.sums[k])
		s.ns[k].Merge(&o.ns[k])
	}
	s.weighed += o.weighed
	for item, cells := range o.items {
		to := dealsInner(s.items, item)
		for c, n := range cells {
			to[c] += n
		}
	}
	for category, bins := range o.categories {
		to := dealsInner(s.categories, category)
		for b, n := range bins {
			to[b] += n
		}
	}
}

// take counts one customer's lines.
func (s *dealsSummary) take(lines []dealsLine) {
	for i := range lines {
		l := &lines[i]
		if l.item != "" {
			dealsInner(s.items, l.item)[l.cell]++
		}
		if l.category != "" {
			dealsInner(s.categories, l.category)[l.bin]++
		}
	}
}

func dealsInner[K comparable](m map[string]map[K]int64, key string) map[K]int64 {
	in := m[key]
	if in == nil {
		in = map[K]int64{}
		m[strings.Clone(key)] = in
	}
	return in
}

// dealsRepeats is the number of lines of an item in a block of days below which its
// usual price is not known.
const dealsRepeats = 5

// Learn finds the population's values, the tiers and the usual prices.
func (o *Deals) Learn(sum Summary, _ map[string]Model) (Model, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := sum.(*dealsSummary)
	s.Merge(&dealsSummary{}) // counts a lone customer's lines
	m := &dealsModel{Shrink: o.Shrink, Weight: o.Weight, Unit: 1}
	means := [dealsCount]dealsMean{}
	for k := range means {
		means[k] = dealsMean{sum: s.sums[k].Value(), n: s.ns[k].Value()}
	}
	m.Cuts, means[dealsTier] = s.tiers()
	m.Usual, means[dealsResponse] = s.usual()
	for k, x := range means {
		if x.n > 0 {
			m.Population[k] = x.sum / x.n
		}
	}
	if s.weighed > 0 {
		m.Unit = means[dealsShare].n / float64(s.weighed)
	}
	why := [dealsCount]string{
		"no purchase has a discount", "no purchase has a discount", "no coupon was redeemed", "no own label is told apart",
		"no category has 30 lines at several prices", "no item has several prices within 90 days",
	}
	for _, n := range o.Columns {
		switch k := dealsColumn(n); {
		case means[k].sum > 0 && means[k].sum < means[k].n:
			m.Names = append(m.Names, n)
		case k == dealsDepth && means[k].sum > 0:
			m.Names = append(m.Names, n)
		case means[k].sum > 0:
			m.Notes = append(m.Notes, fmt.Sprintf("%s is 1 for everybody: left out", n))
		default:
			m.Notes = append(m.Notes, fmt.Sprintf("%s is left out: %s", n, why[k]))
		}
	}
	return m, nil
}

// tiers returns the price cuts of the categories, and the sum of the tiers.
func (s *dealsSummary) tiers() (cuts map[string][2]uint32, all dealsMean) {
	cuts = map[string][2]uint32{}
	for category, bins := range s.categories { // sums of halves: exact in any order
		sorted, counts, lines := dealsSorted(bins)
		if lines < benefitsThin || len(sorted) < 2 {
			continue
		}
		cut := priceTerciles(sorted, counts)
		cuts[category] = cut
		for i, b := range sorted {
			all.sum += float64(priceTier(cut, b)) / 2 * float64(counts[i])
		}
		all.n += float64(lines)
	}
	return cuts, all
}

// usual returns the median price of each item in each block of days with several
// prices, and how many lines were below it.
func (s *dealsSummary) usual() (out map[string][][2]uint32, all dealsMean) {
	out = map[string][][2]uint32{}
	for item, cells := range s.items { // whole numbers: exact in any order
		sorted, counts, _ := dealsSorted(cells)
		for lo := 0; lo < len(sorted); {
			hi, lines := lo, int64(0)
			for hi < len(sorted) && sorted[hi]>>32 == sorted[lo]>>32 {
				lines += counts[hi]
				hi++
			}
			if hi-lo > 1 && lines >= dealsRepeats {
				var below int64
				at := lo
				for 2*(below+counts[at]) < lines {
					below += counts[at]
					at++
				}
				out[item] = append(out[item], [2]uint32{uint32(sorted[lo] >> 32), uint32(sorted[at])})
				all.sum += float64(below)
				all.n += float64(lines)
			}
			lo = hi
		}
	}
	return out, all
}

// dealsSorted returns the keys in order with their counts and the sum of these.
func dealsSorted[K cmp.Ordered](m map[K]int64) (keys []K, counts []int64, total int64) {
	keys = slices.Sorted(maps.Keys(m))
	for _, k := range keys {
		counts = append(counts, m[k])
		total += m[k]
	}
	return keys, counts, total
}
