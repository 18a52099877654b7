package features

import (
	"context"
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

// interestEvent is a day, a kind and a category.
type interestEvent struct {
	day      int
	kind     datasets.Kind
	category string
}

// interestLog makes a log of 100 days from customers' events.
func interestLog(people map[string][]interestEvent) *datasets.Log {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	b := datasets.NewBuilder(datasets.Meta{
		Name: "interests", Has: datasets.FieldCategory | datasets.FieldItem, Resolution: datasets.Day,
		Window: datasets.Window{From: start, To: start.AddDate(0, 0, 100)},
	})
	for id, evs := range people {
		for _, e := range evs {
			ev := noEvent(id, start.AddDate(0, 0, e.day))
			ev.Kind, ev.Category, ev.Item = e.kind, e.category, "of "+e.category
			b.Add(ev)
		}
	}
	return b.Log()
}

// measured builds one block alone and returns its matrix and model.
func measured(t testing.TB, log *datasets.Log, name string, block Block) (*Matrix, Model) {
	t.Helper()
	e, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	if block == nil {
		block = e.New()
	}
	b, err := Build(context.Background(), log, Recipe{Name: "test", Steps: []Step{{Extractor: e, Block: block}}}, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return b.Raw, b.Pipeline.models[0]
}

func interestsBlock() *Interests {
	e, _ := Lookup("interests")
	return e.New().(*Interests)
}

// at returns a customer's value.
func at(t testing.TB, m *Matrix, id, column string) float64 {
	t.Helper()
	i, j := slices.Index(m.IDs, id), m.Index(column)
	if i < 0 || j < 0 {
		t.Fatalf("no row %s or no column %s (%v)", id, column, columnNames(m.Cols))
	}
	return m.Row(i)[j]
}

// TestInterestsByHand: weights, decay, inverse document frequency and shrinking.
func TestInterestsByHand(t *testing.T) {
	log := interestLog(map[string][]interestEvent{
		"a": {{10, datasets.View, "tea"}, {99, datasets.Purchase, "cups"}},
		"b": {{50, datasets.View, "tea"}},
		"c": {{60, datasets.Search, "tea"}}, // a search has no weight
	})
	o := interestsBlock()
	o.HalfLife, o.Shrink = 30, 2
	m, model := measured(t, log, "interests", o)
	fade := func(day float64) float64 { return math.Exp2(-(100 - day) / 30) }
	tea, cups := fade(10), 5*fade(99)
	idfTea, idfCups := math.Log(3.0/3)+1, math.Log(3.0/2)+1
	// The mean customer: the mean of a's and b's shares, times idf.
	popTea, popCups := idfTea*(tea/(tea+cups)+1)/2, idfCups*(cups/(tea+cups))/2
	pop := popTea / (popTea + popCups)
	n := (tea + cups) * (tea + cups) / (tea*tea + cups*cups)
	own := tea * idfTea / (tea*idfTea + cups*idfCups)
	check.Close(t, "a likes tea", at(t, m, "a", "interest_tea"), (n*own+2*pop)/(n+2), 1e-12)
	check.Close(t, "b likes tea", at(t, m, "b", "interest_tea"), (1+2*pop)/3, 1e-12)
	check.Close(t, "c is the mean customer", at(t, m, "c", "interest_tea"), pop, 1e-12)
	check.Close(t, "a composition", at(t, m, "a", "interest_tea")+at(t, m, "a", "interest_cups"), 1, 1e-12)
	w := model.(Witness)
	for id, want := range map[string]int{"a": 2, "b": 1, "c": 0} {
		h, _ := log.Find(id)
		if got := w.Evidence(h); got != want {
			t.Errorf("%s: evidence %d, want %d", id, got, want)
		}
	}
}

// TestInterestsOthers: beyond the top all are one, and the shares are a composition;
// names that read alike get columns of their own.
func TestInterestsOthers(t *testing.T) {
	people := map[string][]interestEvent{}
	for c := range 40 {
		for k := range 5 {
			people[fmt.Sprint("c", c)] = append(people[fmt.Sprint("c", c)], interestEvent{c, datasets.View, []string{"Tea & Cups", "tea cups", "Bücher", "x" + strconv.Itoa(c), "茶"}[k]})
		}
	}
	o := interestsBlock()
	o.Top = 4
	m, _ := measured(t, interestLog(people), "interests", o)
	for i := range m.IDs {
		var sum float64
		for j, c := range m.Cols {
			if c.Kind == Share {
				sum += m.Row(i)[j]
			}
		}
		check.Close(t, "sum of shares", sum, 1, 1e-12)
	}
	if m.Index("interest_other") < 0 || m.Index("interest_buecher") < 0 && m.Index("interest_bucher") < 0 {
		t.Errorf("columns %v", columnNames(m.Cols))
	}
	if names := columnNames(m.Cols); len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Errorf("columns %v", names)
	}
}

// TestInterestsScale: what must change nothing: weights all doubled, the whole log
// later, events without weight.
func TestInterestsScale(t *testing.T) {
	log := logOf(fullMeta(time.Time{}), btyd(3, 200))
	want, _ := measured(t, log, "interests", nil)
	o := interestsBlock()
	for _, w := range []*float64{&o.Deeds.View, &o.Deeds.Wishlist, &o.Deeds.Cart, &o.Deeds.Purchase} {
		*w *= 2
	}
	got, _ := measured(t, log, "interests", o)
	sameMatrix(t, "weights doubled", got, want)
	var later, more []datasets.Event
	for _, ev := range btyd(3, 200) {
		more = append(more, ev)
		if ev.Kind == datasets.Purchase {
			extra := ev
			extra.Kind = datasets.Complaint
			more = append(more, extra)
		}
		ev.Time += 7 * 86_400_000_000
		later = append(later, ev)
	}
	got, _ = measured(t, logOf(fullMeta(time.Time{}), later), "interests", nil)
	sameMatrix(t, "a week later", got, want)
	got, _ = measured(t, logOf(fullMeta(time.Time{}), more), "interests", nil)
	sameMatrix(t, "complaints beside", got, want)
}

func sameMatrix(t *testing.T, what string, got, want *Matrix) {
	t.Helper()
	if !slices.Equal(got.IDs, want.IDs) || len(got.Cols) != len(want.Cols) {
		t.Fatalf("%s: another shape", what)
	}
	for i := range want.data {
		if math.Abs(got.data[i]-want.data[i]) > 1e-9 {
			t.Fatalf("%s: %s of %s is %g, was %g", what, want.Cols[i%len(want.Cols)].Name, want.IDs[i/len(want.Cols)], got.data[i], want.data[i])
		}
	}
}

// TestInterestsNovelty: rarefied to two days, by all pairs of days; and free of how
// many days there are.
func TestInterestsNovelty(t *testing.T) {
	days := [][]string{{"a", "b"}, {"a"}, {"c", "a"}, {"b", "d", "e"}}
	var evs []interestEvent
	for d, cs := range days {
		for _, c := range cs {
			evs = append(evs, interestEvent{d * 10, datasets.View, c}, interestEvent{d * 10, datasets.Purchase, c})
		}
	}
	var fresh, richness float64
	for i, x := range days {
		for j, y := range days {
			if i != j {
				for _, c := range x {
					if !slices.Contains(y, c) {
						fresh++
					}
				}
				richness += float64(len(x))
			}
		}
	}
	h, _ := interestLog(map[string][]interestEvent{"a": evs}).Find("a")
	var c interestsRun
	c.read(h, "category", &deedWeights, 90)
	x, e := c.novelty()
	check.Close(t, "novelty", x, fresh/richness, 1e-12)
	check.Close(t, "evidence", e, 3, 0)
	// Draws from one law, 3 and 30 days of them: the same novelty on average.
	rng := rand.New(rand.NewPCG(8, 8))
	var mean [2]float64
	for k, n := range []int{3, 30} {
		for range 1500 {
			var evs []interestEvent
			for d := range n {
				for range 1 + rng.IntN(2) {
					evs = append(evs, interestEvent{d, datasets.View, strconv.Itoa(int(6 * rng.Float64() * rng.Float64()))})
				}
			}
			h, _ := interestLog(map[string][]interestEvent{"a": evs}).Find("a")
			c.read(h, "category", &deedWeights, 90)
			x, _ := c.novelty()
			mean[k] += x / 1500
		}
	}
	if math.Abs(mean[0]-mean[1]) > 0.03 { // a ratio of few days has a little bias left
		t.Errorf("novelty over 3 days %g, over 30 days %g", mean[0], mean[1])
	}
}

// TestInterestsPlanted: three groups who buy alike and look and wish apart are found
// by the block; prospects are among them.
func TestInterestsPlanted(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	cats := []string{"garden", "books", "toys", "kitchen", "music", "sport"}
	people := map[string][]interestEvent{}
	truth := map[string]int{}
	for c := range 300 {
		id := fmt.Sprintf("c%03d", c)
		g := c % 3
		truth[id] = g
		for range 12 + rng.IntN(30) {
			k := rng.IntN(6)
			if rng.Float64() < 0.7 {
				k = 2*g + rng.IntN(2)
			}
			kind := datasets.View
			if rng.IntN(4) == 0 {
				kind = datasets.Wishlist
			}
			people[id] = append(people[id], interestEvent{rng.IntN(100), kind, cats[k]})
		}
		if c%5 > 0 { // one in five never buys
			for range 1 + rng.IntN(2) {
				people[id] = append(people[id], interestEvent{rng.IntN(100), datasets.Purchase, cats[rng.IntN(6)]})
			}
		}
	}
	m, _ := measured(t, interestLog(people), "interests", nil)
	if n, _ := m.Dims(); n != 300 {
		t.Fatalf("%d rows", n)
	}
	scaled, _, _ := learned(t, &BlockScale{}, m)
	if share := nearest(scaled, truth); share < 0.95 {
		t.Errorf("nearest group means name %.3f of the customers' groups", share)
	}
}

// nearest is the share of rows that lie nearest to the mean of their own group, the
// row itself left out of its mean.
func nearest(m *Matrix, truth map[string]int) float64 {
	n, d := m.Dims()
	groups := 0
	for _, g := range truth {
		groups = max(groups, g+1)
	}
	sums, counts := make([][]float64, groups), make([]float64, groups)
	for g := range sums {
		sums[g] = make([]float64, d)
	}
	for i := range n {
		g := truth[m.IDs[i]]
		counts[g]++
		for j, x := range m.Row(i) {
			sums[g][j] += x
		}
	}
	right := 0
	for i := range n {
		best, least := -1, math.Inf(1)
		own := truth[m.IDs[i]]
		for g := range groups {
			var s float64
			for j, x := range m.Row(i) {
				mean := sums[g][j] / counts[g]
				if g == own {
					mean = (sums[g][j] - x) / (counts[g] - 1)
				}
				s += (x - mean) * (x - mean)
			}
			if s < least {
				best, least = g, s
			}
		}
		if best == own {
			right++
		}
	}
	return float64(right) / float64(n)
}

// TestInterestsSpread: interests flow to what they go with, and the composition stays one.
func TestInterestsSpread(t *testing.T) {
	people := map[string][]interestEvent{}
	for c := range 60 {
		id := fmt.Sprintf("c%02d", c)
		pair := [][]string{{"tea", "cups"}, {"nails", "hammers"}}[c%2]
		for k := range 6 {
			people[id] = append(people[id], interestEvent{k * 9, datasets.View, pair[k%2]})
		}
	}
	people["only tea"] = []interestEvent{{90, datasets.Purchase, "tea"}, {91, datasets.Purchase, "tea"}}
	log := interestLog(people)
	plain, _ := measured(t, log, "interests", nil)
	o := interestsBlock()
	o.Spread = 0.3
	spread, _ := measured(t, log, "interests", o)
	gain := func(column string) float64 {
		return at(t, spread, "only tea", column) - at(t, plain, "only tea", column)
	}
	if gain("interest_cups") < 0.1 || math.Abs(gain("interest_nails")) > 0.02 {
		t.Errorf("interest in cups grows by %g, in nails by %g", gain("interest_cups"), gain("interest_nails"))
	}
	var sum float64
	for _, c := range []string{"tea", "cups", "nails", "hammers"} {
		sum += at(t, spread, "only tea", "interest_"+c)
	}
	check.Close(t, "sum", sum, 1, 1e-12)
}

func TestInterestsRefuses(t *testing.T) {
	log := interestLog(map[string][]interestEvent{"a": {{1, datasets.View, "tea"}}})
	e, _ := Lookup("interests")
	for words, change := range map[string]func(*Interests){
		`level = "shelf"`:     func(o *Interests) { o.Level = "shelf" },
		"deeds are all 0":     func(o *Interests) { o.Deeds = Deeds{} },
		"weights of at least": func(o *Interests) { o.Deeds.View = -1 },
		"half_life = -1":      func(o *Interests) { o.HalfLife = -1 },
		"top = 0":             func(o *Interests) { o.Top = 0 },
		"shrink = -1":         func(o *Interests) { o.Shrink = -1 },
		"spread = 1":          func(o *Interests) { o.Spread = 1 },
		"steps = -1":          func(o *Interests) { o.Steps = -1 },
		`no column "colour"`:  func(o *Interests) { o.Columns = []string{"colour"} },
		"no customer has an":  func(o *Interests) { o.Deeds = Deeds{Cart: 1} },
	} {
		o := interestsBlock()
		change(o)
		_, err := Build(t.Context(), log, Recipe{Name: "r", Steps: []Step{{Extractor: e, Block: o}}}, 0, 1)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
}

// TestTally: numbers are those of first appearance, below and above the switch.
func TestTally(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var ta tally
	for range 30 {
		ta.reset()
		var want []string
		for range rng.IntN(60) {
			s := strconv.Itoa(rng.IntN(25))
			k := slices.Index(want, s)
			fresh := k < 0
			if fresh {
				k = len(want)
				want = append(want, s)
			}
			if got, f := ta.number(s); got != k || f != fresh {
				t.Fatalf("%s is number %d (new %v), want %d (%v)", s, got, f, k, fresh)
			}
		}
		if !slices.Equal(ta.names, want) {
			t.Fatal("names differ")
		}
	}
}
