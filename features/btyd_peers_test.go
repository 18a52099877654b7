package features

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// btydExpected is testdata/btyd.json: what eval/peers/btyd_expected.py printed, the
// versions of the libraries in it.
type btydExpected struct {
	Customers [][3]float64
	T         float64
	Lifetimes struct {
		BGNBD, MBGNBD, Pareto struct {
			Params, Expected, Alive, Unconditional, CLV []float64
		}
		GammaGamma []float64 `json:"gamma_gamma"`
	}
	Brute struct {
		BetaGeometric []struct {
			K      int
			AtZero bool `json:"at_zero"`
			Params [4]float64
			Gaps   []float64
			Age    float64
			LL     float64
			Alive  float64
		} `json:"beta_geometric"`
		Conditional []struct {
			AtZero         bool `json:"at_zero"`
			Params         [4]float64
			Gaps           []float64
			Age, T         float64
			Expected, Rate float64
		}
		Pareto []struct {
			Params          [4]float64
			X               int
			Tx, Age         float64
			LL, Alive, Rate float64
		}
		GammaGamma []struct {
			Params [3]float64
			X      int
			Z, LL  float64
		} `json:"gamma_gamma"`
	}
	Trends map[string]struct {
		Y                        []float64
		Slope, Intercept, Lo, Hi float64
		S, Var, Z, P             float64
		HRVar                    float64 `json:"hr_var"`
		HRZ                      float64 `json:"hr_z"`
	}
	Survival struct {
		Time         []float64
		Event        []int
		Times, S, SE []float64
		N            []int
	}
}

func expectBTYD(t testing.TB) (e btydExpected) {
	t.Helper()
	js, err := os.ReadFile("testdata/btyd.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestModelsLikeLifetimes: closed forms of lifetimes at given parameters.
func TestModelsLikeLifetimes(t *testing.T) {
	e := expectBTYD(t)
	p, q, r := e.Lifetimes.BGNBD, e.Lifetimes.MBGNBD, e.Lifetimes.Pareto
	for _, w := range []struct {
		m                              BTYDModel
		expected, alive, unconditional []float64
	}{
		{BetaGeometric{1, false, p.Params[0], p.Params[1], p.Params[2], p.Params[3]}, p.Expected, p.Alive, p.Unconditional},
		{BetaGeometric{1, true, q.Params[0], q.Params[1], q.Params[2], q.Params[3]}, q.Expected, q.Alive, q.Unconditional},
		{ParetoNBD{r.Params[0], r.Params[1], r.Params[2], r.Params[3]}, r.Expected, r.Alive, r.Unconditional},
	} {
		for i, c := range e.Customers {
			cbs := CBS{X: int(c[0]), Tx: c[1], T: c[2]}
			check.Close(t, w.m.Name()+" conditional", w.m.ConditionalExpected(cbs, e.T), w.expected[i], 1e-9)
			check.Close(t, w.m.Name()+" P(alive)", w.m.PAlive(cbs), w.alive[i], 1e-9)
		}
		for i, x := range []float64{0.5, 4, 39, 156} {
			check.Close(t, w.m.Name()+" E[X]", w.m.Expected(x), w.unconditional[i], 1e-9)
		}
	}
	m := BetaGeometric{1, false, p.Params[0], p.Params[1], p.Params[2], p.Params[3]}
	for i, c := range e.Customers {
		got := CLV(m, CBS{X: int(c[0]), Tx: c[1], T: c[2]}, 10*float64(i+1), CLVOptions{4, 0.02, 1})
		check.Close(t, "CLV", got, p.CLV[i], 1e-9)
	}
	// A discount of 1 halves each further period; a margin scales.
	c := CBS{X: 3, Tx: 11, T: 12}
	check.Close(t, "CLV of one period", CLV(m, c, 8, CLVOptions{1, 1, 0.5}), m.ConditionalExpected(c, 1)*8/2*0.5, 1e-12)
	gg := GammaGamma{6.25, 3.74, 15.44}
	for i, x := range []int{0, 1, 4} {
		check.Close(t, "E[M]", gg.Expected(x, []float64{0, 20, 60}[i]), e.Lifetimes.GammaGamma[i], 1e-12)
	}
}

// TestModelsByBruteForce: likelihoods, P(alive), expectations and rates against
// quadrature over the models' mixing distributions.
func TestModelsByBruteForce(t *testing.T) {
	e := expectBTYD(t).Brute
	cbs := func(gaps []float64, age float64) CBS {
		c := CBS{X: len(gaps), T: age}
		for _, g := range gaps {
			c.Tx += g
			c.Litt += math.Log(g)
		}
		return c
	}
	// One customer without a repeat cannot be a cohort alone: a second one is taken off.
	other := CBS{X: 1, Tx: 2, T: 9, Litt: math.Log(2)}
	for _, w := range e.BetaGeometric {
		m := BetaGeometric{w.K, w.AtZero, w.Params[0], w.Params[1], w.Params[2], w.Params[3]}
		c := cbs(w.Gaps, w.Age)
		got := m.LogLikelihood(cohort(t, []CBS{c, other})) - m.LogLikelihood(cohort(t, []CBS{other}))
		check.Close(t, m.Name()+" ln L", got, w.LL, 1e-8)
		check.Close(t, m.Name()+" P(alive)", m.PAlive(c), w.Alive, 1e-8)
	}
	for _, w := range e.Conditional {
		m := BetaGeometric{1, w.AtZero, w.Params[0], w.Params[1], w.Params[2], w.Params[3]}
		c := cbs(w.Gaps, w.Age)
		check.Close(t, m.Name()+" conditional", m.ConditionalExpected(c, w.T), w.Expected, 1e-5)
		check.Close(t, m.Name()+" rate", m.Rate(c), w.Rate, 1e-5)
	}
	for _, w := range e.Pareto {
		m := ParetoNBD{w.Params[0], w.Params[1], w.Params[2], w.Params[3]}
		c := CBS{X: w.X, Tx: w.Tx, T: w.Age}
		got := m.LogLikelihood(cohort(t, []CBS{c, other})) - m.LogLikelihood(cohort(t, []CBS{other}))
		check.Close(t, "Pareto/NBD ln L", got, w.LL, 1e-8)
		check.Close(t, "Pareto/NBD P(alive)", m.PAlive(c), w.Alive, 1e-8)
		check.Close(t, "Pareto/NBD rate", m.Rate(c), w.Rate, 1e-8)
	}
	for _, w := range e.GammaGamma {
		m := GammaGamma{w.Params[0], w.Params[1], w.Params[2]}
		check.Close(t, "gamma-gamma ln L", m.LogLikelihood([]int{w.X}, []float64{w.Z}), w.LL, 1e-8)
	}
}

// TestTrendsLikePeers: theilslopes of SciPy, the tests of pymannkendall.
func TestTrendsLikePeers(t *testing.T) {
	for name, w := range expectBTYD(t).Trends {
		x := make([]float64, len(w.Y))
		for i := range x {
			x[i] = float64(i)
		}
		got := TheilSen(x, w.Y, 0.95)
		for what, p := range map[string][2]float64{
			"slope": {got.Slope, w.Slope}, "intercept": {got.Intercept, w.Intercept}, "lo": {got.Lo, w.Lo}, "hi": {got.Hi, w.Hi},
			"slope alone": {TheilSenSlope(x, w.Y), w.Slope},
		} {
			check.Close(t, name+" "+what, p[0], p[1], 1e-12)
		}
		mk := MannKendall(w.Y)
		hr := MannKendallHamedRao(w.Y)
		for what, p := range map[string][2]float64{
			"S": {mk.S, w.S}, "Var": {mk.Var, w.Var}, "Z": {mk.Z, w.Z}, "P": {mk.P, w.P}, "HR Var": {hr.Var, w.HRVar}, "HR Z": {hr.Z, w.HRZ},
		} {
			check.Close(t, name+" "+what, p[0], p[1], 1e-9)
		}
	}
}

// TestKaplanMeier: aml (Maintained) of R package survival, by R's survfit; standard
// errors by statsmodels.
func TestKaplanMeier(t *testing.T) {
	w := expectBTYD(t).Survival
	event := make([]bool, len(w.Event))
	for i, e := range w.Event {
		event[i] = e == 1
	}
	k, err := KaplanMeier(w.Time, event)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[float64]float64{
		0: 1, 9: 0.909091, 13: 0.818182, 18: 0.715909, 23: 0.613636, 31: 0.490909, 34: 0.368182, 48: 0.184091, 50: 0.184091, 161: 0.184091,
	} {
		near(t, "S", k.At(at), want, 1e-6)
	}
	if k.Median != 31 || k.N != 11 {
		t.Errorf("median %g of %d", k.Median, k.N)
	}
	if !math.IsNaN(k.At(162)) {
		t.Error("S is known beyond the last time")
	}
	i := 0
	for j, at := range w.Times {
		if i == len(k.Times) || k.Times[i] != at {
			continue // statsmodels may list censored times too
		}
		check.Close(t, "S", k.S[i], w.S[j], 1e-12)
		check.Close(t, "SE", k.SE[i], w.SE[j], 1e-12)
		if k.AtRisk[i] != w.N[j] {
			t.Errorf("%d at risk at %g, want %d", k.AtRisk[i], at, w.N[j])
		}
		i++
	}
	if i != len(k.Times) {
		t.Errorf("%d of %d times compared", i, len(k.Times))
	}
	// Nobody has the event: no median. Everybody: S falls to 0 and stays.
	none, _ := KaplanMeier([]float64{1, 2}, []bool{false, false})
	all, _ := KaplanMeier([]float64{1, 2}, []bool{true, true})
	if !math.IsNaN(none.Median) || none.At(2) != 1 || all.At(99) != 0 || all.Median != 1 {
		t.Error("no events, or all")
	}
	if _, err := KaplanMeier([]float64{-1}, []bool{true}); err == nil {
		t.Error("a time before the start")
	}
}
