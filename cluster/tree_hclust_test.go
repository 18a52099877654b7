package cluster

import (
	"slices"
	"strings"
	"testing"
)

// By hand, after R's ?hclust: rows are negative, steps positive, both from 1; in a merge
// rows stand before steps and the smaller number first.
func TestTreeHclust(t *testing.T) {
	tenth := 0.1
	tree := &Tree{N: 5, A: []int32{1, 0, 4, 6}, B: []int32{3, 2, 5, 7}, Height: []float64{1, 1.5, 2, tenth + 0.2}, Size: []int32{2, 2, 3, 5}}
	h := tree.Hclust(nil)
	if want := [][2]int{{-2, -4}, {-1, -3}, {-5, 1}, {2, 3}}; !slices.Equal(h.Merge, want) {
		t.Errorf("merge %v, want %v", h.Merge, want)
	}
	if want := []int{1, 3, 5, 2, 4}; !slices.Equal(h.Order, want) {
		t.Errorf("order %v, want %v", h.Order, want)
	}
	var b strings.Builder
	if err := h.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := "merge1,merge2,height,order\n-2,-4,1,1\n-1,-3,1.5,3\n-5,1,2,5\n2,3,0.30000000000000004,2\n,,,4\n"
	if b.String() != want {
		t.Errorf("%s, want %s", b.String(), want)
	}
}
