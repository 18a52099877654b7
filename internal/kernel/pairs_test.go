package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// pairDefinition is the distance of two rows as the kernels sum it.
func pairDefinition(kind Pair, a, b []float64) float64 {
	s := 0.0
	for j, v := range a {
		if t := v - b[j]; kind == PairManhattan {
			s += math.Abs(t)
		} else {
			s = math.FMA(t, t, s)
		}
	}
	if kind == PairEuclidean {
		return math.Sqrt(s)
	}
	return s
}

// Each level gives the definition's bits and writes nothing else.
func TestPairTile(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			kind := rapid.SampledFrom([]Pair{PairEuclidean, PairSquared, PairManhattan}).Draw(t, "kind")
			d := rapid.IntRange(1, 19).Draw(t, "d")
			m, rows := rapid.IntRange(0, 2).Draw(t, "a"), rapid.IntRange(0, 8).Draw(t, "rows")
			lo, n := rapid.IntRange(0, 2).Draw(t, "lo"), rapid.IntRange(0, 150).Draw(t, "n")
			x, y := drawRows(t, "x", 24, d), drawRows(t, "y", 8*lo+n, d)
			stride := n + rapid.IntRange(0, 9).Draw(t, "gap")
			const mark = 12345
			out := slices.Repeat([]float64{mark}, 8*stride+1)
			want := slices.Clone(out)
			for r := range rows {
				for j := range n {
					want[r*stride+j] = pairDefinition(kind, x[(8*m+r)*d:(8*m+r+1)*d], y[(8*lo+j)*d:(8*lo+j+1)*d])
				}
			}
			PairTile(kind, PackLanes(x, d), m, rows, PackLanes(y, d), lo, n, out, stride)
			if i, ok := sameBits(out, want); !ok {
				t.Fatalf("place %d: %v, want %v", i, out[i], want[i])
			}
		})
	})
	out := []float64{1, 2, 3}
	PairTile(PairSquared, NewLanes(8, 0), 0, 1, NewLanes(8, 0), 0, 2, out, 2)
	if !slices.Equal(out, []float64{0, 0, 3}) {
		t.Errorf("rows without coordinates: %v", out)
	}
}

func TestCountWithin(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			d := rapid.IntRange(1, 11).Draw(t, "d")
			n := rapid.IntRange(0, 150).Draw(t, "n")
			lo := rapid.IntRange(0, n).Draw(t, "lo")
			hi := rapid.IntRange(lo, n).Draw(t, "hi")
			x := drawRows(t, "x", n, d)
			q := drawRows(t, "q", 1, d)
			if n > 0 && rapid.Bool().Draw(t, "a row") {
				copy(q, x[rapid.IntRange(0, n-1).Draw(t, "which")*d:])
			}
			all := make([]float64, 0, n)
			for i := lo; i < hi; i++ {
				all = append(all, pairDefinition(PairSquared, q, x[i*d:i*d+d]))
			}
			sq := -1.0
			if hi > lo { // a distance that occurs: ≤ is not <
				sq = all[rapid.IntRange(0, hi-lo-1).Draw(t, "radius")]
			}
			enough := rapid.SampledFrom([]int{0, 1, 2, 5, 40, math.MaxInt}).Draw(t, "enough")
			want := 0
			for _, v := range all {
				if v <= sq {
					want++
				}
			}
			want = min(want, enough)
			if got := CountWithin(q, PackLanes(x, d), lo, hi, sq, enough); got != want {
				t.Fatalf("%d, want %d", got, want)
			}
		})
	})
	if got := CountWithin(nil, NewLanes(9, 0), 1, 9, 0, 99); got != 8 {
		t.Errorf("rows without coordinates: %d", got)
	}
}

func BenchmarkPairTile(b *testing.B) {
	for _, d := range []int{2, 8, 32} {
		for _, kind := range []Pair{PairEuclidean, PairSquared, PairManhattan} {
			b.Run(fmt.Sprintf("kind=%d/n=512/d=%d", kind, d), func(b *testing.B) {
				y := benchmarkLanes(512, d)
				out := make([]float64, 8*512)
				for b.Loop() {
					for a := range 64 {
						PairTile(kind, y, a, 8, y, 0, 512, out, 512)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512/512, "ns/pair")
			})
		}
	}
}

func BenchmarkCountWithin(b *testing.B) {
	for _, d := range []int{2, 3, 8} {
		for _, n := range []int{20, 512} {
			b.Run(fmt.Sprintf("n=%d/d=%d", n, d), func(b *testing.B) {
				y := benchmarkLanes(n, d)
				q := make([]float64, d)
				found := 0
				for b.Loop() {
					found = CountWithin(q, y, 0, n, float64(d), math.MaxInt)
				}
				b.ReportMetric(float64(found), "found")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
			})
		}
	}
}

func benchmarkLanes(n, d int) *Lanes {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, n*d)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return PackLanes(x, d)
}
