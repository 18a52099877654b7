package near

import (
	"context"
	"math/bits"
	"sort"

	"github.com/mores-lab/mores/internal/kernel"
)

// gridBlock is about how many points a goroutine takes at a time.
const gridBlock = 4096

// gridRun is one Density of a grid.
type gridRun struct {
	*Grid
	o    *Density
	core []uint8  // per place
	set  []uint64 // the same as bits, with 64 more
	// value is per cell first its first core place, then the first core point of its
	// component; −1 = it has none.
	value []int32
	u     *Union // over cells
}

// Density finds core points and components. Cost O(n·c) for c points in the cells around a
// point, less where cells hold enough points to be core as a whole; memory beyond the
// grid's 12 + 8d bytes a point and 12 a cell: 2 bytes a point and 8 a cell.
func (g *Grid) Density(ctx context.Context, o *Density) error {
	cells := len(g.key)
	r := &gridRun{Grid: g, o: o, core: make([]uint8, g.n), value: make([]int32, cells)}
	if err := r.each(ctx, r.count); err != nil {
		return err
	}
	o.report(1)
	r.set = make([]uint64, (g.n+63)/64+1)
	pieces := gridPieces(len(r.set), o.Workers)
	gridSplit(len(r.set), pieces, func(_, lo, hi int) {
		for w := lo; w < hi; w++ {
			b := uint64(0)
			for i, c := range r.core[min(g.n, 64*w):min(g.n, 64*w+64)] {
				b |= uint64(c) << i
			}
			r.set[w] = b
		}
	})
	gridSplit(cells, gridPieces(cells, o.Workers), func(_, lo, hi int) {
		for c := lo; c < hi; c++ {
			r.value[c] = -1
			for p := g.start[c]; p < g.start[c+1]; p++ {
				if r.core[p] != 0 {
					r.value[c] = p
					break
				}
			}
		}
	})
	r.u = NewUnion(cells)
	// Cells that touch come first: most of those farther apart are then one component
	// already and need no distances.
	for _, touching := range []bool{true, false} {
		err := r.each(ctx, func(s *gridScan, from, to int) { r.connect(s, from, to, touching) })
		if err != nil {
			return err
		}
	}
	o.report(2)
	for c, p := range r.value {
		if p >= 0 {
			r.value[c] = int32(uint32(g.rows[p]))
		}
	}
	// The root of a component is its first cell.
	for c, v := range r.value {
		if v >= 0 {
			root := r.u.Find(int32(c))
			r.value[root] = min(r.value[root], v)
		}
	}
	for c, v := range r.value {
		if v >= 0 {
			r.value[c] = r.value[r.u.Find(int32(c))]
		}
	}
	if err := r.each(ctx, r.label); err != nil {
		return err
	}
	o.report(3)
	return nil
}

// each calls do for blocks of cells.
func (r *gridRun) each(ctx context.Context, do func(s *gridScan, from, to int)) error {
	count := (r.n + gridBlock - 1) / gridBlock
	cell := func(place int) int {
		return sort.Search(len(r.key), func(c int) bool { return int(r.start[c]) >= place })
	}
	return gridEach(ctx, r.o.Workers, count, func(b int) {
		from, to := cell(b*gridBlock), len(r.key)
		if b+1 < count {
			to = cell((b + 1) * gridBlock)
		}
		if from < to {
			do(newGridScan(r.Grid, ctx, from), from, to)
		}
	})
}

// gridScan walks over cells in their order and knows the cells around them.
type gridScan struct {
	g   *Grid
	pos []int32               // per column of cells: no cell before it matters any more
	row [][gridRows + 1]int32 // per column: the first cell from each row on
	gap [GridDims][gridRows]float64
	w   stopwatch

	from, to []int32 // places of two cells, used again
}

func newGridScan(g *Grid, ctx context.Context, from int) *gridScan {
	s := &gridScan{g: g, pos: make([]int32, len(g.cols)), row: make([][gridRows + 1]int32, len(g.cols))}
	s.w = stopwatch{ctx: ctx, left: stopwatchWork}
	for i := range g.cols {
		base := g.key[from] + g.cols[i].delta - gridReach
		s.pos[i] = int32(sort.Search(len(g.key), func(c int) bool { return g.key[c] >= base }))
	}
	return s
}

// around finds the cells of column i around cell c; c must not fall.
func (s *gridScan) around(c, i int) *[gridRows + 1]int32 {
	key := s.g.key
	base := key[c] + s.g.cols[i].delta - gridReach
	at := int(s.pos[i])
	for at < len(key) && key[at] < base {
		at++
	}
	s.pos[i] = int32(at)
	row := &s.row[i]
	for k := range uint64(gridRows) {
		row[k] = int32(at)
		if at < len(key) && key[at] == base+k {
			at++
		}
	}
	row[gridRows] = int32(at)
	return row
}

// aim computes the squared distances, in sides, from place p to the cells around its own,
// axis by axis.
func (s *gridScan) aim(p int) {
	g := s.g
	for j := range g.d {
		f := (g.x[j*g.stride+p] - g.low[j]) * g.inv
		f -= float64(int64(f))
		s.gap[j] = [gridRows]float64{(1 + f) * (1 + f), f * f, 0, (1 - f) * (1 - f), (2 - f) * (2 - f)}
	}
}

// span returns the rows of column i that can hold points near the one aimed at; a > b =
// none.
func (s *gridScan) span(i int) (a, b int) {
	c := &s.g.cols[i]
	left := s.g.reach
	for j := range s.g.d - 1 {
		left -= s.gap[j][c.off[j]]
	}
	if left < 0 {
		return 1, 0
	}
	gap := &s.gap[s.g.d-1]
	b = gridRows - 1
	for gap[a] > left {
		a++
	}
	for gap[b] > left {
		b--
	}
	return a, b
}

// hits says which of the places lo..hi, at most 64, are near place p.
func (g *Grid) hits(p, lo, hi int) uint64 {
	return kernel.GridHits(g.x[p:], g.stride, g.x[lo:], g.stride, 8, g.d, hi-lo, g.limit)
}

// count marks the core points of the cells.
func (r *gridRun) count(s *gridScan, from, to int) {
	for c := from; c < to && !s.w.over; c++ {
		lo, hi := int(r.start[c]), int(r.start[c+1])
		own, all := r.mass(lo, hi), 0
		dense := own >= r.o.Want
		if !dense {
			for i := range r.cols {
				row := s.around(c, i)
				all += int(r.start[row[gridRows]] - r.start[row[0]])
			}
			s.w.spend(len(r.cols))
			if r.o.Weights == nil && float64(all) < r.o.Want {
				continue
			}
		}
		for p := lo; p < hi; p++ {
			if dense || r.dense(s, p, own) {
				r.core[p] = 1
			}
		}
	}
}

// mass is the weight of the places lo..hi.
func (r *gridRun) mass(lo, hi int) float64 {
	if r.o.Weights == nil {
		return float64(hi - lo)
	}
	m := 0.0
	for _, i := range r.rows[lo:hi] {
		m += r.o.Weights[uint32(i)]
	}
	return m
}

// dense says whether place p is core; its cell weighs have.
func (r *gridRun) dense(s *gridScan, p int, have float64) bool {
	s.aim(p)
	for i := range r.cols {
		a, b := s.span(i)
		if a > b {
			continue
		}
		row := &s.row[i]
		if r.cols[i].side != 0 {
			if have += r.near(s, p, row[a], row[b+1], have); have >= r.o.Want {
				return true
			}
			continue
		}
		if have += r.near(s, p, row[a], row[gridReach], have); have >= r.o.Want {
			return true
		}
		if have += r.near(s, p, row[gridReach+1], row[b+1], have); have >= r.o.Want {
			return true
		}
	}
	return false
}

// near is the weight of the points of the cells from..to near place p, or enough of it.
func (r *gridRun) near(s *gridScan, p int, from, to int32, have float64) float64 {
	lo, hi := int(r.start[from]), int(r.start[to])
	more := 0.0
	for ; lo < hi && have+more < r.o.Want; lo += 64 {
		k := min(lo+64, hi)
		found := r.hits(p, lo, k)
		if r.o.Weights == nil {
			more += float64(bits.OnesCount64(found))
		} else {
			for ; found != 0; found &= found - 1 {
				more += r.o.Weights[uint32(r.rows[lo+bits.TrailingZeros64(found)])]
			}
		}
		if !s.w.spend(k - lo) {
			break
		}
	}
	return more
}

// label writes the results of the cells' points.
func (r *gridRun) label(s *gridScan, from, to int) {
	for c := from; c < to && !s.w.over; c++ {
		known := false // whether s.row is of this cell
		any := false   // whether a cell around has core points
		for p := int(r.start[c]); p < int(r.start[c+1]); p++ {
			i := uint32(r.rows[p])
			r.o.Core[i] = r.core[p] != 0
			if r.core[p] != 0 {
				r.o.First[i] = r.value[c]
				continue
			}
			r.o.First[i] = -1
			if !r.o.Border {
				continue
			}
			if !known {
				known = true
				for k := range r.cols {
					row := s.around(c, k)
					for at := row[0]; at < row[gridRows] && !any; at++ {
						any = r.value[at] >= 0
					}
				}
				s.w.spend(len(r.cols))
			}
			if any {
				r.o.First[i] = r.border(s, p, r.value[c])
			}
		}
	}
}

// border returns the least value of a cell with a core point near place p; best is that of
// its own cell, whose points are all near.
func (r *gridRun) border(s *gridScan, p int, best int32) int32 {
	s.aim(p)
	for i := range r.cols {
		a, b := s.span(i)
		if a > b {
			continue
		}
		row := &s.row[i]
		for c := row[a]; c < row[b+1]; c++ {
			if v := r.value[c]; v >= 0 && (best < 0 || v < best) && r.meets(s, p, int(c)) {
				best = v
			}
		}
	}
	return best
}

// meets says whether a core point of cell c is near place p.
func (r *gridRun) meets(s *gridScan, p, c int) bool {
	lo, hi := int(r.start[c]), int(r.start[c+1])
	for ; lo < hi; lo += 64 {
		k := min(lo+64, hi)
		cores := r.set[lo/64]>>(lo%64) | r.set[lo/64+1]<<(64-lo%64)
		if cores != 0 && r.hits(p, lo, k)&cores != 0 {
			return true
		}
		if !s.w.spend(k - lo) {
			return false
		}
	}
	return false
}
