package near

import (
	"context"
	"math"
	"math/bits"
)

// crowded says that a whole leaf lies in one place. Where many points do, edges that tie
// grow with the square of their number.
func (t *Tree) crowded() bool {
	for at := range t.nodes {
		nd := &t.nodes[at]
		if nd.hi-nd.lo < leafSize || nd.right != 0 {
			continue
		}
		box, one := t.box(at), true
		for j := range t.d {
			one = one && box[j] == box[t.d+j]
		}
		if one {
			return true
		}
	}
	return false
}

// spanTwins takes the points of one place as one. The shortest edges of each of them are
// those to its twins, and of these the one to the twin with the smallest number comes
// first: so each place is a star around that twin, which also has the place's first claim
// to every other edge. It returns nil where distances between places vanish.
func spanTwins(ctx context.Context, t *Tree, minSamples, workers int) (*Spanning, error) {
	n, d := t.n, t.d
	first, place := t.places()
	rows, twins := make([]float64, 0, len(first)*d), make([]int32, len(first))
	for _, i := range first {
		rows = append(rows, t.x[int(i)*d:int(i)*d+d]...)
	}
	for _, u := range place {
		twins[u]++
	}
	r := newSpanRun(ctx, New(rows, d, workers), workers)
	r.twins = twins
	if err := r.neighbours(minSamples); err != nil {
		return nil, err
	}
	for p := 0; p < len(r.nearSq); p += r.k {
		if r.nearSq[p] == 0 { // places so near that squares vanish: twins are not all that tie
			return nil, nil
		}
	}
	if err := r.boruvka(); err != nil {
		return nil, err
	}
	edges := make([]spanEdge, 0, n-1)
	for _, e := range r.edges {
		e.a, e.b = first[e.a], first[e.b]
		edges = append(edges, e)
	}
	var core []float64
	if minSamples > 1 {
		core = make([]float64, n)
	}
	for i, u := range place {
		if core != nil {
			core[i] = r.cores[u]
		}
		if first[u] != int32(i) {
			e := spanEdge{a: first[u], b: int32(i)}
			if r.mutual {
				e.s = core[i]
			}
			edges = append(edges, e)
		}
	}
	return spanning(n, minSamples, edges, core, r.how, workers), nil
}

// places numbers the distinct rows in the order in which they first occur: first is where,
// and place the one of each row.
func (t *Tree) places() (first, place []int32) {
	n, d := t.n, t.d
	mask := uint64(1)<<bits.Len(uint(2*n)) - 1
	table := make([]int32, mask+1) // numbers of places, from 1
	place = make([]int32, n)
	for i := range n {
		row := t.x[i*d : i*d+d]
		h := uint64(0)
		for _, v := range row {
			h = (h ^ math.Float64bits(v+0)) * 0x9e3779b97f4a7c15 // −0 + 0 is 0
			h ^= h >> 29
		}
		for at := h & mask; ; at = (at + 1) & mask {
			u := table[at] - 1
			if u < 0 {
				table[at] = int32(len(first)) + 1
				place[i] = int32(len(first))
				first = append(first, int32(i))
				break
			}
			if f := int(first[u]); sameRow(t.x[f*d:f*d+d], row) {
				place[i] = u
				break
			}
		}
	}
	return first, place
}

func sameRow(a, b []float64) bool {
	for j, v := range a {
		if v != b[j] {
			return false
		}
	}
	return true
}
