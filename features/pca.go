package features

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/internal/kernel"
)

// Components are the principal components of a matrix: all d of them, largest first.
type Components struct {
	Mean     []float64   // of the d columns
	Axes     [][]float64 // loadings, an axis a row: orthonormal, signs fixed
	Singular []float64   // singular values of √wᵢ·(xᵢ−mean): √Σ w·score²
	Ratio    []float64   // share of the variance, per axis; they sum to 1
	// Variance is singular²/(Σw−1), the variance of the scores, a weight counting
	// repetitions of its row; nil where weights sum to 1 or less.
	Variance []float64
}

// FitPCA returns the principal components of the columns of m, as they are: centred, not
// scaled.
//
//	S = Σᵢ wᵢ·(xᵢ−mean)·(xᵢ−mean)ᵀ = V·diag(singular²)·Vᵀ,   axes = rows of Vᵀ
//
// An axis has the sign that makes its loading of largest magnitude positive, the first of
// equals, as scikit-learn's svd_flip has it on V. S is summed from differences to a point
// among the rows, and again from their mean should that be a poor one, so that nothing
// cancels far from the origin. Variances are exact to about 10⁻¹⁵ of the largest one, so
// those of axes that hardly vary have fewer digits than a singular value decomposition of
// the rows would give them. Missing values and rows that are all equal are errors.
//
// The workers (0 = all processors) affect nothing but the time. Cost: O(n·d² + d³), one
// pass over the rows, 64 MB of partial sums at most.
//
// Source: I. T. Jolliffe & J. Cadima, Principal component analysis: a review and recent
// developments, Philosophical Transactions of the Royal Society A 374, 2016,
// doi:10.1098/rsta.2015.0202.
func FitPCA(m *Matrix, workers int) (*Components, error) {
	n, d := m.Dims()
	if n == 0 || d == 0 {
		return nil, fmt.Errorf("principal components of %d rows and %d columns: there is no axis", n, d)
	}
	mean := make([]float64, d)
	s := crossSums(m, kernel.Nearby(m.data, d), workers)
	for j := range d {
		if v := s.Scatter(j, j); s.Product(j, j) > 16*math.Abs(v) { // four bits are lost: a poor point
			s.Mean(mean)
			s = crossSums(m, mean, workers)
			break
		}
	}
	s.Mean(mean)
	scatter, finite := mat.NewSymDense(d, nil), true
	for a := range d {
		for b := a; b < d; b++ {
			v := s.Scatter(a, b)
			scatter.SetSym(a, b, v)
			finite = finite && !math.IsNaN(v) && !math.IsInf(v, 0)
		}
	}
	if !finite { // what is missing is not a number in every sum that it enters
		if i, j, ok := m.Missing(); ok {
			return nil, fmt.Errorf("%s is missing for customer %s: deal with missing values first", m.Cols[j].Name, m.ID(i))
		}
		return nil, fmt.Errorf("the covariance leaves the range of floating-point numbers: scale the columns first")
	}
	values, axes := principal(scatter)
	var total float64
	for _, v := range values {
		total += v
	}
	if total == 0 {
		return nil, fmt.Errorf("all rows are equal: there is no axis")
	}
	c := &Components{Mean: mean, Axes: axes}
	for _, v := range values {
		c.Singular = append(c.Singular, math.Sqrt(v))
		c.Ratio = append(c.Ratio, v/total)
		if s.Weight() > 1 {
			c.Variance = append(c.Variance, v/(s.Weight()-1))
		}
	}
	return c, nil
}

// Transform returns the rows' scores on the first k axes (0 = all), axesᵀ·(x−mean), n × k
// row-major. m has the columns that were fitted. Cost: O(n·d·k).
func (c *Components) Transform(m *Matrix, k, workers int) []float64 {
	n, d := m.Dims()
	if k == 0 {
		k = len(c.Axes)
	}
	if d != len(c.Mean) || k < 0 || k > len(c.Axes) {
		panic("features: scores on axes that do not fit the matrix")
	}
	out := make([]float64, n*k)
	share(workers, (n+sumBlock-1)/sumBlock, func(b int) {
		for i := b * sumBlock; i < min(n, (b+1)*sumBlock); i++ {
			row := m.Row(i)
			for a, axis := range c.Axes[:k] {
				var s float64
				for j, v := range axis {
					s += v * (row[j] - c.Mean[j])
				}
				out[i*k+a] = s
			}
		}
	})
	return out
}

// crossBytes bounds the sums of all blocks of rows together.
const crossBytes = 64 << 20

// crossSums adds up the products of the columns of m less shift, in blocks that depend on
// its shape only, added in order: any number of workers gives the same bits.
func crossSums(m *Matrix, shift []float64, workers int) *kernel.CrossSums {
	n, d := m.Dims()
	blocks := max(1, min(256, crossBytes/(8*(d+8)*(d+8))))
	size := max(sumBlock, (n+blocks-1)/blocks)
	blocks = max(1, (n+size-1)/size)
	parts := make([]*kernel.CrossSums, blocks)
	share(workers, blocks, func(b int) {
		lo, hi := b*size, min(n, (b+1)*size)
		parts[b] = kernel.NewCrossSums(shift)
		var w []float64
		if m.Weights != nil {
			w = m.Weights[lo:hi]
		}
		parts[b].Add(m.data[lo*d:hi*d], w)
	})
	for _, o := range parts[1:] {
		parts[0].Merge(o)
	}
	return parts[0]
}

// share calls do(0), …, do(n−1) on up to workers goroutines (0 = all processors).
func share(workers, n int, do func(i int)) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if workers = min(workers, n); workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}
