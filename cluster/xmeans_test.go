package cluster

import (
	"math"
	"testing"
)

// The criterion of four rows on a line in two pairs, worked out by hand: as one cluster
// Σ‖x−μ‖² = 101, as two 1; σ² = 101/3 and 1/2.
func TestXMeansBIC(t *testing.T) {
	x := matrix(1, 0, 1, 10, 11)
	one := &Clustering{Labels: []int32{0, 0, 0, 0}, K: 1, Centers: [][]float64{{5.5}}}
	two := &Clustering{Labels: []int32{0, 0, 1, 1}, K: 2, Centers: [][]float64{{0.5}, {10.5}}}
	want1 := -2*math.Log(2*math.Pi*101/3) - 1.5 - math.Log(4)
	want2 := 4*math.Log(0.5) - 2*math.Log(math.Pi) - 1 - 2*math.Log(4)
	if got := xmeansBIC(x, one); math.Abs(got-want1) > 1e-12 {
		t.Errorf("one cluster: %v, want %v", got, want1)
	}
	if got := xmeansBIC(x, two); math.Abs(got-want2) > 1e-12 {
		t.Errorf("two clusters: %v, want %v", got, want2)
	}
	if want2 <= want1 {
		t.Error("two pairs are not better than one cluster")
	}
}
