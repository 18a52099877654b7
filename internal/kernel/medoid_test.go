package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Expected values are the definitions; every level gives the same bits.
func TestBelow(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	special := []float64{0, 1e-310, -1e-310, 1e8, 1e8 + 1, 1e200, -1e200, math.SmallestNonzeroFloat64, 3e-160}
	value := func(kind int) float64 {
		switch kind {
		case 0:
			return float64(r.IntN(3)) // many ties
		case 1:
			return special[r.IntN(len(special))]
		}
		return r.NormFloat64() * math.Ldexp(1, r.IntN(9)*10-40)
	}
	for round := range 300 {
		d, kind := 1+r.IntN(12), round%3
		matches := r.IntN(d + 1)
		q, block, weight := make([]float64, d), make([]float64, d*Lanes64), make([]float64, matches)
		full := r.IntN(Lanes64 + 1)
		var limit, root, square, city [Lanes64]float64
		for j := range q {
			q[j] = value(kind)
			for l := range Lanes64 {
				if block[j*Lanes64+l] = value(kind); l >= full {
					block[j*Lanes64+l] = math.Inf(1)
				}
			}
		}
		for j := range weight {
			weight[j] = r.Float64()
		}
		for l := range Lanes64 {
			for j, v := range q {
				p := block[j*Lanes64+l]
				square[l] = math.FMA(v-p, v-p, square[l])
				if j < d-matches {
					city[l] += math.Abs(v - p)
				} else if v != p {
					city[l] += weight[j-d+matches]
				}
			}
			root[l] = math.Sqrt(square[l])
		}
		check := func(what string, want *[Lanes64]float64, got func(limit, out *[Lanes64]float64) uint64) {
			for l := range limit {
				switch r.IntN(4) {
				case 0:
					limit[l] = want[l]
				case 1:
					limit[l] = math.Nextafter(want[l], math.Inf(1))
				case 2:
					limit[l] = 0
				default:
					limit[l] = math.Abs(value(kind))
				}
			}
			mask := uint64(0)
			for l, v := range want {
				if v < limit[l] {
					mask |= 1 << l
				}
			}
			atEachLevel(t, func(t *testing.T) {
				var out [Lanes64]float64
				if m := got(&limit, &out); m != mask {
					t.Fatalf("%s, d=%d: mask %x, want %x", what, d, m, mask)
				}
				for l, v := range out {
					if mask>>l&1 == 1 && v != want[l] {
						t.Fatalf("%s, d=%d, lane %d: %g, want %g", what, d, l, v, want[l])
					}
				}
			})
		}
		check("root", &root, func(limit, out *[Lanes64]float64) uint64 { return RootBelow(q, block, limit, out) })
		check("square", &square, func(limit, out *[Lanes64]float64) uint64 { return SquareBelow(q, block, limit, out) })
		if kind != 1 { // the sums of 1e200 and 1e-310 in other orders are not at issue here
			check("city", &city, func(limit, out *[Lanes64]float64) uint64 { return CityBelow(q, weight, block, limit, out) })
		}
		check("below", &city, func(limit, out *[Lanes64]float64) uint64 { *out = city; return Below(&city, limit) })
	}
}

func BenchmarkBelow(b *testing.B) {
	const d = 8
	r := rand.New(rand.NewPCG(1, 1))
	q, block := make([]float64, d), Aligned64(d*Lanes64)
	for i := range block {
		block[i] = r.NormFloat64()
	}
	var limit, out [Lanes64]float64
	for name, f := range map[string]func(){
		"root/none": func() { RootBelow(q, block, &limit, &out) },
		"square":    func() { SquareBelow(q, block, &limit, &out) },
		"city":      func() { CityBelow(q, nil, block, &limit, &out) },
	} {
		b.Run(name+"/d=8", func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Lanes64, "ns/pair")
		})
	}
	for l := range limit {
		limit[l] = 100
	}
	b.Run("root/all/d=8", func(b *testing.B) {
		for b.Loop() {
			RootBelow(q, block, &limit, &out)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Lanes64, "ns/pair")
	})
}
