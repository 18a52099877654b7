package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

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

// simultaneous is the two-sided normal quantile at which K intervals hold together.
func (p *priority) simultaneous() float64 {
	return distuv.UnitNormal.Quantile(1 - p.o.Alpha/float64(2*p.k))
}

// signals says of which segments margins tell enough: half are the half-widths of the
// interval that decides (see Priorities).
func (p *priority) signals(mu, half []float64) []bool {
	out := make([]bool, p.k)
	for g := range out {
		if p.out.Basis == PriorityEffect {
			out[g] = mu[g]-half[g] > 0
		} else {
			out[g] = math.Abs(mu[g]-p.others(mu, g)) > half[g]
		}
	}
	return out
}

// split judges the margins and shares the budget out.
func (p *priority) split() {
	z := p.simultaneous()
	column := make([]float64, len(p.draws))
	spread := func(of func(mu []float64) float64) float64 {
		for b, mu := range p.draws {
			column[b] = of(mu)
		}
		_, sd := moments(column)
		return sd
	}
	decides := make([]float64, p.k)
	for g := range p.out.Segments {
		s := &p.out.Segments[g]
		decides[g] = math.NaN()
		if math.IsNaN(p.mean[g]) {
			continue
		}
		half := z * spread(func(mu []float64) float64 { return mu[g] })
		s.Margin = Interval{Value: p.mean[g], Lo: p.mean[g] - half, Hi: p.mean[g] + half}
		if p.out.Basis == PriorityEffect || p.out.Basis == PriorityResponse {
			m := p.o.Margin
			s.Response = &Interval{Value: s.Margin.Value / m, Lo: s.Margin.Lo / m, Hi: s.Margin.Hi / m}
		}
		if decides[g] = half; p.out.Basis != PriorityEffect {
			decides[g] = z * spread(func(mu []float64) float64 { return mu[g] - p.others(mu, g) })
		}
	}
	told := p.signals(p.mean, decides)
	for g := range told {
		p.out.Segments[g].Signal = told[g]
	}
	if p.out.Basis == PriorityEffect && !slices.Contains(told, true) {
		p.out.Reason = "no segment's effect is told from 0: nothing here says that spending pays, in any segment"
		return
	}
	shares := p.shares(p.mean, told)
	if shares == nil {
		p.out.Reason = "no segment has an expected margin above 0"
		return
	}
	drawn := make([][]float64, p.k)
	funded, more := make([]int, p.k), make([]int, p.k)
	for _, mu := range p.draws {
		for g, s := range p.shares(mu, p.signals(mu, decides)) {
			drawn[g] = append(drawn[g], s)
			if s > 0 {
				funded[g]++
			}
			if s > p.out.Segments[g].Share*(1+1e-9) {
				more[g]++
			}
		}
	}
	for g := range p.out.Segments {
		s := &p.out.Segments[g]
		s.Funded, s.More = float64(funded[g])/float64(len(p.draws)), float64(more[g])/float64(len(p.draws))
		slices.Sort(drawn[g])
		s.Budget = Interval{Value: shares[g], Lo: shares[g], Hi: shares[g]}
		if len(drawn[g]) > 0 {
			s.Budget.Lo, s.Budget.Hi = quantile7(drawn[g], p.o.Alpha/2), quantile7(drawn[g], 1-p.o.Alpha/2)
		}
		s.Amount = p.o.Budget * shares[g]
	}
}

// shares splits by margins; nil where none is above 0.
func (p *priority) shares(mu []float64, told []bool) []float64 {
	average := p.others(mu, -1)
	out, total := make([]float64, p.k), 0.0
	for g, s := range p.out.Segments {
		m := mu[g]
		switch {
		case told[g]:
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

// PriorityEven is a split of the budget beside an even one, a customer like any other:
// the expected margin of a customer reached when the budget is spent by either. With wₛ
// the shares, vₛ those of the customers in segments and μₛ the margins,
//
//	split = Σ wₛμₛ      even = Σ vₛμₛ      gain = split − even
//
// In sample the gain is never below 0, whatever the segments are. It is therefore judged
// as Decide does: customers come in the order of a seeded hash of their ids, a quarter of
// them makes the first split, and each of priorityStages parts of the others judges the
// split of those before it. With the basis effect a customer's part is doubly robust (see
// Decide), with the chances of the lot as they fell in the segment. The intervals are
// those of the influence function at alpha.
type PriorityEven struct {
	Judged int      `json:"judged"` // customers
	Split  Interval `json:"split"`
	Even   Interval `json:"even"`
	Gain   Interval `json:"gain"`
	Told   bool     `json:"told"` // the gain's interval is above 0
}

const (
	priorityFirst  = 4  // a quarter of the customers only chooses
	priorityStages = 15 // as Decide
)

// stages returns the bounds of the stages of n customers, the first being who chooses.
func priorityBounds(n int) []int {
	first := n / priorityFirst
	out := []int{0}
	for s := range priorityStages + 1 {
		out = append(out, first+s*(n-first)/priorityStages)
	}
	return out
}

// prioritySums are what the customers before a stage say, by segment and arm.
type prioritySums struct{ n, y, yy [2][]float64 }

func newPrioritySums(k int) *prioritySums {
	t := &prioritySums{}
	for arm := range 2 {
		t.n[arm], t.y[arm], t.yy[arm] = make([]float64, k), make([]float64, k), make([]float64, k)
	}
	return t
}

func (t *prioritySums) add(r *priorityRow) {
	t.n[r.arm][r.g]++
	t.y[r.arm][r.g] += r.y
	t.yy[r.arm][r.g] += r.y * r.y
}

// mean of an arm in a segment, drawn to the arm's overall mean with the weight of
// decisionPrior customers where drawn; and the variance of the plain one.
func (t *prioritySums) mean(arm, g int, drawn bool) (m, variance float64) {
	n, y := t.n[arm][g], t.y[arm][g]
	variance = math.Inf(1)
	if n > 1 {
		variance = max(t.yy[arm][g]/n-(y/n)*(y/n), 0) / (n - 1)
	}
	if drawn {
		all, total := 0.0, 0.0
		for h := range t.n[arm] {
			all, total = all+t.n[arm][h], total+t.y[arm][h]
		}
		if all > 0 {
			n, y = n+decisionPrior, y+decisionPrior*total/all
		}
	}
	return y / n, variance
}

// margins of the segments with the half-widths that decide.
func (p *priority) margins(t *prioritySums) (mu, half []float64) {
	mu, half = make([]float64, p.k), make([]float64, p.k)
	v, z := make([]float64, p.k), p.simultaneous()
	for g := range mu {
		mu[g], v[g] = t.mean(0, g, false)
		if p.out.Basis == PriorityEffect {
			m, w := t.mean(1, g, false)
			mu[g], v[g] = mu[g]-m, v[g]+w
		}
		mu[g], v[g] = p.o.Margin*mu[g], p.o.Margin*p.o.Margin*v[g]
	}
	for g := range half {
		rest, n := 0.0, 0.0
		if p.out.Basis != PriorityEffect {
			for h, s := range p.out.Segments {
				if h != g && !math.IsNaN(mu[h]) {
					w := float64(s.Customers)
					rest, n = rest+w*w*v[h], n+w
				}
			}
			rest /= max(n*n, 1)
		}
		half[g] = z * math.Sqrt(v[g]+rest)
	}
	return mu, half
}

// gamma is what reaching the customer brings, without bias: Γ of Decide.
func (p *priority) gamma(r *priorityRow, t *prioritySums, treated []float64) float64 {
	if p.out.Basis != PriorityEffect {
		return p.o.Margin * r.y
	}
	m1, _ := t.mean(0, r.g, true)
	m0, _ := t.mean(1, r.g, true)
	out := m1 - m0
	if r.arm == 0 {
		out += (r.y - m1) / treated[r.g]
	} else {
		out -= (r.y - m0) / (1 - treated[r.g])
	}
	return p.o.Margin * out
}

// treated is the share of each segment's customers that the lot chose.
func (p *priority) treated() (share []float64, ok bool) {
	share, ok = make([]float64, p.k), true
	for g := range share {
		n1, n0 := float64(len(p.arms[0][g])), float64(len(p.arms[1][g]))
		share[g] = n1 / (n1 + n0)
		ok = ok && n1+n0 == 0 || ok && n1 > 0 && n0 > 0
	}
	return share, ok
}

// even judges the split against an even one, where there are customers enough.
func (p *priority) even() {
	share, ok := p.treated()
	if n := len(p.rows); p.out.Reason != "" || p.k < 2 || n < 20*p.k || p.out.Basis == PriorityEffect && !ok {
		return
	}
	q, heads := make([]float64, p.k), 0.0
	for _, r := range p.rows {
		q[r.g] += 1 / float64(len(p.rows))
	}
	for g, s := range p.out.Segments {
		if q[g] > 0 {
			heads += float64(s.Customers)
		}
	}
	now, bounds := newPrioritySums(p.k), priorityBounds(len(p.rows))
	var split, even, gain []float64
	for s := range len(bounds) - 1 {
		rows := p.rows[bounds[s]:bounds[s+1]]
		if s > 0 {
			mu, half := p.margins(now)
			var w []float64 // nil = an even one
			if told := p.signals(mu, half); slices.Contains(told, true) {
				w = p.shares(mu, told)
			}
			for i := range rows {
				g := rows[i].g
				v := float64(p.out.Segments[g].Customers) / heads
				by := v
				if w != nil {
					by = w[g]
				}
				x := p.gamma(&rows[i], now, share)
				split, even, gain = append(split, by/q[g]*x), append(even, v/q[g]*x), append(gain, (by-v)/q[g]*x)
			}
		}
		for i := range rows {
			now.add(&rows[i])
		}
	}
	e := &PriorityEven{Judged: len(gain), Split: p.influence(split), Even: p.influence(even), Gain: p.influence(gain)}
	e.Told = e.Gain.Lo > 0
	p.out.Even = e
}

// influence is the mean of customers' parts with its interval.
func (p *priority) influence(x []float64) Interval {
	m, sd := moments(x)
	half := distuv.UnitNormal.Quantile(1-p.o.Alpha/2) * sd / math.Sqrt(float64(len(x)))
	return Interval{Value: m, Lo: m - half, Hi: m + half}
}
