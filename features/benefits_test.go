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

func TestRevealedPreference(t *testing.T) {
	// A third of the choice set, half of 8 spent, m = 4: (4 + 4/3)/12 over 1/3.
	got := RevealedPreference([]float64{4, 2, 1}, []float64{1. / 3, 2. / 3, 0}, 8, 4)
	check.Close(t, "rpi", got[0], (4+4./3)/12*3, 1e-15)
	check.Close(t, "rpi", got[1], (2+8./3)/12*1.5, 1e-15)
	if !math.IsNaN(got[2]) {
		t.Error("an attribute that is not on offer has an index")
	}
	// Without evidence everybody buys as offered; without smoothing, Σ q·RPI = 1.
	check.Close(t, "no evidence", RevealedPreference([]float64{0}, []float64{0.2}, 0, 4)[0], 1, 1e-15)
	q := []float64{0.5, 0.3, 0.2}
	var mean float64
	for a, x := range RevealedPreference([]float64{1, 5, 2}, q, 8, 0) {
		mean += q[a] * x
	}
	check.Close(t, "mean", mean, 1, 1e-15)
}

// line is a purchase of so many euros.
func line(customer string, day int, category, brand string, price float64) datasets.Event {
	ev := noEvent(customer, time.Date(2024, 1, 1+day, 12, 0, 0, 0, time.UTC))
	ev.Category, ev.Brand, ev.Price, ev.Quantity, ev.Amount = category, brand, price, 1, price
	ev.Item = category + "/" + brand
	return ev
}

func lineMeta(name string) datasets.Meta {
	return datasets.Meta{
		Name: name, Window: datasets.Window{To: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)},
		Has: datasets.FieldItem | datasets.FieldCategory | datasets.FieldBrand | datasets.FieldPrice | datasets.FieldQuantity | datasets.FieldAmount | datasets.FieldDiscount,
	}
}

func TestBenefitsByHand(t *testing.T) {
	log := logOf(lineMeta("hand"), []datasets.Event{
		line("a", 0, "tea", "x", 1), line("a", 1, "tea", "x", 1), line("a", 2, "cups", "y", 6),
		line("b", 0, "cups", "y", 6), line("b", 1, "", "y", 2), line("b", 2, "lamps", "y", 8),
	})
	all := &Benefits{Columns: benefitsColumns, Families: []string{"category", "brand", "price", "label"}, Top: 2, Smooth: 1, Weight: "lines", ChoiceSet: "auto"}
	b := built(t, log, one(t, "benefits", all), 1, 1)
	// Lines: cups 2, tea 2, lamps 1 (other), unknown 1, of 6; m = 3. Brand y 4, x 2.
	// Too few lines for price tiers, no own label: both left out, aloud.
	third := 1. / 3
	for col, want := range map[string]float64{
		"benefit_category_cups": (1 + 3*third) / 6 / 2, "benefit_category_tea": (2 + 3*third) / 6 / 2,
		"benefit_category_other": 0.5 / 6 / 2, "benefit_category_unknown": 0.5 / 6 / 2,
		"benefit_brand_y": (1 + 3*2*third) / 6 / 2, "benefit_brand_x": (2 + 3*third) / 6 / 2,
		"rpi_category_tea": math.Log((2 + 1) / 6. / third), "rpi_category_unknown": math.Log(0.5),
		"primary_benefit": 1, "primary_share": 0.5, "primacy": 0.5 - third,
		// Two classes in three lines: ln 3 − (2/3) ln 2 + 1/6, at most ln 2; the population ln 2.
		"benefit_entropy": 1,
	} {
		check.Close(t, col, cell(t, b, "a", col), want, 1e-12)
	}
	if n := len(b.Warnings); n != 2 {
		t.Errorf("warnings %q", b.Warnings)
	}
	for i := range b.Raw.IDs {
		var sum float64
		for j, c := range b.Raw.Cols {
			if c.Kind == Share {
				sum += b.Raw.Row(i)[j]
			}
		}
		check.Close(t, "sum of shares", sum, 1, 1e-12)
	}
	// A category that the model has never met is "other"; without that, the population.
	h, _ := logOf(lineMeta("new"), []datasets.Event{line("z", 0, "boats", "w", 1)}).Find("z")
	row, err := b.Pipeline.Measure(h)
	if err != nil {
		t.Fatal(err)
	}
	at := func(col string) float64 { return row[b.Raw.Index(col)] }
	check.Close(t, "new category", at("benefit_category_other"), (1+3./6)/4/2, 1e-12)
	check.Close(t, "new brand", at("benefit_brand_x"), third/2, 1e-12)

	// By spend: tea 2 of 24, m = 12.
	spend := *all
	spend.Weight = "spend"
	b = built(t, log, one(t, "benefits", &spend), 1, 1)
	check.Close(t, "spend on cups", cell(t, b, "a", "benefit_category_cups"), (6+12*0.5)/20/2, 1e-12)
}

// TestBenefitsAmountsScale: in another currency nobody buys anything else.
func TestBenefitsAmountsScale(t *testing.T) {
	events := benefitsWorld(1, 60, 4, 0.5).events
	a := built(t, logOf(lineMeta("euro"), events), one(t, "benefits", mustNew(t, "benefits")), 1, 1)
	for i := range events {
		events[i].Price *= 8 // a power of two: exact
		events[i].Amount *= 8
	}
	b := built(t, logOf(lineMeta("other"), events), one(t, "benefits", mustNew(t, "benefits")), 1, 1)
	if a.Raw.Hash() != b.Raw.Hash() {
		t.Error("prices times 8 change the mix")
	}
}

func TestBenefitsTiers(t *testing.T) {
	var events []datasets.Event
	for i := range 90 { // tea at 1..9, ten lines each; cups always 5
		events = append(events, line(fmt.Sprint("c", i%9), i, "tea", "x", float64(1+i%9)), line(fmt.Sprint("c", i%9), i, "cups", "y", 5))
	}
	o := mustNew(t, "benefits").(*Benefits)
	o.Smooth = 0
	b := built(t, logOf(lineMeta("tiers"), events), one(t, "benefits", o), 1, 1)
	// Three families (category, brand, price); half of the lines have no tier.
	for id, want := range map[string]string{"c0": "low", "c2": "low", "c3": "mid", "c5": "mid", "c6": "high", "c8": "high"} {
		check.Close(t, id, cell(t, b, id, "benefit_price_"+want), 0.5/3, 1e-12)
	}
	check.Close(t, "unknown tier", cell(t, b, "c0", "benefit_price_unknown"), 0.5/3, 1e-12)
}

func TestBenefitsOffersAndLabels(t *testing.T) {
	log := logOf(lineMeta("offers"), []datasets.Event{
		line("a", 0, "tea", "x", 1), line("a", 1, "tea", "own label", 1), line("b", 0, "cups", "own label", 6), line("b", 1, "cups", "x", 6),
	})
	log.Items = &datasets.Table{Name: "items", Keys: []string{"tea/x", "cups/x"}, Cols: []datasets.TableColumn{
		{Name: "category", Text: []string{"tea", "cups"}},
	}}
	log.Offers = &datasets.Table{Name: "offers"}
	for i := range 98 { // nine offers of ten are tea
		log.Offers.Keys = append(log.Offers.Keys, []string{"tea/x", "cups/x"}[min(i%10/9, 1)])
	}
	o := mustNew(t, "benefits").(*Benefits)
	o.Columns = []string{"shares", "rpi", "primary_benefit"}
	b := built(t, log, one(t, "benefits", o), 1, 1)
	// 89 offers of tea, 9 of cups, and one each of the population's: q = 90/100, 10/100.
	check.Close(t, "rpi of cups", cell(t, b, "b", "rpi_category_cups"), math.Log((2+2*0.1)/4/0.1), 1e-12)
	check.Close(t, "share of cups", cell(t, b, "b", "benefit_category_cups"), (2+2*0.5)/4/3, 1e-12)
	check.Close(t, "own label", cell(t, b, "a", "benefit_label_own_label"), 0.5/3, 1e-12)
	o.ChoiceSet = "population"
	b = built(t, log, one(t, "benefits", o), 1, 1)
	check.Close(t, "rpi of cups", cell(t, b, "b", "rpi_category_cups"), math.Log((2+2*0.5)/4/0.5), 1e-12)
}

func TestBenefitsRefuses(t *testing.T) {
	log := logOf(lineMeta("few"), []datasets.Event{line("a", 0, "tea", "x", 1), line("b", 0, "cups", "y", 6)})
	base := *mustNew(t, "benefits").(*Benefits)
	for want, change := range map[string]func(o *Benefits){
		`no column "wishes"`:                func(o *Benefits) { o.Columns = []string{"wishes"} },
		`no family "colour"`:                func(o *Benefits) { o.Families = []string{"colour"} },
		"top = 0":                           func(o *Benefits) { o.Top = 0 },
		"smooth = -1":                       func(o *Benefits) { o.Smooth = -1 },
		`weight = "kilos"`:                  func(o *Benefits) { o.Weight = "kilos" },
		`choice_set = "all"`:                func(o *Benefits) { o.ChoiceSet = "all" },
		"choice_set = offers needs a table": func(o *Benefits) { o.ChoiceSet = "offers" },
		"none tells purchases apart":        func(o *Benefits) { o.Families = []string{"label"} },
	} {
		o := base
		change(&o)
		if _, err := Build(t.Context(), log, one(t, "benefits", &o), 0, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// world is a log with planted groups.
type world struct {
	events []datasets.Event
	truth  []int32 // per customer, in id order
	bayes  []int32 // the likelihood classifier with the true mixes
}

// benefitsWorld makes customers of three groups who buy 5 to 30 lines, among eight
// categories and six brands; each group buys two of the categories and one of the
// brands tilt times as much as the others. Prices are lognormal.
func benefitsWorld(seed uint64, customers int, tilt, scatter float64) (w world) {
	rng := rand.New(rand.NewPCG(seed, 1))
	const categories, brands = 8, 6
	mixes := [2][3][]float64{}
	for f, k := range []int{categories, brands} {
		base := make([]float64, k)
		for a := range base {
			base[a] = 0.3 + rng.ExpFloat64()
		}
		for g := range 3 {
			p := slices.Clone(base)
			p[g] *= tilt
			if f == 0 {
				p[g+3] *= tilt
			}
			var sum float64
			for _, x := range p {
				sum += x
			}
			for a := range p {
				p[a] /= sum
			}
			mixes[f][g] = p
		}
	}
	draw := func(p []float64) int {
		u := rng.Float64()
		for a, x := range p {
			if u -= x; u < 0 {
				return a
			}
		}
		return len(p) - 1
	}
	for c := range customers {
		g := rng.IntN(3)
		var ll [3]float64
		for i := range 5 + rng.IntN(26) {
			k, b := draw(mixes[0][g]), draw(mixes[1][g])
			for o := range ll {
				ll[o] += math.Log(mixes[0][o][k]) + math.Log(mixes[1][o][b])
			}
			price := math.Exp(float64(k%4)/2 + scatter*rng.NormFloat64())
			w.events = append(w.events, line(fmt.Sprintf("c%05d", c), 10*i, fmt.Sprint("k", k), fmt.Sprint("b", b), price))
		}
		w.truth = append(w.truth, int32(g))
		w.bayes = append(w.bayes, int32(slices.Index(ll[:], slices.Max(ll[:]))))
	}
	return w
}

// lloyd is k-means from the best of several random starts: enough to judge a block by.
func lloyd(m *Matrix, k int, seed uint64) []int32 {
	n, d := m.Dims()
	rng := rand.New(rand.NewPCG(seed, 1))
	best, bestCost := []int32(nil), math.Inf(1)
	for range 10 {
		centers := m.Pick(rng.Perm(n)[:k])
		labels := make([]int32, n)
		cost := math.Inf(1)
		for range 100 {
			var now float64
			sums, counts := NewMatrix(k, m.Cols, nil), make([]float64, k)
			for i := range n {
				near := math.Inf(1)
				for c := range k {
					var s float64
					for j, x := range m.Row(i) {
						s += (x - centers.Row(c)[j]) * (x - centers.Row(c)[j])
					}
					if s < near {
						near, labels[i] = s, int32(c)
					}
				}
				now += near
				counts[labels[i]]++
				for j, x := range m.Row(i) {
					sums.Row(int(labels[i]))[j] += x
				}
			}
			if now >= cost {
				break
			}
			cost = now
			for c := range k {
				for j := range d {
					centers.Row(c)[j] = sums.Row(c)[j] / max(counts[c], 1)
				}
			}
		}
		if cost < bestCost {
			best, bestCost = slices.Clone(labels), cost
		}
	}
	return best
}

// randIndex is the adjusted Rand index (Hubert & Arabie 1985).
func randIndex(a, b []int32) float64 {
	pairs := func(n float64) float64 { return n * (n - 1) / 2 }
	cells, rows, cols := map[[2]int32]float64{}, map[int32]float64{}, map[int32]float64{}
	for i := range a {
		cells[[2]int32{a[i], b[i]}]++
		rows[a[i]]++
		cols[b[i]]++
	}
	var s, r, c float64
	for _, n := range cells {
		s += pairs(n)
	}
	for _, n := range rows {
		r += pairs(n)
	}
	for _, n := range cols {
		c += pairs(n)
	}
	all := pairs(float64(len(a)))
	return (s - r*c/all) / ((r+c)/2 - r*c/all)
}

// blockLabels clusters a log by one block, scaled as a block.
func blockLabels(t testing.TB, log *datasets.Log, r Recipe, k int) []int32 {
	t.Helper()
	p, err := Prepare(built(t, log, r, 1, 2).Raw, "block", "")
	if err != nil {
		t.Fatal(err)
	}
	return lloyd(p.X, k, 1)
}

// TestBenefitsRecovers: three groups that differ in categories and brands only come
// out of the block nearly as well as the likelihood with the true mixes tells them;
// RFM does not see them; shuffled items hold nothing.
func TestBenefitsRecovers(t *testing.T) {
	for _, tilt := range []float64{2.5, 4} {
		w := benefitsWorld(7, 900, tilt, 0.5)
		log := logOf(lineMeta("groups"), w.events)
		o := mustNew(t, "benefits")
		bayes := randIndex(w.truth, w.bayes)
		got := randIndex(w.truth, blockLabels(t, log, one(t, "benefits", o), 3))
		t.Logf("tilt %g: Bayes %.3f, benefits %.3f", tilt, bayes, got)
		if got < bayes-0.05 {
			t.Errorf("tilt %g: ARI %.3f, the likelihood's %.3f", tilt, got, bayes)
		}
		if tilt > 3 {
			if rfm := randIndex(w.truth, blockLabels(t, log, one(t, "rfm", mustNew(t, "rfm")), 3)); rfm > 0.1 {
				t.Errorf("RFM finds the groups: %.3f", rfm)
			}
			if null := randIndex(w.truth, blockLabels(t, Shuffled(log, ShuffleItems+"+"+ShuffleAmounts, 1), one(t, "benefits", o), 3)); null > 0.02 {
				t.Errorf("on its null: %.3f", null)
			}
		}
	}
}
