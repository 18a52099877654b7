package kernel

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// Bits are those of Sq64, in both layouts, at limits that pairs meet exactly.
func TestGridHits(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			d, count := rapid.IntRange(1, 11).Draw(t, "d"), rapid.IntRange(0, 64).Draw(t, "count")
			scale := rapid.SampledFrom([]float64{1, 1e-160, 5e-324, 1e8}).Draw(t, "scale")
			offset := rapid.SampledFrom([]float64{0, 1e8}).Draw(t, "offset")
			blocks := (count + 7) / 8
			step, next := 8, 8*d
			if rapid.Bool().Draw(t, "columns") {
				step, next = 8*blocks+rapid.IntRange(0, 3).Draw(t, "gap"), 8
			}
			value := rapid.Custom(func(t *rapid.T) float64 {
				return offset + scale*float64(rapid.IntRange(-3, 3).Draw(t, "v"))
			})
			x := make([]float64, max(1, blocks)*max(next, 8)+d*step+8)
			for i := range x {
				x[i] = value.Draw(t, "x")
			}
			qstep := rapid.IntRange(1, 9).Draw(t, "qstep")
			q := make([]float64, d*qstep)
			row := make([]float64, d)
			for j := range row {
				row[j] = value.Draw(t, "q")
				q[j*qstep] = row[j]
			}
			limit := scale * scale * float64(rapid.IntRange(0, 9*d).Draw(t, "limit"))
			got := GridHits(q, qstep, x, step, next, d, count, limit)
			want := uint64(0)
			for i := range count {
				p := make([]float64, d)
				for j := range p {
					p[j] = x[i/8*next+j*step+i%8]
				}
				if Sq64(row, p) <= limit {
					want |= 1 << i
				}
			}
			if got != want {
				t.Fatalf("%b, want %b", got, want)
			}
		})
	})
}

func BenchmarkGridHits(b *testing.B) {
	for _, d := range []int{1, 2} {
		x := make([]float64, 64*d)
		for i := range x {
			x[i] = float64(i%13) / 13
		}
		b.Run(fmt.Sprintf("n=24,d=%d,k=0", d), func(b *testing.B) {
			hits := uint64(0)
			for b.Loop() {
				hits |= GridHits(x, 8, x, 8, 8*d, d, 24, 0.5)
			}
			_ = hits
		})
	}
}
