package eval

import (
	"context"
	"maps"
	"math"
	"slices"
)

var _ = register(&Metric{
	Name:    "adjusted_mutual_info",
	Aliases: []string{"ami", "adjusted_mutual_info_score"},
	Doc: `Adjusted mutual information: shared information with a reference, corrected for chance
AMI = (I − E[I])/(½(H(U) + H(V)) − E[I]), with I the mutual information, H the
entropies and E[I] the expectation under the permutation model; the arithmetic
mean, as scikit-learn's default. 1 = the same partition, 0 = chance.
` + externalNoise,
	Refs: []Ref{{
		Authors: "N. X. Vinh, J. Epps, J. Bailey", Title: "Information theoretic measures for clusterings comparison: variants, properties, normalization and correction for chance",
		Venue: "Journal of Machine Learning Research 11, 2837-2854", Year: 2010,
	}},
	Version: 1,
	Range:   Range{Lo: -1, Hi: 1, Better: +1},
	Needs:   NeedTruth,
	Props:   PropSymmetric | PropIdentity | PropChance,
	New:     func() Measure { return &AdjustedMutualInfo{} },
})

// AdjustedMutualInfo is mutual information corrected for chance. Cost
// O(n + s·t·√n̄), s and t the numbers of different class and cluster sizes.
type AdjustedMutualInfo struct{}

// Score implements Measure.
func (*AdjustedMutualInfo) Score(ctx context.Context, in *Input) (Score, error) {
	out, err := external(ctx, "adjusted mutual information", in, func(t *contingency) (float64, string) {
		switch {
		case t.same():
			return 1, ""
		case len(t.a) == 1 || len(t.b) == 1:
			return 0, "" // one side says nothing: I = E[I] = 0
		}
		chance := t.expectedMutual(ctx)
		mean := (entropy(t.a, t.n) + entropy(t.b, t.n)) / 2
		if mean-chance <= 1e-12*mean {
			return 0, "adjusted mutual information is 0/0 here: with nearly as many clusters as rows, chance explains everything"
		}
		return (t.mutual() - chance) / (mean - chance), ""
	})
	if ctx.Err() != nil {
		return Score{}, ctx.Err()
	}
	return out, err
}

// expectedMutual returns E[I] over all tables with these margins (Vinh, Epps and
// Bailey 2010, equation 24). Cells with equal margins are computed once.
func (t *contingency) expectedMutual(ctx context.Context) float64 {
	sizes := func(counts []int) ([]int, map[int]int) {
		m := map[int]int{}
		for _, c := range counts {
			m[c]++
		}
		return slices.Sorted(maps.Keys(m)), m
	}
	as, am := sizes(t.a)
	bs, bm := sizes(t.b)
	sum := 0.0
	for _, a := range as {
		if ctx.Err() != nil {
			return math.NaN()
		}
		for _, b := range bs {
			sum += float64(am[a]) * float64(bm[b]) * expectedCell(a, b, t.n)
		}
	}
	return sum
}

// expectedCell returns E[(x/n) ln(n·x/(a·b))] for hypergeometric x: b draws of n
// rows, a of them marked.
//
// The weights follow from their ratios p(x+1)/p(x) = (a−x)(b−x)/((x+1)(n−a−b+x+1)),
// from the mode outwards and divided by their sum. That needs no log-factorials,
// whose difference loses eight digits at n = 10⁶, and stops after O(√x̄) terms.
func expectedCell(a, b, n int) float64 {
	lo, hi := max(0, a+b-n), min(a, b)
	mode := int((float64(a) + 1) * (float64(b) + 1) / (float64(n) + 2))
	mode = min(max(mode, lo), hi)
	scale := float64(n) / float64(a) / float64(b)
	term := func(x int) float64 {
		if x == 0 {
			return 0
		}
		return float64(x) / float64(n) * math.Log(float64(x)*scale)
	}
	ratio := func(x int) float64 { // p(x+1)/p(x)
		return float64(a-x) / float64(x+1) * float64(b-x) / float64(n-a-b+x+1)
	}
	// Below 1e-20 of the mode a tail adds nothing to 16 digits.
	const negligible = 1e-20
	weight, value := 1.0, term(mode)
	for x, w := mode, 1.0; x < hi && w > negligible; x++ {
		w *= ratio(x)
		weight += w
		value += w * term(x+1)
	}
	for x, w := mode, 1.0; x > lo && w > negligible; x-- {
		w /= ratio(x - 1)
		weight += w
		value += w * term(x-1)
	}
	return value / weight
}
