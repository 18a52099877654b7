package cluster

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/internal/kernel"
)

// Bahmani et al. find five rounds with an oversampling of 2·k to be as good as k-means++.
const (
	kmeansRounds     = 5
	kmeansOversample = 2
)

// parallel is k-means‖ (Bahmani et al., 2012, doi 10.14778/2180912.2180915): in each of
// five rounds every row becomes a candidate with probability min(1, 2k·wᵢ·D²ᵢ / Σ w·D²),
// each by itself; candidates then weigh what the rows nearest to them weigh, and greedy
// k-means++ chooses k of them. Where that leaves fewer candidates than k (few distinct
// rows), k-means++ on all rows takes its place. Cost O(n·k·d) a round, 12 bytes a row.
func (s *kmeansSeeds) parallel(rng *rand.Rand) ([]int, error) {
	closest := make([]float64, s.n)
	for i := range closest {
		closest[i] = math.Inf(1)
	}
	nearest := make([]int32, s.n) // the candidate, by its place in the list
	blk := newBlocks(s.n)
	mass := make([]float64, blk.count)
	drawn := make([][]int, blk.count)
	candidates := []int{s.first(rng)}
	known := 0 // candidates that closest knows
	for round := 0; ; round++ {
		fresh := kernel.NewPoints(s.rowsOf(candidates[known:]), s.d)
		err := blk.each(s.ctx, s.workers, func(b, lo, hi int) {
			label, dist := make([]int32, seedBatch), make([]float64, seedBatch)
			total := 0.0
			for ; lo < hi; lo += seedBatch {
				end := min(hi, lo+seedBatch)
				fresh.Nearest(s.x[lo*s.d:end*s.d], label[:end-lo], dist[:end-lo])
				for i := lo; i < end; i++ {
					if q := dist[i-lo]; q < closest[i] {
						closest[i], nearest[i] = q, int32(known)+label[i-lo]
					}
					total += s.weight(i) * closest[i]
				}
			}
			mass[b] = total
		})
		if err != nil {
			return nil, err
		}
		known = len(candidates)
		total := sum(mass)
		if round == kmeansRounds || total == 0 {
			break
		}
		base := rng.Uint64()
		err = blk.each(s.ctx, s.workers, func(b, lo, hi int) {
			own := rand.New(rand.NewPCG(base, uint64(b)))
			drawn[b] = drawn[b][:0]
			for i := lo; i < hi; i++ {
				if own.Float64()*total < kmeansOversample*float64(s.k)*s.weight(i)*closest[i] {
					drawn[b] = append(drawn[b], i)
				}
			}
		})
		if err != nil {
			return nil, err
		}
		for _, rows := range drawn {
			candidates = append(candidates, rows...)
		}
	}
	if len(candidates) < s.k {
		return s.plusplus(rng)
	}
	weights := make([]float64, len(candidates))
	for i, c := range nearest {
		weights[c] += s.weight(i)
	}
	among := &kmeansSeeds{ctx: s.ctx, workers: s.workers, x: s.rowsOf(candidates), w: weights, n: len(candidates), d: s.d, k: s.k}
	places, err := among.plusplus(rng)
	if err != nil {
		return nil, err
	}
	chosen := make([]int, len(places))
	for i, p := range places {
		chosen[i] = candidates[p]
	}
	return slices.Clip(chosen), nil
}

// seedBatch is how many rows are compared with candidates before their distances are
// looked at: few enough to stay in the first cache.
const seedBatch = 256
