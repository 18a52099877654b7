package eval

import "context"

var _ = register(&Metric{
	Name:    "v_measure",
	Aliases: []string{"v", "v_measure_score"},
	Doc: `V-measure: homogeneity and completeness in one number
V = 2·h·c/(h + c), the harmonic mean (β = 1). Not corrected for chance. It differs
from normalised mutual information only where one side has a single cluster.
` + externalNoise,
	Refs:    []Ref{rosenberg},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedTruth,
	Props:   PropSymmetric | PropIdentity,
	New:     func() Measure { return &VMeasure{} },
})

// VMeasure is the harmonic mean of homogeneity and completeness. Cost O(n + cells).
type VMeasure struct{}

// Score implements Measure.
func (*VMeasure) Score(ctx context.Context, in *Input) (Score, error) {
	return external(ctx, "V-measure", in, func(t *contingency) (float64, string) {
		h, c := t.homogeneity(), t.completeness()
		if h+c == 0 {
			return 0, "" // nothing is shared: the limit, and scikit-learn's value
		}
		return 2 * h * c / (h + c), ""
	})
}
