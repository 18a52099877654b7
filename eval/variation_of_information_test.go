package eval

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// The values are those of scikit-learn's mutual_info_score; of several references the
// nearest counts; and it is a metric: no detour is shorter.
func TestVariationOfInformation(t *testing.T) {
	for _, c := range readExpected(t).External {
		in := &Input{C: clusteringOf(c.Labels), Truth: []Labelling{{Name: "reference", Labels: c.Truth}}}
		want := c.Values["variation_of_information"]
		check.Close(t, c.Name, scoreOf(t, "variation_of_information", in).Value, want, 1e-9)
		in.Truth = append(in.Truth, Labelling{Name: "constant", Labels: make([]int32, len(c.Labels))})
		constant := scoreOf(t, "vi", &Input{C: in.C, Truth: in.Truth[1:]})
		check.Close(t, c.Name+", two references", scoreOf(t, "vi", in).Value, math.Min(want, constant.Value), 1e-9)
	}
	// Meilă 2007: splitting a half of the rows into halves lies ½·ln 2 away.
	in := &Input{C: clusteringOf([]int32{0, 0, 1, 2}), Truth: []Labelling{{Labels: []int32{0, 0, 1, 1}}}}
	check.Close(t, "a half split", scoreOf(t, "vi", in).Value, math.Ln2/2, 1e-15)

	rng := rand.New(rand.NewPCG(3, 4))
	between := func(a, b []int32) float64 {
		return scoreOf(t, "vi", &Input{C: clusteringOf(a), Truth: []Labelling{{Labels: b}}}).Value
	}
	for range 200 {
		var l [3][]int32
		for s := range l {
			l[s] = make([]int32, 12)
			for i := range l[s] {
				l[s][i] = int32(rng.IntN(2 + s))
			}
		}
		if direct, detour := between(l[0], l[2]), between(l[0], l[1])+between(l[1], l[2]); direct > detour+1e-12 {
			t.Fatalf("%v to %v: %g, by %v %g", l[0], l[2], direct, l[1], detour)
		}
	}
}
