package datasets

import "math"

// retailBestARI is the adjusted Rand index, on the customers with at least two
// purchase days, of the labelling by the most probable segment.
func retailBestARI(log *Log, customers []*retailCustomer) float64 {
	var truth, best []int32
	for _, c := range customers {
		h, _ := log.Find(c.id)
		if c.segment < 0 || len(h.Occasions()) < 2 {
			continue
		}
		truth = append(truth, int32(c.segment))
		best = append(best, int32(c.mostProbable()))
	}
	return adjustedRand(truth, best)
}

// mostProbable is the Bayes classifier: the segment of largest posterior
// probability given everything in the customer's events, all parameters of the
// simulation known and the customer's own rates and tastes integrated out.
// Descriptors (region, age) are no behaviour and are not looked at.
func (c *retailCustomer) mostProbable() int {
	best, at := math.Inf(-1), 0
	for i := range retailSegments {
		if l := c.logPosterior(&retailSegments[i]); l > best {
			best, at = l, i
		}
	}
	return at
}

// logPosterior is ln P(segment) + ln P(history | segment), up to a constant that
// is the same for every segment.
func (c *retailCustomer) logPosterior(s *retailSegment) float64 {
	l := math.Log(s.share)
	first := 0
	switch {
	case c.joined < 0:
		l += math.Log(s.joinedBefore)
	case s.joinedBefore == 1 || c.joined < s.joinedFrom:
		return math.Inf(-1)
	default:
		first = c.joined
		l += math.Log((1 - s.joinedBefore) / float64(retailWeeks-s.joinedFrom))
	}
	l += dirichletMultinomial(c.weekday[:], s.weekday, s.habit)
	l += dirichletMultinomial(c.daypart[:], s.daypart, s.habit)
	l += dirichletMultinomial(c.channel[:], s.channel, s.focus)
	l += dirichletMultinomial(c.category[:], s.category, s.focus)
	trips, last := 0, c.lastView
	for w, n := range c.trips {
		if trips += n; n > 0 {
			last = max(last, w)
		}
	}
	l += gammaPoisson(float64(c.lines-trips), float64(trips), retailLinesShape, s.lines)
	l += betaBinomial(c.discounted, c.lines, s.discount)
	l += betaBinomial(c.returned, c.returnable, s.returns)
	if !s.lapses {
		return l + c.logActivity(s, first, retailWeeks)
	}
	// The week of the lapse is unknown: sum over those it can have been.
	for i, open := range c.opened {
		if open {
			last = max(last, retailCampaigns[i])
		}
	}
	var terms []float64
	for lapse := max(retailLapse[0], last+1); lapse < retailLapse[1]; lapse++ {
		terms = append(terms, c.logActivity(s, first, lapse))
	}
	return l + logSumExp(terms) - math.Log(float64(retailLapse[1]-retailLapse[0]))
}

// logActivity is the likelihood of what depends on the weeks in which the
// customer is there, [first, lapse): trips, views and the answers to campaigns.
func (c *retailCustomer) logActivity(s *retailSegment, first, lapse int) float64 {
	l, total, exposure := 0.0, 0, 0.0
	for w := first; w < lapse; w++ {
		n := c.trips[w]
		total += n
		if s.twice {
			if n > 2 {
				return math.Inf(-1)
			}
			if n == 1 {
				l += math.Ln2 // C(2, 1)
			}
			continue
		}
		x := s.season(w)
		exposure += x
		if n > 0 {
			f, _ := math.Lgamma(float64(n + 1))
			l += float64(n)*math.Log(x) - f
		}
	}
	weeks := float64(lapse - first)
	if s.twice {
		a, b := s.trips/2*s.tripsShape, (1-s.trips/2)*s.tripsShape
		l += logBeta(a+float64(total), b+2*weeks-float64(total)) - logBeta(a, b)
	} else {
		l += gammaPoisson(float64(total), exposure, s.tripsShape, s.trips)
	}
	l += gammaPoisson(float64(c.views), weeks, retailViewsShape, s.views)
	sent, opened, clicked := 0, 0, 0
	for i, w := range retailCampaigns {
		if c.sent[i] && w < lapse {
			sent++
			if c.opened[i] {
				opened++
			}
			if c.clicked[i] {
				clicked++
			}
		}
	}
	return l + betaBinomial(opened, sent, s.opens) + betaBinomial(clicked, opened, s.clicks)
}

// gammaPoisson is ln P of n arrivals over that exposure at a gamma rate of that
// shape and mean, without the terms that hold no parameter.
func gammaPoisson(n, exposure, shape, mean float64) float64 {
	b := shape / mean
	x, _ := math.Lgamma(shape + n)
	y, _ := math.Lgamma(shape)
	return shape*math.Log(b) + x - y - (shape+n)*math.Log(b+exposure)
}

// betaBinomial is ln P of k successes in n, in a given order, at a beta
// probability of that mean and the concentration of all of them.
func betaBinomial(k, n int, mean float64) float64 {
	a, b := mean*retailBetaSize, (1-mean)*retailBetaSize
	return logBeta(a+float64(k), b+float64(n-k)) - logBeta(a, b)
}

func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// dirichletMultinomial is ln P of those counts, in a given order, at Dirichlet
// shares around mean.
func dirichletMultinomial(counts []int, mean []float64, concentration float64) float64 {
	n, l := 0, 0.0
	for i, k := range counts {
		if k > 0 {
			x, _ := math.Lgamma(mean[i]*concentration + float64(k))
			y, _ := math.Lgamma(mean[i] * concentration)
			l += x - y
			n += k
		}
	}
	x, _ := math.Lgamma(concentration)
	y, _ := math.Lgamma(concentration + float64(n))
	return l + x - y
}

func logSumExp(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, v)
	}
	if math.IsInf(top, -1) {
		return top
	}
	s := 0.0
	for _, v := range x {
		s += math.Exp(v - top)
	}
	return top + math.Log(s)
}

// adjustedRand is Hubert and Arabie's index, for the generators that state the
// best reachable one; eval, which imports this package, has it for everybody.
func adjustedRand(a, b []int32) float64 {
	cells, rows, cols := map[[2]int32]float64{}, map[int32]float64{}, map[int32]float64{}
	for i := range a {
		cells[[2]int32{a[i], b[i]}]++
		rows[a[i]]++
		cols[b[i]]++
	}
	pairs := func(n float64) float64 { return n * (n - 1) / 2 }
	var both, x, y float64
	for _, n := range cells { // integers: the order of a map changes nothing
		both += pairs(n)
	}
	for _, n := range rows {
		x += pairs(n)
	}
	for _, n := range cols {
		y += pairs(n)
	}
	chance := x * y / pairs(float64(len(a)))
	if (x+y)/2 == chance {
		return 1 // both have one cluster, or every row alone
	}
	return (both - chance) / ((x+y)/2 - chance)
}
