//go:build !purego

package kernel

func nearest64(c *Centers64, x []float64, rows, label []int32, dist []float64) {
	groups := len(c.packed) / (centers8 * c.D)
	switch level {
	case AVX512:
		nearest64AVX512(&x[0], &rows[0], len(rows), c.D, &c.packed[0], groups, &label[0], &dist[0])
	case AVX2:
		nearest64AVX2(&x[0], &rows[0], len(rows), c.D, &c.packed[0], groups, &label[0], &dist[0])
	default:
		nearest64Plain(c, x, rows, label, dist)
	}
}

func own64(c *Centers64, x []float64, label []int32, dist []float64) {
	fours := len(label) / 4
	if level == Plain || fours == 0 {
		own64Plain(c, x, label, dist)
		return
	}
	own64FMA(&x[0], fours, c.D, &c.flat[0], &label[0], &dist[0])
	own64Plain(c, x[4*fours*c.D:], label[4*fours:], dist[4*fours:])
}

func around64(c *Centers64, p, value []float64, limit float64) float64 {
	groups := len(value) / centers8
	switch level {
	case AVX512:
		return around64AVX512(&p[0], c.D, &c.packed[0], groups, &value[0], limit)
	case AVX2:
		return around64AVX2(&p[0], c.D, &c.packed[0], groups, &value[0], limit)
	default:
		return around64Plain(c, p, value, limit)
	}
}
