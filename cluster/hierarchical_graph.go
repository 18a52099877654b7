package cluster

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

// ConnectedTree builds the merge tree in which only clusters that an edge joins are
// merged: what scikit-learn's AgglomerativeClustering builds with that connectivity. An
// edge is a pair of rows; direction and repetition mean nothing. Parts that no edge joins
// are joined by an edge between the two nearest rows of each two of them. Between clusters
// that several edges join, complete linkage takes the largest of their lengths, average
// and weighted linkage average them as they would distances, single takes the least; ward
// is what it is. Merges stand in the order they are made in, and a height may be below the
// one before. Cost O(m log m) for m edges, those that unions inherit included.
func (a *Agglomerative) ConnectedTree(ctx context.Context, x *features.Matrix, run Run, edges [][2]int32) (*Tree, error) {
	b := *a
	b.NClusters, b.DistanceThreshold, b.CutBy = 1, nil, ""
	if err := b.check(x, run); err != nil {
		return nil, err
	}
	if !slices.Contains(graphLinkages, a.Linkage) {
		return nil, badGraphLinkage(a.Linkage)
	}
	n, _ := x.Dims()
	for i, e := range edges {
		if e[0] < 0 || e[1] < 0 || int(e[0]) >= n || int(e[1]) >= n {
			return nil, &DataError{"hierarchical", fmt.Sprintf("edge %d joins rows %d and %d of %d (counted from 0)", i+1, e[0], e[1], n)}
		}
	}
	run, _, err := run.onMetric("hierarchical", a.Metric, x)
	if err != nil {
		return nil, err
	}
	r := newHierarchicalRun(ctx, x, run)
	defer r.team.close()
	return r.onGraph(a.Linkage, edges)
}

var graphLinkages = []string{"ward", "complete", "average", "weighted", "single"}

func badGraphLinkage(name string) error {
	return &OptionError{"hierarchical", "linkage", name, "on a graph (connectivity) take ward, complete, average, weighted or single"}
}

// neighbourEdges joins each row with the k rows nearest to it.
func (r *hierarchicalRun) neighbourEdges(k int) ([][2]int32, error) {
	edges := make([][2]int32, 0, r.n*k)
	if r.run.Space == nil {
		tree, err := sharedTree(r.x, r.run)
		if err != nil {
			return nil, err
		}
		g, err := tree.KNNAll(r.ctx, k, r.run.workers())
		if err != nil {
			return nil, err
		}
		for i := range r.n {
			for _, j := range g.Index[i*k : (i+1)*k] {
				edges = append(edges, [2]int32{int32(i), j})
			}
		}
		return edges, nil
	}
	near := make([]int32, r.n*k)
	err := parallel(r.ctx, r.run.workers(), r.n, func(i int) {
		dist, order := make([]float64, r.n), seq32(r.n)
		rows(r.run.Space, i, dist)
		dist[i] = math.Inf(1)
		slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(dist[a], dist[b]), cmp.Compare(a, b)) })
		copy(near[i*k:(i+1)*k], order)
	})
	for at, j := range near {
		edges = append(edges, [2]int32{int32(at / k), j})
	}
	return edges, err
}

// graphRun merges along the edges of a graph. Nodes are numbered as in the tree.
type graphRun struct {
	r       *hierarchicalRun
	linkage string
	next    [][]graphLink // a living node's neighbours in order, among them some that were merged
	size    []float64     // 0 = merged
	sum     []float64     // ward: of the rows
	row     []int32       // one of a node
	heap    graphHeap
}

// graphLink leads to a node.
type graphLink struct {
	length float64
	to     int32
}

// graphEdge joins node a and an earlier node b.
type graphEdge struct {
	length float64
	a, b   int32
}

type graphHeap []graphEdge

func (h graphHeap) Len() int { return len(h) }
func (h graphHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].length, h[j].length), cmp.Compare(h[i].a, h[j].a), cmp.Compare(h[i].b, h[j].b)) < 0
}
func (h graphHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *graphHeap) Push(e any)   { *h = append(*h, e.(graphEdge)) }
func (h *graphHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	*h = (*h)[:last]
	return e
}

func (r *hierarchicalRun) onGraph(linkage string, edges [][2]int32) (*Tree, error) {
	joins, parts, err := r.complete(edges)
	if err != nil {
		return nil, err
	}
	n := r.n
	g := &graphRun{r: r, linkage: linkage, next: make([][]graphLink, n, 2*n-1), size: make([]float64, n, 2*n-1), row: make([]int32, n, 2*n-1)}
	if linkage == "ward" {
		g.sum = make([]float64, 0, (2*n-1)*r.d)
		g.sum = append(g.sum, r.x.Data()...)
	}
	for i := range n {
		g.size[i], g.row[i] = 1, int32(i)
	}
	all := make([][2]int32, 0, len(edges)+len(joins)) // the later row first
	for _, part := range [2][][2]int32{edges, joins} {
		for _, e := range part {
			if e[0] != e[1] {
				all = append(all, [2]int32{max(e[0], e[1]), min(e[0], e[1])})
			}
		}
	}
	slices.SortFunc(all, func(a, b [2]int32) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	all = slices.Compact(all)
	degree := make([]int32, n)
	for _, e := range all {
		degree[e[0]]++
		degree[e[1]]++
	}
	links := make([]graphLink, 2*len(all))
	for i, c := range degree {
		g.next[i], links = links[:0:c], links[c:]
	}
	g.heap = make(graphHeap, 0, len(all))
	for _, e := range all { // in order: earlier neighbours first, then later ones
		v := g.between(e[0], e[1])
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, wardOverflow()
		}
		g.next[e[0]] = append(g.next[e[0]], graphLink{v, e[1]})
		g.next[e[1]] = append(g.next[e[1]], graphLink{v, e[0]})
		g.heap = append(g.heap, graphEdge{v, e[0], e[1]})
	}
	heap.Init(&g.heap)
	if err := g.run(); err != nil {
		return nil, err
	}
	t := r.found()
	if parts > 1 {
		t.notes = append(t.notes, fmt.Sprintf("hierarchical: the graph has %d parts: each two are joined by an edge between their nearest rows", parts))
	}
	return t, nil
}

// between is the length of an edge: a distance, for ward half the squared height.
func (g *graphRun) between(a, b int32) float64 {
	if g.linkage != "ward" {
		if s := g.r.run.Space; s != nil {
			return s.Dist(int(a), int(b))
		}
		return math.Sqrt(kernel.Sq64(g.r.x.Row(int(a)), g.r.x.Row(int(b))))
	}
	d := g.r.d
	p, q, s := g.size[a], g.size[b], 0.0
	u, v := g.sum[int(a)*d:int(a+1)*d], g.sum[int(b)*d:int(b+1)*d]
	for j := range u {
		t := u[j]/p - v[j]/q
		s += t * t
	}
	return p * q / (p + q) * s
}

func (g *graphRun) run() error {
	for made := 0; made < g.r.n-1; {
		if made%64 == 0 && g.r.ctx.Err() != nil {
			return g.r.ctx.Err()
		}
		e := heap.Pop(&g.heap).(graphEdge)
		if g.size[e.a] == 0 || g.size[e.b] == 0 {
			continue
		}
		height := e.length
		if g.linkage == "ward" {
			height = math.Sqrt(2 * height)
		}
		g.r.join(g.row[e.a], g.row[e.b], height)
		g.unite(e.a, e.b)
		made++
	}
	return g.r.ctx.Err()
}

// unite makes the next node of nodes a and b.
func (g *graphRun) unite(a, b int32) {
	k := int32(len(g.next))
	p, q := g.size[a], g.size[b]
	from, also := g.next[a], g.next[b]
	if g.sum != nil {
		d := int32(g.r.d)
		for j := range d {
			g.sum = append(g.sum, g.sum[a*d+j]+g.sum[b*d+j])
		}
	}
	g.size, g.row = append(g.size, p+q), append(g.row, g.row[b])
	g.size[a], g.size[b], g.next[a], g.next[b] = 0, 0, nil, nil

	both := make([]graphLink, 0, len(from)+len(also))
	for len(from) > 0 || len(also) > 0 {
		var l graphLink
		switch {
		case len(also) == 0 || len(from) > 0 && from[0].to < also[0].to:
			l, from = from[0], from[1:]
		case len(from) == 0 || also[0].to < from[0].to:
			l, also = also[0], also[1:]
		default:
			l = graphLink{g.merged(from[0].length, also[0].length, p, q), also[0].to}
			from, also = from[1:], also[1:]
		}
		if g.size[l.to] > 0 {
			both = append(both, l)
		}
	}
	g.next = append(g.next, both)
	for i, l := range both {
		if g.sum != nil {
			l.length = g.between(k, l.to)
			both[i] = l
		}
		to := g.next[l.to]
		if len(to) == cap(to) { // before it grows: without those that were merged
			to = slices.DeleteFunc(to, func(o graphLink) bool { return g.size[o.to] == 0 })
		}
		g.next[l.to] = append(to, graphLink{l.length, k})
		heap.Push(&g.heap, graphEdge{l.length, k, l.to})
	}
}

// merged is the length of two edges from a union's parts, of p and q rows, to one node.
func (g *graphRun) merged(u, v, p, q float64) float64 {
	switch g.linkage {
	case "complete":
		return max(u, v)
	case "average":
		return (p*u + q*v) / (p + q)
	case "weighted":
		return (u + v) / 2
	}
	return min(u, v)
}

// graphParts is how many parts of a graph are joined at most: 12 bytes a pair of them.
const graphParts = 4096

// complete finds the parts that no edge joins and, for each two of them, the two rows
// that are nearest; ties to the first. Cost O(n²d) where there is more than one.
func (r *hierarchicalRun) complete(edges [][2]int32) (joins [][2]int32, parts int, err error) {
	n := r.n
	root := seq32(n)
	find := func(i int32) int32 {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	for _, e := range edges {
		a, b := find(e[0]), find(e[1])
		root[max(a, b)] = min(a, b)
	}
	part := make([]int32, n)
	for i := range n {
		if find(int32(i)) == int32(i) {
			part[i] = int32(parts)
			parts++
		}
	}
	if parts == 1 {
		return nil, 1, nil
	}
	if parts > graphParts {
		return nil, 0, &DataError{"hierarchical", fmt.Sprintf("the graph has %d parts, and every two would be joined: give more edges (a larger connectivity), so that there are at most %d", parts, graphParts)}
	}
	for i := range n {
		part[i] = part[find(int32(i))]
	}
	best := make([]float64, parts*(parts-1)/2)
	joins = make([][2]int32, len(best))
	for i := range best {
		best[i] = math.Inf(1)
	}
	lower, to := r.distances()(), make([]float64, n)
	for i := range n {
		if err := r.ctx.Err(); err != nil {
			return nil, 0, err
		}
		lower(i, to[:i])
		for j, v := range to[:i] {
			p, q := max(part[i], part[j]), min(part[i], part[j])
			if p == q {
				continue
			}
			if at := int(p)*int(p-1)/2 + int(q); v < best[at] {
				best[at], joins[at] = v, [2]int32{int32(i), int32(j)}
			}
		}
	}
	return joins, parts, nil
}
