package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// centersFor takes rows as centres, some of them twice.
func centersFor(x []float64, n, d, k int) []float64 {
	p := make([]float64, 0, k*d)
	for i := range k {
		p = append(p, x[i*5%n*d:i*5%n*d+d]...)
	}
	return p
}

// The same bits at each level: what the definition says.
func TestNearest64(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			n, d, k := rapid.IntRange(1, 30).Draw(t, "n"), rapid.IntRange(1, 19).Draw(t, "d"), rapid.IntRange(1, 40).Draw(t, "k")
			x := rowsFor(t, n, d)
			p := centersFor(x, n, d, k)
			var c Centers64
			c.Set(x[:d], d)
			c.Set(p, d)
			rows := make([]int32, n)
			for i := range rows {
				rows[i] = int32(n - 1 - i)
			}
			label, dist, own := make([]int32, n), make([]float64, n), make([]float64, n)
			c.Nearest(x, rows, label, dist)
			mine := make([]int32, n)
			for i := range mine {
				mine[i] = int32(i * 3 % k)
			}
			c.Own(x, mine, own)
			value := make([]float64, c.Padded())
			for i := range value {
				value[i] = float64(i%7) - 1
			}
			limit := dist[0] * 3
			for i, r := range rows {
				row := x[int(r)*d : int(r)*d+d]
				best, at := math.Inf(1), int32(0)
				for l := range k {
					if s := Sq64(row, p[l*d:l*d+d]); s < best {
						best, at = s, int32(l)
					}
				}
				if label[i] != at || dist[i] != best {
					t.Fatalf("n=%d d=%d k=%d row %d: (%d, %g), want (%d, %g)", n, d, k, r, label[i], dist[i], at, best)
				}
				if want := Sq64(x[i*d:i*d+d], p[int(mine[i])*d:int(mine[i])*d+d]); own[i] != want {
					t.Fatalf("n=%d d=%d k=%d row %d: own distance %g, want %g", n, d, k, i, own[i], want)
				}
				most := 0.0
				for l := range k {
					if Sq64(row, p[l*d:l*d+d]) < limit {
						most = max(most, value[l])
					}
				}
				if got := c.Around(row, value, limit); got != most {
					t.Fatalf("n=%d d=%d k=%d: largest value around row %d is %g, want %g", n, d, k, r, got, most)
				}
			}
		})
	})
}

func TestAccumulate(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			n, d, k := rapid.IntRange(1, 40).Draw(t, "n"), rapid.IntRange(1, 19).Draw(t, "d"), rapid.IntRange(1, 5).Draw(t, "k")
			x := rowsFor(t, n, d)
			var w []float64
			if rapid.Bool().Draw(t, "weights") {
				for i := range n {
					w = append(w, float64(i%4)/3)
				}
			}
			rows, label := make([]int32, n), make([]int32, n)
			for i := range rows {
				rows[i], label[i] = int32(i*7%n), int32(i%k)
			}
			got, want := make([]float64, k*(d+1)), make([]float64, k*(d+1))
			for _, sign := range []float64{1, -1, 1} {
				Accumulate(got, x, x[:d], rows, label, w, sign)
				for i, r := range rows {
					sw := sign
					if w != nil {
						sw *= w[r]
					}
					for j := range d {
						at := int(label[i])*(d+1) + j
						want[at] = math.FMA(x[int(r)*d+j]-x[j], sw, want[at])
					}
					want[int(label[i])*(d+1)+d] += sw
				}
			}
			sum, square := make([]float64, d), make([]float64, d)
			wantSum, wantSquare := make([]float64, d), make([]float64, d)
			Spread(x, x[:d], sum, square)
			for i, v := range x {
				e := v - x[i%d]
				wantSum[i%d] += e
				wantSquare[i%d] = math.FMA(e, e, wantSquare[i%d])
			}
			Plus(got, want)
			for i, v := range want {
				if got[i] != v+v {
					t.Fatalf("n=%d d=%d k=%d: sum %d is %g, want %g", n, d, k, i, got[i], v+v)
				}
			}
			for j := range d {
				if sum[j] != wantSum[j] || square[j] != wantSquare[j] {
					t.Fatalf("n=%d d=%d column %d: (%g, %g), want (%g, %g)", n, d, j, sum[j], square[j], wantSum[j], wantSquare[j])
				}
			}
		})
	})
}

// Marks are those of the definition; gaps are below and distances above the true ones.
func TestBounds32(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			n, d := rapid.IntRange(1, 50).Draw(t, "n"), rapid.IntRange(1, 19).Draw(t, "d")
			k := rapid.SampledFrom([]int{1, 2, 7, 16, 17, 32, 33, 60}).Draw(t, "k")
			x := rowsFor(t, n, d)
			r := rows32Of(x, n, d)
			if r == nil || r.Scale > 1e100 || r.Scale < 1e-100 {
				return
			}
			p := centersFor(x, n, d, k)
			var c Centers32
			c.Set(p, r)
			m := r.Blocks() * Lanes32
			best, second, label := make([]float32, m), make([]float32, m), make([]int32, m)
			r.Top2(&c, c.All, 0, r.Blocks(), best, second, label)

			before := make([]int32, m)
			for i := range before {
				before[i] = label[i] ^ int32(i%3>>1)
			}
			a, b := c.Margin(r.Norm[0])
			got := [3][]uint16{make([]uint16, r.Blocks()), make([]uint16, r.Blocks()), make([]uint16, r.Blocks())}
			want := [3][]uint16{make([]uint16, r.Blocks()), make([]uint16, r.Blocks()), make([]uint16, r.Blocks())}
			Settle(best, second, label, before, r.Norm, a, b, got[0], got[1])
			settle32Plain(best, second, label, before, r.Norm, a, b, want[0], want[1])

			tt := make([]float32, k)
			for i := range tt {
				tt[i] = float32(i) / 8
			}
			rows := make([]int32, m)
			for i := range rows {
				rows[i] = int32(min(i, n-1))
			}
			g := NewRows32(m, d, r.Origin, r.Scale)
			sq, near, gap, slack := make([]float32, m), make([]float32, m), make([]float32, m), make([]float32, r.Blocks())
			g.Gather(x, rows, sq)
			c.Slacks(r.Norm, slack)
			const limit = 0.75
			Gaps(best, second, sq, label, tt, slack, limit, near, gap)
			for i := range n {
				row := x[i*d : i*d+d]
				one, two := math.Inf(1), math.Inf(1)
				for l := range k {
					s := math.Sqrt(Sq64(row, p[l*d:l*d+d])) * r.Scale
					one, two = min(one, s), min(two, max(one, s))
				}
				own := math.Sqrt(Sq64(row, p[int(label[i])*d:int(label[i])*d+d])) * r.Scale
				if float64(near[i]) < own*(1-1e-14) {
					t.Fatalf("n=%d d=%d k=%d row %d: distance at most %g, is %g", n, d, k, i, near[i], own)
				}
				if bound := float64(gap[i]) - float64(tt[label[i]]); bound > min(two-one, limit) {
					t.Fatalf("n=%d d=%d k=%d row %d: gap at least %g, is %g", n, d, k, i, bound, two-one)
				}
			}
			r2 := rand.New(rand.NewPCG(1, uint64(n)))
			for i := range gap {
				gap[i] = tt[label[i]] + float32(r2.IntN(3)-1)
			}
			Stale(gap, label, tt, got[2])
			stale32Plain(gap, label, tt, want[2])
			for i := range got {
				for j := range got[i] {
					if got[i][j] != want[i][j] {
						t.Fatalf("n=%d d=%d k=%d: mask %d of block %d is %016b, want %016b", n, d, k, i, j, got[i][j], want[i][j])
					}
				}
			}
		})
	})
}
