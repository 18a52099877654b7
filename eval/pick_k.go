package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// predictionStrengthLeast is the least prediction strength of a number of segments that
// counts: Tibshirani and Walther take the largest number with 0.8 to 0.9.
const predictionStrengthLeast = 0.8

// KRule is how many segments a rule would take.
type KRule struct {
	Rule   string `json:"rule"`
	Family string `json:"family"`
	How    string `json:"how"` // the rule in words
	// K is its number of segments, 0 = it abstains, for that Reason. A rule can say 1: no
	// segments.
	K      int    `json:"k"`
	Reason string `json:"reason,omitempty"`
	// Index is the candidate with K segments that it prefers, −1 = none; Value is what it
	// has there.
	Index int     `json:"index"`
	Value float64 `json:"value"`
}

// ChooseK puts every rule for the number of segments side by side, for the candidates of
// one algorithm. Where several have the same number of segments, each rule takes the one it
// rates best. gap is the series' gap statistic, nil = not computed. They are not counted:
// centre-based rules all err together where groups are not round.
//
// A rule whose best is the largest number tried, or the smallest where that is above 2,
// abstains: the best may lie beyond. Sources: see the metrics; BIC Schwarz 1978, doi
// 10.1214/aos/1176344136; ICL Biernacki, Celeux and Govaert 2000, doi 10.1109/34.865189;
// gap Tibshirani, Walther and Hastie 2001, doi 10.1111/1467-9868.00293; prediction strength
// Tibshirani and Walther 2005, doi 10.1198/106186005X59243. Cost O(candidates).
func ChooseK(series []Candidate, gap *Gap) []KRule {
	var out []KRule
	for _, v := range pickVoters {
		how := "largest"
		if v.better < 0 {
			how = "smallest"
		}
		out = append(out, bestK(series, KRule{Rule: v.metric, Family: v.family, How: how}, v.better, func(i int) Score { return pickScore(series[i], v.metric) }))
	}
	out = append(out, bestK(series, KRule{Rule: "stability", Family: "reproducible", How: "largest of the weakest segment's gain over the null"}, +1, func(i int) Score {
		if gain, ok := pickWeakest(series[i]); ok {
			return Score{Value: gain}
		}
		return Undefined("stability was not computed")
	}))
	return append(out, strengthK(series), gapK(series, gap))
}

// scoredK are a rule's values, the best of each number of segments, by that number.
type scoredK struct {
	k, index int
	value    float64
}

// scoreK rates a series; what cannot be rated is left out, and why says why of the first.
func scoreK(series []Candidate, better int, score func(i int) Score) (points []scoredK, why string) {
	for i, c := range series {
		s := score(i)
		if !s.Defined() || c.K < 2 {
			if why == "" {
				why = s.Reason
			}
			continue
		}
		at := slices.IndexFunc(points, func(p scoredK) bool { return p.k == c.K })
		switch {
		case at < 0:
			points = append(points, scoredK{c.K, i, s.Value})
		case float64(better)*(s.Value-points[at].value) > 0:
			points[at] = scoredK{c.K, i, s.Value}
		}
	}
	slices.SortFunc(points, func(a, b scoredK) int { return cmp.Compare(a.k, b.k) })
	if len(points) < 2 {
		why = cmp.Or(why, "the runs have one number of segments")
		return nil, fmt.Sprintf("rates %d of the numbers of segments: %s", len(points), why)
	}
	return points, ""
}

// bestK takes the number of segments with the best value, the fewest of equal ones.
func bestK(series []Candidate, r KRule, better int, score func(i int) Score) KRule {
	r.Index = -1
	points, why := scoreK(series, better, score)
	if why != "" {
		r.Reason = why
		return r
	}
	best, alike := 0, true
	for i, p := range points {
		if float64(better)*(p.value-points[best].value) > 0 {
			best = i
		}
		alike = alike && p.value == points[0].value
	}
	p := points[best]
	switch {
	case alike:
		r.Reason = fmt.Sprintf("rates all %d numbers of segments alike", len(points))
	case best == len(points)-1:
		r.Reason = fmt.Sprintf("is best at the largest number tried, %d: the best may be above", p.k)
	case best == 0 && p.k > 2:
		r.Reason = fmt.Sprintf("is best at the smallest number tried, %d: the best may be below", p.k)
	default:
		r.K, r.Index, r.Value = p.k, p.index, p.value
	}
	return r
}

// strengthK takes the largest number of segments whose prediction strength is enough.
func strengthK(series []Candidate) KRule {
	const metric = "prediction_strength"
	r := KRule{Rule: metric, Family: "reproducible", How: fmt.Sprintf("largest k with at least %g", predictionStrengthLeast), Index: -1}
	points, why := scoreK(series, +1, func(i int) Score { return pickScore(series[i], metric) })
	if why != "" {
		r.Reason = why
		return r
	}
	r.K, r.Value = 1, 1 // of one segment it is 1
	for _, p := range points {
		if p.value >= predictionStrengthLeast {
			r.K, r.Index, r.Value = p.k, p.index, p.value
		}
	}
	if last := points[len(points)-1]; r.K == last.k {
		r.K, r.Index, r.Value = 0, -1, 0
		r.Reason = fmt.Sprintf("%g is still reached at the largest number tried, %d", predictionStrengthLeast, last.k)
	}
	return r
}

// gapK reads the gap statistic's one-standard-error rule.
func gapK(series []Candidate, gap *Gap) KRule {
	r := KRule{Rule: "gap", Family: "compact", How: "smallest k with gap(k) ≥ gap(k+1) − s(k+1)", Index: -1}
	if gap == nil {
		r.Reason = "the gap statistic was not computed"
		return r
	}
	best, ok := gap.Best()
	if !ok {
		r.Reason = cmp.Or(gap.Reason, "the rule finds no number of segments")
		return r
	}
	r.K, r.Value = best.K, best.Gap
	r.Index = slices.IndexFunc(series, func(c Candidate) bool { return c.K == best.K })
	return r
}

// ChooseK sets K anew, with the gap statistic of the chosen candidate's algorithm; the
// candidates are those given to Pick.
func (p *Picked) ChooseK(candidates []Candidate, gap *Gap) {
	if p.Index >= 0 {
		p.series(candidates, gap)
	}
}

// series sets K: the rules on the candidates of the chosen one's algorithm, and Pick's own.
func (p *Picked) series(candidates []Candidate, gap *Gap) {
	var at []int
	var list []Candidate
	for i, c := range candidates {
		if c.Algorithm == candidates[p.Index].Algorithm {
			at, list = append(at, i), append(list, c)
		}
	}
	p.K = ChooseK(list, gap)
	if len(p.Value) == len(candidates) {
		p.K = append(p.K,
			bestK(list, KRule{Rule: "agreement", Family: "kinds of algorithms", How: "largest agreement with other algorithms"}, +1, func(i int) Score {
				s := p.Support[at[i]]
				return Score{Value: s.Value, Reason: s.Reason}
			}),
			bestK(list, KRule{Rule: string(PickBoth), Family: "kinds of algorithms", How: "largest product of agreement and stability"}, +1, func(i int) Score {
				if v := p.Value[at[i]]; p.Basis == PickBoth && !math.IsNaN(v) {
					return Score{Value: v}
				}
				return Undefined("agreement and stability were not both computed")
			}),
			p.finestK(candidates, candidates[p.Index].Algorithm, at))
	}
	for i := range p.K {
		if p.K[i].Index >= 0 {
			p.K[i].Index = at[p.K[i].Index]
		}
	}
}

// finestK is the last of the levels, where it is of that algorithm; at are the algorithm's
// candidates.
func (p *Picked) finestK(candidates []Candidate, algorithm string, at []int) KRule {
	r := KRule{Rule: "finest level", Family: "kinds of algorithms", How: "finest that is nested in that product's best, stable, agreed on and apart", Index: -1}
	if len(p.Levels) == 0 {
		r.Reason = "no candidate passes the gates"
		return r
	}
	l := p.Levels[len(p.Levels)-1]
	c := candidates[l.Index]
	if c.Algorithm != algorithm {
		r.Reason = fmt.Sprintf("takes %s with %d segments, which is another algorithm", c.Name, c.K)
		return r
	}
	r.K, r.Index = c.K, slices.Index(at, l.Index)
	if r.Value = p.Value[l.Index]; math.IsNaN(r.Value) {
		r.Value = 0
	}
	return r
}
