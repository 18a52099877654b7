package kernel

import "math"

// Get reads row i.
func (l *Lanes) Get(i int, row []float64) {
	at := l.data[i/8*8*l.d+i%8:]
	for j := range row[:l.d] {
		row[j] = at[8*j]
	}
}

// LinkSums writes, for each row of blocks lo to hi−1 of y, the weighted sum of its
// Euclidean distances to the row-major rows of x:
//
//	out[j] = Σᵣ w[r]·√Σ (xᵣ − y₈ₗₒ₊ⱼ)²
//
// Coordinates and rows are summed in order, with fused multiply-adds; roots are correctly
// rounded. Cost O(rows·(hi−lo)·8·d).
func LinkSums(x []float64, d int, w []float64, y *Lanes, lo, hi int, out []float64) {
	if rows := len(w); rows > 0 && hi > lo && d > 0 {
		linkSum(x[:rows*d], d, w, y.data[8*y.d*lo:8*y.d*hi], out[:8*(hi-lo)])
	} else {
		clear(out[:8*(hi-lo)])
	}
}

// LinkMost writes the largest squared distance in place of the sum.
func LinkMost(x []float64, d int, y *Lanes, lo, hi int, out []float64) {
	if len(x) > 0 && hi > lo && d > 0 {
		linkMost(x, d, y.data[8*y.d*lo:8*y.d*hi], out[:8*(hi-lo)])
	} else {
		clear(out[:8*(hi-lo)])
	}
}

func linkSumPlain(x []float64, d int, w, y, out []float64) {
	for b := range len(out) / 8 {
		total := (*[8]float64)(out[8*b:])
		*total = [8]float64{}
		for r, v := range w {
			q := linkSquares(x[r*d:r*d+d], y[8*d*b:])
			for l, s := range q {
				total[l] = math.FMA(v, math.Sqrt(s), total[l])
			}
		}
	}
}

func linkMostPlain(x []float64, d int, y, out []float64) {
	for b := range len(out) / 8 {
		total := (*[8]float64)(out[8*b:])
		*total = [8]float64{}
		for r := range len(x) / d {
			q := linkSquares(x[r*d:r*d+d], y[8*d*b:])
			for l, s := range q {
				if s > total[l] {
					total[l] = s
				}
			}
		}
	}
}

func linkSquares(row, y []float64) (q [8]float64) {
	for j, v := range row {
		addSquares(&q, v, y[8*j:])
	}
	return q
}

// LanceMean is the update of Lance and Williams for means, y ← (a·x + b·y)/(a + b), on
// numbers that are not negative. It returns the least of the new y and its first place;
// −1 if none is below +Inf. Products and sums are rounded one by one.
func LanceMean(x, y []float64, a, b float64) (float64, int) {
	blocks := len(y) / 8
	x = x[:len(y)]
	least := math.Inf(1)
	if blocks > 0 {
		least = lanceMean(x[:8*blocks], y[:8*blocks], a, b)
	}
	for i := 8 * blocks; i < len(y); i++ {
		y[i] = lanceMeanOf(x[i], y[i], a, b)
		least = min(least, y[i])
	}
	return least, lanceAt(y, least)
}

// LanceMost is LanceMean for y ← max(x, y).
func LanceMost(x, y []float64) (float64, int) {
	blocks := len(y) / 8
	x = x[:len(y)]
	least := math.Inf(1)
	if blocks > 0 {
		least = lanceMost(x[:8*blocks], y[:8*blocks])
	}
	for i := 8 * blocks; i < len(y); i++ {
		y[i] = max(x[i], y[i])
		least = min(least, y[i])
	}
	return least, lanceAt(y, least)
}

// Least returns the least of numbers that are not negative, and its first place; −1 if
// none is below +Inf.
func Least(row []float64) (float64, int) {
	blocks := len(row) / 8
	least := math.Inf(1)
	if blocks > 0 {
		least = lanceLeast(row[:8*blocks])
	}
	for _, v := range row[8*blocks:] {
		least = min(least, v)
	}
	return least, lanceAt(row, least)
}

// lanceAt returns the first place of v.
func lanceAt(row []float64, v float64) int {
	if math.IsInf(v, 1) {
		return -1
	}
	at, blocks := 0, len(row)/8
	if blocks > 0 {
		if at = lanceFirst(row[:8*blocks], v); at < 8*blocks {
			return at
		}
	}
	for row[at] != v {
		at++
	}
	return at
}

// lanceMeanOf keeps its products from being fused with the sum.
func lanceMeanOf(x, y, a, b float64) float64 { return (float64(a*x) + float64(b*y)) / (a + b) }

func lanceMeanPlain(x, y []float64, a, b float64) float64 {
	least := math.Inf(1)
	for i, v := range x {
		y[i] = lanceMeanOf(v, y[i], a, b)
		least = min(least, y[i])
	}
	return least
}

func lanceMostPlain(x, y []float64) float64 {
	least := math.Inf(1)
	for i, v := range x {
		y[i] = max(v, y[i])
		least = min(least, y[i])
	}
	return least
}

func lanceLeastPlain(row []float64) float64 {
	least := math.Inf(1)
	for _, v := range row {
		least = min(least, v)
	}
	return least
}

func lanceFirstPlain(row []float64, value float64) int {
	for i, v := range row {
		if v == value {
			return i
		}
	}
	return len(row)
}
