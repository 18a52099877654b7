//go:build !purego

package kernel

import "math"

func leafScreen(from, to []float32, limit *[LeafLanes]float32) uint64 {
	if level == Plain {
		return leafScreenPlain(from, to, limit)
	}
	var least [LeafLanes]float32
	for l := range least {
		least[l] = float32(math.Inf(1))
	}
	if level == AVX512 {
		return leafScreenAVX512(&from[0], &to[0], len(to)/LeafLanes, &limit[0], &least[0])
	}
	return leafScreenAVX2(&from[0], &to[0], len(to)/LeafLanes, &limit[0], &least[0])
}
