package eval

import (
	"context"
	"math"
)

var _ = register(&Metric{
	Name:    "variation_of_information",
	Aliases: []string{"vi"},
	Doc: `Variation of information: how far two labellings lie apart, in nats
VI = H(C|R) + H(R|C) = H(C) + H(R) − 2·I(C; R), C the clustering, R the reference. It is a
distance: 0 only between labellings that are equal up to names, symmetric, and no way over
a third labelling is shorter. At most ln n. Smaller is better; not corrected for chance.
` + externalNoise + ` Largest is here: nearest.`,
	Refs: []Ref{{
		Authors: "M. Meilă", Title: "Comparing clusterings: an information based distance",
		Venue: "Journal of Multivariate Analysis 98(5), 873-895", Year: 2007, DOI: "10.1016/j.jmva.2006.11.013",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: math.Inf(1), Better: -1},
	Needs:   NeedTruth,
	Props:   PropSymmetric | PropIdentity,
	New:     func() Measure { return &VariationOfInformation{} },
})

// VariationOfInformation is the information that each labelling holds about a row and the
// other does not. Cost O(n + cells).
type VariationOfInformation struct{}

// Score implements Measure.
func (*VariationOfInformation) Score(ctx context.Context, in *Input) (Score, error) {
	s, err := external(ctx, "variation of information", in, func(t *contingency) (float64, string) {
		if t.same() {
			return 0, ""
		}
		return -t.variation(), "" // external keeps the largest: the nearest reference
	})
	s.Value = 0 - s.Value
	return s, err
}

// variation returns H(A|B) + H(B|A) in nats, from the cells, in which nothing cancels.
func (t *contingency) variation() float64 {
	s := 0.0
	for _, c := range t.cells {
		x := float64(c.n)
		s -= x / float64(t.n) * (math.Log(x/float64(t.a[c.i])) + math.Log(x/float64(t.b[c.j])))
	}
	return max(s, 0)
}
