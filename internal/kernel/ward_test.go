package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Expected values are the definitions, computed plainly.
func TestRelax(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for range 200 {
		d, m := 1+r.IntN(6), 1+r.IntN(30)
		p, best := make([]float64, m*d), make([]float64, m)
		prev, id := make([]int32, m), make([]int32, m)
		for i := range p {
			p[i] = float64(r.IntN(4))
		}
		for i, v := range r.Perm(m) {
			best[i], id[i], prev[i] = float64(r.IntN(9)), int32(v), -1
		}
		q := make([]float64, d)
		least, first := math.Inf(1), -1
		wantBest, wantPrev := make([]float64, m), make([]int32, m)
		for j := range m {
			s := Sq(q, p[j*d:j*d+d])
			if wantBest[j], wantPrev[j] = best[j], -1; s < best[j] {
				wantBest[j], wantPrev[j] = s, 5
			}
			if b := wantBest[j]; first < 0 || b < least || b == least && id[j] < id[first] {
				least, first = b, j
			}
		}
		if v, i := Relax(q, 5, p, best, prev, id); v != least || i != first {
			t.Fatalf("Relax = (%g, %d), want (%g, %d)", v, i, least, first)
		}
		for j := range m {
			if best[j] != wantBest[j] || prev[j] != wantPrev[j] {
				t.Fatalf("Relax left (%g, %d) at %d, want (%g, %d)", best[j], prev[j], j, wantBest[j], wantPrev[j])
			}
		}
	}
}
