package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// rowsFor draws rows that are hard for float32: far from zero, tiny, tied, repeated.
func rowsFor(t *rapid.T, n, d int) []float64 {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	offset := rapid.SampledFrom([]float64{0, 1, 1e8}).Draw(t, "offset")
	scale := rapid.SampledFrom([]float64{1, 1e-310, 1e-30, 1e30, 1e150}).Draw(t, "scale")
	grid := rapid.Bool().Draw(t, "grid")
	x := make([]float64, n*d)
	for i := range x {
		v := r.NormFloat64()
		if grid {
			v = math.Round(v * 2)
		}
		x[i] = (v + offset) * scale
	}
	return x
}

func rows32Of(x []float64, n, d int) *Rows32 {
	origin := make([]float64, d)
	reach := 0.0
	for j := range d {
		origin[j] = x[(n/2)*d+j]
	}
	for i, v := range x {
		reach = max(reach, math.Abs(v-origin[i%d]))
	}
	s := Scale32(reach)
	if s == 0 {
		return nil
	}
	r := NewRows32(n, d, origin, s)
	r.Fill(x, 0, r.Blocks())
	return r
}

func TestRows32(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			n, d := rapid.IntRange(1, 50).Draw(t, "n"), rapid.IntRange(1, 21).Draw(t, "d")
			x := rowsFor(t, n, d)
			r := rows32Of(x, n, d)
			if r == nil {
				return
			}
			for i := range r.Blocks() * Lanes32 {
				norm := 0.0
				for j := range d {
					want := float32((x[min(i, n-1)*d+j] - r.Origin[j]) * r.Scale)
					if got := r.Data[(i/Lanes32*d+j)*Lanes32+i%Lanes32]; got != want {
						t.Fatalf("row %d, column %d: %g, want %g", i, j, got, want)
					}
					if math.Abs(float64(want)) >= 2 {
						t.Fatalf("scaled to %g", want)
					}
					norm += float64(want) * float64(want)
				}
				if math.Sqrt(norm) > float64(r.Norm[i/Lanes32]) {
					t.Fatalf("row %d has norm %g, above its block's %g", i, math.Sqrt(norm), r.Norm[i/Lanes32])
				}
			}
			pick := []int32{int32(n - 1), 0, int32(n / 2)}
			g := NewRows32(len(pick), d, r.Origin, r.Scale)
			sq := make([]float32, Lanes32)
			g.Gather(x, PadRows(slices.Clone(pick)), sq)
			var norm [Lanes32]float64
			for l := range Lanes32 {
				i := int(pick[min(l, 2)])
				for j := range d {
					if got, want := g.Data[j*Lanes32+l], r.Data[(i/Lanes32*d+j)*Lanes32+i%Lanes32]; got != want {
						t.Fatalf("gathered row %d: %g, want %g", i, got, want)
					}
					norm[l] += float64(g.Data[j*Lanes32+l]) * float64(g.Data[j*Lanes32+l])
				}
				if math.Abs(float64(sq[l])-norm[l]) > float64(d+2)*0x1p-24*norm[l] {
					t.Fatalf("squared norm %g, want %g", sq[l], norm[l])
				}
			}
		})
	})
}

// What Top2 promises: where second − best exceeds the margin, its centre is the nearest
// by float64, and scores are within the bound of the true ones.
func TestTop2(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			n, d, k := rapid.IntRange(1, 70).Draw(t, "n"), rapid.IntRange(1, 21).Draw(t, "d"), rapid.IntRange(1, 40).Draw(t, "k")
			x := rowsFor(t, n, d)
			r := rows32Of(x, n, d)
			if r == nil {
				return
			}
			p := make([]float64, 0, k*d)
			for i := range k { // rows, some of them nudged
				for j := range d {
					v := x[(i*7%n)*d+j]
					if i%3 == 1 {
						v += float64(i) / 100 / r.Scale
					}
					p = append(p, v)
				}
			}
			var c Centers32
			c.Set(p[:d], r)
			c.Set(p, r)
			list := c.All
			if k > 2 && rapid.Bool().Draw(t, "some") {
				list = nil
				for i := 1; i < k; i += 2 {
					list = append(list, int32(i))
				}
				list = c.Pad(list)
			}
			m := r.Blocks() * Lanes32
			best, second, label := make([]float32, m), make([]float32, m), make([]int32, m)
			r.Top2(&c, list, 0, r.Blocks(), best, second, label)
			slope, floor := c.Margin(slices.Max(r.Norm))
			for i := range n {
				row := x[i*d : i*d+d]
				one, two, at := math.Inf(1), math.Inf(1), int32(-1)
				for _, l := range list {
					if int(l) == k {
						continue
					}
					switch s := Sq64(row, p[int(l)*d:int(l)*d+d]); {
					case s < one:
						one, two, at = s, one, l
					case s < two:
						two = s
					}
				}
				e, norm := c.Error(r.Norm[i/Lanes32]), 0.0
				for j, v := range row {
					norm += (v - r.Origin[j]) * r.Scale * (v - r.Origin[j]) * r.Scale
				}
				for _, s := range []struct {
					got  float32
					want float64
				}{{best[i], (one*r.Scale*r.Scale - norm) / 2}, {second[i], (two*r.Scale*r.Scale - norm) / 2}} {
					if r.Scale < 1e100 && r.Scale > 1e-100 && !(math.Abs(float64(s.got)-s.want) <= e || math.IsInf(float64(s.got), 1) && math.IsInf(s.want, 1)) {
						t.Fatalf("n=%d d=%d k=%d row %d: score %g, want %g ± %g", n, d, k, i, s.got, s.want, e)
					}
				}
				if second[i]-best[i] > slope*r.Norm[i/Lanes32]+floor && label[i] != at && one < two {
					t.Fatalf("n=%d d=%d k=%d row %d: centre %d by a clear margin, want %d", n, d, k, i, label[i], at)
				}
			}
		})
	})
}

func BenchmarkTop2(b *testing.B) {
	for _, p := range []struct{ d, k int }{{8, 8}, {8, 20}, {8, 50}, {8, 200}, {16, 20}, {16, 50}, {16, 200}, {32, 50}, {32, 200}} {
		for l := Plain; l <= best(); l++ {
			const n = 4096
			b.Run(fmt.Sprintf("%v/n=%d,d=%d,k=%d", l, n, p.d, p.k), func(b *testing.B) {
				was := level
				level = l
				defer func() { level = was }()
				r := rand.New(rand.NewPCG(1, 1))
				x := make([]float64, n*p.d)
				for i := range x {
					x[i] = r.NormFloat64()
				}
				rows := rows32Of(x, n, p.d)
				var c Centers32
				c.Set(x[:p.k*p.d], rows)
				best, second, label := make([]float32, n), make([]float32, n), make([]int32, n)
				for b.Loop() {
					rows.Top2(&c, c.All, 0, rows.Blocks(), best, second, label)
				}
				b.ReportMetric(2*n*float64(p.d*p.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

func BenchmarkRows32(b *testing.B) {
	for _, d := range []int{8, 12, 16} {
		const n = 16384
		b.Run(fmt.Sprintf("n=%d,d=%d", n, d), func(b *testing.B) {
			x := make([]float64, n*d)
			r := NewRows32(n, d, make([]float64, d), 1)
			for b.Loop() {
				r.Fill(x, 0, r.Blocks())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
