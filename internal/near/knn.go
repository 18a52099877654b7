package near

import (
	"math"
	"math/bits"

	"github.com/mores-lab/mores/internal/kernel"
)

// KNearest writes the numbers of the len(index) points nearest to q and their squared
// distances, nearest first (ties: smallest number first), leaving out point except
// (−1 = none). Where there are fewer points, the rest is −1 and +Inf.
func (t *Tree) KNearest(q []float64, except int, index []int32, sq []float64) {
	for i := range index {
		index[i], sq[i] = -1, math.Inf(1)
	}
	if len(t.nodes) == 0 || len(index) == 0 {
		return
	}
	s := knearest{t: t, q: q, except: int32(except), index: index, sq: sq}
	s.visit(0, t.minSq(q, 0))
}

// knearest keeps its list sorted: for the ten or twenty neighbours of a graph moving
// the tail is cheaper than a heap.
type knearest struct {
	t      *Tree
	q      []float64
	except int32
	index  []int32
	sq     []float64
	found  [leafSize]float64
}

func (s *knearest) visit(at int, dist float64) {
	last := len(s.sq) - 1
	t := s.t
	nd := &t.nodes[at]
	if dist > s.sq[last] || dist == s.sq[last] && s.index[last] >= 0 && nd.first > s.index[last] {
		return
	}
	if nd.right == 0 {
		for m := kernel.LeafSquares(s.q, t.leaf(int(nd.lo)), s.sq[last], &s.found); m != 0; m &= m - 1 {
			l := bits.TrailingZeros64(m)
			if i := t.index[int(nd.lo)+l]; i != s.except {
				kernel.Insert(s.sq, s.index, s.found[l], i)
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
