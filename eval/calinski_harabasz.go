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
	Version: 1,
	Range:   Range{Lo: 0, Hi: math.Inf(1), Better: +1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &CalinskiHarabasz{} },
})

// CalinskiHarabasz is the ratio of the dispersion between segments to that within,
// each divided by its degrees of freedom. Seed and workers affect nothing. Cost O(n·d).
type CalinskiHarabasz struct{}

// Score implements Measure.
func (*CalinskiHarabasz) Score(ctx context.Context, in *Input) (Score, error) {
	p := newPartition("Calinski-Harabasz", in)
	if p.reason != "" {
		return Score{Reason: p.reason}, ctx.Err()
	}
	mean, all := p.centres(in.X)
	var between, within float64
	for g, m := range mean {
		b := 0.0
		for j := range m {
			b += (m[j] - all[j]) * (m[j] - all[j])
		}
		between += float64(p.size(g)) * b
		for _, r := range p.rows[p.start[g]:p.start[g+1]] {
			w := 0.0
			for j, v := range in.X.Row(r) {
				w += (v - m[j]) * (v - m[j])
			}
			within += w
		}
	}
	if within == 0 {
		return Undefined("Calinski-Harabasz divides by the spread within segments; here the rows of each of the %d segments are all alike", p.k), ctx.Err()
	}
	n := len(p.rows)
	v := between / within * float64(n-p.k) / float64(p.k-1)
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return Undefined("Calinski-Harabasz left the range of floating-point numbers; scale the features first"), ctx.Err()
	}
	return Score{Value: v, Noise: p.policy}, ctx.Err()
}
