package rule

import (
	"fmt"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// First asks rules of one customer after the other: the first that holds is the answer.
// It may be used by several goroutines at once.
type First struct {
	rules []*Rule
	cols  map[string]int
}

// NewFirst returns a First whose rules find their features in rows of those columns. Error:
// a feature that is not among them, an *Error with its place.
func NewFirst(cols []features.Column, rules ...*Rule) (*First, error) {
	f := &First{rules: rules, cols: make(map[string]int, len(cols))}
	var have []string
	for j, c := range cols {
		f.cols[c.Name] = j
		have = append(have, c.Name)
	}
	for _, r := range rules {
		var err error
		walk(r.root, func(n node) {
			if x, ok := n.(*feature); ok && err == nil {
				if _, known := f.cols[x.name]; !known {
					err = r.from.at(x.pos, x.len, "no feature %q", x.name).among(x.name, "features", have)
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Of returns the number of the first rule that holds for a customer at the end of the
// history's window, −1 if none does or nothing happened before it. row holds the features;
// nil = they are all missing. Cost O(events × what the rules count).
func (f *First) Of(h datasets.History, row []float64) int {
	c, ok := newCustomer(h, wallOf(h.Meta, h.Meta.Window.To.UnixMicro()), nil, nil, f.cols)
	if !ok {
		return -1
	}
	c.row = row
	return f.first(c)
}

// OfRow is Of where nothing but features is known: the rules must ask for nothing else.
func (f *First) OfRow(row []float64) int {
	if r := AsksEvents(f.rules...); r != nil {
		panic("rule: a rule that asks for events, and there are none")
	}
	return f.first(&customer{row: row, cols: f.cols})
}

func (f *First) first(c *customer) int {
	for i, r := range f.rules {
		if c.holds(r.root, -1) {
			return i
		}
	}
	return -1
}

// AsksEvents returns the first rule that asks for more than features, which a table of them
// cannot answer; nil = none does.
func AsksEvents(rules ...*Rule) *Rule {
	for _, r := range rules {
		asks := false
		walk(r.root, func(n node) {
			switch n.(type) {
			case *aggregate, *happening, *descriptor, *literalTime:
				asks = true
			}
		})
		if asks {
			return r
		}
	}
	return nil
}

// Distinct refuses names that are missing or come twice.
func Distinct(rules ...*Rule) error {
	seen := map[string]bool{}
	for i, r := range rules {
		switch {
		case r.Name == "":
			return fmt.Errorf("rule %d has no name: write NAME = RULE, as vip = spend >= 500 in 365 d", i+1)
		case seen[r.Name]:
			return fmt.Errorf("two rules are called %q: names must differ", r.Name)
		}
		seen[r.Name] = true
	}
	return nil
}

// Named writes a rule as NAME = RULE, for ParseNamed.
func Named(r *Rule) string {
	return `"` + strings.ReplaceAll(r.Name, `"`, `""`) + `" = ` + strings.TrimSpace(r.Source)
}
