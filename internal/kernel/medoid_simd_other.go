//go:build !amd64 || purego

package kernel

func rootBelow(q, block []float64, limit, out *[Lanes64]float64) uint64 {
	return rootBelowPlain(q, block, limit, out)
}

func squareBelow(q, block []float64, limit, out *[Lanes64]float64) uint64 {
	return squareBelowPlain(q, block, limit, out)
}

func cityBelow(q, weight, block []float64, limit, out *[Lanes64]float64) uint64 {
	return cityBelowPlain(q, weight, block, limit, out)
}

func below(value, limit *[Lanes64]float64) uint64 { return belowPlain(value, limit) }
