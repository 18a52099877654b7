package cluster

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// hierarchicalRun is the state of one tree. Clusters live in places 0..m−1, in the
// order of their ids; dead places are squeezed out from time to time.
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

// hierarchicalChunk is how many additions make a chunk worth sending to another
// goroutine: about 15 µs, several times the cost of waking it.
const hierarchicalChunk = 1 << 14

// scan looks for the least of m places in chunks, each place costing cost additions;
// the chunks' answers are compared in order, so ties go to the first place whatever
// the number of workers.
func (r *hierarchicalRun) scan(m, cost int, best float64, at int, look func(lo, hi int, best float64, at int) (float64, int)) (float64, int) {
	chunks := min(16, m*cost/hierarchicalChunk)
	if chunks < 2 || len(r.team.wake) == 0 {
		return look(0, m, best, at)
	}
	var value [16]float64
	var place [16]int
	r.team.run(chunks, func(c int) {
		value[c], place[c] = look(m*c/chunks, m*(c+1)/chunks, best, at)
	})
	for c := range chunks {
		if value[c] < best {
			best, at = value[c], place[c]
		}
	}
	return best, at
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

// hierarchicalChain is the nearest-neighbour chain: follow nearest neighbours until two
// are each other's, merge them, go on from what is left of the chain. It finds the
// merges of the greedy algorithm, in another order, for linkages where a union is
// never nearer to a third cluster than both its parts. Order and ties are SciPy's.
type hierarchicalChain struct {
	m     int     // places in use
	dead  int     // of which dead
	id    []int32 // the row that names the cluster at a place
	size  []float64
	chain []int32 // places
	// nearest finds the place nearest to x below best, ties to the first.
	nearest func(x int, best float64, at int) (float64, int)
	between func(x, y int) float64
	merge   func(x, y int, dist float64) // x < y; the union takes place y
	squeeze func()                       // drop the dead places, keeping the order
}

func newHierarchicalChain(n int) *hierarchicalChain {
	c := &hierarchicalChain{m: n, id: make([]int32, n), size: make([]float64, n)}
	for i := range n {
		c.id[i], c.size[i] = int32(i), 1
	}
	return c
}

func (c *hierarchicalChain) build(r *hierarchicalRun, height func(float64) float64) error {
	for range r.n - 1 {
		if len(c.chain) == 0 {
			first := 0
			for c.size[first] == 0 {
				first++
			}
			c.chain = append(c.chain, int32(first))
		}
		var x, y int
		var dist float64
		for {
			if err := r.ctx.Err(); err != nil {
				return err
			}
			x = int(c.chain[len(c.chain)-1])
			best, at := math.Inf(1), -1
			if len(c.chain) > 1 { // prefer the one before: no going round in circles
				at = int(c.chain[len(c.chain)-2])
				best = c.between(x, at)
			}
			dist, y = c.nearest(x, best, at)
			if y < 0 {
				return &DataError{"hierarchical", "distances overflow: values are above 1e150, scale the columns first"}
			}
			if len(c.chain) > 1 && y == at {
				break
			}
			c.chain = append(c.chain, int32(y))
		}
		c.chain = c.chain[:len(c.chain)-2]
		if x > y {
			x, y = y, x
		}
		r.join(c.id[x], c.id[y], height(dist))
		c.merge(x, y, dist)
		c.size[y] += c.size[x]
		c.size[x] = 0
		if c.dead++; c.dead*4 > c.m && c.m > 64 {
			c.compact()
		}
	}
	return nil
}

// compact renumbers the places of the living.
func (c *hierarchicalChain) compact() {
	c.squeeze() // needs the sizes as they are
	to := make([]int32, c.m)
	next := 0
	for i := range c.m {
		to[i] = int32(next)
		if c.size[i] > 0 {
			c.id[next], c.size[next] = c.id[i], c.size[i]
			next++
		}
	}
	for i, p := range c.chain {
		c.chain[i] = to[p]
	}
	c.m, c.dead = next, 0
}
