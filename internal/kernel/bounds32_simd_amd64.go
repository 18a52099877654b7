//go:build !purego

package kernel

func settle32(best, second []float32, label, before []int32, norm []float32, a, b float32, unsure, changed []uint16) {
	switch level {
	case AVX512:
		settle32AVX512(&best[0], &second[0], &label[0], &before[0], &norm[0], a, b, len(norm), &unsure[0], &changed[0])
	case AVX2:
		settle32AVX2(&best[0], &second[0], &label[0], &before[0], &norm[0], a, b, len(norm), &unsure[0], &changed[0])
	default:
		settle32Plain(best, second, label, before, norm, a, b, unsure, changed)
	}
}

func gaps32(best, second, sq []float32, label []int32, t, slack []float32, limit float32, near, g []float32) {
	switch level {
	case AVX512:
		gaps32AVX512(&best[0], &second[0], &sq[0], &label[0], &t[0], &slack[0], limit, len(slack), &near[0], &g[0])
	case AVX2:
		gaps32AVX2(&best[0], &second[0], &sq[0], &label[0], &t[0], &slack[0], limit, len(slack), &near[0], &g[0])
	default:
		gaps32Plain(best, second, sq, label, t, slack, limit, near, g)
	}
}

func stale32(g []float32, label []int32, t []float32, stale []uint16) {
	switch level {
	case AVX512:
		if len(t) <= 32 {
			var few [32]float32
			copy(few[:], t)
			staleFew32AVX512(&g[0], &label[0], &few, len(stale), &stale[0])
			return
		}
		stale32AVX512(&g[0], &label[0], &t[0], len(stale), &stale[0])
	case AVX2:
		stale32AVX2(&g[0], &label[0], &t[0], len(stale), &stale[0])
	default:
		stale32Plain(g, label, t, stale)
	}
}
