package near

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkRuns(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		for _, d := range []int{2, 3, 5, 8} {
			r := rand.New(rand.NewPCG(1, 2))
			x := make([]float64, n*d)
			for i := range x {
				x[i] = r.NormFloat64()
			}
			b.Run(fmt.Sprintf("n=%d,d=%d", n, d), func(b *testing.B) {
				for b.Loop() {
					if _, err := NewRuns(context.Background(), x, d, 1); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/point")
			})
		}
	}
}
