package features

import "fmt"

var _ = registerTransform(&Transform{
	Name: "select",
	Doc: `No scaling
Keeps the columns that may enter a distance, as they are: all but categories.
Constant columns stay (they add nothing to a distance) and are warned of.`,
	Version: 1,
	New:     func() Learner { return &Select{} },
})

// Select has no options.
type Select struct{}

// Learn lists the columns.
func (*Select) Learn(m *Matrix) (Map, []string, error) {
	cols := distances(m)
	if len(cols) == 0 {
		return nil, nil, fmt.Errorf("no column can enter a distance: all %d are categories", len(m.Cols))
	}
	var warnings []string
	n, _ := m.Dims()
	for _, j := range cols {
		same := n > 0
		for i := 1; same && i < n; i++ {
			same = m.Row(i)[j] == m.Row(0)[j]
		}
		if same {
			warnings = append(warnings, fmt.Sprintf("feature %q is constant (%g): it adds nothing to a distance", m.Cols[j].Name, m.Row(0)[j]))
		}
	}
	return &selectMap{names(m, cols)}, warnings, nil
}

// Map returns an empty map.
func (*Select) Map() Map { return &selectMap{} }

type selectMap struct {
	Columns []string `json:"columns"`
}

// Apply copies the columns.
func (s *selectMap) Apply(m *Matrix) (*Matrix, error) {
	cols, err := locate(m, s.Columns)
	if err != nil {
		return nil, err
	}
	return pickColumns(m, cols), nil
}
