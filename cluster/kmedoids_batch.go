package cluster

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/features"
)

// onebatch makes one start of OneBatchPAM: swaps are judged on a sample of rows, each
// weighing as much as the rows of which it is the nearest of the sample.
func (r *kmedoidsRun) onebatch(start int) (*kmedoidsFit, error) {
	rng := rand.New(rand.NewPCG(r.run.Seed, kmedoidsBatchStream+uint64(start)))
	rows := pickRows(rng, r.n, r.opt.batch(r.n))
	slices.Sort(rows)
	var source kmedoidsSource
	if r.run.Space != nil {
		rows32 := make([]int32, len(rows))
		for t, i := range rows {
			rows32[t] = int32(i)
		}
		source = newKMedoidsGiven(r.run.Space, rows32)
	} else {
		source = newKMedoidsRows(r.x, r.named(), rows, r.run.workers())
	}
	e := newKMedoidsEngine(r, source)
	if err := e.weigh(r.x); err != nil {
		return nil, err
	}
	if err := r.first(e, start); err != nil {
		return nil, err
	}
	f, err := e.optimise(r.opt.MaxIter)
	if err != nil || r.opt.NInit == 1 || r.opt.InitMedoids != nil {
		return f, err
	}
	// Starts have other batches: they are compared on all rows.
	dist, err := r.assign(&Clustering{}, f.medoids)
	f.score = 0
	for i, v := range dist {
		f.score += r.x.Weight(i) * v
	}
	return f, err
}

// weigh gives each target the weights of the rows nearest to it, ties to the first
// target.
func (e *kmedoidsEngine) weigh(x *features.Matrix) error {
	nearest := make([]int32, e.n)
	err := e.judge(e.n, func(s *kmedoidsState, i int) {
		limit, best := &s.limit, math.Inf(1)
		for l := range limit {
			limit[l] = best
		}
		s.probe.aim(i)
		for b := range int32(len(e.reach)) {
			mask, out := s.probe.below(b, limit)
			if mask == 0 {
				continue
			}
			for ; mask != 0; mask &= mask - 1 {
				if l := bits.TrailingZeros64(mask); out[l] < best {
					best, nearest[i] = out[l], b*packedLanes+int32(l)
				}
			}
			for l := range limit {
				limit[l] = best
			}
		}
	})
	for i, t := range nearest {
		e.weight[t] += x.Weight(i)
	}
	return err
}
