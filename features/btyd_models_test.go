package features

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// cdnowCBS reads the summary of CDNOW's sample in weeks to two decimals that the
// authors' spreadsheets use: calibration of 39 weeks, 2,357 customers.
func cdnowCBS(t testing.TB) []CBS {
	t.Helper()
	var out []CBS
	for _, r := range rows(t, "data/cdnow/cdnow_customers_summary.csv") {
		v := floats(t, r)
		out = append(out, CBS{X: int(v[1]), Tx: v[2], T: v[3]})
	}
	return out
}

func floats(t testing.TB, r []string) []float64 {
	t.Helper()
	out := make([]float64, len(r))
	for i, s := range r {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = v
	}
	return out
}

func cohort(t testing.TB, c []CBS) *Cohort {
	t.Helper()
	out, err := NewCohort(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// near checks an absolute difference: for figures printed to so many decimals.
func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s = %.10g, want %.10g ± %g", what, got, want, tol)
	}
}

func bgnbd(r, alpha, a, b float64) BetaGeometric { return BetaGeometric{1, false, r, alpha, a, b} }

// TestBGNBDFit: parameters and log-likelihood on CDNOW are published (Fader, Hardie &
// Lee 2005, table 2: .243 4.414 .793 2.426, −9582.4); more digits from the test suite
// of lifetimes.
func TestBGNBDFit(t *testing.T) {
	c := cohort(t, cdnowCBS(t))
	if c.Customers != 2357 || c.Repeats != 2457 {
		t.Fatalf("%g customers, %g repeat purchases", c.Customers, c.Repeats)
	}
	m, fit, err := FitBetaGeometric(c, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.2425945, 4.4136019, 0.7929199, 2.4258881} {
		check.Close(t, fit.Params[i].Name, fit.Params[i].Value/want, 1, 1e-4)
	}
	near(t, "ln L", fit.LogLikelihood, -9582.429, 0.01) // the file has two decimals
	check.Close(t, "ln L again", m.LogLikelihood(c), fit.LogLikelihood, 1e-12)
	if len(fit.Warnings) != 0 {
		t.Error(fit.Warnings)
	}
	// E[X(39) | 2, 30.43, 38.86] = 1.226: Hardie's spreadsheet (brucehardie.com/notes/004).
	near(t, "conditional expectation", m.ConditionalExpected(CBS{X: 2, Tx: 30.43, T: 38.86}, 39), 1.226, 0.001)
	// E[X(t)] of the same spreadsheet, four decimals.
	for x, want := range map[float64]float64{0.1429: 0.0078, 1: 0.0532, 3: 0.1506, 31.8571: 1.0405, 32: 1.0437, 78: 1.8576} {
		near(t, "E[X]", m.Expected(x), want, 0.0005)
	}
}

// TestBGNBDValues: at the rounded published parameters. E[X(t)] and the PMF are of
// the test suite of lifetimes and of the manual of R package BTYD; P(alive) is the
// closed form, computed apart.
func TestBGNBDValues(t *testing.T) {
	m := bgnbd(0.243, 4.414, 0.793, 2.426)
	for x, want := range map[float64]float64{0.1429: 0.007828, 1: 0.053268, 3: 0.150865, 31.8571: 1.041996, 32: 1.045243, 78: 1.860519} {
		near(t, "E[X]", m.Expected(x), want, 1e-6)
	}
	near(t, "P(X(2) = 10)", m.PMF(10, 2), 1.07869e-07, 1e-12)
	near(t, "P(X(39) = 0)", m.PMF(0, 39), 0.5737864, 1e-7)
	for i, want := range []float64{
		0.0019995214, 0.0015170236, 0.001163315, 0.0009003148, 0.0007023638,
		0.0005517902, 0.0004361913, 0.0003467171, 0.0002769613, 0.000222226,
	} {
		near(t, "P(X(30) = "+strconv.Itoa(11+i)+")", m.PMF(11+i, 30), want, 1e-9)
	}
	for _, c := range []struct {
		CBS
		want float64
	}{
		{CBS{X: 0, Tx: 0, T: 38.86}, 1},
		{CBS{X: 2, Tx: 30.43, T: 38.86}, 0.7265786},
		{CBS{X: 1, Tx: 1.71, T: 38.86}, 0.212101},
		{CBS{X: 7, Tx: 29.43, T: 38.86}, 0.6417563},
		{CBS{X: 26, Tx: 30.86, T: 31}, 0.9689156},
	} {
		near(t, "P(alive)", m.PAlive(c.CBS), c.want, 1e-6)
	}
}

// TestMBGNBDFit: parameters of R package BTYDplus on CDNOW, as in the test suite of
// lifetimes; ln L was computed with another implementation of the likelihood, in R.
func TestMBGNBDFit(t *testing.T) {
	c := cohort(t, cdnowCBS(t))
	_, fit, err := FitBetaGeometric(c, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.525, 6.183, 0.891, 1.614} {
		near(t, fit.Params[i].Name, fit.Params[i].Value, want, 1e-3)
	}
	near(t, "ln L", fit.LogLikelihood, -9582.132685, 1e-4)
}

// TestParetoNBDFit: published (Fader, Hardie & Lee 2005, table 2: .553 10.578 .606
// 11.669, −9595.0); more digits and the standard errors from the test suite of R
// package CLVTools.
func TestParetoNBDFit(t *testing.T) {
	c := cohort(t, cdnowCBS(t))
	_, fit, err := FitParetoNBD(c)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][2]float64{{0.55315, 0.0476264}, {10.57633, 0.8427222}, {0.60625, 0.1872594}, {11.6715, 6.2105448}} {
		check.Close(t, fit.Params[i].Name, fit.Params[i].Value/want[0], 1, 0.001)
		check.Close(t, "SE of "+fit.Params[i].Name, fit.Params[i].SE/want[1], 1, 0.01)
	}
	near(t, "ln L", fit.LogLikelihood, -9594.976, 0.01) // the file has two decimals
}

// TestCDNOWFromLog: the same from the log itself, in exact weeks: the printed
// likelihoods to the last digit. The papers count to September 30th, so that a
// purchase on that day has age T.
func TestCDNOWFromLog(t *testing.T) {
	c := cohort(t, weeksOf(t, cdnowSample(t).AsOf(date(t, "1997-09-30").Add(time.Microsecond))))
	_, bg, err := FitBetaGeometric(c, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	_, pareto, err := FitParetoNBD(c)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "BG/NBD ln L", bg.LogLikelihood, -9582.429, 0.001)
	near(t, "Pareto/NBD ln L", pareto.LogLikelihood, -9594.976, 0.001)
	for i, want := range []float64{0.2425945, 4.4136019, 0.7929199, 2.4258881} {
		check.Close(t, "BG/NBD "+bg.Params[i].Name, bg.Params[i].Value/want, 1, 2e-5)
	}
	for i, want := range [][2]float64{{0.55315, 0.0476264}, {10.57633, 0.8427222}, {0.60625, 0.1872594}, {11.6715, 6.2105448}} {
		check.Close(t, "Pareto/NBD "+pareto.Params[i].Name, pareto.Params[i].Value/want[0], 1, 5e-4)
		check.Close(t, "SE of "+pareto.Params[i].Name, pareto.Params[i].SE/want[1], 1, 1e-3)
	}
}

// TestParetoNBDValues: the walkthrough of R package BTYD, as in the test suite of
// lifetimes; the manual's list was made with slightly different parameters.
func TestParetoNBDValues(t *testing.T) {
	m := ParetoNBD{0.5533971, 10.5801985, 0.6060625, 11.6562237}
	c := CBS{X: 26, Tx: 30.86, T: 31}
	near(t, "P(alive)", m.PAlive(c), 0.9979, 5e-5)
	near(t, "conditional expectation", m.ConditionalExpected(c, 52), 25.46, 0.005)
	near(t, "E[X(52)]", m.Expected(52), 1.473, 5e-4)
	for i, want := range []float64{
		0.05077821, 0.09916088, 0.14542507, 0.1897993, 0.23247466, 0.27361274, 0.31335159, 0.35181024, 0.38909211,
	} {
		near(t, "E[X]", m.Expected(float64(i+1)), want, 0.01)
	}
	// A lifetime of shape 1 has a logarithm where the formula has 0/0.
	near(t, "s = 1", ParetoNBD{0.5, 10, 1, 12}.Expected(40), ParetoNBD{0.5, 10, 1 + 1e-7, 12}.Expected(40), 1e-6)
}

// TestParetoNBDManyPurchases: x of 161 to 254 overflow a hypergeometric likelihood
// that is not in logs; parameters and purchases of the test suite of R package
// CLVTools, which asks that they are finite. The values are held to Simpson's rule.
func TestParetoNBDManyPurchases(t *testing.T) {
	m := ParetoNBD{0.5143, 2.8845, 0.2856, 14.1087}
	for _, x := range []int{221, 254, 161, 204} {
		for _, times := range [][2]float64{{50, 104.29}, {103.9, 104.29}, {104.29, 104.29}} {
			c := CBS{X: x, Tx: times[0], T: times[1]}
			got := m.LogLikelihood(cohort(t, []CBS{c}))
			w := m.R + float64(x)
			// In units of the integrand at t_x, which is its largest value.
			top := -w*math.Log(m.Alpha+c.Tx) - (m.S+1)*math.Log(m.Beta+c.Tx)
			const n = 20000
			h := (c.T - c.Tx) / n
			var s float64
			for i := range n + 1 {
				y := c.Tx + h*float64(i)
				f := math.Exp(-w*math.Log(m.Alpha+y) - (m.S+1)*math.Log(m.Beta+y) - top)
				s += f * []float64{2, 4}[i%2]
				if i == 0 || i == n {
					s -= f
				}
			}
			want := logGamma(w) - logGamma(m.R) + m.R*math.Log(m.Alpha) + m.S*math.Log(m.Beta) +
				logAdd(-w*math.Log(m.Alpha+c.T)-m.S*math.Log(m.Beta+c.T), math.Log(m.S*s*h/3)+top)
			check.Close(t, "ln L", got, want, 1e-10)
			if p := m.PAlive(c); !(p >= 0 && p <= 1) {
				t.Errorf("P(alive) = %g", p)
			}
		}
	}
}

// TestParetoNBDPolynomial: the likelihood's integral against the closed form for
// α = β, where it is an elementary power: s·((α+t_x)^−n − (α+T)^−n)/n, n = r+x+s.
func TestParetoNBDPolynomial(t *testing.T) {
	m := ParetoNBD{0.7, 9, 0.4, 9}
	for _, c := range []CBS{{X: 0, Tx: 0, T: 40}, {X: 1, Tx: 3, T: 40}, {X: 30, Tx: 39, T: 40}, {X: 300, Tx: 2, T: 40}} {
		w := m.R + float64(c.X)
		n := w + m.S
		want := math.Log(m.S/n) - n*math.Log(m.Alpha+c.Tx) + math.Log(-math.Expm1(n*math.Log((m.Alpha+c.Tx)/(m.Alpha+c.T))))
		check.Close(t, "ln integral", m.lapse(w, c.Tx, c.T, false).log, want, 1e-12)
	}
}

// TestGammaGammaFit: Fader & Hardie's note 025 (p 6.25, q 3.74, γ 15.44; −4055.92),
// from mean amounts that the file rounds to cents: that moves γ to 15.448.
func TestGammaGammaFit(t *testing.T) {
	var x []int
	var z []float64
	var first []float64
	published := GammaGamma{6.25, 3.74, 15.44}
	for i, r := range rows(t, "data/cdnow/cdnow_customers_summary_with_transactions.csv") {
		v := floats(t, r)
		if i < 10 {
			first = append(first, published.Expected(int(v[1]), v[4]))
		}
		if v[1] > 0 {
			x, z = append(x, int(v[1])), append(z, v[4])
		}
	}
	// Hardie's spreadsheet to note 025, of the test suite of lifetimes.
	for i, want := range []float64{24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17} {
		near(t, "E[M]", first[i], want, 0.1)
	}
	if len(x) != 946 {
		t.Fatalf("%d customers with repeat spend", len(x))
	}
	m, fit, err := FitGammaGamma(x, z)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p", m.P, 6.25, 0.01)
	near(t, "q", m.Q, 3.74, 0.01)
	near(t, "gamma", m.Gamma, 15.44, 0.02)
	near(t, "ln L", fit.LogLikelihood, -4055.9232, 1e-3)
	// Dollars or cents: only γ changes, by the factor (here not a power of 2).
	for i := range z {
		z[i] *= 100
	}
	cents, _, err := FitGammaGamma(x, z)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "p in cents", cents.P, m.P, 1e-6)
	check.Close(t, "gamma in cents", cents.Gamma/100, m.Gamma, 1e-6)
	if r := SpendCorrelation(x, z); !(math.Abs(r) < 0.3) {
		t.Errorf("correlation %g", r)
	}
	// Those who buy more pay more: refused.
	for i := range z {
		z[i] *= float64(x[i])
	}
	if _, _, err := FitGammaGamma(x, z); err == nil {
		t.Error("correlated spend was fitted")
	}
}

// TestBGBBFit: published (Fader, Hardie & Shang 2010, table 3 and the text) for the
// 11,104 donors of 1995; ln L was computed with another implementation, in R.
func TestBGBBFit(t *testing.T) {
	var data []Opportunities
	for _, r := range rows(t, "data/cdnow/donations_summary.csv") {
		v := floats(t, r)
		data = append(data, Opportunities{int(v[0]), int(v[1]), int(v[2]), v[3]})
	}
	m, fit, err := FitBGBB(data)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1.204, 0.750, 0.657, 2.783} {
		near(t, fit.Params[i].Name, fit.Params[i].Value, want, 0.001)
	}
	near(t, "ln L", fit.LogLikelihood, -33225.58127, 1e-3)
	// Expected donations of the next five years, the in-sample fit and P(alive in
	// 2002): test suite of lifetimes, from the paper.
	var next, x0, x6 float64
	for _, r := range data {
		next += r.Weight * m.ConditionalExpected(r, 5)
		x0 += r.Weight * m.PMF(0, 6)
		x6 += r.Weight * m.PMF(6, 6)
	}
	near(t, "donations in five years", next, 12884.2, 0.5)
	near(t, "x = 0", x0, 3454.9, 0.1)
	near(t, "x = 6", x6, 1253.1, 0.1)
	for _, w := range []struct {
		Opportunities
		want float64
	}{{Opportunities{0, 0, 6, 1}, 0.11}, {Opportunities{2, 4, 6, 1}, 0.59}, {Opportunities{6, 6, 6, 1}, 0.93}} {
		near(t, "P(alive)", m.PAlive(w.Opportunities), w.want, 0.005)
	}
	rounded := BGBB{1.204, 0.750, 0.657, 2.783}
	for i, want := range []float64{0.1080166, 0.5895141, 0.9304025} { // the same formula in R
		r := []Opportunities{{0, 0, 6, 1}, {2, 4, 6, 1}, {6, 6, 6, 1}}[i]
		near(t, "P(alive) at rounded parameters", rounded.PAlive(r), want, 1e-7)
	}
	var sum, mean float64
	for x := range 7 {
		sum += m.PMF(x, 6)
		mean += float64(x) * m.PMF(x, 6)
	}
	check.Close(t, "Σ P(x)", sum, 1, 1e-12)
	check.Close(t, "E[X(6)]", mean, m.Expected(6), 1e-12)
}

// groceryCBS is the online grocery's calibration year, in weeks.
func groceryCBS(t testing.TB) []CBS {
	t.Helper()
	return weeksOf(t, grocery(t, "2007-12-30").AsOf(date(t, "2006-12-31").Add(time.Microsecond)))
}

// weeksOf is the statistics of every customer, in weeks.
func weeksOf(t testing.TB, log *datasets.Log) []CBS {
	t.Helper()
	var out []CBS
	for h, err := range log.Histories(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := CBSOf(h, Weeks); ok {
			out = append(out, c)
		}
	}
	return out
}

// TestRegularityModels: the models of the vignette of R package BTYDplus on its
// online grocery, from another implementation of the likelihoods, in R: regression
// values, not published.
func TestRegularityModels(t *testing.T) {
	c := cohort(t, groceryCBS(t))
	nbd, fit, err := FitNBD(c)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "NBD r", nbd.R, 0.42032, 1e-4)
	near(t, "NBD alpha", nbd.Alpha, 5.24512, 1e-3)
	near(t, "NBD ln L", fit.LogLikelihood, -16376.8639, 0.05)
	for _, w := range []struct {
		k      int
		atZero bool
		ll     float64
		p      []float64
	}{
		{1, false, -15836.566, []float64{0.34865, 2.58167, 0.50385, 3.64438}},
		{2, false, -15054.173, []float64{0.35906, 1.12938, 0.52282, 2.78545}},
		{1, true, -15781.939, []float64{1.25692, 6.03914, 0.36828, 0.71576}},
		{2, true, -14978.211, []float64{1.32918, 2.81255, 0.42471, 0.79003}},
		{3, true, -14996.85, nil},
		{4, true, -15326.923, nil},
	} {
		m, fit, err := FitBetaGeometric(c, w.k, w.atZero)
		if err != nil {
			t.Fatal(err)
		}
		near(t, m.Name(), fit.LogLikelihood, w.ll, 0.05)
		for i, p := range w.p {
			check.Close(t, m.Name()+" "+fit.Params[i].Name, fit.Params[i].Value/p, 1, 1e-3)
		}
	}
	m, _, err := FitRegularity(c, true)
	if err != nil || m.Name() != "MBG/CNBD-2" {
		t.Errorf("%s is the most likely: %v", m.Name(), err)
	}
}
