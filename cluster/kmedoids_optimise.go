package cluster

import "slices"

// kmedoidsBatch bounds how many candidates are judged ahead of a possible swap, and
// kmedoidsWork how many distances lie between two looks at the context.
const (
	kmedoidsBatch = 256
	kmedoidsWork  = 1 << 22
)

// kmedoidsLeast is the least gain of a swap, as a share of the loss and of what medoids
// save: below it rounding may say that each of two states is better than the other.
const kmedoidsLeast = 1e-12

// optimise swaps until a whole round finds nothing.
//
// Candidates are judged in batches against one state, each piece of a batch by one
// goroutine up to its first swap; the first of them all is made and the rest of the
// batch judged anew. So the path is that of one goroutine. Batches begin with one
// candidate after a swap and double while nothing is found: little is judged in vain.
func (e *kmedoidsEngine) optimise(maxIter int) (*kmedoidsFit, error) {
	f := &kmedoidsFit{stop: MaxIter}
	last := -1 // the candidate of the last swap
	for f.iter < maxIter && f.stop == MaxIter {
		f.iter++
		swaps, batch := 0, 1
		for j := 0; j < e.n && j != last; {
			end := min(e.n, j+min(batch, max(1, kmedoidsWork/e.m)))
			if j < last {
				end = min(end, last)
			}
			at, slot := e.search(j, end)
			if err := e.ctx.Err(); err != nil {
				return nil, err
			}
			if slot < 0 {
				j, batch = end, min(2*batch, kmedoidsBatch)
				continue
			}
			if err := e.swap(slot, at); err != nil {
				return nil, err
			}
			swaps++
			j, last, batch = at+1, at, 1
		}
		if swaps == 0 {
			f.stop = Converged
		}
		e.report(f.iter)
	}
	f.medoids, f.score = slices.Clone(e.medoid), e.score()
	return f, e.ctx.Err()
}

// score is what starts are compared by: the loss, or 1 − the mean silhouette.
func (e *kmedoidsEngine) score() float64 {
	if e.silhouette {
		return e.loss / e.total
	}
	return e.loss
}

func (e *kmedoidsEngine) report(iter int) {
	v := e.score()
	if e.silhouette {
		v = 1 - v
	}
	e.run.report(Step{Iter: iter, Objective: v})
}

// search finds the first of the candidates lo..hi−1 with which a swap pays, and the
// slot, or −1.
func (e *kmedoidsEngine) search(lo, hi int) (candidate, slot int) {
	least := kmedoidsLeast * (e.loss + sum(e.removal))
	pieces := min(kmedoidsPieces, (hi-lo+7)/8)
	e.team.run(pieces, func(p int) {
		s := e.states[p]
		s.swap = -1
		for i := lo + (hi-lo)*p/pieces; i < lo+(hi-lo)*(p+1)/pieces; i++ {
			if e.chosen[i] {
				continue
			}
			if slot, change := e.evaluate(s, i); change < -least {
				s.swap, s.at = slot, i
				return
			}
		}
	})
	for _, s := range e.states[:pieces] {
		if s.swap >= 0 {
			return s.at, s.swap
		}
	}
	return -1, -1
}

// dynamic optimises the silhouette for the medoids there are, then gives up the one
// that is missed least, and so on down to fewest; the best of all is kept, of equals
// that with fewer medoids.
func (e *kmedoidsEngine) dynamic(fewest, maxIter int) (*kmedoidsFit, error) {
	var best *kmedoidsFit
	iter, stop := 0, Converged
	for {
		f, err := e.optimise(maxIter)
		if err != nil {
			return nil, err
		}
		iter += f.iter
		if f.stop == MaxIter {
			stop = MaxIter
		}
		if best == nil || f.score <= best.score {
			best = f
		}
		if len(e.medoid) <= fewest {
			break
		}
		out := slices.Index(e.removal, slices.Min(e.removal))
		left := slices.Delete(slices.Clone(e.medoid), out, out+1)
		if err := e.begin(left); err != nil {
			return nil, err
		}
	}
	best.iter, best.stop = iter, stop
	return best, nil
}
