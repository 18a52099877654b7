package cluster

import (
	"context"
	"math"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/near"
)

// NumLabels is the number of segments the rule knows: one more than its largest label.
func (r *Rule) NumLabels() int {
	k := int32(-1)
	for _, l := range r.Labels {
		k = max(k, l)
	}
	return int(k) + 1
}

// Shares returns how much each segment has of each row: n×(K+1) numbers, row-major,
// K = NumLabels, rows summing to 1. Column 0 is noise, column l+1 is label l.
//
// For most_probable they are probabilities, the posteriors of the mixture, and as well
// calibrated as the mixture fits:
//
//	p(l | x) = Σ_{c: label l} w_c N(x; μ_c, Σ_c) / Σ_c w_c N(x; μ_c, Σ_c)
//
// The other rules know distances only. Theirs are the memberships of fuzzy c-means with
// exponent 2, free of units but not probabilities:
//
//	u_l = d_l⁻² / Σ_j d_j⁻², d_l the distance to the nearest point of label l
//
// in which noise is a segment whose points are the rows of the fit that were noise and
// one that is Radius away from everything, where the rule has one. Half way between two
// segments both have the same; on a point of a segment it has all. The largest share is
// Predict's label for nearest_center and nearest_point; for first_within and
// nearest_reachable, which ask for more than the nearest point, not always.
//
// Workers do not change the bits. Cost: O(n × points × d) at
// worst; many rows search a tree a label.
//
// Sources: J. C. Bezdek, Pattern Recognition with Fuzzy Objective Function Algorithms,
// Plenum 1981, doi:10.1007/978-1-4757-0450-1; R. N. Davé, Characterization and detection
// of noise in clustering, Pattern Recognition Letters 12 (1991) 657-664,
// doi:10.1016/0167-8655(91)90002-4.
func (r *Rule) Shares(ctx context.Context, x *features.Matrix, workers int) ([]float64, error) {
	n, d := x.Dims()
	wide := r.NumLabels() + 1
	out := make([]float64, n*wide)
	if r.Kind == MostProbable {
		return out, r.posteriors(ctx, x, workers, wide, out)
	}
	trees := r.shareTrees(n, d, wide, workers)
	err := newBlocks(n).each(ctx, Run{Workers: workers}.workers(), func(_, lo, hi int) {
		var m *ruleMeasured
		if r.Measure != nil {
			m = r.measured(d)
		}
		for i := lo; i < hi; i++ {
			row := out[i*wide : (i+1)*wide]
			for l := range row {
				row[l] = math.Inf(1)
			}
			switch {
			case m != nil:
				m.nearest(x.Row(i), row)
			case trees != nil:
				for l, t := range trees {
					if t != nil {
						_, row[l] = t.Nearest(x.Row(i), -1)
					}
				}
			default:
				for p, q := range r.Points {
					l := r.Labels[p] + 1
					row[l] = min(row[l], kernel.Sq64(x.Row(i), q))
				}
			}
			if r.Radius > 0 {
				row[0] = min(row[0], r.Radius*r.Radius)
			}
			inverse(row)
		}
	})
	return out, err
}

// shareTrees indexes the points of each label where that pays: many points, many rows.
func (r *Rule) shareTrees(n, d, wide, workers int) []*near.Tree {
	if r.Measure != nil || len(r.Points) < ruleTree || n < ruleTree || d == 0 {
		return nil
	}
	flat := make([][]float64, wide)
	for p, q := range r.Points {
		flat[r.Labels[p]+1] = append(flat[r.Labels[p]+1], q...)
	}
	trees := make([]*near.Tree, wide)
	for l, f := range flat {
		if len(f) > 0 {
			trees[l] = near.New(f, d, workers)
		}
	}
	return trees
}

// nearest writes the squared distance to the nearest point of each label.
func (m *ruleMeasured) nearest(row, to []float64) {
	m.rule.Measure.apply(row, m.row)
	for p, q := range m.points {
		l := m.rule.Labels[p] + 1
		if v := m.form.between(m.row, q, m.weight); v*v < to[l] {
			to[l] = v * v
		}
	}
}

// inverse turns squared distances into shares, in place.
func inverse(row []float64) {
	least := math.Inf(1)
	for _, v := range row {
		least = min(least, v)
	}
	if math.IsInf(least, 1) { // it has no distance to anything
		clear(row)
		row[0] = 1
		return
	}
	sum := 0.0
	for l, v := range row {
		switch {
		case v == least:
			row[l] = 1
		case math.IsInf(v, 1):
			row[l] = 0
		default:
			row[l] = least / v
		}
		sum += row[l]
	}
	for l := range row {
		row[l] /= sum
	}
}

// posteriors is Shares for a mixture; a row beyond Radius of the component that has it
// is noise, wholly.
func (r *Rule) posteriors(ctx context.Context, x *features.Matrix, workers, wide int, out []float64) error {
	n, d := x.Dims()
	m := r.mixture(d)
	return newBlocks(n).each(ctx, Run{Workers: workers}.workers(), func(_, from, to int) {
		b := newGMMBuffer(d, m.k)
		for lo := from; lo < to; lo += gmmChunk {
			hi := min(to, lo+gmmChunk)
			rows := b.load(x.Data(), nil, d, lo, hi)
			m.distances(b.q, b.x, rows)
			for i := lo; i < hi; i++ {
				row := out[i*wide : (i+1)*wide]
				most, square := math.Inf(-1), math.Inf(1)
				for c := range m.k {
					q := b.q[c*rows+i-lo]
					if l := m.offset[c] - 0.5*q; l > most {
						most, square = l, q
					}
				}
				if math.IsInf(most, -1) || r.Radius > 0 && square > r.Radius*r.Radius {
					row[0] = 1
					continue
				}
				sum := 0.0
				for c := range m.k {
					p := math.Exp(m.offset[c] - 0.5*b.q[c*rows+i-lo] - most)
					row[r.Labels[c]+1] += p
					sum += p
				}
				for l := range row {
					row[l] /= sum
				}
			}
		}
	})
}
