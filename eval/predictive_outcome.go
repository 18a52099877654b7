package eval

import (
	"fmt"
	"math"
)

// The measures of a ranking.
const (
	measureAUC = "AUC"
	measureRho = "ρ"
	measureEta = "η²"
)

// predictiveCategories is the number of categories told apart; rarer ones are one.
const predictiveCategories = 20

// predictiveRare is the number of customers in the smaller of two classes under which
// a bootstrap of customers is shaky.
const predictiveRare = 20

// predictiveOutcome is y as the measures want it, for the rows that have one.
type predictiveOutcome struct {
	rows  []int     // numbers of the rows with an outcome
	value []float64 // by place in rows; censored days lie above all others
	class []int32   // of a category: 0..k−1; of a binary outcome: 0 or 1; else nil
	k     int
}

func (p *predictiveRun) outcome(y *Outcome) error {
	o := &p.y
	top := math.Inf(-1)
	for i, v := range y.Values {
		switch {
		case math.IsNaN(v):
			continue
		case math.IsInf(v, 0):
			return fmt.Errorf("outcome %s of row %d is infinite", y.Name, i)
		}
		o.rows = append(o.rows, i)
		o.value = append(o.value, v)
		top = max(top, v)
	}
	p.out.Defined = len(o.rows)
	if len(o.rows) < 20 {
		return fmt.Errorf("outcome %s is known of %d customers: 20 are needed to say anything", y.Name, len(o.rows))
	}
	p.out.Rate, _ = moments(o.value)
	switch y.Kind {
	case OutcomeBinary:
		p.out.Measure, o.k = measureAUC, 2
		for i, v := range o.value {
			if v != 0 && v != 1 {
				return fmt.Errorf("outcome %s of row %d is %g: a binary outcome is 0 or 1", y.Name, o.rows[i], v)
			}
			o.class = append(o.class, int32(v))
		}
	case OutcomeCategory:
		p.out.Measure = measureEta
		p.classes(y)
	case OutcomeCount, OutcomeAmount, OutcomeShare, OutcomeTime:
		p.out.Measure = measureRho
		if y.Kind == OutcomeTime && y.Censored != nil {
			for i, r := range o.rows {
				if y.Censored[r] {
					o.value[i] = top + 1
				}
			}
		}
	default:
		return fmt.Errorf("outcome %s is of kind %q: binary, count, amount, share, time or category", y.Name, y.Kind)
	}
	least, most := o.value[0], o.value[0]
	for _, v := range o.value {
		least, most = min(least, v), max(most, v)
	}
	if least == most {
		return fmt.Errorf("outcome %s is the same for all %d customers (%g): nothing can tell them apart", y.Name, len(o.rows), y.Values[o.rows[0]])
	}
	if y.Kind == OutcomeBinary {
		ones := int(math.Round(p.out.Rate * float64(len(o.rows))))
		if few := min(ones, len(o.rows)-ones); few < predictiveRare {
			p.out.Warnings = append(p.out.Warnings, fmt.Sprintf("only %d of %d customers differ from the others in %s: intervals are rough", few, len(o.rows), y.Name))
		}
	}
	return nil
}

// classes numbers the categories, most frequent first; those beyond the twentieth are
// one.
func (p *predictiveRun) classes(y *Outcome) {
	o := &p.y
	counts := map[float64]int{}
	for _, v := range o.value {
		counts[v]++
	}
	order := sortedByCount(counts)
	code := make(map[float64]int32, len(order))
	rare := 0
	for i, v := range order {
		code[v] = int32(min(i, predictiveCategories-1))
		if i >= predictiveCategories-1 {
			rare += counts[v]
		}
	}
	if len(order) > predictiveCategories {
		p.out.Warnings = append(p.out.Warnings, fmt.Sprintf("%s has %d categories: the rarest %d (%d customers) are taken as one",
			y.Name, len(order), len(order)-predictiveCategories+1, rare))
	}
	o.k = min(len(order), predictiveCategories)
	p.out.Rate = float64(counts[order[0]]) / float64(len(o.rows))
	for i, v := range o.value {
		c := code[v]
		o.class = append(o.class, c)
		o.value[i] = float64(c)
	}
}
