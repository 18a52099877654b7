package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/datasets"
)

// Stage is where a customer stands on the way to the shop, in it, and away from it.
type Stage uint8

// The stages.
const (
	StageUnaware     Stage = iota // nothing but messages, received or opened
	StageVisitor                  // has been there
	StageBrowser                  // has viewed or searched
	StageConsiderer               // comes back, compares, or keeps a wish list
	StageIntender                 // has a cart or was at the checkout, and never bought
	StageNewBuyer                 // bought once
	StageRepeat                   // bought again
	StageLoyal                    // keeps buying, and is not late
	StageAtRisk                   // is late
	StageLapsed                   // is so late that the customer is taken for lost
	StageReactivated              // bought again after having lapsed
	numStages
)

var stageNames = [numStages]string{
	"unaware", "visitor", "browser", "considerer", "intender", "new buyer", "repeat", "loyal", "at risk", "lapsed", "reactivated",
}

// String returns the stage's name.
func (s Stage) String() string {
	if s < numStages {
		return stageNames[s]
	}
	return fmt.Sprintf("stage(%d)", uint8(s))
}

// MarshalText writes the stage's name.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a stage's name.
func (s *Stage) UnmarshalText(b []byte) error {
	i := slices.Index(stageNames[:], string(b))
	if i < 0 {
		return fmt.Errorf("no stage named %q (stages: %q)", b, stageNames)
	}
	*s = Stage(i)
	return nil
}

// StageSpan is a stretch of days in one stage, From ≤ day < To, as days since
// 1970-01-01. The last one of a history ends with the window.
type StageSpan struct {
	Stage Stage `json:"stage"`
	From  int   `json:"from"` // the date of entry
	To    int   `json:"to"`
}

// StageRules are the limits of the stages. They are rules of thumb: change them where
// the trade is another.
//
// Until the first purchase the latest evidence decides: a cart or a checkout makes an
// intender for CartDays; CompareSessions sessions, CompareViews views of one category,
// or a wish list make a considerer for CompareDays; then a browser is left, or a
// visitor. From then on purchases decide. With the silence since the last purchase
// and the typical gap
//
//	τ = exp((Σ ln gap + m·ln Gap)/(n + m)),  n own gaps so far, m = GapWeight
//
// a customer is at risk from a silence of AtRisk·τ and lapsed above Lapsed·τ, but never
// before Grace and 2·Grace days: who comes every day is not lost in a week. Otherwise
// the customer is a new buyer with one occasion, reactivated with the first one after a
// lapse, repeat with two since then, and loyal with LoyalRepeats + 1. Where others use a
// fitted P(alive) > .8 and < .2, lateness in own gaps stands here: it needs no model,
// and can be told to a customer's face.
type StageRules struct {
	CartDays        int     `json:"cart_days"`
	CompareDays     int     `json:"compare_days"`
	CompareSessions int     `json:"compare_sessions"`
	CompareViews    int     `json:"compare_views"`
	LoyalRepeats    int     `json:"loyal_repeats"`
	AtRisk          float64 `json:"at_risk"` // typical gaps
	Lapsed          float64 `json:"lapsed"`  // typical gaps
	Grace           int     `json:"grace"`   // days
	Gap             float64 `json:"gap"`     // the population's typical gap, days; 0 = to be learned
	GapWeight       float64 `json:"gap_weight"`
}

// DefaultStageRules returns limits that fit shops with weeks between purchases, with 30
// days for the typical gap: LearnStageRules puts a log's own in its place.
func DefaultStageRules() StageRules {
	return StageRules{
		CartDays: 7, CompareDays: 14, CompareSessions: 2, CompareViews: 3,
		LoyalRepeats: 3, AtRisk: 1.5, Lapsed: 3, Grace: 14, Gap: 30, GapWeight: 4,
	}
}

// LearnStageRules returns the default rules with the log's typical gap: exp of the mean
// over customers with two purchase days or more of their own mean ln gap; the default
// gap where there is none.
func LearnStageRules(ctx context.Context, log *datasets.Log) (StageRules, error) {
	r := DefaultStageRules()
	var g gapMean
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return r, err
		}
		g.add(stageLogGap(h.Occasions()))
	}
	r.Gap = math.Exp(g.value(math.Log(r.Gap)))
	return r, nil
}

// stageLogGap returns a customer's mean ln gap; NaN for fewer than two purchase days.
func stageLogGap(occ []datasets.Occasion) float64 {
	if len(occ) < 2 {
		return math.NaN()
	}
	var s float64
	for i := 1; i < len(occ); i++ {
		s += math.Log(float64(occ[i].Day - occ[i-1].Day))
	}
	return s / float64(len(occ)-1)
}

func (r StageRules) check() error {
	switch {
	case r.CartDays < 1 || r.CompareDays < 1 || r.CompareSessions < 1 || r.CompareViews < 1:
		return fmt.Errorf("cart_days = %d, compare_days = %d, compare_sessions = %d, compare_views = %d: at least 1 each", r.CartDays, r.CompareDays, r.CompareSessions, r.CompareViews)
	case r.CompareSessions > 4 || r.CompareViews > 4:
		return fmt.Errorf("compare_sessions = %d, compare_views = %d: at most 4 each", r.CompareSessions, r.CompareViews)
	case r.LoyalRepeats < 1:
		return fmt.Errorf("loyal_repeats = %d: at least 1", r.LoyalRepeats)
	case !(r.AtRisk > 0 && r.AtRisk <= r.Lapsed):
		return fmt.Errorf("at_risk = %g, lapsed = %g: in typical gaps, 0 < at_risk ≤ lapsed", r.AtRisk, r.Lapsed)
	case r.Grace < 1 || !(r.Gap >= 0) || !(r.GapWeight >= 0):
		return fmt.Errorf("grace = %d, gap = %g, gap_weight = %g: at least 1, 0 and 0", r.Grace, r.Gap, r.GapWeight)
	}
	return nil
}

// StageAt returns the span of the stage that the customer was in at the end of that
// day, by Stages; ok is false before the first event and after the window.
func (r StageRules) StageAt(h datasets.History, day int) (span StageSpan, ok bool) {
	for _, s := range r.Stages(h) {
		if s.From <= day && day < s.To {
			return s, true
		}
	}
	return StageSpan{}, false
}

// Stages returns the customer's stages with their dates of entry, from the first event
// to the window's end: one stage a day, that of the day's end, and no two spans of one
// stage after each other. Only what lies before a day decides it, except that a purchase
// undone before the window's end never was (Occasions); cut the log with AsOf for what
// was known then. Cost: O(events).
func (r StageRules) Stages(h datasets.History) []StageSpan {
	if h.Len() == 0 {
		return nil
	}
	t := stageTrack{rules: r, end: stageEnd(h) + 1}
	occ := h.Occasions()
	if len(occ) == 0 || h.Day(0) < occ[0].Day {
		t.prospect(h, occ)
	}
	t.buyer(occ)
	return t.spans
}

// stageEnd is the last day of the window.
func stageEnd(h datasets.History) int { return h.Meta.DayOf(h.Meta.Window.To.UnixMicro() - 1) }

// stageTrack is one run of Stages.
type stageTrack struct {
	rules StageRules
	end   int
	spans []StageSpan
}

// enter begins a stage; a later stage of the same day takes the place of the earlier.
func (t *stageTrack) enter(s Stage, day int) {
	n := len(t.spans)
	if n > 0 && t.spans[n-1].From == day {
		t.spans = t.spans[:n-1]
		n--
	}
	if n > 0 && t.spans[n-1].Stage == s {
		t.spans[n-1].To = t.end
		return
	}
	if n > 0 {
		t.spans[n-1].To = day
	}
	t.spans = append(t.spans, StageSpan{s, day, t.end})
}

// stageSeen is what is known of a prospect.
type stageSeen struct {
	visited, browsed bool
	cart, compare    int // last days of being an intender and a considerer
}

func (p stageSeen) on(day int) Stage {
	switch {
	case day <= p.cart:
		return StageIntender
	case day <= p.compare:
		return StageConsiderer
	case p.browsed:
		return StageBrowser
	case p.visited:
		return StageVisitor
	}
	return StageUnaware
}

// stageDays holds the last days on which something was done, the latest last.
type stageDays [4]int32

// again adds a day and returns the day of the k-th latest, or ok = false.
func (d *stageDays) again(day, k int) (earlier int, ok bool) {
	copy(d[:3], d[1:])
	d[3] = int32(day) + 1 // 0 = never
	if d[4-k] == 0 {
		return 0, false
	}
	return int(d[4-k]) - 1, true
}

// stageVisit are the kinds that show a customer about: a session of none of them (a
// message opened) is no visit.
var stageVisit = datasets.KindSet(datasets.Visit, datasets.View, datasets.Search, datasets.CartAdd, datasets.CartRemove,
	datasets.Checkout, datasets.Wishlist, datasets.CampaignClick, datasets.Purchase)

// prospect walks the days before the first purchase.
func (t *stageTrack) prospect(h datasets.History, occ []datasets.Occasion) {
	first := t.end
	if len(occ) > 0 {
		first = occ[0].Day
	}
	of, _ := SessionOf(h, 0)
	p := stageSeen{cart: math.MinInt, compare: math.MinInt}
	var visits stageDays
	var views map[string]*stageDays
	session, before := int32(-1), h.Day(0)
	for i := 0; i < h.Len() && h.Day(i) < first; {
		day := h.Day(i)
		t.decay(p, before, day)
		for ; i < h.Len() && h.Day(i) == day; i++ {
			k := h.Kind(i)
			if !stageVisit.Has(k) {
				continue
			}
			p.visited = true
			if of[i] > session { // sessions are numbered by their first events
				session = of[i]
				if d, ok := visits.again(day, t.rules.CompareSessions); ok {
					p.compare = max(p.compare, d+t.rules.CompareDays-1)
				}
			}
			switch k {
			case datasets.Search:
				p.browsed = true
			case datasets.View:
				p.browsed = true
				c := h.Category(i)
				if c == "" {
					break
				}
				if views == nil {
					views = map[string]*stageDays{}
				}
				v := views[c]
				if v == nil {
					v = new(stageDays)
					views[c] = v
				}
				if d, ok := v.again(day, t.rules.CompareViews); ok {
					p.compare = max(p.compare, d+t.rules.CompareDays-1)
				}
			case datasets.Wishlist:
				p.browsed = true
				p.compare = max(p.compare, day+t.rules.CompareDays-1)
			case datasets.CartAdd, datasets.Checkout:
				p.browsed = true
				p.cart = day + t.rules.CartDays - 1
			}
		}
		t.enter(p.on(day), day)
		before = day
	}
	t.decay(p, before, first)
}

// decay enters the stages that a prospect falls back to between two days.
func (t *stageTrack) decay(p stageSeen, after, before int) {
	for _, last := range [...]int{min(p.cart, p.compare), max(p.cart, p.compare)} {
		if day := last + 1; day > after && day < before {
			t.enter(p.on(day), day)
		}
	}
}

// buyer walks the purchase occasions.
func (t *stageTrack) buyer(occ []datasets.Occasion) {
	r := t.rules
	run, lapsed := 0, false
	var logs float64
	for k, o := range occ {
		if k > 0 {
			logs += math.Log(float64(o.Day - occ[k-1].Day))
		}
		run++
		if lapsed {
			run = 1
		}
		switch {
		case k == 0:
			t.enter(StageNewBuyer, o.Day)
		case run == 1:
			t.enter(StageReactivated, o.Day)
		case run > r.LoyalRepeats:
			t.enter(StageLoyal, o.Day)
		default:
			t.enter(StageRepeat, o.Day)
		}
		next := t.end
		if k+1 < len(occ) {
			next = occ[k+1].Day
		}
		// On the day D the silence is D + 1 − o.Day, as of the day's end.
		gap := r.typical(logs, k)
		risk := o.Day + max(int(math.Ceil(max(r.AtRisk*gap, float64(r.Grace))-stageSlack))-1, 1)
		lapse := max(o.Day+int(math.Floor(max(r.Lapsed*gap, 2*float64(r.Grace))+stageSlack)), risk)
		if risk < next {
			t.enter(StageAtRisk, risk)
		}
		lapsed = lapse < next
		if lapsed {
			t.enter(StageLapsed, lapse)
		}
	}
}

// stageSlack keeps the rounding of τ from moving a limit of whole days by one.
const stageSlack = 1e-9

// typical returns τ of n own gaps with that sum of logarithms.
func (r StageRules) typical(logs float64, n int) float64 {
	gap := r.Gap
	if gap <= 0 {
		gap = DefaultStageRules().Gap
	}
	if float64(n)+r.GapWeight == 0 {
		return gap
	}
	return math.Exp((logs + r.GapWeight*math.Log(gap)) / (float64(n) + r.GapWeight))
}

// StageCount is how many customers were in a stage at the end of a day.
type StageCount struct {
	Day       int   `json:"day"` // days since 1970-01-01
	Stage     Stage `json:"stage"`
	Customers int   `json:"customers"`
	Entered   int   `json:"entered"` // of them, on that very day
}

// CountStages counts a log's customers by stage at the end of each of those days, all
// stages a day in order; customers without an event so far are in none. Cost:
// O(events + customers × days).
func CountStages(ctx context.Context, log *datasets.Log, r StageRules, days ...int) ([]StageCount, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	out := make([]StageCount, len(days)*int(numStages))
	for i, d := range days {
		for s := range numStages {
			out[i*int(numStages)+int(s)] = StageCount{Day: d, Stage: s}
		}
	}
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		spans := r.Stages(h)
		for i, d := range days {
			for _, s := range spans {
				if s.From <= d && d < s.To {
					c := &out[i*int(numStages)+int(s.Stage)]
					c.Customers++
					if s.From == d {
						c.Entered++
					}
				}
			}
		}
	}
	return out, nil
}
