package datasets

import "math"

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
