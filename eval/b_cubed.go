package eval

import "context"

var _ = register(&Metric{
	Name:    "b_cubed",
	Aliases: []string{"bcubed", "b3"},
	Doc: `B-cubed F1: how pure a row's cluster is and how whole its class, row by row
P = mean over rows of the share of the row's cluster that is of its class, R = mean over
rows of the share of the row's class that is in its cluster; F = 2PR/(P + R). Both count the
row itself. Not corrected for chance.
` + externalNoise,
	Refs: []Ref{{
		Authors: "E. Amigó, J. Gonzalo, J. Artiles, F. Verdejo", Title: "A comparison of extrinsic clustering evaluation metrics based on formal constraints",
		Venue: "Information Retrieval 12, 461-486", Year: 2009, DOI: "10.1007/s10791-008-9066-8",
	}, {
		Authors: "A. Bagga, B. Baldwin", Title: "Entity-based cross-document coreferencing using the vector space model",
		Venue: "COLING-ACL, 79-85", Year: 1998, DOI: "10.3115/980845.980859",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedTruth,
	Props:   PropSymmetric | PropIdentity,
	New:     func() Measure { return &BCubed{} },
})

// BCubed is the harmonic mean of B-cubed precision and recall. Cost O(n + cells).
type BCubed struct{}

// Score implements Measure.
func (*BCubed) Score(ctx context.Context, in *Input) (Score, error) {
	return external(ctx, "B-cubed", in, func(t *contingency) (float64, string) {
		precision, recall, n := 0.0, 0.0, float64(t.n)
		for _, c := range t.cells {
			x := float64(c.n)
			precision += x / n * x / float64(t.b[c.j])
			recall += x / n * x / float64(t.a[c.i])
		}
		return min(1, 2*precision*recall/(precision+recall)), ""
	})
}
