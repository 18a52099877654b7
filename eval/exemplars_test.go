package eval

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
)

// TestExemplars: by hand on a line, and medoids against all pairs.
func TestExemplars(t *testing.T) {
	x := matrixOf([][]float64{{0}, {1}, {2}, {4}, {10}, {11}, {12}, {100}})
	x.IDs = []string{"a", "b", "c", "d", "e", "f", "g", "out"}
	es := Exemplars(x, []int32{0, 0, 0, 0, 1, 1, 1, -1}, 2)
	if len(es) != 2 || es[0].Medoids[0].ID != "c" || es[0].Boundary[0].ID != "d" || es[1].Medoids[0].ID != "f" || es[1].Boundary[0].ID != "e" {
		t.Fatalf("%+v", es)
	}
	// d lies at 4, 2.25 from its centre 1.75 and 7 from the next at 11.
	if e := es[0].Boundary[0]; math.Abs(e.Margin-(7-2.25)/7) > 1e-12 || e.Next != 1 || e.Distance != 2.25 || e.Row != 3 {
		t.Errorf("%+v", e)
	}
	one := Exemplars(x, []int32{0, 0, 0, 0, 0, 0, 0, -1}, 3)
	if one[0].Reason == "" || one[0].Boundary != nil || len(one[0].Medoids) != 3 || one[0].Medoids[0].Next != -1 {
		t.Errorf("one segment: %+v", one)
	}
	if b, err := json.Marshal(one); err != nil || !strings.Contains(string(b), `"margin":null`) {
		t.Errorf("%s, %v", b, err)
	}
	if got := Exemplars(x, []int32{0, 0, 2, 2, 2, 2, 2, -1}, 9); len(got[1].Medoids) != 0 || len(got[0].Boundary) != 2 {
		t.Errorf("an empty segment: %+v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		n, k := rapid.IntRange(2, 30).Draw(t, "n"), rapid.IntRange(1, 3).Draw(t, "k")
		m := features.NewMatrix(n, ruleColumnsOf(2), nil)
		labels := make([]int32, n)
		for i := range n {
			labels[i] = int32(rapid.IntRange(-1, k-1).Draw(t, "label"))
			for j := range 2 {
				m.Row(i)[j] = rapid.Float64Range(-5, 5).Draw(t, "x")
			}
		}
		for _, e := range Exemplars(m, labels, 1) {
			if len(e.Medoids) == 0 {
				continue
			}
			cost := func(i int) (s float64) {
				for j, l := range labels {
					if int(l) == e.Segment {
						s += math.Pow(away(m.Row(i), m.Row(j)), 2)
					}
				}
				return s
			}
			for i, l := range labels {
				if int(l) == e.Segment && cost(i) < cost(e.Medoids[0].Row)-1e-9 {
					t.Fatalf("row %d costs %g, the medoid %g", i, cost(i), cost(e.Medoids[0].Row))
				}
			}
		}
	})
}
