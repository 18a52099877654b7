package eval

import (
	"context"
	"math"
)

var _ = register(&Metric{
	Name: "simplified_silhouette",
	Doc: `Simplified silhouette: is a row nearer to its own segment's mean than to the next one's?
s(i) = (b − a)/max(a, b), a the Euclidean distance to the own segment's mean, b to the nearest
other one; a row alone in its segment has 0. The value is the mean over rows, in [−1, 1].
It is not the silhouette, and mostly larger: it looks at n·k distances in place of n²/2.
Noise counts as one more segment unless another policy is asked for.`,
	Refs: []Ref{{
		Authors: "E. R. Hruschka, L. N. de Castro, R. J. G. B. Campello", Title: "Evolutionary algorithms for clustering gene-expression data",
		Venue: "IEEE International Conference on Data Mining, 403-406", Year: 2004, DOI: "10.1109/ICDM.2004.10073",
	}},
	Version: 1,
	Range:   Range{Lo: -1, Hi: 1, Better: +1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &SimplifiedSilhouette{} },
})

// SimplifiedSilhouette compares each row's distance to its own mean with that to the
// nearest other one. Seed and workers affect nothing. Cost O(n·k·d).
type SimplifiedSilhouette struct {
	// Interval asks for a 95 % interval: how far the value would vary over samples of
	// customers who are put into segments by the same rule.
	Interval bool `json:"interval"`
}

// Score implements Measure.
func (s *SimplifiedSilhouette) Score(ctx context.Context, in *Input) (Score, error) {
	kin := centreKin{name: "simplified silhouette", interval: s.Interval}
	kin.parts = func(p *partition, _ []float64, own int, to []float64) (a, b float64, near int) {
		b = math.Inf(1)
		for g, v := range to {
			if g != own && v < b {
				b, near = v, g
			}
		}
		return math.Sqrt(to[own]), math.Sqrt(b), near
	}
	return kin.score(ctx, in)
}
