package eval

import (
	"context"
	"math"
)

var _ = register(&Metric{
	Name:    "calinski_harabasz",
	Aliases: []string{"ch", "calinski_harabasz_score", "variance_ratio"},
	Doc: `Calinski-Harabasz index: spread between segments over spread within
CH = (B/(k−1)) / (W/(n−k)), with W = Σ_i ‖x_i − m_c(i)‖² and B = Σ_c n_c ‖m_c − m‖²,
m_c the segments' means and m the mean of all rows looked at. Squared Euclidean
distance on the matrix that was clustered. Larger is better; it has no upper
bound and grows with n, so compare only within one feature set.
Noise counts as one more segment unless another policy is asked for.`,
	Refs: []Ref{{
		Authors: "T. Caliński, J. Harabasz", Title: "A dendrite method for cluster analysis",
		Venue: "Communications in Statistics 3(1), 1-27", Year: 1974, DOI: "10.1080/03610927408827101",
	}},
	Version: 2,
	Range:   Range{Lo: 0, Hi: math.Inf(1), Better: +1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &CalinskiHarabasz{} },
})

// CalinskiHarabasz is the ratio of the dispersion between segments to that within,
// each divided by its degrees of freedom. Seed and workers affect nothing. One pass over
// the rows, counted from a point among them, whose pieces are added by Chan, Golub and
// LeVeque's update: nothing cancels wherever the data lie. Cost O(n·d).
type CalinskiHarabasz struct{}

// Score implements Measure.
func (*CalinskiHarabasz) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "Calinski-Harabasz"
	p := newPartition(name, in)
	if p.reason != "" {
		return Score{Reason: p.reason}, ctx.Err()
	}
	s, err := p.spread(ctx, in)
	if err != nil {
		return Score{}, err
	}
	_, d := in.X.Dims()
	n, all, between := float64(p.kept()), make([]float64, d), 0.0
	for g, m := range s.size {
		for j, v := range s.mean.Row(g) {
			all[j] += m / n * v
		}
	}
	for g, m := range s.size {
		b := euclid(s.mean.Row(g), all)
		between += m * b * b
	}
	// What is missing is not a number in every sum that it enters.
	v := between / s.within * (n - float64(p.k)) / float64(p.k-1)
	if math.IsInf(s.within, 0) || math.IsNaN(v) || p.policy == Exclude {
		if p.missing(name, in) {
			return Score{Reason: p.reason}, ctx.Err()
		}
	}
	if s.within == 0 {
		return Undefined("Calinski-Harabasz divides by the spread within segments; here the rows of each of the %d segments are all alike", p.k), ctx.Err()
	}
	if math.IsInf(s.within, 0) || math.IsInf(v, 0) || math.IsNaN(v) {
		return Undefined("Calinski-Harabasz left the range of floating-point numbers; scale the features first"), ctx.Err()
	}
	return Score{Value: v, Noise: p.policy}, ctx.Err()
}
