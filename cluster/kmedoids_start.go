package cluster

import (
	"cmp"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// first gives an engine its first medoids.
func (r *kmedoidsRun) first(e *kmedoidsEngine, start int) error {
	medoids := r.opt.InitMedoids
	switch {
	case medoids != nil:
	case r.opt.Init == "build":
		var err error
		if medoids, err = e.build(r.opt.NClusters); err != nil {
			return err
		}
	default:
		medoids = r.random(start)
	}
	return e.begin(medoids)
}

// random draws k distinct rows: the first k of a shuffle of all.
func (r *kmedoidsRun) random(start int) []int {
	rng := rand.New(rand.NewPCG(r.run.Seed, kmedoidsStream+uint64(start)))
	return pickRows(rng, r.n, r.opt.NClusters)
}

// pickRows draws k of n rows without repetition (Floyd), in the order drawn.
func pickRows(rng *rand.Rand, n, k int) []int {
	rows := make([]int, 0, k)
	have := make(map[int]bool, k)
	for i := n - k; i < n; i++ {
		v := rng.IntN(i + 1)
		if have[v] {
			v = i
		}
		have[v] = true
		rows = append(rows, v)
	}
	return rows
}

// kmedoidsOffer is what a row would gain as the next medoid, judged when there were
// round medoids.
type kmedoidsOffer struct {
	row, round int
	gain       float64
}

func (a kmedoidsOffer) compare(b kmedoidsOffer) int {
	if c := cmp.Compare(b.gain, a.gain); c != 0 {
		return c
	}
	return cmp.Compare(a.row, b.row)
}

// build chooses first medoids greedily, as PAM does: each is the row that lowers the
// loss most, ties to the first. What a row would gain only falls as medoids are added
// (in floating point too: the same sum of smaller terms), so a row is judged again only
// when what it would have gained before is the most.
func (e *kmedoidsEngine) build(k int) ([]int, error) {
	offers := make([]kmedoidsOffer, e.n)
	judge := func(offers []kmedoidsOffer, round int) error {
		return e.judge(len(offers), func(s *kmedoidsState, i int) {
			offers[i].gain, offers[i].round = e.gain(s, offers[i].row, round == 0), round
		})
	}
	for i := range offers {
		offers[i].row = i
	}
	for t := range e.m {
		e.dist[0][t] = math.Inf(1)
	}
	for b := range e.reach {
		e.reach[b] = math.Inf(1)
	}
	e.source.reach(e.reach)
	if err := judge(offers, 0); err != nil {
		return nil, err
	}
	medoids := []int{slices.MinFunc(offers, kmedoidsOffer.compare).row}
	e.take(medoids[0])
	offers = slices.Delete(offers, medoids[0], medoids[0]+1)
	if err := judge(offers, 1); err != nil {
		return nil, err
	}
	slices.SortFunc(offers, kmedoidsOffer.compare)
	for len(medoids) < k {
		if err := e.ctx.Err(); err != nil {
			return nil, err
		}
		stale := 0
		for stale < min(kmedoidsPieces, len(offers)) && offers[stale].round < len(medoids) {
			stale++
		}
		if stale == 0 {
			medoids = append(medoids, offers[0].row)
			e.take(offers[0].row)
			offers = offers[1:]
			continue
		}
		if err := judge(offers[:stale], len(medoids)); err != nil {
			return nil, err
		}
		again, rest := slices.Clone(offers[:stale]), offers[stale:]
		slices.SortFunc(again, kmedoidsOffer.compare)
		for to := 0; len(again) > 0; to++ { // merge: what is written over was read before
			if len(rest) == 0 || again[0].compare(rest[0]) < 0 {
				offers[to], again = again[0], again[1:]
			} else {
				offers[to], rest = rest[0], rest[1:]
			}
		}
	}
	return medoids, nil
}

// judge calls do for 0, …, count−1, each with a state, looking at the context after at
// most kmedoidsWork distances.
func (e *kmedoidsEngine) judge(count int, do func(s *kmedoidsState, i int)) error {
	step := max(1, kmedoidsWork/e.m)
	for lo := 0; lo < count; lo += step {
		hi := min(count, lo+step)
		pieces := min(kmedoidsPieces, hi-lo)
		e.team.run(pieces, func(p int) {
			for i := lo + (hi-lo)*p/pieces; i < lo+(hi-lo)*(p+1)/pieces; i++ {
				do(e.states[p], i)
			}
		})
		if err := e.ctx.Err(); err != nil {
			return err
		}
	}
	return e.ctx.Err()
}

// gain is by how much the loss would fall with one more medoid; for the first, minus
// the loss there would be.
func (e *kmedoidsEngine) gain(s *kmedoidsState, row int, first bool) float64 {
	s.probe.aim(row)
	s.list = s.probe.visit(s.list[:0])
	gain := 0.0
	for _, b := range s.list {
		at := int(b) * packedLanes
		mask, out := s.probe.below(b, (*kmedoidsBlock)(e.dist[0][at:]))
		for ; mask != 0; mask &= mask - 1 {
			l := bits.TrailingZeros64(mask)
			if first {
				gain -= e.weight[at+l] * out[l]
			} else {
				gain += e.weight[at+l] * (e.dist[0][at+l] - out[l])
			}
		}
	}
	return gain
}

// take lowers the distances to the nearest medoid.
func (e *kmedoidsEngine) take(row int) {
	p := e.states[0].probe
	p.aim(row)
	for _, b := range p.visit(nil) {
		at := int(b) * packedLanes
		mask, out := p.below(b, (*kmedoidsBlock)(e.dist[0][at:]))
		for ; mask != 0; mask &= mask - 1 {
			l := bits.TrailingZeros64(mask)
			e.dist[0][at+l] = out[l]
		}
	}
	for b := range e.reach {
		e.reach[b] = 0
		for t := b * packedLanes; t < min(e.m, (b+1)*packedLanes); t++ {
			e.reach[b] = math.Max(e.reach[b], e.dist[0][t])
		}
	}
	e.source.reach(e.reach)
}
