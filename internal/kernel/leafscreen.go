package kernel

import "math"

// LeafScreen compares two leaves in float32, laid out as leaves are, and returns the
// lanes of from that have a point of to at a squared distance of at most limit[lane].
// Lanes of no point hold NaN in to; in from their limit is below 0. Each
// sum of squares is at most (1 + 2⁻²⁴)^(d+2) of the exact one of the float32 numbers, and
// d·2⁻¹⁴⁹ more where it underflows; the levels may differ by that much.
func LeafScreen(d int, from, to []float32, limit *[LeafLanes]float32) uint64 {
	if d == 0 {
		panic("kernel: a leaf without columns")
	}
	return leafScreen(from[:d*LeafLanes], to[:d*LeafLanes], limit)
}

func leafScreenPlain(from, to []float32, limit *[LeafLanes]float32) uint64 {
	mask := uint64(0)
	for l, most := range limit {
		least := float32(math.Inf(1))
		for r := range LeafLanes {
			s := float32(0)
			for j := 0; j < len(from); j += LeafLanes {
				e := from[j+l] - to[j+r]
				s += e * e
			}
			if s < least {
				least = s
			}
		}
		if least <= most {
			mask |= 1 << l
		}
	}
	return mask
}
