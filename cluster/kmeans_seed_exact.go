package cluster

import (
	"math"
	"math/rand/v2"
	"sort"

	"github.com/mores-lab/mores/internal/kernel"
)

// plusplusExact is plusplus in float64 throughout: the way where float32 cannot tell
// the rows apart (ranges of many powers of ten, hardly anything left to gain). It goes
// on from the centres chosen so far.
func (s *kmeansSeeds) plusplusExact(rng *rand.Rand, chosen []int) ([]int, error) {
	closest := make([]float64, s.n)
	for i := range closest {
		closest[i] = math.Inf(1)
	}
	blk, trials := newBlocks(s.n), s.trials()
	mass := make([]float64, blk.count) // Σ w·D² of each block
	pot := make([]float64, blk.count*trials)
	fresh := chosen // centres that closest does not know yet
	for {
		if len(chosen) == s.k {
			return chosen, nil
		}
		points := s.rowsOf(fresh)
		err := blk.each(s.ctx, s.workers, func(b, lo, hi int) {
			total := 0.0
			for i := lo; i < hi; i++ {
				row := s.row(i)
				for c := 0; c < len(points); c += s.d {
					if q := kernel.Sq(row, points[c:c+s.d]); q < closest[i] {
						closest[i] = q
					}
				}
				total += s.weight(i) * closest[i]
			}
			mass[b] = total
		})
		if err != nil {
			return nil, err
		}
		if sum(mass) == 0 {
			return chosen, nil // every row is a centre already
		}
		drawn := make([]int, trials)
		for t := range drawn {
			drawn[t] = seedDraw(rng, mass, blk.size, s.n, func(i int) float64 { return s.weight(i) * closest[i] })
		}
		clear(pot)
		cand := kernel.NewPoints(s.rowsOf(drawn), s.d)
		err = blk.each(s.ctx, s.workers, func(b, lo, hi int) {
			var w []float64
			if s.w != nil {
				w = s.w[lo:hi]
			}
			cand.Potentials(s.x[lo*s.d:hi*s.d], closest[lo:hi], w, pot[b*trials:(b+1)*trials])
		})
		if err != nil {
			return nil, err
		}
		least, next := math.Inf(1), drawn[0]
		for t := range trials {
			p := 0.0
			for b := range blk.count {
				p += pot[b*trials+t]
			}
			if p < least {
				least, next = p, drawn[t]
			}
		}
		chosen = append(chosen, next)
		fresh = chosen[len(chosen)-1:]
	}
}

// seedDraw picks one of n rows with probability proportional to f; mass holds f's sum
// over each block of size rows.
func seedDraw(rng *rand.Rand, mass []float64, size, n int, f func(int) float64) int {
	upTo := make([]float64, len(mass))
	total := 0.0
	for b, m := range mass {
		total += m
		upTo[b] = total
	}
	u := rng.Float64() * total
	b := min(sort.SearchFloat64s(upTo, u), len(mass)-1)
	if b > 0 {
		u -= upTo[b-1]
	}
	last := -1
	for i := b * size; i < n; i++ {
		if v := f(i); v > 0 {
			last = i
			if u -= v; u < 0 {
				break
			}
		}
	}
	if last >= 0 {
		return last
	}
	for i := n - 1; i > 0; i-- { // rounding took u past the end
		if f(i) > 0 {
			return i
		}
	}
	return 0
}
