package features

import (
	"fmt"
	"math"
	"strings"
)

// pickColumns returns the columns of those numbers, copied; rows keep their ids,
// weights and descriptors.
func pickColumns(m *Matrix, cols []int) *Matrix {
	n, _ := m.Dims()
	out := NewMatrix(n, make([]Column, 0, len(cols)), []float64{})
	for _, j := range cols {
		out.Cols = append(out.Cols, m.Cols[j])
	}
	out.data = make([]float64, n*len(cols))
	for i := range n {
		src, dst := m.Row(i), out.Row(i)
		for k, j := range cols {
			dst[k] = src[j]
		}
	}
	return out.like(m)
}

// like gives m the ids, weights and descriptors of o.
func (m *Matrix) like(o *Matrix) *Matrix {
	m.IDs, m.Weights, m.Descriptors = o.IDs, o.Weights, o.Descriptors
	return m
}

// locate returns the column numbers of names in m; an absent one is an error.
func locate(m *Matrix, names []string) ([]int, error) {
	at := make(map[string]int, len(m.Cols))
	for j, c := range m.Cols {
		if _, ok := at[c.Name]; !ok {
			at[c.Name] = j
		}
	}
	out := make([]int, len(names))
	for k, n := range names {
		j, ok := at[n]
		if !ok {
			var have []string
			for _, c := range m.Cols {
				have = append(have, c.Name)
			}
			return nil, fmt.Errorf("column %q is missing; the matrix has %s", n, strings.Join(have, ", "))
		}
		out[k] = j
	}
	return out, nil
}

// distances returns the numbers of the columns that may enter a distance.
func distances(m *Matrix) []int {
	var out []int
	for j, c := range m.Cols {
		if c.Kind != Category {
			out = append(out, j)
		}
	}
	return out
}

// names returns the names of those columns.
func names(m *Matrix, cols []int) []string {
	out := make([]string, len(cols))
	for k, j := range cols {
		out[k] = m.Cols[j].Name
	}
	return out
}

// varying returns the columns that may enter a distance and are not constant,
// and a warning for each constant one. what says what a constant would do.
func varying(m *Matrix, what string) (cols []int, warnings []string, err error) {
	n, _ := m.Dims()
	usable := distances(m)
	if len(usable) == 0 {
		return nil, nil, fmt.Errorf("no column can enter a distance: all %d are categories", len(m.Cols))
	}
	for _, j := range usable {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range n {
			x := m.Row(i)[j]
			lo, hi = min2(lo, x), max2(hi, x)
		}
		if lo < hi {
			cols = append(cols, j)
			continue
		}
		warnings = append(warnings, fmt.Sprintf("feature %q is constant (%g): dropped, %s", m.Cols[j].Name, lo, what))
	}
	if len(cols) == 0 {
		return nil, nil, fmt.Errorf("every feature is constant over the %d rows: nothing tells them apart", n)
	}
	return cols, warnings, nil
}

// min2 and max2 pass over NaN in x.
func min2(a, x float64) float64 {
	if x < a {
		return x
	}
	return a
}

func max2(a, x float64) float64 {
	if x > a {
		return x
	}
	return a
}

// affine is the state of column-wise maps x ↦ (x − Center)/Scale.
type affine struct {
	Columns []string  `json:"columns"`
	Center  []float64 `json:"center"`
	Scale   []float64 `json:"scale"`
}

// Apply returns (x − center)/scale; missing stays missing.
func (a *affine) Apply(m *Matrix) (*Matrix, error) {
	cols, err := locate(m, a.Columns)
	if err != nil {
		return nil, err
	}
	out := pickColumns(m, cols)
	n, _ := out.Dims()
	for i := range n {
		row := out.Row(i)
		for j := range row {
			row[j] = (row[j] - a.Center[j]) / a.Scale[j]
		}
	}
	for j := range out.Cols {
		out.Cols[j].Unit = "sd"
	}
	return out, nil
}
