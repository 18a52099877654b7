package features

import (
	"context"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// did is an event of a journey, on a day of 2024 counted from 0.
type did struct {
	day  int
	kind datasets.Kind
}

func stageLog(days int, customers map[string][]did) *datasets.Log {
	start := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	b := datasets.NewBuilder(datasets.Meta{
		Name: "stages", FirstSeenIsFirst: true, Has: datasets.FieldCategory,
		Window: datasets.Window{From: start.Truncate(24 * time.Hour), To: start.Truncate(24*time.Hour).AddDate(0, 0, days)},
	})
	for id, evs := range customers {
		for i, d := range evs {
			e := noEvent(id, start.AddDate(0, 0, d.day).Add(time.Duration(i)*time.Second))
			e.Kind, e.Category = d.kind, "tea"
			b.Add(e)
		}
	}
	return b.Log()
}

// By hand, with the default rules: a month for the typical gap, of weight 4.
func TestStagesByHand(t *testing.T) {
	const view, buy = datasets.View, datasets.Purchase
	log := stageLog(200, map[string][]did{
		"mail":    {{0, datasets.CampaignSent}, {5, datasets.CampaignOpen}},
		"browser": {{10, datasets.Visit}, {20, view}},
		// The second session on day 21 makes a considerer until 14 days after the first.
		"considers": {{10, view}, {21, view}},
		"views":     {{10, view}, {10, view}, {10, view}},
		"cart":      {{3, view}, {4, datasets.CartAdd}},
		// Silence reaches 45 days at the end of day 44 and exceeds 90 on day 90.
		"once":  {{0, buy}},
		"loyal": {{0, buy}, {30, buy}, {60, buy}, {90, buy}, {120, buy}, {150, buy}, {180, buy}},
		"back":  {{0, buy}, {150, view}, {160, buy}, {170, buy}},
	})
	start := int(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	r := DefaultStageRules()
	for id, want := range map[string][]StageSpan{
		"mail":      {{StageUnaware, 0, 200}},
		"browser":   {{StageVisitor, 10, 20}, {StageConsiderer, 20, 24}, {StageBrowser, 24, 200}},
		"considers": {{StageBrowser, 10, 21}, {StageConsiderer, 21, 24}, {StageBrowser, 24, 200}},
		"views":     {{StageConsiderer, 10, 24}, {StageBrowser, 24, 200}},
		// Seven days an intender, then still a considerer by the two sessions.
		"cart":  {{StageBrowser, 3, 4}, {StageIntender, 4, 11}, {StageConsiderer, 11, 17}, {StageBrowser, 17, 200}},
		"once":  {{StageNewBuyer, 0, 44}, {StageAtRisk, 44, 90}, {StageLapsed, 90, 200}},
		"loyal": {{StageNewBuyer, 0, 30}, {StageRepeat, 30, 90}, {StageLoyal, 90, 200}},
		// One gap of 160 days: τ = exp((ln 160 + 4 ln 30)/5) = 41.9; then 2 gaps, 33.0.
		"back": {{StageNewBuyer, 0, 44}, {StageAtRisk, 44, 90}, {StageLapsed, 90, 160}, {StageReactivated, 160, 170}, {StageRepeat, 170, 200}},
	} {
		h, ok := log.Find(id)
		if !ok {
			t.Fatal(id)
		}
		got := r.Stages(h)
		if len(got) != len(want) {
			t.Errorf("%s: %v, want %v", id, got, want)
			continue
		}
		for i, w := range want {
			g := got[i]
			if g.Stage != w.Stage || g.From-start != w.From || g.To-start != w.To {
				t.Errorf("%s, span %d: %s %d–%d, want %s %d–%d", id, i, g.Stage, g.From-start, g.To-start, w.Stage, w.From, w.To)
			}
		}
	}
	h, _ := log.Find("back")
	if s, ok := r.StageAt(h, start+165); !ok || s.Stage != StageReactivated || s.From != start+160 {
		t.Errorf("on day 165: %v %v", s, ok)
	}
	if _, ok := r.StageAt(h, start-1); ok {
		t.Error("a stage before the first event")
	}
}

// bruteStage is the rule written down once more, for one day at a time and from the
// events alone.
func bruteStage(r StageRules, h datasets.History, day int) (Stage, bool) {
	of, _ := SessionOf(h, 0)
	var buys []int
	seen := false
	visits, views := map[int32]int{}, map[string][]int{}
	s := StageUnaware
	cart, wish := false, false
	for i := range h.Len() {
		d := h.Day(i)
		if d > day {
			break
		}
		seen = true
		k := h.Kind(i)
		if !stageVisit.Has(k) {
			continue
		}
		s = max(s, StageVisitor)
		if _, ok := visits[of[i]]; !ok {
			visits[of[i]] = d
		}
		switch k {
		case datasets.Purchase:
			if len(buys) == 0 || buys[len(buys)-1] != d {
				buys = append(buys, d)
			}
		case datasets.View, datasets.Search:
			s = max(s, StageBrowser)
			if k == datasets.View && h.Category(i) != "" {
				views[h.Category(i)] = append(views[h.Category(i)], d)
			}
		case datasets.CartAdd, datasets.Checkout:
			s = max(s, StageBrowser)
			cart = cart || day-d < r.CartDays
		case datasets.Wishlist:
			s = max(s, StageBrowser)
			wish = wish || day-d < r.CompareDays
		}
	}
	if len(buys) == 0 {
		n := 0
		for _, d := range visits {
			if day-d < r.CompareDays {
				n++
			}
		}
		compare := wish || n >= r.CompareSessions
		for _, ds := range views {
			m := 0
			for _, d := range ds {
				if day-d < r.CompareDays {
					m++
				}
			}
			compare = compare || m >= r.CompareViews
		}
		switch {
		case cart:
			return StageIntender, seen
		case compare:
			return StageConsiderer, seen
		}
		return s, seen
	}
	late := func(k, silence int) Stage {
		logs, n := 4*math.Log(r.Gap), 4.0
		for j := 1; j <= k; j++ {
			logs += math.Log(float64(buys[j] - buys[j-1]))
			n++
		}
		gap := math.Exp(logs / n)
		switch {
		case float64(silence) > max(r.Lapsed*gap, 2*float64(r.Grace))+1e-9:
			return StageLapsed
		case float64(silence) >= max(r.AtRisk*gap, float64(r.Grace))-1e-9:
			return StageAtRisk
		}
		return StageNewBuyer
	}
	last := len(buys) - 1
	if l := late(last, day+1-buys[last]); l != StageNewBuyer {
		return l, true
	}
	run, back := 1, false
	for k := 1; k <= last; k++ {
		run++
		if late(k-1, buys[k]-buys[k-1]) == StageLapsed {
			run, back = 1, true
		}
	}
	switch {
	case run == 1 && back:
		return StageReactivated, true
	case run == 1:
		return StageNewBuyer, true
	case run > r.LoyalRepeats:
		return StageLoyal, true
	}
	return StageRepeat, true
}

// Every day of 300 customers, with every kind of event but returns, by brute force; and
// the last stage of the log cut at a day is that day's.
func TestStagesBruteForce(t *testing.T) {
	var evs []datasets.Event
	for _, e := range checkEvents(3) {
		if e.Kind != datasets.Return {
			evs = append(evs, e)
		}
	}
	log := checkLog(evs, datasets.Second, time.Time{})
	r := DefaultStageRules()
	r.Gap = 20
	met := map[Stage]bool{}
	for h := range log.Histories(t.Context()) {
		spans := r.Stages(h)
		for i := 1; i < len(spans); i++ {
			if spans[i].From != spans[i-1].To || spans[i].Stage == spans[i-1].Stage {
				t.Fatalf("%s: %v", h.ID, spans)
			}
		}
		for day := h.Day(0) - 1; day <= stageEnd(h); day++ {
			want, ok := bruteStage(r, h, day)
			got, in := r.StageAt(h, day)
			if in != ok || ok && got.Stage != want {
				t.Fatalf("%s on %d: %s %v, want %s %v (%v)", h.ID, day-h.Day(0), got.Stage, in, want, ok, spans)
			}
			met[got.Stage] = true
		}
	}
	if len(met) != int(numStages) {
		t.Errorf("only %d of %d stages were met: %v", len(met), numStages, met)
	}
	for _, months := range []int{3, 6, 9} {
		cut := log.AsOf(checkStart.AddDate(0, months, 0))
		for h := range cut.Histories(context.Background()) {
			whole, _ := log.Find(h.ID)
			spans := r.Stages(h)
			got, ok := r.StageAt(whole, stageEnd(h))
			if last := spans[len(spans)-1]; !ok || got.Stage != last.Stage || got.From != last.From {
				t.Fatalf("%s after %d months: %v in the whole log, %v in the cut one", h.ID, months, got, last)
			}
		}
	}
}

func TestCountStages(t *testing.T) {
	log := stageLog(200, map[string][]did{
		"a": {{0, datasets.Purchase}}, "b": {{0, datasets.View}, {44, datasets.Purchase}}, "c": {{100, datasets.View}},
	})
	start := int(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	got, err := CountStages(t.Context(), log, DefaultStageRules(), start+44, start+199)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got {
		want := StageCount{Day: c.Day, Stage: c.Stage}
		switch {
		case c.Day == start+44 && (c.Stage == StageAtRisk || c.Stage == StageNewBuyer):
			want.Customers, want.Entered = 1, 1
		case c.Day == start+199 && c.Stage == StageLapsed:
			want.Customers = 2
		case c.Day == start+199 && c.Stage == StageBrowser:
			want.Customers = 1
		}
		if c != want {
			t.Errorf("%+v, want %+v", c, want)
		}
	}
	if _, err := CountStages(t.Context(), log, StageRules{}, start); err == nil {
		t.Error("rules without limits pass")
	}
	js, err := json.Marshal(got[0])
	if err != nil {
		t.Fatal(err)
	}
	var back StageCount
	if err := json.Unmarshal(js, &back); err != nil || back != got[0] {
		t.Errorf("%s reads back as %+v (%v)", js, back, err)
	}
}

func TestLearnStageRules(t *testing.T) {
	log := stageLog(200, map[string][]did{
		"a": {{0, datasets.Purchase}, {10, datasets.Purchase}, {50, datasets.Purchase}}, "b": {{0, datasets.Purchase}, {5, datasets.Purchase}}, "c": {{0, datasets.Purchase}},
	})
	r, err := LearnStageRules(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	// a: √(10·40) = 20; b: 5; the mean of the logarithms is ln 10.
	check.Close(t, "gap", r.Gap, 10, 1e-12)
}
