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
type SimplifiedSilhouette struct{}

// Score implements Measure.
func (*SimplifiedSilhouette) Score(ctx context.Context, in *Input) (Score, error) {
	return byCentres(ctx, "simplified silhouette", in, func(p *partition, _ []float64, own int, to []float64) float64 {
		a, b := math.Sqrt(to[own]), math.Inf(1)
		for g, v := range to {
			if g != own && v < b {
				b = v
			}
		}
		return silhouetteOf(a, math.Sqrt(b))
	})
}
