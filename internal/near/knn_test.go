package near

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mores-lab/mores/internal/kernel"
)

func TestKNearestEqualsSorting(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		n, d, k := 1+r.IntN(300), 1+r.IntN(6), 1+r.IntN(15)
		x := points(r, n, d)
		tree := New(x, d, 1)
		for range 5 {
			except := r.IntN(n+1) - 1
			q := points(r, 1, d)
			if except >= 0 {
				q = x[except*d : except*d+d]
			}
			type pair struct {
				sq float64
				i  int32
			}
			var want []pair
			for i := range n {
				if i != except {
					want = append(want, pair{kernel.Sq64(q, x[i*d:i*d+d]), int32(i)})
				}
			}
			slices.SortFunc(want, func(a, b pair) int { return cmp.Or(cmp.Compare(a.sq, b.sq), cmp.Compare(a.i, b.i)) })
			index, sq := make([]int32, k), make([]float64, k)
			tree.KNearest(q, except, index, sq)
			for j := range k {
				w := pair{math.Inf(1), -1}
				if j < len(want) {
					w = want[j]
				}
				if index[j] != w.i || sq[j] != w.sq {
					t.Fatalf("n = %d, d = %d: neighbour %d of %d is %d at %v, want %d at %v", n, d, j, k, index[j], sq[j], w.i, w.sq)
				}
			}
		}
	}
}

func TestBallsEqualBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		n, d := 1+r.IntN(500), 1+r.IntN(5)
		x := points(r, n, d)
		var w []float64
		if r.IntN(2) == 0 {
			w = make([]float64, n)
			for i := range w {
				w[i] = float64(r.IntN(3))
			}
		}
		balls := New(x, d, 1).NewBalls(w)
		for range 5 {
			q, limit := points(r, 1, d), r.Float64()*10
			sum, want, total := make([]float64, d), make([]float64, d), 0.0
			for i := range n {
				if kernel.Sq64(q, x[i*d:i*d+d]) <= limit {
					wi := 1.0
					if w != nil {
						wi = w[i]
					}
					total += wi
					for j := range d {
						want[j] += wi * x[i*d+j]
					}
				}
			}
			got := balls.Sum(q, limit, sum)
			for j := range d {
				if math.Abs(sum[j]-want[j]) > 1e-10*(1+math.Abs(want[j])) || math.Abs(got-total) > 1e-10 {
					t.Fatalf("n = %d, d = %d: sum %v of weight %v, want %v of %v", n, d, sum, got, want, total)
				}
			}
		}
	}
}
