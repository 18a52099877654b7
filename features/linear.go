package features

import (
	"math"
	"runtime"

	"gonum.org/v1/gonum/mat"
)

// sumBlock is the number of rows summed before partial sums are added up: the
// order of additions is fixed by it, whatever the number of workers.
const sumBlock = 1024

// moments returns each column's weighted mean and population variance, in two
// passes. NaN is left out, column by column; a column of NaN has mean NaN.
// Cost: O(n·d).
func moments(m *Matrix) (mean, variance []float64) {
	n, d := m.Dims()
	mean, variance = make([]float64, d), make([]float64, d)
	weight := make([]float64, d)
	blocked(n, func(lo, hi int) {
		s, w := make([]float64, d), make([]float64, d)
		for i := lo; i < hi; i++ {
			wi := m.Weight(i)
			for j, x := range m.Row(i) {
				if !math.IsNaN(x) {
					s[j] += wi * x
					w[j] += wi
				}
			}
		}
		for j := range s {
			mean[j] += s[j]
			weight[j] += w[j]
		}
	})
	for j := range mean {
		mean[j] /= weight[j]
	}
	blocked(n, func(lo, hi int) {
		s := make([]float64, d)
		for i := lo; i < hi; i++ {
			wi := m.Weight(i)
			for j, x := range m.Row(i) {
				if !math.IsNaN(x) {
					s[j] += wi * (x - mean[j]) * (x - mean[j])
				}
			}
		}
		for j := range s {
			variance[j] += s[j]
		}
	})
	for j := range variance {
		variance[j] /= weight[j]
	}
	return mean, variance
}

// covariance returns the d×d weighted population covariance of m about mean.
// Cost: O(n·d²).
func covariance(m *Matrix, mean []float64) *mat.SymDense {
	c := crossSums(m, mean, runtime.GOMAXPROCS(0))
	d := len(mean)
	out := mat.NewSymDense(d, nil)
	for a := range d {
		for b := a; b < d; b++ {
			out.SetSym(a, b, c.Product(a, b)/c.Weight())
		}
	}
	return out
}

// blocked calls f on [0, n) in pieces of sumBlock, in order.
func blocked(n int, f func(lo, hi int)) {
	for lo := 0; lo < n; lo += sumBlock {
		f(lo, min(lo+sumBlock, n))
	}
}

// principal returns the eigenvalues of a covariance, largest first, and the
// eigenvectors as rows, each with the sign that makes its largest-magnitude
// loading positive (the first of equals).
func principal(cov *mat.SymDense) (values []float64, vectors [][]float64) {
	d := cov.SymmetricDim()
	var eig mat.EigenSym
	if !eig.Factorize(cov, true) {
		panic("features: eigenvalues of a covariance did not converge")
	}
	var v mat.Dense
	eig.VectorsTo(&v)
	up := eig.Values(nil)
	for k := d - 1; k >= 0; k-- {
		vec := mat.Col(nil, k, &v)
		at := 0
		for j, x := range vec {
			// Loadings that differ by rounding alone must not decide the sign.
			if math.Abs(x) > math.Abs(vec[at])*(1+1e-9) {
				at = j
			}
		}
		if vec[at] < 0 {
			for j := range vec {
				vec[j] = -vec[j]
			}
		}
		values = append(values, max(up[k], 0))
		vectors = append(vectors, vec)
	}
	return values, vectors
}
