package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
)

// PriorityOptions of Priorities; NewPriorityOptions has the defaults.
type PriorityOptions struct {
	Margin    float64 `json:"margin"`    // share of spend that is earned
	Budget    float64 `json:"budget"`    // to split; 0 = shares only
	Peers     int     `json:"peers"`     // nearest in behaviour
	Quantile  float64 `json:"quantile"`  // of the peers' expected value
	Resamples int     `json:"resamples"` // of the bootstrap
	Alpha     float64 `json:"alpha"`
	Cost      float64 `json:"cost"` // of reaching one customer; 0 = nothing, or not known
	Seed      uint64  `json:"seed"`
}

// NewPriorityOptions returns the defaults: a margin of 30 %, the third quartile of 50
// peers, 500 resamples and 95 %.
func NewPriorityOptions() PriorityOptions {
	return PriorityOptions{Margin: 0.3, Peers: 50, Quantile: 0.75, Resamples: 500, Alpha: 0.05, Seed: 1}
}

func (o PriorityOptions) check() error {
	switch {
	case !(o.Margin > 0 && o.Margin <= 1):
		return fmt.Errorf("priority: margin = %g: above 0 and at most 1, as .3", o.Margin)
	case !(o.Budget >= 0) || math.IsInf(o.Budget, 0):
		return fmt.Errorf("priority: budget = %g: 0 or more", o.Budget)
	case !(o.Cost >= 0) || math.IsInf(o.Cost, 0):
		return fmt.Errorf("priority: cost = %g: 0 or more", o.Cost)
	case o.Peers < 1:
		return fmt.Errorf("priority: peers = %d: at least 1", o.Peers)
	case !(o.Quantile > 0 && o.Quantile < 1):
		return fmt.Errorf("priority: quantile = %g: between 0 and 1", o.Quantile)
	case o.Resamples < 20:
		return fmt.Errorf("priority: resamples = %d: at least 20", o.Resamples)
	case !(o.Alpha > 0 && o.Alpha < 1):
		return fmt.Errorf("priority: alpha = %g: between 0 and 1", o.Alpha)
	}
	return nil
}

// PriorityInput is what is known of the customers, a row each; nil = not known.
type PriorityInput struct {
	IDs    []string
	Labels []int32   // −1 = unassigned: in no segment, but everyone's peers
	Value  []float64 // revenue so far
	// Expected is the value expected of a customer in the time to come; NaN = not known.
	Expected []float64
	// Behaviour is the space in which peers are near, without columns about value.
	Behaviour *features.Matrix
	// Alive is the probability of still being a customer.
	Alive []float64
	// Outcome is what came after a campaign, money a customer; Treated who got it, nil =
	// everybody in the data; Randomised says that a lot decided who did.
	Outcome    []float64
	Treated    []bool
	Randomised bool
	// Actions are what each got by lot, into ActionNames, of which 0 is nothing; nil = a
	// message or none (Treated). They are compared where Randomised.
	Actions     []int
	ActionNames []string
	// Held is what customers spent after an earlier day, by the segment they were in then.
	Held *PriorityHeld
}

// PriorityHeld is what was kept from the making of segments: who was in which on a day,
// and what they spent in the days after it. The rows need not be those of PriorityInput.
type PriorityHeld struct {
	From, To string // the day, and the first day no longer counted
	Days     int
	Unseen   bool // the rule was learned from nothing that happened from From on
	IDs      []string
	Labels   []int32   // by what was known on the day
	Spend    []float64 // in [From, To)
	Expected []float64 // what a model expected on the day of the same days; nil = none
}

// The bases of a split.
const (
	// PriorityEffect: the campaign was decided by lot.
	PriorityEffect = "effect"
	// PriorityResponse: it was not, so that who was chosen and what it did are one.
	PriorityResponse = "response"
	// PriorityForecast: there was no campaign, but it is known what customers spent after
	// they were in the segment.
	PriorityForecast = "forecast"
	// PriorityPotential: nor is that known.
	PriorityPotential = "potential"
)

// Priority is what speaks for and against spending on a segment.
type Priority struct {
	Segment   int     `json:"segment"` // 0-based; people are shown Segment 1..K
	Customers int     `json:"customers"`
	Share     float64 `json:"share"` // of the customers in segments
	// Value is Σ revenue, ValueShare its part of that of all segments.
	Value      *float64 `json:"value,omitempty"`
	ValueShare *float64 `json:"value_share,omitempty"`
	PerHead    *float64 `json:"value_per_customer,omitempty"`
	// Potential is the mean of what each customer's expected value lacks to the quantile of
	// their peers', max(0, q(peers) − e).
	Potential       *float64 `json:"potential_per_customer,omitempty"`
	PotentialReason string   `json:"potential_reason,omitempty"`
	// Forecast is what the customers of the segment spent in the days after they were in it
	// (PriorityHeld), each, with a simultaneous interval; ForecastOf how many that were, and
	// Model what the model had expected of them.
	Forecast       *Interval `json:"forecast,omitempty"`
	ForecastOf     int       `json:"forecast_customers,omitempty"`
	Model          *float64  `json:"forecast_by_model,omitempty"`
	ForecastReason string    `json:"forecast_reason,omitempty"`
	// Expected is the mean value expected of a customer in the time to come.
	Expected *float64 `json:"expected_per_customer,omitempty"`
	// Risk is 1 − mean P(alive), Lapsed the share of those below .5.
	Risk   *float64 `json:"risk,omitempty"`
	Lapsed *float64 `json:"lapsed,omitempty"`
	// Response is what a contact brings a customer, in money, with its simultaneous
	// interval (see Priorities): an effect where the campaign was decided by lot.
	Response       *Interval `json:"response,omitempty"`
	ResponseReason string    `json:"response_reason,omitempty"`
	// Margin is the expected margin of a customer that the split goes by, Signal whether
	// its interval tells the segment from nothing (effect), or from the other segments.
	Margin Interval `json:"margin"`
	Signal bool     `json:"signal"`
	// Budget is the segment's share with its interval, Amount that of the budget. Funded is
	// the share of the resamples in which it gets anything, More that in which it gets more
	// a head than the average.
	Budget Interval `json:"budget_share"`
	Amount float64  `json:"amount"`
	Funded float64  `json:"funded"`
	More   float64  `json:"more_than_even"`
}

// Prioritised is the whole comparison.
type Prioritised struct {
	Segments []Priority `json:"segments"`
	Basis    string     `json:"basis"` // effect, response, forecast, potential
	Reason   string     `json:"reason,omitempty"`
	// Even compares the split with an even one; nil where there is no split.
	Even *PriorityEven `json:"even,omitempty"`
	// Targeting says what choosing customers by segment is worth, Decision what choosing
	// their message by segment is; nil but with the basis effect.
	Targeting *PriorityTargeting `json:"targeting,omitempty"`
	Decision  *Decision          `json:"decision,omitempty"`
	Held      *PriorityWindow    `json:"held,omitempty"` // of the forecasts
	Options   PriorityOptions    `json:"options"`
	Currency  string             `json:"currency,omitempty"` // of the log, for those who print it
}

// Priorities compares segments by value, potential, risk and response, and splits a budget
// by expected margin. With yᵢ what counts of customer i,
//
//	effect     τₛ = mean(y | treated, s) − mean(y | not treated, s)      y = outcome
//	response   τₛ = mean(y | treated, s)                                 y = outcome
//	forecast   τₛ = mean(y | s on the day)         y = spent in the days after that day
//	potential  τₛ = mean(y | s)                      y = max(0, q(peers) − e)·P(alive)
//	μₛ = margin·τₛ        share of s = nₛ·μₛ⁺ / Σ_t n_t·μ_t⁺
//
// Peers of a customer are all whose distance in Behaviour, Euclidean and with columns
// scaled to unit variance, is at most that of the Peers-th nearest other among at most
// priorityPool customers, drawn by a seeded hash of their ids; q is the type-7 quantile of
// their expected values. P(alive) is 1 where it is not known.
//
// Intervals of the margin are μ̂ ± z·se, se from the bootstrap over customers (within
// segment and arm), z the two-sided normal quantile at alpha/K: all K hold together. With
// the basis effect a segment whose interval reaches 0 gets nothing: to spend there would
// be on hope; if all do there is no split, and Reason says so. With the others the margin
// cannot be told from 0 but from the others': where the interval of μₛ − μ(other segments)
// holds 0 the segment gets the average a head. The shares' intervals are percentiles at
// alpha of the same rule, who gets nothing included, over the resamples; whether the split
// beats an even one is judged on other customers (PriorityEven).
//
// Money's unit changes no share; neither does the order of customers, nor workers. Cost:
// O(n·pool·d) for the peers, O(resamples·n) for the intervals. Bootstrap: Efron 1979,
// doi:10.1214/aos/1176344552.
func Priorities(ctx context.Context, in *PriorityInput, o PriorityOptions) (*Prioritised, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	p := &priority{in: in, o: o, out: &Prioritised{Options: o}}
	for _, l := range in.Labels {
		p.k = max(p.k, int(l)+1)
	}
	if p.k == 0 {
		return nil, fmt.Errorf("priority: nobody is in a segment")
	}
	if len(in.IDs) != len(in.Labels) {
		panic("eval: priorities of ids and labels of different lengths")
	}
	p.describe()
	p.forecast()
	gap, err := p.potential(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.basis(gap); err != nil {
		return nil, err
	}
	if err := p.resample(ctx); err != nil {
		return nil, err
	}
	p.split()
	p.even()
	if err := p.target(ctx); err != nil {
		return nil, err
	}
	return p.out, nil
}

type priority struct {
	in  *PriorityInput
	o   PriorityOptions
	k   int
	out *Prioritised
	// arms are the sorted outcomes by segment: treated (or all), and control.
	arms  [2][][]float64
	rows  []priorityRow
	draws [][]float64 // resamples × k: margins of a customer
	mean  []float64
}

// priorityRow is a customer that the split goes by.
type priorityRow struct {
	id  string
	g   int
	arm int // 0 = treated, or all; 1 = control
	y   float64
}

// describe fills in size, value and risk.
func (p *priority) describe() {
	type sums struct{ n, lapsed, known int }
	s := make([]sums, p.k)
	values, alive, expected := make([]features.ExactSum, p.k), make([]features.ExactSum, p.k), make([]features.ExactSum, p.k)
	foretold := make([]int, p.k)
	all := 0
	for i, l := range p.in.Labels {
		if l < 0 {
			continue
		}
		all++
		s[l].n++
		if p.in.Value != nil && !math.IsNaN(p.in.Value[i]) {
			values[l].Add(p.in.Value[i])
		}
		if p.in.Expected != nil && !math.IsNaN(p.in.Expected[i]) {
			foretold[l]++
			expected[l].Add(p.in.Expected[i])
		}
		if p.in.Alive != nil && !math.IsNaN(p.in.Alive[i]) {
			s[l].known++
			alive[l].Add(p.in.Alive[i])
			if p.in.Alive[i] < 0.5 {
				s[l].lapsed++
			}
		}
	}
	total := 0.0
	for g := range values {
		total += values[g].Value()
	}
	for g := range p.k {
		r := Priority{Segment: g, Customers: s[g].n, Share: float64(s[g].n) / float64(all)}
		if p.in.Value != nil {
			v := values[g].Value()
			head := v / float64(max(s[g].n, 1))
			r.Value, r.PerHead = &v, &head
			if total > 0 {
				share := v / total
				r.ValueShare = &share
			}
		}
		if foretold[g] > 0 {
			e := expected[g].Value() / float64(foretold[g])
			r.Expected = &e
		}
		if s[g].known > 0 {
			risk, lapsed := 1-alive[g].Value()/float64(s[g].known), float64(s[g].lapsed)/float64(s[g].known)
			r.Risk, r.Lapsed = &risk, &lapsed
		}
		p.out.Segments = append(p.out.Segments, r)
	}
}

// basis settles what the split goes by.
func (p *priority) basis(gap []float64) error {
	y, ids, labels := p.in.Outcome, p.in.IDs, p.in.Labels
	switch {
	case y != nil && p.in.Randomised && p.in.Treated != nil:
		p.out.Basis = PriorityEffect
	case y != nil:
		p.out.Basis = PriorityResponse
	case p.in.Held != nil:
		p.out.Basis = PriorityForecast
		y, ids, labels = p.in.Held.Spend, p.in.Held.IDs, p.in.Held.Labels
	case gap != nil:
		p.out.Basis = PriorityPotential
		y = make([]float64, len(gap))
		for i, g := range gap {
			y[i] = g
			if p.in.Alive != nil && !math.IsNaN(p.in.Alive[i]) {
				y[i] *= p.in.Alive[i]
			}
		}
	default:
		return fmt.Errorf("priority: neither the value expected of customers nor their response is known: there is nothing to split a budget by")
	}
	campaign := p.out.Basis == PriorityEffect || p.out.Basis == PriorityResponse
	p.arms = [2][][]float64{make([][]float64, p.k), make([][]float64, p.k)}
	for i, l := range labels {
		if l < 0 || int(l) >= p.k || math.IsNaN(y[i]) {
			continue
		}
		arm := 0
		if campaign && p.in.Treated != nil && !p.in.Treated[i] {
			if arm = 1; p.out.Basis == PriorityResponse {
				continue
			}
		}
		p.arms[arm][l] = append(p.arms[arm][l], y[i])
		p.rows = append(p.rows, priorityRow{ids[i], int(l), arm, y[i]})
	}
	slices.SortFunc(p.rows, func(a, b priorityRow) int {
		return cmp.Or(cmp.Compare(priorityHash(p.o.Seed, a.id), priorityHash(p.o.Seed, b.id)), cmp.Compare(a.id, b.id))
	})
	p.mean = make([]float64, p.k)
	for g := range p.k {
		for arm := range p.arms {
			slices.Sort(p.arms[arm][g]) // the order of customers must not matter
		}
		if len(p.arms[0][g]) < 2 || p.out.Basis == PriorityEffect && len(p.arms[1][g]) < 2 {
			p.mean[g] = math.NaN()
			p.out.Segments[g].ResponseReason = "fewer than two customers on one side: there is nothing to compare"
			continue
		}
		p.mean[g] = p.o.Margin * p.contrast(g, nil)
	}
	return nil
}
