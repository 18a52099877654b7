package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// Coarse grids make ties with the limits; lanes of no point are NaN.
func TestSpan(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 2))
	for _, d := range []int{1, 2, 3, 5, 8, 13} {
		for round := range 40 {
			leaf := func(m int) []float64 {
				x := Aligned64(d * LeafLanes)
				for i := range x {
					if x[i] = float64(r.IntN(5)); round%2 == 0 {
						x[i] = r.NormFloat64()
					}
					if i%LeafLanes >= m {
						x[i] = math.NaN()
					}
				}
				return x
			}
			q, y := leaf(1+r.IntN(LeafLanes)), leaf(1+r.IntN(LeafLanes))
			var s SpanQueries
			var core [LeafLanes]float64
			var comp [LeafLanes]int32
			for i := range LeafLanes {
				s.Far[i], s.Deep[i], s.Own[i] = float64(r.IntN(8*d))-1, float64(r.IntN(4)), int32(r.IntN(3))
				core[i], comp[i] = float64(r.IntN(4)), int32(r.IntN(3))
			}
			s.Far[r.IntN(LeafLanes)] = math.Inf(1)
			box := make([]float64, 2*d)
			for j := range d {
				box[j] = float64(r.IntN(4)) - 1
				box[d+j] = box[j] + float64(r.IntN(2))
			}
			mask, other, blocks := r.Uint64(), int32(r.IntN(4)-1), 1+r.IntN(4)
			near := spanBoxPlain(q, blocks, box, &s, other)
			var sq, got [LeafLanes * LeafLanes]float64
			var hits, gotHits [LeafLanes]uint64
			some := spanScanPlain(d, q, mask, &s, y, &core, &comp, &sq, &hits)
			atEachLevel(t, func(t *testing.T) {
				if g := SpanBox(q, blocks, box, &s, other); g != near {
					t.Fatalf("d=%d: box %b, want %b", d, g, near)
				}
				if g := SpanScan(d, q, mask, &s, y, &core, &comp, &got, &gotHits); g != some {
					t.Fatalf("d=%d: scan %b, want %b", d, g, some)
				}
				for i := range LeafLanes {
					if some>>i&1 == 0 {
						continue
					}
					if hits[i] != gotHits[i] {
						t.Fatalf("d=%d: lane %d hits %b, want %b", d, i, gotHits[i], hits[i])
					}
					for l := range LeafLanes {
						if a, b := sq[LeafLanes*i+l], got[LeafLanes*i+l]; a != b && a == a {
							t.Fatalf("d=%d: distance %g, want %g", d, b, a)
						}
					}
				}
			})
		}
	}
	atEachLevel(t, func(t *testing.T) {
		if SpanScan(1, make([]float64, LeafLanes), 0, &SpanQueries{}, make([]float64, LeafLanes), &[LeafLanes]float64{}, &[LeafLanes]int32{}, &[LeafLanes * LeafLanes]float64{}, &[LeafLanes]uint64{}) != 0 {
			t.Error("nobody asked")
		}
	})
}

func BenchmarkSpan(b *testing.B) {
	for _, d := range []int{2, 3, 8} {
		r := rand.New(rand.NewPCG(1, 1))
		q, y := Aligned64(d*LeafLanes), Aligned64(d*LeafLanes)
		for i := range q {
			q[i], y[i] = r.NormFloat64(), 100+r.NormFloat64()
		}
		var s SpanQueries
		var core [LeafLanes]float64
		var comp [LeafLanes]int32
		var sq [LeafLanes * LeafLanes]float64
		var hits [LeafLanes]uint64
		box := make([]float64, 2*d)
		for i := range LeafLanes {
			s.Far[i], s.Own[i] = 1, 1
		}
		b.Run(fmt.Sprintf("box/d=%d", d), func(b *testing.B) {
			for b.Loop() {
				SpanBox(q, 4, box, &s, -1)
			}
		})
		b.Run(fmt.Sprintf("scan/n=32,d=%d", d), func(b *testing.B) {
			for b.Loop() {
				SpanScan(d, q, 1<<LeafLanes-1, &s, y, &core, &comp, &sq, &hits)
			}
		})
	}
}
