package near

import (
	"context"
	"math"
)

// Graph is the k nearest others of each of n points.
type Graph struct {
	K     int
	Index []int32   // n×K: by point, the numbers of its nearest others, nearest first, ties to the smallest; −1 where there are fewer
	Sq    []float64 // n×K: their squared distances, +Inf where there are fewer
	How   string    // kd-tree or brute force, and why, in one line
}

// KNNAll returns the k nearest others of all points, by their number. The bits depend
// neither on workers (0 = one) nor on how they were found. With few columns it costs
// O(n·k·log n) distances, with many up to n²; memory 12·k bytes a point, and by brute
// force 4·d+8 more meanwhile.
func (t *Tree) KNNAll(ctx context.Context, k, workers int) (*Graph, error) {
	g := &Graph{K: k, Index: make([]int32, t.n*k), Sq: make([]float64, t.n*k)}
	var err error
	g.How, err = t.each(ctx, k, workers, func(p int, index []int32, sq []float64) {
		i := int(t.index[p])
		copy(g.Index[i*k:], index)
		copy(g.Sq[i*k:], sq)
	})
	if err != nil {
		return nil, err
	}
	return g, nil
}

// KthAll returns, by number, the squared distance from each point to its k-th nearest
// other point: +Inf where there are fewer, 0 with k < 1. As KNNAll, with memory of 8
// bytes a point.
func (t *Tree) KthAll(ctx context.Context, k, workers int) ([]float64, error) {
	out := make([]float64, t.n)
	if k >= t.n {
		for i := range out {
			out[i] = math.Inf(1)
		}
		return out, ctx.Err()
	}
	_, err := t.each(ctx, k, workers, func(p int, _ []int32, sq []float64) { out[t.index[p]] = sq[k-1] })
	if err != nil {
		return nil, err
	}
	return out, nil
}
