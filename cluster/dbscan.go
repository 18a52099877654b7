package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/near"
)

var _ = register(&Method{
	Name: "dbscan",
	Doc: `DBSCAN: dense regions, everything else is noise
A row with at least min_samples rows (itself included) within eps is a core row; core
rows within eps of each other share a cluster. Clusters may have any shape; eps is a
distance in the scaled columns.`,
	Refs: []Ref{
		{Authors: "Ester, Kriegel, Sander, Xu", Title: "A density-based algorithm for discovering clusters in large spatial databases with noise", Venue: "KDD", Year: 1996, DOI: "10.5555/3001460.3001507"},
		{Authors: "Wang, Gu, Shun", Title: "Theoretically-efficient and practical parallel DBSCAN", Venue: "SIGMOD", Year: 2020, DOI: "10.1145/3318464.3380582"},
	},
	Version:    1,
	New:        func() Algorithm { return &DBSCAN{Eps: 0.5, MinSamples: 5, Metric: "euclidean"} },
	Invariance: Translation | Scaling | ColumnOrder | Rotation | ConstantColumn | Repetition,
})

// DBSCAN is exact, as in Schubert et al., TODS 42 (2017), doi 10.1145/3068335: noise
// and the partition of the core rows depend on nothing but data and options. A row
// that is not core but within eps of core rows is a border row: it goes to that of
// their clusters whose first core row comes first in the matrix, which is what
// scikit-learn's DBSCAN does. Distances are compared as ‖x−y‖² ≤ eps².
//
// Where the matrix has weights, min_samples is compared with the sum of weights.
// Seed and Workers decide nothing. Cost about O(n log n) while eps-balls are small
// and columns few, at worst O(n²d); memory O(n·d): a kd-tree, no neighbour lists.
type DBSCAN struct {
	Eps        float64 `json:"eps"`
	MinSamples int     `json:"min_samples"`
	// Metric is a distance by name, in which eps is measured: see Measure. Others than
	// euclidean are compared pair by pair: O(n²).
	Metric string `json:"metric"`
}

var (
	_ Predictor = (*DBSCAN)(nil)
	_ Estimator = (*DBSCAN)(nil)
)

// Fit labels the rows; Core marks the core rows.
func (a *DBSCAN) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := ready("dbscan", x)
	if err != nil {
		return nil, err
	}
	switch {
	case !(a.Eps > 0) || math.IsInf(a.Eps, 0):
		return nil, &OptionError{"dbscan", "eps", a.Eps, "a finite distance above 0"}
	case a.MinSamples < 1:
		return nil, &OptionError{"dbscan", "min_samples", a.MinSamples, "at least 1"}
	case run.Space != nil && run.Space.Len() != n:
		return nil, &DataError{"dbscan", fmt.Sprintf("distances between %d points for %d rows", run.Space.Len(), n)}
	}
	run, warnings, err := run.onMetric("dbscan", a.Metric, x)
	if err != nil {
		return nil, err
	}
	r := &dbscanRun{opt: a, x: x, run: run, n: n, d: d, core: make([]bool, n)}
	if run.Space != nil {
		err = r.byDistances(ctx)
	} else {
		err = r.byTree(ctx)
	}
	if err != nil {
		return nil, err
	}
	c, err := r.finish(ctx)
	if err != nil {
		return nil, err
	}
	c.Warnings = append(warnings, c.Warnings...)
	return c, nil
}

// dbscanBlock is how many queries are made between two looks at ctx: at worst, 100,000
// rows in 30 columns, one takes 2 ms.
const dbscanBlock = 64

type dbscanRun struct {
	opt  *DBSCAN
	x    *features.Matrix
	run  Run
	n, d int
	tree *near.Tree
	core []bool
	// first is, for each core row, the first core row of its cluster; for a border
	// row the least of its core neighbours'; −1 for noise.
	first []int32
}

// sharedTree returns the kd-tree over the rows of x.
func sharedTree(x *features.Matrix, run Run) (*near.Tree, error) {
	n, d := x.Dims()
	build := func() (any, int64, error) {
		return near.New(x.Data(), d, run.workers()), int64(n) * int64(d+2) * 8, nil
	}
	if run.Shared == nil {
		v, _, err := build()
		return v.(*near.Tree), err
	}
	v, err := run.Shared.Get("kdtree|"+x.Hash(), build)
	if err != nil {
		return nil, err
	}
	return v.(*near.Tree), nil
}

func (r *dbscanRun) byTree(ctx context.Context) error {
	tree, err := sharedTree(r.x, r.run)
	if err != nil {
		return err
	}
	r.tree = tree
	limit := r.opt.Eps * r.opt.Eps
	w := r.run.workers()
	index := tree.Index()
	flag := make([]bool, r.n) // core, in tree order
	// A block of the tree order is a region: its queries walk the same nodes.
	// It is small so that ctx is looked at often even where every query visits all.
	b := blocks{r.n, dbscanBlock, (r.n + dbscanBlock - 1) / dbscanBlock}
	counter := tree.NewCounter(r.x.Weights)
	err = b.each(ctx, w, func(_, lo, hi int) {
		for p := lo; p < hi; p++ {
			flag[p] = counter.AtLeast(tree.Point(p), limit, float64(r.opt.MinSamples))
		}
	})
	if err != nil {
		return err
	}
	r.run.report(Step{Iter: 1, Of: 3})
	con := tree.NewConnector(flag, limit)
	if err := b.each(ctx, w, func(_, lo, hi int) { con.Join(lo, hi) }); err != nil {
		return err
	}
	r.run.report(Step{Iter: 2, Of: 3})

	least := make([]int32, r.n) // per component (by its root place) the first core row
	for p := range least {
		least[p] = math.MaxInt32
	}
	place := make([]int32, r.n)
	for p, i := range index {
		if flag[p] {
			root := con.Root(p)
			place[p] = int32(root)
			least[root] = min(least[root], i)
		}
	}
	value := make([]int32, r.n)
	for p := range value {
		if flag[p] {
			value[p] = least[place[p]]
		}
	}
	r.first = make([]int32, r.n)
	err = b.each(ctx, w, func(_, lo, hi int) {
		for p := lo; p < hi; p++ {
			i := index[p]
			if r.core[i] = flag[p]; flag[p] {
				r.first[i] = value[p]
			} else if f := con.Least(tree.Point(p), value, math.MaxInt32); f < math.MaxInt32 {
				r.first[i] = f
			} else {
				r.first[i] = Noise
			}
		}
	})
	r.run.report(Step{Iter: 3, Of: 3})
	return err
}

// byDistances is the definition, for distances that are no coordinates: O(n²) of them,
// three times over.
func (r *dbscanRun) byDistances(ctx context.Context) error {
	space, eps, w := r.run.Space, r.opt.Eps, r.run.workers()
	err := parallel(ctx, w, r.n, func(i int) {
		have := 0.0
		for j := range r.n {
			if i == j || space.Dist(i, j) <= eps {
				have += r.x.Weight(j)
			}
		}
		r.core[i] = have >= float64(r.opt.MinSamples)
	})
	if err != nil {
		return err
	}
	u := near.NewUnion(r.n)
	err = parallel(ctx, w, r.n, func(i int) {
		for j := range i {
			if r.core[i] && r.core[j] && !u.Same(int32(i), int32(j)) && space.Dist(i, j) <= eps {
				u.Unite(int32(i), int32(j))
			}
		}
	})
	if err != nil {
		return err
	}
	r.first = make([]int32, r.n)
	return parallel(ctx, w, r.n, func(i int) {
		if r.core[i] {
			r.first[i] = u.Find(int32(i)) // roots are the smallest members
			return
		}
		r.first[i] = Noise
		for j := range r.n {
			if r.core[j] && (r.first[i] < 0 || u.Find(int32(j)) < r.first[i]) && space.Dist(i, j) <= eps {
				r.first[i] = u.Find(int32(j))
			}
		}
	})
}

func (r *dbscanRun) finish(ctx context.Context) (*Clustering, error) {
	c := &Clustering{Labels: r.first, Core: r.core, Stop: Exact}
	c.K, c.rank = Canonical(c.Labels)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	noise := c.NumNoise()
	switch {
	case noise == r.n:
		c.Warnings = append(c.Warnings, fmt.Sprintf("R006 dbscan: eps = %.4g leaves 100 %% noise%s", r.opt.Eps, r.suggest()))
	case c.K > 0 && float64(c.Sizes()[0]) >= 0.99*float64(r.n):
		c.Warnings = append(c.Warnings, fmt.Sprintf("R006 dbscan: one cluster holds %.1f %%: a smaller eps than %.4g may part it%s", 100*float64(c.Sizes()[0])/float64(r.n), r.opt.Eps, r.suggest()))
	}
	return c, nil
}

// dbscanSample is the number of rows from which the typical distance is estimated.
const dbscanSample = 1000

// suggest says what eps the data themselves suggest: from two thirds to three halves
// of the median distance to the row that makes a row core.
func (r *dbscanRun) suggest() string {
	k := min(r.opt.MinSamples-1, r.n-1)
	if r.tree == nil || k < 1 {
		return ""
	}
	m := min(r.n, dbscanSample)
	ds := make([]float64, m)
	for s := range ds {
		i := int(int64(s) * int64(r.n) / int64(m))
		ds[s] = math.Sqrt(r.tree.KthSq(r.x.Row(i), k, i))
	}
	slices.Sort(ds)
	median := ds[m/2]
	return fmt.Sprintf(". Median distance to neighbour %d is %.3g; try %.2g to %.2g", k, median, median/1.5, median*1.5)
}

// Estimate counts the tree with its copy of the points, and labels and flags.
func (a *DBSCAN) Estimate(n, d int) Estimate {
	// A leaf holds 12 to 24 points; each has two boxes above it on average.
	return Estimate{Bytes: int64(n) * int64(8*d+4+2*16*d/12+28), Seconds: float64(n) * 4e-6 * float64(max(d, 2))}
}

// dbscanRuleRows bounds the core rows that an exact rule stores; with more the rule is
// a surrogate.
const dbscanRuleRows = 100_000

// Rule gives the label of the first core row within eps, the clusters in the order of
// their first core row: the algorithm's own border rule, so it repeats the fit.
func (a *DBSCAN) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	if len(c.Core) != len(c.Labels) {
		return nil, fmt.Errorf("dbscan: the clustering does not say which rows are core")
	}
	byLabel := make([][]int, c.K)
	cores := 0
	for i, core := range c.Core {
		if core {
			byLabel[c.Labels[i]] = append(byLabel[c.Labels[i]], i)
			cores++
		}
	}
	if cores > dbscanRuleRows {
		return Surrogate(x, c), nil
	}
	slices.SortFunc(byLabel, func(p, q []int) int { return p[0] - q[0] })
	m, err := Run{}.measureOption("dbscan", a.Metric, x)
	if err != nil {
		return nil, err
	}
	r := &Rule{Kind: FirstWithin, Radius: a.Eps, Measure: m, Exact: true}
	for _, rows := range byLabel {
		for _, i := range rows {
			r.Points = append(r.Points, x.Row(i))
			r.Labels = append(r.Labels, c.Labels[i])
		}
	}
	r.Agreement = r.agreement(x, c.Labels)
	return r, nil
}
