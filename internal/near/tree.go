package near

import (
	"math"
	"sync"

	"github.com/mores-lab/mores/internal/kernel"
)

// leafSize is how many points a leaf holds at most. Smaller leaves prune better,
// larger ones scan faster; 16 to 32 are within 5 % of each other at d = 2 to 8.
const leafSize = 24

// Tree is a kd-tree over n points. Points are stored leaf by leaf, so that a leaf is
// one run of memory. It is read-only after New, for any number of goroutines.
type Tree struct {
	d     int
	pts   []float64 // n×d, in tree order
	index []int32   // tree order → number of the point
	nodes []node    // nodes[0] is the root
	boxes []float64 // per node d lower then d upper bounds
}

// node covers points lo..hi of the tree order. Its left child is the next node.
type node struct {
	lo, hi int32
	right  int32 // 0 = leaf
	first  int32 // the smallest number among its points
}

// New builds the tree over len(x)/d row-major points, splitting the widest side of
// each box at its median. The result does not depend on workers (0 = one).
func New(x []float64, d, workers int) *Tree {
	n := len(x) / d
	t := &Tree{d: d, index: make([]int32, n), pts: make([]float64, n*d)}
	for i := range t.index {
		t.index[i] = int32(i)
	}
	if n == 0 {
		return t
	}
	count := nodeCount(n)
	t.nodes = make([]node, count)
	t.boxes = make([]float64, count*2*d)
	b := &builder{t: t, x: x}
	b.build(0, 0, n, workers)
	return t
}

// nodeCount is the number of nodes over n points: halving fixes it.
func nodeCount(n int) int {
	if n <= leafSize {
		return 1
	}
	return 1 + nodeCount(n/2) + nodeCount(n-n/2)
}

type builder struct {
	t *Tree
	x []float64
}

func (b *builder) build(at, lo, hi, workers int) {
	t, d := b.t, b.t.d
	box := t.boxes[at*2*d : (at+1)*2*d]
	b.bound(box, lo, hi)
	nd := &t.nodes[at]
	nd.lo, nd.hi = int32(lo), int32(hi)
	if hi-lo <= leafSize {
		nd.first = math.MaxInt32
		for p := lo; p < hi; p++ {
			i := t.index[p]
			nd.first = min(nd.first, i)
			copy(t.pts[p*d:p*d+d], b.x[int(i)*d:int(i)*d+d])
		}
		return
	}
	side, width := 0, -1.0
	for j := range d {
		if w := box[d+j] - box[j]; w > width {
			side, width = j, w
		}
	}
	mid := lo + (hi-lo)/2
	b.selectNth(side, lo, hi, mid)
	left, right := at+1, at+1+nodeCount(mid-lo)
	nd.right = int32(right)
	if workers > 1 && hi-lo > 1<<14 {
		var wg sync.WaitGroup
		wg.Go(func() { b.build(left, lo, mid, workers/2) })
		b.build(right, mid, hi, workers-workers/2)
		wg.Wait()
	} else {
		b.build(left, lo, mid, 1)
		b.build(right, mid, hi, 1)
	}
	nd.first = min(t.nodes[left].first, t.nodes[right].first)
}

// bound writes the box of points lo..hi.
func (b *builder) bound(box []float64, lo, hi int) {
	d := b.t.d
	for j := range d {
		box[j], box[d+j] = math.Inf(1), math.Inf(-1)
	}
	low, high := box[:d:d], box[d:2*d:2*d]
	for _, i := range b.t.index[lo:hi] {
		row := b.x[int(i)*d : int(i)*d+d : int(i)*d+d]
		for j, v := range row {
			if v < low[j] {
				low[j] = v
			}
			if v > high[j] {
				high[j] = v
			}
		}
	}
}

// selectNth puts the nth of lo..hi by (coordinate, number) in its place, smaller ones
// before it and larger ones after it (quickselect, median of three).
func (b *builder) selectNth(side, lo, hi, nth int) {
	idx, d := b.t.index, b.t.d
	less := func(i, j int32) bool {
		a, c := b.x[int(i)*d+side], b.x[int(j)*d+side]
		return a < c || a == c && i < j
	}
	hi--
	for lo < hi {
		mid := lo + (hi-lo)/2
		if less(idx[mid], idx[lo]) {
			idx[mid], idx[lo] = idx[lo], idx[mid]
		}
		if less(idx[hi], idx[lo]) {
			idx[hi], idx[lo] = idx[lo], idx[hi]
		}
		if less(idx[hi], idx[mid]) {
			idx[hi], idx[mid] = idx[mid], idx[hi]
		}
		pivot := idx[mid]
		i, j := lo, hi
		for i <= j {
			for less(idx[i], pivot) {
				i++
			}
			for less(pivot, idx[j]) {
				j--
			}
			if i <= j {
				idx[i], idx[j] = idx[j], idx[i]
				i++
				j--
			}
		}
		switch {
		case nth <= j:
			hi = j
		case nth >= i:
			lo = i
		default:
			return
		}
	}
}

// Len returns the number of points.
func (t *Tree) Len() int { return len(t.index) }

// Index returns the numbers of the points in tree order, in which neighbours lie
// close to each other: a view.
func (t *Tree) Index() []int32 { return t.index }

// Point returns the point at place p of the tree order: a view.
func (t *Tree) Point(p int) []float64 { return t.pts[p*t.d : (p+1)*t.d : (p+1)*t.d] }

// minSq is the squared distance from q to the box of node at, 0 inside it. Rounding
// is monotone in each coordinate and the sum runs in the points' order, so it is
// never above the computed distance to a point of the box.
func (t *Tree) minSq(q []float64, at int) float64 {
	d := len(q)
	low := t.boxes[at*2*d : at*2*d+d : at*2*d+d]
	high := t.boxes[at*2*d+d : at*2*d+2*d : at*2*d+2*d]
	s := 0.0
	for j, v := range q {
		var e float64
		if v < low[j] {
			e = low[j] - v
		} else if v > high[j] {
			e = v - high[j]
		} else {
			continue
		}
		s += e * e
	}
	return s
}

// maxSq is the squared distance from q to the farthest corner of the box.
func (t *Tree) maxSq(q []float64, at int) float64 {
	d := len(q)
	low := t.boxes[at*2*d : at*2*d+d : at*2*d+d]
	high := t.boxes[at*2*d+d : at*2*d+2*d : at*2*d+2*d]
	s := 0.0
	for j, v := range q {
		e := max(v-low[j], high[j]-v)
		s += e * e
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
}

func (s *nearest) visit(at int, dist float64) {
	t := s.t
	nd := &t.nodes[at]
	if dist > s.best || dist == s.best && s.at >= 0 && nd.first >= s.at {
		return
	}
	if nd.right == 0 {
		d := t.d
		for p := int(nd.lo); p < int(nd.hi); p++ {
			v := kernel.SqBelow(s.q, t.pts[p*d:p*d+d], s.best)
			i := t.index[p]
			if (v < s.best || v == s.best && i < s.at) && i != s.except {
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
	s := first{t: t, q: q, limit: limit, at: math.MaxInt32, sq: math.Inf(1)}
	if len(t.nodes) > 0 {
		s.visit(0)
	}
	if s.at == math.MaxInt32 {
		return -1, s.sq
	}
	return int(s.at), s.sq
}

type first struct {
	t         *Tree
	q         []float64
	limit, sq float64
	at        int32
}

func (s *first) visit(at int) {
	t := s.t
	nd := &t.nodes[at]
	if nd.first >= s.at || t.minSq(s.q, at) > s.limit {
		return
	}
	if nd.right == 0 {
		for p := int(nd.lo); p < int(nd.hi); p++ {
			if i := t.index[p]; i < s.at {
				if v := kernel.SqBelow(s.q, t.Point(p), s.limit); v <= s.limit {
					s.at, s.sq = i, v
				}
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
