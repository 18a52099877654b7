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

func (b *builder) swap(i, k int) {
	b.index[i], b.index[k] = b.index[k], b.index[i]
	d := b.d
	p, q := b.rows[i*d:i*d+d], b.rows[k*d:k*d+d]
	q = q[:len(p)]
	for j, v := range p {
		p[j], q[j] = q[j], v
	}
}

// selectSample is how many values a pivot is chosen from, and selectBlock how many are
// compared with it before any is moved: comparisons that feed no branch cost a cycle
// each where mispredicted ones cost ten (Edelkamp, Weiß, BlockQuicksort, ESA 2016).
const (
	selectSample = 63
	selectBlock  = 64
)

// selectNth arranges rows lo..hi by their column side so that none before nth is larger
// and none from nth on is smaller than any on the other side.
func (b *builder) selectNth(side, lo, hi, nth int) {
	for hi-lo > 1 {
		pivot := b.pivot(side, lo, hi, nth)
		i := b.partition(side, lo, hi, pivot)
		k := i
		if i == lo || i == hi {
			i, k = b.between(side, lo, hi, pivot)
		}
		switch {
		case nth < k:
			hi = k
		case nth > i:
			lo = i
		default:
			return
		}
	}
}

// pivot chooses a value near the one of rank nth: the one of that rank in a sample. The
// sample's places are spread by a multiplicative generator, so that no period of the
// data meets them.
func (b *builder) pivot(side, lo, hi, nth int) float64 {
	n, d := hi-lo, b.d
	var sample [selectSample]float64
	m := 3
	if n > 16*selectSample {
		m = selectSample
	} else if n > 256 {
		m = 15
	}
	r := uint64(n) | 1
	for s := range m {
		r = r*6364136223846793005 + 1442695040888963407
		v := b.rows[(lo+int((r>>32)*uint64(n)>>32))*d+side]
		at := s
		for at > 0 && sample[at-1] > v {
			sample[at] = sample[at-1]
			at--
		}
		sample[at] = v
	}
	// Where the rank is near an end, a value somewhat inside leaves it in the small part.
	at := (nth - lo) * m / n
	if 4*(nth-lo) < n {
		at = min(at+1+m/32, m/2)
	} else if 4*(hi-nth) < n {
		at = max(at-1-m/32, m/2)
	}
	return sample[at]
}

// one is 1 for true, which the compiler makes without a branch.
func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// partition puts the rows that are smaller than the pivot before those that are larger
// and returns where the second part begins; rows that equal the pivot are in both.
func (b *builder) partition(side, lo, hi int, pivot float64) int {
	d := b.d
	rows := b.rows[side:]
	l, r := lo, hi
	var left, right [selectBlock]uint8 // offsets from l up and from r−1 down of the rows to move
	nl, nr, sl, sr := 0, 0, 0, 0
	for l < r {
		ml, mr := selectBlock, selectBlock
		if r-l < 2*selectBlock { // the last blocks share what is left
			switch {
			case nl > 0:
				mr = min(selectBlock, r-l-selectBlock)
			case nr > 0:
				ml = min(selectBlock, r-l-selectBlock)
			default:
				ml = (r - l) / 2
				mr = r - l - ml
			}
		}
		if nl == 0 {
			sl = 0
			at := l * d
			for j := range ml {
				left[nl&(selectBlock-1)] = uint8(j)
				nl += one(rows[at] >= pivot)
				at += d
			}
		}
		if nr == 0 {
			sr = 0
			at := (r - 1) * d
			for j := range mr {
				right[nr&(selectBlock-1)] = uint8(j)
				nr += one(rows[at] <= pivot)
				at -= d
			}
		}
		m := min(nl, nr)
		for j := range m {
			b.swap(l+int(left[(sl+j)&(selectBlock-1)]), r-1-int(right[(sr+j)&(selectBlock-1)]))
		}
		nl, nr, sl, sr = nl-m, nr-m, sl+m, sr+m
		last := r-l == ml+mr
		if nl == 0 {
			l += ml
		}
		if nr == 0 {
			r -= mr
		}
		if !last {
			continue
		}
		// One block is left at most: what is to move in it goes to its end.
		for ; nl > 0; nl-- {
			r--
			b.swap(l+int(left[sl+nl-1]), r)
		}
		if from := r; nr > 0 {
			for ; nr > 0; nr-- {
				b.swap(l, from-1-int(right[sr+nr-1]))
				l++
			}
			r = l
		}
		break
	}
	return r
}

// between is partition that always leaves two parts smaller than lo..hi: rows lo..k are at
// most and rows i..hi at least the pivot, a value of theirs, and rows k..i equal it.
func (b *builder) between(side, lo, hi int, pivot float64) (i, k int) {
	d, rows := b.d, b.rows[side:]
	i, k = lo, hi-1
	for i <= k {
		for i <= k && rows[i*d] < pivot {
			i++
		}
		for i <= k && rows[k*d] > pivot {
			k--
		}
		if i <= k {
			b.swap(i, k)
			i++
			k--
		}
	}
	return i, k + 1
}
