package eval

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// TestDescriptorTestsAsPeers: scipy's numbers.
func TestDescriptorTestsAsPeers(t *testing.T) {
	b, err := os.ReadFile("testdata/descriptor_tests.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Cases []struct {
			Name    string
			Labels  []int32
			X       []*float64
			Level   []string
			Kruskal struct {
				Statistic, P, Epsilon2 float64
				DF, Known              int
			}
			Chi2 struct {
				Statistic, P, V float64
				VCorrected      float64 `json:"v_corrected"`
				DF              int
			}
		}
	}
	if err := json.Unmarshal(b, &want); err != nil || len(want.Cases) == 0 {
		t.Fatal("no expected values", err)
	}
	for _, c := range want.Cases {
		x := make([]float64, len(c.X))
		for i, v := range c.X {
			x[i] = math.NaN()
			if v != nil {
				x[i] = *v
			}
		}
		table := &datasets.Table{Cols: []datasets.TableColumn{{Name: "x", Num: x}, {Name: "level", Text: c.Level}}}
		ts, err := DescriptorTests(table, c.Labels)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ts {
			what := c.Name + ", " + d.Name
			if d.Name == "x" {
				check.Close(t, what+": H", d.Statistic, c.Kruskal.Statistic, 1e-9)
				check.Close(t, what+": p", d.P, c.Kruskal.P, 1e-9)
				check.Close(t, what+": ε²", d.Effect, c.Kruskal.Epsilon2, 1e-9)
				if d.DF != c.Kruskal.DF || d.Known != c.Kruskal.Known || d.Test != "kruskal-wallis" {
					t.Errorf("%s: %+v", what, d)
				}
			} else {
				check.Close(t, what+": χ²", d.Statistic, c.Chi2.Statistic, 1e-9)
				check.Close(t, what+": p", d.P, c.Chi2.P, 1e-9)
				check.Close(t, what+": V", d.Effect, c.Chi2.VCorrected, 1e-9)
				if d.DF != c.Chi2.DF || d.Test != "chi-square" {
					t.Errorf("%s: %+v", what, d)
				}
			}
		}
		q := features.BenjaminiHochberg([]float64{ts[0].P, ts[1].P})
		if ts[0].Q != q[0] || ts[1].Q != q[1] {
			t.Errorf("%s: q %g and %g, want %v", c.Name, ts[0].Q, ts[1].Q, q)
		}
	}
}

// TestDescriptorTestsWithReasons: what cannot be tested says why.
func TestDescriptorTestsWithReasons(t *testing.T) {
	nan := math.NaN()
	table := &datasets.Table{Cols: []datasets.TableColumn{
		{Name: "same", Num: []float64{1, 1, 1, 1}},
		{Name: "unknown", Num: []float64{nan, nan, 1, nan}},
		{Name: "name", Text: []string{"a", "b", "c", "d"}},
		{Name: "age", Num: []float64{1, 2, 3, 4}},
	}}
	ts, err := DescriptorTests(table, []int32{0, 0, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ts {
		switch {
		case d.Name == "age":
			if d.Reason != "" || !strings.Contains(d.Warning, "2 known values") || !d.Protected {
				t.Errorf("%+v", d)
			}
			check.Close(t, "H by hand", d.Statistic, 2.4, 1e-12) // ranks 3 and 7: 12/20·(9/2 + 49/2) − 15
		case d.Reason == "" || !math.IsNaN(d.P) || d.Significant() || d.Size != "":
			t.Errorf("%+v", d)
		}
	}
	if b, err := json.Marshal(ts); err != nil || !strings.Contains(string(b), `"p":null`) {
		t.Errorf("%s, %v", b, err)
	}
	if _, err := DescriptorTests(nil, nil); err == nil {
		t.Error("no table, no error")
	}
	if _, err := DescriptorTests(table, []int32{0}); err == nil {
		t.Error("labels of another length, no error")
	}
}

// TestOutcomeTests: by kind of outcome.
func TestOutcomeTests(t *testing.T) {
	ids := []string{"a", "b", "c", "d", "e", "f"}
	labels := []int32{0, 0, 0, 1, 1, 1}
	turned := []string{"f", "e", "d", "c", "b", "a"}
	ts, err := OutcomeTests([]Outcome{
		{Target: Target{Name: "spend", Kind: OutcomeAmount}, IDs: turned, Values: []float64{6, 5, 4, 3, 2, 1}},
		{Target: Target{Name: "bought", Kind: OutcomeBinary}, IDs: ids, Values: []float64{0, 0, 0, 1, 1, 1}},
		{Target: Target{Name: "where", Kind: OutcomeCategory}, IDs: ids, Values: []float64{0, 0, 1, 1, 1, math.NaN()}, Categories: []string{"shop", "web"}},
		{Target: Target{Name: "rating", Kind: OutcomeShare}, IDs: ids, Values: make([]float64, 6), Reason: "no ratings"},
	}, ids, labels)
	if err != nil || len(ts) != 4 {
		t.Fatal(ts, err)
	}
	for _, d := range ts {
		switch d.Name {
		case "spend": // ranks 6 and 15
			check.Close(t, "H", d.Statistic, 12.0/42*(36.0/3+225.0/3)-21, 1e-12)
		case "bought":
			check.Close(t, "χ²", d.Statistic, 6, 1e-12)
		case "where":
			if d.Known != 5 || d.Missing != 1 || d.Test != "chi-square" {
				t.Errorf("%+v", d)
			}
		case "rating":
			if d.Reason != "no ratings" || !math.IsNaN(d.Q) {
				t.Errorf("%+v", d)
			}
		}
	}
	if _, err := OutcomeTests(nil, ids, nil); err == nil {
		t.Error("ids without labels, no error")
	}
}

// TestDescriptorTestsProperties: neither segments' names nor rows' order matter, and
// effects lie in [0, 1].
func TestDescriptorTestsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, k := rapid.IntRange(10, 80).Draw(t, "n"), rapid.IntRange(2, 4).Draw(t, "k")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		perm := rng.Perm(n)
		x, y := make([]float64, n), make([]float64, n)
		a, b := make([]int32, n), make([]int32, n)
		for i := range n {
			x[i], a[i] = math.Round(3*rng.NormFloat64()), int32(rng.IntN(k))
		}
		for i, p := range perm {
			y[i], b[i] = x[p], int32(k-1)-a[p]
		}
		one, err := DescriptorTests(&datasets.Table{Cols: []datasets.TableColumn{{Name: "x", Num: x}}}, a)
		if err != nil {
			t.Fatal(err)
		}
		two, err := DescriptorTests(&datasets.Table{Cols: []datasets.TableColumn{{Name: "x", Num: y}}}, b)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(one[0].Statistic-two[0].Statistic) > 1e-9 || one[0].Effect < 0 || one[0].Effect > 1 || one[0].P < 0 || one[0].P > 1 {
			t.Fatalf("%+v, %+v", one[0], two[0])
		}
	})
}

// TestNullLogs: where customers' descriptors were exchanged at random, at most 5 % of
// what a profile says of segments and descriptors is marked significant, and of the tests
// without adjustment about 5 %.
func TestNullLogs(t *testing.T) {
	logs := 12
	if os.Getenv("MORES_LONG") == "1" {
		logs = 200
	}
	var cells, cellsMarked, tests, testsMarked, naive int
	for seed := range uint64(logs) {
		g, err := (&datasets.RetailSim{Customers: 160, Prospects: 0.05}).Generate(1000 + seed)
		if err != nil {
			t.Fatal(err)
		}
		log := features.Shuffled(g.Log, features.ShuffleCustomers, seed)
		r, err := features.NewRecipe("null", "rfm")
		if err != nil {
			t.Fatal(err)
		}
		b, err := features.Build(context.Background(), log, r, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		p, err := features.Prepare(b.Raw, "block", features.DropRows)
		if err != nil {
			t.Fatal(err)
		}
		c, err := (&cluster.KMeans{NClusters: 4, Init: "k-means++", NInit: 3, MaxIter: 50, Tol: 1e-4}).Fit(context.Background(), p.X, cluster.Run{Seed: seed, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		table := features.Descriptors(log, p.X.IDs)
		profiles, err := features.DescribeSegments(table, c.Labels)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range profiles {
			for _, x := range d.Cells {
				cells++
				if x.Q <= 0.05 {
					cellsMarked++
				}
			}
		}
		ts, err := DescriptorTests(table, c.Labels)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ts {
			if d.Reason != "" {
				continue
			}
			tests++
			if d.Significant() {
				testsMarked++
			}
			if d.P <= 0.05 {
				naive++
			}
		}
	}
	claims, marked := cells+tests, cellsMarked+testsMarked
	t.Logf("%d null logs: %d of %d claims marked (%.2f %%): %d of %d cells, %d of %d tests; %.1f %% of the tests have p ≤ .05",
		logs, marked, claims, 100*float64(marked)/float64(claims), cellsMarked, cells, testsMarked, tests, 100*float64(naive)/float64(tests))
	if claims < 40*logs || float64(marked) > 0.05*float64(claims) || float64(testsMarked) > 0.05*float64(tests) {
		t.Errorf("%d of %d claims, %d of %d tests marked", marked, claims, testsMarked, tests)
	}
}

// TestSplittingIsNoTest: why there are no p-values of features that were clustered, not
// even after segments were learned on one half and given to the other by their centres:
// in one Gaussian every such test rejects.
func TestSplittingIsNoTest(t *testing.T) {
	rejected := 0
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 77))
		x := features.NewMatrix(100, ruleColumnsOf(2), nil)
		other := features.NewMatrix(100, ruleColumnsOf(2), nil)
		for i := range 100 {
			for j := range 2 {
				x.Row(i)[j], other.Row(i)[j] = rng.NormFloat64(), rng.NormFloat64()
			}
		}
		c, err := (&cluster.KMeans{NClusters: 3, Init: "k-means++", NInit: 3, MaxIter: 50, Tol: 1e-4}).Fit(context.Background(), x, cluster.Run{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		labels := make([]int32, 100)
		var col [2][]float64
		for i := range labels {
			for g := range c.Centers {
				if away(other.Row(i), c.Centers[g]) < away(other.Row(i), c.Centers[labels[i]]) {
					labels[i] = int32(g)
				}
			}
			for j := range 2 {
				col[j] = append(col[j], other.Row(i)[j])
			}
		}
		ts, err := DescriptorTests(&datasets.Table{Cols: []datasets.TableColumn{{Name: "x", Num: col[0]}, {Name: "y", Num: col[1]}}}, labels)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ts {
			if d.Significant() {
				rejected++
			}
		}
	}
	if rejected < 38 {
		t.Errorf("%d of 40 tests of nothing reject; the doc says all do", rejected)
	}
	t.Logf("%d of 40 tests of one Gaussian reject after splitting", rejected)
}
