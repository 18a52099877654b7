package near

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"sort"
	"sync"
	"sync/atomic"
)

// Grid cuts few columns into cells of side eps/√d, sorted so that the cells along the last
// column lie one behind the other in memory: what is near a point is a few runs (Wang, Gu
// and Shun, SIGMOD 2020, doi 10.1145/3318464.3380582). It is read-only after NewGrid.
//
// A value's place on its axis is f(v) = (v−low)·inv in float64, its cell ⌊f⌋. f is monotone,
// and as no place reaches 2³¹, the three roundings in it are off by less than 2⁻²⁰ together.
// The side is shorter than eps/√d by one part in 2¹⁴ and a comparison with a cell's edge is
// kept by a margin of one part in 2¹⁰, both far more than the rounding. Hence
//
//   - two points of one cell differ by less than (1+2⁻¹⁹)·side on each axis: they are within
//     eps, also as computed, and need not be compared;
//   - two points within eps as computed differ by less than √d·(1+2⁻¹³) < 2 places on each
//     axis for d ≤ 3: their cells are at most gridReach apart, also across an edge, and the
//     sum of the squared distances from one's place to the other's cell is below g.reach.
//
// Wang, Gu and Shun's own program looks for cells within √(d+3) sides and so loses pairs
// from d = 3 on.
type Grid struct {
	d, n   int
	stride int
	x      []float64 // coordinate j of place p at j·stride + p
	rows   []uint64  // place → number of the point, in the lower half
	key    []uint64  // per cell, rising
	start  []int32   // per cell its first place; one more at the end
	low    [GridDims]float64
	inv    float64
	shift  [GridDims]uint
	limit  float64 // eps²
	reach  float64 // d sides squared, with the margin
	cols   []gridColumn
}

// GridDims is the most columns that a grid takes. At two it is about twice as fast as the
// tree, whose building alone takes longer; at three there are 25 columns of cells around a
// point and it was three times slower (100,000 and 1,000,000 points of blobs3d).
const GridDims = 2

// gridReach is how many cells eps spans at most in each direction, gridRows how many cells
// of one column of cells that makes.
const (
	gridReach = 2
	gridRows  = 2*gridReach + 1
)

// gridColumn is the cells at one offset from a cell in all but the last coordinate.
type gridColumn struct {
	delta uint64        // of the keys, modulo 2⁶⁴
	off   [GridDims]int // offsets + gridReach; the last is gridReach
	side  int           // −1 = the cells with smaller keys, 0 = the cell's own column, 1 = larger
	touch bool          // the cells share a face, an edge or a corner
}

// NewGrid builds the grid over len(x)/d row-major points. The result does not depend on
// workers. It returns nil and the reason where there can be no grid.
func NewGrid(x []float64, d int, eps float64, workers int) (*Grid, string) {
	n := len(x) / d
	switch {
	case d > GridDims:
		return nil, fmt.Sprintf("%d columns", d)
	case n == 0:
		return nil, "no points"
	case !(eps >= 0x1p-400 && eps <= 0x1p400):
		return nil, "eps² is not an ordinary number"
	}
	g := &Grid{d: d, n: n, limit: eps * eps, reach: float64(d) * (1 + 0x1p-10)}
	g.inv = math.Sqrt(float64(d)) / (eps * (1 - 0x1p-14))
	low, high := bounds(x, d, workers)
	total := uint(0)
	for j := d - 1; j >= 0; j-- {
		f := (high[j] - low[j]) * g.inv
		if !(f < 1<<31-8) { // keys have 62 bits at most
			return nil, "more than 2³¹ cells along a column"
		}
		g.low[j], g.shift[j] = low[j], total
		total += uint(bits.Len64(uint64(f) + 2*gridReach))
	}
	g.columns()
	spare := g.sort(x, int(total), workers)
	g.gather(x, workers)
	g.cells(spare, workers)
	return g, ""
}

// bounds returns the least and the largest value of each column.
func bounds(x []float64, d, workers int) (low, high [GridDims]float64) {
	n := len(x) / d
	pieces := gridPieces(n, workers)
	part := make([][2][GridDims]float64, pieces)
	gridSplit(n, pieces, func(t, from, to int) {
		var lo, hi [GridDims]float64
		for j := range d {
			lo[j], hi[j] = math.Inf(1), math.Inf(-1)
		}
		for i := from; i < to; i++ {
			for j, v := range x[i*d : i*d+d] {
				if v < lo[j] {
					lo[j] = v
				}
				if v > hi[j] {
					hi[j] = v
				}
			}
		}
		part[t] = [2][GridDims]float64{lo, hi}
	})
	low, high = part[0][0], part[0][1]
	for _, p := range part[1:] {
		for j := range d {
			low[j], high[j] = min(low[j], p[0][j]), max(high[j], p[1][j])
		}
	}
	return low, high
}

// columns lists the columns of cells around a cell, the nearest first.
func (g *Grid) columns() {
	var off [GridDims]int
	for j := range g.d {
		off[j] = gridReach
	}
	var walk func(j, side int)
	walk = func(j, side int) {
		if j == g.d-1 {
			c := gridColumn{off: off, side: side, touch: true}
			gap := 0
			for i := range j {
				o := off[i] - gridReach
				c.delta += uint64(o) << g.shift[i]
				if o < -1 || o > 1 {
					c.touch = false
					gap++
				}
			}
			if float64(gap) < g.reach {
				g.cols = append(g.cols, c)
			}
			return
		}
		for o := range gridRows {
			off[j] = o
			s := side
			if s == 0 {
				s = min(1, max(-1, o-gridReach))
			}
			walk(j+1, s)
		}
		off[j] = gridReach
	}
	walk(0, 0)
	far := func(c gridColumn) int {
		s := 0
		for j := range g.d {
			s += (c.off[j] - gridReach) * (c.off[j] - gridReach)
		}
		return s
	}
	sort.SliceStable(g.cols, func(a, b int) bool { return far(g.cols[a]) < far(g.cols[b]) })
}

// cellOf is the key of a point's cell.
func (g *Grid) cellOf(row []float64) uint64 {
	k := uint64(0)
	for j, v := range row {
		k += (uint64(int64((v-g.low[j])*g.inv)) + gridReach) << g.shift[j]
	}
	return k
}

// gather copies the coordinates into the grid's order. Behind each column of them are
// eight zeros, since kernels read whole blocks.
func (g *Grid) gather(x []float64, workers int) {
	g.stride = (g.n + 8 + 7) &^ 7
	g.x = make([]float64, g.d*g.stride)
	gridSplit(g.n, gridPieces(g.n, workers), func(_, lo, hi int) {
		switch g.d {
		case 2:
			a, b := g.x[:g.stride], g.x[g.stride:]
			for p := lo; p < hi; p++ {
				i := int(uint32(g.rows[p]))
				a[p], b[p] = x[2*i], x[2*i+1]
			}
		default:
			for p := lo; p < hi; p++ {
				i := int(uint32(g.rows[p]))
				for j, v := range x[i*g.d : i*g.d+g.d] {
					g.x[j*g.stride+p] = v
				}
			}
		}
	})
}

// cells finds where cells begin; their keys go to spare.
func (g *Grid) cells(spare []uint64, workers int) {
	pieces := gridPieces(g.n, workers)
	count := make([]int, pieces+1)
	walk := func(lo, hi int, found func(p int, k uint64)) {
		var row [GridDims]float64
		at := func(p int) uint64 {
			for j := range g.d {
				row[j] = g.x[j*g.stride+p]
			}
			return g.cellOf(row[:g.d])
		}
		before, some := uint64(0), lo > 0
		if some {
			before = at(lo - 1)
		}
		for p := lo; p < hi; p++ {
			if k := at(p); !some || k != before {
				found(p, k)
				before, some = k, true
			}
		}
	}
	gridSplit(g.n, pieces, func(t, lo, hi int) {
		c := 0
		walk(lo, hi, func(int, uint64) { c++ })
		count[t+1] = c
	})
	for t := range pieces {
		count[t+1] += count[t]
	}
	total := count[pieces]
	g.key, g.start = spare[:total], make([]int32, total+1)
	g.start[total] = int32(g.n)
	gridSplit(g.n, pieces, func(t, lo, hi int) {
		c := count[t]
		walk(lo, hi, func(p int, k uint64) {
			g.key[c], g.start[c] = k, int32(p)
			c++
		})
	})
}

// gridPieces is into how many pieces n points are cut, one for each worker that is worth it.
func gridPieces(n, workers int) int { return max(1, min(workers, n>>13)) }

// gridSplit calls do for each of the pieces of 0..n at once.
func gridSplit(n, pieces int, do func(t, lo, hi int)) {
	if pieces == 1 {
		do(0, 0, n)
		return
	}
	var wg sync.WaitGroup
	for t := range pieces {
		wg.Go(func() { do(t, n*t/pieces, n*(t+1)/pieces) })
	}
	wg.Wait()
}

// gridEach calls do(0), …, do(count−1), each once, on up to workers goroutines, and looks
// at ctx before each.
func gridEach(ctx context.Context, workers, count int, do func(i int)) error {
	workers = min(workers, count)
	if workers <= 1 {
		for i := range count {
			if err := ctx.Err(); err != nil {
				return err
			}
			do(i)
		}
		return ctx.Err()
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
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
