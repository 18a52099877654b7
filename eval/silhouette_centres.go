package eval

import (
	"context"
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

// silhouetteOf is a row's silhouette; 0 where it coincides with its own segment and with
// another one.
func silhouetteOf(a, b float64) float64 {
	if m := max(a, b); m > 0 {
		return (b - a) / m
	}
	return 0
}

// byCentres is the mean over rows of value, which gets the groups' mean squared distances to
// their means, the row's group and its squared distances to all means. A row alone in its
// group has 0.
func byCentres(ctx context.Context, name string, in *Input, value func(p *partition, variance []float64, own int, to []float64) float64) (Score, error) {
	p := newPartition(name, in)
	if p.reason != "" || p.missing(name, in) {
		return Score{Reason: p.reason}, ctx.Err()
	}
	centres, err := p.centres(ctx, in)
	if err != nil {
		return Score{}, err
	}
	n, d := in.X.Dims()
	shift := kernel.Nearby(in.X.Data(), d)
	squared := make([]float64, n) // to the own mean
	toAll := func(row, to []float64, i int) {
		for j, v := range in.X.Row(i) {
			row[j] = v - shift[j] // means are counted from there
		}
		for g := range to {
			s := 0.0
			for j, v := range centres.Row(g) {
				s += (row[j] - v) * (row[j] - v)
			}
			to[g] = s
		}
	}
	out := Score{Noise: p.policy, PerRow: make([]float64, n), PerSegment: make([]float64, p.segments)}
	pass := func(do func(i, own int, to []float64)) error {
		return p.blocks(ctx, in, func(int) {}, func(_, lo, hi int) {
			row, to := make([]float64, d), make([]float64, p.k)
			for i := lo; i < hi; i++ {
				if i%1024 == 0 && ctx.Err() != nil {
					return
				}
				if g := p.label[i]; g >= 0 {
					toAll(row, to, i)
					do(i, int(g), to)
				}
			}
		})
	}
	if err := pass(func(i, own int, to []float64) { squared[i] = to[own] }); err != nil {
		return Score{}, err
	}
	variance := make([]float64, p.k)
	for i, g := range p.label {
		if g >= 0 {
			variance[g] += squared[i] / float64(p.size(int(g)))
		}
	}
	err = pass(func(i, own int, to []float64) {
		out.PerRow[i] = 0
		if p.size(own) > 1 {
			out.PerRow[i] = value(p, variance, own, to)
		}
	})
	if err != nil {
		return Score{}, err
	}
	for i, g := range p.label {
		if g < 0 {
			out.PerRow[i] = math.NaN()
			continue
		}
		out.Value += out.PerRow[i] / float64(p.kept())
		if int(g) < p.segments {
			out.PerSegment[g] += out.PerRow[i] / float64(p.size(int(g)))
		}
	}
	if math.IsNaN(out.Value) {
		return Undefined("%s left the range of floating-point numbers; scale the features first", name), nil
	}
	return out, nil
}
