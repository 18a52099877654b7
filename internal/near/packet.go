package near

import (
	"context"
	"math"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/mores-lab/mores/internal/kernel"
)

// workLimit is how many distances are computed between two looks at a context.
const workLimit = 1 << 21

// eachKNN calls emit once for each place p of the tree order with the numbers of its k
// nearest other points, nearest first (ties: smallest number first), and their squared
// distances; where there are fewer points the rest is −1 and +Inf. The slices are
// emit's only until it returns; calls come from up to workers goroutines at once.
func (t *Tree) eachKNN(ctx context.Context, k, workers int, emit func(p int, index []int32, sq []float64)) error {
	const share = 8 // leaves that a worker takes at once
	count := t.leaves()
	var next atomic.Int64
	work := func() {
		w := t.newPacket(ctx, k)
		for {
			lo := int(next.Add(share)) - share
			for at := lo; at < min(lo+share, count); at++ {
				if !w.run(at) {
					return
				}
				w.tell(emit)
			}
			if lo+share >= count {
				return
			}
		}
	}
	if k < 1 {
		return ctx.Err()
	}
	var wg sync.WaitGroup
	for range min(workers, (count+share-1)/share) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return ctx.Err()
}

// packet finds the k nearest others of all points of a leaf at once: the points walk the
// tree together, from their own leaf upwards, and a node is left as soon as its box is
// farther from each of them than its k-th neighbour so far.
type packet struct {
	t         *Tree
	ctx       context.Context
	k, stride int
	from      []float64 // the leaf
	lo, m     int       // its first place and number of points
	center    []float64
	path      []int32 // the nodes beside the way from the root
	// Per point its list (kernel.LeafMerge) and the k-th squared distance in it.
	index []int32
	sq    []float64
	limit [leafSize]float64
	hits  [leafSize]uint64
	out   [leafSize * leafSize]float64
	// scanned counts distances to points, idle these and those to boxes since the last
	// look at ctx.
	scanned, idle int
	stop          bool
}

func (t *Tree) newPacket(ctx context.Context, k int) *packet {
	stride := kernel.LeafStride(k)
	return &packet{
		t: t, ctx: ctx, k: k, stride: stride, center: make([]float64, t.d),
		index: make([]int32, leafSize*stride), sq: kernel.Aligned64(leafSize * stride),
	}
}

// begin takes up the points of a leaf.
func (w *packet) begin(leaf int) {
	t := w.t
	w.lo = leaf * leafSize
	w.m = min(t.n-w.lo, leafSize)
	w.from = t.leaf(w.lo)
	for i := range w.sq {
		w.sq[i], w.index[i] = math.Inf(1), -1
	}
	for l := range w.limit {
		if w.limit[l] = math.Inf(1); l >= w.m {
			w.limit[l] = math.NaN()
		}
	}
}

// run finds the neighbours of a leaf's points. It returns false if ctx ended first.
func (w *packet) run(leaf int) bool {
	w.begin(leaf)
	t, at := w.t, 0
	w.path = w.path[:0]
	for nd := &t.nodes[0]; nd.right != 0; nd = &t.nodes[at] {
		if left := at + 1; w.lo < int(t.nodes[left].hi) {
			w.path = append(w.path, nd.right)
			at = left
		} else {
			w.path = append(w.path, int32(left))
			at = int(nd.right)
		}
	}
	box := t.box(at)
	for j := range w.center {
		w.center[j] = box[j] + (box[t.d+j]-box[j])/2
	}
	w.scan(leaf, 1<<w.m-1)
	for i := len(w.path) - 1; i >= 0 && !w.stop; i-- {
		w.visit(int(w.path[i]))
	}
	if w.idle > workLimit {
		w.look()
	}
	return !w.stop
}

// tell hands out what was found.
func (w *packet) tell(emit func(p int, index []int32, sq []float64)) {
	for l := range w.m {
		at := l * w.stride
		emit(w.lo+l, w.index[at:at+w.k], w.sq[at:at+w.k])
	}
}

// look looks at the context.
func (w *packet) look() {
	w.idle = 0
	w.stop = w.ctx.Err() != nil
}

func (w *packet) visit(at int) {
	t := w.t
	nd := &t.nodes[at]
	if w.idle += leafSize; w.idle > workLimit {
		w.look()
	}
	active, under := kernel.LeafReach(w.from, t.box(at), &w.limit)
	// Where the box is as far as the k-th neighbour, only a smaller number is nearer.
	for ties := active &^ under; ties != 0; ties &= ties - 1 {
		if l := bits.TrailingZeros64(ties); uint32(nd.first) > uint32(w.index[l*w.stride+w.k-1]) {
			active &^= 1 << l
		}
	}
	if active == 0 || w.stop {
		return
	}
	if nd.right == 0 {
		w.scan(int(nd.lo)/leafSize, active)
		return
	}
	l, r := at+1, int(nd.right)
	j := int(t.side[at])
	if c := w.center[j]; c-t.box(l)[t.d+j] > t.box(r)[j]-c {
		l, r = r, l
	}
	w.visit(l)
	w.visit(r)
}

// scan compares the active points with those of a leaf.
func (w *packet) scan(leaf int, active uint64) {
	t := w.t
	lo := leaf * leafSize
	w.scanned += bits.OnesCount64(active) * leafSize
	if w.idle += bits.OnesCount64(active) * leafSize; w.idle > workLimit {
		w.look()
	}
	some := kernel.LeafPairs(t.d, w.from, t.leaf(lo), active, &w.limit, &w.hits, &w.out)
	if lo == w.lo {
		for l := range w.m {
			w.hits[l] &^= 1 << l
		}
	}
	kernel.LeafMerge(w.k, some, &w.hits, &w.out, t.index[lo:min(lo+leafSize, t.n)], w.sq, w.index, &w.limit)
}
