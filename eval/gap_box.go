package eval

import (
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/features"
)

// gapBox is a box around the data, along the columns or along the principal axes.
type gapBox struct {
	n      int
	cols   []features.Column
	mean   []float64  // where its axes meet; nil along the columns
	axes   *mat.Dense // d×d, an axis a column; nil along the columns
	lo, hi []float64  // d: the data's extent along each axis
}

// newGapBox finds the box. Axes are the eigenvectors of the covariance, the largest
// variance first, each with its largest entry (the first of equals) positive, so that the
// same data give the same draws whatever signs the solver returns. Where variances are
// equal the axes are one choice of many. Cost O(n·d² + d³).
func newGapBox(x *features.Matrix, reference GapReference) (*gapBox, error) {
	n, d := x.Dims()
	g := &gapBox{n: n, cols: x.Cols, lo: make([]float64, d), hi: make([]float64, d)}
	for j := range d {
		g.lo[j], g.hi[j] = math.Inf(1), math.Inf(-1)
	}
	if reference == GapPCA {
		if err := g.turn(x); err != nil {
			return nil, err
		}
	}
	at := make([]float64, d)
	for i := range n {
		g.project(x.Row(i), at)
		for j, v := range at {
			g.lo[j], g.hi[j] = min(g.lo[j], v), max(g.hi[j], v)
		}
	}
	return g, nil
}

// turn finds the principal axes.
func (g *gapBox) turn(x *features.Matrix) error {
	n, d := x.Dims()
	g.mean = make([]float64, d)
	for i := range n {
		for j, v := range x.Row(i) {
			g.mean[j] += v / float64(n)
		}
	}
	cov := mat.NewSymDense(d, nil)
	t, raw := make([]float64, d), cov.RawSymmetric()
	for i := range n {
		for j, v := range x.Row(i) {
			t[j] = v - g.mean[j]
		}
		for j, v := range t {
			for l := j; l < d; l++ {
				raw.Data[j*raw.Stride+l] += v * t[l] / float64(n)
			}
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(cov, true) {
		return errors.New("gap: the principal axes were not found; take the box along the columns")
	}
	var v mat.Dense
	eigen.VectorsTo(&v)
	g.axes = mat.NewDense(d, d, nil)
	for a := range d {
		from, top := d-1-a, 0 // gonum has the smallest first
		for j := range d {
			if math.Abs(v.At(j, from)) > math.Abs(v.At(top, from)) {
				top = j
			}
		}
		sign := math.Copysign(1, v.At(top, from))
		for j := range d {
			g.axes.Set(j, a, sign*v.At(j, from))
		}
	}
	return nil
}

// project writes a row's coordinates along the axes.
func (g *gapBox) project(row, to []float64) {
	if g.axes == nil {
		copy(to, row)
		return
	}
	clear(to)
	for j, v := range row {
		v -= g.mean[j]
		for a := range to {
			to[a] += v * g.axes.At(j, a)
		}
	}
}

// draw returns n rows drawn uniformly from the box, row by row.
func (g *gapBox) draw(rng *rand.Rand) *features.Matrix {
	d := len(g.lo)
	out := features.NewMatrix(g.n, g.cols, nil)
	at := make([]float64, d)
	for i := range g.n {
		row := out.Row(i)
		for a := range at {
			at[a] = g.lo[a] + rng.Float64()*(g.hi[a]-g.lo[a])
		}
		if g.axes == nil {
			copy(row, at)
			continue
		}
		copy(row, g.mean)
		for j := range row {
			for a, v := range at {
				row[j] += v * g.axes.At(j, a)
			}
		}
	}
	return out
}
