package eval

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/cluster"
)

// DecisionOptions says how Decide works; NewDecisionOptions fills it in.
type DecisionOptions struct {
	// First is the share of the customers that only help to choose; the others are judged
	// in so many stages, each by what those before it chose.
	First  float64 `json:"first"`
	Stages int     `json:"stages"`
	Alpha  float64 `json:"alpha"`
	// Plain leaves the outcome model out: inverse propensities alone, unbiased as well, and
	// wider.
	Plain bool `json:"plain"`
	// Caution is by how many standard errors another action must be ahead in a segment
	// before it is preferred there to the best single one; 0 = any lead will do.
	Caution float64 `json:"caution"`
}

// NewDecisionOptions returns the defaults: choices of a quarter of the customers are not
// worth judging.
func NewDecisionOptions() DecisionOptions {
	return DecisionOptions{First: 0.25, Stages: 15, Alpha: 0.05}
}

func (o DecisionOptions) check() error {
	switch {
	case !(o.First > 0 && o.First < 1):
		return fmt.Errorf("decision: first = %g: between 0 and 1, as 0.25", o.First)
	case o.Stages < 1 || o.Stages > 1000:
		return fmt.Errorf("decision: stages = %d: 1 to 1000, as 15", o.Stages)
	case !(o.Alpha > 0 && o.Alpha < 1):
		return fmt.Errorf("decision: alpha = %g: between 0 and 1, as 0.05", o.Alpha)
	case !(o.Caution >= 0):
		return fmt.Errorf("decision: caution = %g: 0 or more standard errors", o.Caution)
	}
	return nil
}

// Campaign is a randomised campaign: who got which action by lot, and what came of it.
type Campaign struct {
	IDs      []string // decide the stages; nil = the rows' numbers
	Segments []int32  // made before the lot was drawn; −1 is a segment of its own
	Names    []string // of the actions, "nothing" among them where that is one
	Actions  []int    // one a customer, into Names
	Outcome  []float64
	// Propensities are the lot's probabilities of the actions: one row for all customers,
	// or one a customer. They must be known, not estimated from who answered.
	Propensities [][]float64
	Cost         []float64 // of each action, in the outcome's unit; nil = none
}

// DecisionSegment is what the actions bring in one segment, over all customers.
type DecisionSegment struct {
	Segment   int32      `json:"segment"`
	Customers int        `json:"customers"`
	Share     float64    `json:"share"`
	Values    []Interval `json:"values"` // mean outcome less cost, by action
	Best      string     `json:"best"`
	// Lead is the best action here less the single best one.
	Lead   Interval `json:"lead"`
	Reason string   `json:"reason,omitempty"` // why the intervals have no width
}

// Decision is what knowing the segments is worth for choosing actions.
type Decision struct {
	Customers int      `json:"customers"`
	Judged    int      `json:"judged"` // those of them who are not of the first share
	Actions   []string `json:"actions"`
	Single    string   `json:"single"` // best single action, of all customers
	// Gain is a customer's mean outcome (less cost) when each segment gets its own best
	// action, less that when all get the best single one; both chosen on other customers.
	Gain Interval `json:"gain"`
	SE   float64  `json:"se"`
	P    float64  `json:"p"` // two-sided, of no gain
	// Apparent is what the same comes to when chosen and judged on the same customers.
	Apparent  float64           `json:"apparent"`
	Policy    Interval          `json:"policy"`   // mean outcome by segments
	Constant  Interval          `json:"constant"` // mean outcome with the single action
	Segments  []DecisionSegment `json:"segments"`
	Stages    []DecisionStage   `json:"stages"`
	Options   DecisionOptions   `json:"options"`
	Estimator string            `json:"estimator"`
	Warnings  []string          `json:"warnings,omitempty"`
}

// DecisionStage is what was chosen by the customers before a stage.
type DecisionStage struct {
	Customers int   `json:"customers"`
	Single    int   `json:"single"` // into Actions
	Best      []int `json:"best"`   // by place in Segments
}

// Decide estimates the decision value of segments on a randomised campaign. The customers
// come in the order of a seeded hash of their ids. For each stage those before it say which
// action is best in each segment, π(s), and which single one is best for all, a*; then
// each customer i of the stage has, for every action,
//
//	Γᵢ(a) = m_a(sᵢ) + 1{Aᵢ = a}/e_a(i)·(Yᵢ − m_a(sᵢ)) − cost_a
//	gain  = mean of Γᵢ(π(sᵢ)) − Γᵢ(a*)
//
// with e the known probabilities of the lot and m the mean outcome of the action in the
// segment among those before (drawn to the action's overall mean with the weight of ten
// customers; 0 if Plain). Γ is unbiased whatever m is (Robins, Rotnitzky & Zhao 1994,
// doi:10.1080/01621459.1994.10476818). Nobody judges what they helped to choose, so the
// gain can be negative, and is where segments have nothing to say.
//
// The interval is that of the influence function, mean ± z·sd/√n, for the mean worth of
// the policies that were chosen. Stages go one way for its sake: folds that choose for each
// other err together where the choice is close, and their interval holds the truth in 78
// and 88 of 100 simulated campaigns instead of 95. Errors of stages in a row are
// uncorrelated, close choice or not (Luedtke & van der Laan 2016,
// doi:10.1214/15-AOS1384).
//
// seed decides the order. Cost: O(n·(ln n + actions) + stages·segments·actions).
func Decide(ctx context.Context, c *Campaign, o DecisionOptions, run cluster.Run) (*Decision, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	d, err := newDecisionRun(c, o, run)
	if err != nil {
		return nil, err
	}
	k := len(c.Names)
	now := newDecisionTable(len(d.segments), k)
	for stage, rows := range d.stages {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if stage > 0 {
			d.judge(now, rows)
		}
		for _, i := range rows {
			now.add(d, i)
		}
	}
	// The first customers' Γ, for what is printed of all: by those after them.
	rest := newDecisionTable(len(d.segments), k)
	for _, rows := range d.stages[1:] {
		for _, i := range rows {
			rest.add(d, i)
		}
	}
	d.score(d.model(rest), d.stages[0])
	return d.finish(), ctx.Err()
}

// decisionRun is one call of Decide.
type decisionRun struct {
	c        *Campaign
	o        DecisionOptions
	segments []int32   // distinct
	at       []int     // segment of each customer, into segments
	stages   [][]int   // customers; of stage 0 none is judged
	gamma    []float64 // customers × actions
	policy   []float64 // Γᵢ(π(sᵢ)) of those who are judged
	single   []float64 // Γᵢ(a*)
	out      *Decision
}

func newDecisionRun(c *Campaign, o DecisionOptions, run cluster.Run) (*decisionRun, error) {
	n, k := len(c.Outcome), len(c.Names)
	switch {
	case len(c.Segments) != n || len(c.Actions) != n || c.IDs != nil && len(c.IDs) != n:
		return nil, fmt.Errorf("decision: %d outcomes, %d segments, %d actions: one each a customer", n, len(c.Segments), len(c.Actions))
	case k < 2:
		return nil, fmt.Errorf("decision: %d actions: there is nothing to decide", k)
	case c.Cost != nil && len(c.Cost) != k:
		return nil, fmt.Errorf("decision: %d costs for %d actions", len(c.Cost), k)
	case len(c.Propensities) != 1 && len(c.Propensities) != n:
		return nil, fmt.Errorf("decision: %d rows of propensities: one for all customers, or one for each of %d", len(c.Propensities), n)
	case float64(n)*min(o.First, 1-o.First) < float64(10*k):
		return nil, fmt.Errorf("decision: %d customers for %d actions, of whom %g %% choose first: ten an action are needed on either side", n, k, 100*o.First)
	}
	for i, row := range c.Propensities {
		sum := 0.0
		for _, p := range row {
			if !(p > 0 && p <= 1) {
				return nil, fmt.Errorf("decision: customer %d gets an action with probability %g: every action needs a chance with every customer", i, p)
			}
			sum += p
		}
		if len(row) != k || math.Abs(sum-1) > 1e-6 {
			return nil, fmt.Errorf("decision: propensities of row %d: %d for %d actions, sum %g instead of 1", i, len(row), k, sum)
		}
	}
	d := &decisionRun{
		c: c, o: o, segments: slices.Clone(c.Segments), at: make([]int, n), gamma: make([]float64, n*k),
	}
	slices.Sort(d.segments)
	d.segments = slices.Compact(d.segments)
	met := make([]int, k)
	for i := range n {
		if a := c.Actions[i]; a < 0 || a >= k {
			return nil, fmt.Errorf("decision: customer %d got action %d of %d", i, a, k)
		}
		if y := c.Outcome[i]; math.IsNaN(y) || math.IsInf(y, 0) {
			return nil, fmt.Errorf("decision: the outcome of customer %d is %g: leave the customer out", i, y)
		}
		met[c.Actions[i]]++
		d.at[i], _ = slices.BinarySearch(d.segments, c.Segments[i])
	}
	for a, m := range met {
		if m == 0 {
			return nil, fmt.Errorf("decision: nobody got %s", c.Names[a])
		}
	}
	ids := c.IDs
	if ids == nil {
		for i := range n {
			ids = append(ids, fmt.Sprint(i))
		}
	}
	order := tournamentOrder(ids, run.Seed)
	first := int(math.Round(o.First * float64(n)))
	d.stages = append(d.stages, order[:first])
	for s := range o.Stages {
		lo, hi := first+s*(n-first)/o.Stages, first+(s+1)*(n-first)/o.Stages
		d.stages = append(d.stages, order[lo:hi])
	}
	d.out = &Decision{Customers: n, Judged: n - first, Actions: c.Names, Options: o, Estimator: "doubly robust"}
	if o.Plain {
		d.out.Estimator = "inverse propensity"
	}
	return d, nil
}

// propensity of an action for a customer.
func (d *decisionRun) propensity(i, a int) float64 {
	if len(d.c.Propensities) == 1 {
		return d.c.Propensities[0][a]
	}
	return d.c.Propensities[i][a]
}

func (d *decisionRun) cost(a int) float64 {
	if d.c.Cost == nil {
		return 0
	}
	return d.c.Cost[a]
}

// decisionPrior is the weight, in customers, with which a segment's mean is drawn to the
// action's.
const decisionPrior = 10

// decisionCell is the customers of a segment who got an action, weighed by 1/propensity.
type decisionCell struct{ n, w, wy, wyy, ww float64 }

func (t *decisionCell) add(y, w float64) {
	t.n++
	t.w, t.wy, t.wyy, t.ww = t.w+w, t.wy+w*y, t.wyy+w*y*y, t.ww+w*w
}

// mean and its variance; a cell of fewer than two has none that can be told.
func (t *decisionCell) mean() (m, variance float64) {
	if t.n == 0 {
		return math.NaN(), math.Inf(1)
	}
	m = t.wy / t.w
	if t.n < 2 {
		return m, math.Inf(1)
	}
	return m, max(t.wyy/t.w-m*m, 0) * t.ww / (t.w * t.w) * t.n / (t.n - 1)
}

// decisionTable is what some customers say of each action: in each segment, and at all.
type decisionTable struct{ cells, all []decisionCell }

func newDecisionTable(segments, actions int) *decisionTable {
	return &decisionTable{make([]decisionCell, segments*actions), make([]decisionCell, actions)}
}

func (t *decisionTable) add(d *decisionRun, i int) {
	a := d.c.Actions[i]
	w := 1 / d.propensity(i, a)
	t.cells[d.at[i]*len(t.all)+a].add(d.c.Outcome[i], w)
	t.all[a].add(d.c.Outcome[i], w)
}

// judge lets some customers choose and others judge.
func (d *decisionRun) judge(t *decisionTable, rows []int) {
	k := len(t.all)
	pick := DecisionStage{Customers: len(rows), Best: make([]int, len(d.segments))}
	for a := range k {
		if d.net(&t.all[a], a) > d.net(&t.all[pick.Single], pick.Single) {
			pick.Single = a
		}
	}
	for s := range d.segments {
		pick.Best[s] = d.best(t.cells[s*k:(s+1)*k], pick.Single)
	}
	d.score(d.model(t), rows)
	for _, i := range rows {
		d.policy = append(d.policy, d.gamma[i*k+pick.Best[d.at[i]]])
		d.single = append(d.single, d.gamma[i*k+pick.Single])
	}
	d.out.Stages = append(d.out.Stages, pick)
}

// model is m: by segment and action.
func (d *decisionRun) model(t *decisionTable) []float64 {
	out := make([]float64, len(t.cells))
	if d.o.Plain {
		return out
	}
	for j := range out {
		overall, _ := t.all[j%len(t.all)].mean()
		if math.IsNaN(overall) { // nobody got the action yet
			continue
		}
		out[j] = overall
		if c := &t.cells[j]; c.n > 0 {
			m, _ := c.mean()
			out[j] = (c.n*m + decisionPrior*overall) / (c.n + decisionPrior)
		}
	}
	return out
}

// score fills in Γ.
func (d *decisionRun) score(model []float64, rows []int) {
	k := len(d.c.Names)
	for _, i := range rows {
		for a := range k {
			m := model[d.at[i]*k+a]
			g := m - d.cost(a)
			if d.c.Actions[i] == a {
				g += (d.c.Outcome[i] - m) / d.propensity(i, a)
			}
			d.gamma[i*k+a] = g
		}
	}
}

// net is an action's mean less its cost; −Inf where nobody got it.
func (d *decisionRun) net(t *decisionCell, a int) float64 {
	if t.n == 0 {
		return math.Inf(-1)
	}
	m, _ := t.mean()
	return m - d.cost(a)
}

// best action of a segment, the single one unless another is far enough ahead.
func (d *decisionRun) best(cells []decisionCell, single int) int {
	best := single
	for a := range cells {
		lead := d.net(&cells[a], a) - d.net(&cells[best], best)
		if !(lead > 0) {
			continue
		}
		if d.o.Caution > 0 {
			_, v := cells[a].mean()
			_, w := cells[single].mean()
			ahead := d.net(&cells[a], a) - d.net(&cells[single], single)
			if !(ahead > d.o.Caution*math.Sqrt(v+w)) {
				continue
			}
		}
		best = a
	}
	return best
}

// interval is mean ± z·sd/√n.
func (d *decisionRun) interval(x []float64) (Interval, float64) {
	m, sd := moments(x)
	se := sd / math.Sqrt(float64(len(x)))
	half := distuv.UnitNormal.Quantile(1-d.o.Alpha/2) * se
	return Interval{Value: m, Lo: m - half, Hi: m + half}, se
}

func (d *decisionRun) finish() *Decision {
	n, k := len(d.at), len(d.c.Names)
	gain := make([]float64, len(d.policy))
	for i := range gain {
		gain[i] = d.policy[i] - d.single[i]
	}
	out := d.out
	out.Gain, out.SE = d.interval(gain)
	out.Policy, _ = d.interval(d.policy)
	out.Constant, _ = d.interval(d.single)
	out.P = 1
	if out.SE > 0 {
		out.P = math.Erfc(math.Abs(out.Gain.Value/out.SE) / math.Sqrt2)
	}
	// All customers: what is printed of each segment, and the apparent gain.
	means := make([]float64, k)
	for a := range k {
		for i := range n {
			means[a] += d.gamma[i*k+a] / float64(n)
		}
	}
	single := 0
	for a := range means {
		if means[a] > means[single] {
			single = a
		}
	}
	out.Single = d.c.Names[single]
	for s, label := range d.segments {
		seg := DecisionSegment{Segment: label, Values: make([]Interval, k)}
		by := make([][]float64, k)
		for i, at := range d.at {
			if at == s {
				seg.Customers++
				for a := range k {
					by[a] = append(by[a], d.gamma[i*k+a])
				}
			}
		}
		seg.Share = float64(seg.Customers) / float64(n)
		best := single
		for a := range k {
			seg.Values[a] = d.spread(by[a])
			if seg.Values[a].Value > seg.Values[best].Value {
				best = a
			}
		}
		seg.Best = d.c.Names[best]
		lead := make([]float64, seg.Customers)
		for i := range lead {
			lead[i] = by[best][i] - by[single][i]
		}
		if seg.Lead = d.spread(lead); seg.Customers < 2 {
			seg.Reason = "one customer has no spread"
		}
		out.Apparent += seg.Share * seg.Lead.Value
		out.Segments = append(out.Segments, seg)
		if seg.Customers < 10*k {
			out.Warnings = append(out.Warnings, fmt.Sprintf("segment %d has %d customers: its best action is a guess", label+1, seg.Customers))
		}
	}
	return out
}

// spread is interval; one customer has none.
func (d *decisionRun) spread(x []float64) Interval {
	if len(x) < 2 {
		return Interval{Value: x[0], Lo: x[0], Hi: x[0]}
	}
	out, _ := d.interval(x)
	return out
}
