package cluster

import (
	"math"
	"sync"

	"github.com/mores-lab/mores/internal/kernel"
)

// wardKey is a row with its value in the column that is split.
type wardKey struct {
	v   float64
	row int32
}

// wardOrder orders rows of x so that neighbours stand close: a run of rows is halved
// across the widest side of its box, the left half whole tiles, until a tile is left. It
// reorders and returns rows; workers change nothing.
func wardOrder(x []float64, d int, rows []int32, workers int) []int32 {
	wardHalve(x, d, rows, make([]wardKey, len(rows)), workers)
	return rows
}

func wardHalve(x []float64, d int, rows []int32, keys []wardKey, workers int) {
	tiles := (len(rows) + kernel.ScanTile - 1) / kernel.ScanTile
	if tiles < 2 {
		return
	}
	side := wardWidest(x, d, rows)
	for i, row := range rows {
		keys[i] = wardKey{x[int(row)*d+side], row}
	}
	mid := tiles / 2 * kernel.ScanTile
	wardSelect(keys, mid)
	for i, k := range keys {
		rows[i] = k.row
	}
	if workers > 1 && len(rows) > 1<<13 {
		var wg sync.WaitGroup
		wg.Go(func() { wardHalve(x, d, rows[:mid], keys[:mid], workers/2) })
		wardHalve(x, d, rows[mid:], keys[mid:], workers-workers/2)
		wg.Wait()
		return
	}
	wardHalve(x, d, rows[:mid], keys[:mid], 1)
	wardHalve(x, d, rows[mid:], keys[mid:], 1)
}

// wardWidest is the widest side of the box of some rows.
func wardWidest(x []float64, d int, rows []int32) int {
	low, high := make([]float64, d), make([]float64, d)
	for j := range d {
		low[j], high[j] = math.Inf(1), math.Inf(-1)
	}
	for _, row := range rows {
		for j, v := range x[int(row)*d : int(row)*d+d] {
			if v < low[j] {
				low[j] = v
			}
			if v > high[j] {
				high[j] = v
			}
		}
	}
	side, width := 0, -1.0
	for j := range d {
		if t := high[j]/2 - low[j]/2; t > width {
			side, width = j, t
		}
	}
	return side
}

// wardSelect puts the nth smallest key in its place, smaller ones before it and larger
// ones after it; equal values are in the order of their rows.
func wardSelect(keys []wardKey, nth int) {
	less := func(a, b wardKey) bool { return a.v < b.v || a.v == b.v && a.row < b.row }
	for lo, hi := 0, len(keys)-1; lo < hi; {
		a, b, c := keys[lo], keys[lo+(hi-lo)/2], keys[hi]
		if less(b, a) {
			a, b = b, a
		}
		if less(c, b) {
			b = c
			if less(b, a) {
				b = a
			}
		}
		i, j := lo, hi
		for i <= j {
			for less(keys[i], b) {
				i++
			}
			for less(b, keys[j]) {
				j--
			}
			if i <= j {
				keys[i], keys[j] = keys[j], keys[i]
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
