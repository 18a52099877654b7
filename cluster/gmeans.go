package cluster

import (
	"context"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "gmeans",
	Doc: `G-means: k-means that cuts what does not look normal
Begins with k_min clusters; each is cut in two along the line between its halves where
the rows on that line do not look normally distributed (Anderson-Darling test).`,
	Refs: []Ref{
		{Authors: "Hamerly, Elkan", Title: "Learning the k in k-means", Venue: "NIPS 16", Year: 2003, DOI: "10.5555/2981345.2981381"},
		{Authors: "D'Agostino, Stephens", Title: "Goodness-of-fit techniques, table 4.9", Venue: "Marcel Dekker", Year: 1986},
	},
	Version:    1,
	New:        func() Algorithm { return &GMeans{KMin: 1, KMax: 50, Alpha: 1e-4, MaxIter: 300} },
	Invariance: Scaling | Translation,
})

// GMeans cuts a cluster from the centres c ± axis·√(2λ/π) (axis its first principal
// axis, λ the variance along it), runs 2-means, and projects its rows on the line
// between the two ends. The cut is kept where the Anderson-Darling test of normality of
// the projections has p < Alpha; clusters of fewer than 8 rows are not cut.
//
// p follows D'Agostino and Stephens from A*² = A²·(1 + 0.75/n + 2.25/n²); at the default
// .0001 the critical value is the paper's 1.87. There is one test a cluster and round: no
// correction for many.
//
// The seed decides the first start (where k_min > 1); Workers decides nothing. Cost that
// of k-means for each of the about log₂ k rounds, and a sort of the rows.
type GMeans struct {
	KMin    int     `json:"k_min"`
	KMax    int     `json:"k_max"`
	Alpha   float64 `json:"alpha"`
	MaxIter int     `json:"max_iter"`
}

var (
	_ Predictor = (*GMeans)(nil)
	_ Estimator = (*GMeans)(nil)
)

// gmeansFewest is the smallest sample for which the test's approximation is meant.
const gmeansFewest = 8

// Fit finds the clusters and their number.
func (a *GMeans) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, _, err := ready("gmeans", x)
	if err != nil {
		return nil, err
	}
	if err := run.euclidean("gmeans"); err != nil {
		return nil, err
	}
	if err := splittingCheck("gmeans", a.KMin, a.KMax, a.MaxIter, n); err != nil {
		return nil, err
	}
	if !(a.Alpha > 0 && a.Alpha < 1) {
		return nil, &OptionError{"gmeans", "alpha", a.Alpha, "above 0 and below 1"}
	}
	y := *x
	y.Weights = nil
	s := &splitter{
		method: "gmeans", ctx: ctx, x: &y, run: run, min: a.KMin, max: min(a.KMax, n), maxIter: a.MaxIter,
		start: func(part *features.Matrix, center []float64) ([][]float64, error) {
			axis, variance, ok := splittingAxis(part, center)
			if n, _ := part.Dims(); !ok || n < gmeansFewest {
				return nil, nil
			}
			step := math.Sqrt(2 * variance / math.Pi)
			up, down := slices.Clone(center), slices.Clone(center)
			axpy(step, axis, up)
			axpy(-step, axis, down)
			return [][]float64{up, down}, nil
		},
		keep: func(part *features.Matrix, _, two *Clustering) (bool, error) {
			line := slices.Clone(two.Centers[0])
			axpy(-1, two.Centers[1], line)
			n, _ := part.Dims()
			at := make([]float64, n)
			for i := range at {
				for j, v := range part.Row(i) {
					at[i] += (v - two.Centers[1][j]) * line[j]
				}
			}
			_, p := andersonDarling(at)
			return p < a.Alpha, nil
		},
	}
	c, err := s.grow()
	if err == nil {
		c.Warnings = append(noWeights("gmeans", x), c.Warnings...)
	}
	return c, err
}

// andersonDarling tests whether the values come from a normal distribution of unknown
// mean and variance. It reorders them. a2 is A² without the correction for n; p is 1
// where they are all equal.
func andersonDarling(v []float64) (a2, p float64) {
	n := float64(len(v))
	slices.Sort(v)
	mean, square := 0.0, 0.0
	for i, u := range v {
		e := u - mean
		mean += e / float64(i+1)
		square += e * (u - mean)
	}
	if square == 0 {
		return 0, 1
	}
	sd := math.Sqrt(square / (n - 1))
	s := 0.0
	for i := range v {
		// ln Φ(z) and ln(1−Φ(z)) by erfc, which keeps its digits in the tails.
		low := math.Log(math.Erfc(-(v[i]-mean)/sd/math.Sqrt2) / 2)
		high := math.Log(math.Erfc((v[len(v)-1-i]-mean)/sd/math.Sqrt2) / 2)
		s += float64(2*i+1) * (max(low, -745) + max(high, -745))
	}
	a2 = -n - s/n
	z := a2 * (1 + 0.75/n + 2.25/n/n)
	switch {
	case z < 0.2:
		p = 1 - math.Exp(-13.436+101.14*z-223.73*z*z)
	case z < 0.34:
		p = 1 - math.Exp(-8.318+42.796*z-59.938*z*z)
	case z < 0.6:
		p = math.Exp(0.9177 - 4.279*z - 1.38*z*z)
	case z < 10:
		p = math.Exp(1.2937 - 5.709*z + 0.0186*z*z)
	}
	return a2, p
}

// Rule is the nearest centre: exact.
func (a *GMeans) Rule(x *features.Matrix, c *Clustering) (*Rule, error) { return splittingRule(x, c) }

// Estimate is that of k-means with k_max clusters, and a copy of the rows.
func (a *GMeans) Estimate(n, d int) Estimate {
	return (&XMeans{KMin: a.KMin, KMax: a.KMax, MaxIter: a.MaxIter}).Estimate(n, d)
}
