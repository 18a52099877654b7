package near

import "math"

// gridPairs is up to how many pairs of points of two cells are compared one by one.
const gridPairs = 1 << 14

// connect joins the cells with those of smaller keys in which a core point is near one of
// theirs: with those that touch them, or with the others.
func (r *gridRun) connect(s *gridScan, from, to int, touching bool) {
	for c := from; c < to && !s.w.over; c++ {
		if r.value[c] < 0 {
			continue
		}
		for i := range r.cols {
			col := &r.cols[i]
			if col.side > 0 || touching && !col.touch {
				continue
			}
			row := s.around(c, i)
			for k := range gridRows {
				if col.side == 0 && k >= gridReach {
					break
				}
				touches := col.touch && k > 0 && k < gridRows-1
				at := row[k]
				if touches != touching || at == row[k+1] || r.value[at] < 0 || r.u.Same(int32(c), at) {
					continue
				}
				off := col.off
				off[r.d-1] = k
				if r.joined(s, c, int(at), off) {
					r.u.Unite(int32(c), at)
				}
				if s.w.over {
					return
				}
			}
			s.w.spend(1)
		}
	}
}

// joined says whether a core point of cell a is near one of cell b, which is at off.
func (r *gridRun) joined(s *gridScan, a, b int, off [GridDims]int) bool {
	if r.start[a+1]-r.start[a] > r.start[b+1]-r.start[b] {
		a, b = b, a
		for j := range r.d {
			off[j] = gridRows - 1 - off[j]
		}
	}
	lo, hi := int(r.start[a]), int(r.start[a+1])
	many := (hi-lo)*int(r.start[b+1]-r.start[b]) > gridPairs
	from := s.from[:0]
	for p := lo; p < hi; p++ {
		if r.core[p] == 0 || !r.faces(p, off) {
			continue
		}
		if many {
			from = append(from, int32(p))
		} else if r.meets(s, p, b) {
			return true
		}
	}
	if s.from = from; len(from) == 0 {
		return false
	}
	for j := range r.d {
		off[j] = gridRows - 1 - off[j]
	}
	to := s.to[:0]
	for p := int(r.start[b]); p < int(r.start[b+1]); p++ {
		if r.core[p] != 0 && r.faces(p, off) {
			to = append(to, int32(p))
		}
	}
	s.to = to
	return len(to) > 0 && r.closer(s, from, to)
}

// faces says whether place p can be near a point of the cell at off from its own.
func (r *gridRun) faces(p int, off [GridDims]int) bool {
	sum := 0.0
	for j := range r.d {
		f := (r.x[j*r.stride+p] - r.low[j]) * r.inv
		f -= float64(int64(f))
		switch o := off[j] - gridReach; {
		case o > 0:
			f = float64(o) - f
		case o < 0:
			f -= float64(o + 1)
		default:
			f = 0
		}
		sum += f * f
	}
	return sum <= r.reach
}

// closer says whether a place of a is near one of b: two boxes that are near are halved,
// the larger first, and the nearer half is looked at first. The places change their order.
func (r *gridRun) closer(s *gridScan, a, b []int32) bool {
	if len(a)*len(b) <= 1<<10 {
		for _, p := range a {
			for _, q := range b {
				if r.hits(int(p), int(q), int(q)+1) != 0 {
					return true
				}
			}
		}
		s.w.spend(len(a) * len(b))
		return false
	}
	if !s.w.spend(len(a) + len(b)) {
		return false
	}
	ba, bb := r.box(a), r.box(b)
	if boxesSq(&ba, &bb, r.d) > r.limit {
		return false
	}
	side, wa := ba.widest(r.d)
	if sb, wb := bb.widest(r.d); wb > wa {
		a, b, ba, bb, side = b, a, bb, ba, sb
	}
	left, right := r.halve(a, &ba, side)
	if len(left) == 0 || len(right) == 0 { // all in one spot, and so are those of b
		return r.hits(int(a[0]), int(b[0]), int(b[0])+1) != 0
	}
	bl, br := r.box(left), r.box(right)
	if boxesSq(&br, &bb, r.d) < boxesSq(&bl, &bb, r.d) {
		left, right = right, left
	}
	return r.closer(s, left, b) || r.closer(s, right, b)
}

// gridBox is the least and the largest value of each column.
type gridBox struct{ low, high [GridDims]float64 }

func (b *gridBox) widest(d int) (side int, width float64) {
	for j := range d {
		if w := b.high[j] - b.low[j]; w > width {
			side, width = j, w
		}
	}
	return side, width
}

func (r *gridRun) box(places []int32) (b gridBox) {
	for j := range r.d {
		lo, hi := math.Inf(1), math.Inf(-1)
		x := r.x[j*r.stride:]
		for _, p := range places {
			lo, hi = min(lo, x[p]), max(hi, x[p])
		}
		b.low[j], b.high[j] = lo, hi
	}
	return b
}

// boxesSq is the squared distance of two boxes, in the order of the points' own, so that
// no pair of their points is computed to be nearer.
func boxesSq(a, b *gridBox, d int) float64 {
	s := 0.0
	for j := range d {
		e := max(0, a.low[j]-b.high[j], b.low[j]-a.high[j])
		s = math.FMA(e, e, s)
	}
	return s
}

// halve puts the places below the middle of the box's side first.
func (r *gridRun) halve(places []int32, b *gridBox, side int) (left, right []int32) {
	x := r.x[side*r.stride:]
	mid := b.low[side] + (b.high[side]-b.low[side])/2
	n := 0
	for i, p := range places {
		if x[p] < mid {
			places[i], places[n] = places[n], p
			n++
		}
	}
	if n == 0 { // mid is the lower bound itself: no number lies between
		for i, p := range places {
			if x[p] <= mid {
				places[i], places[n] = places[n], p
				n++
			}
		}
	}
	return places[:n], places[n:]
}
