package kernel

import "math"

// Sq64 returns ‖a−b‖² = Σ fma(t, t, ·), t = aⱼ−bⱼ, over the coordinates in order: the
// distance by which float64 kernels choose, the same bits at each level.
func Sq64(a, b []float64) float64 {
	b = b[:len(a)]
	s := 0.0
	for j, v := range a {
		t := v - b[j]
		s = math.FMA(t, t, s)
	}
	return s
}
