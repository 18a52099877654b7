package datasets

import (
	"math"
	"slices"
)

// How the days of trips are drawn where they are what is planted, and how probable
// they are.

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
	plantBuySeldom = 0.035
	plantBuySize   = 120.0
)

var plantGone = [2]int{40, 110}

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
	c.first = r.IntN(span - plantGone[1] - 30)
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
