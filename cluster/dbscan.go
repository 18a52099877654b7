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
	New:        func() Algorithm { return &DBSCAN{Eps: 0.5, MinSamples: 5, Metric: "euclidean", Border: true} },
	Invariance: Translation | Scaling | ColumnOrder | Rotation | ConstantColumn | Repetition,
})

// DBSCAN is exact, as in Schubert et al., TODS 42 (2017), doi 10.1145/3068335: noise
// and the partition of the core rows depend on nothing but data and options. A row
// that is not core but within eps of core rows is a border row: it goes to that of
// their clusters whose first core row comes first in the matrix, which is what
// scikit-learn's DBSCAN does. Distances are compared as ‖x−y‖² ≤ eps².
//
// Without border rows it is DBSCAN* (Campello, Moulavi and Sander, 2013, doi
// 10.1007/978-3-642-37456-2_14): clusters are core rows, all others are noise. The core
// rows' partitions for all eps at once are one spanning tree under mutual reachability,
// max(core(x), core(y), ‖x−y‖): where Run.Shared holds it, or may hold it and Border is
// false, a fit reads it off the tree, and a list of eps costs about what one does. It is
// the same partition: edges as long as eps to the last bit are compared again as squares.
//
// Where the matrix has weights, min_samples is compared with the sum of weights.
// Seed and Workers decide nothing. No neighbour lists are kept. One or two columns make a
// grid of cells of side eps/√d: cost about O(n·m) for m rows in the cells around a row,
// of cells that hold min_samples rows nothing; memory 8·d+22 bytes a row and up to 20 more
// where few rows share a cell. More columns make a kd-tree: about O(n log n) while eps-balls
// are small, at worst O(n²·d); memory 9·d+16 bytes a row.
type DBSCAN struct {
	Eps        float64 `json:"eps"`
	MinSamples int     `json:"min_samples"`
	// Metric is a distance by name, in which eps is measured: see Measure. Others than
	// euclidean are compared pair by pair: O(n²).
	Metric string `json:"metric"`
	// Border says whether rows within eps of core rows belong to their cluster; false =
	// they are noise (DBSCAN*).
	Border bool `json:"border"`
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
	r := &dbscanRun{opt: a, x: x, run: run, n: n, d: d, core: make([]bool, n), first: make([]int32, n), warnings: warnings}
	done := false
	if run.Space != nil {
		done, err = true, r.byDistances(ctx)
	} else if run.Shared != nil && x.Weights == nil {
		done, err = r.bySpanning(ctx)
	}
	if err == nil && !done {
		err = r.byIndex(ctx)
	}
	if err != nil {
		return nil, err
	}
	return r.finish(ctx)
}

type dbscanRun struct {
	opt  *DBSCAN
	x    *features.Matrix
	run  Run
	n, d int
	core []bool
	// first is, for each core row, the first core row of its cluster; for a border
	// row the least of its core neighbours'; −1 for noise.
	first    []int32
	warnings []string
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

// byIndex asks a grid where there are one or two columns, else a kd-tree: see near.GridDims.
func (r *dbscanRun) byIndex(ctx context.Context) error {
	o := r.density()
	if r.d <= near.GridDims {
		grid, reason := near.NewGrid(r.x.Data(), r.d, r.opt.Eps, o.Workers)
		if grid != nil {
			return grid.Density(ctx, o)
		}
		r.warnings = append(r.warnings, "dbscan: a kd-tree in place of a grid: "+reason)
	}
	tree, err := sharedTree(r.x, r.run)
	if err != nil {
		return err
	}
	return tree.Density(ctx, r.opt.Eps, o)
}

func (r *dbscanRun) density() *near.Density {
	return &near.Density{
		Want: float64(r.opt.MinSamples), Weights: r.x.Weights, Border: r.opt.Border, Workers: r.run.workers(),
		Core: r.core, First: r.first,
		Report: func(stage int) { r.run.report(Step{Iter: stage, Of: 3}) },
	}
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
	return parallel(ctx, w, r.n, func(i int) {
		if r.core[i] {
			r.first[i] = u.Find(int32(i)) // roots are the smallest members
			return
		}
		r.first[i] = Noise
		for j := range r.n {
			if r.opt.Border && r.core[j] && (r.first[i] < 0 || u.Find(int32(j)) < r.first[i]) && space.Dist(i, j) <= eps {
				r.first[i] = u.Find(int32(j))
			}
		}
	})
}

func (r *dbscanRun) finish(ctx context.Context) (*Clustering, error) {
	c := &Clustering{Labels: r.first, Core: r.core, Stop: Exact, Warnings: r.warnings}
	c.K, c.rank = Canonical(c.Labels)
	noise := c.NumNoise()
	switch {
	case noise == r.n:
		c.Warnings = append(c.Warnings, fmt.Sprintf("R006 dbscan: eps = %.4g leaves 100 %% noise%s", r.opt.Eps, r.suggest(ctx)))
	case c.K > 0 && float64(c.Sizes()[0]) >= 0.99*float64(r.n):
		c.Warnings = append(c.Warnings, fmt.Sprintf("R006 dbscan: one cluster holds %.1f %%: a smaller eps than %.4g may part it%s", 100*float64(c.Sizes()[0])/float64(r.n), r.opt.Eps, r.suggest(ctx)))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// dbscanSample is about how many distances the suggestion may cost, and the least and
// the most rows whose neighbours are looked for: the median of 32 is good to a few percent.
const (
	dbscanSample = 1 << 23
	dbscanFewest = 32
	dbscanMost   = 256
)

// suggest says what eps the data themselves suggest: from two thirds to three halves
// of the median distance to the row that makes a row core.
func (r *dbscanRun) suggest(ctx context.Context) string {
	k := min(r.opt.MinSamples-1, r.n-1)
	if r.run.Space != nil || k < 1 {
		return ""
	}
	m := min(r.n, dbscanMost, max(dbscanFewest, dbscanSample/r.n))
	ds, rows := make([]float64, m), make([]int, m)
	for s := range rows {
		rows[s] = int(int64(s) * int64(r.n) / int64(m))
	}
	const few = 16 // at a time
	err := blocks{m, few, (m + few - 1) / few}.each(ctx, r.run.workers(), func(_, lo, hi int) {
		near.KthSqs(ctx, r.x.Data(), r.d, k, rows[lo:hi], ds[lo:hi])
	})
	if err != nil {
		return ""
	}
	slices.Sort(ds)
	median := math.Sqrt(ds[m/2])
	return fmt.Sprintf(". Median distance to neighbour %d is %.3g; try %.2g to %.2g", k, median, median/1.5, median*1.5)
}

// Estimate counts the index, labels and flags, and some 16 kB that each fit needs.
func (a *DBSCAN) Estimate(n, d int) Estimate {
	e := Estimate{Bytes: int64(n)*int64(9*d+19) + 16_000, Seconds: float64(n) * 5e-7 * float64(d)}
	if d <= near.GridDims { // in part: how many rows share a cell
		e.Bytes, e.Seconds = int64(n)*int64(8*d+34)+16_000, float64(n)*1.5e-7
	}
	return e
}

// dbscanRuleRows bounds the core rows that an exact rule stores; with more the rule is
// a surrogate.
const dbscanRuleRows = 100_000

// Rule gives the label of the first core row within eps, the clusters in the order of
// their first core row: the algorithm's own border rule, so it repeats the fit. Without
// border rows it still gives new rows near core rows their cluster, and so is not exact.
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
	r := &Rule{Kind: FirstWithin, Radius: a.Eps, Measure: m, Exact: a.Border}
	for _, rows := range byLabel {
		for _, i := range rows {
			r.Points = append(r.Points, x.Row(i))
			r.Labels = append(r.Labels, c.Labels[i])
		}
	}
	r.Agreement = r.agreement(x, c.Labels)
	return r, nil
}
