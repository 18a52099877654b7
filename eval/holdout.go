package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

// OutcomeKind says what sort of thing an outcome is.
type OutcomeKind string

// The kinds of outcome.
const (
	OutcomeBinary   OutcomeKind = "binary"   // 0 or 1
	OutcomeCount    OutcomeKind = "count"    // 0, 1, 2, …
	OutcomeAmount   OutcomeKind = "amount"   // money
	OutcomeShare    OutcomeKind = "share"    // in [0, 1]
	OutcomeTime     OutcomeKind = "time"     // days until something, censored at the end
	OutcomeCategory OutcomeKind = "category" // one of Outcome.Categories
)

// Target is something that customers do after the window, and that segments and
// features should tell beforehand. Targets lists ours; an Outcome can be made of any
// other.
type Target struct {
	Name, Doc string
	Method    string // value, when, occasion, what, price, channel, response, returns
	Kind      OutcomeKind
	Unit      string
	Needs     datasets.Fields // columns that the log must carry, all of them
	AnyKind   datasets.Kinds  // events of at least one of these kinds, before or after
	Dated     bool            // stamps that only give an order do not do
	Undefined string          // who has no value
	// of measures a customer; the history has no events if nothing was done.
	of func(w *holdoutWindow, c *holdoutCustomer) holdoutValue
	// settle fills in what needs all customers; nil = nothing does.
	settle func(w *holdoutWindow, o *Outcome)
}

// Outcome is a target measured: one value a customer.
type Outcome struct {
	Target
	IDs    []string
	Values []float64 // NaN where the target is undefined (see Target.Undefined); an index into Categories
	// Censored marks the customers who had not done it at the end: Values holds the
	// days that passed. nil but for OutcomeTime.
	Censored   []bool
	Categories []string // most frequent first; nil but for OutcomeCategory
	Defined    int      // customers with a value
	Reason     string   // why nobody has one; "" = somebody has
}

// Targets lists the targets by method.
func Targets() []Target { return slices.Clone(targets) }

// LookupTarget returns the target of that name.
func LookupTarget(name string) (Target, error) {
	var have []string
	for _, t := range targets {
		if t.Name == name {
			return t, nil
		}
		have = append(have, t.Name)
	}
	return Target{}, fmt.Errorf("no target named %q: one of %s", name, strings.Join(have, ", "))
}

// Outcomes measures every target on what those customers did in the hold-out; before
// is the log at the cut (see datasets.Split). ids nil = all customers of before. A
// target that the log cannot tell, or for which nobody has a value, has a Reason.
//
// Only events of the hold-out are looked at: a return in it undoes purchases in it and
// none before, a response in it counts for messages in it only. Nothing is measured
// of customers first seen after the cut. Cost: O(events of the hold-out) and a pass
// over before for its customers.
func Outcomes(ctx context.Context, before *datasets.Log, hold *datasets.Holdout, ids []string) ([]Outcome, error) {
	if before.Meta.Window.To.After(hold.From) {
		return nil, fmt.Errorf("%s goes on to %s, after the hold-out begins (%s): what is to be foretold would be known; cut both with datasets.Split",
			before.Meta.Name, before.Meta.Window.To, hold.From)
	}
	ids, at, err := holdoutIDs(ctx, before, ids)
	if err != nil {
		return nil, err
	}
	w, err := newHoldoutWindow(hold, len(ids))
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(targets))
	texts := make([][]string, len(targets))
	idle := &holdoutCustomer{}
	for k, t := range targets {
		o := &out[k]
		o.Target, o.IDs, o.Reason = t, ids, t.lacks(before, hold)
		o.Values = make([]float64, len(ids))
		if t.Kind == OutcomeTime {
			o.Censored = make([]bool, len(ids))
		}
		if t.Kind == OutcomeCategory {
			texts[k] = make([]string, len(ids))
		}
		v := holdoutNothing
		if o.Reason == "" {
			v = t.of(w, idle)
		}
		for i := range ids {
			o.set(i, v)
		}
	}
	for h, err := range hold.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		i, ok := at[h.ID]
		if !ok {
			continue
		}
		c := &holdoutCustomer{row: i, h: h, occasions: h.Occasions()}
		for k, t := range targets {
			if out[k].Reason != "" {
				continue
			}
			v := t.of(w, c)
			out[k].set(i, v)
			if texts[k] != nil {
				texts[k][i] = v.text
			}
		}
	}
	for k := range out {
		o := &out[k]
		if o.settle != nil && o.Reason == "" {
			o.settle(w, o)
		}
		if texts[k] != nil {
			o.categories(texts[k])
		}
		for _, v := range o.Values {
			if !math.IsNaN(v) {
				o.Defined++
			}
		}
		if o.Defined == 0 && o.Reason == "" {
			o.Reason = "nobody has a value: undefined for " + o.Undefined
		}
	}
	return out, nil
}

// holdoutIDs returns the customers in question and the row of each.
func holdoutIDs(ctx context.Context, before *datasets.Log, ids []string) ([]string, map[string]int, error) {
	known := make(map[string]int, before.NumCustomers())
	all := make([]string, 0, before.NumCustomers())
	for e, err := range before.Shards(ctx) {
		if err != nil {
			return nil, nil, err
		}
		for _, id := range e.IDs {
			known[id] = -1
			all = append(all, id)
		}
	}
	if ids == nil {
		ids = all
	}
	for i, id := range ids {
		switch at, ok := known[id]; {
		case !ok:
			return nil, nil, fmt.Errorf("customer %q was not seen before the cut: only customers of %s have outcomes", id, before.Meta.Name)
		case at >= 0:
			return nil, nil, fmt.Errorf("customer %q stands in rows %d and %d: one row a customer", id, at, i)
		}
		known[id] = i
	}
	for id, at := range known {
		if at < 0 {
			delete(known, id)
		}
	}
	return ids, known, nil
}

// lacks says what the log lacks for the target; "" = nothing.
func (t *Target) lacks(before *datasets.Log, hold *datasets.Holdout) string {
	m := hold.Meta()
	has := m.Has &^ datasets.FieldHour
	if m.Resolution == datasets.Second {
		has |= datasets.FieldHour
	}
	switch lacks := t.Needs &^ has; {
	case lacks != 0:
		return m.Name + " has no " + strings.Join(lacks.Names(), " and ")
	case t.AnyKind != 0 && t.AnyKind&(before.Meta.Kinds|m.Kinds) == 0:
		return m.Name + " has no " + strings.Join(t.AnyKind.Names(), " or ") + " events"
	case t.Dated && m.NoClock:
		return m.Name + " has no dates: its stamps give an order only"
	}
	return ""
}

// set fills row i in.
func (o *Outcome) set(i int, v holdoutValue) {
	o.Values[i] = v.x
	if o.Censored != nil {
		o.Censored[i] = v.censored
	}
}

// categories turns words into codes: the most frequent first, equally frequent ones by
// name. "" is undefined.
func (o *Outcome) categories(text []string) {
	n := map[string]int{}
	for _, s := range text {
		if s != "" {
			n[s]++
		}
	}
	for s := range n {
		o.Categories = append(o.Categories, s)
	}
	slices.SortFunc(o.Categories, func(a, b string) int { return cmp.Or(n[b]-n[a], cmp.Compare(a, b)) })
	code := make(map[string]float64, len(n))
	for i, s := range o.Categories {
		code[s] = float64(i)
	}
	for i, s := range text {
		o.Values[i] = math.NaN()
		if c, ok := code[s]; ok {
			o.Values[i] = c
		}
	}
}
