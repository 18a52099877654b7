package datasets

import "time"

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
