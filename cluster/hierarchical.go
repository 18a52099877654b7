package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name:    "hierarchical",
	Aliases: []string{"agglomerative"},
	Doc: `Agglomerative clustering: merge the two nearest clusters until one is left
ward joins what raises the sum of squares least, complete looks at the farthest pair
of rows, average at the mean over all pairs, single at the nearest pair, centroid at the
means, median at points halfway between those of the parts, average_squared at the mean
squared distance over all pairs, weighted at the mean over both parts. With connectivity
only clusters that neighbours join are merged. The whole tree is kept: cut it at any number
of clusters, at a height, at the largest gap, or where merges become inconsistent.`,
	Refs: []Ref{
		{Authors: "Ward", Title: "Hierarchical grouping to optimize an objective function", Venue: "J. American Statistical Association 58", Year: 1963, DOI: "10.1080/01621459.1963.10500845"},
		{Authors: "Müllner", Title: "Modern hierarchical, agglomerative clustering algorithms", Venue: "arXiv:1109.2378", Year: 2011},
	},
	Version: 2,
	New: func() Algorithm {
		return &Agglomerative{NClusters: 2, Linkage: "ward", Metric: "euclidean", CutBy: "k", Inconsistency: 1, Depth: 2, Storage: "float64"}
	},
	Invariance: Translation | Scaling | ColumnOrder | Rotation | ConstantColumn,
})

// Agglomerative builds the merge tree that SciPy's linkage builds on the same
// rows (heights to 1e-9; equal heights in SciPy's order) and cuts it.
//
//	single    min ‖x−y‖             the spanning tree         about O(n log n) while d is small
//	complete  max ‖x−y‖             the rounds of ward, then  O(n²d), memory O(nd)
//	average   mean ‖x−y‖            a chain on the distances  and 32 to 128 MiB of
//	weighted  mean of the parts'    of the last 2048          matrix
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
// fcluster.
//
// Up to 4096 rows (23,170 of more than 12 columns), and with a metric or given distances,
// complete, average and weighted linkage run SciPy's chain on the whole matrix (8n² bytes,
// 4n² with storage = float32) and break ties as SciPy does; beyond, of equal distances that
// to the smallest row goes first. Seed and Workers decide nothing. One tree, kept in
// Run.Shared, serves every cut.
type Agglomerative struct {
	NClusters int    `json:"n_clusters"`
	Linkage   string `json:"linkage"` // ward, complete, average, weighted, single, average_squared, centroid, median
	Metric    string `json:"metric"`  // a distance by name, for those between rows: see Measure
	// DistanceThreshold, if given, decides the cut instead of NClusters: clusters at
	// that distance or farther are not merged.
	DistanceThreshold *float64 `json:"distance_threshold"`
	// CutBy says where the tree is cut: at n_clusters (k), at distance_threshold (height),
	// where the number of clusters lasts longest (gap: see Tree.Gap), or where merges are
	// inconsistent (inconsistent: see Tree.CutInconsistent). k with a distance_threshold is
	// height.
	CutBy         string  `json:"cut"`
	MaxClusters   int     `json:"max_clusters"`  // gap: no more than these; 0 = any number
	Inconsistency float64 `json:"inconsistency"` // inconsistent: the highest that is merged
	Depth         int     `json:"depth"`         // inconsistent: levels of merges compared
	// Connectivity, if not 0, lets only clusters merge of which one has a row among the
	// Connectivity nearest rows of a row of the other: see ConnectedTree.
	Connectivity int `json:"connectivity"`
	// Storage is what distances are kept in where there is a matrix of all: float64, or
	// float32 in half the memory, each rounded by up to 6e-8 of itself. Heights of complete
	// linkage are then off by as much, those of the others by as much for each merge below;
	// clusters change where two distances are that near to each other.
	Storage string `json:"storage"`
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
	b.NClusters, b.DistanceThreshold, b.CutBy = 1, nil, ""
	if err := b.check(x, run); err != nil {
		return nil, err
	}
	run, _, err := run.onMetric("hierarchical", a.Metric, x)
	if err != nil {
		return nil, err
	}
	return b.tree(ctx, x, run)
}

// Cut labels the rows by the tree, as option cut says.
func (a *Agglomerative) Cut(t *Tree) (*Clustering, error) {
	if err := a.checkCut(t.N); err != nil {
		return nil, err
	}
	c := &Clustering{Tree: t, Stop: Exact, Warnings: slices.Clone(t.notes)}
	switch {
	case a.CutBy == "gap":
		most := a.MaxClusters
		if most == 0 {
			most = t.N
		}
		k, low, high := t.Gap(most)
		c.Labels = t.CutK(k)
		if k == 1 {
			c.Warnings = append(c.Warnings, "hierarchical: no gap: all merges are at one height")
		} else {
			c.Warnings = append(c.Warnings, fmt.Sprintf("hierarchical: cut at the largest gap, between the merges at %.6g and %.6g: %d clusters", low, high, k))
		}
	case a.CutBy == "inconsistent":
		c.Labels = t.CutInconsistent(a.Inconsistency, a.Depth)
	case a.DistanceThreshold == nil:
		c.Labels = t.CutK(a.NClusters)
	case a.Connectivity > 0: // as scikit-learn counts
		k := 1
		for _, h := range t.Height {
			if h >= *a.DistanceThreshold {
				k++
			}
		}
		c.Labels = t.CutK(k)
	default:
		c.Labels = t.cutBelow(*a.DistanceThreshold)
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
	switch {
	case a.Storage != "" && a.Storage != "float64" && a.Storage != "float32":
		return bad("storage", a.Storage, "float64 or float32")
	case a.Connectivity < 0 || a.Connectivity >= n:
		return bad("connectivity", a.Connectivity, fmt.Sprintf("0 for none, or a number of nearest rows below the %d rows there are", n))
	case a.Connectivity > 0 && !slices.Contains(graphLinkages, a.Linkage):
		return badGraphLinkage(a.Linkage)
	}
	if err := a.checkCut(n); err != nil {
		return err
	}
	bytes := a.Estimate(n, d).Bytes
	if _, matrix := hierarchicalRules[a.Linkage]; matrix && run.Space != nil && a.Connectivity == 0 {
		bytes = a.matrixBytes(n)
	}
	if bytes > hierarchicalMax {
		return &MemoryError{"hierarchical (" + a.Linkage + ")", bytes, a.instead(n)}
	}
	return nil
}

// instead says what to do where the matrix is too large.
func (a *Agglomerative) instead(n int) string {
	narrow := ""
	if b := a.matrixBytes(n) / 2; a.Storage != "float32" && b <= hierarchicalMax {
		narrow = fmt.Sprintf("storage=float32 (%.1f GB; heights to 6e-8 a merge), ", float64(b)/1e9)
	}
	return fmt.Sprintf("the distances between %d rows. Options: %smetric=euclidean (no matrix), linkage=single, betula, dbscan, or a sample of rows", n, narrow)
}

// checkCut refuses options of cuts that cannot hold.
func (a *Agglomerative) checkCut(n int) error {
	bad := func(option string, value any, why string) error {
		return &OptionError{"hierarchical", option, value, why}
	}
	t := a.DistanceThreshold
	if t != nil && (!(*t >= 0) || math.IsInf(*t, 0)) {
		return bad("distance_threshold", *t, "a finite distance, not negative")
	}
	switch a.CutBy {
	case "", "k":
		if t == nil {
			return clusters("hierarchical", "n_clusters", a.NClusters, n)
		}
	case "height":
		if t == nil {
			return bad("cut", a.CutBy, "needs distance_threshold: the height")
		}
	case "gap":
		if a.MaxClusters < 0 || a.MaxClusters == 1 {
			return bad("max_clusters", a.MaxClusters, "at least 2, or 0 for any number")
		}
	case "inconsistent":
		if !(a.Inconsistency >= 0) {
			return bad("inconsistency", a.Inconsistency, "not negative")
		}
		if a.Depth < 1 || a.Depth > 20 {
			return bad("depth", a.Depth, "1 to 20 levels")
		}
	default:
		return bad("cut", a.CutBy, "k, height, gap or inconsistent")
	}
	return nil
}

func (a *Agglomerative) tree(ctx context.Context, x *features.Matrix, run Run) (*Tree, error) {
	n, _ := x.Dims()
	build := func() (any, int64, error) {
		r := newHierarchicalRun(ctx, x, run)
		defer r.team.close()
		if a.Connectivity > 0 {
			edges, err := r.neighbourEdges(a.Connectivity)
			if err != nil {
				return nil, 0, err
			}
			t, err := r.onGraph(a.Linkage, edges)
			return t, int64(n) * 20, err
		}
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
			err = r.linkage(hierarchicalRules[a.Linkage], a.Storage == "float32")
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
	if a.Connectivity > 0 {
		key += fmt.Sprintf("connectivity %d|", a.Connectivity)
	}
	if a.Storage == "float32" {
		key += "float32|"
	}
	v, err := run.Shared.Get("tree|"+key+a.Linkage+"|"+x.Hash(), build)
	if err != nil {
		return nil, err
	}
	return v.(*Tree), nil
}

// Estimate counts the rows, the clusters' numbers and the matrix, where there is one.
func (a *Agglomerative) Estimate(n, d int) Estimate {
	pairs := float64(n) * float64(n) / 2
	if k := a.Connectivity; k > 0 {
		return Estimate{Bytes: int64(n) * int64(8*d+300+340*k), Seconds: float64(n) * float64(k) * 4e-6}
	}
	switch a.Linkage {
	case "complete", "average", "weighted":
		whole := Estimate{Bytes: a.matrixBytes(n) + int64(n)*int64(8*d), Seconds: pairs * (4 + float64(d)/4) * 1e-9}
		if last := hierarchicalLast(n, d); last < n && (a.Metric == "" || a.Metric == "euclidean") {
			// A round may leave fewer than the last: about 0.9 of their matrix.
			return Estimate{Bytes: a.matrixBytes(last)*9/10 + int64(n)*int64(68*d+188), Seconds: pairs * (1.2 + float64(d)/5) * 1e-9}
		}
		return whole
	case "ward", "average_squared", "centroid", "median":
		return wardEstimate(a.Linkage, n, d)
	default:
		return hdbscanEstimate(n, d, a.Metric)
	}
}

// matrixBytes is what the distances between n clusters take.
func (a *Agglomerative) matrixBytes(n int) int64 {
	cell := int64(8)
	if a.Storage == "float32" {
		cell = 4
	}
	return int64(n)*int64(n)*cell + int64(n)*100
}
