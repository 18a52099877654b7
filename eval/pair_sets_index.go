package eval

import (
	"context"
	"fmt"
	"slices"
)

var _ = register(&Metric{
	Name:    "pair_sets_index",
	Aliases: []string{"psi"},
	Doc: `Pair sets index: clusters paired one to one with classes, corrected for chance
S = the largest Σ n_ij/max(n_i, m_j) over pairings of classes (sizes n_i) with clusters
(sizes m_j), n_ij rows in both; E the same for sizes in descending order under chance,
Σ (n_i m_i/n)/max(n_i, m_i); PSI = max(0, (S − E)/(max(K, K′) − E)). Small clusters weigh as
much as large ones.
` + externalNoise,
	Refs: []Ref{{
		Authors: "M. Rezaei, P. Fränti", Title: "Set matching measures for external cluster validity",
		Venue: "IEEE Transactions on Knowledge and Data Engineering 28(8), 2173-2186", Year: 2016, DOI: "10.1109/TKDE.2016.2551240",
	}},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedTruth,
	Props:   PropSymmetric | PropIdentity,
	New:     func() Measure { return &PairSetsIndex{} },
})

// PairSetsIndex is the chance-corrected share of clusters that find their class. Cost
// O(n + K³).
type PairSetsIndex struct{}

// Score implements Measure.
func (*PairSetsIndex) Score(ctx context.Context, in *Input) (Score, error) {
	return external(ctx, "pair sets index", in, func(t *contingency) (float64, string) {
		if t.same() {
			return 1, ""
		}
		matched, reason := t.matched("pair sets index", func(c contingencyCell) float64 { return float64(c.n) / float64(max(t.a[c.i], t.b[c.j])) })
		if reason != "" {
			return 0, reason
		}
		a, b := slices.Clone(t.a), slices.Clone(t.b)
		slices.Sort(a)
		slices.Sort(b)
		chance := 0.0
		for i := range min(len(a), len(b)) {
			x, y := a[len(a)-1-i], b[len(b)-1-i]
			chance += float64(min(x, y)) / float64(t.n) // x·y/max(x, y)
		}
		most := float64(max(len(a), len(b)))
		return min(1, max(0, (matched-chance)/(most-chance))), ""
	})
}

// matchingMost is the number of classes or clusters up to which they are paired: there
// the pairing takes about ten seconds.
const matchingMost = 2000

// matched returns the largest sum of weights over pairings of classes with clusters; a
// pair with no row in common weighs 0. O(K³).
func (t *contingency) matched(name string, weight func(contingencyCell) float64) (sum float64, reason string) {
	if most := max(len(t.a), len(t.b)); most > matchingMost {
		return 0, fmt.Sprintf("%s pairs clusters with classes, which takes the cube of their number: at most %d, here %d", name, matchingMost, most)
	}
	w := make([]float64, len(t.a)*len(t.b))
	for _, c := range t.cells {
		w[c.i*len(t.b)+c.j] = weight(c)
	}
	for i, j := range assignment(w, len(t.a), len(t.b)) {
		if j >= 0 {
			sum += w[i*len(t.b)+j]
		}
	}
	return sum, ""
}
