package features

import (
	"fmt"
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

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"WHITE HANGING HEART T-LIGHT HOLDER": "hanging heart holder", // white and light are colours, t is a letter
		"SET OF 6 TEA CUPS, tea cups 12cm":   "tea cups",
		"Große Blumenvase für den Garten":    "blumenvase garten",
		"Rødt lille kop & underkop":          "kop underkop",
		"85123A k3":                          "",
		"":                                   "",
	} {
		if got := strings.Join(Words(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// themesItems are 30 products of three sorts; brand names and colours are noise.
func themesItems() *datasets.Table {
	nouns := [3][]string{
		{"teapot", "cup", "saucer", "kettle", "mug"}, {"spade", "rake", "seeds", "hose", "flowerpot"}, {"lantern", "candle", "holder", "wax", "wick"},
	}
	tail := [3]string{"kitchen", "garden", "evening"}
	tab := &datasets.Table{Name: "items", Cols: []datasets.TableColumn{{Name: "Description"}}}
	for i := range 30 {
		g := i % 3
		tab.Keys = append(tab.Keys, fmt.Sprint("i", i))
		tab.Cols[0].Text = append(tab.Cols[0].Text, fmt.Sprintf("%s %s %s %s", []string{"red", "blue", "small"}[i%7%3], nouns[g][i/3%5], nouns[g][(i/3+2)%5], tail[g]))
	}
	return tab
}

// themesWorld makes customers of three groups, each buying mostly one sort.
func themesWorld(seed uint64, customers int) (w world) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for c := range customers {
		g := rng.IntN(3)
		var ll [3]float64
		for i := range 5 + rng.IntN(26) {
			sort := rng.IntN(3)
			if rng.Float64() < 0.35 {
				sort = g
			}
			for o := range ll {
				ll[o] += math.Log(0.65 / 3)
				if o == sort {
					ll[o] += math.Log(0.65/3+0.35) - math.Log(0.65/3)
				}
			}
			ev := line(fmt.Sprintf("c%05d", c), 10*i, "", "", 1)
			ev.Item = fmt.Sprint("i", 3*rng.IntN(10)+sort)
			w.events = append(w.events, ev)
		}
		w.truth = append(w.truth, int32(g))
		w.bayes = append(w.bayes, int32(slices.Index(ll[:], slices.Max(ll[:]))))
	}
	return w
}

func themesLog(w world) *datasets.Log {
	log := logOf(lineMeta("themes"), w.events)
	log.Items = themesItems()
	return log
}

func TestThemesRecover(t *testing.T) {
	w := themesWorld(5, 600)
	log := themesLog(w)
	o := mustNew(t, "themes").(*Themes)
	o.K, o.MaxShare = 3, 1 // the sorts' own words are in every basket
	b := built(t, log, one(t, "themes", o), 1, 2)
	for i := range b.Raw.IDs {
		var sum float64
		for _, x := range b.Raw.Row(i) {
			sum += x
		}
		check.Close(t, "sum of shares", sum, 1, 1e-12)
	}
	for _, tail := range []string{"kitchen", "garden", "evening"} {
		n := 0
		for _, c := range b.Raw.Cols {
			if strings.Contains(c.Doc, tail) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q names %d themes", tail, n)
		}
	}
	bayes := randIndex(w.truth, w.bayes)
	got := randIndex(w.truth, blockLabels(t, log, one(t, "themes", o), 3))
	t.Logf("Bayes %.3f, themes %.3f", bayes, got)
	if got < bayes-0.07 { // words are read, the sorts are not: a little is lost
		t.Errorf("ARI %.3f, the likelihood's %.3f", got, bayes)
	}
	if null := randIndex(w.truth, blockLabels(t, Shuffled(log, ShuffleItems, 1), one(t, "themes", o), 3)); null > 0.02 {
		t.Errorf("on its null: %.3f", null)
	}
}

func TestThemesByHand(t *testing.T) {
	log := themesLog(themesWorld(5, 200))
	o := mustNew(t, "themes").(*Themes)
	o.K, o.Shrink, o.MaxShare = 3, 0, 1
	b := built(t, log, one(t, "themes", o), 1, 1)
	m := b.Pipeline.models[0].(*themesModel)
	// A customer whose words are one theme's has that theme alone.
	m.prepare()
	for c, h := range m.Themes {
		index, weights := []int32{}, []float64{}
		for j, x := range h {
			if x > 0 {
				index, weights = append(index, int32(j)), append(weights, x)
			}
		}
		shares, _ := m.project(index, weights)
		check.Close(t, "a theme on itself", shares[c], 1, 1e-9)
	}
	// Unknown items, and no table of items: nobody is dropped, the population stands.
	ev := line("z", 0, "", "", 1)
	ev.Item = "x99"
	h, _ := logOf(lineMeta("new"), []datasets.Event{ev}).Find("z")
	row, err := b.Pipeline.Measure(h)
	if err != nil {
		t.Fatal(err)
	}
	for c := range row {
		check.Close(t, "no known word", row[c], m.Prior[c], 0)
	}
	if m.Evidence(h) != 0 {
		t.Error("a line without a known word is evidence")
	}
	// Without words there are no themes, and that is said.
	bare := logOf(lineMeta("bare"), themesWorld(5, 50).events)
	r := one(t, "themes", mustNew(t, "themes"))
	r.Steps = append(r.Steps, one(t, "rfm", mustNew(t, "rfm")).Steps...)
	if b := built(t, bare, r, 1, 1); b.Raw.Index("theme_1") >= 0 || len(b.Warnings) != 1 {
		t.Errorf("columns %v, warnings %q", columnNames(b.Raw.Cols), b.Warnings)
	}
	for want, o := range map[string]*Themes{
		"k = 1":         {K: 1, Sample: 10, MaxWords: 10, MaxShare: 1},
		"shrink = -1":   {K: 2, Shrink: -1, Sample: 10, MaxWords: 10, MaxShare: 1},
		"sample = 0":    {K: 2, MaxWords: 10, MaxShare: 1},
		"max_words = 1": {K: 2, Sample: 10, MaxWords: 1, MaxShare: 1},
		"max_share = 2": {K: 2, Sample: 10, MaxWords: 10, MaxShare: 2},
	} {
		if _, err := Build(t.Context(), log, one(t, "themes", o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestThemesSample: a sample is the customers of the smallest hashes, whatever the
// order they come in, and nearly the same themes.
func TestThemesSample(t *testing.T) {
	log := themesLog(themesWorld(5, 600))
	o := mustNew(t, "themes").(*Themes)
	o.K, o.Sample, o.MaxShare = 3, 150, 1
	all := mustNew(t, "themes").(*Themes)
	all.K, all.MaxShare = 3, 1
	sameBuilt(t, "shards of a sample", built(t, log, one(t, "themes", o), 1, 1), built(t, log.Reshard(7), one(t, "themes", o), 1, 3))
	a, b := built(t, log, one(t, "themes", o), 1, 1), built(t, log, one(t, "themes", all), 1, 1)
	if n := a.Pipeline.models[0].(*themesModel); len(n.Words) == 0 {
		t.Fatal("no words")
	}
	// Themes of equal mass may swap places: compare by the words they share.
	for _, tail := range []string{"kitchen", "garden", "evening"} {
		at := func(b *Built) int {
			return slices.IndexFunc(b.Raw.Cols, func(c Column) bool { return strings.Contains(c.Doc, tail) })
		}
		var diff float64
		for i := range a.Raw.IDs {
			diff += math.Abs(a.Raw.Row(i)[at(a)]-b.Raw.Row(i)[at(b)]) / float64(len(a.Raw.IDs))
		}
		if diff > 0.05 {
			t.Errorf("%s: shares differ by %.3f on average", tail, diff)
		}
	}
}

func TestThemesStability(t *testing.T) {
	log := themesLog(themesWorld(5, 300))
	o := mustNew(t, "themes").(*Themes)
	s := o.Empty()
	for h := range log.Histories(t.Context()) {
		s.Merge(o.Gather(h))
	}
	got, err := o.Stability(s, []int{2, 3, 6}, 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(got)
	if !(got[1].Amari < 0.02 && got[1].Amari < got[0].Amari && got[1].Amari < got[2].Amari) {
		t.Errorf("three planted sorts, but the errors are %v", got)
	}
	if !(got[0].Objective > got[1].Objective && got[1].Objective > got[2].Objective) {
		t.Errorf("the objective does not fall: %v", got)
	}
	if _, err := o.Stability(s, []int{2}, 1); err == nil {
		t.Error("one start passes")
	}
}

// onlineRetailLines reads the lines with a customer, a quantity and a price above 0,
// with the last description of each item.
func onlineRetailLines(t testing.TB) *datasets.Log {
	t.Helper()
	meta := lineMeta("online retail")
	meta.Window = datasets.Window{}
	meta.Has &^= datasets.FieldBrand | datasets.FieldCategory | datasets.FieldDiscount
	b := datasets.NewBuilder(meta)
	text := map[string]string{}
	for _, r := range rows(t, "data/online_retail/online_retail.csv.gz") {
		q, _ := strconv.ParseFloat(r[3], 64)
		p, _ := strconv.ParseFloat(r[5], 64)
		if r[6] == "" || r[6] == "NA" || q <= 0 || p <= 0 || strings.HasPrefix(r[0], "C") {
			continue
		}
		at, err := time.Parse(time.DateTime, r[4])
		if err != nil {
			t.Fatal(err)
		}
		ev := noEvent(r[6], at)
		ev.Item, ev.Quantity, ev.Price, ev.Amount = r[1], q, p, q*p
		text[r[1]] = r[2]
		b.Add(ev)
	}
	log := b.Log()
	log.Items = &datasets.Table{Name: "items", Cols: []datasets.TableColumn{{Name: "description"}}}
	for k, s := range text {
		log.Items.Keys = append(log.Items.Keys, k)
		log.Items.Cols[0].Text = append(log.Items.Cols[0].Text, s)
	}
	return log
}

// TestThemesOnlineRetail: on real descriptions the themes are things, not colours, and
// differ from customer to customer more than shuffled items do.
func TestThemesOnlineRetail(t *testing.T) {
	if testing.Short() {
		t.Skip("reads half a million lines")
	}
	log := onlineRetailLines(t)
	start := time.Now()
	b := built(t, log, one(t, "themes", mustNew(t, "themes")), 1, 2)
	t.Logf("%d customers in %v", len(b.Raw.IDs), time.Since(start))
	if len(b.Raw.IDs) != 4338 || len(b.Raw.Cols) != 6 {
		t.Fatalf("%d customers, columns %v, warnings %q", len(b.Raw.IDs), columnNames(b.Raw.Cols), b.Warnings)
	}
	for _, c := range b.Raw.Cols {
		t.Log(c.Doc)
		for _, w := range strings.Split(c.Doc[strings.Index(c.Doc, ": ")+2:], ", ") {
			if stopWords[w] {
				t.Errorf("%s is named by %q", c.Name, w)
			}
		}
	}
}
