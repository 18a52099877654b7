package eval

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/features"
)

// ceilingPenalties are the ridge penalties that are tried, times the number of customers:
// from one that all but forbids a slope down to one that hardly matters.
var ceilingPenalties = []float64{30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003}

// ceiling is the continuous model on one half: its entry, or why there is none.
func (c *contestRun) ceiling(ctx context.Context, f *contestFrame, d *ceilingData) (*contestEntry, string) {
	x, test := d.design(f.train, f.test)
	if x == nil {
		return nil, "no column varies among the customers to learn from"
	}
	outputs := 1
	if c.s.class != nil && c.s.classes > 2 {
		outputs = c.s.classes
	}
	n, m := len(f.train), len(f.test)
	fits := make([]*glmFit, outputs)
	for o := range fits {
		g := &glm{x: x, y: make([]float64, n), days: make([]float64, n), family: glmNormal}
		switch {
		case c.s.class != nil:
			g.family = glmLogistic
		case !c.signed():
			g.family = glmPoisson
		}
		for p, i := range f.train {
			g.days[p] = 1
			switch {
			case c.s.class == nil:
				g.y[p] = c.s.y[i]
			case outputs == 1 && c.s.class[i] == 1 || outputs > 1 && int(c.s.class[i]) == o:
				g.y[p] = 1
			}
			if c.s.days != nil {
				g.days[p] = c.s.days[i]
			}
		}
		var err error
		if fits[o], err = g.choose(ctx); err != nil {
			return nil, err.Error()
		}
	}
	predictions := map[int][]float64{}
	fill := func(rows []int, data *mat.Dense) {
		for p, i := range rows {
			row := data.RawRowView(p)
			mu := make([]float64, outputs)
			for o, fit := range fits {
				mu[o] = fit.mean(row)
			}
			predictions[i] = c.toPrediction(mu)
		}
	}
	fill(f.train, x)
	if m > 0 {
		fill(f.test, test)
	}
	e := c.predicted(f, func(i int) []float64 { return predictions[i] })
	return &e, ""
}

// toPrediction turns the means of a model's outputs into a prediction. One-against-the-rest
// shares are made to sum to 1.
func (c *contestRun) toPrediction(mu []float64) []float64 {
	switch {
	case c.s.class == nil:
		return mu
	case len(mu) == 1:
		return []float64{1 - mu[0], mu[0]}
	}
	sum := 0.0
	for _, v := range mu {
		sum += v
	}
	for i := range mu {
		mu[i] /= sum
	}
	return mu
}

// design makes the columns of the model: standardised ranks among the rows to learn from,
// their squares, and a mark of what is missing, all of mean 0 and variance 1 there. nil if
// nothing varies.
func (d *ceilingData) design(train, test []int) (x, y *mat.Dense) {
	type column struct {
		j    int
		of   *rankScale
		part int // 0 rank, 1 square, 2 missing
		m, s float64
	}
	var cols []column
	v := make([]float64, len(train))
	value := func(c *column, row int) float64 {
		raw := d.rows[row][c.j]
		switch {
		case c.part == 2:
			if math.IsNaN(raw) {
				return 1
			}
			return 0
		case c.part == 1 && !math.IsNaN(raw):
			z := c.of.of(raw)
			return z*z - 1
		}
		return c.of.of(raw)
	}
	for j, meta := range d.cols {
		if meta.Kind == features.Category {
			continue // its codes have no order
		}
		for i, r := range train {
			v[i] = d.rows[r][j]
		}
		scale := newRankScale(v)
		for part := range 3 {
			c := column{j: j, of: scale, part: part}
			if scale == nil && part < 2 {
				continue
			}
			u := make([]float64, len(train))
			for i, r := range train {
				u[i] = value(&c, r)
			}
			if c.m, c.s = moments(u); c.s > 1e-9 {
				cols = append(cols, c)
			}
		}
	}
	if len(cols) == 0 {
		return nil, nil
	}
	make1 := func(rows []int) *mat.Dense {
		if len(rows) == 0 {
			return nil
		}
		out := mat.NewDense(len(rows), len(cols), nil)
		for i, r := range rows {
			for k := range cols {
				out.Set(i, k, (value(&cols[k], r)-cols[k].m)/cols[k].s)
			}
		}
		return out
	}
	return make1(train), make1(test)
}
