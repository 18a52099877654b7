package kernel

import "math"

// LeafLanes is how many points a leaf holds, a point a lane. A leaf is LeafLanes·d
// numbers, column by column: coordinate j of the point in lane l is at [j·LeafLanes+l].
// Lanes of no point hold NaN, which is near nothing: all comparisons here are false for
// it, even with an infinite limit. Sets of lanes are bits of a uint64.
const LeafLanes = 32

// LeafSquares writes the squared distances from q to the leaf's points, as Sq64 has
// them, to out and returns the lanes where they are at most limit.
func LeafSquares(q, leaf []float64, limit float64, out *[LeafLanes]float64) uint64 {
	if len(q) == 0 {
		panic("kernel: a leaf without columns")
	}
	_ = leaf[len(q)*LeafLanes-1]
	return leafSquares(q, leaf, limit, out)
}

// LeafWithin returns the lanes whose squared distance from q, as Sq64 has it, is at most
// limit.
func LeafWithin(q, leaf []float64, limit float64) uint64 {
	if len(q) == 0 {
		panic("kernel: a leaf without columns")
	}
	_ = leaf[len(q)*LeafLanes-1]
	return leafWithin(q, leaf, limit)
}

// LeafBox returns the lanes of leaf whose squared distance to the box (d lower bounds,
// then d upper ones) is at most limit[lane]. The sum runs in Sq64's order with the same
// roundings, each of which is monotone, so it is never above Sq64 of a point of the box.
func LeafBox(leaf, box []float64, limit *[LeafLanes]float64) uint64 {
	d := len(box) / 2
	if d == 0 {
		panic("kernel: a leaf without columns")
	}
	_ = leaf[d*LeafLanes-1]
	return leafBox(leaf, box[:2*d], limit)
}

// LeafPairs compares the active lanes of one leaf with the whole of another. For each
// active lane i it writes the squared distances, as Sq64 has them, to
// out[i·LeafLanes:][:LeafLanes] and the lanes of to where they are at most limit[i] to
// hits[i]. It returns the lanes of from that have hits.
func LeafPairs(d int, from, to []float64, active uint64, limit *[LeafLanes]float64, hits *[LeafLanes]uint64, out *[LeafLanes * LeafLanes]float64) uint64 {
	if d == 0 || active == 0 {
		return 0
	}
	return leafPairs(from[:d*LeafLanes], to[:d*LeafLanes], active, limit, hits, out)
}

// LeafHits is LeafPairs that keeps no distances.
func LeafHits(d int, from, to []float64, active uint64, limit *[LeafLanes]float64, hits *[LeafLanes]uint64) uint64 {
	if d == 0 || active == 0 {
		return 0
	}
	return leafHits(from[:d*LeafLanes], to[:d*LeafLanes], active, limit, hits)
}

// leafRow puts the squared distances from the point q[0], q[stride], … to out.
func leafRow(q []float64, stride int, leaf []float64, out *[LeafLanes]float64) {
	*out = [LeafLanes]float64{}
	for j := 0; len(leaf) >= LeafLanes; j, leaf = j+1, leaf[LeafLanes:] {
		v := q[j*stride]
		for l, u := range (*[LeafLanes]float64)(leaf) {
			t := v - u
			out[l] = math.FMA(t, t, out[l])
		}
	}
}

func leafMask(sq *[LeafLanes]float64, limit float64) uint64 {
	mask := uint64(0)
	for l, v := range sq {
		if v <= limit {
			mask |= 1 << l
		}
	}
	return mask
}

func leafSquaresPlain(q, leaf []float64, limit float64, out *[LeafLanes]float64) uint64 {
	leafRow(q, 1, leaf[:len(q)*LeafLanes], out)
	return leafMask(out, limit)
}

func leafWithinPlain(q, leaf []float64, limit float64) uint64 {
	var out [LeafLanes]float64
	return leafSquaresPlain(q, leaf, limit, &out)
}

func leafBoxPlain(leaf, box []float64, limit *[LeafLanes]float64) uint64 {
	d := len(box) / 2
	mask := uint64(0)
	for l, most := range limit {
		s := 0.0
		for j, low := range box[:d] {
			v := leaf[j*LeafLanes+l]
			e := max(low-v, v-box[d+j], 0)
			s = math.FMA(e, e, s)
		}
		if s <= most {
			mask |= 1 << l
		}
	}
	return mask
}

func leafPairsPlain(from, to []float64, active uint64, limit *[LeafLanes]float64, hits *[LeafLanes]uint64, out *[LeafLanes * LeafLanes]float64) uint64 {
	some := uint64(0)
	for i := range LeafLanes {
		if active>>i&1 == 0 {
			continue
		}
		sq := (*[LeafLanes]float64)(out[i*LeafLanes:])
		leafRow(from[i:], LeafLanes, to, sq)
		if hits[i] = leafMask(sq, limit[i]); hits[i] != 0 {
			some |= 1 << i
		}
	}
	return some
}

func leafHitsPlain(from, to []float64, active uint64, limit *[LeafLanes]float64, hits *[LeafLanes]uint64) uint64 {
	some := uint64(0)
	var sq [LeafLanes]float64
	for i := range LeafLanes {
		if active>>i&1 == 0 {
			continue
		}
		leafRow(from[i:], LeafLanes, to, &sq)
		if hits[i] = leafMask(&sq, limit[i]); hits[i] != 0 {
			some |= 1 << i
		}
	}
	return some
}
