package near

import (
	"context"
	"math"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/mores-lab/mores/internal/kernel"
)

// Within appends the numbers and squared distances of the points whose squared distance
// from q is at most limit, in tree order.
func (t *Tree) Within(q []float64, limit float64, index []int32, sq []float64) ([]int32, []float64) {
	if t.n == 0 {
		return index, sq
	}
	s := within{t: t, q: q, limit: limit, index: index, sq: sq}
	s.visit(0)
	return s.index, s.sq
}

type within struct {
	t     *Tree
	q     []float64
	limit float64
	index []int32
	sq    []float64
	lane  [leafSize]float64
}

func (s *within) visit(at int) {
	t := s.t
	if t.minSq(s.q, at) > s.limit {
		return
	}
	nd := &t.nodes[at]
	if nd.right != 0 {
		s.visit(at + 1)
		s.visit(int(nd.right))
		return
	}
	for m := kernel.LeafSquares(s.q, t.leaf(int(nd.lo)), s.limit, &s.lane); m != 0; m &= m - 1 {
		l := bits.TrailingZeros64(m)
		s.index = append(s.index, t.index[int(nd.lo)+l])
		s.sq = append(s.sq, s.lane[l])
	}
}

// Masses returns, by number, the weight of the points whose squared distance from each
// point is at most limit, the point itself included; w is by number, nil weighs each 1.
// A leaf asks for all its points at once: a node that lies wholly within, or beyond, reach
// of all of them is settled by one look at two boxes. Sums run in a fixed order, and
// nothing depends on workers. Cost about O(n log n + pairs of points in leaves that limit
// cuts).
func (t *Tree) Masses(ctx context.Context, limit float64, w []float64, workers int) ([]float64, error) {
	out := make([]float64, t.n)
	if t.n == 0 {
		return out, ctx.Err()
	}
	m := &masses{Counter: t.NewCounter(w), limit: limit, out: out}
	var leaves []int32
	for at := range t.nodes {
		if t.nodes[at].right == 0 {
			leaves = append(leaves, int32(at))
		}
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(1, min(workers, len(leaves))) {
		wg.Go(func() {
			s := massing{masses: m, ctx: ctx}
			for l := range s.most {
				s.most[l] = limit
			}
			for !s.stopped && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(leaves) {
					return
				}
				s.leaf(int(leaves[i]))
			}
		})
	}
	wg.Wait()
	return out, ctx.Err()
}

type masses struct {
	*Counter
	limit float64
	out   []float64
}

// massing is one goroutine's.
type massing struct {
	*masses
	ctx     context.Context
	work    int
	stopped bool
	from    int
	rows    []float64         // the leaf that asks
	every   float64           // what all its points have within reach
	have    [leafSize]float64 // and each of them besides
	most    [leafSize]float64
	hits    [leafSize]uint64
}

// massWork is how many distances are computed between two looks at the context.
const massWork = 1 << 20

func (s *massing) leaf(at int) {
	nd := &s.t.nodes[at]
	s.from, s.every, s.rows = at, 0, s.t.leaf(int(nd.lo))
	clear(s.have[:])
	s.visit(0)
	for p := nd.lo; p < nd.hi; p++ {
		s.out[s.t.index[p]] = s.every + s.have[p-nd.lo]
	}
}

func (s *massing) visit(at int) {
	t := s.t
	least, most := t.betweenSq(s.from, at)
	switch {
	case least > s.limit || s.stopped:
		return
	case most <= s.limit:
		s.every += s.mass[at]
		return
	}
	nd := &t.nodes[at]
	if nd.right != 0 {
		s.visit(at + 1)
		s.visit(int(nd.right))
		return
	}
	if s.work += leafSize * leafSize; s.work >= massWork {
		s.work, s.stopped = 0, s.ctx.Err() != nil
	}
	from := &t.nodes[s.from]
	active := uint64(1)<<(from.hi-from.lo) - 1
	active &= kernel.LeafBox(s.rows, t.box(at), &s.most)
	for some := kernel.LeafHits(t.d, s.rows, t.leaf(int(nd.lo)), active, &s.most, &s.hits); some != 0; some &= some - 1 {
		l := bits.TrailingZeros64(some)
		hits := s.hits[l]
		if s.w == nil {
			s.have[l] += float64(bits.OnesCount64(hits))
			continue
		}
		for ; hits != 0; hits &= hits - 1 {
			s.have[l] += s.w[int(nd.lo)+bits.TrailingZeros64(hits)]
		}
	}
}

// betweenSq returns bounds of the squared distances between the points of two nodes:
// those of the boxes' nearest and farthest corners. Rounding is monotone, so no computed
// distance lies outside them.
func (t *Tree) betweenSq(a, b int) (least, most float64) {
	d := t.d
	u, v := t.box(a), t.box(b)
	for j := range d {
		lo, hi := v[j]-u[d+j], v[d+j]-u[j]
		gap := lo
		if -hi > gap {
			gap = -hi
		}
		if gap > 0 {
			least = math.FMA(gap, gap, least)
		}
		if -lo > hi {
			hi = -lo
		}
		most = math.FMA(hi, hi, most)
	}
	return least, most
}

// Fringe says, by number, which points have one of another label within reach: at
// squared distance at most limit[i], or limit[0] for all where there is one limit only.
func (t *Tree) Fringe(ctx context.Context, label []int32, limit []float64, workers int) ([]bool, error) {
	out := make([]bool, t.n)
	if t.n == 0 {
		return out, ctx.Err()
	}
	b := &fringe{t: t, label: make([]int32, t.n), node: make([]int32, len(t.nodes))}
	for p, i := range t.index {
		b.label[p] = label[i]
	}
	for at := len(t.nodes) - 1; at >= 0; at-- { // children have larger numbers
		nd := &t.nodes[at]
		if nd.right != 0 {
			if b.node[at] = b.node[at+1]; b.node[at] != b.node[nd.right] {
				b.node[at] = mixedLabels
			}
			continue
		}
		b.node[at] = b.label[nd.lo]
		for _, l := range b.label[nd.lo:nd.hi] {
			if l != b.node[at] {
				b.node[at] = mixedLabels
			}
		}
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			for ctx.Err() == nil {
				lo := int(next.Add(leafSize)) - leafSize
				if lo >= t.n {
					return
				}
				for p := lo; p < min(lo+leafSize, t.n) && ctx.Err() == nil; p++ {
					i, most := t.index[p], limit[0]
					if len(limit) > 1 {
						most = limit[i]
					}
					out[i] = b.meets(0, t.Point(p), b.label[p], most)
				}
			}
		})
	}
	wg.Wait()
	return out, ctx.Err()
}

// mixedLabels is the label of a node whose points have several.
const mixedLabels = math.MinInt32

type fringe struct {
	t     *Tree
	label []int32 // in tree order
	node  []int32
}

// meets says whether a point of node at with another label than own is within limit of q.
func (b *fringe) meets(at int, q []float64, own int32, limit float64) bool {
	t := b.t
	if b.node[at] == own || t.minSq(q, at) > limit {
		return false
	}
	nd := &t.nodes[at]
	if nd.right != 0 {
		return b.meets(at+1, q, own, limit) || b.meets(int(nd.right), q, own, limit)
	}
	for m := kernel.LeafWithin(q, t.leaf(int(nd.lo)), limit); m != 0; m &= m - 1 {
		if b.label[int(nd.lo)+bits.TrailingZeros64(m)] != own {
			return true
		}
	}
	return false
}
