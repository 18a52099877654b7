package features

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// By hand: start leads to c1 in 2 of 3 and to c2 in 1, c1 to c2 in 1 of 2, c2 to c3
// always, c3 converts in 1 of 2: (2/3·1/2 + 1/3)·1/2 = 1/3; without c1 1/6.
func TestAttributeChannels(t *testing.T) {
	paths := []TouchPath{
		{Touches: []string{"c1", "c2", "c3"}, Converted: true}, {Touches: []string{"c1"}}, {Touches: []string{"c2", "c3"}},
	}
	got, err := AttributeChannels(paths)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]ChannelCredit{
		"c1": {Removal: 0.5, Share: 0.2, First: 1}, "c2": {Removal: 1, Share: 0.4}, "c3": {Removal: 1, Share: 0.4, Last: 1},
	}
	for _, c := range got {
		w := want[c.Channel]
		check.Close(t, c.Channel+" removal", c.Removal, w.Removal, 1e-12)
		check.Close(t, c.Channel+" share", c.Share, w.Share, 1e-12)
		check.Close(t, c.Channel+" last", c.Last, w.Last, 1e-12)
		check.Close(t, c.Channel+" first", c.First, w.First, 1e-12)
	}
	// Twice every path, written as a count, is the same account.
	for i := range paths {
		paths[i].Count = 2
	}
	twice, err := AttributeChannels(paths)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		check.Close(t, "twice", twice[i].Share, got[i].Share, 1e-12)
	}
	if _, err := AttributeChannels([]TouchPath{{Touches: []string{"a"}}}); err == nil {
		t.Error("no conversion is divided")
	}
}

// The removal effect against journeys by chance through the same chain, in which
// whoever comes to the channel gives up.
func TestAttributionBySimulation(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	var paths []TouchPath
	for range 4000 {
		p := TouchPath{}
		for {
			p.Touches = append(p.Touches, []string{"ads", "mail", "shop"}[rng.IntN(3)])
			if rng.Float64() < 0.45 {
				break
			}
		}
		last := p.Touches[len(p.Touches)-1]
		p.Converted = rng.Float64() < map[string]float64{"ads": 0.05, "mail": 0.3, "shop": 0.6}[last]
		paths = append(paths, p)
	}
	got, err := AttributeChannels(paths)
	if err != nil {
		t.Fatal(err)
	}
	moves := map[string][]string{}
	for _, p := range paths {
		at := ""
		for _, c := range p.Touches {
			moves[at] = append(moves[at], c)
			at = c
		}
		moves[at] = append(moves[at], map[bool]string{true: "+", false: "-"}[p.Converted])
	}
	const runs = 100_000
	rate := func(without string) float64 {
		won := 0
		for range runs {
			at := ""
			for at != "+" && at != "-" && (at == "" || at != without) {
				at = moves[at][rng.IntN(len(moves[at]))]
			}
			if at == "+" {
				won++
			}
		}
		return float64(won) / runs
	}
	whole := rate("-")
	for _, c := range got {
		check.Close(t, c.Channel, c.Removal, 1-rate(c.Channel)/whole, 0.02)
	}
	if got[0].Channel != "shop" || got[2].Channel != "ads" {
		t.Errorf("order %v", got)
	}
}

func TestChannelPaths(t *testing.T) {
	at := time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC)
	ev := func(who string, after time.Duration, kind datasets.Kind, channel string) datasets.Event {
		e := noEvent(who, at.Add(after))
		e.Kind, e.Channel = kind, channel
		return e
	}
	const day = 24 * time.Hour
	log := logOf(datasets.Meta{Name: "paths", Has: datasets.FieldChannel, Window: datasets.Window{To: at.AddDate(0, 3, 0)}}, []datasets.Event{
		ev("a", 0, datasets.View, "web"), ev("a", time.Minute, datasets.View, "web"), ev("a", day, datasets.CampaignOpen, "mail"),
		ev("a", 2*day, datasets.Purchase, "shop"), ev("a", 2*day, datasets.Purchase, "shop"),
		ev("a", 50*day, datasets.View, "app"),
		ev("b", 0, datasets.Purchase, "shop"), ev("b", 40*day, datasets.View, "web"), ev("b", 41*day, datasets.View, "web"), ev("b", 80*day, datasets.Purchase, "web"),
		ev("c", 0, datasets.View, "web"), ev("c", 0, datasets.Purchase, "web"), // one stamp: the view led to it
	})
	got, err := ChannelPaths(t.Context(), log, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []TouchPath{
		{[]string{"app"}, false, 1}, {[]string{"shop"}, true, 1}, {[]string{"web"}, true, 1}, {[]string{"web", "mail"}, true, 1}, {[]string{"web", "web"}, true, 1},
	}
	equal := func(a, b TouchPath) bool {
		return slices.Equal(a.Touches, b.Touches) && a.Converted == b.Converted && a.Count == b.Count
	}
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("%v, want %v", got, want)
	}
	// Within 30 days b's views led to nothing, and the purchase stands alone; a's last
	// view is 42 days old when the log ends: its path has ended.
	if got, err = ChannelPaths(t.Context(), log, 30*day); err != nil {
		t.Fatal(err)
	}
	want = []TouchPath{{[]string{"app"}, false, 1}, {[]string{"shop"}, true, 1}, {[]string{"web"}, true, 2}, {[]string{"web", "mail"}, true, 1}}
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("within 30 days %v, want %v", got, want)
	}
	// Within 60 days it has not.
	if got, err = ChannelPaths(t.Context(), log, 60*day); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(got, func(p TouchPath) bool { return !p.Converted }) {
		t.Errorf("within 60 days an open path has ended: %v", got)
	}
}
