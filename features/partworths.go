package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// PartWorths holds what each attribute is worth to each customer.
type PartWorths struct {
	IDs    []string    // ascending
	Worths [][]float64 // customer × attribute: the mode given the customer's own choices
	// Mean and SD describe the population of customers that the worths are drawn
	// towards; SD 0 = everybody alike.
	Mean, SD []float64
	Iter     int
	// Converged: the last round moved no mean and no deviation by 0.005.
	Converged bool
}

// partWorthsRounds ends a slow fit; ranks of customers settle long before.
const partWorthsRounds = 60

// FitPartWorths fits a conditional logit to each customer, whose coefficients are drawn
// from a normal population with mean β and independent deviations τⱼ: β and τ by
// expectation–maximisation in Laplace's approximation (the mode of each customer's
// posterior and its curvature stand for the posterior; Stiratelli, Laird & Ware 1984,
// doi:10.2307/2531147), started at the pooled fit with τ = 1. A customer with few
// choices is near β, and one without any information on an attribute has β there. τ is
// a little low, as always with Laplace's approximation of binary choices. Cost: O(Σ
// alternatives × attributes²) × some Newton steps × rounds.
func FitPartWorths(choices []Choice, attributes int) (*PartWorths, error) {
	pooled, err := ConditionalLogit(choices, attributes)
	if err != nil {
		return nil, err
	}
	sorted := slices.Clone(choices)
	slices.SortStableFunc(sorted, func(a, b Choice) int { return cmp.Compare(a.Who, b.Who) })
	var parts [][]Choice
	p := &PartWorths{Mean: pooled.Coef, SD: make([]float64, attributes)}
	for lo := 0; lo < len(sorted); {
		hi := lo
		for hi < len(sorted) && sorted[hi].Who == sorted[lo].Who {
			hi++
		}
		parts = append(parts, sorted[lo:hi])
		p.IDs = append(p.IDs, sorted[lo].Who)
		p.Worths = append(p.Worths, slices.Clone(p.Mean))
		lo = hi
	}
	for j := range p.SD {
		p.SD[j] = 1
	}
	for p.Iter = 1; p.Iter <= partWorthsRounds && !p.Converged; p.Iter++ {
		if err := p.round(parts, attributes); err != nil {
			return nil, err
		}
	}
	p.Iter--
	return p, nil
}

// round finds every customer's mode, then the population's mean and deviations.
func (p *PartWorths) round(parts [][]Choice, d int) error {
	precision := make([]float64, d)
	for j, s := range p.SD {
		precision[j] = 1 / max(s*s, 1e-8)
	}
	n := float64(len(parts))
	mean, second := make([]float64, d), make([]float64, d)
	var spread mat.SymDense
	for i, own := range parts {
		run := logitRun{choices: own, d: d, mean: p.Mean, precision: precision, rough: true}
		info, err := run.newton(p.Worths[i])
		if err != nil {
			return fmt.Errorf("customer %q: %w", p.IDs[i], err)
		}
		if err := info.InverseTo(&spread); err != nil {
			return fmt.Errorf("customer %q: %w", p.IDs[i], err)
		}
		for j, b := range p.Worths[i] {
			mean[j] += b / n
			second[j] += (b*b + spread.At(j, j)) / n
		}
	}
	p.Converged = true
	for j := range mean {
		sd := math.Sqrt(max(second[j]-mean[j]*mean[j], 0))
		if math.Abs(mean[j]-p.Mean[j]) > 0.005 || math.Abs(sd-p.SD[j]) > 0.005 {
			p.Converged = false
		}
		p.Mean[j], p.SD[j] = mean[j], sd
	}
	return nil
}

// Matrix returns the worths as a matrix with those column names.
func (p *PartWorths) Matrix(names []string) (*Matrix, error) {
	if len(names) != len(p.Mean) {
		return nil, fmt.Errorf("%d names for %d attributes", len(names), len(p.Mean))
	}
	m := NewMatrix(len(p.IDs), nil, []float64{})
	for _, n := range names {
		m.Cols = append(m.Cols, Column{Name: n, Unit: "utility", Doc: "part-worth of " + n, Block: "partworths"})
	}
	m.IDs = p.IDs
	for _, w := range p.Worths {
		m.data = append(m.data, w...)
	}
	return m, nil
}

// ChosenOverOffered is the revealed preference index of choices whose offers are known:
// for each customer and attribute Σ(x taken − x̄ offered)/(n + m) over the n decisions
// in which the alternatives differed in the attribute: 0 = taken as offered, above 0 =
// sought. m is the weight of "as offered", in decisions. Rows are customers in order of
// their ids. Cost: O(Σ alternatives × attributes).
func ChosenOverOffered(choices []Choice, names []string, m float64) (*Matrix, error) {
	d := len(names)
	if err := logitCheck(choices, d); err != nil {
		return nil, err
	}
	at := map[string]int{}
	var ids []string
	for _, c := range choices {
		if _, ok := at[c.Who]; !ok {
			at[c.Who] = 0
			ids = append(ids, c.Who)
		}
	}
	slices.Sort(ids)
	for i, id := range ids {
		at[id] = i
	}
	out := NewMatrix(len(ids), nil, make([]float64, len(ids)*d)[:0])
	for _, n := range names {
		out.Cols = append(out.Cols, Column{Name: n, Doc: "taken beyond offered: " + n, Block: "choices"})
	}
	out.IDs, out.data = ids, make([]float64, len(ids)*d)
	counts := make([]float64, len(out.data))
	for _, c := range choices {
		row, n := out.Row(at[c.Who]), counts[at[c.Who]*d:][:d]
		for j := range d {
			var mean float64
			alternatives := len(c.X) / d
			differs := false
			for a := range alternatives {
				mean += c.X[a*d+j] / float64(alternatives)
				differs = differs || c.X[a*d+j] != c.X[j]
			}
			if differs {
				row[j] += c.X[c.Chosen*d+j] - mean
				n[j]++
			}
		}
	}
	for i, n := range counts {
		if n+m > 0 {
			out.data[i] /= n + m
		}
	}
	return out, nil
}
