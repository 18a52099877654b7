package near

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
)

// spanRun is Borůvka's algorithm on a kd-tree: in each round every component of the
// forest takes the least edge that leaves it. Everything is by place of the tree order, and
// distances are squared.
//
// A point's list of near neighbours answers the first rounds. Later it looks for its nearest
// outsider in the tree, no farther than the shortest edge known to leave its component, and
// remembers what it found or how far it looked: outsiders only get farther.
type spanRun struct {
	t       *Tree
	ctx     context.Context
	workers int

	k      int       // length of the lists
	near   []int32   // k a place: the nearest places, nearest first, then smallest number; −1 = none
	nearSq []float64 // k a place
	core   []float64 // per place, up to whole leaves; 0 where the tree is Euclidean
	mutual bool
	cores  []float64 // by number, what is reported; nil where min_samples is 1
	twins  []int32   // by number how many points lie there; nil = 1 each

	comp     []int32   // per place its component, the smallest place in it; −1 beyond the points
	nodeComp []int32   // per node the component of all its points, −1 = several
	nodeCore []float64 // per node the least core; nil if Euclidean
	parent   []int32   // per node
	split    []float64 // per node a value between its children on its side
	ofLeaf   []int32   // per leaf its node
	units    []int32   // nodes of a few leaves each that cover all
	nodeLow  []float64 // per node of one component: no outsider is within it of any point

	// Only where there are few components:
	size  []int32 // per component its points
	roots []int32 // the components
	large int32   // those of more points take no edge in this round

	// A place's candidate: the best edge to an outsider that it knows. No outsider has a
	// better edge with s < low, and if the candidate has s ≤ low it is the best there is.
	candS, candSq, low []float64
	candTo             []int32   // −1 = none
	head               []uint8   // so many of the list's first places are of its own component
	calm               []bool    // per leaf: one component, no candidates, lists used up
	leafLow            []float64 // per leaf the least low of points whose candidate may not be their best

	limit []uint64 // per component the bits of the least candidate's s
	best  []int32  // per component the place with the least candidate, −1 = none
	union *Union

	how    string
	edges  []spanEdge
	joined atomic.Int64 // so many of them are known
}

func newSpanRun(ctx context.Context, t *Tree, workers int) *spanRun {
	n, slots := t.n, t.leaves()*leafSize
	r := &spanRun{t: t, ctx: ctx, workers: max(1, workers), union: NewUnion(n)}
	r.core = make([]float64, slots)
	r.comp = make([]int32, slots)
	for i := n; i < slots; i++ {
		r.comp[i] = -1
	}
	r.nodeComp = make([]int32, len(t.nodes))
	r.size = make([]int32, n)
	r.candS, r.candSq, r.low = make([]float64, n), make([]float64, n), make([]float64, n)
	r.candTo, r.head = make([]int32, n), make([]uint8, n)
	r.calm, r.leafLow = make([]bool, t.leaves()), make([]float64, t.leaves())
	r.limit, r.best = make([]uint64, n), make([]int32, n)
	r.edges = make([]spanEdge, max(0, n-1))
	r.nodeLow = make([]float64, len(t.nodes))
	for at := range r.nodeComp {
		r.nodeComp[at] = -1
	}
	r.parent, r.split, r.ofLeaf = make([]int32, len(t.nodes)), make([]float64, len(t.nodes)), make([]int32, t.leaves())
	for at := range t.nodes {
		nd := &t.nodes[at]
		if small := nd.hi-nd.lo <= spanUnit; small && (at == 0 || t.nodes[r.parent[at]].hi-t.nodes[r.parent[at]].lo > spanUnit) {
			r.units = append(r.units, int32(at))
		}
		if nd.right == 0 {
			r.ofLeaf[int(nd.lo)/leafSize] = int32(at)
			continue
		}
		r.parent[at+1], r.parent[nd.right] = int32(at), int32(at)
		side := int(t.side[at])
		r.split[at] = t.box(at + 1)[t.d+side]/2 + t.box(int(nd.right))[side]/2
	}
	return r
}

// spanUnit is how many points a goroutine takes at once: enough to pay for the asking,
// few enough to share late rounds, in which one component does all the work.
const spanUnit = 32 * leafSize

// leaves calls do for every leaf.
func (r *spanRun) leaves(do func(worker, leaf int)) error { return r.spread(r.t.leaves(), 32, do) }

// spread calls do for 0, 1, …, count−1, a run of them at a time to each goroutine.
func (r *spanRun) spread(count, run int, do func(worker, i int)) error {
	var next atomic.Int64
	work := func(w int) {
		for r.ctx.Err() == nil {
			lo := int(next.Add(int64(run))) - run
			if lo >= count {
				return
			}
			for i := lo; i < min(lo+run, count); i++ {
				do(w, i)
			}
		}
	}
	var wg sync.WaitGroup
	for w := 1; w < min(r.workers, (count+run-1)/run); w++ {
		wg.Go(func() { work(w) })
	}
	work(0)
	wg.Wait()
	return r.ctx.Err()
}

// places returns the places of a leaf.
func (r *spanRun) places(leaf int) (lo, hi int) {
	return leaf * leafSize, min(r.t.n, (leaf+1)*leafSize)
}

// boruvka joins everything into one tree.
func (r *spanRun) boruvka() error {
	if r.mutual {
		r.leastCores()
	}
	searches := make([]*spanSearch, r.workers)
	for w := range searches {
		searches[w] = newSpanSearch(r)
	}
	for n := r.t.n; r.joined.Load() < int64(n-1); {
		if err := r.components(n - int(r.joined.Load())); err != nil {
			return err
		}
		first := r.joined.Load() == 0 && !r.mutual
		if err := r.leaves(func(_, leaf int) { r.lists(leaf, first) }); err != nil {
			return err
		}
		if !first { // everybody's nearest neighbour is known
			for _, c := range r.roots {
				if r.idle(c) {
					r.limit[c] = 0
				}
			}
			if err := r.spread(len(r.units), 1, func(w, u int) { searches[w].node(int(r.units[u]), 0) }); err != nil {
				return err
			}
			if err := r.leaves(func(_, leaf int) { r.choose(leaf) }); err != nil {
				return err
			}
		}
		if err := r.leaves(func(_, leaf int) { r.join(leaf) }); err != nil {
			return err
		}
		for _, c := range r.roots {
			if r.idle(c) {
				r.limit[c], r.size[c] = math.Float64bits(math.Inf(1)), 0
			}
		}
	}
	return nil
}

// leastCores finds the least core of each node.
func (r *spanRun) leastCores() {
	t := r.t
	r.nodeCore = make([]float64, len(t.nodes))
	for at := len(t.nodes) - 1; at >= 0; at-- {
		nd := &t.nodes[at]
		if nd.right != 0 {
			r.nodeCore[at] = min(r.nodeCore[at+1], r.nodeCore[nd.right])
			continue
		}
		least := math.Inf(1)
		for _, v := range r.core[nd.lo:nd.hi] {
			if v < least {
				least = v
			}
		}
		r.nodeCore[at] = least
	}
}

// spanFew is the number of components below which only the smaller half of them look for
// edges: the others are found by those, and searches cost what points there are in them.
const spanFew = 1 << 12

// idle says that component c takes no edge in this round.
func (r *spanRun) idle(c int32) bool { return r.size[c] > r.large }

// components brings the components of places and nodes up to date; there are count.
func (r *spanRun) components(count int) error {
	t, u := r.t, r.union
	few := count <= spanFew
	r.large, r.roots = math.MaxInt32, r.roots[:0]
	if count == t.n {
		return nil
	}
	err := r.leaves(func(_, leaf int) {
		lo, hi := r.places(leaf)
		comp := r.comp[lo:hi]
		at := r.ofLeaf[leaf]
		if c := r.nodeComp[at]; c >= 0 {
			is := u.Find(c)
			if is != c {
				for i := range comp {
					comp[i] = is
				}
				r.nodeComp[at] = is
			}
			if few {
				atomic.AddInt32(&r.size[is], int32(hi-lo))
			}
			return
		}
		was, is, from := comp[0], u.Find(comp[0]), 0
		whole := true
		for i, c := range comp {
			if c != was {
				next := u.Find(c)
				if was = c; next != is {
					if few {
						atomic.AddInt32(&r.size[is], int32(i-from))
					}
					is, from, whole = next, i, false
				}
			}
			comp[i] = is
		}
		if few {
			atomic.AddInt32(&r.size[is], int32(hi-lo-from))
		}
		if whole {
			r.nodeComp[at] = is
		}
	})
	if err != nil {
		return err
	}
	if few {
		for c, s := range r.size {
			if s > 0 {
				r.roots = append(r.roots, int32(c))
			}
		}
		r.large = int32(t.n / count)
	}
	for at := len(t.nodes) - 1; at >= 0; at-- {
		if right := t.nodes[at].right; right != 0 {
			if r.nodeComp[at] = r.nodeComp[at+1]; r.nodeComp[right] != r.nodeComp[at] {
				r.nodeComp[at] = -1
			}
		}
	}
	return nil
}

// lower lowers the limit of component c to s.
func (r *spanRun) lower(c int32, s float64) {
	bits := math.Float64bits(s) // ordered as numbers are: s ≥ 0
	for p := &r.limit[c]; ; {
		was := atomic.LoadUint64(p)
		if was <= bits || atomic.CompareAndSwapUint64(p, was, bits) {
			return
		}
	}
}

func (r *spanRun) limitOf(c int32) float64 {
	return math.Float64frombits(atomic.LoadUint64(&r.limit[c]))
}

// edge returns p's candidate.
func (r *spanRun) edge(p int32) spanEdge {
	a, b := r.t.index[p], r.t.index[r.candTo[p]]
	return spanEdge{r.candS[p], r.candSq[p], min(a, b), max(a, b)}
}

// choose finds the best of each component's candidates.
func (r *spanRun) choose(leaf int) {
	if r.calm[leaf] {
		return
	}
	lo, hi := r.places(leaf)
	for p := lo; p < hi; p++ {
		c := r.comp[p]
		if r.candTo[p] < 0 || r.candS[p] > math.Float64frombits(r.limit[c]) || r.idle(c) {
			continue
		}
		e := r.edge(int32(p))
		for {
			was := atomic.LoadInt32(&r.best[c])
			if was >= 0 && !e.less(r.edge(was)) || atomic.CompareAndSwapInt32(&r.best[c], was, int32(p)) {
				break
			}
		}
	}
}

// join takes the edges of the components whose first place is in the leaf.
func (r *spanRun) join(leaf int) {
	lo, hi := r.places(leaf)
	if r.calm[leaf] {
		hi = lo + 1 // no other place can be its component's first
	}
	var found [leafSize]spanEdge
	count := 0
	for c := lo; c < hi; c++ {
		p := r.best[c]
		if p < 0 {
			continue
		}
		r.limit[c], r.size[c] = math.Float64bits(math.Inf(1)), 0
		e := r.edge(p)
		other := r.comp[r.candTo[p]]
		if q := r.best[other]; q >= 0 && int(other) < c && r.edge(q) == e {
			continue // the other component has taken it
		}
		found[count] = e
		count++
		r.union.Unite(p, r.candTo[p])
	}
	if count > 0 {
		copy(r.edges[r.joined.Add(int64(count))-int64(count):], found[:count])
	}
}
