package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
)

// profiled is eight customers in two segments with three features: 1 and 3 against 5
// and 7; a constant; one with a missing value.
func profiled() *Input {
	labels := []int32{0, 0, 0, 0, 1, 1, 1, 1}
	in := plane(make([]float64, 16), labels)
	raw := features.NewMatrix(8, []features.Column{{Name: "basket_value", Unit: "money"}, {Name: "flat", Unit: "days"}, {Name: "gap", Unit: "days"}}, nil)
	for i, x := range []float64{1, 1, 3, 3, 5, 5, 7, 7} {
		copy(raw.Row(i), []float64{x, 4, float64(i)})
	}
	raw.Row(7)[2] = math.NaN()
	in.Set.Raw = raw
	return in
}

func TestHeatmapTableIsTheProfile(t *testing.T) {
	d, err := Draw("heatmap", profiled(), Paper)
	if err != nil {
		t.Fatal(err)
	}
	// By hand: segment means 2 and 6, mean of all 4, sd √(40/7) (n − 1).
	z := 2 / math.Sqrt(40.0/7)
	for row, want := range map[int]float64{1: -z, 2: z} {
		got, err := strconv.ParseFloat(d.Table[row][3], 64)
		if err != nil || math.Abs(got-want) > 1e-12 {
			t.Errorf("row %q: z %v, want %v", d.Table[row], got, want)
		}
	}
	if r := d.Table[3]; r[0] != "flat" || r[3] != "" || r[7] == "" {
		t.Errorf("constant feature: row %q, want no z and a reason", r)
	}
	if !strings.Contains(d.Caption, "No value: flat") {
		t.Errorf("caption %q does not name the constant feature", d.Caption)
	}
	if r := d.Table[6]; r[6] != "3" { // gap of segment 2
		t.Errorf("row %q, want n = 3 with a value", r)
	}
	if !strings.HasPrefix(d.Title, "Segment\u00a0") || !strings.Contains(d.Title, "standard deviations") {
		t.Errorf("title %q", d.Title)
	}
}

func TestHeatmapOptions(t *testing.T) {
	d, err := DrawWith("heatmap", &Heatmap{Measure: "smd"}, profiled(), Paper)
	if err != nil {
		t.Fatal(err)
	}
	// By hand: (2 − 6)/√((4/3 + 4/3)/2).
	if got, err := strconv.ParseFloat(d.Table[1][3], 64); err != nil || math.Abs(got+4/math.Sqrt(4.0/3)) > 1e-12 {
		t.Errorf("smd %v, want %v", got, -4/math.Sqrt(4.0/3))
	}
	if _, err := DrawWith("heatmap", &Heatmap{Measure: "t"}, profiled(), Paper); err == nil || !strings.Contains(err.Error(), "z or smd") {
		t.Errorf("an unknown measure: %v", err)
	}
	in := profiled()
	in.Set.Raw = nil
	if _, err := Draw("heatmap", in, Paper); err == nil || !strings.Contains(err.Error(), "measured behaviour") {
		t.Errorf("no behaviour: %v", err)
	}
}

func TestHeatmapKeepsWhatDiffersMost(t *testing.T) {
	n, d := 40, 80
	cols := make([]features.Column, d)
	for j := range cols {
		cols[j] = features.Column{Name: fmt.Sprint("f", j)}
	}
	raw := features.NewMatrix(n, cols, nil)
	labels := make([]int32, n)
	for i := range n {
		labels[i] = int32(i % 2)
		for j := range d {
			raw.Row(i)[j] = float64((i*7+j*3)%11) + float64(labels[i])*float64(j)/10 // later ones differ more
		}
	}
	in := plane(make([]float64, 2*n), labels)
	in.Set.Raw = raw
	dr, err := Draw("heatmap", in, Slide)
	if err != nil {
		t.Fatal(err)
	}
	s := dr.survey()
	drawn := map[string]bool{}
	for _, t := range s.texts {
		drawn[t.text] = true
	}
	if !drawn["f79"] || drawn["f0"] {
		t.Errorf("f79 drawn: %t, f0 drawn: %t; want the one that differs", drawn["f79"], drawn["f0"])
	}
	if !strings.Contains(dr.Caption, "features in which the segments differ less") {
		t.Errorf("caption %q", dr.Caption)
	}
	if len(dr.Table) != 1+2*d {
		t.Errorf("%d table rows, want all %d", len(dr.Table), 1+2*d)
	}
}
