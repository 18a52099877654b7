package eval

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// friedmanExpected is testdata/friedman.json, written by peers/friedman_expected.py
// with SciPy 1.17.1 and scikit-posthocs 0.17.1.
type friedmanExpected struct {
	Q     map[string]map[string]float64
	Cases []struct {
		Scores     [][]float64
		Ranks      []float64
		Chi2, P, F *float64
		FP         *float64 `json:"f_p"`
		Pairs      [][]float64
	}
}

func expectFriedman(t testing.TB) (e friedmanExpected) {
	t.Helper()
	js, err := os.ReadFile("testdata/friedman.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestFriedmanDemsar: the worked example of Demšar 2006 (JMLR 7:1–30, C4.5 and three
// variants on 14 data sets), published, here as it is quoted: the paper was not at hand.
// He prints 9.28, 3.69 and 1.25; from the ranks as printed they are 9.284, 3.689 and 1.254.
func TestFriedmanDemsar(t *testing.T) {
	f, err := FriedmanOfRanks([]float64{3.143, 2.000, 2.893, 1.964}, 14)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"χ²_F", f.Chi2, 9.28},
		{"F_F", f.F, 3.69},
		{"CD at .05", f.CriticalDifference(0.05), 1.25},
		{"CD at .10", f.CriticalDifference(0.10), 1.12},
	} {
		if !(math.Abs(c.got-c.want) <= 0.01) {
			t.Errorf("%s = %g, want %g ± .01", c.what, c.got, c.want)
		}
	}
	// F(3, 39) of 2.85 is his critical value at .05, χ²(3) rejects too.
	if !(f.FP < 0.05 && f.P < 0.05) {
		t.Errorf("p = %g and %g: the methods differ", f.P, f.FP)
	}
	// His table 5a, k = 2 to 10.
	for alpha, row := range map[float64]string{
		0.05: "1.960 2.343 2.569 2.728 2.850 2.949 3.031 3.102 3.164",
		0.10: "1.645 2.052 2.291 2.459 2.589 2.693 2.780 2.855 2.920",
	} {
		for i, s := range strings.Fields(row) {
			want, _ := strconv.ParseFloat(s, 64)
			if q := NemenyiQ(i+2, alpha); math.Abs(q-want) > 0.001 { // he cuts some, rounds others
				t.Errorf("q(%d, %g) = %g, want %g", i+2, alpha, q, want)
			}
		}
	}
}

func TestFriedmanLikePeers(t *testing.T) {
	e := expectFriedman(t)
	for a, row := range e.Q {
		alpha, err := strconv.ParseFloat(a, 64)
		if err != nil {
			t.Fatal(err)
		}
		if len(row) != 19 {
			t.Fatalf("%d values of k at %s, want 2 to 20", len(row), a)
		}
		for s, want := range row {
			k, _ := strconv.Atoi(s)
			check.Close(t, fmt.Sprintf("q(%d, %g)", k, alpha), NemenyiQ(k, alpha), want, 1e-9)
		}
	}
	for i, c := range e.Cases {
		name := "case " + strconv.Itoa(i)
		f, err := NewFriedman(c.Scores, 1)
		if err != nil {
			t.Fatal(err)
		}
		for j, r := range c.Ranks {
			check.Close(t, name+" rank", f.Ranks[j], r, 1e-12)
		}
		for a := range c.Ranks {
			for b := range c.Ranks {
				if a != b {
					check.Close(t, name+" Nemenyi", f.PairP(a, b), c.Pairs[a][b], 1e-8)
				}
			}
		}
		if c.Chi2 == nil { // SciPy asks for three methods
			continue
		}
		check.Close(t, name+" χ²", f.Chi2, *c.Chi2, 1e-12)
		check.Close(t, name+" p", f.P, *c.P, 1e-12)
		check.Close(t, name+" F", f.F, *c.F, 1e-11)
		check.Close(t, name+" p of F", f.FP, *c.FP, 1e-12)
	}
}

// TestFriedmanRelations: what must not change, and what must turn round.
func TestFriedmanRelations(t *testing.T) {
	c := expectFriedman(t).Cases[1] // with ties
	f, err := NewFriedman(c.Scores, 1)
	if err != nil {
		t.Fatal(err)
	}
	k := len(c.Scores[0])
	turned := make([][]float64, len(c.Scores))
	for i, s := range c.Scores {
		row := make([]float64, k)
		for j, x := range s {
			row[k-1-j] = math.Exp(3*x) + float64(i) // rising in each data set; columns change places
		}
		turned[len(turned)-1-i] = row
	}
	g, err := NewFriedman(turned, 1)
	if err != nil {
		t.Fatal(err)
	}
	down, err := NewFriedman(c.Scores, -1)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "χ² of moved scores", g.Chi2, f.Chi2, 1e-12)
	check.Close(t, "χ² where small is good", down.Chi2, f.Chi2, 1e-12)
	for j, r := range f.Ranks {
		check.Close(t, "moved rank", g.Ranks[k-1-j], r, 1e-12)
		check.Close(t, "rank from below", down.Ranks[j], float64(k+1)-r, 1e-12)
	}
	// At the critical difference Nemenyi's p is alpha.
	for _, alpha := range []float64{0.05, 0.10} {
		h := Friedman{N: 14, K: 4, Ranks: []float64{1 + f.CriticalDifference(alpha), 1}}
		check.Close(t, "p at the critical difference", h.PairP(0, 1), alpha, 1e-9)
	}
}

func TestFriedmanLimits(t *testing.T) {
	same, err := NewFriedman([][]float64{{3, 3, 3}, {1, 1, 1}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(same.Chi2) || !math.IsNaN(same.F) || same.Ranks[0] != 2 || same.PairP(0, 1) != 1 {
		t.Errorf("all alike: %+v", same)
	}
	agree, err := NewFriedman([][]float64{{1, 2, 3}, {4, 5, 6}, {0, 7, 9}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if agree.Chi2 != 6 || !math.IsInf(agree.F, 1) || agree.FP != 0 || agree.Ranks[2] != 1 {
		t.Errorf("all agree: %+v", agree)
	}
	js, err := json.Marshal(agree)
	if err != nil || !strings.Contains(string(js), `"f":null`) || !strings.Contains(string(js), `"chi2":6`) {
		t.Errorf("as JSON: %s (%v)", js, err)
	}
	for want, f := range map[string]func() (Friedman, error){
		"two data sets":      func() (Friedman, error) { return NewFriedman([][]float64{{1, 2}}, 1) },
		"better = 0":         func() (Friedman, error) { return NewFriedman([][]float64{{1, 2}, {1, 2}}, 0) },
		"data set 1 has 1":   func() (Friedman, error) { return NewFriedman([][]float64{{1, 2}, {1}}, 1) },
		"no score on":        func() (Friedman, error) { return NewFriedman([][]float64{{1, 2}, {1, math.NaN()}}, 1) },
		"average rank 5":     func() (Friedman, error) { return FriedmanOfRanks([]float64{5, 1}, 9) },
		"have mean 1":        func() (Friedman, error) { return FriedmanOfRanks([]float64{1, 1}, 9) },
		"it takes two of ea": func() (Friedman, error) { return FriedmanOfRanks([]float64{1, 2}, 1) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if !math.IsNaN(NemenyiQ(1, 0.05)) || !math.IsNaN(NemenyiQ(3, 0)) {
		t.Error("q of one method, or of no level")
	}
}

func BenchmarkNemenyiQ(b *testing.B) {
	for b.Loop() {
		NemenyiQ(10, 0.05)
	}
}
