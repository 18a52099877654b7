package eval

import (
	"context"
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

var _ = register(&Metric{
	Name: "pbm",
	Doc: `PBM index: how much the segments shorten distances, times how far apart they lie
PBM = ((1/k)·(E₁/E_k)·D)², E₁ the summed distance of all rows to their common mean, E_k to
their segments' means, D the largest distance of two segments' means. It has the unit of a
squared distance: compare only within one feature set. Larger is better.
Noise counts as one more segment unless another policy is asked for.`,
	Refs: []Ref{{
		Authors: "M. K. Pakhira, S. Bandyopadhyay, U. Maulik", Title: "Validity index for crisp and fuzzy clusters",
		Venue: "Pattern Recognition 37(3), 487-501", Year: 2004, DOI: "10.1016/j.patcog.2003.06.005",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: math.Inf(1), Better: +1},
	Needs:   NeedX,
	Props:   PropShift,
	New:     func() Measure { return &PBM{} },
})

// PBM is the index of Pakhira, Bandyopadhyay and Maulik. Seed and workers affect nothing.
// Cost O(n·d + k²·d).
type PBM struct{}

// Score implements Measure.
func (*PBM) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "PBM"
	p := newPartition(name, in)
	if p.reason == "" {
		p.missing(name, in)
	}
	if p.reason != "" {
		return Score{Reason: p.reason}, ctx.Err()
	}
	centres, err := p.centres(ctx, in)
	if err != nil {
		return Score{}, err
	}
	_, d := in.X.Dims()
	all, n := make([]float64, d), float64(p.kept())
	for g := range p.k {
		for j, v := range centres.Row(g) {
			all[j] += float64(p.size(g)) / n * v
		}
	}
	shift := kernel.Nearby(in.X.Data(), d)
	var one, each []float64 // by block
	err = p.blocks(ctx, in, func(count int) { one, each = make([]float64, count), make([]float64, count) }, func(b, lo, hi int) {
		row := make([]float64, d)
		for i := lo; i < hi; i++ {
			if g := p.label[i]; g >= 0 {
				for j, v := range in.X.Row(i) {
					row[j] = v - shift[j] // means are counted from there
				}
				one[b] += euclid(row, all)
				each[b] += euclid(row, centres.Row(int(g)))
			}
		}
	})
	if err != nil {
		return Score{}, err
	}
	far, alone, within := 0.0, 0.0, 0.0
	for a := range p.k {
		if a%256 == 255 && ctx.Err() != nil {
			return Score{}, ctx.Err()
		}
		for b := range a {
			far = max(far, euclid(centres.Row(a), centres.Row(b)))
		}
	}
	for b := range one {
		alone, within = alone+one[b], within+each[b]
	}
	if within == 0 {
		return Undefined("PBM divides by the spread within segments; here the rows of each of the %d segments are all alike", p.k), ctx.Err()
	}
	v := alone / within * far / float64(p.k)
	if v *= v; math.IsInf(v, 0) || math.IsNaN(v) {
		return Undefined("PBM left the range of floating-point numbers; scale the features first"), ctx.Err()
	}
	return Score{Value: v, Noise: p.policy}, ctx.Err()
}
