package features

import (
	"fmt"
	"math"
	"sort"
)

var _ = registerTransform(&Transform{
	Name: "quantile",
	Doc: `Ranks as normal scores
Every column is mapped through its own distribution: F(x) is the share of the
learned quantiles (type 7) below x, linear between them, the middle of the run where
values are tied; then Φ⁻¹(F), F clamped to [1e-7, 1 − 1e-7] (output = "normal"), or F
itself (output = "uniform"). The order of customers stays, distances do not: gaps
between groups are squeezed. scikit-learn's QuantileTransformer with subsample=None.`,
	Refs: []Ref{{
		Authors: "Pedregosa et al.", Title: "Scikit-learn: Machine Learning in Python",
		Venue: "Journal of Machine Learning Research 12", Year: 2011, DOI: "pp. 2825–2830",
	}},
	Version: 1,
	New:     func() Learner { return &QuantileScale{Quantiles: 1000, Output: "normal"} },
})

// QuantileScale is the options of quantile.
type QuantileScale struct {
	Quantiles int    `json:"n_quantiles"`         // landmarks kept a column; at most the rows
	Output    string `json:"output_distribution"` // normal or uniform
}

// rankEdge keeps Φ⁻¹ finite at the ends: scikit-learn's bound.
const rankEdge = 1e-7

// Learn keeps the landmarks of every column; constant columns are dropped.
func (o *QuantileScale) Learn(m *Matrix) (Map, []string, error) {
	switch {
	case o.Output != "normal" && o.Output != "uniform":
		return nil, nil, fmt.Errorf("output_distribution = %q: normal or uniform", o.Output)
	case o.Quantiles < 2:
		return nil, nil, fmt.Errorf("n_quantiles = %d: at least 2", o.Quantiles)
	case m.Weights != nil:
		return nil, nil, fmt.Errorf("rows with weights have no plain ranks: use zscore or block")
	}
	cols, warnings, err := varying(m, "it has one rank")
	if err != nil {
		return nil, nil, err
	}
	t := &quantileMap{Columns: names(m, cols), Normal: o.Output == "normal"}
	for _, j := range cols {
		xs := present(m, j)
		median(xs) // sorts
		q := make([]float64, min(o.Quantiles, len(xs)))
		for k := range q {
			q[k] = Quantile(xs, float64(k)/float64(len(q)-1))
		}
		t.Landmarks = append(t.Landmarks, q)
	}
	return t, warnings, nil
}

// Map returns an empty map.
func (*QuantileScale) Map() Map { return &quantileMap{} }

type quantileMap struct {
	Columns   []string    `json:"columns"`
	Normal    bool        `json:"normal"`
	Landmarks [][]float64 `json:"landmarks"` // ascending, per column
}

// Apply maps every value to its rank.
func (t *quantileMap) Apply(m *Matrix) (*Matrix, error) {
	cols, err := locate(m, t.Columns)
	if err != nil {
		return nil, err
	}
	out := pickColumns(m, cols)
	d := len(cols)
	for i, x := range out.data {
		if math.IsNaN(x) {
			continue
		}
		f := rankOf(t.Landmarks[i%d], x)
		if t.Normal {
			f = math.Sqrt2 * math.Erfinv(2*min(max(f, rankEdge), 1-rankEdge)-1)
		}
		out.data[i] = f
	}
	for j := range out.Cols {
		out.Cols[j].Unit = "rank"
	}
	return out, nil
}

// rankOf returns the share of the landmarks q below x: the mean of the
// interpolations from below and from above, so that ties get the middle.
func rankOf(q []float64, x float64) float64 {
	last := len(q) - 1
	lo := sort.SearchFloat64s(q, x)                                 // first q ≥ x
	hi := sort.Search(len(q), func(k int) bool { return q[k] > x }) // first q > x
	switch {
	case lo > last:
		return 1
	case hi == 0:
		return 0
	case lo < hi: // x is a landmark, lo..hi−1
		switch {
		case lo == 0: // the ends are 0 and 1, however many tie there
			return 0
		case hi > last:
			return 1
		}
		return float64(lo+hi-1) / 2 / float64(last)
	}
	frac := (x - q[lo-1]) / (q[lo] - q[lo-1])
	return (float64(lo-1) + frac) / float64(last)
}
