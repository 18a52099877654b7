package cluster

import (
	"context"
	"math"
)

// hdbscanTree is the condensed tree: cluster 0 holds all rows, parents come before
// their children. Densities are kept as distances, 1/λ.
type hdbscanTree struct {
	parent []int32   // −1 for cluster 0
	birth  []float64 // where the cluster begins, +Inf for cluster 0
	death  []float64 // where the last rows leave it, or where it parts
	size   []float64 // rows, or their weight, at the beginning
	stable []float64 // stability
	direct []int32   // how many rows leave the cluster, not one below it

	at      []int32   // per row: the cluster that it leaves
	leaves  []float64 // per row: the distance at which it does
	outlier []float64 // per row: GLOSH
}

// hdbscanCondenser walks down a dendrogram.
type hdbscanCondenser struct {
	*hdbscanTree
	t     *Tree
	n     int32
	least float64
	mass  []float64 // per node: its weight; nil = its size
	core  []float64 // with mass: core distances; nil = 0
	merge []hdbscanMerge
	heavy []int32 // rows of weight ≥ least, each followed by the cluster that it is in the end
	stack []int32
	parts []int32
}

// hdbscanMerge is where a merge of the dendrogram belongs: to cluster own, which it
// left as a whole with merge from, or hdbscanIn, or hdbscanDone.
type hdbscanMerge struct{ own, from int32 }

const (
	hdbscanIn   = -1 // still in its cluster
	hdbscanDone = -2 // part of a group that has been dealt with
)

// hdbscanCondense prunes the dendrogram to clusters of at least least rows (of weight
// least where there are weights; core distances matter only then). All merges of one
// height that hang together are one: their parts leave or become clusters at once.
func hdbscanCondense(t *Tree, least float64, weights, core []float64, workers int) *hdbscanTree {
	n := t.N
	c := &hdbscanCondenser{
		hdbscanTree: &hdbscanTree{at: make([]int32, n), leaves: make([]float64, n), outlier: make([]float64, n)},
		t:           t, n: int32(n), least: least, core: core,
		merge: make([]hdbscanMerge, n-1),
	}
	total := float64(n)
	if weights != nil {
		c.mass = make([]float64, 2*n-1)
		copy(c.mass, weights)
		for i := range t.A {
			c.mass[n+i] = c.mass[t.A[i]] + c.mass[t.B[i]]
		}
		total = c.mass[2*n-2]
	}
	c.add(-1, math.Inf(1), total)
	c.merge[n-2].from = hdbscanIn
	for i := n - 2; i >= 0; i-- {
		switch m := c.merge[i]; {
		case m.from >= 0: // left as a whole
			if a := t.A[i] - c.n; a >= 0 {
				c.merge[a] = m
			}
			if b := t.B[i] - c.n; b >= 0 {
				c.merge[b] = m
			}
		case m.from == hdbscanIn:
			c.part(int32(i))
		}
	}
	c.place(workers)
	return c.hdbscanTree
}

// place tells rows what their merges know: most of the work, and nothing that one row's
// place has to do with another's.
func (c *hdbscanCondenser) place(workers int) {
	deepest := append([]float64(nil), c.death...) // the largest λ in and below, as a distance
	for k := len(deepest) - 1; k > 0; k-- {
		deepest[c.parent[k]] = min(deepest[c.parent[k]], deepest[k])
	}
	put := func(row, k int32, dist float64) {
		c.at[row], c.leaves[row] = k, dist
		if dist > 0 {
			c.outlier[row] = 1 - deepest[k]/dist
		}
	}
	_ = newBlocks(len(c.merge)).each(context.Background(), workers, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			a, b := c.t.A[i], c.t.B[i]
			if a >= c.n && b >= c.n {
				continue
			}
			m := c.merge[i]
			dist := c.t.Height[i]
			if m.from >= 0 {
				dist = c.t.Height[m.from]
			}
			if a < c.n {
				put(a, m.own, dist)
			}
			if b < c.n {
				put(b, m.own, dist)
			}
		}
	})
	for i := 0; i < len(c.heavy); i += 2 {
		row := c.heavy[i]
		c.outlier[row] = 0
		put(row, c.heavy[i+1], c.coreOf(row))
	}
}

func (c *hdbscanCondenser) add(parent int32, birth, size float64) int32 {
	c.parent = append(c.parent, parent)
	c.birth = append(c.birth, birth)
	c.death = append(c.death, birth)
	c.size = append(c.size, size)
	c.stable = append(c.stable, 0)
	c.direct = append(c.direct, 0)
	return int32(len(c.parent) - 1)
}

func (c *hdbscanCondenser) weight(node int32) float64 {
	switch {
	case c.mass != nil:
		return c.mass[node]
	case node < c.n:
		return 1
	}
	return float64(c.t.Size[node-c.n])
}

// large says that node is a cluster below dist. A row of weight w is w rows that hang
// together down to their core distance.
func (c *hdbscanCondenser) large(node int32, dist float64) bool {
	if node >= c.n {
		return c.weight(node) >= c.least
	}
	return c.mass != nil && c.mass[node] >= c.least && dist > c.coreOf(node)
}

func (c *hdbscanCondenser) coreOf(row int32) float64 {
	if c.core == nil {
		return 0
	}
	return c.core[row]
}

// keep puts node into cluster k.
func (c *hdbscanCondenser) keep(node, k int32) {
	if node < c.n { // a row of weight ≥ least
		c.heavy = append(c.heavy, node, k)
		c.direct[k]++
		c.end(k, c.coreOf(node), c.mass[node])
		return
	}
	c.merge[node-c.n] = hdbscanMerge{k, hdbscanIn}
}

// end lets the weight w leave cluster k at dist.
func (c *hdbscanCondenser) end(k int32, dist, w float64) {
	c.death[k] = dist
	since := 1 / c.birth[k]
	if w > 0 && !math.IsInf(since, 1) {
		c.stable[k] += (1/dist - since) * w
	}
}

// part takes the merges that hang together with merge i at one height apart.
func (c *hdbscanCondenser) part(i int32) {
	t, k := c.t, c.merge[i].own
	dist := t.Height[i]
	c.stack, c.parts = append(c.stack[:0], i), c.parts[:0]
	large, out := 0, 0.0
	for len(c.stack) > 0 {
		m := c.stack[len(c.stack)-1]
		c.stack = c.stack[:len(c.stack)-1]
		for _, node := range [2]int32{t.A[m], t.B[m]} {
			switch {
			case node >= c.n && t.Height[node-c.n] == dist:
				c.merge[node-c.n] = hdbscanMerge{k, hdbscanDone}
				c.stack = append(c.stack, node-c.n)
			case c.large(node, dist):
				large++
				c.parts = append(c.parts, node)
			case node < c.n:
				out += c.weight(node)
				c.direct[k]++
			default:
				out += c.weight(node)
				c.direct[k] += t.Size[node-c.n]
				c.merge[node-c.n] = hdbscanMerge{k, i}
			}
		}
	}
	if large == 1 {
		if out > 0 {
			c.end(k, dist, out)
		}
		c.keep(c.parts[0], k)
		return
	}
	for _, node := range c.parts {
		out += c.weight(node)
	}
	c.end(k, dist, out)
	for _, node := range c.parts {
		c.keep(node, c.add(k, dist, c.weight(node)))
	}
}
