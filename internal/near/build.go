package near

import (
	"math"
	"sync"
)

// builder arranges the rows in place: while a part of the tree is not built its points
// stand row by row where its leaves will stand column by column.
type builder struct {
	t     *Tree
	d     int
	rows  []float64
	index []int32
}

func (b *builder) copy(x []float64, workers int) {
	d := b.d
	spread(b.t.n, workers, func(lo, hi int) {
		copy(b.rows[lo*d:hi*d], x[lo*d:hi*d])
		for i := lo; i < hi; i++ {
			b.index[i] = int32(i)
		}
	})
}

func (b *builder) build(at, lo, hi, workers int) {
	t := b.t
	nd := &t.nodes[at]
	nd.lo, nd.hi = int32(lo), int32(hi)
	if hi-lo <= leafSize {
		b.leaf(at, lo, hi)
		return
	}
	side := b.widest(lo, hi)
	t.side[at] = uint8(side)
	mid := lo + half(hi-lo)
	b.selectNth(side, lo, hi, mid)
	left, right := at+1, at+1+nodeCount(mid-lo)
	nd.right = int32(right)
	if workers > 1 && hi-lo > 1<<13 {
		var wg sync.WaitGroup
		wg.Go(func() { b.build(left, lo, mid, workers/2) })
		b.build(right, mid, hi, workers-workers/2)
		wg.Wait()
	} else {
		b.build(left, lo, mid, 1)
		b.build(right, mid, hi, 1)
	}
	nd.first = min(t.nodes[left].first, t.nodes[right].first)
	d := b.d
	box, p, q := t.box(at), t.box(left), t.box(right)
	for j := range d {
		box[j], box[d+j] = min(p[j], q[j]), max(p[d+j], q[d+j])
	}
}

// leaf turns rows lo..hi into the columns of a leaf and bounds them.
func (b *builder) leaf(at, lo, hi int) {
	t, d, m := b.t, b.d, hi-lo
	to := t.leaf(lo)
	var few [leafSize * 16]float64
	rows := few[:]
	if m*d > len(few) {
		rows = make([]float64, m*d)
	}
	copy(rows, to[:m*d])
	box := t.box(at)
	for j := range d {
		column := to[j*leafSize : (j+1)*leafSize]
		low, high := math.Inf(1), math.Inf(-1)
		for l := range m {
			v := rows[l*d+j]
			column[l] = v
			if v < low {
				low = v
			}
			if v > high {
				high = v
			}
		}
		for l := m; l < leafSize; l++ {
			column[l] = math.NaN()
		}
		box[j], box[d+j] = low, high
	}
	first := int32(math.MaxInt32)
	for _, i := range b.index[lo:hi] {
		first = min(first, i)
	}
	t.nodes[at].first = first
}

// spreadRows is the number of rows that show which side of a node is the widest: the
// answer decides how well the tree prunes, not what it answers.
const spreadRows = 256

// widest returns the column in which rows lo..hi, or some of them, are the farthest apart.
func (b *builder) widest(lo, hi int) int {
	d := b.d
	step := max(1, (hi-lo)/spreadRows)
	side, width := 0, -1.0
	if d <= 8 {
		var low, high [8]float64
		copy(low[:], b.rows[lo*d:lo*d+d])
		high = low
		for at := (lo + step) * d; at < hi*d; at += step * d {
			for j, v := range b.rows[at : at+d] {
				if v < low[j&7] {
					low[j&7] = v
				}
				if v > high[j&7] {
					high[j&7] = v
				}
			}
		}
		for j := range d {
			if w := high[j] - low[j]; w > width {
				side, width = j, w
			}
		}
		return side
	}
	for j := range d {
		low, high := b.rows[lo*d+j], b.rows[lo*d+j]
		for at := (lo+step)*d + j; at < hi*d; at += step * d {
			v := b.rows[at]
			if v < low {
				low = v
			}
			if v > high {
				high = v
			}
		}
		if w := high - low; w > width {
			side, width = j, w
		}
	}
	return side
}
