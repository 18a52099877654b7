package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// seedCase makes rows, distances and weights for a pass.
func seedCase(r *rand.Rand, n, d, m int, weighted bool) (*Seed, *SeedPoints, []float64) {
	x := make([]float64, n*d)
	for i := range x {
		x[i] = r.NormFloat64() * math.Ldexp(1, r.IntN(4))
	}
	rows := NewRows32(n, d, make([]float64, d), 0x1p-5)
	rows.Fill(x, 0, rows.Blocks())
	s := &Seed{Rows: rows, Nearest: make([]float32, rows.Blocks()*Lanes32)}
	for i := range n {
		s.Nearest[i] = float32(r.Float64()) * float32(d) / 64
	}
	if weighted {
		s.Weights = make([]float32, len(s.Nearest))
		for i := range n {
			s.Weights[i] = float32(r.IntN(4)) / 3
		}
	}
	p := &SeedPoints{}
	p.Set(x[:m*d], rows)
	return s, p, x
}

// Every level gives the bits of the plain twin.
func TestSeedPassLevels(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for _, d := range []int{1, 2, 3, 8, 17} {
		for m := 1; m <= 27; m++ {
			for _, weighted := range []bool{false, true} {
				s, p, _ := seedCase(r, 27+r.IntN(400), d, m, weighted)
				blocks := s.Rows.Blocks()
				lo := r.IntN(blocks)
				sums := make([]float64, m*seedLanes)
				for i := range sums[seedLanes:] {
					sums[seedLanes+i] = r.Float64()
				}
				want, wantSums := slices.Clone(s.Nearest), slices.Clone(sums)
				seedPassPlain(s.Rows.Data[lo*Lanes32*d:], want[lo*Lanes32:], s.weights(lo), p, wantSums)
				atEachLevel(t, func(t *testing.T) {
					got := &Seed{Rows: s.Rows, Nearest: slices.Clone(s.Nearest), Weights: s.Weights}
					gotSums := slices.Clone(sums)
					got.SeedPass(p, lo, blocks, gotSums)
					what := fmt.Sprintf("d=%d m=%d weighted=%v", d, m, weighted)
					if !slices.Equal(got.Nearest, want) {
						t.Fatalf("%s: other distances", what)
					}
					if !slices.Equal(gotSums, wantSums) {
						t.Fatalf("%s: sums %v, want %v", what, gotSums, wantSums)
					}
				})
			}
		}
	}
}

func (s *Seed) weights(lo int) []float32 {
	if s.Weights == nil {
		return nil
	}
	return s.Weights[lo*Lanes32:]
}

// Against the definition in float64, and within the bound on the error.
func TestSeedPassDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for range 50 {
		n, d, m := 13+r.IntN(300), 1+r.IntN(20), 1+r.IntN(12)
		s, p, x := seedCase(r, n, d, m, true)
		relative, absolute := SeedSlack(d, s.Rows.MaxNorm())
		mass, gain := 0.0, make([]float64, m)
		before := slices.Clone(s.Nearest)
		sums := make([]float64, m*seedLanes)
		got := s.SeedPass(p, 0, s.Rows.Blocks(), sums)
		dist := func(i, t int) float64 { return Sq(x[i*d:i*d+d], x[t*d:t*d+d]) * s.Rows.Scale * s.Rows.Scale }
		for i := range n {
			near := min(float64(before[i]), dist(i, 0))
			if v := float64(s.Nearest[i]); near > v*(1+relative)+absolute || v > near*(1+relative)+absolute {
				t.Fatalf("d=%d row %d: nearest %g, want %g", d, i, v, near)
			}
			mass += float64(s.Weights[i]) * near
			for c := 1; c < m; c++ {
				gain[c] += float64(s.Weights[i]) * max(0, near-dist(i, c))
			}
		}
		if math.Abs(got-mass) > 1e-5*mass {
			t.Errorf("mass %g, want %g", got, mass)
		}
		for c := 1; c < m; c++ {
			v := 0.0
			for _, part := range sums[c*seedLanes : (c+1)*seedLanes] {
				v += part
			}
			if math.Abs(v-gain[c]) > 1e-5*mass {
				t.Errorf("gain %d is %g, want %g", c, v, gain[c])
			}
		}
	}
}

func BenchmarkSeedPass(b *testing.B) {
	for _, c := range []struct{ d, m int }{{8, 1}, {8, 5}, {8, 6}, {8, 8}, {16, 6}, {32, 8}} {
		b.Run(fmt.Sprintf("n=512,d=%d,m=%d", c.d, c.m), func(b *testing.B) {
			s, p, _ := seedCase(rand.New(rand.NewPCG(1, 1)), SeedChunk, c.d, c.m, false)
			sums := make([]float64, c.m*seedLanes)
			for b.Loop() {
				s.SeedPass(p, 0, s.Rows.Blocks(), sums)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/SeedChunk, "ns/row")
		})
	}
}
