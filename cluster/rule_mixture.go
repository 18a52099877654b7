package cluster

import (
	"context"
	"math"

	"github.com/mores-lab/mores/features"
)

// predictMixture is Predict for a mixture: the label of the component with the largest
// posterior, and the Mahalanobis distance to it.
func (r *Rule) predictMixture(row []float64) (label int32, distance float64) {
	m := r.mixture(len(row))
	b := newGMMBuffer(m.d, m.k)
	rows := b.load(row, nil, m.d, 0, 1)
	m.distances(b.q, b.x, rows)
	m.best(b.q, rows, b.at[:1], b.dist, b.most)
	return r.decideMixture(b.at[0], b.dist[0])
}

func (r *Rule) decideMixture(at int32, square float64) (int32, float64) {
	if r.Radius > 0 && square > r.Radius*r.Radius {
		return Noise, math.Sqrt(square)
	}
	return r.Labels[at], math.Sqrt(square)
}

// predictMixtures is PredictAll for a mixture.
func (r *Rule) predictMixtures(ctx context.Context, x *features.Matrix, workers int, labels []int32, distances []float64) error {
	n, d := x.Dims()
	m := r.mixture(d)
	return newBlocks(n).each(ctx, Run{Workers: workers}.workers(), func(_, from, to int) {
		b := newGMMBuffer(d, m.k)
		for lo := from; lo < to; lo += gmmChunk {
			hi := min(to, lo+gmmChunk)
			rows := b.load(x.Data(), nil, d, lo, hi)
			m.distances(b.q, b.x, rows)
			m.best(b.q, rows, labels[lo:hi], distances[lo:hi], b.most)
			for i := lo; i < hi; i++ {
				labels[i], distances[i] = r.decideMixture(labels[i], distances[i])
			}
		}
	})
}
