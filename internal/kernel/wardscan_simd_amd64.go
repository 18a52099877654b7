//go:build !purego

package kernel

func scanTiles(batch []float32, d int, tiles []float32, count int, masks []uint64) {
	switch level {
	case AVX512:
		scanTilesAVX512(&batch[0], d, &tiles[0], count, &masks[0])
	case AVX2:
		scanTilesAVX2(&batch[0], d, &tiles[0], count, &masks[0])
	default:
		scanTilesPlain(batch, d, tiles, count, masks)
	}
}

func scanBounds(batch []float32, d int, boxes []float32, count int, near []uint16) {
	switch level {
	case AVX512:
		scanBoundsAVX512(&batch[0], d, &boxes[0], count, &near[0])
	case AVX2:
		scanBoundsAVX2(&batch[0], d, &boxes[0], count, &near[0])
	default:
		scanBoundsPlain(batch, d, boxes, count, near)
	}
}
