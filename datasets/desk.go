package datasets

import (
	"math"
	"slices"
	"strings"
)

// CompareEvents orders two events of one customer as a log whose optional columns are
// has does: by time, kind, then every column, missing numbers first.
func CompareEvents(a, b *Event, has Fields) int {
	if a.Time != b.Time {
		return order(a.Time, b.Time)
	}
	if a.Kind != b.Kind {
		return order(a.Kind, b.Kind)
	}
	at, bt := a.texts(), b.texts()
	for j := range at {
		if has&(FieldOrder<<j) != 0 && *at[j] != *bt[j] {
			return strings.Compare(*at[j], *bt[j])
		}
	}
	an, bn := a.numbers(), b.numbers()
	for j := range an {
		if has&(FieldQuantity<<j) == 0 {
			continue
		}
		switch x, y := an[j], bn[j]; {
		case x < y || math.IsNaN(x) && !math.IsNaN(y):
			return -1
		case x > y || math.IsNaN(y) && !math.IsNaN(x):
			return 1
		}
	}
	return 0
}

func (ev *Event) texts() [7]*string {
	return [7]*string{&ev.Order, &ev.Item, &ev.Category, &ev.Brand, &ev.Channel, &ev.Campaign, &ev.Session}
}

func (ev *Event) numbers() [7]float64 {
	return [7]float64{ev.Quantity, ev.Price, ev.Amount, ev.Discount, ev.Margin, ev.Rating, ev.Points}
}

// Desk lays the events of a few customers out as histories, again and again in the same
// memory, for who measures them at every contact: a Builder sorts, copies and numbers
// whole logs, which costs some ten times as much.
//
// The histories are those of a log of the same events with the same meta data. They hold
// until the next Clear. A Desk serves one goroutine.
type Desk struct {
	log   Log
	e     Events
	names words
	memos []memo
}

// NewDesk returns an empty desk.
func NewDesk() *Desk {
	d := &Desk{names: newWords()}
	d.names.shared = true
	return d
}

// Clear takes everything off the desk. The histories to come are of that meta data,
// whose window and kinds must be known, and read the side tables of that log (nil = none).
func (d *Desk) Clear(meta Meta, tables *Log) {
	d.log = Log{Meta: meta}
	if t := tables; t != nil {
		d.log.Items, d.log.Customers, d.log.Campaigns, d.log.Surveys, d.log.Offers = t.Items, t.Customers, t.Campaigns, t.Surveys, t.Offers
	}
	e := &d.e
	e.log = &d.log
	e.IDs, e.Starts = e.IDs[:0], append(e.Starts[:0], 0)
	e.Time, e.Kind = e.Time[:0], e.Kind[:0]
	for j, c := range e.texts() {
		*c = emptied(*c, meta.Has&(FieldOrder<<j) != 0)
	}
	for j, c := range e.numbers() {
		*c = emptied(*c, meta.Has&(FieldQuantity<<j) != 0)
	}
	d.names.clear()
	e.Words = d.names.list
	d.memos = d.memos[:0]
}

// emptied keeps the memory of a column that is wanted; one that is not is nil.
func emptied[T any](col []T, want bool) []T {
	switch {
	case !want:
		return nil
	case col == nil:
		return []T{}
	}
	return col[:0]
}

// Add puts a customer's events on the desk, which must be in the order of CompareEvents.
// What lies outside of the window is left out; false = nothing is left. It keeps the
// texts themselves.
func (d *Desk) Add(id string, n int, at func(i int) *Event) bool {
	e, has := &d.e, d.log.Meta.Has
	w := d.log.Meta.Window
	from, to := w.From.UnixMicro(), w.To.UnixMicro()
	if w.From.IsZero() {
		from = math.MinInt64
	}
	if w.To.IsZero() {
		to = math.MaxInt64
	}
	lo, hi := 0, n
	for lo < hi && at(lo).Time < from {
		lo++
	}
	for lo < hi && at(hi-1).Time >= to {
		hi--
	}
	if lo == hi {
		return false
	}
	texts, numbers := e.texts(), e.numbers()
	for i := lo; i < hi; i++ {
		ev := at(i)
		e.Time, e.Kind = append(e.Time, ev.Time), append(e.Kind, ev.Kind)
		if has&fieldTexts != 0 {
			for j, s := range ev.texts() {
				if has&(FieldOrder<<j) != 0 {
					*texts[j] = append(*texts[j], d.names.intern(*s))
				}
			}
		}
		for j, x := range ev.numbers() {
			if has&(FieldQuantity<<j) != 0 {
				*numbers[j] = append(*numbers[j], plain(x))
			}
		}
	}
	e.IDs, e.Starts = append(e.IDs, id), append(e.Starts, len(e.Time))
	e.Words = d.names.list
	return true
}

// Histories returns the histories of those added that have events in the window, in the
// order in which they were added.
func (d *Desk) Histories(out []History) []History {
	n := len(d.e.IDs)
	d.memos = slices.Grow(d.memos[:0], n)[:n]
	clear(d.memos)
	for i, id := range d.e.IDs {
		out = append(out, History{ID: id, Meta: &d.log.Meta, e: &d.e, lo: d.e.Starts[i], hi: d.e.Starts[i+1], memo: &d.memos[i]})
	}
	return out
}
