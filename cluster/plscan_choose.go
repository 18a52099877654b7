package cluster

import (
	"cmp"
	"math"
	"slices"
)

// plscanEvent is a size from which on, or after which, a leaf counts.
type plscanEvent struct{ at, change float64 }

// choose takes the leaves of the sizes just above x, for the x with the largest sum of
// persistences: for each cluster the chosen one that it is or is part of, the minimum
// cluster size, and that sum.
func (p *plscanTree) choose(h *hdbscanTree, limit *int) (of []int32, size, total float64) {
	var events []plscanEvent
	for k := range p.above {
		if b, a := p.below[k], p.above[k]; a > b {
			events = append(events, plscanEvent{b, a - b}, plscanEvent{a, b - a})
		}
	}
	slices.SortFunc(events, func(u, v plscanEvent) int { return cmp.Or(cmp.Compare(u.at, v.at), cmp.Compare(u.change, v.change)) })
	best, now := math.Inf(-1), 0.0
	for i, e := range events {
		now += e.change
		if i+1 < len(events) && events[i+1].at == e.at {
			continue
		}
		if limit != nil && e.at >= float64(*limit) {
			break
		}
		if now > total {
			best, total = e.at, now
		}
	}
	of = make([]int32, len(p.above))
	for k := range of {
		of[k] = -1
		if parent := h.parent[k]; parent >= 0 && of[parent] >= 0 {
			of[k] = of[parent]
		} else if p.below[k] <= best && best < p.above[k] {
			of[k] = int32(k)
		}
	}
	return of, math.Floor(best) + 1, total
}
