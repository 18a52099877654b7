package kernel

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// cfNode draws a node: len(n) places, of which used hold a mean.
func cfNode(t *rapid.T, d int) (mean, n []float64, used int) {
	places := CFLanes * rapid.IntRange(1, 9).Draw(t, "lanes")
	used = rapid.IntRange(1, places).Draw(t, "used")
	offset := rapid.SampledFrom([]float64{0, 0, 1e8, 1e-310, 1e160}).Draw(t, "offset")
	value := rapid.Custom(func(t *rapid.T) float64 {
		return offset + float64(rapid.IntRange(-4, 4).Draw(t, "v"))*max(1, offset/1e8)*0.3
	})
	mean, n = make([]float64, places*d), make([]float64, places)
	for l := range places {
		n[l] = 1
		if l < used {
			n[l] = rapid.SampledFrom([]float64{1, 2, 7, 1e9, 0.1}).Draw(t, "n")
		}
		for j := range d {
			mean[j*places+l] = math.Inf(1)
			if l < used {
				mean[j*places+l] = value.Draw(t, "mean")
			}
		}
	}
	return mean, n, used
}

// Every level finds the place that a naive loop finds, to the bit; ties go to the first.
func TestCFNearest(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			d := rapid.IntRange(1, 21).Draw(t, "d")
			mean, n, used := cfNode(t, d)
			w := rapid.SampledFrom([]float64{0, 1, 3.5, 1e6}).Draw(t, "w")
			x := make([]float64, d)
			from := rapid.IntRange(0, used-1).Draw(t, "from")
			for j := range x {
				x[j] = mean[j*len(n)+from] + rapid.SampledFrom([]float64{0, 0.1, -2}).Draw(t, "shift")
			}
			want, least := 0, math.Inf(1)
			for l := range used {
				s := 0.0
				for j, v := range x {
					e := v - mean[j*len(n)+l]
					s = math.FMA(e, e, s)
				}
				if s *= n[l] / (n[l] + w); s < least {
					want, least = l, s
				}
			}
			at, v := CFNearest(x, mean, n, w)
			if at != want || math.Float64bits(v) != math.Float64bits(least) {
				t.Fatalf("place %d at %v, want %d at %v", at, v, want, least)
			}
		})
	})
}

func BenchmarkCFNearest(b *testing.B) {
	const d, places = 10, 32
	mean, n, x := Aligned64(d*places), Aligned64(places), make([]float64, d)
	for i := range mean {
		mean[i] = float64(i*7919%101) / 9
	}
	for i := range n {
		n[i] = float64(1 + i)
	}
	was := level
	defer func() { level = was }()
	for l := Plain; l <= best(); l++ {
		level = l
		b.Run(l.String()+"/d=10,places=32", func(b *testing.B) {
			for b.Loop() {
				CFNearest(x, mean, n, 1)
			}
		})
	}
}
