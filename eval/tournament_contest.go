package eval

import (
	"context"
	"fmt"
	"slices"
)

// contestRun is one target in the making.
type contestRun struct {
	r      *tournamentRun
	s      *yardstick
	seed   uint64
	frames [2]*contestFrame // by the half that is learned from
	out    *Contest
	width  int
	// columns are what is compared; entries made once serve several.
	columns []*contestColumn
	null    *contestColumn
	// covariances of labellings' two directions, as far as they were asked for.
	covariances map[[2]*contestTable]float64
}

// contestFrame is what all entrants of a half share.
type contestFrame struct {
	train, test []int // rows with an outcome, by hash
	bundle      []int // of test
	bundles     int
	all         tally
	prior       tally
	null        contestEntry
	foldPriors  []tally
}

// contestEntry is what one labelling, learned on one half, comes to.
type contestEntry struct {
	test           []float64     // Σ loss by bundle of the test half
	sum            float64       // Σ test
	train, cross   float64       // Σ loss on the training half: in-sample, cross-fitted
	table          *contestTable // nil for what is no grouping
	liftSum, liftN float64       // raw money and customers of the most promising group on the test half
}

// contestColumn is an entrant over both halves.
type contestColumn struct {
	name    string
	entry   [2]*contestEntry
	outside float64
	at      int // in the bootstrap
}

// contest holds one.
func (r *tournamentRun) contest(ctx context.Context, y *Outcome) (*Contest, error) {
	c := &contestRun{r: r, out: &Contest{
		Origin: r.t.Origin, Until: r.t.Until, Target: y.Name, Doc: y.Doc, Method: y.Method, Kind: y.Kind,
		Population: len(r.t.IDs), Standings: []Standing{}, Picked: []Pick{}, Set: []string{}, Alpha: r.o.Alpha,
	}}
	c.seed = tournamentHash(r.run.Seed, tournamentBootstrapStream, r.t.Origin+" "+y.Name)
	if c.s, c.out.Reason = newYardstick(y, len(r.t.IDs)); c.out.Reason != "" {
		return c.out, ctx.Err()
	}
	c.out.Measure, c.width = c.s.measure, c.s.width()
	if c.frame(y); c.out.Reason != "" {
		return c.out, ctx.Err()
	}
	c.covariances = map[[2]*contestTable]float64{}
	c.null = c.column("nobody", &c.frames[0].null, &c.frames[1].null)
	if err := c.standings(ctx); err != nil {
		return nil, err
	}
	return c.out, nil
}

// frame parts the customers with an outcome, and takes what everybody comes to.
func (c *contestRun) frame(y *Outcome) {
	half := make([]int, len(c.r.t.IDs))
	for _, i := range c.r.halves[1].Train {
		half[i] = 1
	}
	c.frames = [2]*contestFrame{{}, {}}
	for _, i := range c.r.order {
		if c.s.known[i] {
			f, g := c.frames[half[i]], c.frames[1-half[i]]
			f.train, g.test = append(f.train, i), append(g.test, i)
			c.out.Customers++
		}
	}
	for h, f := range c.frames {
		if len(f.train) < c.r.o.Fewest {
			c.out.Reason = fmt.Sprintf("%d of the %d customers in half %s have an outcome: %d are needed",
				len(f.train), len(c.r.halves[h].Train), c.r.halves[h].Name, c.r.o.Fewest)
			return
		}
	}
	c.out.Mean = c.s.mean(y, c.r.order)
	for h, f := range c.frames {
		f.all = c.s.tallies(1)[0]
		folds := c.s.tallies(c.r.o.Folds)
		sizes := make([]float64, c.r.o.Folds)
		for _, i := range f.train {
			c.s.add(&f.all, i, 1)
			c.s.add(&folds[c.r.folds[i]], i, 1)
			sizes[c.r.folds[i]]++
		}
		if c.flat(f) {
			c.out.Reason = fmt.Sprintf("the outcome is the same for all %d customers of half %s: nothing can tell them apart", len(f.train), c.r.halves[h].Name)
			return
		}
		n := float64(len(f.train))
		f.prior = c.s.prior(&f.all, n)
		for k := range folds {
			rest := c.s.tallies(1)[0]
			for w := range rest.sum {
				rest.sum[w] = f.all.sum[w] - folds[k].sum[w]
			}
			rest.total = f.all.total - folds[k].total
			if n > sizes[k] && rest.total > 0 && (c.s.class != nil || rest.sum[0] > 0 || c.signed()) {
				f.foldPriors = append(f.foldPriors, c.s.prior(&rest, n-sizes[k]))
			} else {
				f.foldPriors = append(f.foldPriors, f.prior)
			}
		}
		f.bundles = min(c.r.o.Bundles, len(f.test))
		f.bundle = make([]int, len(f.test))
		for p := range f.test {
			f.bundle[p] = p % f.bundles
		}
	}
	for _, f := range c.frames {
		f.null = c.predicted(f, func(int) []float64 { return f.prior.mean() })
		f.null.table = &contestTable{codes: make([]int32, len(c.r.t.IDs)), groups: 1, p: f.prior.mean(), weight: []float64{f.all.total}}
		for _, i := range f.train {
			f.null.cross += c.s.loss(i, f.foldPriors[c.r.folds[i]].mean())
		}
	}
}

// signed reports whether a mean of 0 is no trouble: squared errors need no logarithm.
func (c *contestRun) signed() bool { return c.s.kind == OutcomeAmount || c.s.kind == OutcomeShare }

// mean is a prior's prediction.
func (t *tally) mean() []float64 {
	out := make([]float64, len(t.sum))
	for i, v := range t.sum {
		out[i] = v / t.total
	}
	return out
}

// flat reports whether a training half has one outcome only, or none of what is counted.
func (c *contestRun) flat(f *contestFrame) bool {
	if c.s.class != nil {
		return slices.Max(f.all.sum) == f.all.total
	}
	if c.s.days != nil {
		return f.all.sum[0] == 0
	}
	for _, i := range f.train {
		if c.s.y[i] != c.s.y[f.train[0]] {
			return false
		}
	}
	return true
}

// predicted sums the losses of given predictions.
func (c *contestRun) predicted(f *contestFrame, of func(row int) []float64) contestEntry {
	e := contestEntry{test: make([]float64, f.bundles)}
	for p, i := range f.test {
		l := c.s.loss(i, of(i))
		e.test[f.bundle[p]] += l
		e.sum += l
	}
	for _, i := range f.train {
		e.train += c.s.loss(i, of(i))
	}
	return e
}

// grouped is what a labelling comes to. from, if not nil, is the row that each row takes
// its label from.
func (c *contestRun) grouped(f *contestFrame, g *grouping, from []int) *contestEntry {
	code := func(i int) int32 {
		if from != nil {
			i = from[i]
		}
		return g.codes[i]
	}
	folds := c.r.o.Folds
	groups := c.s.tallies(g.groups)
	parts := c.s.tallies(g.groups * folds)
	for _, i := range f.train {
		k := int(code(i))
		c.s.add(&groups[k], i, 1)
		c.s.add(&parts[k*folds+c.r.folds[i]], i, 1)
	}
	flat := make([]float64, (g.groups+1)*c.width)
	prediction := func(k int32) []float64 { return flat[int(k+1)*c.width : int(k+2)*c.width] }
	copy(prediction(-1), f.prior.mean())
	for k := range groups {
		c.s.predict(&groups[k], &f.prior, prediction(int32(k)))
	}
	e := c.predicted(f, func(i int) []float64 { return prediction(code(i)) })
	if from == nil {
		e.table = &contestTable{codes: g.codes, groups: g.groups, p: flat[c.width:], weight: make([]float64, g.groups)}
		for k := range groups {
			e.table.weight[k] = groups[k].total + f.prior.total
		}
	}
	crossed := make([]float64, g.groups*folds*c.width)
	for k := range groups {
		for j := range folds {
			p := &parts[k*folds+j]
			for w := range p.sum {
				p.sum[w] = groups[k].sum[w] - p.sum[w]
			}
			p.total = groups[k].total - p.total
			at := (k*folds + j) * c.width
			c.s.predict(p, &f.foldPriors[j], crossed[at:at+c.width])
		}
	}
	for _, i := range f.train {
		at := (int(code(i))*folds + c.r.folds[i]) * c.width
		e.cross += c.s.loss(i, crossed[at:at+c.width])
	}
	if c.s.raw != nil {
		best := int32(0)
		for k := int32(1); k < int32(g.groups); k++ {
			if prediction(k)[0] > prediction(best)[0] {
				best = k
			}
		}
		for _, i := range f.test {
			if code(i) == best {
				e.liftSum += c.s.raw[i]
				e.liftN++
			}
		}
	}
	return &e
}

// dealt is the mean over the deals.
func (c *contestRun) dealt(f *contestFrame, g *grouping) *contestEntry {
	out := &contestEntry{test: make([]float64, f.bundles)}
	share := 1 / float64(len(c.r.deals))
	for _, from := range c.r.deals {
		e := c.grouped(f, g, from)
		for b, v := range e.test {
			out.test[b] += share * v
		}
		out.sum += share * e.sum
		out.train += share * e.train
		out.cross += share * e.cross
		out.liftSum += e.liftSum
		out.liftN += e.liftN
	}
	return out
}

// tournamentExplained is 1 − loss/null.
func tournamentExplained(loss, null float64) float64 { return 1 - loss/null }

// column adds what is compared.
func (c *contestRun) column(name string, a, b *contestEntry) *contestColumn {
	k := &contestColumn{name: name, entry: [2]*contestEntry{a, b}, at: len(c.columns)}
	k.outside = tournamentExplained(a.sum+b.sum, c.frames[0].null.sum+c.frames[1].null.sum)
	c.columns = append(c.columns, k)
	return k
}

// inside is the mean of the halves' in-sample figures.
func (c *contestRun) inside(k *contestColumn) float64 {
	return (tournamentExplained(k.entry[0].train, c.frames[0].null.train) + tournamentExplained(k.entry[1].train, c.frames[1].null.train)) / 2
}

// lift is the mean of the most promising group over everybody's, both halves together.
func (c *contestRun) lift(k *contestColumn) (lift, share *float64) {
	if c.s.raw == nil {
		return nil, nil
	}
	var sum, n, all, of float64
	for h, f := range c.frames {
		sum, n = sum+k.entry[h].liftSum, n+k.entry[h].liftN
		for _, i := range f.test {
			all, of = all+c.s.raw[i], of+1
		}
	}
	if n == 0 || all == 0 {
		return nil, nil
	}
	return tournamentValue(sum / n / (all / of)), tournamentValue(n / of)
}
