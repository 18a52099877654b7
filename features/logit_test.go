package features

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// logitExpected is testdata/logit.json: what eval/peers/logit_expected.py printed
// (statsmodels and SciPy, their versions in the file).
type logitExpected struct {
	Margarine, Bankcard struct {
		Coef, SE []float64
		LogLik   float64
	}
	Spearman float64
}

func expectLogit(t testing.TB) (e logitExpected) {
	t.Helper()
	js, err := os.ReadFile("testdata/logit.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func numbers(t testing.TB, row []string) []float64 {
	t.Helper()
	out := make([]float64, len(row))
	for i, s := range row {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = x
	}
	return out
}

// margarinePanel reads 4,470 choices among ten brands: nine dummies, the first brand
// being at 0, and the price.
func margarinePanel(t testing.TB) []Choice {
	t.Helper()
	var out []Choice
	for _, r := range rows(t, "data/bayesm_panel/margarine_choicePrice.csv.gz") {
		v := numbers(t, r[1:])
		c := Choice{Who: r[0], X: make([]float64, 100), Chosen: int(v[0]) - 1}
		for j, price := range v[1:] {
			if j > 0 {
				c.X[10*j+j-1] = 1
			}
			c.X[10*j+9] = price
		}
		out = append(out, c)
	}
	return out
}

// bankcardStudy reads 14,799 choices between two cards: the first one's properties less
// the second one's, and the second at 0.
func bankcardStudy(t testing.TB) []Choice {
	t.Helper()
	var out []Choice
	for _, r := range rows(t, "data/bayesm_panel/bankcard_conjoint_choiceAtt.csv.gz") {
		v := numbers(t, r[1:])
		out = append(out, Choice{Who: r[0], X: append(v[1:len(v):len(v)], make([]float64, 14)...), Chosen: 1 - int(v[0])})
	}
	return out
}

var bankcardNames = strings.Fields("med_fint low_fint med_vint rewrd_2 rewrd_3 rewrd_4 med_fee low_fee bank_b out_state med_rebate high_rebate high_credline long_grace")

// TestConditionalLogit: SciPy's optimum and statsmodels' likelihood on both panels.
func TestConditionalLogit(t *testing.T) {
	e := expectLogit(t)
	f, err := ConditionalLogit(margarinePanel(t), 10)
	if err != nil {
		t.Fatal(err)
	}
	rowsEqual(t, "margarine", [][]float64{f.Coef, f.SE}, [][]float64{e.Margarine.Coef, e.Margarine.SE}, 1e-5)
	check.Close(t, "log-likelihood", f.LogLik, e.Margarine.LogLik, 1e-9)
	check.Close(t, "at random", f.Null, -4470*math.Log(10), 1e-12)
	if f.Choices != 4470 || f.Iter > 12 || f.McFadden() < 0.2 {
		t.Errorf("%d choices, %d iterations, McFadden %.3f", f.Choices, f.Iter, f.McFadden())
	}
	f, err = ConditionalLogit(bankcardStudy(t), 14)
	if err != nil {
		t.Fatal(err)
	}
	rowsEqual(t, "bank card", [][]float64{f.Coef, f.SE}, [][]float64{e.Bankcard.Coef, e.Bankcard.SE}, 1e-5)
	check.Close(t, "log-likelihood", f.LogLik, e.Bankcard.LogLik, 1e-9)
}

func TestConditionalLogitByHand(t *testing.T) {
	// One dummy, taken in 3 of 4 pairs: β = ln 3, information 4·¾·¼, log-likelihood
	// 3 ln ¾ + ln ¼.
	var cs []Choice
	for i := range 4 {
		cs = append(cs, Choice{X: []float64{1, 0}, Chosen: i / 3})
	}
	f, err := ConditionalLogit(cs, 1)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "β", f.Coef[0], math.Log(3), 1e-10)
	check.Close(t, "SE", f.SE[0], 1/math.Sqrt(0.75), 1e-9)
	check.Close(t, "log-likelihood", f.LogLik, 3*math.Log(0.75)+math.Log(0.25), 1e-12)
	// Twice the data: the same β, SE/√2. Another unit: β by its factor. The order of
	// alternatives does not matter, nor what is added to all of them.
	twice := append(append([]Choice{}, cs...), cs...)
	for i := range twice {
		twice[i] = Choice{X: []float64{7, 10}, Chosen: 1 - twice[i].Chosen}
	}
	g, err := ConditionalLogit(twice, 1)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "β in another unit", g.Coef[0], f.Coef[0]/3, 1e-10)
	check.Close(t, "SE of twice the data", g.SE[0], f.SE[0]/3/math.Sqrt2, 1e-9)
	for want, cs := range map[string][]Choice{
		"no choices":          {},
		"do not tell":         {{X: []float64{1, 1}}},
		"predict":             {{X: []float64{1, 0}}, {X: []float64{2, 0}}},
		"alternative 2":       {{X: []float64{1, 0}, Chosen: 2}},
		"no two alternatives": {{X: []float64{1}}},
		"an attribute is NaN": {{X: []float64{nan(), 0}}},
	} {
		if _, err := ConditionalLogit(cs, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if _, err := ConditionalLogit(cs, 0); err == nil {
		t.Error("no attributes pass")
	}
}

// TestPartWorthsRecover: customers drawn from a normal population; its mean and
// deviations come out, and the shrunk worths rank customers better than their own
// counts could by chance.
func TestPartWorthsRecover(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	mean, sd := []float64{1, -0.5, 0}, []float64{1, 0.7, 0.4}
	const customers, tasks = 300, 30
	truth := NewMatrix(customers, []Column{{Name: "a"}, {Name: "b"}, {Name: "c"}}, nil)
	var cs []Choice
	for i := range customers {
		id := strconv.Itoa(1000 + i)
		truth.IDs = append(truth.IDs, id)
		for j := range mean {
			truth.Row(i)[j] = mean[j] + sd[j]*rng.NormFloat64()
		}
		for range tasks {
			c := Choice{Who: id, X: make([]float64, 9)}
			best := math.Inf(-1)
			for a := range 3 {
				u := -math.Log(rng.ExpFloat64()) // Gumbel
				for j := range 3 {
					x := rng.NormFloat64()
					c.X[3*a+j] = x
					u += x * truth.Row(i)[j]
				}
				if u > best {
					best, c.Chosen = u, a
				}
			}
			cs = append(cs, c)
		}
	}
	p, err := FitPartWorths(cs, 3)
	if err != nil {
		t.Fatal(err)
	}
	for j := range mean {
		check.Close(t, "mean", p.Mean[j], mean[j], 0.12)
		check.Close(t, "sd", p.SD[j], sd[j], 0.15)
	}
	if !p.Converged {
		t.Errorf("not converged in %d rounds", p.Iter)
	}
	m, err := p.Matrix([]string{"a", "b", "c"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Agree(truth, m, [][2]string{{"a", "a"}, {"b", "b"}}, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Rho < 0.85 || got[1].Rho < 0.8 {
		t.Errorf("worths rank customers like the truth: %+v", got)
	}
	if _, err := p.Matrix([]string{"a"}); err == nil {
		t.Error("one name for three attributes passes")
	}
}

func TestAgreeByHand(t *testing.T) {
	col := func(name string, xs ...float64) *Matrix {
		m := NewMatrix(len(xs), []Column{{Name: name}}, xs)
		for i := range xs {
			m.IDs = append(m.IDs, strconv.Itoa(i))
		}
		return m
	}
	// SciPy's spearmanr, with ties.
	a := col("a", 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, nan(), 1)
	b := col("b", 2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 3)
	got, err := Agree(a, b, [][2]string{{"a", "b"}}, 500, 1)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "Spearman", got[0].Rho, expectLogit(t).Spearman, 1e-12)
	check.Close(t, "mean of one", got[1].Rho, got[0].Rho, 0)
	if got[0].N != 11 || got[1].N != 12 || !(got[0].Lo < got[0].Rho && got[0].Rho < got[0].Hi) {
		t.Errorf("%+v", got)
	}
	same, _ := Agree(a, a, [][2]string{{"a", "a"}}, 50, 1)
	check.Close(t, "with itself", same[0].Lo, 1, 1e-12)
	flat, _ := Agree(col("a", 1, 1, 1), col("b", 1, 2, 3), [][2]string{{"a", "b"}}, 50, 1)
	if !math.IsNaN(flat[0].Rho) || !math.IsNaN(flat[0].Lo) {
		t.Errorf("a constant agrees: %+v", flat[0])
	}
	if _, err := Agree(a, b, [][2]string{{"a", "z"}}, 50, 1); err == nil || !strings.Contains(err.Error(), `"z"`) {
		t.Errorf("an absent column: %v", err)
	}
	if _, err := Agree(a, b, nil, 50, 1); err == nil {
		t.Error("no pairs pass")
	}
}

func TestChosenOverOffered(t *testing.T) {
	m, err := ChosenOverOffered([]Choice{
		{Who: "b", X: []float64{1, 0, 0, 0}, Chosen: 0},
		{Who: "b", X: []float64{1, 5, 0, 5}, Chosen: 1},
		{Who: "a", X: []float64{1, 0, 0, 3}, Chosen: 0},
	}, []string{"x", "y"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	// a: x + ½ in one decision, y − 1.5; b: x + ½ − ½ in two, y never differed.
	rowsEqual(t, "index", [][]float64{m.Row(0), m.Row(1)}, [][]float64{{0.25, -0.75}, {0, 0}}, 1e-15)
	if m.IDs[0] != "a" {
		t.Errorf("ids %v", m.IDs)
	}
}

// halves splits every customer's choices: first, third, ... and second, fourth, ...
func halves(cs []Choice) (odd, even []Choice) {
	n := map[string]int{}
	for _, c := range cs {
		if n[c.Who]++; n[c.Who]%2 == 1 {
			odd = append(odd, c)
		} else {
			even = append(even, c)
		}
	}
	return odd, even
}

// TestAgreementMargarine: what households bought in every other purchase ranks them
// as the part-worths of the brands do, price held constant, that are fitted to the
// purchases between: two measures that share no purchase. With items exchanged between
// households nothing is left.
func TestAgreementMargarine(t *testing.T) {
	odd, even := halves(margarinePanel(t))
	events := make([]datasets.Event, 0, len(odd))
	day := map[string]int{}
	for _, c := range odd {
		day[c.Who]++
		ev := line(c.Who, day[c.Who], "margarine", "b"+strconv.Itoa(c.Chosen), c.X[10*c.Chosen+9])
		events = append(events, ev)
	}
	meta := lineMeta("margarine")
	meta.Window = datasets.Window{}
	log := logOf(meta, events)
	o := mustNew(t, "benefits").(*Benefits)
	o.Columns, o.Families = []string{"rpi"}, []string{"brand"}
	worths, err := FitPartWorths(even, 10)
	if err != nil {
		t.Fatal(err)
	}
	names, pairs := []string{}, [][2]string{}
	for j := 1; j < 10; j++ {
		n := "b" + strconv.Itoa(j)
		names, pairs = append(names, n), append(pairs, [2]string{"rpi_brand_" + n, n})
	}
	stated, err := worths.Matrix(append(names, "price"))
	if err != nil {
		t.Fatal(err)
	}
	agree := func(l *datasets.Log) Agreement {
		got, err := Agree(built(t, l, one(t, "benefits", o), 1, 2).Raw, stated, pairs, 100, 1)
		if err != nil {
			t.Fatal(err)
		}
		return got[len(got)-1]
	}
	real, null := agree(log), agree(Shuffled(log, ShuffleItems, 1))
	t.Logf("agreement %.3f (%.3f to %.3f), items shuffled %.3f (%.3f to %.3f), %d households, worths in %d rounds",
		real.Rho, real.Lo, real.Hi, null.Rho, null.Lo, null.Hi, real.N, worths.Iter)
	if real.Lo <= null.Hi+0.1 {
		t.Errorf("agreement %+v, with items shuffled %+v", real, null)
	}
}

// TestAgreementBankcard: how often people took a card with a property in every other
// task, relative to how often it was offered, ranks them as the part-worths fitted to
// the tasks between do.
func TestAgreementBankcard(t *testing.T) {
	odd, even := halves(bankcardStudy(t))
	worths, err := FitPartWorths(even, 14)
	if err != nil {
		t.Fatal(err)
	}
	stated, err := worths.Matrix(bankcardNames)
	if err != nil {
		t.Fatal(err)
	}
	var pairs [][2]string
	for _, n := range bankcardNames {
		pairs = append(pairs, [2]string{n, n})
	}
	agree := func(cs []Choice) Agreement {
		revealed, err := ChosenOverOffered(cs, bankcardNames, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Agree(revealed, stated, pairs, 100, 1)
		if err != nil {
			t.Fatal(err)
		}
		return got[len(got)-1]
	}
	real := agree(odd)
	rng := rand.New(rand.NewPCG(1, 1))
	rng.Shuffle(len(odd), func(i, j int) { odd[i].Who, odd[j].Who = odd[j].Who, odd[i].Who })
	null := agree(odd)
	t.Logf("agreement %.3f (%.3f to %.3f), choices shuffled %.3f (%.3f to %.3f), %d people, worths in %d rounds, deviations %.2f",
		real.Rho, real.Lo, real.Hi, null.Rho, null.Lo, null.Hi, real.N, worths.Iter, worths.SD)
	if real.Lo <= null.Hi || math.Abs(null.Rho) > 0.05 {
		t.Errorf("agreement %+v, with choices shuffled %+v", real, null)
	}
}
