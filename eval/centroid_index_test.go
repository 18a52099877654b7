package eval

import "testing"

// Three groups on a line: one split and two joined is one group in the wrong place.
func TestCentroidIndex(t *testing.T) {
	x := matrixOf([][]float64{{0}, {1}, {10}, {11}, {20}, {21}})
	truth := []Labelling{{Name: "three", Labels: []int32{0, 0, 1, 1, 2, 2}}}
	for name, c := range map[string]struct {
		labels []int32
		want   float64
	}{
		"equal":                 {[]int32{2, 2, 0, 0, 1, 1}, 0},
		"one row elsewhere":     {[]int32{0, 0, 1, 1, 2, 1}, 0},
		"split and joined":      {[]int32{0, 1, 2, 2, 2, 2}, 1}, // means 0, 1, 15.5: nobody goes to 10.5
		"all in one":            {[]int32{0, 0, 0, 0, 0, 0}, 2},
		"each alone":            {[]int32{0, 1, 2, 3, 4, 5}, 3},
		"a class left as noise": {[]int32{0, 0, 1, 1, -1, -1}, 1},
	} {
		if s := scoreOf(t, "centroid_index", &Input{X: x, C: clusteringOf(c.labels), Truth: truth}); s.Value != c.want || !s.Defined() {
			t.Errorf("%s: %s, want %g", name, s.text(), c.want)
		}
	}
	two := append(truth, Labelling{Name: "all", Labels: make([]int32, 6)})
	if s := scoreOf(t, "ci", &Input{X: x, C: clusteringOf(make([]int32, 6)), Truth: two}); s.Value != 0 {
		t.Errorf("of two references the nearest counts: %s", s.text())
	}
}
