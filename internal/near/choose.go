package near

import (
	"context"
	"fmt"
)

// Below chooseColumns columns, or chooseRows points, the tree is taken unseen; otherwise
// the points of chooseLeaves leaves are asked first.
const (
	chooseColumns = 8
	chooseRows    = 2000
	chooseLeaves  = 8
)

// chooseBelow is the share of all distances below which the tree is taken: those by
// brute force cost between a third and a half of the tree's, since they are screened in
// float32.
const chooseBelow = 0.4

// choice is how neighbours are found, and why in one line.
type choice struct {
	brute bool
	how   string
}

// choose asks the points of a few leaves, evenly spaced, for their k nearest others and
// counts the distances that takes: a decision by work and not by time, so that it is
// always the same.
func (t *Tree) choose(ctx context.Context, k int) (choice, error) {
	switch {
	case t.d < chooseColumns:
		return choice{how: fmt.Sprintf("kd-tree: %d columns", t.d)}, ctx.Err()
	case t.n < chooseRows:
		return choice{how: fmt.Sprintf("kd-tree: %d points", t.n)}, ctx.Err()
	}
	w := t.newPacket(ctx, k)
	asked := 0
	count := t.leaves()
	for i := range chooseLeaves {
		leaf := (2*i + 1) * count / (2 * chooseLeaves)
		if !w.run(leaf) {
			return choice{}, ctx.Err()
		}
		asked += w.m
	}
	share := float64(w.scanned) / (float64(asked) * float64(t.n))
	how := fmt.Sprintf("a sample of %d points met %.1f %% of the others in the kd-tree", asked, 100*min(share, 1))
	if share < chooseBelow {
		return choice{how: "kd-tree: " + how}, nil
	}
	return choice{true, fmt.Sprintf("brute force: %s, which pays below %.0f %%", how, 100*chooseBelow)}, nil
}

// each is eachKNN by the tree or by brute force, whichever a sample says is faster; both
// give the same bits. It returns what was chosen and why.
func (t *Tree) each(ctx context.Context, k, workers int, emit func(p int, index []int32, sq []float64)) (how string, err error) {
	if k < 1 || t.n == 0 {
		return "nothing to find", ctx.Err()
	}
	c, err := t.choose(ctx, k)
	if err != nil {
		return "", err
	}
	if c.brute {
		if s := t.newScreen(workers); s != nil {
			return c.how, t.eachBrute(ctx, s, k, workers, emit)
		}
		c.how = "kd-tree: squares of the coordinates leave the range of float64"
	}
	return c.how, t.eachKNN(ctx, k, workers, emit)
}
