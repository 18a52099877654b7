package features

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// themesSummary holds the lines of the customers with the smallest hashes, at most
// limit of them: the same ones in whatever order they come. items is a fact of the
// catalogue, which every shard of a log sees alike.
type themesSummary struct {
	limit int
	each  []themesCustomer
	cut   uint64 // hashes above it are left out; 0 = none yet
	items *datasets.Table
}

type themesCustomer struct {
	hash uint64
	id   string
	keys []themesKey
}

// themesHash is FNV-1a with a finisher that spreads ids that differ in the last letter.
func themesHash(id string) uint64 {
	x := uint64(14695981039346656037)
	for i := range len(id) {
		x = (x ^ uint64(id[i])) * 1099511628211
	}
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// Gather notes what the customer bought.
func (o *Themes) Gather(h datasets.History) Summary {
	s := &themesSummary{limit: max(o.Sample, 1), items: h.Items()}
	if keys := themesKeys(h); len(keys) > 0 {
		s.each = []themesCustomer{{themesHash(h.ID), h.ID, keys}}
	}
	return s
}

// Merge adds other.
func (s *themesSummary) Merge(other Summary) {
	o := other.(*themesSummary)
	if s.items == nil {
		s.items = o.items
	}
	for _, c := range o.each {
		if s.cut == 0 || c.hash <= s.cut {
			s.each = append(s.each, c)
		}
	}
	if len(s.each) >= 2*s.limit+64 {
		s.prune()
	}
}

// prune keeps the limit smallest, in order.
func (s *themesSummary) prune() {
	slices.SortFunc(s.each, func(a, b themesCustomer) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.id, b.id))
	})
	if len(s.each) > s.limit {
		clear(s.each[s.limit:]) // their lines are free to go
		s.each = s.each[:s.limit]
		s.cut = s.each[s.limit-1].hash
	}
}

// Learn finds the dictionary and the themes.
func (o *Themes) Learn(sum Summary, _ map[string]Model) (Model, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := sum.(*themesSummary)
	s.prune()
	m := &themesModel{Shrink: o.Shrink}
	x, words := o.weigh(s, m)
	k := min(o.K, len(words), x.Rows())
	if k < 2 {
		m.Words, m.IDF = nil, nil
		m.Notes = append(m.Notes, fmt.Sprintf("the items have %d words that several customers bought: no themes (a table of items with a description would give them)", len(words)))
		return m, nil
	}
	if k < o.K {
		m.Notes = append(m.Notes, fmt.Sprintf("%d words make %d themes, not %d", len(words), k, o.K))
	}
	// Small factorings may settle at leisure; large ones get scikit-learn's 200 passes.
	passes := min(1000, max(200, 2_000_000_000/(len(x.Values)+1)/k))
	f, err := NMF{K: k, MaxIter: passes}.Fit(x)
	if err != nil {
		return nil, err
	}
	if !f.Converged {
		m.Notes = append(m.Notes, fmt.Sprintf("the themes had not settled after %d passes", f.Iter))
	}
	m.order(f, x)
	return m, nil
}

// weigh sets the model's dictionary and returns the customers' weights.
func (o *Themes) weigh(s *themesSummary, m *themesModel) (*Sparse, []string) {
	var text *datasets.TableColumn
	if s.items != nil {
		text = lineColumn(s.items, themesTexts)
	}
	number := map[string]int32{} // provisional, in order of first sight
	known := map[themesKey][]int32{}
	var df []int
	rows := make([][]int32, len(s.each))
	for i, c := range s.each {
		for _, k := range c.keys {
			ids, ok := known[k]
			if !ok {
				for _, w := range Words(themesText(s.items, text, k)) {
					j, ok := number[w]
					if !ok {
						j = int32(len(df))
						number[strings.Clone(w)] = j
						df = append(df, 0)
					}
					ids = append(ids, j)
				}
				known[k] = ids
			}
			rows[i] = append(rows[i], ids...)
		}
		seen := slices.Clone(rows[i])
		slices.Sort(seen)
		for _, j := range slices.Compact(seen) {
			df[j]++
		}
	}
	var words []string
	for w, j := range number {
		if df[j] >= o.MinCustomers && float64(df[j]) <= o.MaxShare*float64(len(rows)) {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(df[number[b]], df[number[a]]), cmp.Compare(a, b))
	})
	words = words[:min(len(words), o.MaxWords)]
	slices.Sort(words)
	place := make([]int32, len(df))
	for j := range place {
		place[j] = -1
	}
	for j, w := range words {
		place[number[w]] = int32(j)
	}
	x := &Sparse{Cols: len(words), Start: []int{0}}
	for _, r := range rows {
		kept := r[:0]
		for _, j := range r {
			if place[j] >= 0 {
				kept = append(kept, place[j])
			}
		}
		if len(kept) == 0 {
			continue // a row without words is no customer of these themes
		}
		index, counts := themesCount(kept)
		x.Index, x.Values = append(x.Index, index...), append(x.Values, counts...)
		x.Start = append(x.Start, len(x.Index))
	}
	t := TFIDF{Sublinear: true, Smooth: true}
	m.Words, m.IDF = words, t.IDF(x)
	for i := range x.Rows() {
		index, values := x.Row(i)
		t.Weigh(index, values, m.IDF)
	}
	return x, words
}

// order makes each theme's words sum to 1, finds the population's mean shares, and
// sorts the themes by them.
func (m *themesModel) order(f *Factors, x *Sparse) {
	d := len(m.Words)
	for c := range f.K {
		h := f.H[c*d : c*d+d]
		var sum float64
		for _, v := range h {
			sum += v
		}
		if sum == 0 {
			continue // a theme of nothing
		}
		h = slices.Clone(h)
		for j := range h {
			h[j] /= sum
		}
		m.Themes = append(m.Themes, h)
	}
	m.Prior = make([]float64, len(m.Themes))
	probe := &themesModel{Words: m.Words, IDF: m.IDF, Themes: m.Themes}
	probe.prepare()
	n := 0.0
	for i := range x.Rows() {
		index, values := x.Row(i)
		if shares, ok := probe.project(index, values); ok {
			n++
			for c, s := range shares {
				m.Prior[c] += s
			}
		}
	}
	for c := range m.Prior {
		m.Prior[c] /= n
	}
	order := make([]int, len(m.Prior))
	for c := range order {
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(m.Prior[b], m.Prior[a]) })
	themes, prior := make([][]float64, len(order)), make([]float64, len(order))
	for p, c := range order {
		themes[p], prior[p] = m.Themes[c], m.Prior[c]
	}
	m.Themes, m.Prior = themes, prior
}
