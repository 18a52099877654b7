package eval

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/mores-lab/mores/features"
)

// silhouetteTile is the side of a tile of the distance matrix. 512 rows of 8
// features and their sums stay in a 32 to 48 KB first-level cache; 256 and 1,024
// cost 5 to 10 % more.
const silhouetteTile = 512

// silhouetteRun holds the rows sorted by group, column by column, so that the
// inner loops run over adjacent numbers of one group.
type silhouetteRun struct {
	ctx     context.Context
	p       *partition
	n, d    int
	col     [][]float64 // d columns of n values, in the order of p.rows
	group   []int32     // n: the group of each position
	workers int
}

func newSilhouetteRun(ctx context.Context, in *Input, p *partition) *silhouetteRun {
	_, d := in.X.Dims()
	r := &silhouetteRun{ctx: ctx, p: p, n: len(p.rows), d: d, workers: in.Workers}
	if r.workers <= 0 {
		r.workers = runtime.GOMAXPROCS(0)
	}
	r.col = silhouetteColumns(in.X, p.rows)
	r.group = make([]int32, r.n)
	for g := range p.k {
		for i := p.start[g]; i < p.start[g+1]; i++ {
			r.group[i] = int32(g)
		}
	}
	return r
}

func silhouetteColumns(x *features.Matrix, rows []int) [][]float64 {
	_, d := x.Dims()
	cols := make([][]float64, d)
	for j := range cols {
		cols[j] = make([]float64, len(rows))
	}
	for i, r := range rows {
		for j, v := range x.Row(r) {
			cols[j][i] = v
		}
	}
	return cols
}

// distances puts the distances from position i to positions lo..hi into buf.
func (r *silhouetteRun) distances(i, lo, hi int, buf []float64) {
	j := 0
	switch r.d % 4 {
	case 1:
		square1(buf, r.col[0][lo:hi], r.col[0][i])
		j = 1
	case 2:
		square2(buf, r.col[0][lo:hi], r.col[1][lo:hi], r.col[0][i], r.col[1][i])
		j = 2
	case 3:
		square3(buf, r.col[0][lo:hi], r.col[1][lo:hi], r.col[2][lo:hi], r.col[0][i], r.col[1][i], r.col[2][i])
		j = 3
	default:
		if r.d == 0 {
			clear(buf)
			return
		}
		square4(buf, r.col[0][lo:hi], r.col[1][lo:hi], r.col[2][lo:hi], r.col[3][lo:hi],
			r.col[0][i], r.col[1][i], r.col[2][i], r.col[3][i])
		j = 4
	}
	for ; j < r.d; j += 4 {
		addSquare4(buf, r.col[j][lo:hi], r.col[j+1][lo:hi], r.col[j+2][lo:hi], r.col[j+3][lo:hi],
			r.col[j][i], r.col[j+1][i], r.col[j+2][i], r.col[j+3][i])
	}
}

func square1(buf, a []float64, x float64) {
	a = a[:len(buf)]
	for k := range buf {
		u := a[k] - x
		buf[k] = u * u
	}
}

func square2(buf, a, b []float64, x, y float64) {
	a, b = a[:len(buf)], b[:len(buf)]
	for k := range buf {
		u, v := a[k]-x, b[k]-y
		buf[k] = u*u + v*v
	}
}

func square3(buf, a, b, c []float64, x, y, z float64) {
	a, b, c = a[:len(buf)], b[:len(buf)], c[:len(buf)]
	for k := range buf {
		u, v, w := a[k]-x, b[k]-y, c[k]-z
		buf[k] = u*u + v*v + w*w
	}
}

func square4(buf, a, b, c, d []float64, x, y, z, t float64) {
	a, b, c, d = a[:len(buf)], b[:len(buf)], c[:len(buf)], d[:len(buf)]
	for k := range buf {
		u, v, w, s := a[k]-x, b[k]-y, c[k]-z, d[k]-t
		buf[k] = (u*u + v*v) + (w*w + s*s)
	}
}

func addSquare4(buf, a, b, c, d []float64, x, y, z, t float64) {
	a, b, c, d = a[:len(buf)], b[:len(buf)], c[:len(buf)], d[:len(buf)]
	for k := range buf {
		u, v, w, s := a[k]-x, b[k]-y, c[k]-z, d[k]-t
		buf[k] += (u*u + v*v) + (w*w + s*s)
	}
}

// rootSum returns Σ √buf.
func rootSum(buf []float64) float64 {
	s := 0.0
	for _, q := range buf {
		s += math.Sqrt(q)
	}
	return s
}

// rootSumBoth returns Σ √buf and adds each root to out.
func rootSumBoth(buf, out []float64) float64 {
	out = out[:len(buf)]
	s := 0.0
	for k, q := range buf {
		r := math.Sqrt(q)
		s += r
		out[k] += r
	}
	return s
}

// each calls f(0) … f(n−1) from the workers.
func (r *silhouetteRun) each(n int, f func(task int, buf []float64)) {
	w := min(r.workers, n)
	if w <= 1 {
		buf := make([]float64, silhouetteTile)
		for t := range n {
			f(t, buf)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range w {
		wg.Go(func() {
			buf := make([]float64, silhouetteTile)
			for t := int(next.Add(1)) - 1; t < n; t = int(next.Add(1)) - 1 {
				f(t, buf)
			}
		})
	}
	wg.Wait()
}

// symmetric fills rows with every row's silhouette, looking at each pair once.
//
// sums[g][i] collects the distances from position i to group g. Tile (I, J) adds
// to the sums of blocks I and J only, and the tiles go in rounds in which every
// block occurs once (a round-robin tournament, circle method): so the workers
// never meet, and each sum is added up in the same order for any number of them.
func (r *silhouetteRun) symmetric(rows []float64) {
	sums := make([][]float64, r.p.k)
	for g := range sums {
		sums[g] = make([]float64, r.n)
	}
	blocks := (r.n + silhouetteTile - 1) / silhouetteTile
	r.each(blocks, func(b int, buf []float64) { r.tile(b, b, sums, buf) })
	seats := blocks + blocks%2 // an odd number of blocks plays with a bye
	for round := range seats - 1 {
		r.each(seats/2, func(t int, buf []float64) {
			a, b := seats-1, round
			if t > 0 {
				a, b = (round+t)%(seats-1), (round-t+seats-1)%(seats-1)
			}
			if max(a, b) < blocks && r.ctx.Err() == nil {
				r.tile(min(a, b), max(a, b), sums, buf)
			}
		})
		if r.ctx.Err() != nil {
			return
		}
	}
	of := make([]float64, r.p.k)
	for i := range r.n {
		for g := range of {
			of[g] = sums[g][i]
		}
		rows[r.p.rows[i]] = r.value(i, of)
	}
}

// tile adds the distances between blocks a ≤ b.
func (r *silhouetteRun) tile(a, b int, sums [][]float64, buf []float64) {
	iEnd, jEnd := min(r.n, (a+1)*silhouetteTile), min(r.n, (b+1)*silhouetteTile)
	for i := a * silhouetteTile; i < iEnd; i++ {
		lo := b * silhouetteTile
		if a == b {
			lo = i + 1
		}
		own := sums[r.group[i]]
		for lo < jEnd { // one stretch a group
			g := r.group[lo]
			hi := min(jEnd, r.p.start[g+1])
			q := buf[:hi-lo]
			r.distances(i, lo, hi, q)
			sums[g][i] += rootSumBoth(q, own[lo:hi])
			lo = hi
		}
	}
}

// rowByRow fills rows with the silhouettes of the chosen positions, comparing
// each with all rows.
func (r *silhouetteRun) rowByRow(chosen []int, rows []float64) {
	const batch = 16 // rows between two looks at ctx: under 10 ms at n = 100,000
	r.each((len(chosen)+batch-1)/batch, func(t int, buf []float64) {
		if r.ctx.Err() != nil {
			return
		}
		of := make([]float64, r.p.k)
		for _, i := range chosen[t*batch : min(len(chosen), (t+1)*batch)] {
			for g := range of {
				of[g] = 0
				for lo := r.p.start[g]; lo < r.p.start[g+1]; lo += silhouetteTile {
					hi := min(r.p.start[g+1], lo+silhouetteTile)
					q := buf[:hi-lo]
					r.distances(i, lo, hi, q)
					of[g] += rootSum(q)
				}
			}
			rows[r.p.rows[i]] = r.value(i, of)
		}
	})
}

// value is the silhouette of position i, given its summed distances to each group.
func (r *silhouetteRun) value(i int, of []float64) float64 {
	own := int(r.group[i])
	size := r.p.size(own)
	if size == 1 {
		return 0
	}
	a, b := of[own]/float64(size-1), math.Inf(1)
	for g, s := range of {
		if g != own {
			b = min(b, s/float64(r.p.size(g)))
		}
	}
	if m := max(a, b); m > 0 {
		return (b - a) / m
	}
	return 0 // the row coincides with its own segment and with another one
}
