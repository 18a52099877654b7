//go:build !purego

package kernel

func tileSums(d int, x []float64, rows int, y []float64, last int, sums *[8]float64, cols []float64) {
	switch level {
	case AVX512:
		lanes := uint64(1)<<last - 1
		var every, final uint64
		for r := range rows {
			every |= 0xff << (8 * r)
			final |= lanes << (8 * r)
		}
		tileSumsAVX512(&x[0], &y[0], d, len(cols)/8, every, final, &sums[0], &cols[0])
	case AVX2:
		var mask [8]uint64
		for l := range last {
			mask[l] = ^uint64(0)
		}
		var lane [8]float64
		for r := range rows {
			tileSumsAVX2(&x[r], &y[0], d, len(cols)/8, &mask, &lane[0], &cols[0])
			sums[r] = addLanes(&lane)
		}
	default:
		tileSumsPlain(d, x, rows, y, last, sums, cols)
	}
}
