package features

import (
	"fmt"
	"math"
)

var transformImpute = registerTransform(&Transform{
	Name: "impute",
	Doc: `Medians for missing values
Replaces what is missing by the column's median (quantile type 7), learned once.
Filling in makes customers look alike: it is never done unless asked for.`,
	Version: 1,
	New:     func() Learner { return &Impute{} },
})

// Impute has no options.
type Impute struct{}

// Learn takes each column's median. A column without any value is an error.
func (*Impute) Learn(m *Matrix) (Map, []string, error) {
	cols := distances(m)
	out := &imputeMap{Columns: names(m, cols)}
	for _, j := range cols {
		xs := present(m, j)
		if len(xs) == 0 {
			return nil, nil, fmt.Errorf("feature %q has no value in any row: it has no median", m.Cols[j].Name)
		}
		out.Median = append(out.Median, median(xs))
	}
	return out, nil, nil
}

// Map returns an empty map.
func (*Impute) Map() Map { return &imputeMap{} }

// present returns column j's values without NaN.
func present(m *Matrix, j int) []float64 {
	n, _ := m.Dims()
	out := make([]float64, 0, n)
	for i := range n {
		if x := m.Row(i)[j]; !math.IsNaN(x) {
			out = append(out, x)
		}
	}
	return out
}

type imputeMap struct {
	Columns []string  `json:"columns"`
	Median  []float64 `json:"median"`
}

// Apply fills in.
func (t *imputeMap) Apply(m *Matrix) (*Matrix, error) {
	cols, err := locate(m, t.Columns)
	if err != nil {
		return nil, err
	}
	out := pickColumns(m, cols)
	d := len(cols)
	for i, x := range out.data {
		if math.IsNaN(x) {
			out.data[i] = t.Median[i%d]
		}
	}
	return out, nil
}
