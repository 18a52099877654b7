package near

import (
	"context"
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

// spanPlain is Span by the algorithm of Jarník and Prim (Bell System Technical Journal 36,
// 1957, 1389) over all pairs: the plain twin of the fast one. Cost O(n²·d).
func spanPlain(ctx context.Context, t *Tree, minSamples int) (*Spanning, error) {
	n := t.Len()
	minSamples = max(1, min(minSamples, n))
	place := make([]int32, n)
	for p, i := range t.Index() {
		place[i] = int32(p)
	}
	point := func(i int) []float64 { return t.Point(int(place[i])) }
	var core []float64
	if minSamples > 1 {
		core = make([]float64, n)
		for i := range n {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			h := newMaxHeap(minSamples - 1)
			for j := range n {
				if j != i {
					h.offer(kernel.Sq64(point(i), point(j)))
				}
			}
			core[i] = h.top()
		}
	}
	best, in := make([]spanEdge, n), make([]bool, n)
	for i := range best {
		best[i] = spanEdge{math.Inf(1), math.Inf(1), math.MaxInt32, math.MaxInt32}
	}
	var edges []spanEdge
	for i := 0; len(edges)+1 < n; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		in[i] = true
		next := -1
		for j := range n {
			if in[j] {
				continue
			}
			e := spanEdge{sq: kernel.Sq64(point(i), point(j)), a: int32(min(i, j)), b: int32(max(i, j))}
			if e.s = e.sq; core != nil {
				e.s = max(e.s, core[i], core[j])
			}
			if e.less(best[j]) {
				best[j] = e
			}
			if next < 0 || best[j].less(best[next]) {
				next = j
			}
		}
		edges = append(edges, best[next])
		i = next
	}
	return spanning(n, minSamples, edges, core, "all pairs", 1), nil
}
