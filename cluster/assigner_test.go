package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/kernel"
)

// The Assigner against the definition: ties, duplicates, far offsets, tiny and huge
// values, few and many centres.
func TestAssigner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d, k := rapid.IntRange(1, 600).Draw(t, "n"), rapid.IntRange(1, 12).Draw(t, "d"), rapid.IntRange(1, 40).Draw(t, "k")
		offset := rapid.SampledFrom([]float64{0, 1e8}).Draw(t, "offset")
		scale := rapid.SampledFrom([]float64{1, 1e-310, 1e-20, 1e40, 1e160}).Draw(t, "scale")
		grid := rapid.Bool().Draw(t, "grid")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		draw := func(n int) []float64 {
			v := make([]float64, n*d)
			for i := range v {
				v[i] = r.NormFloat64()
				if grid {
					v[i] = math.Round(v[i])
				}
				v[i] = (v[i] + offset) * scale
			}
			return v
		}
		x, centers := draw(n), draw(k)
		a := NewAssigner(draw(20), d)
		label, dist, alone := make([]int32, n), make([]float64, n), make([]int32, n)
		for range 2 { // the second time with other centres
			a.Set(centers)
			if err := a.AssignAll(context.Background(), x, 2, label, dist); err != nil {
				t.Fatal(err)
			}
			a.Assign(x, alone, nil)
			for i := range n {
				best, at := math.Inf(1), int32(0)
				for c := range k {
					if s := kernel.Sq64(x[i*d:i*d+d], centers[c*d:c*d+d]); s < best {
						best, at = s, int32(c)
					}
				}
				if label[i] != at || dist[i] != best || alone[i] != at {
					t.Fatalf("row %d: (%d, %g) and %d, want (%d, %g)", i, label[i], dist[i], alone[i], at, best)
				}
			}
			centers = draw(k)
		}
	})
}

func BenchmarkAssigner(b *testing.B) {
	for _, p := range []struct{ n, d, k int }{{100_000, 8, 8}, {100_000, 8, 50}, {100_000, 16, 200}} {
		b.Run(fmt.Sprintf("n=%d,d=%d,k=%d", p.n, p.d, p.k), func(b *testing.B) {
			x, _ := gaussian(p.n, p.d, 12, 8, 1)
			a := NewAssigner(x.Data()[:p.k*p.d], p.d)
			label, dist := make([]int32, p.n), make([]float64, p.n)
			for b.Loop() {
				if err := a.AssignAll(context.Background(), x.Data(), 0, label, dist); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(p.n), "ns/row")
		})
	}
}
