package near

import (
	"context"
	"math/bits"
	"sync/atomic"

	"github.com/mores-lab/mores/internal/kernel"
)

// treeLeaves is how many leaves a goroutine takes at a time.
const treeLeaves = 16

// treeRun is one Density of a tree. A leaf of points meets the tree as one: at each node
// only those of its points go on that are near the node's box.
type treeRun struct {
	*Tree
	o      *Density
	limit  float64
	limits [leafSize]float64 // limit in each lane
	core   []uint32          // per leaf, a bit a lane
	w      []float64         // weights in tree order; nil = 1 each
	mass   []float64         // per node; nil = one a point
	first  []int32           // per node its first place that is core, −1 = none
	united []uint32          // per node 1 = its core points are one component; set atomically
	u      *Union            // over places
}

func (t *Tree) newRun(eps float64, o *Density) *treeRun {
	r := &treeRun{Tree: t, o: o, limit: eps * eps, core: make([]uint32, t.leaves())}
	for l := range r.limits {
		r.limits[l] = r.limit
	}
	return r
}

// Density finds the core points and their components within eps. Cost O(n log n) where
// eps is small and columns are few, at worst n²/2 distances three times; memory beyond the
// tree's: 4 bytes a point and 20 a leaf of 32 points.
func (t *Tree) Density(ctx context.Context, eps float64, o *Density) error {
	r := t.newRun(eps, o)
	r.weigh()
	if t.n > 0 {
		r.dense(0)
	}
	if err := r.each(ctx, (*treeScan).count); err != nil {
		return err
	}
	o.report(1)
	r.start()
	if err := r.each(ctx, (*treeScan).connect); err != nil {
		return err
	}
	o.report(2)
	r.number()
	if err := r.each(ctx, (*treeScan).label); err != nil {
		return err
	}
	o.report(3)
	return nil
}

// number writes each core point's component: the least number of its points.
func (r *treeRun) number() {
	parent := r.u.parent
	spread(r.n, r.o.Workers, func(lo, hi int) {
		for p := lo; p < hi; p++ {
			atomic.StoreInt32(&parent[p], r.u.Find(int32(p)))
		}
	})
	// A root is its component's first place: its number comes before the others'.
	least := func(p int) int32 { return r.o.First[r.index[parent[p]]] }
	for p, i := range r.index {
		if !r.isCore(int32(p)) {
			continue
		}
		if root := r.index[parent[p]]; root == i {
			r.o.First[i] = i
		} else {
			r.o.First[root] = min(r.o.First[root], i)
		}
	}
	for p, i := range r.index {
		if r.isCore(int32(p)) {
			r.o.First[i] = least(p)
		}
	}
}

// Borders is the last stage of Density alone: o.Core and, for core points, o.First are
// known.
func (t *Tree) Borders(ctx context.Context, eps float64, o *Density) error {
	r := t.newRun(eps, o)
	for p, i := range t.index {
		if o.Core[i] {
			r.core[p/leafSize] |= 1 << (p % leafSize)
		}
	}
	r.firsts()
	for at := len(t.nodes) - 1; at >= 0; at-- {
		nd, one := &t.nodes[at], true
		if nd.right != 0 {
			a, b := r.first[at+1], r.first[nd.right]
			one = r.whole(at+1) && r.whole(int(nd.right)) && (a < 0 || b < 0 || o.First[t.index[a]] == o.First[t.index[b]])
		} else {
			for p := nd.lo; p < nd.hi && one; p++ {
				one = !r.isCore(p) || o.First[t.index[p]] == o.First[t.index[r.first[at]]]
			}
		}
		if one {
			r.united[at] = 1
		}
	}
	return r.each(ctx, (*treeScan).label)
}

// each calls do for the leaves.
func (r *treeRun) each(ctx context.Context, do func(s *treeScan)) error {
	leaves := r.leaves()
	return gridEach(ctx, r.o.Workers, (leaves+treeLeaves-1)/treeLeaves, func(b int) {
		s := &treeScan{treeRun: r, watch: stopwatch{ctx: ctx, left: stopwatchWork}}
		for l := b * treeLeaves; l < min((b+1)*treeLeaves, leaves) && !s.watch.over; l++ {
			s.lo = l * leafSize
			s.of = s.leaf(s.lo)
			do(s)
		}
	})
}

// weigh sums the weights of the nodes' points.
func (r *treeRun) weigh() {
	if r.o.Weights == nil {
		return
	}
	r.w, r.mass = make([]float64, r.n), make([]float64, len(r.nodes))
	for p, i := range r.index {
		r.w[p] = r.o.Weights[i]
	}
	for at := len(r.nodes) - 1; at >= 0; at-- { // children have larger numbers
		nd := &r.nodes[at]
		if nd.right != 0 {
			r.mass[at] = r.mass[at+1] + r.mass[nd.right]
			continue
		}
		for p := nd.lo; p < nd.hi; p++ {
			r.mass[at] += r.w[p]
		}
	}
}

func (r *treeRun) massOf(at int) float64 {
	if r.mass == nil {
		return float64(r.nodes[at].hi - r.nodes[at].lo)
	}
	return r.mass[at]
}

// tight says that all points of node at are near each other.
func (r *treeRun) tight(at int) bool {
	box := r.box(at)
	return kernel.Sq64(box[:r.d], box[r.d:]) <= r.limit
}

// dense marks the points of tight nodes that are heavy enough.
func (r *treeRun) dense(at int) {
	nd := &r.nodes[at]
	if r.massOf(at) < r.o.Want {
		return // so are the nodes below it
	}
	if r.tight(at) {
		for p := nd.lo; p < nd.hi; p++ {
			r.core[p/leafSize] |= 1 << (p % leafSize)
		}
		return
	}
	if nd.right != 0 {
		r.dense(at + 1)
		r.dense(int(nd.right))
	}
}

// firsts finds each node's first core point.
func (r *treeRun) firsts() {
	r.first, r.united = make([]int32, len(r.nodes)), make([]uint32, len(r.nodes))
	for at := len(r.nodes) - 1; at >= 0; at-- {
		nd := &r.nodes[at]
		r.first[at] = -1
		if nd.right == 0 {
			if c := r.core[nd.lo/leafSize]; c != 0 {
				r.first[at] = nd.lo + int32(bits.TrailingZeros32(c))
			}
		} else if r.first[at] = r.first[at+1]; r.first[at] < 0 {
			r.first[at] = r.first[nd.right]
		}
	}
}

// start begins the union-find, in which the core points of tight nodes are joined.
func (r *treeRun) start() {
	r.firsts()
	r.u = NewUnion(r.n)
	var walk func(at int, tight bool)
	walk = func(at int, tight bool) {
		first := r.first[at]
		if first < 0 {
			r.united[at] = 1
			return
		}
		nd := &r.nodes[at]
		if !tight && r.tight(at) {
			tight = true
			for p := first; p < nd.hi; p++ {
				if r.isCore(p) {
					r.u.parent[p] = first
				}
			}
		}
		if tight {
			r.united[at] = 1
		}
		if nd.right != 0 {
			walk(at+1, tight)
			walk(int(nd.right), tight)
		}
	}
	if r.n > 0 {
		walk(0, false)
	}
}

func (r *treeRun) isCore(p int32) bool { return r.core[p/leafSize]>>(p%leafSize)&1 != 0 }

// whole says whether the core points of node at are known to be one component.
func (r *treeRun) whole(at int) bool { return atomic.LoadUint32(&r.united[at]) != 0 }

// settle notes at a node whether the core points of both its children are one.
func (r *treeRun) settle(at int) {
	a, b := at+1, int(r.nodes[at].right)
	if r.whole(a) && r.whole(b) && (r.first[a] < 0 || r.first[b] < 0 || r.u.Same(r.first[a], r.first[b])) {
		atomic.StoreUint32(&r.united[at], 1)
	}
}
