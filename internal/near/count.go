package near

import (
	"context"
	"math"
	"math/bits"

	"github.com/mores-lab/mores/internal/kernel"
)

// Counter answers whether a ball holds at least so many points, or so much weight.
type Counter struct {
	t    *Tree
	w    []float64 // in tree order; nil = 1 each
	mass []float64 // per node
}

// NewCounter weighs point i by w[i]; nil = 1 each.
func (t *Tree) NewCounter(w []float64) *Counter {
	c := &Counter{t: t, mass: make([]float64, len(t.nodes))}
	if w != nil {
		c.w = make([]float64, len(w))
		for p, i := range t.index {
			c.w[p] = w[i]
		}
	}
	for at := len(t.nodes) - 1; at >= 0; at-- { // children have larger numbers
		nd := &t.nodes[at]
		switch {
		case nd.right != 0:
			c.mass[at] = c.mass[at+1] + c.mass[nd.right]
		case w == nil:
			c.mass[at] = float64(nd.hi - nd.lo)
		default:
			for p := nd.lo; p < nd.hi; p++ {
				c.mass[at] += c.w[p]
			}
		}
	}
	return c
}

// AtLeast says whether the points with squared distance at most limit from q weigh at
// least want. It stops as soon as it knows.
func (c *Counter) AtLeast(q []float64, limit, want float64) bool {
	if len(c.t.nodes) == 0 {
		return want <= 0
	}
	s := counting{c: c, q: q, limit: limit, want: want}
	s.visit(0, c.t.minSq(q, 0))
	return s.have >= want
}

type counting struct {
	c                 *Counter
	q                 []float64
	limit, want, have float64
}

func (s *counting) visit(at int, dist float64) {
	if dist > s.limit || s.have >= s.want {
		return
	}
	t := s.c.t
	nd := &t.nodes[at]
	if t.maxSq(s.q, at) <= s.limit {
		s.have += s.c.mass[at]
		return
	}
	if nd.right == 0 {
		m := kernel.LeafWithin(s.q, t.leaf(int(nd.lo)), s.limit)
		if s.c.w == nil {
			s.have += float64(bits.OnesCount64(m))
			return
		}
		for ; m != 0; m &= m - 1 {
			s.have += s.c.w[int(nd.lo)+bits.TrailingZeros64(m)]
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

// KthSq returns the squared distance from q to its k-th nearest point, leaving out
// point except (−1 = none), or +Inf where there are fewer.
func (t *Tree) KthSq(q []float64, k, except int) float64 {
	s := kth{t: t, q: q, except: int32(except), heap: newMaxHeap(k)}
	if len(t.nodes) > 0 && k > 0 {
		s.visit(0, t.minSq(q, 0))
	}
	return s.heap.top()
}

type kth struct {
	t      *Tree
	q      []float64
	except int32
	heap   maxHeap
	sq     [leafSize]float64
}

func (s *kth) visit(at int, dist float64) {
	if dist >= s.heap.top() {
		return
	}
	t := s.t
	nd := &t.nodes[at]
	if nd.right == 0 {
		for m := kernel.LeafSquares(s.q, t.leaf(int(nd.lo)), s.heap.top(), &s.sq); m != 0; m &= m - 1 {
			l := bits.TrailingZeros64(m)
			if t.index[int(nd.lo)+l] != s.except {
				s.heap.offer(s.sq[l])
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

// KthSqs writes the squared distance from each of the points rows of the row-major x to its
// k-th nearest other point, +Inf where there are fewer, by brute force: for a few points of
// many it is faster than building a tree. It stops early where ctx ends.
func KthSqs(ctx context.Context, x []float64, d, k int, rows []int, out []float64) {
	h, n := newMaxHeap(k), len(x)/d
	w := stopwatch{ctx: ctx, left: stopwatchWork}
	for r, i := range rows {
		for j := range h {
			h[j] = math.Inf(1)
		}
		q := x[i*d : i*d+d]
		for lo := 0; lo < n; lo += stopwatchWork {
			hi := min(n, lo+stopwatchWork)
			for p := lo; p < hi; p++ {
				if p != i {
					h.offer(kernel.SqBelow(q, x[p*d:p*d+d], h.top()))
				}
			}
			if !w.spend(hi - lo) {
				return
			}
		}
		out[r] = h.top()
	}
}
