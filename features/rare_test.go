package features

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// rareEvent is a purchase of a category on a day of 2024.
func rareEvent(id string, day int, amount float64, category string) datasets.Event {
	ev := noEvent(id, time.Date(2024, 1, 1+day, 0, 0, 0, 0, time.UTC))
	ev.Amount, ev.Category = amount, category
	return ev
}

func rareMeta() datasets.Meta {
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	return datasets.Meta{
		Name: "rare", Resolution: datasets.Day, FirstSeenIsFirst: true, Has: datasets.FieldAmount | datasets.FieldCategory,
		Window: datasets.Window{From: from, To: from.AddDate(2, 0, 0)},
	}
}

func TestRareByHand(t *testing.T) {
	var events []datasets.Event
	amounts := []float64{10, 12, 9, 11, 10, 400, 11, 9, 12, 10, 13, 10}
	for i, a := range amounts {
		category := "food"
		if i == 5 {
			category = "travel"
		}
		events = append(events, rareEvent("a", 30*i, a, category))
	}
	// Two more at once: a burst of three with the last one; and one of music, usual in
	// its amount.
	events = append(events, rareEvent("a", 331, 10, "food"), rareEvent("a", 332, 11, "food"), rareEvent("a", 400, 10, "music"))
	log := logOf(rareMeta(), events)
	h, _ := log.Find("a")
	got := RareOccasions(h, NewRareRule())
	want := map[int]RareReason{150: RareAmount | RareCategory | RareFirst, 330: RareBurst, 331: RareBurst, 332: RareBurst, 400: RareCategory}
	start := calendarDay("2024-01-01")
	if len(got) != len(want) {
		t.Fatalf("%+v, want %d", got, len(want))
	}
	for _, o := range got {
		if o.Reasons != want[o.Day-start] {
			t.Errorf("day %d: reasons %b, want %b", o.Day-start, o.Reasons, want[o.Day-start])
		}
	}
	x := make([]float64, 0, 15)
	for _, e := range events {
		x = append(x, math.Log(e.Amount))
	}
	med := median(slices.Clone(x))
	dev := slices.Clone(x)
	for i := range dev {
		dev[i] = math.Abs(dev[i] - med)
	}
	travel := got[0]
	check.Close(t, "z", travel.Z, (math.Log(400)-med)/(1.4826*median(dev)), 1e-12)
	check.Close(t, "familiar", travel.Familiar, 1.0/16, 1e-12)
	check.Close(t, "jaccard", travel.Jaccard, 0, 0)
	if !slices.Equal(travel.Categories, []string{"travel"}) {
		t.Errorf("categories %v", travel.Categories)
	}
	burst := got[1]
	check.Close(t, "familiar", burst.Familiar, 13.0/16, 1e-12)
	check.Close(t, "jaccard", burst.Jaccard, 0.5, 1e-12) // food of food and travel

	b := built(t, log, one(t, "rare", &Rare{Columns: columnNames(rareColumns), Rule: NewRareRule()}), 1, 1)
	for col, share := range map[string]float64{
		"rare_share": 5.0 / 15, "rare_burst_share": 3.0 / 15, "rare_amount_share": 1.0 / 15, "rare_category_share": 2.0 / 15,
		"rare_spend_share": (400 + 10 + 10 + 11 + 10) / (10 + 12 + 9 + 11 + 10 + 400 + 11 + 9 + 12 + 10 + 13 + 10 + 10 + 11 + 10.0),
		"rare_since":       731 - 400,
	} {
		check.Close(t, col, cell(t, b, "a", col), share, 1e-12)
	}
}

// TestRareScale: ten times the money changes nothing; a scale of 0 takes the IQR's,
// then the population's.
func TestRareScale(t *testing.T) {
	at := func(factor float64, amounts ...float64) []RareOccasion {
		var events []datasets.Event
		for i, a := range amounts {
			events = append(events, rareEvent("a", 20*i, factor*a, "k"))
		}
		h, _ := logOf(rareMeta(), events).Find("a")
		rule := NewRareRule()
		rule.Spread = 0.5
		return RareOccasions(h, rule)
	}
	a, b := at(1, 10, 11, 12, 9, 10, 90), at(10, 10, 11, 12, 9, 10, 90)
	if len(a) != 1 || len(b) != 1 || math.Abs(a[0].Z-b[0].Z) > 1e-9 {
		t.Errorf("%+v, with ten times the money %+v", a, b)
	}
	// Equal amounts: the population's scale of .5.
	c := at(1, 10, 10, 10, 10, 10, 100)
	if len(c) != 1 {
		t.Fatalf("%+v, want one", c)
	}
	check.Close(t, "population's scale", c[0].Z, math.Log(10)/0.5, 1e-12)
	// More than half equal, but not three quarters: the IQR's.
	d := at(1, 10, 10, 10, 10, 20, 20, 1000)
	check.Close(t, "IQR's scale", d[len(d)-1].Z, math.Log(100)/(math.Ln2/1.349), 1e-9)
	if got := at(1, 10, 10, 10, 1000); got != nil {
		t.Errorf("%+v of four occasions", got)
	}
}

// TestRareSeparates: people with a rare fifth of occasions, and people without, at 6 to
// 40 occasions; those without have the same share however many.
func TestRareSeparates(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var events []datasets.Event
	for c := range 600 {
		id := strconv.Itoa(c%2) + "-" + strconv.Itoa(c)
		n := 6 + rng.IntN(35)
		level := 20 * math.Exp(rng.NormFloat64())
		own := rng.IntN(8)
		for _, day := range rng.Perm(720)[:n] {
			amount, category := level*math.Exp(0.4*rng.NormFloat64()), "k"+strconv.Itoa((own+rng.IntN(2))%8)
			if c%2 == 0 && rng.Float64() < 0.2 {
				amount, category = amount*20, "odd"+strconv.Itoa(rng.IntN(30))
			}
			events = append(events, rareEvent(id, day, amount, category))
		}
	}
	b := built(t, logOf(rareMeta(), events), one(t, "rare", mustNew(t, "rare")), 0, 2)
	var odd, usual gapMean
	right := 0
	for i, id := range b.Raw.IDs {
		x := b.Raw.Row(i)[b.Raw.Index("rare_spend_share")]
		if id[0] == '0' {
			odd.add(b.Raw.Row(i)[0])
		} else {
			usual.add(b.Raw.Row(i)[0])
		}
		if (x > 0.45) == (id[0] == '0') {
			right++
		}
	}
	if odd.value(0) < 0.15 || usual.value(1) > 0.1 || right < 530 {
		t.Errorf("rare share %g and %g, %d of 600 told by their spend", odd.value(0), usual.value(1), right)
	}
}

// TestRareHonest: the share of rare occasions of people without any does not depend on
// their number.
func TestRareHonest(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 3))
	var events []datasets.Event
	for c := range 1500 {
		n := []int{6, 12, 45}[c%3]
		for _, day := range rng.Perm(720)[:n] {
			events = append(events, rareEvent(strconv.Itoa(c%3)+"-"+strconv.Itoa(c), day, 20*math.Exp(0.6*rng.NormFloat64()), "k"+strconv.Itoa(rng.IntN(3))))
		}
	}
	b := built(t, logOf(rareMeta(), events), one(t, "rare", &Rare{Columns: columnNames(rareColumns), Shrink: 8, Rule: mustNew(t, "rare").(*Rare).Rule}), 0, 2)
	for j, c := range b.Raw.Cols {
		var m [3]gapMean
		for i, id := range b.Raw.IDs {
			m[id[0]-'0'].add(b.Raw.Row(i)[j])
		}
		x := [3]float64{m[0].value(1), m[1].value(1), m[2].value(1)}
		if c.Unit == "share" && (slices.Max(x[:]) > 0.05 || slices.Max(x[:])-slices.Min(x[:]) > 0.015) {
			t.Errorf("%s of 6, 12 and 45 occasions: %.4f, want the same", c.Name, x)
		}
	}
}

func TestRareRefuses(t *testing.T) {
	log := gapLog(map[string][]int{"a": {1, 5, 9}, "b": {2, 7, 11}}, 20)
	good := mustNew(t, "rare").(*Rare).Rule
	change := func(f func(r *RareRule)) RareRule {
		r := good
		f(&r)
		return r
	}
	for want, o := range map[string]*Rare{
		`no column "x"`:     {Columns: []string{"x"}, Rule: good},
		"no amounts":        {Columns: []string{"rare_spend_share"}, Rule: good},
		"shrink = -1":       {Columns: []string{"rare_share"}, Shrink: -1, Rule: good},
		"rule.z = 0":        {Columns: []string{"rare_share"}, Rule: change(func(r *RareRule) { r.Z = 0 })},
		"rule.familiar = 2": {Columns: []string{"rare_share"}, Rule: change(func(r *RareRule) { r.Familiar = 2 })},
		`rule.burst = "x"`:  {Columns: []string{"rare_share"}, Rule: change(func(r *RareRule) { r.Burst = "x" })},
		"rule.pace = 1":     {Columns: []string{"rare_share"}, Rule: change(func(r *RareRule) { r.Pace = 1 })},
		"rule.spread = -1":  {Columns: []string{"rare_share"}, Rule: change(func(r *RareRule) { r.Spread = -1 })},
	} {
		if _, err := Build(t.Context(), log, one(t, "rare", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	b := built(t, log, one(t, "rare", mustNew(t, "rare")), 0, 1)
	if b.Raw.Index("rare_spend_share") >= 0 || len(b.Warnings) != 1 || !strings.Contains(b.Warnings[0], "left out: rare_spend_share") {
		t.Errorf("columns %v, warnings %q", columnNames(b.Raw.Cols), b.Warnings)
	}
}
