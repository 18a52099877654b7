package features

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// relatedPeer is a pair as mlxtend and SciPy see it; nil = infinite or undefined.
type relatedPeer struct {
	Count                                           int
	Support, Confidence, Lift, Leverage, Jaccard, P float64
	Conviction, G2                                  *float64
}

// relatedExpected holds what eval/peers/related_expected.py writes: mlxtend, SciPy,
// NumPy.
type relatedExpected struct {
	Guide, Ruled map[string]relatedPeer
	Fisher       [][6]float64
	Tastes       struct {
		Singular []float64
		Items    []string
		Vectors  [][]float64
		Rows     [][]float64
	}
}

func expectRelated(t testing.TB) (e relatedExpected) {
	t.Helper()
	js, err := os.ReadFile("testdata/related.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// relatedGuide is the example of mlxtend's user guide; Onion is in the last one twice.
var relatedGuide = [][]string{
	{"Milk", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"},
	{"Dill", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"},
	{"Milk", "Apple", "Kidney Beans", "Eggs"},
	{"Milk", "Unicorn", "Corn", "Kidney Beans", "Yogurt"},
	{"Corn", "Onion", "Onion", "Kidney Beans", "Ice cream", "Eggs"},
}

// relatedRuled is ruled() of eval/peers/related_expected.py.
func relatedRuled() [][]string {
	out := make([][]string, 240)
	for c := range out {
		for i := range 18 {
			x := (c*7919 + i*104729 + c*i*31) % 1009
			limit := 130 - 3*i
			if i%3 == c%3 {
				limit = 600 - 3*i
			}
			if x < limit {
				out[c] = append(out[c], fmt.Sprintf("i%02d", i))
			}
		}
		if out[c] == nil {
			out[c] = []string{fmt.Sprintf("i%02d", c%18)}
		}
	}
	return out
}

// basketLog makes a log of one customer a basket, all purchases of the same day.
func basketLog(baskets [][]string) *datasets.Log {
	b := datasets.NewBuilder(datasets.Meta{Name: "baskets", Has: datasets.FieldItem | datasets.FieldOrder, FirstSeenIsFirst: true})
	at := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	for c, basket := range baskets {
		for k, item := range basket {
			ev := noEvent(fmt.Sprintf("c%05d", c), at.Add(time.Duration(k)*time.Minute))
			ev.Item, ev.Order = item, "o"
			b.Add(ev)
		}
	}
	return b.Log()
}

func relatedOf(t testing.TB, log *datasets.Log, o RelatedOptions) *RelatedTable {
	t.Helper()
	r, err := Related(t.Context(), log, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRelatedGuide: the association rules of mlxtend's user guide: support .6,
// confidence 1, lift 1.25, leverage .12, conviction ∞ of Onion → Eggs, confidence
// .75 and conviction 1.6 of Eggs → Onion; all pairs as mlxtend itself computes them.
func TestRelatedGuide(t *testing.T) {
	log := basketLog(relatedGuide)
	r := relatedOf(t, log, RelatedOptions{MinCount: 1, Level: 1})
	to, _ := r.Pair("Onion", "Eggs")
	from, _ := r.Pair("Eggs", "Onion")
	for _, c := range [][2]float64{
		{to.Support, 0.6},
		{to.Confidence, 1},
		{to.Lift, 1.25},
		{to.Leverage, 0.12},
		{to.Conviction, math.Inf(1)},
		{from.Support, 0.6},
		{from.Confidence, 0.75},
		{from.Lift, 1.25},
		{from.Leverage, 0.12},
		{from.Conviction, 1.6},
	} {
		if !(c[0] == c[1] || math.Abs(c[0]-c[1]) <= 1e-12) {
			t.Errorf("%v, want %v", c[0], c[1])
		}
	}
	compareRelated(t, r, expectRelated(t).Guide, 2)
	// By order it is the same here: everybody has one.
	o := relatedOf(t, log, RelatedOptions{MinCount: 1, Level: 1, Basket: "order"})
	if o.N != 5 || o.Pairs() != r.Pairs() {
		t.Errorf("by order %d baskets and %d pairs, by customer %d and %d", o.N, o.Pairs(), r.N, r.Pairs())
	}
	js, err := json.Marshal(to)
	if err != nil || !strings.Contains(string(js), `"conviction":null`) || !strings.Contains(string(js), `"lift":1.25`) {
		t.Errorf("as JSON: %s (%v)", js, err)
	}
}

func compareRelated(t *testing.T, r *RelatedTable, want map[string]relatedPeer, least int) {
	t.Helper()
	kept := 0
	for pair, w := range want {
		a, b, _ := strings.Cut(pair, "|")
		got, ok := r.Pair(a, b)
		if !ok || got.Count != w.Count {
			t.Fatalf("%s: kept %v with %d baskets, mlxtend has %d", pair, ok, got.Count, w.Count)
		}
		if w.Count >= least {
			kept++
		}
		check.Close(t, pair+" support", got.Support, w.Support, 1e-12)
		check.Close(t, pair+" confidence", got.Confidence, w.Confidence, 1e-12)
		check.Close(t, pair+" lift", got.Lift, w.Lift, 1e-12)
		check.Close(t, pair+" leverage", got.Leverage, w.Leverage, 1e-12)
		check.Close(t, pair+" jaccard", got.Jaccard, w.Jaccard, 1e-12)
		check.Close(t, pair+" p", got.P, w.P, 1e-9)
		if w.Conviction != nil {
			check.Close(t, pair+" conviction", got.Conviction, *w.Conviction, 1e-12)
		} else if !math.IsInf(got.Conviction, 1) {
			t.Errorf("%s conviction %g, want +Inf", pair, got.Conviction)
		}
		if w.G2 != nil {
			check.Close(t, pair+" G²", got.G2, *w.G2, 1e-9)
		}
	}
	if kept == 0 {
		t.Error("nothing was compared")
	}
}

// TestRelatedRuled: all pairs of 240 baskets against mlxtend and SciPy.
func TestRelatedRuled(t *testing.T) {
	e := expectRelated(t)
	r := relatedOf(t, basketLog(relatedRuled()), RelatedOptions{Level: 1})
	if r.N != 240 {
		t.Fatalf("%d baskets", r.N)
	}
	if 2*r.Pairs() != len(e.Ruled) {
		t.Errorf("%d pairs, mlxtend has %d both ways", r.Pairs(), len(e.Ruled))
	}
	compareRelated(t, r, e.Ruled, 5)
}

// TestFisher against scipy.stats.fisher_exact and chi2_contingency(lambda_ =
// "log-likelihood") (eval/peers/related_expected.py), and against the whole sum.
func TestFisher(t *testing.T) {
	for _, c := range expectRelated(t).Fisher {
		n, a, b, ab := int(c[0]), int(c[1]), int(c[2]), int(c[3])
		got := FisherGreater(n, a, b, ab)
		if math.Abs(got/c[4]-1) > 1e-8 {
			t.Errorf("n %d, %d, %d, %d: p = %g, want %g", n, a, b, ab, got, c[4])
		}
		check.Close(t, "G²", CoOccurrence(n, a, b, ab).G2, c[5], 1e-9)
	}
	for x := 0; x <= 6; x++ { // 8 of 20 and 6 of 20
		var want float64
		for y := x; y <= 6; y++ {
			want += math.Exp(logHypergeometric(y, 20, 8, 6))
		}
		check.Close(t, "tail", FisherGreater(20, 8, 6, x), want, 1e-12)
	}
}

// relatedRandom makes customers with views, wishes and purchases of some items, a
// return now and then, two orders each.
func relatedRandom(seed uint64, customers, items int) *datasets.Log {
	rng := rand.New(rand.NewPCG(seed, 1))
	b := datasets.NewBuilder(datasets.Meta{Name: "random", FirstSeenIsFirst: true, Has: datasets.FieldItem | datasets.FieldOrder | datasets.FieldSession | datasets.FieldAmount})
	start := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	for c := range customers {
		for k := range 4 + rng.IntN(20) {
			ev := noEvent(fmt.Sprintf("c%05d", c), start.Add(time.Duration(k)*time.Hour*7))
			ev.Kind = []datasets.Kind{datasets.Purchase, datasets.View, datasets.Wishlist, datasets.Purchase, datasets.Return}[rng.IntN(5)]
			ev.Item = "i" + strconv.Itoa((c%3+3*rng.IntN(1+items/3))%items)
			ev.Order = fmt.Sprintf("o%d-%d", c, rng.IntN(2))
			ev.Session = fmt.Sprintf("s%d-%d", c, rng.IntN(3))
			ev.Amount = 5
			b.Add(ev)
		}
	}
	return b.Log()
}

// TestRelatedBruteForce counts the pairs of every sort of basket naively.
func TestRelatedBruteForce(t *testing.T) {
	log := relatedRandom(1, 150, 12)
	for _, o := range []RelatedOptions{
		{},
		{Basket: "order"},
		{Basket: "day"},
		{Basket: "session"},
		{From: []datasets.Kind{datasets.Wishlist}, To: []datasets.Kind{datasets.Purchase}},
		{From: []datasets.Kind{datasets.View, datasets.Wishlist}, Basket: "session"},
	} {
		o.Level, o.MinCount = 1, 2
		r := relatedOf(t, log, o)
		o = r.Options
		type sides struct{ from, to map[string]bool }
		baskets := map[string]*sides{}
		for h := range log.Histories(t.Context()) {
			rev := h.Reversed()
			for i := range h.Len() {
				ev := h.At(i)
				if ev.Kind == datasets.Purchase && rev != nil && rev[i] {
					continue
				}
				left, right := slices.Contains(o.From, ev.Kind), slices.Contains(o.To, ev.Kind)
				if !left && !right {
					continue
				}
				key := h.ID + map[string]string{"customer": "", "order": ev.Order, "day": strconv.Itoa(h.Day(i)), "session": ev.Session}[o.Basket]
				if baskets[key] == nil {
					baskets[key] = &sides{map[string]bool{}, map[string]bool{}}
				}
				if left {
					baskets[key].from[ev.Item] = true
				}
				if right {
					baskets[key].to[ev.Item] = true
				}
			}
		}
		if r.N != len(baskets) {
			t.Errorf("%+v: %d baskets, want %d", o, r.N, len(baskets))
		}
		pairs := 0
		for _, a := range r.Items {
			for _, b := range r.Items {
				if a.Item == b.Item && !r.Directed {
					continue
				}
				var ni, nj, nij int
				for _, s := range baskets {
					if s.from[a.Item] {
						ni++
					}
					if s.to[b.Item] {
						nj++
					}
					if s.from[a.Item] && s.to[b.Item] {
						nij++
					}
				}
				got, ok := r.Pair(a.Item, b.Item)
				if ok != (nij >= 2) {
					t.Fatalf("%+v %s → %s: kept %v with %d baskets", o, a.Item, b.Item, ok, nij)
				}
				if !ok {
					continue
				}
				pairs++
				if got.Count != nij || got.ItemCount != nj || got.Confidence != float64(nij)/float64(ni) {
					t.Fatalf("%+v %s → %s: %+v, want %d of %d and %d", o, a.Item, b.Item, got, nij, ni, nj)
				}
			}
		}
		if pairs == 0 {
			t.Errorf("%+v: no pair to compare", o)
		}
		// Adjusted as if every pair of frequent items were a test.
		all := make([]float64, r.Tests)
		for i := range all {
			all[i] = 1
		}
		for k, p := range r.pairs {
			all[k] = p.p
		}
		for k, q := range BenjaminiHochberg(all)[:len(r.pairs)] {
			check.Close(t, "q", r.pairs[k].q, q, 1e-12)
		}
	}
}

// TestRelatedSame: shards, workers and row order change nothing.
func TestRelatedSame(t *testing.T) {
	log := relatedRandom(2, 200, 20)
	want := relatedOf(t, log, RelatedOptions{Workers: 1})
	for _, l := range []*datasets.Log{log.Reshard(2), log.Reshard(7)} {
		got := relatedOf(t, l, RelatedOptions{Workers: 5})
		if !slices.Equal(got.pairs, want.pairs) || !slices.Equal(got.Items, want.Items) || got.N != want.N {
			t.Error("shards or workers change the table")
		}
	}
}

// TestRelatedNames: what an item is called stands under several headers; the best one
// counts, in any case and spelling.
func TestRelatedNames(t *testing.T) {
	texts := func(header string) datasets.TableColumn {
		return datasets.TableColumn{Name: header, Text: []string{header + " LAMP", header + " cup"}}
	}
	price := datasets.TableColumn{Name: "title", Num: []float64{1, 2}}
	for name, c := range map[string]struct {
		cols []datasets.TableColumn
		want string
	}{
		"a description":          {[]datasets.TableColumn{texts("Colour"), texts("Description")}, "Description LAMP"},
		"a name before it":       {[]datasets.TableColumn{texts("description"), texts("NAME")}, "NAME LAMP"},
		"a title before it":      {[]datasets.TableColumn{texts("Description"), texts("Title")}, "Title LAMP"},
		"two words":              {[]datasets.TableColumn{texts("Product Name")}, "Product Name LAMP"},
		"an underscore":          {[]datasets.TableColumn{texts("product_name"), texts("title")}, "product_name LAMP"},
		"numbers are no names":   {[]datasets.TableColumn{price, texts("description")}, "description LAMP"},
		"nothing that is a name": {[]datasets.TableColumn{texts("colour")}, ""},
		"no table of items":      {},
	} {
		log := basketLog(relatedRuled())
		if c.cols != nil {
			log.Items = &datasets.Table{Name: "items", Keys: []string{"i00", "i03"}, Cols: c.cols}
		}
		r := relatedOf(t, log, RelatedOptions{})
		if got := r.Items[r.index("i00")].Name; got != c.want {
			t.Errorf("%s: i00 is called %q, want %q", name, got, c.want)
		}
		if c.want == "" {
			continue
		}
		for _, text := range []string{c.want, strings.ToLower(c.want), "lamp"} {
			if got := r.Find(text); !slices.Equal(got, []string{"i00"}) {
				t.Errorf("%s: %q may mean %v", name, text, got)
			}
		}
	}
}

// TestRelatedFor: the best come first, under every metric; names are looked up.
func TestRelatedFor(t *testing.T) {
	log := basketLog(relatedRuled())
	log.Items = &datasets.Table{Name: "items", Keys: []string{"i00", "i03", "i06"}, Cols: []datasets.TableColumn{{Name: "name", Text: []string{"red lamp", "blue lamp", "cup"}}}}
	r := relatedOf(t, log, RelatedOptions{})
	for _, by := range append([]string{""}, RelatedMetrics...) {
		got := r.For("i00", by, 0)
		if len(got) == 0 {
			t.Fatalf("nothing goes with i00 by %q", by)
		}
		for k := 1; k < len(got); k++ {
			if got[k].metric(by) > got[k-1].metric(by) {
				t.Errorf("by %q: %v before %v", by, got[k-1], got[k])
			}
		}
		for _, x := range got {
			if x.Q > 0.05 || x.Item == "i00" {
				t.Errorf("by %q: %+v", by, x)
			}
		}
	}
	// Three tastes were planted, by the item's number modulo 3.
	for _, x := range r.For("i00", "", 3) {
		if x.Item != "i03" && x.Item != "i06" && x.Item != "i09" && x.Item != "i12" && x.Item != "i15" {
			t.Errorf("i00 goes with %s", x.Item)
		}
	}
	if a, b := r.For("red lamp", "lift", 2), r.For("i00", "lift", 2); !slices.Equal(a, b) || len(a) != 2 {
		t.Errorf("by name %v, by id %v", a, b)
	}
	if got := r.Find("lamp"); !slices.Equal(got, []string{"i00", "i03"}) {
		t.Errorf("lamp may mean %v", got)
	}
	if r.For("lamp", "", 1) != nil || r.For("nothing", "", 1) != nil {
		t.Error("an unknown or doubtful item goes with something")
	}
	for _, x := range r.For("i00", "", 0) {
		if x.Item == "i03" && x.Name != "blue lamp" {
			t.Errorf("%s is called %q", x.Item, x.Name)
		}
	}
}

// TestRelatedChance: items drawn at random go with nothing.
func TestRelatedChance(t *testing.T) {
	found, tests := 0, 0
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 9))
		baskets := make([][]string, 400)
		for c := range baskets {
			for i := range 40 {
				if rng.Float64() < 0.1 {
					baskets[c] = append(baskets[c], fmt.Sprint("i", i))
				}
			}
		}
		r := relatedOf(t, basketLog(baskets), RelatedOptions{})
		tests += r.Tests
		for _, p := range r.pairs {
			if p.q <= 0.05 {
				found++
			}
		}
	}
	// One false discovery in 20 tables is what a rate of 5 % allows.
	if found > 3 {
		t.Errorf("%d discoveries in 10 tables of %d pairs: none is real", found, tests/10)
	}
}

func TestRelatedRefuses(t *testing.T) {
	log := basketLog(relatedGuide)
	for words, o := range map[string]RelatedOptions{
		"no brand":             {Unit: "brand"},
		`unit = "shelf"`:       {Unit: "shelf"},
		`basket = "box"`:       {Basket: "box"},
		"no session":           {Basket: "session"},
		"min_count = -1":       {MinCount: -1},
		"level = 2":            {Level: 2},
		"no view event with a": {From: []datasets.Kind{datasets.View}},
	} {
		if _, err := Related(t.Context(), log, o); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%+v: error %v, want %q", o, err, words)
		}
	}
}

// BenchmarkRelated: Online Retail, which items the same customers bought.
func BenchmarkRelated(b *testing.B) {
	rs := rows(b, "data/online_retail/online_retail.csv.gz")
	bd := datasets.NewBuilder(datasets.Meta{Name: "online-retail", Has: datasets.FieldItem | datasets.FieldOrder})
	for _, r := range rs {
		if r[6] == "" || strings.HasPrefix(r[0], "C") {
			continue
		}
		at, err := time.Parse("2006-01-02 15:04", r[4][:min(16, len(r[4]))])
		if err != nil {
			b.Fatal(err)
		}
		ev := noEvent(r[6], at)
		ev.Item, ev.Order = r[1], r[0]
		bd.Add(ev)
	}
	log := bd.Log()
	for _, basket := range []string{"customer", "order"} {
		b.Run(fmt.Sprintf("%s/lines=%d", basket, log.NumEvents()), func(b *testing.B) {
			for b.Loop() {
				r, err := Related(b.Context(), log, RelatedOptions{Basket: basket})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(r.Items)), "items")
				b.ReportMetric(float64(r.Pairs()), "pairs")
			}
		})
	}
}
