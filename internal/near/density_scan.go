package near

import (
	"math/bits"
	"sync/atomic"

	"github.com/mores-lab/mores/internal/kernel"
)

// treeScan is a leaf on its way through the tree.
type treeScan struct {
	*treeRun
	lo     int       // its first place
	of     []float64 // its lanes
	active uint64    // lanes that are not done
	one    int32     // a core place, where all core points of the leaf are known to be one component; else −1
	have   [leafSize]float64
	best   [leafSize]int32
	worst  int32 // the largest best of the active lanes
	hits   [leafSize]uint64
	watch  stopwatch
}

// near returns the lanes of mask that are near the box of node at.
func (s *treeScan) near(at int, mask uint64) uint64 {
	return kernel.LeafBox(s.of, s.box(at), &s.limits) & mask
}

// children returns the children of node at, the one to look at first first.
func (s *treeScan) children(at int) (int, int) {
	l, r := at+1, int(s.nodes[at].right)
	if s.lo >= int(s.nodes[r].lo) && s.lo < int(s.nodes[r].hi) {
		return r, l
	}
	if s.lo >= int(s.nodes[l].lo) && s.lo < int(s.nodes[l].hi) {
		return l, r
	}
	side := int(s.side[at])
	if v := s.of[side*leafSize]; v-s.box(l)[s.d+side] > s.box(r)[side]-v {
		return r, l
	}
	return l, r
}

// count finds which of the leaf's points are core.
func (s *treeScan) count() {
	l := s.lo / leafSize
	s.active = uint64(^s.core[l]) & (1<<min(leafSize, s.n-s.lo) - 1)
	if s.active == 0 {
		return
	}
	s.have = [leafSize]float64{}
	before := s.active
	s.counts(0, s.active)
	if s.watch.over {
		return
	}
	s.core[l] |= uint32(before &^ s.active)
}

func (s *treeScan) counts(at int, mask uint64) {
	if mask &= s.active; mask == 0 {
		return
	}
	if mask = s.near(at, mask); mask == 0 {
		return
	}
	nd := &s.nodes[at]
	if nd.right != 0 {
		a, b := s.children(at)
		s.counts(a, mask)
		s.counts(b, mask)
		return
	}
	if !s.watch.spend(leafSize * bits.OnesCount64(mask)) {
		s.active = 0
		return
	}
	mask = kernel.LeafHits(s.d, s.of, s.leaf(int(nd.lo)), mask, &s.limits, &s.hits)
	for ; mask != 0; mask &= mask - 1 {
		l := bits.TrailingZeros64(mask)
		if s.w == nil {
			s.have[l] += float64(bits.OnesCount64(s.hits[l]))
		} else {
			for m := s.hits[l]; m != 0; m &= m - 1 {
				s.have[l] += s.w[int(nd.lo)+bits.TrailingZeros64(m)]
			}
		}
		if s.have[l] >= s.o.Want {
			s.active &^= 1 << l
		}
	}
}

// connect joins the leaf's core points with each other and with those before them.
func (s *treeScan) connect() {
	if core := s.core[s.lo/leafSize]; core != 0 {
		s.one = -1
		s.connects(0, uint64(core))
	}
	s.ascend(0)
}

// ascend settles the nodes above the leaf.
func (s *treeScan) ascend(at int) {
	nd := &s.nodes[at]
	if nd.right == 0 || s.whole(at) {
		return
	}
	if s.lo < int(s.nodes[nd.right].lo) {
		s.ascend(at + 1)
	} else {
		s.ascend(int(nd.right))
	}
	s.settle(at)
}

func (s *treeScan) connects(at int, mask uint64) {
	nd := &s.nodes[at]
	first := s.first[at]
	if first < 0 || int(nd.lo) > s.lo || s.watch.over {
		return
	}
	whole := s.whole(at)
	if int(nd.lo) == s.lo && nd.right == 0 {
		s.connectSelf(at, mask, whole)
		return
	}
	if whole {
		if mask = s.apart(first, mask); mask == 0 {
			return
		}
	}
	if mask = s.near(at, mask); mask == 0 {
		return
	}
	if nd.right != 0 {
		a, b := s.children(at)
		s.connects(a, mask)
		s.connects(b, mask)
		return
	}
	s.watch.spend(leafSize * bits.OnesCount64(mask))
	mask = kernel.LeafHits(s.d, s.of, s.leaf(int(nd.lo)), mask, &s.limits, &s.hits)
	core, met := uint64(s.core[nd.lo/leafSize]), uint64(0)
	for ; mask != 0; mask &= mask - 1 {
		l := bits.TrailingZeros64(mask)
		h := s.hits[l] & core
		switch {
		case h == 0:
		case s.one >= 0:
			met |= h
		case whole:
			s.u.Unite(int32(s.lo+l), first)
		default:
			for ; h != 0; h &= h - 1 {
				s.u.Unite(int32(s.lo+l), nd.lo+int32(bits.TrailingZeros64(h)))
			}
		}
	}
	if met != 0 && whole {
		s.u.Unite(s.one, first)
		return
	}
	for ; met != 0; met &= met - 1 {
		s.u.Unite(s.one, nd.lo+int32(bits.TrailingZeros64(met)))
	}
}

// apart returns the lanes of mask that are not in the component of place p.
func (s *treeScan) apart(p int32, mask uint64) uint64 {
	root := s.u.Find(p)
	if s.one >= 0 {
		if s.u.Find(s.one) == root {
			return 0
		}
		return mask
	}
	for m := mask; m != 0; m &= m - 1 {
		if l := bits.TrailingZeros64(m); s.u.Find(int32(s.lo+l)) == root {
			mask &^= 1 << l
		}
	}
	return mask
}

// connectSelf joins the leaf's core points with each other; the leaf is node at.
func (s *treeScan) connectSelf(at int, core uint64, whole bool) {
	if !whole {
		s.watch.spend(leafSize * leafSize)
		kernel.LeafHits(s.d, s.of, s.of, core, &s.limits, &s.hits)
		for m := core; m != 0; m &= m - 1 {
			l := bits.TrailingZeros64(m)
			for h := s.hits[l] & core & (1<<l - 1); h != 0; h &= h - 1 {
				s.u.Unite(int32(s.lo+l), int32(s.lo+bits.TrailingZeros64(h)))
			}
		}
		if s.apart(s.first[at], core) != 0 {
			return
		}
		atomic.StoreUint32(&s.united[at], 1)
	}
	s.one = s.first[at]
}

// label writes the results of the leaf's points.
func (s *treeScan) label() {
	core := uint64(s.core[s.lo/leafSize])
	s.active = ^core & (1<<min(leafSize, s.n-s.lo) - 1)
	for l := range min(leafSize, s.n-s.lo) {
		s.o.Core[s.index[s.lo+l]] = core>>l&1 != 0
		s.best[l] = none
	}
	s.worst = none
	if s.o.Border && s.active != 0 {
		s.borders(0, s.active)
	}
	for m := s.active; m != 0; m &= m - 1 {
		l := bits.TrailingZeros64(m)
		if s.best[l] == none {
			s.best[l] = -1
		}
		s.o.First[s.index[s.lo+l]] = s.best[l]
	}
}

// none is larger than any point's number.
const none = 1<<31 - 1

func (s *treeScan) borders(at int, mask uint64) {
	first := s.first[at]
	if first < 0 {
		return
	}
	whole := s.united[at] != 0
	value := s.o.First[s.index[first]]
	if whole {
		if value >= s.worst {
			return
		}
		for m := mask; m != 0; m &= m - 1 {
			if l := bits.TrailingZeros64(m); s.best[l] <= value {
				mask &^= 1 << l
			}
		}
	}
	if mask == 0 {
		return
	}
	if mask = s.near(at, mask); mask == 0 {
		return
	}
	nd := &s.nodes[at]
	if nd.right != 0 {
		a, b := s.children(at)
		s.borders(a, mask)
		s.borders(b, mask)
		return
	}
	if !s.watch.spend(leafSize * bits.OnesCount64(mask)) {
		return
	}
	mask = kernel.LeafHits(s.d, s.of, s.leaf(int(nd.lo)), mask, &s.limits, &s.hits)
	core := uint64(s.core[nd.lo/leafSize])
	for ; mask != 0; mask &= mask - 1 {
		l := bits.TrailingZeros64(mask)
		h := s.hits[l] & core
		if h == 0 {
			continue
		}
		if whole {
			s.best[l] = min(s.best[l], value)
			continue
		}
		for ; h != 0; h &= h - 1 {
			s.best[l] = min(s.best[l], s.o.First[s.index[int(nd.lo)+bits.TrailingZeros64(h)]])
		}
	}
	s.worst = 0
	for m := s.active; m != 0; m &= m - 1 {
		s.worst = max(s.worst, s.best[bits.TrailingZeros64(m)])
	}
}
