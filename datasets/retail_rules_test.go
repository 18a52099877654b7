package datasets_test

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

var writeParameters = flag.String("parameters", "", "write retail-sim's true parameters here, for eval/peers/retail_rules_expected.py")

// retailHalves is over how many ways of halving the customers an F1 is the mean.
const retailHalves = 10

// TestRetailRules: each planted segment is named by a rule of at most three conditions
// whose held-out F1 comes within .05 of the best tree of depth three that scikit-learn
// grows on the same parameters (eval/peers/retail_rules_expected.py).
func TestRetailRules(t *testing.T) {
	names, x, segments, err := datasets.RetailParameters(2000, 1)
	if err != nil {
		t.Fatal(err)
	}
	if *writeParameters != "" {
		writeRetailParameters(t, names, x, segments)
	}
	b, err := os.ReadFile("testdata/retail_rules.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Customers int
		Trees     []struct {
			Segment int
			F1      float64
			Tree    string
		}
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	if len(want.Trees) != 7 || want.Customers != len(x) {
		t.Fatalf("trees of %d segments and %d customers; here are %d customers", len(want.Trees), want.Customers, len(x))
	}
	cols := make([]features.Column, len(names))
	for j, n := range names {
		cols[j].Name = n
	}
	m := features.NewMatrix(len(x), cols, nil)
	for i, row := range x {
		copy(m.Row(i), row)
	}
	mean := make([]float64, len(want.Trees))
	first := make([]string, len(want.Trees))
	longest := 0
	for seed := range uint64(retailHalves) {
		o := eval.NewRuleOptions()
		o.Seed = seed
		rules, err := eval.ShortestRules(t.Context(), m, segments, o)
		if err != nil {
			t.Fatal(err)
		}
		for g := range rules {
			r := &rules[g]
			if r.Reason != "" {
				t.Errorf("segment %d: %s", g, r.Reason)
			}
			mean[g] += r.F1.Value / retailHalves
			longest = max(longest, len(r.Conditions))
			if seed == 0 {
				first[g] = r.String()
			}
		}
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "segment\trule\ttree\tdifference\ttree\tthe rule of the first halves")
	for g, tree := range want.Trees {
		fmt.Fprintf(w, "%d\t%.3f\t%.3f\t%+.3f\t%s\t%s\n", g+1, mean[g], tree.F1, mean[g]-tree.F1, tree.Tree, first[g])
		if !(mean[g] >= tree.F1-0.05) {
			t.Errorf("segment %d: F1 %.3f, the best tree %.3f", g+1, mean[g], tree.F1)
		}
	}
	w.Flush()
	t.Logf("held-out F1, mean of %d halves of %d customers\n%s", retailHalves, len(x), table.String())
	if longest > 3 {
		t.Errorf("%d conditions", longest)
	}
}

func writeRetailParameters(t *testing.T, names []string, x [][]float64, segments []int32) {
	f, err := os.Create(*writeParameters)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := csv.NewWriter(f)
	w.Write(append(names, "segment"))
	for i, row := range x {
		var rec []string
		for _, v := range row {
			rec = append(rec, strconv.FormatFloat(v, 'g', -1, 64))
		}
		w.Write(append(rec, strconv.Itoa(int(segments[i]))))
	}
	if w.Flush(); w.Error() != nil {
		t.Fatal(w.Error())
	}
}
