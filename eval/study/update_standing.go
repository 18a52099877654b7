package study

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
)

// Standing is where a customer stands. Numbers that are not there are null.
type Standing struct {
	Customer string `json:"customer"`
	// Label and Segment are what the customer is held in; −1 = unassigned, or not labelled.
	Label   int32   `json:"label"`
	Segment string  `json:"segment"`
	Since   *string `json:"since"` // RFC 3339; null = not labelled
	// Predicted is the model's label at the last update: it differs while another segment
	// has not led for long enough.
	Predicted        int32    `json:"predicted"`
	PredictedSegment string   `json:"predicted_segment"`
	Share            *float64 `json:"share"`
	RunnerUp         string   `json:"runner_up,omitempty"`
	RunnerUpShare    *float64 `json:"runner_up_share"`
	Distance         *float64 `json:"distance"`
	Outside          []string `json:"outside,omitempty"`
	Reason           string   `json:"reason,omitempty"`
	Events           int      `json:"events"`
	// Dropped counts the oldest events that were let go: the features are of the others.
	Dropped int    `json:"dropped,omitempty"`
	AsOf    string `json:"as_of"` // now, as of which this holds
}

func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func stamp(us int64) string { return time.UnixMicro(us).UTC().Format(time.RFC3339Nano) }

func (t *Tracker) standing(c *tracked) Standing {
	p := &c.p
	s := Standing{
		Customer: c.id, Label: cluster.Noise, Segment: p.Segment, Predicted: p.Label, PredictedSegment: p.Segment,
		Share: known(p.Share), RunnerUp: p.RunnerUpSegment, RunnerUpShare: known(p.RunnerUpShare), Distance: known(p.Distance),
		Outside: p.Outside, Reason: p.Reason, Events: len(c.events), Dropped: c.dropped, AsOf: stamp(c.to),
	}
	if c.label != unheld {
		since := stamp(c.since)
		s.Label, s.Segment, s.Since = c.label, t.names[c.label], &since
	}
	return s
}

// Customer returns where a customer stands.
func (t *Tracker) Customer(id string) (Standing, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	c, ok := t.customers[id]
	if !ok {
		return Standing{}, false
	}
	return t.standing(c), true
}

// Prediction returns the model's word on a customer at the last update.
func (t *Tracker) Prediction(id string) (Prediction, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	c, ok := t.customers[id]
	if !ok {
		return Prediction{}, false
	}
	return c.p, true
}

// SegmentCount is a segment, or a reason to be in none, with its customers.
type SegmentCount struct {
	Label     int32  `json:"label"`
	Segment   string `json:"segment"`
	Customers int    `json:"customers"`
	Trained   int    `json:"trained"` // how many it had in training
}

// Segments counts the customers: the model's segments by label, then those in none.
func (t *Tracker) Segments() []SegmentCount {
	t.mu.RLock()
	defer t.mu.RUnlock()
	held := map[int32]int{}
	none := map[string]int{}
	for _, c := range t.customers {
		if c.label == unheld {
			none[c.p.Segment]++
		} else {
			held[c.label]++
		}
	}
	var out []SegmentCount
	for _, s := range t.m.Segments {
		out = append(out, SegmentCount{s.Label, s.Name, held[s.Label], s.Size})
	}
	if n := held[cluster.Noise]; n > 0 && !slices.ContainsFunc(t.m.Segments, func(s Segment) bool { return s.Label == cluster.Noise }) {
		out = append(out, SegmentCount{cluster.Noise, Unassigned, n, 0})
	}
	var rest []SegmentCount
	for name, n := range none {
		rest = append(rest, SegmentCount{cluster.Noise, name, n, 0})
	}
	slices.SortFunc(rest, func(a, b SegmentCount) int { return cmp.Compare(a.Segment, b.Segment) })
	return append(out, rest...)
}

// Size counts customers and the events taken.
func (t *Tracker) Size() (customers, events int) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.customers), t.events
}

// Window returns the present window; its end is now.
func (t *Tracker) Window() datasets.Window {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.meta.Window
}
