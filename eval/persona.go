package eval

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// Persona is a segment as a real customer of it shows it. Nothing in it is made up: who
// stands for it exists, and what is not known has a reason.
type Persona struct {
	Card
	// Medoid is the customer in the middle, Examples the three nearest to it (see
	// Exemplars), the medoid first.
	Medoid   Exemplar    `json:"medoid"`
	Examples []Exemplar  `json:"examples"`
	Rule     SegmentRule `json:"rule"`
	Log      *PersonaLog `json:"log,omitempty"` // nil without a log
}

// PersonaLeft is a segment that no card is made of.
type PersonaLeft struct {
	Segment int      `json:"segment"` // 0-based
	Name    string   `json:"name"`
	Size    int      `json:"size"`
	Value   *float64 `json:"value,omitempty"`
}

// PersonaMost is how many cards people keep apart.
const PersonaMost = 5

const personaExamples = 3

// Personas makes a card of each segment of labels (−1 = unassigned), the five largest by
// value where there are more (by size where value is nil), in the order of the segments;
// those left out are returned beside them. x is the space in which the segments were made,
// raw the features in their own units, rules those of ShortestRules on raw or nil. The
// customers shown are medoids of the segment, never means. Behaviours are those that need no
// scale to be read, where there are any. Deterministic. Cost: that of
// NewProfile, Cards and Exemplars.
func Personas(x, raw *features.Matrix, labels []int32, value []float64, rules []SegmentRule) ([]Persona, []PersonaLeft, *Profile) {
	p := NewProfile(raw, labels, value)
	exemplars := Exemplars(x, labels, personaExamples)
	cols := cardColumns(p)
	var all []Persona
	for g, c := range Cards(p) {
		one := Persona{Card: c, Examples: exemplars[g].Medoids}
		if plain := topical(slices.DeleteFunc(behaviours(p, g, cols), func(b Behaviour) bool { return !personaPlain(b) })); len(plain) > 0 {
			one.Behaviours = plain
		}
		if len(one.Examples) > 0 {
			one.Medoid = one.Examples[0]
		}
		if g < len(rules) {
			one.Rule = rules[g]
		} else {
			one.Rule.Reason = "no rule was looked for"
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b Persona) int {
		if a.Value != nil && b.Value != nil {
			return cmp.Compare(*b.Value, *a.Value)
		}
		return cmp.Compare(b.Size, a.Size)
	})
	var left []PersonaLeft
	for _, o := range all[min(len(all), PersonaMost):] {
		left = append(left, PersonaLeft{o.Segment, o.Name, o.Size, o.Value})
	}
	all = all[:min(len(all), PersonaMost)]
	slices.SortFunc(all, func(a, b Persona) int { return cmp.Compare(a.Segment, b.Segment) })
	slices.SortFunc(left, func(a, b PersonaLeft) int { return cmp.Compare(a.Segment, b.Segment) })
	return all, left, p
}

// personaPlain says whether a behaviour can be read without a scale beside it: 79 days can,
// a score of −1.8 cannot.
func personaPlain(b Behaviour) bool {
	return b.Column.Kind == features.Angle || wordingOf(b.Column).scale == ""
}

// WidenPersonas fills cards with fewer than five behaviours up from a wider profile of the
// same segments: segments made of recency, frequency and value differ in more than these.
// What a card already has a behaviour about is not said again, and a number that a scale
// must explain is not among what is added.
func WidenPersonas(all []Persona, wide *Profile) {
	cols := cardColumns(wide)
	for i := range all {
		seen := map[string]bool{}
		topic := func(b Behaviour) string { return cmp.Or(b.topic, b.Column.Name) }
		for _, b := range all[i].Behaviours {
			seen[topic(b)], seen[b.Column.Name] = true, true
		}
		for _, b := range behaviours(wide, all[i].Segment, cols) {
			known := b.Column.Kind == features.Angle || wordingOf(b.Column).sentence != ""
			if known && personaPlain(b) && len(all[i].Behaviours) < cardBehaviours && !seen[topic(b)] && !seen[b.Column.Name] {
				seen[topic(b)] = true
				all[i].Behaviours = append(all[i].Behaviours, b)
			}
		}
	}
}

// PersonaLog is what the events tell of a segment beside its features.
type PersonaLog struct {
	Trend PersonaTrend `json:"trend"`
	// Hours and Weekdays (from Monday) count purchase occasions; Hours is nil where the log
	// has no hours.
	Hours    []int         `json:"hours,omitempty"`
	Weekdays []int         `json:"weekdays,omitempty"`
	Channels []PersonaPart `json:"channels"` // of purchase occasions, most frequent first
	Themes   []PersonaPart `json:"themes"`   // categories, else items, by lines bought, that tell it apart most
	ByItem   bool          `json:"by_item"`  // the themes are items
	// Last are the examples' last purchases, by id.
	Last map[string][]PersonaPurchase `json:"last,omitempty"`
}

// PersonaTrend compares the second half of the window with the first.
type PersonaTrend struct {
	First, Second float64 `json:"-"` // money, or purchases where there are no amounts
	// Change is second/first − 1 with its 95 % interval (linearised ratio over customers,
	// variance Σ(bᵢ − r·aᵢ)²·n/((n−1)·A²)); Buyers those who bought in either half.
	Change Interval `json:"change"`
	// Everyone is the same of the customers of all segments together: what a cohort does
	// that ages, or a shop that grows.
	Everyone float64 `json:"everyone"`
	Money    bool    `json:"money"`
	Buyers   [2]int  `json:"buyers"`
	N        int     `json:"n"`
	Reason   string  `json:"reason,omitempty"`
}

// PersonaPart is a channel or theme with its share of the segment and of everyone.
type PersonaPart struct {
	Name   string  `json:"name"`
	Count  int     `json:"count"`
	Share  float64 `json:"share"`
	Others float64 `json:"everyone"`
}

// PersonaPurchase is an occasion of an example.
type PersonaPurchase struct {
	Date   string  `json:"date"`
	Amount float64 `json:"-"` // NaN = not known
	What   string  `json:"what,omitempty"`
}

type personaCount struct {
	a, b           []float64 // by customer: the two halves
	hours          [24]int
	days           [7]int
	channel, theme map[string]int
	lines, visits  int
	money          bool
}

// PersonaEvents reads what the log tells of each segment: ids and labels are the rows of
// the study. It holds for the segments' customers only; what is shown of a log with no
// clock (see datasets.Meta.NoClock) has neither times nor a trend. Cost O(events).
func PersonaEvents(ctx context.Context, log *datasets.Log, ids []string, labels []int32, examples [][]string) ([]*PersonaLog, error) {
	k := len(examples)
	group := make(map[string]int, len(ids))
	for i, id := range ids {
		if int(labels[i]) < k && labels[i] >= 0 {
			group[id] = int(labels[i])
		}
	}
	counts := make([]personaCount, k+1)
	for g := range counts {
		counts[g] = personaCount{channel: map[string]int{}, theme: map[string]int{}}
	}
	out := make([]*PersonaLog, k)
	for g := range out {
		out[g] = &PersonaLog{Last: map[string][]PersonaPurchase{}}
	}
	w := log.Meta.Window
	middle := w.From.Add(w.To.Sub(w.From) / 2).UnixMicro()
	byItem := log.Meta.Has&datasets.FieldCategory == 0
	what := personaWhat(log, byItem)
	for e, err := range log.Shards(ctx) {
		if err != nil {
			return nil, err
		}
		for i, id := range e.IDs {
			g, ok := group[id]
			if !ok {
				continue
			}
			h := e.History(i)
			counts[g].add(h, middle, what)
			if slices.Contains(examples[g], id) {
				out[g].Last[id] = personaLast(h, what)
			}
		}
	}
	all := &counts[k]
	for g := range k {
		for _, m := range [][2]map[string]int{{all.channel, counts[g].channel}, {all.theme, counts[g].theme}} {
			for name, n := range m[1] {
				m[0][name] += n
			}
		}
		all.a, all.b = append(all.a, counts[g].a...), append(all.b, counts[g].b...)
		all.lines, all.visits = all.lines+counts[g].lines, all.visits+counts[g].visits
	}
	everyone := all.trend().Change.Value
	for g := range k {
		c, o := &counts[g], out[g]
		o.ByItem = byItem
		o.Trend = c.trend()
		o.Trend.Everyone = everyone
		o.Channels = personaParts3(c.channel, all.channel, c.visits, all.visits, false)
		o.Themes = personaParts3(c.theme, all.theme, c.lines, all.lines, true)
		if log.Meta.NoClock {
			o.Trend = PersonaTrend{N: len(c.a), Reason: "the log has no clock"}
			continue
		}
		o.Weekdays = slices.Clone(c.days[:])
		if log.Meta.Resolution == datasets.Second {
			o.Hours = slices.Clone(c.hours[:])
		}
	}
	return out, nil
}

// personaWhat says what a line bought: its category, or its item by the name that the table
// of items has for it.
func personaWhat(log *datasets.Log, byItem bool) func(datasets.History, int) string {
	if !byItem {
		return func(h datasets.History, i int) string { return h.Category(i) }
	}
	var names *datasets.TableColumn
	if log.Items != nil {
		for j := range log.Items.Cols {
			if c := &log.Items.Cols[j]; c.Text != nil && names == nil && slices.Contains([]string{"description", "name", "title", "product_name"}, strings.ToLower(c.Name)) {
				names = c
			}
		}
	}
	return func(h datasets.History, i int) string {
		item := h.Item(i)
		if names != nil && item != "" {
			if row, ok := log.Items.Find(item); ok && names.Text[row] != "" {
				return names.Text[row]
			}
		}
		return item
	}
}

// add counts a customer's purchases.
func (c *personaCount) add(h datasets.History, middle int64, what func(datasets.History, int) string) {
	var halves, bought [2]float64
	lastDay := math.MinInt
	for i := range h.Len() {
		if h.Kind(i) != datasets.Purchase {
			continue
		}
		half := 0
		if h.Stamp(i) >= middle {
			half = 1
		}
		if a := h.Amount(i); !math.IsNaN(a) {
			halves[half] += a
			c.money = true
		}
		if theme := what(h, i); theme != "" {
			c.theme[theme]++
			c.lines++
		}
		if h.Day(i) == lastDay {
			continue // one occasion a day
		}
		lastDay = h.Day(i)
		bought[half]++
		t := h.Time(i)
		c.hours[t.Hour()]++
		c.days[(int(t.Weekday())+6)%7]++
		if ch := h.Channel(i); ch != "" {
			c.channel[ch]++
			c.visits++
		}
	}
	if !c.money {
		halves = bought
	}
	c.a, c.b = append(c.a, halves[0]), append(c.b, halves[1])
}

func (c *personaCount) trend() PersonaTrend {
	t := PersonaTrend{Money: c.money, N: len(c.a)}
	for i := range c.a {
		t.First, t.Second = t.First+c.a[i], t.Second+c.b[i]
		if c.a[i] > 0 {
			t.Buyers[0]++
		}
		if c.b[i] > 0 {
			t.Buyers[1]++
		}
	}
	if !(t.First > 0) || t.N < 2 {
		t.Reason = "nothing was bought in the first half of the window"
		return t
	}
	r, ss := t.Second/t.First, 0.0
	for i := range c.a {
		d := c.b[i] - r*c.a[i]
		ss += d * d
	}
	n := float64(t.N)
	half := 1.959963984540054 * math.Sqrt(ss*n/(n-1)) / t.First
	t.Change = Interval{Value: r - 1, Lo: r - 1 - half, Hi: r - 1 + half}
	return t
}

// personaParts3 are the three that the segment has most of; of what tells it apart, those
// of the largest share·ln(share/everyone's), their part of the divergence from everyone.
func personaParts3(mine, all map[string]int, n, m int, apart bool) []PersonaPart {
	out := []PersonaPart{}
	for name, c := range mine {
		out = append(out, PersonaPart{name, c, float64(c) / float64(n), float64(all[name]) / float64(m)})
	}
	weight := func(p PersonaPart) float64 {
		if apart {
			return p.Share * math.Log(p.Share/p.Others)
		}
		return p.Share
	}
	slices.SortFunc(out, func(a, b PersonaPart) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(a.Name, b.Name))
	})
	return out[:min(len(out), 3)]
}

// personaLast are a customer's last three days with a purchase.
func personaLast(h datasets.History, what func(datasets.History, int) string) []PersonaPurchase {
	var out []PersonaPurchase
	day := math.MinInt
	for i := h.Len() - 1; i >= 0; i-- {
		if h.Kind(i) != datasets.Purchase {
			continue
		}
		if h.Day(i) != day {
			if len(out) == 3 {
				break
			}
			day = h.Day(i)
			out = append(out, PersonaPurchase{Date: h.Time(i).Format("2006-01-02"), What: what(h, i)})
		}
		out[len(out)-1].Amount += h.Amount(i) // NaN stays
	}
	return out
}
