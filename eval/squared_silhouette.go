package eval

import (
	"context"
	"math"
)

var _ = register(&Metric{
	Name:    "squared_silhouette",
	Aliases: []string{"spark_silhouette"},
	Doc: `Silhouette with squared Euclidean distances, by its closed form
s(i) = (b − a)/max(a, b), a the mean squared distance to the other rows of the own segment, b
the smallest mean squared distance to another one; a row alone in its segment has 0. This is
what Spark's ClusteringEvaluator calls silhouette. It is not the silhouette: squares weigh
what is far apart, and values come out larger. The mean over rows, in [−1, 1].
Noise counts as one more segment unless another policy is asked for.`,
	Refs: []Ref{{
		Authors: "P. J. Rousseeuw", Title: "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis",
		Venue: "Journal of Computational and Applied Mathematics 20, 53-65", Year: 1987, DOI: "10.1016/0377-0427(87)90125-7",
	}},
	Version: 1,
	Range:   Range{Lo: -1, Hi: 1, Better: +1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &SquaredSilhouette{} },
})

// SquaredSilhouette needs no pairs: the mean squared distance of x to the rows of group h is
// ‖x − m_h‖² + V_h, V_h their mean squared distance to their mean m_h. Seed and workers
// affect nothing. Cost O(n·k·d).
type SquaredSilhouette struct {
	// Interval asks for a 95 % interval: how far the value would vary over samples of
	// customers who are put into segments by the same rule.
	Interval bool `json:"interval"`
}

// Score implements Measure.
func (s *SquaredSilhouette) Score(ctx context.Context, in *Input) (Score, error) {
	kin := centreKin{name: "squared silhouette", interval: s.Interval, squared: true}
	kin.parts = func(p *partition, variance []float64, own int, to []float64) (a, b float64, near int) {
		n := float64(p.size(own))
		b = math.Inf(1)
		for g, v := range to {
			if v += variance[g]; g != own && v < b {
				b, near = v, g
			}
		}
		return (to[own] + variance[own]) * n / (n - 1), b, near // to the others: not to itself
	}
	return kin.score(ctx, in)
}
