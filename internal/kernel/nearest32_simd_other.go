//go:build !amd64 || purego

package kernel

func top2(x []float32, d int, c *Centers32, list []int32, best, second []float32, label []int32) {
	top2Plain(x, d, c, list, best, second, label)
}
