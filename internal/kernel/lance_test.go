package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Each level gives the definition's bits.
func TestLink(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			d := rapid.IntRange(1, 13).Draw(t, "d")
			rows, blocks := rapid.IntRange(0, 14).Draw(t, "rows"), rapid.IntRange(0, 5).Draw(t, "blocks")
			lo := rapid.IntRange(0, blocks).Draw(t, "lo")
			x, y := drawRows(t, "x", rows, d), drawRows(t, "y", 8*blocks, d)
			w := make([]float64, rows)
			for r := range w {
				w[r] = rapid.SampledFrom([]float64{1, 0.5, 3, 1e-300}).Draw(t, "w")
			}
			sum, most := make([]float64, 8*(blocks-lo)), make([]float64, 8*(blocks-lo))
			for j := range sum {
				for r := range rows {
					s := pairDefinition(PairSquared, x[r*d:r*d+d], y[(8*lo+j)*d:(8*lo+j+1)*d])
					sum[j] = math.FMA(w[r], math.Sqrt(s), sum[j])
					most[j] = max(most[j], s)
				}
			}
			got := slices.Repeat([]float64{-1}, len(sum))
			LinkSums(x, d, w, PackLanes(y, d), lo, blocks, got)
			if i, ok := sameBits(got, sum); !ok {
				t.Fatalf("sum %d: %v, want %v", i, got[i], sum[i])
			}
			LinkMost(x, d, PackLanes(y, d), lo, blocks, got)
			if i, ok := sameBits(got, most); !ok {
				t.Fatalf("largest %d: %v, want %v", i, got[i], most[i])
			}
		})
	})
}

func TestLance(t *testing.T) {
	inf := math.Inf(1)
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			number := rapid.SampledFrom([]float64{0, 1, 1, 2, 0.1, 1.0 / 3, 1e-310, 1e150, inf, inf})
			n := rapid.IntRange(0, 100).Draw(t, "n")
			x, y := make([]float64, n), make([]float64, n)
			for i := range x {
				x[i], y[i] = number.Draw(t, "x"), number.Draw(t, "y")
			}
			a, b := float64(rapid.IntRange(1, 9).Draw(t, "a")), float64(rapid.IntRange(1, 9).Draw(t, "b"))
			check := func(what string, got, want []float64, least float64, at int) {
				if i, ok := sameBits(got, want); !ok {
					t.Fatalf("%s: place %d: %v, want %v", what, i, got[i], want[i])
				}
				low, first := inf, -1
				for i, v := range want {
					if v < low {
						low, first = v, i
					}
				}
				if least != low || at != first {
					t.Fatalf("%s: least %v at %d, want %v at %d", what, least, at, low, first)
				}
			}
			mean, most := slices.Clone(y), slices.Clone(y)
			for i, v := range x {
				p, q := a*v, b*y[i]
				s := p + q
				mean[i], most[i] = s/(a+b), max(v, y[i])
			}
			z := slices.Clone(y)
			least, at := LanceMean(x, z, a, b)
			check("mean", z, mean, least, at)
			z = slices.Clone(y)
			least, at = LanceMost(x, z)
			check("most", z, most, least, at)
			least, at = Least(y)
			check("least", y, y, least, at)
		})
	})
}

func BenchmarkLinkSums(b *testing.B) {
	for _, d := range []int{2, 8, 32} {
		for _, rows := range []int{1, 5, 64} {
			b.Run(fmt.Sprintf("rows=%d/n=512/d=%d", rows, d), func(b *testing.B) {
				y := benchmarkLanes(512, d)
				x, w, out := make([]float64, rows*d), slices.Repeat([]float64{1}, rows), make([]float64, 512)
				for b.Loop() {
					LinkSums(x, d, w, y, 0, 64, out)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512/float64(rows), "ns/pair")
			})
		}
	}
}

func BenchmarkLance(b *testing.B) {
	const n = 4096
	x, y := slices.Repeat([]float64{1}, n), slices.Repeat([]float64{2}, n)
	for name, f := range map[string]func(){
		"mean": func() { LanceMean(x, y, 2, 3) }, "most": func() { LanceMost(x, y) }, "least": func() { Least(y) },
	} {
		b.Run(fmt.Sprintf("%s/n=%d", name, n), func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/number")
		})
	}
}
