package features

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// brought is a referral of another customer, or a purchase where who is "".
type brought struct {
	day int
	who string
}

func referralLog(customers map[string][]brought) *datasets.Log {
	start := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	var events []datasets.Event
	for id, bs := range customers {
		for _, b := range bs {
			e := noEvent(id, start.AddDate(0, 0, b.day))
			if b.who != "" {
				e.Kind = datasets.Referral
				e.Item = strings.TrimPrefix(b.who, "?")
				if b.who == "?" {
					e.Item = ""
				}
			}
			events = append(events, e)
		}
	}
	return logOf(datasets.Meta{Name: "referrals", Has: datasets.FieldItem, Window: datasets.Window{To: start.Add(-12*time.Hour).AddDate(0, 0, 100)}}, events)
}

func TestReferralByHand(t *testing.T) {
	log := referralLog(map[string][]brought{
		// b is brought, and c by b; d had bought before; e never does; b twice is once.
		"a": {{0, ""}, {10, "b"}, {20, "d"}, {30, "e"}, {40, "b"}, {41, "?"}},
		"b": {{12, ""}, {15, "c"}, {16, "a"}}, // a is up the tree
		"c": {{50, ""}}, "d": {{5, ""}},
		"f": {{0, ""}, {60, "b"}, {61, "f"}}, // b is a's
	})
	b := built(t, log, one(t, "referral", mustNew(t, "referral")), 0, 1)
	m := b.Pipeline.models[0].(*referralModel)
	half := func(days float64) float64 { return math.Exp2(-days / 90) }
	for id, want := range map[string]map[string]float64{
		"a": {
			"referral_sent": 5, "referral_reach": 3, "referral_converted": m.Prior.Rate(1, 2), "referral_referred": 0,
			"referral_recent": half(89.5) + half(79.5) + half(69.5) + half(59.5) + half(58.5),
		},
		"b": {"referral_sent": 2, "referral_reach": 1, "referral_converted": m.Prior.Rate(1, 1), "referral_referred": 1},
		"c": {"referral_sent": 0, "referral_recent": 0, "referral_reach": 0, "referral_converted": m.Prior.Mean(), "referral_referred": 1},
		"d": {"referral_referred": 0}, "f": {"referral_sent": 2, "referral_reach": 0},
	} {
		for col, x := range want {
			check.Close(t, id+" "+col, cell(t, b, id, col), x, 1e-12)
		}
	}
	if len(b.Warnings) != 0 {
		t.Errorf("warnings %q", b.Warnings)
	}
	// e is not yet in the log, and is of the tree all the same.
	if n := m.Tree["e"]; n == nil || n.By != "a" || n.Bought {
		t.Errorf("e: %+v", n)
	}
}

// The tree against walking up from every customer, on random referrals with circles.
func TestReferralTreeBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for range 50 {
		var edges []referralEdge
		for i := range 60 {
			edges = append(edges, referralEdge{strconv.Itoa(rng.IntN(30)), strconv.Itoa(rng.IntN(30)), int64(i % 20)})
		}
		tree := referralTree(edges, nil)
		reach := map[string]int{}
		for who := range tree {
			steps := 0
			for up := tree[who]; up != nil; up = tree[up.By] {
				reach[up.By]++
				if steps++; steps > 30 {
					t.Fatal("the tree has a circle")
				}
			}
		}
		for who, n := range tree {
			if n.Reach != reach[who] {
				t.Errorf("%s reaches %d, want %d", who, n.Reach, reach[who])
			}
		}
		// Any order of the records grows the same tree.
		rng.Shuffle(len(edges), func(i, j int) { edges[i], edges[j] = edges[j], edges[i] })
		again := referralTree(edges, nil)
		if len(again) != len(tree) {
			t.Fatal("another order, another tree")
		}
		for who, n := range tree {
			if *again[who] != *n {
				t.Errorf("%s: %+v, want %+v", who, *again[who], *n)
			}
		}
	}
}

func TestReferralUnknown(t *testing.T) {
	log := referralLog(map[string][]brought{"a": {{0, "?"}, {3, ""}}, "b": {{1, ""}}})
	b := built(t, log, one(t, "referral", mustNew(t, "referral")), 0, 1)
	if lacks(b.Warnings, "who was referred is not known") || b.Raw.Index("referral_reach") >= 0 || b.Raw.Index("referral_sent") < 0 {
		t.Errorf("columns %v, warnings %q", columnNames(b.Raw.Cols), b.Warnings)
	}
	for want, o := range map[string]*Referral{
		`no column "sent"`: {Columns: []string{"sent"}, HalfLife: 90},
		"half_life = 0":    {Columns: []string{"referral_sent"}},
		"leaves nothing":   {Columns: []string{"referral_reach"}, HalfLife: 90},
	} {
		if _, err := Build(t.Context(), log, one(t, "referral", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
