package cluster

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync"

	"github.com/mores-lab/mores/internal/kernel"
)

// hierarchicalRows keeps the rows of the clusters of a wardRun, so that it can build the
// trees of linkages whose distances are between rows and not between means. Its screen
// stays what it is: with means μ, ν and mean squared distances s, t of the rows to them,
//
//	mean ‖a−b‖ ≥ ‖μ−ν‖        max ‖a−b‖ ≥ √(‖μ−ν‖² + s + t),
//
// the first also for means in which a row counts by its share (Jensen), so that a search
// computes the distances between rows only to the few clusters whose bound is below the
// least distance so far.
//
// Cluster i holds the rows in slots from[i] to from[i]+count[i]−1 of a segment whose
// length is a power of two and which begins at a multiple of it, or of 8: few rows lie in
// one block of eight. The smaller cluster's rows join the larger's, in a segment twice as
// long where they do not fit; when the slots are used up, all are laid out again.
type hierarchicalRows struct {
	w      *wardRun
	rule   hierarchicalRule
	d      int
	from   []int32 // of a place
	count  []int32
	room   []int32 // length of the segment
	weight []float64
	lanes  *kernel.Lanes
	slots  int // in use
	spare  struct {
		weight []float64
		lanes  *kernel.Lanes
	}
}

// hierarchicalFree merges without a matrix until few clusters are left, and those on the
// matrix of their distances: memory O(n·d).
func hierarchicalFree[T hierarchicalCell](r *hierarchicalRun, rule hierarchicalRule, last int) error {
	kind := map[hierarchicalRule]wardKind{linkComplete: wardMeanSquare, linkAverage: wardCentroid, linkWeighted: wardMedian}[rule]
	w := newWardRun(r, kind, nil)
	w.last, w.rows = last, newHierarchicalRows(w, rule)
	if err := w.rounds(); err != nil {
		return err
	}
	return hierarchicalFinish[T](w.rows)
}

func newHierarchicalRows(w *wardRun, rule hierarchicalRule) *hierarchicalRows {
	n := 3*w.m + 64
	h := &hierarchicalRows{w: w, rule: rule, d: w.d, from: seq32(w.m), count: make([]int32, w.m), room: make([]int32, w.m), weight: make([]float64, n), lanes: kernel.NewLanes(n, w.d), slots: w.m}
	for i := range h.from {
		h.count[i], h.room[i], h.weight[i] = 1, 1, 1
		if rule == linkAverage {
			h.weight[i] = w.weight[i]
		}
		h.lanes.Set(i, w.mean[i*w.d:(i+1)*w.d])
	}
	return h
}

// value is the squared distance of two places, the same bits in both orders.
func (h *hierarchicalRows) value(i, j int32) float64 {
	if h.count[i] > h.count[j] || h.count[i] == h.count[j] && h.from[i] > h.from[j] {
		i, j = j, i
	}
	if h.count[j] == 1 {
		return kernel.Sq64(h.w.mean[int(i)*h.d:int(i+1)*h.d], h.w.mean[int(j)*h.d:int(j+1)*h.d])
	}
	lo, hi := int(h.from[j])/8, int(h.from[j]+h.count[j]+7)/8
	var small [256 + 64]float64
	need := int(h.count[i])*h.d + 8*(hi-lo)
	buffer := small[:]
	if need > len(small) {
		p := hierarchicalBuffers.Get().(*[]float64)
		defer hierarchicalBuffers.Put(p)
		if len(*p) < need {
			*p = make([]float64, need)
		}
		buffer = *p
	}
	x, out := buffer[:int(h.count[i])*h.d], buffer[int(h.count[i])*h.d:need]
	h.copyRows(i, x)
	h.link(i, x, h.lanes, lo, hi, out)
	v := h.total(i, j, out[int(h.from[j])-8*lo:], h.weight[h.from[j]:])
	if h.rule != linkComplete {
		v *= v
	}
	return v
}

var hierarchicalBuffers = sync.Pool{New: func() any { return new([]float64) }}

func (h *hierarchicalRows) copyRows(i int32, x []float64) {
	for r := range int(h.count[i]) {
		h.lanes.Get(int(h.from[i])+r, x[r*h.d:(r+1)*h.d])
	}
}

// link fills out with the weighted sums, or the largest squares, of the distances between
// the rows x of cluster i and those of some blocks.
func (h *hierarchicalRows) link(i int32, x []float64, lanes *kernel.Lanes, lo, hi int, out []float64) {
	weight := h.weight[h.from[i] : h.from[i]+h.count[i]]
	piece := max(1, (1<<18)/len(weight)) // 2²¹ distances
	for ; lo < hi; lo += piece {
		end := min(hi, lo+piece)
		if h.rule == linkComplete {
			kernel.LinkMost(x, h.d, lanes, lo, end, out)
		} else {
			kernel.LinkSums(x, h.d, weight, lanes, lo, end, out)
		}
		if out = out[8*(end-lo):]; end < hi && h.w.r.ctx.Err() != nil {
			return // what this is for is given up
		}
	}
}

// total makes a distance, or a squared one, of what link wrote for the rows of j.
func (h *hierarchicalRows) total(i, j int32, out, weight []float64) float64 {
	out = out[:h.count[j]]
	s := 0.0
	if h.rule == linkComplete {
		for _, v := range out {
			if v > s {
				s = v
			}
		}
		return s
	}
	weight = weight[:len(out)]
	for l, v := range out {
		s = math.FMA(weight[l], v, s)
	}
	if h.rule == linkAverage {
		s /= h.w.weight[i] * h.w.weight[j]
	}
	return s
}

// join puts the rows of two places together.
func (h *hierarchicalRows) join(p, q, keep int32) {
	if h.rule == linkWeighted {
		for _, i := range [2]int32{p, q} {
			for l := range h.count[i] {
				h.weight[h.from[i]+l] *= 0.5
			}
		}
	}
	if h.room[p] < h.room[q] || h.room[p] == h.room[q] && h.count[p] < h.count[q] {
		p, q = q, p
	}
	all := h.count[p] + h.count[q]
	from, room := h.from[p], h.room[p]
	if all > room {
		for room < all {
			room *= 2
		}
		from = h.segment(room)
		if from < 0 { // full: lay out again those alive, among them these two
			h.again(room)
			from = h.segment(room)
		}
		h.move(p, from)
	}
	h.move(q, from+h.count[p])
	h.from[keep], h.count[keep], h.room[keep] = from, all, room
}

// segment takes slots, or says −1.
func (h *hierarchicalRows) segment(room int32) int32 {
	side := int(min(room, 8))
	from := (h.slots + side - 1) / side * side
	if from+int(room) > len(h.weight) {
		return -1
	}
	h.slots = from + int(room)
	return int32(from)
}

func (h *hierarchicalRows) move(i, to int32) {
	if h.from[i] == to {
		return
	}
	var small [64]float64
	row := small[:min(h.d, len(small))]
	if h.d > len(small) {
		row = make([]float64, h.d)
	}
	for l := range h.count[i] {
		h.lanes.Get(int(h.from[i]+l), row)
		h.lanes.Set(int(to+l), row)
		h.weight[to+l] = h.weight[h.from[i]+l]
	}
}

// again lays the living clusters out anew, the longest segments first, and leaves room
// for one more and as much again.
func (h *hierarchicalRows) again(room int32) {
	alive := h.alive()
	total := 0
	for _, i := range alive {
		h.room[i] = 1 << bits.Len32(uint32(h.count[i]-1))
		total += int(h.room[i])
	}
	slices.SortFunc(alive, func(a, b int32) int { return cmp.Or(cmp.Compare(h.room[b], h.room[a]), cmp.Compare(a, b)) })
	h.layOut(alive, max(len(h.weight), total*3/2+2*int(room)), func(i int32) int32 { return h.segment(h.room[i]) })
}

// layOut moves the clusters, in the order given, to where at says among n fresh slots.
func (h *hierarchicalRows) layOut(alive []int32, n int, at func(i int32) int32) {
	weight, lanes, row := h.weight, h.lanes, make([]float64, h.d)
	if h.slots = 0; len(h.spare.weight) >= n {
		h.weight, h.lanes = h.spare.weight, h.spare.lanes
	} else {
		h.weight, h.lanes = make([]float64, n), kernel.NewLanes(n, h.d)
	}
	h.spare.weight, h.spare.lanes = weight, lanes
	for _, i := range alive {
		to := at(i)
		for l := range h.count[i] {
			lanes.Get(int(h.from[i]+l), row)
			h.lanes.Set(int(to+l), row)
			h.weight[to+l] = weight[h.from[i]+l]
		}
		h.from[i] = to
	}
}

func (h *hierarchicalRows) alive() []int32 {
	alive := make([]int32, 0, h.w.live)
	for i, id := range h.w.id[:h.w.m] {
		if id >= 0 {
			alive = append(alive, int32(i))
		}
	}
	return alive
}

// renumber follows a cluster to another place.
func (h *hierarchicalRows) renumber(from, to int) {
	h.from[to], h.count[to], h.room[to] = h.from[from], h.count[from], h.room[from]
}

// beyond says that the bound of two places is above a squared distance, whatever rounding
// did to the means: they are within 2⁻⁴⁰ of the data's extent.
func (h *hierarchicalRows) beyond(i, j int32, sq float64) bool {
	w, d := h.w, h.d
	s := kernel.Sq64(w.mean[int(i)*d:int(i+1)*d], w.mean[int(j)*d:int(j+1)*d])
	if h.rule == linkComplete {
		s += w.spread[i] + w.spread[j]
	}
	return s > sq*(1+0x1p-20)+float64(d)*0x1p-60
}

// hierarchicalFinish puts the distances between the clusters that are left, ordered by id, into a
// matrix and goes on there.
func hierarchicalFinish[T hierarchicalCell](h *hierarchicalRows) error {
	w, d := h.w, h.d
	if w.live == 1 {
		return nil
	}
	alive := h.alive()
	slices.SortFunc(alive, func(a, b int32) int { return cmp.Compare(w.id[a], w.id[b]) })
	g := newHierarchicalMatrix[T](w.r, h.rule, len(alive))
	rows := 0
	largest := int32(0)
	for c, i := range alive {
		g.id[c], g.size[c] = w.id[i], w.weight[i]
		rows += int(h.count[i])
		largest = max(largest, h.count[i])
	}
	next := int32(0)
	h.layOut(alive, rows, func(i int32) int32 {
		next += h.count[i]
		return next - h.count[i]
	})
	err := g.fill(func() func(c int, to []float64) {
		out, x := make([]float64, (rows+14)/8*8), make([]float64, int(largest)*d)
		return func(c int, to []float64) {
			if c == 0 {
				return
			}
			i := alive[c]
			x := x[:int(h.count[i])*d]
			h.copyRows(i, x)
			h.link(i, x, h.lanes, 0, (int(h.from[i])+7)/8, out)
			for k := range to {
				j := alive[k]
				v := h.total(i, j, out[h.from[j]:], h.weight[h.from[j]:])
				if h.rule == linkComplete {
					v = math.Sqrt(v)
				}
				to[k] = math.Ldexp(v, w.unit)
			}
		}
	})
	if err != nil {
		return err
	}
	h.lanes, h.weight = nil, nil
	h.spare.lanes, h.spare.weight = nil, nil
	return g.run()
}
