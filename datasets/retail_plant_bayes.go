package datasets

import (
	"math"
	"slices"
)

// plantPosterior returns the probability of each group, given everything in the
// customer's events and all parameters of the simulation: the customer's own chances
// are integrated out in closed form (Dirichlet–multinomial, gamma–Poisson), or summed
// over the stated values they can have. What is drawn alike for all groups cancels.
func (run *plantRun) plantPosterior(c *plantCustomer, facet int) [3]float64 {
	var out [3]float64
	show := plantShow(run.facets[facet].faint[run.level])
	for k := range out {
		var terms []float64
		for z, w := range show {
			terms = append(terms, math.Log(w)+run.plantLog(c, run.facets[facet], &run.groups[facet][k][z]))
		}
		out[k] = logSumExp(terms)
	}
	total := logSumExp(out[:])
	for k := range out {
		out[k] = math.Exp(out[k] - total)
	}
	return out
}

// plantLog is ln P of what the facet's groups differ in, under those parameters.
func (run *plantRun) plantLog(c *plantCustomer, f *plantFacet, g *plantGroup) float64 {
	l := 0.0
	for _, a := range f.choices {
		l += dirichletMultinomial(c.choice[a], g.choice[a].mean, g.choice[a].size)
	}
	for _, n := range f.counts {
		if n == plantLines {
			l += g.logLines(run, c)
		} else {
			l += gammaPoisson(c.number[n], c.over[n], g.rate[n].shape, g.rate[n].mean)
		}
	}
	if f.brands {
		var terms []float64 // any brand may be the favourite
		for b := range plantBrands {
			terms = append(terms, dirichletMultinomial(c.brand[:], g.brandMean(b), g.favour.size))
		}
		l += logSumExp(terms)
	}
	if f.logDays != nil {
		l += f.logDays(run, c, g)
	}
	return l
}

// logLines is ln P of the orders' sizes: Poisson at the customer's gamma rate times
// the trend's factor.
func (g *plantGroup) logLines(run *plantRun, c *plantCustomer) float64 {
	over, l := 0.0, 0.0
	for j, d := range c.days {
		f := plantTrend(g.slope, run.phase(d))
		over += f
		l += float64(c.more[j]) * math.Log(f)
	}
	r := g.rate[plantLines]
	return l + gammaPoisson(c.number[plantLines], over, r.shape, r.mean)
}

// Gaps. A gap is 1 + a negative binomial number of days, of the customer's own shape
// and success probability; the latter is beta with parameters that give every shape
// the same mean gap and the same spread of it.
const plantGapSpread = 0.06 // CV² of customers' mean gaps

// plantGapBeta returns the beta's parameters at a shape.
func plantGapBeta(shape, mean float64) (a, b float64) {
	// With q = (1 − p)/p beta-prime, E q = b/(a−1) and CV² = (1 + Eq)/(Eq·(a−2)).
	q := (mean - 1) / shape
	a = 2 + (1+q)/(q*plantGapSpread)
	return a, q * (a - 1)
}

func plantGapDays(l *plantLife) {
	g, r := l.own(0), l.r
	shape := math.Exp(g.regular)
	a, b := plantGapBeta(shape, g.gap)
	p := drawBeta(r, a/(a+b), a+b)
	l.c.first = r.IntN(60)
	for d := l.c.first; d < l.run.span; {
		l.c.days = append(l.c.days, d)
		d += 1 + drawPoisson(r, drawGamma(r, shape)*(1-p)/p)
	}
}

func plantGapLog(run *plantRun, c *plantCustomer, g *plantGroup) float64 {
	shape := math.Exp(g.regular)
	a, b := plantGapBeta(shape, g.gap)
	n, sum, l := 0.0, 0.0, 0.0
	lg, _ := math.Lgamma(shape)
	for j := 1; j < len(c.days); j++ {
		x := float64(c.days[j] - c.days[j-1] - 1)
		u, _ := math.Lgamma(x + shape)
		v, _ := math.Lgamma(x + 1)
		l += u - lg - v
		n, sum = n+1, sum+x
	}
	l += logBeta(a+n*shape, b+sum) - logBeta(a, b)
	// The last gap is only known to be longer than the days left: with the others
	// seen, p is beta(a, b), and the gap beta negative binomial.
	a, b = a+n*shape, b+sum
	p := math.Exp(logBeta(a+shape, b) - logBeta(a, b)) // P(x = 0)
	rest := 1.0
	for x := 0.0; x < float64(run.span-1-c.days[len(c.days)-1]); x++ {
		rest -= p
		p *= (x + shape) / (x + 1) * (b + x) / (a + shape + b + x)
	}
	return l + math.Log(max(rest, 1e-15))
}

// Buying till they quit. Every day has a purchase with the customer's probability,
// beta around the group's; those of the third group quit on one of the days between
// plantGone[0] and plantGone[1] before the end, times their strength.
const (
	plantBuyOften  = 0.22
	plantBuySeldom = 0.025
	plantBuySize   = 120.0
)

var plantGone = [2]int{50, 140}

// buying returns the mean probability, and between which days before the end they quit.
func (g *plantGroup) buying() (mean float64, gone [2]int) {
	switch g.kind {
	case 1:
		return plantBuyOften * math.Pow(plantBuySeldom/plantBuyOften, g.strength), gone
	case 2:
		gone[0] = int(g.strength * float64(plantGone[0]))
		gone[1] = int(g.strength * float64(plantGone[1]))
	}
	return plantBuyOften, gone
}

func plantBuyingDays(l *plantLife) {
	g, r, c, span := l.own(0), l.r, l.c, l.run.span
	mean, gone := g.buying()
	p := drawBeta(r, mean, plantBuySize)
	end := span
	c.first = r.IntN(span - 2*plantGone[1])
	if gone[1] > 0 {
		end = span - gone[0] - r.IntN(gone[1]-gone[0])
	}
	c.days = append(c.days, c.first)
	for d := c.first + 1; d < end; d++ {
		if r.Float64() < p {
			c.days = append(c.days, d)
		}
	}
}

func plantBuyingLog(run *plantRun, c *plantCustomer, g *plantGroup) float64 {
	mean, gone := g.buying()
	x := float64(len(c.days) - 1)
	log := func(end int) float64 {
		a, b := mean*plantBuySize, (1-mean)*plantBuySize
		return logBeta(a+x, b+float64(end-c.first-1)-x) - logBeta(a, b)
	}
	if gone[1] == 0 {
		return log(run.span)
	}
	var terms []float64
	last := c.days[len(c.days)-1]
	for ago := gone[0]; ago < gone[1]; ago++ {
		if end := run.span - ago; end > last {
			terms = append(terms, log(end))
		}
	}
	if terms == nil {
		return math.Inf(-1)
	}
	return logSumExp(terms) - math.Log(float64(gone[1]-gone[0]))
}

// Occasions. A day has a purchase with probability 1 − (1 − β)(1 − σ): β at any time,
// σ in the special time, which is the five weeks before Christmas, one weekday during
// plantRitual weeks from any week on, or a burst: a day opens one with probability
// plantBurst, and the next day still belongs to it with probability plantBurstStays.
// β is the customer's, one of three values; σ grows with the strength.
const (
	plantRest       = 7.0  // expected trips at any time
	plantSpecial    = 32.0 // and special ones
	plantRitual     = 30   // weeks
	plantBurst      = 0.0085
	plantBurstStays = 0.75
)

var plantRestSpread = [...]float64{0.7, 1, 1.3}

// occasion returns β and σ at the customer's values.
func (g *plantGroup) occasion(span, i int) (rest, special float64) {
	rest = plantRest / float64(span) * plantRestSpread[i]
	days := [...]float64{70, plantRitual, float64(span) * plantBurst / (1 - plantBurstStays + plantBurst)}[g.kind]
	return rest, min(plantSpecial/days*g.strength, 0.97)
}

// beforeChristmas reports whether a day is one of 20 November to 24 December.
func (run *plantRun) beforeChristmas(day int) bool {
	t := run.from.AddDate(0, 0, day)
	return t.Month() == 11 && t.Day() >= 20 || t.Month() == 12 && t.Day() <= 24
}

func plantOccasionDays(l *plantLife) {
	g, r, run := l.own(0), l.r, l.run
	rest, special := g.occasion(run.span, r.IntN(len(plantRestSpread)))
	weeks := run.span / 7
	start, weekday, burst := r.IntN(weeks-plantRitual+1), r.IntN(7), false
	for d := range run.span {
		in := false
		switch g.kind {
		case 0:
			in = run.beforeChristmas(d)
		case 1:
			in = d%7 == weekday && d/7 >= start && d/7 < start+plantRitual
		case 2:
			burst = r.Float64() < plantBurst && !burst || burst && r.Float64() < plantBurstStays
			in = burst
		}
		p := rest
		if in {
			p = 1 - (1-rest)*(1-special)
		}
		if r.Float64() < p {
			l.c.days = append(l.c.days, d)
		}
	}
	if len(l.c.days) == 0 {
		l.c.days = []int{run.span / 2}
	}
}

func plantOccasionLog(run *plantRun, c *plantCustomer, g *plantGroup) float64 {
	bought := make([]bool, run.span)
	for _, d := range c.days {
		bought[d] = true
	}
	var terms []float64
	for i := range plantRestSpread {
		rest, special := g.occasion(run.span, i)
		terms = append(terms, run.logOccasion(bought, g.kind, rest, 1-(1-rest)*(1-special)))
	}
	return logSumExp(terms)
}

// logOccasion is ln P of the days at probabilities out and in of the special time.
func (run *plantRun) logOccasion(bought []bool, kind int, out, in float64) float64 {
	yes, no := math.Log(in)-math.Log(out), math.Log1p(-in)-math.Log1p(-out)
	gain := func(d int) float64 { // of a special day over another
		if bought[d] {
			return yes
		}
		return no
	}
	n := 0.0
	for _, b := range bought {
		if b {
			n++
		}
	}
	base := n*math.Log(out) + (float64(len(bought))-n)*math.Log1p(-out)
	weeks := run.span / 7
	switch kind {
	case 0:
		for d := range bought {
			if run.christmas[d] {
				base += gain(d)
			}
		}
		return base
	case 1:
		var terms []float64
		for weekday := range 7 {
			s := 0.0
			for w := range weeks {
				s += gain(7*w + weekday)
				if w >= plantRitual {
					s -= gain(7*(w-plantRitual) + weekday)
				}
				if w >= plantRitual-1 {
					terms = append(terms, s)
				}
			}
		}
		return base + logSumExp(terms) - math.Log(float64(len(terms)))
	}
	// Forward probabilities of the two states, relative to base.
	quiet, burst, scale := 1.0, 0.0, 0.0
	odds := [2]float64{math.Exp(no), math.Exp(yes)}
	for _, b := range bought {
		quiet, burst = quiet*(1-plantBurst)+burst*(1-plantBurstStays), quiet*plantBurst+burst*plantBurstStays
		if b {
			burst *= odds[1]
		} else {
			burst *= odds[0]
		}
		if t := quiet + burst; t > 1e100 {
			scale += math.Log(t)
			quiet, burst = quiet/t, burst/t
		}
	}
	return base + scale + math.Log(quiet+burst)
}

// plantHolidays marks the special days once.
func (run *plantRun) plantHolidays() {
	run.christmas = slices.Repeat([]bool{false}, run.span)
	for d := range run.christmas {
		run.christmas[d] = run.beforeChristmas(d)
	}
}

// plantAnswerTrips draws trips at the customer's gamma rate a month, each in the
// plantAnswerDays after a message or in the other days of the cycle.
func plantAnswerTrips(l *plantLife) {
	run, c := l.run, l.c
	from := run.months[c.joined]
	cycles := (run.span - plantFirstSend) / plantSendEvery
	first := (from-plantFirstSend+plantSendEvery-1)/plantSendEvery + 1
	for cycle := first; cycle < cycles; cycle++ {
		for range l.arrivals(plantTrips, float64(plantSendEvery)/30.4) {
			day := plantFirstSend + cycle*plantSendEvery
			if l.yes(plantAnswer) {
				day += l.r.IntN(plantAnswerDays)
			} else {
				day += plantAnswerDays + l.r.IntN(plantSendEvery-plantAnswerDays)
			}
			c.days = append(c.days, day)
		}
	}
	if len(c.days) == 0 {
		c.days = []int{from}
	}
	slices.Sort(c.days)
}
