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
			d1, d2 := e.dist[0][at+l], e.dist[1][at+l]
			now := e.share[0][at+l]
			var kept, noFirst, noSecond float64
			switch {
			case v < d1:
				kept, noFirst = v/d1, v/d2
				noSecond = kept
			case v < d2:
				kept, noFirst = d1/v, v/d2
				noSecond = kept
			default:
				kept, noFirst, noSecond = now, ratio(d2, v), ratio(d1, v)
			}
			kept -= now
			gain += w * kept
			s.delta[e.slot[0][at+l]] += w * (noFirst - e.share[1][at+l] - kept)
			s.delta[e.slot[1][at+l]] += w * (noSecond - e.share[2][at+l] - kept)
		}
	}
	return gain
}
