//go:build !purego

package kernel

func gather32(to, sq, top []float32, x []float64, rows []int32, origin []float64, scale float64) {
	switch level {
	case AVX512:
		gather32AVX512(&to[0], &sq[0], &top[0], &x[0], &rows[0], len(top), &origin[0], len(origin), scale)
	case AVX2:
		gather32AVX2(&to[0], &sq[0], &top[0], &x[0], &rows[0], len(top), &origin[0], len(origin), scale)
	default:
		gather32Plain(to, sq, top, x, rows, origin, scale)
	}
}
