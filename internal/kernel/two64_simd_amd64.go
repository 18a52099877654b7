//go:build !purego

package kernel

func two64(c *Centers64, x []float64, first, second []float64) {
	groups := len(c.packed) / (centers8 * c.D)
	switch level {
	case AVX512:
		two64AVX512(&x[0], len(first), c.D, &c.packed[0], groups, &first[0], &second[0])
	case AVX2:
		two64AVX2(&x[0], len(first), c.D, &c.packed[0], groups, &first[0], &second[0])
	default:
		two64Plain(c, x, first, second)
	}
}
