//go:build !purego

package kernel

func mixturePackSIMD(dst, x []float64, sets, d int) bool {
	if level == Plain {
		return false
	}
	mixturePackAVX2(&dst[0], &x[0], sets, d)
	return true
}

func mixtureFullSIMD(q, x []float64, sets, d int, mean, p []float64) bool {
	switch level {
	case AVX512:
		mixtureFullAVX512(&q[0], &x[0], sets, d, &mean[0], &p[0])
	case AVX2:
		mixtureFullAVX2(&q[0], &x[0], sets, d, &mean[0], &p[0])
	default:
		return false
	}
	return true
}

func mixtureDiagSIMD(q, x []float64, sets, d int, mean, p []float64) bool {
	switch level {
	case AVX512:
		mixtureDiagAVX512(&q[0], &x[0], sets, d, &mean[0], &p[0])
	case AVX2:
		mixtureDiagAVX2(&q[0], &x[0], sets, d, &mean[0], &p[0])
	default:
		return false
	}
	return true
}

func mixtureTileSIMD(x []float64, d, sets, e int, r, mean, acc []float64) bool {
	switch level {
	case AVX512:
		switch e {
		case 1:
			mixtureTile1AVX512(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 2:
			mixtureTile2AVX512(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 3:
			mixtureTile3AVX512(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 4:
			mixtureTile4AVX512(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		}
	case AVX2:
		switch e {
		case 1:
			mixtureTile1AVX2(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 2:
			mixtureTile2AVX2(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 3:
			mixtureTile3AVX2(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 4:
			mixtureTile4AVX2(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		}
	default:
		return false
	}
	return true
}

func mixtureCrossSIMD(x []float64, d, sets, later, e int, r, mean, acc []float64) bool {
	switch level {
	case AVX512:
		switch e {
		case 1:
			mixtureCross1AVX512(&x[0], d, sets, later, &r[0], &mean[0], &acc[0])
		case 2:
			mixtureCross2AVX512(&x[0], d, sets, later, &r[0], &mean[0], &acc[0])
		case 3:
			mixtureCross3AVX512(&x[0], d, sets, later, &r[0], &mean[0], &acc[0])
		case 4:
			mixtureCross4AVX512(&x[0], d, sets, later, &r[0], &mean[0], &acc[0])
		}
	case AVX2:
		switch e {
		case 1:
			mixtureCross1AVX2(&x[0], d, sets, later, &r[0], &mean[0], &acc[0])
		case 2:
			mixtureCross2AVX2(&x[0], d, sets, later, &r[0], &mean[0], &acc[0])
		case 3:
			mixtureCross3AVX2(&x[0], d, sets, later, &r[0], &mean[0], &acc[0])
		case 4:
			mixtureCross4AVX2(&x[0], d, sets, later, &r[0], &mean[0], &acc[0])
		}
	default:
		return false
	}
	return true
}

func mixtureScaleSIMD(x []float64, d, sets, e int, r, mean, acc []float64) bool {
	switch level {
	case AVX512:
		switch e {
		case 1:
			mixtureScale1AVX512(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 2:
			mixtureScale2AVX512(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 3:
			mixtureScale3AVX512(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 4:
			mixtureScale4AVX512(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		}
	case AVX2:
		switch e {
		case 1:
			mixtureScale1AVX2(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 2:
			mixtureScale2AVX2(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 3:
			mixtureScale3AVX2(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		case 4:
			mixtureScale4AVX2(&x[0], d, sets, &r[0], &mean[0], &acc[0])
		}
	default:
		return false
	}
	return true
}
