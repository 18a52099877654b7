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

// treeScan is a leaf on its way through the tree.
type treeScan struct {
	*treeRun
	lo     int       // its first place
	of     []float64 // its lanes
	active uint64    // lanes that are not done
	one    int32     // a core place, where all core points of the leaf are known to be one component; else −1
	have   [leafSize]float64
	best   [leafSize]int32
	worst  int32 // the largest best of the active lanes
	hits   [leafSize]uint64
	watch  stopwatch
}

// near returns the lanes of mask that are near the box of node at.
func (s *treeScan) near(at int, mask uint64) uint64 {
	return kernel.LeafBox(s.of, s.box(at), &s.limits) & mask
}

// children returns the children of node at, the one to look at first first.
func (s *treeScan) children(at int) (int, int) {
	l, r := at+1, int(s.nodes[at].right)
	if s.lo >= int(s.nodes[r].lo) && s.lo < int(s.nodes[r].hi) {
		return r, l
	}
	if s.lo >= int(s.nodes[l].lo) && s.lo < int(s.nodes[l].hi) {
		return l, r
	}
	side := int(s.side[at])
	if v := s.of[side*leafSize]; v-s.box(l)[s.d+side] > s.box(r)[side]-v {
		return r, l
	}
	return l, r
}

// count finds which of the leaf's points are core.
func (s *treeScan) count() {
	l := s.lo / leafSize
	s.active = uint64(^s.core[l]) & (1<<min(leafSize, s.n-s.lo) - 1)
	if s.active == 0 {
		return
	}
	s.have = [leafSize]float64{}
	before := s.active
	s.counts(0, s.active)
	if s.watch.over {
		return
	}
	s.core[l] |= uint32(before &^ s.active)
}

func (s *treeScan) counts(at int, mask uint64) {
	if mask &= s.active; mask == 0 {
		return
	}
	if mask = s.near(at, mask); mask == 0 {
		return
	}
	nd := &s.nodes[at]
	if nd.right != 0 {
		a, b := s.children(at)
		s.counts(a, mask)
		s.counts(b, mask)
		return
	}
	if !s.watch.spend(leafSize * bits.OnesCount64(mask)) {
		s.active = 0
		return
	}
	mask = kernel.LeafHits(s.d, s.of, s.leaf(int(nd.lo)), mask, &s.limits, &s.hits)
	for ; mask != 0; mask &= mask - 1 {
		l := bits.TrailingZeros64(mask)
		if s.w == nil {
			s.have[l] += float64(bits.OnesCount64(s.hits[l]))
		} else {
			for m := s.hits[l]; m != 0; m &= m - 1 {
				s.have[l] += s.w[int(nd.lo)+bits.TrailingZeros64(m)]
			}
		}
		if s.have[l] >= s.o.Want {
			s.active &^= 1 << l
		}
	}
}

// connect joins the leaf's core points with each other and with those before them.
func (s *treeScan) connect() {
	if core := s.core[s.lo/leafSize]; core != 0 {
		s.one = -1
		s.connects(0, uint64(core))
	}
	s.ascend(0)
}

// ascend settles the nodes above the leaf.
func (s *treeScan) ascend(at int) {
	nd := &s.nodes[at]
	if nd.right == 0 || s.whole(at) {
		return
	}
	if s.lo < int(s.nodes[nd.right].lo) {
		s.ascend(at + 1)
	} else {
		s.ascend(int(nd.right))
	}
	s.settle(at)
}

func (s *treeScan) connects(at int, mask uint64) {
	nd := &s.nodes[at]
	first := s.first[at]
	if first < 0 || int(nd.lo) > s.lo || s.watch.over {
		return
	}
	whole := s.whole(at)
	if int(nd.lo) == s.lo && nd.right == 0 {
		s.connectSelf(at, mask, whole)
		return
	}
	if whole {
		if mask = s.apart(first, mask); mask == 0 {
			return
		}
	}
	if mask = s.near(at, mask); mask == 0 {
		return
	}
	if nd.right != 0 {
		a, b := s.children(at)
		s.connects(a, mask)
		s.connects(b, mask)
		return
	}
	s.watch.spend(leafSize * bits.OnesCount64(mask))
	mask = kernel.LeafHits(s.d, s.of, s.leaf(int(nd.lo)), mask, &s.limits, &s.hits)
	core, met := uint64(s.core[nd.lo/leafSize]), uint64(0)
	for ; mask != 0; mask &= mask - 1 {
		l := bits.TrailingZeros64(mask)
		h := s.hits[l] & core
		switch {
		case h == 0:
		case s.one >= 0:
			met |= h
		case whole:
			s.u.Unite(int32(s.lo+l), first)
		default:
			for ; h != 0; h &= h - 1 {
				s.u.Unite(int32(s.lo+l), nd.lo+int32(bits.TrailingZeros64(h)))
			}
		}
	}
	if met != 0 && whole {
		s.u.Unite(s.one, first)
		return
	}
	for ; met != 0; met &= met - 1 {
		s.u.Unite(s.one, nd.lo+int32(bits.TrailingZeros64(met)))
	}
}

// apart returns the lanes of mask that are not in the component of place p.
func (s *treeScan) apart(p int32, mask uint64) uint64 {
	root := s.u.Find(p)
	if s.one >= 0 {
		if s.u.Find(s.one) == root {
			return 0
		}
		return mask
	}
	for m := mask; m != 0; m &= m - 1 {
		if l := bits.TrailingZeros64(m); s.u.Find(int32(s.lo+l)) == root {
			mask &^= 1 << l
		}
	}
	return mask
}

// connectSelf joins the leaf's core points with each other; the leaf is node at.
func (s *treeScan) connectSelf(at int, core uint64, whole bool) {
	if !whole {
		s.watch.spend(leafSize * leafSize)
		kernel.LeafHits(s.d, s.of, s.of, core, &s.limits, &s.hits)
		for m := core; m != 0; m &= m - 1 {
			l := bits.TrailingZeros64(m)
			for h := s.hits[l] & core & (1<<l - 1); h != 0; h &= h - 1 {
				s.u.Unite(int32(s.lo+l), int32(s.lo+bits.TrailingZeros64(h)))
			}
		}
		if s.apart(s.first[at], core) != 0 {
			return
		}
		atomic.StoreUint32(&s.united[at], 1)
	}
	s.one = s.first[at]
}

// label writes the results of the leaf's points.
func (s *treeScan) label() {
	core := uint64(s.core[s.lo/leafSize])
	s.active = ^core & (1<<min(leafSize, s.n-s.lo) - 1)
	for l := range min(leafSize, s.n-s.lo) {
		s.o.Core[s.index[s.lo+l]] = core>>l&1 != 0
		s.best[l] = none
	}
	s.worst = none
	if s.o.Border && s.active != 0 {
		s.borders(0, s.active)
	}
	for m := s.active; m != 0; m &= m - 1 {
		l := bits.TrailingZeros64(m)
		if s.best[l] == none {
			s.best[l] = -1
		}
		s.o.First[s.index[s.lo+l]] = s.best[l]
	}
}

// none is larger than any point's number.
const none = 1<<31 - 1

func (s *treeScan) borders(at int, mask uint64) {
	first := s.first[at]
	if first < 0 {
		return
	}
	whole := s.united[at] != 0
	value := s.o.First[s.index[first]]
	if whole {
		if value >= s.worst {
			return
		}
		for m := mask; m != 0; m &= m - 1 {
			if l := bits.TrailingZeros64(m); s.best[l] <= value {
				mask &^= 1 << l
			}
		}
	}
	if mask == 0 {
		return
	}
	if mask = s.near(at, mask); mask == 0 {
		return
	}
	nd := &s.nodes[at]
	if nd.right != 0 {
		a, b := s.children(at)
		s.borders(a, mask)
		s.borders(b, mask)
		return
	}
	if !s.watch.spend(leafSize * bits.OnesCount64(mask)) {
		return
	}
	mask = kernel.LeafHits(s.d, s.of, s.leaf(int(nd.lo)), mask, &s.limits, &s.hits)
	core := uint64(s.core[nd.lo/leafSize])
	for ; mask != 0; mask &= mask - 1 {
		l := bits.TrailingZeros64(mask)
		h := s.hits[l] & core
		if h == 0 {
			continue
		}
		if whole {
			s.best[l] = min(s.best[l], value)
			continue
		}
		for ; h != 0; h &= h - 1 {
			s.best[l] = min(s.best[l], s.o.First[s.index[int(nd.lo)+bits.TrailingZeros64(h)]])
		}
	}
	s.worst = 0
	for m := s.active; m != 0; m &= m - 1 {
		s.worst = max(s.worst, s.best[bits.TrailingZeros64(m)])
	}
}
