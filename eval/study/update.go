package study

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// Contact is one event with the key by which it is known to its sender; "" = none.
type Contact struct {
	Key string
	datasets.Event
}

// TrackOptions say how a Tracker reads events and when a customer changes segment.
type TrackOptions struct {
	// Meta is the log's: zone, columns, and the window's beginning. To is where it stands
	// at first; zero = the end of the local day of the latest event. A From of zero is the
	// start of the local day of the earliest event. Kinds are those known to happen, which
	// those of the events join: an extractor may read a kind that never comes as 0 or as
	// missing.
	Meta datasets.Meta
	// Tables holds the side tables; nil = none. Its events do not count.
	Tables *datasets.Log
	// MaxEvents is how many events are kept of a customer; of more the oldest go. 0 = 10,000.
	MaxEvents int
	Hysteresis
}

const defaultMaxEvents = 10_000

// Tracker keeps customers labelled while events arrive. It is safe for concurrent use.
//
// It keeps each customer's events and measures the customer anew whenever one arrives or
// a day has passed: extractors are functions of a whole history (a return undoes an
// earlier purchase, a late event changes every gap after it), so none is updated in
// place, and every one gives what it would give all at once. After Settle, labels,
// shares, distances and features are those of Model.LabelLog on a log of the same events
// with the same window, however the events were split into batches and in whatever order
// they came. The segment a customer is held in, which has a memory, depends on the order
// of the contacts.
//
// An event whose key the customer has had before is a duplicate: it is counted and
// changes nothing, so a batch that was not acknowledged can be sent again. Events
// without a key are all taken, equal ones too, as in a log.
//
// Memory: per event about 230 bytes and its key, per customer at most MaxEvents of them
// and some 500 bytes. Who has had more has features of the latest MaxEvents events;
// Standing.Dropped says so, and their older keys are forgotten.
//
// Cost of an event: O(events of the customer) and one prediction.
type Tracker struct {
	m   *Model
	opt TrackOptions

	mu        sync.RWMutex
	meta      datasets.Meta   // its window is the present one
	reads     datasets.Fields // the columns that the extractors read
	openFrom  bool            // the window begins with the earliest event
	customers map[string]*tracked
	order     []*tracked        // in the order in which they came
	shot      *snapshot         // under way
	shots     uint64            // begun
	words     map[string]string // one copy of each text
	desks     []*datasets.Desk  // one for each that measures beside the others
	drift     driftState
	names     map[int32]string
	events    int
}

// tracked is one customer.
type tracked struct {
	id      string
	events  []Contact           // in a log's order
	keys    map[string]struct{} // of the events; nil = not made yet
	dropped int
	from    int64 // the window and the kinds under which p was made
	to      int64
	kinds   datasets.Kinds
	p       Prediction
	mark    driftMark
	shot    uint64 // the last snapshot that holds them, or need not
	holding
}

// NewTracker starts without customers.
func NewTracker(m *Model, opt TrackOptions) (*Tracker, error) {
	if len(m.Pipeline.Extractors) == 0 {
		return nil, fmt.Errorf("model %s was made from a table of features: events cannot update it", m.Name)
	}
	if err := opt.Hysteresis.check(); err != nil {
		return nil, err
	}
	if opt.MaxEvents == 0 {
		opt.MaxEvents = defaultMaxEvents
	}
	if opt.MaxEvents < 1 {
		return nil, fmt.Errorf("%d events kept of a customer: at least 1", opt.MaxEvents)
	}
	t := &Tracker{
		m: m, opt: opt, meta: opt.Meta, openFrom: opt.Meta.Window.From.IsZero(), customers: map[string]*tracked{},
		words: map[string]string{}, reads: m.reads(), names: map[int32]string{cluster.Noise: Unassigned},
	}
	for _, s := range m.Segments {
		t.names[s.Label] = s.Name
	}
	t.drift.counts = make([][]int, len(m.Training))
	for j, c := range m.Training {
		t.drift.counts[j] = make([]int, len(c.Tenths)+2)
	}
	return t, nil
}

// reads is every column that a model's extractors read: others need not be put
// before them.
func (m *Model) reads() datasets.Fields {
	if m.Given != nil { // its rules may ask for any
		return ^datasets.Fields(0)
	}
	var out datasets.Fields
	for _, f := range m.Pipeline.Extractors {
		e, err := features.Lookup(f.Name)
		if err != nil || e.Reads == 0 {
			return ^datasets.Fields(0)
		}
		out |= e.Reads
	}
	return out
}

// Fed is what became of a batch.
type Fed struct {
	Taken      int
	Duplicates int
	Outside    int // of those taken: before the window, kept out of the features
	Duplicate  []bool
	// Updates are the customers of the batch as they stand now, in the order of first
	// mention.
	Updates []Update
}

// Update is a customer after a contact.
type Update struct {
	Standing
	Changed bool   `json:"changed"`       // another segment than before, or the first
	Was     string `json:"was,omitempty"` // the segment before
	At      int64  `json:"at"`            // µs: the contact's stamp, or now
	Key     string `json:"key,omitempty"` // of the batch's last contact of the customer
}

// Feed takes a batch of contacts, in any order, and labels the customers it is about.
// An event later than the present window moves its end to the end of that local day.
func (t *Tracker) Feed(ctx context.Context, batch []Contact) (Fed, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fed := Fed{Duplicate: make([]bool, len(batch))}
	for _, c := range batch {
		t.widen(c.Time)
	}
	var touched []*tracked
	var stale []*tracked
	seen := map[string]*Contact{}
	for i := range batch {
		c := t.customers[batch[i].Customer]
		if c == nil {
			c = t.join(&tracked{id: t.word(batch[i].Customer), holding: holding{label: unheld}})
		}
		if _, ok := seen[c.id]; !ok {
			touched = append(touched, c)
			t.keep(c)
			if len(c.events) > 0 && !t.current(c) {
				stale = append(stale, c)
			}
		}
		seen[c.id] = &batch[i]
	}
	before := map[string]int32{}
	for _, c := range touched {
		before[c.id] = c.label
	}
	// The days since the last contact have passed before this one: whoever slipped into
	// another segment by silence did so whether or not Tick came by.
	if err := t.measure(stale, true); err != nil {
		return fed, err
	}
	for i := range batch {
		c := t.customers[batch[i].Customer]
		if !t.enter(c, batch[i]) {
			fed.Duplicate[i] = true
			fed.Duplicates++
			continue
		}
		fed.Taken++
		t.events++
		t.meta.Kinds |= datasets.KindSet(batch[i].Kind)
		if !t.meta.Window.Contains(batch[i].Time) {
			fed.Outside++
		}
	}
	if err := t.measure(touched, true); err != nil {
		return fed, err
	}
	for _, c := range touched {
		u := Update{Standing: t.standing(c), Changed: before[c.id] != c.label, At: seen[c.id].Time, Key: seen[c.id].Key}
		if was := before[c.id]; u.Changed && was != unheld {
			u.Was = t.names[was]
		}
		fed.Updates = append(fed.Updates, u)
	}
	return fed, nil
}

// join adds a customer.
func (t *Tracker) join(c *tracked) *tracked {
	c.shot = t.shots
	t.customers[c.id] = c
	t.order = append(t.order, c)
	return c
}

// word returns the one copy of a text.
func (t *Tracker) word(s string) string {
	if s == "" {
		return ""
	}
	w, ok := t.words[s]
	if !ok {
		t.words[s] = s
		return s
	}
	return w
}

// widen moves the window so that it holds an event.
func (t *Tracker) widen(stamp int64) {
	w := &t.meta.Window
	if w.To.IsZero() || stamp >= w.To.UnixMicro() {
		w.To = dayAfter(&t.meta, stamp, 1)
	}
	if t.openFrom && (w.From.IsZero() || stamp < w.From.UnixMicro()) {
		w.From = dayAfter(&t.meta, stamp, 0)
	}
}

// dayAfter is the first instant of the local day that is so many days after the stamp's.
func dayAfter(meta *datasets.Meta, stamp int64, days int) time.Time {
	y, mo, d := meta.Local(stamp).Date()
	zone := meta.Zone
	if zone == nil {
		zone = time.UTC
	}
	want := meta.DayOf(time.Date(y, mo, d+days, 12, 0, 0, 0, zone).UnixMicro())
	start := time.Date(y, mo, d+days, 0, 0, 0, 0, zone)
	for meta.DayOf(start.UnixMicro()) < want { // the clock skips this midnight
		start = start.Add(15 * time.Minute)
	}
	return start
}

func (t *Tracker) current(c *tracked) bool {
	w := t.meta.Window
	return c.from == w.From.UnixMicro() && c.to == w.To.UnixMicro() && c.kinds == t.meta.Kinds
}

// enter adds an event; false = a duplicate.
func (t *Tracker) enter(c *tracked, e Contact) bool {
	if e.Key != "" {
		if c.keys == nil {
			c.keys = make(map[string]struct{}, len(c.events)+1)
			for i := range c.events {
				if k := c.events[i].Key; k != "" {
					c.keys[k] = struct{}{}
				}
			}
		}
		if _, ok := c.keys[e.Key]; ok {
			return false
		}
		c.keys[e.Key] = struct{}{}
	}
	e.Customer = c.id
	// Orders and sessions are nearly all different: a list of them would be a second copy.
	for _, s := range [...]*string{&e.Item, &e.Category, &e.Brand, &e.Channel, &e.Campaign} {
		*s = t.word(*s)
	}
	// In a log's order: most come last.
	if n := len(c.events); n == 0 || datasets.CompareEvents(&c.events[n-1].Event, &e.Event, t.meta.Has) <= 0 {
		c.events = append(c.events, e)
	} else {
		at, _ := slices.BinarySearchFunc(c.events, &e, func(x Contact, y *Contact) int {
			return cmp.Or(datasets.CompareEvents(&x.Event, &y.Event, t.meta.Has), -1) // after its equals
		})
		c.events = slices.Insert(c.events, at, e)
	}
	if len(c.events) > t.opt.MaxEvents {
		delete(c.keys, c.events[0].Key)
		c.events[0] = Contact{}
		c.events = c.events[1:]
		c.dropped++
	}
	return true
}

// tickChunk is the number of customers that Tick labels while it holds the others up.
const tickChunk = 256

// Tick says that it is at least now: the window ends with the local day of now, and every
// customer not seen since is labelled as of it, for recency grows without events. It
// returns who changed. Time does not go back. Contacts may be fed meanwhile.
func (t *Tracker) Tick(ctx context.Context, now time.Time) ([]Update, error) {
	t.mu.Lock()
	if to := dayAfter(&t.meta, now.UnixMicro(), 1); to.After(t.meta.Window.To) {
		t.meta.Window.To = to
	}
	t.mu.Unlock()
	return t.Settle(ctx)
}

// Settle labels the customers whose labels are of an earlier now.
func (t *Tracker) Settle(ctx context.Context) ([]Update, error) {
	t.mu.RLock()
	var ids []string
	for id, c := range t.customers {
		if !t.current(c) {
			ids = append(ids, id)
		}
	}
	t.mu.RUnlock()
	slices.Sort(ids)
	var out []Update
	for part := range slices.Chunk(ids, tickChunk) {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		us, err := t.settle(ctx, part)
		if out = append(out, us...); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (t *Tracker) settle(ctx context.Context, ids []string) ([]Update, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var cs []*tracked
	var was []int32
	for _, id := range ids {
		if c := t.customers[id]; !t.current(c) {
			cs, was = append(cs, c), append(was, c.label)
			t.keep(c)
		}
	}
	if err := t.measure(cs, true); err != nil {
		return nil, err
	}
	var out []Update
	for i, c := range cs {
		if c.label != was[i] {
			u := Update{Standing: t.standing(c), Changed: true, At: t.meta.Window.To.UnixMicro()}
			if was[i] != unheld {
				u.Was = t.names[was[i]]
			}
			out = append(out, u)
		}
	}
	return out, nil
}

// Drift compares the customers as they are now with those the model learned from.
func (t *Tracker) Drift() Drift {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.m.drift(&t.drift)
}
