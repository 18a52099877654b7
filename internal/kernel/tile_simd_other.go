//go:build !amd64 || purego

package kernel

func tileSums(d int, x []float64, rows int, y []float64, last int, sums *[8]float64, cols []float64) {
	tileSumsPlain(d, x, rows, y, last, sums, cols)
}
