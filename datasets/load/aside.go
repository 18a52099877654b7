package load

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// items gathers what the rows say of their items.
type items struct {
	col   *column // of the item; nil: nothing is gathered
	attrs []*column
	names []string
	best  [][]int32 // per attribute and item, the code of the text so far; 0 = none
	at    [][]int64 // when it was said
	seen  []bool
	marks []bool // per item: no product
	rules bool
}

// about starts gathering, if the mapping asks for it.
func (m *maker) about() *items {
	a := &items{rules: len(m.mapping.Services) > 0}
	i, ok := m.cols["item"]
	if !ok || len(m.mapping.Attributes) == 0 && !a.rules {
		return a
	}
	a.col = m.f.cols[i]
	n := a.col.dict.len()
	a.seen = make([]bool, n)
	a.marks = make([]bool, n)
	for _, name := range m.mapping.Attributes {
		a.names = append(a.names, name)
		a.attrs = append(a.attrs, m.f.cols[m.find(name)])
		a.best, a.at = append(a.best, make([]int32, n)), append(a.at, make([]int64, n))
	}
	return a
}

// see looks at a row that becomes an event: the earliest text stays, of equally
// early ones the first in the alphabet.
func (a *items) see(r int, t int64, service bool) {
	if a.col == nil {
		return
	}
	k := a.col.codes[r]
	a.seen[k] = true
	if service {
		a.marks[k] = true
	}
	for j, c := range a.attrs {
		w := c.codes[r]
		if w == 0 {
			continue
		}
		if b := a.best[j][k]; b == 0 || t < a.at[j][k] || t == a.at[j][k] && w != b && c.dict.word(w) < c.dict.word(b) {
			a.best[j][k], a.at[j][k] = w, t
		}
	}
}

// services counts the items that are no products.
func (a *items) services() (n int) {
	for _, yes := range a.marks {
		if yes {
			n++
		}
	}
	return n
}

// table returns the items of the log, by name.
func (a *items) table() *datasets.Table {
	if a == nil || a.col == nil {
		return nil
	}
	t := &datasets.Table{Name: "items"}
	var codes []int32
	for k := 1; k < len(a.seen); k++ {
		if a.seen[k] && !isMissingText(a.col.dict.word(int32(k))) {
			codes = append(codes, int32(k))
		}
	}
	slices.SortFunc(codes, func(x, y int32) int { return strings.Compare(a.col.dict.word(x), a.col.dict.word(y)) })
	for _, k := range codes {
		t.Keys = append(t.Keys, strings.Clone(a.col.dict.word(k)))
	}
	for j, c := range a.attrs {
		col := datasets.TableColumn{Name: a.names[j], Text: make([]string, len(codes))}
		for i, k := range codes {
			if s := c.dict.word(a.best[j][k]); !isMissingText(s) {
				col.Text[i] = strings.Clone(s)
			}
		}
		t.Cols = append(t.Cols, col)
	}
	if a.rules {
		col := datasets.TableColumn{Name: "product", Text: make([]string, len(codes))}
		for i, k := range codes {
			col.Text[i] = "yes"
			if a.marks[k] {
				col.Text[i] = "no"
			}
		}
		t.Cols = append(t.Cols, col)
	}
	return t
}

// choice reads which of the alternatives was taken; nil reads nothing.
type choice struct {
	col    *column
	taken  []int // per code, −1 = none
	names  []string
	prices []*column
	cast   [][]float64
	brand  bool
}

// choices casts the columns of a choice.
func (m *maker) choices() (*choice, error) {
	c := m.mapping.Choice
	if c == nil {
		return nil, nil
	}
	i := m.find(c.Column)
	out := &choice{col: m.f.cols[i]}
	_, branded := m.cols["brand"]
	out.brand = !branded
	for _, x := range m.numbers("choice", i) {
		k := -1
		if x >= 1 && x <= float64(len(c.Alternatives)) && x == math.Trunc(x) {
			k = int(x) - 1
		}
		out.taken = append(out.taken, k)
	}
	for _, a := range c.Alternatives {
		j := m.find(a.Column)
		out.names = append(out.names, a.Name)
		out.prices = append(out.prices, m.f.cols[j])
		out.cast = append(out.cast, m.numbers("price", j))
	}
	return out, join(m.problems)
}

func (c *choice) take(r int, ev *datasets.Event) {
	if c == nil {
		return
	}
	k := c.taken[c.col.codes[r]]
	if k < 0 {
		return
	}
	ev.Item = c.names[k]
	if c.brand {
		ev.Brand = c.names[k]
	}
	ev.Price = c.cast[k][c.prices[k].codes[r]]
}

// sideTables files what the rows say besides events: their items and offers.
func (m *maker) sideTables(log *datasets.Log) {
	add := func(to **datasets.Table, t *datasets.Table) {
		switch {
		case t == nil:
		case *to == nil:
			*to = t
		default:
			*to = join2(*to, t)
		}
	}
	add(&log.Items, m.items.table())
	if c := m.mapping.Choice; c != nil {
		add(&log.Items, alternatives(c))
		add(&log.Offers, m.offers(offerNames(c)))
	} else if len(m.mapping.Offer) > 0 {
		add(&log.Offers, m.offers(m.mapping.Offer, m.mapping.Offer))
	}
	add(&log.Items, m.wording())
}

func offerNames(c *datasets.Choice) (columns, names []string) {
	for _, a := range c.Alternatives {
		columns, names = append(columns, a.Column), append(names, a.Name)
	}
	return columns, names
}

// alternatives is the table of items of a choice.
func alternatives(c *datasets.Choice) *datasets.Table {
	t := &datasets.Table{Name: "items"}
	var names []string
	for _, a := range c.Alternatives {
		t.Keys = append(t.Keys, a.Name)
		for k := range a.Attributes {
			if !slices.Contains(names, k) {
				names = append(names, k)
			}
		}
	}
	slices.Sort(names)
	for _, k := range names {
		col := datasets.TableColumn{Name: k}
		for _, a := range c.Alternatives {
			col.Text = append(col.Text, a.Attributes[k])
		}
		t.Cols = append(t.Cols, col)
	}
	return t
}

// offers files numeric columns by the row's order.
func (m *maker) offers(columns, names []string) *datasets.Table {
	i, ok := m.cols["order"]
	if !ok {
		return nil
	}
	t := &datasets.Table{Name: "offers"}
	for _, k := range m.f.cols[i].codes {
		t.Keys = append(t.Keys, strings.Clone(m.f.cols[i].dict.word(k)))
	}
	for j, name := range columns {
		at := m.find(name)
		col := datasets.TableColumn{Name: names[j], Num: make([]float64, m.f.rows)}
		cast := m.numbers("offer", at)
		for r, k := range m.f.cols[at].codes {
			col.Num[r] = cast[k]
		}
		t.Cols = append(t.Cols, col)
	}
	return t
}

// wording is the table of the questions that have one.
func (m *maker) wording() *datasets.Table {
	t := &datasets.Table{Name: "items", Cols: []datasets.TableColumn{{Name: "name"}}}
	for _, q := range m.asked {
		if q.label != "" {
			t.Keys = append(t.Keys, q.item)
			t.Cols[0].Text = append(t.Cols[0].Text, q.label)
		}
	}
	if len(t.Keys) == 0 {
		return nil
	}
	return t
}

// describe attaches the descriptor columns as the log's table of customers: what each
// customer's earliest row says (of equally early ones the first in the alphabet), so
// that a file cut later describes them in the same words.
func (m *maker) describe(ctx context.Context, log *datasets.Log) error {
	if len(m.mapping.Extra) == 0 {
		return nil
	}
	t := &datasets.Table{Name: "customers"}
	at := make(map[string]int32, log.NumCustomers())
	for e, err := range log.Shards(ctx) {
		if err != nil {
			return err
		}
		for _, id := range e.IDs {
			at[id] = int32(len(t.Keys))
			t.Keys = append(t.Keys, id)
		}
	}
	who := m.f.cols[m.cols["customer"]]
	place := make([]int32, who.dict.len())
	for k, id := range m.ids() {
		place[k] = -1
		if i, ok := at[id]; ok {
			place[k] = i
		}
	}
	first := make([]int64, len(t.Keys))
	best := make([]int32, len(t.Keys))
	for _, name := range m.mapping.Extra {
		c := m.f.cols[m.find(name)]
		clear(best)
		for r, k := range c.codes {
			i, s := place[who.codes[r]], m.stamps.codes[r]
			if i < 0 || k == 0 || m.stamps.state[s] == 0 {
				continue
			}
			if b, t := best[i], m.stamps.at[s]; b == 0 || t < first[i] || t == first[i] && k != b && c.dict.word(k) < c.dict.word(b) {
				best[i], first[i] = k, t
			}
		}
		col := datasets.TableColumn{Name: name, Text: make([]string, len(t.Keys))}
		for i, k := range best {
			if s := c.dict.word(k); !isMissingText(s) {
				col.Text[i] = strings.Clone(s)
			}
		}
		t.Cols = append(t.Cols, m.numeric(col))
	}
	slices.SortStableFunc(t.Cols, func(a, b datasets.TableColumn) int { return strings.Compare(a.Name, b.Name) })
	log.Customers = t
	return nil
}

// numeric makes numbers of a description that holds nothing else: an age, no code
// with leading zeros.
func (m *maker) numeric(c datasets.TableColumn) datasets.TableColumn {
	p := m.prof[m.find(c.Name)]
	if !p.numeric() || p.zeros {
		return c
	}
	out := datasets.TableColumn{Name: c.Name, Num: make([]float64, len(c.Text))}
	for i, s := range c.Text {
		x, ok := parseNumber(s, cmpSign(p.decimal))
		switch {
		case ok:
			out.Num[i] = x
		case s == "" || isMissing(s):
			out.Num[i] = nan
		default:
			return c
		}
	}
	return out
}
