package cluster

import "math"

// hdbscanTree is the condensed tree: cluster 0 holds all rows, parents come before
// their children. Densities are kept as distances, 1/λ.
type hdbscanTree struct {
	parent []int32   // −1 for cluster 0
	birth  []float64 // where the cluster begins, +Inf for cluster 0
	death  []float64 // where the last rows leave it, or where it parts
	size   []float64 // rows, or their weight, at the beginning
	stable []float64 // stability
	direct []int32   // how many rows leave the cluster, not one below it
	first  []int32   // the first of them

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
	stack []int32
	parts []int32
}

// hdbscanMerge is where a merge of the dendrogram belongs: to cluster own, which it
// left as a whole at gone, or hdbscanIn, or hdbscanDone.
type hdbscanMerge struct {
	gone float64
	own  int32
}

const (
	hdbscanIn   = -1 // still in its cluster
	hdbscanDone = -2 // part of a group that has been dealt with
)

// hdbscanCondense prunes the dendrogram to clusters of at least least rows (of weight
// least where there are weights; core distances matter only then). All merges of one
// height that hang together are one: their parts leave or become clusters at once.
func hdbscanCondense(t *Tree, least float64, weights, core []float64) *hdbscanTree {
	n := t.N
	c := &hdbscanCondenser{
		hdbscanTree: &hdbscanTree{at: make([]int32, n), leaves: make([]float64, n)},
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
	c.merge[n-2].gone = hdbscanIn
	for i := n - 2; i >= 0; i-- {
		switch m := c.merge[i]; {
		case m.gone >= 0: // left as a whole
			c.drop(t.A[i], m.own, m.gone)
			c.drop(t.B[i], m.own, m.gone)
		case m.gone == hdbscanIn:
			c.part(int32(i))
		}
	}
	c.count()
	return c.hdbscanTree
}

// count fills in what rows say of clusters, and the other way round.
func (h *hdbscanTree) count() {
	n := len(h.parent)
	deepest := append([]float64(nil), h.death...) // the largest λ in and below, as a distance
	for k := n - 1; k > 0; k-- {
		deepest[h.parent[k]] = min(deepest[h.parent[k]], deepest[k])
	}
	h.direct, h.first, h.outlier = make([]int32, n), make([]int32, n), make([]float64, len(h.at))
	for i := len(h.at) - 1; i >= 0; i-- {
		k := h.at[i]
		h.direct[k]++
		h.first[k] = int32(i)
		if dist := h.leaves[i]; dist > 0 {
			h.outlier[i] = 1 - deepest[k]/dist
		}
	}
}

func (c *hdbscanCondenser) add(parent int32, birth, size float64) int32 {
	c.parent = append(c.parent, parent)
	c.birth = append(c.birth, birth)
	c.death = append(c.death, birth)
	c.size = append(c.size, size)
	c.stable = append(c.stable, 0)
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

// drop lets node leave cluster k at dist.
func (c *hdbscanCondenser) drop(node, k int32, dist float64) {
	if node < c.n {
		c.at[node], c.leaves[node] = k, dist
		return
	}
	c.merge[node-c.n] = hdbscanMerge{dist, k}
}

// keep puts node into cluster k.
func (c *hdbscanCondenser) keep(node, k int32) {
	if node < c.n { // a row of weight ≥ least
		c.drop(node, k, c.coreOf(node))
		c.end(k, c.coreOf(node), c.mass[node])
		return
	}
	c.merge[node-c.n] = hdbscanMerge{hdbscanIn, k}
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
				c.merge[node-c.n].gone = hdbscanDone
				c.stack = append(c.stack, node-c.n)
			case c.large(node, dist):
				large++
				c.parts = append(c.parts, node)
			default:
				out += c.weight(node)
				c.drop(node, k, dist)
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
