package features

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Cohort is what buy-till-you-die models are fitted to: the customers' sufficient
// statistics with equal ones merged, in an order of their own. Fits do not depend on
// the order of the customers.
type Cohort struct {
	Customers float64 // Σ weights
	Repeats   float64 // Σ weight·x

	times  []float64 // the distinct t_x and T
	groups []cohortGroup
	rows   []cohortRow // by x, t_x, T
	litt   float64     // Σ weight·litt
}

// cohortGroup is the rows of one x.
type cohortGroup struct {
	x      int
	lo, hi int
	weight float64
}

type cohortRow struct {
	tx, t  int32 // into times
	weight float64
	gap    float64 // ln(T − t_x); −∞ for a purchase at the very end
}

// NewCohort merges customers; weights nil = 1 each. Times may have any unit, one for
// all: the parameters of the models have it too. Spend is not looked at.
// Cost: O(n log n).
func NewCohort(customers []CBS, weights []float64) (*Cohort, error) {
	if weights != nil && len(weights) != len(customers) {
		panic("features: one weight per customer")
	}
	type row struct {
		CBS
		w float64
	}
	rows := make([]row, len(customers))
	var litt ExactSum
	for i, c := range customers {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		switch {
		case c.X < 0 || !(c.Tx >= 0 && c.Tx <= c.T) || math.IsInf(c.T, 0):
			return nil, fmt.Errorf("customer %d has x = %d, t_x = %g, T = %g: x ≥ 0 and 0 ≤ t_x ≤ T are needed", i, c.X, c.Tx, c.T)
		case c.X == 0 && c.Tx != 0:
			return nil, fmt.Errorf("customer %d has no repeat purchase but t_x = %g: 0 is needed", i, c.Tx)
		case !(w >= 0) || math.IsInf(w, 0):
			return nil, fmt.Errorf("customer %d has weight %g: a finite number ≥ 0 is needed", i, w)
		}
		litt.Add(w * c.Litt)
		rows[i] = row{c, w}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Tx, b.Tx), cmp.Compare(a.T, b.T), cmp.Compare(a.w, b.w))
	})
	c := &Cohort{litt: litt.Value()}
	for _, r := range rows {
		c.times = append(c.times, r.Tx, r.T)
	}
	slices.Sort(c.times)
	c.times = slices.Compact(c.times)
	at := make(map[float64]int32, len(c.times))
	for i, t := range c.times {
		at[t] = int32(i)
	}
	for _, r := range rows {
		if r.w == 0 {
			continue
		}
		tx, t := at[r.Tx], at[r.T]
		g := len(c.groups) - 1
		if g < 0 || c.groups[g].x != r.X {
			c.groups = append(c.groups, cohortGroup{x: r.X, lo: len(c.rows), hi: len(c.rows)})
			g++
		}
		if n := len(c.rows); n > c.groups[g].lo && c.rows[n-1].tx == tx && c.rows[n-1].t == t {
			c.rows[n-1].weight += r.w
		} else {
			c.rows = append(c.rows, cohortRow{tx: tx, t: t, weight: r.w, gap: math.Log(r.T - r.Tx)})
		}
		c.groups[g].hi = len(c.rows)
		c.groups[g].weight += r.w
		c.Customers += r.w
		c.Repeats += r.w * float64(r.X)
	}
	if c.Repeats == 0 {
		return nil, fmt.Errorf("no customer bought twice: there is nothing to fit")
	}
	return c, nil
}

// Distinct returns the number of distinct (x, t_x, T).
func (c *Cohort) Distinct() int { return len(c.rows) }

// cohortThin is the number of distinct statistics that starts race on.
const cohortThin = 4000

// thinned returns every m-th distinct statistic, so that about 4,000 are left; nil if
// that would not halve them.
func (c *Cohort) thinned() *Cohort {
	m := len(c.rows) / cohortThin
	if m < 2 {
		return nil
	}
	out := &Cohort{times: c.times}
	for _, g := range c.groups {
		n := cohortGroup{x: g.x, lo: len(out.rows)}
		for i := g.lo; i < g.hi; i++ {
			if r := c.rows[i]; i%m == 0 {
				out.rows = append(out.rows, r)
				n.weight += r.weight
			}
		}
		if n.hi = len(out.rows); n.hi > n.lo {
			out.groups = append(out.groups, n)
			out.Customers += n.weight
			out.Repeats += n.weight * float64(n.x)
		}
	}
	if out.Repeats == 0 {
		return nil
	}
	return out
}

// samples returns the likelihood of a cohort and of its thinned part.
func (c *Cohort) samples(of func(c *Cohort) likelihood) (all, thin sample) {
	if t := c.thinned(); t != nil {
		thin = sample{of(t), t.Customers}
	}
	return sample{of(c), c.Customers}, thin
}

// span is the sum of the customers' ages.
func (c *Cohort) span() float64 {
	var s float64
	for _, r := range c.rows {
		s += r.weight * c.times[r.t]
	}
	return s
}

// logTimes returns ln(shift + t) of the distinct times.
func (c *Cohort) logTimes(shift float64) []float64 {
	out := make([]float64, len(c.times))
	for i, t := range c.times {
		out[i] = math.Log(shift + t)
	}
	return out
}
