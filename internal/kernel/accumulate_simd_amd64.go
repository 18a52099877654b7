//go:build !purego

package kernel

// one is the weight of rows without weights.
var one = 1.0

func accumulate(acc, x, origin []float64, rows, label []int32, w []float64, sign float64) {
	weight, step := &one, 0
	if w != nil {
		weight, step = &w[0], 8
	}
	switch level {
	case AVX512:
		accumulateAVX512(&acc[0], &x[0], len(origin), &origin[0], &rows[0], &label[0], len(rows), weight, step, sign)
	case AVX2:
		accumulateAVX2(&acc[0], &x[0], len(origin), &origin[0], &rows[0], &label[0], len(rows), weight, step, sign)
	default:
		accumulatePlain(acc, x, origin, rows, label, w, sign)
	}
}

func spread(x, origin, sum, square []float64) {
	d := len(origin)
	switch level {
	case AVX512:
		spreadAVX512(&x[0], len(x)/d, d, &origin[0], &sum[0], &square[0])
	case AVX2:
		spreadAVX2(&x[0], len(x)/d, d, &origin[0], &sum[0], &square[0])
	default:
		spreadPlain(x, origin, sum, square)
	}
}

func plus(to, from []float64) {
	switch level {
	case AVX512:
		plusAVX512(&to[0], &from[0], len(to))
	case AVX2:
		plusAVX2(&to[0], &from[0], len(to))
	default:
		plusPlain(to, from)
	}
}
