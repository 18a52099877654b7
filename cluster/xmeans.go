package cluster

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

var _ = register(&Method{
	Name: "xmeans",
	Doc: `X-means: k-means that finds k by the Bayesian information criterion
Begins with k_min clusters and cuts those in two that two round clusters describe
better than one; of all solutions it keeps the one with the best criterion.`,
	Refs: []Ref{
		{Authors: "Pelleg, Moore", Title: "X-means: extending k-means with efficient estimation of the number of clusters", Venue: "ICML", Year: 2000, DOI: "10.5555/645529.657808"},
	},
	Version:    1,
	New:        func() Algorithm { return &XMeans{KMin: 1, KMax: 20, MaxIter: 300} },
	Invariance: Scaling | Translation | ColumnOrder,
})

// XMeans assumes equal round normal clusters. With R rows in d columns, K clusters of
// R_k rows and the pooled variance σ² = Σ‖x−μ(x)‖² / (d·(R−K)),
//
//	BIC = Σ_k R_k·ln(R_k/R) − R·d/2·ln(2πσ²) − d·(R−K)/2 − (K·(d+1))/2 · ln R.
//
// (The paper leaves the d out of σ²; the formula above is that of the model it states.)
// A cluster is cut where its two halves have the higher BIC. Halves begin at the centre
// ± a random direction as long as the cluster's root mean square radius.
//
// The seed decides the first start and the directions; Workers decides nothing. Cost
// that of k-means for each of the about log₂ k rounds.
type XMeans struct {
	KMin    int `json:"k_min"`
	KMax    int `json:"k_max"`
	MaxIter int `json:"max_iter"`
}

var (
	_ Predictor = (*XMeans)(nil)
	_ Estimator = (*XMeans)(nil)
)

const xmeansStream = 0x786d65616e73

// Fit finds the clusters and their number.
func (a *XMeans) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, _, err := ready("xmeans", x)
	if err != nil {
		return nil, err
	}
	if err := run.euclidean("xmeans"); err != nil {
		return nil, err
	}
	if err := splittingCheck("xmeans", a.KMin, a.KMax, a.MaxIter, n); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(run.Seed, xmeansStream))
	y := *x
	y.Weights = nil
	s := &splitter{
		method: "xmeans", ctx: ctx, x: &y, run: run, min: a.KMin, max: min(a.KMax, n), maxIter: a.MaxIter,
		start: func(part *features.Matrix, center []float64) ([][]float64, error) {
			return xmeansStart(part, center, rng), nil
		},
		keep: func(part *features.Matrix, whole, two *Clustering) (bool, error) {
			return xmeansBIC(part, two) > xmeansBIC(part, whole), nil
		},
		better: func(p, q *Clustering) bool { return xmeansBIC(x, p) > xmeansBIC(x, q) },
	}
	c, err := s.grow()
	if err == nil {
		c.Warnings = append(noWeights("xmeans", x), c.Warnings...)
	}
	return c, err
}

// xmeansStart puts two centres on either side of the cluster's.
func xmeansStart(part *features.Matrix, center []float64, rng *rand.Rand) [][]float64 {
	n, d := part.Dims()
	square := 0.0
	for i := range n {
		square += kernel.Sq64(part.Row(i), center)
	}
	axis := make([]float64, d)
	for j := range axis {
		axis[j] = rng.NormFloat64()
	}
	if square == 0 || !sphericalUnit(axis) {
		return nil
	}
	r := math.Sqrt(square / float64(n))
	up, down := make([]float64, d), make([]float64, d)
	for j, v := range axis {
		up[j], down[j] = center[j]+r*v, center[j]-r*v
	}
	return [][]float64{up, down}
}

// xmeansBIC is the criterion; −Inf where there is no row more than clusters or nothing
// is left to explain.
func xmeansBIC(x *features.Matrix, c *Clustering) float64 {
	n, d := x.Dims()
	square := 0.0
	for i, l := range c.Labels {
		square += kernel.Sq64(x.Row(i), c.Centers[l])
	}
	r, k, w := float64(n), float64(c.K), float64(d)
	if n <= c.K || square == 0 {
		return math.Inf(-1)
	}
	s := 0.0
	for _, m := range c.Sizes() {
		if m > 0 {
			s += float64(m) * math.Log(float64(m)/r)
		}
	}
	return s - r*w/2*math.Log(2*math.Pi*square/(w*(r-k))) - w*(r-k)/2 - k*(w+1)/2*math.Log(r)
}

// Rule is the nearest centre: exact.
func (a *XMeans) Rule(x *features.Matrix, c *Clustering) (*Rule, error) { return splittingRule(x, c) }

// Estimate is that of k-means with k_max clusters, and a copy of the rows.
func (a *XMeans) Estimate(n, d int) Estimate {
	e := (&KMeans{NClusters: min(max(a.KMax, 1), max(n, 1)), NInit: 1}).Estimate(n, d)
	e.Bytes += int64(n) * int64(d+1) * 8
	e.Seconds *= 3
	return e
}
