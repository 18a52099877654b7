package cluster

import (
	"math"
	"math/bits"

	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/near"
)

// kmeansTree compares rows only with the centres that can be nearest anywhere near them:
// the filtering of Kanungo et al., 2002 (doi 10.1109/TPAMI.2002.1017616). Rows stand in
// an order in which neighbours are together (near.Runs); centre c drops out of the list of
// a box where some centre z of the list is nearer to all of it,
//
//	min over x in the box of ‖x−c‖² − ‖x−z‖² > rounding,
//
// which is taken for the z nearest to its middle. Lists go from the parts of the rows to
// long and short runs. Where one centre is left, the rows are not looked at; elsewhere
// the float32 screen compares them with those of the list, and where that cannot decide,
// float64 with all. So labels are those of a full comparison.
//
// Once few rows change, bounds take over (kmeansBounds, as in Lang and Schubert's hybrid,
// 2023, doi 10.1016/j.is.2022.102201), by places: a long run with a row that may change is
// compared with its list from its first such row to its last. Then a list keeps all
// centres that are not farther by a multiple of the gaps' limit than the nearest, so that
// it holds until they have moved by that much.
type kmeansTree struct {
	runs  *near.Runs
	frame *kernel.Rows32 // the rows in that order
	sq    []float32      // their squared norms, as the bounds want them
	label []int32        // by place, in whole blocks
	near  []kmeansNear   // by long run
	moved float64        // Σ over the passes of the largest drift
	parts []float64      // the box of each shard: middle and half widths
}

// kmeansNear is the list of centres that were near a long run when moved was what it says.
type kmeansNear struct {
	list  []int32
	moved float64
}

// kmeansWide times the limit of the gaps is how much farther than the nearest a centre is
// that is not in such a list: it holds until centres have moved by the rest.
const kmeansWide = 3

// newTree makes the tree and takes over the labels so far.
func (r *kmeansRun) newTree() *kmeansTree {
	runs, err := near.NewRuns(r.ctx, r.x, r.d, r.run.workers())
	if err != nil {
		return nil // the next look at ctx says why
	}
	t := &kmeansTree{
		runs: runs, frame: kernel.NewRows32(r.n, r.d, r.origin, r.frame.Scale),
		sq: make([]float32, len(r.labels)), label: make([]int32, len(r.labels)), near: make([]kmeansNear, len(runs.Long)/(2*r.d)), parts: make([]float64, len(r.shards)*2*r.d),
	}
	_ = r.each(func(_ *kmeansScratch, s *kmeansShard) {
		t.frame.Place(r.x, runs.Order, s.lo/kernel.Lanes32, (s.hi+kernel.Lanes32-1)/kernel.Lanes32, t.sq)
	})
	d := r.d
	for i, s := range r.shards {
		low, high := make([]float64, d), make([]float64, d)
		for j := range d {
			low[j], high[j] = math.Inf(1), math.Inf(-1)
		}
		for l := s.lo / near.LongRun; l*near.LongRun < s.hi; l++ {
			box := runs.Long[l*2*d : (l+1)*2*d]
			for j := range d {
				low[j], high[j] = min(low[j], box[j]-box[d+j]), max(high[j], box[j]+box[d+j])
			}
		}
		for j := range d {
			m := low[j] + (high[j]-low[j])/2
			t.parts[i*2*d+j], t.parts[i*2*d+d+j] = m, max(high[j]-m, m-low[j])*(1+0x1p-40)+math.Abs(m)*0x1p-50
		}
	}
	return t
}

// adopt takes over the labels of a start.
func (t *kmeansTree) adopt(labels []int32) {
	t.moved = 0
	for i := range t.near {
		t.near[i].list = nil
	}
	for p, i := range t.runs.Order {
		t.label[p] = labels[i]
	}
}

// kmeansLists is one goroutine's lists of centres.
type kmeansLists struct {
	shard, long, short []int32
	sq                 []float64
}

// sift writes to out the centres of the list that are somewhere in the box less than gap
// farther than the nearest.
func (t *kmeansLists) sift(centers []float64, list, out []int32, box []float64, gap float64) []int32 {
	d := len(box) / 2
	mid, half := box[:d], box[d:2*d]
	least, z := math.Inf(1), 0
	sq := t.sq[:len(list)]
	for i, c := range list {
		s := 0.0
		for j, v := range centers[int(c)*d : int(c)*d+d] {
			e := mid[j] - v
			s += e * e
		}
		if sq[i] = s; s < least {
			least, z = s, i
		}
	}
	reach := 0.0
	for _, h := range half {
		reach += h * h
	}
	near := centers[int(list[z])*d : int(list[z])*d+d]
	// A bound of the rounding of all of this and of the distances that decide.
	slack := float64(d+4) * 0x1p-48
	out = out[:0]
	if gap > 0 {
		// ‖x−c‖ − ‖x−z‖ ≥ gap where the difference of the squares is gap times the sum.
		base := math.Sqrt(least) + 2*math.Sqrt(reach)
		for i, c := range list {
			gain := 0.0
			for j, v := range centers[int(c)*d : int(c)*d+d] {
				gain += half[j] * math.Abs(v-near[j])
			}
			need := gap*(base+math.Sqrt(sq[i]))*(1+0x1p-40) + slack*(sq[i]+least+reach) + 0x1p-1000
			if !(sq[i]-least-2*gain > need) {
				out = append(out, c)
			}
		}
		return out
	}
	for i, c := range list {
		gain := 0.0
		for j, v := range centers[int(c)*d : int(c)*d+d] {
			gain += half[j] * math.Abs(v-near[j])
		}
		if !(sq[i]-least-2*gain > slack*(sq[i]+least+reach)+0x1p-1000) {
			out = append(out, c)
		}
	}
	return out
}

// scan assigns the rows at the places of a shard.
func (t *kmeansTree) scan(r *kmeansRun, w *kmeansScratch, s *kmeansShard, at int, fresh bool) {
	k := len(r.last) / r.d
	if w.lists == nil {
		w.lists = &kmeansLists{}
	}
	l := w.lists
	if cap(l.sq) < k+8 {
		l.sq = make([]float64, k+8)
		l.shard, l.long, l.short = make([]int32, 0, k+8), make([]int32, 0, k+8), make([]int32, 0, k+8)
	}
	box := func(of []float64, i int) []float64 { return of[i*2*r.d : (i+1)*2*r.d] }
	sift := func(wide float64) { l.shard = l.sift(r.last, r.screen.All[:k], l.shard, box(t.parts, at), wide) }
	if r.bounds != nil {
		close, wide := float64(r.bounds.limit)/r.frame.Scale, kmeansWide*float64(r.bounds.limit)/r.frame.Scale
		l.shard = l.shard[:0]
		r.chunks(s, func(lo, hi int) {
			if lo, hi = r.bounds.stale(t.label, w, lo, hi); lo == hi {
				return
			}
			run := lo / near.LongRun
			if n := &t.near[run]; n.list == nil || !(close+2*(t.moved-n.moved)*kmeansUp < wide) {
				if len(l.shard) == 0 {
					sift(wide)
				}
				n.list = r.screen.Pad(l.sift(r.last, l.shard, n.list, box(t.runs.Long, run), wide))
				n.moved = t.moved
			}
			t.compare(r, w, s, t.near[run].list, lo, hi)
			r.follow(w, s, fresh)
		})
		return
	}
	sift(0)
	r.chunks(s, func(lo, hi int) {
		w.rows, w.from, w.to = w.rows[:0], w.from[:0], w.to[:0]
		l.long = l.sift(r.last, l.shard, l.long, box(t.runs.Long, lo/near.LongRun), 0)
		if len(l.long) > 1 && len(l.long) <= kmeansFew {
			s.tried += hi - lo
			t.screen(r, w, l.long, lo, hi)
			r.follow(w, s, fresh)
			return
		}
		for ; lo < hi; lo += near.ShortRun {
			run, end := lo/near.ShortRun, min(hi, lo+near.ShortRun)
			list := l.long
			if len(list) > 1 {
				l.short = l.sift(r.last, list, l.short, box(t.runs.Short, run), 0)
				list = l.short
			}
			if len(list) > 1 {
				s.tried += end - lo
				t.screen(r, w, list, lo, end)
				continue
			}
			for p, was := range t.label[lo:end] {
				if was != list[0] {
					t.move(r, w, lo+p, list[0])
				}
			}
		}
		r.follow(w, s, fresh)
	})
}

// kmeansFew is the number of centres that the screen takes at once: lists are not made
// shorter than that.
const kmeansFew = 8

// move gives the row at place p label a.
func (t *kmeansTree) move(r *kmeansRun, w *kmeansScratch, p int, a int32) {
	if was := t.label[p]; was != a {
		i := t.runs.Order[p]
		w.rows, w.from, w.to = append(w.rows, i), append(w.from, was), append(w.to, a)
		t.label[p], r.labels[i] = a, a
	}
}

// screen assigns the rows at places lo..hi among the centres of the list.
func (t *kmeansTree) screen(r *kmeansRun, w *kmeansScratch, list []int32, lo, hi int) {
	t.score(r, w, r.screen.Pad(list), lo, hi)
	t.settle(r, w, lo, hi)
}

// score compares the float32 rows with the centres of a padded list.
func (t *kmeansTree) score(r *kmeansRun, w *kmeansScratch, list []int32, lo, hi int) {
	first, b := lo/kernel.Lanes32, (hi-lo+kernel.Lanes32-1)/kernel.Lanes32
	t.frame.Top2(&r.screen, list, first, first+b, w.best, w.second, w.label)
	kernel.Settle(w.best, w.second, w.label, t.label[lo:], t.frame.Norm[first:first+b], r.slope, r.floor, w.unsure, w.changed)
	if tail := (hi - lo) % kernel.Lanes32; tail > 0 {
		w.unsure[b-1] &= 1<<tail - 1
		w.changed[b-1] &= 1<<tail - 1
	}
}

// settle lets float64 decide what float32 cannot, and moves the rows.
func (t *kmeansTree) settle(r *kmeansRun, w *kmeansScratch, lo, hi int) {
	b := (hi - lo + kernel.Lanes32 - 1) / kernel.Lanes32
	w.doubt = w.doubt[:0]
	for i, m := range w.unsure[:b] {
		w.changed[i] &^= m
		for ; m != 0; m &= m - 1 {
			w.doubt = append(w.doubt, t.runs.Order[lo+i*kernel.Lanes32+bits.TrailingZeros16(m)])
		}
	}
	if len(w.doubt) > 0 {
		r.exact.Nearest(r.x, w.doubt, w.verdict, w.dist)
		next := 0
		for i, m := range w.unsure[:b] {
			for ; m != 0; m &= m - 1 {
				t.move(r, w, lo+i*kernel.Lanes32+bits.TrailingZeros16(m), w.verdict[next])
				next++
			}
		}
	}
	for i, m := range w.changed[:b] {
		for ; m != 0; m &= m - 1 {
			at := i*kernel.Lanes32 + bits.TrailingZeros16(m)
			t.move(r, w, lo+at, w.label[at])
		}
	}
}

// stale narrows lo..hi to the blocks with rows to compare.
func (b *kmeansBounds) stale(labels []int32, w *kmeansScratch, lo, hi int) (from, to int) {
	n := (hi - lo + kernel.Lanes32 - 1) / kernel.Lanes32
	kernel.Stale(b.g[lo:], labels[lo:], b.t, w.unsure[:n])
	first, last := 0, n-1
	for first < n && w.unsure[first] == 0 {
		first++
	}
	if first == n {
		return lo, lo
	}
	for w.unsure[last] == 0 {
		last--
	}
	return lo + first*kernel.Lanes32, min(hi, lo+(last+1)*kernel.Lanes32)
}

// compare assigns the rows at places lo..hi among the centres of the list and finds their
// gaps, given that other centres are farther by the limit of the gaps than one of them.
func (t *kmeansTree) compare(r *kmeansRun, w *kmeansScratch, s *kmeansShard, list []int32, lo, hi int) {
	b := r.bounds
	first, n := lo/kernel.Lanes32, (hi-lo+kernel.Lanes32-1)/kernel.Lanes32
	if w.near == nil {
		w.near, w.slack = make([]float32, kmeansChunk), make([]float32, kmeansChunk/kernel.Lanes32)
	}
	t.score(r, w, list, lo, hi)
	r.screen.Slacks(t.frame.Norm[first:first+n], w.slack)
	kernel.Gaps(w.best, w.second, t.sq[lo:], w.label, b.t, w.slack[:n], b.limit, w.near, b.g[lo:])
	for p := hi; p%kernel.Lanes32 != 0; p++ {
		b.g[p] = float32(math.Inf(1)) // fills the last block up
	}
	w.rows, w.from, w.to = w.rows[:0], w.from[:0], w.to[:0]
	t.settle(r, w, lo, hi)
	for i, m := range w.unsure[:n] { // whose gap may be that to another centre
		for ; m != 0; m &= m - 1 {
			p := lo + i*kernel.Lanes32 + bits.TrailingZeros16(m)
			b.g[p] = float32(math.Inf(-1))
			t.widen(r, s, t.runs.Order[p], t.label[p])
		}
	}
	for i, row := range w.rows { // other rows are no farther than the centre has moved
		t.widen(r, s, row, w.to[i])
	}
	s.tried += hi - lo
	if !b.known {
		for i, l := range t.label[lo:hi] {
			s.radius[l] = max(s.radius[l], w.near[i])
		}
	}
}

// widen lets the radius of label l reach a row.
func (t *kmeansTree) widen(r *kmeansRun, s *kmeansShard, row, l int32) {
	sq := kernel.Sq64(r.row(int(row)), r.last[int(l)*r.d:int(l+1)*r.d])
	s.radius[l] = max(s.radius[l], float32(math.Sqrt(sq)*r.frame.Scale*(1+0x1p-20)))
}
