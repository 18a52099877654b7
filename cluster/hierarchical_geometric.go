package cluster

import (
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

// wardGeneric builds the tree of centroid and median linkage, where a union may be nearer
// to a third cluster than both its parts were: merges must be made in the order of their
// heights, and a height may be below the one before it (Müllner, arXiv:1109.2378, §3.1).
// Every cluster has a number that is its distance to its nearest, or, once that has been
// merged, a bound below all its distances; a heap gives the least. If that is only a
// bound, the cluster searches again, else it is merged with its nearest. The union's
// search meets every cluster within its number, and so finds those whose nearest it is.
type wardGeneric struct {
	*wardRun
	born []int32 // per place the merge that made the cluster
	seen []int32 // and that of its nearest when it was found
	heap []int32 // places, the least (dist, id) first
	at   []int32 // a place's position in the heap
	one  *wardSearch
	made int32
}

// generic merges the clusters whose means are nearest, or, for median linkage, whose
// points are: a union's is halfway between those of its parts.
func (r *hierarchicalRun) generic(median bool) error {
	kind := wardCentroid
	if median {
		kind = wardMedian
	}
	return newWardGeneric(r, kind).build()
}

func newWardGeneric(r *hierarchicalRun, kind wardKind) *wardGeneric {
	w := newWardRun(r, kind, nil)
	g := &wardGeneric{wardRun: w, born: make([]int32, w.m), seen: make([]int32, w.m), heap: seq32(w.m), at: seq32(w.m)}
	w.head, w.next = nil, nil
	g.one = newWardSearch(w)
	return g
}

func (g *wardGeneric) build() error {
	if g.live < 2 {
		return g.r.ctx.Err()
	}
	if err := g.search(seq32(g.m)); err != nil {
		return err
	}
	g.refit() // with the distances
	for i := g.live/2 - 1; i >= 0; i-- {
		g.sink(i)
	}
	for g.live > 1 {
		if err := g.r.ctx.Err(); err != nil {
			return err
		}
		p := g.heap[0]
		q := g.near[p]
		if q < 0 || g.id[q] < 0 || g.born[q] != g.seen[p] {
			g.near[p] = -1
			if err := g.look(p); err != nil {
				return err
			}
			g.sink(0)
			continue
		}
		if err := g.unite(p, q); err != nil {
			return err
		}
		if (g.m-g.live)*4 > g.m && g.m > 4*kernel.ScanTile {
			g.squeeze()
		}
	}
	return nil
}

// look searches for the nearest of one place and tells the screen.
func (g *wardGeneric) look(p int32) error {
	g.one.find([]int32{p})
	if g.near[p] < 0 {
		return wardOverflow()
	}
	g.seen[p] = g.born[g.near[p]]
	g.pack(int(p))
	return nil
}

func (g *wardGeneric) unite(p, q int32) error {
	keep, err := g.join(p, q)
	if err != nil {
		return err
	}
	g.made++
	g.born[keep] = g.made
	g.remove(p + q - keep)
	if g.live == 1 {
		return nil
	}
	g.one.slope = 1
	g.one.heard = func(j int32, v float64) {
		if v < g.dist[j] {
			g.dist[j], g.near[j], g.seen[j] = v, keep, g.made
			g.put(int(j))
			g.rise(int(g.at[j]))
		}
	}
	err = g.look(keep)
	g.one.slope, g.one.heard = 0, nil
	i := int(g.at[keep])
	g.rise(i)
	g.sink(i)
	return err
}

// squeeze drops the dead places. Those whose nearest is gone forget it.
func (g *wardGeneric) squeeze() {
	next := 0
	for i := range g.m {
		if g.id[i] < 0 {
			continue
		}
		if q := g.near[i]; q >= 0 && (g.id[q] < 0 || g.born[q] != g.seen[i]) {
			g.near[i] = -1
		}
		g.born[next], g.seen[next] = g.born[i], g.seen[i]
		next++
	}
	g.compact(g.heap)
	for i, p := range g.heap {
		g.at[p] = int32(i)
	}
}

// before says which of two places is merged first.
func (g *wardGeneric) before(p, q int32) bool {
	return g.dist[p] < g.dist[q] || g.dist[p] == g.dist[q] && g.id[p] < g.id[q]
}

// rise moves what is at position i of the heap up to where it belongs.
func (g *wardGeneric) rise(i int) {
	p := g.heap[i]
	for i > 0 {
		up := (i - 1) / 2
		if !g.before(p, g.heap[up]) {
			break
		}
		g.heap[i] = g.heap[up]
		g.at[g.heap[i]] = int32(i)
		i = up
	}
	g.heap[i], g.at[p] = p, int32(i)
}

// sink moves it down.
func (g *wardGeneric) sink(i int) {
	p := g.heap[i]
	for {
		down := 2*i + 1
		if down >= len(g.heap) {
			break
		}
		if down+1 < len(g.heap) && g.before(g.heap[down+1], g.heap[down]) {
			down++
		}
		if !g.before(g.heap[down], p) {
			break
		}
		g.heap[i] = g.heap[down]
		g.at[g.heap[i]] = int32(i)
		i = down
	}
	g.heap[i], g.at[p] = p, int32(i)
}

// remove takes a place out of the heap.
func (g *wardGeneric) remove(p int32) {
	i, last := int(g.at[p]), len(g.heap)-1
	q := g.heap[last]
	g.heap = g.heap[:last]
	if i == last {
		return
	}
	g.heap[i], g.at[q] = q, int32(i)
	g.rise(i)
	g.sink(int(g.at[q]))
}

// cutBelow returns the labels (not yet canonical) of the largest clusters in which every
// merge is at a height below h. In a tree whose heights ascend, these are the merges
// below h; where a merge is lower than one that it stands on, that one counts, as in
// SciPy's fcluster with criterion distance.
func (t *Tree) cutBelow(h float64) []int32 {
	parent, high := make([]int32, t.N+len(t.A)), make([]float64, len(t.A))
	for i := range parent {
		parent[i] = int32(i)
	}
	for i, v := range t.Height {
		for _, part := range [2]int32{t.A[i], t.B[i]} {
			if int(part) >= t.N {
				v = math.Max(v, high[int(part)-t.N])
			}
		}
		if high[i] = v; v < h {
			parent[t.A[i]], parent[t.B[i]] = int32(t.N+i), int32(t.N+i)
		}
	}
	for i := len(parent) - 1; i >= 0; i-- {
		parent[i] = parent[parent[i]]
	}
	return parent[:t.N:t.N]
}
