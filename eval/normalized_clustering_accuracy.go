package eval

import (
	"context"
	"fmt"
)

var _ = register(&Metric{
	Name:    "normalized_clustering_accuracy",
	Aliases: []string{"nca", "aaa", "adjusted_asymmetric_accuracy"},
	Doc: `Normalised clustering accuracy: the share of each class that its own cluster holds
NCA = max over pairings σ of classes with clusters of (1/k) Σ_j (c_jσ(j)/c_j· − 1/k)/(1 − 1/k),
c_ji rows of class j in cluster i, k the number of classes. Each class weighs the same
whatever its size. 0 where clusters say nothing about classes, 1 where they are equal.
Defined for as many clusters as classes. Formerly adjusted asymmetric accuracy.
` + externalNoise,
	Refs: []Ref{{
		Authors: "M. Gagolewski", Title: "Normalised clustering accuracy: an asymmetric external cluster validity measure",
		Venue: "Journal of Classification 42, 2-30", Year: 2025, DOI: "10.1007/s00357-024-09482-2",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedTruth,
	Props:   PropIdentity,
	New:     func() Measure { return &NormalizedClusteringAccuracy{} },
})

// NormalizedClusteringAccuracy is the mean recall of the classes under the best pairing,
// against that of chance. Cost O(n + k³).
type NormalizedClusteringAccuracy struct{}

// Score implements Measure.
func (*NormalizedClusteringAccuracy) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "normalised clustering accuracy"
	return external(ctx, name, in, func(t *contingency) (float64, string) {
		k := len(t.a)
		switch {
		case k != len(t.b):
			return 0, fmt.Sprintf("%s is defined for as many clusters as classes; this run has %d, the reference %d", name, len(t.b), k)
		case k < 2:
			return 0, name + " needs at least 2 classes; the reference has one"
		}
		sum, reason := t.matched(name, func(c contingencyCell) float64 { return float64(c.n) / float64(t.a[c.i]) })
		if reason != "" {
			return 0, reason
		}
		chance := 1 / float64(k)
		return min(1, max(0, (sum/float64(k)-chance)/(1-chance))), ""
	})
}
