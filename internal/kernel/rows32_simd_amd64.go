//go:build !purego

package kernel

func gather32(to []float32, sq *[Lanes32]float32, x []float64, rows *[Lanes32]int32, origin []float64, scale float64) {
	switch level {
	case AVX512:
		gather32AVX512(&to[0], sq, &x[0], rows, &origin[0], len(origin), scale)
	default:
		gather32Plain(to, sq, x, rows, origin, scale)
	}
}
