//go:build !amd64 || purego

package kernel

func nearest64(c *Centers64, x []float64, rows, label []int32, dist []float64) {
	nearest64Plain(c, x, rows, label, dist)
}

func own64(c *Centers64, x []float64, label []int32, dist []float64) {
	own64Plain(c, x, label, dist)
}

func around64(c *Centers64, p, value []float64, limit float64) float64 {
	return around64Plain(c, p, value, limit)
}
