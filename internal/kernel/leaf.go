package kernel

import (
	"math"
	"math/bits"
)

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

// LeafReach is LeafBox that also returns the lanes whose squared distance to the box is
// less than limit[lane].
func LeafReach(leaf, box []float64, limit *[LeafLanes]float64) (within, under uint64) {
	d := len(box) / 2
	if d == 0 {
		panic("kernel: a leaf without columns")
	}
	_ = leaf[d*LeafLanes-1]
	return leafReach(leaf, box[:2*d], limit)
}

// LeafStride is the distance between the lists of LeafMerge that hold k points.
func LeafStride(k int) int {
	switch {
	case k <= 8:
		return 8
	case k <= 16:
		return 16
	}
	return (k + 31) / 32 * 32
}

// LeafMerge puts what LeafPairs found into lists of the k nearest: for each lane i in
// some, the points number[l] for l in hits[i], at out[i·LeafLanes+l]. List i begins at
// i·LeafStride(k) of sq and index and is ordered by squared distance, then number, −1
// last; +Inf and −1 stand for no point yet. limit[i] becomes its k-th distance. What lists
// hold beyond k points is not defined.
func LeafMerge(k int, some uint64, hits *[LeafLanes]uint64, out *[LeafLanes * LeafLanes]float64, number []int32, sq []float64, index []int32, limit *[LeafLanes]float64) {
	if some == 0 || k == 0 {
		return
	}
	size := LeafLanes * LeafStride(k)
	leafMerge(k, some, hits, out, number, sq[:size], index[:size], limit)
}

// Insert puts point i at squared distance v into a list ordered by distance and then
// number, −1 last, unless the list is full of nearer ones.
func Insert(sq []float64, index []int32, v float64, i int32) {
	at := len(sq) - 1
	index = index[:len(sq)]
	if v > sq[at] || v == sq[at] && uint32(i) > uint32(index[at]) {
		return
	}
	for ; at > 0 && (sq[at-1] > v || sq[at-1] == v && uint32(index[at-1]) > uint32(i)); at-- {
		sq[at], index[at] = sq[at-1], index[at-1]
	}
	sq[at], index[at] = v, i
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
	within, _ := leafReachPlain(leaf, box, limit)
	return within
}

func leafReachPlain(leaf, box []float64, limit *[LeafLanes]float64) (within, under uint64) {
	d := len(box) / 2
	for l, most := range limit {
		s := 0.0
		for j, low := range box[:d] {
			v := leaf[j*LeafLanes+l]
			e := max(low-v, v-box[d+j], 0)
			s = math.FMA(e, e, s)
		}
		if s <= most {
			within |= 1 << l
		}
		if s < most {
			under |= 1 << l
		}
	}
	return within, under
}

func leafMergePlain(k int, some uint64, hits *[LeafLanes]uint64, out *[LeafLanes * LeafLanes]float64, number []int32, sq []float64, index []int32, limit *[LeafLanes]float64) {
	stride := LeafStride(k)
	for ; some != 0; some &= some - 1 {
		i := bits.TrailingZeros64(some)
		row := (*[LeafLanes]float64)(out[i*LeafLanes:])
		near, names := sq[i*stride:i*stride+k], index[i*stride:i*stride+k]
		for left := hits[i]; left != 0; left &= left - 1 {
			l := bits.TrailingZeros64(left)
			Insert(near, names, row[l], number[l])
		}
		limit[i] = near[k-1]
	}
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
