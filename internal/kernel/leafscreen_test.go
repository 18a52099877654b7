package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// A limit above the largest sum that rounding allows finds the lane, one below the
// smallest does not.
func TestLeafScreen(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 4))
			d := rapid.IntRange(1, 40).Draw(t, "d")
			m, n := rapid.IntRange(1, LeafLanes).Draw(t, "m"), rapid.IntRange(1, LeafLanes).Draw(t, "n")
			kind := rapid.IntRange(0, 1).Draw(t, "kind")
			single := func(leaf []float64) []float32 {
				out := make([]float32, len(leaf))
				for i, v := range leaf {
					out[i] = float32(v)
				}
				return out
			}
			from, to := single(leafOf(r, m, d, 0, kind)), single(leafOf(r, n, d, 0, kind))
			var over, below [LeafLanes]float32
			for i := range over {
				over[i], below[i] = -1, -1
				if i >= m {
					continue
				}
				least := math.Inf(1)
				for l := range n {
					s := 0.0
					for j := range d {
						e := float64(from[j*LeafLanes+i]) - float64(to[j*LeafLanes+l])
						s += e * e
					}
					least = min(least, s)
				}
				slack := float64(d+3) * 0x1p-24
				over[i] = roundUp(least * (1 + slack))
				below[i] = float32(least * (1 - 2*slack))
				if least == 0 {
					below[i] = -1
				}
			}
			if got := LeafScreen(d, from, to, &over); got != 1<<m-1 {
				t.Fatalf("lanes %x of %d found", got, m)
			}
			if got := LeafScreen(d, from, to, &below); got != 0 {
				t.Fatalf("lanes %x found", got)
			}
		})
	})
}

func BenchmarkLeafScreen(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 1))
	for _, d := range []int{8, 30} {
		from, to := Aligned32(d*LeafLanes), Aligned32(d*LeafLanes)
		for i := range from {
			from[i], to[i] = r.Float32(), r.Float32()
		}
		var limit [LeafLanes]float32
		b.Run(fmt.Sprintf("n=32x32,d=%d", d), func(b *testing.B) {
			for b.Loop() {
				LeafScreen(d, from, to, &limit)
			}
		})
	}
}
