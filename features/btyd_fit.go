package features

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// BTYDFit is the outcome of a maximum likelihood fit.
type BTYDFit struct {
	Params        []Estimate
	LogLikelihood float64
	Customers     float64
	Warnings      []string
}

// Estimate is a parameter with its standard error from the observed information;
// SE is NaN where the likelihood does not bend (see the fit's warnings).
type Estimate struct {
	Name      string
	Value, SE float64
}

// fitBound keeps |ln parameter| ≤ 12: likelihoods of these models have ridges that
// run off to infinity (a customer base that never drops out has a → 0, b → ∞).
const fitBound = 12

// likelihood returns ln L at the natural parameters p > 0 and, if grad is not nil,
// fills it with ∂ln L/∂p.
type likelihood func(p, grad []float64) float64

// sample is a likelihood of so many customers.
type sample struct {
	likelihood
	customers float64
}

// numeric makes a likelihood of a function without derivatives: central
// differences in ln p.
func numeric(f func(p []float64) float64) likelihood {
	return func(p, grad []float64) float64 {
		const h = 1e-5
		q := append([]float64(nil), p...)
		for i := range grad {
			q[i] = p[i] * math.Exp(h)
			up := f(q)
			q[i] = p[i] * math.Exp(-h)
			grad[i] = (up - f(q)) / (2 * h * p[i])
			q[i] = p[i]
		}
		return f(p)
	}
}

// objective is the mean of −ln L at θ = ln p, so that thresholds mean the same for any
// number of customers, with a wall beyond the bounds.
func (f likelihood) objective(customers float64) func(theta, grad []float64) float64 {
	return func(theta, grad []float64) float64 {
		p := make([]float64, len(theta))
		var penalty float64
		for i, x := range theta {
			y := min(max(x, -fitBound), fitBound)
			penalty += (x - y) * (x - y)
			p[i] = math.Exp(y)
		}
		v := f(p, grad)
		for i, x := range theta {
			if grad == nil {
				break
			}
			y := min(max(x, -fitBound), fitBound)
			grad[i] = -grad[i] * p[i] / customers
			if x != y {
				grad[i] = 2 * (x - y)
			}
		}
		return penalty - v/customers
	}
}

// descend runs BFGS from each start and returns the best point; ties go to the
// earlier start. nil if the function is finite at no start.
func descend(starts [][]float64, objective func(theta, grad []float64) float64) []float64 {
	// The method asks for value and gradient apart, at the same points.
	var at, gradient []float64
	var value float64
	both := func(x []float64) {
		if at == nil || !slices.Equal(x, at) {
			at, gradient = append(at[:0], x...), make([]float64, len(x))
			value = objective(x, gradient)
		}
	}
	problem := optimize.Problem{
		Func: func(x []float64) float64 { both(x); return value },
		Grad: func(grad, x []float64) { both(x); copy(grad, gradient) },
	}
	settings := optimize.Settings{GradientThreshold: 1e-9, MajorIterations: 500}
	var best []float64
	least := math.Inf(1)
	for _, theta := range starts {
		// A line search that finds no better point near the top is no failure: the
		// point is kept and polished later.
		r, _ := optimize.Minimize(problem, theta, &settings, &optimize.BFGS{})
		if r == nil {
			continue
		}
		if v := objective(r.X, nil); v < least {
			least, best = v, slices.Clone(r.X)
		}
	}
	return best
}

// maximise fits by BFGS on θ = ln p from each start, takes the best, and polishes
// it with Newton steps. The starts race on thin, which holds a part of the customers, if it is
// not nil; the winner is fitted to all. It is deterministic.
func maximise(names []string, starts [][]float64, f, thin sample) ([]float64, BTYDFit, error) {
	fit := BTYDFit{Customers: f.customers}
	objective := f.likelihood.objective(f.customers)
	thetas := make([][]float64, len(starts))
	for k, s := range starts {
		thetas[k] = make([]float64, len(s))
		for i, p := range s {
			thetas[k][i] = min(max(math.Log(p), -fitBound), fitBound)
		}
	}
	if thin.likelihood != nil {
		if best := descend(thetas, thin.likelihood.objective(thin.customers)); best != nil {
			thetas = [][]float64{best}
		}
	}
	best := descend(thetas, objective)
	if best == nil {
		return nil, fit, fmt.Errorf("the likelihood is not finite at any start: are the times in a sensible unit (weeks)?")
	}
	best = newton(best, objective)
	p := make([]float64, len(best))
	bound := false
	for i, x := range best {
		x = min(max(x, -fitBound), fitBound)
		p[i] = math.Exp(x)
		if math.Abs(x) > fitBound-1e-3 {
			bound = true
			fit.Warnings = append(fit.Warnings, fmt.Sprintf("%s = %.3g lies at the end of its range: the data do not determine it", names[i], p[i]))
		}
	}
	se := make([]float64, len(p))
	cov, ok := inverseHessian(best, objective)
	for i := range se {
		se[i] = math.NaN()
		if ok && !bound && cov.At(i, i) > 0 {
			se[i] = p[i] * math.Sqrt(cov.At(i, i)/f.customers)
		}
	}
	if !ok && !bound {
		fit.Warnings = append(fit.Warnings, "the likelihood is flat at its maximum: no standard errors")
	}
	for i, n := range names {
		fit.Params = append(fit.Params, Estimate{n, p[i], se[i]})
	}
	fit.LogLikelihood = f.likelihood(p, nil)
	return p, fit, nil
}

// hessian is the symmetrised difference quotient of the gradient.
func hessian(theta []float64, f func(theta, grad []float64) float64) *mat.SymDense {
	const h = 1e-4
	n := len(theta)
	rows := make([][]float64, n)
	x := append([]float64(nil), theta...)
	for i := range theta {
		up, down := make([]float64, n), make([]float64, n)
		x[i] = theta[i] + h
		f(x, up)
		x[i] = theta[i] - h
		f(x, down)
		x[i] = theta[i]
		for j := range up {
			up[j] = (up[j] - down[j]) / (2 * h)
		}
		rows[i] = up
	}
	out := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			out.SetSym(i, j, (rows[i][j]+rows[j][i])/2)
		}
	}
	return out
}

// inverseHessian is the covariance of √customers·θ̂; ok is false where the function
// does not curve upwards in every direction.
func inverseHessian(theta []float64, f func(theta, grad []float64) float64) (*mat.SymDense, bool) {
	var ch mat.Cholesky
	out := mat.NewSymDense(len(theta), nil)
	if !ch.Factorize(hessian(theta, f)) {
		return out, false
	}
	return out, ch.InverseTo(out) == nil
}

// newton takes up to ten Newton steps while they make the gradient smaller and the
// function no larger (beyond rounding).
func newton(theta []float64, f func(theta, grad []float64) float64) []float64 {
	grad := make([]float64, len(theta))
	value := f(theta, grad)
	for range 10 {
		size := maxAbs(grad)
		if size < 1e-13 {
			break
		}
		var ch mat.Cholesky
		if !ch.Factorize(hessian(theta, f)) {
			break
		}
		step := mat.NewVecDense(len(theta), nil)
		if ch.SolveVecTo(step, mat.NewVecDense(len(grad), grad)) != nil {
			break
		}
		x, g := append([]float64(nil), theta...), make([]float64, len(theta))
		for i := range x {
			x[i] -= step.AtVec(i)
		}
		v := f(x, g)
		if !(v <= value+1e-12*math.Abs(value)) || !(maxAbs(g) < size) {
			break
		}
		theta, grad, value = x, g, v
	}
	return theta
}

func maxAbs(xs []float64) float64 {
	var m float64
	for _, x := range xs {
		m = max(m, math.Abs(x))
	}
	return m
}
