package eval

import (
	"context"
	"slices"

	"github.com/mores-lab/mores/features"
)

// Limits of the levels of a nested segmentation; see PickRule.Pick. None is ours: an
// adjusted Rand index above .9 is an excellent recovery and one above .8 a good one
// (Steinley 2004), and a segment is stable from the gain that Stability calls so.
const (
	levelSame   = 0.9
	levelAgreed = 0.8
	levelStable = stabilityStable
)

// PickLevel is one level of a nested segmentation.
type PickLevel struct {
	Index int `json:"index"` // of the candidate
	// Divided is how many segments of the level above it divides; 0 for the first level.
	Divided int `json:"divided,omitempty"`
	// Agreed is how far the algorithms of the family Kind find the same inside a divided
	// segment: in that segment where it is least, by that family which finds it best. Kind
	// is empty where there is no other algorithm.
	Kind   string  `json:"kind,omitempty"`
	Agreed float64 `json:"agreed,omitempty"`
}

// pickNest holds what is needed to compare candidates with each other.
type pickNest struct {
	candidates []Candidate
	open       []bool
	labels     [][]int32 // the unassigned are one more cluster, the last
	counts     [][]int
	workers    int
	rows       *features.Matrix // unstepped; nil = not needed yet
}

// same says whether two candidates are one partition but for a few rows.
func (n *pickNest) same(i, j int) bool {
	t := &contingency{n: len(n.labels[i]), a: n.counts[i], b: n.counts[j]}
	t.count(n.labels[i], n.labels[j])
	return t.adjustedRand() >= levelSame
}

// levels sets Levels, from the coarsest to the finest, and brings the order into line with
// what is finer than its first.
func (r PickRule) levels(ctx context.Context, n *pickNest, p *Picked) error {
	p.best = p.Order[0]
	p.Levels = []PickLevel{{Index: p.best}}
	if r.X == nil || p.Basis == PickNothing || p.Basis == PickIndex {
		return nil
	}
	if err := r.above(ctx, n, p); err != nil {
		return err
	}
	first := []int{p.best}
	for {
		next, err := r.below(ctx, n, p, first[0])
		if err != nil {
			return err
		}
		if next == nil {
			break
		}
		first = slices.Insert(first, 0, next.Index)
		p.Levels = append(p.Levels, *next)
	}
	p.Order = append(first, slices.DeleteFunc(p.Order, func(i int) bool { return slices.Contains(first, i) })...)
	return nil
}

// below is the next finer level, nil where there is none.
func (r PickRule) below(ctx context.Context, n *pickNest, p *Picked, coarse int) (*PickLevel, error) {
	for _, i := range p.Order {
		if n.candidates[i].K <= n.candidates[coarse].K {
			continue
		}
		if l, err := r.divides(ctx, n, p, coarse, i); l != nil || err != nil {
			return l, err
		}
	}
	return nil, ctx.Err()
}

// above puts the coarser levels before the first: what divides the whole as a finer level
// has to divide a coarser one, and is so divided by the level below it.
func (r PickRule) above(ctx context.Context, n *pickNest, p *Picked) error {
	for found := true; found; {
		found = false
		fine := p.Levels[0].Index
		for _, i := range p.Order {
			if n.candidates[i].K >= n.candidates[fine].K {
				continue
			}
			l, err := r.divides(ctx, n, p, i, fine)
			if err != nil {
				return err
			}
			if l == nil {
				continue
			}
			whole, err := r.divides(ctx, n, p, pickWhole, i)
			if err != nil {
				return err
			}
			if whole != nil {
				p.Levels[0] = *l
				p.Levels = slices.Insert(p.Levels, 0, PickLevel{Index: i})
				found = true
				break
			}
		}
	}
	return ctx.Err()
}

// pickWhole stands for all rows as one segment.
const pickWhole = -1

// divides returns the level that the fine candidate is under the coarse one, nil where it
// is none.
func (r PickRule) divides(ctx context.Context, n *pickNest, p *Picked, coarse, fine int) (*PickLevel, error) {
	if gain, known := pickWeakest(n.candidates[fine]); (known || p.Basis != PickAgreement) && gain < levelStable {
		return nil, nil
	}
	home, divided := n.nested(coarse, fine)
	if len(divided) == 0 {
		return nil, nil
	}
	l := &PickLevel{Index: fine, Divided: len(divided)}
	if p.Support[fine].Defined() {
		if err := n.agreed(ctx, l, coarse, divided); err != nil {
			return nil, err
		}
		if l.Agreed < levelAgreed {
			return nil, nil
		}
	}
	if n.rows == nil {
		n.rows = unstepped(r.X)
	}
	if apart, err := n.apart(ctx, fine, home, divided); err != nil || !apart {
		return nil, err
	}
	return l, nil
}

// nested returns, for each segment of the fine candidate, the segment of the coarse one
// that most of its rows are in, and the segments of the coarse one that it divides: none
// where its segments, joined so, are not the coarse ones.
func (n *pickNest) nested(coarse, fine int) (home, divided []int) {
	if coarse == pickWhole {
		return make([]int, len(n.counts[fine])), []int{0}
	}
	t := &contingency{n: len(n.labels[fine]), a: n.counts[fine], b: n.counts[coarse]}
	t.count(n.labels[fine], n.labels[coarse])
	home = make([]int, len(t.a))
	most := make([]int, len(t.a))
	for _, c := range t.cells {
		if c.n > most[c.i] {
			most[c.i], home[c.i] = c.n, c.j
		}
	}
	segments := len(t.b)
	if n.candidates[coarse].Noise > 0 {
		segments--
	}
	if n.candidates[fine].Noise > 0 { // the unassigned are part of no segment
		home[len(home)-1] = segments
	}
	joined := make([]int32, len(n.labels[fine]))
	for row, l := range n.labels[fine] {
		joined[row] = int32(home[l])
	}
	u, counts := dense(joined)
	j := &contingency{n: len(u), a: counts, b: t.b}
	j.count(u, n.labels[coarse])
	if j.adjustedRand() < levelSame {
		return nil, nil
	}
	pieces := make([]int, segments+1)
	for _, s := range home {
		pieces[s]++
	}
	for s, c := range pieces[:segments] {
		if c > 1 {
			divided = append(divided, s)
		}
	}
	return home, divided
}

// agreed fills in how far other algorithms find the level's partition of the rows of each
// divided segment.
func (n *pickNest) agreed(ctx context.Context, l *PickLevel, coarse int, divided []int) error {
	for at, s := range divided {
		var rows []int32
		for row := range n.labels[l.Index] {
			if coarse == pickWhole || int(n.labels[coarse][row]) == s {
				rows = append(rows, int32(row))
			}
		}
		kind, v, err := n.inside(ctx, l.Index, rows)
		if err != nil {
			return err
		}
		if at == 0 || v < l.Agreed {
			l.Kind, l.Agreed = kind, v
		}
		if v < levelAgreed {
			return nil
		}
	}
	return nil
}

// inside returns the family whose algorithms find best the candidate's partition of those
// rows, and how well: the mean over them of the adjusted Rand index with the most similar
// candidate of each, 0 if negative.
func (n *pickNest) inside(ctx context.Context, i int, rows []int32) (kind string, best float64, err error) {
	of := func(j int) ([]int32, []int) {
		part := make([]int32, len(rows))
		for at, row := range rows {
			part[at] = n.labels[j][row]
		}
		return dense(part)
	}
	u, a := of(i)
	ari := make([]float64, len(n.candidates))
	parallel(n.workers, len(ari), func(j int) {
		if !n.open[j] || n.candidates[j].Algorithm == n.candidates[i].Algorithm || ctx.Err() != nil {
			return
		}
		v, b := of(j)
		t := &contingency{n: len(rows), a: a, b: b}
		t.count(u, v)
		ari[j] = t.adjustedRand()
	})
	if err := ctx.Err(); err != nil {
		return "", 0, err
	}
	by := supportOf(n.candidates, n.open, i, func(j int) float64 { return ari[j] }).By
	names, values := supportFamilies(by)
	for f, name := range names {
		if kind == "" || values[f] > best {
			kind, best = name, values[f]
		}
	}
	return kind, best, nil
}
