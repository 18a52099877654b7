package cluster

import (
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

// betulaFeature is a clustering feature: weight, mean, sum of squared deviations from the
// mean. Their union is exact and loses no digits (Lang & Schubert 2020, equations 5-7):
//
//	n = nᴬ+nᴮ    μ = μᴬ + nᴮ/n·(μᴮ−μᴬ)    S = Sᴬ + Sᴮ + nᴬnᴮ/n·‖μᴬ−μᴮ‖²
type betulaFeature struct {
	mean []float64
	n, s float64
}

// betulaNode is a node of the tree: up to b features, each of a child or, in a leaf node,
// a leaf of the tree. Means lie by coordinate, as kernel.CFNearest wants them.
type betulaNode struct {
	count       int
	leaf        bool
	slot        int // its place in parent
	parent      *betulaNode
	child       []*betulaNode // nil in leaf nodes
	n, s, mean  []float64
	grown, torn uint64 // when it last got a feature more, and when it was last split
}

// betulaTree is a CF-tree.
type betulaTree struct {
	d, b, places int
	near, absorb *betulaCriterion
	limit        float64 // the square of the threshold
	root         *betulaNode
	leaves       int // features in leaf nodes
	nodes        int
	free         []*betulaNode
	now          uint64 // counts changes of shape
	rebuilt      uint64
	rebuilds     int
	most         int // leaves allowed
	tmp          []float64

	// Scratch of split: b+1 features and the distances between them.
	parts    []betulaFeature
	children []*betulaNode
	flat     []float64
	far      []float64
}

func newBetulaTree(d int, a *BETULA) *betulaTree {
	t := &betulaTree{
		d: d, b: a.BranchingFactor, near: betulaCriteria[a.Distance], absorb: betulaCriteria[a.Absorption],
		limit: a.Threshold * a.Threshold, most: a.MaxLeaves, tmp: make([]float64, d),
	}
	t.places = (t.b + kernel.CFLanes - 1) / kernel.CFLanes * kernel.CFLanes
	size := t.b + 1
	t.parts, t.children = make([]betulaFeature, size), make([]*betulaNode, size)
	t.flat, t.far = make([]float64, size*d), make([]float64, size*size)
	t.root = t.node(true)
	return t
}

// node returns an empty node, from the free ones if there is one.
func (t *betulaTree) node(leaf bool) *betulaNode {
	t.nodes++
	t.now++
	var v *betulaNode
	if k := len(t.free) - 1; k >= 0 {
		v, t.free = t.free[k], t.free[:k]
	} else {
		all := kernel.Aligned64(t.places * (t.d + 2))
		p := t.places
		v = &betulaNode{n: all[:p:p], s: all[p : 2*p : 2*p], mean: all[2*p:]}
	}
	v.leaf, v.parent, v.slot, v.torn = leaf, nil, 0, t.now
	v.truncate(0)
	if !leaf && v.child == nil {
		v.child = make([]*betulaNode, t.b)
	}
	return v
}

func (t *betulaTree) release(v *betulaNode) {
	clear(v.child)
	t.nodes--
	t.free = append(t.free, v)
}

// truncate keeps the first count features.
func (v *betulaNode) truncate(count int) {
	v.count = count
	places := len(v.n)
	for l := count; l < places; l++ {
		v.n[l], v.s[l] = 1, 0
	}
	for j := 0; j < len(v.mean); j += places {
		m := v.mean[j : j+places]
		for l := count; l < places; l++ {
			m[l] = math.Inf(1)
		}
	}
}

// get copies the feature at a place; the mean goes into to.
func (v *betulaNode) get(l int, to []float64) betulaFeature {
	for j := range to {
		to[j] = v.mean[j*len(v.n)+l]
	}
	return betulaFeature{to, v.n[l], v.s[l]}
}

// set writes a feature to a place.
func (v *betulaNode) set(l int, f betulaFeature, child *betulaNode) {
	v.n[l], v.s[l] = f.n, f.s
	for j, m := range f.mean {
		v.mean[j*len(v.n)+l] = m
	}
	if child != nil {
		v.child[l] = child
		child.parent, child.slot = v, l
	}
}

// append adds a feature to a node that is not full.
func (t *betulaTree) append(v *betulaNode, f betulaFeature, child *betulaNode) {
	v.set(v.count, f, child)
	v.count++
	t.now++
	v.grown = t.now
}

// add unites a feature with the one at a place.
func (v *betulaNode) add(l int, f betulaFeature) {
	n := v.n[l]
	share := f.n / (n + f.n)
	places, sq := len(v.n), 0.0
	at := l
	for _, x := range f.mean {
		m := &v.mean[at]
		e := x - *m
		sq = math.FMA(e, e, sq)
		*m = math.FMA(share, e, *m)
		at += places
	}
	v.n[l] = n + f.n
	v.s[l] += f.s + n*share*sq
}

// between returns the squared and the Manhattan distance from f's mean to a place's; the
// latter is computed only where some criterion wants it.
func (t *betulaTree) between(v *betulaNode, l int, f betulaFeature, manhattan bool) (sq, abs float64) {
	places := len(v.n)
	at := l
	for _, x := range f.mean {
		e := x - v.mean[at]
		sq = math.FMA(e, e, sq)
		if manhattan {
			abs += math.Abs(e)
		}
		at += places
	}
	return sq, abs
}

// measure is a criterion between f and the feature at a place.
func (t *betulaTree) measure(c *betulaCriterion, v *betulaNode, l int, f betulaFeature) float64 {
	sq, abs := t.between(v, l, f, c.manhattan)
	return c.of(v.n[l], v.s[l], f.n, f.s, sq, abs)
}

// nearest returns the place nearest to f; ties go to the first.
func (t *betulaTree) nearest(v *betulaNode, f betulaFeature) int {
	if t.near.scan {
		w := f.n
		if t.near.plain {
			w = 0
		}
		at, _ := kernel.CFNearest(f.mean, v.mean, v.n, w)
		return at
	}
	best, at := math.Inf(1), 0
	for l := range v.count {
		if q := t.measure(t.near, v, l, f); q < best {
			best, at = q, l
		}
	}
	return at
}

// descend returns the leaf node and the place that f comes to.
func (t *betulaTree) descend(f betulaFeature) (*betulaNode, int) {
	v := t.root
	for {
		at := t.nearest(v, f)
		if v.leaf {
			return v, at
		}
		v = v.child[at]
	}
}

// insert adds f at a place of a leaf node, or beside it where their union would exceed
// the threshold.
func (t *betulaTree) insert(v *betulaNode, at int, f betulaFeature) {
	if v.count > 0 && t.measure(t.absorb, v, at, f) <= t.limit {
		v.add(at, f)
		t.climb(v, f)
		return
	}
	t.leaves++
	g, child := f, (*betulaNode)(nil)
	for {
		if v.count < t.b {
			t.append(v, g, child)
			t.climb(v, f)
			return
		}
		w := t.split(v, g, child)
		p := v.parent
		if p == nil {
			p = t.node(false)
			t.root = p
			t.append(p, v.total(t.tmp), v)
			t.append(p, w.total(t.tmp), w)
			return
		}
		p.set(v.slot, v.total(t.tmp), v)
		// The new node's feature is added to p next; above p only f is missing.
		g, child, v = w.total(make([]float64, t.d)), w, p
	}
}

// climb adds f to the features of v and of the nodes above it.
func (t *betulaTree) climb(v *betulaNode, f betulaFeature) {
	for p := v.parent; p != nil; v, p = p, p.parent {
		p.add(v.slot, f)
	}
}

// total is the union of a node's features.
func (v *betulaNode) total(to []float64) betulaFeature {
	places := len(v.n)
	clear(to)
	sum := betulaFeature{mean: to}
	for l := range v.count {
		n := sum.n + v.n[l]
		share, sq := v.n[l]/n, 0.0
		for j := range to {
			e := v.mean[j*places+l] - to[j]
			sq = math.FMA(e, e, sq)
			to[j] = math.FMA(share, e, to[j])
		}
		sum.s += v.s[l] + sum.n*share*sq
		sum.n = n
	}
	return sum
}

// split divides a full node and one feature more around the two that are farthest apart;
// a feature goes to the nearer of the two, on a tie to the half with fewer. The second
// half is a new node.
func (t *betulaTree) split(v *betulaNode, extra betulaFeature, child *betulaNode) *betulaNode {
	size := v.count + 1
	fs, children, far := t.parts[:size], t.children[:size], t.far[:size*size]
	for l := range v.count {
		fs[l] = v.get(l, t.flat[l*t.d:(l+1)*t.d:(l+1)*t.d])
		children[l] = nil
		if !v.leaf {
			children[l] = v.child[l]
		}
	}
	fs[size-1], children[size-1] = extra, child
	one, two, most := 0, size-1, math.Inf(-1)
	for i := range size {
		for j := i + 1; j < size; j++ {
			q := t.near.apart(fs[i], fs[j])
			far[i*size+j], far[j*size+i] = q, q
			if q > most {
				one, two, most = i, j, q
			}
		}
	}
	w := t.node(v.leaf)
	v.count = 0
	for i, f := range fs {
		a, b := far[one*size+i], far[two*size+i]
		if i == one || i != two && (a < b || a == b && v.count <= w.count) {
			v.set(v.count, f, children[i])
			v.count++
		} else {
			w.set(w.count, f, children[i])
			w.count++
		}
	}
	v.truncate(v.count)
	if !v.leaf {
		clear(v.child[v.count:])
	}
	t.now++
	v.torn, w.torn = t.now, t.now
	return w
}
