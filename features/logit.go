package features

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Choice is one decision: the attributes of every alternative on offer, and which was
// taken.
type Choice struct {
	Who    string    // the customer
	X      []float64 // alternatives × attributes, row-major
	Chosen int       // the row taken
}

// LogitFit is a fitted conditional logit.
type LogitFit struct {
	Coef []float64 // one per attribute: what one unit more of it adds to the utility
	SE   []float64 // standard errors, from the inverse of the information
	// LogLik is the maximum, Null the log-likelihood of choosing at random.
	LogLik, Null float64
	Choices      int
	Iter         int
}

// McFadden returns 1 − LogLik/Null: 0 = no better than chance.
func (f *LogitFit) McFadden() float64 { return 1 - f.LogLik/f.Null }

// ConditionalLogit fits P(j) = exp(xⱼ·β) / Σₖ exp(xₖ·β) to the choices by maximum
// likelihood (McFadden 1974, Conditional Logit Analysis of Qualitative Choice Behavior,
// in Frontiers in Econometrics, pp. 105–142): Newton's method with halved steps; the
// likelihood is concave, so its maximum is the only one. attributes is the number of
// columns of X. Attributes that no decision tells apart, or that predict choices
// perfectly, are an error. Cost: O(Σ alternatives × attributes²) an iteration, 5 to 8
// iterations.
func ConditionalLogit(choices []Choice, attributes int) (*LogitFit, error) {
	if err := logitCheck(choices, attributes); err != nil {
		return nil, err
	}
	if len(choices) == 0 {
		return nil, fmt.Errorf("no choices: there is nothing to fit")
	}
	f := &LogitFit{Coef: make([]float64, attributes), Choices: len(choices)}
	for _, c := range choices {
		f.Null -= math.Log(float64(len(c.X) / attributes))
	}
	run := logitRun{choices: choices, d: attributes}
	random := run.randomly()
	info, err := run.newton(f.Coef)
	if err != nil {
		return nil, err
	}
	for j, x := range random {
		if run.info[j*attributes+j] < logitCertain*x {
			return nil, fmt.Errorf("attribute %d predicts the choices perfectly: its coefficient has no finite value, leave it out", j)
		}
	}
	f.LogLik, f.Iter = run.value, run.iter
	var inverse mat.SymDense
	if err := info.InverseTo(&inverse); err != nil {
		return nil, fmt.Errorf("the attributes depend on each other (%v): leave one out", err)
	}
	for j := range attributes {
		f.SE = append(f.SE, math.Sqrt(inverse.At(j, j)))
	}
	return f, nil
}

func logitCheck(choices []Choice, attributes int) error {
	if attributes < 1 {
		return fmt.Errorf("attributes = %d: at least 1", attributes)
	}
	for i, c := range choices {
		switch {
		case len(c.X)%attributes != 0 || len(c.X) < 2*attributes:
			return fmt.Errorf("choice %d: %d values are no two alternatives or more of %d attributes", i, len(c.X), attributes)
		case c.Chosen < 0 || c.Chosen >= len(c.X)/attributes:
			return fmt.Errorf("choice %d: alternative %d was taken, of %d", i, c.Chosen, len(c.X)/attributes)
		}
		for _, x := range c.X {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("choice %d: an attribute is %g", i, x)
			}
		}
	}
	return nil
}

// logitRun maximises the log-likelihood, less ½ (β − mean)ᵀ diag(precision) (β − mean)
// where a precision is given.
type logitRun struct {
	choices         []Choice
	d               int
	mean, precision []float64
	rough           bool // stop when 1e-8 is left to gain, not all but rounding

	value float64
	grad  []float64
	info  []float64 // minus the second derivatives
	iter  int
}

// logitCertain is the information left on an attribute, relative to choices at random,
// below which its coefficient is on its way to infinity.
const logitCertain = 1e-7

// randomly returns the information on each attribute at β = 0.
func (r *logitRun) randomly() []float64 {
	r.grad, r.info = make([]float64, r.d), make([]float64, r.d*r.d)
	r.derive(make([]float64, r.d))
	out := make([]float64, r.d)
	for j := range out {
		out[j] = r.info[j*r.d+j]
	}
	return out
}

// newton moves beta to the maximum, and returns the factors of the information there.
func (r *logitRun) newton(beta []float64) (*mat.Cholesky, error) {
	r.grad, r.info = make([]float64, r.d), make([]float64, r.d*r.d)
	step, trial := mat.NewVecDense(r.d, nil), make([]float64, r.d)
	var factors mat.Cholesky
	r.value = r.derive(beta)
	for r.iter = 1; r.iter <= 100; r.iter++ {
		if !factors.Factorize(mat.NewSymDense(r.d, r.info)) || factors.Cond() > 1e13 {
			return nil, fmt.Errorf("the choices do not tell the attributes apart: leave out those that never differ, that are sums of others, or that predict perfectly")
		}
		if err := factors.SolveVecTo(step, mat.NewVecDense(r.d, r.grad)); err != nil {
			return nil, err
		}
		var decrement float64 // gᵀH⁻¹g: twice what is left to gain
		for j, g := range r.grad {
			decrement += g * step.AtVec(j)
		}
		if decrement <= 1e-15*(1+math.Abs(r.value)) || r.rough && decrement < 1e-8 {
			return &factors, nil
		}
		old := r.value
		for half := 1.0; ; half /= 2 {
			for j := range trial {
				trial[j] = beta[j] + half*step.AtVec(j)
			}
			r.value = r.derive(trial)
			if r.value >= old-1e-12*(1+math.Abs(old)) || half < 1e-10 { // but for rounding
				break
			}
		}
		copy(beta, trial)
	}
	return nil, fmt.Errorf("no maximum within 100 iterations: an attribute may predict the choices perfectly")
}

// derive returns the penalised log-likelihood at beta and fills grad and info.
func (r *logitRun) derive(beta []float64) float64 {
	d := r.d
	clear(r.grad)
	clear(r.info)
	var value float64
	var p []float64
	mean := make([]float64, d)
	for _, c := range r.choices {
		n := len(c.X) / d
		p = p[:0]
		most := math.Inf(-1)
		for a := range n {
			var u float64
			for j, b := range beta {
				u += c.X[a*d+j] * b
			}
			p = append(p, u)
			most = max(most, u)
		}
		var sum float64
		taken := p[c.Chosen]
		for a, u := range p {
			p[a] = math.Exp(u - most)
			sum += p[a]
		}
		value += taken - most - math.Log(sum)
		clear(mean)
		for a := range p {
			p[a] /= sum
			for j, x := range c.X[a*d : a*d+d] {
				mean[j] += p[a] * x
			}
		}
		for j, x := range c.X[c.Chosen*d : c.Chosen*d+d] {
			r.grad[j] += x - mean[j]
		}
		// Σ p x xᵀ − x̄ x̄ᵀ: most attributes of an alternative are 0.
		for a, w := range p {
			r.outer(w, c.X[a*d:a*d+d])
		}
		r.outer(-1, mean)
	}
	for j, w := range r.precision {
		e := beta[j] - r.mean[j]
		value -= w * e * e / 2
		r.grad[j] -= w * e
		r.info[j*d+j] += w
	}
	for j := range d {
		for k := range j {
			r.info[j*d+k] = r.info[k*d+j]
		}
	}
	return value
}

// outer adds w·x xᵀ to the upper half of the information.
func (r *logitRun) outer(w float64, x []float64) {
	for j, a := range x {
		if a == 0 {
			continue
		}
		a *= w
		to := r.info[j*r.d : j*r.d+r.d]
		for k := j; k < r.d; k++ {
			to[k] += a * x[k]
		}
	}
}
