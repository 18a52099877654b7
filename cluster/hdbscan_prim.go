package cluster

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"

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
		if err := hdbscanCores(ctx, space, run.workers(), minSamples, x.Weights, s.Core); err != nil {
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
	s.A, s.B, s.Length = make([]int32, n-1), make([]int32, n-1), make([]float64, n-1)
	for i, e := range edges {
		s.A[i], s.B[i], s.Length[i] = e.a, e.b, e.length
	}
	return s, nil
}

// hdbscanCores writes, for each point, the least radius around it that holds minSamples
// points, or their weight, itself counted.
func hdbscanCores(ctx context.Context, space Space, workers, minSamples int, weights, core []float64) error {
	n := len(core)
	free := sync.Pool{New: func() any { return &hdbscanNear{make([]float64, n), seq32(n)} }}
	return parallel(ctx, workers, n, func(i int) {
		b := free.Get().(*hdbscanNear)
		rows(space, i, b.dist)
		core[i] = b.radius(minSamples, weights)
		free.Put(b)
	})
}

// hdbscanNear is the distances from one point to all, and an order of them.
type hdbscanNear struct {
	dist  []float64
	order []int32
}

func (b *hdbscanNear) radius(minSamples int, weights []float64) float64 {
	if weights == nil {
		slices.Sort(b.dist)
		return b.dist[minSamples-1]
	}
	slices.SortFunc(b.order, func(p, q int32) int { return cmp.Compare(b.dist[p], b.dist[q]) })
	have := 0.0
	for _, j := range b.order {
		if have += weights[j]; have >= float64(minSamples) {
			return b.dist[j]
		}
	}
	return b.dist[b.order[len(b.order)-1]] // rounding of the sum
}
