package golearn

import (
	"cmp"
	"math"
	"slices"
)

// sample is what a tree of one segment is grown on: rows of the fitted half, each
// value replaced by the number of its bin.
type sample struct {
	columns []int       // of x, the best first
	cuts    [][]float64 // of each of columns; bin b is (cuts[b−1], cuts[b]]
	whole   []bool
	codes   [][]float64 // by row: bins, −1 = missing
	own     []bool      // by row: belongs to the segment
	// ownShare is the segment's share of the fitted half, which the sample's rows do
	// not have.
	ownShare float64
}

// sample takes the segment's first rows, and the others', in the order of hashes.
func (r *rules) sample(g int32) *sample {
	var rows []int
	s := &sample{ownShare: float64(r.sizes[g]) / float64(len(r.fit))}
	left := [2]int{r.opt.MaxRows / 2, r.opt.MaxRows - min(r.opt.MaxRows/2, r.sizes[g])}
	for _, i := range r.fit {
		side := 1
		if r.labels[i] == g {
			side = 0
		}
		if left[side] > 0 {
			left[side]--
			rows, s.own = append(rows, i), append(s.own, side == 0)
		}
	}
	type column struct {
		j     int
		cuts  []float64
		codes []float64
		gain  float64
	}
	var cols []column
	for _, j := range r.opt.Columns {
		var sides [2][]float64
		for at, i := range rows {
			side := 1
			if s.own[at] {
				side = 0
			}
			if v := r.row(i)[j]; v == v {
				sides[side] = append(sides[side], v)
			}
		}
		slices.Sort(sides[0])
		slices.Sort(sides[1])
		c := column{j: j, cuts: cuts(sides[0], sides[1], r.whole[j])}
		known := len(sides[0]) + len(sides[1])
		if len(c.cuts) == 0 && (known == 0 || known == len(rows)) {
			continue
		}
		c.codes = make([]float64, len(rows))
		for at, i := range rows {
			c.codes[at] = code(r.row(i)[j], c.cuts)
		}
		c.gain = gain(c.codes, s.own, len(c.cuts)+1)
		cols = append(cols, c)
	}
	slices.SortStableFunc(cols, func(a, b column) int { return cmp.Compare(b.gain, a.gain) })
	cols = cols[:min(len(cols), treeColumns)]
	flat := make([]float64, len(rows)*len(cols))
	s.codes = make([][]float64, len(rows))
	for at := range rows {
		s.codes[at] = flat[at*len(cols) : (at+1)*len(cols)]
	}
	for f, c := range cols {
		s.columns, s.cuts, s.whole = append(s.columns, c.j), append(s.cuts, c.cuts), append(s.whole, r.whole[c.j])
		for at, v := range c.codes {
			s.codes[at][f] = v
		}
	}
	return s
}

// code is the number of cuts below v; −1 for a missing value.
func code(v float64, cuts []float64) float64 {
	if v != v {
		return -1
	}
	i, _ := slices.BinarySearch(cuts, v) // v == cuts[i] lies in bin i
	return float64(i)
}

// gain is the greatest difference that one cut of a column makes between the shares
// of the segment and of the others below it (Youden 1950).
func gain(codes []float64, own []bool, bins int) float64 {
	var counts [2][]int
	counts[0], counts[1] = make([]int, bins+1), make([]int, bins+1)
	var n [2]float64
	for i, c := range codes {
		side := 1
		if own[i] {
			side = 0
		}
		counts[side][int(c)+1]++
		n[side]++
	}
	best, below := 0.0, [2]float64{}
	for b := range bins {
		below[0] += float64(counts[0][b])
		below[1] += float64(counts[1][b])
		best = max(best, math.Abs(below[0]/n[0]-below[1]/n[1]))
	}
	return best
}

// box is a part of the space of bins: lo ≤ code ≤ hi for each of its sides.
type box []side

type side struct {
	feature int // of the sample
	lo, hi  int // bins; 0 at least, since what is missing meets no condition
}

// with returns the box cut further at feature.
func (b box) with(feature, lo, hi int) box {
	out := slices.Clone(b)
	for i, s := range out {
		if s.feature == feature {
			out[i].lo, out[i].hi = max(s.lo, lo), min(s.hi, hi)
			return out
		}
	}
	return append(out, side{feature, lo, hi})
}

func (b box) holds(codes []float64) bool {
	for _, s := range b {
		if c := int(codes[s.feature]); c < s.lo || c > s.hi {
			return false
		}
	}
	return true
}

// best returns the box with the highest F1 at the segment's true share, a shorter
// one where it is nearly as good; nil if none covers anyone of the segment.
func (s *sample) best(boxes []box) box {
	var out box
	score := 0.0
	for _, b := range boxes {
		var n, in [2]float64
		for i, codes := range s.codes {
			side := 1
			if s.own[i] {
				side = 0
			}
			n[side]++
			if b.holds(codes) {
				in[side]++
			}
		}
		if in[0] == 0 {
			continue
		}
		recall, others := in[0]/n[0], in[1]/n[1]
		precision := recall * s.ownShare / (recall*s.ownShare + others*(1-s.ownShare))
		f1 := 2 * precision * recall / (precision + recall)
		if v := f1 - simpler*float64(len(b)-1); out == nil || v > score {
			out, score = b, v
		}
	}
	return out
}

// conditions writes a box in the columns' own units, by column.
func (s *sample) conditions(b box) []Condition {
	var out []Condition
	for _, d := range b {
		c := Condition{Column: s.columns[d.feature], Lo: math.Inf(-1), Hi: math.Inf(1), Whole: s.whole[d.feature]}
		if d.lo > 0 {
			c.Lo = s.cuts[d.feature][d.lo-1]
		}
		if d.hi < len(s.cuts[d.feature]) {
			c.Hi = s.cuts[d.feature][d.hi]
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Condition) int { return cmp.Compare(a.Column, b.Column) })
	return out
}
