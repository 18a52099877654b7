package cluster

import (
	"context"
	"fmt"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

var _ = register(&Method{
	Name: "bisecting_kmeans",
	Doc: `Bisecting k-means: one cluster cut in two, again and again
Begins with all rows and cuts the cluster with the largest sum of squares (or the most
rows) by 2-means until there are n_clusters. Cuts for fewer clusters are inside those
for more.`,
	Refs: []Ref{
		{Authors: "Steinbach, Karypis, Kumar", Title: "A comparison of document clustering techniques", Venue: "KDD Workshop on Text Mining", Year: 2000},
	},
	Version: 1,
	New: func() Algorithm {
		return &BisectingKMeans{NClusters: 8, Init: "k-means++", NInit: 1, MaxIter: 300, Tol: 1e-4, Strategy: "biggest_inertia"}
	},
	Invariance: Translation | Scaling | ColumnOrder | Repetition,
})

// BisectingKMeans cuts, n_clusters − 1 times, one cluster by KMeans with two centres:
// with Strategy "biggest_inertia" the one with the largest Σ w·‖x−μ‖², with
// "largest_cluster" the one with most rows; ties to the one that came first. The options
// are those of each 2-means. The objective is Σᵢ wᵢ·‖xᵢ−μ(xᵢ)‖² over the final clusters.
// A row may stand nearer to another cluster's centre: Refine runs KMeans from the
// centres to the end (Steinbach et al.), which loses the nesting.
//
// scikit-learn's BisectingKMeans draws two starts at random by default; this one takes
// k-means++ as for k-means. The seed decides the starts; Workers decides nothing. Cost
// O(n·d·iterations·log n_clusters) where the cuts are even; memory one copy of the
// rows being cut.
type BisectingKMeans struct {
	NClusters int     `json:"n_clusters"`
	Init      string  `json:"init"`
	NInit     int     `json:"n_init"`
	MaxIter   int     `json:"max_iter"`
	Tol       float64 `json:"tol"`
	Strategy  string  `json:"bisecting_strategy"`
	Refine    bool    `json:"refine"`
}

var (
	_ Predictor = (*BisectingKMeans)(nil)
	_ Estimator = (*BisectingKMeans)(nil)
)

// bisectingLeaf is a cluster that may still be cut.
type bisectingLeaf struct {
	rows    []int
	center  []float64
	inertia float64
}

// Fit cuts until there are n_clusters, or nothing is left to cut (with a warning).
func (a *BisectingKMeans) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := ready("bisecting_kmeans", x)
	if err != nil {
		return nil, err
	}
	if err := run.euclidean("bisecting_kmeans"); err != nil {
		return nil, err
	}
	if a.Strategy != "biggest_inertia" && a.Strategy != "largest_cluster" {
		return nil, &OptionError{"bisecting_kmeans", "bisecting_strategy", a.Strategy, "biggest_inertia or largest_cluster"}
	}
	if a.MaxIter < 1 {
		return nil, &OptionError{"bisecting_kmeans", "max_iter", a.MaxIter, "at least 1"}
	}
	if err := clusters("bisecting_kmeans", "n_clusters", a.NClusters, n); err != nil {
		return nil, err
	}
	if err := a.inner(2).check(max(n, 2), d, run); err != nil {
		return nil, err
	}
	one, err := a.inner(1).Fit(ctx, x, Run{Seed: run.Seed, Workers: run.Workers})
	if err != nil {
		return nil, err
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	leaves := []*bisectingLeaf{{all, one.Centers[0], *one.Objective}}
	c := &Clustering{Stop: Converged}
	for cut := uint64(1); len(leaves) < a.NClusters; cut++ {
		at := a.next(leaves)
		if at < 0 {
			c.Warnings = append(c.Warnings, fmt.Sprintf("bisecting_kmeans: n_clusters = %d but only %d came out: there are not more distinct rows", a.NClusters, len(leaves)))
			break
		}
		two, err := a.cut(ctx, x, leaves[at], Run{Seed: run.Seed + cut, Workers: run.Workers})
		if err != nil {
			return nil, err
		}
		c.Iter++
		if len(two) == 1 { // equal rows
			leaves[at].inertia = 0
			continue
		}
		leaves = append(append(leaves[:at:at], two...), leaves[at+1:]...)
		run.report(Step{Iter: c.Iter, Of: a.NClusters - 1, Objective: bisectingInertia(leaves)})
	}
	if a.Refine && len(leaves) == a.NClusters {
		return a.refine(ctx, x, leaves, run)
	}
	objective := bisectingInertia(leaves)
	c.Objective = &objective
	c.Labels = make([]int32, n)
	for l, leaf := range leaves {
		for _, i := range leaf.rows {
			c.Labels[i] = int32(l)
		}
	}
	var old []int32
	c.K, old = Canonical(c.Labels)
	c.rank = make([]int32, c.K)
	for l, o := range old {
		c.Centers = append(c.Centers, leaves[o].center)
		c.rank[l] = o
	}
	return c, nil
}

func bisectingInertia(leaves []*bisectingLeaf) float64 {
	s := 0.0
	for _, l := range leaves {
		s += l.inertia
	}
	return s
}

// inner is the k-means that cuts.
func (a *BisectingKMeans) inner(k int) *KMeans {
	return &KMeans{NClusters: k, Init: a.Init, NInit: a.NInit, MaxIter: a.MaxIter, Tol: a.Tol}
}

// next chooses the leaf to cut; −1 where none can be.
func (a *BisectingKMeans) next(leaves []*bisectingLeaf) int {
	at := -1
	for i, l := range leaves {
		switch {
		case len(l.rows) < 2 || l.inertia == 0:
		case at < 0,
			a.Strategy == "biggest_inertia" && l.inertia > leaves[at].inertia,
			a.Strategy == "largest_cluster" && len(l.rows) > len(leaves[at].rows):
			at = i
		}
	}
	return at
}

// cut parts a leaf's rows by 2-means.
func (a *BisectingKMeans) cut(ctx context.Context, x *features.Matrix, leaf *bisectingLeaf, run Run) ([]*bisectingLeaf, error) {
	part := x
	if n, _ := x.Dims(); len(leaf.rows) < n {
		part = x.Pick(leaf.rows)
	}
	if part.Weights != nil && sum(part.Weights) == 0 {
		return []*bisectingLeaf{leaf}, nil
	}
	got, err := a.inner(2).Fit(ctx, part, run)
	if err != nil {
		return nil, err
	}
	out := make([]*bisectingLeaf, got.K)
	for l := range out {
		out[l] = &bisectingLeaf{center: got.Centers[l]}
	}
	for at, l := range got.Labels {
		out[l].rows = append(out[l].rows, leaf.rows[at])
		out[l].inertia += part.Weight(at) * kernel.Sq64(part.Row(at), got.Centers[l])
	}
	return out, nil
}

// refine runs k-means from the leaves' centres.
func (a *BisectingKMeans) refine(ctx context.Context, x *features.Matrix, leaves []*bisectingLeaf, run Run) (*Clustering, error) {
	km := a.inner(len(leaves))
	for _, l := range leaves {
		km.InitCenters = append(km.InitCenters, l.center)
	}
	return km.Fit(ctx, x, run)
}

// Rule is the nearest centre: a surrogate unless Refine is set, for a row may stand
// nearer to a cluster from which an earlier cut parted it.
func (a *BisectingKMeans) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	r := &Rule{Kind: NearestCenter}
	for _, l := range c.order() {
		r.Points = append(r.Points, c.Centers[l])
		r.Labels = append(r.Labels, l)
	}
	r.Agreement = r.agreement(x, c.Labels)
	r.Exact = r.Agreement == 1 && a.Refine
	return r, nil
}

// Estimate counts the largest part's copy, the row numbers and the 2-means.
func (a *BisectingKMeans) Estimate(n, d int) Estimate {
	e := a.inner(2).Estimate(n, d)
	e.Bytes += int64(n) * int64(d+2) * 8
	e.Seconds *= 2 + float64(a.NClusters)/4
	return e
}
