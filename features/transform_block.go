package features

import (
	"fmt"
	"math"
	"strings"
)

var _ = registerTransform(&Transform{
	Name: "block",
	Doc: `Every block in its own geometry, then equal say for each
1. Geometry. Counts, days, money, units, gaps and rates: sign(x)·ln(1 + |x|), then
   (x − x̄)/s. Probabilities: logit, clamped to [1e-3, 1 − 1e-3], then (x − x̄)/s.
   Other numbers and binaries: (x − x̄)/s. A composition (the Share columns of a
   block): √p (Hellinger), centred, divided by one factor, the root mean square of
   its columns' s. A circular pair (Angle columns, two by two): centred, divided by
   the root mean square of its two s. An embedding (the Embedding columns of a
   block): centred, divided by the root mean square of its s, without a curve. None
   of the three is z-scored column by column: that would undo the geometry just built.
2. Weight. A block is divided by σ₁, the square root of the largest eigenvalue of its
   covariance (multiple factor analysis), and multiplied by the recipe's weight: no
   block can dominate the first axis, however many columns say the same thing in it.
Value is not winsorised after the logarithm: the top customers stay at the top.
The standard deviation is the population's (divisor n).`,
	Refs: []Ref{
		{Authors: "Escofier & Pagès", Title: "Multiple factor analysis (AFMULT package)", Venue: "Computational Statistics & Data Analysis 18", Year: 1994, DOI: "10.1016/0167-9473(94)90135-X"},
		{Authors: "Legendre & Gallagher", Title: "Ecologically meaningful transformations for ordination of species data", Venue: "Oecologia 129", Year: 2001, DOI: "10.1007/s004420100716"},
	},
	Version: 1,
	New:     func() Learner { return &BlockScale{} },
})

// BlockScale has no options: weights come with the columns (Column.Weight).
type BlockScale struct{}

// probabilityEdge keeps logits finite: a probability nearer to 0 or 1 is not
// known better than that from a customer's history.
const probabilityEdge = 1e-3

// Learn fits geometry and weights; constant columns are dropped.
func (*BlockScale) Learn(m *Matrix) (Map, []string, error) {
	cols, warnings, err := varying(m, "it tells no customers apart")
	if err != nil {
		return nil, nil, err
	}
	b := &blockMap{}
	for _, j := range cols {
		curve := curveOf(m.Cols[j])
		if flat(m, j, curve) {
			warnings = append(warnings, fmt.Sprintf("feature %q is constant after its %s: dropped, it tells no customers apart", m.Cols[j].Name, curve))
			continue
		}
		b.Columns = append(b.Columns, m.Cols[j].Name)
		b.Curve = append(b.Curve, curve)
		b.Center = append(b.Center, 0)
		b.Scale = append(b.Scale, 1)
	}
	if len(b.Columns) == 0 {
		return nil, nil, fmt.Errorf("every feature is constant after its curve: nothing tells the rows apart")
	}
	curved, err := b.Apply(m)
	if err != nil {
		return nil, nil, err
	}
	mean, variance := moments(curved)
	for _, g := range geometries(curved.Cols) {
		var sum float64
		for _, k := range g {
			sum += variance[k]
		}
		s := math.Sqrt(sum / float64(len(g)))
		for _, k := range g {
			b.Center[k], b.Scale[k] = mean[k], s
		}
	}
	scaled, err := b.Apply(m)
	if err != nil {
		return nil, nil, err
	}
	for _, g := range blocksOf(scaled.Cols) {
		part := pickColumns(scaled, g)
		values, _ := principal(covariance(part, make([]float64, len(g))))
		sigma := math.Sqrt(values[0])
		if math.IsNaN(sigma) || sigma == 0 {
			return nil, nil, fmt.Errorf("block %q has missing values: deal with them first", scaled.Cols[g[0]].Block)
		}
		for _, k := range g {
			b.Scale[k] *= sigma / weightOf(scaled.Cols[g[0]])
		}
	}
	return b, warnings, nil
}

// flat reports whether the curve makes column j constant: probabilities all below
// the clamp.
func flat(m *Matrix, j int, curve string) bool {
	f, err := curveFunc(curve)
	if err != nil {
		panic("features: " + err.Error())
	}
	n, _ := m.Dims()
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range n {
		x := f(m.Row(i)[j])
		lo, hi = min2(lo, x), max2(hi, x)
	}
	return lo >= hi
}

// Map returns an empty map.
func (*BlockScale) Map() Map { return &blockMap{} }

func weightOf(c Column) float64 {
	if c.Weight == 0 {
		return 1
	}
	return c.Weight
}

// curveOf names the curve a column is bent by before it is scaled.
func curveOf(c Column) string {
	switch {
	case skewed(c):
		return "log1p"
	case c.Kind == Probability:
		return "logit"
	case c.Kind == Share:
		return "sqrt"
	}
	return "line"
}

// geometries groups the columns that share one factor: a block's composition, its
// embedding, a circular pair (two Angle columns of a block that follow each other,
// named alike up to the last underscore), and every other column alone.
func geometries(cols []Column) [][]int {
	type group struct {
		block string
		kind  Kind
	}
	var out [][]int
	at := map[group]int{}
	for k := 0; k < len(cols); k++ {
		c := cols[k]
		switch {
		case c.Kind == Share || c.Kind == Embedding:
			g, ok := at[group{c.Block, c.Kind}]
			if !ok {
				g = len(out)
				at[group{c.Block, c.Kind}] = g
				out = append(out, nil)
			}
			out[g] = append(out[g], k)
		case c.Kind == Angle && k+1 < len(cols) && pair(c, cols[k+1]):
			out = append(out, []int{k, k + 1})
			k++
		default:
			out = append(out, []int{k})
		}
	}
	return out
}

func pair(a, b Column) bool {
	stem := func(s string) string {
		if i := strings.LastIndexByte(s, '_'); i >= 0 {
			return s[:i]
		}
		return s
	}
	return a.Kind == Angle && b.Kind == Angle && a.Block == b.Block && stem(a.Name) == stem(b.Name)
}

// blocksOf groups columns by block, in order of first column.
func blocksOf(cols []Column) [][]int {
	var out [][]int
	at := map[string]int{}
	for k, c := range cols {
		g, ok := at[c.Block]
		if !ok {
			g = len(out)
			at[c.Block] = g
			out = append(out, nil)
		}
		out[g] = append(out[g], k)
	}
	return out
}

type blockMap struct {
	Columns []string  `json:"columns"`
	Curve   []string  `json:"curve"` // line, log1p, logit, sqrt
	Center  []float64 `json:"center"`
	Scale   []float64 `json:"scale"` // the geometry's factor times σ₁ over the weight
}

// Apply bends, centres and scales.
func (t *blockMap) Apply(m *Matrix) (*Matrix, error) {
	cols, err := locate(m, t.Columns)
	if err != nil {
		return nil, err
	}
	out := pickColumns(m, cols)
	d := len(cols)
	for k, curve := range t.Curve {
		f, err := curveFunc(curve)
		if err != nil {
			return nil, err
		}
		for i := k; i < len(out.data); i += d {
			out.data[i] = (f(out.data[i]) - t.Center[k]) / t.Scale[k]
		}
		out.Cols[k].Unit = "scaled"
	}
	return out, nil
}

func curveFunc(name string) (func(float64) float64, error) {
	switch name {
	case "line":
		return func(x float64) float64 { return x }, nil
	case "log1p":
		return signedLog, nil
	case "logit":
		return func(x float64) float64 {
			if math.IsNaN(x) {
				return x
			}
			x = min(max(x, probabilityEdge), 1-probabilityEdge)
			return math.Log(x / (1 - x))
		}, nil
	case "sqrt":
		return func(x float64) float64 { return math.Sqrt(max(x, 0)) }, nil
	}
	return nil, fmt.Errorf("no curve named %q: update this program", name)
}
