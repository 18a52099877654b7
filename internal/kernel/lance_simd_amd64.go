//go:build !purego

package kernel

import "unsafe"

func linkSum(x []float64, d int, w, y, out []float64) {
	switch level {
	case AVX512:
		linkSumAVX512(&x[0], len(w), d, &w[0], &y[0], len(out)/8, &out[0])
	case AVX2:
		linkSumAVX2(&x[0], len(w), d, &w[0], &y[0], len(out)/8, &out[0])
	default:
		linkSumPlain(x, d, w, y, out)
	}
}

func linkMost(x []float64, d int, y, out []float64) {
	switch level {
	case AVX512:
		linkMostAVX512(&x[0], len(x)/d, d, nil, &y[0], len(out)/8, &out[0])
	case AVX2:
		linkMostAVX2(&x[0], len(x)/d, d, nil, &y[0], len(out)/8, &out[0])
	default:
		linkMostPlain(x, d, y, out)
	}
}

func lanceMean(x, y []float64, a, b float64) float64 {
	switch level {
	case AVX512:
		return lanceMeanAVX512(unsafe.SliceData(x), unsafe.SliceData(y), len(y)/8, a, b)
	case AVX2:
		return lanceMeanAVX2(unsafe.SliceData(x), unsafe.SliceData(y), len(y)/8, a, b)
	}
	return lanceMeanPlain(x, y, a, b)
}

func lanceMost(x, y []float64) float64 {
	switch level {
	case AVX512:
		return lanceMostAVX512(unsafe.SliceData(x), unsafe.SliceData(y), len(y)/8)
	case AVX2:
		return lanceMostAVX2(unsafe.SliceData(x), unsafe.SliceData(y), len(y)/8)
	}
	return lanceMostPlain(x, y)
}

func lanceLeast(row []float64) float64 {
	switch level {
	case AVX512:
		return lanceLeastAVX512(unsafe.SliceData(row), len(row)/8)
	case AVX2:
		return lanceLeastAVX2(unsafe.SliceData(row), len(row)/8)
	}
	return lanceLeastPlain(row)
}

func lanceFirst(row []float64, value float64) int {
	switch level {
	case AVX512:
		return lanceFirstAVX512(unsafe.SliceData(row), len(row)/8, value)
	case AVX2:
		return lanceFirstAVX2(unsafe.SliceData(row), len(row)/8, value)
	}
	return lanceFirstPlain(row, value)
}
