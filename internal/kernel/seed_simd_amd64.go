//go:build !purego

package kernel

type seedKernel func(x *float32, blocks, d int, nearest, w, p *float32, sums *float64)

var (
	seedKernelsAVX512 = [...]seedKernel{
		seed1AVX512, seed2AVX512, seed3AVX512, seed4AVX512, seed5AVX512, seed6AVX512,
		seed7AVX512, seed8AVX512, seed9AVX512, seed10AVX512, seed11AVX512, seed12AVX512,
	}
	seedKernelsAVX2 = [...]seedKernel{
		seed1AVX2, seed2AVX2, seed3AVX2, seed4AVX2, seed5AVX2, seed6AVX2, seed7AVX2, seed8AVX2,
	}
)

func seedPass(x, nearest, w []float32, p *SeedPoints, sums []float64) {
	var kernels []seedKernel
	switch level {
	case AVX512:
		kernels = seedKernelsAVX512[:]
	case AVX2:
		kernels = seedKernelsAVX2[:]
	default:
		seedPassPlain(x, nearest, w, p, sums)
		return
	}
	if p.m > len(kernels) { // the first point again with the other candidates: it changes nothing more
		most := len(kernels) - 1
		part := make([]float64, len(kernels)*seedLanes)
		for from := 1; from < p.m; from += most {
			to := min(p.m, from+most)
			copy(part[seedLanes:], sums[from*seedLanes:to*seedLanes])
			seedPass(x, nearest, w, p.some(from, to), part)
			copy(sums[from*seedLanes:], part[seedLanes:(to-from+1)*seedLanes])
		}
		copy(sums[:seedLanes], part)
		return
	}
	var weights *float32
	if w != nil {
		weights = &w[0]
	}
	kernels[p.m-1](&x[0], len(nearest)/Lanes32, p.d, &nearest[0], weights, &p.data[0], &sums[0])
}
