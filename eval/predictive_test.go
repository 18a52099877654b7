package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// predictiveExpected is testdata/predictive.json, written by
// peers/predictive_expected.py with scikit-learn 1.9.1, SciPy 1.17.1 and NumPy 2.4.6.
type predictiveExpected struct {
	Names []string
	X     [][]*float64
	Y     struct{ Binary, Count, Category []float64 }

	Univariate map[string]struct {
		AUC, Rho, H float64
		AUCP        float64 `json:"auc_p"`
		RhoP        float64 `json:"rho_p"`
		HP          float64 `json:"h_p"`
		Known       int
		MIBinary    float64    `json:"mi_binary"`
		MICount     float64    `json:"mi_count"`
		MICategory  float64    `json:"mi_category"`
		AUCVar      float64    `json:"auc_var"`
		DiffVar     float64    `json:"diff_var"`
		RhoInterval [2]float64 `json:"rho_interval"`
	}
	Model struct {
		Logistic, Linear   []float64
		D2Logistic         float64   `json:"d2_logistic"`
		D2Linear           float64   `json:"d2_linear"`
		D2Category         float64   `json:"d2_category"`
		ImportanceLogistic []float64 `json:"importance_logistic"`
		ImportanceLinear   []float64 `json:"importance_linear"`
		ImportanceCategory []float64 `json:"importance_category"`
	}
}

func readPredictive(t testing.TB) (e predictiveExpected, x *features.Matrix) {
	t.Helper()
	b, err := os.ReadFile("testdata/predictive.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	x = features.NewMatrix(len(e.Y.Binary), make([]features.Column, len(e.Names)), nil)
	for j, name := range e.Names {
		x.Cols[j] = features.Column{Name: name, Block: "abc"[j/3 : j/3+1]}
		for i, v := range e.X[j] {
			x.Row(i)[j] = math.NaN()
			if v != nil {
				x.Row(i)[j] = *v
			}
		}
	}
	return e, x
}

func outcomeOf(kind OutcomeKind, values []float64) *Outcome {
	return &Outcome{Target: Target{Name: string(kind), Doc: "a " + string(kind), Kind: kind}, Values: values}
}

func predict(t testing.TB, x *features.Matrix, y *Outcome, change func(o *PredictiveOptions)) *Ranking {
	t.Helper()
	o := NewPredictiveOptions()
	if change != nil {
		change(&o)
	}
	r, err := Predictive(t.Context(), x, y, o, cluster.Run{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *Ranking) column(t testing.TB, name string) RankedColumn {
	t.Helper()
	i := slices.IndexFunc(r.Columns, func(c RankedColumn) bool { return c.Column.Name == name })
	if i < 0 {
		t.Fatalf("%s is not ranked: %+v", name, r.Unranked)
	}
	return r.Columns[i]
}

// Scores, p-values and mutual information are scikit-learn's, SciPy's and NumPy's.
func TestPredictiveScores(t *testing.T) {
	e, x := readPredictive(t)
	quick := func(o *PredictiveOptions) { o.Bootstrap = 100 }
	binary := predict(t, x, outcomeOf(OutcomeBinary, e.Y.Binary), quick)
	count := predict(t, x, outcomeOf(OutcomeCount, e.Y.Count), quick)
	category := predict(t, x, outcomeOf(OutcomeCategory, e.Y.Category), quick)
	for name, w := range e.Univariate {
		c := binary.column(t, name)
		if c.Known != w.Known {
			t.Errorf("%s is known of %d, want %d", name, c.Known, w.Known)
		}
		check.Close(t, name+" AUC", c.Score.Value, w.AUC, 1e-12)
		check.Close(t, name+" p of the AUC", c.P/w.AUCP, 1, 1e-9)
		check.Close(t, name+" strength", c.Strength, max(w.AUC, 1-w.AUC), 1e-12)
		check.Close(t, name+" nats of the binary", c.Mutual.Value, w.MIBinary, 1e-12)
		c = count.column(t, name)
		check.Close(t, name+" ρ", c.Score.Value, w.Rho, 1e-12)
		check.Close(t, name+" p of ρ", c.P/w.RhoP, 1, 1e-9)
		check.Close(t, name+" nats of the count", c.Mutual.Value, w.MICount, 1e-12)
		c = category.column(t, name)
		check.Close(t, name+" η²", c.Score.Value, (w.H-3)/float64(w.Known-4), 1e-12)
		check.Close(t, name+" p of η²", c.P/w.HP, 1, 1e-9)
		check.Close(t, name+" nats of the category", c.Mutual.Value, w.MICategory, 1e-12)
	}
	var ps, qs []float64
	for _, c := range binary.Columns {
		ps, qs = append(ps, c.P), append(qs, c.Q)
	}
	if want := features.BenjaminiHochberg(ps); !slices.Equal(want, qs) {
		t.Errorf("q = %v, want %v", qs, want)
	}
}

// The bootstrap agrees with DeLong's variances of an AUC and of the difference of two,
// and with SciPy's bootstrap of ρ.
func TestPredictiveIntervals(t *testing.T) {
	e, x := readPredictive(t)
	w := e.Univariate["strong"]
	r := predict(t, x, outcomeOf(OutcomeBinary, e.Y.Binary), nil)
	near := func(what string, got, want, tol float64) {
		t.Helper()
		if !(math.Abs(got-want) <= tol) {
			t.Errorf("%s = %.5f, want %.5f ± %g", what, got, want, tol)
		}
	}
	s := r.column(t, "strong").Score
	near("width of the AUC", s.Hi-s.Lo, 2*1.96*math.Sqrt(w.AUCVar), 0.007)
	b := r.column(t, "twin").Behind
	near("width of the difference", b.Hi-b.Lo, 2*1.96*math.Sqrt(w.DiffVar), 0.006)
	near("difference", b.Value, w.AUC-e.Univariate["twin"].AUC, 1e-12)
	if c := r.column(t, "twin"); !c.Tied || c.Place != 1 || c.Behind.Lo > 0 {
		t.Errorf("the twin is not tied: %+v", c)
	}
	if c := r.column(t, "ties"); c.Tied || c.Place == 1 {
		t.Errorf("a clearly weaker column is tied: %+v", c)
	}
	if c := r.Columns[0]; !c.Tied || c.Behind.Lo != 0 || c.Behind.Hi != 0 {
		t.Errorf("the first is not itself: %+v", c)
	}
	s = predict(t, x, outcomeOf(OutcomeCount, e.Y.Count), nil).column(t, "strong").Score
	near("ρ from", s.Lo, w.RhoInterval[0], 0.012)
	near("ρ to", s.Hi, w.RhoInterval[1], 0.012)
}

// modelOn fits the model on all rows and tries it on the same.
func modelOn(t *testing.T, x *features.Matrix, y *Outcome, permutations int) *predictiveRun {
	t.Helper()
	o := NewPredictiveOptions()
	o.Bootstrap = 100
	p := &predictiveRun{o: o, x: x, out: &Ranking{}}
	if err := p.outcome(y); err != nil {
		t.Fatal(err)
	}
	p.at = make([]predictiveColumn, len(x.Cols))
	if err := p.measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := ascendingInts(len(p.y.rows))
	h, err := p.learn(t.Context(), all, all)
	if err != nil || p.out.Model.Reason != "" {
		t.Fatal(err, p.out.Model.Reason)
	}
	for r := range permutations {
		h.shuffle = append(h.shuffle, rand.New(rand.NewPCG(uint64(r), 1)).Perm(len(all)))
	}
	if err := p.shuffled(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	return p
}

// Coefficients and D² are scikit-learn's; importances are the means over all pairs of
// customers, which shuffling many times comes near.
func TestPredictiveModel(t *testing.T) {
	e, x := readPredictive(t)
	for _, w := range []struct {
		kind       OutcomeKind
		y          []float64
		d2         float64
		importance []float64
	}{
		{OutcomeBinary, e.Y.Binary, e.Model.D2Logistic, e.Model.ImportanceLogistic},
		{OutcomeCount, e.Y.Count, e.Model.D2Linear, e.Model.ImportanceLinear},
		{OutcomeCategory, e.Y.Category, e.Model.D2Category, e.Model.ImportanceCategory},
	} {
		p := modelOn(t, x, outcomeOf(w.kind, w.y), 400)
		check.Close(t, string(w.kind)+" D²", p.out.Model.D2, w.d2, 1e-8)
		for j, want := range w.importance {
			got := p.at[j].Importance
			if !(math.Abs(got.Value-want) <= 0.0025) || !(got.Lo <= got.Value && got.Value <= got.Hi) {
				t.Errorf("%s: importance of %s is %+v, want %.5f", w.kind, e.Names[j], *got, want)
			}
		}
	}
}

// Coefficients of both regressions, to scikit-learn's.
func TestPredictiveCoefficients(t *testing.T) {
	e, x := readPredictive(t)
	for _, w := range []struct {
		kind    OutcomeKind
		y, beta []float64
	}{{OutcomeBinary, e.Y.Binary, e.Model.Logistic}, {OutcomeCount, e.Y.Count, e.Model.Linear}} {
		p := modelOn(t, x, outcomeOf(w.kind, w.y), 1)
		all := ascendingInts(len(p.y.rows))
		h, err := p.learn(t.Context(), all, all)
		if err != nil {
			t.Fatal(err)
		}
		for j, want := range w.beta {
			check.Close(t, fmt.Sprintf("%s β%d", w.kind, j), h.fit.beta[0][j], want, 1e-6)
		}
	}
}

// Importance is what rebuilding the matrix with the column shuffled gives.
func TestPredictiveImportanceNaive(t *testing.T) {
	e, x := readPredictive(t)
	for _, y := range []*Outcome{outcomeOf(OutcomeBinary, e.Y.Binary), outcomeOf(OutcomeCount, e.Y.Count), outcomeOf(OutcomeCategory, e.Y.Category)} {
		p := modelOn(t, x, y, 3)
		all := ascendingInts(len(p.y.rows))
		h, err := p.learn(t.Context(), all[:200], all[200:])
		if err != nil {
			t.Fatal(err)
		}
		perm := rand.New(rand.NewPCG(3, 3)).Perm(100)
		h.shuffle = [][]int{perm}
		d := len(h.cols)
		for _, cols := range [][]int{{0}, {6}, {1, 2, 5}} {
			got := h.lost(cols)
			sum, fast := 0.0, 0.0
			for i := range h.y {
				row := slices.Clone(h.x[i*d : (i+1)*d])
				for _, c := range cols {
					row[c] = h.x[perm[i]*d+c]
				}
				var eta []float64
				for k := range h.fit.beta {
					eta = append(eta, h.fit.predict(k, row))
				}
				sum += h.lossOf(eta, h.y[i]) - h.loss[i]
				fast += got[i]
			}
			check.Close(t, fmt.Sprint(y.Name, cols), fast, sum, 1e-9)
		}
	}
}

// The same bits from any number of workers; another order of rows or columns and
// monotone transformations change no score; a copy of the whole changes no score either.
func TestPredictiveInvariance(t *testing.T) {
	e, x := readPredictive(t)
	o := NewPredictiveOptions()
	o.Bootstrap = 100
	for _, y := range []*Outcome{outcomeOf(OutcomeBinary, e.Y.Binary), outcomeOf(OutcomeCount, e.Y.Count), outcomeOf(OutcomeCategory, e.Y.Category)} {
		before := fmt.Sprint(x.Data(), y.Values)
		var first []byte
		for _, workers := range []int{1, 2, 7} {
			r, err := Predictive(t.Context(), x, y, o, cluster.Run{Seed: 3, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = b
			}
			if string(b) != string(first) {
				t.Errorf("%s: %d workers give another ranking", y.Name, workers)
			}
		}
		if fmt.Sprint(x.Data(), y.Values) != before {
			t.Fatal("the input was written to")
		}
		base := predict(t, x, y, func(p *PredictiveOptions) { *p = o })
		n, d := x.Dims()
		perm := rand.New(rand.NewPCG(1, 2)).Perm(n)
		moved := x.Pick(append(perm, perm...))
		values := make([]float64, 2*n)
		for i := range 2 * n {
			values[i] = y.Values[perm[i%n]]
			for j := range d {
				moved.Row(i)[j] = math.Exp(moved.Row(i)[j]/4) + 3
			}
		}
		r := predict(t, moved, outcomeOf(y.Kind, values), func(p *PredictiveOptions) { *p = o })
		for _, c := range base.Columns {
			want := c.Score.Value
			if y.Kind == OutcomeCategory { // its correction for chance knows the number of rows
				e, n := e.Univariate[c.Column.Name], float64(2*c.Known)
				want = (e.H/(n/2-1)*(n-1) - 3) / (n - 4)
			}
			check.Close(t, y.Name+" "+c.Column.Name, r.column(t, c.Column.Name).Score.Value, want, 1e-9)
		}
		if y.Kind == OutcomeBinary {
			for i := range values {
				values[i] = 1 - values[i]
			}
			r = predict(t, moved, outcomeOf(y.Kind, values), func(p *PredictiveOptions) { *p = o })
			for _, c := range base.Columns {
				check.Close(t, "turned "+c.Column.Name, r.column(t, c.Column.Name).Score.Value, 1-c.Score.Value, 1e-9)
			}
		}
	}
}

// Days that were censored at the end count as later than all others, alike, whatever
// their number.
func TestPredictiveCensored(t *testing.T) {
	_, x := readPredictive(t)
	n, _ := x.Dims()
	days, censored := make([]float64, n), make([]bool, n)
	plain := make([]float64, n)
	for i := range days {
		days[i] = math.Round(50 - 20*x.Row(i)[0])
		if censored[i] = days[i] > 60; censored[i] {
			days[i] = 60
		}
		if plain[i] = days[i]; censored[i] {
			plain[i] = 1000
		}
	}
	y := outcomeOf(OutcomeTime, days)
	y.Censored = censored
	quick := func(o *PredictiveOptions) { o.Bootstrap = 100 }
	got := predict(t, x, y, quick)
	want := predict(t, x, outcomeOf(OutcomeAmount, plain), quick)
	for _, c := range want.Columns {
		check.Close(t, c.Column.Name, got.column(t, c.Column.Name).Score.Value, c.Score.Value, 1e-12)
	}
	if !(got.column(t, "strong").Score.Value < -0.9) || got.Rows(1)[0][5] != "sooner" {
		t.Errorf("%+v", got.Rows(1))
	}
}

// The bag's intervals are as wide as those of all customers, and lie around the score of
// all of them.
func TestPredictiveBag(t *testing.T) {
	x, y := predictiveData(6000, 4, 5)
	all := predict(t, x, y, func(o *PredictiveOptions) { o.Bootstrap = 1000 })
	bag := predict(t, x, y, func(o *PredictiveOptions) { o.Bootstrap, o.Bag = 1000, 1500 })
	if all.Resampled != 6000 || bag.Resampled != 1500 {
		t.Fatalf("%d and %d resampled", all.Resampled, bag.Resampled)
	}
	for _, c := range all.Columns {
		b := bag.column(t, c.Column.Name)
		if b.Score.Value != c.Score.Value || b.P != c.P || b.Mutual.Value != c.Mutual.Value {
			t.Errorf("%s: the bag moves the score", c.Column.Name)
		}
		if ratio := (b.Score.Hi - b.Score.Lo) / (c.Score.Hi - c.Score.Lo); !(ratio > 0.85 && ratio < 1.15) {
			t.Errorf("%s: the bag's interval is %.3f times as wide", c.Column.Name, ratio)
		}
		if !(b.Score.Lo < c.Score.Value && c.Score.Value < b.Score.Hi) {
			t.Errorf("%s: %+v", c.Column.Name, b.Score)
		}
	}
}

// predictiveData draws n customers, d columns of falling strength, the last one noise, and
// whether they buy.
func predictiveData(n, d int, seed uint64) (*features.Matrix, *Outcome) {
	rng := rand.New(rand.NewPCG(seed, 9))
	x := features.NewMatrix(n, make([]features.Column, d), nil)
	y := make([]float64, n)
	for j := range d {
		x.Cols[j] = features.Column{Name: fmt.Sprintf("x%d", j), Block: fmt.Sprintf("b%d", j/10)}
	}
	for i := range n {
		z := rng.NormFloat64()
		for j := range d {
			x.Row(i)[j] = z*float64(d-1-j)/float64(d) + rng.NormFloat64()
			if j%3 == 1 { // counts have ties
				x.Row(i)[j] = math.Round(2 * x.Row(i)[j])
			}
		}
		if z+1.5*rng.NormFloat64() > 0.8 {
			y[i] = 1
		}
	}
	return x, outcomeOf(OutcomeBinary, y)
}

// Under noise 95 of 100 intervals hold ½, and next to nothing is called a discovery; of
// many customers noise is said to say nothing.
func TestPredictiveNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	const n, d = 400, 150
	x := features.NewMatrix(n, make([]features.Column, d), nil)
	y := make([]float64, n)
	for i := range n {
		for j := range d {
			x.Cols[j].Name = fmt.Sprintf("x%d", j)
			x.Row(i)[j] = rng.NormFloat64()
		}
		y[i] = float64(rng.IntN(2))
	}
	r := predict(t, x, outcomeOf(OutcomeBinary, y), func(o *PredictiveOptions) { o.Bootstrap = 500 })
	hold, found := 0, 0
	for _, c := range r.Columns {
		if c.Score.Lo <= 0.5 && c.Score.Hi >= 0.5 {
			hold++
		}
		if c.Q < 0.05 {
			found++
		}
	}
	// Binomial of 150 and .95: 134 is four standard deviations below its mean.
	if hold < 134 || hold == d || found > 1 {
		t.Errorf("%d of %d intervals hold one half, %d discoveries", hold, d, found)
	}
	if len(r.Least()) != 0 {
		t.Errorf("400 customers cannot show that an AUC lies within .02 of one half: %+v", r.Least())
	}
	x, o := predictiveData(20_000, 4, 3)
	r = predict(t, x, o, func(o *PredictiveOptions) { o.Bootstrap = 200 })
	least := r.Least()
	if len(least) != 1 || least[0].Column.Name != "x3" || !strings.Contains(strings.Join(r.Sentences(), " "), "x3") {
		t.Errorf("least predictive: %+v", least)
	}
	if got := r.Rows(0)[3]; got[len(got)-1] != "says nothing" {
		t.Errorf("%q", got)
	}
}

// Columns that repeat each other share their importance; their block keeps it.
func TestPredictiveBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	const n = 2000
	x := features.NewMatrix(n, []features.Column{{Name: "a", Block: "two"}, {Name: "b", Block: "two"}, {Name: "c", Block: "one"}}, nil)
	y := make([]float64, n)
	for i := range n {
		z, c := rng.NormFloat64(), rng.NormFloat64()
		copy(x.Row(i), []float64{z, z + 0.01*rng.NormFloat64(), c})
		if z+0.8*c+rng.NormFloat64() > 0 {
			y[i] = 1
		}
	}
	r := predict(t, x, outcomeOf(OutcomeBinary, y), func(o *PredictiveOptions) { o.Bootstrap = 300 })
	if len(r.Blocks) != 2 || r.Blocks[0].Name != "two" || r.Blocks[0].Columns != 2 || r.Blocks[1].Tied {
		t.Fatalf("%+v", r.Blocks)
	}
	if one := r.column(t, "a").Importance.Value; !(r.Blocks[0].Importance.Value > 1.5*one) {
		t.Errorf("the block has %g, one of its columns %g", r.Blocks[0].Importance.Value, one)
	}
	check.Close(t, "a block of one column", r.Blocks[1].Importance.Value, r.column(t, "c").Importance.Value, 1e-12)
	if got := r.BlockRows(); len(got) != 2 || len(got[0]) != len(r.BlockHeader()) {
		t.Errorf("%q", got)
	}
}

// What cannot be said has a reason, and what is wrong is an error that says so.
func TestPredictiveUndefined(t *testing.T) {
	x, y := predictiveData(400, 6, 1)
	nan := math.NaN()
	x.Cols[5].Kind = features.Category
	for i := range 400 {
		x.Row(i)[4] = 2
		if x.Row(i)[3] = nan; i < 19 {
			x.Row(i)[3] = float64(i)
		}
		if i%2 == 0 {
			x.Row(i)[2] = nan
		}
	}
	y.Values[7] = nan
	r := predict(t, x, y, func(o *PredictiveOptions) { o.Bootstrap = 100 })
	want := map[string]string{"x3": "known of", "x4": "same value", "x5": "category"}
	if len(r.Unranked) != len(want) || r.Defined != 399 {
		t.Fatalf("%d defined, unranked: %+v", r.Defined, r.Unranked)
	}
	for _, u := range r.Unranked {
		if !strings.Contains(u.Reason, want[u.Column.Name]) {
			t.Errorf("%s: %s", u.Column.Name, u.Reason)
		}
	}
	if c := r.column(t, "x2"); c.Known != 199 || !(c.Coverage > 0.49 && c.Coverage < 0.51) {
		t.Errorf("x2 is known of %d, coverage %g", c.Known, c.Coverage)
	}
	one := outcomeOf(OutcomeBinary, make([]float64, 400))
	gone := outcomeOf(OutcomeBinary, slices.Repeat([]float64{nan}, 400))
	lacking := outcomeOf(OutcomeBinary, y.Values)
	lacking.Reason = "the log has no returns"
	others := outcomeOf(OutcomeBinary, y.Values)
	x.IDs, others.IDs = slices.Repeat([]string{"a"}, 400), slices.Repeat([]string{"b"}, 400)
	for _, w := range []struct {
		y    *Outcome
		part string
	}{
		{one, "same for all"},
		{gone, "known of 0"},
		{lacking, "no returns"},
		{others, "other customers"},
		{outcomeOf(OutcomeBinary, make([]float64, 3)), "3 values"},
		{outcomeOf(OutcomeBinary, append([]float64{0.5}, y.Values[1:]...)), "0 or 1"},
		{outcomeOf("size", y.Values), "size"},
	} {
		_, err := Predictive(t.Context(), x, w.y, NewPredictiveOptions(), cluster.Run{})
		if err == nil || !strings.Contains(err.Error(), w.part) {
			t.Errorf("error %v does not say %q", err, w.part)
		}
	}
	for key, change := range map[string]func(o *PredictiveOptions){
		"bootstrap": func(o *PredictiveOptions) { o.Bootstrap = 0 }, "level": func(o *PredictiveOptions) { o.Level = 95 },
		"bins": func(o *PredictiveOptions) { o.Bins = 1 }, "margin": func(o *PredictiveOptions) { o.Margin = nan },
		"held_out": func(o *PredictiveOptions) { o.HeldOut = 1 }, "ridge": func(o *PredictiveOptions) { o.Ridge = 0 },
		"permutations": func(o *PredictiveOptions) { o.Permutations = 0 }, "bag": func(o *PredictiveOptions) { o.Bag = 3 },
	} {
		o := NewPredictiveOptions()
		change(&o)
		if _, err := Predictive(t.Context(), x, y, o, cluster.Run{}); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("error %v does not name %s", err, key)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Predictive(ctx, x, y, NewPredictiveOptions(), cluster.Run{}); err == nil {
		t.Error("a cancelled context is no error")
	}
}

// A column that holds the outcome itself is met with a question.
func TestPredictiveLeak(t *testing.T) {
	x, y := predictiveData(300, 3, 2)
	for i := range 300 {
		x.Row(i)[1] = y.Values[i]
	}
	r := predict(t, x, y, func(o *PredictiveOptions) { o.Bootstrap = 100 })
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "x1") {
		t.Errorf("warnings: %q", r.Warnings)
	}
	if c := r.Columns[0]; c.Column.Name != "x1" || c.Score.Lo != 1 || c.Score.Hi != 1 {
		t.Errorf("%+v", c)
	}
	// Classes that can be parted have a finite model all the same.
	if r.Model.Reason != "" || !(r.Model.D2 > 0.9) {
		t.Errorf("%+v", r.Model)
	}
}

// Few of many categories have names of their own.
func TestPredictiveCategories(t *testing.T) {
	x, y := predictiveData(900, 3, 8)
	for i := range y.Values {
		y.Values[i] = float64(i % 60)
		if i%2 == 0 {
			y.Values[i] = 5
		}
	}
	y.Kind = OutcomeCategory
	r := predict(t, x, y, func(o *PredictiveOptions) { o.Bootstrap = 100 })
	// Thirty odd numbers, of which 5 is every second customer's too: the 19 most frequent
	// and the other 11, of 15 customers each.
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "30 categories: the rarest 11 (165 customers)") || r.Rate != 465.0/900 {
		t.Errorf("%q, the commonest %g", r.Warnings, r.Rate)
	}
}

// BenchmarkPredictive/n=200000,d=200 is the target of seconds, not minutes.
func BenchmarkPredictive(b *testing.B) {
	for _, s := range [][2]int{{2357, 100}, {200_000, 200}} {
		b.Run(fmt.Sprintf("n=%d,d=%d", s[0], s[1]), func(b *testing.B) {
			x, y := predictiveData(s[0], s[1], 1)
			b.ResetTimer()
			for range b.N {
				r, err := Predictive(b.Context(), x, y, NewPredictiveOptions(), cluster.Run{Seed: 1})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(r.Columns[0].Strength, "AUC")
				b.ReportMetric(r.Model.D2, "D2")
			}
		})
	}
}
