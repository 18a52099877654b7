package bench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/eval"
)

// Table is a score for each data set and contender: what ranks are made of.
type Table struct {
	Sets       []string
	Suites     []string // of each set
	Contenders []string
	Oracle     []bool      // of each contender: its setting was chosen by the reference
	Better     int         // +1 larger is better, −1 smaller
	Scores     [][]float64 // sets × contenders, seeds folded by their mean; NaN = none
	Reasons    [][]string  // why there is none
	Runs       [][]int     // how many seeds have a score
}

// Fold makes the table of rows that are on no ladder. Seeds are folded by the mean of
// those that have a score. Means are rounded to 12 decimals: three times .3 is .3, or
// what is tied would not be.
func Fold(rows []Row, better int) *Table {
	t := &Table{Better: better}
	at := func(names *[]string, name string) int {
		i := slices.Index(*names, name)
		if i < 0 {
			i = len(*names)
			*names = append(*names, name)
		}
		return i
	}
	for _, r := range rows {
		if r.Ladder {
			continue
		}
		if i := at(&t.Sets, r.Set); i == len(t.Suites) {
			t.Suites = append(t.Suites, r.Suite)
		}
		if j := at(&t.Contenders, r.Contender); j == len(t.Oracle) {
			t.Oracle = append(t.Oracle, r.Oracle)
		}
	}
	for range t.Sets {
		t.Scores = append(t.Scores, make([]float64, len(t.Contenders)))
		t.Reasons = append(t.Reasons, make([]string, len(t.Contenders)))
		t.Runs = append(t.Runs, make([]int, len(t.Contenders)))
	}
	for _, r := range rows {
		if r.Ladder {
			continue
		}
		i, j := slices.Index(t.Sets, r.Set), slices.Index(t.Contenders, r.Contender)
		if r.Score == nil {
			t.Reasons[i][j] = r.Reason
			continue
		}
		t.Scores[i][j] += *r.Score
		t.Runs[i][j]++
	}
	for i, runs := range t.Runs {
		for j, n := range runs {
			if n == 0 {
				t.Scores[i][j] = math.NaN()
				if t.Reasons[i][j] == "" {
					t.Reasons[i][j] = "not run"
				}
				continue
			}
			t.Scores[i][j] = math.Round(t.Scores[i][j]/float64(n)*1e12) / 1e12
			t.Reasons[i][j] = ""
		}
	}
	return t
}

// Mean is a contender's mean score over the sets of a suite ("" = all) that it has a
// score on, and on how many that is.
func (t *Table) Mean(suite string, contender int) (mean float64, sets int) {
	for i := range t.Sets {
		if x := t.Scores[i][contender]; (suite == "" || t.Suites[i] == suite) && !math.IsNaN(x) {
			mean += x
			sets++
		}
	}
	return mean / float64(sets), sets
}

// Post-hoc tests.
const (
	Nemenyi      = "nemenyi"
	WilcoxonHolm = "wilcoxon-holm"
)

// LeftOut is a contender or a data set that is not ranked, and why.
type LeftOut struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Ranking is what the ranks over all data sets say.
type Ranking struct {
	Contenders []string // ranked, in the table's order; indices of Friedman and PostHoc
	Sets       []string // on which they are ranked
	Friedman   eval.Friedman
	PostHoc    *eval.PostHoc
	// Means are the contenders' mean scores over Sets; nil where only ranks are known.
	Means []float64
	// Contenders and sets that abstain, and why.
	LeftContenders, LeftSets []LeftOut
	// Reason says why there are no ranks; "" = there are.
	Reason   string
	Warnings []string
}

// EnoughScores is the share of the data sets on which a contender must have a score to be
// ranked.
const EnoughScores = 0.8

// Rank ranks the contenders on each data set, the best score first, ties sharing the mean
// rank, and tests the average ranks. Oracles are not ranked: nobody can choose as they do,
// and their presence would move the others. Ranks need every score of a data set. A contender
// without a score on more than a fifth of the data sets is left out (those apart that the
// end of the time cut short); of the rest, every
// data set on which one has no score is. So a failed run costs a contender neither a rank
// nor a win, and who fails often is not ranked by the sets that it could do.
// Source: Demšar 2006, JMLR 7:1–30.
func Rank(ctx context.Context, t *Table, alpha float64, posthoc string) (*Ranking, error) {
	r := &Ranking{}
	if !(alpha > 0 && alpha < 1) {
		return nil, fmt.Errorf("bench: alpha = %g: give one between 0 and 1, as .05", alpha)
	}
	var sets []int // with a score from anybody
	for i, scores := range t.Scores {
		switch {
		case slices.ContainsFunc(t.Reasons[i], func(why string) bool { return strings.HasSuffix(why, timeOver) }):
			r.LeftSets = append(r.LeftSets, LeftOut{t.Sets[i], timeOver}) // nobody's fault
		case slices.ContainsFunc(scores, func(x float64) bool { return !math.IsNaN(x) }):
			sets = append(sets, i)
		default:
			r.LeftSets = append(r.LeftSets, LeftOut{t.Sets[i], "nobody has a score: " + t.Reasons[i][0]})
		}
	}
	var in []int
	for j, name := range t.Contenders {
		if t.Oracle[j] {
			r.LeftContenders = append(r.LeftContenders, LeftOut{name, "its setting was chosen by the reference"})
			continue
		}
		missing := 0
		for _, i := range sets {
			if math.IsNaN(t.Scores[i][j]) {
				missing++
			}
		}
		if float64(len(sets)-missing) < EnoughScores*float64(len(sets))-1e-9 {
			r.LeftContenders = append(r.LeftContenders, LeftOut{name, fmt.Sprintf("no score on %d of %d data sets", missing, len(sets))})
			continue
		}
		in = append(in, j)
		r.Contenders = append(r.Contenders, name)
	}
	var scores [][]float64
	for _, i := range sets {
		row := make([]float64, 0, len(in))
		for _, j := range in {
			if math.IsNaN(t.Scores[i][j]) {
				r.LeftSets = append(r.LeftSets, LeftOut{t.Sets[i], t.Contenders[j] + " has no score: " + t.Reasons[i][j]})
				break
			}
			row = append(row, t.Scores[i][j])
		}
		if len(row) == len(in) {
			r.Sets = append(r.Sets, t.Sets[i])
			scores = append(scores, row)
		}
	}
	switch {
	case len(r.Contenders) < 2:
		r.Reason = fmt.Sprintf("ranks compare two algorithms or more; %d can be ranked", len(r.Contenders))
		return r, nil
	case len(r.Sets) < 2:
		r.Reason = fmt.Sprintf("ranks need two data sets or more, since what differs on one may be that one; %d has a score from every algorithm", len(r.Sets))
		return r, nil
	}
	for j := range in {
		var sum float64
		for _, row := range scores {
			sum += row[j]
		}
		r.Means = append(r.Means, sum/float64(len(scores)))
	}
	f, err := eval.NewFriedman(scores, t.Better)
	if err != nil {
		return nil, err
	}
	r.Friedman = f
	return r, r.test(ctx, scores, t.Better, alpha, posthoc)
}

// RankOf makes the ranking from average ranks over n data sets that somebody printed. A
// test of scores cannot be made from them.
func RankOf(ctx context.Context, names []string, ranks []float64, n int, alpha float64, posthoc string) (*Ranking, error) {
	if posthoc != Nemenyi {
		return nil, fmt.Errorf("%s compares scores, and only average ranks are given: --posthoc nemenyi", posthoc)
	}
	f, err := eval.FriedmanOfRanks(ranks, n)
	if err != nil {
		return nil, err
	}
	r := &Ranking{Contenders: names, Friedman: f, Sets: make([]string, n)}
	return r, r.test(ctx, nil, 1, alpha, posthoc)
}

func (r *Ranking) test(ctx context.Context, scores [][]float64, better int, alpha float64, posthoc string) (err error) {
	switch posthoc {
	case Nemenyi:
		r.PostHoc, err = r.Friedman.Nemenyi(ctx, alpha)
	case WilcoxonHolm:
		r.PostHoc, err = eval.WilcoxonHolm(ctx, scores, better, alpha, eval.ZerosPratt)
	default:
		err = fmt.Errorf("bench: no test named %q: %s or %s", posthoc, Nemenyi, WilcoxonHolm)
	}
	if err != nil {
		return err
	}
	r.Warnings = append(r.Warnings, r.PostHoc.Warnings...)
	if n := len(r.Sets); n <= 10 || len(r.Contenders) <= 5 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the p-value of χ² is an approximation, good for more than 10 data sets and 5 algorithms (Demšar 2006); here %d and %d", n, len(r.Contenders)))
	}
	return nil
}

// Order lists the ranked contenders from the best average rank to the worst, ties in the
// table's order.
func (r *Ranking) Order() []int {
	if r.Reason != "" {
		return nil
	}
	order := make([]int, len(r.Contenders))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch d := r.Friedman.Ranks[a] - r.Friedman.Ranks[b]; {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
	return order
}

// Undistinguished lists the contenders that the test cannot tell from that one.
func (r *Ranking) Undistinguished(contender int) (out []int) {
	for _, p := range r.PostHoc.Pairs {
		switch {
		case p.Different:
		case p.A == contender:
			out = append(out, p.B)
		case p.B == contender:
			out = append(out, p.A)
		}
	}
	slices.Sort(out)
	return out
}
