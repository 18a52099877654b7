package cluster

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/near"
)

// bySpanning reads the partition off the spanning tree: core rows are those with a core
// distance of at most eps, and the edges of at most eps join them. It reports false where
// the tree is not there and not worth its building, or cannot tell.
//
// The tree has distances, DBSCAN compares squares s with e = eps². The root is monotone
// and so is its rounding: √s < √e means s < e, √s > √e means s > e. Where they are equal
// the squares decide. A row of which that holds is counted again. An edge of which it
// holds and whose square is larger is one of several that the tree could have taken, of
// which another may be shorter: then the tree cannot tell.
func (r *dbscanRun) bySpanning(ctx context.Context) (bool, error) {
	if r.opt.MinSamples > r.n || r.opt.Border && !r.run.Shared.has(fmt.Sprintf("mst|%d|%s", r.opt.MinSamples, r.x.Hash())) {
		return false, nil
	}
	tree, err := sharedTree(r.x, r.run)
	if err != nil {
		return false, err
	}
	s, err := sharedSpanning(ctx, r.x, r.run, r.opt.MinSamples)
	if err != nil {
		return false, err
	}
	limit := r.opt.Eps * r.opt.Eps
	most := math.Sqrt(limit)
	if err := r.bySpanningCore(ctx, tree, s.Core, limit, most); err != nil {
		return false, err
	}
	u := near.NewUnion(r.n)
	for e, length := range s.Length {
		if length > most {
			break
		}
		a, b := s.A[e], s.B[e]
		if length == most && !(r.core[a] && r.core[b] && kernel.Sq64(r.x.Row(int(a)), r.x.Row(int(b))) <= limit) {
			return false, nil
		}
		u.Unite(a, b)
	}
	for i := range r.first {
		if r.first[i] = Noise; r.core[i] {
			r.first[i] = u.Find(int32(i)) // roots are the smallest members
		}
	}
	if r.opt.Border {
		err = tree.Borders(ctx, r.opt.Eps, r.density())
	}
	return true, err
}

// bySpanningCore marks the rows with core distances of at most most, the root of limit.
func (r *dbscanRun) bySpanningCore(ctx context.Context, tree *near.Tree, core []float64, limit, most float64) error {
	counter := sync.OnceValue(func() *near.Counter { return tree.NewCounter(nil) })
	return newBlocks(r.n).each(ctx, r.run.workers(), func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			switch {
			case core == nil || core[i] < most:
				r.core[i] = true
			case core[i] == most:
				r.core[i] = counter().AtLeast(r.x.Row(i), limit, float64(r.opt.MinSamples))
			default:
				r.core[i] = false
			}
		}
	})
}
