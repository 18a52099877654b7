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
		key = x.Hash()
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
	// up[i] is the next row towards the root of i's set, or −size at the root; node is,
	// at a root, the node of the tree that its set is.
	up, node := make([]int32, n), make([]int32, n)
	for i := range up {
		up[i], node[i] = -1, int32(i)
	}
	for i := range m {
		a, b := spanningRoot(up, s.A[i]), spanningRoot(up, s.B[i])
		u, v := node[a], node[b]
		if u > v {
			u, v = v, u
		}
		t.A[i], t.B[i] = u, v
		if up[a] > up[b] {
			a, b = b, a
		}
		up[a] += up[b]
		up[b] = a
		node[a] = int32(n + i)
		t.Size[i] = -up[a]
	}
	return t
}

// spanningRoot finds the root of i's set and halves the path to it.
func spanningRoot(up []int32, i int32) int32 {
	for {
		p := up[i]
		if p < 0 {
			return i
		}
		g := up[p]
		if g < 0 {
			return p
		}
		up[i] = g
		i = g
	}
}
