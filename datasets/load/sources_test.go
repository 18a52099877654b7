package load

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// meanRatings returns every item's mean rating and number of ratings.
func meanRatings(t *testing.T, l *datasets.Log) (mean map[string]float64, n map[string]int) {
	t.Helper()
	mean, n = map[string]float64{}, map[string]int{}
	for _, h := range histories(t, l) {
		for i := range h.Len() {
			if h.Kind(i) != datasets.SurveyAnswer {
				t.Fatalf("a %s among answers", h.Kind(i))
			}
			mean[h.Item(i)] += h.Rating(i)
			n[h.Item(i)]++
		}
	}
	for k := range mean {
		mean[k] /= float64(n[k])
	}
	return mean, n
}

// Shares of yes in the survey: Dolnicar, Grün and Leisch, Market Segmentation
// Analysis, appendix A (to two decimals).
func TestMcDonalds(t *testing.T) {
	l := source(t, "mcdonalds")
	mean, n := meanRatings(t, l)
	for item, want := range map[string]float64{
		"yummy": .55, "convenient": .91, "spicy": .09, "fattening": .87, "greasy": .53, "fast": .90, "cheap": .60, "tasty": .64, "expensive": .36, "healthy": .20, "disgusting": .24,
	} {
		if n[item] != 1453 {
			t.Errorf("%d answers on %s", n[item], item)
		}
		check.Close(t, item, math.Round(100*mean[item])/100, want, 1e-12)
	}
	h, _ := l.Find("0001")
	like := math.NaN()
	for i := range h.Len() {
		if h.Category(i) == "liking" {
			like = h.Rating(i)
		}
	}
	age := l.Customers.Col("Age")
	if like != -3 || age == nil || age.Num[0] != 61 || l.Customers.Text("0001", "Gender") != "Female" || l.Customers.Text("0001", "VisitFrequency") != "Every three months" {
		t.Errorf("the first row likes %g, %+v", like, age)
	}
	if !l.Meta.NoClock || l.Meta.Resolution != datasets.Day {
		t.Error("a survey without dates has a clock")
	}
}

// Column means and sums, from pandas on the files.
func TestSurveys(t *testing.T) {
	l := source(t, "customer-sat")
	mean, n := meanRatings(t, l)
	check.Close(t, "q1", mean["q1"], 6.066262, 1e-6)
	check.Close(t, "q9", mean["q9"], 7.889564, 1e-6)
	if n["q10"] != 1811 || l.Items.Text("q1", "name") != "overall satisfaction" {
		t.Errorf("%d answers on q10; q1 is %q", n["q10"], l.Items.Text("q1", "name"))
	}
	l = source(t, "scotch")
	mean, n = meanRatings(t, l)
	for item, want := range map[string]float64{"Chivas.Regal": 806, "Glenlivet": 354, "the.Singleton": 31} {
		check.Close(t, item, mean[item]*float64(n[item]), want, 1e-9)
	}
	// Equal rows are several people's: nothing is said of duplicates.
	if note(l, "duplicate") != 0 {
		t.Error("equal answers are called duplicates")
	}
	l = source(t, "bankcard")
	first, ok := l.Find("1")
	if !ok || first.Item(0) != "Med_FInt" || first.Rating(0) != 1 {
		t.Errorf("the first choice took the medium interest rate: %+v", first.At(0))
	}
	// Customer 1's second choice (row 3 of the file): Med_FInt 1, Rewrd_2 1, Rewrd_3 −1.
	if p := l.Offers.Col("Rewrd_3"); p == nil || p.Num[1] != -1 || l.Offers.Col("choice").Num[1] != 1 {
		t.Error("the offers are not the rows'")
	}
	if l.Customers.Col("income") == nil || l.Customers.Rows() != 946 {
		t.Error("the people are not described")
	}
}

// SCR, penetration and purchases per buyer of brand 1, computed with pandas.
func TestMargarine(t *testing.T) {
	l := source(t, "margarine")
	of, all, buyers, total := 0, 0, 0, 0
	for _, h := range histories(t, l) {
		n := 0
		for i := range h.Len() {
			total++
			if h.Brand(i) == "Parkay stick" {
				n++
			}
			row, ok := l.Offers.Find(h.Order(i))
			if !ok || l.Offers.Col(h.Item(i)).Num[row] != h.Price(i) {
				t.Fatalf("%s paid %g for %s, which the offer does not say", h.Order(i), h.Price(i), h.Item(i))
			}
			if i > 0 && h.Day(i) != h.Day(i-1)+1 {
				t.Fatalf("purchase %d of %s is not the day after the one before", i, h.ID)
			}
		}
		if n > 0 {
			buyers++
			of += n
			all += h.Len()
		}
	}
	check.Close(t, "share of category requirements", math.Round(1e4*float64(of)/float64(all))/1e4, .4723, 1e-12)
	check.Close(t, "penetration", math.Round(1e4*float64(buyers)/516)/1e4, .7791, 1e-12)
	check.Close(t, "per buyer", math.Round(1e3*float64(of)/float64(buyers))/1e3, 4.393, 1e-12)
	h, _ := l.Find("2100016")
	if h.Order(0) != "2100016/01" || h.Price(0) != .66 || h.Price(2) != .29 || l.Customers.Col("Income") == nil || !l.Meta.NoClock {
		t.Errorf("first purchase %+v", h.At(0))
	}
	if l.Items.Text("house tub", "private_label") != "yes" || l.Meta.Unit != "household" {
		t.Error("the kinds are not described")
	}
}

// Sessions per step, counted with awk from the file.
func TestGA360(t *testing.T) {
	l := source(t, "ga360-day")
	sessions := map[string]datasets.Kinds{}
	for _, h := range histories(t, l) {
		last := int64(0)
		for i := range h.Len() {
			if !strings.HasPrefix(h.Session(i), h.ID+"/") {
				t.Fatalf("session %s of %s", h.Session(i), h.ID)
			}
			sessions[h.Session(i)] |= datasets.KindSet(h.Kind(i))
			// A visitor's sessions do not overlap, and lie more than half an hour apart.
			if i > 0 && h.Session(i) != h.Session(i-1) && h.Stamp(i)-last < int64(30*time.Minute/time.Microsecond) {
				t.Fatalf("sessions %s and %s of %s are too near", h.Session(i-1), h.Session(i), h.ID)
			}
			last = h.Stamp(i)
		}
	}
	n := map[datasets.Kind]int{}
	for _, s := range sessions {
		for k := range datasets.KindNames() {
			if s.Has(datasets.Kind(k)) {
				n[datasets.Kind(k)]++
			}
		}
	}
	if len(sessions) != 1674 || n[datasets.Visit] != 1660 || n[datasets.CartAdd] != 176 || n[datasets.CartRemove] != 38 || n[datasets.Checkout] != 100 || n[datasets.Purchase] != 43 {
		t.Errorf("%d sessions, %v", len(sessions), n)
	}
	if _, ok := l.Find("0004915997121163857"); !ok {
		t.Error("ids lost their zeros")
	}
	if l.Meta.Resolution != datasets.Day || l.Meta.NoClock {
		t.Error("hours are told, or days are not")
	}
	// 76,602 ms after its session began (the visitor's only one).
	h, _ := l.Find("9997536057704001970")
	if got := h.Stamp(h.Len()-1) - l.Meta.Window.From.UnixMicro(); got < 76_602_000 {
		t.Errorf("last hit %d µs after midnight", got)
	}
}

// Effects on visits and on spend: MineThatData challenge; the differences computed
// with pandas from the file.
func TestHillstrom(t *testing.T) {
	l := source(t, "hillstrom")
	type group struct{ n, visits, buys, spend float64 }
	groups := map[string]*group{}
	sent := time.Date(2008, 3, 20, 0, 0, 0, 0, time.UTC).UnixMicro()
	for _, h := range histories(t, l) {
		name := l.Customers.Text(h.ID, "segment")
		g := groups[name]
		if g == nil {
			g = &group{}
			groups[name] = g
		}
		g.n++
		for i := range h.Len() {
			switch {
			case h.Kind(i) == datasets.Visit:
				g.visits++
			case h.Kind(i) == datasets.CampaignSent && h.Campaign(i) != name:
				t.Fatalf("%s was sent %s", name, h.Campaign(i))
			case h.Kind(i) == datasets.Purchase && h.Stamp(i) >= sent:
				g.buys++
				g.spend += h.Amount(i)
			case h.Kind(i) == datasets.Purchase && !math.IsNaN(h.Amount(i)):
				t.Fatal("the purchase before has an amount that nobody knows")
			}
		}
	}
	c := groups["No E-Mail"]
	for name, want := range map[string][3]float64{"Mens E-Mail": {.07659, .00681, .770}, "Womens E-Mail": {.04523, .00311, .424}} {
		g := groups[name]
		check.Close(t, name+": visits", math.Round(1e5*(g.visits/g.n-c.visits/c.n))/1e5, want[0], 1e-9)
		check.Close(t, name+": conversion", math.Round(1e5*(g.buys/g.n-c.buys/c.n))/1e5, want[1], 1e-9)
		check.Close(t, name+": spend", math.Round(1e3*(g.spend/g.n-c.spend/c.n))/1e3, want[2], 1e-9)
	}
	if l.Customers.Col("history").Num == nil || l.Customers.Col("recency") != nil {
		t.Error("history is no number, or recency a description")
	}
}

// Counts with pandas from the package's files.
func TestCompleteJourneyJoined(t *testing.T) {
	l := source(t, "complete-journey")
	n := map[datasets.Kind]int{}
	joined, both := 0, 0
	discount := 0.0
	for _, h := range histories(t, l) {
		for i := range h.Len() {
			n[h.Kind(i)]++
			switch h.Kind(i) {
			case datasets.Purchase:
				if h.Brand(i) != "" {
					joined++
				}
				discount += h.Discount(i)
			case datasets.Redemption:
				// Sent before it was redeemed.
				for j := range i {
					if h.Kind(j) == datasets.CampaignSent && h.Campaign(j) == h.Campaign(i) {
						both++
						break
					}
				}
			}
		}
	}
	if n[datasets.Purchase] != 75000 || n[datasets.CampaignSent] != 6589 || n[datasets.Redemption] != 2102 || both != 2102 || note(l, "early") != 147 {
		t.Errorf("%v, %d redemptions of a campaign that was sent, %d sent early", n, both, note(l, "early"))
	}
	check.Close(t, "lines whose product is known", math.Round(1e3*float64(joined)/75000)/1e3, .997, 1e-12)
	check.Close(t, "sum of the discounts", discount, 41779.72, 1e-9)
	if l.Items.Col("private_label") == nil || l.Campaigns.Text("8", "campaign_type") != "Type A" || note(l, "thinned") != 1 {
		t.Error("products, campaigns or the sampling are not there")
	}
	check.Close(t, "share of the lines", l.Meta.Thinned, .0510, 1e-3)
}

func TestOnlineRetailItems(t *testing.T) {
	l := source(t, "online-retail")
	if l.Items.Text("85123A", "Description") != "WHITE HANGING HEART T-LIGHT HOLDER" || l.Items.Text("85123A", "product") != "yes" {
		t.Errorf("85123A is %q", l.Items.Text("85123A", "Description"))
	}
	for _, code := range []string{"POST", "M", "D", "C2", "DOT", "BANK CHARGES"} {
		if _, ok := l.Items.Find(code); ok && l.Items.Text(code, "product") != "no" {
			t.Errorf("%s is a product", code)
		}
	}
	s, _ := datasets.Lookup("online-retail")
	less, _, err := Source(context.Background(), s, Options{Mapping: &datasets.Mapping{DropServices: true}})
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, h := range histories(t, l) {
		for i := range h.Len() {
			if l.Items.Text(h.Item(i), "product") == "no" {
				lines++
			}
		}
	}
	if lines == 0 || l.NumEvents()-less.NumEvents() != lines || lines > int(note(l, "service")) {
		t.Errorf("%d lines of services, %d left out, %d noted", lines, l.NumEvents()-less.NumEvents(), note(l, "service"))
	}
}

// The sample as CLVTools has it is the sample by day.
func TestCLVTools(t *testing.T) {
	days := func(l *datasets.Log) (n int, sum float64) {
		for _, h := range histories(t, l) {
			n += len(h.Occasions())
			sum += h.Spend().Gross
		}
		return n, sum
	}
	n1, s1 := days(source(t, "clvtools-cdnow"))
	n2, s2 := days(source(t, "cdnow-sample"))
	if n1 != n2 || n1 != 6696 {
		t.Errorf("%d and %d days of purchase", n1, n2)
	}
	check.Close(t, "spend", s1, s2, 1e-9)
}

func TestTablesOfTheCatalogue(t *testing.T) {
	for name, want := range map[string]int{"cdnow-summary": 2357, "cdnow-transactions": 2357, "donations": 22, "wholesale": 440} {
		s, err := datasets.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		check.Data(t, s.Files[0].Path)
		table, weights, _, err := SourceTable(context.Background(), s, TableOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if table.Rows() != want || s.Expect.Rows != want {
			t.Errorf("%s has %d rows", name, table.Rows())
		}
		if name != "donations" {
			if weights != nil {
				t.Errorf("%s has weights", name)
			}
			continue
		}
		sum := 0.0
		for _, w := range weights {
			sum += w
		}
		if sum != 11104 || table.Col("weights") != nil || len(table.Cols) != 3 {
			t.Errorf("%g donors in %d columns", sum, len(table.Cols))
		}
	}
	if _, _, _, err := SourceTable(context.Background(), &datasets.Source{Name: "x", Mapping: &datasets.Mapping{}}, TableOptions{}); err == nil {
		t.Error("a log is read as a table")
	}
}

// Every customer log of the catalogue is there under its name.
func TestCatalogueNames(t *testing.T) {
	for _, name := range []string{
		"cdnow", "cdnow-sample", "cdnow-summary", "cdnow-transactions", "donations", "clvtools-cdnow", "lifetimes-example", "grocery-elog", "online-retail",
		"complete-journey", "ga360-day", "hillstrom", "mcdonalds", "margarine", "bankcard", "customer-sat", "scotch", "wholesale", "rfm-orders", "ecom-synth",
	} {
		s, err := datasets.Lookup(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if s.License == "" || len(s.Refs) == 0 || s.Expect.Rows == 0 || s.Files[0].SHA256 == "" {
			t.Errorf("%s lacks licence, source, size or checksum", name)
		}
		for _, r := range s.Refs {
			if r.Title == "" || r.Year == 0 || r.DOI == "" {
				t.Errorf("%s: reference %q lacks title, year or address", name, r.Title)
			}
		}
	}
}
