package eval

import (
	"context"
	"math"
	"slices"
	"sort"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

var _ = registerLookalike(&LookalikeMethod{
	Name: "traits",
	Doc: `Σ over the features of ln(share of the seed set / share of everybody) in the
customer's tenth of the feature: every trait that is commoner among the seeds adds, every
one that is rarer takes away, and traits that say the same count twice.`,
	Refs: []datasets.Ref{{Authors: "I. J. Good", Title: "Probability and the Weighing of Evidence", Venue: "Griffin, London", Year: 1950}},
	prepare: func(_ context.Context, x *features.Matrix, _ *LookalikeOptions) (lookalikeScorer, error) {
		return newTraitScorer(x), nil
	},
})

const (
	traitBins = 10
	// traitPrior is how many customers like everybody are added to the seed set, so that a
	// trait which no seed has is no proof: the ratio stays between bounds.
	traitPrior = 5.0
)

// traitScorer holds the bin of every value: tenths of the values, and one for missing.
type traitScorer struct {
	n, d  int
	bins  []int32     // row-major
	share [][]float64 // of everybody, by column and bin
}

func newTraitScorer(x *features.Matrix) *traitScorer {
	n, d := x.Dims()
	t := &traitScorer{n: n, d: d, bins: make([]int32, n*d), share: make([][]float64, d)}
	for j := range d {
		var sorted []float64
		for i := range n {
			if v := x.Row(i)[j]; !math.IsNaN(v) {
				sorted = append(sorted, v)
			}
		}
		slices.Sort(sorted)
		var cuts []float64 // upper ends; equal values share a bin
		for b := 1; b < traitBins && len(sorted) > 0; b++ {
			c := sorted[(len(sorted)*b-1)/traitBins]
			if len(cuts) == 0 || c > cuts[len(cuts)-1] {
				cuts = append(cuts, c)
			}
		}
		t.share[j] = make([]float64, len(cuts)+2)
		for i := range n {
			b := 0 // missing
			if v := x.Row(i)[j]; !math.IsNaN(v) {
				b = 1 + sort.SearchFloat64s(cuts, v)
			}
			t.bins[i*d+j] = int32(b)
			t.share[j][b] += 1 / float64(n)
		}
	}
	return t
}

// score sums the weights. Cost O(n·d).
func (t *traitScorer) score(_ context.Context, seed []bool) ([]float64, error) {
	counts := make([][]float64, t.d)
	for j := range counts {
		counts[j] = make([]float64, len(t.share[j]))
	}
	seeds := 0.0
	for i, s := range seed {
		if !s {
			continue
		}
		seeds++
		for j := range t.d {
			counts[j][t.bins[i*t.d+j]]++
		}
	}
	out := make([]float64, t.n)
	for j := range t.d {
		for b, c := range counts[j] {
			if p := t.share[j][b]; p > 0 {
				counts[j][b] = math.Log((c + traitPrior*p) / (seeds + traitPrior) / p)
			}
		}
		for i := range t.n {
			out[i] += counts[j][t.bins[i*t.d+j]]
		}
	}
	return out, nil
}
