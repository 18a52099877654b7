//go:build !amd64 || purego

package kernel

func settle32(best, second []float32, label, before []int32, norm []float32, a, b float32, unsure, changed []uint16) {
	settle32Plain(best, second, label, before, norm, a, b, unsure, changed)
}

func gaps32(best, second, sq []float32, label []int32, t, slack []float32, limit float32, near, g []float32) {
	gaps32Plain(best, second, sq, label, t, slack, limit, near, g)
}

func stale32(g []float32, label []int32, t []float32, stale []uint16) {
	stale32Plain(g, label, t, stale)
}
