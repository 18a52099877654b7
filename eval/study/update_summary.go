package study

import (
	"cmp"
	"math"
	"slices"

	"github.com/mores-lab/mores/cluster"
)

// Summary is a look at all customers of a Tracker at once.
type Summary struct {
	Customers int `json:"customers"`
	Events    int `json:"events"`
	// Held counts those whose label differs from the segment they are held in: another
	// has begun to lead and has not led for long enough.
	Held int `json:"held"`
	// Border counts those whose two largest shares differ by less than BorderMargin, the
	// margin of the hysteresis (its default where that is 0): a contact may carry them
	// over. nil = no customer has two shares.
	Border       *int    `json:"border"`
	BorderMargin float64 `json:"border_margin"`
	// Outside counts those outside of the training range in some feature.
	Outside int `json:"outside"`
	// Worth names the feature that Typical is of; "" = no feature is of money.
	Worth    string `json:"worth,omitempty"`
	WorthDoc string `json:"worth_doc,omitempty"`
	// Segments are the model's by label, then those of customers in none.
	Segments []SegmentLook `json:"segments"`
	// Now is as of when the features hold; "" = there was no event.
	Now string `json:"now,omitempty"`
}

// SegmentLook is a segment in a Summary.
type SegmentLook struct {
	SegmentCount
	Held int `json:"held"` // of its customers
	// Typical is the median of Worth, between tenths of the training customers by
	// interpolation; nil = not known.
	Typical *float64 `json:"typical"`
}

// summaryChunk is the number of customers that Summary looks at while it holds contacts up.
const summaryChunk = 4096

// worths are the names by which a customer's value goes before any other of money.
var worths = []string{"monetary_total", "monetary_mean"}

// worth finds the raw column that says what a customer is worth; −1 = there is none.
func (m *Model) worth() int {
	for _, name := range worths {
		for j, c := range m.Pipeline.Columns {
			if c.Name == name && j < len(m.Training) {
				return j
			}
		}
	}
	for j, c := range m.Pipeline.Columns {
		if c.Unit == "money" && j < len(m.Training) {
			return j
		}
	}
	return -1
}

// Summary counts the customers. Contacts are taken meanwhile: each customer is counted
// as they stand when looked at.
//
// Cost: O(customers), some 20 ns each while they are in the processor's cache and up to
// 1 µs where not; a contact waits for at most 4,096 of them.
func (t *Tracker) Summary() Summary {
	margin := t.opt.withDefaults().Margin
	if margin == 0 {
		margin = DefaultHysteresis.Margin
	}
	s := Summary{BorderMargin: margin}
	worth := t.m.worth()
	if worth >= 0 {
		c := t.m.Pipeline.Columns[worth]
		s.Worth, s.WorthDoc = c.Name, c.Doc
	}
	type tally struct {
		n, held int
		bins    []int
	}
	held := map[int32]*tally{}
	none := map[string]int{}
	border, shared := 0, 0
	t.mu.RLock()
	seen := 0
	for _, c := range t.customers {
		if seen++; seen%summaryChunk == 0 {
			// A range over a map goes on where it was, whatever came in or left meanwhile.
			t.mu.RUnlock()
			t.mu.RLock()
		}
		s.Customers++
		if len(c.p.Outside) > 0 {
			s.Outside++
		}
		if c.label == unheld {
			none[c.p.Segment]++
			continue
		}
		k := held[c.label]
		if k == nil {
			k = &tally{}
			if worth >= 0 && t.m.Training[worth].Counts != nil {
				k.bins = make([]int, len(t.m.Training[worth].Counts))
			}
			held[c.label] = k
		}
		k.n++
		if c.p.Reason == "" && c.p.Label != c.label {
			k.held++
			s.Held++
		}
		if !math.IsNaN(c.p.Share) && !math.IsNaN(c.p.RunnerUpShare) {
			shared++
			if math.Abs(c.p.Share-c.p.RunnerUpShare) < margin {
				border++
			}
		}
		if c.mark.bins != nil && k.bins != nil {
			k.bins[c.mark.bins[worth]]++
		}
	}
	s.Events = t.events
	if w := t.meta.Window; !w.To.IsZero() {
		s.Now = stamp(w.To.UnixMicro())
	}
	t.mu.RUnlock()
	if shared > 0 {
		s.Border = &border
	}
	look := func(label int32, name string, trained int) SegmentLook {
		l := SegmentLook{SegmentCount: SegmentCount{label, name, 0, trained}}
		if k := held[label]; k != nil {
			l.Customers, l.Held = k.n, k.held
			if worth >= 0 {
				l.Typical = t.m.Training[worth].median(k.bins)
			}
		}
		return l
	}
	for _, g := range t.m.Segments {
		s.Segments = append(s.Segments, look(g.Label, g.Name, g.Size))
	}
	if held[cluster.Noise] != nil && !slices.ContainsFunc(t.m.Segments, func(g Segment) bool { return g.Label == cluster.Noise }) {
		s.Segments = append(s.Segments, look(cluster.Noise, Unassigned, 0))
	}
	known := len(s.Segments)
	for name, n := range none {
		s.Segments = append(s.Segments, SegmentLook{SegmentCount: SegmentCount{cluster.Noise, name, n, 0}})
	}
	slices.SortFunc(s.Segments[known:], func(a, b SegmentLook) int { return cmp.Compare(a.Segment, b.Segment) })
	return s
}

// edges are the values that a bin of the training customers lies between.
func (c *ColumnRange) edges(bin int) (lo, hi float64) {
	lo, hi = *c.Lo, *c.Hi
	if bin > 0 {
		lo = c.Tenths[bin-1]
	}
	if bin < len(c.Tenths) {
		hi = c.Tenths[bin]
	}
	return lo, hi
}

// median of values counted by bin, as if they lay evenly in each; nil = none has a value.
func (c *ColumnRange) median(bins []int) *float64 {
	if len(bins) == 0 || c.Lo == nil {
		return nil
	}
	n := 0
	for _, k := range bins[:len(bins)-1] { // the last holds the missing
		n += k
	}
	if n == 0 {
		return nil
	}
	half, below := float64(n)/2, 0.0
	for i, k := range bins[:len(bins)-1] {
		if below+float64(k) >= half {
			lo, hi := c.edges(i)
			v := lo + (hi-lo)*(half-below)/float64(k)
			return &v
		}
		below += float64(k)
	}
	return nil // not reached: the bins add up to n
}
