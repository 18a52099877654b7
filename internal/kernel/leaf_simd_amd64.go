//go:build !purego

package kernel

func leafSquares(q, leaf []float64, limit float64, out *[LeafLanes]float64) uint64 {
	switch level {
	case AVX512:
		return leafSquaresAVX512(&q[0], &leaf[0], len(q), limit, &out[0])
	case AVX2:
		return leafSquaresAVX2(&q[0], &leaf[0], len(q), limit, &out[0])
	}
	return leafSquaresPlain(q, leaf, limit, out)
}

func leafWithin(q, leaf []float64, limit float64) uint64 {
	switch level {
	case AVX512:
		return leafWithinAVX512(&q[0], &leaf[0], len(q), limit)
	case AVX2:
		return leafWithinAVX2(&q[0], &leaf[0], len(q), limit)
	}
	return leafWithinPlain(q, leaf, limit)
}

func leafBox(leaf, box []float64, limit *[LeafLanes]float64) uint64 {
	switch level {
	case AVX512:
		return leafBoxAVX512(&leaf[0], &box[0], len(box)/2, &limit[0])
	case AVX2:
		return leafBoxAVX2(&leaf[0], &box[0], len(box)/2, &limit[0])
	}
	return leafBoxPlain(leaf, box, limit)
}

func leafPairs(from, to []float64, active uint64, limit *[LeafLanes]float64, hits *[LeafLanes]uint64, out *[LeafLanes * LeafLanes]float64) uint64 {
	switch level {
	case AVX512:
		return leafPairsAVX512(&from[0], &to[0], len(to)/LeafLanes, active, &limit[0], &hits[0], &out[0])
	case AVX2:
		return leafPairsAVX2(&from[0], &to[0], len(to)/LeafLanes, active, &limit[0], &hits[0], &out[0])
	}
	return leafPairsPlain(from, to, active, limit, hits, out)
}

func leafHits(from, to []float64, active uint64, limit *[LeafLanes]float64, hits *[LeafLanes]uint64) uint64 {
	switch level {
	case AVX512:
		return leafHitsAVX512(&from[0], &to[0], len(to)/LeafLanes, active, &limit[0], &hits[0])
	case AVX2:
		return leafHitsAVX2(&from[0], &to[0], len(to)/LeafLanes, active, &limit[0], &hits[0])
	}
	return leafHitsPlain(from, to, active, limit, hits)
}

func leafReach(leaf, box []float64, limit *[LeafLanes]float64) (within, under uint64) {
	switch level {
	case AVX512:
		return leafReachAVX512(&leaf[0], &box[0], len(box)/2, &limit[0])
	case AVX2:
		return leafReachAVX2(&leaf[0], &box[0], len(box)/2, &limit[0])
	}
	return leafReachPlain(leaf, box, limit)
}

func leafMerge(k int, some uint64, hits *[LeafLanes]uint64, out *[LeafLanes * LeafLanes]float64, number []int32, sq []float64, index []int32, limit *[LeafLanes]float64) {
	switch stride := LeafStride(k); {
	case level < AVX512 || stride > 32:
		leafMergePlain(k, some, hits, out, number, sq, index, limit)
	case stride == 8:
		leafMerge8AVX512(some, &hits[0], &out[0], &number[0], &sq[0], &index[0], k-1, &limit[0])
	case stride == 16:
		leafMerge16AVX512(some, &hits[0], &out[0], &number[0], &sq[0], &index[0], k-1, &limit[0])
	default:
		leafMerge32AVX512(some, &hits[0], &out[0], &number[0], &sq[0], &index[0], k-1, &limit[0])
	}
}
