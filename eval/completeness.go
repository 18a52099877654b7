package eval

import "context"

var _ = register(&Metric{
	Name:    "completeness",
	Aliases: []string{"completeness_score"},
	Doc: `Completeness: are the rows of each class together in one cluster?
c = I(U, V)/H(V), V the clustering; 1 where there is one cluster. Not corrected for
chance: few large clusters are complete.
` + externalNoise,
	Refs:    []Ref{rosenberg},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedTruth,
	Props:   PropIdentity,
	New:     func() Measure { return &Completeness{} },
})

// Completeness is the share of the clustering's entropy that the reference
// explains. Cost O(n + cells).
type Completeness struct{}

// Score implements Measure.
func (*Completeness) Score(ctx context.Context, in *Input) (Score, error) {
	return external(ctx, "completeness", in, func(t *contingency) (float64, string) { return t.completeness(), "" })
}

func (t *contingency) completeness() float64 { return t.explained(t.b) }
