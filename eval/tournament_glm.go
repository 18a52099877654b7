package eval

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// The families of glm.
const (
	glmNormal   = iota // identity link
	glmLogistic        // logit link
	glmPoisson         // log link; with days an exponential waiting time
)

// glm is a generalised linear model with its canonical link and a ridge penalty: it
// minimises Σ loss + penalty/2·‖β‖², intercept free. Losses are half of the deviance.
type glm struct {
	x      *mat.Dense
	y      []float64
	days   []float64 // exposure; 1 unless poisson
	family int

	// hessian is the last one without its penalty, of the losses' second derivatives in
	// second: of the normal family there is but one, and a fit starts where the one before
	// it has ended.
	hessian *mat.SymDense
	second  []float64
}

// curvature returns the Hessian of the losses, which the caller may write into.
func (g *glm) curvature(second []float64) *mat.SymDense {
	if g.hessian == nil || !slices.Equal(g.second, second) {
		n, _ := g.x.Dims()
		g.hessian, g.second = ridgeMatrix(g.x, ridgeSums(g.x, second, 0, n)), append(g.second[:0], second...)
	}
	h := mat.NewSymDense(g.hessian.SymmetricDim(), nil)
	h.CopySym(g.hessian)
	return h
}

// glmFit is its coefficients, the intercept last.
type glmFit struct {
	beta    []float64
	family  int
	penalty float64
	left    float64 // Σ loss of each row under the model without it, approximately
}

// eta is the linear predictor, kept where exponentials stay finite.
func (f *glmFit) eta(row []float64) float64 {
	eta := f.beta[len(row)]
	for j, x := range row {
		eta += f.beta[j] * x
	}
	return eta
}

// mean of a row, for an exposure of 1. A share is kept off 0 and 1 by a thousandth of a
// thousandth: one surprise must not outweigh all else.
func (f *glmFit) mean(row []float64) float64 { return glmMean(f.family, f.eta(row)) }

func glmMean(family int, eta float64) float64 {
	switch family {
	case glmLogistic:
		return min(max(1/(1+math.Exp(-eta)), 1e-6), 1-1e-6)
	case glmPoisson:
		return math.Exp(min(max(eta, -30), 30))
	}
	return eta
}

// loss of row i for a linear predictor.
func (g *glm) loss(i int, eta float64) float64 {
	switch g.family {
	case glmLogistic:
		return logLoss(eta, g.y[i])
	case glmPoisson:
		return g.days[i]*glmMean(glmPoisson, eta) - g.y[i]*eta
	}
	return (g.y[i] - eta) * (g.y[i] - eta) / 2
}

// slope returns the loss's first and second derivative.
func (g *glm) slope(i int, eta float64) (first, second float64) {
	mu := glmMean(g.family, eta)
	switch g.family {
	case glmLogistic:
		return mu - g.y[i], mu * (1 - mu)
	case glmPoisson:
		return g.days[i]*mu - g.y[i], g.days[i] * mu
	}
	return mu - g.y[i], 1
}

// choose fits the penalties from the largest on, each from the one before, and returns
// the fit whose approximate leave-one-out loss is least. It stops once two in a row were
// worse than the best: from there on the model only learns its customers by heart.
func (g *glm) choose(ctx context.Context) (*glmFit, error) {
	n, d := g.x.Dims()
	beta := make([]float64, d+1)
	var sum, days float64
	for i := range n {
		sum, days = sum+g.y[i], days+g.days[i]
	}
	switch mean := sum / days; g.family {
	case glmNormal:
		beta[d] = mean
	case glmLogistic:
		if !(mean > 0 && mean < 1) { // a class that nobody here has, or everybody
			mean = (sum + 0.5) / (days + 1)
			beta[d] = math.Log(mean / (1 - mean))
			return &glmFit{beta: beta, family: g.family}, nil
		}
		beta[d] = math.Log(mean / (1 - mean))
	case glmPoisson:
		beta[d] = math.Log(mean)
	}
	var best *glmFit
	worse := 0
	for _, p := range ceilingPenalties {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := g.fit(beta, p*float64(n))
		if err != nil {
			if best != nil {
				break
			}
			return nil, err
		}
		copy(beta, f.beta)
		if best == nil || f.left < best.left {
			best, worse = f, 0
		} else if worse++; worse == 2 {
			break
		}
	}
	return best, nil
}

// fit is Newton's method from a start, with halved steps where a full one goes up.
//
// Without row i the linear predictor is about η + ℓ′q/(1 − ℓ″q), q = xᵀH⁻¹x: one Newton
// step from the optimum of all (Rad & Maleki 2020, doi:10.1111/rssb.12374); exact for the
// normal family.
func (g *glm) fit(start []float64, penalty float64) (*glmFit, error) {
	n, d := g.x.Dims()
	f := &glmFit{beta: append([]float64(nil), start...), family: g.family, penalty: penalty}
	now := f.total(g)
	first, second := make([]float64, n), make([]float64, n)
	const steps = 50
	for step := 0; ; step++ {
		grad := make([]float64, d+1)
		for i := range n {
			row := g.x.RawRowView(i)
			first[i], second[i] = g.slope(i, f.eta(row))
			for j, v := range row {
				grad[j] -= first[i] * v
			}
			grad[d] -= first[i]
		}
		size := math.Abs(grad[d])
		for j := range d {
			grad[j] -= penalty * f.beta[j]
			size = max(size, math.Abs(grad[j]))
		}
		h := g.curvature(second)
		ridgePenalise(h, penalty)
		var chol mat.Cholesky
		if !chol.Factorize(h) {
			return nil, fmt.Errorf("the ceiling's Hessian is singular")
		}
		if size <= 1e-6*float64(n) || step == steps {
			f.left = g.leaveOneOut(f, &chol, first, second)
			return f, nil
		}
		move := mat.NewVecDense(d+1, nil)
		if err := chol.SolveVecTo(move, mat.NewVecDense(d+1, grad)); err != nil {
			return nil, fmt.Errorf("the ceiling's Hessian is all but singular")
		}
		old := append([]float64(nil), f.beta...)
		scale, better := 1.0, false
		for range 30 {
			for j := range f.beta {
				f.beta[j] = old[j] + scale*move.AtVec(j)
			}
			if l := f.total(g); l < now {
				better = now-l > 1e-10*math.Abs(now)
				now = l
				break
			}
			copy(f.beta, old)
			scale /= 2
		}
		if !better { // at the optimum, to rounding
			step = steps - 1
		}
	}
}

// total is what is minimised.
func (f *glmFit) total(g *glm) float64 {
	n, d := g.x.Dims()
	sum := 0.0
	for _, b := range f.beta[:d] {
		sum += f.penalty / 2 * b * b
	}
	for i := range n {
		sum += g.loss(i, f.eta(g.x.RawRowView(i)))
	}
	return sum
}

func (g *glm) leaveOneOut(f *glmFit, chol *mat.Cholesky, first, second []float64) float64 {
	n, d := g.x.Dims()
	// Rows of U⁻ᵀx̃: the squared length is q.
	var u mat.TriDense
	chol.UTo(&u)
	rows := mat.NewDense(d+1, n, nil)
	for i := range n {
		for j, v := range g.x.RawRowView(i) {
			rows.Set(j, i, v)
		}
		rows.Set(d, i, 1)
	}
	var solved mat.Dense
	if err := solved.Solve(u.T(), rows); err != nil {
		return math.Inf(1)
	}
	q := make([]float64, n)
	for j := range d + 1 {
		for i, v := range solved.RawRowView(j) {
			q[i] += v * v
		}
	}
	sum := 0.0
	for i := range n {
		eta := f.eta(g.x.RawRowView(i))
		sum += g.loss(i, eta+first[i]*q[i]/max(1-second[i]*q[i], 1e-6))
	}
	return sum
}
