package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "density_peaks",
	Doc: `Density peaks: rows of high density that are far from any of higher density
Each row has a density and a distance to the nearest row of higher density. Rows where
both are large are centres; every other row belongs where its nearest row of higher density
does. Clusters may have any shape, and nothing is repeated until it converges.`,
	Refs: []Ref{
		{Authors: "Rodriguez, Laio", Title: "Clustering by fast search and find of density peaks", Venue: "Science 344", Year: 2014, DOI: "10.1126/science.1242072"},
		{Authors: "Huang, Yu, Shun", Title: "Faster parallel exact density peaks clustering", Venue: "SIAM ACDA", Year: 2023, DOI: "10.1137/1.9781611977714.6"},
	},
	Version:    1,
	New:        newDensityPeaks,
	Invariance: Translation | Scaling | ColumnOrder | Rotation | ConstantColumn | Repetition,
})

func newDensityPeaks() Algorithm {
	k := 8
	return &DensityPeaks{NClusters: &k, Density: "cutoff", Percent: 2, NNeighbors: 10, Metric: "euclidean"}
}

// DensityPeaks is exact. With rows ordered by density, ties to the smaller row first,
//
//	ρᵢ = Σⱼ wⱼ over the rows with ‖xᵢ−xⱼ‖ < d_c, less 1       (density cutoff; wⱼ = 1: the other rows)
//	ρᵢ = 1 / distance to the n_neighbors-th other row         (density knn)
//	δᵢ = distance to the nearest row before i in that order, ties to the smallest row;
//	     of the first row, to the farthest of all
//
// The centres are the n_clusters rows with the largest γ = ρ·δ, ties to the denser row,
// or all rows with ρ ≥ rho_min and δ ≥ delta_min. Each other row goes where its nearest
// row before it goes. With halo, rows of a cluster less dense than its border are noise:
// than the densest of its rows that have a row of another cluster within d_c (knn: within
// their own distance to the n_neighbors-th row).
//
// d_c is cutoff, or else the distance at place round(M·percent/100) of the M distances
// between all pairs of rows, ascending, as in the authors' program; above 1,000 rows, of
// 1,000 rows drawn by the seed. Rows at the same place have 1/0 for knn density: they get
// twice the largest finite one.
//
// Weights are honoured by density cutoff, as if a row of weight 3 were written three
// times; knn does not use them (with a warning). The clustering's Peaks holds the decision
// graph, Medoids the centres. Workers decide nothing. Distances are compared as squares.
// Cost: two passes over a kd-tree, about O(n log n) plus the pairs that d_c cuts through
// leaves, at worst O(n²d); memory O(n·d). Other distances than Euclidean: O(n²).
type DensityPeaks struct {
	// NClusters is how many centres there are; none = those above rho_min and delta_min.
	NClusters *int     `json:"n_clusters"`
	RhoMin    *float64 `json:"rho_min"`
	DeltaMin  *float64 `json:"delta_min"`
	// Density is cutoff or knn.
	Density string `json:"density"`
	// Cutoff is d_c; none = from percent.
	Cutoff     *float64 `json:"cutoff"`
	Percent    float64  `json:"percent"`
	NNeighbors int      `json:"n_neighbors"`
	// Halo makes rows less dense than their cluster's border noise.
	Halo bool `json:"halo"`
	// Metric is a distance by name: see Measure.
	Metric string `json:"metric"`
}

var _ Estimator = (*DensityPeaks)(nil)

// Fit finds the peaks.
func (a *DensityPeaks) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := ready("density_peaks", x)
	if err != nil {
		return nil, err
	}
	if err := a.check(n, run); err != nil {
		return nil, err
	}
	run, warnings, err := run.onMetric("density_peaks", a.Metric, x)
	if err != nil {
		return nil, err
	}
	r := &densityPeaksRun{opt: a, x: x, run: run, n: n, d: d, warnings: warnings}
	if a.Density == "knn" {
		r.warnings = append(r.warnings, noWeights("density_peaks", x)...)
	}
	if run.Space != nil {
		r.from = &densityPeaksSpace{r}
	} else {
		tree, err := sharedTree(x, run)
		if err != nil {
			return nil, err
		}
		r.from = &densityPeaksTree{r, tree}
	}
	return r.fit(ctx)
}

func (a *DensityPeaks) check(n int, run Run) error {
	bad := func(option string, value any, why string) error {
		return &OptionError{"density_peaks", option, value, why}
	}
	number := func(v *float64) bool { return v == nil || *v >= 0 && !math.IsInf(*v, 0) }
	switch {
	case a.NClusters != nil && (a.RhoMin != nil || a.DeltaMin != nil):
		return bad("n_clusters", *a.NClusters, "give either n_clusters or rho_min and delta_min: the other is none")
	case a.NClusters == nil && a.RhoMin == nil && a.DeltaMin == nil:
		return bad("n_clusters", "none", "then rho_min, delta_min or both say which rows are centres")
	case !number(a.RhoMin):
		return bad("rho_min", *a.RhoMin, "a finite number from 0 on")
	case !number(a.DeltaMin):
		return bad("delta_min", *a.DeltaMin, "a finite distance from 0 on")
	case a.Density != "cutoff" && a.Density != "knn":
		return bad("density", a.Density, "cutoff or knn")
	case a.Cutoff != nil && (!(*a.Cutoff > 0) || math.IsInf(*a.Cutoff, 0)):
		return bad("cutoff", *a.Cutoff, "a finite distance above 0, or none to have it from percent")
	case !(a.Percent > 0 && a.Percent <= 100):
		return bad("percent", a.Percent, "above 0 and up to 100: 1 to 2 is usual")
	case a.NNeighbors < 1:
		return bad("n_neighbors", a.NNeighbors, "at least 1")
	case run.Space != nil && run.Space.Len() != n:
		return &DataError{"density_peaks", fmt.Sprintf("distances between %d points for %d rows", run.Space.Len(), n)}
	}
	if a.NClusters != nil {
		return clusters("density_peaks", "n_clusters", *a.NClusters, n)
	}
	return nil
}

// Estimate counts the kd-tree with its weights and ranks, the decision graph, and the
// distances of the sample.
func (a *DensityPeaks) Estimate(n, d int) Estimate {
	rows := float64(n)
	e := Estimate{Bytes: int64(n) * int64(10*d+48), Seconds: min(rows*0.4e-6*math.Pow(1.7, float64(d)), rows*rows*float64(d)*3e-10)}
	if a.Density == "cutoff" && a.Cutoff == nil {
		m := int64(min(n, densityPeaksSample))
		e.Bytes += 4 * m * m
	}
	return e
}
