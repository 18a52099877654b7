package near

import "math"

// spanShort and spanLong bound the length of the lists. Where no core distance needs
// more, six neighbours, for 72 bytes a point, answer most of the first three rounds: 10 %
// faster than three. Beyond sixteen the memory costs more than the searches that it spares.
const (
	spanShort = 6
	spanLong  = 16
)

// neighbours fills the lists and the core distances.
func (r *spanRun) neighbours(minSamples int) error {
	t, n, others := r.t, r.t.n, minSamples-1
	k := max(spanShort, min(others, n-1))
	r.k = min(k, spanLong)
	r.mutual = others > 1 // with one neighbour no core exceeds a distance
	r.near, r.nearSq = make([]int32, n*r.k), make([]float64, n*r.k)
	if others > 0 {
		r.cores = make([]float64, n)
	}
	place := make([]int32, n)
	if err := r.leaves(func(_, leaf int) {
		lo, hi := r.places(leaf)
		for p := lo; p < hi; p++ {
			place[t.index[p]] = int32(p)
			r.comp[p], r.candTo[p] = int32(p), -1
			r.limit[p] = math.Float64bits(math.Inf(1))
		}
	}); err != nil {
		return err
	}
	how, err := t.each(r.ctx, k, r.workers, func(p int, index []int32, sq []float64) {
		near := r.near[p*r.k : (p+1)*r.k]
		for j := range near {
			if near[j] = index[j]; near[j] >= 0 {
				near[j] = place[near[j]]
			}
		}
		copy(r.nearSq[p*r.k:(p+1)*r.k], sq)
		if others > 0 {
			i := t.index[p]
			core := 0.0
			if r.twins == nil {
				core = sq[others-1]
			} else if have := int(r.twins[i]) - 1; have < others {
				j := -1
				for have < others {
					j++
					have += int(r.twins[index[j]])
				}
				core = sq[j]
			}
			r.cores[i] = core
			if r.mutual {
				r.core[p] = core
			}
		}
		r.low[p] = max(r.core[p], sq[r.k-1])
	})
	r.how = how
	return err
}

// spanNone is the low of a leaf whose points all know their best edges.
const spanNone = -1.0

func leastLow(least, low float64) float64 {
	if low < least || least == spanNone {
		return low
	}
	return least
}

// lists gives the points of a leaf the candidates that their lists hold; in a first round
// these are chosen at once.
func (r *spanRun) lists(leaf int, first bool) {
	lo, hi := r.places(leaf)
	if r.calm[leaf] {
		r.best[lo] = -1
		return
	}
	least, calm := spanNone, true
	for p := lo; p < hi; p++ {
		c := r.comp[p]
		if to := r.candTo[p]; to < 0 || r.comp[to] == c {
			r.candTo[p] = -1
			if int(r.head[p]) < r.k {
				r.list(p, c)
			}
		}
		r.best[p] = -1
		if r.candTo[p] >= 0 {
			calm = false
			if first {
				r.best[p] = int32(p)
				continue
			}
			r.lower(c, r.candS[p])
			if r.candS[p] <= r.low[p] {
				continue
			}
		} else if int(r.head[p]) < r.k || c != r.comp[lo] {
			calm = false
		}
		least = leastLow(least, r.low[p])
	}
	r.leafLow[leaf] = least
	r.calm[leaf] = calm
}

// list makes the best outsider of p's list its candidate.
func (r *spanRun) list(p int, c int32) {
	near, sqs := r.near[p*r.k:(p+1)*r.k], r.nearSq[p*r.k:(p+1)*r.k]
	core := r.core[p]
	h := int(r.head[p])
	for h < r.k && near[h] >= 0 && r.comp[near[h]] == c {
		h++
	}
	if h < r.k && near[h] < 0 { // the list holds everybody
		h = r.k
	}
	r.head[p] = uint8(h)
	bestS, bestSq, to := math.Inf(1), math.Inf(1), int32(-1)
	for ; h < r.k; h++ {
		q := near[h]
		if q < 0 || to >= 0 && sqs[h] > bestS {
			break
		}
		if r.comp[q] == c {
			continue
		}
		s := sqs[h]
		if core > s {
			s = core
		}
		if v := r.core[q]; v > s {
			s = v
		}
		if s < bestS || to < 0 {
			bestS, bestSq, to = s, sqs[h], q
			if s == core || !r.mutual {
				break
			}
		}
	}
	r.candS[p], r.candSq[p], r.candTo[p] = bestS, bestSq, to
}
