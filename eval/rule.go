package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/mores-lab/mores/features"
)

// RuleMeasure is what a rule is chosen for.
type RuleMeasure string

// The measures of a rule. With tp the customers that it covers rightly:
const (
	// RuleF1 is the harmonic mean of precision and recall, 2·tp/(covered + segment).
	RuleF1 RuleMeasure = "f1"
	// RuleWRAcc is weighted relative accuracy, p(rule)·(p(segment | rule) − p(segment)):
	// it asks for more recall than F1 where segments are small.
	RuleWRAcc RuleMeasure = "wracc"
)

// RuleOptions of ShortestRules; NewRuleOptions has the defaults.
type RuleOptions struct {
	Conditions int         `json:"conditions"` // at most, 1 to 5
	Beam       int         `json:"beam"`       // rules kept of each length
	Cuts       int         `json:"cuts"`       // quantiles of the others at which a column may be cut
	Measure    RuleMeasure `json:"measure"`
	// Tolerance is how much of the measure a condition less may cost.
	Tolerance float64 `json:"tolerance"`
	Missing   bool    `json:"missing"` // "is not known" is a condition
	Columns   []int   `json:"columns"` // that rules may use; nil = all
	Seed      uint64  `json:"seed"`    // of the split into halves
	Workers   int     `json:"workers"` // 0 = all processors
}

// NewRuleOptions returns the defaults: three conditions for the best F1, one less where
// that costs no more than .005, a beam of 16 and a dozen quantiles.
func NewRuleOptions() RuleOptions {
	return RuleOptions{Conditions: 3, Beam: 16, Cuts: 12, Measure: RuleF1, Tolerance: 0.005}
}

// RuleShare is a share of customers with its 95 % interval.
type RuleShare struct {
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
}

// SegmentRule says in a few conditions who belongs to a segment, and what that is worth
// to customers who had no part in finding it.
type SegmentRule struct {
	Segment    int32           `json:"segment"` // 0-based; people are shown Segment 1..K
	Conditions []RuleCondition `json:"conditions"`
	// Precision is the share of those covered who belong, Recall of those who belong who
	// are covered, F1 their harmonic mean, Coverage the share of everyone that is covered;
	// WRAcc is p(rule)·(p(segment | rule) − p(segment)). Held-out customers all.
	Precision RuleShare `json:"precision"`
	Recall    RuleShare `json:"recall"`
	F1        RuleShare `json:"f1"`
	Coverage  RuleShare `json:"coverage"`
	WRAcc     float64   `json:"wracc"`
	Hits      int       `json:"hits"`    // held-out customers covered who belong
	Covered   int       `json:"covered"` // held-out customers covered
	Belong    int       `json:"belong"`  // held-out customers of the segment
	Held      int       `json:"held"`    // held-out customers
	FoundF1   float64   `json:"found_f1"`
	// Reason says why there is no rule; "" = there is one.
	Reason string `json:"reason,omitempty"`
}

const (
	// ruleLeast is the smallest number of rows of a segment, and of others, in either
	// half: fewer say nothing about a share.
	ruleLeast = 10
	// ruleGain is the least advantage in recall over the share of others covered: a rule
	// below it tells next to nothing. On the held-out half it must exceed chance at 99 %
	// too, since there is a rule for each of several segments.
	ruleGain = 0.1
)

// ShortestRules finds a short rule for each of the segments 0..k−1 of labels (others
// belong to none) in the columns of raw, in their own units: a conjunction of conditions,
// each on another column,
//
//	number, share, probability, binary   lo < x ≤ hi, either bound open
//	category                             x = value
//	angle (NAME_cos, NAME_sin)           the direction lies on an arc of the clock
//	any, if Missing is set               x is not known
//
// A missing value meets no other condition. Coordinates of embeddings are in no rule:
// they mean nothing one by one. Bounds are quantiles of the segment's values (the ends of
// what it is) and Cuts quantiles of the others', moved to the shortest number nearby.
//
// One half of the rows searches: of all rules of one condition the Beam best are kept, of
// all that add one to those again, and so on; then each condition of the best is chosen
// again with the others held. Of the best of each length the shortest is taken that
// comes within Tolerance of the best of all. The other half counts what the rule is
// worth: Wilson's intervals for precision, recall and coverage, and for F1 = 2J/(1 + J)
// that of J = hits/(covered or belonging). A rule that is no better than chance there, or
// hardly, is not given: Reason says so.
//
// Rows are shared out by a hash of values, label and seed within each segment, so that
// the order of rows affects nothing; nor do workers. Ties go to the shorter rule and then
// to the first columns. Cost: O(n·d·ln cuts) to code the values once, and for each
// segment O(conditions·beam·d·rows covered); 2·n·d/2 bytes for the codes. Sources:
// Lavrač, Kavšek, Flach and Todorovski 2004, Journal of Machine Learning Research 5:153–188
// (CN2-SD: beam search and WRAcc); Clark and Niblett 1989, doi:10.1007/BF00116835; Wilson
// 1927, doi:10.1080/01621459.1927.10502953.
func ShortestRules(ctx context.Context, raw *features.Matrix, labels []int32, o RuleOptions) ([]SegmentRule, error) {
	n, d := raw.Dims()
	if len(labels) != n {
		panic("eval: rules of a matrix and labels of different lengths")
	}
	switch {
	case o.Conditions < 1 || o.Conditions > ruleMost:
		return nil, fmt.Errorf("rules: conditions = %d: 1 to %d", o.Conditions, ruleMost)
	case o.Beam < 1:
		return nil, fmt.Errorf("rules: beam = %d: at least 1", o.Beam)
	case o.Cuts < 1 || o.Cuts > 200:
		return nil, fmt.Errorf("rules: cuts = %d: 1 to 200", o.Cuts)
	case o.Measure != RuleF1 && o.Measure != RuleWRAcc:
		return nil, fmt.Errorf("rules: measure = %q: f1 or wracc", o.Measure)
	case !(o.Tolerance >= 0):
		return nil, fmt.Errorf("rules: tolerance = %g: 0 or more", o.Tolerance)
	}
	for _, j := range o.Columns {
		if j < 0 || j >= d {
			return nil, fmt.Errorf("rules: no column %d: there are %d", j, d)
		}
	}
	k := 0
	for _, l := range labels {
		k = max(k, int(l)+1)
	}
	if most := ruleNowhere / (o.Cuts + len(ruleOwn)); k > most {
		return nil, fmt.Errorf("rules: %d segments: at most %d are told apart", k, most)
	}
	o.Workers = cmp.Or(max(0, o.Workers), runtime.GOMAXPROCS(0))
	r := &rules{raw: raw, labels: labels, k: k, opt: o}
	if err := r.halve(ctx); err != nil {
		return nil, err
	}
	if err := r.code(ctx); err != nil {
		return nil, err
	}
	out := make([]SegmentRule, k)
	for g := range out {
		out[g] = SegmentRule{Segment: int32(g), Belong: r.heldSizes[g], Held: len(r.held)}
		if out[g].Reason = r.lacks(g); out[g].Reason != "" {
			continue
		}
		found, err := r.search(ctx, g)
		if err != nil {
			return nil, err
		}
		if found.tests == nil {
			out[g].Reason = "no condition sets the segment apart"
			continue
		}
		out[g].Conditions, out[g].FoundF1 = r.conditions(found), ruleF1(found.tp, found.cov, r.sizes[g])
	}
	return out, r.judge(ctx, out)
}

// rules is one call of ShortestRules.
type rules struct {
	raw       *features.Matrix
	labels    []int32
	k         int
	opt       RuleOptions
	fit, held []int // rows in the order of their hashes
	sizes     []int // rows of each segment in fit
	heldSizes []int
	// order is the rows of fit segment by segment, those of none last; segment g's are
	// order[from[g]:from[g+1]].
	order []int
	from  []int
	cols  []ruleColumn
}

// lacks says why a segment can have no rule.
func (r *rules) lacks(g int) string {
	switch {
	case r.sizes[g] < ruleLeast || r.heldSizes[g] < ruleLeast:
		return fmt.Sprintf("fewer than %d rows belong to the segment: too few to find a rule on one half and judge it on the other", 2*ruleLeast)
	case len(r.fit)-r.sizes[g] < ruleLeast || len(r.held)-r.heldSizes[g] < ruleLeast:
		return fmt.Sprintf("fewer than %d rows lie outside the segment: there is nothing to tell it from", 2*ruleLeast)
	case len(r.cols) == 0:
		return "no feature has two values that tell rows apart"
	}
	return ""
}

// halve shares the rows out: within a segment, in the order of their hashes, every
// other row is held out. Rows of equal values and label are interchangeable.
func (r *rules) halve(ctx context.Context) error {
	type key struct {
		hash uint64
		row  int
	}
	keys := make([]key, len(r.labels))
	for i, l := range r.labels {
		if i%(1<<16) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		h := ruleMix(r.opt.Seed ^ uint64(uint32(max(l, -1))))
		for _, v := range r.raw.Row(i) {
			switch {
			case v != v:
				v = math.NaN() // all are missing alike
			case v == 0:
				v = 0 // −0
			}
			h = ruleMix(h ^ math.Float64bits(v))
		}
		keys[i] = key{h, i}
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Compare(a.hash, b.hash) })
	r.sizes, r.heldSizes = make([]int, r.k), make([]int, r.k)
	groups := make([][]int, r.k+1) // none is the last
	seen := make([]int, r.k+1)
	for _, key := range keys {
		g := r.group(key.row)
		seen[g]++
		if seen[g]%2 == 0 {
			r.held = append(r.held, key.row)
			if g < r.k {
				r.heldSizes[g]++
			}
			continue
		}
		r.fit, groups[g] = append(r.fit, key.row), append(groups[g], key.row)
	}
	for g, rows := range groups {
		if g < r.k {
			r.sizes[g] = len(rows)
		}
		r.from = append(r.from, len(r.order))
		r.order = append(r.order, rows...)
	}
	return nil
}

// group is a row's segment, k for none.
func (r *rules) group(row int) int {
	if l := r.labels[row]; l >= 0 {
		return int(l)
	}
	return r.k
}

// ruleMix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func ruleMix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// judge counts the rules on the rows held out and withdraws those that say nothing.
func (r *rules) judge(ctx context.Context, out []SegmentRule) error {
	for at, i := range r.held {
		if at%(1<<16) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row := r.raw.Row(i)
		for g := range out {
			s := &out[g]
			if s.Reason == "" && s.Holds(row) {
				s.Covered++
				if int(r.labels[i]) == g {
					s.Hits++
				}
			}
		}
	}
	for g := range out {
		if s := &out[g]; s.Reason == "" {
			s.measure()
		}
	}
	return nil
}

// measure fills in what the counts say.
func (s *SegmentRule) measure() {
	n, p, recall := float64(s.Held), float64(s.Belong), float64(s.Hits)/float64(s.Belong)
	others := float64(s.Covered-s.Hits) / (n - p)
	// The spread of recall − others if the rule covered both alike.
	share := float64(s.Covered) / n
	spread := math.Sqrt(share * (1 - share) * (1/p + 1/(n-p)))
	if !(recall-others >= max(ruleGain, 2.5758293035489004*spread)) {
		s.Conditions, s.Reason = nil, "no short rule sets the segment apart on the customers held out"
		return
	}
	of := func(hits, n int) RuleShare {
		lo, hi := features.Wilson(hits, n, 0.95)
		return RuleShare{float64(hits) / float64(n), lo, hi}
	}
	s.Precision, s.Recall, s.Coverage = of(s.Hits, s.Covered), of(s.Hits, s.Belong), of(s.Covered, s.Held)
	j := of(s.Hits, s.Covered+s.Belong-s.Hits)
	f1 := func(j float64) float64 { return 2 * j / (1 + j) }
	s.F1 = RuleShare{ruleF1(s.Hits, s.Covered, s.Belong), f1(j.Lo), f1(j.Hi)}
	s.WRAcc = ruleWRAcc(s.Hits, s.Covered, s.Belong, s.Held)
}

func ruleF1(tp, covered, belong int) float64 { return 2 * float64(tp) / float64(covered+belong) }

func ruleWRAcc(tp, covered, belong, n int) float64 {
	m := float64(n)
	return (float64(tp) - float64(covered)*float64(belong)/m) / m
}
