package cluster

import (
	"context"
	"math"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "genie",
	Doc: `Genie: single linkage that minds the inequality of cluster sizes
The two nearest clusters are merged, as in single linkage, unless cluster sizes have become
more unequal than gini_threshold allows (Gini's index): then a cluster of the smallest size
is merged with its nearest one. Finds clusters of any shape without leaving single rows
over. The whole tree is kept: cut it at any number of clusters.`,
	Refs: []Ref{
		{Authors: "Gagolewski, Bartoszuk, Cena", Title: "Genie: a new, fast, and outlier-resistant hierarchical clustering algorithm", Venue: "Information Sciences 363", Year: 2016, DOI: "10.1016/j.ins.2016.05.003"},
		{Authors: "Gagolewski, Cena, Bartoszuk, Brzozowski", Title: "Clustering with minimum spanning trees: how good can it be?", Venue: "J. Classification 42", Year: 2025, DOI: "10.1007/s00357-024-09483-1"},
	},
	Version:    1,
	New:        func() Algorithm { return &Genie{NClusters: 2, GiniThreshold: 0.3, MinSamples: 1, Metric: "euclidean"} },
	Invariance: Translation | Scaling | ColumnOrder | RowOrder | Rotation | ConstantColumn,
})

// Genie is exact: with c_i the sizes of the k clusters of the moment and
//
//	G = Σ_{i<j} |c_i − c_j| / ((k − 1)·Σ c_i)
//
// it takes the shortest edge of the minimum spanning tree that joins two clusters while
// G ≤ gini_threshold, and else the shortest of those at a cluster of the smallest size.
// gini_threshold = 1 is single linkage; .1, .3, .5 and .7 are worth trying. With min_samples
// above 1 distances are mutual reachabilities, as HDBSCAN* has them. Equal edges go by row
// numbers. Tree holds the merges in the order made, each at the height of the lowest of
// itself and those after it, as in genieclust.
//
// Seed and Workers decide nothing; row weights are not used. Cost that of the spanning
// tree, which Run.Shared keeps, so that further thresholds cost O(n·√n) each; memory 60
// bytes a row beside it.
type Genie struct {
	NClusters     int     `json:"n_clusters"`
	GiniThreshold float64 `json:"gini_threshold"` // 0 to 1
	MinSamples    int     `json:"min_samples"`    // the row itself counts; 1 = plain distances
	// Metric is a distance by name: see Measure. Others than euclidean take O(n²).
	Metric string `json:"metric"`
}

var (
	_ Hierarchical = (*Genie)(nil)
	_ Estimator    = (*Genie)(nil)
)

// Fit builds the tree and cuts it.
func (a *Genie) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, _, err := ready("genie", x)
	if err != nil {
		return nil, err
	}
	if err := clusters("genie", "n_clusters", a.NClusters, n); err != nil {
		return nil, err
	}
	t, warnings, err := a.build(ctx, x, run)
	if err != nil {
		return nil, err
	}
	c, err := a.Cut(t)
	if err != nil {
		return nil, err
	}
	c.Warnings = append(warnings, noWeights("genie", x)...)
	return c, ctx.Err()
}

// Tree builds the merge tree.
func (a *Genie) Tree(ctx context.Context, x *features.Matrix, run Run) (*Tree, error) {
	if _, _, err := ready("genie", x); err != nil {
		return nil, err
	}
	t, _, err := a.build(ctx, x, run)
	return t, err
}

// Cut labels the rows by the tree, n_clusters clusters.
func (a *Genie) Cut(t *Tree) (*Clustering, error) {
	if err := clusters("genie", "n_clusters", a.NClusters, t.N); err != nil {
		return nil, err
	}
	c := &Clustering{Labels: t.CutK(a.NClusters), Tree: t, Stop: Exact}
	c.K, _ = Canonical(c.Labels)
	return c, nil
}

func (a *Genie) build(ctx context.Context, x *features.Matrix, run Run) (*Tree, []string, error) {
	switch {
	case !(a.GiniThreshold >= 0 && a.GiniThreshold <= 1):
		return nil, nil, &OptionError{"genie", "gini_threshold", a.GiniThreshold, "from 0 to 1"}
	case a.MinSamples < 1:
		return nil, nil, &OptionError{"genie", "min_samples", a.MinSamples, "at least 1"}
	}
	if n, _ := x.Dims(); n == 1 {
		return &Tree{N: 1}, nil, nil
	}
	plain := *x
	plain.Weights = nil
	b, err := newHDBSCANBase(ctx, "genie", &plain, run, a.Metric, a.MinSamples, 1)
	if err != nil {
		return nil, nil, err
	}
	run.report(Step{Iter: 1, Of: 2})
	t := newGenieMerger(b.span.A, b.span.B, b.span.Length, a.GiniThreshold).run()
	run.report(Step{Iter: 2, Of: 2})
	return t, b.warnings, ctx.Err()
}

// Estimate counts HDBSCAN*'s spanning tree and the merging.
func (a *Genie) Estimate(n, d int) Estimate {
	e := (&HDBSCAN{MinClusterSize: max(2, a.MinSamples), MinSamples: &a.MinSamples, Metric: a.Metric, Alpha: 1}).Estimate(n, d)
	e.Bytes += int64(40 * n)
	return e
}

// genieMerger takes the edges of a spanning tree, sorted by length, in Genie's order.
type genieMerger struct {
	a, b      []int32
	length    []float64
	threshold float64

	at   []spanningSet // clusters
	next []int32       // edge → the next edge that is left; m = none
	head int32         // the first edge that is left
	prev []int32       // edge → the edge before it that is left; −1 = none

	// Sizes: how many clusters have each, and the sizes that occur as an ascending list.
	count         []int32
	larger, below []int32
	smallest      int32
	clusters      int64
	unequal       int64 // Σ_{i<j} |c_i − c_j|
}

func newGenieMerger(a, b []int32, length []float64, threshold float64) *genieMerger {
	m := len(a)
	n := m + 1
	g := &genieMerger{
		a: a, b: b, length: length, threshold: threshold,
		at: make([]spanningSet, n), next: make([]int32, m), prev: make([]int32, m),
		count: make([]int32, n+1), larger: make([]int32, n+1), below: make([]int32, n+1),
		smallest: 1, clusters: int64(n),
	}
	for i := range g.at {
		g.at[i] = spanningSet{-1, int32(i)}
	}
	for e := range m {
		g.next[e], g.prev[e] = int32(e+1), int32(e-1)
	}
	g.count[1] = int32(n)
	return g
}

// run merges until one cluster is left.
func (g *genieMerger) run() *Tree {
	m := len(g.a)
	n := m + 1
	t := &Tree{N: n, A: make([]int32, m), B: make([]int32, m), Height: make([]float64, m), Size: make([]int32, m)}
	// The search for an edge at a smallest cluster goes on where the last one for that
	// size ended: clusters passed over are larger, and stay so.
	from, size := int32(0), int32(0)
	for i := range m {
		e := g.head
		if float64(g.unequal) > g.threshold*float64(g.clusters-1)*float64(n) {
			if g.smallest != size || from < g.head {
				from, size = g.head, g.smallest
			}
			for -g.at[spanningRoot(g.at, g.a[from])].up != size && -g.at[spanningRoot(g.at, g.b[from])].up != size {
				from = g.next[from]
			}
			e = from
			from = g.next[e]
		}
		g.take(e)
		a, b := spanningRoot(g.at, g.a[e]), spanningRoot(g.at, g.b[e])
		u, v := g.at[a].node, g.at[b].node
		t.A[i], t.B[i], t.Height[i] = min(u, v), max(u, v), g.length[e]
		if g.at[a].up > g.at[b].up {
			a, b = b, a
		}
		one, two := -g.at[a].up, -g.at[b].up
		g.at[a] = spanningSet{-one - two, int32(n + i)}
		g.at[b].up = a
		t.Size[i] = one + two
		if g.threshold < 1 { // the index is never above 1
			g.resize(one, two)
		}
	}
	low := math.Inf(1)
	for i := m - 1; i >= 0; i-- {
		low = min(low, t.Height[i])
		t.Height[i] = low
	}
	return t
}

// take removes an edge from those that are left.
func (g *genieMerger) take(e int32) {
	if p := g.prev[e]; p >= 0 {
		g.next[p] = g.next[e]
	} else {
		g.head = g.next[e]
	}
	if q := g.next[e]; int(q) < len(g.a) {
		g.prev[q] = g.prev[e]
	}
}

// resize replaces two clusters by one. There are O(√n) different sizes.
func (g *genieMerger) resize(one, two int32) {
	g.unequal -= g.gap(one)
	g.drop(one)
	g.unequal -= g.gap(two)
	g.drop(two)
	g.clusters--
	g.unequal += g.gap(one + two)
	g.add(one + two)
}

// gap is Σ |c − size| over the clusters: 0 for those of that size.
func (g *genieMerger) gap(size int32) int64 {
	s := int64(0)
	for c := g.smallest; c != 0; c = g.larger[c] {
		d := int64(c) - int64(size)
		if d < 0 {
			d = -d
		}
		s += d * int64(g.count[c])
	}
	return s
}

func (g *genieMerger) drop(size int32) {
	if g.count[size]--; g.count[size] > 0 {
		return
	}
	p, q := g.below[size], g.larger[size]
	if p == 0 {
		g.smallest = q
	} else {
		g.larger[p] = q
	}
	if q != 0 {
		g.below[q] = p
	}
	g.larger[size], g.below[size] = 0, 0
}

func (g *genieMerger) add(size int32) {
	if g.count[size]++; g.count[size] > 1 {
		return
	}
	p, q := int32(0), g.smallest
	for q != 0 && q < size {
		p, q = q, g.larger[q]
	}
	if g.larger[size], g.below[size] = q, p; p == 0 {
		g.smallest = size
	} else {
		g.larger[p] = size
	}
	if q != 0 {
		g.below[q] = size
	}
}
