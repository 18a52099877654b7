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

// spanShort and spanLong bound the length of the lists. Where no core distance needs
// more, six neighbours, for 72 bytes a point, answer most of the first three rounds: 10 %
// faster than three. Beyond sixteen the memory costs more than the searches that it spares.
const (
	spanShort = 6
	spanLong  = 16
)

// neighbours fills the lists and the core distances.
func (r *spanRun) neighbours(minSamples int) error {
	t, n, others := r.t, r.t.n, minSamples-1
	k := max(spanShort, min(others, n-1))
	r.k = min(k, spanLong)
	r.mutual = others > 1 // with one neighbour no core exceeds a distance
	r.near, r.nearSq = make([]int32, n*r.k), make([]float64, n*r.k)
	if others > 0 {
		r.cores = make([]float64, n)
	}
	place := make([]int32, n)
	if err := r.leaves(func(_, leaf int) {
		lo, hi := r.places(leaf)
		for p := lo; p < hi; p++ {
			place[t.index[p]] = int32(p)
			r.comp[p], r.candTo[p] = int32(p), -1
			r.limit[p] = math.Float64bits(math.Inf(1))
		}
	}); err != nil {
		return err
	}
	how, err := t.each(r.ctx, k, r.workers, func(p int, index []int32, sq []float64) {
		near := r.near[p*r.k : (p+1)*r.k]
		for j := range near {
			if near[j] = index[j]; near[j] >= 0 {
				near[j] = place[near[j]]
			}
		}
		copy(r.nearSq[p*r.k:(p+1)*r.k], sq)
		if others > 0 {
			i := t.index[p]
			core := 0.0
			if r.twins == nil {
				core = sq[others-1]
			} else if have := int(r.twins[i]) - 1; have < others {
				j := -1
				for have < others {
					j++
					have += int(r.twins[index[j]])
				}
				core = sq[j]
			}
			r.cores[i] = core
			if r.mutual {
				r.core[p] = core
			}
		}
		r.low[p] = max(r.core[p], sq[r.k-1])
	})
	r.how = how
	return err
}

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

// spanNone is the low of a leaf whose points all know their best edges.
const spanNone = -1.0

func leastLow(least, low float64) float64 {
	if low < least || least == spanNone {
		return low
	}
	return least
}

// lists gives the points of a leaf the candidates that their lists hold; in a first round
// these are chosen at once.
func (r *spanRun) lists(leaf int, first bool) {
	lo, hi := r.places(leaf)
	if r.calm[leaf] {
		r.best[lo] = -1
		return
	}
	least, calm := spanNone, true
	for p := lo; p < hi; p++ {
		c := r.comp[p]
		if to := r.candTo[p]; to < 0 || r.comp[to] == c {
			r.candTo[p] = -1
			if int(r.head[p]) < r.k {
				r.list(p, c)
			}
		}
		r.best[p] = -1
		if r.candTo[p] >= 0 {
			calm = false
			if first {
				r.best[p] = int32(p)
				continue
			}
			r.lower(c, r.candS[p])
			if r.candS[p] <= r.low[p] {
				continue
			}
		} else if int(r.head[p]) < r.k || c != r.comp[lo] {
			calm = false
		}
		least = leastLow(least, r.low[p])
	}
	r.leafLow[leaf] = least
	r.calm[leaf] = calm
}

// list makes the best outsider of p's list its candidate.
func (r *spanRun) list(p int, c int32) {
	near, sqs := r.near[p*r.k:(p+1)*r.k], r.nearSq[p*r.k:(p+1)*r.k]
	core := r.core[p]
	h := int(r.head[p])
	for h < r.k && near[h] >= 0 && r.comp[near[h]] == c {
		h++
	}
	if h < r.k && near[h] < 0 { // the list holds everybody
		h = r.k
	}
	r.head[p] = uint8(h)
	bestS, bestSq, to := math.Inf(1), math.Inf(1), int32(-1)
	for ; h < r.k; h++ {
		q := near[h]
		if q < 0 || to >= 0 && sqs[h] > bestS {
			break
		}
		if r.comp[q] == c {
			continue
		}
		s := sqs[h]
		if core > s {
			s = core
		}
		if v := r.core[q]; v > s {
			s = v
		}
		if s < bestS || to < 0 {
			bestS, bestSq, to = s, sqs[h], q
			if s == core || !r.mutual {
				break
			}
		}
	}
	r.candS[p], r.candSq[p], r.candTo[p] = bestS, bestSq, to
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
