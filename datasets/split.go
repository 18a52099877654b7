package datasets

import "time"

// Holdout is what the customers of a log did after its window: [From, To).
type Holdout struct {
	From, To time.Time
	log      *Log
}

// Split cuts a log at t1: the histories before it, and what the same customers
// did in [t1, t2). A zero t2 takes everything after t1. Customers first seen
// after t1 are in neither.
func Split(l *Log, t1, t2 time.Time) (*Log, *Holdout) {
	if t2.IsZero() {
		t2 = l.Meta.Window.To
	}
	after := *l
	after.Meta.Window = Window{t1, t2}
	after.shards = nil
	for _, e := range l.shards {
		if c := e.filter(after.Meta.Window, &after.Meta); len(c.IDs) > 0 {
			after.shards = append(after.shards, c)
		}
	}
	return l.AsOf(t1), &Holdout{From: t1, To: t2, log: &after}
}

// History returns what the customer did in the hold-out window; ok is false if nothing.
func (h *Holdout) History(id string) (History, bool) { return h.log.Find(id) }
