package near

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Reports, weights within reach and the nearest of higher rank are brute force's.
func TestWithinEqualsBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 150 {
		n, d := r.IntN(400), 1+r.IntN(7)
		x := points(r, n, d)
		tree := New(x, d, 1)
		w, rank := make([]float64, n), make([]int32, n)
		for i, v := range r.Perm(n) {
			w[i], rank[i] = float64(r.IntN(4)), int32(v)
		}
		limit := r.Float64() * 6
		if r.IntN(20) == 0 {
			limit = math.Inf(1)
		}
		mass, err := tree.Masses(context.Background(), limit, nil, 1+r.IntN(3))
		if err != nil {
			t.Fatal(err)
		}
		weighted, err := tree.Masses(context.Background(), limit, w, 1+r.IntN(3))
		if err != nil {
			t.Fatal(err)
		}
		above := tree.NewPriority(rank)
		for i := range n {
			q := x[i*d : i*d+d]
			at, best, count, sum := -1, math.Inf(1), 0.0, 0.0
			var within []int32
			for j := range n {
				v := sqFMA(q, x[j*d:j*d+d])
				if v <= limit {
					count++
					sum += w[j]
					within = append(within, int32(j))
				}
				if rank[j] < rank[i] && v < best {
					at, best = j, v
				}
			}
			what := fmt.Sprintf("n=%d d=%d limit=%v point %d", n, d, limit, i)
			if mass[i] != count || weighted[i] != sum {
				t.Fatalf("%s: weights %v, %v, want %v, %v", what, mass[i], weighted[i], count, sum)
			}
			if p, v := above.Above(q, rank[i]); p != at || v != best {
				t.Fatalf("%s: above %d at %v, want %d at %v", what, p, v, at, best)
			}
			got, sq := tree.Within(q, limit, nil, nil)
			for k, j := range got {
				if sq[k] != sqFMA(q, x[int(j)*d:int(j)*d+d]) {
					t.Fatalf("%s: point %d at %v", what, j, sq[k])
				}
			}
			if slices.Sort(got); !slices.Equal(got, within) {
				t.Fatalf("%s: %d reported, want %d", what, len(got), len(within))
			}
		}
	}
}

func BenchmarkMasses(b *testing.B) {
	for _, p := range []struct {
		n, d  int
		limit float64
	}{{100_000, 2, 0.2}, {100_000, 3, 0.5}, {20_000, 8, 4}} {
		r := rand.New(rand.NewPCG(1, 1))
		x := make([]float64, p.n*p.d)
		for i := range x {
			x[i] = 2 * r.NormFloat64()
		}
		tree := New(x, p.d, 2)
		b.Run(fmt.Sprintf("n=%d,d=%d,k=0", p.n, p.d), func(b *testing.B) {
			total := 0.0
			for b.Loop() {
				m, _ := tree.Masses(context.Background(), p.limit, nil, 1)
				total = 0
				for _, v := range m {
					total += v
				}
			}
			b.ReportMetric(total/float64(p.n), "neighbours")
		})
	}
}
