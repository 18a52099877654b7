//go:build !amd64 || purego

package kernel

func scanTiles(batch []float32, queries, d int, tiles []float32, count int, masks []uint64) {
	scanTilesPlain(batch, queries, d, tiles, count, masks)
}

func scanBounds(batch []float32, d int, boxes []float32, count int, near []uint16) {
	scanBoundsPlain(batch, d, boxes, count, near)
}
