package cluster

import (
	"math"
	"math/bits"
	"slices"

	"github.com/mores-lab/mores/internal/kernel"
)

// kmeansBounds spares the rows whose nearest centre cannot have changed, with one number
// a row (after Hamerly, 2010, doi 10.1137/1.9781611972801.12). When row x was compared
// with all centres, its distances to the nearest centre a and to any other differed by
// gap(x) or more. Since then a has moved by drift(a) and others by theirs. While
//
//	gap(x) > t(a) = Σ over the passes since of drift(a) + largest drift of a neighbour of a,
//
// a is still nearest. Not all centres are neighbours: gaps are cut off at a limit κ, and
// a centre c farther from a than 2·radius(a) + κ is farther by κ than a from every row of
// a, however it moved (triangle inequality). So a row is compared again only if something
// moves nearby. radius(a) bounds the distances of a's rows.
//
// All are in the scaled units of the float32 rows; gaps are rounded down, drifts and
// radii up, so that the test never passes by rounding.
type kmeansBounds struct {
	g      []float32 // gap + t of each row when it was compared, in whole blocks
	limit  float32   // κ
	drift  []float64 // of the last step, padded for kernel.Around
	sum    []float64 // Σ of t
	t      []float32 // t rounded up
	radius []float64
	known  bool // rows were compared at all
}

// κ is half the root mean square of the distances to the centres; with a tree less, as it
// makes lists longer.
const kmeansLimit, kmeansTreeLimit = 0.5, 0.3

// newBounds knows nothing: every row is compared in the first pass.
func (r *kmeansRun) newBounds() *kmeansBounds {
	k := len(r.last) / r.d
	if r.gaps == nil {
		r.gaps = make([]float32, len(r.labels))
	}
	b := &kmeansBounds{
		g: r.gaps, drift: make([]float64, r.exact.Padded()), sum: make([]float64, k),
		t: make([]float32, k), radius: make([]float64, k),
	}
	for i := range b.g {
		b.g[i] = float32(math.Inf(-1))
		if i >= r.n { // fills the last block up
			b.g[i] = float32(math.Inf(1))
		}
	}
	total := r.totals()
	weight := 0.0
	for c := range k {
		weight += total[c*(r.d+1)+r.d]
	}
	part := kmeansLimit
	if r.tree != nil {
		part = kmeansTreeLimit
	}
	b.limit = float32(part * math.Sqrt(r.objective(r.last)/weight) * r.frame.Scale)
	for i := range r.shards {
		r.shards[i].radius = make([]float32, k)
	}
	return b
}

// up is more than the rounding of the few operations it follows.
const kmeansUp = 1 + 0x1p-40

// advance takes note that the centres moved. r.exact has them already.
func (b *kmeansBounds) advance(r *kmeansRun, last, centers []float64) {
	scale := r.frame.Scale * kmeansUp
	for c := range b.sum {
		i := c * r.d
		b.drift[c] = math.Sqrt(kernel.Sq64(last[i:i+r.d], centers[i:i+r.d])) * scale
		b.radius[c] = (b.radius[c] + b.drift[c]) * kmeansUp
	}
	if r.tree != nil {
		r.tree.moved += slices.Max(b.drift[:len(b.sum)]) / r.frame.Scale
	}
	for c, own := range b.drift[:len(b.sum)] {
		reach := (2*b.radius[c] + float64(b.limit)) / r.frame.Scale * kmeansUp
		b.drift[c] = 0
		v := r.exact.Around(centers[c*r.d:(c+1)*r.d], b.drift, reach*reach)
		b.drift[c] = own
		b.sum[c] = (b.sum[c] + own + v) * kmeansUp
		b.t[c] = float32(b.sum[c])
		if float64(b.t[c]) < b.sum[c] {
			b.t[c] = math.Nextafter32(b.t[c], float32(math.Inf(1)))
		}
	}
}

// widen takes the radii of rows that the shards compared.
func (b *kmeansBounds) widen(r *kmeansRun) {
	for i := range r.shards {
		for c, v := range r.shards[i].radius {
			b.radius[c] = max(b.radius[c], float64(v))
		}
		clear(r.shards[i].radius)
	}
	b.known = true
}

// scan assigns the rows of a shard.
func (b *kmeansBounds) scan(r *kmeansRun, t *kmeansScratch, s *kmeansShard, fresh bool) {
	if t.tile == nil {
		t.tile = kernel.NewRows32(kmeansChunk, r.d, r.origin, r.frame.Scale)
		t.stale = make([]int32, 0, 2*kmeansChunk)
		t.before = make([]int32, kmeansChunk)
		t.sq, t.near, t.gap = make([]float32, kmeansChunk), make([]float32, kmeansChunk), make([]float32, kmeansChunk)
		t.slack = make([]float32, kmeansChunk/kernel.Lanes32)
	}
	t.stale = t.stale[:0]
	r.chunks(s, func(lo, hi int) {
		n := (hi - lo + kernel.Lanes32 - 1) / kernel.Lanes32
		kernel.Stale(b.g[lo:], r.labels[lo:], b.t, t.unsure[:n])
		for i, m := range t.unsure[:n] {
			for ; m != 0; m &= m - 1 {
				t.stale = append(t.stale, int32(lo+i*kernel.Lanes32+bits.TrailingZeros16(m)))
			}
		}
		if len(t.stale) >= kmeansChunk {
			b.compare(r, t, s, t.stale[:kmeansChunk])
			r.follow(t, s, fresh)
			t.stale = t.stale[:copy(t.stale, t.stale[kmeansChunk:])]
		}
	})
	if len(t.stale) > 0 {
		b.compare(r, t, s, t.stale)
		r.follow(t, s, fresh)
	}
}

// compare finds the nearest centres of some rows, and their gaps.
func (b *kmeansBounds) compare(r *kmeansRun, t *kmeansScratch, s *kmeansShard, rows []int32) {
	n := len(rows)
	rows = kernel.PadRows(rows)
	blocks := len(rows) / kernel.Lanes32
	t.tile.Gather(r.x, rows, t.sq)
	t.tile.Top2(&r.screen, r.screen.All, 0, blocks, t.best, t.second, t.label)
	for i, row := range rows {
		t.before[i] = r.labels[row]
	}
	norm := t.tile.Norm[:blocks]
	kernel.Settle(t.best, t.second, t.label, t.before, norm, r.slope, r.floor, t.unsure, t.changed)
	r.screen.Slacks(norm, t.slack)
	kernel.Gaps(t.best, t.second, t.sq, t.label, b.t, t.slack[:blocks], b.limit, t.near, t.gap)
	if tail := n % kernel.Lanes32; tail > 0 {
		t.unsure[blocks-1] &= 1<<tail - 1
		t.changed[blocks-1] &= 1<<tail - 1
	}
	t.doubt = t.doubt[:0]
	for i, m := range t.unsure[:blocks] {
		for ; m != 0; m &= m - 1 {
			t.doubt = append(t.doubt, rows[i*kernel.Lanes32+bits.TrailingZeros16(m)])
		}
	}
	if len(t.doubt) > 0 {
		r.exact.Nearest(r.x, t.doubt, t.verdict, t.dist)
		next := 0
		for i, m := range t.unsure[:blocks] {
			for ; m != 0; m &= m - 1 {
				at := i*kernel.Lanes32 + bits.TrailingZeros16(m)
				t.label[at], t.gap[at] = t.verdict[next], float32(math.Inf(-1))
				t.near[at] = float32(math.Sqrt(t.dist[next]) * r.frame.Scale * (1 + 0x1p-20))
				if t.changed[i] &^= m & -m; t.label[at] != t.before[at] {
					t.changed[i] |= m & -m
				}
				next++
			}
		}
	}
	t.rows, t.from, t.to = t.rows[:0], t.from[:0], t.to[:0]
	for i, m := range t.changed[:blocks] {
		for ; m != 0; m &= m - 1 {
			at := i*kernel.Lanes32 + bits.TrailingZeros16(m)
			t.rows, t.from, t.to = append(t.rows, rows[at]), append(t.from, t.before[at]), append(t.to, t.label[at])
			r.labels[rows[at]] = t.label[at]
		}
	}
	for i, row := range rows[:n] {
		b.g[row] = t.gap[i]
		if l := t.label[i]; t.near[i] > s.radius[l] {
			s.radius[l] = t.near[i]
		}
	}
	s.tried += n
}
