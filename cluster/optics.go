package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "optics",
	Doc: `OPTICS: the reachability plot, and the valleys in it
Rows are visited from dense to sparse: always the row that is nearest to those visited
before, where nothing counts as nearer than the distance that makes a row core. Valleys of
the distances in that order are clusters, each at the density of its own; what lies in none
is noise. xi is how steep a valley's sides must be.`,
	Refs: []Ref{
		{Authors: "Ankerst, Breunig, Kriegel, Sander", Title: "OPTICS: ordering points to identify the clustering structure", Venue: "SIGMOD", Year: 1999, DOI: "10.1145/304182.304187"},
		{Authors: "Schubert, Gertz", Title: "Improving the cluster structure extracted from OPTICS plots", Venue: "LWDA", Year: 2018},
	},
	Version:    1,
	New:        newOPTICS,
	Invariance: Translation | Scaling | ColumnOrder | Rotation | ConstantColumn,
})

func newOPTICS() Algorithm {
	return &OPTICS{MinSamples: 20, Metric: "euclidean", ClusterMethod: "xi", Xi: 0.05, PredecessorCorrection: true, Plot: "auto"}
}

// OPTICS orders the rows and cuts the order into clusters. With
//
//	core(p)   = distance from p to its min_samples-th nearest row, p itself counted; +∞ above max_eps
//	reach(q)  = min of max(core(p), ‖p−q‖) over visited p with ‖p−q‖ ≤ max_eps
//
// the row with the smallest reach is visited next, ties to the smallest row; where none
// can be reached, the smallest row left. The predecessor of q is the first visited p that
// gives its reach. These are scikit-learn's rules, and order, reach, core distances,
// predecessors and labels are its, but that it rounds distances to 15 decimals, and here
// they are compared as squares and not rounded, so that the scale of the data is no matter.
//
// cluster_method xi finds steep areas of the plot (Ankerst et al., figure 19, with the
// corrections of scikit-learn and Schubert and Gertz, unless predecessor_correction is
// off) and keeps the innermost clusters; dbscan cuts the plot at eps, which is DBSCAN but
// for border rows. The clustering's Reachability holds the plot and all ξ-clusters.
//
// min_samples is 20 unless set, not scikit-learn's 5, under which the plot of a round
// cluster of 50 rows has so many dents that most of its rows are noise.
//
// Weights are not used (with a warning), seed and workers decide nothing. Time about
// O(n log n) while core distances are short, at worst O(n²d); memory O(n·d), also without
// max_eps. Other distances than Euclidean: O(n²). Of more rows plot auto takes the
// spanning tree, in parallel. That plot has max(core(p), core(q), ‖p−q‖) for the reach of
// q from p: never less, and equal where q is as dense as p; see opticsTree.
type OPTICS struct {
	MinSamples int `json:"min_samples"`
	// MaxEps is how far rows can be reached; none = any distance.
	MaxEps *float64 `json:"max_eps"`
	// Metric is a distance by name: see Measure.
	Metric string `json:"metric"`
	// ClusterMethod is xi or dbscan.
	ClusterMethod string `json:"cluster_method"`
	// Eps is the height at which dbscan cuts; none = max_eps.
	Eps                   *float64 `json:"eps"`
	Xi                    float64  `json:"xi"`
	PredecessorCorrection bool     `json:"predecessor_correction"`
	// MinClusterSize is the fewest rows of a ξ-cluster, or, up to 1, their share of all;
	// none = min_samples.
	MinClusterSize *float64 `json:"min_cluster_size"`
	// Plot is exact, spanning_tree, or auto: exact up to 100,000 rows, in up to three
	// columns up to a million.
	Plot string `json:"plot"`
}

var (
	_ Predictor = (*OPTICS)(nil)
	_ Estimator = (*OPTICS)(nil)
)

// exactly says whether the exact plot is made. One processor makes it, row by row: auto
// leaves it where that takes more than some 10 s, above 100,000 rows, and in up to three
// columns, where it takes 2 to 6 µs a row, above a million.
func (a *OPTICS) exactly(n, d int) bool {
	return a.Plot == "exact" || a.Plot == "auto" && (n <= 100_000 || d <= 3 && n <= 1_000_000)
}

// Fit makes the plot and cuts it.
func (a *OPTICS) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, _, err := ready("optics", x)
	if err != nil {
		return nil, err
	}
	if err := a.check(n, run); err != nil {
		return nil, err
	}
	p, warnings, err := a.reachability(ctx, x, run)
	if err != nil {
		return nil, err
	}
	run.report(Step{Iter: 1, Of: 2})
	c := &Clustering{Stop: Exact, Reachability: p, Warnings: append(noWeights("optics", x), warnings...)}
	if a.MinSamples > n {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R006 optics: min_samples = %d but only %d rows: no row is core, and all are noise", a.MinSamples, n))
	}
	if a.ClusterMethod == "xi" {
		size := a.MinSamples
		if s := a.MinClusterSize; s != nil && *s <= 1 {
			size = max(2, int(*s*float64(n)))
		} else if s != nil {
			size = int(*s)
		}
		p.Clusters = opticsXi(p, a.Xi, a.MinSamples, size, a.PredecessorCorrection)
		c.Labels = opticsInnermost(p)
	} else {
		c.Labels, c.Core = opticsCut(p, a.height())
	}
	c.K, c.rank = Canonical(c.Labels)
	run.report(Step{Iter: 2, Of: 2})
	switch {
	case c.NumNoise() < n || a.MinSamples > n:
	case a.ClusterMethod == "xi":
		c.Warnings = append(c.Warnings, fmt.Sprintf("R006 optics: xi = %.4g leaves 100 %% noise: a smaller xi, or more min_samples, may find valleys", a.Xi))
	default:
		c.Warnings = append(c.Warnings, fmt.Sprintf("R006 optics: eps = %.4g leaves 100 %% noise: the median reachability is %.4g", a.height(), p.median()))
	}
	return c, ctx.Err()
}

// height is where dbscan cuts the plot.
func (a *OPTICS) height() float64 {
	if a.Eps != nil {
		return *a.Eps
	}
	return *a.MaxEps
}

func (a *OPTICS) check(n int, run Run) error {
	bad := func(option string, value any, why string) error {
		return &OptionError{"optics", option, value, why}
	}
	length := func(v *float64) bool { return v == nil || *v > 0 && !math.IsInf(*v, 0) }
	switch {
	case a.MinSamples < 2:
		return bad("min_samples", a.MinSamples, "at least 2: a row itself counts")
	case !length(a.MaxEps):
		return bad("max_eps", *a.MaxEps, "a finite distance above 0, or none")
	case a.ClusterMethod != "xi" && a.ClusterMethod != "dbscan":
		return bad("cluster_method", a.ClusterMethod, "xi or dbscan")
	case !length(a.Eps):
		return bad("eps", *a.Eps, "a finite distance above 0, or none for max_eps")
	case a.ClusterMethod == "dbscan" && a.Eps == nil && a.MaxEps == nil:
		return bad("eps", "none", "cluster_method = dbscan cuts the plot at eps: give a distance")
	case a.Eps != nil && a.MaxEps != nil && *a.Eps > *a.MaxEps:
		return bad("eps", *a.Eps, fmt.Sprintf("at most max_eps = %v", *a.MaxEps))
	case !(a.Xi >= 0 && a.Xi < 1):
		return bad("xi", a.Xi, "from 0 to below 1")
	case a.Plot != "auto" && a.Plot != "exact" && a.Plot != "spanning_tree":
		return bad("plot", a.Plot, "auto, exact or spanning_tree")
	case run.Space != nil && run.Space.Len() != n:
		return &DataError{"optics", fmt.Sprintf("distances between %d points for %d rows", run.Space.Len(), n)}
	case a.Plot == "spanning_tree" && (run.Space != nil || a.Metric != "" && a.Metric != "euclidean"):
		return bad("plot", a.Plot, "the spanning tree is that of Euclidean distances: take exact")
	}
	if s := a.MinClusterSize; s != nil && !(*s > 0 && (*s <= 1 || *s >= 2 && *s == math.Trunc(*s) && *s < math.MaxInt32)) {
		return bad("min_cluster_size", *s, "a whole number from 2 on, a share above 0 and up to 1, or none")
	}
	return nil
}

// reachability makes the plot, or takes it from Run.Shared: it does not depend on how it
// is cut.
func (a *OPTICS) reachability(ctx context.Context, x *features.Matrix, run Run) (*Reachability, []string, error) {
	n, d := x.Dims()
	limit := math.Inf(1)
	if a.MaxEps != nil {
		limit = *a.MaxEps
	}
	run, warnings, err := run.onMetric("optics", a.Metric, x)
	switch {
	case err != nil:
		return nil, nil, err
	case run.Space != nil:
		p, err := opticsSpace(ctx, run.Space, a.MinSamples, limit, run.workers())
		return p, warnings, err
	}
	tree := !a.exactly(n, d)
	build := func() (any, int64, error) {
		var p *Reachability
		var err error
		if tree {
			p, err = opticsTree(ctx, x, run, a.MinSamples, limit)
		} else {
			p, err = opticsExactPlot(ctx, x, run, a.MinSamples, limit)
		}
		return p, int64(n) * 24, err
	}
	key := ""
	if run.Shared != nil {
		key = fmt.Sprintf("optics|%d|%v|%v|%s", a.MinSamples, limit, tree, x.Hash())
	}
	v, err := run.Shared.Get(key, build)
	if err != nil {
		return nil, nil, err
	}
	p := *v.(*Reachability) // the clusters are each fit's own
	if tree {
		exact := *a
		exact.Plot = "exact"
		warnings = append(warnings, fmt.Sprintf("optics: the plot is that of the spanning tree under mutual reachability: a row is reached at its own core distance or above, so order and reachability differ from the exact plot's where rows are sparser than the row they are reached from; plot = exact makes that in about %.2g s", exact.Estimate(n, d).Seconds))
	}
	return &p, warnings, nil
}

// Estimate counts the kd-tree, the queues and the plot.
func (a *OPTICS) Estimate(n, d int) Estimate {
	rows := float64(n)
	e := Estimate{Bytes: int64(n) * int64(10*d+130), Seconds: min(rows*0.8e-6*math.Pow(2, float64(d)), rows*rows*float64(d)*6e-10)}
	if !a.exactly(n, d) {
		e.Bytes += int64(n) * 270
		e.Seconds /= 4
	}
	return e
}

// Rule gives, for cluster_method dbscan, the label of the nearest core row where it lies
// within eps: exact where that repeats the fit. ξ-clusters have no rule of their own and
// get a surrogate.
func (a *OPTICS) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	if a.ClusterMethod != "dbscan" || len(c.Core) != len(c.Labels) || c.K == 0 {
		return Surrogate(x, c), nil
	}
	m, err := Run{}.measureOption("optics", a.Metric, x)
	if err != nil {
		return nil, err
	}
	r := &Rule{Kind: NearestPoint, Radius: a.height(), Measure: m}
	for i, core := range c.Core {
		if core {
			r.Points = append(r.Points, x.Row(i))
			r.Labels = append(r.Labels, c.Labels[i])
		}
	}
	if len(r.Points) > surrogateRows {
		return Surrogate(x, c), nil
	}
	r.Agreement = r.agreement(x, c.Labels)
	r.Exact = r.Agreement == 1
	return r, nil
}
