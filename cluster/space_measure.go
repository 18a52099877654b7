package cluster

import (
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// Measure is a distance between rows, by name, with what it has learnt from the rows
// of a fit: plain data for a model file.
//
//	euclidean    √Σ(xⱼ−yⱼ)²
//	sqeuclidean  Σ(xⱼ−yⱼ)²
//	manhattan    Σ|xⱼ−yⱼ|
//	cosine       1 − x·y / (‖x‖‖y‖)                     refused where a row is 0
//	correlation  cosine of x−x̄ and y−ȳ                  refused where a row is constant
//	mahalanobis  √((x−y)ᵀ Σ⁻¹ (x−y))                    Σ: the rows' covariance, weights honoured
//	gower        Σ wⱼsⱼ / Σ wⱼ                          sⱼ = |xⱼ−yⱼ| / range of column j; of binary
//	                                                    and category columns 0 where equal, else 1;
//	                                                    wⱼ: the column's weight
//	hamming      share of the columns where x and y differ
//	jaccard      1 − |both| / |either|, of the columns that are not 0; 0 where both have none
//
// The values are those of SciPy's cdist (to 1e-12). Gower's is the coefficient's
// complement (Gower, Biometrics 27, 1971, doi 10.2307/2528823) with 0/0 matches counted,
// as in R's daisy for symmetric binary columns; a column that is constant adds nothing.
// mahalanobis adds a ridge to a singular covariance, with a warning, and leaves out
// constant columns.
type Measure struct {
	Name   string      `json:"name"`
	Center []float64   `json:"center,omitempty"` // mahalanobis: the means
	Whiten [][]float64 `json:"whiten,omitempty"` // mahalanobis: d×d, W with WᵀW = Σ⁻¹
	Scale  []float64   `json:"scale,omitempty"`  // gower: what a column's difference is multiplied by
	Match  []bool      `json:"match,omitempty"`  // gower: columns compared by equality

	warnings []string
}

// measureForm is how distances between mapped rows are computed.
type measureForm uint8

const (
	formRoot   measureForm = iota // √Σ(a−b)²
	formSquare                    // Σ(a−b)²
	formCity                      // Σ|a−b|, then weights of columns that differ
	formSets                      // 0/1 rows: Jaccard
)

func newMeasure(method, name string, x *features.Matrix) (*Measure, error) {
	if !slices.Contains(measureNames, name) {
		return nil, badMetric(method, name)
	}
	m := &Measure{Name: name}
	switch name {
	case "cosine", "correlation":
		n, d := x.Dims()
		to := make([]float64, d)
		for i := range n {
			if m.apply(x.Row(i), to); math.IsNaN(to[0]) {
				why := "has only zeros: it has no direction"
				if name == "correlation" {
					why = "has the same value in every column: it correlates with nothing"
				}
				return nil, &DataError{method, fmt.Sprintf("row %d (id %q) %s, so metric = %s is not defined: drop such rows or take another metric", i+1, x.ID(i), why, name)}
			}
		}
	case "mahalanobis":
		m.learnWhitening(method, x)
	case "gower":
		m.learnGower(x)
	}
	return m, nil
}

func (m *Measure) learnGower(x *features.Matrix) {
	n, d := x.Dims()
	m.Scale, m.Match = make([]float64, d), make([]bool, d)
	total := 0.0
	for j, c := range x.Cols {
		w := c.Weight
		if w == 0 {
			w = 1
		}
		total += w
		m.Match[j] = c.Kind == features.Binary || c.Kind == features.Category
		if m.Scale[j] = w; m.Match[j] {
			continue
		}
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range n {
			v := x.Row(i)[j]
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
		if m.Scale[j] = w / (hi - lo); hi == lo {
			m.Scale[j] = 0
		}
	}
	for j := range m.Scale {
		m.Scale[j] /= total
	}
}

// form says how mapped rows are compared, and gives the weights of the columns that
// are compared by equality, which come last.
func (m *Measure) form(d int) (measureForm, []float64) {
	switch m.Name {
	case "euclidean", "mahalanobis":
		return formRoot, nil
	case "manhattan":
		return formCity, nil
	case "hamming":
		w := make([]float64, d)
		for j := range w {
			w[j] = 1 / float64(d)
		}
		return formCity, w
	case "gower":
		var w []float64
		for j, match := range m.Match {
			if match {
				w = append(w, m.Scale[j])
			}
		}
		return formCity, w
	case "jaccard":
		return formSets, nil
	}
	return formSquare, nil // sqeuclidean; cosine and correlation: ½‖a−b‖² of directions
}

// maps says that apply changes rows.
func (m *Measure) maps() bool {
	return !slices.Contains([]string{"euclidean", "sqeuclidean", "manhattan", "hamming"}, m.Name)
}

// apply writes the mapped row: NaN where it has none.
func (m *Measure) apply(row, to []float64) {
	switch m.Name {
	case "cosine":
		direction(row, 0, to)
	case "correlation":
		top := 0.0
		for _, v := range row {
			top = math.Max(top, math.Abs(v))
		}
		mean := 0.0
		if top > 0 {
			for _, v := range row {
				mean += v / top / float64(len(row))
			}
		}
		flat := true
		for _, v := range row {
			flat = flat && v == row[0]
		}
		if direction(row, mean*top, to); flat {
			to[0] = math.NaN()
		}
	case "mahalanobis":
		for i, w := range m.Whiten {
			s := 0.0
			for j, v := range row {
				s += w[j] * (v - m.Center[j])
			}
			to[i] = s
		}
	case "gower":
		at, last := 0, 0
		for _, match := range m.Match {
			if !match {
				last++
			}
		}
		for j, v := range row {
			if m.Match[j] {
				to[last] = v
				last++
			} else {
				to[at] = v * m.Scale[j]
				at++
			}
		}
	case "jaccard":
		for j, v := range row {
			if to[j] = 0; v != 0 {
				to[j] = 1
			}
		}
	default:
		copy(to, row)
	}
}

// direction writes (row − mean)/‖row − mean‖/√2: half the squared distance of two
// directions is 1 − their cosine.
func direction(row []float64, mean float64, to []float64) {
	top := 0.0
	for j, v := range row {
		to[j] = v - mean
		top = math.Max(top, math.Abs(to[j]))
	}
	s := 0.0
	for j := range to[:len(row)] {
		to[j] /= top // 0/0 is NaN
		s += to[j] * to[j]
	}
	s = math.Sqrt(2 * s)
	for j := range to[:len(row)] {
		to[j] /= s
	}
}

// Distance returns the distance between two rows: NaN where there is none.
func (m *Measure) Distance(a, b []float64) float64 {
	u, v := make([]float64, len(a)), make([]float64, len(a))
	m.apply(a, u)
	m.apply(b, v)
	form, weight := m.form(len(a))
	return form.between(u, v, weight)
}

// between is the distance of mapped rows: the same bits as packedRows.
func (f measureForm) between(a, b, weight []float64) float64 {
	b = b[:len(a)]
	s := 0.0
	switch f {
	case formCity:
		numbers := len(a) - len(weight)
		for j, v := range a[:numbers] {
			s += math.Abs(v - b[j])
		}
		for j, w := range weight {
			if a[numbers+j] != b[numbers+j] {
				s += w
			}
		}
		return s
	case formSets:
		either, differ := 0, 0
		for j, v := range a {
			if v != 0 || b[j] != 0 {
				either++
			}
			if v != b[j] {
				differ++
			}
		}
		return jaccard(differ, either)
	}
	for j, v := range a {
		t := v - b[j]
		s = math.FMA(t, t, s)
	}
	if f == formRoot {
		return math.Sqrt(s)
	}
	return s
}

func jaccard(differ, either int) float64 {
	if either == 0 {
		return 0
	}
	return float64(differ) / float64(either)
}
