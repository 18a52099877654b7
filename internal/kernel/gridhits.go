package kernel

import "math"

// GridHits says which of count ≤ 64 points, eight to a block, lie within a squared
// distance of limit of one: bit i is point i's. Coordinate j of point 8b+l stands at
// x[b·next + j·step + l], that of the one at q[j·qstep]. Whole blocks are read: x holds
// something, though not NaN, behind the last point. Distances are Sq64's. Cost O(count·d).
func GridHits(q []float64, qstep int, x []float64, step, next, d, count int, limit float64) uint64 {
	if count <= 0 {
		return 0
	}
	blocks := (count + 7) / 8
	_, _ = q[(d-1)*qstep], x[(blocks-1)*next+(d-1)*step+7]
	return gridHits(q, qstep, x, step, next, d, blocks, limit) & (^uint64(0) >> (64 - uint(count)))
}

func gridHitsPlain(q []float64, qstep int, x []float64, step, next, d, blocks int, limit float64) uint64 {
	bits := uint64(0)
	for b := range blocks {
		var s [8]float64
		for j := range d {
			v, p := q[j*qstep], x[b*next+j*step:]
			p = p[:8]
			for l, w := range p {
				t := v - w
				s[l] = math.FMA(t, t, s[l])
			}
		}
		for l, v := range s {
			if v <= limit {
				bits |= 1 << (8*b + l)
			}
		}
	}
	return bits
}
