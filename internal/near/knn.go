package near

import (
	"math"

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
}

func (s *knearest) visit(at int, dist float64) {
	last := len(s.sq) - 1
	if dist > s.sq[last] {
		return
	}
	t := s.t
	nd := &t.nodes[at]
	if nd.right == 0 {
		for p := int(nd.lo); p < int(nd.hi); p++ {
			i := t.index[p]
			if i == s.except {
				continue
			}
			v := kernel.SqBelow(s.q, t.Point(p), s.sq[last])
			if v > s.sq[last] || v == s.sq[last] && s.index[last] >= 0 && i > s.index[last] {
				continue
			}
			at := last
			for ; at > 0 && (s.sq[at-1] > v || s.sq[at-1] == v && s.index[at-1] > i); at-- {
				s.sq[at], s.index[at] = s.sq[at-1], s.index[at-1]
			}
			s.sq[at], s.index[at] = v, i
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
