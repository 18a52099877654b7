package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

type gmmExpected struct {
	Sets map[string][]struct {
		Rows           []int       `json:"rows"`
		CovarianceType string      `json:"covariance_type"`
		Tol            float64     `json:"tol"`
		MaxIter        int         `json:"max_iter"`
		RegCovar       float64     `json:"reg_covar"`
		Labels         []int32     `json:"labels"`
		NIter          int         `json:"n_iter"`
		Converged      bool        `json:"converged"`
		LowerBound     float64     `json:"lower_bound"`
		Score          float64     `json:"score"`
		BIC            float64     `json:"bic"`
		AIC            float64     `json:"aic"`
		Weights        []float64   `json:"weights"`
		Means          [][]float64 `json:"means"`
		Mahalanobis    float64     `json:"mahalanobis"`
		Shares         [][]float64 `json:"shares"`
	} `json:"sets"`
}

// From the same start scikit-learn 1.9.1 makes the same steps (cluster/testdata/gmm.json,
// written by eval/peers/gmm_expected.py).
func TestGMMMatchesScikitLearn(t *testing.T) {
	raw, err := os.ReadFile("testdata/gmm.json")
	if err != nil {
		t.Fatal(err)
	}
	var e gmmExpected
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for name, runs := range e.Sets {
		x := readSet(t, name)
		for _, w := range runs {
			what := fmt.Sprintf("%s, k = %d, %s, tol = %v, reg_covar = %v", name, len(w.Rows), w.CovarianceType, w.Tol, w.RegCovar)
			means := make([][]float64, len(w.Rows))
			for i, row := range w.Rows {
				means[i] = x.Row(row)
			}
			a := &GMM{NClusters: len(means), CovarianceType: w.CovarianceType, Tol: w.Tol, MaxIter: w.MaxIter, RegCovar: w.RegCovar, MeansInit: means}
			var lower float64
			c, err := a.Fit(context.Background(), x, Run{Report: func(s Step) { lower = s.Objective }})
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			sameCanonical(t, what, c.Labels, w.Labels)
			if c.Iter != w.NIter || (c.Stop == Converged) != w.Converged {
				t.Errorf("%s: %d steps, %s, want %d, converged = %v", what, c.Iter, c.Stop, w.NIter, w.Converged)
			}
			check.Close(t, what+": lower bound", lower, w.LowerBound, 1e-10*math.Abs(w.LowerBound))
			check.Close(t, what+": score", *c.Objective, w.Score, 1e-10*math.Abs(w.Score))
			check.Close(t, what+": BIC", c.Criteria["bic"], w.BIC, 1e-10*math.Abs(w.BIC))
			check.Close(t, what+": AIC", c.Criteria["aic"], w.AIC, 1e-10*math.Abs(w.AIC))
			rule, err := a.Rule(x, c)
			if err != nil {
				t.Fatal(err)
			}
			if len(rule.Points) != len(w.Means) { // a component may win no row; then the others are not in one order
				continue
			}
			for k := range w.Means {
				check.Close(t, what+": weight", rule.Weights[k], w.Weights[k], 1e-7)
				for j, v := range w.Means[k] {
					check.Close(t, what+": mean", rule.Points[k][j], v, 1e-6)
				}
			}
			if _, d := rule.Predict(x.Row(0)); math.Abs(d-w.Mahalanobis) > 1e-6*w.Mahalanobis {
				t.Errorf("%s: row 0 at distance %v, want %v", what, d, w.Mahalanobis)
			}
			shares, err := a.Memberships(x, c)
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range w.Shares {
				for k, p := range row {
					check.Close(t, what+": share", shares[i*c.K+int(rule.Labels[k])], p, 1e-6)
				}
			}
			seen++
		}
	}
	if seen < 45 {
		t.Errorf("%d runs compared, want 45 or more", seen)
	}
}

// No step lowers the likelihood by more than reg_covar can. The step's means and
// covariances Σ = S + r·I maximise the expected log-likelihood less ½·r·Σ_c π_c·tr Σ_c⁻¹,
// as every Σ is at its peak of −½·(log|Σ| + tr Σ⁻¹(S + r·I)); so with the shares π of the
// step the mean log-likelihood rises by at least
//
//	½·r·Σ_c π_c·(tr Σ_c⁻¹ after − tr Σ_c⁻¹ before),
//
// which is negative where a covariance widens, and 0 for r = 0. As r bounds the variances
// from below, rounding stays under 1e-9.
func TestGMMRises(t *testing.T) {
	traces := func(m *gmmMixture) []float64 {
		s := make([]float64, m.k)
		for c, f := range m.factor {
			for _, v := range f {
				s[c] += v * v
			}
		}
		return s
	}
	rapid.Check(t, func(t *rapid.T) {
		d, k := rapid.IntRange(1, 9).Draw(t, "d"), rapid.IntRange(1, 5).Draw(t, "k")
		n := rapid.IntRange(max(k, 2), 300).Draw(t, "n")
		x, _ := gaussian(n, d, 3, 5, rapid.Uint64().Draw(t, "seed"))
		if rapid.Bool().Draw(t, "weights") {
			for i := range n {
				x.Weights = append(x.Weights, float64(1+i%3))
			}
		}
		a := &GMM{
			NClusters: k, CovarianceType: rapid.SampledFrom([]string{"full", "tied", "diag", "spherical"}).Draw(t, "type"),
			RegCovar: rapid.SampledFrom([]float64{1e-6, 1e-3, 0.1, 3}).Draw(t, "reg_covar"), MaxIter: 1, NInit: 1,
			InitParams: rapid.SampledFrom([]string{"kmeans", "k-means++", "random", "random_from_data"}).Draw(t, "init"),
		}
		r, err := newGMMRun(context.Background(), a, x, Run{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		m, err := r.start(0)
		if err != nil {
			t.Fatal(err)
		}
		last, least := math.Inf(-1), 0.0
		for step := range 30 {
			f, err := r.em(m)
			if err != nil {
				t.Fatal(err)
			}
			if f.lower < last+least-1e-9*(1+math.Abs(last)) {
				t.Fatalf("step %d: %v after %v, a change that is to be %v or more", step, f.lower, last, least)
			}
			if slices.Contains(f.raised, true) {
				t.Fatalf("step %d: no inverse with reg_covar = %v", step, a.RegCovar)
			}
			last, least = f.lower, 0
			before, after := traces(m), traces(f.mixture)
			for c, w := range f.mixture.weight {
				least += a.RegCovar / 2 * w * (after[c] - before[c])
			}
			m = f.mixture
		}
	})
}

// Weights 1, 2, 3 are rows written as often, in likelihood, criteria and labels.
func TestGMMWeightsAreRepetitions(t *testing.T) {
	for _, kind := range []string{"full", "tied", "diag", "spherical"} {
		x, _ := gaussian(300, 3, 3, 8, 5)
		x.Weights = make([]float64, 300)
		var rows []int
		for i := range x.Weights {
			x.Weights[i] = float64(i % 4)
			for range i % 4 {
				rows = append(rows, i)
			}
		}
		many := x.Pick(rows)
		many.Weights = nil
		a := &GMM{NClusters: 3, CovarianceType: kind, Tol: 1e-6, RegCovar: 1e-6, MaxIter: 200, MeansInit: [][]float64{x.Row(0), x.Row(1), x.Row(2)}}
		u, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := a.Fit(context.Background(), many, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if u.Iter != v.Iter {
			t.Errorf("%s: %d steps with weights, %d with repetitions", kind, u.Iter, v.Iter)
		}
		check.Close(t, kind+": objective", *u.Objective, *v.Objective, 1e-9)
		for name := range u.Criteria {
			check.Close(t, kind+": "+name, u.Criteria[name], v.Criteria[name], 1e-6)
		}
		once := make([]int32, 300)
		for i := range once {
			once[i] = -1
		}
		for at, i := range rows {
			once[i] = v.Labels[at]
		}
		for i, l := range u.Labels {
			if once[i] < 0 {
				once[i] = l // weight 0: only the weighted fit has the row
			}
		}
		Canonical(once)
		if !slices.Equal(once, u.Labels) {
			t.Errorf("%s: other labels", kind)
		}
	}
}

// The ICL from its definition, with the shares that Memberships gives; probabilities are
// the largest shares.
func TestGMMCriteria(t *testing.T) {
	x := readSet(t, "customers")
	n, d := x.Dims()
	for kind, p := range map[string]float64{"full": 3*4 + 3*10 + 2, "tied": 3*4 + 10 + 2, "diag": 3*4 + 3*4 + 2, "spherical": 3*4 + 3 + 2} {
		if d != 4 {
			t.Fatal(d)
		}
		a := &GMM{NClusters: 3, CovarianceType: kind, Tol: 1e-3, RegCovar: 1e-6, MaxIter: 100, NInit: 1, InitParams: "kmeans"}
		c, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		shares, err := a.Memberships(x, c)
		if err != nil {
			t.Fatal(err)
		}
		doubt := 0.0
		for i := range n {
			most := slices.Max(shares[i*c.K : (i+1)*c.K])
			doubt -= math.Log(most)
			if c.Probabilities[i] != most {
				t.Fatalf("%s: row %d has probability %v and a largest share of %v", kind, i, c.Probabilities[i], most)
			}
		}
		l := *c.Objective * float64(n)
		check.Close(t, kind+": aic", c.Criteria["aic"], -2*l+2*p, 1e-8)
		check.Close(t, kind+": bic", c.Criteria["bic"], -2*l+p*math.Log(float64(n)), 1e-8)
		check.Close(t, kind+": icl", c.Criteria["icl"], c.Criteria["bic"]+2*doubt, 1e-8)
	}
}

// A rule that went through a model file gives the same answers.
func TestGMMRule(t *testing.T) {
	x := readSet(t, "blobs3d")
	for _, kind := range []string{"full", "tied", "diag", "spherical"} {
		a := &GMM{NClusters: 7, CovarianceType: kind, Tol: 1e-3, RegCovar: 1e-6, MaxIter: 60, NInit: 1, InitParams: "kmeans"}
		c, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		rule, err := a.Rule(x, c)
		if err != nil {
			t.Fatal(err)
		}
		if !rule.Exact || rule.Agreement != 1 || rule.Kind != MostProbable {
			t.Errorf("%s: exact = %v, agreement %v", kind, rule.Exact, rule.Agreement)
		}
		if want := map[bool]int{true: 1, false: c.K}[kind == "tied"]; len(rule.Factors) != want {
			t.Errorf("%s: %d factors, want %d", kind, len(rule.Factors), want)
		}
		text, err := json.Marshal(rule)
		if err != nil {
			t.Fatal(err)
		}
		var read Rule
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		labels, dist, err := read.PredictAll(context.Background(), x, 3)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(labels, c.Labels) {
			t.Errorf("%s: other labels after a model file", kind)
		}
		for i := range 50 {
			if l, d := rule.Predict(x.Row(i)); l != labels[i] || d != dist[i] {
				t.Errorf("%s: row %d: %d at %v, %d at %v among many", kind, i, l, d, labels[i], dist[i])
			}
		}
		read.Radius = slices.Min(dist) * 1.0001
		if _, _, err := read.PredictAll(context.Background(), x, 1); err != nil {
			t.Fatal(err)
		}
		within := 0
		for i := range labels {
			if l, _ := read.Predict(x.Row(i)); l != Noise {
				within++
			}
		}
		if within == 0 || within > len(labels)/10 {
			t.Errorf("%s: %d rows within a small radius", kind, within)
		}
		// Without the mixture: that of the labels, said to be another.
		back, err := a.Rule(x, &Clustering{Labels: c.Labels, K: c.K, Centers: c.Centers})
		if err != nil {
			t.Fatal(err)
		}
		if back.Exact || back.Agreement < 0.8 || back.Kind != MostProbable {
			t.Errorf("%s: rule of the labels: exact = %v, agreement %v, %s", kind, back.Exact, back.Agreement, back.Kind)
		}
	}
}

// Data that leave a covariance without an inverse, in the ways they come.
func TestGMMSingular(t *testing.T) {
	base, _ := gaussian(120, 3, 3, 10, 9)
	change := func(f func(row []float64, i int)) *features.Matrix {
		x := base.Pick(seq(120))
		for i := range 120 {
			f(x.Row(i), i)
		}
		return x
	}
	sets := map[string]*features.Matrix{
		"constant column":    change(func(r []float64, _ int) { r[1] = 5 }),
		"dependent columns":  change(func(r []float64, _ int) { r[2] = 3*r[0] - r[1] }),
		"equal rows":         change(func(r []float64, _ int) { copy(r, []float64{1, 2, 3}) }),
		"two distinct rows":  change(func(r []float64, i int) { r[0], r[1], r[2] = float64(i%2), 2, 3 }),
		"every row thrice":   change(func(r []float64, i int) { copy(r, base.Row(i/3)) }),
		"large and flat":     change(func(r []float64, _ int) { r[0], r[1], r[2] = 1e9*r[0], 1e9*r[0], 1e-3*r[2] }),
		"denormal":           change(func(r []float64, _ int) { r[0], r[1], r[2] = 1e-310*r[0], 1e-312*r[1], 0 }),
		"far outlier":        change(func(r []float64, i int) { r[0] += 1e140 * float64(i/119) }),
		"offset of 1e8":      change(func(r []float64, _ int) { r[0], r[1] = r[0]+1e8, r[1]-1e8 }),
		"nothing wrong here": base,
	}
	for name, x := range sets {
		for _, kind := range []string{"full", "tied", "diag", "spherical"} {
			for _, init := range []string{"kmeans", "k-means++", "random", "random_from_data"} {
				for _, reg := range []float64{1e-6, 0} {
					a := &GMM{NClusters: 4, CovarianceType: kind, Tol: 1e-3, RegCovar: reg, MaxIter: 20, NInit: 1, InitParams: init}
					c, err := a.Fit(context.Background(), x, Run{Seed: 2})
					if err != nil {
						t.Fatalf("%s, %s, %s, %v: %v", name, kind, init, reg, err)
					}
					if err := checkClustering(c, x); err != nil {
						t.Errorf("%s, %s, %s, %v: %v", name, kind, init, reg, err)
					}
					if rule, err := a.Rule(x, c); err != nil || rule.Agreement != 1 {
						t.Errorf("%s, %s, %s, %v: rule %v, %v", name, kind, init, reg, rule, err)
					}
				}
			}
		}
	}
	huge := change(func(r []float64, i int) { r[0] += 1e200 * float64(i/119) })
	_, err := (&GMM{NClusters: 2, CovarianceType: "diag", MaxIter: 9, NInit: 1, InitParams: "random"}).Fit(context.Background(), huge, Run{})
	if err == nil || !strings.Contains(err.Error(), `the squares of column "c0" overflow`) {
		t.Errorf("values of 1e200: %v", err)
	}
	warned := func(x *features.Matrix, reg float64, text string) {
		t.Helper()
		a := &GMM{NClusters: 3, CovarianceType: "full", Tol: 1e-3, RegCovar: reg, MaxIter: 200, NInit: 1, InitParams: "kmeans"}
		c, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(c.Warnings, "\n"); !strings.Contains(all, text) || text == "" && all != "" {
			t.Errorf("warnings %q, want …%s…", all, text)
		}
	}
	warned(base, 1e-6, "")
	warned(sets["constant column"], 1e-6, "3 of 3 components are as narrow")
	warned(sets["dependent columns"], 0, "3 of 3 covariances have no inverse")
	warned(sets["two distinct rows"], 1e-6, "n_clusters = 3 but only 2 came out")
}

// A component that no row prefers is no cluster.
func TestGMMDropsEmptyComponents(t *testing.T) {
	x, _ := gaussian(200, 2, 2, 20, 3)
	a := &GMM{NClusters: 3, CovarianceType: "full", Tol: 1e-3, RegCovar: 1e-6, MaxIter: 50}
	if err := a.SetInit([][]float64{x.Row(0), x.Row(1), {1e7, 1e7}}); err != nil {
		t.Fatal(err)
	}
	c, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	if c.K != 2 || len(c.Centers) != 2 || !strings.Contains(strings.Join(c.Warnings, ""), "1 of 3 components are no row's most probable") {
		t.Errorf("K = %d, warnings %q", c.K, c.Warnings)
	}
	shares, err := a.Memberships(x, c)
	if err != nil || len(shares) != 400 {
		t.Fatal(len(shares), err)
	}
	for i := range 200 {
		if s := shares[2*i] + shares[2*i+1]; math.Abs(s-1) > 1e-12 {
			t.Fatalf("the shares of row %d sum to %v", i, s)
		}
	}
}

// More starts are never worse; the seed decides, and alone.
func TestGMMStarts(t *testing.T) {
	x := readSet(t, "blobs3d")
	for _, init := range []string{"kmeans", "k-means++", "random_from_data", "random"} {
		a := &GMM{NClusters: 12, CovarianceType: "full", Tol: 1e-4, RegCovar: 1e-6, MaxIter: 300, NInit: 1, InitParams: init}
		one, err := a.Fit(context.Background(), x, Run{Seed: 4})
		if err != nil {
			t.Fatal(err)
		}
		a.NInit = 4
		four, err := a.Fit(context.Background(), x, Run{Seed: 4})
		if err != nil {
			t.Fatal(err)
		}
		again, err := a.Fit(context.Background(), x, Run{Seed: 4, Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		if *four.Objective < *one.Objective-1e-3 {
			t.Errorf("%s: %v of four starts, %v of the first", init, *four.Objective, *one.Objective)
		}
		if d := checkSame(four, again); d != "" {
			t.Errorf("%s: other %s the second time", init, d)
		}
		other, err := a.Fit(context.Background(), x, Run{Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		if init != "kmeans" && *other.Objective == *four.Objective {
			t.Errorf("%s: another seed, the same likelihood", init)
		}
	}
}

// n_components, scikit-learn's name, sets n_clusters; it is not another option.
func TestGMMAlias(t *testing.T) {
	a := &GMM{}
	if err := Set(a, "n_components", "5"); err != nil || a.NClusters != 5 {
		t.Errorf("n_components = 5: %d clusters, %v", a.NClusters, err)
	}
	if err := SetValue(a, "n_components", int64(7)); err != nil || a.NClusters != 7 {
		t.Errorf("n_components = 7: %d clusters, %v", a.NClusters, err)
	}
	if slices.Contains(Keys(a), "n_components") {
		t.Errorf("options %v", Keys(a))
	}
	var unknown *KeyError
	if err := Set(&KMeans{}, "n_components", "5"); !errors.As(err, &unknown) {
		t.Errorf("n_components of kmeans: %v", err)
	}
}

func TestGMMOptions(t *testing.T) {
	x, _ := gaussian(30, 2, 2, 5, 1)
	for want, change := range map[string]func(*GMM){
		"covariance_type = round":   func(a *GMM) { a.CovarianceType = "round" },
		"max_iter = 0":              func(a *GMM) { a.MaxIter = 0 },
		"tol = -1":                  func(a *GMM) { a.Tol = -1 },
		"tol = NaN":                 func(a *GMM) { a.Tol = math.NaN() },
		"reg_covar = -1":            func(a *GMM) { a.RegCovar = -1 },
		"reg_covar = +Inf":          func(a *GMM) { a.RegCovar = math.Inf(1) },
		"init_params = best":        func(a *GMM) { a.InitParams = "best" },
		"n_init = 0":                func(a *GMM) { a.NInit = 0 },
		"n_clusters = 2: but 1 mea": func(a *GMM) { a.MeansInit = [][]float64{{1, 2}} },
		"means_init = row 2: has 1": func(a *GMM) { a.MeansInit = [][]float64{{1, 2}, {1}} },
		"means_init = NaN: row 1":   func(a *GMM) { a.MeansInit = [][]float64{{1, math.NaN()}, {1, 2}} },
	} {
		a := &GMM{NClusters: 2, CovarianceType: "full", Tol: 1e-3, RegCovar: 1e-6, MaxIter: 10, NInit: 1, InitParams: "kmeans"}
		change(a)
		_, err := a.Fit(context.Background(), x, Run{})
		var option *OptionError
		if !errors.As(err, &option) || !strings.Contains(err.Error(), want) {
			t.Errorf("want …%s…, got %v", want, err)
		}
	}
	if err := (&GMM{}).SetInit(nil); err == nil {
		t.Error("no means accepted")
	}
}

// Offsets leave the answer as it is, as far as the data themselves allow.
func TestGMMOffset(t *testing.T) {
	x := readSet(t, "gmm8")
	n, _ := x.Dims()
	far := x.Pick(seq(n))
	for i := range far.Data() {
		far.Data()[i] += 1e8
	}
	a := &GMM{NClusters: 8, CovarianceType: "full", Tol: 1e-3, RegCovar: 1e-6, MaxIter: 100, NInit: 1, InitParams: "kmeans"}
	u, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := a.Fit(context.Background(), far, Run{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(u.Labels, v.Labels) {
		t.Error("other labels at an offset of 1e8")
	}
	check.Close(t, "objective", *v.Objective, *u.Objective, 1e-6)
}
