//go:build !amd64 || purego

package kernel

func cfNearest(x, mean, n []float64, w float64) (at int, v float64) {
	return cfNearestPlain(x, mean, n, w)
}
