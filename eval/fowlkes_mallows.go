package eval

import (
	"context"
	"math"
)

var _ = register(&Metric{
	Name:    "fowlkes_mallows",
	Aliases: []string{"fmi", "fowlkes_mallows_score"},
	Doc: `Fowlkes-Mallows index: agreement with a reference on the pairs that are together
FM = T/√(A·B): T pairs together in both labellings, A in the reference, B in the
clustering; the geometric mean of precision and recall on pairs. Not corrected for
chance. Undefined where one side has no pair (all rows alone), except against itself.
` + externalNoise,
	Refs: []Ref{{
		Authors: "E. B. Fowlkes, C. L. Mallows", Title: "A method for comparing two hierarchical clusterings",
		Venue: "Journal of the American Statistical Association 78(383), 553-569", Year: 1983, DOI: "10.1080/01621459.1983.10478008",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedTruth,
	Props:   PropSymmetric | PropIdentity,
	New:     func() Measure { return &FowlkesMallows{} },
})

// FowlkesMallows is the geometric mean of pair precision and pair recall. Cost
// O(n + cells).
type FowlkesMallows struct{}

// Score implements Measure.
func (*FowlkesMallows) Score(ctx context.Context, in *Input) (Score, error) {
	return external(ctx, "Fowlkes-Mallows", in, func(t *contingency) (float64, string) {
		both, a, b, _ := t.pairs()
		switch {
		case t.same():
			return 1, ""
		case a == 0:
			return 0, "Fowlkes-Mallows needs two rows that the reference puts together; there are none"
		case b == 0:
			return 0, "Fowlkes-Mallows needs two rows in one cluster; every row is alone"
		}
		return min(1, math.Sqrt(both/a)*math.Sqrt(both/b)), ""
	})
}
