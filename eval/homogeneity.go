package eval

import "context"

var _ = register(&Metric{
	Name:    "homogeneity",
	Aliases: []string{"homogeneity_score"},
	Doc: `Homogeneity: does each cluster hold rows of one class only?
h = I(U, V)/H(U), U the reference; 1 where the reference has one class. Not
corrected for chance: many small clusters are homogeneous.
` + externalNoise,
	Refs:    []Ref{rosenberg},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedTruth,
	Props:   PropIdentity,
	New:     func() Measure { return &Homogeneity{} },
})

var rosenberg = Ref{
	Authors: "A. Rosenberg, J. Hirschberg", Title: "V-measure: a conditional entropy-based external cluster evaluation measure",
	Venue: "EMNLP-CoNLL, 410-420", Year: 2007,
}

// Homogeneity is the share of the reference's entropy that the clustering
// explains. Cost O(n + cells).
type Homogeneity struct{}

// Score implements Measure.
func (*Homogeneity) Score(ctx context.Context, in *Input) (Score, error) {
	return external(ctx, "homogeneity", in, func(t *contingency) (float64, string) { return t.homogeneity(), "" })
}

func (t *contingency) homogeneity() float64 { return t.explained(t.a) }

// explained returns the share of the entropy of one side that the other explains;
// 1 where there is none to explain.
func (t *contingency) explained(side []int) float64 {
	h := entropy(side, t.n)
	if h == 0 || t.same() {
		return 1
	}
	return min(1, t.mutual()/h)
}
