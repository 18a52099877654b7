package kernel

import "math"

// Accumulate adds sign·wᵢ·(xᵢ − origin) to the d sums of each listed row's label, and
// sign·wᵢ to the number behind them: the sums of label c begin at acc[c·(d+1)]. A nil w
// weighs each row 1. label is that of the row listed at the same place.
func Accumulate(acc, x, origin []float64, rows, label []int32, w []float64, sign float64) {
	if len(rows) > 0 {
		accumulate(acc, x, origin, rows, label[:len(rows)], w, sign)
	}
}

func accumulatePlain(acc, x, origin []float64, rows, label []int32, w []float64, sign float64) {
	d := len(origin)
	for i, r := range rows {
		sw := sign
		if w != nil {
			sw *= w[r]
		}
		to := acc[int(label[i])*(d+1) : (int(label[i])+1)*(d+1)]
		for j, v := range x[int(r)*d : (int(r)+1)*d] {
			to[j] = math.FMA(v-origin[j], sw, to[j])
		}
		to[d] += sw
	}
}

// Spread adds xᵢ − origin and its square to sum and square, column by column, over the
// rows of x in order.
func Spread(x, origin, sum, square []float64) {
	if len(x) > 0 {
		spread(x, origin, sum[:len(origin)], square[:len(origin)])
	}
}

func spreadPlain(x, origin, sum, square []float64) {
	for d := len(origin); len(x) > 0; x = x[d:] {
		for j, v := range x[:d] {
			t := v - origin[j]
			sum[j] += t
			square[j] = math.FMA(t, t, square[j])
		}
	}
}

// Plus adds from to to.
func Plus(to, from []float64) {
	if len(to) > 0 {
		plus(to, from[:len(to)])
	}
}

func plusPlain(to, from []float64) {
	for i, v := range from {
		to[i] += v
	}
}
