package near

import (
	"math"
	"math/bits"

	"github.com/mores-lab/mores/internal/kernel"
)

// Priority finds nearest points among those of higher rank: a priority search tree.
// Each node knows the best rank below it (Huang, Yu, Shun, "Faster parallel exact density
// peaks clustering", SIAM ACDA 2023, arXiv 2305.11335). It is read-only, for any number
// of goroutines.
type Priority struct {
	t    *Tree
	rank []int32 // in tree order
	best []int32 // per node: its points' smallest rank
}

// NewPriority ranks point i by rank[i]: smaller is higher.
func (t *Tree) NewPriority(rank []int32) *Priority {
	r := &Priority{t: t, rank: make([]int32, t.n), best: make([]int32, len(t.nodes))}
	for p, i := range t.index {
		r.rank[p] = rank[i]
	}
	for at := len(t.nodes) - 1; at >= 0; at-- { // children have larger numbers
		nd := &t.nodes[at]
		if nd.right != 0 {
			r.best[at] = min(r.best[at+1], r.best[nd.right])
			continue
		}
		r.best[at] = math.MaxInt32
		for p := nd.lo; p < nd.hi; p++ {
			r.best[at] = min(r.best[at], r.rank[p])
		}
	}
	return r
}

// Rank returns the rank of the point at place p of the tree order.
func (r *Priority) Rank(p int) int32 { return r.rank[p] }

// Above returns the number of the point nearest to q among those whose rank is smaller
// than rank, ties to the smallest number, and its squared distance; −1 and +Inf where
// there is none.
func (r *Priority) Above(q []float64, rank int32) (int, float64) {
	s := above{Priority: r, q: q, below: rank, at: -1, sq: math.Inf(1)}
	if r.t.n > 0 {
		s.visit(0, r.t.minSq(q, 0))
	}
	return int(s.at), s.sq
}

type above struct {
	*Priority
	q     []float64
	below int32
	at    int32
	sq    float64
	lane  [leafSize]float64
}

func (s *above) visit(at int, dist float64) {
	t := s.t
	nd := &t.nodes[at]
	if s.best[at] >= s.below || dist > s.sq || dist == s.sq && s.at >= 0 && nd.first >= s.at {
		return
	}
	if nd.right == 0 {
		for m := kernel.LeafSquares(s.q, t.leaf(int(nd.lo)), s.sq, &s.lane); m != 0; m &= m - 1 {
			l := bits.TrailingZeros64(m)
			p, v := int(nd.lo)+l, s.lane[l]
			if v <= s.sq && s.rank[p] < s.below {
				if i := t.index[p]; v < s.sq || s.at < 0 || i < s.at {
					s.sq, s.at = v, i
				}
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
