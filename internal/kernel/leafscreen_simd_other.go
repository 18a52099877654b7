//go:build !amd64 || purego

package kernel

func leafScreen(from, to []float32, limit *[LeafLanes]float32) uint64 {
	return leafScreenPlain(from, to, limit)
}
