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
	spread(len(edges), workers, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			edges[i].s = math.Sqrt(edges[i].s)
		}
	})
	edges = spanSort(edges, workers)
	spread(len(edges), workers, func(lo, hi int) {
		for i, e := range edges[lo:hi] {
			s.A[lo+i], s.B[lo+i], s.Length[lo+i] = e.a, e.b, e.s
		}
	})
	if core != nil {
		s.Core = make([]float64, n)
		for i, v := range core {
			s.Core[i] = math.Sqrt(v)
		}
	}
	return s
}

// Span returns the minimum spanning tree of the n points of t, in d columns, under mutual
// reachability distance: n−1 edges (A, B, Length) and, with minSamples > 1, each point's core
// distance. minSamples beyond n counts as n. workers changes nothing but the time.
//
// It is Borůvka's algorithm (1926), one tree asked for the nearest outsiders of all points of
// a leaf together. The first rounds are answered by the lists of nearest neighbours that the
// core distances need; later a point looks no farther than the shortest edge known to leave
// its component, nodes of the component itself are passed over, and how far was looked is
// remembered. Points of one place are taken as one. With many columns nothing is pruned:
// the neighbours are found by brute force (How says so), and few points are left that look.
//
// Cost: with few columns about O(n·log n) distances, with many n², most of them in float32;
// memory about 145 + 12·min(16, max(6, minSamples−1)) bytes a point at the peak,
// and t. It looks at ctx at least every 2²² distances.
//
// W. B. March, P. Ram, A. G. Gray, Fast Euclidean minimum spanning tree, KDD 2010,
// doi:10.1145/1835804.1835882; R. J. G. B. Campello, D. Moulavi, J. Sander, Density-based
// clustering based on hierarchical density estimates, PAKDD 2013,
// doi:10.1007/978-3-642-37456-2_14.
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
