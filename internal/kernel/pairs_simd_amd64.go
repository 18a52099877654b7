//go:build !purego

package kernel

// pairTile may write all eight rows of out, wherever rows ends.
func pairTile(kind Pair, d int, x []float64, rows int, y, out []float64, stride int) {
	blocks := len(y) / (8 * d)
	switch level {
	case AVX512:
		switch kind {
		case PairSquared:
			pairsSquaredAVX512(&x[0], &y[0], d, blocks, &out[0], stride)
		case PairManhattan:
			pairsManhattanAVX512(&x[0], &y[0], d, blocks, &out[0], stride)
		default:
			pairsEuclideanAVX512(&x[0], &y[0], d, blocks, &out[0], stride)
		}
	case AVX2:
		for r := range rows {
			switch kind {
			case PairSquared:
				pairsSquaredAVX2(&x[r], &y[0], d, blocks, &out[r*stride])
			case PairManhattan:
				pairsManhattanAVX2(&x[r], &y[0], d, blocks, &out[r*stride])
			default:
				pairsEuclideanAVX2(&x[r], &y[0], d, blocks, &out[r*stride])
			}
		}
	default:
		pairTilePlain(kind, d, x, rows, y, out, stride)
	}
}
