package rule

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
)

// members are the ids of those for whom the rule holds, by trying everything.
func (w *world) members(c bigCond) []string {
	var out []string
	for i := range w.people {
		if c.f(&w.people[i]) {
			out = append(out, w.people[i].id)
		}
	}
	return out
}

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// shop is a log by hand, in Amsterdam, of what one can reckon with a finger.
func shop() *datasets.Log {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	b := datasets.NewBuilder(datasets.Meta{Name: "shop", Zone: zone, Has: datasets.FieldCategory | datasets.FieldChannel | datasets.FieldAmount})
	add := func(who, kind, when, category, channel string, amount float64) {
		at, err := time.ParseInLocation("2006-01-02 15:04", when, zone)
		if err != nil {
			panic(err)
		}
		k, ok := datasets.ParseKind(kind)
		if !ok {
			panic(kind)
		}
		nan := math.NaN()
		b.Add(datasets.Event{
			Customer: who, Time: at.UnixMicro(), Kind: k, Category: category, Channel: channel, Amount: amount,
			Quantity: nan, Price: nan, Discount: nan, Margin: nan, Rating: nan, Points: nan,
		})
	}
	add("ann", "purchase", "2011-01-05 10:00", "coffee", "shop", 3)
	add("ann", "purchase", "2011-01-05 10:00", "tea", "shop", 4)
	add("ann", "purchase", "2011-01-20 09:30", "coffee", "web", .1)
	add("ann", "purchase", "2011-01-20 09:30", "coffee", "web", .2)
	add("bob", "view", "2011-01-10 20:00", "coffee", "web", math.NaN())
	add("bob", "purchase", "2011-01-12 20:00", "coffee", "coupon", 5)
	add("bob", "purchase", "2011-02-10 20:00", "tea", "shop", 50)
	add("cat", "view", "2011-01-02 08:00", "tea", "web", math.NaN())
	add("cat", "cart_add", "2011-01-02 08:10", "tea", "web", math.NaN())
	add("dan", "cart_add", "2011-01-29 08:10", "", "", math.NaN())
	l := b.Log()
	l.Customers = &datasets.Table{Name: "customers", Keys: []string{"ann", "bob", "cat"}, Cols: []datasets.TableColumn{
		{Name: "country", Text: []string{"NL", "DE", ""}}, {Name: "age", Num: []float64{30, 40, math.NaN()}},
	}}
	return l
}

// What belongs to each rule on 1 February 2011, by hand; bob's tea comes later.
func TestRulesByHand(t *testing.T) {
	log := shop()
	now := time.Date(2011, 2, 1, 0, 0, 0, 0, log.Meta.Zone)
	for text, want := range map[string]string{
		"everyone":     "ann bob cat dan",
		"not everyone": "",
		"purchases(category = 'coffee') >= 2 in 30 d and not any(channel = 'coupon')": "ann",
		"PURCHASES >= 2":                             "ann",
		"purchases = 0":                              "cat dan",
		"count(purchase) = 4":                        "ann",
		"spend = 7.3":                                "ann", // 3 + 4 + .1 + .2: sums are what they read as
		"spend(channel = 'web') = .3":                "ann",
		"spend >= 5 in 90 d before now":              "ann bob",
		"spend > 7 in 20 d before 2011-01-06":        "",
		"spend = 7 in 20 d before 2011-01-06":        "ann",
		"spend >= 50 since 2011-02-01":               "",
		"view then purchase within 7 d":              "bob",
		"view then purchase within 47 h":             "",
		"view then purchase within 48 h":             "bob",
		"cart_add then no purchase":                  "cat dan",
		"cart_add then no purchase within 2 d":       "cat dan",
		"cart_add then no purchase within 3 d":       "cat", // dan's time is not over
		"purchase then purchase":                     "ann",
		"recency = 12":                               "ann", // from 20 January
		"recency < 30":                               "ann bob",
		"not recency < 30":                           "cat dan",
		"recency >= 30":                              "",
		"recency is missing":                         "cat dan",
		"tenure between 22 and 27":                   "ann bob" + "",
		"customer.country = 'NL'":                    "ann",
		"customer.country != 'NL'":                   "bob",
		"not customer.country = 'NL'":                "bob cat dan",
		"customer.country in ('NL', 'DE')":           "ann bob",
		"customer.country not in ('NL')":             "bob",
		"customer.age > 35":                          "bob",
		"customer.age is missing":                    "cat dan",
		"first(category of purchase) = 'coffee'":     "ann bob", // of two at one instant, the smaller
		"last(category of event) is missing":         "dan",
		"distinct(category) = 2":                     "ann",
		"avg(amount) = 1.825":                        "ann",
		"max(amount of purchase(hour < 10)) = .2":    "ann",
		"any(weekday in ('Wed', 'sunday'))":          "ann bob cat",
		"first(time of event) < 2011-01-03":          "cat",
		"purchases in the first 10 d >= 1":           "ann bob",
		"purchase in the first 1 d":                  "ann",
		"views > 0 or spend > 6 and purchases > 1":   "ann bob cat",
		"(views > 0 or spend > 6) and purchases > 0": "ann bob",
		"spend / purchases > 4":                      "bob",
		"spend / purchases is missing":               "cat dan",
		"-spend < 0":                                 "ann bob",
		"purchases in 30 d > purchases in 2 w":       "ann bob",
		"any(category contains 'of')":                "ann bob",
		"any(channel starts with 'w') # and so on":   "ann bob cat",
		"‘coffee’ = first(category of view)":         "bob",
		"spend ≥ 5 in 1 mo":                          "ann bob",
		"any(date = 2011-01-29)":                     "dan",
		"any(purchase(date <= 2011-01-05)) in 365 d": "ann",
		"count(event(kind != 'purchase')) = 2":       "cat",
	} {
		r, err := Parse("", text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		s, err := Evaluate(t.Context(), log, now, nil, 1, r)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := strings.Join(s.Members(0), " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestExplain(t *testing.T) {
	for text, want := range map[string]string{
		"everyone": "Customers for whom nothing is asked.",
		"purchases(category = 'coffee') >= 2 in 30 d and not any(channel = 'coupon')": "Customers who meet all of: there is a purchase (where category is “coffee”) on at least 2 days in the last 30 days; there is no event of any kind (where channel is “coupon”).",
		"view then no purchase within 1 w since 2011-03-01":                           "Customers for whom there is a view, then no purchase within 1 week since 2011-03-01.",
		"opt_out or wishlists > 1":                                                    "Customers who meet at least one of: there is an opt out event; there is a wishlist event more than 1 time.",
		"feature(\"x\") not between 1 and 2.5":                                        "Customers for whom the feature x is not from 1 to 2.5.",
		"avg(amount of return) < recency * 2":                                         "Customers for whom the average amount of return is below (the number of days since the last purchase times 2).",
		"not (customer.c is missing or tenure = 3)":                                   "Customers for whom not: (the descriptor c is missing or the number of days since the first event is 3).",
		"first(time of view) in the first 3 d >= 2011-03-01T10:30":                    "Customers for whom the first time of view in the first 3 days is at the earliest 2011-03-01 10:30:00.",
	} {
		r, err := Parse("", text)
		if err != nil {
			t.Errorf("%v", err)
		} else if got := r.Explain(); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// A rule asked for a past day is the rule asked of the log cut there.
func TestPastDaysSeeNoFuture(t *testing.T) {
	log := shop()
	r, err := Parse("", "spend >= 5 or view then purchase within 7 d")
	if err != nil {
		t.Fatal(err)
	}
	for d := 3; d < 45; d += 3 {
		now := time.Date(2011, 1, d, 0, 0, 0, 0, log.Meta.Zone)
		a, err := Evaluate(t.Context(), log, now, nil, 2, r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Evaluate(t.Context(), log.AsOf(now), time.Time{}, nil, 1, r)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.IDs, b.IDs) || !slices.Equal(a.Members(0), b.Members(0)) || !slices.Equal(a.Value, b.Value) {
			t.Errorf("day %d: %v of %v against %v of %v", d, a.Members(0), a.IDs, b.Members(0), b.IDs)
		}
	}
	if _, err := Evaluate(t.Context(), log, time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC), nil, 1, r); err == nil {
		t.Error("nobody was there in 2010, and no error")
	}
}

func TestSegments(t *testing.T) {
	log := shop()
	rules, err := ParseFile("rules.txt", "\ufeff# the house's segments\r\nbuyers: purchase\r\n  since 2011-01-01   # all year\r\n\r\n\"on, line\": any(channel = 'web')\nnobody: spend > 1e6\n")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Evaluate(t.Context(), log, time.Time{}, nil, 3, rules...)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := Evaluate(t.Context(), log.Reshard(3), time.Time{}, nil, 1, rules...)
	if err != nil || !reflect.DeepEqual(parts.In, s.In) || !slices.Equal(parts.IDs, s.IDs) || !slices.Equal(parts.Value, s.Value) {
		t.Errorf("in three shards: %v, %v", parts, err)
	}
	if got := s.Labels(); !slices.Equal(got, []int32{0, 0, 1, -1}) {
		t.Errorf("labels %v", got)
	}
	if n := s.Names(); !slices.Equal(n, []string{"buyers", "on, line", "nobody"}) {
		t.Errorf("names %q", n)
	}
	o := s.Overlap()
	if o[0][1] != 2./3 || o[1][0] != 2./3 || o[0][0] != 1 || !math.IsNaN(o[2][2]) || o[0][2] != 0 {
		t.Errorf("overlap %v", o)
	}
	if v, ok := s.ValueShare(0); !ok || v != 1 {
		t.Errorf("value share %v", v)
	}
	if v, ok := s.ValueShare(2); !ok || v != 0 {
		t.Errorf("value share of nobody %v", v)
	}
}

// FuzzParse: whatever is written, the parser ends, and what it takes can be explained,
// asked and written as SQL.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"purchases(category = 'coffee') >= 2 in 30 d and not any(channel = 'coupon')", "view then no purchase within 7 d", "a\x00", "((", "feature(\"x\") between -1 and 1e9",
		"first(time of view) >= 2011-03-01T10:30 or customer.\"a b\" is not missing", "spend > 1 from 2011-01-01 to now",
	} {
		f.Add(s)
	}
	log := shop()
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseNamed(s)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		if r.Explain() == "" || r.SQL(log.Meta.Window.To, Tables{}) == "" {
			t.Error("nothing to say")
		}
		if _, err := Evaluate(context.Background(), log, time.Time{}, nil, 1, r); err != nil {
			t.Error(err)
		}
	})
}

func TestNamesOfRules(t *testing.T) {
	for s, want := range map[string]string{
		"vip=spend > 3": "vip", "big spenders = spend > 3": "big spenders", "spend=3": "", `"last orders"=orders = 3`: "last orders", "recency = 30": "", "Größe=spend > 1": "Größe",
	} {
		r, err := ParseNamed(s)
		if err != nil || r.Name != want {
			t.Errorf("%s: %v %v", s, r, err)
		}
	}
	for _, s := range []string{"noise=spend > 3", `"-1"=spend > 3`, "vip=", "vip==3"} {
		if r, err := ParseNamed(s); err == nil {
			t.Errorf("%s is taken as %v", s, r)
		}
	}
	if _, err := ParseNamed("spend = spend > 3"); err == nil || !strings.Contains(err.Error(), `in double quotes, "spend" = spend > 3`) {
		t.Errorf("a name that is a word: %v", err)
	}
	for text, say := range map[string]string{
		"":                               "no rules",
		"spend > 3":                      "rules.txt:1:1: a rule in a file begins with its name",
		" x: spend > 3":                  "goes on with a rule",
		"x: spend > 3\nx: spend > 4":     "on line 1 already",
		"x: spend > 3\n  adn view":       "rules.txt:2:3",
		"# a\ny: spend > 3\nx: spnd > 4": "rules.txt:3:4: spnd is no word",
		"noise: spend > 3":               "cannot be a name",
		"vip = spend > 3":                "rules.txt:1:5: in a file a colon follows the name, as vip: spend > 3",
		"a: view\nb\xff: view":           "rules.txt:2: this is not UTF-8 text",
		"\"a\x1b[2J\": view":             "another sign that nobody sees",
		"a: view \x1b[2J":                "view \uFFFD[2J",
	} {
		if _, err := ParseFile("rules.txt", text); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
