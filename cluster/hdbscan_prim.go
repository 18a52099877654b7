package cluster

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/near"
)

// hdbscanSpan is a spanning tree under mutual reachability of distances that no kd-tree
// knows: named or given ones, divided by alpha, or core distances by weight. It takes
// every distance twice: O(n²) of them, memory O(n).
func hdbscanSpan(ctx context.Context, x *features.Matrix, run Run, minSamples int, alpha float64) (*near.Spanning, error) {
	space := run.Space
	if space == nil {
		var err error
		if space, err = NewSpace("euclidean", x); err != nil {
			return nil, err
		}
	}
	n := space.Len()
	s := &near.Spanning{N: n, MinSamples: minSamples}
	if minSamples > 1 {
		s.Core = make([]float64, n)
		err := parallel(ctx, run.workers(), n, func(i int) { s.Core[i] = hdbscanCore(space, i, minSamples, x.Weights) })
		if err != nil {
			return nil, err
		}
	}
	type edge struct {
		a, b   int32
		length float64
	}
	edges := make([]edge, 0, n-1)
	best, from, out := make([]float64, n), make([]int32, n), make([]float64, n)
	rest := seq32(n)[1:]
	for j := range best {
		best[j] = math.Inf(1)
	}
	at := int32(0)
	for len(rest) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows(space, int(at), out)
		next := 0
		for p, j := range rest {
			v := out[j] / alpha
			if s.Core != nil {
				v = max(v, s.Core[at], s.Core[j])
			}
			if v < best[j] {
				best[j], from[j] = v, at
			}
			if v, w := best[j], best[rest[next]]; v < w || v == w && j < rest[next] {
				next = p
			}
		}
		j := rest[next]
		edges = append(edges, edge{min(j, from[j]), max(j, from[j]), best[j]})
		rest[next] = rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		at = j
	}
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.length, b.length), cmp.Compare(a.a, b.a), cmp.Compare(a.b, b.b))
	})
	for _, e := range edges {
		s.A, s.B, s.Length = append(s.A, e.a), append(s.B, e.b), append(s.Length, e.length)
	}
	return s, nil
}

// hdbscanCore is the least radius around point i that holds minSamples points, or their
// weight, i itself counted.
func hdbscanCore(space Space, i, minSamples int, weights []float64) float64 {
	out := make([]float64, space.Len())
	rows(space, i, out)
	if weights == nil {
		slices.Sort(out)
		return out[minSamples-1]
	}
	order := seq32(len(out))
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(out[a], out[b]) })
	have := 0.0
	for _, j := range order {
		if have += weights[j]; have >= float64(minSamples) {
			return out[j]
		}
	}
	return out[order[len(order)-1]] // rounding of the sum
}
