package features

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// priceClass tells prices and quantities apart to 1 part in 128 (the upper 7 bits of
// the mantissa), whole numbers up to 256 exactly: classes count exactly in any order,
// and a shelf of ten million prices has some hundreds of them. x must be positive.
func priceClass(x float64) int32 { return int32(math.Float64bits(x) >> 45) }

// priceOf is the smallest value of a class.
func priceOf(class int32) float64 { return math.Float64frombits(uint64(class) << 45) }

// linePrice returns what a unit of event i cost: its price, else amount over
// quantity; NaN if neither tells, or nothing was paid.
func linePrice(h datasets.History, i int) float64 {
	p := h.Price(i)
	if math.IsNaN(p) {
		p = h.Amount(i) / h.Quantity(i)
	}
	if !(p > 0 && p < math.Inf(1)) {
		return math.NaN()
	}
	return p
}

// lineCategory returns event i's category: the log's, else what the table of items
// says in its column category.
func lineCategory(h datasets.History, i int) string {
	if h.Meta.Has&datasets.FieldCategory != 0 {
		return h.Category(i)
	}
	return h.Items().Text(h.Item(i), "category")
}

// hasCategories reports whether lineCategory can tell anything.
func hasCategories(h datasets.History) bool {
	t := h.Items()
	return h.Meta.Has&datasets.FieldCategory != 0 || h.Meta.Has&datasets.FieldItem != 0 && t != nil && t.Col("category") != nil
}

// priceLine is a line to be counted.
type priceLine struct {
	category string
	class    int32
}

// priceCounts counts lines by category and class of price. One customer's lines wait
// in a list until they are merged: a map for every customer would cost more than the
// counting.
type priceCounts struct {
	waiting []priceLine
	index   map[string]int32
	names   []string
	counts  map[int64]int64 // category·2³² + class
}

func (p *priceCounts) merge(o *priceCounts) {
	if p.index == nil {
		p.index, p.counts = map[string]int32{}, map[int64]int64{}
		p.settle(p.waiting)
		p.waiting = nil
	}
	p.settle(o.waiting)
	for key, n := range o.counts {
		p.counts[p.key(o.names[key>>32], int32(key))] += n
	}
}

func (p *priceCounts) settle(lines []priceLine) {
	for _, l := range lines {
		p.counts[p.key(l.category, l.class)]++
	}
}

func (p *priceCounts) key(category string, class int32) int64 {
	k, ok := p.index[category]
	if !ok {
		k = int32(len(p.names))
		p.names = append(p.names, category)
		p.index[category] = k
	}
	return int64(k)<<32 | int64(class)
}

// PriceRanks is how the prices of one category are spread over its purchase lines.
type PriceRanks struct {
	Category string  `json:"category"`
	Class    []int32 `json:"class"` // ascending classes of price
	Lines    []int64 `json:"lines"` // purchase lines in each
}

// ranks returns the categories that have two prices or more, by name, and how many
// have one only.
func (p *priceCounts) ranks() (out []PriceRanks, single int) {
	p.merge(&priceCounts{}) // nothing waits
	keys := slices.SortedFunc(maps.Keys(p.counts), func(a, b int64) int {
		return cmp.Or(cmp.Compare(p.names[a>>32], p.names[b>>32]), cmp.Compare(int32(a), int32(b)))
	})
	for i := 0; i < len(keys); {
		r := PriceRanks{Category: p.names[keys[i]>>32]}
		k := keys[i] >> 32
		for ; i < len(keys) && keys[i]>>32 == k; i++ {
			r.Class = append(r.Class, int32(keys[i]))
			r.Lines = append(r.Lines, p.counts[keys[i]])
		}
		if len(r.Class) < 2 {
			single++
			continue
		}
		out = append(out, r)
	}
	return out, single
}

// Percentiles returns the mid-rank of each class of price: the share of the
// category's lines that are cheaper, plus half of those that cost the same. Over the
// lines its mean is 1/2.
func (r *PriceRanks) Percentiles() []float64 {
	var n, below float64
	for _, c := range r.Lines {
		n += float64(c)
	}
	out := make([]float64, len(r.Lines))
	for i, c := range r.Lines {
		out[i] = (below + float64(c)/2) / n
		below += float64(c)
	}
	return out
}

// Percentile returns the mid-rank of a price: 0 below all, 1 above all, and between
// two classes the share of the lines that are cheaper.
func (r *PriceRanks) Percentile(price float64) float64 {
	return priceRank(r.Class, r.Percentiles(), price)
}

func priceRank(classes []int32, percentiles []float64, price float64) float64 {
	class := priceClass(price)
	i, ok := slices.BinarySearch(classes, class)
	switch {
	case ok:
		return percentiles[i]
	case i == 0:
		return 0
	case i == len(classes):
		return 1
	}
	// Half of the class below lies above its mid-rank, and of the one above below it.
	return (percentiles[i-1] + percentiles[i]) / 2
}
