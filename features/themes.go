package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "themes",
	Doc: `Product themes: a proxy for benefits, from the words of what is bought
Which words go together in customers' purchases, as k themes (default 6), and how much
of each theme a customer buys. What words and baskets show are themes of the
assortment; call one a benefit only where it agrees with what people state or choose.
Words are those of the item's description, name or title in the table of items, else
of item and category: letters only, without function words (English, German, Danish,
Dutch), colours and sizes. A customer is a row of weights: tf = 1 + ln(lines with the
word), idf = ln((1 + n)/(1 + df)) + 1 over the customers, divided by its length. The
rows are factored, X ≈ WH with nothing negative (NMF, least squares, coordinate
descent from the NNDSVD start, so no chance is involved); each theme's words sum to 1.
  theme_1 … theme_k  the parts of the customer's weights that the themes make up, by
                     non-negative least squares on the learned themes, drawn towards
                     the population's mean with the weight of m lines (shrink, default
                     3): a composition. theme_1 is the largest in the population; its
                     words stand in the column's sentence
The dictionary is learned from at most sample customers (default 8,000), those with
the smallest hash of their id, and holds the max_words words (default 4,000) that most
of them bought, of those that min_customers (default 3) and no more than max_share
(default .9) of them did. Fewer words than themes make fewer themes; no words, none.
Cost: O(lines), and 200 to 1,000 passes of O(k × words of the sample).`,
	Refs: []Ref{
		{Authors: "Lee & Seung", Title: "Learning the parts of objects by non-negative matrix factorization", Venue: "Nature 401", Year: 1999, DOI: "10.1038/44565"},
		{Authors: "Boutsidis & Gallopoulos", Title: "SVD based initialization: A head start for nonnegative matrix factorization", Venue: "Pattern Recognition 41", Year: 2008, DOI: "10.1016/j.patcog.2007.09.010"},
		{Authors: "Cichocki & Phan", Title: "Fast local algorithms for large scale nonnegative matrix and tensor factorizations", Venue: "IEICE Transactions on Fundamentals E92-A", Year: 2009, DOI: "10.1587/transfun.E92.A.708"},
	},
	Version:  1,
	AnyField: datasets.FieldItem | datasets.FieldCategory,
	Minimum:  1, // nothing bought, no words
	Null:     ShuffleItems,
	New: func() Block {
		return &Themes{K: 6, Shrink: 3, Sample: 8000, MaxWords: 4000, MinCustomers: 3, MaxShare: 0.9}
	},
})

// Themes is the options of themes.
type Themes struct {
	K            int     `json:"k"`             // number of themes; ThemeStability helps to choose
	Shrink       float64 `json:"shrink"`        // weight of the population, in lines; 0 = none
	Sample       int     `json:"sample"`        // customers that the themes are learned from
	MaxWords     int     `json:"max_words"`     // words of the dictionary
	MinCustomers int     `json:"min_customers"` // customers who bought a word, at least
	MaxShare     float64 `json:"max_share"`     // and at most this part of them
}

// themesTexts are the names under which tables of items carry words.
var themesTexts = []string{"description", "name", "title", "product_name", "product_type"}

// themesTop is the number of words that name a theme.
const themesTop = 6

// themesKey is what the words of a line are read from.
type themesKey struct{ item, category string }

// themesModel holds the dictionary and the themes.
type themesModel struct {
	Words  []string    `json:"words"` // ascending
	IDF    []float64   `json:"idf"`
	Themes [][]float64 `json:"themes"` // k rows of word weights that sum to 1, largest theme first
	Prior  []float64   `json:"prior"`  // the population's mean shares
	Shrink float64     `json:"shrink"`
	Notes  []string    `json:"notes,omitempty"`

	once sync.Once
	at   map[string]int32
	by   []float64 // words × k
	gram []float64

	mu    sync.RWMutex
	items *datasets.Table // whose words are known below
	known map[themesKey][]int32
}

// Warnings says what was left out.
func (m *themesModel) Warnings() []string { return m.Notes }

// Columns describes the themes by their words.
func (m *themesModel) Columns() []Column {
	var out []Column
	for c, h := range m.Themes {
		out = append(out, Column{
			Name: fmt.Sprintf("theme_%d", c+1), Block: "themes", Kind: Share,
			Doc: "part of the purchases' words, a proxy for a benefit: " + strings.Join(themesName(m.Words, h), ", "),
		})
	}
	return out
}

// themesName returns the words of the largest weights, at most themesTop.
func themesName(words []string, h []float64) []string {
	order := make([]int, len(h))
	for j := range order {
		order[j] = j
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(h[b], h[a]), cmp.Compare(words[a], words[b]))
	})
	var out []string
	for _, j := range order[:min(themesTop, len(order))] {
		if h[j] > 0 {
			out = append(out, words[j])
		}
	}
	return out
}

func (m *themesModel) prepare() {
	m.once.Do(func() {
		k := len(m.Themes)
		m.at = make(map[string]int32, len(m.Words))
		for j, w := range m.Words {
			m.at[w] = int32(j)
		}
		m.by = make([]float64, len(m.Words)*k)
		for c, h := range m.Themes {
			for j, x := range h {
				m.by[j*k+c] = x
			}
		}
		m.gram = nmfGram(m.by, k)
	})
}

// themesText returns the text that a line's words are read from, of the table's text
// column where the item has one.
func themesText(items *datasets.Table, text *datasets.TableColumn, key themesKey) string {
	if text != nil && text.Text != nil {
		if row, ok := items.Find(key.item); ok && text.Text[row] != "" {
			return text.Text[row]
		}
	}
	return key.item + " " + key.category
}

// themesKeys lists the customer's lines that stand.
func themesKeys(h datasets.History) []themesKey {
	var out []themesKey
	rev := h.Reversed()
	for i := range h.Len() {
		if h.Kind(i) == datasets.Purchase && (rev == nil || !rev[i]) {
			if out == nil {
				out = make([]themesKey, 0, h.Len()-i)
			}
			out = append(out, themesKey{h.Item(i), h.Category(i)})
		}
	}
	return out
}

// ids returns the numbers of the words of each line, from what is remembered of the
// table of items. What is remembered is no state: it could be read again at any time.
func (m *themesModel) ids(items *datasets.Table, keys []themesKey) [][]int32 {
	out := make([][]int32, len(keys))
	missing := false
	m.mu.RLock()
	same := m.known != nil && m.items == items
	for i, k := range keys {
		ids, ok := m.known[k]
		missing = missing || !ok
		out[i] = ids
	}
	m.mu.RUnlock()
	if same && !missing {
		return out
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || m.items != items {
		m.items, m.known = items, map[themesKey][]int32{}
	}
	var text *datasets.TableColumn
	if items != nil {
		text = lineColumn(items, themesTexts)
	}
	for i, k := range keys {
		ids, ok := m.known[k]
		if !ok {
			ids = []int32{}
			for _, w := range Words(themesText(items, text, k)) {
				if j, ok := m.at[w]; ok {
					ids = append(ids, j)
				}
			}
			m.known[themesKey{strings.Clone(k.item), strings.Clone(k.category)}] = ids
		}
		out[i] = ids
	}
	return out
}

// Evidence counts the customer's lines with a known word.
func (m *themesModel) Evidence(h datasets.History) int {
	if len(m.Themes) == 0 {
		return 0
	}
	m.prepare()
	n := 0
	for _, ids := range m.ids(h.Items(), themesKeys(h)) {
		if len(ids) > 0 {
			n++
		}
	}
	return n
}

// Measure fills the row: the population's shares where no word is known.
func (m *themesModel) Measure(h datasets.History, row []float64) {
	if len(m.Themes) == 0 {
		return
	}
	m.prepare()
	var words []int32
	var n float64
	for _, ids := range m.ids(h.Items(), themesKeys(h)) {
		words = append(words, ids...)
		if len(ids) > 0 {
			n++
		}
	}
	copy(row, m.Prior)
	shares, ok := m.shares(words)
	if !ok {
		return
	}
	for c, s := range shares {
		row[c] = (n*s + m.Shrink*m.Prior[c]) / (n + m.Shrink)
	}
}

// shares projects words, with repetitions, on the themes.
func (m *themesModel) shares(words []int32) ([]float64, bool) {
	index, counts := themesCount(words)
	TFIDF{Sublinear: true, Smooth: true}.Weigh(index, counts, m.IDF)
	return m.project(index, counts)
}

// project returns the parts that the themes make up of the weights, false if none.
func (m *themesModel) project(index []int32, weights []float64) ([]float64, bool) {
	k := len(m.Themes)
	b := make([]float64, k)
	for p, j := range index {
		for c, x := range m.by[int(j)*k : int(j)*k+k] {
			b[c] += weights[p] * x
		}
	}
	w := NNLS(m.gram, b)
	var sum float64
	for _, x := range w {
		sum += x
	}
	if sum == 0 {
		return nil, false
	}
	for c := range w {
		w[c] /= sum
	}
	return w, true
}

// themesCount sorts words and counts repetitions.
func themesCount(words []int32) ([]int32, []float64) {
	slices.Sort(words)
	var counts []float64
	n := 0
	for i, w := range words {
		if i > 0 && w == words[n-1] {
			counts[n-1]++
			continue
		}
		words[n] = w
		counts = append(counts, 1)
		n++
	}
	return words[:n], counts
}

// Empty returns the summary of no customers.
func (o *Themes) Empty() Summary { return &themesSummary{limit: max(o.Sample, 1)} }

// Model returns an empty model.
func (o *Themes) Model() Model { return &themesModel{} }

// check refuses options that say nothing.
func (o *Themes) check() error {
	switch {
	case o.K < 2:
		return fmt.Errorf("k = %d: at least 2 themes", o.K)
	case !(o.Shrink >= 0) || math.IsInf(o.Shrink, 0):
		return fmt.Errorf("shrink = %g: at least 0", o.Shrink)
	case o.Sample < 1:
		return fmt.Errorf("sample = %d: at least 1 customer", o.Sample)
	case o.MaxWords < o.K:
		return fmt.Errorf("max_words = %d: at least k = %d", o.MaxWords, o.K)
	case !(o.MaxShare > 0 && o.MaxShare <= 1):
		return fmt.Errorf("max_share = %g: above 0, at most 1", o.MaxShare)
	}
	return nil
}
