package cluster

import "math/bits"

// scanSilhouette is scan for the mean of d₁/d₂. A target that the candidate comes
// nearer to than its third medoid changes by
//
//	now                  d₁/d₂ of what it has and the candidate
//	without its nearest  of d₂, d₃ and the candidate
//	without its second   of d₁, d₃ and the candidate
//
// against d₁/d₂, d₂/d₃ and d₁/d₃, which the costs of giving medoids up hold already.
func (e *kmedoidsEngine) scanSilhouette(s *kmedoidsState) float64 {
	gain := 0.0
	for _, b := range s.list {
		at := int(b) * packedLanes
		mask, out := s.probe.below(b, (*kmedoidsBlock)(e.limit[at:]))
		for ; mask != 0; mask &= mask - 1 {
			l := bits.TrailingZeros64(mask)
			v, w := out[l], e.weight[at+l]
			d1, d2, d3 := e.dist[0][at+l], e.dist[1][at+l], e.dist[2][at+l]
			kept, noFirst, noSecond := ratio(d1, d2), 0.0, 0.0
			before := kept
			switch {
			case v < d1:
				kept, noFirst, noSecond = ratio(v, d1), ratio(v, d2), ratio(v, d1)
			case v < d2:
				kept, noFirst, noSecond = ratio(d1, v), ratio(v, d2), ratio(d1, v)
			default:
				noFirst, noSecond = ratio(d2, v), ratio(d1, v)
			}
			gain += w * (kept - before)
			s.delta[e.slot[0][at+l]] += w * (noFirst - ratio(d2, d3) - (kept - before))
			s.delta[e.slot[1][at+l]] += w * (noSecond - ratio(d1, d3) - (kept - before))
		}
	}
	return gain
}
