package cluster

import (
	"cmp"
	"context"
	"slices"

	"github.com/mores-lab/mores/features"
)

// hierarchicalRun is the state of one tree.
type hierarchicalRun struct {
	ctx    context.Context
	run    Run
	x      *features.Matrix
	n, d   int
	team   *team
	merges []hierarchicalMerge
}

// hierarchicalMerge joins the clusters that rows a and b are in.
type hierarchicalMerge struct {
	a, b   int32
	height float64
}

func newHierarchicalRun(ctx context.Context, x *features.Matrix, run Run) *hierarchicalRun {
	n, d := x.Dims()
	return &hierarchicalRun{ctx: ctx, run: run, x: x, n: n, d: d, team: newTeam(run.workers()), merges: make([]hierarchicalMerge, 0, n-1)}
}

// join records a merge and now and then reports.
func (r *hierarchicalRun) join(a, b int32, height float64) {
	r.merges = append(r.merges, hierarchicalMerge{a, b, height})
	if m := len(r.merges); m%max(1, r.n/100) == 0 {
		r.run.report(Step{Iter: m, Of: r.n - 1, Objective: height})
	}
}

// sorted makes the tree: merges by height, equal ones in the order found.
func (r *hierarchicalRun) sorted() *Tree {
	slices.SortStableFunc(r.merges, func(a, b hierarchicalMerge) int { return cmp.Compare(a.height, b.height) })
	return r.found()
}

// found makes the tree of the merges in the order found.
func (r *hierarchicalRun) found() *Tree {
	n := r.n
	t := &Tree{N: n, A: make([]int32, n-1), B: make([]int32, n-1), Height: make([]float64, n-1), Size: make([]int32, n-1)}
	parent := make([]int32, 2*n-1)
	for i := range parent {
		parent[i] = int32(i)
	}
	root := func(i int32) int32 {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	size := func(i int32) int32 {
		if int(i) < n {
			return 1
		}
		return t.Size[int(i)-n]
	}
	for i, m := range r.merges {
		a, b := root(m.a), root(m.b)
		t.A[i], t.B[i] = min(a, b), max(a, b)
		t.Height[i], t.Size[i] = m.height, size(a)+size(b)
		parent[a], parent[b] = int32(n+i), int32(n+i)
	}
	return t
}
