//go:build !purego

package kernel

import "unsafe"

func rootBelow(q, block []float64, limit, out *[Lanes64]float64) uint64 {
	switch level {
	case AVX512:
		return rootBelowAVX512(unsafe.SliceData(q), len(q), unsafe.SliceData(block), limit, out)
	case AVX2:
		return rootBelowAVX2(unsafe.SliceData(q), len(q), unsafe.SliceData(block), limit, out)
	}
	return rootBelowPlain(q, block, limit, out)
}

func squareBelow(q, block []float64, limit, out *[Lanes64]float64) uint64 {
	switch level {
	case AVX512:
		return squareBelowAVX512(unsafe.SliceData(q), len(q), unsafe.SliceData(block), limit, out)
	case AVX2:
		return squareBelowAVX2(unsafe.SliceData(q), len(q), unsafe.SliceData(block), limit, out)
	}
	return squareBelowPlain(q, block, limit, out)
}

func cityBelow(q, weight, block []float64, limit, out *[Lanes64]float64) uint64 {
	numbers := len(q) - len(weight)
	switch level {
	case AVX512:
		return cityBelowAVX512(unsafe.SliceData(q), numbers, unsafe.SliceData(weight), len(weight), unsafe.SliceData(block), limit, out)
	case AVX2:
		return cityBelowAVX2(unsafe.SliceData(q), numbers, unsafe.SliceData(weight), len(weight), unsafe.SliceData(block), limit, out)
	}
	return cityBelowPlain(q, weight, block, limit, out)
}

func below(value, limit *[Lanes64]float64) uint64 {
	switch level {
	case AVX512:
		return belowAVX512(value, limit)
	case AVX2:
		return belowAVX2(value, limit)
	}
	return belowPlain(value, limit)
}
