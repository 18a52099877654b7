package eval

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

var _ = registerLookalike(&LookalikeMethod{
	Name: "pu",
	Doc: `Logistic regression from positive and unlabelled customers (Elkan & Noto 2008): a
customer outside the seed set may be one of its kind, and counts as one with the probability
that a first regression gives.`,
	Refs: []datasets.Ref{{
		Authors: "C. Elkan, K. Noto", Title: "Learning classifiers from only positive and unlabeled data",
		Venue: "KDD '08, 213–220", Year: 2008, DOI: "10.1145/1401890.1401920",
	}},
	prepare: func(_ context.Context, x *features.Matrix, _ *LookalikeOptions) (lookalikeScorer, error) {
		m, err := lookalikeRanked(x)
		if err != nil {
			return nil, err
		}
		return &puScorer{x: m}, nil
	},
})

// puScorer learns from standardised ranks.
//
// First g(x) = P(s = 1 | x), seed or not, is learned by ridge logistic regression, each
// fifth of the customers by the other four. With c = P(s = 1 | y = 1), which is the mean of g
// over the seeds, a customer outside the seed set is of its kind with
//
//	w(x) = (1 − c)/c · g(x)/(1 − g(x)),  at most 1,
//
// and the second regression takes each of them as that share of one of the kind and 1 − w of
// another. Its linear predictor is the score. Where there are more than puRows customers
// it is learned from seeds and others evenly spread over the rows: that moves the
// intercept, not the order. Cost: some hundred O(min(n, puRows)·d²).
type puScorer struct{ x *mat.Dense }

const (
	// puFolds is the number of parts of which each is predicted by the others.
	puFolds = 5
	// puTried is how many of them choose the penalty: the loss is flat around the best.
	puTried = 2
	puRows  = 10_000
)

// puRidges are the penalties that are tried, per known seed; the one that foretells the
// seeds of the left-out parts best is taken.
var puRidges = []float64{.03, .1, .3, 1, 3}

func (p *puScorer) score(ctx context.Context, seed []bool) ([]float64, error) {
	l := newPULearner(p.x, seed)
	g, ridge, err := l.first(ctx)
	if err != nil {
		return nil, err
	}
	c := 0.0
	for i, y := range l.y {
		c += y * g[i] / l.seeds
	}
	for i, y := range l.y {
		if y == 0 {
			l.y[i] = min(1, (1-c)/c*g[i]/(1-g[i]))
		}
	}
	f, err := ridgeLogistic(l.x, l.y, ridge, oneByOne(ctx))
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(seed))
	for i := range out {
		out[i] = f.predict(0, p.x.RawRowView(i))
	}
	return out, nil
}

// puLearner is what one seed set is learned from.
type puLearner struct {
	x     *mat.Dense
	y     []float64 // 1 = seed
	seeds float64
	fold  []int
}

func newPULearner(x *mat.Dense, seed []bool) *puLearner {
	var sides [2][]int
	for i, s := range seed {
		if s {
			sides[1] = append(sides[1], i)
		} else {
			sides[0] = append(sides[0], i)
		}
	}
	most := puRows - min(len(sides[1]), puRows/2)
	sides[0], sides[1] = evenly(sides[0], most), evenly(sides[1], puRows/2)
	_, d := x.Dims()
	n := len(sides[0]) + len(sides[1])
	l := &puLearner{x: mat.NewDense(n, d, nil), y: make([]float64, n), seeds: float64(len(sides[1])), fold: make([]int, n)}
	at := 0
	for y, rows := range sides {
		for k, i := range rows { // in turn, so that every part has of both
			l.x.SetRow(at, x.RawRowView(i))
			l.y[at], l.fold[at] = float64(y), k%puFolds
			at++
		}
	}
	return l
}

// evenly takes at most so many of the rows, evenly.
func evenly(rows []int, most int) []int {
	if len(rows) <= most {
		return rows
	}
	out := make([]int, most)
	for k := range out {
		out[k] = rows[k*len(rows)/most]
	}
	return out
}

// first returns g, each customer's by a regression that has not seen them, and the penalty.
func (l *puLearner) first(ctx context.Context) (g []float64, ridge float64, err error) {
	n, d := l.x.Dims()
	g = make([]float64, n)
	// predict fills in g for a part and returns its loss.
	predict := func(k int, ridge float64) (float64, error) {
		var rows []int
		var y []float64
		for i := range n {
			if l.fold[i] != k {
				rows, y = append(rows, i), append(y, l.y[i])
			}
		}
		x := mat.NewDense(len(rows), d, nil)
		for at, i := range rows {
			x.SetRow(at, l.x.RawRowView(i))
		}
		f, err := ridgeLogistic(x, y, ridge, oneByOne(ctx))
		if err != nil {
			return 0, err
		}
		loss := 0.0
		for i := range n {
			if l.fold[i] == k {
				eta := f.predict(0, l.x.RawRowView(i))
				g[i] = 1 / (1 + math.Exp(-eta))
				loss += logLoss(eta, l.y[i])
			}
		}
		return loss, nil
	}
	least := math.Inf(1)
	for _, r := range puRidges {
		loss := 0.0
		for k := range puTried {
			one, err := predict(k, r*l.seeds)
			if err != nil {
				return nil, 0, err
			}
			loss += one
		}
		if loss < least {
			least, ridge = loss, r*l.seeds
		}
	}
	for k := range puFolds {
		if _, err := predict(k, ridge); err != nil {
			return nil, 0, err
		}
	}
	return g, ridge, nil
}

// oneByOne runs the parts of a sum one after the other: the trials run side by side.
func oneByOne(ctx context.Context) func(n int, f func(i int)) error {
	return func(n int, f func(i int)) error {
		for i := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			f(i)
		}
		return nil
	}
}
