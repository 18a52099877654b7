//go:build !amd64 || purego

package kernel

func gridHits(q []float64, qstep int, x []float64, step, next, d, blocks int, limit float64) uint64 {
	return gridHitsPlain(q, qstep, x, step, next, d, blocks, limit)
}
