package cluster

import (
	"slices"
	"testing"
)

// By hand: leaves 0 1 at 1, leaves 2 3 at 2, both at 5.
func TestTreeCuts(t *testing.T) {
	tree := &Tree{N: 4, A: []int32{0, 2, 4}, B: []int32{1, 3, 5}, Height: []float64{1, 2, 5}, Size: []int32{2, 2, 4}}
	for h, want := range map[float64][]int32{0.5: {0, 1, 2, 3}, 1: {0, 0, 1, 2}, 2: {0, 0, 1, 1}, 4.9: {0, 0, 1, 1}, 5: {0, 0, 0, 0}} {
		got := tree.CutHeight(h)
		if Canonical(got); !slices.Equal(got, want) {
			t.Errorf("height %g: %v, want %v", h, got, want)
		}
	}
	for k, want := range map[int][]int32{1: {0, 0, 0, 0}, 2: {0, 0, 1, 1}, 3: {0, 0, 1, 2}, 4: {0, 1, 2, 3}} {
		got := tree.CutK(k)
		if Canonical(got); !slices.Equal(got, want) {
			t.Errorf("k = %d: %v, want %v", k, got, want)
		}
	}
	if want := []float64{0, 1, 1, 2, 2, 3, 2, 2, 4, 5, 5, 4}; !slices.Equal(tree.Z(), want) {
		t.Errorf("Z = %v", tree.Z())
	}
}
