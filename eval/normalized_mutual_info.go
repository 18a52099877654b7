package eval

import "context"

var _ = register(&Metric{
	Name:    "normalized_mutual_info",
	Aliases: []string{"nmi", "normalized_mutual_info_score"},
	Doc: `Normalised mutual information: shared information with a reference
NMI = I(U, V)/(½(H(U) + H(V))): the arithmetic mean, as scikit-learn's default (the
geometric one and the maximum are in use too and give other numbers). 1 = the same
partition, 0 = independent. Not corrected for chance: it grows with the number of
clusters.
` + externalNoise,
	Refs: []Ref{{
		Authors: "A. Strehl, J. Ghosh", Title: "Cluster ensembles: a knowledge reuse framework for combining multiple partitions",
		Venue: "Journal of Machine Learning Research 3, 583-617", Year: 2002,
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedTruth,
	Props:   PropSymmetric | PropIdentity,
	New:     func() Measure { return &NormalizedMutualInfo{} },
})

// NormalizedMutualInfo is mutual information over the mean entropy. Cost O(n + cells).
type NormalizedMutualInfo struct{}

// Score implements Measure.
func (*NormalizedMutualInfo) Score(ctx context.Context, in *Input) (Score, error) {
	return external(ctx, "normalised mutual information", in, func(t *contingency) (float64, string) {
		if t.same() {
			return 1, "" // also where both have one cluster: 0/0 otherwise
		}
		return min(1, t.mutual()/((entropy(t.a, t.n)+entropy(t.b, t.n))/2)), ""
	})
}
