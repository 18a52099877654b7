package features

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/mores-lab/mores/datasets"
)

// StratumInfo is one stratum of evidence with its size.
type StratumInfo struct {
	Name      string `json:"name"`
	Customers int    `json:"customers"`
	// ValueShare is the stratum's part of gross revenue; nil without amounts.
	ValueShare *float64 `json:"value_share"`
}

// Built is a feature set: the customers with enough evidence, measured, and the
// others by stratum.
type Built struct {
	Raw   *Matrix   // stratum "enough" × features, in customer order; NaN = missing
	Value []float64 // gross revenue per row of Raw; nil if the log has no amounts
	// Strata lists enough, few purchases, one purchase and prospect with their
	// sizes; those without customers are left out, except enough.
	Strata     []StratumInfo
	StratumIDs map[string][]string // the customers that are not in Raw
	Pipeline   *Pipeline           // the extractors, learned; no maps yet
	Warnings   []string
	Recipe     Recipe // as built: what a lenient recipe left out is gone
}

// Warner is what a Model implements that has something to say about the log it
// was learned from: a column left out because the log does not tell it.
type Warner interface{ Warnings() []string }

// chunkSize is the number of customers a worker takes at a time: small enough to
// balance, large enough that merging summaries costs nothing.
const chunkSize = 512

// Build runs a recipe over a log. Every customer is gathered from; models are
// learned in the order that After asks for; the customers with at least minimum
// purchase occasions (0 = the recipe's own minimum) are measured.
//
// The result does not depend on workers (0 = all processors) or on the log's
// shards. Cost: two passes over the log, O(customers × columns) memory.
func Build(ctx context.Context, log *datasets.Log, r Recipe, minimum, workers int) (*Built, error) {
	r, lacking := fedSteps(log, r)
	if err := checkRecipe(log, r); err != nil {
		return nil, err
	}
	b := &builder{log: log, recipe: r, minimum: minimum, workers: workers}
	if len(lacking) > 0 {
		b.out.Warnings = append(b.out.Warnings, fmt.Sprintf("%s leaves out what the log does not tell of: %s", r.Name, strings.Join(lacking, ", ")))
	}
	if b.workers <= 0 {
		b.workers = runtime.GOMAXPROCS(0)
	}
	if err := b.gather(ctx); err != nil {
		return nil, err
	}
	if r.Lenient && minimum <= 0 {
		b.thin()
	}
	if err := b.learn(); err != nil {
		return nil, err
	}
	b.stratify()
	if err := b.measure(ctx); err != nil {
		return nil, err
	}
	b.out.Raw.Descriptors = Descriptors(log, b.out.Raw.IDs)
	b.out.Warnings = append(b.out.Warnings, caveats(log, r)...)
	b.strata()
	b.out.Recipe = b.recipe
	return &b.out, nil
}

// fedSteps leaves out of a lenient recipe what the log cannot feed.
func fedSteps(log *datasets.Log, r Recipe) (Recipe, []string) {
	if !r.Lenient {
		return r, nil
	}
	out := r
	out.Steps = nil
	var lacking []string
	for _, s := range r.Steps {
		if s.Extractor.Lacks(log) != "" || slices.ContainsFunc(s.Extractor.After, func(a string) bool { return slices.Contains(lacking, a) }) {
			lacking = append(lacking, s.Extractor.Name)
			continue
		}
		out.Steps = append(out.Steps, s)
	}
	if len(out.Steps) == 0 {
		return r, nil // checkRecipe says what is lacking
	}
	return out, lacking
}

// checkRecipe refuses recipes that the log cannot feed.
func checkRecipe(log *datasets.Log, r Recipe) error {
	if len(r.Steps) == 0 {
		return fmt.Errorf("recipe %q has no extractors", r.Name)
	}
	if log.NumCustomers() == 0 {
		return fmt.Errorf("%s has no customers in its window", log.Meta.Name)
	}
	names := map[string]bool{}
	for _, s := range r.Steps {
		if names[s.Extractor.Name] {
			return fmt.Errorf("recipe %q names extractor %s twice", r.Name, s.Extractor.Name)
		}
		names[s.Extractor.Name] = true
		if err := checkNeeds(log, s.Extractor); err != nil {
			return err
		}
	}
	for _, s := range r.Steps {
		for _, a := range s.Extractor.After {
			if !names[a] {
				return fmt.Errorf("%s reads the model of %s: add %s to recipe %q", s.Extractor.Name, a, a, r.Name)
			}
		}
	}
	return nil
}

// Lacks says in words what the log lacks for the extractor; "" if it can be fed.
func (e *Extractor) Lacks(log *datasets.Log) string {
	has := log.Meta.Has &^ datasets.FieldHour
	if log.Meta.Resolution == datasets.Second {
		has |= datasets.FieldHour
	}
	switch lacks := e.Needs &^ has; {
	case lacks != 0:
		return strings.Join(lacks.Names(), " and ")
	case e.AnyField != 0 && e.AnyField&has == 0:
		return strings.Join(e.AnyField.Names(), " or ")
	case e.AnyKind != 0 && e.AnyKind&log.Meta.Kinds == 0 && !(e.Surveys && log.Surveys != nil):
		return strings.Join(e.AnyKind.Names(), " or ") + " events"
	case e.Minimum > 0 && !log.Meta.Kinds.Has(datasets.Purchase):
		return "purchase events"
	case e.Table != "" && sideTable(log, e.Table) == nil:
		return "table of " + e.Table
	case log.Meta.NoClock && e.dated():
		return "dates (its stamps give an order only)"
	}
	return ""
}

func checkNeeds(log *datasets.Log, e *Extractor) error {
	lacks := e.Lacks(log)
	if lacks == "" {
		return nil
	}
	have := "no optional columns"
	if has := log.Meta.Has &^ datasets.FieldHour; has != 0 {
		have = strings.Join(has.Names(), ", ")
	}
	return fmt.Errorf("%s needs %s, which %s does not have (it has %s; events: %s): map the column, or leave %s out",
		e.Name, lacks, log.Meta.Name, have, strings.Join(log.Meta.Kinds.Names(), ", "), e.Name)
}

// builder is one run of Build.
type builder struct {
	log     *datasets.Log
	recipe  Recipe
	minimum int
	workers int

	summaries []Summary // one per step
	models    []Model
	width     int
	mu        sync.Mutex
	parts     []part // per chunk
	out       Built
}

// part is what the first pass keeps of a chunk's customers.
type part struct {
	occasions []int
	spend     []float64
	ids       []string
	strat     []datasets.Stratum // from stratify on
}

// keep files a chunk's part under its number.
func (b *builder) keep(number int, p part) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.parts) <= number {
		b.parts = append(b.parts, part{})
	}
	b.parts[number] = p
}

// chunk is a run of whole customers of one shard; number counts chunks in order.
type chunk struct {
	number int
	events *datasets.Events
	lo, hi int
}

// each calls f on every chunk, from several goroutines.
func (b *builder) each(ctx context.Context, f func(worker int, c chunk)) error {
	work := make(chan chunk)
	var wg sync.WaitGroup
	for w := range b.workers {
		wg.Go(func() {
			for c := range work {
				f(w, c)
			}
		})
	}
	err := func() error {
		n := 0
		for e, err := range b.log.Shards(ctx) {
			if err != nil {
				return err
			}
			for lo := 0; lo < len(e.IDs); lo += chunkSize {
				select {
				case work <- chunk{n, e, lo, min(lo+chunkSize, len(e.IDs))}:
					n++
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		return nil
	}()
	close(work)
	wg.Wait()
	return err
}

// gather collects what each extractor needs, and each customer's stratum and spend.
func (b *builder) gather(ctx context.Context) error {
	parts := make([][]Summary, b.workers)
	for w := range parts {
		for _, s := range b.recipe.Steps {
			parts[w] = append(parts[w], s.Block.Empty())
		}
	}
	err := b.each(ctx, func(w int, c chunk) {
		n := c.hi - c.lo
		p := part{occasions: make([]int, n), spend: make([]float64, n), ids: c.events.IDs[c.lo:c.hi]}
		for i := c.lo; i < c.hi; i++ {
			h := c.events.History(i)
			for s, step := range b.recipe.Steps {
				parts[w][s].Merge(step.Block.Gather(h))
			}
			p.occasions[i-c.lo] = h.NumOccasions() // after Gather, which often has made them
			p.spend[i-c.lo] = h.Spend().Gross
		}
		b.keep(c.number, p)
	})
	if err != nil {
		return err
	}
	b.summaries = parts[0]
	for _, p := range parts[1:] {
		for s := range p {
			b.summaries[s].Merge(p[s])
		}
	}
	return nil
}

// learn makes the models, those named in After first, and the pipeline's columns.
func (b *builder) learn() error {
	steps := b.recipe.Steps
	b.models = make([]Model, len(steps))
	known := map[string]Model{}
	for len(known) < len(steps) {
		progress := false
		for i, s := range steps {
			if b.models[i] != nil || !allKnown(s.Extractor.After, known) {
				continue
			}
			after := map[string]Model{}
			for _, a := range s.Extractor.After {
				after[a] = known[a]
			}
			m, err := s.Block.Learn(b.summaries[i], after)
			if err != nil && b.recipe.Lenient {
				b.out.Warnings = append(b.out.Warnings, fmt.Sprintf("%s is left out: %v", s.Extractor.Name, err))
				b.drop(i)
				return b.learn()
			}
			if err != nil {
				return fmt.Errorf("%s on %s: %w", s.Extractor.Name, b.log.Meta.Name, err)
			}
			b.models[i] = m
			known[s.Extractor.Name] = m
			progress = true
		}
		if !progress {
			return fmt.Errorf("recipe %q: its extractors wait for each other (After)", b.recipe.Name)
		}
	}
	p := &Pipeline{Schema: PipelineSchema, Recipe: b.recipe.Name}
	taken := map[string]string{}
	for i, s := range steps {
		f, err := fitted(s.Extractor.Name, s.Extractor.Version, s.Block, b.models[i])
		if err != nil {
			return err
		}
		p.Extractors = append(p.Extractors, f)
		for _, c := range b.models[i].Columns() {
			if o, ok := taken[c.Name]; ok {
				return fmt.Errorf("recipe %q: %s and %s both make a column %q", b.recipe.Name, o, s.Extractor.Name, c.Name)
			}
			taken[c.Name] = s.Extractor.Name
			c.Weight = s.Weight
			p.Columns = append(p.Columns, c)
		}
		if w, ok := b.models[i].(Warner); ok {
			for _, t := range w.Warnings() {
				b.out.Warnings = append(b.out.Warnings, fmt.Sprintf("%s on %s: %s", s.Extractor.Name, b.log.Meta.Name, t))
			}
		}
	}
	p.models, p.widths = b.models, widthsOf(b.models)
	b.width = len(p.Columns)
	if b.width == 0 {
		return fmt.Errorf("recipe %q makes no columns on %s", b.recipe.Name, b.log.Meta.Name)
	}
	b.out.Pipeline = p
	return nil
}

// fewestMeasured is the number of customers below which a matrix says nothing.
const fewestMeasured = 3

// thin leaves out of a lenient recipe what asks for more purchases than anybody, or
// hardly anybody, has made.
func (b *builder) thin() {
	for {
		most, at := 0, -1
		for i, s := range b.recipe.Steps {
			if s.Extractor.Minimum > most {
				most, at = s.Extractor.Minimum, i
			}
		}
		n := 0
		for _, p := range b.parts {
			for _, o := range p.occasions {
				if o >= most {
					n++
				}
			}
		}
		if at < 0 || n >= fewestMeasured || len(b.recipe.Steps) == 1 {
			return
		}
		b.out.Warnings = append(b.out.Warnings, fmt.Sprintf("%s is left out: it needs %d purchase days, which %d customers have", b.recipe.Steps[at].Extractor.Name, most, n))
		b.drop(at)
	}
}

// stratify sorts the customers by evidence, once it is known what has to be measured.
func (b *builder) stratify() {
	if b.minimum <= 0 {
		b.minimum = b.recipe.Minimum()
	}
	b.out.Pipeline.Minimum = b.minimum
	for i := range b.parts {
		p := &b.parts[i]
		p.strat = make([]datasets.Stratum, len(p.occasions))
		for k, o := range p.occasions {
			p.strat[k] = datasets.StratumOf(o, b.minimum)
		}
	}
}

// drop leaves step i out, and what reads its model.
func (b *builder) drop(i int) {
	gone := []string{b.recipe.Steps[i].Extractor.Name}
	var steps []Step
	var sums []Summary
	for k, s := range b.recipe.Steps {
		if k == i || slices.ContainsFunc(s.Extractor.After, func(a string) bool { return slices.Contains(gone, a) }) {
			gone = append(gone, s.Extractor.Name)
			continue
		}
		steps, sums = append(steps, s), append(sums, b.summaries[k])
	}
	b.recipe.Steps, b.summaries = steps, sums
}

func allKnown(names []string, known map[string]Model) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return known[n] == nil })
}

// measure fills the matrix.
func (b *builder) measure(ctx context.Context) error {
	first := make([]int, len(b.parts)) // each chunk's first row
	n := 0
	for c, p := range b.parts {
		first[c] = n
		for _, s := range p.strat {
			if s == datasets.Enough {
				n++
			}
		}
	}
	raw := NewMatrix(n, b.out.Pipeline.Columns, nil)
	raw.IDs = make([]string, n)
	hasValue := b.log.Meta.Has&datasets.FieldAmount != 0
	if hasValue {
		b.out.Value = make([]float64, n)
	}
	widths := widthsOf(b.models)
	err := b.each(ctx, func(_ int, c chunk) {
		row := first[c.number]
		for i := c.lo; i < c.hi; i++ {
			p := &b.parts[c.number]
			if p.strat[i-c.lo] != datasets.Enough {
				continue
			}
			measureRow(b.models, widths, c.events.History(i), raw.Row(row))
			raw.IDs[row] = c.events.IDs[i]
			if hasValue {
				b.out.Value[row] = p.spend[i-c.lo]
			}
			row++
		}
	})
	if err != nil {
		return err
	}
	for i, x := range raw.data {
		if math.IsInf(x, 0) {
			return fmt.Errorf("%s of customer %q is infinite: an extractor's fault",
				raw.Cols[i%b.width].Name, raw.IDs[i/b.width])
		}
	}
	b.out.Raw = raw
	return nil
}

// measureRow lets every model fill its part of the row, of that many columns each.
func measureRow(models []Model, widths []int, h datasets.History, row []float64) {
	at := 0
	for i, m := range models {
		end := at + widths[i]
		m.Measure(h, row[at:end:end])
		at = end
	}
}

func widthsOf(models []Model) []int {
	out := make([]int, len(models))
	for i, m := range models {
		out[i] = len(m.Columns())
	}
	return out
}

// strata counts and lists the strata.
func (b *builder) strata() {
	var sums [4]ExactSum
	var counts [4]int
	var ids [4][]string
	for _, p := range b.parts {
		for i, s := range p.strat {
			counts[s]++
			if !math.IsNaN(p.spend[i]) {
				sums[s].Add(p.spend[i])
			}
			if s != datasets.Enough {
				ids[s] = append(ids[s], p.ids[i])
			}
		}
	}
	var total ExactSum
	for s := range sums {
		total.Merge(&sums[s])
	}
	b.out.StratumIDs = map[string][]string{}
	for _, s := range []datasets.Stratum{datasets.Enough, datasets.Few, datasets.OnePurchase, datasets.Prospect} {
		if counts[s] == 0 && s != datasets.Enough {
			continue
		}
		info := StratumInfo{Name: s.String(), Customers: counts[s]}
		if t := total.Value(); b.log.Meta.Has&datasets.FieldAmount != 0 && t != 0 {
			share := sums[s].Value() / t
			info.ValueShare = &share
		}
		b.out.Strata = append(b.out.Strata, info)
		if s != datasets.Enough {
			b.out.StratumIDs[s.String()] = ids[s]
		}
	}
}
