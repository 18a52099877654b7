package rule

import (
	"context"
	"slices"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/spell"
)

// Check holds rules against a log and the features, which may be nil: an error where a
// rule asks for a column, a feature or a descriptor that is not there, warnings where it
// asks for a value that never occurs. A warning is an *Error, too, with a place and the
// word that was probably meant. Cost: one pass over the log for the text columns in question.
func Check(ctx context.Context, log *datasets.Log, x *features.Matrix, rules ...*Rule) (warnings []*Error, err error) {
	c := checker{log: log, has: log.Meta.Has &^ datasets.FieldHour, asked: map[*columnDef]bool{}}
	if log.Meta.Resolution == datasets.Second {
		c.has |= datasets.FieldHour
	}
	if x != nil {
		for _, col := range x.Cols {
			c.features = append(c.features, col.Name)
		}
	}
	for _, r := range rules {
		if err := c.columns(r); err != nil {
			return nil, err
		}
	}
	values, err := c.values(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
		warnings = append(warnings, c.unmet(r, values)...)
	}
	return warnings, nil
}

type checker struct {
	log      *datasets.Log
	has      datasets.Fields
	features []string
	asked    map[*columnDef]bool // whose values are compared with text
}

// columns looks for everything that the rule asks for.
func (c *checker) columns(r *Rule) error {
	var first error
	fault := func(n node, what, got string, have []string, format string, args ...any) {
		if first == nil {
			pos, length := n.place()
			first = r.from.at(pos, length, format, args...).among(got, what, have)
		}
	}
	need := func(n node, d *columnDef) {
		if d != nil && d.field&^c.has != 0 {
			var have []string
			for _, e := range eventColumns {
				if e.field&^c.has == 0 {
					have = append(have, e.name)
				}
			}
			what := "no column " + d.name
			if d.field == datasets.FieldHour {
				what = "no time of day"
			}
			fault(n, "it has", "", have, "%s has %s", c.log.Meta.Name, what)
		}
	}
	walk(r.root, func(n node) {
		switch n := n.(type) {
		case *column:
			need(n, n.c)
		case *aggregate:
			need(n, n.col)
		case *feature:
			if !slices.Contains(c.features, n.name) {
				fault(n, "features", n.name, c.features, "no feature %q", n.name)
			}
		case *descriptor:
			c.descriptor(n, fault)
		case *comparison:
			c.ask(n.x, n.y)
		case *membership:
			for _, y := range n.list {
				c.ask(n.x, y)
			}
		}
	})
	return first
}

func (c *checker) descriptor(n *descriptor, fault func(node, string, string, []string, string, ...any)) {
	if c.log.Customers == nil || len(c.log.Customers.Cols) == 0 {
		fault(n, "", "", nil, "%s has no table of customers, so no descriptor %q", c.log.Meta.Name, n.name)
		return
	}
	col := c.log.Customers.Col(n.name)
	switch {
	case col == nil:
		var have []string
		for _, o := range c.log.Customers.Cols {
			have = append(have, o.Name)
		}
		fault(n, "descriptors", n.name, have, "no descriptor %q", n.name)
	case n.kind == words && col.Text == nil:
		fault(n, "", "", nil, "the descriptor %q holds numbers: compare it with a number, without quotes", n.name)
	case n.kind == quantity && col.Text != nil:
		fault(n, "", "", nil, "the descriptor %q holds text: compare it with a text in single quotes", n.name)
	}
}

// ask notes that the values of x are compared with the text y.
func (c *checker) ask(x, y node) {
	if col, ok := x.(*column); ok {
		if _, ok := y.(*literalText); ok {
			c.asked[col.c] = true
		}
	}
}

// mostValues is how many different values of a column are looked at for a likely one.
const mostValues = 20_000

// values lists what occurs in the columns in question.
func (c *checker) values(ctx context.Context) (map[*columnDef]map[string]bool, error) {
	out := map[*columnDef]map[string]bool{}
	for d := range c.asked {
		if d.name == "kind" {
			out[d] = map[string]bool{}
			for _, k := range c.log.Meta.Kinds.Names() {
				out[d][k] = true
			}
			delete(c.asked, d)
		} else if d.text == nil {
			delete(c.asked, d) // weekday: checked by the parser
		}
	}
	if len(c.asked) == 0 {
		return out, nil
	}
	for e, err := range c.log.Shards(ctx) {
		if err != nil {
			return nil, err
		}
		for d := range c.asked {
			if out[d] == nil {
				out[d] = map[string]bool{}
			}
			used := make([]bool, len(e.Words))
			for _, code := range codes(e, d.field) {
				used[code] = true
			}
			for code, u := range used {
				if w := e.Words[code]; u && w != "" && !out[d][w] {
					out[d][w] = true
				}
			}
		}
	}
	return out, nil
}

// codes returns the column of text that the field names.
func codes(e *datasets.Events, f datasets.Fields) []int32 {
	switch f {
	case datasets.FieldOrder:
		return e.Order
	case datasets.FieldItem:
		return e.Item
	case datasets.FieldCategory:
		return e.Category
	case datasets.FieldBrand:
		return e.Brand
	case datasets.FieldChannel:
		return e.Channel
	case datasets.FieldCampaign:
		return e.Campaign
	}
	return e.Session
}

// unmet warns of kinds and values that never occur.
func (c *checker) unmet(r *Rule, values map[*columnDef]map[string]bool) []*Error {
	var out []*Error
	lacks := func(n node, of pattern) {
		if of.kind == anyKind || c.log.Meta.Kinds.Has(datasets.Kind(of.kind)) {
			return
		}
		pos, length := n.place()
		e := r.from.at(pos, length, "%s has no %s events: this never happened", c.log.Meta.Name, datasets.Kind(of.kind))
		e.What, e.Words = "it has", c.log.Meta.Kinds.Names()
		out = append(out, e)
	}
	value := func(x, y node) {
		col, ok := x.(*column)
		t, isText := y.(*literalText)
		if !ok || !isText || values[col.c] == nil || values[col.c][t.s] {
			return
		}
		var known []string
		for v := range values[col.c] {
			known = append(known, v)
		}
		slices.Sort(known)
		e := r.from.at(t.pos, t.len, "no event has %s %q", col.c.name, t.s)
		if len(known) <= mostValues {
			e.Near = spell.Nearest(t.s, known)
		}
		if len(known) <= listShown {
			e.What, e.Words = "it has", known
		}
		if e.Near != "" {
			e.Near = literal(e.Near)
		}
		out = append(out, e)
	}
	walk(r.root, func(n node) {
		switch n := n.(type) {
		case *aggregate:
			lacks(n, n.of)
		case *happening:
			for _, s := range n.steps {
				lacks(n, s.pattern)
			}
		case *comparison:
			if n.op == "=" || n.op == "!=" {
				value(n.x, n.y)
			}
		case *membership:
			for _, y := range n.list {
				value(n.x, y)
			}
		}
	})
	return out
}

// Features lists the features that rules ask for, each once.
func Features(rules ...*Rule) []string {
	var out []string
	for _, r := range rules {
		walk(r.root, func(n node) {
			if f, ok := n.(*feature); ok && !slices.Contains(out, f.name) {
				out = append(out, f.name)
			}
		})
	}
	return out
}
