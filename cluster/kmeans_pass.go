package cluster

import (
	"cmp"
	"context"
	"math/bits"
	"slices"

	"github.com/mores-lab/mores/internal/kernel"
)

// The pass over the rows: which centre is nearest, and what that changes in the sums.
// The nearest centre is screened in float32; where the two least scores are closer than
// rounding can tell apart, float64 decides, so that labels are always those of the
// float64 distances (kernel.Sq64), ties to the first centre.

const (
	// kmeansChunk is the number of rows worked on at once: what is known of them stays
	// in the innermost cache.
	kmeansChunk = 512
	// kmeansShards bounds the number of parts of the rows that have sums of their own, and
	// kmeansShardRows is the least number of rows in a part. Beyond kmeansShardsLeast
	// parts, which keep as many workers busy, sums take up to kmeansShardBytes a row.
	kmeansShards, kmeansShardsLeast = 64, 16
	kmeansShardRows                 = 4096
	kmeansShardBytes                = 1
)

// kmeansShard is a part of the rows and its sums: Σ w·(x−origin) and Σ w of each label.
// Parts depend on n, d and k only, and their sums are added in order.
type kmeansShard struct {
	lo, hi int // lo is a multiple of kmeansChunk
	acc    []float64
	moves  int // rows whose label changed in the last pass
	tried  int // rows compared with the centres in the last pass

	radius  []float32 // of the rows compared in the last pass, by label
	inertia float64   // Σ w·D², where it was asked for
}

// newShards divides n rows with sums of k centres of d columns.
func newShards(n, d, k int) []kmeansShard {
	count := min(kmeansShards, max(kmeansShardsLeast, n*kmeansShardBytes/(8*k*(d+1))))
	count = max(1, min(count, n/kmeansShardRows))
	size := (n + count - 1) / count
	size = (size + kmeansChunk - 1) / kmeansChunk * kmeansChunk
	var shards []kmeansShard
	for lo := 0; lo < n; lo += size {
		shards = append(shards, kmeansShard{lo: lo, hi: min(n, lo+size)})
	}
	return shards
}

// kmeansScratch is what one goroutine needs for a chunk.
type kmeansScratch struct {
	best, second    []float32
	label           []int32
	unsure, changed []uint16
	rows, from, to  []int32 // rows that changed
	doubt, verdict  []int32 // rows that float64 decides
	dist            []float64

	tile      *kernel.Rows32 // the rest is for bounds
	stale     []int32
	before    []int32
	sq        []float32
	near, gap []float32
	slack     []float32

	lists *kmeansLists // for the tree
}

func (r *kmeansRun) newScratch() *kmeansScratch {
	const n, b = kmeansChunk, kmeansChunk / kernel.Lanes32
	return &kmeansScratch{
		best: make([]float32, n), second: make([]float32, n), label: make([]int32, n),
		unsure: make([]uint16, b), changed: make([]uint16, b),
		rows: make([]int32, 0, n), from: make([]int32, 0, n), to: make([]int32, 0, n),
		doubt: make([]int32, 0, n), verdict: make([]int32, n), dist: make([]float64, n),
	}
}

// each calls do for every shard. The scratch of a goroutine goes from shard to shard.
func (r *kmeansRun) each(do func(t *kmeansScratch, s *kmeansShard)) error {
	return r.eachAt(func(t *kmeansScratch, i int) { do(t, &r.shards[i]) })
}

// eachAt is each by the shard's number.
func (r *kmeansRun) eachAt(do func(t *kmeansScratch, i int)) error {
	return parallel(r.ctx, r.run.workers(), len(r.shards), func(i int) {
		t := r.scratch.Get().(*kmeansScratch)
		defer r.scratch.Put(t)
		do(t, i)
	})
}

// chunks calls do for the rows of a shard, some at a time, and looks at ctx every 2¹⁹
// distances.
func (r *kmeansRun) chunks(s *kmeansShard, do func(lo, hi int)) {
	work := 0
	for lo := s.lo; lo < s.hi; lo += kmeansChunk {
		if work += kmeansChunk * r.k; work > 1<<19 {
			if work = 0; r.ctx.Err() != nil {
				return
			}
		}
		do(lo, min(s.hi, lo+kmeansChunk))
	}
}

// scan assigns the rows to the centres and brings the sums up to date: by the rows that
// changed or, if fresh, from all rows. It returns how many changed.
func (r *kmeansRun) scan(centers []float64, fresh bool) (int, error) {
	fresh = fresh || r.last == nil
	r.exact.Set(centers, r.d)
	if r.frame != nil {
		r.screen.Set(centers, r.frame)
		r.slope, r.floor = r.screen.Margin(r.top)
	}
	if r.bounds != nil {
		r.bounds.advance(r, r.last, centers)
	}
	r.last = append(r.last[:0], centers...)
	err := r.eachAt(func(t *kmeansScratch, i int) {
		s := &r.shards[i]
		s.moves, s.tried = 0, 0
		switch {
		case r.tree != nil:
			r.tree.scan(r, t, s, i, fresh)
		case r.bounds != nil:
			r.bounds.scan(r, t, s, fresh)
		case r.frame != nil:
			r.chunks(s, func(lo, hi int) { r.screenChunk(t, s, lo, hi); r.follow(t, s, fresh) })
		default:
			r.chunks(s, func(lo, hi int) { r.exactChunk(t, s, lo, hi); r.follow(t, s, fresh) })
		}
		if fresh && r.tree == nil {
			r.resum(t, s)
		}
	})
	if fresh && r.tree != nil && err == nil {
		err = r.each(r.resum) // places are in other shards than rows
	}
	if r.bounds != nil {
		r.bounds.widen(r)
	}
	moves := 0
	for i := range r.shards {
		moves += r.shards[i].moves
	}
	if r.pending += moves; fresh {
		r.pending = 0
	}
	return moves, err
}

// follow takes the changed rows out of their old sums and adds them to the new.
func (r *kmeansRun) follow(t *kmeansScratch, s *kmeansShard, fresh bool) {
	s.moves += len(t.rows)
	if !fresh {
		kernel.Accumulate(s.acc, r.x, r.origin, t.rows, t.from, r.w, -1)
		kernel.Accumulate(s.acc, r.x, r.origin, t.rows, t.to, r.w, 1)
	}
}

// resum makes the sums of a shard from its labels.
func (r *kmeansRun) resum(t *kmeansScratch, s *kmeansShard) {
	clear(s.acc)
	for lo := s.lo; lo < s.hi; lo += kmeansChunk {
		hi := min(s.hi, lo+kmeansChunk)
		t.rows = t.rows[:0]
		for i := lo; i < hi; i++ {
			t.rows = append(t.rows, int32(i))
		}
		kernel.Accumulate(s.acc, r.x, r.origin, t.rows, r.labels[lo:hi], r.w, 1)
	}
}

// screenChunk assigns rows lo..hi, all of them, from their float32 copy.
func (r *kmeansRun) screenChunk(t *kmeansScratch, s *kmeansShard, lo, hi int) {
	n := hi - lo
	b := (n + kernel.Lanes32 - 1) / kernel.Lanes32
	first := lo / kernel.Lanes32
	r.frame.Top2(&r.screen, r.screen.All, first, first+b, t.best, t.second, t.label)
	kernel.Settle(t.best, t.second, t.label, r.labels[lo:], r.frame.Norm[first:first+b], r.slope, r.floor, t.unsure, t.changed)
	if tail := n % kernel.Lanes32; tail > 0 { // rows that only fill the block up
		t.unsure[b-1] &= 1<<tail - 1
		t.changed[b-1] &= 1<<tail - 1
	}
	t.doubt = t.doubt[:0]
	for i, m := range t.unsure[:b] {
		for ; m != 0; m &= m - 1 {
			t.doubt = append(t.doubt, int32(lo+i*kernel.Lanes32+bits.TrailingZeros16(m)))
		}
	}
	r.exact.Nearest(r.x, t.doubt, t.verdict, t.dist)
	for i, row := range t.doubt {
		at := int(row) - lo
		t.label[at] = t.verdict[i]
		bit := uint16(1) << (at % kernel.Lanes32)
		if t.changed[at/kernel.Lanes32] &^= bit; t.verdict[i] != r.labels[row] {
			t.changed[at/kernel.Lanes32] |= bit
		}
	}
	t.rows, t.from, t.to = t.rows[:0], t.from[:0], t.to[:0]
	for i, m := range t.changed[:b] {
		for ; m != 0; m &= m - 1 {
			at := i*kernel.Lanes32 + bits.TrailingZeros16(m)
			t.rows = append(t.rows, int32(lo+at))
			t.from = append(t.from, r.labels[lo+at])
			t.to = append(t.to, t.label[at])
		}
	}
	for i, row := range t.rows { // and no others: memory that is not written stays clean
		r.labels[row] = t.to[i]
	}
	s.tried += n
}

// exactChunk assigns rows lo..hi by float64 alone: for data that float32 cannot hold.
func (r *kmeansRun) exactChunk(t *kmeansScratch, s *kmeansShard, lo, hi int) {
	t.doubt = t.doubt[:0]
	for i := lo; i < hi; i++ {
		t.doubt = append(t.doubt, int32(i))
	}
	r.exact.Nearest(r.x, t.doubt, t.verdict, t.dist)
	t.rows, t.from, t.to = t.rows[:0], t.from[:0], t.to[:0]
	for i, l := range t.verdict[:hi-lo] {
		if was := r.labels[lo+i]; l != was {
			t.rows, t.from, t.to = append(t.rows, int32(lo+i)), append(t.from, was), append(t.to, l)
			r.labels[lo+i] = l
		}
	}
	s.tried += hi - lo
}

// own writes the squared distance of every row to the centre of its label to dist,
// unless that is nil, and returns Σ w·D², shard by shard.
func (r *kmeansRun) own(centers, dist []float64) (float64, error) {
	r.exact.Set(centers, r.d)
	err := r.each(func(t *kmeansScratch, s *kmeansShard) {
		s.inertia = 0
		for lo := s.lo; lo < s.hi; lo += kmeansChunk {
			hi := min(s.hi, lo+kmeansChunk)
			d := t.dist[:hi-lo]
			r.exact.Own(r.x[lo*r.d:hi*r.d], r.labels[lo:hi], d)
			for j, v := range d {
				s.inertia += r.weight(lo+j) * v
			}
			if dist != nil {
				copy(dist[lo:hi], d)
			}
		}
	})
	total := 0.0
	for i := range r.shards {
		total += r.shards[i].inertia
	}
	return total, err
}

// canonical renumbers labels below k as Canonical does, shard by shard.
func (r *kmeansRun) canonical(labels []int32, k int) (old []int32) {
	type group struct{ n, at int }
	parts := make([]group, len(r.shards)*k)
	ctx := context.WithoutCancel(r.ctx) // the fit is done
	_ = parallel(ctx, r.run.workers(), len(r.shards), func(i int) {
		part := parts[i*k : (i+1)*k]
		lo := r.shards[i].lo
		for j, l := range labels[lo:r.shards[i].hi] {
			if part[l].n++; part[l].n == 1 {
				part[l].at = lo + j
			}
		}
	})
	groups := make([]group, k)
	for i := range r.shards {
		for l, p := range parts[i*k : (i+1)*k] {
			if g := &groups[l]; p.n > 0 {
				if g.n == 0 {
					g.at = p.at
				}
				g.n += p.n
			}
		}
	}
	for l, g := range groups {
		if g.n > 0 {
			old = append(old, int32(l))
		}
	}
	slices.SortFunc(old, func(a, b int32) int {
		return cmp.Or(cmp.Compare(groups[b].n, groups[a].n), cmp.Compare(groups[a].at, groups[b].at))
	})
	number := make([]int32, k)
	for i, l := range old {
		number[l] = int32(i)
	}
	_ = parallel(ctx, r.run.workers(), len(r.shards), func(i int) {
		part := labels[r.shards[i].lo:r.shards[i].hi]
		for j, l := range part {
			part[j] = number[l]
		}
	})
	return old
}
