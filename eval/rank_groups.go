package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// PostHoc says which pairs of methods differ over several data sets, and so what a
// critical-difference diagram draws: methods on an axis of average ranks, and a bar over
// each group within which nothing can be told apart.
type PostHoc struct {
	Test  string    `json:"test"` // nemenyi or wilcoxon_holm
	Alpha float64   `json:"alpha"`
	N     int       `json:"n"`     // data sets
	Ranks []float64 `json:"ranks"` // average ranks, 1 is the best
	// CD is by how much average ranks must differ, to be drawn beside the axis. nil for
	// wilcoxon_holm: it compares scores, and no one distance tells who differs.
	CD    *float64   `json:"cd"`
	Pairs []RankPair `json:"pairs"` // all, by A and B
	// Groups are all maximal sets in which no two differ, members and groups from best
	// to worst. A method that differs from all others is a group of one.
	Groups [][]int `json:"groups"`
	// Bars are the groups of two and more, as the diagram has them.
	Bars     []RankBar `json:"bars"`
	Warnings []string  `json:"warnings,omitempty"`
}

// RankPair is the comparison of two methods, A < B.
type RankPair struct {
	A int `json:"a"`
	B int `json:"b"`
	// Difference is the average rank of B less that of A: above 0 where A is better.
	Difference float64 `json:"difference"`
	P          float64 `json:"p"`
	Adjusted   float64 `json:"adjusted"` // for all the pairs; Nemenyi's P is already
	Different  bool    `json:"different"`
}

// RankBar is one bar of a critical-difference diagram.
type RankBar struct {
	Group int     `json:"group"` // of PostHoc.Groups
	Lo    float64 `json:"lo"`    // the members' best average rank
	Hi    float64 `json:"hi"`    // and their worst
	// Level is the line the bar is drawn on, 0 next to the axis. Bars of one level do
	// not touch: two that did would read as one group.
	Level int `json:"level"`
	// Passed are methods whose rank lies on the bar though they are not of the group: a
	// test of scores can tell a method from both its neighbours that cannot tell these
	// from each other. Where there are any, only the members' places on the bar are to
	// be marked.
	Passed []int `json:"passed,omitempty"`
}

// Nemenyi compares all pairs by Nemenyi's test: they differ where their average ranks are
// further apart than CriticalDifference(alpha). Its family-wise level needs no Friedman
// test before it; where the two disagree, a warning says so. Cost: O(k²) quadratures.
func (f Friedman) Nemenyi(ctx context.Context, alpha float64) (*PostHoc, error) {
	if !(alpha > 0 && alpha < 1) {
		return nil, fmt.Errorf("nemenyi: alpha = %g: give one between 0 and 1", alpha)
	}
	cd := f.CriticalDifference(alpha)
	h := &PostHoc{Test: "nemenyi", Alpha: alpha, N: f.N, Ranks: slices.Clone(f.Ranks), CD: &cd}
	for a := range f.K {
		for b := a + 1; b < f.K; b++ {
			d, p := f.Ranks[b]-f.Ranks[a], f.PairP(a, b)
			h.Pairs = append(h.Pairs, RankPair{A: a, B: b, Difference: d, P: p, Adjusted: p, Different: math.Abs(d) > cd})
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return h, h.finish(ctx, f)
}

// WilcoxonHolm compares all pairs of methods by WilcoxonSignedRank with Holm's correction
// for the k(k−1)/2 pairs: they differ where the adjusted p is at most alpha. scores and
// better are NewFriedman's. What Nemenyi says of two methods depends on who else was
// compared; this does not, but for the correction (Benavoli, Corani & Mangili 2016, JMLR
// 17(5):1–10). Cost: O(k²·N³) up to WilcoxonExact data sets.
func WilcoxonHolm(ctx context.Context, scores [][]float64, better int, alpha float64, zeros Zeros) (*PostHoc, error) {
	if !(alpha > 0 && alpha < 1) {
		return nil, fmt.Errorf("wilcoxon_holm: alpha = %g: give one between 0 and 1", alpha)
	}
	f, err := NewFriedman(scores, better)
	if err != nil {
		return nil, err
	}
	column := make([][]float64, f.K)
	for j := range column {
		for _, row := range scores {
			column[j] = append(column[j], row[j])
		}
	}
	h := &PostHoc{Test: "wilcoxon_holm", Alpha: alpha, N: f.N, Ranks: slices.Clone(f.Ranks)}
	var p []float64
	for a := range f.K {
		for b := a + 1; b < f.K; b++ {
			w, err := WilcoxonSignedRank(column[a], column[b], zeros)
			if err != nil {
				return nil, err
			}
			p = append(p, w.P)
			h.Pairs = append(h.Pairs, RankPair{A: a, B: b, Difference: f.Ranks[b] - f.Ranks[a], P: w.P})
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	for i, q := range Holm(p) {
		h.Pairs[i].Adjusted, h.Pairs[i].Different = q, q <= alpha
	}
	// The smallest p is two of 2ᴺ sign patterns.
	if least := math.Ldexp(float64(len(p)), 1-f.N); least > alpha {
		h.Warnings = append(h.Warnings, fmt.Sprintf("no pair can differ at %g: with %d data sets and %d pairs the least adjusted p is %.2g", alpha, f.N, len(p), min(1, least)))
	}
	return h, h.finish(ctx, f)
}

// finish adds groups, bars and what Friedman's test says against them.
func (h *PostHoc) finish(ctx context.Context, f Friedman) (err error) {
	differ := make([]bool, f.K*f.K)
	some := false
	for _, p := range h.Pairs {
		differ[p.A*f.K+p.B], differ[p.B*f.K+p.A] = p.Different, p.Different
		some = some || p.Different
	}
	h.Groups, err = RankGroups(ctx, h.Ranks, func(a, b int) bool { return differ[a*f.K+b] })
	if err != nil {
		return err
	}
	h.Bars = RankBars(h.Ranks, h.Groups)
	switch {
	case some && f.FP > h.Alpha:
		h.Warnings = append(h.Warnings, fmt.Sprintf("pairs differ though Friedman's test finds no difference among all (p = %.2g)", f.FP))
	case !some && f.FP <= h.Alpha:
		h.Warnings = append(h.Warnings, fmt.Sprintf("the methods differ (Friedman, p = %.2g), but no pair can be named", f.FP))
	}
	return nil
}

// RankGroups finds all maximal sets of methods in which no two are different, which is
// symmetric: the maximal cliques of the graph of undistinguished pairs. Members are sorted
// by rank (1 is the best; equal ranks by number), groups by their first member, then by
// the next. "Not different" is not transitive: groups overlap, and joining them would say
// that their ends are alike. Cost: for tests on ranks, O(k³) and at most k groups; a graph
// of k methods can have 3^(k/3) groups, so ctx is looked at.
// Source: Bron & Kerbosch 1973, doi:10.1145/362342.362367, with the pivot of Tomita et al.
// 2006, doi:10.1016/j.tcs.2006.06.015.
func RankGroups(ctx context.Context, ranks []float64, different func(a, b int) bool) ([][]int, error) {
	order := ascendingInts(len(ranks))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ranks[a], ranks[b]) })
	g := &rankGraph{ctx: ctx, k: len(order), alike: make([]bool, len(order)*len(order))}
	for i, a := range order {
		for j, b := range order {
			g.alike[i*g.k+j] = i != j && !different(a, b)
		}
	}
	if len(order) == 0 {
		return nil, ctx.Err()
	}
	if err := g.extend(nil, ascendingInts(g.k), nil); err != nil {
		return nil, err
	}
	for _, c := range g.cliques {
		slices.Sort(c)
	}
	slices.SortFunc(g.cliques, slices.Compare[[]int])
	for _, c := range g.cliques {
		for i, at := range c {
			c[i] = order[at]
		}
	}
	return g.cliques, ctx.Err()
}

// rankGraph numbers methods by their rank.
type rankGraph struct {
	ctx     context.Context
	k       int
	alike   []bool
	cliques [][]int
	since   int // operations since ctx was looked at
}

// extend adds to chosen what it can of candidates, all alike with it; seen are alike with
// it too, but their cliques are known.
func (g *rankGraph) extend(chosen, candidates, seen []int) error {
	if len(candidates) == 0 {
		if len(seen) == 0 {
			g.cliques = append(g.cliques, slices.Clone(chosen))
		}
		return nil
	}
	if g.since += (len(candidates) + len(seen)) * len(candidates); g.since >= 1<<22 {
		g.since = 0
		if err := g.ctx.Err(); err != nil {
			return err
		}
	}
	// Every maximal clique has the pivot or one that is not alike with it.
	pivot, most := 0, -1
	for _, side := range [][]int{candidates, seen} {
		for _, v := range side {
			n := 0
			for _, w := range candidates {
				if g.alike[v*g.k+w] {
					n++
				}
			}
			if n > most {
				pivot, most = v, n
			}
		}
	}
	for _, v := range slices.Clone(candidates) {
		if g.alike[pivot*g.k+v] {
			continue
		}
		if err := g.extend(append(slices.Clone(chosen), v), g.among(v, candidates), g.among(v, seen)); err != nil {
			return err
		}
		candidates = slices.DeleteFunc(slices.Clone(candidates), func(w int) bool { return w == v })
		seen = append(slices.Clone(seen), v)
	}
	return nil
}

// among lists those that are alike with v.
func (g *rankGraph) among(v int, list []int) (out []int) {
	for _, w := range list {
		if g.alike[v*g.k+w] {
			out = append(out, w)
		}
	}
	return out
}

// RankBars lays out the bars of groups of two and more, on as few levels as there can be,
// best rank first.
func RankBars(ranks []float64, groups [][]int) []RankBar {
	var bars []RankBar
	for i, g := range groups {
		if len(g) < 2 {
			continue // nobody to be joined with: no bar
		}
		b := RankBar{Group: i, Lo: math.Inf(1), Hi: math.Inf(-1)}
		for _, m := range g {
			b.Lo, b.Hi = min(b.Lo, ranks[m]), max(b.Hi, ranks[m])
		}
		for m, r := range ranks {
			if r >= b.Lo && r <= b.Hi && !slices.Contains(g, m) {
				b.Passed = append(b.Passed, m)
			}
		}
		bars = append(bars, b)
	}
	slices.SortStableFunc(bars, func(a, b RankBar) int {
		return cmp.Or(cmp.Compare(a.Lo, b.Lo), cmp.Compare(a.Hi, b.Hi))
	})
	// First fit by left ends uses as many levels as bars lie over one point.
	var ends []float64
	for i := range bars {
		b := &bars[i]
		b.Level = slices.IndexFunc(ends, func(end float64) bool { return end < b.Lo })
		if b.Level < 0 {
			b.Level = len(ends)
			ends = append(ends, 0)
		}
		ends[b.Level] = b.Hi
	}
	return bars
}
