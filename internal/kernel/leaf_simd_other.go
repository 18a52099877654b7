//go:build !amd64 || purego

package kernel

func leafSquares(q, leaf []float64, limit float64, out *[LeafLanes]float64) uint64 {
	return leafSquaresPlain(q, leaf, limit, out)
}

func leafWithin(q, leaf []float64, limit float64) uint64 { return leafWithinPlain(q, leaf, limit) }

func leafBox(leaf, box []float64, limit *[LeafLanes]float64) uint64 {
	return leafBoxPlain(leaf, box, limit)
}

func leafPairs(from, to []float64, active uint64, limit *[LeafLanes]float64, hits *[LeafLanes]uint64, out *[LeafLanes * LeafLanes]float64) uint64 {
	return leafPairsPlain(from, to, active, limit, hits, out)
}

func leafHits(from, to []float64, active uint64, limit *[LeafLanes]float64, hits *[LeafLanes]uint64) uint64 {
	return leafHitsPlain(from, to, active, limit, hits)
}

func leafReach(leaf, box []float64, limit *[LeafLanes]float64) (within, under uint64) {
	return leafReachPlain(leaf, box, limit)
}

func leafMerge(k int, some uint64, hits *[LeafLanes]uint64, out *[LeafLanes * LeafLanes]float64, number []int32, sq []float64, index []int32, limit *[LeafLanes]float64) {
	leafMergePlain(k, some, hits, out, number, sq, index, limit)
}
