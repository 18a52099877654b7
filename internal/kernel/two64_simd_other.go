//go:build !amd64 || purego

package kernel

func two64(c *Centers64, x []float64, first, second []float64) { two64Plain(c, x, first, second) }
