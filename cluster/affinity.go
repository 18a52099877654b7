package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "affinity",
	Doc: `Affinity propagation: rows vote for the row that stands for them
Messages between all pairs of rows settle which rows are exemplars; nobody says how many
there shall be: preference does, and a lower one gives fewer. For up to some ten
thousand rows: it keeps three numbers a pair.`,
	Refs: []Ref{
		{Authors: "Frey, Dueck", Title: "Clustering by passing messages between data points", Venue: "Science 315", Year: 2007, DOI: "10.1126/science.1136800"},
	},
	Version: 1,
	New:     func() Algorithm { return newAffinity() },
	// No Invariance: while exemplars still change, rounding decides where they stand.
	// A round over 3,000 rows is half a gigabyte of messages: fewer of them will do.
	Example: func(_ string, x *features.Matrix) (Algorithm, error) {
		a := newAffinity()
		if n, _ := x.Dims(); n >= 1000 {
			a.MaxIter = 2
		}
		return a, nil
	},
})

func newAffinity() *Affinity {
	return &Affinity{Damping: 0.5, MaxIter: 200, ConvergenceIter: 15, Metric: "euclidean"}
}

// Affinity is affinity propagation on similarities s(i,k) = −‖xᵢ−xₖ‖² (of other metrics
// and of given distances: −d²), with s(k,k) the preference. Responsibilities r and
// availabilities a are sent in turn, each damped (new = damping·old + (1−damping)·new):
//
//	r(i,k) = s(i,k) − max_{j≠k} [a(i,j) + s(i,j)]
//	a(i,k) = min(0, r(k,k) + Σ_{j∉{i,k}} max(0, r(j,k))),   a(k,k) = Σ_{j≠k} max(0, r(j,k))
//
// Row k is an exemplar where r(k,k) + a(k,k) > 0; every row goes to the exemplar most
// similar to it, and of each cluster the row most similar to the others becomes its
// medoid. It ends when the exemplars have been the same for convergence_iter rounds.
// Results are those of scikit-learn's AffinityPropagation, which adds noise of 10⁻¹⁶ of
// each similarity so that ties do not make the messages swing: ours is a fixed function
// of i and k, so that neither seed nor Workers decide anything.
//
// Where all similarities and preferences are the same there is nothing to decide: one
// cluster, or one a row if the preference is above the similarity. Cost O(n²) a round;
// memory 24 n² bytes.
type Affinity struct {
	Damping         float64 `json:"damping"` // of each message, [0.5, 1)
	MaxIter         int     `json:"max_iter"`
	ConvergenceIter int     `json:"convergence_iter"`
	// Preference is s(k,k), the same for all rows; none = the median similarity.
	Preference *float64 `json:"preference"`
	Metric     string   `json:"metric"` // a distance by name: see Measure
}

var _ Estimator = (*Affinity)(nil)

// affinityMax is the largest memory ever tried, in bytes.
const affinityMax = 64 << 30

// Fit passes messages until the exemplars stay the same. Where none came out, all rows
// are noise, with a warning.
func (a *Affinity) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := ready("affinity", x)
	if err != nil {
		return nil, err
	}
	bad := func(option string, value any, why string) error { return &OptionError{"affinity", option, value, why} }
	switch {
	case !(a.Damping >= 0.5 && a.Damping < 1):
		return nil, bad("damping", a.Damping, "from 0.5 to below 1")
	case a.MaxIter < 1:
		return nil, bad("max_iter", a.MaxIter, "at least 1")
	case a.ConvergenceIter < 1:
		return nil, bad("convergence_iter", a.ConvergenceIter, "at least 1")
	case a.Preference != nil && (math.IsNaN(*a.Preference) || math.IsInf(*a.Preference, 0)):
		return nil, bad("preference", *a.Preference, "a finite similarity, or none")
	case run.Space != nil && run.Space.Len() != n:
		return nil, &DataError{"affinity", fmt.Sprintf("distances between %d points for %d rows", run.Space.Len(), n)}
	}
	if b := a.Estimate(n, d).Bytes; b > affinityMax {
		return nil, &MemoryError{"affinity", b, fmt.Sprintf(
			"three numbers for each pair of %d rows. Options: kmedoids, kmeans, dbscan, or a sample of rows", n)}
	}
	r := &affinityRun{ctx: ctx, opt: a, n: n, workers: run.workers(), run: run}
	warnings, err := r.similarities(x)
	if err != nil {
		return nil, err
	}
	c, err := r.propagate()
	if err != nil {
		return nil, err
	}
	for _, m := range c.Medoids {
		c.Centers = append(c.Centers, slices.Clone(x.Row(m)))
	}
	c.Warnings = append(append(warnings, c.Warnings...), noWeights("affinity", x)...)
	return c, nil
}

// Estimate counts similarities, responsibilities and availabilities of every pair.
func (a *Affinity) Estimate(n, d int) Estimate {
	pairs := float64(n) * float64(n)
	// 4 ns a pair and round, and about 60 rounds.
	return Estimate{Bytes: 24*int64(n)*int64(n) + int64(n)*int64(8*d+8*affinityBlocks+100), Seconds: pairs * 4e-9 * 60}
}
