package cluster

import (
	"math"
	"slices"

	"github.com/mores-lab/mores/internal/kernel"
)

// wardBlur is κ of the screen's margin: 1.6 % more pass, and so do all that are nearer to
// a query than a millionth of its distance from the middle row.
const wardBlur = 0x1p-6

// newWardRun merges equal rows, orders the others along a kd-tree and packs them.
func newWardRun(r *hierarchicalRun, kind wardKind, sizes []float64) *wardRun {
	w := &wardRun{r: r, kind: kind, d: r.d}
	d := float64(r.d)
	w.factor = (1 + wardBlur) * (1 + (4*d+32)*0x1p-24)

	shift, scale := w.scale()
	rows, of, weights := w.equal(sizes)
	order := wardOrder(r.x.Data(), r.d, rows, r.run.workers())
	m := len(order)
	w.m, w.live = m, m
	w.mean, w.weight = make([]float64, m*r.d), make([]float64, m)
	w.id, w.near, w.dist = make([]int32, m), make([]int32, m), make([]float64, m)
	w.head, w.next = make([]int32, m), make([]int32, m)
	if kind == wardMeanSquare {
		w.spread = make([]float64, m)
	}
	if kind == wardVariance || kind == wardMeanSquare {
		w.top = make([]float64, m)
	}
	for i, row := range order {
		to := w.mean[i*r.d : (i+1)*r.d]
		for j, v := range r.x.Row(int(row)) {
			to[j] = (v - shift[j]) * scale
		}
		w.weight[i], w.id[i] = 1, row
		if weights != nil {
			w.weight[i] = math.Ldexp(weights[row], -w.mass)
		}
		if of != nil {
			w.id[i] = of[row]
		}
		w.near[i], w.head[i] = -1, -1
	}
	w.middle()
	w.refit()
	w.wardSearchers()
	return w
}

// scale finds what is subtracted from each column and a power of two by which the rows
// then fit into [−1, 1]. A column whose values are all within a factor of two of each
// other loses the least of them in magnitude, which is exact (Sterbenz); in others
// there is no offset to speak of.
func (w *wardRun) scale() (shift []float64, scale float64) {
	d := w.d
	shift = make([]float64, d)
	low, high := slices.Clone(w.r.x.Row(0)), slices.Clone(w.r.x.Row(0))
	for i := 1; i < w.r.n; i++ {
		for j, v := range w.r.x.Row(i) {
			if v < low[j] {
				low[j] = v
			}
			if v > high[j] {
				high[j] = v
			}
		}
	}
	largest := 0.0
	for j := range shift {
		switch lo, hi := low[j], high[j]; {
		case lo > 0 && hi/2 <= lo:
			shift[j] = lo
		case hi < 0 && lo/2 >= hi:
			shift[j] = hi
		}
		largest = max(largest, math.Abs(low[j]-shift[j]), math.Abs(high[j]-shift[j]))
	}
	if largest > 0 {
		_, w.unit = math.Frexp(largest)
	}
	w.unit = max(w.unit, -1000)
	return shift, math.Ldexp(1, -w.unit)
}

// equal merges rows that are equal at height 0 and returns one of each, the row that
// names the union, and the weights; of is nil where no two are equal.
func (w *wardRun) equal(sizes []float64) (rows, of []int32, weights []float64) {
	r := w.r
	if sizes != nil {
		weights = slices.Clone(sizes)
		_, w.mass = math.Frexp(slices.Max(sizes))
	}
	size := 1
	for size < 2*r.n {
		size *= 2
	}
	table := make([]int32, size) // 1 + the first of equal rows
	rows = make([]int32, 0, r.n)
	for i := range r.n {
		row := r.x.Row(i)
		h := uint64(0x9e3779b97f4a7c15)
		for _, v := range row {
			h ^= math.Float64bits(v + 0) // −0 is 0
			h *= 0xff51afd7ed558ccd
			h ^= h >> 32
		}
		at := int(h) & (size - 1)
		for table[at] != 0 && !slices.Equal(row, r.x.Row(int(table[at]-1))) {
			at = (at + 1) & (size - 1)
		}
		if table[at] == 0 {
			table[at] = int32(i + 1)
			rows = append(rows, int32(i))
			continue
		}
		if of == nil {
			of = seq32(r.n)
			if weights == nil && w.kind != wardMedian {
				weights = make([]float64, r.n)
				for l := range weights {
					weights[l] = 1
				}
			}
		}
		first := table[at] - 1
		r.join(of[first], int32(i), 0)
		of[first] = int32(i)
		if weights != nil {
			weights[first] += weights[i]
		}
	}
	return rows, of, weights
}

// middle finds the median of each column among some thousand rows.
func (w *wardRun) middle() {
	step := (w.m + 999) / 1000
	some := make([]float64, 0, 1000)
	w.center = make([]float64, w.d)
	for j := range w.center {
		some = some[:0]
		for i := 0; i < w.m; i += step {
			some = append(some, w.mean[i*w.d+j])
		}
		slices.Sort(some)
		w.center[j] = some[len(some)/2]
	}
}

// number is what the screen's slope is multiplied with at a place: see wardRun.
func (w *wardRun) number(i int) float32 {
	switch w.kind {
	case wardVariance:
		return min(kernel.RoundUp32(1/(2*w.weight[i])), math.MaxFloat32)
	case wardMeanSquare:
		return kernel.RoundDown32(w.spread[i])
	}
	return kernel.RoundUp32(w.dist[i] * w.factor)
}

// looser says which of two numbers of a box lets more pass.
func (w *wardRun) looser(a, b float32) float32 {
	if w.kind == wardMeanSquare {
		return min(a, b)
	}
	return max(a, b)
}

var wardInf = float32(math.Inf(1))

// put writes a place's lane.
func (w *wardRun) put(i int) {
	lane := w.tiles[i/kernel.ScanTile*kernel.TileLen(w.d):][i%kernel.ScanTile:]
	lane[0] = w.number(i)
	for j, c := range w.center {
		lane[(1+j)*kernel.ScanTile] = float32(w.mean[i*w.d+j] - c)
	}
}

// bury takes a place out, and the box of its tile with the last of them.
func (w *wardRun) bury(i int) {
	t := i / kernel.ScanTile
	w.tiles[t*kernel.TileLen(w.d):][i%kernel.ScanTile:][kernel.ScanTile] = wardInf
	if w.alive[t]--; w.alive[t] == 0 {
		w.boxes[t/kernel.ScanBoxes*kernel.BoxesLen(w.d):][t%kernel.ScanBoxes:][kernel.ScanBoxes] = wardInf
	}
}

// pack writes a place's lane and makes the boxes around it hold it.
func (w *wardRun) pack(i int) {
	w.put(i)
	lane := w.tiles[i/kernel.ScanTile*kernel.TileLen(w.d):][i%kernel.ScanTile:]
	t := i / kernel.ScanTile
	for _, boxes := range [2][]float32{w.boxes, w.supers} {
		box := boxes[t/kernel.ScanBoxes*kernel.BoxesLen(w.d):][t%kernel.ScanBoxes:]
		box[0] = w.looser(box[0], lane[0])
		for j := range w.d {
			v, low, high := lane[(1+j)*kernel.ScanTile], &box[(1+2*j)*kernel.ScanBoxes], &box[(2+2*j)*kernel.ScanBoxes]
			if v < *low {
				*low = v
			}
			if v > *high {
				*high = v
			}
		}
		t /= kernel.ScanBoxes
	}
}

// refit packs all places anew, with the boxes that just hold them.
func (w *wardRun) refit() {
	tiles := (w.m + kernel.ScanTile - 1) / kernel.ScanTile
	groups := (tiles + kernel.ScanBoxes - 1) / kernel.ScanBoxes
	supers := (groups + kernel.ScanBoxes - 1) / kernel.ScanBoxes
	size, part := kernel.BoxesLen(w.d), kernel.TileLen(w.d)
	if w.tiles == nil {
		w.tiles, w.boxes, w.supers = kernel.Aligned32(tiles*part), kernel.Aligned32(groups*size), kernel.Aligned32(supers*size)
		w.alive = make([]uint8, tiles)
	}
	w.tiles, w.boxes, w.supers = w.tiles[:tiles*part], w.boxes[:groups*size], w.supers[:supers*size]
	empty := func(boxes []float32) {
		for b := 0; b < len(boxes); b += size {
			for l := range kernel.ScanBoxes {
				boxes[b+l] = w.looser(0, 0)
				for j := range w.d {
					boxes[b+(1+2*j)*kernel.ScanBoxes+l], boxes[b+(2+2*j)*kernel.ScanBoxes+l] = wardInf, -wardInf
				}
			}
		}
	}
	empty(w.supers)
	w.each(groups, 4, func(lo, hi int) {
		empty(w.boxes[lo*size : hi*size])
		for t := lo * kernel.ScanBoxes; t < min(tiles, hi*kernel.ScanBoxes); t++ {
			box := w.boxes[t/kernel.ScanBoxes*size:][t%kernel.ScanBoxes:]
			tile := w.tiles[t*part : (t+1)*part]
			first := true
			w.alive[t] = 0
			for l := range kernel.ScanTile {
				i := t*kernel.ScanTile + l
				if i >= w.m || w.id[i] < 0 {
					tile[l], tile[kernel.ScanTile+l] = 0, wardInf
					continue
				}
				w.put(i)
				w.alive[t]++
				if first {
					box[0], first = tile[l], false
				}
				box[0] = w.looser(box[0], tile[l])
				for j := range w.d {
					v, low, high := tile[(1+j)*kernel.ScanTile+l], &box[(1+2*j)*kernel.ScanBoxes], &box[(2+2*j)*kernel.ScanBoxes]
					if v < *low {
						*low = v
					}
					if v > *high {
						*high = v
					}
				}
			}
		}
	})
	for g := range groups {
		super, boxes := w.supers[g/kernel.ScanBoxes*size:][g%kernel.ScanBoxes:], w.boxes[g*size:(g+1)*size]
		super[0] = boxes[0]
		for l := range kernel.ScanBoxes {
			if g*kernel.ScanBoxes+l >= tiles || boxes[kernel.ScanBoxes+l] == wardInf {
				continue
			}
			super[0] = w.looser(super[0], boxes[l])
			for j := range w.d {
				low, high := (1+2*j)*kernel.ScanBoxes, (2+2*j)*kernel.ScanBoxes
				super[low] = min(super[low], boxes[low+l])
				super[high] = max(super[high], boxes[high+l])
			}
		}
	}
}

// compact squeezes out the dead places. Those alive have a nearest that is alive.
func (w *wardRun) compact(places ...[]int32) {
	to := make([]int32, w.m)
	next, d := 0, w.d
	for i := range w.m {
		to[i] = int32(next)
		if w.id[i] < 0 {
			continue
		}
		copy(w.mean[next*d:next*d+d], w.mean[i*d:i*d+d])
		w.weight[next], w.id[next], w.near[next], w.dist[next] = w.weight[i], w.id[i], w.near[i], w.dist[i]
		if w.spread != nil {
			w.spread[next] = w.spread[i]
		}
		if w.top != nil {
			w.top[next] = w.top[i]
		}
		if w.rows != nil {
			w.rows.renumber(i, next)
		}
		next++
	}
	w.m = next
	for _, list := range places {
		for i, p := range list {
			list[i] = to[p]
		}
	}
	for i := range next {
		if w.near[i] >= 0 {
			w.near[i] = to[w.near[i]]
		}
	}
	if w.head != nil {
		for i := range next {
			w.head[i] = -1
		}
		for i := range next {
			q := w.near[i]
			w.next[i], w.head[q] = w.head[q], int32(i)
		}
	}
	w.refit()
}

// wardSort puts places in ascending order: by marking them where they are many.
func wardSort(places []int32, m int) {
	if len(places)*16 < m {
		slices.Sort(places)
		return
	}
	mark := make([]bool, m)
	for _, p := range places {
		mark[p] = true
	}
	n := 0
	for p, is := range mark {
		if is {
			places[n] = int32(p)
			n++
		}
	}
}
