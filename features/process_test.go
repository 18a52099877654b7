package features

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// ecomSynth reads retentioneering's synthetic shop (January to June 2024): the two
// checkout pages are checkout steps named by their page, other pages are views.
func ecomSynth(t testing.TB) *datasets.Log {
	kinds := map[string]datasets.Kind{
		"purchase": datasets.Purchase, "search": datasets.Search, "add_to_cart": datasets.CartAdd, "wishlist_add": datasets.Wishlist,
		"support_chat": datasets.Contact, "shipping_details": datasets.Checkout, "payment_details": datasets.Checkout,
	}
	b := datasets.NewBuilder(datasets.Meta{Name: "ecom", Has: datasets.FieldSession | datasets.FieldItem | datasets.FieldChannel})
	for _, r := range rows(t, "data/ecom_synth/ecom_SYNTHETIC.csv.gz") {
		at, err := time.Parse(time.DateTime, r[3])
		if err != nil {
			t.Fatal(err)
		}
		ev := noEvent(r[0], at)
		ev.Kind, ev.Session, ev.Item, ev.Channel = datasets.View, r[1], r[2], r[4]
		if k, ok := kinds[r[2]]; ok {
			ev.Kind = k
		}
		b.Add(ev)
	}
	return b.Log()
}

func allProcess(shrink float64) *Process {
	return &Process{Columns: processNames(), Shrink: shrink, Gap: 30, Lookback: 7}
}

func TestProcessByHand(t *testing.T) {
	v, s, add, rem, out, buy := datasets.View, datasets.Search, datasets.CartAdd, datasets.CartRemove, datasets.Checkout, datasets.Purchase
	at := func(day, second int, kind datasets.Kind, item, category, channel string) datasets.Event {
		ev := noEvent("a", time.Date(2024, 3, 1+day, 9, 0, second, 0, time.UTC))
		ev.Kind, ev.Item, ev.Category, ev.Channel = kind, item, category, channel
		return ev
	}
	events := []datasets.Event{
		// The first path: two sessions, two items of two categories, two days.
		at(0, 0, v, "i1", "k1", "web"), at(0, 5, s, "", "", "web"), at(0, 9, v, "i2", "k2", "web"),
		at(2, 0, v, "i1", "k1", "app"), at(2, 10, add, "i1", "k1", "app"), at(2, 20, add, "i2", "k2", "app"), at(2, 30, rem, "i2", "k2", "app"),
		at(2, 40, out, "i1", "", "app"), at(2, 50, out, "i1", "", "app"), at(2, 50, out, "i2", "", "app"), at(2, 60, buy, "i1", "k1", "app"),
		at(2, 61, buy, "i3", "k1", "app"), // another line of it
		at(10, 0, v, "i1", "k1", "app"),   // too long before the second purchase
		at(56, 0, v, "i4", "k4", "app"), at(60, 0, buy, "i4", "k4", "app"),
		at(90, 0, buy, "i5", "k5", "app"), // nothing was seen before it
	}
	log := logOf(datasets.Meta{Name: "hand", Has: datasets.FieldItem | datasets.FieldCategory | datasets.FieldChannel}, events)
	b := built(t, log, one(t, "process", allProcess(0)), 0, 1)
	for col, want := range map[string]float64{
		"sessions_to_purchase":         (2.0 + 2) / 2,
		"items_viewed_before_purchase": (2.0 + 1) / 2,
		"categories_compared":          (2.0 + 1) / 2,
		"days_first_view_to_purchase":  (2 + 60.0/86400 + 4) / 2,
		"views_per_purchase":           (3.0 + 1) / 2,
		"views_per_session":            5.0 / 4,
		"search_share":                 1.0 / 6,
		"cart_edits":                   1.0 / 2,
		"checkout_repeats":             1, // i1 again, ten seconds later; i2 passes with it
		"channel_switches":             1.0 / 5,
		"return_visits":                1.0 / 2, // i1 on the second day; nothing at the second purchase
	} {
		check.Close(t, col, cell(t, b, "a", col), want, 1e-12)
	}
	// A prospect with ten sessions: views of their own, the population's path.
	for k := range 10 {
		for range 1 + k%2 {
			ev := at(k, len(events), v, "i1", "k1", "web")
			ev.Customer = "b"
			events = append(events, ev)
		}
	}
	log = logOf(log.Meta, events)
	b = built(t, log, one(t, "process", allProcess(3)), 0, 1)
	check.Close(t, "prospect's path", cell(t, b, "b", "sessions_to_purchase"), 2, 1e-12)
	pop := (5.0 + 15) / (4 + 10)
	check.Close(t, "prospect's views", cell(t, b, "b", "views_per_session"), (15+3*pop)/13, 1e-12)
	check.Close(t, "buyer's views", cell(t, b, "a", "views_per_session"), (5+3*pop)/7, 1e-12)
	if p := cell(t, b, "b", "cart_edits"); p != 0.5 {
		t.Errorf("cart_edits of one who has no cart: %g, want the population's 0.5", p)
	}
	h, _ := log.Find("b")
	if n := processModelOf(t, b).Evidence(h); n != 10 {
		t.Errorf("evidence %d, want 10 sessions", n)
	}
}

func processModelOf(t testing.TB, b *Built) *processModel {
	t.Helper()
	m, ok := b.Pipeline.models[0].(*processModel)
	if !ok {
		t.Fatal("no model of process")
	}
	return m
}

// TestProcessDays: with day stamps a session is a day, and the view of the day of a
// purchase comes before it though kinds sort the other way.
func TestProcessDays(t *testing.T) {
	b := datasets.NewBuilder(datasets.Meta{Name: "days", Resolution: datasets.Day, Has: datasets.FieldItem})
	for _, e := range []struct {
		day  int
		kind datasets.Kind
	}{{0, datasets.View}, {3, datasets.View}, {3, datasets.Purchase}} {
		ev := noEvent("a", time.Date(2024, 1, 1+e.day, 0, 0, 0, 0, time.UTC))
		ev.Kind, ev.Item = e.kind, "i"
		b.Add(ev)
	}
	o := allProcess(0)
	o.Columns = []string{"sessions_to_purchase", "views_per_purchase", "days_first_view_to_purchase", "items_viewed_before_purchase"}
	got := built(t, b.Log(), one(t, "process", o), 0, 1)
	if want := []float64{2, 2, 3, 1}; !slices.Equal(got.Raw.Row(0), want) {
		t.Errorf("%v, want %v", got.Raw.Row(0), want)
	}
}

// TestProcessLacks: what the log cannot tell is left out and said.
func TestProcessLacks(t *testing.T) {
	log := ecomSynth(t)
	o := allProcess(3)
	b := built(t, log, one(t, "process", o), 0, 1)
	if n, _ := b.Raw.Dims(); n != 600 {
		t.Errorf("%d rows, want all 600 users, prospects too", n)
	}
	for _, col := range []string{"categories_compared", "cart_edits"} {
		if b.Raw.Index(col) >= 0 || lacks(b.Warnings, col+" is left out") {
			t.Errorf("%s is not left out, or not said: %q", col, b.Warnings)
		}
	}
	views := logOf(datasets.Meta{Name: "views"}, []datasets.Event{click(0, datasets.View, ""), click(9, datasets.Search, "")})
	b = built(t, views, one(t, "process", mustNew(t, "process")), 0, 1)
	if got := columnNames(b.Raw.Cols); !slices.Equal(got, []string{"views_per_session", "search_share"}) {
		t.Errorf("without a purchase: columns %v", got)
	}
	for want, o := range map[string]*Process{
		"shrink = -1":        {Columns: processNames(), Shrink: -1, Gap: 30, Lookback: 7},
		"gap = 0":            {Columns: processNames(), Lookback: 7},
		"lookback = 0":       {Columns: processNames(), Gap: 30},
		`no column "clicks"`: {Columns: []string{"clicks"}, Gap: 30, Lookback: 7},
		"leaves nothing":     {Columns: []string{"cart_edits"}, Gap: 30, Lookback: 7},
	} {
		if _, err := Build(t.Context(), log, one(t, "process", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestProcessSeesCheckoutBug: from 9 April to 9 May 2024 the shop's phones send
// people back from the shipping page (planted by retentioneering): checkout steps are
// repeated there more than on other devices, and not before.
func TestProcessSeesCheckoutBug(t *testing.T) {
	log := ecomSynth(t)
	repeats := func(from, to string) (phones, others float64) {
		cut := log.Between(date(t, from), date(t, to))
		var sum [2]processOf
		for h := range cut.Histories(t.Context()) {
			p := processFrom(h, SessionGap, 7*dayLength)
			g := 1
			if h.Channel(0) == "mobile" {
				g = 0
			}
			sum[g].add(&p)
		}
		share := func(p processOf) float64 { return float64(p.Repeats) / float64(p.Checkouts) }
		return share(sum[0]), share(sum[1])
	}
	phones, others := repeats("2024-04-09", "2024-05-10")
	before, _ := repeats("2024-01-01", "2024-04-09")
	if !(phones > 1.5*others && phones > 1.5*before) {
		t.Errorf("checkout steps repeated per session with a checkout: phones %.3f, others %.3f, phones before %.3f", phones, others, before)
	}
	t.Logf("repeats per session with a checkout: phones %.3f, others %.3f, phones before %.3f", phones, others, before)
	if math.IsNaN(before) {
		t.Error("no checkouts before")
	}
}
