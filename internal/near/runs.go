package near

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
)

// Sizes of the runs of Runs, in points: short ones, and long ones of 8 short ones.
const (
	ShortRun = 64
	LongRun  = 512
)

// runsBucket is about how many points a bucket of the first step of NewRuns has: few
// enough that they stay in the second cache while they are divided.
const runsBucket = 4096

// Runs puts points in an order in which neighbours stand together and bounds each run of
// ShortRun places, and each of LongRun, by a box: a kd-tree of two levels, for whoever
// wants blocks of rows rather than a hierarchy. Short run r is places 64r … 64r+63.
type Runs struct {
	D     int
	Order []int32 // place → number of the point
	Short []float64
	Long  []float64 // boxes: D middles, then D half widths, which reach past every point
}

// NewRuns divides len(x)/d row-major points. A kd-tree over a sample gives buckets, which
// are divided at medians of their widest sides, rounded so that runs of both sizes begin
// where the divisions are. The result does not depend on workers. Cost O(n·log n).
func NewRuns(ctx context.Context, x []float64, d, workers int) (*Runs, error) {
	n := len(x) / d
	r := &Runs{D: d, Order: make([]int32, n)}
	r.Short = make([]float64, (n+ShortRun-1)/ShortRun*2*d)
	r.Long = make([]float64, (n+LongRun-1)/LongRun*2*d)
	b := &runsBuilder{r: r, x: x, d: d, n: n}
	b.cuts()
	starts, err := b.route(ctx, workers)
	if err != nil {
		return nil, err
	}
	err = each(ctx, workers, len(starts)-1, func(i int) {
		b.divide(int(starts[i]), int(starts[i+1]), make([]runsKey, starts[i+1]-starts[i]))
	})
	if err != nil {
		return nil, err
	}
	longs := len(r.Long) / (2 * d)
	err = each(ctx, workers, (longs+31)/32, func(i int) {
		for l := i * 32; l < min(longs, (i+1)*32); l++ {
			b.bound(l)
		}
	})
	return r, err
}

// each calls do(0), …, do(count−1) on up to workers goroutines, looking at ctx before
// each.
func each(ctx context.Context, workers, count int, do func(i int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(1, min(workers, count)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= count || ctx.Err() != nil {
					return
				}
				do(i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

type runsBuilder struct {
	r     *Runs
	x     []float64
	d, n  int
	depth int // of the tree over the sample
	side  []int32
	cut   []float64 // by node, the root being 1 and the children of i 2i and 2i+1
}

type runsKey struct {
	v float64
	i int32
}

// cuts makes the tree over a sample of 16 points a bucket.
func (b *runsBuilder) cuts() {
	for b.depth < 12 && b.n>>(b.depth+1) >= runsBucket {
		b.depth++
	}
	b.side, b.cut = make([]int32, 1<<b.depth), make([]float64, 1<<b.depth)
	if b.depth == 0 {
		return
	}
	size := min(b.n, 16<<b.depth)
	sample := make([]int32, size)
	for i := range sample {
		sample[i] = int32(i * b.n / size)
	}
	b.sampled(1, sample, make([]runsKey, size))
}

func (b *runsBuilder) sampled(node int, of []int32, room []runsKey) {
	if node >= len(b.cut) {
		return
	}
	side, _ := b.widest(of, 1+len(of)/64)
	mid := len(of) / 2
	b.keys(side, of, room)
	keyNth(room[:len(of)], mid)
	for i, k := range room[:len(of)] {
		of[i] = k.i
	}
	b.side[node], b.cut[node] = int32(side), room[mid].v
	b.sampled(2*node, of[:mid], room)
	b.sampled(2*node+1, of[mid:], room)
}

// widen makes a box reach the point.
func widen(low, high, point []float64) {
	high, point = high[:len(low)], point[:len(low)]
	for j, v := range point {
		if v < low[j] {
			low[j] = v
		}
		if v > high[j] {
			high[j] = v
		}
	}
}

// widest is the side along which every step-th of the points spreads most, and how far.
func (b *runsBuilder) widest(of []int32, step int) (side int, width float64) {
	var room [2 * 16]float64
	low, high := room[:0], room[16:16]
	if b.d > 16 {
		low, high = make([]float64, 0, b.d), make([]float64, 0, b.d)
	}
	first := int(of[0]) * b.d
	low = append(low, b.x[first:first+b.d]...)
	high = append(high, b.x[first:first+b.d]...)
	for at := 0; at < len(of); at += step {
		widen(low, high, b.x[int(of[at])*b.d:])
	}
	for j, v := range high {
		if w := v - low[j]; w > width {
			side, width = j, w
		}
	}
	return side, width
}

func (b *runsBuilder) keys(side int, of []int32, to []runsKey) {
	for at, i := range of {
		to[at] = runsKey{b.x[int(i)*b.d+side], i}
	}
}

// route sends the points down the tree and puts those of a bucket together. It returns
// where the buckets begin.
func (b *runsBuilder) route(ctx context.Context, workers int) ([]int32, error) {
	buckets := 1 << b.depth
	const parts = 16 // fixed, so that the order is
	size := (b.n + parts - 1) / parts
	to := make([]uint16, b.n)
	at := make([]int32, parts*buckets)
	err := each(ctx, workers, parts, func(p int) {
		count := at[p*buckets : (p+1)*buckets]
		for i := p * size; i < min(b.n, (p+1)*size); i++ {
			row := b.x[i*b.d : i*b.d+b.d]
			node := 1
			for range b.depth {
				next := 2 * node
				if row[b.side[node]] >= b.cut[node] {
					next++
				}
				node = next
			}
			to[i] = uint16(node - buckets)
			count[node-buckets]++
		}
	})
	if err != nil {
		return nil, err
	}
	starts := make([]int32, buckets+1)
	total := int32(0)
	for k := range buckets {
		starts[k] = total
		for p := range parts {
			c := at[p*buckets+k]
			at[p*buckets+k] = total
			total += c
		}
	}
	starts[buckets] = total
	return starts, each(ctx, workers, parts, func(p int) {
		place := at[p*buckets : (p+1)*buckets]
		for i := p * size; i < min(b.n, (p+1)*size); i++ {
			k := to[i]
			b.r.Order[place[k]] = int32(i)
			place[k]++
		}
	})
}

// divide puts places lo..hi in order.
func (b *runsBuilder) divide(lo, hi int, room []runsKey) {
	if hi-lo <= ShortRun {
		return
	}
	of := b.r.Order[lo:hi]
	side, width := b.widest(of, 1+len(of)/64)
	if width == 0 {
		side, width = b.widest(of, 1)
	}
	if width == 0 {
		return
	}
	mid := runsMiddle(lo, hi)
	if mid == lo || mid == hi {
		return
	}
	b.keys(side, of, room)
	keyNth(room[:hi-lo], mid-lo)
	for i, k := range room[:hi-lo] {
		of[i] = k.i
	}
	b.divide(lo, mid, room)
	b.divide(mid, hi, room)
}

// runsMiddle is the place near the middle that is a multiple of the largest power of two
// times ShortRun.
func runsMiddle(lo, hi int) int {
	mid, reach := (lo+hi)/2, (hi-lo)/4
	for step := LongRun << 12; step >= ShortRun; step /= 2 {
		p := (mid + step/2) / step * step
		if p > lo && p < hi && (p-mid <= reach && mid-p <= reach || step == ShortRun) {
			return p
		}
	}
	return lo
}

// bound writes the boxes of long run l and of the short runs in it.
func (b *runsBuilder) bound(l int) {
	d := b.d
	low, high := make([]float64, 2*d), make([]float64, 2*d)
	outer, top := low[d:], high[d:]
	low, high = low[:d], high[:d]
	for j := range outer {
		outer[j], top[j] = math.Inf(1), math.Inf(-1)
	}
	end := min(b.n, (l+1)*LongRun)
	for lo := l * LongRun; lo < end; lo += ShortRun {
		for j := range low {
			low[j], high[j] = math.Inf(1), math.Inf(-1)
		}
		for _, i := range b.r.Order[lo:min(end, lo+ShortRun)] {
			widen(low, high, b.x[int(i)*d:])
		}
		box(b.r.Short[lo/ShortRun*2*d:][:2*d], low, high)
		for j := range low {
			outer[j], top[j] = min(outer[j], low[j]), max(top[j], high[j])
		}
	}
	box(b.r.Long[l*2*d:][:2*d], outer, top)
}

// box writes middles and half widths, the latter rounded up.
func box(to, low, high []float64) {
	d := len(low)
	for j, v := range low {
		m := v + (high[j]-v)/2
		to[j], to[d+j] = m, max(high[j]-m, m-v)*(1+0x1p-50)
	}
}

// keyNth puts the nth key by (value, number) in its place, smaller ones before it and
// larger ones after it (quickselect, median of three).
func keyNth(k []runsKey, nth int) {
	less := func(a, b runsKey) bool { return a.v < b.v || a.v == b.v && a.i < b.i }
	lo, hi := 0, len(k)-1
	for lo < hi {
		mid := lo + (hi-lo)/2
		if less(k[mid], k[lo]) {
			k[mid], k[lo] = k[lo], k[mid]
		}
		if less(k[hi], k[lo]) {
			k[hi], k[lo] = k[lo], k[hi]
		}
		if less(k[hi], k[mid]) {
			k[hi], k[mid] = k[mid], k[hi]
		}
		pivot := k[mid]
		i, j := lo, hi
		for i <= j {
			for less(k[i], pivot) {
				i++
			}
			for less(pivot, k[j]) {
				j--
			}
			if i <= j {
				k[i], k[j] = k[j], k[i]
				i++
				j--
			}
		}
		switch {
		case nth <= j:
			hi = j
		case nth >= i:
			lo = i
		default:
			return
		}
	}
}
