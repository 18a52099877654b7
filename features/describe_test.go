package features

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/internal/check"
)

// testdata/describe.json is what eval/peers/describe_expected.py printed (SciPy and
// statsmodels, their versions in the file; the corrected V from Bergsma's formulas).
// The first table is hair and eye colour of 592 students (Snee 1974, The American
// Statistician 28, 9–12), whose χ² = 138.29 stands in many books.
func TestContingency(t *testing.T) {
	js, err := os.ReadFile("testdata/describe.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Tables []struct {
			Counts     [][]int
			Chi2, P, V float64
			DF         int
			Small      float64
			VCorrected float64 `json:"v_corrected"`
			Residuals  [][]float64
		}
		CohenH [][3]float64 `json:"cohen_h"`
		P, BH  []float64
	}
	if err := json.Unmarshal(js, &want); err != nil {
		t.Fatal(err)
	}
	for i, w := range want.Tables {
		name := fmt.Sprintf("table %d: ", i)
		g, err := NewContingency(w.Counts)
		if err != nil {
			t.Fatal(err)
		}
		check.Close(t, name+"χ²", g.Chi2, w.Chi2, 1e-12)
		check.Close(t, name+"ln p", math.Log(g.P), math.Log(w.P), 1e-9)
		check.Close(t, name+"V", g.V, w.V, 1e-12)
		check.Close(t, name+"corrected V", g.VCorrected, w.VCorrected, 1e-12)
		check.Close(t, name+"small", g.Small, w.Small, 0)
		if g.DF != w.DF {
			t.Errorf("%s%d degrees of freedom, want %d", name, g.DF, w.DF)
		}
		for r := range w.Residuals {
			for c := range w.Residuals[r] {
				check.Close(t, fmt.Sprintf("%sresidual %d,%d", name, r, c), g.Residuals[r][c], w.Residuals[r][c], 1e-12)
			}
		}
	}
	check.Close(t, "Snee's χ²", want.Tables[0].Chi2, 138.29, 1e-4)
	for _, h := range want.CohenH {
		check.Close(t, fmt.Sprintf("h of %g and %g", h[0], h[1]), CohenH(h[0], h[1]), h[2], 1e-12)
	}
	for i, q := range BenjaminiHochberg(want.P) {
		check.Close(t, "Benjamini–Hochberg", q, want.BH[i], 1e-12)
	}
}

func TestContingencyRefuses(t *testing.T) {
	for _, c := range [][][]int{nil, {{1, 2}}, {{1}, {2}}, {{0, 0}, {1, 2}}, {{1, 2}, {1}}, {{1, -1}, {1, 1}}} {
		if _, err := NewContingency(c); err == nil {
			t.Errorf("%v is taken", c)
		}
	}
	// An empty row changes nothing but its own residuals.
	a, err := NewContingency([][]int{{10, 20}, {30, 40}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewContingency([][]int{{10, 20}, {0, 0}, {30, 40}})
	if err != nil || a.Chi2 != b.Chi2 || a.DF != b.DF || a.V != b.V || !math.IsNaN(b.Residuals[1][0]) {
		t.Errorf("with an empty row: %+v, %v", b, err)
	}
}

// describeTable has 900 customers: region follows the segment, coin does not, age
// does a little, name is one a customer, same is the same of all.
func describeTable() (*datasets.Table, []int32) {
	rng := rand.New(rand.NewPCG(3, 1))
	const n = 900
	labels := make([]int32, n)
	t := &datasets.Table{Name: "customers", Cols: []datasets.TableColumn{
		{Name: "coin"}, {Name: "region"}, {Name: "age", Unit: "years"}, {Name: "name"}, {Name: "same"},
	}}
	for i := range n {
		labels[i] = int32(i%4) - 1 // a quarter has no segment
		t.Keys = append(t.Keys, fmt.Sprint(i))
		region := "north"
		if rng.Float64() < []float64{.5, .1, .5, .9}[i%4] {
			region = "south"
		}
		if i%50 == 3 {
			region = ""
		}
		for j, s := range []string{[]string{"heads", "tails"}[rng.IntN(2)], region, "", fmt.Sprint("customer ", i), "yes"} {
			if j == 2 {
				t.Cols[j].Num = append(t.Cols[j].Num, 40+10*rng.NormFloat64()+3*float64(labels[i]))
			} else {
				t.Cols[j].Text = append(t.Cols[j].Text, s)
			}
		}
	}
	return t, labels
}

func TestDescribeSegments(t *testing.T) {
	table, labels := describeTable()
	ps, err := DescribeSegments(table, labels)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range ps {
		names = append(names, p.Name)
	}
	if !slices.Equal(names, []string{"region", "age", "coin"}) {
		t.Fatalf("profiles of %v, want region, age, coin: strongest first, without names and constants", names)
	}
	region, age, coin := ps[0], ps[1], ps[2]
	if region.Missing == 0 || region.Known+region.Missing != 675 {
		t.Errorf("region known of %d, missing of %d", region.Known, region.Missing)
	}
	if region.Q > 1e-10 || coin.Q < .05 || !age.Protected || region.Protected {
		t.Errorf("q of region %g, of coin %g; protected: age %v, region %v", region.Q, coin.Q, age.Protected, region.Protected)
	}
	if len(age.Levels) != 4 || len(age.Means) != 3 || age.Means[0] >= age.Means[2] {
		t.Errorf("age: levels %v, means %v", age.Levels, age.Means)
	}
	for _, c := range region.Cells {
		// Counted anew.
		in, n, others, m := 0, 0, 0, 0
		for i, l := range labels {
			s := table.Cols[1].Text[i]
			if l < 0 || s == "" {
				continue
			}
			if int(l) == c.Segment {
				n++
				if s == c.Level {
					in++
				}
			} else {
				m++
				if s == c.Level {
					others++
				}
			}
		}
		p, q := float64(in)/float64(n), float64(others)/float64(m)
		if c.Share != p || c.Others != q {
			t.Errorf("%s in segment %d: %g against %g, want %g against %g", c.Level, c.Segment, c.Share, c.Others, p, q)
		}
		// The residual is the pooled two-proportion z.
		pool := float64(in+others) / float64(n+m)
		z := (p - q) / math.Sqrt(pool*(1-pool)*(1/float64(n)+1/float64(m)))
		check.Close(t, "z", c.Z, z, 1e-10)
		if c.Q < c.P {
			t.Errorf("q %g below p %g", c.Q, c.P)
		}
	}
	// Relabelled, rows in another order: the same profiles.
	perm := rand.New(rand.NewPCG(3, 2)).Perm(len(labels))
	shuffled := pickTable(table, perm)
	moved := make([]int32, len(labels))
	for i, r := range perm {
		moved[i] = labels[r]
	}
	again, err := DescribeSegments(shuffled, moved)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "corrected V in another order", again[0].Table.VCorrected, region.Table.VCorrected, 1e-12)
	if _, err := DescribeSegments(table, labels[1:]); err == nil {
		t.Error("labels of another length are taken")
	}
}

// Under independence the tests hold their level: 5 % of 400 tables are called.
func TestDescribeNull(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	called, corrected := 0, 0.0
	const tables = 400
	for range tables {
		counts := [][]int{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}}
		for range 500 {
			counts[rng.IntN(4)][rng.IntN(3)]++
		}
		c, err := NewContingency(counts)
		if err != nil {
			t.Fatal(err)
		}
		if c.P < .05 {
			called++
		}
		corrected += c.VCorrected
		if c.VCorrected > c.V {
			t.Fatalf("corrected V %g above V %g", c.VCorrected, c.V)
		}
	}
	if called < 8 || called > 34 {
		t.Errorf("%d of %d tables of chance are called at 5 %%", called, tables)
	}
	if corrected/tables > .04 {
		t.Errorf("mean corrected V of chance %g, want about 0", corrected/tables)
	}
}

// Without a purchase nobody has the occasions that an extractor asks for.
func TestLacksPurchases(t *testing.T) {
	b := datasets.NewBuilder(datasets.Meta{Name: "views", Has: datasets.FieldItem})
	b.Add(datasets.Event{Customer: "a", Kind: datasets.View, Item: "x"})
	log := b.Log()
	for _, e := range Extractors() {
		if got := e.Lacks(log); e.Minimum > 0 && got == "" {
			t.Errorf("%s lacks %q", e.Name, got)
		}
	}
	if e, _ := Lookup("rfm"); e.Lacks(log) != "purchase events" {
		t.Errorf("rfm lacks %q", e.Lacks(log))
	}
}

// Logs that were thinned or have no dates say so once, and dates are asked for.
func TestCaveats(t *testing.T) {
	log := descriptorsLog(t)
	log.Meta.Thinned = .05
	r, err := NewRecipe("r", "rfm", "interpurchase")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Build(t.Context(), log, r, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, w := range b.Warnings {
		if strings.Contains(w, "random 5 %") {
			said = append(said, w)
		}
	}
	if len(said) != 1 || !strings.Contains(said[0], "rfm, interpurchase measure") {
		t.Errorf("warnings %q", b.Warnings)
	}
	log.Meta.NoClock = true
	if _, err := Build(t.Context(), log, r, 1, 1); err == nil || !strings.Contains(err.Error(), "needs dates") {
		t.Errorf("without dates: %v", err)
	}
	xs, err := Exercises(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range xs {
		if x.Extractor.Name == "timing" && !strings.Contains(x.Lacks, "dates") || x.Extractor.Name == "descriptors" && x.Lacks != "" {
			t.Errorf("%s lacks %q", x.Extractor.Name, x.Lacks)
		}
	}
}
