package eval

import "context"

var _ = register(&Metric{
	Name:    "adjusted_rand",
	Aliases: []string{"ari", "adjusted_rand_score"},
	Doc: `Adjusted Rand index: agreement with a reference, on pairs of rows, corrected for chance
ARI = (T − E)/(½(A + B) − E): T pairs together in both labellings, A in the
reference, B in the clustering, E = A·B/C(n,2) what chance gives (Hubert and
Arabie's permutation model). 1 = the same partition, 0 = chance.
` + externalNoise,
	Refs: []Ref{{
		Authors: "L. Hubert, P. Arabie", Title: "Comparing partitions",
		Venue: "Journal of Classification 2, 193-218", Year: 1985, DOI: "10.1007/BF01908075",
	}},
	Version: 1,
	Range:   Range{Lo: -0.5, Hi: 1, Better: +1},
	Needs:   NeedTruth,
	Props:   PropSymmetric | PropIdentity | PropChance,
	New:     func() Measure { return &AdjustedRand{} },
})

// AdjustedRand is the Rand index corrected for chance. Cost O(n + cells).
type AdjustedRand struct{}

// Score implements Measure.
func (*AdjustedRand) Score(ctx context.Context, in *Input) (Score, error) {
	return external(ctx, "adjusted Rand", in, func(t *contingency) (float64, string) { return t.adjustedRand(), "" })
}

func (t *contingency) adjustedRand() float64 {
	if t.same() {
		return 1 // also where both have one cluster, or n: 0/0 otherwise
	}
	both, a, b, all := t.pairs()
	chance := a / all * b
	return (both - chance) / ((a+b)/2 - chance)
}

// RandIndex returns the adjusted Rand index of two labellings of the same rows;
// ok is false where fewer than two rows are labelled in a. Negative labels in a
// drop the row; in b they are one cluster.
func RandIndex(a, b []int32) (ari float64, ok bool) {
	if len(a) != len(b) {
		panic("eval: RandIndex needs labellings of equal length")
	}
	t, _ := newContingency(a, b)
	if t.n < 2 {
		return 0, false
	}
	return t.adjustedRand(), true
}
