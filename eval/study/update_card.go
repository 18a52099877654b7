package study

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// Card is what is known of one customer, for people.
type Card struct {
	Standing
	// Rival leads the segment the customer is held in, in Leads updates so far of the
	// Needed in a row; "" = none does.
	Rival  string `json:"rival,omitempty"`
	Leads  int    `json:"leads,omitempty"`
	Needed int    `json:"needed"`
	// Shares are the segments by share, the largest first; those of none are left out.
	Shares []SegmentShare `json:"shares,omitempty"`
	// Than is the segment that Pull compares with.
	Than    string       `json:"than,omitempty"`
	Columns []CardColumn `json:"columns,omitempty"`
	Latest  []CardEvent  `json:"latest,omitempty"` // at most 12, the latest first
	// Note says why Columns are not there, or Pull.
	Note string `json:"note,omitempty"`
}

// SegmentShare is how much a segment has of a customer.
type SegmentShare struct {
	Label   int32   `json:"label"`
	Segment string  `json:"segment"`
	Share   float64 `json:"share"`
}

// CardColumn is one feature of a customer beside the training customers.
type CardColumn struct {
	Column string   `json:"column"`
	Doc    string   `json:"doc,omitempty"`
	Unit   string   `json:"unit,omitempty"`
	Value  *float64 `json:"value"` // null = missing
	// Below is the share of the training customers with a smaller value, by tenths; null =
	// not known.
	Below   *float64 `json:"below"`
	Lo      *float64 `json:"lo"` // of the training customers
	Hi      *float64 `json:"hi"`
	Outside bool     `json:"outside,omitempty"`
	// Pull is the feature's part in why the customer is nearer to their segment than to
	// Than: (x−b)² − (x−a)², a and b the nearest points of the two, x the customer, as
	// scaled, over the sum of |…| of all features. Positive speaks for the segment. null =
	// the rule is not one of distances by feature.
	Pull *float64 `json:"pull"`
}

// CardEvent is one event of a customer. Numbers that are missing are null.
type CardEvent struct {
	Time     string   `json:"time"`
	Kind     string   `json:"kind"`
	Item     string   `json:"item,omitempty"`
	Category string   `json:"category,omitempty"`
	Channel  string   `json:"channel,omitempty"`
	Quantity *float64 `json:"quantity,omitempty"`
	Amount   *float64 `json:"amount,omitempty"`
}

const cardEvents = 12

// Card looks at one customer: their features as of now, what of them speaks for the
// segment they are held in rather than for the segment called than ("" = the strongest
// other), and what they did last. It changes nothing.
//
// Cost: O(events of the customer), as an update; contacts wait only while the events are
// copied.
func (t *Tracker) Card(ctx context.Context, id, than string) (Card, bool, error) {
	t.mu.RLock()
	c, ok := t.customers[id]
	if !ok {
		t.mu.RUnlock()
		return Card{}, false, nil
	}
	out := Card{Standing: t.standing(c), Needed: t.opt.withDefaults().Updates}
	if c.label != unheld && c.leads > 0 {
		out.Rival, out.Leads = t.names[c.rival], c.leads
	}
	for l, v := range c.p.shares {
		if label := int32(l) - 1; v > 0 {
			out.Shares = append(out.Shares, SegmentShare{label, t.names[label], v})
		}
	}
	events := slices.Clone(c.events)
	meta := t.meta
	t.mu.RUnlock()

	slices.SortStableFunc(out.Shares, func(a, b SegmentShare) int { return cmp.Compare(b.Share, a.Share) })
	slices.SortStableFunc(events, func(a, b Contact) int { return cmp.Compare(a.Time, b.Time) })
	for i := len(events) - 1; i >= max(0, len(events)-cardEvents); i-- {
		e := &events[i].Event
		out.Latest = append(out.Latest, CardEvent{
			Time: stamp(e.Time), Kind: e.Kind.String(), Item: e.Item, Category: e.Category, Channel: e.Channel,
			Quantity: known(e.Quantity), Amount: known(e.Amount),
		})
	}
	raw, err := t.rawRow(ctx, meta, events)
	if err != nil {
		return out, true, err
	}
	if raw == nil {
		out.Note = out.Reason
		return out, true, nil
	}
	t.m.describe(&out, raw)
	if err := t.m.pull(&out, raw, than); err != nil {
		return out, true, err
	}
	return out, true, nil
}

// rawRow measures one customer's events; nil = there are not enough of them.
func (t *Tracker) rawRow(ctx context.Context, meta datasets.Meta, events []Contact) (*features.Matrix, error) {
	kinds := meta.Kinds
	meta.Has &= t.reads
	b := datasets.NewBuilder(meta)
	b.Grow(len(events))
	for i := range events {
		b.Add(events[i].Event)
	}
	log := b.Log()
	log.Meta.Kinds = kinds // of all customers, not of this one
	if o := t.opt.Tables; o != nil {
		log.Items, log.Customers, log.Campaigns, log.Surveys, log.Offers = o.Items, o.Customers, o.Campaigns, o.Surveys, o.Offers
	}
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		if datasets.StratumOf(len(h.Occasions()), t.m.Pipeline.Minimum) != datasets.Enough {
			return nil, nil
		}
		row, err := t.m.Pipeline.Measure(h)
		if err != nil {
			return nil, err
		}
		return features.NewMatrix(1, t.m.Pipeline.Columns, row), nil
	}
	return nil, nil // every event is outside of the window
}

// describe fills in the columns without their pull.
func (m *Model) describe(out *Card, raw *features.Matrix) {
	for j, c := range m.Pipeline.Columns {
		r, v := m.Training[j], raw.Row(0)[j]
		k := CardColumn{Column: c.Name, Doc: c.Doc, Unit: c.Unit, Value: known(v), Lo: r.Lo, Hi: r.Hi}
		if !math.IsNaN(v) {
			k.Outside = r.Lo == nil || v < *r.Lo || v > *r.Hi
			if r.Counts != nil {
				k.Below = known(r.below(v))
			}
		}
		out.Columns = append(out.Columns, k)
	}
}

// below is the share of the training customers with values under v's bin: a bin holds
// those up to and with its upper edge, so a value on the edge has its own bin's peers
// beside it, not under it.
func (c *ColumnRange) below(v float64) float64 {
	bin := c.bin(v)
	under, all := 0, 0
	for i, n := range c.Counts[:len(c.Counts)-1] {
		all += n
		if i < bin {
			under += n
		}
	}
	if all == 0 {
		return math.NaN()
	}
	return float64(under) / float64(all)
}

// pull fills in what each column does for the segment that a customer is held in.
func (m *Model) pull(out *Card, raw *features.Matrix, than string) error {
	if out.Since == nil {
		return nil // in no segment
	}
	r := m.Rule
	other, ok := int32(0), false
	if than == "" { // whoever has most, save for the customer's own
		for _, s := range out.Shares {
			if s.Label != out.Label && s.Label != cluster.Noise {
				other, than, ok = s.Label, s.Segment, true
				break
			}
		}
	} else {
		for _, s := range m.Segments {
			if s.Name == than && s.Label != out.Label {
				other, ok = s.Label, true
			}
		}
	}
	if !ok || out.Label == cluster.Noise {
		return nil
	}
	if r.Measure != nil || r.Kind == cluster.MostProbable {
		out.Note = "the rule compares features together: none has a part of its own"
		return nil
	}
	x, err := m.Pipeline.Apply(raw)
	if err != nil {
		return err
	}
	if len(x.Cols) != len(out.Columns) {
		out.Note = "the features were combined before they were compared: none has a part of its own"
		return nil
	}
	for j := range x.Cols {
		if x.Cols[j].Name != out.Columns[j].Column {
			out.Note = "the features were combined before they were compared: none has a part of its own"
			return nil
		}
	}
	row := x.Row(0)
	own, far := nearestOf(r, row, out.Label), nearestOf(r, row, other)
	if own == nil || far == nil {
		return nil
	}
	sum := 0.0
	pulls := make([]float64, len(row))
	for j, v := range row {
		a, b := v-own[j], v-far[j]
		pulls[j] = b*b - a*a
		sum += math.Abs(pulls[j])
	}
	if !(sum > 0) {
		return nil
	}
	out.Than = than
	for j := range pulls {
		out.Columns[j].Pull = known(pulls[j] / sum)
	}
	return nil
}

// nearestOf is the rule's point of a label that is nearest to a row; nil = it has none.
func nearestOf(r *cluster.Rule, row []float64, label int32) []float64 {
	var at []float64
	best := math.Inf(1)
	for i, p := range r.Points {
		if r.Labels[i] != label {
			continue
		}
		d := 0.0
		for j, v := range row {
			d += (v - p[j]) * (v - p[j])
		}
		if d < best {
			best, at = d, p
		}
	}
	return at
}
