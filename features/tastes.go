package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "tastes",
	Doc: `Tastes: a map on which items that go together lie together
Items are placed by who wants them, and a customer where their items lie: two customers
who never bought the same thing are near if what they bought goes together.
1. M_ij = max(0, ln(n_ij·N/(n_i·n_j)) − ln shift) from the numbers of customers with
   item i, j and both (views, wishes, carts and purchases that stand), the positive
   pointwise mutual information; 0 on the diagonal, for pairs of fewer than 5 customers
   (min_pairs) and for items that are not among the most wanted (items, default 2,000).
2. Its truncated singular value decomposition U Σ Vᵀ; item i lies at row i of U·√Σ.
   This is what word2vec's negative sampling factorises implicitly (item2vec is the
   same on baskets), without its randomness. In each column the entry of the largest
   magnitude is positive.
3. A customer lies at the weighted mean of the items' places, each item once with the
   weight of the strongest deed (view 1, wish list 2, cart 3, purchase 5), drawn to the
   mean of all wants with the weight of m items (shrink, default 5).
  taste_1 …  dim coordinates (default 16, fewer where the items have fewer); they are an
             embedding: scaled by one common factor, since distances mean something
             and single axes do not
Prospects are measured by what they look at. Customers with more than 500 different
items (widest) are left out when pairs are counted, and said: they want everything. A
log without items uses categories. Cost: O(Σ items² of a customer) once, and O(events)
a customer.`,
	Refs: []Ref{
		{Authors: "Levy & Goldberg", Title: "Neural word embedding as implicit matrix factorization", Venue: "Advances in Neural Information Processing Systems 27", Year: 2014, DOI: "pp. 2177–2185"},
		{Authors: "Barkan & Koenigstein", Title: "Item2vec: neural item embedding for collaborative filtering", Venue: "IEEE MLSP", Year: 2016, DOI: "10.1109/MLSP.2016.7738886"},
		{Authors: "Halko, Martinsson & Tropp", Title: "Finding structure with randomness (subspace iteration)", Venue: "SIAM Review 53", Year: 2011, DOI: "10.1137/090771806"},
	},
	Version:  1,
	AnyField: datasets.FieldItem | datasets.FieldCategory,
	AnyKind:  datasets.KindSet(datasets.View, datasets.Wishlist, datasets.CartAdd, datasets.Purchase),
	Null:     ShuffleItems,
	New: func() Block {
		return &Tastes{Level: "auto", Deeds: deedWeights, Dim: 16, Items: 2000, MinItems: 5, MinPairs: 5, Widest: 500, Shift: 1, Shrink: 5}
	},
})

// Tastes is the options of tastes.
type Tastes struct {
	Level    string  `json:"level"` // auto, item, category, brand
	Deeds    Deeds   `json:"deeds"`
	Dim      int     `json:"dim"`
	Items    int     `json:"items"`     // the most wanted items that are placed
	MinItems int     `json:"min_items"` // customers an item needs
	MinPairs int     `json:"min_pairs"` // customers a pair needs
	Widest   int     `json:"widest"`    // different items above which a customer is not counted; 0 = no limit
	Shift    float64 `json:"shift"`     // the number of negative samples of word2vec; 1 = none
	Shrink   float64 `json:"shrink"`    // weight of the population, in items; 0 = none
}

// tastesLevel settles what is placed: items, else what there is.
func tastesLevel(h datasets.History, level string) string {
	if level != "auto" {
		return level
	}
	if h.Meta.Has&datasets.FieldItem != 0 {
		return "item"
	}
	return "category"
}

// tastesSummary holds every customer's set of items.
type tastesSummary struct {
	level string
	own   []string // one customer's, before it is merged
	some  bool     // own is a customer
	sets  bags
	wide  int64 // customers with more items than the widest
}

// Merge adds other.
func (s *tastesSummary) Merge(other Summary) {
	o := other.(*tastesSummary)
	if s.level == "" {
		s.level = o.level
	}
	for _, x := range []*tastesSummary{s, o} {
		if x.some {
			s.sets.add(x.own)
		}
	}
	s.own, s.some = nil, false
	s.sets.merge(&o.sets)
	s.wide += o.wide
}

// Empty returns the summary of no customers.
func (o *Tastes) Empty() Summary { return &tastesSummary{} }

// Gather keeps the customer's set of items.
func (o *Tastes) Gather(h datasets.History) Summary {
	s := &tastesSummary{level: tastesLevel(h, o.Level)}
	t := tallies.Get().(*tally)
	defer tallies.Put(t)
	t.reset()
	rev := h.Reversed()
	for i := range h.Len() {
		if o.Deeds.weight(h, i, rev) > 0 {
			if name := nameAt(h, i, s.level); name != "" {
				t.number(name)
			}
		}
	}
	switch {
	case len(t.names) == 0:
	case o.Widest > 0 && len(t.names) > o.Widest:
		s.wide = 1
	default:
		s.own, s.some = slices.Clone(t.names), true
	}
	return s
}

func (o *Tastes) valid() error {
	if err := o.Deeds.valid(); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{"auto", "item", "category", "brand"}, o.Level):
		return fmt.Errorf("level = %q: auto, item, category or brand", o.Level)
	case o.Dim < 1 || o.Dim > 512:
		return fmt.Errorf("dim = %d: 1 to 512", o.Dim)
	case o.Items < 2:
		return fmt.Errorf("items = %d: at least 2", o.Items)
	case o.MinItems < 1 || o.MinPairs < 1:
		return fmt.Errorf("min_items = %d, min_pairs = %d: at least 1", o.MinItems, o.MinPairs)
	case o.Widest < 0:
		return fmt.Errorf("widest = %d: at least 0", o.Widest)
	case !(o.Shift > 0):
		return fmt.Errorf("shift = %g: above 0", o.Shift)
	case !(o.Shrink >= 0):
		return fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	}
	return nil
}

// Learn places the items.
func (o *Tastes) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*tastesSummary)
	if err := o.valid(); err != nil {
		return nil, err
	}
	s.Merge(&tastesSummary{})
	sets := &s.sets
	m := &tastesModel{Level: s.level, Deeds: o.Deeds, Shrink: o.Shrink, Wide: s.wide, Widest: o.Widest}
	counts := make([]int, len(sets.words))
	for _, c := range sets.flat {
		counts[c]++
	}
	var picked []int32
	for c, n := range counts {
		if n >= o.MinItems {
			picked = append(picked, int32(c))
		}
	}
	slices.SortFunc(picked, func(a, b int32) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(sets.words[a], sets.words[b]))
	})
	if len(picked) > o.Items {
		picked = picked[:o.Items]
	}
	if len(picked) < 2 {
		return nil, fmt.Errorf("%d of %d (level = %q) are wanted by %d customers or more: at least 2 are needed; lower min_items, or take level = category",
			len(picked), len(sets.words), s.level, o.MinItems)
	}
	number := make([]int32, len(sets.words)) // of a word among the picked, −1 = not
	for c := range number {
		number[c] = -1
	}
	n := make([]int, len(picked))
	for k, c := range picked {
		number[c] = int32(k)
		m.Items = append(m.Items, sets.words[c])
		n[k] = counts[c]
	}
	ppmi := tastesPPMI(sets, number, n, o)
	vectors, values := topEigen(ppmi, o.Dim)
	if len(values) == 0 {
		return nil, fmt.Errorf("no two items share %d customers more often than by chance: lower min_pairs, or take level = category", o.MinPairs)
	}
	m.Vectors = make([][]float64, len(picked))
	m.Mean = make([]float64, len(values))
	var all float64
	for k := range m.Vectors {
		m.Vectors[k] = make([]float64, len(values))
		all += float64(n[k])
		for d, x := range values {
			m.Vectors[k][d] = vectors[d][k] * math.Sqrt(math.Abs(x))
			m.Mean[d] += float64(n[k]) * m.Vectors[k][d]
		}
	}
	for d := range m.Mean {
		m.Mean[d] /= all
	}
	m.Ends = tastesEnds(m)
	return m, nil
}

// tastesPPMI counts pairs item by item and keeps the positive ones.
func tastesPPMI(sets *bags, number []int32, n []int, o *Tastes) *sparse {
	kept := &bags{}
	for i := range sets.ends {
		for _, c := range sets.set(i) {
			if number[c] >= 0 {
				kept.flat = append(kept.flat, number[c])
			}
		}
		kept.ends = append(kept.ends, len(kept.flat))
	}
	start, at := kept.postings(len(n))
	set := make([]int32, len(kept.flat)) // of each member
	lo := 0
	for b, end := range kept.ends {
		for p := lo; p < end; p++ {
			set[p] = int32(b)
		}
		lo = end
	}
	out := &sparse{n: len(n)}
	counts := make([]int32, len(n))
	total := float64(len(kept.ends))
	shift := math.Log(o.Shift)
	for i := range n {
		for _, p := range at[start[i]:start[i+1]] {
			for _, j := range kept.set(int(set[p])) {
				counts[j]++
			}
		}
		for j, c := range counts {
			if j != i && int(c) >= o.MinPairs {
				if x := math.Log(float64(c)*total/(float64(n[i])*float64(n[j]))) - shift; x > 0 {
					out.col = append(out.col, int32(j))
					out.val = append(out.val, x)
				}
			}
		}
		clear(counts)
		out.ends = append(out.ends, len(out.col))
	}
	return out
}

// tastesEnds names each axis by its three strongest items at either end.
func tastesEnds(m *tastesModel) [][2]string {
	out := make([][2]string, len(m.Mean))
	order := make([]int, len(m.Items))
	for d := range out {
		for k := range order {
			order[k] = k
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(m.Vectors[b][d], m.Vectors[a][d]), a-b) })
		var ends [2][]string
		for k := range min(3, len(order)) {
			if hi := order[k]; m.Vectors[hi][d] > 0 {
				ends[0] = append(ends[0], m.Items[hi])
			}
			if lo := order[len(order)-1-k]; m.Vectors[lo][d] < 0 {
				ends[1] = append(ends[1], m.Items[lo])
			}
		}
		out[d] = [2]string{strings.Join(ends[0], ", "), strings.Join(ends[1], ", ")}
	}
	return out
}

// Model returns an empty model.
func (o *Tastes) Model() Model { return &tastesModel{} }

// tastesModel holds the items' places.
type tastesModel struct {
	Level   string      `json:"level"`
	Deeds   Deeds       `json:"deeds"`
	Shrink  float64     `json:"shrink"`
	Items   []string    `json:"items"`   // the most wanted first
	Vectors [][]float64 `json:"vectors"` // items × dim
	Mean    []float64   `json:"mean"`    // of all wants
	Ends    [][2]string `json:"ends"`    // the strongest items of each axis
	Wide    int64       `json:"wide"`
	Widest  int         `json:"widest"`

	index lazyIndex
}

// Warnings says who was not counted.
func (m *tastesModel) Warnings() []string {
	if m.Wide > 0 {
		return []string{fmt.Sprintf("%d customers with more than %d different items do not count in which items go together (widest)", m.Wide, m.Widest)}
	}
	return nil
}

// Columns describes the columns.
func (m *tastesModel) Columns() []Column {
	out := make([]Column, len(m.Mean))
	for d := range out {
		doc := fmt.Sprintf("taste axis %d", d+1)
		switch e := m.Ends[d]; {
		case e[0] != "" && e[1] != "":
			doc += fmt.Sprintf(": %s against %s", e[0], e[1])
		default:
			doc += ": " + e[0] + e[1]
		}
		out[d] = Column{Name: fmt.Sprintf("taste_%d", d+1), Doc: doc, Block: "tastes", Kind: Embedding}
	}
	return out
}

// Evidence counts the customer's different items that have a place.
func (m *tastesModel) Evidence(h datasets.History) int {
	n := 0
	m.each(h, func([]float64, float64) { n++ })
	return n
}

// each calls f with every item of the customer that has a place, and its weight.
func (m *tastesModel) each(h datasets.History, f func(place []float64, weight float64)) {
	index := m.index.of(m.Items)
	r := tastesScratch.Get().(*tastesRun)
	defer tastesScratch.Put(r)
	r.names.reset()
	r.weight = r.weight[:0]
	rev := h.Reversed()
	for i := range h.Len() {
		w := m.Deeds.weight(h, i, rev)
		if w == 0 {
			continue
		}
		name := nameAt(h, i, m.Level)
		if name == "" {
			continue
		}
		k, fresh := r.names.number(name)
		if fresh {
			r.weight = append(r.weight, 0)
		}
		r.weight[k] = max(r.weight[k], w)
	}
	for k, name := range r.names.names {
		if i, ok := index[name]; ok {
			f(m.Vectors[i], r.weight[k])
		}
	}
}

// Measure fills the row; who wants nothing that has a place lies at the mean.
func (m *tastesModel) Measure(h datasets.History, row []float64) {
	clear(row)
	var total, square float64
	m.each(h, func(place []float64, w float64) {
		total += w
		square += w * w
		for d, x := range place {
			row[d] += w * x
		}
	})
	if total == 0 {
		copy(row, m.Mean)
		return
	}
	n := total * total / square // Kish's effective number of items
	for d := range row {
		row[d] = (n*row[d]/total + m.Shrink*m.Mean[d]) / (n + m.Shrink)
	}
}
