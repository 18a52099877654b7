package eval

import (
	"fmt"
	"math"
	"slices"
)

// yardstick is an outcome as the losses want it, over all rows of the tournament.
type yardstick struct {
	kind    OutcomeKind
	measure string
	known   []bool
	y       []float64 // ln(1 + amount), share, count, event (0 or 1)
	days    []float64 // exposure of an OutcomeTime; nil = 1 each
	class   []int32   // of binary and category outcomes, else nil
	classes int
	raw     []float64 // of amounts, else nil
}

// newYardstick returns why there is no contest, or "".
func newYardstick(o *Outcome, n int) (*yardstick, string) {
	if o.Reason != "" {
		return nil, o.Reason
	}
	s := &yardstick{kind: o.Kind, known: make([]bool, n)}
	for i, v := range o.Values {
		if math.IsInf(v, 0) {
			return nil, fmt.Sprintf("the outcome of row %d is infinite", i)
		}
		s.known[i] = !math.IsNaN(v)
	}
	switch o.Kind {
	case OutcomeAmount:
		s.measure, s.raw, s.y = "R² of log1p "+o.Name, o.Values, make([]float64, n)
		for i, v := range o.Values {
			// More given back than bought counts as nothing bought.
			s.y[i] = math.Log1p(max(v, 0))
		}
	case OutcomeShare:
		s.measure, s.y = "R²", o.Values
	case OutcomeCount:
		s.measure, s.y = "D² (Poisson)", o.Values
		if slices.ContainsFunc(o.Values, func(v float64) bool { return v < 0 }) {
			return nil, "a count is below 0"
		}
	case OutcomeBinary, OutcomeCategory:
		s.measure = "D² (log loss)"
		s.classify(o.Values, o.Kind)
	case OutcomeTime:
		s.measure = "D² (exponential)"
		s.y, s.days = make([]float64, n), make([]float64, n)
		for i, v := range o.Values {
			if s.y[i], s.days[i] = 1, v+0.5; o.Censored != nil && o.Censored[i] {
				s.y[i], s.days[i] = 0, v
			}
			if s.known[i] && !(s.days[i] > 0) {
				return nil, fmt.Sprintf("row %d waited %g days", i, v)
			}
		}
	default:
		return nil, fmt.Sprintf("no loss is known for outcomes of kind %q", o.Kind)
	}
	return s, ""
}

// classify numbers the classes, the commonest first; those from the twentieth on are one.
func (s *yardstick) classify(values []float64, kind OutcomeKind) {
	counts := map[float64]int{}
	for i, v := range values {
		if s.known[i] {
			counts[v]++
		}
	}
	code := map[float64]int32{0: 0, 1: 1}
	s.classes = 2
	if kind == OutcomeCategory {
		order := sortedByCount(counts)
		s.classes = min(len(order), predictiveCategories)
		for i, v := range order {
			code[v] = int32(min(i, predictiveCategories-1))
		}
	}
	s.class = make([]int32, len(values))
	for i, v := range values {
		if s.known[i] {
			s.class[i] = code[v]
		}
	}
}

// width is the number of figures a prediction has.
func (s *yardstick) width() int {
	if s.class != nil {
		return s.classes
	}
	return 1
}

// mean is the contest's headline figure, rows taken in that order.
func (s *yardstick) mean(o *Outcome, order []int) float64 {
	sum, n := 0.0, 0.0
	most := make([]float64, s.classes)
	for _, i := range order {
		if s.known[i] {
			sum += o.Values[i]
			n++
			if s.class != nil {
				most[s.class[i]]++
			}
		}
	}
	if o.Kind == OutcomeCategory {
		return slices.Max(most) / n
	}
	return sum / n
}

// tally is what a group of customers adds up to, the prior not included.
type tally struct {
	sum   []float64 // of y, or customers a class
	total float64   // customers, or days
}

func (s *yardstick) tallies(groups int) []tally {
	out := make([]tally, groups)
	flat := make([]float64, groups*s.width())
	for g := range out {
		out[g].sum = flat[g*s.width() : (g+1)*s.width()]
	}
	return out
}

// add counts row i in, times sign.
func (s *yardstick) add(t *tally, i int, sign float64) {
	switch {
	case s.class != nil:
		t.sum[s.class[i]] += sign
		t.total += sign
	case s.days != nil:
		t.sum[0] += sign * s.y[i]
		t.total += sign * s.days[i]
	default:
		t.sum[0] += sign * s.y[i]
		t.total += sign
	}
}

// prior is one customer like everybody: the tally over the customers it is of. A class
// that none of them has is not impossible: one customer more is spread over all classes.
func (s *yardstick) prior(all *tally, customers float64) tally {
	p := tally{sum: make([]float64, s.width()), total: all.total / customers}
	for c := range p.sum {
		p.sum[c] = all.sum[c] / customers
		if s.class != nil {
			p.sum[c] = (all.sum[c] + 1/float64(s.classes)) / (customers + 1)
		}
	}
	return p
}

// predict turns a group's tally and the prior into its prediction.
func (s *yardstick) predict(t, prior *tally, into []float64) {
	for c := range into {
		into[c] = (t.sum[c] + prior.sum[c]) / (t.total + prior.total)
	}
}

// loss of row i under a prediction.
func (s *yardstick) loss(i int, p []float64) float64 {
	switch s.kind {
	case OutcomeBinary, OutcomeCategory:
		return -math.Log(p[s.class[i]])
	case OutcomeCount:
		return poissonDeviance(s.y[i], p[0])
	case OutcomeTime:
		return poissonDeviance(s.y[i], p[0]*s.days[i])
	}
	d := s.y[i] - p[0]
	return d * d
}

// poissonDeviance is 2[y ln(y/μ) − (y − μ)]; of an event (y = 1) or none with μ = λt it is
// the deviance of an exponential waiting time t.
func poissonDeviance(y, mu float64) float64 {
	if y == 0 {
		return 2 * mu
	}
	return 2 * (y*math.Log(y/mu) - (y - mu))
}
