//go:build !amd64 || purego

package kernel

func pairTile(kind Pair, d int, x []float64, rows int, y, out []float64, stride int) {
	pairTilePlain(kind, d, x, rows, y, out, stride)
}
