package study

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/features"
)

// The bounds of drift.
const (
	driftMoved  = 0.10 // PSI from which a column has moved
	driftFar    = 0.25 // and from which it has moved much
	driftP      = 0.01 // of all tests of one look together (Bonferroni)
	driftFewest = 100  // customers below which nothing is said
)

// Drift says whether customers still look like those that the model learned from.
type Drift struct {
	Customers int           `json:"customers"` // with enough evidence, as they are now
	Columns   []ColumnDrift `json:"columns,omitempty"`
	// Beyond is the share of the labelled customers farther from their segment than 95 %
	// of the training customers were, and BeyondP the probability of that many, were it
	// still 5 %; nil where the rule does not tell.
	Beyond  *float64 `json:"beyond,omitempty"`
	BeyondP *float64 `json:"beyond_p,omitempty"`
	// Outside is the share of customers outside of the training range in some column.
	Outside float64 `json:"outside"`
	// Advised says that the model should be fitted again, and Reason why, or why not, or
	// why that cannot be said.
	Advised bool   `json:"refit_advised"`
	Reason  string `json:"reason"`
}

// ColumnDrift is how far a column's distribution has moved from the training
// customers'.
type ColumnDrift struct {
	Column string `json:"column"`
	// PSI is the population stability index Σ (qᵢ − pᵢ) ln(qᵢ/pᵢ) over tenths of the
	// training customers and a bin for missing values, shares smoothed by half a customer:
	// below .1 nothing much moved, above .25 much did, a rule of thumb.
	PSI float64 `json:"psi"`
	// P is of the χ² test that both are draws of one distribution, over the same bins.
	P    float64 `json:"p"`
	Word string  `json:"word"` // as before, moved, moved much
}

// spread counts column j of the training customers by tenths.
func (c *ColumnRange) spread(raw *features.Matrix, j int) {
	n, _ := raw.Dims()
	var xs []float64
	for i := range n {
		if v := raw.Row(i)[j]; !math.IsNaN(v) {
			xs = append(xs, v)
		}
	}
	slices.Sort(xs)
	for q := 1; q < 10 && len(xs) > 0; q++ {
		if e := features.Quantile(xs, float64(q)/10); len(c.Tenths) == 0 || e > c.Tenths[len(c.Tenths)-1] {
			c.Tenths = append(c.Tenths, e)
		}
	}
	c.Counts = make([]int, len(c.Tenths)+2)
	for i := range n {
		c.Counts[c.bin(raw.Row(i)[j])]++
	}
}

// bin is the place of a value among Counts.
func (c *ColumnRange) bin(v float64) int {
	if math.IsNaN(v) {
		return len(c.Tenths) + 1
	}
	at, _ := slices.BinarySearch(c.Tenths, v)
	return at
}

// drift compares counts by the same bins with the training customers'.
func (c *ColumnRange) drift(now []int) ColumnDrift {
	p, q := 0.0, 0.0 // totals
	for i, a := range c.Counts {
		p, q = p+float64(a), q+float64(now[i])
	}
	d := ColumnDrift{Column: c.Column, P: 1, Word: "as before"}
	bins := float64(len(now))
	chi, df := 0.0, -1
	for i, a := range c.Counts {
		x, y := float64(a), float64(now[i])
		u, v := (x+0.5)/(p+0.5*bins), (y+0.5)/(q+0.5*bins)
		d.PSI += (v - u) * math.Log(v/u)
		if x+y == 0 {
			continue
		}
		df++
		t := x*math.Sqrt(q/p) - y*math.Sqrt(p/q)
		chi += t * t / (x + y)
	}
	if df > 0 {
		d.P = distuv.ChiSquared{K: float64(df)}.Survival(chi)
	}
	switch {
	case d.PSI > driftFar:
		d.Word = "moved much"
	case d.PSI > driftMoved:
		d.Word = "moved"
	}
	return d
}

// driftState is what drift needs of the customers: each adds what it is and takes away
// what it was, so that looking costs nothing per customer.
type driftState struct {
	counts                       [][]int
	n, labelled, outside, beyond int
}

// driftMark is one customer's part of it.
type driftMark struct {
	bins            []uint8
	labelled        bool
	outside, beyond bool
}

func (s *driftState) add(k *driftMark, by int) {
	if k.bins == nil {
		return
	}
	s.n += by
	for j, b := range k.bins {
		s.counts[j][b] += by
	}
	for _, x := range []struct {
		is bool
		to *int
	}{{k.labelled, &s.labelled}, {k.outside, &s.outside}, {k.beyond, &s.beyond}} {
		if x.is {
			*x.to += by
		}
	}
}

// drift sums up.
func (m *Model) drift(s *driftState) Drift {
	d := Drift{Customers: s.n}
	if s.n > 0 {
		d.Outside = float64(s.outside) / float64(s.n)
	}
	if s.n < driftFewest {
		d.Reason = fmt.Sprintf("cannot be said: %d customers with enough purchases, and below %d chance moves the shares", s.n, driftFewest)
		return d
	}
	if len(m.Training) == 0 || m.Training[0].Counts == nil {
		d.Reason = "cannot be said: this model file was made before training distributions were kept; export it again from its study"
		return d
	}
	tests := float64(len(m.Training) + 1)
	var worst *ColumnDrift
	for j := range m.Training {
		c := m.Training[j].drift(s.counts[j])
		d.Columns = append(d.Columns, c)
		if c.PSI > driftFar && c.P < driftP/tests && (worst == nil || c.PSI > worst.PSI) {
			worst = &c
		}
	}
	if m.Far != nil && s.labelled > 0 {
		share := float64(s.beyond) / float64(s.labelled)
		// Exact: P(X ≥ beyond) of a binomial of 5 %.
		p := 1.0
		if s.beyond > 0 {
			p = 1 - distuv.Binomial{N: float64(s.labelled), P: 1 - farQuantile}.CDF(float64(s.beyond-1))
		}
		d.Beyond, d.BeyondP = &share, &p
	}
	switch {
	case worst != nil:
		d.Advised, d.Reason = true, fmt.Sprintf("refit advised: %s has moved much (PSI %.2f, above %.2f; %s)", worst.Column, worst.PSI, driftFar, chance(worst.P))
	case d.Beyond != nil && *d.Beyond > 2*(1-farQuantile) && *d.BeyondP < driftP/tests:
		d.Advised, d.Reason = true, fmt.Sprintf("refit advised: %.0f %% of the customers are farther from their segment than 95 %% of the training customers were", 100**d.Beyond)
	default:
		d.Reason = "the customers look as those that the model learned from"
	}
	return d
}

// chance writes a p-value: one that is too small for its own digits says only that.
func chance(p float64) string {
	if p < 1e-4 {
		return "p < 0.0001"
	}
	return fmt.Sprintf("p = %.2g", p)
}
