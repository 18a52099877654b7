package golearn

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Rule says in at most three conditions who belongs to a segment.
type Rule struct {
	Segment    int32
	Conditions []Condition // all must hold; ascending by column; none if there is a Reason
	// Precision is the share of the held-out rows covered that belong to the segment,
	// Recall the share of the segment's held-out rows that are covered.
	Precision, Recall float64
	Covered           int // held-out rows that the rule covers
	Belong            int // held-out rows of the segment
	Held              int // held-out rows of all segments and of none
	// Reason says why there is no rule; "" = there is one.
	Reason string
}

// Condition holds where Lo < x ≤ Hi; an infinite bound is open. A missing value
// (NaN) meets no condition, not even one that is open on both sides, which asks
// only that the value be known.
type Condition struct {
	Column int
	Lo, Hi float64
	// Whole says that the column holds whole numbers only: Lo < x is then at least Lo + 1.
	Whole bool
}

// Holds reports whether x meets the condition.
func (c Condition) Holds(x float64) bool { return x > c.Lo && x <= c.Hi }

// Options of Rules; the zero value is the default.
type Options struct {
	Depth   int    // of the tree: the most conditions a rule has, 1 to 3; 0 = 3
	MaxRows int    // a tree is grown on, half of them of its segment if it has as many; 0 = 4,000
	Seed    uint64 // of the split into halves
	Columns []int  // that rules may use; nil = all
}

const (
	// leastRows is the smallest number of rows of a segment, and of others, in
	// either half: fewer say nothing about a share.
	leastRows = 10
	// leastGain is the least advantage in recall over the share of others covered;
	// a rule below it tells next to nothing. It must also exceed chance at 95 %.
	leastGain = 0.1
	// simpler is the loss in F1 that one condition less is worth.
	simpler = 0.01
	// treeColumns is how many columns a tree is grown on: the best one by one.
	treeColumns = 20
)

// Rules finds a short rule for each of the segments 0..k−1 of the rows of x, which
// is row-major with d columns; labels outside 0..k−1 belong to none. One half of
// the rows grows the trees, one against the rest for each segment, and the other
// half is counted for precision and recall. Rows are shared out by a hash of their
// values, label and seed, within each segment, so neither the rows' order nor
// anything but the seed and the data affects the result. A segment without a rule
// has a reason; an error is a wrong argument or the end of ctx. Cost O(n·d + n ln n)
// and a tree of at most MaxRows rows, 20 columns and 16 bins for each segment.
func Rules(ctx context.Context, x []float64, d int, labels []int32, k int, opt Options) ([]Rule, error) {
	n := len(labels)
	opt.Depth, opt.MaxRows = cmp.Or(opt.Depth, 3), cmp.Or(opt.MaxRows, 4000)
	switch {
	case d < 0 || len(x) != n*d:
		return nil, fmt.Errorf("golearn: %d values are not %d rows of %d columns", len(x), n, d)
	case k < 0 || k > math.MaxInt32:
		return nil, fmt.Errorf("golearn: %d segments", k)
	case opt.Depth < 1 || opt.Depth > 3:
		return nil, fmt.Errorf("golearn: depth %d is not 1, 2 or 3", opt.Depth)
	case opt.MaxRows < 4*leastRows:
		return nil, fmt.Errorf("golearn: %d rows are too few to grow a tree on; %d is the least", opt.MaxRows, 4*leastRows)
	}
	if opt.Columns == nil {
		for j := range d {
			opt.Columns = append(opt.Columns, j)
		}
	}
	for _, j := range opt.Columns {
		if j < 0 || j >= d {
			return nil, fmt.Errorf("golearn: no column %d among %d", j, d)
		}
	}
	r := &rules{ctx: ctx, x: x, d: d, labels: labels, opt: opt}
	if err := r.halve(k); err != nil {
		return nil, err
	}
	r.kinds()
	out := make([]Rule, k)
	for g := range out {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[g] = r.rule(int32(g))
	}
	return out, nil
}

// rules is one call of Rules.
type rules struct {
	ctx       context.Context
	x         []float64
	d         int
	labels    []int32
	opt       Options
	fit, held []int // rows in the order of their hashes
	sizes     []int // rows of each segment in fit
	heldSizes []int
	whole     []bool // columns of whole numbers
}

func (r *rules) row(i int) []float64 { return r.x[i*r.d : (i+1)*r.d] }

// halve shares the rows out: within a segment, in the order of their hashes, every
// other row is held out. Rows of equal values and label are interchangeable.
func (r *rules) halve(k int) error {
	type key struct {
		hash uint64
		row  int
	}
	keys := make([]key, len(r.labels))
	for i, l := range r.labels {
		if i%65536 == 0 && r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		if l < 0 || int(l) >= k {
			l = -1
		}
		h := mix(r.opt.Seed ^ uint64(uint32(l)))
		for _, v := range r.row(i) {
			switch {
			case v != v:
				v = math.NaN() // all are missing alike
			case v == 0:
				v = 0 // −0
			}
			h = mix(h ^ math.Float64bits(v))
		}
		keys[i] = key{h, i}
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Compare(a.hash, b.hash) })
	r.sizes, r.heldSizes = make([]int, k), make([]int, k)
	seen := make([]int, k+1) // none is the last
	for _, key := range keys {
		g := int(r.labels[key.row])
		if g < 0 || g >= k {
			g = k
		}
		seen[g]++
		half, sizes := &r.fit, r.sizes
		if seen[g]%2 == 0 {
			half, sizes = &r.held, r.heldSizes
		}
		*half = append(*half, key.row)
		if g < k {
			sizes[g]++
		}
	}
	return nil
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// kinds finds the columns of whole numbers.
func (r *rules) kinds() {
	r.whole = make([]bool, r.d)
	for _, j := range r.opt.Columns {
		r.whole[j] = true
		for i := range r.labels {
			if v := r.x[i*r.d+j]; v == v && v != math.Trunc(v) {
				r.whole[j] = false
				break
			}
		}
	}
}

// rule finds segment g's rule.
func (r *rules) rule(g int32) Rule {
	out := Rule{Segment: g, Belong: r.heldSizes[g], Held: len(r.held)}
	if r.sizes[g] < leastRows || r.heldSizes[g] < leastRows {
		out.Reason = fmt.Sprintf("fewer than %d rows belong to the segment: too few to find a rule on one half and judge it on the other", 2*leastRows)
		return out
	}
	if len(r.fit)-r.sizes[g] < leastRows || len(r.held)-r.heldSizes[g] < leastRows {
		out.Reason = fmt.Sprintf("fewer than %d rows lie outside the segment: there is nothing to tell it from", 2*leastRows)
		return out
	}
	s := r.sample(g)
	if len(s.columns) == 0 {
		out.Reason = "no feature has two values that tell rows apart"
		return out
	}
	boxes, err := s.boxes(r.opt.Depth)
	if err != nil {
		out.Reason = err.Error()
		return out
	}
	box := s.best(boxes)
	if box == nil {
		out.Reason = "the tree found nothing that sets the segment apart"
		return out
	}
	conditions := s.conditions(box)
	covered, belong := r.judge(g, conditions)
	recall := float64(belong) / float64(out.Belong)
	others := float64(covered-belong) / float64(out.Held-out.Belong)
	// The spread of recall − others if the rule covered both alike.
	share := float64(covered) / float64(out.Held)
	spread := math.Sqrt(share * (1 - share) * (1/float64(out.Belong) + 1/float64(out.Held-out.Belong)))
	if recall-others < max(leastGain, 1.96*spread) {
		out.Reason = "no rule of three conditions sets the segment apart on the rows held out"
		return out
	}
	out.Conditions, out.Covered = conditions, covered
	out.Precision, out.Recall = float64(belong)/float64(covered), recall
	return out
}

// judge counts the held-out rows that meet all conditions, and those among them that
// belong to segment g.
func (r *rules) judge(g int32, conditions []Condition) (covered, belong int) {
	for _, i := range r.held {
		row := r.row(i)
		if slices.ContainsFunc(conditions, func(c Condition) bool { return !c.Holds(row[c.Column]) }) {
			continue
		}
		covered++
		if r.labels[i] == g {
			belong++
		}
	}
	return covered, belong
}
