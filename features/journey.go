package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
)

var _ = register(&Extractor{
	Name: "journey",
	Doc: `Journey: the stage a customer is in, and how it stands there
Where a customer stands between a first visit and a lapse, by rule on the latest
evidence (StageRules), as of the end of the window:
  journey_depth      deepest step of the last 30 days: 0 none, 1 visit, 2 search or view,
                     3 wish list, 4 cart, 5 checkout, 6 purchase
  journey_days       days in the present stage, the day of entry counted
  journey_overdue    days since the last purchase over the typical gap τ; who never
                     bought: days since the last visit over the population's gap
  journey_sessions_7, journey_sessions_30   visits in the last 7 and 30 days (Sessions)
  journey_intent     cart adds and checkouts since the last purchase, each counting
                     half after intent_days (7) days
  journey_stage      the stage, a category for people that never enters a distance:
                     0 unaware, 1 visitor, 2 browser, 3 considerer, 4 intender, 5 new
                     buyer, 6 repeat, 7 loyal, 8 at risk, 9 lapsed, 10 reactivated
τ = exp((Σ ln gap + m·ln G)/(n + m)) of n own gaps, with the population's G (exp of the
mean over customers of their mean ln gap) weighing m (rules.gap_weight, 4) gaps. Of the
rules others use, P(alive) > .8 and < .2 are replaced by lateness in own gaps and the
number of occasions: no fitted model is needed. Where customers are older than the window
"new buyer" is as seen. Cost: O(events).`,
	Refs: []Ref{
		{Authors: "Lemon & Verhoef", Title: "Understanding Customer Experience Throughout the Customer Journey", Venue: "Journal of Marketing 80", Year: 2016, DOI: "10.1509/jm.15.0420"},
	},
	Version: 1,
	Minimum: 0,
	Null:    ShuffleStamps,
	New: func() Block {
		r := DefaultStageRules()
		r.Gap = 0
		return &Journey{
			Columns: []string{"journey_depth", "journey_days", "journey_overdue", "journey_sessions_7", "journey_sessions_30", "journey_intent", "journey_stage"},
			Rules:   r, Recent: 30, IntentDays: 7,
		}
	},
})

// Journey is the options of journey.
type Journey struct {
	Columns    []string   `json:"columns"`
	Rules      StageRules `json:"rules"`       // gap = 0 is learned
	Recent     int        `json:"recent"`      // days that journey_depth looks back
	IntentDays float64    `json:"intent_days"` // half-life of a cart
}

var journeyColumns = []Column{
	{Name: "journey_depth", Doc: "deepest step of late: 0 none, 1 visit, 2 search or view, 3 wish list, 4 cart, 5 checkout, 6 purchase"},
	{Name: "journey_days", Unit: "days", Doc: "days in the present stage"},
	{Name: "journey_overdue", Unit: "gaps", Doc: "silence since the last purchase in typical gaps; who never bought: since the last visit"},
	{Name: "journey_sessions_7", Unit: "count", Doc: "visits in the last 7 days"},
	{Name: "journey_sessions_30", Unit: "count", Doc: "visits in the last 30 days"},
	{Name: "journey_intent", Unit: "count", Doc: "carts and checkouts since the last purchase, old ones counting less"},
	{Name: "journey_stage", Doc: "stage: " + journeyLegend(), Kind: Category},
}

func journeyLegend() string {
	var b strings.Builder
	for s := range numStages {
		if s > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d %s", s, s)
	}
	return b.String()
}

// journeyStep is how deep a kind of event leads; 0 for those that lead nowhere.
var journeyStep = func() (out [32]uint8) {
	for k, d := range map[datasets.Kind]uint8{
		datasets.Visit: 1, datasets.CampaignClick: 1, datasets.View: 2, datasets.Search: 2, datasets.Wishlist: 3,
		datasets.CartAdd: 4, datasets.CartRemove: 4, datasets.Checkout: 5, datasets.Purchase: 6,
	} {
		out[k] = d
	}
	return out
}()

type journeySummary struct {
	gap   gapMean // mean ln gap
	older bool    // customers may have bought before the window
}

// Merge adds other.
func (s *journeySummary) Merge(other Summary) {
	o := other.(*journeySummary)
	s.gap.merge(&o.gap)
	s.older = s.older || o.older
}

// Empty returns the summary of no customers.
func (o *Journey) Empty() Summary { return &journeySummary{} }

// Gather adds the customer's typical gap.
func (o *Journey) Gather(h datasets.History) Summary {
	s := &journeySummary{older: !h.Meta.FirstSeenIsFirst}
	s.gap.add(stageLogGap(h.Occasions()))
	return s
}

// Learn finds the population's typical gap.
func (o *Journey) Learn(sum Summary, _ map[string]Model) (Model, error) {
	s := sum.(*journeySummary)
	if err := o.Rules.check(); err != nil {
		return nil, err
	}
	if o.Recent < 1 || !(o.IntentDays > 0) {
		return nil, fmt.Errorf("recent = %d, intent_days = %g: days, above 0", o.Recent, o.IntentDays)
	}
	for _, n := range o.Columns {
		if !slices.ContainsFunc(journeyColumns, func(c Column) bool { return c.Name == n }) {
			return nil, fmt.Errorf("no column %q (columns: %s)", n, strings.Join(columnNames(journeyColumns), ", "))
		}
	}
	m := &journeyModel{Names: slices.Clone(o.Columns), Rules: o.Rules, Recent: o.Recent, IntentDays: o.IntentDays, Older: s.older}
	if m.Rules.Gap == 0 {
		m.Rules.Gap = math.Exp(s.gap.value(math.Log(DefaultStageRules().Gap)))
	}
	return m, nil
}

// Model returns an empty model.
func (o *Journey) Model() Model { return &journeyModel{} }

// journeyModel holds the rules with the population's typical gap.
type journeyModel struct {
	Names      []string   `json:"names"`
	Rules      StageRules `json:"rules"`
	Recent     int        `json:"recent"`
	IntentDays float64    `json:"intent_days"`
	Older      bool       `json:"older"`
}

// Warnings says where a new buyer may not be one.
func (m *journeyModel) Warnings() []string {
	if m.Older && slices.Contains(m.Names, "journey_stage") {
		return []string{`customers may have bought before the window: "new buyer" and "repeat" are as seen`}
	}
	return nil
}

// Columns describes the columns.
func (m *journeyModel) Columns() []Column {
	var out []Column
	for _, n := range m.Names {
		c := journeyColumns[slices.IndexFunc(journeyColumns, func(c Column) bool { return c.Name == n })]
		c.Block = "journey"
		out = append(out, c)
	}
	return out
}

// Evidence counts the events that show the customer about.
func (m *journeyModel) Evidence(h datasets.History) int {
	n := 0
	for i := range h.Len() {
		if stageVisit.Has(h.Kind(i)) {
			n++
		}
	}
	return n
}

// journeyLately is what the latest events tell.
type journeyLately struct {
	depth, week, month float64
	lastVisit          int // −1 = never
	intent             float64
}

// lately walks the events back from the end: sessions of no visit do not count.
func (m *journeyModel) lately(h datasets.History, end int) journeyLately {
	l := journeyLately{lastVisit: -1}
	from := h.Len()
	for from > 0 && h.Day(from-1) > end-max(m.Recent, 30) {
		from--
	}
	if from < h.Len() {
		of, n := SessionOf(h, 0)
		seen := make([]bool, n)
		for i := h.Len() - 1; i >= from; i-- {
			step := journeyStep[h.Kind(i)]
			if step == 0 {
				continue
			}
			ago := end - h.Day(i)
			if ago < m.Recent {
				l.depth = max(l.depth, float64(step))
			}
			if of[i] >= 0 && !seen[of[i]] && ago < 30 {
				seen[of[i]] = true
				l.month++
				if ago < 7 {
					l.week++
				}
			}
		}
	}
	// A cart at the stamp of the last purchase led to it: day stamps do not say which
	// came first.
	var bought int64 = math.MaxInt64
	for i := h.Len() - 1; i >= 0; i-- {
		k := h.Kind(i)
		if !stageVisit.Has(k) {
			continue
		}
		if l.lastVisit < 0 {
			l.lastVisit = h.Day(i)
		}
		if k == datasets.Purchase {
			bought = h.Stamp(i)
			break
		}
	}
	for i := h.Len() - 1; i >= 0 && (bought == math.MaxInt64 || h.Stamp(i) > bought); i-- {
		if k := h.Kind(i); k == datasets.CartAdd || k == datasets.Checkout {
			l.intent += math.Exp2(-float64(end-h.Day(i)) / m.IntentDays)
		}
	}
	return l
}

// Measure fills the row: every customer has a stage.
func (m *journeyModel) Measure(h datasets.History, row []float64) {
	end := stageEnd(h)
	occ := h.Occasions()
	l := m.lately(h, end)
	var now StageSpan
	if spans := m.Rules.Stages(h); len(spans) > 0 {
		now = spans[len(spans)-1]
	}
	for j, n := range m.Names {
		switch n {
		case "journey_depth":
			row[j] = l.depth
		case "journey_days":
			row[j] = float64(end + 1 - now.From)
		case "journey_overdue":
			row[j] = m.overdue(h, occ, l, end)
		case "journey_sessions_7":
			row[j] = l.week
		case "journey_sessions_30":
			row[j] = l.month
		case "journey_intent":
			row[j] = l.intent
		case "journey_stage":
			row[j] = float64(now.Stage)
		}
	}
}

// overdue returns the silence in typical gaps. Who was never about has been silent
// since the first message.
func (m *journeyModel) overdue(h datasets.History, occ []datasets.Occasion, l journeyLately, end int) float64 {
	k := len(occ)
	if k == 0 {
		last := l.lastVisit
		if last < 0 && h.Len() > 0 {
			last = h.Day(0)
		}
		return float64(end+1-last) / m.Rules.typical(0, 0)
	}
	var logs float64
	if k > 1 {
		logs = stageLogGap(occ) * float64(k-1)
	}
	return float64(end+1-occ[k-1].Day) / m.Rules.typical(logs, k-1)
}
