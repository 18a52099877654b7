package near

import (
	"math/bits"
	"sync/atomic"

	"github.com/mores-lab/mores/internal/kernel"
)

// Connector joins flagged points that lie within a distance of each other, without
// listing anybody's neighbours. A node whose flagged points are all known to be one
// component is met as one: it is skipped by members and left after one hit by others.
type Connector struct {
	t      *Tree
	u      *Union // over places of the tree order
	flag   []bool // in tree order
	limit  float64
	first  []int32  // per node its first flagged place, −1 = none
	united []uint32 // per node 1 = its flagged points are one component; set atomically
}

// NewConnector prepares to join the points with flag (in tree order) whose squared
// distance is at most limit.
func (t *Tree) NewConnector(flag []bool, limit float64) *Connector {
	c := &Connector{t: t, u: NewUnion(t.Len()), flag: flag, limit: limit}
	c.first, c.united = make([]int32, len(t.nodes)), make([]uint32, len(t.nodes))
	for at := len(t.nodes) - 1; at >= 0; at-- {
		nd := &t.nodes[at]
		c.first[at] = -1
		if nd.right == 0 {
			for p := nd.lo; p < nd.hi && c.first[at] < 0; p++ {
				if flag[p] {
					c.first[at] = p
				}
			}
		} else if c.first[at] = c.first[at+1]; c.first[at] < 0 {
			c.first[at] = c.first[nd.right]
		}
	}
	if len(t.nodes) > 0 {
		c.small(0)
	}
	return c
}

// small unites the nodes whose box is no wider than the distance.
func (c *Connector) small(at int) {
	if c.first[at] < 0 {
		return
	}
	if c.t.Tight(at, c.limit) {
		c.uniteAll(at, c.first[at])
		return
	}
	if r := c.t.nodes[at].right; r != 0 {
		c.small(at + 1)
		c.small(int(r))
	}
}

// Tight says that any two points of node at have a squared distance of at most limit.
func (t *Tree) Tight(at int, limit float64) bool {
	return t.maxSq(t.box(at)[:t.d], at) <= limit
}

func (c *Connector) uniteAll(at int, p int32) {
	nd := &c.t.nodes[at]
	for j := nd.lo; j < nd.hi; j++ {
		if c.flag[j] {
			c.u.Unite(p, j)
		}
	}
	atomic.StoreUint32(&c.united[at], 1)
}

// Join joins the flagged points at places lo..hi with the flagged points behind them.
// Once every place has had its turn, Root gives the components.
func (c *Connector) Join(lo, hi int) {
	q := make([]float64, c.t.d)
	for p := lo; p < hi; p++ {
		if c.flag[p] {
			c.t.gather(p, q)
			c.visit(0, int32(p), q)
		}
	}
}

// Root returns the first place of the component of the point at place p.
func (c *Connector) Root(p int) int { return int(c.u.Find(int32(p))) }

// visit joins p with the flagged points behind it in node at that are near enough. It
// reports whether p is now known to be in one component with some point of the node.
func (c *Connector) visit(at int, p int32, q []float64) bool {
	t, u := c.t, c.u
	nd := &t.nodes[at]
	first := c.first[at]
	if first < 0 || nd.hi <= p+1 {
		return false
	}
	united := atomic.LoadUint32(&c.united[at]) != 0
	if united && u.Same(first, p) {
		return true
	}
	if t.minSq(q, at) > c.limit {
		return false
	}
	if t.maxSq(q, at) <= c.limit {
		if united {
			u.Unite(first, p)
		} else {
			c.uniteAll(at, p)
		}
		return true
	}
	if nd.right == 0 {
		return c.leaf(at, nd, p, q, united)
	}
	l, r := at+1, int(nd.right)
	hit := c.visit(l, p, q)
	if hit && united {
		return true
	}
	if c.visit(r, p, q) {
		hit = true
	}
	if hit && !united && c.whole(l) && c.whole(r) && (c.first[l] < 0 || c.first[r] < 0 || u.Same(c.first[l], c.first[r])) {
		atomic.StoreUint32(&c.united[at], 1)
	}
	return hit
}

func (c *Connector) whole(at int) bool {
	return c.first[at] < 0 || atomic.LoadUint32(&c.united[at]) != 0
}

func (c *Connector) leaf(at int, nd *node, p int32, q []float64, united bool) bool {
	hit, all := false, true
	root := c.u.Find(p)
	within := kernel.LeafWithin(q, c.t.leaf(int(nd.lo)), c.limit)
	for j := nd.lo; j < nd.hi; j++ {
		if !c.flag[j] {
			continue
		}
		if c.u.Find(j) == root {
			hit = true
			continue
		}
		if j > p && within>>(j-nd.lo)&1 == 1 {
			c.u.Unite(p, j)
			if united {
				return true
			}
			hit = true
			root = c.u.Find(p)
			continue
		}
		all = false
	}
	if all && hit {
		atomic.StoreUint32(&c.united[at], 1)
	}
	return hit
}

// Least returns the smallest value[i] among the flagged points i (i and flag in tree
// order) whose squared distance from q is at most the limit, or none.
func (c *Connector) Least(q []float64, value []int32, none int32) int32 {
	s := least{c, q, value, none}
	if len(c.t.nodes) > 0 {
		s.visit(0)
	}
	return s.best
}

type least struct {
	c     *Connector
	q     []float64
	value []int32
	best  int32
}

func (s *least) visit(at int) {
	c, t := s.c, s.c.t
	nd := &t.nodes[at]
	first := c.first[at]
	if first < 0 || c.united[at] != 0 && s.value[first] >= s.best || t.minSq(s.q, at) > c.limit {
		return
	}
	if nd.right == 0 {
		for m := kernel.LeafWithin(s.q, t.leaf(int(nd.lo)), c.limit); m != 0; m &= m - 1 {
			p := int(nd.lo) + bits.TrailingZeros64(m)
			if c.flag[p] && s.value[p] < s.best {
				s.best = s.value[p]
			}
		}
		return
	}
	s.visit(at + 1)
	s.visit(int(nd.right))
}
