package near

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync/atomic"
)

// spanSort returns the edges in ascending (s, a, b); it may use edges as scratch. The bits
// of a positive number are ordered as it is: edges go into about as many buckets as there
// are edges, evenly over the range of those bits, and few share one.
func spanSort(edges []spanEdge, workers int) []spanEdge {
	n := len(edges)
	low, high := uint64(math.MaxUint64), uint64(0)
	for i := range edges {
		if k := math.Float64bits(edges[i].s); k > 0 {
			low, high = min(low, k), max(high, k)
		}
	}
	if n < 64 || low >= high {
		slices.SortFunc(edges, compareEdges)
		return edges
	}
	wide := min(20, bits.Len(uint(n)))
	shift := max(0, bits.Len64(high-low)-wide)
	bucket := func(e *spanEdge) uint64 {
		if k := math.Float64bits(e.s); k > 0 {
			return (k-low)>>shift + 1
		}
		return 0
	}
	start := make([]int32, bucketsOf(high-low, shift))
	for i := range edges {
		start[bucket(&edges[i])+1]++
	}
	for i := range start[1:] {
		start[i+1] += start[i]
	}
	out := make([]spanEdge, n)
	for i := range edges {
		b := bucket(&edges[i])
		out[start[b]] = edges[i]
		start[b]++
	}
	// start[b] is now the end of bucket b.
	const share = 1 << 12
	var next atomic.Int64
	spread(n, workers, func(_, _ int) {
		for {
			lo := int(next.Add(share)) - share
			if lo >= len(start) {
				return
			}
			for b := lo; b < min(lo+share, len(start)); b++ {
				from := int32(0)
				if b > 0 {
					from = start[b-1]
				}
				sortFew(out[from:start[b]])
			}
		}
	})
	return out
}

// bucketsOf is one for 0, one for each value of the shifted range, and one more for the
// running sum.
func bucketsOf(span uint64, shift int) int { return int(span>>shift) + 3 }

func sortFew(e []spanEdge) {
	if len(e) > 12 {
		slices.SortFunc(e, compareEdges)
		return
	}
	for i := 1; i < len(e); i++ {
		v := e[i]
		j := i
		for ; j > 0 && (v.s < e[j-1].s || v.s == e[j-1].s && (v.a < e[j-1].a || v.a == e[j-1].a && v.b < e[j-1].b)); j-- {
			e[j] = e[j-1]
		}
		e[j] = v
	}
}

func compareEdges(e, f spanEdge) int {
	if e.s != f.s {
		return cmp.Compare(e.s, f.s)
	}
	if e.a != f.a {
		return int(e.a) - int(f.a)
	}
	return int(e.b) - int(f.b)
}
