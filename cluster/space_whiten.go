package cluster

import (
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
)

// whitenPivot is the least share of a column's variance that the columns before it must
// leave unexplained; below it the covariance counts as singular and whitenRidge, a
// share of every column's variance, is added. Rounding explains a duplicated column to
// about 1e-15; the ridge bounds how far a direction without variance is stretched to a
// thousand standard deviations.
const (
	whitenPivot = 1e-12
	whitenRidge = 1e-6
)

// learnWhitening finds W with WᵀW = Σ⁻¹: the inverse of the Cholesky factor of the
// correlations, after division by the standard deviations. Sums run over the rows in
// order.
func (m *Measure) learnWhitening(method string, x *features.Matrix) {
	n, d := x.Dims()
	m.Center = make([]float64, d)
	total := 0.0
	for i := range n {
		total += x.Weight(i)
	}
	for i := range n {
		w := x.Weight(i) / total
		for j, v := range x.Row(i) {
			m.Center[j] += w * v
		}
	}
	cov := make([][]float64, d)
	for j := range cov {
		cov[j] = make([]float64, d)
	}
	t := make([]float64, d)
	for i := range n {
		w := x.Weight(i)
		for j, v := range x.Row(i) {
			t[j] = v - m.Center[j]
		}
		for j, u := range t {
			for l, v := range t[:j+1] {
				cov[j][l] += w * u * v
			}
		}
	}
	free := total
	if total > 1 {
		free-- // the sample covariance, as numpy's cov
	}
	scale := make([]float64, d) // 0: a constant column
	constant := 0
	for j := range scale {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range n {
			if x.Weight(i) > 0 {
				lo, hi = math.Min(lo, x.Row(i)[j]), math.Max(hi, x.Row(i)[j])
			}
		}
		if lo < hi {
			scale[j] = 1 / math.Sqrt(cov[j][j]/free)
		} else {
			constant++
		}
	}
	for j := range cov {
		for l := range cov[j][:j+1] {
			cov[j][l] *= scale[j] * scale[l] / free
		}
		cov[j][j] = 1
	}
	factor, ok := cholesky(cov)
	if !ok {
		for j := range cov {
			cov[j][j] = 1 + whitenRidge
		}
		factor, _ = cholesky(cov)
		m.warnings = append(m.warnings, fmt.Sprintf("%s: the covariance is singular (columns repeat or add up to others): a ridge of %g of each variance was added for metric = mahalanobis", method, whitenRidge))
	}
	if constant > 0 {
		m.warnings = append(m.warnings, fmt.Sprintf("%s: %d constant columns have no part in metric = mahalanobis", method, constant))
	}
	m.Whiten = invertLower(factor)
	for i := range m.Whiten {
		for j := range m.Whiten[i] {
			m.Whiten[i][j] *= scale[j]
		}
	}
}

// cholesky returns the lower factor of a matrix with diagonal 1, or false where a
// column is explained by those before it.
func cholesky(a [][]float64) ([][]float64, bool) {
	d := len(a)
	f := make([][]float64, d)
	for i := range f {
		f[i] = make([]float64, d)
		for j := range i + 1 {
			s := a[i][j]
			for l := range j {
				s -= f[i][l] * f[j][l]
			}
			if i != j {
				f[i][j] = s / f[j][j]
				continue
			}
			if s < whitenPivot {
				return nil, false
			}
			f[i][i] = math.Sqrt(s)
		}
	}
	return f, true
}

// invertLower inverts a lower triangular matrix.
func invertLower(f [][]float64) [][]float64 {
	d := len(f)
	w := make([][]float64, d)
	for i := range w {
		w[i] = make([]float64, d)
		w[i][i] = 1 / f[i][i]
		for j := range i {
			s := 0.0
			for l := j; l < i; l++ {
				s += f[i][l] * w[l][j]
			}
			w[i][j] = -s / f[i][i]
		}
	}
	return w
}
