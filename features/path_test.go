package features

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// pathLog makes a log of sessions, one a day at noon; each is a string of v view, s
// search, a cart add, c checkout, p purchase, w wish list, r cart remove, a minute apart.
func pathLog(customers map[string][]string) *datasets.Log {
	kinds := map[rune]datasets.Kind{
		'v': datasets.View, 's': datasets.Search, 'a': datasets.CartAdd, 'c': datasets.Checkout,
		'p': datasets.Purchase, 'w': datasets.Wishlist, 'r': datasets.CartRemove,
	}
	start := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	var events []datasets.Event
	for id, sessions := range customers {
		for d, s := range sessions {
			for i, k := range s {
				e := noEvent(id, start.AddDate(0, 0, d).Add(time.Duration(i)*time.Minute))
				e.Kind = kinds[k]
				events = append(events, e)
			}
		}
	}
	return logOf(datasets.Meta{Name: "paths", Window: datasets.Window{To: start.AddDate(0, 0, 60)}}, events)
}

func TestPathByHand(t *testing.T) {
	log := pathLog(map[string][]string{"a": {"vvap", "v", "p", "vacpv"}, "b": {"vvv", "sv", "a"}, "none": {"p"}})
	all, err := PopulationJourney(t.Context(), log, 0.5, nil)
	if err != nil {
		t.Fatal(err)
	}
	// a: vva+, v, vac+, v (after the purchase); "p" alone is no path. b: vvv, sv, a.
	if all.Paths != 7 || all.Converted != 2 {
		t.Errorf("%d paths, %d converted", all.Paths, all.Converted)
	}
	if n := all.Counts[pathView][pathView]; n != 3 {
		t.Errorf("%g moves from view to view, want 3", n)
	}
	if n := all.Counts[pathStart][pathView]; n != 5 {
		t.Errorf("%g paths begin with a view, want 5", n)
	}
	o := mustNew(t, "path").(*Path)
	o.Columns, o.Shrink = columnNames(pathColumns), 0
	b := built(t, log, one(t, "path", o), 0, 1)
	for id, want := range map[string]map[string]float64{
		"a": {
			"path_loops": 1.0 / 8, "path_length": 2, "path_depth": (6 + 2 + 6 + 2) / 4.0, "path_abandoned": 0, "path_depth_last": 2, "path_depth_max": 6,
			"path_conversion": 0.5, // flow is kept: paths that bought over paths
			"path_steps":      0,   // below
		},
		"b": {"path_loops": 2.0 / 6, "path_length": 2, "path_depth": (2 + 2 + 4) / 3.0, "path_abandoned": 1, "path_depth_max": 4, "path_conversion": 0},
	} {
		for col, x := range want {
			if col != "path_steps" {
				check.Close(t, id+" "+col, cell(t, b, id, col), x, 1e-12)
			}
		}
	}
	// The customer's chain alone, by the general code.
	mine, err := PopulationJourney(t.Context(), log, 1e-13, func(h datasets.History) bool { return h.ID == "a" })
	if err != nil {
		t.Fatal(err)
	}
	steps, err := mine.Chain.ExpectedStepsTo("purchase")
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "steps", cell(t, b, "a", "path_steps"), steps[pathStart], 1e-9)
	// Moves of paths that left, v v vvv sv a: start>v 3 >s 1 >a 1, v>v 2 >exit 4, s>v 1,
	// a>exit 1, 13 in all; 6 of them from a view.
	var sum float64
	for _, c := range b.Raw.Cols {
		if strings.HasPrefix(c.Name, "path_moves_") {
			sum += cell(t, b, "a", c.Name)
		}
	}
	check.Close(t, "moves", sum, 1, 1e-12)
	check.Close(t, "start to view", cell(t, b, "a", "path_moves_start_view"), 5.0/13, 1e-12)
	check.Close(t, "view to exit", cell(t, b, "a", "path_moves_view_exit"), 6.0/13, 1e-12)
	check.Close(t, "b, view to view", cell(t, b, "b", "path_moves_view_view"), 6.0/13*2/4, 1e-12)
	check.Close(t, "never left from search: the population", cell(t, b, "a", "path_moves_search_view"), 1.0/13, 1e-12)
	// Without a path the population's values stand, complete.
	if x := cell(t, b, "none", "path_length"); x != 2 {
		t.Errorf("without a path: length %g, want the population's 2", x)
	}
	if e := b.Pipeline.models[0].(Witness); true {
		for id, n := range map[string]int{"a": 4, "b": 3, "none": 0} {
			h, _ := log.Find(id)
			if got := e.Evidence(h); got != n {
				t.Errorf("%s: evidence %d, want %d", id, got, n)
			}
		}
	}
}

// The log-likelihood ratio of single moves, against the definition.
func TestPathRatio(t *testing.T) {
	log := pathLog(map[string][]string{"a": {"vacp", "vvacp", "sacp"}, "b": {"vvv", "svsv", "v"}, "c": {"vv", "vac"}})
	o := mustNew(t, "path").(*Path)
	o.Columns, o.Shrink = []string{"path_llr"}, 2
	b := built(t, log, one(t, "path", o), 0, 1)
	// Moves between steps of paths that bought: start>v 2 >s 1, v>v 1, v>a 2, s>a 1, a>c 3;
	// of the others: start>v 4 >s 1, v>v 3, v>s 1, v>a 1, s>v 2, a>c 1. 7 states can follow.
	ratio := func(n1, all1, n0, all0 float64) float64 {
		return math.Log((n1 + 0.5) / (all1 + 3.5) / ((n0 + 0.5) / (all0 + 3.5)))
	}
	sv, ss := ratio(2, 3, 4, 5), ratio(1, 3, 1, 5)
	vv, va, vs := ratio(1, 3, 3, 5), ratio(2, 3, 1, 5), ratio(0, 3, 1, 5)
	sa, s2v := ratio(1, 1, 0, 2), ratio(0, 1, 2, 2)
	ac := ratio(3, 3, 1, 1)
	a := 2*sv + ss + vv + 2*va + sa + 3*ac
	bb := 2*sv + ss + 2*vv + vs + 2*s2v
	c := 2*sv + vv + va + ac
	mean := (a + bb + c) / (10 + 8 + 5)
	check.Close(t, "a", cell(t, b, "a", "path_llr"), (a+2*mean)/12, 1e-12)
	check.Close(t, "b", cell(t, b, "b", "path_llr"), (bb+2*mean)/10, 1e-12)
	check.Close(t, "c", cell(t, b, "c", "path_llr"), (c+2*mean)/7, 1e-12)
}

// In a chain fitted to whole journeys flow is kept: what it says of the start is what
// was counted, on the Google Merchandise Store's clicks of 1 August 2017.
func TestPathGADay(t *testing.T) {
	log := gaDay(t)
	got, err := PopulationJourney(t.Context(), log, 1e-12, nil)
	if err != nil {
		t.Fatal(err)
	}
	absorbed, err := got.Chain.Absorption()
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "conversion", absorbed[pathStart][0], float64(got.Converted)/float64(got.Paths), 1e-7)
	steps, err := got.Chain.ExpectedSteps()
	if err != nil {
		t.Fatal(err)
	}
	var moves float64
	for _, row := range got.Counts {
		for _, n := range row {
			moves += n
		}
	}
	check.Close(t, "steps", steps[pathStart], moves/float64(got.Paths), 1e-7)
	if got.Converted < 43 {
		t.Errorf("%d paths ended in a purchase; 43 sessions have one", got.Converted)
	}
	removal, err := got.Chain.RemovalEffect("start", "purchase")
	if err != nil {
		t.Fatal(err)
	}
	if !(removal[pathCheckout] > 0.9 && removal[pathCheckout] > removal[pathSearch] && removal[pathWishlist] < 1e-6) {
		t.Errorf("removal effects %v of %v", removal, got.Chain.Transient)
	}
	// Who buys moves otherwise than who does not, beyond what the shuffle leaves.
	report, err := NullReport(t.Context(), log, one(t, "path", mustNew(t, "path")), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report[0].Columns {
		if c.Name == "path_llr" && c.Gain < 0.3 {
			t.Errorf("%s: gain over shuffled kinds %g", c.Name, c.Gain)
		}
	}
}

// Two planted ways of moving with the same conversion, length and number of sessions are
// told apart by the likelihood ratio only if they differ in what buyers do.
func TestPathShrinks(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	customers := map[string][]string{}
	for i := range 300 {
		id := string(rune('A'+i%26)) + strings.Repeat("x", i/26)
		for range 1 + i%20 {
			s := []string{"v", "vv", "sv", "va", "vac", "vacp", "svacp"}[rng.IntN(7)]
			customers[id] = append(customers[id], s)
		}
	}
	// Nobody differs: a customer's column must not tell the number of sessions.
	b := built(t, pathLog(customers), one(t, "path", mustNew(t, "path")), 0, 2)
	for j, c := range b.Raw.Cols {
		var few, many, n, m float64
		for i, id := range b.Raw.IDs {
			if k := len(customers[id]); k <= 5 {
				few += b.Raw.Row(i)[j]
				n++
			} else if k > 15 {
				many += b.Raw.Row(i)[j]
				m++
			}
		}
		if d := math.Abs(few/n - many/m); d > 0.12*max(1, math.Abs(many/m)) {
			t.Errorf("%s: %g with few sessions, %g with many", c.Name, few/n, many/m)
		}
	}
}

func TestPathRefuses(t *testing.T) {
	log := pathLog(map[string][]string{"a": {"vp"}, "b": {"v"}})
	for want, change := range map[string]func(*Path){
		"moves = 0":       func(o *Path) { o.Moves = 0 },
		`no column "llr"`: func(o *Path) { o.Columns = []string{"llr"} },
		"smoothing = 0":   func(o *Path) { o.Smoothing = 0 },
		"horizon = 0":     func(o *Path) { o.Horizon = 0 },
	} {
		o := mustNew(t, "path").(*Path)
		change(o)
		if _, err := Build(t.Context(), log, one(t, "path", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	b := built(t, pathLog(map[string][]string{"a": {"v", "vs"}, "b": {"svv"}}), one(t, "path", mustNew(t, "path")), 0, 1)
	if lacks(b.Warnings, "no purchases") || lacks(b.Warnings, "no cart") || b.Raw.Index("path_llr") >= 0 || b.Raw.Index("path_abandoned") >= 0 {
		t.Errorf("without purchases and carts: %q, columns %v", b.Warnings, columnNames(b.Raw.Cols))
	}
	b = built(t, pathLog(map[string][]string{"a": {"vp", "vap"}, "b": {"svap"}}), one(t, "path", mustNew(t, "path")), 0, 1)
	if lacks(b.Warnings, "every path ended in a purchase") || b.Raw.Index("path_llr") < 0 {
		t.Errorf("everybody buys: %q", b.Warnings)
	}
	if _, err := PopulationJourney(t.Context(), pathLog(map[string][]string{"a": {"p"}}), 0.5, nil); err == nil {
		t.Error("purchases alone have a chain")
	}
}

// Kinds change places between customers, purchases do not, and nobody gets more events.
func TestShuffledKinds(t *testing.T) {
	log := checkLog(checkEvents(2), datasets.Second, time.Time{})
	null := Shuffled(log, ShuffleKinds, 1)
	visits := func(h datasets.History) (all, carts, messages int) {
		for i := range h.Len() {
			switch k := h.Kind(i); {
			case k == datasets.CartAdd:
				carts++
				all++
			case pathState[k] != 0 && k != datasets.Purchase:
				all++
			case k == datasets.CampaignSent || k == datasets.CampaignOpen || k == datasets.CampaignClick:
				messages++
			}
		}
		return all, carts, messages
	}
	var before, after, moved int
	for h := range log.Histories(t.Context()) {
		n, ok := null.Find(h.ID)
		if !ok || n.Len() != h.Len() {
			t.Fatalf("%s has another number of events", h.ID)
		}
		if a, b := h.Occasions(), n.Occasions(); len(a) != len(b) || len(a) > 0 && a[0] != b[0] {
			t.Errorf("%s: purchases changed", h.ID)
		}
		a, c, m := visits(h)
		b, d, k := visits(n)
		if a != b || m != k {
			t.Errorf("%s: %d visits and %d messages, had %d and %d", h.ID, b, k, a, m)
		}
		before += c
		after += d
		if c != d {
			moved++
		}
	}
	if before != after || moved < 50 {
		t.Errorf("%d carts of %d, at %d other customers", after, before, moved)
	}
}
