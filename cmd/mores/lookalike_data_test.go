package main

import (
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
	"github.com/mores-lab/mores/internal/golearn"
)

// lookalikeTrial tries every method on one seed set: lift@10 % of the default one must
// beat trait weights by the same hidden seeds, its interval on the better side of 0, and
// the curves must be monotone.
func lookalikeTrial(t *testing.T, what string, x *features.Matrix, seed []bool) {
	t.Helper()
	got := map[string]*eval.Lookalike{}
	for _, m := range eval.LookalikeMethods() {
		start := time.Now()
		l, err := eval.FindLookalikes(t.Context(), x, seed, eval.LookalikeOptions{Method: m.Name, Seed: 1, Neighbours: golearn.Neighbours})
		if err != nil {
			t.Fatal(err)
		}
		got[m.Name] = l
		n, d := x.Dims()
		t.Logf("%s, n = %d, d = %d, %d seeds: %-10s %.1f s", what, n, d, l.Seeds, m.Name, time.Since(start).Seconds())
		for _, p := range l.At {
			if p.Reason != "" {
				t.Logf("    reach %4.0f %%: recall %.3f, lift %.2f (%s)", 100*p.Reach, p.Recall, p.Lift, p.Reason)
				continue
			}
			t.Logf("    reach %4.0f %%: recall %.3f [%.3f, %.3f], lift %.2f [%.2f, %.2f]", 100*p.Reach, p.Recall, p.RecallLo, p.RecallHi, p.Lift, p.LiftLo, p.LiftHi)
		}
	}
	for name, l := range got {
		for i := 1; i < len(l.Curve); i++ {
			if a, b := l.Curve[i-1], l.Curve[i]; b.Similarity > a.Similarity || b.Recall < a.Recall || b.Customers < a.Customers {
				t.Errorf("%s by %s: the curve turns between %+v and %+v", what, name, a, b)
			}
		}
	}
	for _, m := range eval.LookalikeMethods() {
		if m.Name == "traits" {
			continue
		}
		d, err := eval.LookalikeDifference(got[m.Name], got["traits"], .1)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: lift@10 %% of %s less that of traits: %+.2f [%+.2f, %+.2f], p = %.2g", what, m.Name, d.Mean, d.Lo, d.Hi, d.P)
		if m.Name == "pu" && !(d.Lo > 0) {
			t.Errorf("%s: pu does not beat trait weights: %+v", what, d)
		}
	}
}

// Households that redeem a coupon from August on, by features of January to July: none of
// them knows what is looked for.
func TestLookalikeCompleteJourney(t *testing.T) {
	check.Long(t)
	check.Data(t, "data/complete_journey/coupon_redemptions.csv.gz")
	src, err := datasets.Lookup("complete-journey")
	if err != nil {
		t.Fatal(err)
	}
	log, _, err := load.Source(t.Context(), src, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cut := time.Date(2017, 8, 1, 0, 0, 0, 0, log.Meta.Zone)
	before, hold := datasets.Split(log, cut, time.Time{})
	b := lookalikeFeatures(t, before)
	seed := make([]bool, len(b.IDs))
	for i, id := range b.IDs {
		if h, ok := hold.History(id); ok {
			for e := range h.Len() {
				seed[i] = seed[i] || h.Kind(e) == datasets.Redemption
			}
		}
	}
	lookalikeTrial(t, "complete-journey, redeemers since "+cut.Format(time.DateOnly), b, seed)
}

func lookalikeFeatures(t *testing.T, log *datasets.Log) *features.Matrix {
	t.Helper()
	r, _ := features.LookupRecipe("behavioural-v1")
	recipe, _, err := r.For(log)
	if err != nil {
		t.Fatal(err)
	}
	b, err := features.Build(t.Context(), log, recipe, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return b.Raw
}

// The members of a planted segment, of whom three in ten are hidden.
func TestLookalikeRetailSim(t *testing.T) {
	check.Long(t)
	src, err := datasets.Lookup("retail-sim")
	if err != nil {
		t.Fatal(err)
	}
	g, err := src.New().Generate(1)
	if err != nil {
		t.Fatal(err)
	}
	x := lookalikeFeatures(t, g.Log)
	truth := map[string]int32{}
	i := 0
	for h, err := range g.Log.Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		truth[h.ID] = g.Truth[i]
		i++
	}
	seed := make([]bool, len(x.IDs))
	for i, id := range x.IDs {
		seed[i] = truth[id] == 0
	}
	lookalikeTrial(t, "retail-sim, the first planted segment", x, seed)
}
