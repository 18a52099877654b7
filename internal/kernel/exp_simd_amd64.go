//go:build !purego

package kernel

// expSIMD does the first values and says how many.
func expSIMD(dst, x []float64) int {
	sets := len(x) / 8
	if sets == 0 || level == Plain {
		return 0
	}
	_ = dst[len(x)-1]
	if level == AVX512 {
		expAVX512(&dst[0], &x[0], sets)
	} else {
		expAVX2(&dst[0], &x[0], sets)
	}
	return sets * 8
}

func mixtureSharesSIMD(q []float64, k, m int, offset, w []float64, sums *[16]float64) bool {
	switch {
	case level == Plain || k == 0:
		return false
	case level == AVX512:
		mixtureSharesAVX512(&q[0], k, m/8, &offset[0], &w[0], &sums[0])
	default:
		mixtureSharesAVX2(&q[0], k, m/8, &offset[0], &w[0], &sums[0])
	}
	return true
}
