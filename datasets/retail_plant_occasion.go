package datasets

import (
	"math"
	"slices"
)

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
	if len(l.c.days) == 0 { // one of ten thousand: the shop knows nobody without a purchase
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
