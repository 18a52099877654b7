package features

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "process",
	Doc: `Purchase process: how much effort a purchase takes
What a customer does until they buy. Everything after one purchase day's first
purchase and up to the next one's is one path; a silence of more than patience
(default 30 days) ends a path as given up. Effort that has not led to a purchase yet
counts too, as censored time does in a rate: effort per purchase is
  (Σ effort over all paths + m·population) / (purchases + m)
with m = shrink (default 3), so prospects who never bought have a value: the
population's, raised by what they have done in vain. Per purchase:
  sessions_to_purchase          sessions with browsing, cart, checkout or purchase
  items_viewed_before_purchase  distinct items viewed or put into the cart in a path
  categories_compared           distinct categories viewed or put into the cart in a path
  days_first_view_to_purchase   days from a path's first event to its end
  views_per_purchase            views of items and pages (on request)
and shares, (part + m·population)/(whole + m):
  search_share       searches among searches and views
  cart_edits         removals from the cart per item put in
  checkout_repeats   checkout steps taken again (the same item or step, later in the
                     same session) per session that reached the checkout
  channel_switches   changes of channel from one session to the next
  return_visits      sessions after a path's first, per path (on request)
Sessions are the log's, or end after gap minutes (default 30) of silence; with day
stamps a session is a day. Columns that the log cannot tell are left out, with a
warning. Evidence is the number of sessions. Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Moe & Fader", Title: "Dynamic Conversion Behavior at E-Commerce Sites", Venue: "Management Science 50", Year: 2004, DOI: "10.1287/mnsc.1040.0153"},
		{Authors: "Bucklin & Sismeiro", Title: "Click Here for Internet Insight: Advances in Clickstream Data Analysis in Marketing", Venue: "Journal of Interactive Marketing 23", Year: 2009, DOI: "10.1016/j.intmar.2008.10.004"},
	},
	Version: 1,
	AnyKind: processEffort,
	// Whole days move together: stamps alone keep what was done in a session.
	Null: ShuffleKinds + "+" + ShuffleStamps + "+" + ShuffleItems + "+" + ShuffleChannels,
	New: func() Block {
		return &Process{
			Columns: []string{
				"sessions_to_purchase", "items_viewed_before_purchase", "categories_compared", "days_first_view_to_purchase",
				"search_share", "cart_edits", "checkout_repeats", "channel_switches",
			},
			Shrink: 3, Gap: 30, Patience: 30,
		}
	},
})

// processEffort are the kinds of event that a purchase costs.
var processEffort = datasets.KindSet(datasets.View, datasets.Search, datasets.Visit, datasets.CartAdd, datasets.CartRemove, datasets.Checkout)

// Process is the options of process.
type Process struct {
	Columns  []string `json:"columns"`
	Shrink   float64  `json:"shrink"`   // weight of the population, in purchases, events, sessions or paths; 0 = none
	Gap      float64  `json:"gap"`      // minutes of silence that end a session without an id
	Patience float64  `json:"patience"` // days of silence after which a path is given up
}

// processColumn is a column, with the numerator and denominator it is made of.
type processColumn struct {
	Column
	fields  datasets.Fields // columns that the log must have
	kinds   datasets.Kinds  // kinds of event that it must have, all of them
	part    func(*processOf) float64
	whole   func(*processOf) int64
	purpose string // what the denominator counts, for the warning
}

var processColumns = []processColumn{
	{Column: Column{Name: "sessions_to_purchase", Unit: "sessions", Doc: "sessions per purchase, those without one counted in"}, part: func(p *processOf) float64 { return float64(p.Sessions) }, whole: processPurchases, purpose: "purchases"},
	{Column: Column{Name: "items_viewed_before_purchase", Unit: "items", Doc: "different items looked at per purchase"}, fields: datasets.FieldItem, part: func(p *processOf) float64 { return float64(p.Items) }, whole: processPurchases, purpose: "purchases"},
	{Column: Column{Name: "categories_compared", Unit: "categories", Doc: "different categories looked at per purchase"}, fields: datasets.FieldCategory, part: func(p *processOf) float64 { return float64(p.Categories) }, whole: processPurchases, purpose: "purchases"},
	{Column: Column{Name: "days_first_view_to_purchase", Unit: "days", Doc: "days from the first look to the purchase"}, part: func(p *processOf) float64 { return float64(p.Micros) / 86_400_000_000 }, whole: processPurchases, purpose: "purchases"},
	{Column: Column{Name: "views_per_purchase", Unit: "views", Doc: "views per purchase"}, kinds: datasets.KindSet(datasets.View), part: func(p *processOf) float64 { return float64(p.Views) }, whole: processPurchases, purpose: "purchases"},
	{Column: Column{Name: "search_share", Doc: "share of searches among searches and views", Kind: Probability}, kinds: datasets.KindSet(datasets.Search, datasets.View), part: func(p *processOf) float64 { return float64(p.Searches) }, whole: func(p *processOf) int64 { return p.Searches + p.Views }, purpose: "searches or views"},
	{Column: Column{Name: "cart_edits", Doc: "removals from the cart per item put in"}, kinds: datasets.KindSet(datasets.CartAdd, datasets.CartRemove), part: func(p *processOf) float64 { return float64(p.Removes) }, whole: func(p *processOf) int64 { return p.Adds }, purpose: "additions to a cart"},
	{Column: Column{Name: "checkout_repeats", Doc: "checkout steps taken again, per session with a checkout"}, kinds: datasets.KindSet(datasets.Checkout), part: func(p *processOf) float64 { return float64(p.Repeats) }, whole: func(p *processOf) int64 { return p.Checkouts }, purpose: "checkouts"},
	{Column: Column{Name: "channel_switches", Doc: "share of sessions on another channel than the one before", Kind: Probability}, fields: datasets.FieldChannel, part: func(p *processOf) float64 { return float64(p.Switches) }, whole: func(p *processOf) int64 { return p.Pairs }, purpose: "sessions after another one"},
	{Column: Column{Name: "return_visits", Unit: "sessions", Doc: "times coming back before buying or giving up"}, part: func(p *processOf) float64 { return float64(p.Sessions - p.Started) }, whole: func(p *processOf) int64 { return p.Started }, purpose: "paths"},
}

func processPurchases(p *processOf) int64 { return p.Purchases }

// processOf is the counts of one customer, or of all: whole numbers, so that adding
// them is exact.
type processOf struct {
	Purchases  int64 `json:"purchases"`
	Sessions   int64 `json:"sessions"`
	Started    int64 `json:"started"` // paths in which a session began
	Items      int64 `json:"items"`
	Categories int64 `json:"categories"`
	Micros     int64 `json:"micros"` // Σ lengths of the paths
	Views      int64 `json:"views"`
	Searches   int64 `json:"searches"`
	Adds       int64 `json:"adds"`
	Removes    int64 `json:"removes"`
	Checkouts  int64 `json:"checkouts"` // sessions with a checkout
	Repeats    int64 `json:"repeats"`
	Pairs      int64 `json:"pairs"` // sessions of known channel after one of known channel
	Switches   int64 `json:"switches"`
}

func (p *processOf) add(o *processOf) {
	p.Purchases += o.Purchases
	p.Sessions += o.Sessions
	p.Started += o.Started
	p.Items += o.Items
	p.Categories += o.Categories
	p.Micros += o.Micros
	p.Views += o.Views
	p.Searches += o.Searches
	p.Adds += o.Adds
	p.Removes += o.Removes
	p.Checkouts += o.Checkouts
	p.Repeats += o.Repeats
	p.Pairs += o.Pairs
	p.Switches += o.Switches
}

// processWalk goes through one history.
type processWalk struct {
	processOf
	path       int32            // number of the present path
	start, end int64            // stamps of its first and last event
	open       bool             // it has an event
	sessionIn  int32            // the path in which a session last began
	items      map[string]int32 // the path in which each was last seen
	categories map[string]int32
	channel    string
}

// processFrom counts a customer's effort. Events at the stamp of a purchase belong to
// the path it ends: day stamps put the view that led to it beside it.
func processFrom(h datasets.History, gap, patience time.Duration) processOf {
	occ := h.Occasions()
	w := &processWalk{sessionIn: -1}
	w.Purchases = int64(len(occ))
	of, n := SessionOf(h, gap)
	seen := make([]bool, n)
	checkouts := processCheckouts{session: -1}
	o := 0
	for i, s := range of {
		at, kind := h.Stamp(i), h.Kind(i)
		for o < len(occ) && at > occ[o].First {
			w.closePath(occ[o].First, true)
			o++
		}
		bought := kind == datasets.Purchase
		if s < 0 || !bought && !processEffort.Has(kind) {
			continue
		}
		if w.open && at-w.end > patience.Microseconds() {
			w.closePath(w.end, false)
		}
		// A purchase ends paths and opens none: the other lines of its order, a second
		// later, are not the first look at the next one.
		if !w.open && !bought {
			w.open, w.start = true, at
		}
		w.end = at
		if !seen[s] {
			seen[s] = true
			w.session(h.Channel(i))
		}
		if !bought {
			w.effort(h, i)
		}
		if kind == datasets.Checkout {
			fresh, again := checkouts.step(s, h.Item(i), at)
			w.Checkouts += fresh
			w.Repeats += again
		}
	}
	if o < len(occ) {
		w.closePath(occ[o].First, true)
	} else if w.open {
		w.closePath(w.end, false)
	}
	return w.processOf
}

// closePath ends the present path at a purchase, or where it was given up. What a
// customer did after a day's first purchase, without a purchase day to come, is a
// path of its own.
func (w *processWalk) closePath(at int64, bought bool) {
	if w.open {
		w.Micros += max(at, w.start) - w.start
	}
	if w.open || bought {
		w.path++
	}
	w.open = false
}

// session counts a session that begins.
func (w *processWalk) session(channel string) {
	w.Sessions++
	if w.sessionIn != w.path {
		w.sessionIn = w.path
		w.Started++
	}
	if channel == "" {
		return
	}
	if w.channel != "" {
		w.Pairs++
		if channel != w.channel {
			w.Switches++
		}
	}
	w.channel = channel
}

// effort counts an event that is no purchase.
func (w *processWalk) effort(h datasets.History, i int) {
	switch h.Kind(i) {
	case datasets.View:
		w.Views++
	case datasets.Search:
		w.Searches++
		return
	case datasets.CartAdd:
		w.Adds++
	case datasets.CartRemove:
		w.Removes++
		return
	default:
		return
	}
	if w.firstInPath(&w.items, h.Item(i)) {
		w.Items++
	}
	if w.firstInPath(&w.categories, h.Category(i)) {
		w.Categories++
	}
}

// firstInPath reports whether the text is new in the present path.
func (w *processWalk) firstInPath(seen *map[string]int32, text string) bool {
	if text == "" {
		return false
	}
	if *seen == nil {
		*seen = map[string]int32{}
	}
	// Paths count from 0, so that an absent text (0) and one of path 0 differ by 1.
	if (*seen)[text] == w.path+1 {
		return false
	}
	(*seen)[text] = w.path + 1
	return true
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

type processSummary struct {
	has   datasets.Fields
	kinds datasets.Kinds
	all   processOf
}

// Merge adds other.
func (s *processSummary) Merge(other Summary) {
	o := other.(*processSummary)
	s.has |= o.has
	s.kinds |= o.kinds
	s.all.add(&o.all)
}

// Empty returns the summary of no customers.
func (o *Process) Empty() Summary { return &processSummary{} }

// Gather adds the customer's counts.
func (o *Process) Gather(h datasets.History) Summary {
	return &processSummary{
		has: h.Meta.Has, kinds: h.Meta.Kinds,
		all: processFrom(h, spanOf(o.Gap, time.Minute), spanOf(o.Patience, dayLength)),
	}
}

// Learn finds the population's ratios, and leaves out columns that the log cannot tell.
func (o *Process) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*processSummary)
	if !(o.Shrink >= 0 && o.Gap > 0 && o.Patience > 0) {
		return nil, fmt.Errorf("shrink = %g, gap = %g, patience = %g: at least 0, above 0 minutes, above 0 days", o.Shrink, o.Gap, o.Patience)
	}
	m := &processModel{Shrink: o.Shrink, Gap: o.Gap, Patience: o.Patience}
	for _, n := range o.Columns {
		j := slices.IndexFunc(processColumns, func(c processColumn) bool { return c.Name == n })
		if j < 0 {
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(processNames(), ", "))
		}
		c := &processColumns[j]
		if lacks := c.lacks(s); lacks != "" {
			m.Left = append(m.Left, fmt.Sprintf("no %s in the log: %s is left out", lacks, n))
			continue
		}
		m.Names = append(m.Names, n)
		m.Population = append(m.Population, c.part(&s.all)/float64(c.whole(&s.all)))
	}
	if len(m.Names) == 0 {
		return nil, fmt.Errorf("columns = %q leaves nothing to measure: %s", o.Columns, strings.Join(m.Left, "; "))
	}
	return m, nil
}

// lacks names what the log lacks for a column.
func (c *processColumn) lacks(s *processSummary) string {
	if f := c.fields &^ s.has; f != 0 {
		return strings.Join(f.Names(), " and ")
	}
	if k := c.kinds &^ s.kinds; k != 0 {
		return strings.Join(k.Names(), " and ") + " events"
	}
	if c.whole(&s.all) == 0 {
		return c.purpose
	}
	return ""
}

func processNames() []string {
	out := make([]string, len(processColumns))
	for i, c := range processColumns {
		out[i] = c.Name
	}
	return out
}

// Model returns an empty model.
func (o *Process) Model() Model { return &processModel{} }

// processModel holds the population's ratios.
type processModel struct {
	Names      []string  `json:"names"`
	Population []float64 `json:"population"` // one per name
	Shrink     float64   `json:"shrink"`
	Gap        float64   `json:"gap"`
	Patience   float64   `json:"patience"`
	Left       []string  `json:"left,omitempty"`
}

// Warnings says what was left out.
func (m *processModel) Warnings() []string { return m.Left }

// Columns describes the columns.
func (m *processModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := processColumnOf(n).Column
		c.Block = "process"
		out = append(out, c)
	}
	return out
}

func processColumnOf(name string) *processColumn {
	return &processColumns[slices.IndexFunc(processColumns, func(c processColumn) bool { return c.Name == name })]
}

// Evidence is the number of the customer's sessions.
func (m *processModel) Evidence(h datasets.History) int {
	p := processFrom(h, spanOf(m.Gap, time.Minute), spanOf(m.Patience, dayLength))
	return int(p.Sessions)
}

// Measure fills the row.
func (m *processModel) Measure(h datasets.History, row []float64) {
	p := processFrom(h, spanOf(m.Gap, time.Minute), spanOf(m.Patience, dayLength))
	for j, n := range m.Names {
		c := processColumnOf(n)
		whole := float64(c.whole(&p))
		if whole+m.Shrink == 0 { // nothing of one's own, nothing drawn in
			row[j] = math.NaN()
			continue
		}
		row[j] = (c.part(&p) + m.Shrink*m.Population[j]) / (whole + m.Shrink)
	}
}
