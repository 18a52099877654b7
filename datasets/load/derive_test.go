package load

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

const parts = `shop,no,date,amount,off1,off2,word
x,1,2024-01-01,10,0.10,0.20,a
x,2,2024-01-02,20,,0.05,b
y,1,2024-01-03,30,1.5,,
`

func TestDerive(t *testing.T) {
	m := datasets.Mapping{Exact: true, Columns: map[string]string{
		"customer": "shop+no", "time": "date", "amount": "amount", "discount": "off1 + off2", "session": "shop+word", "order": "#count",
	}}
	l, rep, err := readText(t, parts, Options{Mapping: &m})
	if err != nil {
		t.Fatal(err)
	}
	h, ok := l.Find("x/1")
	if !ok || l.NumCustomers() != 3 || h.Discount(0) != .3 || h.Session(0) != "x/a" || h.Order(0) != "x/1/1" {
		t.Errorf("%s: %+v", l, h.At(0))
	}
	// What is missing counts nothing in a sum, and leaves no name.
	h, _ = l.Find("y/1")
	if h.Discount(0) != 1.5 || h.Session(0) != "" {
		t.Errorf("%+v", h.At(0))
	}
	if rep.Mapping.Columns["discount"] != "off1 + off2" {
		t.Errorf("%v", rep.Mapping.Columns)
	}
	m.Columns = map[string]string{"customer": "#row", "time": "date"}
	if l, _, err = readText(t, parts, Options{Mapping: &m}); err != nil || l.NumCustomers() != 3 {
		t.Fatal(err)
	}
	if _, ok := l.Find("3"); !ok {
		t.Error("rows are not numbered from 1")
	}
	for _, c := range []struct{ field, want, says string }{
		{"discount", "off1+off3", "off3"},
		{"discount", "amount+word", "not a number"},
		{"brand", "items.brand", ""}, // no such table: left out
		{"order", "#rows", "#rows"},
	} {
		m.Columns = map[string]string{"customer": "shop", "time": "date", "item": "word", c.field: c.want}
		_, rep, err := readText(t, parts, Options{Mapping: &m})
		var e *Error
		switch {
		case c.says == "" && (err != nil || !strings.Contains(strings.Join(rep.Assumptions, "\n"), "the table of items is not there")):
			t.Errorf("%s: %v, %v", c.want, err, rep.Assumptions)
		case c.says != "" && (!errors.As(err, &e) || !strings.Contains(e.Error(), c.says) || e.Fix == ""):
			t.Errorf("%s: %v", c.want, err)
		}
	}
}

func TestLookedUp(t *testing.T) {
	items := &datasets.Table{Keys: []string{"a", "b"}, Cols: []datasets.TableColumn{{Name: "brand", Text: []string{"Acme", ""}}, {Name: "size", Num: []float64{1.5, math.NaN()}}}}
	opt := Options{
		Mapping: &datasets.Mapping{Exact: true, Columns: map[string]string{"customer": "shop", "time": "date", "item": "word", "brand": "items.brand", "margin": "items.size"}},
		tables:  map[string]*datasets.Table{"items": items},
	}
	l, _, err := readText(t, parts, opt)
	if err != nil {
		t.Fatal(err)
	}
	h, _ := l.Find("x")
	if h.Brand(0) != "Acme" || h.Brand(1) != "" || h.Margin(0) != 1.5 || !math.IsNaN(h.Margin(1)) {
		t.Errorf("%+v, %+v", h.At(0), h.At(1))
	}
	opt.Mapping.Columns["brand"] = "items.maker"
	if _, _, err := readText(t, parts, opt); err == nil || !strings.Contains(err.Error(), "columns there: brand, size") {
		t.Errorf("no such column: %v", err)
	}
	opt.Mapping.Columns["brand"] = "items.brand"
	opt.Mapping.Columns["item"] = "none"
	if _, _, err := readText(t, parts, opt); err == nil || !strings.Contains(err.Error(), "looked up by the item") {
		t.Errorf("no item: %v", err)
	}
}

const hits = `who,visit,ms,what
v,10,500,view
v,2,0,view
v,2,90000,purchase
w,1,0,view
`

func TestClock(t *testing.T) {
	day := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	m := datasets.Mapping{
		Exact:   true,
		Columns: map[string]string{"customer": "who", "session": "visit", "time": "ms", "kind": "what"},
		Clock:   &datasets.Clock{Origin: day, Unit: "ms"},
	}
	read := func() *datasets.Log {
		t.Helper()
		l, rep, err := readText(t, hits, Options{Mapping: &m})
		if err != nil {
			t.Fatal(err)
		}
		if l.Meta.Resolution != datasets.Day || !strings.Contains(strings.Join(rep.Assumptions, " "), "2024-05-01") {
			t.Errorf("%v: %v", m.Clock, rep.Assumptions)
		}
		return l
	}
	l := read()
	// Session 2 of 90 s, 31 minutes, then session 10, half a second in.
	h, _ := l.Find("v")
	for i, want := range []time.Duration{0, 90 * time.Second, 90*time.Second + 31*time.Minute + 500*time.Millisecond} {
		if got := h.Stamp(i) - day.UnixMicro(); got != want.Microseconds() {
			t.Errorf("event %d at %d µs, want %v", i, got, want)
		}
	}
	if l.Meta.NoClock {
		t.Error("real times within sessions are called made up")
	}
	m.Clock.Unit = "rows"
	h, _ = read().Find("v")
	if h.Day(2)-h.Day(0) != 2 || h.Session(0) != "10" {
		t.Errorf("the file's order is lost: %+v", h.At(0))
	}
	m.Clock.Unit = ""
	l = read()
	if h, _ = l.Find("v"); h.Day(0) != h.Day(2) || !l.Meta.NoClock {
		t.Error("one day is not one day")
	}
	m.Clock.Unit = "months before"
	h, _ = read().Find("w")
	if got := h.Time(0); !got.Equal(day) {
		t.Errorf("no months before the day is %v", got)
	}
	delete(m.Columns, "time")
	if _, _, err := readText(t, hits, Options{Mapping: &m}); err == nil {
		t.Error("months are counted without a column")
	}
}

// What began before the window counts from its start.
func TestEarly(t *testing.T) {
	m := datasets.Mapping{Columns: map[string]string{"customer": "shop", "time": "date"}, Exact: true, From: time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC), Early: true}
	l, _, err := readText(t, parts, Options{Mapping: &m})
	if err != nil {
		t.Fatal(err)
	}
	h, _ := l.Find("x")
	if l.NumEvents() != 3 || h.Day(0) != h.Day(1) || note(l, "early") != 1 {
		t.Errorf("%s, %+v", l, l.Notes)
	}
}

const sheets = `id,date,q1,q2,took,note
a,2024-01-01,Yes,5,1,x
b,2024-01-02,No,-3,0,
c,2024-01-03,,0,1,x
`

func TestBatteries(t *testing.T) {
	m := datasets.Mapping{
		Exact: true, Columns: map[string]string{"customer": "id", "time": "date"},
		Batteries: []datasets.Battery{
			{Name: "one", Columns: []string{"q1"}, Words: map[string]float64{"Yes": 1, "No": 0}, Labels: map[string]string{"q1": "Do you?"}},
			{Name: "two", Columns: []string{"q2"}, Choice: "took"},
		},
	}
	l, _, err := readText(t, sheets, Options{Mapping: &m})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, h := range histories(t, l) {
		for i := range h.Len() {
			got[h.ID+" "+h.Category(i)+" "+h.Item(i)] = h.Rating(i)
		}
	}
	// c answered nothing, and in its choice nothing differed; b left what it had −3 of.
	want := map[string]float64{"a one q1": 1, "a two q2": 5, "b one q1": 0, "b two q2": 3}
	if len(got) != len(want) {
		t.Errorf("%v, want %v", got, want)
	}
	for k, x := range want {
		check.Close(t, k, got[k], x, 0)
	}
	if l.Items.Text("q1", "name") != "Do you?" {
		t.Error("the wording is lost")
	}
	m.Batteries = []datasets.Battery{{Columns: []string{"note"}}}
	if _, _, err := readText(t, sheets, Options{Mapping: &m}); err == nil || !strings.Contains(err.Error(), "answers") {
		t.Errorf("words without a number: %v", err)
	}
	// Named on the command line.
	opt := Options{}
	for k, v := range map[string]string{"answers": "q2", "columns.customer": "id", "extra": "note"} {
		if err := opt.Set(k, v); err != nil {
			t.Fatal(err)
		}
	}
	l, _, err = readText(t, sheets+"a,2024-02-01,Yes,4,1,x\n", opt)
	if err != nil || l.NumEvents() != 4 || l.Customers.Text("a", "note") != "x" {
		t.Errorf("%v, %v", l, err)
	}
}

// The earliest text of an item stays, of equally early ones the first in the alphabet.
func TestAttributes(t *testing.T) {
	const text = `customer,date,item,name,amount
a,2024-01-03,i1,late,1
a,2024-01-01,i1,zebra,1
b,2024-01-01,i1,ant,1
b,2024-01-02,i2,,1
b,2024-01-03,POST,postage,1
`
	m := datasets.Mapping{Attributes: []string{"name"}, Services: []datasets.DropRule{{Column: "item", Op: "=", Value: "POST"}}}
	l, _, err := readText(t, text, Options{Mapping: &m})
	if err != nil {
		t.Fatal(err)
	}
	if l.Items.Text("i1", "name") != "ant" || l.Items.Text("i2", "name") != "" || l.Items.Text("POST", "product") != "no" || l.Items.Text("i2", "product") != "yes" {
		t.Errorf("%+v", l.Items)
	}
	if note(l, "service") != 1 || l.NumEvents() != 5 {
		t.Errorf("%+v", l.Notes)
	}
}

// All kinds of event are known in four languages.
func TestKindWords(t *testing.T) {
	for k, words := range map[datasets.Kind]string{
		datasets.Purchase: "purchase kauf køb aankoop", datasets.Return: "refund Retoure returnering retour", datasets.View: "view Ansicht visning weergave",
		datasets.Search: "search Suche søgning zoeken", datasets.CartAdd: "add_to_cart", datasets.CartRemove: "remove_from_cart", datasets.Checkout: "checkout Kasse afrekenen",
		datasets.Wishlist: "wishlist Merkzettel ønskeliste verlanglijst", datasets.Use: "used Nutzung brug gebruik", datasets.Visit: "visit Besuch besøg bezoek",
		datasets.Rating: "rating Bewertung anmeldelse beoordeling", datasets.SurveyAnswer: "survey Umfrage spørgeskema vragenlijst", datasets.Complaint: "complaint Beschwerde klage klacht",
		datasets.Contact: "support Anruf opkald kontakt", datasets.CampaignSent: "email_sent verschickt sendt verzonden", datasets.CampaignOpen: "email_opened geöffnet åbnet geopend",
		datasets.CampaignClick: "email_click geklickt klik", datasets.OptOut: "unsubscribe abgemeldet afmeldt uitgeschreven", datasets.Redemption: "redeemed eingelöst indløst ingewisseld",
		datasets.PointsEarned: "points_earned gesammelt optjent gespaard", datasets.PointsExpired: "points_expired verfallen udløbet verlopen",
		datasets.Referral: "referral Empfehlung anbefaling aanbeveling", datasets.Delivered: "delivered geliefert leveret bezorgd",
	} {
		for w := range strings.FieldsSeq(words) {
			if got, ok := kindOfWord[foldName(w)]; !ok || got != k {
				t.Errorf("%q is %v (%v), want %v", w, got, ok, k)
			}
		}
	}
	for _, name := range datasets.KindNames() {
		k, _ := datasets.ParseKind(name)
		if kindOfWord[foldName(name)] != k {
			t.Errorf("%s is not itself", name)
		}
	}
	// No word stands for two kinds.
	seen := map[string]datasets.Kind{}
	for k, list := range kindWords {
		for _, w := range list {
			if o, ok := seen[w]; ok {
				t.Errorf("%q is %v and %v", w, o, k)
			}
			if foldName(w) != w {
				t.Errorf("%q is not folded", w)
			}
			seen[w] = k
		}
	}
}
