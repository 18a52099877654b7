package features

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// RelatedOptions says what Related counts. The zero value is a start: customers who
// bought an item also bought.
type RelatedOptions struct {
	Unit   string          `json:"unit"`   // item, category, brand; "" = item where the log has items, else category, else brand
	Basket string          `json:"basket"` // customer, order, day, session; "" = customer
	From   []datasets.Kind `json:"from"`   // events that put an item on the left side; nil = purchase
	To     []datasets.Kind `json:"to"`     // and on the right; nil = From. Another To makes the table directed
	// MinCount is the number of baskets a pair must share to be kept; 0 = 5. Rarer
	// pairs have the largest lifts, by chance.
	MinCount int     `json:"min_count"`
	Level    float64 `json:"level"`   // For shows pairs with q ≤ level; 0 = 0.05, 1 = all
	Shift    float64 `json:"shift"`   // PMI is less ln(shift); 0 = 1 = no shift
	Workers  int     `json:"workers"` // 0 = all processors
}

// RelatedItem is what one pair of items i → j shows. N baskets, n_i with i (on the
// left side of a directed table), n_j with j, n_ij with both.
type RelatedItem struct {
	Item       string  `json:"item"`       // j
	Name       string  `json:"name"`       // from the items table: its name, title or description; "" = none there
	Count      int     `json:"count"`      // n_ij
	ItemCount  int     `json:"item_count"` // n_j
	Support    float64 `json:"support"`    // n_ij/N
	Confidence float64 `json:"confidence"` // n_ij/n_i: of those with i, the share with j
	Lift       float64 `json:"lift"`       // n_ij·N/(n_i·n_j): 1 = independent
	Leverage   float64 `json:"leverage"`   // n_ij/N − n_i·n_j/N²
	Conviction float64 `json:"conviction"` // (1 − n_j/N)/(1 − confidence); +Inf at confidence 1, written null
	Jaccard    float64 `json:"jaccard"`    // n_ij/(n_i + n_j − n_ij)
	Cosine     float64 `json:"cosine"`     // n_ij/√(n_i·n_j)
	G2         float64 `json:"g2"`         // 2 Σ O ln(O/E) over the four cells: χ² of 1 degree
	PMI        float64 `json:"pmi"`        // ln lift − ln shift
	P          float64 `json:"p"`          // Fisher's exact test, one-sided: as many baskets or more by chance
	Q          float64 `json:"q"`          // P adjusted for the false discovery rate among all pairs that could be kept
}

// RelatedCount is one item of a RelatedTable.
type RelatedCount struct {
	Item string `json:"item"`
	Name string `json:"name"` // from the items table: its name, title or description; "" = none there
	From int    `json:"from"` // baskets with it on the left side
	To   int    `json:"to"`   // and on the right: the same number unless directed
}

// RelatedTable holds which items are bought (viewed, wished for) together.
type RelatedTable struct {
	Options  RelatedOptions // as used, defaults filled in
	N        int            // baskets with any item
	Directed bool
	Items    []RelatedCount // ascending
	// Tests is the number of pairs that the false discovery rate counts: all whose two
	// items are in MinCount baskets each. Those of them that share fewer baskets than
	// MinCount were not kept and count as p = 1.
	Tests int
	pairs []relatedPair
	rows  [][]int32 // per item: the numbers of its pairs
}

type relatedPair struct {
	a, b, n int32
	p, q    float64
}

// Related counts which items go together in a log's baskets: by default which items
// the same customers bought, purchases that were wholly returned left out. With From
// = {wishlist} and To = {purchase} it is directed: of those with x on the wish list,
// how many bought y; pairs of an item with itself are then kept (wished for and bought).
//
// A basket counts an item once, however often it is in it. Pairs of fewer than
// MinCount baskets are left out: lift is largest where it is least certain. Every kept
// pair has Fisher's exact p (one-sided, more together than chance) and its
// Benjamini–Hochberg q; G² is Dunning's log-likelihood ratio (1993, Computational
// Linguistics 19, pp. 61–74), cosine the item-to-item similarity of Linden, Smith &
// York (2003, doi:10.1109/MIC.2003.1167344), lift, leverage and conviction those of
// association rules (Brin et al. 1997, doi:10.1145/253260.253325).
//
// The result does not depend on shards or workers. Cost: O(Σ |basket|²) time, spread
// over workers, O(lines + kept pairs) memory: no table of items × items is made. An
// error: the log lacks what Unit or Basket need, or no basket has an item.
func Related(ctx context.Context, log *datasets.Log, o RelatedOptions) (*RelatedTable, error) {
	run, err := newRelatedRun(log, o)
	if err != nil {
		return nil, err
	}
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		run.read(h)
	}
	if len(run.from.ends) == 0 {
		return nil, fmt.Errorf("%s has no %s event with a %s", log.Meta.Name, relatedKinds(run.o.From), run.o.Unit)
	}
	return run.table(ctx, log)
}

func newRelatedRun(log *datasets.Log, o RelatedOptions) (*relatedRun, error) {
	has := log.Meta.Has
	column := func(name string) bool { return log.Items != nil && log.Items.Col(name) != nil }
	has3 := map[string]bool{
		"item":     has&datasets.FieldItem != 0,
		"category": has&datasets.FieldCategory != 0 || has&datasets.FieldItem != 0 && column("category"),
		"brand":    has&datasets.FieldBrand != 0 || has&datasets.FieldItem != 0 && column("brand"),
	}
	if o.Unit == "" {
		for _, u := range []string{"item", "category", "brand"} {
			if has3[u] {
				o.Unit = u
				break
			}
		}
	}
	if o.Basket == "" {
		o.Basket = "customer"
	}
	if o.From == nil {
		o.From = []datasets.Kind{datasets.Purchase}
	}
	if o.To == nil {
		o.To = o.From
	}
	if o.MinCount == 0 {
		o.MinCount = 5
	}
	if o.Level == 0 {
		o.Level = 0.05
	}
	if o.Shift == 0 {
		o.Shift = 1
	}
	known, named := has3[o.Unit]
	switch {
	case o.Unit == "":
		return nil, fmt.Errorf("%s has neither items, categories nor brands: map one of these columns", log.Meta.Name)
	case !named:
		return nil, fmt.Errorf("unit = %q: item, category or brand", o.Unit)
	case !known:
		return nil, fmt.Errorf("%s has no %s: map the column, or take another unit", log.Meta.Name, o.Unit)
	case o.Basket == "order" && has&datasets.FieldOrder == 0:
		return nil, fmt.Errorf("%s has no order: map the column, or use basket = day", log.Meta.Name)
	case o.Basket == "session" && has&datasets.FieldSession == 0:
		return nil, fmt.Errorf("%s has no session: map the column, or use basket = day", log.Meta.Name)
	case !slices.Contains([]string{"customer", "order", "day", "session"}, o.Basket):
		return nil, fmt.Errorf("basket = %q: customer, order, day or session", o.Basket)
	case o.MinCount < 1:
		return nil, fmt.Errorf("min_count = %d: at least 1", o.MinCount)
	case !(o.Level > 0 && o.Level <= 1):
		return nil, fmt.Errorf("level = %g: in (0, 1]", o.Level)
	case !(o.Shift > 0):
		return nil, fmt.Errorf("shift = %g: above 0", o.Shift)
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	from, to := datasets.KindSet(o.From...), datasets.KindSet(o.To...)
	return &relatedRun{o: o, fromKinds: from, toKinds: to, directed: from != to}, nil
}

func relatedKinds(kinds []datasets.Kind) string {
	return strings.Join(datasets.KindSet(kinds...).Names(), " or ")
}

// RelatedMetrics are the names by which For can order, the first by default.
var RelatedMetrics = []string{"cosine", "lift", "confidence", "g2", "jaccard", "pmi", "leverage", "support", "conviction", "p"}

func (r *RelatedItem) metric(by string) float64 {
	switch by {
	case "lift":
		return r.Lift
	case "confidence":
		return r.Confidence
	case "g2":
		return r.G2
	case "jaccard":
		return r.Jaccard
	case "pmi":
		return r.PMI
	case "leverage":
		return r.Leverage
	case "support":
		return r.Support
	case "conviction":
		return r.Conviction
	case "p":
		return -r.P
	}
	return r.Cosine
}

// For returns the n items that go best with item by a metric of RelatedMetrics ("" =
// cosine), the best first, ties by count and then by name; only pairs with q ≤
// Options.Level, and in a directed table item → others. n ≤ 0 = all. item is an id,
// or a name of the items table (see Find). It is nil where item is unknown.
// It panics on a metric that is not one.
func (t *RelatedTable) For(item, by string, n int) []RelatedItem {
	if by != "" && !slices.Contains(RelatedMetrics, by) {
		panic("features: RelatedTable.For: by is none of RelatedMetrics")
	}
	ids := t.Find(item)
	if len(ids) != 1 {
		return nil
	}
	i := int32(t.index(ids[0]))
	var out []RelatedItem
	for _, k := range t.rows[i] {
		p := &t.pairs[k]
		if p.q > t.Options.Level {
			continue
		}
		j := p.b
		if !t.Directed && j == i {
			j = p.a
		}
		out = append(out, t.item(int(i), int(j), p))
	}
	slices.SortFunc(out, func(a, b RelatedItem) int {
		return cmp.Or(cmp.Compare(b.metric(by), a.metric(by)), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Item, b.Item))
	})
	if n > 0 && len(out) > n {
		out = out[:n]
	}
	return out
}

// Find returns the ids that a text may mean: the id itself; else the items of that
// name; else those whose name or id holds the text, in any case.
func (t *RelatedTable) Find(text string) []string {
	if t.index(text) >= 0 {
		return []string{text}
	}
	var same, part []string
	low := strings.ToLower(text)
	for _, c := range t.Items {
		name := strings.ToLower(c.Name)
		switch {
		case name == low && name != "":
			same = append(same, c.Item)
		case low != "" && (strings.Contains(name, low) || strings.Contains(strings.ToLower(c.Item), low)):
			part = append(part, c.Item)
		}
	}
	if same != nil {
		return same
	}
	return part
}

// Pair returns what the pair i → j shows, of two ids; ok is false where it was not
// kept: an unknown id, or fewer baskets than MinCount.
func (t *RelatedTable) Pair(i, j string) (r RelatedItem, ok bool) {
	a, b := t.index(i), t.index(j)
	if a < 0 || b < 0 {
		return r, false
	}
	for _, k := range t.rows[a] {
		p := &t.pairs[k]
		if int(p.b) == b && int(p.a) == a || !t.Directed && int(p.a) == b && int(p.b) == a {
			return t.item(a, b, p), true
		}
	}
	return r, false
}

// Pairs counts the pairs that were kept.
func (t *RelatedTable) Pairs() int { return len(t.pairs) }

func (t *RelatedTable) index(item string) int {
	k, ok := slices.BinarySearchFunc(t.Items, item, func(c RelatedCount, s string) int { return cmp.Compare(c.Item, s) })
	if !ok {
		return -1
	}
	return k
}

// item works out i → j.
func (t *RelatedTable) item(i, j int, p *relatedPair) RelatedItem {
	r := CoOccurrence(t.N, t.Items[i].From, t.Items[j].To, int(p.n))
	r.Item, r.Name = t.Items[j].Item, t.Items[j].Name
	r.PMI -= math.Log(t.Options.Shift)
	r.P, r.Q = p.p, p.q
	return r
}
