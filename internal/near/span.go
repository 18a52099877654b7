package near

import (
	"context"
	"math"
)

// Spanning is the minimum spanning tree of the points under mutual reachability distance
//
//	max(core(a), core(b), ‖a−b‖),
//
// Euclidean where MinSamples ≤ 1 (at 2 it is the same tree). Where edges are equally long
// the one between nearer points goes first, then the one with the smaller A, then with the
// smaller B: the tree is unique.
type Spanning struct {
	N          int
	MinSamples int       // at most N; it counts the point itself, as in scikit-learn
	A, B       []int32   // N−1 edges, A < B, in ascending (Length, A, B)
	Length     []float64 // distances, not squared
	Core       []float64 // per point the distance to its (MinSamples−1)-th other point; nil where MinSamples ≤ 1
	How        string    // what was used and why, one line for warnings
}

// spanEdge is an edge with what orders it: squared mutual reachability and squared
// Euclidean distance.
type spanEdge struct {
	s, sq float64
	a, b  int32
}

// less is the order in which edges are preferred.
func (e spanEdge) less(f spanEdge) bool {
	if e.s != f.s {
		return e.s < f.s
	}
	if e.sq != f.sq {
		return e.sq < f.sq
	}
	return e.a < f.a || e.a == f.a && e.b < f.b
}

// spanning puts the edges in order; core holds squared distances or is nil.
func spanning(n, minSamples int, edges []spanEdge, core []float64, how string, workers int) *Spanning {
	s := &Spanning{N: n, MinSamples: minSamples, How: how}
	s.A, s.B, s.Length = make([]int32, len(edges)), make([]int32, len(edges)), make([]float64, len(edges))
	for i := range edges {
		edges[i].s = math.Sqrt(edges[i].s)
	}
	for i, e := range spanSort(edges, workers) {
		s.A[i], s.B[i], s.Length[i] = e.a, e.b, e.s
	}
	if core != nil {
		s.Core = make([]float64, n)
		for i, v := range core {
			s.Core[i] = math.Sqrt(v)
		}
	}
	return s
}

// Span returns the minimum spanning tree of the points of t; minSamples beyond their
// number counts as their number. It looks at ctx at least every 2²² distances.
func Span(ctx context.Context, t *Tree, minSamples, workers int) (*Spanning, error) {
	minSamples = max(1, min(minSamples, t.n))
	if t.crowded() {
		if s, err := spanTwins(ctx, t, minSamples, workers); s != nil || err != nil {
			return s, err
		}
	}
	r := newSpanRun(ctx, t, workers)
	if err := r.neighbours(minSamples); err != nil {
		return nil, err
	}
	if err := r.boruvka(); err != nil {
		return nil, err
	}
	return spanning(t.n, minSamples, r.edges, r.cores, r.how, workers), nil
}
