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
// and the second regression, on all customers, takes each of them as that share of one of the kind and
// 1 − w of another. Its linear predictor is the score. Cost: some thirty O(n·d²).
type puScorer struct{ x *mat.Dense }

// puFolds is the number of parts of which each is predicted by the others.
const puFolds = 5

// puRidges are the penalties that are tried, per known seed; the one that foretells the
// seeds of the left-out fifths best is taken.
var puRidges = []float64{.03, .1, .3, 1, 3}

func (p *puScorer) score(ctx context.Context, seed []bool) ([]float64, error) {
	n, _ := p.x.Dims()
	y := make([]float64, n)
	seeds := 0.0
	for i, s := range seed {
		if s {
			y[i] = 1
			seeds++
		}
	}
	g, ridge, err := p.first(ctx, y, seeds)
	if err != nil {
		return nil, err
	}
	c := 0.0
	for i, s := range seed {
		if s {
			c += g[i] / seeds
		}
	}
	for i, s := range seed {
		if !s {
			y[i] = min(1, (1-c)/c*g[i]/(1-g[i]))
		}
	}
	f, err := ridgeLogistic(p.x, y, ridge, oneByOne(ctx))
	if err != nil {
		return nil, err
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = f.predict(0, p.x.RawRowView(i))
	}
	return out, nil
}

// first returns g, each customer's by a regression that has not seen them, and the penalty.
func (p *puScorer) first(ctx context.Context, y []float64, seeds float64) (g []float64, ridge float64, err error) {
	n, d := p.x.Dims()
	fold := make([]int, n) // in turn, seeds and others apart, so that every fold has both
	turn := [2]int{}
	for i := range fold {
		fold[i] = turn[int(y[i])] % puFolds
		turn[int(y[i])]++
	}
	var learn [puFolds]*mat.Dense
	var target [puFolds][]float64
	for k := range learn {
		var rows []int
		for i := range n {
			if fold[i] != k {
				rows = append(rows, i)
				target[k] = append(target[k], y[i])
			}
		}
		learn[k] = mat.NewDense(len(rows), d, nil)
		for at, i := range rows {
			learn[k].SetRow(at, p.x.RawRowView(i))
		}
	}
	least := math.Inf(1)
	for _, r := range puRidges {
		got, loss := make([]float64, n), 0.0
		for k := range learn {
			f, err := ridgeLogistic(learn[k], target[k], r*seeds, oneByOne(ctx))
			if err != nil {
				return nil, 0, err
			}
			for i := range n {
				if fold[i] == k {
					eta := f.predict(0, p.x.RawRowView(i))
					got[i] = 1 / (1 + math.Exp(-eta))
					loss += logLoss(eta, y[i])
				}
			}
		}
		if loss < least {
			least, g, ridge = loss, got, r*seeds
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
