package near

import (
	"math"
	"math/bits"

	"github.com/mores-lab/mores/internal/kernel"
)

// spanSearch looks for the nearest outsiders of the points of one leaf at a time: they
// lie together, so that a node is met once for all of them, eight a register.
type spanSearch struct {
	r       *spanRun
	q       []float64 // like a leaf, a lane a point that looks
	middle  []float64 // of the leaf's box
	blocks  int
	only    int32 // the component of all that look, −1 = several
	top     float64
	queries kernel.SpanQueries
	lim     [leafSize]float64 // the s beyond which a lane does not look
	place   [leafSize]int32
	n       int

	sq   [leafSize * leafSize]float64
	hits [leafSize]uint64
	work int // distances since the last look at ctx
	stop bool
}

func newSpanSearch(r *spanRun) *spanSearch {
	return &spanSearch{r: r, q: kernel.Aligned64(leafSize * r.t.d), middle: make([]float64, r.t.d)}
}

// spanLook is how many distances are computed at most between two looks at ctx.
const spanLook = 1 << 21

// node searches for the points of node at, none of whose outsiders is within low.
func (w *spanSearch) node(at int, low float64) {
	r := w.r
	if w.stop {
		return
	}
	if c := r.nodeComp[at]; c >= 0 {
		low = max(low, r.nodeLow[at])
		lim := r.limitOf(c)
		if low > lim || r.idle(c) || r.nodeCore != nil && r.nodeCore[at] > lim {
			return
		}
		if w.clear(at, c, lim) {
			r.nodeLow[at] = lim
			return
		}
	}
	if right := r.t.nodes[at].right; right != 0 {
		w.node(at+1, low)
		w.node(int(right), low)
		return
	}
	w.search(int(r.t.nodes[at].lo)/leafSize, low)
}

// clear says that no outsider of component c can be within lim of node at.
func (w *spanSearch) clear(at int, c int32, lim float64) bool {
	r := w.r
	if lim > math.MaxFloat64 {
		return false
	}
	box := r.t.box(at)
	for at != 0 {
		up := int(r.parent[at])
		beside := up + 1
		if at == beside {
			beside = int(r.t.nodes[up].right)
		}
		if w.meets(box, beside, c, lim) {
			return false
		}
		at = up
	}
	return true
}

// meets says that a leaf below node at, not all of component c, is within lim of a box.
func (w *spanSearch) meets(box []float64, at int, c int32, lim float64) bool {
	r := w.r
	if r.nodeComp[at] == c || r.nodeCore != nil && r.nodeCore[at] > lim {
		return false
	}
	other, d := r.t.box(at), r.t.d
	s := 0.0
	for j := range d {
		if e := other[j] - box[d+j]; e > 0 {
			s = math.FMA(e, e, s)
		} else if e := box[j] - other[d+j]; e > 0 {
			s = math.FMA(e, e, s)
		}
	}
	if s > lim {
		return false
	}
	right := int(r.t.nodes[at].right)
	return right == 0 || w.meets(box, at+1, c, lim) || w.meets(box, right, c, lim)
}

// search gives the points of a leaf whose candidates may not be their best, and that
// matter to their component, the best ones.
func (w *spanSearch) search(leaf int, low float64) {
	r, t := w.r, w.r.t
	lo, hi := r.places(leaf)
	if least := r.leafLow[leaf]; least == spanNone || r.nodeComp[r.ofLeaf[leaf]] >= 0 && max(low, least) > r.limitOf(r.comp[lo]) {
		return
	}
	w.n, w.only = 0, -1
	for p := lo; p < hi; p++ {
		c := r.comp[p]
		if r.low[p] < low {
			r.low[p] = low
		}
		if r.candTo[p] >= 0 && r.candS[p] <= r.low[p] {
			continue
		}
		if lim := r.limitOf(c); r.low[p] <= lim && r.core[p] <= lim && !r.idle(c) {
			w.place[w.n], w.queries.Own[w.n], w.lim[w.n] = int32(p), c, lim
			w.n++
		}
	}
	if w.n == 0 {
		return
	}
	at := int(r.ofLeaf[leaf])
	w.gather(leaf, at)
	if !(w.only >= 0 && r.nodeComp[at] == w.only) {
		w.scan(leaf, 1<<w.n-1)
	}
	for at != 0 && !w.stop {
		up := int(r.parent[at])
		if at == up+1 {
			w.visit(int(t.nodes[up].right))
		} else {
			w.visit(up + 1)
		}
		at = up
	}
	if w.stop {
		return
	}
	least := spanNone
	for i := range w.n {
		p := w.place[i]
		found := w.lim[i]
		if r.candTo[p] >= 0 && r.candS[p] <= found {
			found = r.candS[p]
		}
		if found > r.low[p] {
			r.low[p] = found
		}
		if r.candTo[p] >= 0 {
			r.calm[leaf] = false
			if s := r.candS[p]; s > w.lim[i] && s <= r.low[p] {
				r.low[p] = math.Nextafter(s, 0) // others as near may not have been met
			}
		}
	}
	for p := lo; p < hi; p++ {
		if r.candTo[p] < 0 || r.candS[p] > r.low[p] {
			least = leastLow(least, r.low[p])
		}
	}
	r.leafLow[leaf] = least
}

// gather lays out the points that look.
func (w *spanSearch) gather(leaf, at int) {
	r, d := w.r, w.r.t.d
	from := r.t.leaf(leaf * leafSize)
	for i := range w.n {
		lane := int(w.place[i]) % leafSize
		for j := range d {
			w.q[j*leafSize+i] = from[j*leafSize+lane]
		}
	}
	w.blocks = (w.n + 7) / 8
	w.only = w.queries.Own[0]
	w.top = 0
	for i := range w.n {
		w.reach(i)
		if w.queries.Own[i] != w.only {
			w.only = -1
		}
		w.top = max(w.top, w.lim[i])
	}
	for i := w.n; i < 8*w.blocks; i++ {
		w.queries.Far[i], w.queries.Own[i] = -1, -1
	}
	box := r.t.box(at)
	for j := range w.middle {
		w.middle[j] = box[j]/2 + box[d+j]/2
	}
}

// reach sets how far lane i looks. Where its own core makes every edge as long as the
// best it knows, only nearer points are better.
func (w *spanSearch) reach(i int) {
	p, lim := w.place[i], w.lim[i]
	w.queries.Deep[i] = lim
	switch core := w.r.core[p]; {
	case core > lim:
		lim = -1
	case core == lim && w.r.mutual && w.r.candTo[p] >= 0 && w.r.candS[p] == lim:
		lim = w.r.candSq[p]
	}
	w.queries.Far[i] = lim
}

func (w *spanSearch) visit(at int) {
	r, t := w.r, w.r.t
	c := r.nodeComp[at]
	if c >= 0 && c == w.only || r.nodeCore != nil && r.nodeCore[at] > w.top {
		return
	}
	m := kernel.SpanBox(w.q, w.blocks, t.box(at), &w.queries, c)
	if m == 0 {
		return
	}
	nd := &t.nodes[at]
	if nd.right == 0 {
		w.scan(int(nd.lo)/leafSize, m)
		return
	}
	l, u := at+1, int(nd.right)
	if side := int(t.side[at]); side < t.d && w.middle[side] > r.split[at] {
		l, u = u, l
	}
	w.visit(l)
	if !w.stop {
		w.visit(u)
	}
}

// scan compares the lanes of m with the points of a leaf.
func (w *spanSearch) scan(leaf int, m uint64) {
	r, t := w.r, w.r.t
	if w.work += leafSize * bits.OnesCount64(m); w.work > spanLook {
		w.work = 0
		w.stop = r.ctx.Err() != nil
	}
	if w.only >= 0 {
		if lim := r.limitOf(w.only); lim < w.top {
			w.lower(w.only, lim)
		}
	}
	lo := leaf * leafSize
	core, comp := (*[leafSize]float64)(r.core[lo:]), (*[leafSize]int32)(r.comp[lo:])
	for some := kernel.SpanScan(t.d, w.q, m, &w.queries, t.leaf(lo), core, comp, &w.sq, &w.hits); some != 0; some &= some - 1 {
		i := bits.TrailingZeros64(some)
		for h := w.hits[i]; h != 0; h &= h - 1 {
			l := bits.TrailingZeros64(h)
			w.take(i, lo+l, w.sq[i*leafSize+l])
		}
	}
}

// take makes place q at squared distance sq the candidate of lane i if it is better.
func (w *spanSearch) take(i, q int, sq float64) {
	r, p := w.r, w.place[i]
	s := sq
	if v := r.core[p]; v > s {
		s = v
	}
	if v := r.core[q]; v > s {
		s = v
	}
	if s > w.lim[i] {
		return
	}
	if r.candTo[p] >= 0 {
		if s > r.candS[p] || s == r.candS[p] && sq > r.candSq[p] {
			return
		}
		if s == r.candS[p] && sq == r.candSq[p] && r.t.index[q] > r.t.index[r.candTo[p]] {
			return
		}
	}
	r.candS[p], r.candSq[p], r.candTo[p] = s, sq, int32(q)
	c := w.queries.Own[i]
	r.lower(c, s)
	w.lower(c, s)
	w.reach(i)
}

// lower lets the lanes of component c look no farther than s.
func (w *spanSearch) lower(c int32, s float64) {
	if c == w.only {
		w.top = s
	}
	for i, own := range w.queries.Own[:w.n] {
		if own == c && s < w.lim[i] {
			w.lim[i] = s
			w.reach(i)
		}
	}
}
