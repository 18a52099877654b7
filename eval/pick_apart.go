package eval

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/features"
)

// apartRidge is added to the variance of each direction, as a share of their mean, so that
// the inverse exists where there are fewer rows than columns.
const apartRidge = 0.01

// apartOps is the number of operations between two looks at ctx.
const apartOps = 1 << 22

// apart says whether, in each divided segment, every piece and the piece nearest to it (by
// their means) are two heaps with a valley between them.
func (n *pickNest) apart(ctx context.Context, fine int, home, divided []int) (bool, error) {
	x := n.rows
	pieces := make([]apartPiece, len(n.counts[fine]))
	for row, l := range n.labels[fine] {
		pieces[l].rows = append(pieces[l].rows, row)
	}
	if n.candidates[fine].Noise > 0 {
		pieces = pieces[:len(pieces)-1]
	}
	for f := range pieces {
		if err := pieces[f].learn(ctx, x); err != nil {
			return false, err
		}
	}
	var seen [][2]int
	for f := range pieces {
		if !slices.Contains(divided, home[f]) {
			continue
		}
		at, least := -1, math.Inf(1)
		for g := range pieces {
			if d := pieces[f].far(&pieces[g]); g != f && home[g] == home[f] && d < least {
				at, least = g, d
			}
		}
		pair := [2]int{min(f, at), max(f, at)}
		if slices.Contains(seen, pair) {
			continue
		}
		seen = append(seen, pair)
		v, err := between(ctx, x, &pieces[pair[0]], &pieces[pair[1]])
		if err != nil || !twoHumps(v) {
			return false, err
		}
	}
	return true, nil
}

// apartPiece is a segment's rows, their mean, and the sum of squares and products about it.
type apartPiece struct {
	rows    []int
	mean    []float64
	scatter *mat.SymDense // nil = not needed yet
}

// learn fills in the mean.
func (p *apartPiece) learn(ctx context.Context, x *features.Matrix) error {
	_, d := x.Dims()
	p.mean = make([]float64, d)
	for _, row := range p.rows {
		for j, v := range x.Row(row) {
			p.mean[j] += v
		}
	}
	for j := range p.mean {
		p.mean[j] /= float64(len(p.rows))
	}
	return ctx.Err()
}

// far is the squared distance of the means.
func (p *apartPiece) far(q *apartPiece) float64 {
	s := 0.0
	for j, v := range p.mean {
		s += (v - q.mean[j]) * (v - q.mean[j])
	}
	return s
}

func (p *apartPiece) spread(ctx context.Context, x *features.Matrix) (*mat.SymDense, error) {
	if p.scatter != nil {
		return p.scatter, nil
	}
	d := len(p.mean)
	s, r, ops := mat.NewSymDense(d, nil), mat.NewVecDense(d, nil), 0
	for _, row := range p.rows {
		for j, v := range x.Row(row) {
			r.SetVec(j, v-p.mean[j])
		}
		s.SymRankOne(s, 1, r)
		if ops += d * d; ops >= apartOps {
			if ops = 0; ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
	}
	p.scatter = s
	return s, ctx.Err()
}

// between places the rows of two pieces on the line that tells the pieces apart best,
// Fisher's, one piece's mean at +½ and the other's at −½. Each row's line is learned
// without that row: with many columns the line would otherwise find a valley in any cloud
// that is cut in two. Nil where there is no such line: pieces of one row, or without
// scatter. With S the scatter within pieces
// and r the row less its piece's mean, S without the row is S − m/(m−1)·r·rᵀ for a piece of
// m rows, whose inverse is Sherman and Morrison's. Cost O(rows·d² + d³).
func between(ctx context.Context, x *features.Matrix, a, b *apartPiece) ([]float64, error) {
	d := len(a.mean)
	sa, err := a.spread(ctx, x)
	if err != nil {
		return nil, err
	}
	sb, err := b.spread(ctx, x)
	if err != nil {
		return nil, err
	}
	s := mat.NewSymDense(d, nil)
	s.AddSym(sa, sb)
	ridge := apartRidge * mat.Trace(s) / float64(d)
	for j := range d {
		s.SetSym(j, j, s.At(j, j)+ridge)
	}
	var chol mat.Cholesky
	if !chol.Factorize(s) {
		return nil, nil
	}
	var inverse mat.SymDense
	if err := chol.InverseTo(&inverse); err != nil {
		return nil, nil
	}
	out, ops := make([]float64, 0, len(a.rows)+len(b.rows)), 0
	r, v, p, q := mat.NewVecDense(d, nil), mat.NewVecDense(d, nil), mat.NewVecDense(d, nil), mat.NewVecDense(d, nil)
	for side, piece := range []*apartPiece{a, b} {
		m := float64(len(piece.rows))
		if m < 2 {
			return nil, nil
		}
		c := m / (m - 1)
		for _, row := range piece.rows {
			for j, z := range x.Row(row) {
				r.SetVec(j, z-piece.mean[j])
				v.SetVec(j, a.mean[j]-b.mean[j])
			}
			// the piece's mean without the row is mean − r/(m−1)
			shift := -1 / (m - 1)
			if side == 1 {
				v.AddScaledVec(v, -shift, r)
			} else {
				v.AddScaledVec(v, shift, r)
			}
			p.MulVec(&inverse, r)
			q.MulVec(&inverse, v)
			q.AddScaledVec(q, c*mat.Dot(p, v)/(1-c*mat.Dot(r, p)), p) // the line
			// From the mean without the row, the row is at r·c; that mean is half of v
			// from the middle.
			apart := mat.Dot(q, v)
			if !(apart > 0) {
				return nil, nil
			}
			half := 0.5
			if side == 1 {
				half = -0.5
			}
			out = append(out, c*mat.Dot(q, r)/apart+half)
			if ops += 2 * d * d; ops >= apartOps {
				if ops = 0; ctx.Err() != nil {
					return nil, ctx.Err()
				}
			}
		}
	}
	return out, ctx.Err()
}
