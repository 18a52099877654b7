package eval

import "math"

// equalBins puts the rows of an order of n values into bins of nearly equal numbers: bin
// ⌊bins·r/n⌋ of the mid-rank r, so that equal values share one. −1 = not in the order.
func (o rankOrder) equalBins(rows, bins int) []int16 {
	out := make([]int16, rows)
	for i := range out {
		out[i] = -1
	}
	n, lo := float64(len(o)), 0
	for i, k := range o {
		if k&1 == 0 {
			continue
		}
		mid := float64(lo+i+1) / 2
		bin := min(int16(float64(bins)*mid/n), int16(bins-1))
		for _, g := range o[lo : i+1] {
			out[g>>1] = bin
		}
		lo = i + 1
	}
	return out
}

// mutualCells joins bins of x and classes of y (ky of them) to one code a row; −1 = x is
// missing.
func mutualCells(x, y []int16, ky int) []int32 {
	out := make([]int32, len(x))
	for i := range x {
		out[i] = int32(x[i])*int32(ky) + int32(y[i])
		if x[i] < 0 {
			out[i] = -1
		}
	}
	return out
}

// mutualInformation returns the mutual information of kx × ky cells in nats with Miller
// and Madow's correction of each entropy by (cells that are not empty − 1)/2n. table is
// scratch of kx·ky + 1 cells.
func mutualInformation(cells []int32, row []weighted, kx, ky int, table []float64) float64 {
	clear(table)
	for i, c := range cells {
		table[c+1] += row[i].w // place 0 takes what is missing
	}
	var n, joint float64
	x, y := make([]float64, kx), make([]float64, ky)
	for a := range kx {
		for b := range ky {
			c := table[1+a*ky+b]
			x[a] += c
			y[b] += c
			n += c
		}
	}
	sum := 0.0
	for a := range kx {
		for b := range ky {
			if c := table[1+a*ky+b]; c > 0 {
				joint++
				sum += c / n * math.Log(c/x[a]*(n/y[b]))
			}
		}
	}
	return sum + (occupied(x)+occupied(y)-joint-1)/(2*n)
}

func occupied(x []float64) float64 {
	n := 0.0
	for _, v := range x {
		if v > 0 {
			n++
		}
	}
	return n
}
