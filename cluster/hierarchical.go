package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name:    "hierarchical",
	Aliases: []string{"agglomerative"},
	Doc: `Agglomerative clustering: merge the two nearest clusters until one is left
ward joins what raises the sum of squares least, complete looks at the farthest pair
of rows, average at the mean over all pairs, single at the nearest pair, centroid at the
means, median at points halfway between those of the parts, average_squared at the mean
squared distance over all pairs. The whole tree is kept: cut it at any number of clusters.`,
	Refs: []Ref{
		{Authors: "Ward", Title: "Hierarchical grouping to optimize an objective function", Venue: "J. American Statistical Association 58", Year: 1963, DOI: "10.1080/01621459.1963.10500845"},
		{Authors: "Müllner", Title: "Modern hierarchical, agglomerative clustering algorithms", Venue: "arXiv:1109.2378", Year: 2011},
	},
	Version:    2,
	New:        func() Algorithm { return &Agglomerative{NClusters: 2, Linkage: "ward", Metric: "euclidean"} },
	Invariance: Translation | Scaling | ColumnOrder | Rotation | ConstantColumn,
})

// Agglomerative builds the merge tree that SciPy's linkage builds on the same
// rows (heights to 1e-9; equal heights in SciPy's order) and cuts it.
//
//	single    min ‖x−y‖             Prim's spanning tree      O(n²d), memory O(nd)
//	complete  max ‖x−y‖             nearest-neighbour chain   O(n²d), memory 4n² bytes
//	average   mean ‖x−y‖            nearest-neighbour chain   O(n²d), memory 4n² bytes
//	ward      √(2ab/(a+b))·‖μ−ν‖    rounds of reciprocal      O(n²d) at most and mostly
//	average_squared  √mean ‖x−y‖²   nearest neighbours        much less, memory O(nd)
//	centroid  ‖μ−ν‖                 a heap of nearest         O(n²d) at most and mostly
//	median    ‖m−m′‖                neighbours                much less, memory O(nd)
//
// with x, y in the two clusters, a and b their sizes, μ and ν their means, and m halfway
// between the points of the two parts. average_squared is SciPy's average linkage of
// squared distances, its heights rooted. Heights of centroid and median linkage may fall
// below those of merges they stand on: n_clusters then takes back the last merges, and
// distance_threshold counts a merge at the height of the highest below it, as SciPy's
// fcluster. Seed and Workers decide nothing. One tree, kept in Run.Shared, serves every
// cut.
type Agglomerative struct {
	NClusters int    `json:"n_clusters"`
	Linkage   string `json:"linkage"` // ward, complete, average, weighted, single, average_squared, centroid, median
	Metric    string `json:"metric"`  // a distance by name, for those between rows: see Measure
	// DistanceThreshold, if given, decides the cut instead of NClusters: clusters at
	// that distance or farther are not merged.
	DistanceThreshold *float64 `json:"distance_threshold"`
}

var (
	_ Hierarchical = (*Agglomerative)(nil)
	_ Estimator    = (*Agglomerative)(nil)
)

// Fit builds the tree, or takes it from Run.Shared, and cuts it.
func (a *Agglomerative) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	if err := a.check(x, run); err != nil {
		return nil, err
	}
	run, warnings, err := run.onMetric("hierarchical", a.Metric, x)
	if err != nil {
		return nil, err
	}
	t, err := a.tree(ctx, x, run)
	if err != nil {
		return nil, err
	}
	c, err := a.Cut(t)
	if err != nil {
		return nil, err
	}
	c.Warnings = append(c.Warnings, warnings...)
	c.Warnings = append(c.Warnings, noWeights("hierarchical", x)...)
	return c, ctx.Err()
}

// Tree builds the merge tree.
func (a *Agglomerative) Tree(ctx context.Context, x *features.Matrix, run Run) (*Tree, error) {
	b := *a
	b.NClusters, b.DistanceThreshold = 1, nil
	if err := b.check(x, run); err != nil {
		return nil, err
	}
	run, _, err := run.onMetric("hierarchical", a.Metric, x)
	if err != nil {
		return nil, err
	}
	return b.tree(ctx, x, run)
}

// Cut labels the rows by the tree: n_clusters clusters, or the merges below
// distance_threshold.
func (a *Agglomerative) Cut(t *Tree) (*Clustering, error) {
	c := &Clustering{Tree: t, Stop: Exact}
	if a.DistanceThreshold != nil {
		c.Labels = t.cutBelow(*a.DistanceThreshold)
	} else {
		if err := clusters("hierarchical", "n_clusters", a.NClusters, t.N); err != nil {
			return nil, err
		}
		c.Labels = t.CutK(a.NClusters)
	}
	c.K, _ = Canonical(c.Labels)
	return c, nil
}

// hierarchicalMax is the largest distance matrix ever tried, in bytes: beyond it the
// allocation itself would bring the machine down.
const hierarchicalMax = 64 << 30

func (a *Agglomerative) check(x *features.Matrix, run Run) error {
	n, d, err := ready("hierarchical", x)
	if err != nil {
		return err
	}
	bad := func(option string, value any, why string) error {
		return &OptionError{"hierarchical", option, value, why}
	}
	switch a.Linkage {
	case "single", "complete", "average", "weighted":
		if run.Space != nil && run.Space.Len() != n {
			return &DataError{"hierarchical", fmt.Sprintf("distances between %d points for %d rows", run.Space.Len(), n)}
		}
	case "ward", "average_squared", "centroid", "median":
		if run.Space != nil {
			return bad("linkage", a.Linkage, "needs coordinates: with given distances take single, complete or average")
		}
		if a.Metric != "" && a.Metric != "euclidean" {
			return bad("metric", a.Metric, "linkage = "+a.Linkage+" is defined for euclidean only: take single, complete or average")
		}
	default:
		return bad("linkage", a.Linkage, "ward, complete, average, weighted, single, average_squared, centroid or median")
	}
	if t := a.DistanceThreshold; t != nil {
		if !(*t >= 0) || math.IsInf(*t, 0) {
			return bad("distance_threshold", *t, "a finite distance, not negative")
		}
	} else if err := clusters("hierarchical", "n_clusters", a.NClusters, n); err != nil {
		return err
	}
	if b := a.Estimate(n, d).Bytes; b > hierarchicalMax {
		return &MemoryError{"hierarchical (" + a.Linkage + ")", b, fmt.Sprintf(
			"the distances between %d rows. Options: linkage=ward or single, kmeans, dbscan, or a sample of rows", n)}
	}
	return nil
}

func (a *Agglomerative) tree(ctx context.Context, x *features.Matrix, run Run) (*Tree, error) {
	n, _ := x.Dims()
	build := func() (any, int64, error) {
		r := newHierarchicalRun(ctx, x, run)
		defer r.team.close()
		var err error
		switch a.Linkage {
		case "single":
			err = r.single()
		case "ward":
			err = r.ward()
		case "average_squared":
			err = r.meanSquare()
		case "centroid", "median":
			if err = r.generic(a.Linkage == "median"); err == nil {
				return r.found(), int64(n) * 20, nil
			}
		default:
			err = r.linkage(hierarchicalRules[a.Linkage])
		}
		if err != nil {
			return nil, 0, err
		}
		return r.sorted(), int64(n) * 20, nil
	}
	key, known := "", run.Space == nil
	if a.Metric != "" && a.Metric != "euclidean" {
		// Gower's distances depend on the kinds of columns, which are not in the hash.
		key, known = a.Metric+"|", a.Metric != "gower"
	}
	if run.Shared == nil || !known {
		v, _, err := build()
		if err != nil {
			return nil, err
		}
		return v.(*Tree), nil
	}
	v, err := run.Shared.Get("tree|"+key+a.Linkage+"|"+x.Hash(), build)
	if err != nil {
		return nil, err
	}
	return v.(*Tree), nil
}

// Estimate counts the distance matrix of complete and average, and of the others a
// copy of the rows.
func (a *Agglomerative) Estimate(n, d int) Estimate {
	pairs := float64(n) * float64(n) / 2
	switch a.Linkage {
	case "complete", "average":
		return Estimate{Bytes: int64(n)*int64(n-1)*4 + int64(n)*64, Seconds: pairs * (8 + float64(d)) * 1e-9}
	case "ward", "average_squared", "centroid", "median":
		return wardEstimate(a.Linkage, n, d)
	default:
		return Estimate{Bytes: int64(n) * int64(8*d+72), Seconds: pairs * (2 + float64(d)) * 1e-9}
	}
}
