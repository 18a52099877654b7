package figure

import (
	"math"
	"strings"
	"testing"

	"github.com/mores-lab/mores/eval/study"
)

// valued is ten clustered customers (6, 3, one unassigned) with their revenue.
func valued() *Input {
	in := plane(make([]float64, 20), []int32{0, 0, 0, 0, 0, 0, 1, 1, 1, -1})
	in.Set.Value = []float64{1, 1, 1, 1, 1, 1, 20, 20, 20, 14} // 6, 60, 14: 80 in all
	return in
}

func TestSizesSharesAreOfEveryone(t *testing.T) {
	in := valued()
	fifth, none := 0.2, 0.0
	in.Set.Strata = []study.StratumCount{
		{Name: "enough", Customers: 10},
		{Name: "one purchase", Customers: 8, ValueShare: &fifth},
		{Name: "prospect", Customers: 2, ValueShare: &none},
	}
	d, err := Draw("sizes", in, Paper)
	if err != nil {
		t.Fatal(err)
	}
	// By hand: 20 customers; the strata hold 20 % of revenue, so the 80 are 80 % of 100.
	want := [][]string{
		{"1", "Segment\u00a01", "6", "0.3", "6", "0.06"},
		{"2", "Segment\u00a02", "3", "0.15", "60", "0.6"},
		{"unassigned", "Unassigned", "1", "0.05", "14", "0.14"},
		{"stratum", "one purchase", "8", "0.4", "20", "0.2"},
		{"stratum", "prospect", "2", "0.1", "0", "0"},
	}
	for i, w := range want {
		if got := strings.Join(d.Table[i+1], "|"); got != strings.Join(w, "|") {
			t.Errorf("row %d: %s, want %s", i+1, got, strings.Join(w, "|"))
		}
	}
	if want := "Segment\u00a02 holds 15\u00a0% of customers and 60\u00a0% of revenue"; d.Title != want {
		t.Errorf("title %q, want %q", d.Title, want)
	}
}

func TestSizesSaysWhatItDoesNotKnow(t *testing.T) {
	in := valued()
	in.Set.Strata = []study.StratumCount{{Name: "enough", Customers: 13}}
	d, err := Draw("sizes", in, Paper)
	if err != nil {
		t.Fatal(err)
	}
	// Three of the 13 with enough evidence were not clustered.
	last := d.Table[len(d.Table)-1]
	if last[1] != "missing values" || last[2] != "3" || last[5] != "" {
		t.Errorf("last row %q, want 3 with missing values and no value share", last)
	}
	if d.Table[2][5] != "0.75" { // 60 of the clustered 80
		t.Errorf("value share %s of the clustered customers, want 0.75", d.Table[2][5])
	}
	if !strings.Contains(d.Caption, "is not known") {
		t.Errorf("caption %q does not say what is not known", d.Caption)
	}

	for name, value := range map[string][]float64{"no revenue": nil, "a missing one": {1, 2, 3, 4, 5, 6, 7, 8, 9, math.NaN()}, "sum 0": make([]float64, 10)} {
		in := valued()
		in.Set.Value = value
		d, err := Draw("sizes", in, Paper)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want := "Segment\u00a01 is the largest, with 60\u00a0% of customers"; d.Title != want {
			t.Errorf("%s: title %q, want %q", name, d.Title, want)
		}
		if !strings.Contains(d.Caption, "not known") && !strings.Contains(d.Caption, "undefined") {
			t.Errorf("%s: caption %q gives no reason", name, d.Caption)
		}
	}
}

func TestSizesPoolsWhatDoesNotFit(t *testing.T) {
	labels := make([]int32, 0, 60)
	for k := range int32(30) {
		labels = append(labels, k, k)
	}
	labels = append(labels, 0)
	in := plane(make([]float64, 2*len(labels)), labels)
	d, err := Draw("sizes", in, Slide)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(d.Caption, "smallest segments are drawn together") {
		t.Errorf("caption %q does not say that segments are pooled", d.Caption)
	}
	if len(d.Table) != 31 {
		t.Errorf("%d table rows, want all 30 segments and the head", len(d.Table))
	}
}
