package near

import (
	"context"
	"math"
	"sync"
	"sync/atomic"

	"github.com/mores-lab/mores/internal/kernel"
)

// screen is a float32 copy of a tree's leaves for passing over pairs of leaves that have
// nothing for each other. Coordinates are taken less the middle of the data and times a
// power of two that brings them near 1.
type screen struct {
	t      *Tree
	leaves []float32
	norm   []float64 // per place, of the float32 row
	most   float64   // the largest of them
	scale  float64
}

// newScreen copies the leaves of t. It returns nil where coordinates are so large or small
// that their squares leave the range of float64.
func (t *Tree) newScreen(workers int) *screen {
	d := t.d
	root := t.box(0)
	origin, reach := make([]float64, d), 0.0
	for j := range origin {
		origin[j] = root[j] + (root[d+j]-root[j])/2
		reach = max(reach, root[d+j]-origin[j], origin[j]-root[j])
	}
	s := &screen{t: t, scale: kernel.Scale32(reach)}
	if s.scale == 0 {
		return nil
	}
	s.leaves = kernel.Aligned32(len(t.lanes))
	s.norm = make([]float64, t.leaves()*leafSize)
	spread(t.leaves(), workers, func(lo, hi int) {
		for leaf := lo; leaf < hi; leaf++ {
			from := t.leaf(leaf * leafSize)
			to := s.leaf(leaf)
			norm := (*[leafSize]float64)(s.norm[leaf*leafSize:])
			for i, v := range from {
				f := float32((v - origin[i/leafSize]) * s.scale)
				to[i] = f
				norm[i%leafSize] += float64(f) * float64(f)
			}
			for l := range norm {
				norm[l] = math.Sqrt(norm[l])
			}
		}
	})
	for _, v := range s.norm[:t.n] {
		s.most = max(s.most, v)
	}
	return s
}

func (s *screen) leaf(leaf int) []float32 {
	size := leafSize * s.t.d
	return s.leaves[leaf*size : (leaf+1)*size : (leaf+1)*size]
}

// limit is what a float32 sum of squares (kernel.LeafScreen) is at most for all points
// whose squared distance from the point at place p is computed as at most sq.
//
// Each float32 coordinate is within u = 2⁻²⁴ of itself, or 2⁻¹⁵⁰, of the scaled one, so
// the exact distance of the float32 rows is at most √sq·scale + u·(‖p‖ + ‖other‖) +
// 2√d·2⁻¹⁵⁰; the sum is at most (1+u)^(d+2) of its square, and d·2⁻¹⁴⁹ more. The slack
// beyond these covers the roundings of float64, here too.
func (s *screen) limit(p int, sq float64) float32 {
	const u = 0x1p-24
	d := float64(s.t.d)
	r := math.Sqrt(sq)*s.scale*(1+0x1p-48) + 1.01*u*(s.norm[p]+s.most) + d*0x1p-147
	v := r*r*(1+(d+8)*u+d*d*u*u) + d*0x1p-147
	f := float32(v)
	if float64(f) < v {
		f = math.Nextafter32(f, float32(math.Inf(1)))
	}
	return f
}

// bruteGroup is how many leaves' points pass over all leaves together: a leaf that is
// read from memory once is met by 128 points.
const bruteGroup = 4

// eachBrute is eachKNN that prunes nothing: the points of a few leaves pass over all
// leaves, first in float32; what may hold a neighbour is looked at in float64. Cost
// O(n²·d), half of what eachKNN costs where nothing can be pruned; 4·d+8 bytes a point.
func (t *Tree) eachBrute(ctx context.Context, s *screen, k, workers int, emit func(p int, index []int32, sq []float64)) error {
	count := t.leaves()
	groups := (count + bruteGroup - 1) / bruteGroup
	var next atomic.Int64
	work := func() {
		var team [bruteGroup]*packet
		for i := range team {
			team[i] = t.newPacket(ctx, k)
		}
		for {
			group := int(next.Add(1)) - 1
			if group >= groups {
				return
			}
			team := team[:min(bruteGroup, count-group*bruteGroup)]
			if !s.pass(group*bruteGroup, team) {
				return
			}
			for _, w := range team {
				w.tell(emit)
			}
		}
	}
	var wg sync.WaitGroup
	for range min(workers, groups) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return ctx.Err()
}

// pass finds the neighbours of the points of the leaves from first on. Leaves are met in
// the tree's order from there, so that near ones come early and bring the limits down.
func (s *screen) pass(first int, team []*packet) bool {
	t := s.t
	var limits [bruteGroup][leafSize]float32
	for i, w := range team {
		w.begin(first + i)
		w.scan(first+i, 1<<w.m-1)
		for l := range limits[i] {
			if limits[i][l] = -1; l < w.m {
				limits[i][l] = s.limit(w.lo+l, w.limit[l])
			}
		}
	}
	count := t.leaves()
	for step := range count {
		leaf := first + step
		if leaf >= count {
			leaf -= count
		}
		to := s.leaf(leaf)
		for i, w := range team {
			if leaf == first+i {
				continue
			}
			if w.idle += leafSize * leafSize; w.idle > workLimit {
				w.look()
			}
			if w.stop {
				return false
			}
			active := kernel.LeafScreen(t.d, s.leaf(first+i), to, &limits[i])
			if active == 0 {
				continue
			}
			before := w.limit
			w.scan(leaf, active)
			for l := range w.m {
				if w.limit[l] != before[l] {
					limits[i][l] = s.limit(w.lo+l, w.limit[l])
				}
			}
		}
	}
	return true
}
