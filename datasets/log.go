package datasets

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Resolution is how finely a log's stamps tell the time.
type Resolution uint8

// Day-level stamps have no hour: hour features of such a log are missing, never 0.
const (
	Second Resolution = iota
	Day
)

func (r Resolution) String() string {
	if r == Day {
		return "day"
	}
	return "second"
}

// Window is the half-open span [From, To) whose events count; "now" is To.
type Window struct{ From, To time.Time }

// Contains reports whether the instant t (µs since 1970, UTC) lies in the window.
func (w Window) Contains(t int64) bool {
	return (w.From.IsZero() || t >= w.From.UnixMicro()) && (w.To.IsZero() || t < w.To.UnixMicro())
}

// Meta is what holds for a whole log. Histories carry a pointer to it.
type Meta struct {
	Name       string
	Unit       string         // what a "customer" is: customer, household or account
	Zone       *time.Location // wall clock in which hours and days are read
	Resolution Resolution
	Window     Window
	Currency   string // ISO 4217 where known, else ""
	// FirstSeenIsFirst says that a customer's first event seen is their first
	// ever (a cohort); false means customers may be older than the window.
	FirstSeenIsFirst bool
	Simulated        bool
	// Thinned is the share of the lines that were drawn at random for the log; 0 = it
	// is complete. Counts, gaps and what is in a basket are not the customers' own then.
	Thinned float64
	// NoClock says that the stamps give the order of events and nothing else: the days
	// and the times between them were made up when the log was read.
	NoClock bool
	Has     Fields // which optional columns the log carries
	Kinds   Kinds  // which kinds of event it holds, in its window
}

// Fields is a set of event columns.
type Fields uint32

// The optional columns of an event.
const (
	FieldOrder Fields = 1 << iota
	FieldItem
	FieldCategory
	FieldBrand
	FieldChannel
	FieldCampaign
	FieldSession
	FieldQuantity
	FieldPrice
	FieldAmount
	FieldDiscount
	FieldMargin
	FieldRating
	FieldPoints
	FieldHour // not a column: the stamps tell hours (Resolution is Second)
	numFields = iota
)

var fieldNames = [numFields]string{
	"order", "item", "category", "brand", "channel", "campaign", "session", "quantity",
	"price", "amount", "discount", "margin", "rating", "points", "time of day",
}

// Names lists the fields of the set.
func (f Fields) Names() []string {
	var out []string
	for i, n := range fieldNames {
		if f&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// Note is something that was noticed or decided while a log was read, said aloud:
// rows dropped, returns matched, duplicates kept.
type Note struct {
	Code  string `json:"code"` // stable: missing_customer, return, zero_amount, ...
	Count int64  `json:"count"`
	Text  string `json:"text"` // one sentence with the count, and what was done
}

// Log is an event log with its optional side tables, each keyed by text.
type Log struct {
	Meta      Meta
	Items     *Table // key: item
	Customers *Table // key: customer; descriptors, never distances
	Campaigns *Table // key: campaign
	Surveys   *Table // key: customer
	Offers    *Table // key: item, or order where what is on offer changes from one to the next
	Notes     []Note
	Hash      string // SHA-256 of the mapped events, equal for equal events in any row order

	shards []*Events
	// A log that does not fit in memory lies on disk instead, and is cut as it is read.
	stored *shardStore
	cut    Window // what of the stored events counts
	failed error  // the disk failed; Shards reports it

	customers, events int
}

// Shards yields the log's shards: whole customers, in customer order, each
// customer in exactly one shard.
func (l *Log) Shards(ctx context.Context) iter.Seq2[*Events, error] {
	if l.failed != nil {
		return func(yield func(*Events, error) bool) { yield(nil, l.failed) }
	}
	if l.stored != nil {
		return l.stored.events(ctx, l)
	}
	return func(yield func(*Events, error) bool) {
		for _, e := range l.shards {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Histories yields every customer's history, in customer order. Looks at ctx
// once a shard and every 1,024 customers.
func (l *Log) Histories(ctx context.Context) iter.Seq2[History, error] {
	return func(yield func(History, error) bool) {
		for e, err := range l.Shards(ctx) {
			if err != nil {
				yield(History{}, err)
				return
			}
			for i := range e.IDs {
				if i%1024 == 1023 && ctx.Err() != nil {
					yield(History{}, ctx.Err())
					return
				}
				if !yield(e.History(i), nil) {
					return
				}
			}
		}
	}
}

// NumCustomers counts the customers with at least one event in the window.
func (l *Log) NumCustomers() int { return l.customers }

// NumEvents counts the events.
func (l *Log) NumEvents() int { return l.events }

// survey fills what is known of all events together: their number, kinds and hash.
func (l *Log) survey() {
	l.customers, l.events, l.Meta.Kinds = 0, 0, 0
	h := newEventHash()
	defer func() {
		if sum := h.sum(); l.failed == nil {
			l.Hash = sum
		}
	}()
	for e, err := range l.Shards(context.Background()) {
		if err != nil {
			l.failed = err
			return
		}
		l.customers += len(e.IDs)
		l.events += len(e.Time)
		for _, k := range e.Kind {
			l.Meta.Kinds |= 1 << k
		}
		h.add(e)
	}
}

// Find returns the history of the customer of that id.
func (l *Log) Find(id string) (History, bool) {
	if l.stored != nil {
		if e, i, ok := l.stored.find(id, l); ok {
			return e.History(i), true
		}
		return History{}, false
	}
	for _, e := range l.shards {
		if i, ok := e.find(id); ok {
			return e.History(i), true
		}
	}
	return History{}, false
}

// Reshard returns the same log in n shards of nearly equal numbers of customers;
// it shares the columns with l. It exists so that merging can be tested and
// work can be spread; nothing computed from a log may depend on it. A log on disk
// keeps the shards it has.
func (l *Log) Reshard(n int) *Log {
	if n < 1 {
		panic("datasets: Reshard needs at least one shard")
	}
	out := *l
	if l.stored != nil {
		return &out
	}
	whole := l.joined()
	out.shards = nil
	c := len(whole.IDs)
	for s := range n {
		lo, hi := s*c/n, (s+1)*c/n
		if lo < hi {
			out.shards = append(out.shards, whole.slice(lo, hi, &out))
		}
	}
	return &out
}

// AsOf returns the log as it was known at t1: events before t1 only, the window
// ending there. Customers without an event before t1 are gone. The columns are
// shared where nothing is cut.
func (l *Log) AsOf(t1 time.Time) *Log { return l.Between(l.Meta.Window.From, t1) }

// Between returns the log cut to the window [t0, t1). A zero time leaves that side open.
func (l *Log) Between(t0, t1 time.Time) *Log {
	out := *l
	out.Meta.Window = Window{t0, t1}
	if t1.IsZero() {
		out.Meta.Window.To = l.Meta.Window.To
	}
	if t0.IsZero() {
		out.Meta.Window.From = l.Meta.Window.From
	} else if !l.Meta.Window.From.IsZero() && t0.After(l.Meta.Window.From) {
		// Customers may now be older than the window.
		out.Meta.FirstSeenIsFirst = false
	}
	out.keep(l)
	return &out
}

// keep cuts the events of l to the receiver's window.
func (l *Log) keep(of *Log) {
	if of.stored != nil {
		l.cut = of.cut
		if w := l.Meta.Window; w.From.After(l.cut.From) {
			l.cut.From = w.From
		}
		if w := l.Meta.Window; w.To.Before(l.cut.To) {
			l.cut.To = w.To
		}
	}
	l.shards = nil
	for _, e := range of.shards {
		if c := e.filter(l.Meta.Window, l); len(c.IDs) > 0 {
			l.shards = append(l.shards, c)
		}
	}
	l.survey()
}

// String describes the log in one line.
func (l *Log) String() string {
	return fmt.Sprintf("%s: %d customers, %d events, %s to %s", l.Meta.Name, l.NumCustomers(), l.NumEvents(),
		l.Meta.Window.From.Format(time.DateOnly), l.Meta.Window.To.Format(time.DateOnly))
}
