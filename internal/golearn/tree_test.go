package golearn

import (
	"math"
	"strings"
	"testing"
)

// with puts another tree in golearn's place.
func with(t *testing.T, f func([][]float64, []bool, int) (*node, error)) {
	old := grow
	grow = f
	t.Cleanup(func() { grow = old })
}

func TestPanicsAndNonsenseAreReasons(t *testing.T) {
	x, labels := blobs(400, 4, 2)
	deep := func(n int) *node {
		var out *node
		for range n {
			out = &node{threshold: 0.5, left: out}
		}
		return out
	}
	for name, c := range map[string]struct {
		tree *node
		want string
	}{
		"no such feature": {&node{feature: 99, threshold: 0.5}, "makes no sense"},
		"negative":        {&node{feature: -1, threshold: 0.5}, "makes no sense"},
		"beyond the bins": {&node{threshold: 40}, "makes no sense"},
		"not a number":    {&node{threshold: math.NaN()}, "makes no sense"},
		"too deep":        {deep(4), "makes no sense"},
		"no split":        {nil, "found nothing"},
	} {
		with(t, func([][]float64, []bool, int) (*node, error) { return c.tree, nil })
		for _, r := range mustRules(t, x, 4, labels, 2, Options{}) {
			if !strings.Contains(r.Reason, c.want) || r.Conditions != nil {
				t.Errorf("%s: %+v, want a reason with %q", name, r, c.want)
			}
		}
	}
	// golearn itself panics on a grid of no rows and on ragged ones.
	with(t, func(codes [][]float64, own []bool, depth int) (*node, error) {
		codes[len(codes)-1] = append(codes[len(codes)-1], 1)
		return growCART(codes, own, depth)
	})
	for _, r := range mustRules(t, x, 4, labels, 2, Options{}) {
		if !strings.Contains(r.Reason, "golearn could not grow the tree") {
			t.Errorf("%+v after a panic, want it as the reason", r)
		}
	}
}

// TestTreeByHand: the only perfect first cut is feature 1 below 2, by counting.
func TestTreeByHand(t *testing.T) {
	codes := [][]float64{{0, 0}, {1, 1}, {2, 1}, {0, 2}, {1, 3}, {2, 3}}
	own := []bool{true, true, true, false, false, false}
	root, err := guarded(codes, own, 3)
	if err != nil || root == nil || root.feature != 1 || root.threshold != 1.5 || root.left != nil || root.right != nil {
		t.Errorf("tree %+v, error %v; want one split of feature 1 at 1.5", root, err)
	}
	// Equal rows of different labels end; golearn's ID3 would not.
	for i := range codes {
		codes[i] = []float64{1, 1}
	}
	if root, err := guarded(codes, own, 3); root != nil || err != nil {
		t.Errorf("equal rows: %+v, %v; want no tree", root, err)
	}
}
