package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Against a sort of all distances; ties on a coarse grid.
func TestTwo64(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for _, d := range []int{1, 2, 3, 8, 11} {
		for k := 1; k <= 27; k++ {
			n := 1 + r.IntN(30)
			x, p := make([]float64, n*d), make([]float64, k*d)
			for i := range x {
				x[i] = float64(r.IntN(4)) + float64(r.IntN(2))*r.Float64()
			}
			for i := range p {
				p[i] = float64(r.IntN(4))
			}
			var c Centers64
			c.Set(p, d)
			atEachLevel(t, func(t *testing.T) {
				first, second := make([]float64, n), make([]float64, n)
				c.Two(x, first, second)
				for i := range n {
					all := []float64{math.Inf(1)}
					for l := range k {
						all = append(all, Sq64(x[i*d:i*d+d], p[l*d:l*d+d]))
					}
					slices.Sort(all)
					if first[i] != all[0] || second[i] != all[1] {
						t.Fatalf("d=%d k=%d row %d: %g and %g, want %g and %g", d, k, i, first[i], second[i], all[0], all[1])
					}
				}
			})
		}
	}
}

func BenchmarkTwo64(b *testing.B) {
	for _, c := range []struct{ d, k int }{{2, 100}, {8, 50}} {
		b.Run(fmt.Sprintf("n=1000,d=%d,k=%d", c.d, c.k), func(b *testing.B) {
			const n = 1000
			r := rand.New(rand.NewPCG(1, 1))
			x := make([]float64, n*c.d)
			for i := range x {
				x[i] = r.NormFloat64()
			}
			var p Centers64
			p.Set(x[:c.k*c.d], c.d)
			first, second := make([]float64, n), make([]float64, n)
			for b.Loop() {
				p.Two(x, first, second)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/n, "ns/row")
		})
	}
}
