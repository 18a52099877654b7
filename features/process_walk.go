package features

import (
	"time"

	"github.com/mores-lab/mores/datasets"
)

// processOf is the counts of one customer, or of all: whole numbers, so that adding
// them is exact.
type processOf struct {
	// Of paths to a purchase that were seen.
	Paths        int64 `json:"paths"`
	PathSessions int64 `json:"path_sessions"`
	PathViews    int64 `json:"path_views"`
	Items        int64 `json:"items"`
	Categories   int64 `json:"categories"`
	Micros       int64 `json:"micros"` // Σ of their lengths
	Returns      int64 `json:"returns"`
	// Of everything.
	Sessions     int64 `json:"sessions"`
	ViewSessions int64 `json:"view_sessions"`
	Views        int64 `json:"views"`
	Searches     int64 `json:"searches"`
	Adds         int64 `json:"adds"`
	Removes      int64 `json:"removes"`
	Checkouts    int64 `json:"checkouts"` // sessions with a checkout
	Repeats      int64 `json:"repeats"`
	Pairs        int64 `json:"pairs"` // sessions of known channel after one of known channel
	Switches     int64 `json:"switches"`
}

func (p *processOf) add(o *processOf) {
	p.Paths += o.Paths
	p.PathSessions += o.PathSessions
	p.PathViews += o.PathViews
	p.Items += o.Items
	p.Categories += o.Categories
	p.Micros += o.Micros
	p.Returns += o.Returns
	p.Sessions += o.Sessions
	p.ViewSessions += o.ViewSessions
	p.Views += o.Views
	p.Searches += o.Searches
	p.Adds += o.Adds
	p.Removes += o.Removes
	p.Checkouts += o.Checkouts
	p.Repeats += o.Repeats
	p.Pairs += o.Pairs
	p.Switches += o.Switches
}

// processFrom counts a customer's effort.
func processFrom(h datasets.History, gap, lookback time.Duration) processOf {
	of, n := SessionOf(h, gap)
	w := &processWalk{h: h, of: of, sessions: make([]processSession, n)}
	w.everything()
	w.paths(lookback.Microseconds())
	return w.processOf
}

// processWalk is one run of processFrom.
type processWalk struct {
	processOf
	h          datasets.History
	of         []int32 // each event's session
	sessions   []processSession
	path       int32 // number of the present path, from 1
	items      map[string]processSeen
	categories map[string]int32 // the path in which each was last seen
}

// processSession is what is known of a session.
type processSession struct {
	began, viewed bool
	path, again   int32 // in which it was counted, and counted as looking again
}

// processSeen says where an item was last seen.
type processSeen struct{ path, session int32 }

// everything counts what does not ask for a purchase.
func (w *processWalk) everything() {
	checkouts := processCheckouts{session: -1}
	channel := ""
	for i, s := range w.of {
		kind := w.h.Kind(i)
		if s < 0 || kind != datasets.Purchase && !processEffort.Has(kind) {
			continue
		}
		if t := &w.sessions[s]; !t.began {
			t.began = true
			w.Sessions++
			if c := w.h.Channel(i); c != "" {
				if channel != "" {
					w.Pairs++
					if c != channel {
						w.Switches++
					}
				}
				channel = c
			}
		}
		switch kind {
		case datasets.View:
			w.Views++
			if t := &w.sessions[s]; !t.viewed {
				t.viewed = true
				w.ViewSessions++
			}
		case datasets.Search:
			w.Searches++
		case datasets.CartAdd:
			w.Adds++
		case datasets.CartRemove:
			w.Removes++
		case datasets.Checkout:
			fresh, again := checkouts.step(s, w.h.Item(i), w.h.Stamp(i))
			w.Checkouts += fresh
			w.Repeats += again
		}
	}
}

// paths counts the paths to purchases. Events at the stamp of a purchase belong to
// its path: day stamps put the view that led to it beside it.
func (w *processWalk) paths(lookback int64) {
	i := 0
	for _, o := range w.h.Occasions() {
		for i < len(w.of) && w.h.Stamp(i) < o.First-lookback {
			i++
		}
		w.path++
		first, seen, bought := int64(0), false, int32(-1)
		for ; i < len(w.of) && w.h.Stamp(i) <= o.First; i++ {
			s, kind, at := w.of[i], w.h.Kind(i), w.h.Stamp(i)
			if kind == datasets.Purchase && at == o.First {
				bought = s
			}
			if s < 0 || !processEffort.Has(kind) {
				continue
			}
			if !seen {
				seen, first = true, at
			}
			w.session(s)
			if kind == datasets.View {
				w.view(i, s)
			}
		}
		if seen {
			w.Paths++
			w.Micros += o.First - first
			w.session(bought)
		}
	}
}

// session counts a session of the present path.
func (w *processWalk) session(s int32) {
	if t := &w.sessions[s]; t.path != w.path {
		t.path = w.path
		w.PathSessions++
	}
}

// view counts a view in the present path.
func (w *processWalk) view(i int, s int32) {
	w.PathViews++
	if item := w.h.Item(i); item != "" {
		if w.items == nil {
			w.items = map[string]processSeen{}
		}
		last := w.items[item]
		if last.path != w.path {
			w.Items++
		} else if t := &w.sessions[s]; last.session != s && t.again != w.path {
			t.again = w.path
			w.Returns++
		}
		w.items[item] = processSeen{w.path, s}
	}
	if c := w.h.Category(i); c != "" {
		if w.categories == nil {
			w.categories = map[string]int32{}
		}
		if w.categories[c] != w.path {
			w.categories[c] = w.path
			w.Categories++
		}
	}
}

// processCheckouts finds the checkout steps that are taken again.
type processCheckouts struct {
	session int32
	taken   []processTaken
}

type processTaken struct {
	step  string
	first int64
}

// step returns what a checkout event adds: 1 to the sessions with a checkout, if it
// is its session's first, and 1 to the repeats, if the step was taken in the session
// at an earlier stamp. Lines of one stamp are one step: a basket passes with all its
// items.
func (c *processCheckouts) step(session int32, name string, at int64) (fresh, again int64) {
	if session != c.session {
		c.session, c.taken = session, c.taken[:0]
		fresh = 1
	}
	for _, t := range c.taken {
		if t.step == name {
			if at > t.first {
				again = 1
			}
			return fresh, again
		}
	}
	c.taken = append(c.taken, processTaken{name, at})
	return fresh, again
}
