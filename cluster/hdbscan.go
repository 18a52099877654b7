package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "hdbscan",
	Doc: `HDBSCAN*: DBSCAN at every density at once, and the clusters that last longest
The density of a row is one over the distance to its min_samples-th row. The tree of all
DBSCAN clusters, from the thinnest density to the densest, is pruned to clusters of at
least min_cluster_size rows; eom takes those that hold the most mass over the longest
range of densities, leaf the finest ones. Rows of no cluster are noise.`,
	Refs: []Ref{
		{Authors: "Campello, Moulavi, Sander", Title: "Density-based clustering based on hierarchical density estimates", Venue: "PAKDD", Year: 2013, DOI: "10.1007/978-3-642-37456-2_14"},
		{Authors: "Campello, Moulavi, Zimek, Sander", Title: "Hierarchical density estimates for data clustering, visualization, and outlier detection", Venue: "ACM TKDD 10", Year: 2015, DOI: "10.1145/2733381"},
		{Authors: "McInnes, Healy", Title: "Accelerated hierarchical density based clustering", Venue: "ICDM Workshops", Year: 2017, DOI: "10.1109/ICDMW.2017.12"},
		{Authors: "Malzer, Baum", Title: "A hybrid approach to hierarchical density-based cluster selection", Venue: "MFI", Year: 2020, DOI: "10.1109/MFI49285.2020.9235263"},
	},
	Version: 1,
	New: func() Algorithm {
		return &HDBSCAN{MinClusterSize: 5, ClusterSelectionMethod: "eom", Metric: "euclidean", Alpha: 1}
	},
	Invariance: Translation | Scaling | ColumnOrder | RowOrder | Rotation | ConstantColumn | Repetition,
})

// HDBSCAN is exact. With
//
//	core(a)    the distance to the min_samples-th row, a itself counted (as scikit-learn's
//	           min_samples; hdbscan's counts the others only: its 4 is our 5)
//	m(a, b)    max(core(a), core(b), ‖a−b‖/alpha), mutual reachability
//	λ = 1/m    a density
//
// the clusters at density λ are the components of the graph of pairs with m ≤ 1/λ. From
// λ = 0 up a component loses rows; where it falls into two or more parts that have at
// least min_cluster_size rows each, it ends and they begin. The stability of a cluster
// is Σ over its rows of (λ at which the row leaves − λ at which the cluster began).
// eom chooses the antichain of clusters with the largest sum of stabilities, leaf the
// clusters that do not part. cluster_selection_epsilon replaces clusters that begin
// at distances below it by the cluster above them that does not (Malzer and Baum, 2020);
// max_cluster_size makes eom take parts instead of larger clusters.
//
// All edges of one length are cut at once, as in the definition (Campello et al., 2015):
// the result is a function of the distances, whatever spanning tree is found and
// however rows are ordered. hdbscan and scikit-learn cut them one after another in the
// order of an unstable sort; rows that leave where a cluster parts are noise here and
// go to one of the parts there.
//
// Probabilities are λ of the row / largest λ of the cluster, at most 1. Outlier is
// GLOSH: 1 − λ of the row / largest λ in and below the cluster that it leaves. Rows
// that coincide at least min_samples times have λ = ∞: probability 1, outlier score 0.
//
// Row weights count as repetitions: in core distances, sizes and stabilities. Weights,
// alpha ≠ 1, named distances and Run.Space take O(n²) distances; without them the
// spanning tree costs about O(n log n) while columns are few, everything after it
// O(n). Seed and Workers decide nothing. Run.Shared keeps the spanning tree of a
// min_samples and the pruned tree of a min_cluster_size: what is left of a further
// setting is O(n) without distances.
type HDBSCAN struct {
	MinClusterSize int `json:"min_cluster_size"`
	// MinSamples: nil = MinClusterSize. More than there are rows means all rows.
	MinSamples              *int    `json:"min_samples"`
	ClusterSelectionEpsilon float64 `json:"cluster_selection_epsilon"` // a distance
	// MaxClusterSize: nil = no limit.
	MaxClusterSize         *int   `json:"max_cluster_size"`
	ClusterSelectionMethod string `json:"cluster_selection_method"` // eom, leaf
	// AllowSingleCluster lets all rows be one cluster, of those at the largest density at
	// which all that is left hangs together (or within ClusterSelectionEpsilon).
	AllowSingleCluster bool `json:"allow_single_cluster"`
	// Metric is a distance by name: see Measure. Others than euclidean take O(n²).
	Metric string `json:"metric"`
	// Alpha divides distances, not core distances (robust single linkage). Others than 1
	// take O(n²).
	Alpha float64 `json:"alpha"`
}

var (
	_ Predictor   = (*HDBSCAN)(nil)
	_ Memberships = (*HDBSCAN)(nil)
	_ Estimator   = (*HDBSCAN)(nil)
)

// Fit labels the rows. Tree is the single-linkage tree under mutual reachability.
func (a *HDBSCAN) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	if _, _, err := ready("hdbscan", x); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	b, err := newHDBSCANBase(ctx, "hdbscan", x, run, a.Metric, a.minSamples(), a.Alpha)
	if err != nil {
		return nil, err
	}
	run.report(Step{Iter: 1, Of: 2})
	h, err := b.condensed(a.MinClusterSize)
	if err != nil {
		return nil, err
	}
	of := a.choose(h)
	l := h.labels(of, a.within(h, of))
	c, err := l.fill(ctx, h, run.workers())
	if err != nil {
		return nil, err
	}
	c.Tree = b.tree
	c.Warnings = append(b.warnings, a.warn(h, of, l.sizes, c)...)
	run.report(Step{Iter: 2, Of: 2})
	return c, ctx.Err()
}

func (a *HDBSCAN) check() error {
	bad := func(option string, value any, why string) error {
		return &OptionError{"hdbscan", option, value, why}
	}
	switch {
	case a.MinClusterSize < 2:
		return bad("min_cluster_size", a.MinClusterSize, "at least 2")
	case a.MinSamples != nil && *a.MinSamples < 1:
		return bad("min_samples", *a.MinSamples, "at least 1, or none for min_cluster_size")
	case !(a.ClusterSelectionEpsilon >= 0) || math.IsInf(a.ClusterSelectionEpsilon, 0):
		return bad("cluster_selection_epsilon", a.ClusterSelectionEpsilon, "a finite distance, not negative")
	case a.MaxClusterSize != nil && *a.MaxClusterSize < 1:
		return bad("max_cluster_size", *a.MaxClusterSize, "at least 1, or none for no limit")
	case a.ClusterSelectionMethod != "eom" && a.ClusterSelectionMethod != "leaf":
		return bad("cluster_selection_method", a.ClusterSelectionMethod, "eom or leaf")
	case !(a.Alpha > 0) || math.IsInf(a.Alpha, 0):
		return bad("alpha", a.Alpha, "a finite number above 0")
	}
	return nil
}

func (a *HDBSCAN) minSamples() int {
	if a.MinSamples != nil {
		return *a.MinSamples
	}
	return a.MinClusterSize
}

// warn says what a user must know, with the numbers of the data.
func (a *HDBSCAN) warn(h *hdbscanTree, of []int32, sizes []int, c *Clustering) []string {
	var ws []string
	n, noise := len(c.Labels), len(c.Labels)
	for _, s := range sizes {
		noise -= s
	}
	percent := func(rows int) float64 { return 100 * float64(rows) / float64(n) }
	switch {
	case noise == n:
		ws = append(ws, "R006 hdbscan: all rows are noise"+a.suggest(h, c.Tree))
	case percent(sizes[0]) >= 99:
		ws = append(ws, fmt.Sprintf("R006 hdbscan: one cluster holds %.1f %% of the rows: cluster_selection_method = leaf takes the finest clusters", percent(sizes[0])))
	case percent(noise) >= 50:
		ws = append(ws, fmt.Sprintf("R006 hdbscan: %.1f %% of the rows are noise: a smaller min_samples than %d follows thinner groups, a smaller min_cluster_size than %d allows more of them", percent(noise), a.minSamples(), a.MinClusterSize))
	}
	dense, rows := 0, 0
	for k, o := range of {
		if int(o) == k && h.death[k] == 0 {
			dense++
		}
	}
	if dense > 0 {
		for _, d := range h.leaves {
			if d == 0 {
				rows++
			}
		}
		ws = append(ws, fmt.Sprintf("hdbscan: %d rows coincide with others, at least %d of them together: their density is infinite, which decides for %d of %d clusters, where other rows have probability 0. A larger min_samples, or columns that tell such rows apart, avoids it", rows, a.minSamples(), dense, c.K))
	}
	return ws
}

// suggest says from what size on there would be clusters.
func (a *HDBSCAN) suggest(h *hdbscanTree, t *Tree) string {
	if len(h.parent) > 1 {
		return ": no chosen cluster has rows; max_cluster_size or cluster_selection_epsilon is too strict"
	}
	best := int32(0)
	size := func(i int32) int32 {
		if int(i) < t.N {
			return 1
		}
		return t.Size[int(i)-t.N]
	}
	for i := range t.A {
		best = max(best, min(size(t.A[i]), size(t.B[i])))
	}
	s := fmt.Sprintf(": they never part into two groups of at least %d", a.MinClusterSize)
	if best >= 2 {
		s += fmt.Sprintf("; the largest group that parts from a larger one has %d rows: try min_cluster_size = %d with min_samples = %d", best, best, min(int(best), a.minSamples()))
	}
	return s + ", or allow_single_cluster = true"
}

// Estimate counts the kd-tree, the search for the spanning tree, and the trees made of
// it.
func (a *HDBSCAN) Estimate(n, d int) Estimate {
	return hdbscanNeeds(n, d, a.minSamples(), a.Metric, a.Alpha)
}

// hdbscanEstimate is what the tree of min_samples = 1 needs.
func hdbscanEstimate(n, d int, metric string) Estimate { return hdbscanNeeds(n, d, 1, metric, 1) }

func hdbscanNeeds(n, d, minSamples int, metric string, alpha float64) Estimate {
	if metric != "" && metric != "euclidean" || alpha != 1 { // a copy of the rows, and of each as it is compared with all, twice
		row := 9*d + 170
		if d > 4 {
			row = 47*d/2 + 190
		}
		return Estimate{Bytes: 10_000 + int64(n)*int64(row), Seconds: 3e-10 * float64(n) * float64(n) * float64(d+8)}
	}
	row := 278 + 8.4*float64(d)
	if d > 16 { // the spanning tree keeps a second copy of the rows
		row += 8.6 * float64(d)
	}
	if minSamples > 1 { // core distances, and lists of neighbours
		row += 16 + 12*float64(min(max(minSamples-5, 0), 11))
	}
	return Estimate{Bytes: 60_000 + int64(row*float64(n)), Seconds: float64(n) * (0.5e-6 + 1e-7*float64(d*d))}
}
