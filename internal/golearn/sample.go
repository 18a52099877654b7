package golearn

import (
	"cmp"
	"math"
	"slices"
)

// sample is what a tree is grown on: rows of the fitted half, each value replaced by the
// number of its bin.
type sample struct {
	columns []int       // of x, the most telling first
	cuts    [][]float64 // of each of columns; bin b ≥ 1 is (cuts[b−2], cuts[b−1]], bin 0 a missing value
	codes   [][]int     // by row
	class   []int       // by row: the segment; classes − 1 is none
	classes int
}

// sample takes the first rows in the order of hashes and cuts columns at their quantiles.
func (r *fidelity) sample(bins int) *sample {
	rows := r.fit[:min(len(r.fit), r.opt.MaxRows)]
	s := &sample{classes: r.k + 1}
	for _, i := range rows {
		s.class = append(s.class, r.class(i))
	}
	type column struct {
		j     int
		cuts  []float64
		codes []int
		gain  float64
	}
	var cols []column
	for _, j := range r.opt.Columns {
		var known []float64
		for _, i := range rows {
			if v := r.row(i)[j]; v == v {
				known = append(known, v)
			}
		}
		slices.Sort(known)
		c := column{j: j, cuts: quantiles(known, bins)}
		for _, i := range rows {
			c.codes = append(c.codes, code(r.row(i)[j], c.cuts))
		}
		if c.gain = gain(c.codes, s.class, len(c.cuts)+2, s.classes); c.gain > 0 {
			cols = append(cols, c)
		}
	}
	slices.SortStableFunc(cols, func(a, b column) int { return cmp.Compare(b.gain, a.gain) })
	cols = cols[:min(len(cols), treeColumns)]
	s.codes = make([][]int, len(rows))
	for _, c := range cols {
		s.columns, s.cuts = append(s.columns, c.j), append(s.cuts, c.cuts)
		for at, v := range c.codes {
			s.codes[at] = append(s.codes[at], v)
		}
	}
	return s
}

// quantiles returns cuts between sorted values, each with some on either side.
func quantiles(sorted []float64, bins int) []float64 {
	var out []float64
	for b := 1; b < bins; b++ {
		at := b * len(sorted) / bins
		if at == 0 {
			continue
		}
		if t := sorted[at-1]; t < sorted[len(sorted)-1] && (len(out) == 0 || t > out[len(out)-1]) {
			out = append(out, t)
		}
	}
	return out
}

// code is one more than the number of cuts below v; 0 for a missing value.
func code(v float64, cuts []float64) int {
	if v != v {
		return 0
	}
	i, _ := slices.BinarySearch(cuts, v) // v == cuts[i] lies in the bin below
	return i + 1
}

// gain is what a column's bins tell about the classes, in bits: H(class) − H(class | bin).
func gain(codes, class []int, bins, classes int) float64 {
	counts, all := make([][]int, bins), make([]int, classes)
	for b := range counts {
		counts[b] = make([]int, classes)
	}
	for i, b := range codes {
		counts[b][class[i]]++
		all[class[i]]++
	}
	return informationGain(all, counts)
}

// informationGain is the entropy of counts less that of its parts.
func informationGain(all []int, parts [][]int) float64 {
	entropy := func(counts []int) (bits float64, n int) {
		for _, c := range counts {
			n += c
		}
		for _, c := range counts {
			if c > 0 {
				p := float64(c) / float64(n)
				bits -= p * math.Log2(p)
			}
		}
		return bits, n
	}
	out, n := entropy(all)
	for _, part := range parts {
		if bits, m := entropy(part); m > 0 {
			out -= bits * float64(m) / float64(n)
		}
	}
	return out
}

// mode is the most frequent class, the first of equals.
func mode(counts []int) int {
	at := 0
	for c, n := range counts {
		if n > counts[at] {
			at = c
		}
	}
	return at
}
