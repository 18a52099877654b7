package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// Candidate is a finished run on one feature set.
type Candidate struct {
	Name      string
	K         int // segments
	N         int // rows
	Noise     int // unassigned rows
	Sizes     []int
	Algorithm string
	// Family says what kind of groups the algorithm looks for; "" = what PickFamily says of
	// its name. Candidates of one family that agree are weaker evidence than candidates of
	// two that do.
	Family string
	// Scores are by metric name, those of the one_cluster policy; NaN or absent = undefined.
	// bic and icl are a mixture's criteria.
	Scores map[string]float64
	// Stability is each segment's gain over the null (SegmentStability.Gain) when the rows
	// are drawn again and everything is learned again; nil = not computed.
	Stability []float64
	Labels    []int32 // −1 = unassigned
}

// PickRule chooses among the runs of one feature set where there is no behaviour to hold
// out and no goal to judge by. Its numbers are limits of usefulness and none of them was
// fitted to labelled data.
type PickRule struct {
	// MinRows and MinShare: no segment below the larger of the two. Ten rows are too few to
	// describe, and one customer in a hundred is too small a group to address.
	MinRows  int     `json:"min_rows"`
	MinShare float64 `json:"min_share"`
	// MaxShare: no segment above this share of the rows that are in one; such a run has set a
	// few outliers aside.
	MaxShare float64 `json:"max_share"`
	// MinCoverage: at least this share of the rows is in a segment.
	MinCoverage float64 `json:"min_coverage"`
	// X are the rows as they were clustered, which say whether finer segments lie apart; nil
	// = no finer level is looked for.
	X       *features.Matrix `json:"-"`
	Workers int              `json:"-"` // 0 = all processors; the result does not depend on it
}

// NewPickRule returns the documented limits.
func NewPickRule() PickRule {
	return PickRule{MinRows: 10, MinShare: 0.01, MaxShare: 0.95, MinCoverage: 0.9}
}

// PickBasis says what the choice rests on.
type PickBasis string

// The bases, the best first.
const (
	PickBoth      PickBasis = "agreement and stability"
	PickAgreement PickBasis = "agreement"
	PickStability PickBasis = "stability"
	PickIndex     PickBasis = "silhouette"
	PickNothing   PickBasis = "nothing"
)

// Picked is a choice and its reasons.
type Picked struct {
	Index   int       `json:"index"` // of the candidate; −1 = none can be recommended
	Basis   PickBasis `json:"basis"`
	Reasons []string  `json:"reasons"` // sentences, the most important first
	// Order lists the candidates that were compared, best first: the levels, the finest
	// first, then by Value, which is what they were compared by, one a candidate (NaN = not
	// compared).
	Order []int     `json:"order"`
	Value []float64 `json:"-"`
	// Levels lead from the coarsest to the choice, each dividing segments of the one before:
	// the candidate of highest value, what it divides and what divides it. One where nothing
	// is nested.
	Levels []PickLevel `json:"levels,omitempty"`
	best   int         // the candidate of highest value
	// Gates and Support have one entry a candidate.
	Gates   []GateResult `json:"gates"`
	Support []Support    `json:"support"`
	// Relaxed names the gates that were left open because no candidate passes all.
	Relaxed []string `json:"relaxed,omitempty"`
	// Votes are what the internal indices would choose, each family of them for itself. They
	// inform: the rule does not count them.
	Votes []Tally `json:"votes"`
	// K is how many segments each rule would take of the chosen candidate's algorithm; the
	// candidates they point at are those given to Pick.
	K []KRule `json:"k"`
}

// Pick chooses in four steps, without reference labels.
//
//  1. Gates: at least two segments, none too small (MinRows, MinShare), none that holds
//     nearly all (MaxShare), enough rows in a segment (MinCoverage); algorithms that do not
//     look for groups are out. Where nobody passes, coverage is forgiven first, then size.
//  2. Agreement: do other algorithms find the same partition? For each other algorithm
//     the adjusted Rand index with the most similar of its candidates that passed, 0 if
//     negative, averaged within each family of algorithms and then over families (Support).
//     Noise is one more cluster. An algorithm none of whose candidates passed has no say.
//  3. Stability: times the least of the candidate's Stability, 0 if negative: a
//     segmentation is as reproducible as its weakest segment. Where some candidates have
//     Stability (a shortlist), only those are compared; where none has, step 2 decides; where
//     there is one algorithm only, step 3 alone; with neither, the silhouette, which within
//     the candidates of one algorithm is the best index of those tried.
//  4. Levels: four heaps that lie two by two are two heaps also, which everybody finds and
//     every sample shows; so what has the highest value may join what can be told apart. A
//     finer candidate takes its place if it
//     - is nested in it: its segments, each joined to the one that most of its rows are in,
//     are the coarser segments (adjusted Rand index .9 or more, noise a cluster of its own);
//     - is stable in each of its segments (gain .75 or more), where stability is known;
//     - is found by others inside each segment that it divides: one family of algorithms
//     has a mean index of .8 or more there, on those rows alone;
//     - puts a valley between each piece of a divided segment and the piece nearest to it:
//     along the line that tells the two apart best, with each row placed by a line learned
//     without it, their rows have two humps (dip test, 5 %).
//     Of several, that of highest value; then what is finer still. What is coarser than the
//     highest value, and would be such a level under all rows as one segment, is named as
//     another answer (Levels). Without the last
//     condition compact methods would take quarters of one round cloud for segments; without
//     the third, halves of a ring.
//
// Of equal candidates the one with fewest segments is taken, then that with fewer
// unassigned rows, then the earlier one. The indices are shown as votes of their families
// and never added up: centre-based ones reward round groups and density-based ones any
// shape, so their sum depends on how many of each there are.
//
// Of few rows a half is too sparse for a density method to find a thin ring again: below some
// 500 rows the rule leans to compact groups. Fifty rows a group, 4 standard deviations from
// the next, are often too few for step 4, and the coarser level stays.
//
// Candidates of other than the same rows, or whose numbers contradict their labels, are an
// error. Nothing is random but where equal values of a column are put in the room that they
// have (counts are steps, not heaps), from a fixed seed. Cost O(m²·n) for m candidates of n
// rows, and for each level O(m·n·d² + d³) with d columns at most and n·d numbers.
//
// That several methods find a partition as evidence for it: Fred and Jain 2005, doi
// 10.1109/TPAMI.2005.113; its weakest cluster's Jaccard coefficient under resampling:
// Hennig 2007, doi 10.1016/j.csda.2006.11.025; their product is ours. That the finest of
// the reproducible partitions is wanted: Tibshirani and Walther 2005, doi
// 10.1198/106186005X59243. What an index of .8 and .9 means: Steinley 2004, doi
// 10.1037/1082-989X.9.3.386. The dip: Hartigan and Hartigan 1985, doi
// 10.1214/aos/1176346577; of a projection, to decide whether to split: Kalogeratos and Likas
// 2012, NIPS 25, 2393-2401. Limits on size and coverage come from use, not from a paper.
func (r PickRule) Pick(ctx context.Context, candidates []Candidate) (Picked, error) {
	p := Picked{Index: -1, Basis: PickNothing, Votes: []Tally{}}
	if err := r.check(candidates); err != nil {
		return p, err
	}
	open := r.open(candidates, &p)
	nest, err := r.support(ctx, candidates, open, &p)
	if err != nil {
		return p, err
	}
	if err := ctx.Err(); err != nil {
		return p, err
	}
	p.weigh(candidates, open)
	votes, err := pickVotes(candidates, open)
	if err != nil {
		return p, err
	}
	p.Votes = votes
	if len(p.Order) == 0 {
		p.Reasons = append(p.Reasons, p.gateWords())
		return p, nil
	}
	if err := r.levels(ctx, nest, &p); err != nil {
		return p, err
	}
	p.Index = p.Order[0]
	p.explain(candidates, r.X != nil)
	p.series(candidates, nil)
	return p, nil
}

// Shortlist returns up to n candidates whose Stability is worth computing: those that pass
// the gates, the best supported first, but for the finer levels that would be taken if they
// were stable: these come before it. Of those that are one partition but for a few rows
// (adjusted Rand index .9 or more) the first is taken, the others only where places are
// left: eight runs that join the same heaps would leave nothing to compare. n ≤ 0 = all.
func (r PickRule) Shortlist(ctx context.Context, candidates []Candidate, n int) ([]int, error) {
	plain := slices.Clone(candidates)
	for i := range plain {
		plain[i].Stability = nil
	}
	if err := r.check(plain); err != nil {
		return nil, err
	}
	var p Picked
	open := r.open(plain, &p)
	nest, err := r.support(ctx, plain, open, &p)
	if err != nil {
		return nil, err
	}
	p.weigh(plain, open)
	if len(p.Order) > 0 {
		if err := r.levels(ctx, nest, &p); err != nil {
			return nil, err
		}
	}
	var first, again []int
	for _, i := range p.Order {
		if slices.ContainsFunc(first, func(j int) bool { return nest.same(i, j) }) {
			again = append(again, i)
		} else {
			first = append(first, i)
		}
	}
	list := append(first, again...)
	if n <= 0 {
		n = len(list)
	}
	return list[:min(n, len(list))], nil
}

// check refuses what cannot be compared.
func (r PickRule) check(candidates []Candidate) error {
	n := 0
	if r.X != nil {
		n, _ = r.X.Dims()
	}
	for i, c := range candidates {
		rows, noise := 0, 0
		for _, s := range c.Sizes {
			rows += s
		}
		for _, l := range c.Labels {
			switch {
			case l < 0:
				noise++
			case int(l) >= c.K:
				return fmt.Errorf("pick: candidate %d (%s) has %d segments and the label %d: labels go from 0 to %d", i, c.Name, c.K, l, c.K-1)
			}
		}
		switch {
		case c.N != candidates[0].N:
			return fmt.Errorf("pick: candidate %d (%s) has %d rows, the first %d: candidates are runs on one feature set", i, c.Name, c.N, candidates[0].N)
		case r.X != nil && n != c.N:
			return fmt.Errorf("pick: candidate %d (%s) has %d rows, the matrix %d: candidates are runs on that matrix", i, c.Name, c.N, n)
		case len(c.Labels) != c.N:
			return fmt.Errorf("pick: candidate %d (%s) has %d labels for %d rows", i, c.Name, len(c.Labels), c.N)
		case len(c.Sizes) != c.K || rows+c.Noise != c.N || noise != c.Noise:
			return fmt.Errorf("pick: candidate %d (%s): %d sizes that add up to %d and %d unassigned are not %d segments of %d rows", i, c.Name, len(c.Sizes), rows, c.Noise, c.K, c.N)
		case c.Stability != nil && len(c.Stability) != c.K:
			return fmt.Errorf("pick: candidate %d (%s) has the stability of %d segments, not of %d", i, c.Name, len(c.Stability), c.K)
		}
	}
	return nil
}

// weigh sets basis, values and order.
func (p *Picked) weigh(candidates []Candidate, open []bool) {
	agreed, tried := false, false
	for i, ok := range open {
		_, stable := pickWeakest(candidates[i])
		agreed = agreed || ok && p.Support[i].Defined()
		tried = tried || ok && stable
	}
	switch {
	case agreed && tried:
		p.Basis = PickBoth
	case agreed:
		p.Basis = PickAgreement
	case tried:
		p.Basis = PickStability
	}
	p.Value = make([]float64, len(candidates))
	rate := func() (some bool) {
		for i, c := range candidates {
			p.Value[i] = math.NaN()
			if open[i] {
				p.Value[i] = p.rate(i, c)
			}
			some = some || p.Value[i] > 0
		}
		return some
	}
	if !rate() && p.Basis == PickBoth {
		p.Basis = PickAgreement // no candidate has a segmentation that is found again
		rate()
	}
	if p.Basis == PickNothing {
		for i, c := range candidates {
			if s, ok := c.Scores["silhouette"]; ok && open[i] && !math.IsNaN(s) {
				p.Value[i], p.Basis = s, PickIndex
			}
		}
	}
	for i, ok := range open {
		if ok && (p.Basis == PickNothing || !math.IsNaN(p.Value[i])) {
			p.Order = append(p.Order, i)
		}
	}
	slices.SortStableFunc(p.Order, func(i, j int) int {
		a, b := candidates[i], candidates[j]
		return cmp.Or(-cmp.Compare(p.Value[i], p.Value[j]), cmp.Compare(a.K, b.K), cmp.Compare(a.Noise, b.Noise))
	})
}

// rate returns the candidate's value on the basis chosen, NaN = not compared.
func (p *Picked) rate(i int, c Candidate) float64 {
	s, tested := pickWeakest(c)
	switch {
	case p.Basis == PickBoth && p.Support[i].Defined() && tested:
		return p.Support[i].Value * max(0, s)
	case p.Basis == PickAgreement && p.Support[i].Defined():
		return p.Support[i].Value
	case p.Basis == PickStability && tested:
		return max(0, s)
	}
	return math.NaN()
}

// pickWeakest returns the least stability of a segment; ok is false where it is not known of
// each.
func pickWeakest(c Candidate) (gain float64, ok bool) {
	if len(c.Stability) == 0 || slices.ContainsFunc(c.Stability, math.IsNaN) {
		return 0, false
	}
	return slices.Min(c.Stability), true
}
