package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The plain loop is the expected value of every kernel.
func naive(row []float64, pts []float64, d int) (int32, float64) {
	best, at := math.Inf(1), int32(0)
	for p := 0; p*d < len(pts); p++ {
		s := 0.0
		for j := range d {
			s += (row[j] - pts[p*d+j]) * (row[j] - pts[p*d+j])
		}
		if s < best {
			best, at = s, int32(p)
		}
	}
	return at, best
}

func TestPoints(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, d := range []int{1, 2, 3, 7, 8, 9, 17} {
		for _, k := range []int{1, 2, 3, 4, 5, 8, 13} {
			n := 40
			x, p := make([]float64, n*d), make([]float64, k*d)
			for i := range x {
				x[i] = float64(r.IntN(5)) // a coarse grid: many ties
			}
			for i := range p {
				p[i] = float64(r.IntN(5))
			}
			c := NewPoints(make([]float64, d), d)
			c.Set(p)
			if c.Len() != k {
				t.Fatalf("Len %d, want %d", c.Len(), k)
			}
			label, dist, pot := make([]int32, n), make([]float64, n), make([]float64, k)
			c.Nearest(x, label, dist)
			closest, w := make([]float64, n), make([]float64, n)
			for i := range closest {
				closest[i], w[i] = float64(r.IntN(20)), float64(i%3)
			}
			c.Potentials(x, closest, w, pot)
			want := make([]float64, k)
			for i := range n {
				row := x[i*d : i*d+d]
				l, s := naive(row, p, d)
				if label[i] != l || dist[i] != s {
					t.Fatalf("d=%d k=%d row %d: (%d, %g), want (%d, %g)", d, k, i, label[i], dist[i], l, s)
				}
				for q := range k {
					_, one := naive(row, p[q*d:q*d+d], d)
					want[q] += w[i] * min(closest[i], one)
					if got := Sq(row, p[q*d:q*d+d]); got != one {
						t.Fatalf("Sq = %g, want %g", got, one)
					}
					if got := SqBelow(row, p[q*d:q*d+d], 9); got != one && !(one > 9 && got > 9) {
						t.Fatalf("SqBelow = %g, want %g", got, one)
					}
				}
			}
			for q := range k {
				if pot[q] != want[q] {
					t.Fatalf("potential %d = %g, want %g", q, pot[q], want[q])
				}
			}
		}
	}
}

func BenchmarkNearest(b *testing.B) {
	const n, d, k = 4096, 8, 8
	r := rand.New(rand.NewPCG(1, 1))
	x, p := make([]float64, n*d), make([]float64, k*d)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	copy(p, x)
	c := NewPoints(p, d)
	label, dist := make([]int32, n), make([]float64, n)
	for b.Loop() {
		c.Nearest(x, label, dist)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(n*d*k), "ns/pair")
}
