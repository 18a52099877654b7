package features

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

func TestJourneyByHand(t *testing.T) {
	const view, buy = datasets.View, datasets.Purchase
	log := stageLog(100, map[string][]did{
		"a": {{0, buy}, {10, buy}, {90, view}, {95, datasets.CartAdd}, {98, datasets.Checkout}},
		"b": {{0, datasets.CampaignSent}, {97, view}},
		"c": {{20, datasets.CampaignSent}},
		"d": {{50, datasets.CartAdd}, {60, buy}},
	})
	b := built(t, log, one(t, "journey", mustNew(t, "journey")), 0, 1)
	// One gap of 10 days in the log: the typical gap is 10 for everybody.
	for id, want := range map[string]map[string]float64{
		"a": {
			"journey_depth": 5, "journey_overdue": 9, "journey_sessions_7": 2, "journey_sessions_30": 3,
			"journey_intent": math.Exp2(-4.0/7) + math.Exp2(-1.0/7), "journey_stage": float64(StageLapsed),
			"journey_days": 60, // lapsed on the day 10 + 30
		},
		"b": {"journey_depth": 2, "journey_overdue": 0.3, "journey_sessions_7": 1, "journey_sessions_30": 1, "journey_intent": 0, "journey_stage": float64(StageBrowser), "journey_days": 3},
		"c": {"journey_depth": 0, "journey_overdue": 8, "journey_sessions_30": 0, "journey_stage": float64(StageUnaware), "journey_days": 80},
		"d": {"journey_depth": 0, "journey_overdue": 4, "journey_intent": 0, "journey_stage": float64(StageLapsed), "journey_days": 10},
	} {
		for col, x := range want {
			check.Close(t, id+" "+col, cell(t, b, id, col), x, 1e-12)
		}
	}
	p, err := Prepare(b.Raw, "block", "")
	if err != nil {
		t.Fatal(err)
	}
	if p.X.Index("journey_stage") >= 0 {
		t.Error("the stage enters a distance")
	}
}

// Weeks later, everything is as it was; twice the same events are the same journey.
func TestJourneyMoved(t *testing.T) {
	events := btyd(5, 200)
	meta := fullMeta(time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC))
	a := built(t, logOf(meta, events), one(t, "journey", mustNew(t, "journey")), 0, 1)
	var later, doubled []datasets.Event
	for _, e := range events {
		doubled = append(doubled, e, e)
		e.Time += 28 * dayMicros
		later = append(later, e)
	}
	meta.Window.To = meta.Window.To.AddDate(0, 0, 28)
	b := built(t, logOf(meta, later), one(t, "journey", mustNew(t, "journey")), 0, 1)
	meta.Window.To = meta.Window.To.AddDate(0, 0, -28)
	c := built(t, logOf(meta, doubled), one(t, "journey", mustNew(t, "journey")), 0, 1)
	intent := a.Raw.Index("journey_intent") // a count of events
	for i := range a.Raw.IDs {
		for j, x := range a.Raw.Row(i) {
			check.Close(t, "four weeks later "+a.Raw.Cols[j].Name, b.Raw.Row(i)[j], x, 1e-12)
			if j != intent {
				check.Close(t, "doubled "+a.Raw.Cols[j].Name, c.Raw.Row(i)[j], x, 1e-12)
			}
		}
	}
}

func TestJourneyRefuses(t *testing.T) {
	log := stageLog(10, map[string][]did{"a": {{0, datasets.Purchase}}, "b": {{0, datasets.View}}})
	for want, change := range map[string]func(*Journey){
		`no column "depth"`:   func(o *Journey) { o.Columns = []string{"depth"} },
		"intent_days = 0":     func(o *Journey) { o.IntentDays = 0 },
		"at_risk = 4":         func(o *Journey) { o.Rules.AtRisk = 4 },
		"compare_views = 9":   func(o *Journey) { o.Rules.CompareViews = 9 },
		"cart_days = 0":       func(o *Journey) { o.Rules.CartDays = 0 },
		"loyal_repeats = 0":   func(o *Journey) { o.Rules.LoyalRepeats = 0 },
		"grace = 0, gap = 0,": func(o *Journey) { o.Rules.Grace = 0 },
	} {
		o := mustNew(t, "journey").(*Journey)
		change(o)
		if _, err := Build(t.Context(), log, one(t, "journey", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	older := log.Between(log.Meta.Window.From.AddDate(0, 0, -1), time.Time{})
	older.Meta.FirstSeenIsFirst = false
	b := built(t, older, one(t, "journey", mustNew(t, "journey")), 0, 1)
	if lacks(b.Warnings, "before the window") {
		t.Errorf("warnings %q", b.Warnings)
	}
}
