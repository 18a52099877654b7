//go:build !amd64 || purego

package kernel

func gather32(to, sq, top []float32, x []float64, rows []int32, origin []float64, scale float64) {
	gather32Plain(to, sq, top, x, rows, origin, scale)
}
