package eval

import (
	"cmp"
	"context"
	"slices"
)

// ruleMost is the largest number of conditions: what a person keeps in mind.
const ruleMost = 5

// ruleFew is how many rules are kept in order while they are found; more are sorted at
// the end.
const ruleFew = 64

// ruleTest is a condition on bins: from ≤ code < to, across the turn of a clock where
// from > to; or that the value is missing.
type ruleTest struct {
	col      int // of rules.cols
	from, to int
	missing  bool
}

func (t ruleTest) compare(o ruleTest) int {
	m, n := 0, 0
	if t.missing {
		m = 1
	}
	if o.missing {
		n = 1
	}
	return cmp.Or(t.col-o.col, m-n, t.from-o.from, t.to-o.to)
}

// ruleFound is a rule and what it covers of the fitted half.
type ruleFound struct {
	tests   []ruleTest // by column
	bounds  int        // that are not open
	tp, cov int
	score   float64
}

// better orders rules: the score, then fewer conditions, fewer bounds, the first columns.
func (f *ruleFound) better(o *ruleFound) int {
	if c := cmp.Or(cmp.Compare(o.score, f.score), len(f.tests)-len(o.tests), f.bounds-o.bounds); c != 0 {
		return c
	}
	return slices.CompareFunc(f.tests, o.tests, ruleTest.compare)
}

// ruleSearch is the search for one segment's rule.
type ruleSearch struct {
	*rules
	ctx context.Context
	g   int
	cap int // rules kept of each set of columns: else a beam is one interval many times
}

// search finds the rule of segment g.
func (r *rules) search(ctx context.Context, g int) (ruleFound, error) {
	s := &ruleSearch{rules: r, ctx: ctx, g: g, cap: max(2, r.opt.Beam/4)}
	var best []ruleFound // of each length
	beam := []ruleFound{{}}
	for range r.opt.Conditions {
		beam = s.longer(beam)
		if ctx.Err() != nil {
			return ruleFound{}, ctx.Err()
		}
		if len(beam) == 0 {
			break
		}
		best = append(best, s.polish(beam[0]))
	}
	var out ruleFound
	for _, f := range best {
		if out.tests == nil || f.score > out.score {
			out = f
		}
	}
	if out.score < -1 {
		return ruleFound{}, ctx.Err() // every rule covers others nearly as much
	}
	top := out.score
	for _, f := range best {
		if f.score >= top-r.opt.Tolerance {
			return s.open(f, top-r.opt.Tolerance), ctx.Err()
		}
	}
	return out, ctx.Err()
}

// score of a rule that covers cov rows, tp of them of the segment. One that covers the
// others nearly as much as the segment comes after all that do not: of most customers, F1
// would rather say everybody than who they are.
func (s *ruleSearch) score(tp, cov int) float64 {
	own, n := s.sizes[s.g], len(s.order)
	score := ruleF1(tp, cov, own)
	if s.opt.Measure == RuleWRAcc {
		score = ruleWRAcc(tp, cov, own, n)
	}
	if float64(tp)/float64(own)-float64(cov-tp)/float64(n-own) < ruleGain {
		score -= 2
	}
	return score
}

// longer returns the best rules that have one condition more than those of the beam.
func (s *ruleSearch) longer(beam []ruleFound) []ruleFound {
	covers := make([][]int32, len(beam))
	parallel(s.opt.Workers, len(beam), func(b int) { covers[b] = s.cover(beam[b].tests) })
	all := make([][]ruleFound, len(beam)*len(s.cols))
	parallel(s.opt.Workers, len(all), func(task int) {
		b, col := task/len(s.cols), task%len(s.cols)
		if s.ctx.Err() == nil && !slices.ContainsFunc(beam[b].tests, func(t ruleTest) bool { return t.col == col }) {
			all[task] = s.with(beam[b].tests, covers[b], col, s.cap)
		}
	})
	flat := slices.Concat(all...)
	slices.SortFunc(flat, func(a, b ruleFound) int { return a.better(&b) })
	flat = slices.CompactFunc(flat, func(a, b ruleFound) bool { return slices.Equal(a.tests, b.tests) })
	var out []ruleFound
	seen := map[[ruleMost]int]int{}
	for _, f := range flat {
		if len(out) == s.opt.Beam {
			break
		}
		var set [ruleMost]int
		for i, t := range f.tests {
			set[i] = t.col + 1
		}
		if seen[set]++; seen[set] <= s.cap {
			out = append(out, f)
		}
	}
	return out
}

// cover lists the places in order that meet all tests.
func (s *ruleSearch) cover(tests []ruleTest) []int32 {
	out := make([]int32, 0, len(s.order)/4)
	if len(tests) == 0 {
		for at := range s.order {
			out = append(out, int32(at))
		}
		return out
	}
	first := s.cols[tests[0].col].codes
	for at, code := range first {
		if !tests[0].is(code) {
			continue
		}
		in := true
		for _, t := range tests[1:] {
			in = in && t.is(s.cols[t.col].codes[at])
		}
		if in {
			out = append(out, int32(at))
		}
	}
	return out
}

// ruleCounts are rows by code: those of the segment, and the others.
type ruleCounts struct{ own, other []int }

// count counts the rows covered by their code in a column. The segment's rows lie
// together, so nothing is asked of a row but its code.
func (s *ruleSearch) count(rows []int32, c *ruleColumn) (n ruleCounts, missing [2]int) {
	lo, _ := slices.BinarySearch(rows, int32(s.from[s.g]))
	hi, _ := slices.BinarySearch(rows, int32(s.from[s.g+1]))
	tally := func(into []int, parts ...[]int32) (unknown int) {
		for _, part := range parts {
			for _, at := range part {
				if code := int(c.codes[at]); code < len(into) {
					into[code]++
				} else if code == ruleUnknown {
					unknown++
				}
			}
		}
		return unknown
	}
	n.own, n.other = make([]int, c.bins), make([]int, c.bins)
	missing[0] = tally(n.own, rows[lo:hi])
	missing[1] = tally(n.other, rows[:lo], rows[hi:])
	return n, missing
}

// with returns the most best rules that add a condition on a column to tests, which
// cover those rows.
func (s *ruleSearch) with(tests []ruleTest, rows []int32, col, most int) []ruleFound {
	c := &s.cols[col]
	counts, missing := s.count(rows, c)
	fixed := 0
	for _, t := range tests {
		fixed += s.bounds(t)
	}
	// What is added alone, since it is all that these differ in.
	order := func(a, b ruleFound) int {
		return cmp.Or(cmp.Compare(b.score, a.score), a.bounds-b.bounds, a.tests[0].compare(b.tests[0]))
	}
	few := most <= ruleFew
	var out []ruleFound // the best so far, in order if they are few
	add := func(t ruleTest, tp, other int) {
		score := s.score(tp, tp+other)
		if tp == 0 || few && len(out) == most && score < out[most-1].score {
			return
		}
		f := ruleFound{tests: []ruleTest{t}, bounds: fixed + s.bounds(t), tp: tp, cov: tp + other, score: score}
		if !few {
			out = append(out, f)
			return
		}
		at, _ := slices.BinarySearchFunc(out, f, order)
		out = slices.Insert(out, at, f)
		out = out[:min(len(out), most)]
	}
	if s.opt.Missing && c.missing && missing[0]+missing[1] < len(rows) {
		add(ruleTest{col: col, missing: true}, missing[0], missing[1])
	}
	edges := c.edges[s.g]
	bins := len(edges) - 1
	// Sums up to each edge, gone around twice for a clock.
	own, other := make([]int, 2*bins+1), make([]int, 2*bins+1)
	for b := range 2 * bins {
		own[b+1], other[b+1] = own[b], other[b]
		for code := edges[b%bins]; code < edges[b%bins+1]; code++ {
			own[b+1] += counts.own[code]
			other[b+1] += counts.other[code]
		}
	}
	switch c.test {
	case RuleEquals:
		for b := range bins - 1 { // the last is any other value
			add(ruleTest{col: col, from: b, to: b + 1}, own[b+1]-own[b], other[b+1]-other[b])
		}
	case RuleArc:
		for b := range bins {
			for w := 1; w < bins; w++ {
				add(ruleTest{col: col, from: b, to: (b+w-1)%bins + 1}, own[b+w]-own[b], other[b+w]-other[b])
			}
		}
	default:
		for b := range bins {
			for to := b + 1; to <= bins; to++ {
				if to-b < bins || c.missing { // open on both sides: the value is known
					add(ruleTest{col: col, from: edges[b], to: edges[to]}, own[to]-own[b], other[to]-other[b])
				}
			}
		}
	}
	if !few {
		slices.SortFunc(out, order)
		out = out[:min(len(out), most)]
	}
	for i := range out {
		t := out[i].tests[0]
		at, _ := slices.BinarySearchFunc(tests, t, ruleTest.compare)
		out[i].tests = slices.Insert(slices.Clone(tests), at, t)
	}
	return out
}

// bounds counts the ends of a test that are not open.
func (s *ruleSearch) bounds(t ruleTest) int {
	c := &s.cols[t.col]
	switch {
	case t.missing || c.test == RuleEquals:
		return 1
	case c.test == RuleArc:
		return 2
	}
	n := 0
	if t.from > 0 {
		n++
	}
	if t.to < c.bins {
		n++
	}
	return n
}

// polish chooses each condition again, in its column or another, with the others held,
// until nothing gets better: a beam chooses the first before it knows the second.
func (s *ruleSearch) polish(f ruleFound) ruleFound {
	for changed := true; changed && s.ctx.Err() == nil; {
		changed = false
		for i := range f.tests {
			others := slices.Delete(slices.Clone(f.tests), i, i+1)
			rows := s.cover(others)
			found := make([][]ruleFound, len(s.cols))
			parallel(s.opt.Workers, len(s.cols), func(col int) {
				if !slices.ContainsFunc(others, func(t ruleTest) bool { return t.col == col }) {
					found[col] = s.with(others, rows, col, 1)
				}
			})
			for _, x := range slices.Concat(found...) {
				if x.score > f.score {
					f, changed = x, true
				}
			}
			if changed {
				break
			}
		}
	}
	return f
}

// open takes bounds away while the score stays at least: x ≤ 9 says more shortly than
// 0.5 < x ≤ 9 what nearly the same rows meet.
func (s *ruleSearch) open(f ruleFound, least float64) ruleFound {
	for {
		var next *ruleFound
		for i, t := range f.tests {
			c := &s.cols[t.col]
			if t.missing || c.test != RuleBetween || t.from == 0 || t.to == c.bins {
				continue
			}
			for _, wider := range []ruleTest{{col: t.col, from: 0, to: t.to}, {col: t.col, from: t.from, to: c.bins}} {
				x := ruleFound{tests: slices.Clone(f.tests), bounds: f.bounds - 1}
				x.tests[i] = wider
				rows := s.cover(x.tests)
				lo, _ := slices.BinarySearch(rows, int32(s.from[s.g]))
				hi, _ := slices.BinarySearch(rows, int32(s.from[s.g+1]))
				x.tp, x.cov = hi-lo, len(rows)
				x.score = s.score(x.tp, x.cov)
				if x.score >= least && (next == nil || x.better(next) < 0) {
					next = &x
				}
			}
		}
		if next == nil {
			return f
		}
		f = *next
	}
}
