package cluster

import (
	"cmp"
	"slices"
)

// Canonical renumbers labels in place: clusters by size, largest first, ties by
// the smallest row; every negative label becomes −1. It returns K and, for each
// new label, the old one, so that centres can follow.
func Canonical(labels []int32) (k int, old []int32) {
	type group struct {
		old   int32
		n, at int
	}
	var gs []group
	slot := canonicalSlots(labels)
	for i, l := range labels {
		if l < 0 {
			labels[i] = Noise
			continue
		}
		g := slot(l)
		if *g == 0 {
			gs = append(gs, group{old: l, at: i})
			*g = int32(len(gs))
		}
		gs[*g-1].n++
	}
	slices.SortFunc(gs, func(a, b group) int {
		if c := cmp.Compare(b.n, a.n); c != 0 {
			return c
		}
		return cmp.Compare(a.at, b.at)
	})
	for i, g := range gs {
		*slot(g.old) = int32(i)
		old = append(old, g.old)
	}
	for i, l := range labels {
		if l >= 0 {
			labels[i] = *slot(l)
		}
	}
	return len(gs), old
}

// canonicalSlots returns a counter per label, 0 at first: in a slice where labels are
// small, as those of algorithms are, else in a map.
func canonicalSlots(labels []int32) func(int32) *int32 {
	top := int32(-1)
	for _, l := range labels {
		top = max(top, l)
	}
	if int(top) < 4*len(labels)+1024 {
		s := make([]int32, top+1)
		return func(l int32) *int32 { return &s[l] }
	}
	m := map[int32]*int32{}
	return func(l int32) *int32 {
		if m[l] == nil {
			m[l] = new(int32)
		}
		return m[l]
	}
}
