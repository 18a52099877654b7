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
What a customer does until they buy. The path to a purchase is what they did after the
purchase day before it and in the lookback days (default 7) before the day's first
purchase: browsing (view, search, visit), cart and checkout. Purchases without any
such event (bought in a shop, say) have no path that was seen and are not counted.
With m = shrink (default 3) paths of the population drawn in, per path:
  sessions_to_purchase          sessions, the purchase's own counted in
  items_viewed_before_purchase  distinct items viewed
  categories_compared           distinct categories viewed (on request)
  days_first_view_to_purchase   days from the path's first event to the purchase
  views_per_purchase            views (on request)
and over everything they did, bought or not, so that prospects have values of their
own, (part + m·population)/(whole + m):
  views_per_session  views per session with one
  search_share       searches among searches and views
  cart_edits         removals from the cart per item put in, at most 1
  checkout_repeats   checkout steps taken again (the same item or step, later in the same
                     session) per session that reached the checkout
and on request
  channel_switches   share of sessions on another channel than the one before
  return_visits      share of a path's later sessions that look at an item again
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
				"sessions_to_purchase", "items_viewed_before_purchase", "days_first_view_to_purchase",
				"views_per_session", "search_share", "cart_edits", "checkout_repeats",
			},
			Shrink: 3, Gap: 30, Lookback: 7,
		}
	},
})

// processEffort are the kinds of event that a purchase costs.
var processEffort = datasets.KindSet(datasets.View, datasets.Search, datasets.Visit, datasets.CartAdd, datasets.CartRemove, datasets.Checkout)

// Process is the options of process.
type Process struct {
	Columns  []string `json:"columns"`
	Shrink   float64  `json:"shrink"`   // weight of the population, in paths, sessions or events; 0 = none
	Gap      float64  `json:"gap"`      // minutes of silence that end a session without an id
	Lookback float64  `json:"lookback"` // days before a purchase that belong to the path to it
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
	{
		Column:  Column{Name: "sessions_to_purchase", Unit: "count", Doc: "sessions that a purchase took"},
		part:    func(p *processOf) float64 { return float64(p.PathSessions) },
		purpose: "purchase after other events", whole: processPaths,
	},
	{
		Column: Column{Name: "items_viewed_before_purchase", Unit: "count", Doc: "different items looked at before a purchase"},
		fields: datasets.FieldItem, kinds: datasets.KindSet(datasets.View),
		part:    func(p *processOf) float64 { return float64(p.Items) },
		purpose: "purchase after other events", whole: processPaths,
	},
	{
		Column: Column{Name: "categories_compared", Unit: "count", Doc: "different categories looked at before a purchase"},
		fields: datasets.FieldCategory, kinds: datasets.KindSet(datasets.View),
		part:    func(p *processOf) float64 { return float64(p.Categories) },
		purpose: "purchase after other events", whole: processPaths,
	},
	{
		Column:  Column{Name: "days_first_view_to_purchase", Unit: "days", Doc: "days from the first look to the purchase"},
		part:    func(p *processOf) float64 { return float64(p.Micros) / 86_400_000_000 },
		purpose: "purchase after other events", whole: processPaths,
	},
	{
		Column:  Column{Name: "views_per_purchase", Unit: "count", Doc: "views before a purchase"},
		kinds:   datasets.KindSet(datasets.View),
		part:    func(p *processOf) float64 { return float64(p.PathViews) },
		purpose: "purchase after other events", whole: processPaths,
	},
	{
		Column:  Column{Name: "views_per_session", Unit: "count", Doc: "views in a session with one"},
		kinds:   datasets.KindSet(datasets.View),
		part:    func(p *processOf) float64 { return float64(p.Views) },
		purpose: "views", whole: func(p *processOf) int64 { return p.ViewSessions },
	},
	{
		Column:  Column{Name: "search_share", Doc: "share of searches among searches and views", Kind: Probability},
		kinds:   datasets.KindSet(datasets.Search, datasets.View),
		part:    func(p *processOf) float64 { return float64(p.Searches) },
		purpose: "searches or views", whole: func(p *processOf) int64 { return p.Searches + p.Views },
	},
	{
		Column:  Column{Name: "cart_edits", Doc: "removals from the cart per item put in", Kind: Probability},
		kinds:   datasets.KindSet(datasets.CartAdd, datasets.CartRemove),
		part:    func(p *processOf) float64 { return float64(min(p.Removes, p.Adds)) },
		purpose: "additions to a cart", whole: func(p *processOf) int64 { return p.Adds },
	},
	{
		Column:  Column{Name: "checkout_repeats", Unit: "count", Doc: "checkout steps taken again, per session with a checkout"},
		kinds:   datasets.KindSet(datasets.Checkout),
		part:    func(p *processOf) float64 { return float64(p.Repeats) },
		purpose: "checkouts", whole: func(p *processOf) int64 { return p.Checkouts },
	},
	{
		Column:  Column{Name: "channel_switches", Doc: "share of sessions on another channel than the one before", Kind: Probability},
		fields:  datasets.FieldChannel,
		part:    func(p *processOf) float64 { return float64(p.Switches) },
		purpose: "sessions after another one", whole: func(p *processOf) int64 { return p.Pairs },
	},
	{
		Column: Column{Name: "return_visits", Doc: "share of later sessions before a purchase that look at an item again", Kind: Probability},
		fields: datasets.FieldItem, kinds: datasets.KindSet(datasets.View),
		part:    func(p *processOf) float64 { return float64(p.Returns) },
		purpose: "purchase after several sessions", whole: func(p *processOf) int64 { return p.PathSessions - p.Paths },
	},
}

func processPaths(p *processOf) int64 { return p.Paths }

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
		all: processFrom(h, spanOf(o.Gap, time.Minute), spanOf(o.Lookback, dayLength)),
	}
}

// Learn finds the population's ratios, and leaves out columns that the log cannot tell.
func (o *Process) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*processSummary)
	if !(o.Shrink >= 0 && o.Gap > 0 && o.Lookback > 0) {
		return nil, fmt.Errorf("shrink = %g, gap = %g, lookback = %g: at least 0, above 0 minutes, above 0 days", o.Shrink, o.Gap, o.Lookback)
	}
	m := &processModel{Shrink: o.Shrink, Gap: o.Gap, Lookback: o.Lookback}
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
	Lookback   float64   `json:"lookback"`
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
	p := processFrom(h, spanOf(m.Gap, time.Minute), spanOf(m.Lookback, dayLength))
	return int(p.Sessions)
}

// Measure fills the row.
func (m *processModel) Measure(h datasets.History, row []float64) {
	p := processFrom(h, spanOf(m.Gap, time.Minute), spanOf(m.Lookback, dayLength))
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
