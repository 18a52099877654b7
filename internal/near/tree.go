package near

import (
	"math"
	"math/bits"
	"sync"

	"github.com/mores-lab/mores/internal/kernel"
)

// leafSize is how many points a leaf holds: all leaves but the last are full, so that
// place p of the tree order is lane p%leafSize of leaf p/leafSize.
const leafSize = kernel.LeafLanes

// Tree is a kd-tree over n points. Points are stored leaf by leaf and in a leaf column by
// column, a point a lane (kernel.LeafLanes). It is read-only after New, for any number of
// goroutines.
type Tree struct {
	n, d  int
	x     []float64 // the caller's rows, for Point
	lanes []float64 // a leaf is leafSize·d numbers; lanes of no point are NaN
	index []int32   // tree order → number of the point
	nodes []node    // nodes[0] is the root
	boxes []float64 // per node d lower then d upper bounds
	side  []uint8   // per node the column it is divided by, modulo 256
}

// node covers points lo..hi of the tree order; lo is a multiple of leafSize, and so is hi
// unless it is n. Its left child is the next node.
type node struct {
	lo, hi int32
	right  int32 // 0 = leaf
	first  int32 // the smallest number among its points
}

// New builds the tree over len(x)/d row-major points, splitting the widest side of each
// box near its median, where the left part fills its leaves. It keeps x, which must not
// change afterwards. The result does not depend on workers (0 = one). Cost
// O(n·(d + log n)) coordinates read; memory d·8+4 bytes a point and 2·d·8+17 bytes a node,
// of which there are two a leaf.
func New(x []float64, d, workers int) *Tree {
	n := len(x) / d
	t := &Tree{n: n, d: d, x: x, index: make([]int32, n)}
	if n == 0 {
		return t
	}
	count := nodeCount(n)
	t.lanes = kernel.Aligned64((n + leafSize - 1) / leafSize * leafSize * d)
	t.nodes = make([]node, count)
	t.boxes = make([]float64, count*2*d)
	t.side = make([]uint8, count)
	b := &builder{t: t, d: d, rows: t.lanes[:n*d], index: t.index}
	b.copy(x, workers)
	b.build(0, 0, n, workers)
	return t
}

// nodeCount is the number of nodes over n points: there is one node fewer inside than
// there are leaves.
func nodeCount(n int) int { return 2*((n+leafSize-1)/leafSize) - 1 }

// half is how many of n > leafSize points go to the left child: full leaves.
func half(n int) int { return ((n+leafSize-1)/leafSize + 1) / 2 * leafSize }

// Len returns the number of points.
func (t *Tree) Len() int { return t.n }

// Index returns the numbers of the points in tree order, in which neighbours lie
// close to each other: a view.
func (t *Tree) Index() []int32 { return t.index }

// Point returns the point at place p of the tree order: a view of New's x.
func (t *Tree) Point(p int) []float64 {
	i := int(t.index[p])
	return t.x[i*t.d : (i+1)*t.d : (i+1)*t.d]
}

// gather copies the point at place p to q: where places are met in order it is faster
// than Point, which jumps about in x.
func (t *Tree) gather(p int, q []float64) {
	lane := t.leaf(p)[p%leafSize:]
	for j := range q {
		q[j] = lane[j*leafSize]
	}
}

// leaf returns the leaf that holds place p, as the kernels want it.
func (t *Tree) leaf(p int) []float64 {
	size := leafSize * t.d
	at := p / leafSize * size
	return t.lanes[at : at+size : at+size]
}

// leaves returns the number of leaves.
func (t *Tree) leaves() int { return (t.n + leafSize - 1) / leafSize }

// box returns the bounds of node at: d lower, then d upper ones.
func (t *Tree) box(at int) []float64 {
	size := 2 * t.d
	return t.boxes[at*size : (at+1)*size : (at+1)*size]
}

// ordered returns the bits of v: integers that compare as numbers do where one of them is
// not below 0. Their maximum is one instruction; that of floats, or a branch that nobody
// can predict, takes a third of a search's time.
func ordered(v float64) int64 { return int64(math.Float64bits(v)) }

// minSq is the squared distance from q to the box of node at, 0 inside it. Distances to
// points are Sq64's. Each rounding there and here is monotone, the sum runs in the same
// order with the same fused multiply-adds, and each term here is at most the point's: so
// it is never above the computed distance to a point of the box.
func (t *Tree) minSq(q []float64, at int) float64 {
	d := len(q)
	box := t.boxes[at*2*d : at*2*d+2*d]
	low, high := box[:d], box[d:2*d]
	s := 0.0
	for j, v := range q {
		g := math.Float64frombits(uint64(max(ordered(low[j]-v), ordered(v-high[j]), 0)))
		s = math.FMA(g, g, s)
	}
	return s
}

// maxSq is the squared distance from q to the farthest corner of the box, by the same
// argument never below the computed distance to a point of the box.
func (t *Tree) maxSq(q []float64, at int) float64 {
	d := len(q)
	box := t.boxes[at*2*d : at*2*d+2*d]
	low, high := box[:d], box[d:2*d]
	s := 0.0
	for j, v := range q {
		g := math.Float64frombits(uint64(max(ordered(v-low[j]), ordered(high[j]-v))))
		s = math.FMA(g, g, s)
	}
	return s
}

// Nearest returns the number of the point nearest to q (ties to the smallest number)
// and its squared distance, leaving out point except (−1 = none). It returns −1 and
// +Inf where there is no point.
func (t *Tree) Nearest(q []float64, except int) (int, float64) {
	if len(t.nodes) == 0 {
		return -1, math.Inf(1)
	}
	s := nearest{t: t, q: q, except: int32(except), at: -1, best: math.Inf(1)}
	s.visit(0, t.minSq(q, 0))
	return int(s.at), s.best
}

type nearest struct {
	t      *Tree
	q      []float64
	except int32
	at     int32
	best   float64
	sq     [leafSize]float64
}

func (s *nearest) visit(at int, dist float64) {
	t := s.t
	nd := &t.nodes[at]
	if dist > s.best || dist == s.best && s.at >= 0 && nd.first >= s.at {
		return
	}
	if nd.right == 0 {
		for m := kernel.LeafSquares(s.q, t.leaf(int(nd.lo)), s.best, &s.sq); m != 0; m &= m - 1 {
			l := bits.TrailingZeros64(m)
			v, i := s.sq[l], t.index[int(nd.lo)+l]
			if (v < s.best || v == s.best && (i < s.at || s.at < 0)) && i != s.except {
				s.best, s.at = v, i
			}
		}
		return
	}
	l, r := at+1, int(nd.right)
	a, b := t.minSq(s.q, l), t.minSq(s.q, r)
	if b < a {
		l, r, a, b = r, l, b, a
	}
	s.visit(l, a)
	s.visit(r, b)
}

// First returns the smallest number among the points whose squared distance from q is
// at most limit, and that distance; −1 and +Inf where there is none.
func (t *Tree) First(q []float64, limit float64) (int, float64) {
	s := first{t: t, q: q, limit: limit, at: math.MaxInt32, best: math.Inf(1)}
	if len(t.nodes) > 0 {
		s.visit(0)
	}
	if s.at == math.MaxInt32 {
		return -1, s.best
	}
	return int(s.at), s.best
}

type first struct {
	t           *Tree
	q           []float64
	limit, best float64
	at          int32
	sq          [leafSize]float64
}

func (s *first) visit(at int) {
	t := s.t
	nd := &t.nodes[at]
	if nd.first >= s.at || t.minSq(s.q, at) > s.limit {
		return
	}
	if nd.right == 0 {
		for m := kernel.LeafSquares(s.q, t.leaf(int(nd.lo)), s.limit, &s.sq); m != 0; m &= m - 1 {
			l := bits.TrailingZeros64(m)
			if i := t.index[int(nd.lo)+l]; i < s.at {
				s.at, s.best = i, s.sq[l]
			}
		}
		return
	}
	l, r := at+1, int(nd.right)
	if t.nodes[r].first < t.nodes[l].first {
		l, r = r, l
	}
	s.visit(l)
	s.visit(r)
}

// spread runs do(lo, hi) over pieces of 0..n on up to workers goroutines.
func spread(n, workers int, do func(lo, hi int)) {
	workers = max(1, min(workers, n>>12))
	var wg sync.WaitGroup
	for w := 1; w < workers; w++ {
		wg.Go(func() { do(n*w/workers, n*(w+1)/workers) })
	}
	do(0, n/workers)
	wg.Wait()
}
