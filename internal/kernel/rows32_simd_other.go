//go:build !amd64 || purego

package kernel

func gather32(to []float32, sq *[Lanes32]float32, x []float64, rows *[Lanes32]int32, origin []float64, scale float64) {
	gather32Plain(to, sq, x, rows, origin, scale)
}
