//go:build !purego

package kernel

import (
	"fmt"
	"sync"
	"testing"
)

// BenchmarkPeak is what the processor can do at most, at each level: the number other
// benchmarks are a part of.
func BenchmarkPeak(b *testing.B) {
	for _, p := range []struct {
		level Level
		bits  int
		lanes int
		run   func(int)
	}{
		{AVX512, 32, 16, peak32AVX512},
		{AVX512, 64, 8, peak64AVX512},
		{AVX2, 32, 8, peak32AVX2},
		{AVX2, 64, 4, peak64AVX2},
	} {
		for _, cores := range []int{1, 2} {
			b.Run(fmt.Sprintf("%v/float%d/cores=%d", p.level, p.bits, cores), func(b *testing.B) {
				if best() < p.level {
					b.Skip("this processor has no " + p.level.String())
				}
				const rounds = 1 << 20
				for b.Loop() {
					var wg sync.WaitGroup
					for range cores {
						wg.Go(func() { p.run(rounds) })
					}
					wg.Wait()
				}
				flops := float64(cores) * rounds * 12 * 2 * float64(p.lanes)
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
