package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

var _ = register(&Method{
	Name: "kmeans",
	Doc: `k-means: the k centres with the least sum of squared distances
Every row belongs to its nearest centre; clusters come out round and of similar
width. Scale the columns first: a column with large numbers decides alone.`,
	Refs: []Ref{
		{Authors: "Lloyd", Title: "Least squares quantization in PCM", Venue: "IEEE Trans. Information Theory 28", Year: 1982, DOI: "10.1109/TIT.1982.1056489"},
		{Authors: "Hamerly", Title: "Making k-means even faster", Venue: "SIAM International Conference on Data Mining", Year: 2010, DOI: "10.1137/1.9781611972801.12"},
		{Authors: "Kanungo, Mount, Netanyahu, Piatko, Silverman, Wu", Title: "An efficient k-means clustering algorithm: analysis and implementation", Venue: "IEEE Trans. Pattern Analysis and Machine Intelligence 24", Year: 2002, DOI: "10.1109/TPAMI.2002.1017616"},
		{Authors: "Arthur, Vassilvitskii", Title: "k-means++: the advantages of careful seeding", Venue: "SODA", Year: 2007, DOI: "10.5555/1283383.1283494"},
	},
	Version: 2,
	New: func() Algorithm {
		return &KMeans{NClusters: 8, Init: "k-means++", NInit: 1, MaxIter: 300, Tol: 1e-4, Algorithm: "auto"}
	},
	Invariance: Translation | Scaling | ColumnOrder | Rotation | Repetition,
	Progress:   Falling,
})

// KMeans is Lloyd's algorithm with greedy k-means++ starts. It minimises
//
//	inertia = Σᵢ wᵢ · min_c ‖xᵢ − μ_c‖²
//
// over k centres μ. Labels, iterations and inertia from given centres are those of
// scikit-learn's KMeans(algorithm="lloyd"): it ends when no label changes, or when
// Σ‖Δμ‖² ≤ tol · mean column variance, after which rows are assigned once more.
//
// Rows belong to the nearest centre by float64 distances, ties to the first, whatever
// Algorithm: float32 only shows where float64 need not look. lloyd compares every row
// with every centre in every iteration; hamerly spares the rows that cannot have changed
// (see kmeansBounds); tree compares rows with the centres near their part of a kd-tree
// only (see kmeansTree), with the same bounds. auto begins as lloyd, or as tree where that
// pays (800 clusters or more of 500 rows in three columns or fewer), and goes on with
// bounds when few rows change.
// Centres can differ in the last digits.
//
// The seed decides the starts and nothing else; Workers decides nothing. Cost
// O(n·k·d) an iteration at most; memory 4·d + 15 bytes a row beside the matrix, with a tree
// 8·d + 29, and k·(d+1) numbers for each part of the rows: 16 parts, or up to 64 while
// that is no more than a byte a row.
type KMeans struct {
	NClusters int    `json:"n_clusters"`
	Init      string `json:"init"` // k-means++, k-means||, maxmin (farthest first), random (k distinct rows)
	// InitCenters, k rows of d, are the start if given; Init and NInit are then not used.
	InitCenters [][]float64 `json:"init_centers,omitempty"`
	NInit       int         `json:"n_init"`   // starts, of which the best is kept; 1 is scikit-learn's "auto" for k-means++, 10 its "auto" for random
	MaxIter     int         `json:"max_iter"` // 0 = the start alone: rows belong to the nearest of its centres
	Tol         float64     `json:"tol"`      // times the mean variance of the columns
	// Algorithm changes the time, not the answer: auto (also ""), lloyd, hamerly, tree.
	Algorithm string `json:"algorithm"`
}

var (
	_ Predictor = (*KMeans)(nil)
	_ Estimator = (*KMeans)(nil)
)

// Fit finds the centres. An emptied cluster is moved to the row farthest from its
// centre (warning R005); where there are fewer distinct rows than clusters, K is
// the number of distinct rows, with a warning.
func (a *KMeans) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := readyShape("kmeans", x) // setup looks at the values
	if err != nil {
		return nil, err
	}
	if err := a.check(n, d, run); err != nil {
		return nil, err
	}
	r, err := newKMeansRun(ctx, a, x, run)
	if err != nil {
		return nil, err
	}
	starts := a.NInit
	if a.InitCenters != nil {
		starts = 1
	}
	var best *kmeansFit
	for i := range starts {
		centers, err := r.start(i)
		if err != nil {
			return nil, err
		}
		f, err := r.lloyd(centers)
		if err != nil {
			return nil, err
		}
		if best == nil || f.inertia < best.inertia {
			best = f
		}
	}
	return r.finish(best), nil
}

func (a *KMeans) check(n, d int, run Run) error {
	if err := run.euclidean("kmeans"); err != nil {
		return err
	}
	bad := func(option string, value any, why string) error { return &OptionError{"kmeans", option, value, why} }
	switch {
	case a.MaxIter < 0:
		return bad("max_iter", a.MaxIter, "not negative")
	case !(a.Tol >= 0) || math.IsInf(a.Tol, 0):
		return bad("tol", a.Tol, "finite and not negative")
	case a.Algorithm != "" && !slices.Contains(kmeansAlgorithms, a.Algorithm):
		return bad("algorithm", a.Algorithm, strings.Join(kmeansAlgorithms, ", "))
	case a.InitCenters == nil && kmeansInit("kmeans", a.Init) != nil:
		return kmeansInit("kmeans", a.Init)
	case a.InitCenters == nil && a.NInit < 1:
		return bad("n_init", a.NInit, "at least 1")
	case a.InitCenters != nil && len(a.InitCenters) != a.NClusters:
		return bad("n_clusters", a.NClusters, fmt.Sprintf("but %d initial centres are given", len(a.InitCenters)))
	}
	for i, c := range a.InitCenters {
		if len(c) != d {
			return bad("init_centers", fmt.Sprintf("row %d", i+1), fmt.Sprintf("has %d values where the data have %d columns", len(c), d))
		}
		for j, v := range c {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return bad("init_centers", v, fmt.Sprintf("row %d, column %d is not a finite number", i+1, j+1))
			}
		}
	}
	return clusters("kmeans", "n_clusters", a.NClusters, n)
}

// Estimate counts the float32 copy, labels, bounds, the distances of the start, the sums
// of each part of the rows, and as measured 3 bytes a row and a megabyte for the rest.
func (a *KMeans) Estimate(n, d int) Estimate {
	k := max(a.NClusters, 1)
	rows := 4*d + 4 + 4 + 3
	if a.InitCenters == nil {
		rows += 4
	}
	if a.Algorithm == "tree" || a.Algorithm != "lloyd" && a.Algorithm != "hamerly" && kmeansGrows(n, d, k, a.MaxIter) {
		rows += 4*d + 14 // the rows, places, norms and labels in the tree's order, boxes and lists
	}
	sums := len(newShards(n, d, k)) * k * (d + 1) * 8
	// 0.02 ns a pair and column, and about 40 iterations (customer data, k = 8–20).
	return Estimate{
		Bytes:   int64(n)*int64(rows) + int64(sums) + 1<<20,
		Seconds: float64(n) * (5e-9 + float64(k)*float64(d)*0.02e-9*40) * float64(max(a.NInit, 1)),
	}
}

// Rule is the nearest centre: exact.
func (a *KMeans) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	r := &Rule{Kind: NearestCenter, Exact: true}
	for _, l := range c.order() {
		r.Points = append(r.Points, c.Centers[l])
		r.Labels = append(r.Labels, l)
	}
	r.Agreement = r.agreement(x, c.Labels)
	return r, nil
}

// kmeansRun is the state shared by all starts of one fit.
type kmeansRun struct {
	ctx          context.Context
	opt          *KMeans
	run          Run
	x, w         []float64
	n, d, k      int
	tol          float64
	origin       []float64      // from which sums are taken
	frame        *kernel.Rows32 // the rows in float32, or nil: they do not fit
	top          float32        // the largest norm in it
	slope, floor float32        // of the margin by which the screen must decide
	exact        kernel.Centers64
	screen       kernel.Centers32
	shards       []kmeansShard
	scratch      sync.Pool
	labels       []int32       // of the last assignment, in whole blocks
	last         []float64     // its centres
	pending      int           // rows that changed since sums were made from all rows
	tree         *kmeansTree   // nil = rows are taken as they come
	grown        *kmeansTree   // of an earlier start
	bounds       *kmeansBounds // nil = every row is compared in every pass
	gaps         []float32     // room for the bounds, made when needed
	dist         []float64     // room for n distances, made when needed
	square       float64       // Σ w·‖x−origin‖², or −1: not known yet
	moved        int           // times an empty cluster was re-seeded in this start
	err          error
}

func newKMeansRun(ctx context.Context, a *KMeans, x *features.Matrix, run Run) (*kmeansRun, error) {
	n, d := x.Dims()
	r := &kmeansRun{ctx: ctx, opt: a, run: run, x: x.Data(), w: x.Weights, n: n, d: d, k: a.NClusters, square: -1}
	r.shards = newShards(n, d, r.k)
	r.scratch.New = func() any { return r.newScratch() }
	finite, err := r.setup()
	if err == nil && !finite {
		err = readyValues("kmeans", x)
	}
	return r, err
}

// room returns memory for a distance of each row.
func (r *kmeansRun) room() []float64 {
	if r.dist == nil {
		r.dist = make([]float64, r.n)
	}
	return r.dist
}

func (r *kmeansRun) row(i int) []float64 { return r.x[i*r.d : (i+1)*r.d : (i+1)*r.d] }

func (r *kmeansRun) weight(i int) float64 {
	if r.w == nil {
		return 1
	}
	return r.w[i]
}

// finish makes a clustering of the best start.
func (r *kmeansRun) finish(f *kmeansFit) *Clustering {
	c := &Clustering{Labels: f.labels, Objective: &f.inertia, Iter: f.iter, Stop: f.stop}
	old := r.canonical(f.labels, len(f.centers)/r.d)
	c.K = len(old)
	c.rank = make([]int32, c.K)
	for i, o := range old {
		c.Centers = append(c.Centers, f.centers[int(o)*r.d:int(o+1)*r.d:int(o+1)*r.d])
		c.rank[i] = o
	}
	if f.moved > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R005 kmeans: a cluster became empty and was re-seeded at the farthest row (%d×)", f.moved))
	}
	if c.K < r.k {
		c.Warnings = append(c.Warnings, fmt.Sprintf("kmeans: n_clusters = %d but only %d came out: there are not more distinct rows", r.k, c.K))
	}
	if f.stop == MaxIter && r.opt.MaxIter > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R004 kmeans: stopped at max_iter = %d before the centres settled", r.opt.MaxIter))
	}
	return c
}
