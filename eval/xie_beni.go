package eval

import (
	"context"
	"math"
)

var _ = register(&Metric{
	Name:    "xie_beni",
	Aliases: []string{"xb"},
	Doc: `Xie-Beni index: spread within segments over the nearest two centres
XB = (Σ_i ‖x_i − m_c(i)‖² / n) / min over two segments ‖m_a − m_b‖², m_c the segments' means:
the crisp case of the fuzzy index. Smaller is better.
Noise counts as one more segment unless another policy is asked for.`,
	Refs: []Ref{{
		Authors: "X. L. Xie, G. Beni", Title: "A validity measure for fuzzy clustering",
		Venue: "IEEE Transactions on Pattern Analysis and Machine Intelligence 13(8), 841-847", Year: 1991, DOI: "10.1109/34.85677",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: math.Inf(1), Better: -1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &XieBeni{} },
})

// XieBeni is the mean squared distance to the own mean, in units of the squared distance of
// the two nearest means. Seed and workers affect nothing. Cost O(n·d + k²·d).
type XieBeni struct{}

// Score implements Measure.
func (*XieBeni) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "Xie-Beni"
	p := newPartition(name, in)
	if p.reason == "" {
		p.missing(name, in)
	}
	if p.reason != "" {
		return Score{Reason: p.reason}, ctx.Err()
	}
	s, err := p.spread(ctx, in)
	if err != nil {
		return Score{}, err
	}
	gap := math.Inf(1)
	for a := range p.k {
		if a%256 == 255 && ctx.Err() != nil {
			return Score{}, ctx.Err()
		}
		for b := range a {
			gap = min(gap, euclid(s.mean.Row(a), s.mean.Row(b)))
		}
	}
	if gap == 0 {
		return Undefined("Xie-Beni divides by the distance of the two nearest centres; two of the %d segments have the same centre", p.k), ctx.Err()
	}
	v := s.within / float64(p.kept()) / gap / gap
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return Undefined("Xie-Beni left the range of floating-point numbers; scale the features first"), ctx.Err()
	}
	return Score{Value: v, Noise: p.policy}, ctx.Err()
}
