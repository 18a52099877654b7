package live

import (
	"fmt"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/eval/verdict"
)

// judgement is what the shop's study says of itself once its runs are done, written by
// hand. Every string passes through say, so that a test can make them hostile.
type judgement struct {
	s   *shop
	say func(string) string
}

func (s *shop) judgement() *judgement { return &judgement{s, func(t string) string { return t }} }

// at is the place of a set's k-means run among the shop's.
func (g *judgement) at(set, k int) int {
	for i, r := range g.s.runs {
		if r.set == set && r.k == k && r.noise == 0 { // k-means comes first
			return i
		}
	}
	panic("live: no such run in the shop")
}

// choice is the run that the verdict takes: the third set's, with four segments.
func (g *judgement) choice() int { return g.at(2, 4) }

func (g *judgement) ties(j study.Journal) {
	for i, x := range g.s.sets {
		var runs []string
		for _, k := range []int{2, 4} {
			runs = append(runs, g.s.run(g.at(i, k)))
		}
		j.Append(study.Event{Event: study.TiesEv, Set: x.Name, Scale: x.Scale, Metric: "silhouette", Runs: runs})
	}
}

func (g *judgement) structure(j study.Journal, set int) {
	x := g.s.sets[set]
	t := &eval.Structure{Statistic: g.say("largest standardised index over all settings of the grid"), Alpha: .02, Rows: 2000, Sampled: true, Cell: 3, P: .31, Value: 1.7, Reason: g.say("data without groups look as grouped") + " (cohort, p = 0.31)"}
	t.Nulls = []eval.NullResult{
		{Name: "cohort", Doc: g.say("customers who differ by degrees only"), P: .31, Draws: 16, Exceeded: 5, Decided: true, Value: 1.7, Cell: 3, Rating: .24, Expected: .2, SD: .024, Cells: 14, Rows: 2000},
		{Name: g.say("shuffle"), Doc: g.say("the events dealt out at random"), P: 1, Cell: -1, Reason: g.say("not looked at: cohort was not beaten, which decides")},
		{Name: "copula", Doc: g.say("one smooth cloud"), P: 1, Cell: -1, Reason: g.say("a column is constant")},
	}
	t.Tendency = &eval.Tendency{Rows: 2000, Sampled: true, Says: []string{g.say("Hopkins .83 (evenly spread would be .5, mostly .43 to .57): tells of unevenness."), "None of this votes on whether there are groups."}}
	switch set {
	case 1:
		t.Natural, t.P, t.Value, t.Reason = true, .01, 9.3, ""
		for i := range t.Nulls {
			t.Nulls[i] = eval.NullResult{Name: t.Nulls[i].Name, Doc: t.Nulls[i].Doc, P: .01, Draws: 99, Decided: true, Beaten: true, Value: 9.3, Cell: 3, Rating: .44, Expected: .2, SD: .026, Cells: 14, Rows: 2000}
		}
	case 2:
	default:
		t = &eval.Structure{P: 1, Cell: -1, Reason: g.say("the study has no algorithm that looks for groups")}
	}
	j.Append(study.Event{Event: study.StructureEv, Set: x.Name, Scale: x.Scale, Structure: t})
}

// targets are one that the choice is better at than RFM, one that says nothing, and one
// that could not be judged at the earlier date.
var judgedTargets = []struct {
	name, method, measure string
	own, rfm              float64
}{
	{"spend", "value", "R² of log1p spend", .12, .13},
	{"purchase_hour", "when", "D² (log loss)", .09, .001},
	{"feast_share", "occasion", "R²", -.004, -.003},
}

func (g *judgement) holdout(j study.Journal) {
	e := study.Event{Event: study.HoldoutEv}
	for _, origin := range []string{"2024-10-02", "2024-07-04"} {
		for i, t := range judgedTargets {
			c := eval.Contest{Origin: origin, Until: "2024-12-31", Target: g.say(t.name), Doc: g.say("what they do"), Method: g.say(t.method), Measure: g.say(t.measure), Population: 1900, Customers: 1800, Alpha: .05}
			if i == 2 && origin == "2024-07-04" {
				c.Reason = g.say("no feast lies in the hold-out")
				e.Contests = append(e.Contests, c)
				continue
			}
			c.Standings = append(c.Standings, eval.Standing{Name: g.say("all of all behaviour"), Role: eval.RoleCeiling, Inside: ptr(t.own + .09), Outside: ptr(t.own + .05), Lo: ptr(t.own + .03), Hi: ptr(t.own + .07)})
			n := 0
			for r, run := range g.s.runs {
				if run.fail != "" || run.k < 2 {
					continue
				}
				x := eval.Standing{Name: g.say(fmt.Sprintf("%s k=%d %s", run.algorithm, run.k, g.s.sets[run.set].Name)) + fmt.Sprint(" ", r), Run: g.s.run(r), Role: eval.RoleSegments, K: run.k, Ks: [2]int{run.k, run.k}}
				v := t.own + .01 - .003*float64(n)
				if r == g.choice() {
					v = t.own
				}
				n++
				x.Inside, x.Outside, x.Lo, x.Hi, x.In = ptr(v+.02), ptr(v), ptr(v-.015), ptr(v+.015), n < 5 || r == g.choice()
				x.Versus = []eval.Versus{{Baseline: "RFM k-means", Role: eval.RoleEqualK, Value: ptr(t.rfm), Difference: ptr(v - t.rfm), Lo: ptr(v - t.rfm - .01), Hi: ptr(v - t.rfm + .01)}}
				c.Standings = append(c.Standings, x)
			}
			for _, b := range []struct {
				name string
				role eval.Role
				k    int
				v    float64
			}{{"RFM k-means, 4 groups", eval.RoleEqualK, 4, t.rfm}, {"RFM k-means, 3 groups", eval.RoleEqualK, 3, t.rfm - .01}, {"expected value, 4 groups", eval.RoleEqualK, 4, t.rfm - .02}, {"RFM quintiles", eval.RoleQuintiles, 5, t.rfm + .004}, {"chance", eval.RoleChance, 4, -.001}, {"timing", eval.RoleBlock, 5, t.own / 2}} {
				c.Standings = append(c.Standings, eval.Standing{Name: g.say(b.name), Role: b.role, K: b.k, Ks: [2]int{b.k, b.k}, Inside: ptr(b.v + .003), Outside: ptr(b.v), Lo: ptr(b.v - .01), Hi: ptr(b.v + .01)})
			}
			c.Standings = append(c.Standings, eval.Standing{Name: g.say("RFM cells"), Role: eval.RoleQuintiles, Reason: g.say("a cell has no customers")})
			c.Picked = []eval.Pick{{Half: "A", Name: g.say("kmeans k=4 all behaviour"), K: 4, Inside: ptr(t.own + .02), Outside: ptr(t.own), Best: ptr(t.own + .01), BestName: g.say("kmeans k=5")}, {Half: "B", Reason: g.say("no segmentation has a figure")}}
			c.Nested = &eval.Nested{Value: ptr(t.own), Lo: ptr(t.own - .02), Hi: ptr(t.own + .02), Versus: []eval.Versus{{Baseline: "RFM k-means", Role: eval.RoleEqualK, Value: ptr(t.rfm), Difference: ptr(t.own - t.rfm), Lo: ptr(t.own - t.rfm - .01), Hi: ptr(t.own - t.rfm + .01)}}}
			if i == 2 {
				c.Nested = &eval.Nested{Reason: g.say("nobody was chosen")}
			}
			e.Contests = append(e.Contests, c)
		}
	}
	b := &eval.BlockMatrix{Origins: []string{"2024-10-02", "2024-07-04"}, K: 5}
	for i, name := range []string{"rfm", "timing", "usage", "RFM k-means, 5 groups", "all of all behaviour"} {
		b.Blocks, b.Roles = append(b.Blocks, g.say(name)), append(b.Roles, [...]eval.Role{eval.RoleBlock, eval.RoleBlock, eval.RoleBlock, eval.RoleEqualK, eval.RoleCeiling}[i])
		var vs []*float64
		var by []eval.Contrast
		for t := range judgedTargets {
			v := ptr(.05*float64(i+1)/float64(t+1) - .03)
			c := eval.Contrast{Values: []*float64{v, v}}
			if i == 1 && t == 2 {
				v, c = nil, eval.Contrast{Values: []*float64{nil, nil}, Reason: g.say("too few customers buy for feasts")}
			}
			vs, by = append(vs, v), append(by, c)
		}
		b.Values, b.By = append(b.Values, vs), append(b.By, by)
		b.Lo, b.Hi = append(b.Lo, make([]*float64, len(vs))), append(b.Hi, make([]*float64, len(vs)))
		b.Beats = append(b.Beats, []bool{false, i == 1, false})
	}
	for _, t := range judgedTargets {
		b.Targets, b.Measure = append(b.Targets, g.say(t.name)), append(b.Measure, g.say(t.measure))
	}
	e.Blocks = b
	j.Append(e)
}

// judgedSentences is the first screen.
var judgedSentences = []string{
	"Use 4 segments (kmeans on all behaviour).",
	"Reproducible, not natural groups (p = .31): customers simulated from a model of buying that knows no groups look as grouped.",
	"Spend afterwards: no better than RFM with as many segments (R² .12, RFM .13).",
	"Hour of the next purchase: better than RFM with as many segments (D² .09, RFM 0).",
	"Three of four stable; Segment 4 is not.",
	"Covers 50 % of customers; shown apart: 50 % with one purchase day (19 % of revenue).",
}

func (g *judgement) verdict(j study.Journal) {
	s, x := g.s, g.s.sets[2]
	run := s.run(g.choice())
	for _, id := range []string{run, s.run(g.at(2, 3))} {
		per, all := study.Floats{.97, .93, .81}, []verdict.Segment{
			{Jaccard: .97, Null: .4, Gain: .95, Reading: eval.Stable}, {Jaccard: .93, Null: .3, Gain: .9, Reading: eval.Stable}, {Jaccard: .81, Null: .2, Gain: .7625, Reading: eval.Stable},
		}
		if id == run { // as an older journal has it: the rest is in the verdict
			per, all = study.Floats{.97, .93, .91, .52}, nil
		}
		j.Append(study.Event{Event: study.ScoreEvent, Run: id, Metric: "stability", Value: ptr(.83), Lo: ptr(.8), Hi: ptr(.86), PerSegment: per, Segments: all})
		j.Append(study.Event{Event: study.ScoreEvent, Run: id, Metric: "resample_ari", Value: ptr(.78), Lo: ptr(.74), Hi: ptr(.81)})
		j.Append(study.Event{Event: study.ScoreEvent, Run: id, Metric: "prediction_strength", Reason: g.say("a segment is too small to be halved")})
	}
	v := &verdict.Verdict{
		Run: run, Name: g.say("kmeans k=4 all behaviour"), Set: x.Name, Scale: x.Scale, Algorithm: s.runs[g.choice()].algorithm, K: 4, Class: verdict.Reproducible,
		P: ptr(.31), Null: "cohort", Goal: g.say("value"), By: "hold-out", Target: g.say("spend"), Origins: []string{"2024-10-02", "2024-07-04"}, Tied: []string{run}, Passed: 20,
		Segments: []verdict.Segment{{Jaccard: .97, Null: .3, Gain: .96, Reading: eval.Stable}, {Jaccard: .93, Null: .25, Gain: .91, Reading: eval.Stable}, {Jaccard: .91, Null: .2, Gain: .89, Reading: eval.Stable}, {Jaccard: .52, Null: .15, Gain: .44, Reading: eval.Unstable}},
		Shaky:    []int{3}, Customers: 2 * s.n, Clustered: s.n, Left: []verdict.Stratum{{Words: g.say("one purchase day"), Customers: s.n, ValueShare: ptr(.19)}},
		Notes: []string{g.say("No goal was stated, so value stands in.")},
	}
	for _, t := range judgedSentences {
		v.Sentences = append(v.Sentences, g.say(t))
	}
	for i, t := range judgedTargets {
		v.Foretells = append(v.Foretells, verdict.Foretells{Target: g.say(t.name), Method: g.say(t.method), Measure: g.say(t.measure), Origin: "2024-10-02", Outside: t.own, Inside: ptr(t.own + .02), Lo: ptr(t.own - .015), Hi: ptr(t.own + .015), RFM: ptr(t.rfm), Ceiling: ptr(t.own + .05), Against: [...]string{"same", "better", "worse"}[i]})
	}
	for k := 2; k <= 5; k++ {
		v.Compared = append(v.Compared, s.run(g.at(2, k)))
	}
	v.Indices = &eval.Picked{
		Index: 0, Basis: eval.PickBoth, Reasons: []string{g.say("its product is the highest of 4")},
		Votes: []eval.Tally{
			{Family: g.say("compact"), Cast: 3, Counts: []eval.VoteCount{{First: 2, Voters: []string{"silhouette", "pbm"}}, {}, {First: 1, Voters: []string{"davies_bouldin"}}, {}}, Winners: []int{0}, Majority: true, Abstained: []eval.Abstention{{Voter: "xie_beni", Reason: g.say("rates 0 of 4: xie_beni was not computed, or is undefined")}}},
			{Family: "density", Abstained: []eval.Abstention{{Voter: "dbcv", Reason: "rates 0 of 4: dbcv was not computed, or is undefined"}}, Reason: g.say("all abstain")},
		},
		K: []eval.KRule{
			{Rule: "silhouette", Family: "compact", How: g.say("largest"), K: 2, Index: 0, Value: .41},
			{Rule: "gap", Family: "compact", How: "smallest k", Index: -1, Reason: g.say("the gap statistic was not computed")},
			{Rule: "prediction_strength", Family: "reproducible", How: "largest k with at least 0.8", K: 4, Index: 2, Value: .83},
		},
	}
	j.Append(study.Event{Event: study.VerdictEv, Verdict: v})
}

// all runs the whole judgement.
func (g *judgement) all(j study.Journal) {
	g.ties(j)
	for i := range g.s.sets {
		g.structure(j, i)
	}
	g.holdout(j)
	g.verdict(j)
}

// runsOnly runs the study up to its judgement.
func (s *shop) runsOnly(j study.Journal) {
	s.start(j)
	for i := range s.runs {
		s.begin(j, i)
		s.end(j, i)
	}
}
