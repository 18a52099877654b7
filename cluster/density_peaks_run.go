package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// densityPeaksSource answers what the method asks of the rows. Lengths are in its own
// measure: squared for coordinates, as they are for given distances.
type densityPeaksSource interface {
	length(distance float64) float64                                             // of a distance
	distance(length float64) float64                                             // and back
	pair(i, j int) float64                                                       // length between two rows
	masses(ctx context.Context, limit float64) ([]float64, error)                // weight of the rows within limit of each, itself included
	kth(ctx context.Context, k int) ([]float64, error)                           // length to the k-th other row
	above(ctx context.Context, rank, above []int32, delta []float64) error       // the nearest row of smaller rank, and its distance
	farthest(i int) float64                                                      // distance to the farthest row
	borders(ctx context.Context, label []int32, limit []float64) ([]bool, error) // rows with another label within limit
}

type densityPeaksRun struct {
	opt      *DensityPeaks
	x        *features.Matrix
	run      Run
	n, d     int
	from     densityPeaksSource
	warnings []string
	limit    []float64 // what is near: one length for all, or one a row
}

func (r *densityPeaksRun) fit(ctx context.Context) (*Clustering, error) {
	g := &DensityPeaksGraph{Delta: make([]float64, r.n), Above: make([]int32, r.n)}
	var err error
	if r.opt.Density == "knn" {
		err = r.byNeighbours(ctx, g)
	} else {
		err = r.byCutoff(ctx, g)
	}
	if err != nil {
		return nil, err
	}
	r.run.report(Step{Iter: 1, Of: 3})
	order := seq32(r.n)
	slices.SortFunc(order, func(i, j int32) int {
		if g.Rho[i] != g.Rho[j] {
			return cmp.Compare(g.Rho[j], g.Rho[i])
		}
		return int(i) - int(j)
	})
	rank := make([]int32, r.n)
	for at, i := range order {
		rank[i] = int32(at)
	}
	if err := r.from.above(ctx, rank, g.Above, g.Delta); err != nil {
		return nil, err
	}
	top := order[0]
	g.Above[top], g.Delta[top] = -1, r.from.farthest(int(top))
	r.run.report(Step{Iter: 2, Of: 3})

	c := &Clustering{Labels: make([]int32, r.n), Stop: Exact, Peaks: g}
	centers := r.centers(g, order)
	for i := range c.Labels {
		c.Labels[i] = Noise
	}
	for l, i := range centers {
		c.Labels[i] = int32(l)
	}
	if len(centers) > 0 {
		for _, i := range order {
			if c.Labels[i] < 0 {
				c.Labels[i] = c.Labels[g.Above[i]]
			}
		}
	}
	if r.opt.Halo && len(centers) > 1 {
		if err := r.halo(ctx, g, c.Labels, len(centers)); err != nil {
			return nil, err
		}
	}
	c.K, c.rank = Canonical(c.Labels)
	for _, old := range c.rank {
		c.Medoids = append(c.Medoids, int(centers[old]))
	}
	if len(centers) == 0 {
		r.warnings = append(r.warnings, fmt.Sprintf("R006 density_peaks: no row has ρ ≥ rho_min and δ ≥ delta_min: all are noise. The largest ρ is %.4g, the largest δ %.4g", g.Rho[top], g.Delta[top]))
	}
	c.Warnings = r.warnings
	r.run.report(Step{Iter: 3, Of: 3})
	return c, ctx.Err()
}

// centers returns the centres, densest first. The densest row of all is one of them where
// there is any: no row has larger ρ, and none larger δ, since the distance from it to the
// densest row bounds it.
func (r *densityPeaksRun) centers(g *DensityPeaksGraph, order []int32) []int32 {
	var centers []int32
	if r.opt.NClusters == nil {
		rho, delta := 0.0, 0.0
		if r.opt.RhoMin != nil {
			rho = *r.opt.RhoMin
		}
		if r.opt.DeltaMin != nil {
			delta = *r.opt.DeltaMin
		}
		for _, i := range order {
			if g.Rho[i] >= rho && g.Delta[i] >= delta {
				centers = append(centers, i)
			}
		}
		return centers
	}
	k := *r.opt.NClusters
	gamma := func(i int32) float64 {
		if g.Rho[i] == 0 { // also where δ is too far for a number
			return 0
		}
		return g.Rho[i] * g.Delta[i]
	}
	least := make([]float64, r.n)
	for i := range least {
		least[i] = gamma(int32(i))
	}
	kth := meanshiftKth(least, r.n-k)
	equal := k // how many centres have the least γ
	for _, i := range order {
		if gamma(i) > kth {
			equal--
		}
	}
	for _, i := range order {
		v := gamma(i)
		if v > kth || v == kth && equal > 0 {
			centers = append(centers, i)
			if v == kth {
				equal--
			}
		}
	}
	return centers
}

// halo makes rows noise that are less dense than the border of their cluster.
func (r *densityPeaksRun) halo(ctx context.Context, g *DensityPeaksGraph, labels []int32, k int) error {
	border, err := r.from.borders(ctx, labels, r.limit)
	if err != nil {
		return err
	}
	dense := make([]float64, k) // of each cluster's border
	for i, at := range border {
		if at {
			dense[labels[i]] = max(dense[labels[i]], g.Rho[i])
		}
	}
	for i, l := range labels {
		if g.Rho[i] < dense[l] {
			labels[i] = Noise
		}
	}
	return nil
}

// byNeighbours takes densities from the distance to the k-th neighbour.
func (r *densityPeaksRun) byNeighbours(ctx context.Context, g *DensityPeaksGraph) error {
	k := r.opt.NNeighbors
	if k >= r.n {
		k = r.n - 1
		r.warnings = append(r.warnings, fmt.Sprintf("density_peaks: n_neighbors = %d but only %d other rows: taken as %d", r.opt.NNeighbors, k, k))
	}
	far, err := r.from.kth(ctx, k)
	if err != nil {
		return err
	}
	r.limit = far
	g.Rho = make([]float64, r.n)
	most := 0.0
	for i, v := range far {
		if g.Rho[i] = 1 / r.from.distance(v); !math.IsInf(g.Rho[i], 1) {
			most = max(most, g.Rho[i])
		}
	}
	if most == 0 {
		most = 0.5
	}
	most = min(2*most, math.MaxFloat64)
	for i, v := range g.Rho {
		if math.IsInf(v, 1) {
			g.Rho[i] = most
		}
	}
	return nil
}
