package features

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

func TestBarriersByHand(t *testing.T) {
	day := func(c string, d int, kind datasets.Kind) datasets.Event {
		ev := noEvent(c, time.Date(2024, 1, 1+d, 12, 0, 0, 0, time.UTC))
		ev.Kind = kind
		return ev
	}
	add, buy := datasets.CartAdd, datasets.Purchase
	events := []datasets.Event{
		// a fills three carts and buys none; the fourth is still open at the end.
		day("a", 0, add), day("a", 20, add), day("a", 22, add), day("a", 40, add), day("a", 58, add),
		// b buys what is in the cart, once three days later.
		day("b", 0, add), day("b", 3, buy), day("b", 10, add), day("b", 10, buy), day("b", 30, add), day("b", 31, buy),
		day("c", 5, buy), // never seen with a cart
	}
	log := logOf(datasets.Meta{Name: "hand", Window: datasets.Window{To: date(t, "2024-03-01")}}, events)
	o := &Barriers{Columns: []string{"barrier_cart_add", "barrier_all", "drop_share_cart_add", "barrier_deepest"}, Horizon: 7, Gap: 30, Shrink: 1}
	b := built(t, log, one(t, "barriers", o), 0, 1)
	// Six attempts, half succeed: each failure is ½/½ = 1, over √(3 + 1).
	for id, want := range map[string][]float64{
		"a": {1.5, 1.5, 3.5 / 4, 1}, "b": {-1.5, -1.5, 0.5 / 4, 0}, "c": {0, 0, 0.5, 0},
	} {
		for j, col := range o.Columns {
			check.Close(t, id+" "+col, cell(t, b, id, col), want[j], 1e-12)
		}
	}
	if b.Raw.Cols[3].Kind != Category {
		t.Error("the deepest barrier may enter a distance")
	}
	// In sessions b's first cart is dropped too: the purchase came three days later.
	o.Horizon = 0
	b = built(t, log, one(t, "barriers", o), 0, 1)
	check.Close(t, "b by session", cell(t, b, "b", "drop_share_cart_add"), (2+7.0/8)/4, 1e-12)
	o.Columns = nil
	b = built(t, log, one(t, "barriers", o), 0, 1)
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, []string{"drop_share_cart_add"}) {
		t.Errorf("default columns %v", got)
	}
	// A log of ten days cannot wait seven days twice.
	o.Columns = []string{"drop_share_cart_add"}
	cut := log.AsOf(date(t, "2024-01-11"))
	o.Horizon = 7
	b = built(t, cut, one(t, "barriers", o), 0, 1)
	if lacks(b.Warnings, "attempts end with the session") {
		t.Errorf("warnings %q", b.Warnings)
	}
	for want, o := range map[string]*Barriers{
		"shrink = -1":              {Horizon: 7, Gap: 30, Shrink: -1},
		"gap = 0":                  {Horizon: 7},
		`no column "barrier_view"`: {Columns: []string{"barrier_view"}, Horizon: 7, Gap: 30},
		`"paid" is no kind`:        {Steps: []string{"cart_add", "paid"}, Horizon: 7, Gap: 30},
		"no attempt at view":       {Steps: []string{"view", "purchase"}, Horizon: 7, Gap: 30},
	} {
		if _, err := Build(t.Context(), log, one(t, "barriers", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestBarriersNull: where everybody fails alike, the scores have mean 0 and variance
// n/(n + m) however many attempts a customer makes.
func TestBarriersNull(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	b := datasets.NewBuilder(datasets.Meta{Name: "null", Window: datasets.Window{To: date(t, "2026-01-01")}})
	size := map[string]int{}
	for c := range 6000 {
		id := fmt.Sprintf("c%04d", c)
		size[id] = []int{2, 20}[c%2]
		for k := range size[id] {
			ev := noEvent(id, time.Date(2024, 1, 1+20*k, 9, 0, 0, 0, time.UTC))
			ev.Kind = datasets.Checkout
			b.Add(ev)
			if rng.Float64() < 0.7 {
				ev.Time += int64(time.Hour / time.Microsecond)
				ev.Kind = datasets.Purchase
				b.Add(ev)
			}
		}
	}
	got := built(t, b.Log(), one(t, "barriers", &Barriers{Columns: []string{"barrier_checkout"}, Horizon: 7, Gap: 30, Shrink: 3}), 0, 2)
	for _, n := range []int{2, 20} {
		var zs []float64
		for i, id := range got.Raw.IDs {
			if size[id] == n {
				zs = append(zs, got.Raw.Row(i)[0])
			}
		}
		mean, sd := meanSD(zs, 1)
		want := math.Sqrt(float64(n) / float64(n+3))
		// Five standard errors of 3,000 customers.
		if math.Abs(mean) > 5/math.Sqrt(3000) || math.Abs(sd-want) > 5*want/math.Sqrt(6000) {
			t.Errorf("%d attempts: mean %.3f, sd %.3f; want 0 and %.3f", n, mean, sd, want)
		}
	}
}

// TestBarriersSeePlantedFaults: retentioneering's synthetic shop has a checkout bug on
// phones (9 April to 9 May 2024) and a payment incident on all devices (19 May to 7
// June). The population's funnel shows both, and the customers met by them have the
// higher personal barrier.
func TestBarriersSeePlantedFaults(t *testing.T) {
	log := ecomSynth(t)
	period := func(h datasets.History, i int) string {
		day := h.Time(i).Format(time.DateOnly)
		phone := "others"
		if h.Channel(i) == "mobile" {
			phone = "phones"
		}
		switch {
		case day >= "2024-04-09" && day <= "2024-05-09":
			return "bug, " + phone
		case day >= "2024-05-19" && day <= "2024-06-07":
			return "incident, " + phone
		}
		return "else, " + phone
	}
	for what, horizon := range map[string]time.Duration{"by session": 0, "within a day": dayLength} {
		f := populationFunnel(t, log, FunnelOptions{Steps: []string{"checkout", "purchase"}, Horizon: horizon, By: period})
		drop := func(g string) FunnelStep { return f[g].Steps[0] }
		for _, c := range [][2]string{{"bug, phones", "bug, others"}, {"bug, phones", "else, phones"}, {"incident, others", "else, others"}, {"incident, phones", "else, phones"}} {
			hit, base := drop(c[0]), drop(c[1])
			limit := base.Hi
			if horizon > 0 {
				// The made-up pages come in any order, purchases before checkouts too:
				// attempts, which look ahead only, lose some of them.
				limit = base.Share
			}
			if !(hit.Lo > limit) {
				t.Errorf("%s: %s drops %.3f (%.3f to %.3f), %s %.3f (%.3f to %.3f)",
					what, c[0], hit.Share, hit.Lo, hit.Hi, c[1], base.Share, base.Lo, base.Hi)
			}
		}
		// The bug spared other devices.
		if hit, base := drop("bug, others"), drop("else, others"); hit.Lo > base.Hi {
			t.Errorf("%s: others drop %.3f during the bug, %.3f else", what, hit.Share, base.Share)
		}
	}
	b := built(t, log, one(t, "barriers", &Barriers{Columns: []string{"barrier_checkout"}, Gap: 30, Shrink: 3}), 0, 1)
	var met, spared []float64
	for i, id := range b.Raw.IDs {
		h, _ := log.Find(id)
		hit, any := false, false
		for k := range h.Len() {
			if h.Kind(k) == datasets.Checkout {
				any = true
				p := period(h, k)
				hit = hit || p == "bug, phones" || strings.HasPrefix(p, "incident")
			}
		}
		switch {
		case hit:
			met = append(met, b.Raw.Row(i)[0])
		case any:
			spared = append(spared, b.Raw.Row(i)[0])
		}
	}
	auc := 0.0
	for _, x := range met {
		for _, y := range spared {
			if x > y {
				auc++
			} else if x == y {
				auc += 0.5
			}
		}
	}
	auc /= float64(len(met) * len(spared))
	if auc < 0.7 {
		t.Errorf("personal barrier tells %d who met a fault from %d who did not with AUC %.3f", len(met), len(spared), auc)
	}
	t.Logf("AUC %.3f, %d against %d", auc, len(met), len(spared))
}

// TestBarriersWeeks: week by week, the worst weeks for phones lie in the faults.
func TestBarriersWeeks(t *testing.T) {
	log := ecomSynth(t)
	f := populationFunnel(t, log, FunnelOptions{Steps: []string{"checkout", "purchase"}, By: func(h datasets.History, i int) string {
		if h.Channel(i) != "mobile" {
			return ""
		}
		y, w := h.Time(i).ISOWeek()
		return fmt.Sprintf("%d-%02d", y, w)
	}})
	delete(f, "")
	var weeks []string
	for w, g := range f {
		if g.Steps[0].Reached >= 10 { // fewer say nothing of a week
			weeks = append(weeks, w)
		}
	}
	slices.SortFunc(weeks, func(a, b string) int {
		if f[a].Steps[0].Share > f[b].Steps[0].Share {
			return -1
		}
		return 1
	})
	for _, w := range weeks[:4] {
		// 8 April is in week 15, 7 June in week 23.
		if w < "2024-15" || w > "2024-23" {
			t.Errorf("week %s is among the worst four for phones: %v", w, weeks)
		}
	}
}
