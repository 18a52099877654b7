package kernel

import "math"

// Outsiders of components: queries, each of them a lane of something laid out like a leaf
// (LeafLanes), and for each lane
//
//	Far   the largest squared distance that is wanted
//	Deep  the largest core value of a point that is wanted
//	Own   the component whose points are not wanted
type SpanQueries struct {
	Far, Deep [LeafLanes]float64
	Own       [LeafLanes]int32
}

// SpanBox returns the lanes below 8·blocks of q whose squared distance from the box is at
// most Far, unless their Own is other. Distances are those of LeafBox. blocks is 1 to 4.
func SpanBox(q []float64, blocks int, box []float64, s *SpanQueries, other int32) uint64 {
	d := len(box) / 2
	if d == 0 || blocks < 1 || blocks > LeafLanes/8 {
		panic("kernel: SpanBox without columns or queries")
	}
	_ = q[d*LeafLanes-1]
	return spanBox(q, blocks, box[:2*d], s, other)
}

// SpanScan compares each lane of q in mask with the points of a leaf. Point l is a hit of
// lane i where its squared distance, as Sq64 has it, is at most Far, core[l] is at most Deep
// and comp[l] is not Own. It returns the lanes with a hit, and writes for them the mask of
// the points to hits[i] and the distances of all points to sq[LeafLanes·i+l]; elsewhere it
// may leave anything there. Cost O(d) for each lane and point.
func SpanScan(d int, q []float64, mask uint64, s *SpanQueries, leaf []float64, core *[LeafLanes]float64, comp *[LeafLanes]int32, sq *[LeafLanes * LeafLanes]float64, hits *[LeafLanes]uint64) uint64 {
	if d == 0 {
		panic("kernel: a leaf without columns")
	}
	if mask &= 1<<LeafLanes - 1; mask == 0 {
		return 0
	}
	return spanScan(d, q[:d*LeafLanes], mask, s, leaf[:d*LeafLanes], core, comp, sq, hits)
}

func spanBoxPlain(q []float64, blocks int, box []float64, s *SpanQueries, other int32) uint64 {
	d, bits := len(box)/2, uint64(0)
	for i, f := range s.Far[:8*blocks] {
		sum := 0.0
		for j := range d {
			x := q[LeafLanes*j+i]
			e := 0.0
			if t := box[j] - x; t > e {
				e = t
			}
			if t := x - box[d+j]; t > e {
				e = t
			}
			sum = math.FMA(e, e, sum)
		}
		if sum <= f && s.Own[i] != other {
			bits |= 1 << i
		}
	}
	return bits
}

func spanScanPlain(d int, q []float64, mask uint64, s *SpanQueries, leaf []float64, core *[LeafLanes]float64, comp *[LeafLanes]int32, sq *[LeafLanes * LeafLanes]float64, hits *[LeafLanes]uint64) uint64 {
	result := uint64(0)
	for i := range LeafLanes {
		if mask>>i&1 == 0 {
			continue
		}
		bits, to := uint64(0), sq[LeafLanes*i:LeafLanes*(i+1)]
		for l := range to {
			sum := 0.0
			for j := range d {
				e := q[LeafLanes*j+i] - leaf[LeafLanes*j+l]
				sum = math.FMA(e, e, sum)
			}
			to[l] = sum
			if sum <= s.Far[i] && core[l] <= s.Deep[i] && comp[l] != s.Own[i] {
				bits |= 1 << l
			}
		}
		if bits != 0 {
			hits[i] = bits
			result |= 1 << i
		}
	}
	return result
}
