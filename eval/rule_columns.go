package eval

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/mores-lab/mores/features"
)

// ruleColumn is a column as the search sees it: every value replaced by the number of
// its bin.
type ruleColumn struct {
	test    RuleTest
	at, sin int
	whole   bool
	cuts    []float64 // of all segments; code c means cuts[c−1] < x ≤ cuts[c]
	levels  []float64 // of a category: the value of each code
	bins    int
	missing bool // some value is
	// edges are the codes at which a segment's bins begin, and the number of codes: the
	// cuts of other segments are none of this one's.
	edges [][]int
	codes []uint16 // in the order of rules.order
}

const (
	// ruleUnknown is the code of a missing value: no interval reaches it.
	ruleUnknown = math.MaxUint16
	// ruleNowhere is the code of an angle without a direction.
	ruleNowhere = ruleUnknown - 1
	// ruleLevels is how many values of a category may be in a rule, the most frequent.
	ruleLevels = 30
	// ruleOwnSample and ruleOtherSample are how many values a quantile is taken from: its
	// standard error is then half a per cent of the rows.
	ruleOwnSample, ruleOtherSample = 4000, 12000
	// ruleBlock is how many columns are coded in one pass over the rows, which lie in
	// memory row by row.
	ruleBlock = 8
)

// code finds the cuts and codes the fitted half.
func (r *rules) code(ctx context.Context) error {
	for j, c := range r.raw.Cols {
		if r.opt.Columns != nil && !slices.Contains(r.opt.Columns, j) {
			continue
		}
		col := ruleColumn{test: RuleBetween, at: j, sin: j}
		switch c.Kind {
		case features.Embedding:
			continue
		case features.Category:
			col.test = RuleEquals
		case features.Angle:
			name, cosine := strings.CutSuffix(c.Name, "_cos")
			if col.sin = r.raw.Index(name + "_sin"); !cosine || col.sin < 0 {
				continue // its other half stands for both
			}
			col.test, col.bins = RuleArc, ruleSectors(name)
		}
		r.cols = append(r.cols, col)
	}
	samples := r.samples()
	parallel(r.opt.Workers, len(r.cols), func(task int) {
		if ctx.Err() == nil {
			r.cut(&r.cols[task], samples)
		}
	})
	r.cols = slices.DeleteFunc(r.cols, func(c ruleColumn) bool { return c.bins == 0 })
	blocks := (len(r.cols) + ruleBlock - 1) / ruleBlock
	parallel(r.opt.Workers, blocks, func(b int) {
		r.fill(ctx, r.cols[b*ruleBlock:min(len(r.cols), (b+1)*ruleBlock)])
	})
	r.cols = slices.DeleteFunc(r.cols, func(c ruleColumn) bool { return c.bins < 2 && !c.missing })
	return ctx.Err()
}

// ruleSectors is into how many parts a clock is cut, so that they are those that people
// speak of: hours, weekdays, months.
func ruleSectors(name string) int {
	for _, k := range clockClocks {
		if k.name == name {
			return k.sectors
		}
	}
	return 24
}

// ruleSamples are rows from which quantiles are taken.
type ruleSamples struct {
	own    [][]int // of each segment
	others [][]int // of everyone else
}

func (r *rules) samples() ruleSamples {
	s := ruleSamples{own: make([][]int, r.k), others: make([][]int, r.k)}
	for g := range r.k {
		s.own[g] = r.order[r.from[g]:][:min(r.sizes[g], ruleOwnSample)]
		for _, i := range r.fit {
			if len(s.others[g]) == ruleOtherSample {
				break
			}
			if r.group(i) != g {
				s.others[g] = append(s.others[g], i)
			}
		}
	}
	return s
}

// cut finds a column's bins.
func (r *rules) cut(c *ruleColumn, s ruleSamples) {
	c.edges = make([][]int, r.k)
	switch c.test {
	case RuleBetween:
		r.quantiles(c, s)
		return
	case RuleEquals:
		r.frequent(c)
	}
	for g := range c.edges {
		for b := range c.bins + 1 {
			c.edges[g] = append(c.edges[g], b)
		}
	}
}

// frequent lists the most frequent values of a category.
func (r *rules) frequent(c *ruleColumn) {
	n := map[float64]int{}
	for _, i := range r.fit {
		if v := r.raw.Row(i)[c.at]; v == v {
			n[v]++
		}
	}
	for v := range n {
		c.levels = append(c.levels, v)
	}
	slices.SortFunc(c.levels, func(a, b float64) int {
		switch {
		case n[a] != n[b]:
			return n[b] - n[a]
		case a < b:
			return -1
		}
		return 1
	})
	c.levels = c.levels[:min(len(c.levels), ruleLevels)]
	slices.Sort(c.levels)
	c.bins = len(c.levels) + 1 // the last is any other value
}

// quantiles finds where each segment may cut a column.
func (r *rules) quantiles(c *ruleColumn, s ruleSamples) {
	c.whole = true
	n, _ := r.raw.Dims()
	for i := 0; i < n && c.whole; i++ {
		v := r.raw.Row(i)[c.at]
		c.whole = v != v || v == math.Trunc(v)
	}
	sorted := func(rows []int) []float64 {
		out := make([]float64, 0, len(rows))
		for _, i := range rows {
			if v := r.raw.Row(i)[c.at]; v == v {
				out = append(out, v)
			}
		}
		slices.Sort(out)
		return out
	}
	cuts := make([][]float64, r.k)
	for g := range r.k {
		if len(s.own[g]) == 0 || len(s.others[g]) == 0 {
			continue
		}
		scale := float64(len(r.fit)-r.sizes[g]) / float64(len(s.others[g])) * float64(len(s.own[g])) / float64(r.sizes[g])
		cuts[g] = ruleCuts(sorted(s.own[g]), sorted(s.others[g]), c.whole, r.opt.Cuts, scale)
		c.cuts = append(c.cuts, cuts[g]...)
	}
	slices.Sort(c.cuts)
	c.cuts = slices.Compact(c.cuts)
	c.bins = len(c.cuts) + 1
	for g := range r.k {
		c.edges[g] = []int{0}
		for _, v := range cuts[g] {
			at, _ := slices.BinarySearch(c.cuts, v)
			c.edges[g] = append(c.edges[g], at+1)
		}
		c.edges[g] = append(c.edges[g], c.bins)
	}
}

// fill codes a few columns in one pass over the fitted rows.
func (r *rules) fill(ctx context.Context, cols []ruleColumn) {
	for j := range cols {
		cols[j].codes = make([]uint16, len(r.order))
	}
	for at, i := range r.order {
		if at%(1<<16) == 0 && ctx.Err() != nil {
			return
		}
		row := r.raw.Row(i)
		for j := range cols {
			c := &cols[j]
			code := c.of(row)
			if code == ruleUnknown {
				c.missing = true
			}
			c.codes[at] = code
		}
	}
}

// of is the code of a row's value.
func (c *ruleColumn) of(row []float64) uint16 {
	x := row[c.at]
	switch {
	case x != x:
		return ruleUnknown
	case c.test == RuleArc:
		y := row[c.sin]
		if y != y {
			return ruleUnknown
		}
		for s := range c.bins {
			if onArc(x, y, float64(s)/float64(c.bins), float64((s+1)%c.bins)/float64(c.bins)) {
				return uint16(s)
			}
		}
		return ruleNowhere
	case c.test == RuleEquals:
		if at, ok := slices.BinarySearch(c.levels, x); ok {
			return uint16(at)
		}
		return uint16(len(c.levels))
	}
	lo, hi := 0, len(c.cuts)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if c.cuts[mid] < x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return uint16(lo)
}

// is reports whether the test takes a code.
func (t ruleTest) is(code uint16) bool {
	switch {
	case t.missing:
		return code == ruleUnknown
	case t.from > t.to: // across the turn of a clock
		return code < ruleNowhere && (int(code) >= t.from || int(code) < t.to)
	}
	return int(code) >= t.from && int(code) < t.to
}

// condition says a test in the column's own units.
func (r *rules) condition(t ruleTest) RuleCondition {
	c := &r.cols[t.col]
	out := RuleCondition{Test: c.test, Column: r.raw.Cols[c.at], At: c.at, SinAt: c.sin, Lo: math.Inf(-1), Hi: math.Inf(1), Whole: c.whole}
	switch {
	case t.missing:
		out.Test = RuleMissing
	case c.test == RuleEquals:
		out.Lo = c.levels[t.from]
	case c.test == RuleArc:
		out.Sin = r.raw.Cols[c.sin]
		out.Lo, out.Hi = float64(t.from)/float64(c.bins), float64(t.to%c.bins)/float64(c.bins)
	default:
		if t.from > 0 {
			out.Lo = c.cuts[t.from-1]
		}
		if t.to < c.bins {
			out.Hi = c.cuts[t.to-1]
		}
	}
	return out
}

func (r *rules) conditions(found ruleFound) []RuleCondition {
	var out []RuleCondition
	for _, t := range found.tests {
		out = append(out, r.condition(t))
	}
	return out
}
