package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

type mixtureCase struct {
	n, d       int
	x, mean, p []float64 // rows, a mean, an upper triangular matrix
	r          []float64
}

func drawMixture(t *rapid.T) mixtureCase {
	c := mixtureCase{n: rapid.IntRange(1, 41).Draw(t, "n"), d: rapid.IntRange(1, 19).Draw(t, "d")}
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 4))
	offset := rapid.SampledFrom([]float64{0, 0, 1e8, 1e-310, 1e200}).Draw(t, "offset")
	for range c.n * c.d {
		c.x = append(c.x, offset+float64(r.IntN(9))*r.NormFloat64())
	}
	for range c.d {
		c.mean = append(c.mean, offset+r.NormFloat64())
	}
	c.p = make([]float64, c.d*c.d)
	for i := range c.d {
		for j := i; j < c.d; j++ {
			c.p[i*c.d+j] = r.NormFloat64()
		}
	}
	for i := range (c.n + 7) / 8 * 8 {
		w := 0.0
		if i < c.n && r.IntN(5) > 0 {
			w = r.Float64()
		}
		c.r = append(c.r, w)
	}
	return c
}

func (c mixtureCase) packed() []float64 {
	x := make([]float64, len(c.r)*c.d)
	MixturePack(x, c.x, c.d)
	return x
}

func TestMixturePack(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			c := drawMixture(t)
			x := c.packed()
			for i := range c.r {
				for j := range c.d {
					if got, want := x[i/8*8*c.d+8*j+i%8], c.x[min(i, c.n-1)*c.d+j]; got != want {
						t.Fatalf("row %d, column %d: %v, want %v", i, j, got, want)
					}
				}
			}
		})
	})
}

func TestMixtureBits(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			c := drawMixture(t)
			x, m := c.packed(), len(c.r)
			got, want := make([]float64, m), make([]float64, m)
			MixtureFull(got, x, c.d, c.mean, c.p)
			mixtureFullPlain(want, x, m/8, c.d, c.mean, c.p)
			mixtureSame(t, "full", got, want)
			MixtureDiag(got, x, c.d, c.mean, c.p[:c.d])
			mixtureDiagPlain(want, x, m/8, c.d, c.mean, c.p)
			mixtureSame(t, "diag", got, want)
			for _, diag := range []bool{false, true} {
				s := NewMixtureSums(c.d, diag)
				s.Add(x, c.r, c.mean)
				s.Add(x, c.r, c.mean)
				plain := NewMixtureSums(c.d, diag)
				was := level
				level = Plain
				plain.Add(x, c.r, c.mean)
				plain.Add(x, c.r, c.mean)
				level = was
				mixtureSame(t, fmt.Sprintf("sums, diag = %v", diag), s.acc, plain.acc)
			}
		})
	})
}

// The sums and distances are what they should be, computed without any packing.
func TestMixtureMeans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawMixture(t)
		x := c.packed()
		if math.Abs(c.x[0]) > 1e100 {
			t.Skip("overflow")
		}
		q, qd := make([]float64, len(c.r)), make([]float64, len(c.r))
		MixtureFull(q, x, c.d, c.mean, c.p)
		MixtureDiag(qd, x, c.d, c.mean, c.p)
		for i := range c.n {
			want, size, wantDiag := 0.0, 0.0, 0.0
			for j := range c.d {
				y, a := 0.0, 0.0
				for h := range j + 1 {
					v := (c.x[i*c.d+h] - c.mean[h]) * c.p[h*c.d+j]
					y += v
					a += math.Abs(v)
				}
				want += y * y
				size += a * a
				v := (c.x[i*c.d+j] - c.mean[j]) * c.p[j]
				wantDiag += v * v
			}
			if math.Abs(q[i]-want) > 1e-13*size || math.Abs(qd[i]-wantDiag) > 1e-14*wantDiag {
				t.Fatalf("row %d: %v and %v, want %v and %v", i, q[i], qd[i], want, wantDiag)
			}
		}
		for _, diag := range []bool{false, true} {
			s := NewMixtureSums(c.d, diag)
			s.Add(x, c.r, c.mean)
			out := make([]float64, s.Len())
			s.To(out)
			at := 0
			expect := func(f func(t []float64) float64) {
				want, size := 0.0, 0.0
				for i := range c.n {
					row := make([]float64, c.d)
					for j := range row {
						row[j] = c.x[i*c.d+j] - c.mean[j]
					}
					want += c.r[i] * f(row)
					size += math.Abs(c.r[i] * f(row))
				}
				if math.Abs(out[at]-want) > 1e-13*size {
					t.Fatalf("diag = %v: sum %d is %v, want %v", diag, at, out[at], want)
				}
				at++
			}
			expect(func([]float64) float64 { return 1 })
			for j := range c.d {
				expect(func(t []float64) float64 { return t[j] })
			}
			for i := range c.d {
				for j := i; j < c.d && (j == i || !diag); j++ {
					expect(func(t []float64) float64 { return t[i] * t[j] })
				}
			}
			if at != len(out) {
				t.Fatalf("%d sums, want %d", len(out), at)
			}
			s.Reset()
			s.To(out)
			for _, v := range out {
				if v != 0 {
					t.Fatalf("%v after Reset", v)
				}
			}
		}
	})
}

// Distances that overflow, and those that are no numbers, are bounded.
func TestMixtureTop(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		x := make([]float64, 16)
		for i := range x {
			x[i] = 1e300
		}
		q := make([]float64, 8)
		MixtureFull(q, x, 2, []float64{-1e300, -1e300}, []float64{1e20, -1e30, 0, 1e30})
		if q[0] != mixtureTop || q[7] != mixtureTop {
			t.Error("full:", q)
		}
		MixtureDiag(q, x, 2, []float64{0, 0}, []float64{1, 1})
		if q[0] != mixtureTop || q[7] != mixtureTop {
			t.Error("diag:", q)
		}
	})
}

func BenchmarkMixture(b *testing.B) {
	for _, d := range []int{8, 16} {
		const n = 128
		r := rand.New(rand.NewPCG(1, 1))
		rows, mean, p, w := make([]float64, n*d), make([]float64, d), make([]float64, d*d), Aligned64(n)
		for i := range rows {
			rows[i] = r.NormFloat64()
		}
		for i := range d {
			p[i*d+i] = 1
		}
		for i := range w {
			w[i] = 0.5
		}
		x, q := Aligned64(n*d), Aligned64(n)
		s := NewMixtureSums(d, false)
		for name, do := range map[string]func(){
			"pack":    func() { MixturePack(x, rows, d) },
			"full":    func() { MixtureFull(q, x, d, mean, p) },
			"diag":    func() { MixtureDiag(q, x, d, mean, p) },
			"moments": func() { s.Add(x, w, mean) },
		} {
			b.Run(fmt.Sprintf("%s/n=%d,d=%d,k=1", name, n, d), func(b *testing.B) {
				for b.Loop() {
					do()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
			})
		}
	}
	const n, k = 128, 8
	q, off, w := Aligned64(n*k), Aligned64(k), Aligned64(n)
	b.Run(fmt.Sprintf("shares/n=%d,d=0,k=%d", n, k), func(b *testing.B) {
		var sums [16]float64
		for b.Loop() {
			for i := range q {
				q[i] = float64(i % 31)
			}
			MixtureShares(q, k, n, off, w, &sums)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n/k, "ns/pair")
	})
}
