package features

import "math"

var _ = registerTransform(&Transform{
	Name: "log1p",
	Doc: `Logarithms of counts, days and money
Number columns whose unit is count, days, money, units, gaps or a rate (1/…) become
sign(x)·ln(1 + |x|); the others stay. All = true takes every Number column.`,
	Version: 1,
	New:     func() Learner { return &Log1p{} },
})

// Log1p is the options of log1p.
type Log1p struct {
	All bool `json:"all"` // every Number column, whatever its unit
}

// Learn notes which columns are logged.
func (o *Log1p) Learn(m *Matrix) (Map, []string, error) {
	cols := distances(m)
	t := &log1pMap{Columns: names(m, cols)}
	for _, j := range cols {
		t.Logged = append(t.Logged, skewed(m.Cols[j]) || o.All && m.Cols[j].Kind == Number)
	}
	return t, nil, nil
}

// Map returns an empty map.
func (*Log1p) Map() Map { return &log1pMap{} }

// skewed reports whether a column is an amount of something: it is logged before
// it is scaled.
func skewed(c Column) bool {
	if c.Kind != Number {
		return false
	}
	switch c.Unit {
	case "count", "days", "money", "units", "gaps":
		return true
	}
	return len(c.Unit) > 2 && c.Unit[:2] == "1/"
}

// signedLog returns sign(x)·ln(1 + |x|): the plain log1p for x ≥ 0, and monotone below.
func signedLog(x float64) float64 { return math.Copysign(math.Log1p(math.Abs(x)), x) }

type log1pMap struct {
	Columns []string `json:"columns"`
	Logged  []bool   `json:"logged"`
}

// Apply takes the logarithms.
func (t *log1pMap) Apply(m *Matrix) (*Matrix, error) {
	cols, err := locate(m, t.Columns)
	if err != nil {
		return nil, err
	}
	out := pickColumns(m, cols)
	d := len(cols)
	for i, x := range out.data {
		if t.Logged[i%d] {
			out.data[i] = signedLog(x)
		}
	}
	for j := range out.Cols {
		if t.Logged[j] {
			out.Cols[j].Unit = "ln " + out.Cols[j].Unit
		}
	}
	return out, nil
}
