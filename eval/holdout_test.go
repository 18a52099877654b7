package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// holdoutEvent makes an event of a customer on a day and hour of 2024, in Amsterdam.
type holdoutEvent struct {
	who          string
	month        time.Month
	day, hour    int
	kind         datasets.Kind
	amount       float64
	item, cat    string
	channel      string
	discount     float64
	campaignCode string
}

func holdoutLog(t testing.TB, events []holdoutEvent, has datasets.Fields) *datasets.Log {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	b := datasets.NewBuilder(datasets.Meta{Name: "shop", Zone: zone, Has: has})
	for _, e := range events {
		b.Add(datasets.Event{
			Customer: e.who, Time: time.Date(2024, e.month, e.day, e.hour, 30, 0, 0, zone).UnixMicro(), Kind: e.kind,
			Item: e.item, Category: e.cat, Channel: e.channel, Campaign: e.campaignCode,
			Quantity: 1, Price: e.amount, Amount: e.amount, Discount: e.discount,
		})
	}
	return b.Log()
}

const holdoutAll = datasets.FieldItem | datasets.FieldCategory | datasets.FieldChannel | datasets.FieldCampaign |
	datasets.FieldQuantity | datasets.FieldPrice | datasets.FieldAmount | datasets.FieldDiscount

// holdoutCut is October 1st 2024, midnight in Amsterdam.
func holdoutCut(t testing.TB, l *datasets.Log) (*datasets.Log, *datasets.Holdout) {
	t.Helper()
	at := func(m time.Month) time.Time { return time.Date(2024, m, 1, 0, 0, 0, 0, l.Meta.Zone) }
	return datasets.Split(l, at(10), at(12))
}

func outcomesBy(t testing.TB, before *datasets.Log, hold *datasets.Holdout, ids []string) map[string]Outcome {
	t.Helper()
	list, err := Outcomes(t.Context(), before, hold, ids)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Outcome{}
	for _, o := range list {
		out[o.Name] = o
	}
	return out
}

// Every target by hand, of four customers: one who buys, one who sends everything back,
// one who does nothing, one who gets a message.
func TestOutcomes(t *testing.T) {
	const buy, back, sent = datasets.Purchase, datasets.Return, datasets.CampaignSent
	var events []holdoutEvent
	for _, who := range []string{"anna", "ben", "cleo", "dora", "shop"} {
		events = append(events, holdoutEvent{who: who, month: 9, day: 10, hour: 12, amount: 10, item: "tea", cat: "food", channel: "web"})
	}
	events = append(events,
		// Anna: Saturday October 5th, 23:30 by the clock (21:30 UTC): two lines of food, one
		// of toys; Black Friday, November 29th: one line on sale.
		holdoutEvent{who: "anna", month: 10, day: 5, hour: 23, kind: buy, amount: 20, item: "tea", cat: "food", channel: "web"},
		holdoutEvent{who: "anna", month: 10, day: 5, hour: 23, kind: buy, amount: 5, item: "jam", cat: "food", channel: "shop"},
		holdoutEvent{who: "anna", month: 10, day: 5, hour: 23, kind: buy, amount: 50, item: "kite", cat: "toys", channel: "shop"},
		holdoutEvent{who: "anna", month: 11, day: 29, hour: 9, kind: buy, amount: 8, item: "tea", cat: "food", channel: "web", discount: 2},
		// Ben buys and gives it back: no purchase, but a return. The tea of September stays
		// bought.
		holdoutEvent{who: "ben", month: 10, day: 8, hour: 10, kind: buy, amount: 30, item: "lamp", cat: "home", channel: "web"},
		holdoutEvent{who: "ben", month: 10, day: 9, hour: 10, kind: back, amount: -30, item: "lamp", cat: "home", channel: "web"},
		// Dora answers the message of October 20th and not that of November 25th, whose two
		// weeks outlast the hold-out; the message of September is not looked at.
		holdoutEvent{who: "dora", month: 9, day: 29, hour: 8, kind: sent, amount: math.NaN()},
		holdoutEvent{who: "dora", month: 10, day: 20, hour: 8, kind: sent, amount: math.NaN()},
		holdoutEvent{who: "dora", month: 10, day: 31, hour: 6, kind: buy, amount: 12, item: "tea", cat: "food", channel: "shop"},
		holdoutEvent{who: "dora", month: 11, day: 25, hour: 8, kind: sent, amount: math.NaN()},
		holdoutEvent{who: "cleo", month: 12, day: 2, hour: 8, kind: buy, amount: 99, item: "tea", cat: "food", channel: "web"}, // too late
		holdoutEvent{who: "new", month: 10, day: 2, hour: 8, kind: buy, amount: 99, item: "tea", cat: "food", channel: "web"},  // too new
	)
	before, hold := holdoutCut(t, holdoutLog(t, events, holdoutAll))
	got := outcomesBy(t, before, hold, []string{"dora", "anna", "cleo", "ben"})
	nan := math.NaN()
	for name, want := range map[string][]float64{
		"buys":             {1, 1, 0, 0},
		"purchases":        {1, 2, 0, 0},
		"spend":            {12, 83, 0, 0},
		"days_to_purchase": {30, 4, 61, 61},
		"feast_share":      {0, 0.5, nan, nan},
		"deal_share":       {0, 0.25, nan, nan},
		"responds":         {1, nan, nan, nan},
		"returns":          {0, 0, nan, 1},
	} {
		if o := got[name]; o.Reason != "" || !slices.EqualFunc(o.Values, want, func(a, b float64) bool { return a == b || a != a && b != b }) {
			t.Errorf("%s = %v, want %v (%s)", name, o.Values, want, o.Reason)
		}
	}
	for name, want := range map[string][]string{
		"purchase_weekday": {"Thursday", "Saturday", "", ""},
		"purchase_hour":    {"06-12", "18-24", "", ""},
		"next_category":    {"food", "food", "", ""},
		"next_channel":     {"shop", "shop", "", ""},
	} {
		o := got[name]
		for i, v := range o.Values {
			word := ""
			if !math.IsNaN(v) {
				word = o.Categories[int(v)]
			}
			if word != want[i] {
				t.Errorf("%s of %s = %q, want %q", name, o.IDs[i], word, want[i])
			}
		}
		if o.Defined != 2 {
			t.Errorf("%s is defined for %d", name, o.Defined)
		}
	}
	if c := got["days_to_purchase"].Censored; !slices.Equal(c, []bool{false, false, true, true}) {
		t.Errorf("censored: %v", c)
	}
	if o := got["price_tier"]; !strings.Contains(o.Reason, "30 lines") || o.Defined != 0 {
		t.Errorf("tiers of four lines: %q", o.Reason)
	}
	if n := len(outcomesBy(t, before, hold, nil)["buys"].IDs); n != 5 {
		t.Errorf("%d customers known at the cut", n)
	}
}

// Tiers are terciles of the lines of a category, equal prices together.
func TestOutcomesTiers(t *testing.T) {
	var events []holdoutEvent
	want := make([]float64, 12)
	ids := make([]string, 12)
	for c := range 12 {
		ids[c] = fmt.Sprintf("c%02d", c)
		events = append(events, holdoutEvent{who: ids[c], month: 9, day: 1, hour: 12, amount: 1e6, item: "x", cat: "food"})
		for k := range 3 {
			events = append(events, holdoutEvent{who: ids[c], month: 10, day: 2 + k, hour: 12, amount: float64(10 + c/4), item: fmt.Sprint(k), cat: "food"})
		}
		want[c] = float64(c/4) / 2 // 12 lines at each of three prices
	}
	before, hold := holdoutCut(t, holdoutLog(t, events, holdoutAll))
	if o := outcomesBy(t, before, hold, ids)["price_tier"]; !slices.Equal(o.Values, want) {
		t.Errorf("tiers %v, want %v", o.Values, want)
	}
}

// What happened before the cut, and who came after it, moves no outcome; what happens
// after the hold-out neither.
func TestOutcomesWindow(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	kinds := []datasets.Kind{datasets.Purchase, datasets.Purchase, datasets.Return, datasets.CampaignSent, datasets.View}
	draw := func(who string, from, to time.Month, n int) (out []holdoutEvent) {
		for range n {
			item := rng.IntN(4)
			out = append(out, holdoutEvent{
				who: who, month: from + time.Month(rng.IntN(int(to-from)+1)), day: 1 + rng.IntN(28), hour: rng.IntN(24),
				kind: kinds[rng.IntN(len(kinds))], amount: float64(1 + item), item: fmt.Sprint(item), cat: fmt.Sprint(item % 2), channel: fmt.Sprint(rng.IntN(2)),
			})
		}
		return out
	}
	var inside, first, others []holdoutEvent
	var ids []string
	for c := range 60 {
		id := fmt.Sprintf("c%02d", c)
		ids = append(ids, id)
		first = append(first, holdoutEvent{who: id, month: 1, day: 1, hour: 1, amount: 1, item: "0", cat: "0", channel: "0"})
		inside = append(inside, draw(id, 10, 11, rng.IntN(9))...)
		others = append(others, draw(id, 2, 9, 5)...)
		others = append(others, draw(id, 12, 12, 5)...)
		others = append(others, draw("z"+id, 10, 11, 3)...)
	}
	beforeA, holdA := holdoutCut(t, holdoutLog(t, slices.Concat(first, inside), holdoutAll))
	beforeB, holdB := holdoutCut(t, holdoutLog(t, slices.Concat(first, inside, others), holdoutAll).Reshard(3))
	a, b := outcomesBy(t, beforeA, holdA, ids), outcomesBy(t, beforeB, holdB, ids)
	for name := range a {
		x, y := a[name], b[name]
		if fmt.Sprint(x.Values, x.Categories, x.Censored, x.Defined) != fmt.Sprint(y.Values, y.Categories, y.Censored, y.Defined) {
			t.Errorf("%s depends on events that are not in the hold-out, or on shards", name)
		}
		if x.Defined == 0 {
			t.Errorf("%s is defined for nobody: %s", name, x.Reason)
		}
	}
	// Amounts ten times as large: so is the spend, and nothing else changes.
	for i := range inside {
		inside[i].amount *= 10
	}
	beforeA, holdA = holdoutCut(t, holdoutLog(t, slices.Concat(first, inside), holdoutAll))
	c := outcomesBy(t, beforeA, holdA, ids)
	for name, x := range a {
		for i, v := range c[name].Values {
			w := x.Values[i]
			if name == "spend" {
				w *= 10
			}
			check.Close(t, name+" times ten", v, w, 1e-12)
		}
	}
}

// What a log cannot tell has a reason; what is wrong is an error.
func TestOutcomesUndefined(t *testing.T) {
	var events []holdoutEvent
	for d := range 20 {
		events = append(events, holdoutEvent{who: "a", month: 9, day: 1 + d, hour: 0, amount: 1}, holdoutEvent{who: "a", month: 10, day: 1 + d, hour: 0, amount: 1})
	}
	events = append(events, holdoutEvent{who: "b", month: 11, day: 3, hour: 1, amount: 1})
	l := holdoutLog(t, events, 0)
	l.Meta.Resolution, l.Meta.NoClock = datasets.Day, true
	before, hold := holdoutCut(t, l)
	got := outcomesBy(t, before, hold, nil)
	for name, part := range map[string]string{
		"spend": "no amount", "purchase_hour": "time of day", "days_to_purchase": "an order only", "feast_share": "an order only",
		"next_category": "nobody has a value", "deal_share": "no discount", "next_channel": "no channel", "responds": "campaign_sent", "returns": "return events",
	} {
		o := got[name]
		if !strings.Contains(o.Reason, part) || o.Defined != 0 || !math.IsNaN(o.Values[0]) {
			t.Errorf("%s: reason %q does not say %q (%v)", name, o.Reason, part, o.Values)
		}
	}
	if o := got["buys"]; o.Reason != "" || o.Values[0] != 1 || o.Defined != 1 {
		t.Errorf("buys: %+v", o)
	}
	for part, call := range map[string]func() error{
		"not seen before the cut": func() error { _, err := Outcomes(t.Context(), before, hold, []string{"b"}); return err },
		"rows 0 and 1":            func() error { _, err := Outcomes(t.Context(), before, hold, []string{"a", "a"}); return err },
		"after the hold-out":      func() error { _, err := Outcomes(t.Context(), l, hold, nil); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v does not say %q", err, part)
		}
	}
}

// Every target is documented and found by its name.
func TestTargets(t *testing.T) {
	methods := map[string]bool{}
	for _, target := range Targets() {
		methods[target.Method] = true
		got, err := LookupTarget(target.Name)
		if err != nil || got.Doc != target.Doc || target.Doc == "" || target.of == nil {
			t.Errorf("%s: %v", target.Name, err)
		}
	}
	for _, m := range []string{"value", "when", "occasion", "what", "price", "channel", "response", "returns"} {
		if !methods[m] {
			t.Errorf("no target of method %s", m)
		}
	}
	if _, err := LookupTarget("sales"); err == nil || !strings.Contains(err.Error(), "spend") {
		t.Errorf("error %v does not list the targets", err)
	}
}
