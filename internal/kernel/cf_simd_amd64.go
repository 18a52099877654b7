//go:build !purego

package kernel

import "math"

func cfNearest(x, mean, n []float64, w float64) (at int, v float64) {
	var best [8]float64
	var place [8]int64
	lanes := 8
	switch level {
	case AVX512:
		cfNearestAVX512(&x[0], len(x), &mean[0], &n[0], len(n)/8, w, &best, &place)
	case AVX2:
		lanes = 4
		cfNearestAVX2(&x[0], len(x), &mean[0], &n[0], len(n)/4, w, &best, &place)
	default:
		return cfNearestPlain(x, mean, n, w)
	}
	v = math.Inf(1)
	for l, b := range best[:lanes] {
		if p := int(place[l]); b < v || b == v && p < at {
			at, v = p, b
		}
	}
	if math.IsInf(v, 1) {
		at = 0
	}
	return at, v
}
