//go:build !amd64 || purego

package kernel

func seedPass(x, nearest, w []float32, p *SeedPoints, sums []float64) {
	seedPassPlain(x, nearest, w, p, sums)
}
