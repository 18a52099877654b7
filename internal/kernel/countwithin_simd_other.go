//go:build !amd64 || purego

package kernel

func countWithin(q, y []float64, mask uint64, sq float64, enough int) int {
	return countWithinPlain(q, y, mask, sq, enough)
}
