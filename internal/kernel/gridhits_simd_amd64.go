//go:build !purego

package kernel

func gridHits(q []float64, qstep int, x []float64, step, next, d, blocks int, limit float64) uint64 {
	switch level {
	case AVX512:
		return gridHitsAVX512(&q[0], 8*qstep, &x[0], 8*step, 8*next, d, blocks, limit)
	case AVX2:
		return gridHitsAVX2(&q[0], 8*qstep, &x[0], 8*step, 8*next, d, blocks, limit)
	}
	return gridHitsPlain(q, qstep, x, step, next, d, blocks, limit)
}
