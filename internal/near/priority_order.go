package near

import (
	"context"
	"math"
	"math/bits"

	"github.com/mores-lab/mores/internal/kernel"
)

// Ordering is the order in which OPTICS visits points.
type Ordering struct {
	Order []int32   // numbers of the points in the order of their visits
	Sq    []float64 // by number: the square of the reachability distance, +Inf at starts
	From  []int32   // by number: the point from which it was reached, −1 at starts
}

// OrderByReach visits all points as OPTICS does (Ankerst et al., SIGMOD 1999): always the
// point that is easiest to reach from those visited before,
//
//	reach(q) = min over visited p with core(p) ≤ limit, ‖p−q‖² ≤ limit of max(core(p), ‖p−q‖²),
//
// ties to the smallest number; where none can be reached, the smallest number left. From
// is the p that is visited first among those that give the least. core is by number and,
// like limit, squared; +Inf is no core point and no limit.
//
// The textbook reports every neighbour of every point, which is all of them without a
// limit. Here a point looks as far as its own core distance first, and farther only when
// nothing else can be reached within what it has seen: two queues, one of the points
// reached and one of the points visited by how far each has looked. Each node knows the
// largest reach below it, so that a look passes by all that it cannot improve. Cost about
// O(n log n) while core distances are small; memory O(n).
func (t *Tree) OrderByReach(ctx context.Context, core []float64, limit float64) (*Ordering, error) {
	n := t.n
	o := &Ordering{Order: make([]int32, 0, n), Sq: make([]float64, n), From: make([]int32, n)}
	if n == 0 {
		return o, ctx.Err()
	}
	w := newOrderWalk(t, core, limit)
	place := make([]int32, n)
	for p, i := range t.index {
		place[i] = int32(p)
	}
	start, budget := 0, 0
	for k := range n {
		if w.work >= budget || k&0xfff == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			budget = w.work + orderWork
		}
		if err := w.settle(ctx); err != nil {
			return nil, err
		}
		p, from := int32(-1), int32(-1)
		if len(w.queue) > 0 {
			p = w.pop()
			from = t.index[w.from[p]]
		} else {
			for w.open[place[start]] < 0 {
				start++
			}
			p = place[start]
		}
		i := t.index[p]
		o.Order = append(o.Order, i)
		o.Sq[i], o.From[i] = w.open[p], from
		w.visit(p, int32(k))
	}
	return o, nil
}

// orderWork is how many distances are computed between two looks at the context.
const orderWork = 1 << 20

// How far a point looks, both as factors of squared distances: at once, of its own core
// distance, and when it must look again, of what can be reached already. Farther looks
// are fewer, but report points that others reach more easily. Over 5,000 to 50,000 points
// in 2 to 8 columns, factors of 4 to 16 are within 20 % of each other; 1 costs half more.
const (
	orderFirst  = 9
	orderBeyond = 8
)

// orderWalk is one run of OrderByReach. All its lists are in tree order.
type orderWalk struct {
	t     *Tree
	limit float64
	core  []float64
	open  []float64 // what it takes to reach a point; −1 once it is visited
	from  []int32
	turn  []int32   // when it was visited
	most  []float64 // per node: the largest of open

	queue []int32 // the points reached: a heap by (open, number)
	at    []int32 // place in the queue, −1 = not in it
	seen  []orderSeen
	work  int
	lane  [leafSize]float64

	// of the look that is going on
	q       []float64
	who     int32
	own     float64 // core of who
	radius  float64
	again   bool
	nearest float64
}

// orderSeen says that a visited point has reached all it can within sq: a heap.
type orderSeen struct {
	sq float64
	p  int32
}

func newOrderWalk(t *Tree, core []float64, limit float64) *orderWalk {
	n := t.n
	w := &orderWalk{
		t: t, limit: limit,
		core: make([]float64, n), open: make([]float64, n), from: make([]int32, n), turn: make([]int32, n),
		most: make([]float64, len(t.nodes)), at: make([]int32, n),
	}
	for p, i := range t.index {
		w.core[p], w.open[p], w.from[p], w.at[p] = core[i], math.Inf(1), -1, -1
	}
	for at := range w.most {
		w.most[at] = math.Inf(1)
	}
	return w
}

// settle looks farther from visited points until the first of the queue cannot be
// reached more easily, nor another point as easily as it.
func (w *orderWalk) settle(ctx context.Context) error {
	budget := w.work + orderWork
	for len(w.seen) > 0 {
		top := math.Inf(1)
		if len(w.queue) > 0 {
			top = w.open[w.queue[0]]
		}
		if w.seen[0].sq >= top {
			return nil
		}
		if w.work >= budget {
			if err := ctx.Err(); err != nil {
				return err
			}
			budget = w.work + orderWork
		}
		w.aim(w.seen[0].p, true)
		w.radius, w.nearest = min(w.limit, orderBeyond*top), math.Inf(1)
		w.seek(0, w.t.minSq(w.q, 0))
		switch v := w.nearest; {
		case math.IsInf(v, 1):
			w.looked(w.radius)
		case v > top:
			w.looked(math.Nextafter(v, 0))
		default:
			w.radius = v
			w.look(0, w.t.minSq(w.q, 0))
			w.looked(w.radius)
		}
	}
	return nil
}

// looked says how far the first of seen has looked now.
func (w *orderWalk) looked(sq float64) {
	if sq >= w.limit {
		last := len(w.seen) - 1
		w.seen[0] = w.seen[last]
		w.seen = w.seen[:last]
	} else {
		w.seen[0].sq = sq
	}
	h := w.seen
	for i := 0; ; {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1].sq < h[c].sq {
			c++
		}
		if h[i].sq <= h[c].sq {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

func (w *orderWalk) see(p int32, sq float64) {
	w.seen = append(w.seen, orderSeen{sq, p})
	h := w.seen
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if h[up].sq <= h[i].sq {
			return
		}
		h[up], h[i] = h[i], h[up]
		i = up
	}
}

// visit takes point p out and looks around it.
func (w *orderWalk) visit(p, turn int32) {
	w.turn[p] = turn
	twin := w.open[p] == 0 // of a visited point that reaches all that it reaches, and earlier
	w.open[p] = -1
	w.close(0, p)
	if twin || !(w.core[p] <= w.limit) || math.IsInf(w.core[p], 1) {
		return
	}
	w.aim(p, false)
	w.radius = min(w.limit, w.own*orderFirst)
	w.look(0, 0)
	if w.radius < w.limit {
		w.see(p, w.radius)
	}
}

// close renews most on the way to p's leaf.
func (w *orderWalk) close(at int, p int32) {
	nd := &w.t.nodes[at]
	if nd.right == 0 {
		w.renew(at)
		return
	}
	child := at + 1
	if p >= w.t.nodes[child].hi {
		child = int(nd.right)
	}
	old := w.most[child]
	if w.close(child, p); w.most[child] < old {
		w.renew(at)
	}
}

func (w *orderWalk) renew(at int) {
	nd := &w.t.nodes[at]
	if nd.right != 0 {
		if w.most[at] = w.most[at+1]; w.most[nd.right] > w.most[at] {
			w.most[at] = w.most[nd.right]
		}
		return
	}
	m := -1.0
	for _, v := range w.open[nd.lo:nd.hi] {
		if v > m {
			m = v
		}
	}
	w.most[at] = m
}

// aim makes p the point that looks, for the first time or again.
func (w *orderWalk) aim(p int32, again bool) {
	w.q, w.who, w.own, w.again = w.t.Point(int(p)), p, w.core[p], again
}

// improves says whether the point that looks reaches point p, at sq, more easily than it
// has been reached, or as easily and was visited earlier. A point that looks for the
// first time was visited last.
func (w *orderWalk) improves(p int, reach float64) bool {
	return reach < w.open[p] || w.again && reach == w.open[p] && w.from[p] >= 0 && w.turn[w.who] < w.turn[w.from[p]]
}

// passes says that nothing in node at can be improved.
func (w *orderWalk) passes(at int, dist float64) bool {
	m := w.most[at]
	if w.own > dist {
		dist = w.own
	}
	return dist > m || dist == m && (!w.again || math.IsInf(m, 1))
}

// look reaches what can be improved within radius, and returns whether it did.
func (w *orderWalk) look(at int, dist float64) bool {
	if dist > w.radius || w.passes(at, dist) {
		return false
	}
	t := w.t
	nd := &t.nodes[at]
	any := false
	if nd.right == 0 {
		w.work += int(nd.hi - nd.lo)
		for m := kernel.LeafSquares(w.q, t.leaf(int(nd.lo)), w.radius, &w.lane); m != 0; m &= m - 1 {
			l := bits.TrailingZeros64(m)
			v := w.lane[l]
			if w.own > v {
				v = w.own
			}
			if p := int(nd.lo) + l; w.improves(p, v) {
				any = any || w.open[p] == w.most[at]
				w.reach(int32(p), v)
			}
		}
	} else {
		r := int(nd.right)
		a := w.look(at+1, t.minSq(w.q, at+1))
		b := w.look(r, t.minSq(w.q, r))
		any = a || b
	}
	if any {
		old := w.most[at]
		w.renew(at)
		return w.most[at] < old
	}
	return false
}

// seek finds how near the nearest point is that can be improved within radius.
func (w *orderWalk) seek(at int, dist float64) {
	if dist > w.radius || dist >= w.nearest || w.passes(at, dist) {
		return
	}
	t := w.t
	nd := &t.nodes[at]
	if nd.right == 0 {
		w.work += int(nd.hi - nd.lo)
		for m := kernel.LeafSquares(w.q, t.leaf(int(nd.lo)), w.radius, &w.lane); m != 0; m &= m - 1 {
			l := bits.TrailingZeros64(m)
			v := w.lane[l]
			if w.own > v {
				v = w.own
			}
			if v < w.nearest && w.improves(int(nd.lo)+l, v) {
				w.nearest = v
			}
		}
		return
	}
	l, r := at+1, int(nd.right)
	a, b := t.minSq(w.q, l), t.minSq(w.q, r)
	if b < a {
		l, r, a, b = r, l, b, a
	}
	w.seek(l, a)
	w.seek(r, b)
}

// reach puts p into the queue, or forward in it.
func (w *orderWalk) reach(p int32, v float64) {
	w.open[p], w.from[p] = v, w.who
	i := int(w.at[p])
	if i < 0 {
		i = len(w.queue)
		w.queue = append(w.queue, p)
	}
	h := w.queue
	for i > 0 {
		up := (i - 1) / 4
		if !w.before(p, h[up]) {
			break
		}
		h[i] = h[up]
		w.at[h[i]] = int32(i)
		i = up
	}
	h[i] = p
	w.at[p] = int32(i)
}

func (w *orderWalk) before(p, q int32) bool {
	a, b := w.open[p], w.open[q]
	return a < b || a == b && w.t.index[p] < w.t.index[q]
}

// pop takes the first of the queue.
func (w *orderWalk) pop() int32 {
	h := w.queue
	top, last := h[0], h[len(h)-1]
	w.queue = h[:len(h)-1]
	h = w.queue
	i := 0
	for {
		c := 4*i + 1
		if c >= len(h) {
			break
		}
		for k := c + 1; k < min(c+4, len(h)); k++ {
			if w.before(h[k], h[c]) {
				c = k
			}
		}
		if !w.before(h[c], last) {
			break
		}
		h[i] = h[c]
		w.at[h[i]] = int32(i)
		i = c
	}
	if len(h) > 0 {
		h[i] = last
		w.at[last] = int32(i)
	}
	w.at[top] = -1
	return top
}
