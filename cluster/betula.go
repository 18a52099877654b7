package cluster

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "betula",
	Doc: `BETULA: one pass turns any number of rows into a few thousand leaves, which are clustered
Each leaf of a tree holds a number of rows, their mean and their sum of squares. The leaves
are then clustered by k-means, a Gaussian mixture or Ward's method, and every row gets the
label of its nearest centre. For 10 million rows and more, and for tables larger than memory.`,
	Refs: []Ref{
		{Authors: "Lang, Schubert", Title: "BETULA: fast clustering of large data with improved BIRCH CF-trees", Venue: "Information Systems 108", Year: 2022, DOI: "10.1016/j.is.2021.101918"},
		{Authors: "Zhang, Ramakrishnan, Livny", Title: "BIRCH: an efficient data clustering method for very large databases", Venue: "SIGMOD", Year: 1996, DOI: "10.1145/233269.233324"},
		{Authors: "Bachem, Lucic, Krause", Title: "Scalable k-means clustering via lightweight coresets", Venue: "KDD", Year: 2018, DOI: "10.1145/3219819.3219973"},
	},
	Version: 1,
	New: func() Algorithm {
		return &BETULA{
			NClusters: 8, Cluster: "kmeans", Compress: "cftree", MaxLeaves: 20_000, BranchingFactor: 32,
			Distance: "variance_increase", Absorption: "variance_increase", NInit: 10, MaxIter: 300,
		}
	},
	Invariance: Translation | Scaling | ColumnOrder | Rotation | ConstantColumn | Repetition,
})

// BETULA compresses the rows and clusters what is left. With compress = cftree, a CF-tree
// is built in one pass over the rows:
//
//   - A row goes down to the nearest child by Distance and is absorbed by the nearest leaf if
//     their union's Absorption is at most Threshold; else it becomes a leaf of its own.
//   - A leaf holds weight n, mean μ and sum of squared deviations S, updated without
//     cancellation: adding 1e8 to a column changes nothing.
//   - Above MaxLeaves leaves the threshold is raised to the median distance between
//     neighbours and the tree built anew from its leaves. A threshold of 0 therefore means:
//     as fine as MaxLeaves allows; up to that many distinct rows nothing is lost at all.
//
// With compress = coreset, MaxLeaves rows are drawn as a lightweight coreset instead (two
// passes; see Coreset). Then Cluster is run on the leaves, weighted by n:
//
//	kmeans        minimises Σ n·‖μ−c‖² over k centres c, NInit starts; with the constant Σ S
//	              this is the inertia of all rows labelled as their leaf
//	gmm           algorithm gmm; each leaf stands as d+1 points with its mean and variance S/n
//	hierarchical  Ward's method, O(leaves²·d): heights as if each leaf were n equal rows
//	none          each leaf is a cluster; NClusters is not used
//
// and every row gets the label of its nearest centre (gmm: of the component most likely to
// have made it) in a second pass. The centres are those of the leaves. Objective is then the
// inertia of these labels. Where no labels are wanted (FitRows without a sink) there is no
// second pass and Objective is Σ S + Σ n·‖μ−c‖², at least the inertia of nearest centres; a
// warning says how far the two can be apart, and how far they are by a sample of the rows. With gmm it is the mean log-likelihood of the
// compressed rows.
//
// The order of the rows matters, though little. Seed decides the starts (and the coreset);
// Workers, and the size of the chunks in which rows come, decide nothing. Row weights count.
// Cost O(n·d·b·log_b leaves), b = BranchingFactor, plus the clustering of the leaves; memory
// about 16·d+150 bytes a leaf, however many rows there are, plus the labels.
type BETULA struct {
	NClusters int    `json:"n_clusters"`
	Cluster   string `json:"cluster"`  // kmeans, gmm, hierarchical, none
	Compress  string `json:"compress"` // cftree, coreset
	MaxLeaves int    `json:"max_leaves"`
	// BranchingFactor is the number of children of a node.
	BranchingFactor int     `json:"branching_factor"`
	Threshold       float64 `json:"threshold"` // a length; see Absorption
	// Distance finds the nearest child and Absorption is what must be at most Threshold:
	// euclidean (D0 in the paper), manhattan (D1), average_intercluster (D2),
	// average_intracluster (D3), variance_increase (D4), radius (R).
	Distance   string `json:"distance"`
	Absorption string `json:"absorption"`
	NInit      int    `json:"n_init"`
	MaxIter    int    `json:"max_iter"` // of kmeans
}

var (
	_ Predictor = (*BETULA)(nil)
	_ Streamer  = (*BETULA)(nil)
	_ Estimator = (*BETULA)(nil)
)

// Fit compresses the rows of x, clusters the leaves and labels the rows.
func (a *BETULA) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, _, err := ready("betula", x)
	if err != nil {
		return nil, err
	}
	if err := a.check(int64(n), run); err != nil {
		return nil, err
	}
	f, err := newBetulaFit(ctx, a, x, run, false)
	if err != nil {
		return nil, err
	}
	labels := make([]int32, 0, n)
	var shares []float64
	err = f.label(func(_ *streamRows, l []int32, p []float64) error {
		labels, shares = append(labels, l...), append(shares, p...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	c := f.clustering(true)
	f.renumber(labels)
	c.Labels, c.Probabilities = labels, shares
	return c, nil
}

// FitRows is Fit for rows that come in chunks. With a nil sink the rows are read once
// (compress = coreset: twice) and the result holds no labels; else they are read once more,
// and the labels wait in a temporary file, 4 bytes a row and the ids, until the clusters can
// be numbered by size.
func (a *BETULA) FitRows(ctx context.Context, rows features.Rows, run Run, sink LabelSink) (*Clustering, error) {
	if err := a.check(math.MaxInt64, run); err != nil {
		return nil, err
	}
	f, err := newBetulaFit(ctx, a, rows, run, sink == nil)
	if err != nil {
		return nil, err
	}
	if sink == nil {
		return f.clustering(false), nil
	}
	spool, err := newStreamSpool()
	if err != nil {
		return nil, err
	}
	defer spool.close()
	if err := f.label(func(b *streamRows, l []int32, _ []float64) error { return spool.put(b.ids, l) }); err != nil {
		return nil, err
	}
	c := f.clustering(true)
	err = spool.replay(func(ids []string, labels []int32) error {
		f.renumber(labels)
		if err := ctx.Err(); err != nil {
			return err
		}
		return sink(ids, labels)
	})
	return c, err
}

func (a *BETULA) check(n int64, run Run) error {
	if err := run.euclidean("betula"); err != nil {
		return err
	}
	bad := func(option string, value any, why string) error { return &OptionError{"betula", option, value, why} }
	criteria := strings.Join(slices.Sorted(maps.Keys(betulaCriteria)), ", ")
	switch {
	case !slices.Contains([]string{"kmeans", "gmm", "hierarchical", "none"}, a.Cluster):
		return bad("cluster", a.Cluster, "kmeans, gmm, hierarchical or none")
	case a.Compress != "cftree" && a.Compress != "coreset":
		return bad("compress", a.Compress, "cftree or coreset")
	case a.MaxLeaves < 1:
		return bad("max_leaves", a.MaxLeaves, "at least 1, and better a hundred times n_clusters")
	case a.BranchingFactor < 2:
		return bad("branching_factor", a.BranchingFactor, "at least 2")
	case !(a.Threshold >= 0) || math.IsInf(a.Threshold*a.Threshold, 0):
		return bad("threshold", a.Threshold, "finite and not negative; 0 = as fine as max_leaves allows")
	case betulaCriteria[a.Distance] == nil:
		return bad("distance", a.Distance, "one of "+criteria)
	case betulaCriteria[a.Absorption] == nil:
		return bad("absorption", a.Absorption, "one of "+criteria)
	case a.Cluster == "kmeans" && a.NInit < 1:
		return bad("n_init", a.NInit, "at least 1")
	case a.Cluster == "kmeans" && a.MaxIter < 1:
		return bad("max_iter", a.MaxIter, "at least 1")
	case a.Cluster == "none":
		return nil
	case a.NClusters > a.MaxLeaves:
		return bad("n_clusters", a.NClusters, fmt.Sprintf("but max_leaves = %d: raise it to a hundred times n_clusters or so", a.MaxLeaves))
	}
	if a.Cluster == "gmm" {
		if _, err := Lookup("gmm"); err != nil {
			return bad("cluster", a.Cluster, "there is no algorithm gmm here: take kmeans")
		}
	}
	return clusters("betula", "n_clusters", a.NClusters, int(min(n, math.MaxInt32)))
}

// Estimate is the largest of three: the tree while its leaves are taken from it, the leaves
// and what clusters them, the leaves and the labels.
func (a *BETULA) Estimate(n, d int) Estimate {
	labels := int64(n) * 4
	if a.Cluster == "gmm" {
		labels *= 3 // probabilities
	}
	return a.estimate(int64(n), d, labels)
}

// CheckRows refuses options that cannot hold for n rows, before any are read.
func (a *BETULA) CheckRows(n int64) error { return a.check(n, Run{}) }

// EstimateRows is what FitRows costs beside its chunks: whatever n, at most what
// max_leaves rows cost.
func (a *BETULA) EstimateRows(n int64, d int) Estimate {
	e := a.estimate(n, d, 0)
	e.Bytes += min(n*int64(d+1)*8, streamSampleBytes)
	return e
}

func (a *BETULA) estimate(n int64, d int, labels int64) Estimate {
	m := int(min(n, int64(a.MaxLeaves)))
	places := (a.BranchingFactor + 7) / 8 * 8
	// Nodes are two thirds full on average, of at most b of their places.
	tree := float64(places*(d+2)*8) * max(1, float64(m)/(0.62*float64(a.BranchingFactor)))
	if a.Compress == "coreset" {
		tree = 0
	}
	fit := Estimate{}
	switch a.Cluster {
	case "kmeans":
		fit = (&KMeans{NClusters: a.NClusters, Init: "k-means++", NInit: a.NInit, MaxIter: a.MaxIter, Tol: 1e-4}).Estimate(m, d)
	case "hierarchical":
		fit = (&Agglomerative{Linkage: "ward"}).Estimate(m, d)
	case "gmm":
		if g, err := betulaMixture(a); err == nil {
			rows := m * (d + 1)
			if e, ok := g.(Estimator); ok {
				fit = e.Estimate(rows, d)
			}
			fit.Bytes += int64(rows * (d + 1) * 8)
		}
	}
	leaves, block := int64(m*(d+2)*8), streamBlock*int64(d)*8
	if a.Cluster == "none" { // a search tree of the leaves, of little help in many columns
		labels += leaves
		fit.Seconds = float64(n) * float64(m) * float64(d) * 0.3e-9
	}
	return Estimate{
		Bytes: leaves + block + max(int64(tree), fit.Bytes, labels),
		// A row costs 0.3 µs and 20 ns a column, and its nearest centre 0.5 ns a product.
		Seconds: fit.Seconds + float64(n)*(300+float64(d)*(20+0.5*float64(a.NClusters)))*1e-9,
	}
}

// Rule is the nearest centre, and for gmm the most probable component, as the rows were
// labelled. It is exact where it gives every row its label.
func (a *BETULA) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	r := &Rule{Kind: NearestCenter}
	if c.Rule != nil {
		one := *c.Rule
		r = &one
	} else {
		for _, l := range c.order() {
			r.Points = append(r.Points, c.Centers[l])
			r.Labels = append(r.Labels, l)
		}
	}
	r.Agreement = r.agreement(x, c.Labels)
	r.Exact = r.Agreement == 1
	return r, nil
}
