package cluster

import (
	"context"
	"fmt"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/near"
)

// sharedSpanning returns the spanning tree of the rows of x under mutual reachability
// distance, Euclidean where minSamples ≤ 1, from Run.Shared where it is there.
func sharedSpanning(ctx context.Context, x *features.Matrix, run Run, minSamples int) (*near.Spanning, error) {
	key := ""
	if run.Shared != nil {
		key = run.Shared.hash(x)
	}
	return keyedSpanning(ctx, x, run, minSamples, key)
}

// keyedSpanning is sharedSpanning for a caller that knows the hash of x.
func keyedSpanning(ctx context.Context, x *features.Matrix, run Run, minSamples int, hash string) (*near.Spanning, error) {
	minSamples = max(1, minSamples)
	v, err := run.Shared.Get(fmt.Sprintf("mst|%d|%s", minSamples, hash), func() (any, int64, error) {
		t, err := sharedTree(x, run)
		if err != nil {
			return nil, 0, err
		}
		s, err := near.Span(ctx, t, minSamples, run.workers())
		if err != nil {
			return nil, 0, err
		}
		return s, int64(16*len(s.Length) + 8*len(s.Core)), nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*near.Spanning), nil
}

// spanningTree returns the single-linkage dendrogram of a spanning tree: its edges in
// order are the merges. Linear but for the union-find (inverse Ackermann).
func spanningTree(s *near.Spanning) *Tree {
	n, m := s.N, s.N-1
	t := &Tree{N: n, A: make([]int32, m), B: make([]int32, m), Height: make([]float64, m), Size: make([]int32, m)}
	copy(t.Height, s.Length)
	at := make([]spanningSet, n)
	for i := range at {
		at[i] = spanningSet{-1, int32(i)}
	}
	for i := range m {
		a, b := spanningRoot(at, s.A[i]), spanningRoot(at, s.B[i])
		u, v := at[a].node, at[b].node
		if u > v {
			u, v = v, u
		}
		t.A[i], t.B[i] = u, v
		if at[a].up > at[b].up {
			a, b = b, a
		}
		size := at[a].up + at[b].up
		at[a] = spanningSet{size, int32(n + i)}
		at[b].up = a
		t.Size[i] = -size
	}
	return t
}

// spanningSet is a row of the union-find: the next row towards the root of its set, or
// −size at the root, and there the node of the tree that the set is.
type spanningSet struct{ up, node int32 }

// spanningRoot finds the root of i's set and halves the path to it.
func spanningRoot(at []spanningSet, i int32) int32 {
	for {
		p := at[i].up
		if p < 0 {
			return i
		}
		g := at[p].up
		if g < 0 {
			return p
		}
		at[i].up = g
		i = g
	}
}
