package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

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
}

// The bases of a split.
const (
	// PriorityEffect: the campaign was decided by lot.
	PriorityEffect = "effect"
	// PriorityResponse: it was not, so that who was chosen and what it did are one.
	PriorityResponse = "response"
	// PriorityPotential: there was no campaign.
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
	// Budget is the segment's share with its interval, Amount that of the budget.
	Budget Interval `json:"budget_share"`
	Amount float64  `json:"amount"`
}

// Prioritised is the whole comparison.
type Prioritised struct {
	Segments []Priority      `json:"segments"`
	Basis    string          `json:"basis"` // effect, response, potential
	Reason   string          `json:"reason,omitempty"`
	Options  PriorityOptions `json:"options"`
	Warnings []string        `json:"warnings,omitempty"`
}

// Priorities compares segments by value, potential, risk and response, and splits a budget
// by expected margin. With yᵢ what counts of customer i,
//
//	effect     τₛ = mean(y | treated, s) − mean(y | not treated, s)      y = outcome
//	response   τₛ = mean(y | treated, s)                                 y = outcome
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
// alpha of the same split over the resamples, with the same segments in it.
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
	return p.out, nil
}

type priority struct {
	in  *PriorityInput
	o   PriorityOptions
	k   int
	out *Prioritised
	// arms are the sorted outcomes by segment: treated (or all), and control.
	arms  [2][][]float64
	draws [][]float64 // resamples × k: margins of a customer
	mean  []float64
}

// describe fills in size, value and risk.
func (p *priority) describe() {
	type sums struct{ n, lapsed, known int }
	s := make([]sums, p.k)
	values, alive := make([]features.ExactSum, p.k), make([]features.ExactSum, p.k)
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
		if s[g].known > 0 {
			risk, lapsed := 1-alive[g].Value()/float64(s[g].known), float64(s[g].lapsed)/float64(s[g].known)
			r.Risk, r.Lapsed = &risk, &lapsed
		}
		p.out.Segments = append(p.out.Segments, r)
	}
}

// basis settles what the split goes by.
func (p *priority) basis(gap []float64) error {
	y := p.in.Outcome
	switch {
	case y != nil && p.in.Randomised && p.in.Treated != nil:
		p.out.Basis = PriorityEffect
	case y != nil:
		p.out.Basis = PriorityResponse
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
	p.arms = [2][][]float64{make([][]float64, p.k), make([][]float64, p.k)}
	for i, l := range p.in.Labels {
		if l < 0 || math.IsNaN(y[i]) {
			continue
		}
		arm := 0
		if p.out.Basis != PriorityPotential && p.in.Treated != nil && !p.in.Treated[i] {
			if arm = 1; p.out.Basis == PriorityResponse {
				continue
			}
		}
		p.arms[arm][l] = append(p.arms[arm][l], y[i])
	}
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

// contrast is τ of a segment, of a resample where rng is set.
func (p *priority) contrast(g int, rng *rand.Rand) float64 {
	mean := func(x []float64) float64 {
		s := 0.0
		for i := range x {
			at := i
			if rng != nil {
				at = rng.IntN(len(x))
			}
			s += x[at]
		}
		return s / float64(len(x))
	}
	m := mean(p.arms[0][g])
	if p.out.Basis == PriorityEffect {
		m -= mean(p.arms[1][g])
	}
	return m
}

// resample draws the customers of each segment and arm anew.
func (p *priority) resample(ctx context.Context) error {
	for b := range p.o.Resamples {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		row := make([]float64, p.k)
		for g := range row {
			if math.IsNaN(p.mean[g]) {
				row[g] = math.NaN()
				continue
			}
			rng := rand.New(rand.NewPCG(p.o.Seed, uint64(b)<<16|uint64(g)))
			row[g] = p.o.Margin * p.contrast(g, rng)
		}
		p.draws = append(p.draws, row)
	}
	return nil
}

// others is the mean margin of the customers of the other segments; NaN without any.
func (p *priority) others(mu []float64, g int) float64 {
	s, n := 0.0, 0.0
	for h, m := range mu {
		if h != g && !math.IsNaN(m) {
			w := float64(p.out.Segments[h].Customers)
			s, n = s+w*m, n+w
		}
	}
	return s / n
}

// split judges the margins and shares the budget out.
func (p *priority) split() {
	z := distuv.UnitNormal.Quantile(1 - p.o.Alpha/float64(2*p.k))
	column := make([]float64, len(p.draws))
	spread := func(of func(mu []float64) float64) float64 {
		for b, mu := range p.draws {
			column[b] = of(mu)
		}
		_, sd := moments(column)
		return sd
	}
	any := false
	for g := range p.out.Segments {
		s := &p.out.Segments[g]
		if math.IsNaN(p.mean[g]) {
			continue
		}
		half := z * spread(func(mu []float64) float64 { return mu[g] })
		s.Margin = Interval{Value: p.mean[g], Lo: p.mean[g] - half, Hi: p.mean[g] + half}
		if p.out.Basis != PriorityPotential {
			m := p.o.Margin
			s.Response = &Interval{Value: s.Margin.Value / m, Lo: s.Margin.Lo / m, Hi: s.Margin.Hi / m}
		}
		if p.out.Basis == PriorityEffect {
			s.Signal = s.Margin.Lo > 0
		} else if d := p.mean[g] - p.others(p.mean, g); !math.IsNaN(d) {
			half := z * spread(func(mu []float64) float64 { return mu[g] - p.others(mu, g) })
			s.Signal = d-half > 0 || d+half < 0
		}
		any = any || s.Signal
	}
	if p.out.Basis == PriorityEffect && !any {
		p.out.Reason = "no segment's effect is told from 0: nothing here says that spending pays, in any segment"
		return
	}
	shares := p.shares(p.mean)
	if shares == nil {
		p.out.Reason = "no segment has an expected margin above 0"
		return
	}
	drawn := make([][]float64, p.k)
	for _, mu := range p.draws {
		for g, s := range p.shares(mu) {
			drawn[g] = append(drawn[g], s)
		}
	}
	for g := range p.out.Segments {
		s := &p.out.Segments[g]
		slices.Sort(drawn[g])
		s.Budget = Interval{Value: shares[g], Lo: shares[g], Hi: shares[g]}
		if len(drawn[g]) > 0 {
			s.Budget.Lo, s.Budget.Hi = quantile7(drawn[g], p.o.Alpha/2), quantile7(drawn[g], 1-p.o.Alpha/2)
		}
		s.Amount = p.o.Budget * shares[g]
	}
}

// shares splits by margins; nil where none is above 0.
func (p *priority) shares(mu []float64) []float64 {
	average := p.others(mu, -1)
	out, total := make([]float64, p.k), 0.0
	for g, s := range p.out.Segments {
		m := mu[g]
		switch {
		case s.Signal:
		case p.out.Basis == PriorityEffect:
			continue
		default:
			m = average
		}
		if m > 0 {
			out[g] = float64(s.Customers) * m
			total += out[g]
		}
	}
	if !(total > 0) {
		return nil
	}
	for g := range out {
		out[g] /= total
	}
	return out
}
