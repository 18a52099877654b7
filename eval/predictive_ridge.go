package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/internal/kernel"
)

// ridgeParts is the number of parts in which sums over rows are taken: fixed, so that
// workers do not show in the last bit.
const ridgeParts = 16

// ridgeFit is a linear predictor: one column of coefficients an output, the intercept last.
type ridgeFit struct {
	beta [][]float64
	stop string // "" = at the optimum
}

// predict returns the linear predictor of output k for a row.
func (f *ridgeFit) predict(k int, row []float64) float64 {
	b := f.beta[k]
	eta := b[len(row)]
	for j, x := range row {
		eta += b[j] * x
	}
	return eta
}

// ridgeGram returns Σ wᵢ(xᵢ, 1)(xᵢ, 1)ᵀ; w nil = 1 each. each runs the parts.
func ridgeGram(x *mat.Dense, w []float64, each func(n int, f func(i int)) error) (*mat.SymDense, error) {
	n, _ := x.Dims()
	parts := make([]*kernel.CrossSums, ridgeParts)
	err := each(ridgeParts, func(part int) {
		parts[part] = ridgeSums(x, w, part*n/ridgeParts, (part+1)*n/ridgeParts)
	})
	if err != nil {
		return nil, err
	}
	for _, s := range parts[1:] {
		parts[0].Merge(s)
	}
	return ridgeMatrix(x, parts[0]), nil
}

// ridgeSums is the Gram matrix's sum over rows lo to hi−1.
func ridgeSums(x *mat.Dense, w []float64, lo, hi int) *kernel.CrossSums {
	_, d := x.Dims()
	out := kernel.NewCrossSums(make([]float64, d+1))
	row := make([]float64, (hi-lo)*(d+1))
	for i := lo; i < hi; i++ {
		to := row[(i-lo)*(d+1) : (i-lo+1)*(d+1)]
		copy(to, x.RawRowView(i))
		to[d] = 1
	}
	if w != nil {
		w = w[lo:hi]
	}
	out.Add(row, w)
	return out
}

func ridgeMatrix(x *mat.Dense, sums *kernel.CrossSums) *mat.SymDense {
	_, d := x.Dims()
	out := mat.NewSymDense(d+1, nil)
	raw := out.RawSymmetric()
	for i := range d + 1 {
		for j := i; j <= d; j++ {
			raw.Data[i*raw.Stride+j] = sums.Product(i, j)
		}
	}
	return out
}

// ridgePenalise adds the penalty to the diagonal; the intercept goes free.
func ridgePenalise(h *mat.SymDense, ridge float64) {
	for j := range h.SymmetricDim() - 1 {
		h.SetSym(j, j, h.At(j, j)+ridge)
	}
}

// ridgeLinear minimises ½Σ(yᵢ − β₀ − βxᵢ)² + ridge/2·‖β‖² for each output y[k], by one
// Cholesky factor. Cost O(n·d²).
func ridgeLinear(x *mat.Dense, y [][]float64, ridge float64, each func(n int, f func(i int)) error) (*ridgeFit, error) {
	n, d := x.Dims()
	h, err := ridgeGram(x, nil, each)
	if err != nil {
		return nil, err
	}
	ridgePenalise(h, ridge)
	var chol mat.Cholesky
	if !chol.Factorize(h) {
		return &ridgeFit{stop: "its normal equations are singular"}, nil
	}
	f := &ridgeFit{beta: make([][]float64, len(y))}
	for k := range y {
		g := make([]float64, d+1)
		for i := range n {
			for j, v := range x.RawRowView(i) {
				g[j] += v * y[k][i]
			}
			g[d] += y[k][i]
		}
		b := mat.NewVecDense(d+1, nil)
		if err := chol.SolveVecTo(b, mat.NewVecDense(d+1, g)); err != nil {
			return &ridgeFit{stop: "its normal equations are all but singular"}, nil
		}
		f.beta[k] = b.RawVector().Data
	}
	return f, nil
}

// ridgeLogistic minimises Σ ln(1 + exp(∓(β₀ + βxᵢ))) + ridge/2·‖β‖² for y of 0 and 1 by
// Newton's method with halved steps where a full one goes up. The penalty makes the
// optimum one, and finite even where the classes can be parted. Cost O(n·d²) a step, some
// ten steps.
func ridgeLogistic(x *mat.Dense, y []float64, ridge float64, each func(n int, f func(i int)) error) (*ridgeFit, error) {
	n, d := x.Dims()
	mean := 0.0
	for _, v := range y {
		mean += v / float64(n)
	}
	b := make([]float64, d+1)
	b[d] = math.Log(mean / (1 - mean))
	f := &ridgeFit{beta: [][]float64{b}}
	loss := f.logLoss(x, y, ridge)
	w := make([]float64, n)
	const steps = 100
	for range steps {
		g := make([]float64, d+1)
		for i := range n {
			row := x.RawRowView(i)
			p := 1 / (1 + math.Exp(-f.predict(0, row)))
			w[i] = p * (1 - p)
			for j, v := range row {
				g[j] += (y[i] - p) * v
			}
			g[d] += y[i] - p
		}
		norm := math.Abs(g[d])
		for j := range d {
			g[j] -= ridge * b[j]
			norm = max(norm, math.Abs(g[j]))
		}
		if norm <= 1e-9*float64(n) {
			return f, nil
		}
		h, err := ridgeGram(x, w, each)
		if err != nil {
			return nil, err
		}
		ridgePenalise(h, ridge)
		var chol mat.Cholesky
		step := mat.NewVecDense(d+1, nil)
		if !chol.Factorize(h) || chol.SolveVecTo(step, mat.NewVecDense(d+1, g)) != nil {
			return &ridgeFit{stop: "its Hessian is singular"}, nil
		}
		old := append([]float64(nil), b...)
		scale, better := 1.0, false
		for range 30 {
			for j := range b {
				b[j] = old[j] + scale*step.AtVec(j)
			}
			if l := f.logLoss(x, y, ridge); l < loss {
				loss, better = l, true
				break
			}
			scale /= 2
		}
		if !better { // no lower point to be told apart: the optimum, to rounding
			copy(b, old)
			return f, nil
		}
	}
	return &ridgeFit{stop: fmt.Sprintf("Newton's method has not converged in %d steps", steps)}, nil
}

// logLoss is what ridgeLogistic minimises.
func (f *ridgeFit) logLoss(x *mat.Dense, y []float64, ridge float64) float64 {
	n, d := x.Dims()
	sum := 0.0
	for _, v := range f.beta[0][:d] {
		sum += ridge / 2 * v * v
	}
	for i := range n {
		sum += logLoss(f.predict(0, x.RawRowView(i)), y[i])
	}
	return sum
}

// logLoss is −ln of the probability that a logistic predictor gives to y: 0, 1, or a share
// of each.
func logLoss(eta, y float64) float64 {
	if y > 0 && y < 1 {
		return y*logLoss(eta, 1) + (1-y)*logLoss(eta, 0)
	}
	if y > 0 {
		eta = -eta
	}
	if eta > 0 {
		return eta + math.Log1p(math.Exp(-eta))
	}
	return math.Log1p(math.Exp(eta))
}
