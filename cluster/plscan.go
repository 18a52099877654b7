package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "plscan",
	Doc: `PLSCAN: the finest clusters of HDBSCAN*, at the minimum cluster size that suits them best
For every minimum cluster size HDBSCAN* has its leaf clusters, those that part no
further. PLSCAN follows them over all sizes, and takes the size at which the leaves
present last longest together. Only min_samples has to be chosen.`,
	Refs: []Ref{
		{Authors: "Bot, McInnes, Aerts", Title: "Persistent multiscale density-based clustering", Venue: "arXiv:2512.16558", Year: 2025},
	},
	Version:    1,
	New:        func() Algorithm { return &PLSCAN{MinSamples: 5, Metric: "euclidean"} },
	Invariance: Translation | Scaling | ColumnOrder | RowOrder | Rotation | ConstantColumn | Repetition,
})

// PLSCAN takes the tree of HDBSCAN* (see there for distances, ties and weights) pruned
// to clusters of at least min_cluster_size rows. A cluster of it is a leaf for the
// minimum cluster sizes m with
//
//	below < m ≤ above
//
// where above is the largest m at which it and another part are clusters as their
// common parent ends, and below the largest m at which it parts itself, at least
// min_cluster_size. Its persistence is above − below. The m with the largest sum of
// the persistences of its leaves is chosen, the smallest of several. The labels are
// those of HDBSCAN* with leaf selection and min_cluster_size = m, which Criteria holds
// beside that sum (persistence).
//
// Probabilities are (D − distance at which the row leaves) / (D − d), at most 1, with D
// the distance at which the cluster begins and d that at which its last row leaves.
// min_samples counts the row itself; the authors' fast_plscan counts the others only:
// its 4 is our 5. Cost as HDBSCAN's. Seed and Workers decide nothing.
type PLSCAN struct {
	MinSamples int `json:"min_samples"`
	// MinClusterSize: nil = MinSamples.
	MinClusterSize *int `json:"min_cluster_size"`
	// MaxClusterSize bounds the minimum cluster size that is chosen; nil = no limit.
	MaxClusterSize *int   `json:"max_cluster_size"`
	Metric         string `json:"metric"` // a distance by name: see Measure
}

var (
	_ Predictor = (*PLSCAN)(nil)
	_ Estimator = (*PLSCAN)(nil)
)

// Fit labels the rows. Tree is the single-linkage tree under mutual reachability.
func (a *PLSCAN) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	if _, _, err := ready("plscan", x); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	b, err := newHDBSCANBase(ctx, "plscan", x, run, a.Metric, a.MinSamples, 1)
	if err != nil {
		return nil, err
	}
	run.report(Step{Iter: 1, Of: 2})
	h, err := b.condensed(a.minClusterSize())
	if err != nil {
		return nil, err
	}
	p := plscanLeaves(h, float64(a.minClusterSize()))
	of, size, total := p.choose(h, a.MaxClusterSize)
	l := h.labels(of, 0)
	c, err := l.fill(ctx, h, run.workers())
	if err != nil {
		return nil, err
	}
	c.Tree, c.Warnings = b.tree, b.warnings
	for i, k := range h.at {
		if o := of[k]; o >= 0 {
			c.Probabilities[i] = min(1, (h.birth[o]-h.leaves[i])/(h.birth[o]-h.death[o]))
		}
	}
	if c.K > 0 {
		c.Criteria = map[string]float64{"min_cluster_size": size, "persistence": total}
	} else {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R006 plscan: all rows are noise: they never part into two groups of more than %d for long; a smaller min_cluster_size or min_samples may help", a.minClusterSize()))
	}
	run.report(Step{Iter: 2, Of: 2})
	return c, ctx.Err()
}

func (a *PLSCAN) minClusterSize() int {
	if a.MinClusterSize != nil {
		return *a.MinClusterSize
	}
	return max(2, a.MinSamples)
}

func (a *PLSCAN) check() error {
	bad := func(option string, value any, why string) error {
		return &OptionError{"plscan", option, value, why}
	}
	switch {
	case a.MinSamples < 1:
		return bad("min_samples", a.MinSamples, "at least 1")
	case a.MinClusterSize != nil && *a.MinClusterSize < 2:
		return bad("min_cluster_size", *a.MinClusterSize, "at least 2, or none for min_samples")
	case a.MaxClusterSize != nil && *a.MaxClusterSize <= a.minClusterSize():
		return bad("max_cluster_size", *a.MaxClusterSize, fmt.Sprintf("more than min_cluster_size = %d, or none for no limit", a.minClusterSize()))
	}
	return nil
}

// Rule is that of HDBSCAN with leaf selection at the chosen size, which has the same
// clusters; its strengths are HDBSCAN's.
func (a *PLSCAN) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	if c.Tree == nil || x.Weights != nil {
		return Surrogate(x, c), nil
	}
	least := a.minClusterSize()
	h := hdbscanCondense(c.Tree, float64(least), nil, nil, Run{}.workers())
	if _, size, total := plscanLeaves(h, float64(least)).choose(h, a.MaxClusterSize); total > 0 {
		least = int(size)
	}
	same := &HDBSCAN{MinClusterSize: least, MinSamples: &a.MinSamples, ClusterSelectionMethod: "leaf", Metric: a.Metric, Alpha: 1}
	return same.Rule(x, c)
}

// Estimate is HDBSCAN's.
func (a *PLSCAN) Estimate(n, d int) Estimate { return hdbscanNeeds(n, d, a.MinSamples, a.Metric, 1) }

// plscanTree is, per cluster of a condensed tree, the interval of minimum cluster sizes
// at which it is a leaf.
type plscanTree struct{ below, above []float64 }

func plscanLeaves(h *hdbscanTree, least float64) *plscanTree {
	n := len(h.parent)
	p := &plscanTree{below: make([]float64, n), above: make([]float64, n)}
	for k := range p.below {
		p.below[k] = least
	}
	// Children have larger numbers than their parent, and follow each other.
	for hi := n; hi > 1; {
		lo, parent := hi-1, h.parent[hi-1]
		for h.parent[lo-1] == parent {
			lo--
		}
		first, second := math.Inf(-1), math.Inf(-1)
		for k := lo; k < hi; k++ {
			if s := h.size[k]; s > first {
				first, second = s, first
			} else {
				second = max(second, s)
			}
			p.below[parent] = max(p.below[parent], p.below[k])
		}
		p.below[parent] = max(p.below[parent], second)
		for k := lo; k < hi; k++ {
			p.above[k] = min(h.size[k], second)
		}
		hi = lo
	}
	return p
}
