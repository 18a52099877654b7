package eval

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// Classics are the rules that segments must beat, on customers of a log at its cut.
type Classics struct {
	ids     []string
	seed    uint64
	workers int
	horizon float64 // weeks
	buyers  []classicBuyer
	amounts bool

	mu     sync.Mutex
	worths map[string]*classicWorth // by half
}

// classicBuyer is what the rules look at.
type classicBuyer struct {
	bought bool
	rfm    [3]float64 // days since the last purchase, purchase days, money
	cbs    features.CBS
	paid   int     // repeat occasions with an amount above 0
	spend  float64 // their mean amount
}

// classicWorth is what customers are expected to bring in the hold-out, by a model of half.
type classicWorth struct {
	once  sync.Once
	value []float64 // of all rows
	err   error
}

// NewClassics measures the customers for the rules; before is the log at the cut, horizon
// the length of the hold-out in days. run.Seed decides the starts of k-means, workers
// nothing. Cost: a pass over the log.
func NewClassics(ctx context.Context, before *datasets.Log, ids []string, horizon float64, run cluster.Run) (*Classics, error) {
	c := &Classics{
		ids: ids, seed: run.Seed, workers: run.Workers, horizon: horizon / 7, buyers: make([]classicBuyer, len(ids)),
		amounts: before.Meta.Has&datasets.FieldAmount != 0, worths: map[string]*classicWorth{},
	}
	if !(c.horizon > 0) {
		return nil, fmt.Errorf("a hold-out of %g days: nothing lies in it", horizon)
	}
	at := make(map[string]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	met := 0
	for h, err := range before.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		i, ok := at[h.ID]
		if !ok {
			continue
		}
		met++
		b := &c.buyers[i]
		occ := h.Occasions()
		if b.cbs, b.bought = features.CBSOf(h, features.Weeks); !b.bought {
			continue
		}
		b.rfm[0], b.rfm[1] = float64(h.Meta.Now()-occ[len(occ)-1].Day), float64(len(occ))
		for k, o := range occ {
			if c.amounts {
				b.rfm[2] += o.Gross
			}
			if k > 0 && o.Gross > 0 {
				b.paid++
				b.spend += o.Gross
			}
		}
		b.spend /= float64(max(b.paid, 1))
	}
	if met < len(ids) {
		return nil, fmt.Errorf("%d of %d customers are not in %s at its cut", len(ids)-met, len(ids), before.Meta.Name)
	}
	return c, nil
}

// RFM is k-means of what everybody has: logarithms of recency, frequency and money,
// standardised on the training half, ten starts. Customers without a purchase are one of
// the groups.
func (c *Classics) RFM() Baseline {
	return Baseline{Name: "RFM k-means", Role: RoleEqualK, Labels: func(ctx context.Context, half Half, k int) (train, test []int32, err error) {
		a, b, k, err := c.buyersOf(half, k)
		if err != nil {
			return nil, nil, err
		}
		x, y := c.matrices(a, b)
		m := &cluster.KMeans{NClusters: k, Init: "k-means++", NInit: 10, MaxIter: 300, Tol: 1e-4, Algorithm: "auto"}
		fit, err := m.Fit(ctx, x, cluster.Run{Seed: c.seed, Workers: 1})
		if err != nil {
			return nil, nil, err
		}
		rule, err := m.Rule(x, fit)
		if err != nil {
			return nil, nil, err
		}
		labels, _, err := rule.PredictAll(ctx, y, 1)
		if err != nil {
			return nil, nil, err
		}
		return c.spread(half.Train, a, fit.Labels), c.spread(half.Test, b, labels), nil
	}}
}

// Worth is groups of equal size by what a buy-till-you-die model of the training half
// expects of each customer in the hold-out: MBG/CNBD-k purchases (Reutterer, Platzer &
// Schröder 2021, doi:10.1016/j.ijresmar.2020.09.002) times gamma-gamma's spend a purchase
// (Fader & Hardie 2013); purchases alone where the log has no amounts. Where gamma-gamma does not hold
// (frequency and spend correlate by more than 0.3) spend is the customer's mean, drawn to
// everybody's with the weight of three purchases. Equal customers are never parted, so
// that groups can be fewer than asked for. Customers without a purchase are one of them.
func (c *Classics) Worth() Baseline {
	return Baseline{Name: "expected value", Role: RoleEqualK, Labels: func(ctx context.Context, half Half, k int) (train, test []int32, err error) {
		a, b, k, err := c.buyersOf(half, k)
		if err != nil {
			return nil, nil, err
		}
		value, err := c.worth(half)
		if err != nil {
			return nil, nil, err
		}
		cuts := classicCuts(a, func(i int) float64 { return value[i] }, k)
		label := func(rows []int) []int32 {
			out := make([]int32, len(rows))
			for p, i := range rows {
				out[p] = int32(classicClass(cuts, value[i]))
			}
			return out
		}
		return c.spread(half.Train, a, label(a)), c.spread(half.Test, b, label(b)), ctx.Err()
	}}
}

// Quintiles is what everybody starts with: recency, frequency and money in quintiles of
// the training half, 5 = best, equal values alike; then quintiles of the scores' sum.
func (c *Classics) Quintiles() Entrant {
	return c.scores("RFM quintiles", func(a, b []int, scores [][]int) (train, test []int32, err error) {
		sum := func(i int) float64 {
			s := 0
			for _, v := range scores[i] {
				s += v
			}
			return float64(s)
		}
		cuts := classicCuts(a, sum, 5)
		label := func(rows []int) []int32 {
			out := make([]int32, len(rows))
			for p, i := range rows {
				out[p] = int32(classicClass(cuts, sum(i)))
			}
			return out
		}
		return label(a), label(b), nil
	})
}

// classicCell is the number of customers a cell needs on average.
const classicCell = 20

// Cells is the classical table: a group for every combination of the quintiles, 125 in
// all. Half of the customers must be 20 a cell on average.
func (c *Classics) Cells() Entrant {
	return c.scores("RFM cells", func(a, b []int, scores [][]int) (train, test []int32, err error) {
		cells := 1
		for range scores[a[0]] {
			cells *= 5
		}
		if len(a) < cells*classicCell {
			return nil, nil, fmt.Errorf("%d customers to learn from: %d cells need %d", len(a), cells, cells*classicCell)
		}
		label := func(rows []int) []int32 {
			out := make([]int32, len(rows))
			for p, i := range rows {
				for _, v := range scores[i] {
					out[p] = 5*out[p] + int32(v-1)
				}
			}
			return out
		}
		return label(a), label(b), nil
	})
}

func (c *Classics) scores(name string, group func(a, b []int, scores [][]int) (train, test []int32, err error)) Entrant {
	return Entrant{Name: name, Role: RoleQuintiles, Labels: func(ctx context.Context, half Half) (train, test []int32, err error) {
		a, b, _, err := c.buyersOf(half, 2)
		if err != nil {
			return nil, nil, err
		}
		scores := make([][]int, len(c.ids))
		for v := range c.figures() {
			cuts := classicCuts(a, func(i int) float64 { return c.figure(i, v) }, 5)
			for _, i := range slices.Concat(a, b) {
				scores[i] = append(scores[i], classicClass(cuts, c.figure(i, v))+1)
			}
		}
		l, m, err := group(a, b, scores)
		if err != nil {
			return nil, nil, err
		}
		return c.spread(half.Train, a, l), c.spread(half.Test, b, m), ctx.Err()
	}}
}

// figures is the number of RFM's figures that the log has.
func (c *Classics) figures() int {
	if c.amounts {
		return 3
	}
	return 2
}

// figure is one of them, more being better.
func (c *Classics) figure(i, v int) float64 {
	if v == 0 {
		return -c.buyers[i].rfm[0]
	}
	return c.buyers[i].rfm[v]
}

// buyersOf returns the rows that have bought, and how many of k groups are left for them.
func (c *Classics) buyersOf(half Half, k int) (train, test []int, left int, err error) {
	pick := func(rows []int) []int {
		var out []int
		for _, i := range rows {
			if c.buyers[i].bought {
				out = append(out, i)
			}
		}
		return out
	}
	train, test = pick(half.Train), pick(half.Test)
	if left = k; len(train) < len(half.Train) && k > 1 {
		left--
	}
	if len(train) < left || len(train) == 0 {
		return nil, nil, 0, fmt.Errorf("%d customers with a purchase for %d groups", len(train), left)
	}
	return train, test, left, nil
}

// spread puts the labels of some rows among all of them; the others are unassigned.
func (c *Classics) spread(rows, of []int, labels []int32) []int32 {
	out := slices.Repeat([]int32{cluster.Noise}, len(rows))
	p := 0
	for i, r := range rows {
		if p < len(of) && of[p] == r {
			out[i] = labels[p]
			p++
		}
	}
	return out
}

// matrices makes the columns of the two halves, standardised on the first.
func (c *Classics) matrices(a, b []int) (x, y *features.Matrix) {
	var cols []features.Column
	var mean, sd []float64
	var from []int
	for v, name := range []string{"recency", "frequency", "money"}[:c.figures()] {
		u := make([]float64, len(a))
		for p, i := range a {
			u[p] = math.Log1p(max(c.buyers[i].rfm[v], 0))
		}
		m, s := moments(u)
		if !(s > 0) {
			s = 1
		}
		cols, mean, sd, from = append(cols, features.Column{Name: name}), append(mean, m), append(sd, s), append(from, v)
	}
	fill := func(rows []int) *features.Matrix {
		out := features.NewMatrix(len(rows), cols, nil)
		for p, i := range rows {
			for j, v := range from {
				out.Row(p)[j] = (math.Log1p(max(c.buyers[i].rfm[v], 0)) - mean[j]) / sd[j]
			}
		}
		return out
	}
	return fill(a), fill(b)
}

// classicCuts are the k − 1 quantiles (type 7) of some rows' values.
func classicCuts(rows []int, of func(i int) float64, k int) []float64 {
	v := make([]float64, len(rows))
	for p, i := range rows {
		v[p] = of(i)
	}
	slices.Sort(v)
	cuts := make([]float64, k-1)
	for j := range cuts {
		cuts[j] = quantile7(v, float64(j+1)/float64(k))
	}
	return cuts
}

// classicClass counts the cuts below a value.
func classicClass(cuts []float64, v float64) int { return sort.SearchFloat64s(cuts, v) }

// worth is everybody's expected value by a model of the half's training customers.
func (c *Classics) worth(half Half) ([]float64, error) {
	c.mu.Lock()
	w := c.worths[half.Name]
	if w == nil {
		w = &classicWorth{}
		c.worths[half.Name] = w
	}
	c.mu.Unlock()
	w.once.Do(func() { w.value, w.err = c.expect(half.Train) })
	return w.value, w.err
}

// classicDraw is the weight, in purchases, with which a customer's mean spend is drawn to
// everybody's.
const classicDraw = 3

func (c *Classics) expect(rows []int) ([]float64, error) {
	var customers []features.CBS
	var x []int
	var z []float64
	var sum, n float64
	for _, i := range rows {
		b := &c.buyers[i]
		if !b.bought {
			continue
		}
		customers = append(customers, b.cbs)
		if b.paid > 0 {
			x, z = append(x, b.paid), append(z, b.spend)
			sum, n = sum+float64(b.paid)*b.spend, n+float64(b.paid)
		}
	}
	cohort, err := features.NewCohort(customers, nil)
	if err != nil {
		return nil, err
	}
	model, _, err := features.FitRegularity(cohort, true)
	if err != nil {
		return nil, fmt.Errorf("MBG/CNBD-k: %w", err)
	}
	spend := func(*classicBuyer) float64 { return 1 }
	if c.amounts && n > 0 {
		spend = func(b *classicBuyer) float64 {
			return (float64(b.paid)*b.spend + classicDraw*sum/n) / (float64(b.paid) + classicDraw)
		}
		if g, _, err := features.FitGammaGamma(x, z); err == nil && g.Q > 1 {
			spend = func(b *classicBuyer) float64 { return g.Expected(b.paid, b.spend) }
		}
	}
	out := make([]float64, len(c.ids))
	for i := range out {
		b := &c.buyers[i]
		if !b.bought {
			continue
		}
		if out[i] = model.ConditionalExpected(b.cbs, c.horizon) * spend(b); math.IsNaN(out[i]) {
			return nil, fmt.Errorf("customer %q has no expected value", c.ids[i])
		}
	}
	return out, nil
}
