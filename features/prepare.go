package features

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Prepared is what an algorithm sees: a raw matrix, scaled, without missing values.
type Prepared struct {
	X        *Matrix
	Rows     []int // rows of the raw matrix that stay
	Maps     []Fitted
	Shares   []BlockShare // each block's realised part of the mean squared distance
	Warnings []string
}

// scales are the ways to scale, in the order in which people are shown them.
var scales = []string{"none", "zscore", "robust", "quantile", "block"}

// Scales lists the ways to scale: none, zscore, robust, quantile, block.
func Scales() []string { return slices.Clone(scales) }

// Prepare makes a raw matrix ready for clustering: what is missing is dealt with
// by the policy ("" = DropRows), columns that tell nothing go, the scale is
// learned and applied. Category columns never get through: distances on codes
// mean nothing.
//
// Missing or infinite values that the policy cannot deal with are an error that
// names column, count and the first customers.
func Prepare(raw *Matrix, scale string, policy MissingPolicy) (*Prepared, error) {
	if !slices.Contains(scales, scale) {
		return nil, fmt.Errorf("no scale named %q (scales: %s)", scale, strings.Join(scales, ", "))
	}
	p := &Prepared{}
	m, err := p.missing(raw, policy)
	if err != nil {
		return nil, err
	}
	name := scale
	if scale == "none" {
		name = "select"
	}
	t, err := LookupTransform(name)
	if err != nil {
		return nil, err
	}
	if p.X, err = p.apply(t, m); err != nil {
		return nil, err
	}
	p.Warnings = append(p.Warnings, twins(p.X)...)
	p.Shares = Shares(p.X)
	return p, nil
}

// apply learns t on m, records it and returns the mapped matrix.
func (p *Prepared) apply(t *Transform, m *Matrix) (*Matrix, error) {
	l := t.New()
	mp, warnings, err := l.Learn(m)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	p.Warnings = append(p.Warnings, warnings...)
	f, err := fitted(t.Name, t.Version, l, mp)
	if err != nil {
		return nil, err
	}
	p.Maps = append(p.Maps, f)
	return mp.Apply(m)
}

// missing applies the policy.
func (p *Prepared) missing(raw *Matrix, policy MissingPolicy) (*Matrix, error) {
	n, d := raw.Dims()
	if n == 0 {
		return nil, fmt.Errorf("the matrix has no rows")
	}
	holes := make([][]int, d) // rows per column
	for i := range n {
		for j, x := range raw.Row(i) {
			switch {
			case math.IsInf(x, 0):
				return nil, fmt.Errorf("%s is infinite for customer %s (row %d): divide by something else, or leave the column out",
					raw.Cols[j].Name, raw.ID(i), i+1)
			case math.IsNaN(x) && raw.Cols[j].Kind != Category:
				holes[j] = append(holes[j], i)
			}
		}
	}
	var keep []int // columns with a value at all
	for j := range d {
		if len(holes[j]) < n {
			keep = append(keep, j)
			continue
		}
		if policy == Refuse {
			return nil, holesError(raw, holes)
		}
		p.Warnings = append(p.Warnings, fmt.Sprintf("feature %q has no value in any row: dropped", raw.Cols[j].Name))
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	p.Rows = all
	m := raw
	if len(keep) < d {
		m = pickColumns(raw, keep)
	}
	bad := make([]bool, n)
	lost := 0
	var parts []string
	for _, j := range keep {
		for _, i := range holes[j] {
			if !bad[i] {
				bad[i] = true
				lost++
			}
		}
		if len(holes[j]) > 0 {
			parts = append(parts, fmt.Sprintf("%s in %d (%.1f %%)", raw.Cols[j].Name, len(holes[j]), 100*float64(len(holes[j]))/float64(n)))
		}
	}
	if lost == 0 {
		return m, nil
	}
	switch policy {
	case Refuse:
		return nil, holesError(raw, holes)
	case Median:
		p.Warnings = append(p.Warnings, fmt.Sprintf("missing values filled in with the column's median: %s", strings.Join(parts, ", ")))
		return p.apply(transformImpute, m)
	case DropRows, "":
		p.Rows = nil
		for i := range n {
			if !bad[i] {
				p.Rows = append(p.Rows, i)
			}
		}
		if len(p.Rows) == 0 {
			return nil, fmt.Errorf("every row misses a value (%s): leave those columns out, or fill in with missing = %q",
				strings.Join(parts, ", "), Median)
		}
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d of %d customers left out for missing values: %s", lost, n, strings.Join(parts, ", ")))
		return m.Pick(p.Rows), nil
	}
	return nil, fmt.Errorf("no missing-value policy named %q (policies: %s, %s, %s)", policy, DropRows, Median, Refuse)
}

// holesError names what is missing.
func holesError(m *Matrix, holes [][]int) error {
	n, d := m.Dims()
	var parts []string
	for j, rows := range holes {
		if len(rows) == 0 {
			continue
		}
		var ids []string
		for _, i := range rows[:min(3, len(rows))] {
			ids = append(ids, m.ID(i))
		}
		parts = append(parts, fmt.Sprintf("%s %d rows (%.1f %%; first: %s)", m.Cols[j].Name, len(rows), 100*float64(len(rows))/float64(n), strings.Join(ids, ", ")))
	}
	return fmt.Errorf("%d of %d features contain missing values: %s; distances cannot use them: choose missing = %q or %q",
		len(parts), d, strings.Join(parts, "; "), DropRows, Median)
}

// Shares returns each block's part of the mean squared distance between the rows
// of m, 2·Σ variances, in order of first column; nil if all rows are equal.
func Shares(m *Matrix) []BlockShare {
	_, vars := moments(m)
	var out []BlockShare
	at := map[string]int{}
	var total float64
	for j, c := range m.Cols {
		k, ok := at[c.Block]
		if !ok {
			k = len(out)
			at[c.Block] = k
			out = append(out, BlockShare{Block: c.Block})
		}
		out[k].Share += vars[j]
		total += vars[j]
	}
	if total == 0 {
		return nil
	}
	for k := range out {
		out[k].Share /= total
	}
	return out
}

// twins warns of columns that say the same: r = 1 after scaling.
func twins(m *Matrix) []string {
	mean, vars := moments(m)
	n, d := m.Dims()
	if n < 3 {
		return nil
	}
	inv := make([]float64, d)
	for j := range inv {
		if vars[j] > 0 {
			inv[j] = 1 / math.Sqrt(vars[j])
		}
	}
	var out []string
	for a := range d {
		for b := a + 1; b < d; b++ {
			same := inv[a] > 0 && inv[b] > 0
			for i := 0; same && i < n; i++ {
				r := m.Row(i)
				same = math.Abs((r[a]-mean[a])*inv[a]-(r[b]-mean[b])*inv[b]) < 1e-9
			}
			if same {
				out = append(out, fmt.Sprintf("%s and %s are identical (r = 1): counted twice in distances", m.Cols[a].Name, m.Cols[b].Name))
			}
		}
	}
	return out
}
