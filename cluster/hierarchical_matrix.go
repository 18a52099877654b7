package cluster

import (
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

// hierarchicalRule says how distances to a union follow from those to its parts, and
// how the distance of two clusters follows from their rows' weights and distances.
type hierarchicalRule uint8

const (
	linkComplete hierarchicalRule = iota // the larger
	linkAverage                          // the mean, weighted by sizes
	linkWeighted                         // the mean of the two
)

// hierarchicalCell is what a distance is kept in.
type hierarchicalCell interface{ float32 | float64 }

// hierarchicalMatrix runs the nearest-neighbour chain: follow nearest neighbours until two
// are each other's, merge them, go on from what is left of the chain. It finds the merges
// of the greedy algorithm, in another order, for linkages where a union is never nearer to
// a third cluster than both its parts. Order and ties are SciPy's. Clusters live in places
// 0..m−1, in the order of their ids; dead places are squeezed out when half are dead.
//
// Distances are a square, a row a cluster, so that whatever is read lies side by side. A merge writes one row; the other
// rows learn of it when they are read next, from a list of the merges since then, in the
// order of the merges: the same sums as if each had been told at once. Meanwhile each
// row keeps its nearest place, so that it need only be searched again where that one
// was merged.
type hierarchicalMatrix[T hierarchicalCell] struct {
	r      *hierarchicalRun
	rule   hierarchicalRule
	m      int       // places in use
	dead   int       // of which dead
	id     []int32   // a row of the cluster at a place
	size   []float64 // 0 = dead
	chain  []int32   // places
	cell   []T
	stride int
	base   []int // where a place's row begins
	near   []T
	at     []int32 // the first place at that distance; −1 = not known
	told   []int32 // how much of the list a row knows
	list   []hierarchicalUpdate
}

// hierarchicalUpdate: place x died and place y holds the union.
type hierarchicalUpdate struct {
	x, y int32
	a, b float64
}

func newHierarchicalMatrix[T hierarchicalCell](r *hierarchicalRun, rule hierarchicalRule, m int) *hierarchicalMatrix[T] {
	h := &hierarchicalMatrix[T]{
		r: r, rule: rule, m: m, id: seq32(m), size: make([]float64, m),
		cell: make([]T, m*m), stride: m, base: make([]int, m), near: make([]T, m), at: make([]int32, m), told: make([]int32, m),
	}
	for i := range m {
		h.base[i], h.at[i], h.size[i] = i*m, -1, 1
	}
	return h
}

func (h *hierarchicalMatrix[T]) row(i int) []T {
	return h.cell[h.base[i] : h.base[i]+h.m : h.base[i]+h.m]
}

// fill asks for the distances of each place to those before it, a piece of places at a
// time, long rows first so that goroutines end together, and mirrors them.
func (h *hierarchicalMatrix[T]) fill(scratch func() func(i int, to []float64)) error {
	const piece = 16
	m := h.m
	pieces := (m + piece - 1) / piece
	inf := T(math.Inf(1))
	type kit struct {
		lower  func(i int, to []float64)
		buffer []float64
	}
	kits := make(chan kit, h.r.run.workers()) // one for each goroutine that works
	err := parallel(h.r.ctx, h.r.run.workers(), pieces, func(b int) {
		var k kit
		select {
		case k = <-kits:
		default:
			k.lower = scratch()
			if _, wide := any(h.cell).([]float64); !wide {
				k.buffer = make([]float64, m)
			}
		}
		defer func() { kits <- k }()
		lower, buffer := k.lower, k.buffer
		for i := max(0, m-(b+1)*piece); i < m-b*piece; i++ {
			row := h.row(i)
			if to, ok := any(row).([]float64); ok {
				lower(i, to[:i])
			} else {
				lower(i, buffer[:i])
				for j, v := range buffer[:i] {
					row[j] = T(v)
				}
			}
			row[i] = inf
		}
	})
	if err != nil {
		return err
	}
	const tile = 64
	tiles := (m + tile - 1) / tile
	return parallel(h.r.ctx, h.r.run.workers(), tiles, func(b int) {
		for lo := b * tile; lo < m; lo += tile {
			for i := b * tile; i < min(m, (b+1)*tile); i++ {
				row := h.row(i)
				for j := max(lo, i+1); j < min(m, lo+tile); j++ {
					row[j] = h.cell[j*h.stride+i]
				}
			}
		}
	})
}

// tell brings row i up to date.
func (h *hierarchicalMatrix[T]) tell(i int) []T {
	row := h.row(i)
	news := h.list[h.told[i]:]
	if len(news) == 0 {
		return row
	}
	h.told[i] = int32(len(h.list))
	near, at, inf := h.near[i], h.at[i], T(math.Inf(1))
	for k := range news {
		u := &news[k]
		v, w := row[u.x], row[u.y]
		if h.rule == linkComplete {
			if v < w {
				v = w
			}
		} else {
			v = T((float64(u.a*float64(v)) + float64(u.b*float64(w))) / (u.a + u.b))
		}
		row[u.x], row[u.y] = inf, v
		switch {
		case at < 0:
		case at == u.x || at == u.y:
			at = -1
		case v < near || v == near && u.y < at:
			near, at = v, u.y
		}
	}
	h.near[i], h.at[i] = near, at
	return row
}

// least finds the nearest of a row.
func (h *hierarchicalMatrix[T]) least(i int, row []T) (T, int32) {
	if h.at[i] >= 0 {
		return h.near[i], h.at[i]
	}
	near, at := T(math.Inf(1)), int32(-1)
	if wide, ok := any(row).([]float64); ok {
		v, j := kernel.Least(wide)
		near, at = T(v), int32(j)
	} else {
		for j, v := range row {
			if v < near {
				near, at = v, int32(j)
			}
		}
	}
	h.near[i], h.at[i] = near, at
	return near, at
}

// nearestTo is the chain's look-up: ties to the place before in the chain, else the
// first.
func (h *hierarchicalMatrix[T]) nearestTo(x, before int) (float64, int) {
	row := h.tell(x)
	near, at := h.least(x, row)
	if before >= 0 && row[before] <= near {
		return float64(row[before]), before
	}
	return float64(near), int(at)
}

// unite writes the union's row over that of y.
func (h *hierarchicalMatrix[T]) unite(x, y int) {
	from, to := h.tell(x), h.tell(y)
	u := hierarchicalUpdate{int32(x), int32(y), h.size[x], h.size[y]}
	if h.rule == linkWeighted {
		u.a, u.b = 1, 1
	}
	near, at := T(math.Inf(1)), -1
	if p, ok := any(from).([]float64); ok {
		q := any(to).([]float64)
		var v float64
		if h.rule == linkComplete {
			v, at = kernel.LanceMost(p, q)
		} else {
			v, at = kernel.LanceMean(p, q, u.a, u.b)
		}
		near = T(v)
	} else {
		for j, v := range from {
			w := to[j]
			if h.rule == linkComplete {
				w = max(v, w)
			} else {
				w = T((float64(u.a*float64(v)) + float64(u.b*float64(w))) / (u.a + u.b))
			}
			if to[j] = w; w < near {
				near, at = w, j
			}
		}
	}
	h.near[y], h.at[y] = near, int32(at)
	h.list = append(h.list, u)
	h.told[y] = int32(len(h.list))
}

// squeeze drops the dead columns of every row.
func (h *hierarchicalMatrix[T]) squeeze() error {
	var living []int32
	place := make([]int32, h.m)
	for i := range h.m {
		if h.size[i] > 0 {
			place[i] = int32(len(living))
			living = append(living, int32(i))
		}
	}
	const piece = 16
	err := parallel(h.r.ctx, h.r.run.workers(), (len(living)+piece-1)/piece, func(b int) {
		for _, i := range living[b*piece : min(len(living), (b+1)*piece)] {
			row := h.tell(int(i))
			for k, j := range living {
				row[k] = row[j]
			}
			if h.at[i] >= 0 {
				h.at[i] = place[h.at[i]]
			}
		}
	})
	if err != nil {
		return err
	}
	for k, i := range living {
		h.base[k], h.near[k], h.at[k], h.told[k] = h.base[i], h.near[i], h.at[i], 0
		h.id[k], h.size[k] = h.id[i], h.size[i]
	}
	for c, p := range h.chain {
		h.chain[c] = place[p]
	}
	h.list, h.m, h.dead = h.list[:0], len(living), 0
	return nil
}

// run merges what is left in SciPy's order.
func (h *hierarchicalMatrix[T]) run() error {
	for left := h.m - 1; left > 0; left-- {
		if err := h.r.ctx.Err(); err != nil {
			return err
		}
		if len(h.chain) == 0 {
			first := 0
			for h.size[first] == 0 {
				first++
			}
			h.chain = append(h.chain, int32(first))
		}
		var x, y int
		var dist float64
		for {
			before := -1
			if len(h.chain) > 1 {
				before = int(h.chain[len(h.chain)-2])
			}
			x = int(h.chain[len(h.chain)-1])
			if dist, y = h.nearestTo(x, before); y < 0 {
				return errHierarchicalOverflow
			}
			if y == before {
				break
			}
			h.chain = append(h.chain, int32(y))
		}
		h.chain = h.chain[:len(h.chain)-2]
		if x > y {
			x, y = y, x
		}
		h.r.join(h.id[x], h.id[y], dist)
		h.unite(x, y)
		h.size[y] += h.size[x]
		h.size[x] = 0
		if h.dead++; h.dead*2 > h.m && h.m > 64 {
			if err := h.squeeze(); err != nil {
				return err
			}
		}
	}
	return nil
}

var errHierarchicalOverflow = &DataError{"hierarchical", "distances overflow: values are above 1e150, scale the columns first"}

// hierarchicalRules are the linkages by name.
var hierarchicalRules = map[string]hierarchicalRule{"complete": linkComplete, "average": linkAverage, "weighted": linkWeighted}

// linkage builds the tree on a matrix of all distances where that is small or distances
// are given, and begins without one elsewhere.
func (r *hierarchicalRun) linkage(rule hierarchicalRule, narrow bool) error {
	switch last := hierarchicalLast(r.n, r.d); {
	case r.run.Space == nil && last < r.n && narrow:
		return hierarchicalFree[float32](r, rule, last)
	case r.run.Space == nil && last < r.n:
		return hierarchicalFree[float64](r, rule, last)
	case narrow:
		return hierarchicalOnRows[float32](r, rule)
	}
	return hierarchicalOnRows[float64](r, rule)
}

// hierarchicalLast is how many clusters are left for the matrix of n rows of d columns.
// In many columns without structure no bound leaves a cluster out (20,000 uniform rows of
// 32 columns: 45 s without a matrix): rows begin on one as long as it takes 4 GiB at most.
func hierarchicalLast(n, d int) int {
	if n <= 4096 || d > 12 && n <= 23_170 {
		return n
	}
	return 2048
}

func hierarchicalOnRows[T hierarchicalCell](r *hierarchicalRun, rule hierarchicalRule) error {
	h := newHierarchicalMatrix[T](r, rule, r.n)
	if err := h.fill(r.distances()); err != nil {
		return err
	}
	return h.run()
}

// distances gives each goroutine a way to find the distances from row i to the first
// rows.
func (r *hierarchicalRun) distances() func() func(i int, to []float64) {
	if s := r.run.Space; s != nil {
		return func() func(int, []float64) { return func(i int, to []float64) { rows(s, i, to) } }
	}
	lanes := kernel.PackLanes(r.x.Data(), r.d)
	one := []float64{1}
	return func() func(int, []float64) {
		buffer := make([]float64, (r.n+7)/8*8)
		return func(i int, to []float64) {
			kernel.LinkSums(r.x.Row(i), r.d, one, lanes, 0, (len(to)+7)/8, buffer)
			copy(to, buffer)
		}
	}
}
