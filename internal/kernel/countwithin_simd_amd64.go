//go:build !purego

package kernel

func countWithin(q, y []float64, mask uint64, sq float64, enough int) int {
	d := len(q)
	switch level {
	case AVX512:
		return countWithinAVX512(&q[0], &y[0], d, len(y)/(8*d), mask, sq, enough)
	case AVX2:
		return countWithinAVX2(&q[0], &y[0], d, len(y)/(8*d), mask, sq, enough)
	}
	return countWithinPlain(q, y, mask, sq, enough)
}
