package eval

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/mores-lab/mores/internal/kernel"
)

// silhouetteTile is the side of a tile of the distance matrix, in blocks of eight rows.
// 64 blocks of 8 features and their sums fill a first-level cache of 48 KB; a tile is
// 2¹⁸ distances.
const silhouetteTile = 64

// silhouetteRun holds the rows sorted by group in lane blocks, each group beginning a
// block of its own: slot 8·first[g]+i holds row i of group g.
type silhouetteRun struct {
	ctx     context.Context
	in      *Input
	p       *partition
	y       *kernel.Lanes
	first   []int   // k+1: group g owns blocks first[g] to first[g+1]−1
	group   []int32 // a block's group
	rows    []uint8 // a block's rows, 1 to 8
	workers int
	parts   *silhouetteParts // what silhouettes are made of, where somebody asks
}

func newSilhouetteRun(ctx context.Context, in *Input, p *partition) *silhouetteRun {
	r := &silhouetteRun{ctx: ctx, in: in, p: p, workers: workersOf(in)}
	r.first = make([]int, p.k+1)
	for g := range p.k {
		r.first[g+1] = r.first[g] + (p.size(g)+7)/8
	}
	blocks := r.first[p.k]
	_, d := in.X.Dims()
	r.y = kernel.NewLanes(8*blocks, d)
	r.group, r.rows = make([]int32, blocks), make([]uint8, blocks)
	for g := range p.k {
		for i, row := range p.rows[p.start[g]:p.start[g+1]] {
			b := r.first[g] + i/8
			r.y.Set(8*r.first[g]+i, in.X.Row(row))
			r.group[b] = int32(g)
			r.rows[b]++
		}
	}
	return r
}

func workersOf(in *Input) int {
	if in.Workers > 0 {
		return in.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// parallel calls do(0), …, do(n−1), each once, on up to workers goroutines.
func parallel(workers, n int, do func(task int)) {
	if workers = min(workers, n); workers <= 1 {
		for t := range n {
			do(t)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for t := int(next.Add(1)) - 1; t < n; t = int(next.Add(1)) - 1 {
				do(t)
			}
		})
	}
	wg.Wait()
}

// table counts the bytes of symmetric's sums.
func (r *silhouetteRun) table() int64 { return int64(r.p.k) * int64(len(r.group)) * 64 }

// symmetric fills rows with every row's silhouette, looking at each pair once.
//
// sums[g] collects the distances from each slot to group g. Tile (I, J) adds to the sums
// of blocks I and J only, and the tiles go in rounds in which every block occurs once (a
// round-robin tournament, circle method): so the workers never meet, and each sum is added
// up in the same order for any number of them.
func (r *silhouetteRun) symmetric(rows []float64) {
	sums := make([][]float64, r.p.k)
	for g := range sums {
		sums[g] = make([]float64, 8*len(r.group))
	}
	tiles := (len(r.group) + silhouetteTile - 1) / silhouetteTile
	parallel(r.workers, tiles, func(t int) { r.tile(t, t, sums) })
	seats := tiles + tiles%2 // an odd number of tiles plays with a bye
	for round := range seats - 1 {
		parallel(r.workers, seats/2, func(t int) {
			a, b := seats-1, round
			if t > 0 {
				a, b = (round+t)%(seats-1), (round-t+seats-1)%(seats-1)
			}
			if max(a, b) < tiles {
				r.tile(min(a, b), max(a, b), sums)
			}
		})
		if r.ctx.Err() != nil {
			return
		}
	}
	of := make([]float64, r.p.k)
	for g := range r.p.k {
		for i, row := range r.p.rows[r.p.start[g]:r.p.start[g+1]] {
			for h := range of {
				of[h] = sums[h][8*r.first[g]+i]
			}
			rows[row] = r.value(row, of)
		}
	}
}

// tile adds the distances between tiles i ≤ j.
func (r *silhouetteRun) tile(i, j int, sums [][]float64) {
	if r.ctx.Err() != nil {
		return
	}
	var s, own [8]float64
	end := min(len(r.group), (j+1)*silhouetteTile)
	for a := i * silhouetteTile; a < min(len(r.group), (i+1)*silhouetteTile); a++ {
		g, n := r.group[a], int(r.rows[a])
		lo := j * silhouetteTile
		if i == j {
			kernel.TileSums(r.y, a, n, r.y, a, a+1, n, &s, own[:])
			silhouetteAdd(sums[g][8*a:], &s)
			lo = a + 1
		}
		for lo < end { // one stretch a group
			h := r.group[lo]
			hi := min(end, r.first[h+1])
			kernel.TileSums(r.y, a, n, r.y, lo, hi, int(r.rows[hi-1]), &s, sums[g][8*lo:])
			silhouetteAdd(sums[h][8*a:], &s)
			lo = hi
		}
	}
}

func silhouetteAdd(to []float64, s *[8]float64) {
	to = to[:8]
	for l, v := range s {
		to[l] += v
	}
}

// silhouettePart is a stretch of lane blocks that stand for rows of one group, each of them
// for weight rows.
type silhouettePart struct {
	group        int
	lo, hi, last int // the blocks, and the rows in the last of them
	weight       float64
}

// whole is every row, for itself.
func (r *silhouetteRun) whole() []silhouettePart {
	parts := make([]silhouettePart, 0, r.p.k)
	for g := range r.p.k {
		hi := r.first[g+1]
		parts = append(parts, silhouettePart{group: g, lo: r.first[g], hi: hi, last: int(r.rows[hi-1]), weight: 1})
	}
	return parts
}

// silhouetteReach is how many blocks of eight rows one worker compares at a time: a tile of
// the other rows then serves 128 of them.
const silhouetteReach = 16

// rowByRow fills rows with the silhouettes of the chosen positions in p.rows, comparing each
// with the rows of y.
func (r *silhouetteRun) rowByRow(chosen []int, y *kernel.Lanes, parts []silhouettePart, rows []float64) {
	_, d := r.in.X.Dims()
	const reach = 8 * silhouetteReach
	parallel(r.workers, (len(chosen)+reach-1)/reach, func(t int) {
		mine := chosen[reach*t : min(len(chosen), reach*(t+1))]
		x := kernel.NewLanes(len(mine), d)
		for i, at := range mine {
			x.Set(i, r.in.X.Row(r.p.rows[at]))
		}
		var s [8]float64
		unused := make([]float64, 8*silhouetteTile)
		of := make([]float64, len(mine)*r.p.k)
		for _, part := range parts {
			for lo := part.lo; lo < part.hi; lo += silhouetteTile {
				if r.ctx.Err() != nil {
					return
				}
				hi, last := min(part.hi, lo+silhouetteTile), 8
				if hi == part.hi {
					last = part.last
				}
				for a := 0; 8*a < len(mine); a++ {
					eight := min(8, len(mine)-8*a)
					kernel.TileSums(x, a, eight, y, lo, hi, last, &s, unused)
					for l, v := range s[:eight] {
						of[(8*a+l)*r.p.k+part.group] += part.weight * v
					}
				}
			}
		}
		for i, at := range mine {
			row := r.p.rows[at]
			rows[row] = r.value(row, of[i*r.p.k:(i+1)*r.p.k])
		}
	})
}

// value is the silhouette of a row, given its summed distances to each group.
func (r *silhouetteRun) value(row int, of []float64) float64 {
	own := int(r.p.label[row])
	size := r.p.size(own)
	if size == 1 {
		if r.parts != nil {
			r.parts.near[row] = -1
		}
		return 0
	}
	a, b, near := of[own]/float64(size-1), math.Inf(1), own
	for g, s := range of {
		if to := s / float64(r.p.size(g)); g != own && to < b {
			b, near = to, g
		}
	}
	if r.parts != nil {
		r.parts.a[row], r.parts.b[row], r.parts.near[row] = a, b, int32(near)
	}
	return silhouetteOf(a, b)
}
