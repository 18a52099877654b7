package datasets

import (
	"context"
	"iter"
	"time"
)

// Holdout is what the customers of a log did after its window: [From, To).
type Holdout struct {
	From, To time.Time
	log      *Log // the events in the window, of everyone
	known    *Log // the customers seen before it
}

// Split cuts a log at t1: the histories before it, and what the same customers
// did in [t1, t2). A zero t2 takes everything after t1. Customers first seen
// after t1 are in neither.
func Split(l *Log, t1, t2 time.Time) (*Log, *Holdout) {
	if t2.IsZero() {
		t2 = l.Meta.Window.To
	}
	before := l.AsOf(t1)
	after := *l
	after.Meta.Window = Window{t1, t2}
	after.Meta.FirstSeenIsFirst = false // everyone here is older than the window
	after.keep(l)
	return before, &Holdout{From: t1, To: t2, log: &after, known: before}
}

// History returns what the customer did in the hold-out window; ok is false if
// nothing, or if the customer was not known before it.
func (h *Holdout) History(id string) (History, bool) {
	if _, known := h.known.Find(id); !known {
		return History{}, false
	}
	return h.log.Find(id)
}

// Meta returns what holds for the hold-out's events: its window, columns and kinds.
func (h *Holdout) Meta() *Meta { return &h.log.Meta }

// Histories yields what the customers known before the window did in it, in customer
// order; who did nothing is left out. History reads a log on disk again for each
// customer, this one once.
func (h *Holdout) Histories(ctx context.Context) iter.Seq2[History, error] {
	return func(yield func(History, error) bool) {
		next, stop := iter.Pull2(h.known.Shards(ctx))
		defer stop()
		var ids []string // known, of the shard that has been reached
		more := true
		for e, err := range h.log.Shards(ctx) {
			if err != nil {
				yield(History{}, err)
				return
			}
			for i, id := range e.IDs {
				for more && (len(ids) == 0 || ids[0] < id) {
					if len(ids) > 0 {
						ids = ids[1:]
						continue
					}
					var k *Events
					if k, err, more = next(); more && err == nil {
						ids = k.IDs
					} else if err != nil {
						yield(History{}, err)
						return
					}
				}
				if len(ids) > 0 && ids[0] == id && !yield(e.History(i), nil) {
					return
				}
			}
		}
	}
}
