package eval

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// PriorityTargeting is what it is worth to contact first the customers whose segment
// responds most, on a campaign decided by lot. Segments are ranked by their effect among
// some customers and judged on others, in the stages of PriorityEven; π_s(r) is the part
// of segment s that is reached when the ranking's first r of all customers are, and
//
//	U(r) = mean of π_s(i)(r)·Γᵢ        random(r) = r·mean Γ        area = ∫ U(r) − random(r) dr
//
// with Γ the doubly robust part of a customer in money before the margin (see Decide), so
// that each figure is a mean over customers with the interval of its influence function.
// Who comes first within a segment is left to a lot. Qini is the coefficient of
// features.QiniAUC for having answered at all (outcome > 0), by the same rankings, with a
// delete-a-group jackknife; 0 = by lot, 1 = the best ranking there can be.
//
// Radcliffe 2007, Direct Marketing Analytics Journal 3; intervals of ranked gains:
// Yadlowsky, Fleming, Shah, Brunskill & Wager 2025, doi:10.1080/01621459.2024.2393466.
type PriorityTargeting struct {
	Customers int             `json:"customers"`
	Judged    int             `json:"judged"`
	Curve     []PriorityReach `json:"curve"` // at every twentieth of the customers
	// Budget is the reach that the budget pays for; nil where its cost is not known.
	Budget     *PriorityReach `json:"budget,omitempty"`
	Area       Interval       `json:"area"`
	Told       bool           `json:"told"` // the area's interval is above 0
	Qini       *Interval      `json:"qini,omitempty"`
	QiniReason string         `json:"qini_reason,omitempty"`
}

// PriorityReach is a reach with the gain in money of a customer on the list, reached or
// not, by segments' ranking and by lot.
type PriorityReach struct {
	Share    float64  `json:"share"`
	Segments Interval `json:"segments"`
	Random   Interval `json:"random"`
	Gain     Interval `json:"gain"` // segments less random
}

// target judges the ranking of segments by effect; nothing without a lot.
func (p *priority) target(ctx context.Context) error {
	share, ok := p.treated()
	if p.out.Basis != PriorityEffect || p.k < 2 || len(p.rows) < 20*p.k || !ok {
		return nil
	}
	t := p.ranked(share, priorityBounds(len(p.rows)))
	out := &PriorityTargeting{Customers: len(p.rows), Judged: len(t.gamma)}
	for i := 1; i <= 20; i++ {
		out.Curve = append(out.Curve, p.reach(t, float64(i)/20))
	}
	if p.o.Budget > 0 && p.o.Cost > 0 {
		r := p.reach(t, min(1, p.o.Budget/p.o.Cost/float64(len(p.rows))))
		out.Budget = &r
	}
	area := make([]float64, len(t.gamma))
	for i, x := range t.gamma {
		// ∫ π(r) − r dr of a segment that is reached from start on.
		area[i] = (0.5 - t.start[i] - t.width[i]/2) * x
	}
	out.Area = p.influence(area)
	out.Told = out.Area.Lo > 0
	out.Qini, out.QiniReason = p.qini(ctx, t)
	p.out.Targeting = out
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return p.decide(ctx)
}

// priorityRanked is the customers who judge: Γ in money, the score of their segment, and
// the piece of the ranking that their segment is.
type priorityRanked struct {
	gamma, score, start, width []float64
	y                          []float64
	treated                    []bool
}

// ranked ranks segments stage by stage.
func (p *priority) ranked(share []float64, bounds []int) *priorityRanked {
	out := &priorityRanked{}
	q := make([]float64, p.k)
	for _, r := range p.rows {
		q[r.g] += 1 / float64(len(p.rows))
	}
	now := newPrioritySums(p.k)
	for s := range len(bounds) - 1 {
		rows := p.rows[bounds[s]:bounds[s+1]]
		if s > 0 {
			score, order := make([]float64, p.k), ascendingInts(p.k)
			for g := range score {
				a, _ := now.mean(0, g, true)
				b, _ := now.mean(1, g, true)
				score[g] = a - b
			}
			slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(score[b], score[a]), a-b) })
			start, at := make([]float64, p.k), 0.0
			for _, g := range order {
				start[g] = at
				at += q[g]
			}
			for i := range rows {
				r := &rows[i]
				out.gamma = append(out.gamma, p.gamma(r, now, share)/p.o.Margin)
				out.score, out.start, out.width = append(out.score, score[r.g]), append(out.start, start[r.g]), append(out.width, q[r.g])
				out.y, out.treated = append(out.y, r.y), append(out.treated, r.arm == 0)
			}
		}
		for i := range rows {
			now.add(&rows[i])
		}
	}
	return out
}

func (p *priority) reach(t *priorityRanked, r float64) PriorityReach {
	by, lot, gain := make([]float64, len(t.gamma)), make([]float64, len(t.gamma)), make([]float64, len(t.gamma))
	for i, x := range t.gamma {
		part := min(1, max(0, (r-t.start[i])/t.width[i]))
		if r >= 1 {
			part = 1
		}
		by[i], lot[i], gain[i] = part*x, r*x, (part-r)*x
	}
	return PriorityReach{Share: r, Segments: p.influence(by), Random: p.influence(lot), Gain: p.influence(gain)}
}

// priorityGroups is the number of groups of the jackknife: its t quantile is that of the
// normal to 2 %.
const priorityGroups = 60

// qini is the coefficient of having answered, with its interval.
func (p *priority) qini(ctx context.Context, t *priorityRanked) (*Interval, string) {
	n := len(t.y)
	if n < 10*priorityGroups {
		return nil, "fewer than 600 customers judge it"
	}
	answered := make([]float64, n)
	for i, y := range t.y {
		if y > 0 {
			answered[i] = 1
		}
	}
	all, err := features.QiniAUC(answered, t.score, t.treated)
	if err != nil {
		return nil, err.Error()
	}
	var left []float64
	y, score, treated := make([]float64, 0, n), make([]float64, 0, n), make([]bool, 0, n)
	for b := range priorityGroups {
		if ctx.Err() != nil {
			return nil, ctx.Err().Error()
		}
		y, score, treated = y[:0], score[:0], treated[:0]
		for i := range n {
			if i%priorityGroups != b { // the order is a hash's: groups are by lot
				y, score, treated = append(y, answered[i]), append(score, t.score[i]), append(treated, t.treated[i])
			}
		}
		one, err := features.QiniAUC(y, score, treated)
		if err != nil {
			return nil, err.Error()
		}
		left = append(left, one)
	}
	_, sd := moments(left)
	g := float64(priorityGroups)
	se := sd * (g - 1) / math.Sqrt(g)
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: g - 1}.Quantile(1-p.o.Alpha/2) * se
	return &Interval{Value: all, Lo: all - half, Hi: all + half}, ""
}

// decide compares a message by segment with the best single one for all, in margin less
// what a message costs.
func (p *priority) decide(ctx context.Context) error {
	names := p.in.ActionNames
	if p.in.Actions == nil {
		names = []string{"nothing", "a message"}
	}
	c := &Campaign{Names: names, Cost: make([]float64, len(names))}
	met := make([]float64, len(names))
	for i, l := range p.in.Labels {
		if l < 0 || math.IsNaN(p.in.Outcome[i]) {
			continue
		}
		a := 0
		switch {
		case p.in.Actions != nil:
			a = p.in.Actions[i]
		case p.in.Treated[i]:
			a = 1
		}
		met[a]++
		c.IDs, c.Segments, c.Actions = append(c.IDs, p.in.IDs[i]), append(c.Segments, l), append(c.Actions, a)
		c.Outcome = append(c.Outcome, p.o.Margin*p.in.Outcome[i])
	}
	lot := make([]float64, len(names))
	for a := range lot {
		if lot[a] = met[a] / float64(len(c.Outcome)); lot[a] == 0 {
			return nil
		}
		if a > 0 {
			c.Cost[a] = p.o.Cost
		}
	}
	c.Propensities = [][]float64{lot}
	o := NewDecisionOptions()
	o.Alpha = p.o.Alpha
	if float64(len(c.Outcome))*o.First < float64(10*len(names)) {
		return nil
	}
	d, err := Decide(ctx, c, o, cluster.Run{Seed: p.o.Seed})
	p.out.Decision = d
	return err
}
