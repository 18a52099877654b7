//go:build !purego

package kernel

func scanTiles(batch []float32, queries, d int, tiles []float32, count int, masks []uint64) {
	switch {
	case level == AVX512 && queries == 1:
		scanOneAVX512(&batch[0], d, &tiles[0], count, &masks[0])
	case level == AVX512:
		scanTilesAVX512(&batch[0], d, &tiles[0], count, &masks[0])
	case level == AVX2 && queries == 1:
		scanOneAVX2(&batch[0], d, &tiles[0], count, &masks[0])
	case level == AVX2:
		scanTilesAVX2(&batch[0], d, &tiles[0], count, &masks[0])
	default:
		scanTilesPlain(batch, queries, d, tiles, count, masks)
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
