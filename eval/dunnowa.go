package eval

import (
	"context"
	"math"
	"slices"
)

var _ = register(&Metric{
	Name:    "dunnowa",
	Aliases: []string{"dunn_near_neighbours", "dunn25_smin5"},
	Doc: `DuNN: how near the nearest rows of different segments lie
Of all pairs of a row and one of its M = 25 nearest that lies in another segment, the 3δ = 15
nearest, averaged with the weights φ((u−1)/δ), u = 1, 2, … by distance, φ the normal density:
a softened smallest distance between segments, which one stray pair does not decide. It has
the unit of a distance: compare only within one feature set. Larger is better. Defined where
each segment has more than M rows. DuNN_25_SMin.5_Const in the paper, where it comes nearest
to the experts' labels of all indices.
Noise counts as one more segment unless another policy is asked for.`,
	Refs:    []Ref{gagolewskiValid},
	Version: 1,
	Range:   Range{Lo: 0, Hi: math.Inf(1), Better: +1},
	Needs:   NeedX,
	Props:   PropShift,
	New:     func() Measure { return &DuNN{M: 25, Delta: 5} },
})

// DuNN is Gagolewski's Dunn-like index over near neighbours with the ordered weighted
// average SMin in the numerator and 1 in the denominator. Seed and workers affect nothing;
// equal distances go to the row that comes first. Cost that of a graph of M neighbours.
type DuNN struct {
	M     int `json:"m"`     // neighbours, at least 1
	Delta int `json:"delta"` // δ: 3δ pairs are averaged, at least 1
}

// Score implements Measure.
func (o *DuNN) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "DuNN"
	p := newPartition(name, in)
	switch {
	case p.reason != "" || p.missing(name, in):
		return Score{Reason: p.reason}, ctx.Err()
	case o.M < 1 || o.Delta < 1:
		return Undefined("%s: m and delta are at least 1", name), ctx.Err()
	}
	g, reason, err := p.neighbours(ctx, name, in, o.M)
	if err != nil || reason != "" {
		return Score{Reason: reason}, err
	}
	var across []float64 // squared distances
	for i, own := range g.group {
		for at, j := range g.graph.Index[i*o.M : (i+1)*o.M] {
			if g.group[j] != own {
				across = append(across, g.graph.Sq[i*o.M+at])
			}
		}
	}
	if len(across) == 0 {
		return Undefined("%s averages distances to neighbours in other segments; no row has one among its %d nearest: the segments lie far apart", name, o.M), ctx.Err()
	}
	slices.Sort(across)
	sum, weights := 0.0, 0.0
	for u, v := range across[:min(len(across), 3*o.Delta)] {
		t := float64(u) / float64(o.Delta)
		w := math.Exp(-t * t / 2)
		sum += w * math.Sqrt(v)
		weights += w
	}
	if math.IsInf(sum, 0) || math.IsNaN(sum) {
		return Undefined("%s left the range of floating-point numbers; scale the features first", name), ctx.Err()
	}
	return Score{Value: sum / weights, Noise: p.policy}, ctx.Err()
}
