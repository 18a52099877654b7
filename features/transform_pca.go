package features

import "fmt"

var _ = registerTransform(&Transform{
	Name: "pca",
	Doc: `Principal components
Rotates the columns onto the axes of largest variance and keeps the first
n_components, or as many as explain share of the variance. Columns are centred, not
scaled: scale first. The sign of an axis makes its largest loading positive.
Cost: O(n·d² + d³).`,
	Refs: []Ref{{
		Authors: "Jolliffe & Cadima", Title: "Principal component analysis: a review and recent developments",
		Venue: "Philosophical Transactions of the Royal Society A 374", Year: 2016, DOI: "10.1098/rsta.2015.0202",
	}},
	Version: 2,
	New:     func() Learner { return &PCA{Share: 0.95} },
})

// PCA is the options of pca.
type PCA struct {
	NComponents int     `json:"n_components"` // axes kept; 0 = as Share says
	Share       float64 `json:"share"`        // part of the variance to explain, in (0, 1]
}

// Learn finds the axes. Missing values are refused.
func (o *PCA) Learn(m *Matrix) (Map, []string, error) {
	cols := distances(m)
	d := len(cols)
	switch {
	case d == 0:
		return nil, nil, fmt.Errorf("no column can enter a distance: all %d are categories", len(m.Cols))
	case o.NComponents < 0 || o.NComponents > d:
		return nil, nil, fmt.Errorf("n_components = %d: 1..%d (the columns), or 0 for share", o.NComponents, d)
	case o.NComponents == 0 && !(o.Share > 0 && o.Share <= 1):
		return nil, nil, fmt.Errorf("share = %g: more than 0, at most 1", o.Share)
	}
	c, err := FitPCA(pickColumns(m, cols), 0)
	if err != nil {
		return nil, nil, err
	}
	keep := o.NComponents
	if keep == 0 {
		var sum float64
		for keep < d && sum < o.Share*(1-1e-12) {
			sum += c.Ratio[keep]
			keep++
		}
	}
	return &pcaMap{Columns: names(m, cols), Mean: c.Mean, Axes: c.Axes[:keep], Explained: c.Ratio[:keep]}, nil, nil
}

// Map returns an empty map.
func (*PCA) Map() Map { return &pcaMap{} }

type pcaMap struct {
	Columns   []string    `json:"columns"`
	Mean      []float64   `json:"mean"`
	Axes      [][]float64 `json:"axes"`      // loadings, one row an axis
	Explained []float64   `json:"explained"` // share of the variance, per axis
}

// Apply projects the rows.
func (t *pcaMap) Apply(m *Matrix) (*Matrix, error) {
	cols, err := locate(m, t.Columns)
	if err != nil {
		return nil, err
	}
	axes := make([]Column, len(t.Axes))
	for k := range axes {
		axes[k] = Column{
			Name: fmt.Sprintf("pc%d", k+1), Unit: "scaled", Block: "pca",
			Doc: fmt.Sprintf("principal component %d: %.1f %% of the variance", k+1, 100*t.Explained[k]),
		}
	}
	n, _ := m.Dims()
	out := NewMatrix(n, axes, nil)
	for i := range n {
		src, dst := m.Row(i), out.Row(i)
		for k, axis := range t.Axes {
			var s float64
			for c, j := range cols {
				s += axis[c] * (src[j] - t.Mean[c])
			}
			dst[k] = s
		}
	}
	return out.like(m), nil
}
