package study

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

// lab does over again what a study did, on parts of its customers: the extractors'
// models, the transforms and the clustering are learned from the part alone. Stability,
// prediction strength and the hold-out tournament rest on it. It is safe for concurrent
// use, and what it answers depends on neither workers nor the order of the questions.
type lab struct {
	s    *Study
	log  *datasets.Log // the log at its cut; nil where the sets are tables
	sets []*labSet
	keep *keeping // of the judgement; nil = nothing is kept

	before  sync.Once // the study a while earlier, made when it is first asked for
	then    *lab
	thenErr error
}

// labSet is a feature set in the lab. Its rows are those of the set's matrix.
type labSet struct {
	lab     *lab
	of      *built
	ids     []string        // a customer a row; nil for tables
	outside []string        // the log's other customers, whom models learn from too
	known   map[string]bool // IDs of rows
	ruled   ruledRows       // what rules about events say of the rows

	mu    sync.Mutex
	parts map[uint64]*labPart
	order []uint64 // oldest first
}

// keptParts bounds the parts that are remembered, oldest gone first: those of the 50
// subsamples that the stability metrics ask for, and the halves of a tournament.
const keptParts = 64

// lab returns the lab of the study at the end of its window.
func (s *Study) lab(ctx context.Context, sets []*built) (*lab, error) {
	l := &lab{s: s, log: s.Log}
	for _, b := range sets {
		if err := l.add(ctx, b); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// labOf returns the lab of the study as it would have been on another log: the same one
// at an earlier date, or of some customers. Feature sets that too few customers have are
// left out.
func (s *Study) labOf(ctx context.Context, log *datasets.Log) (*lab, error) {
	then := *s
	then.Log, then.Truth = log, nil
	sets, err := then.build(ctx)
	if err != nil {
		return nil, err
	}
	return then.lab(ctx, sets)
}

func (l *lab) add(ctx context.Context, b *built) error {
	s := &labSet{lab: l, of: b, parts: map[uint64]*labPart{}}
	if b.recipe != nil {
		n, _ := b.set.X.Dims()
		s.known = make(map[string]bool, n)
		for i := range n {
			s.ids = append(s.ids, b.set.X.ID(i))
			s.known[s.ids[i]] = true
		}
		for e, err := range l.log.Shards(ctx) {
			if err != nil {
				return err
			}
			for _, id := range e.IDs {
				if !s.known[id] {
					s.outside = append(s.outside, id)
				}
			}
		}
	}
	l.sets = append(l.sets, s)
	return nil
}

// set returns the feature set of that name and scale, or nil.
func (l *lab) set(name, scale string) *labSet {
	for _, s := range l.sets {
		if s.of.set.Name == name && s.of.set.Scale == scale {
			return s
		}
	}
	return nil
}

// labPart is what is learned from some rows of a set, all but the clustering.
type labPart struct {
	set  *labSet
	rows []int // as asked for: ascending, a bootstrap repeats some
	once sync.Once
	err  error
	x    *features.Matrix
	kept []int // the positions in rows that x holds; others have missing values
	pipe *features.Pipeline
	// shared holds trees and neighbour indexes of x.
	shared *cluster.Shared

	measured sync.Once
	all      *features.Matrix // every row of the set in this part's space
	allErr   error

	rules ruledRows // what rules about this part's features say of the set's rows
}

// part returns what is learned from those rows, remembered.
func (s *labSet) part(ctx context.Context, rows []int) (*labPart, error) {
	h := fnv.New64a()
	var b [8]byte
	for _, r := range rows {
		binary.LittleEndian.PutUint64(b[:], uint64(r))
		h.Write(b[:])
	}
	key := h.Sum64()
	s.mu.Lock()
	p := s.parts[key]
	if p == nil || !slices.Equal(p.rows, rows) {
		p = &labPart{set: s, rows: slices.Clone(rows), shared: cluster.NewShared(partBytes)}
		s.parts[key] = p
		if s.order = append(s.order, key); len(s.order) > keptParts {
			delete(s.parts, s.order[0])
			s.order = s.order[1:]
		}
	}
	s.mu.Unlock()
	p.once.Do(func() { p.learn(ctx, key) })
	if p.err != nil && ctx.Err() != nil { // it was stopped, which is no answer
		s.mu.Lock()
		if s.parts[key] == p {
			delete(s.parts, key)
		}
		s.mu.Unlock()
		return nil, ctx.Err()
	}
	return p, p.err
}

// partBytes bounds what the fits on one part keep for each other.
const partBytes = 64 << 20

// learn makes the part's matrix.
func (p *labPart) learn(ctx context.Context, seed uint64) {
	study, raw, of := p.set.lab.s, p.set.of.set.Raw, p.set.of
	if of.recipe == nil {
		p.prepare(raw.Pick(p.rows), refRange(len(p.rows)), &features.Pipeline{Schema: features.PipelineSchema, Columns: raw.Cols})
		return
	}
	unique := slices.Compact(slices.Clone(p.rows))
	ids := make([]string, 0, len(unique))
	for _, r := range unique {
		ids = append(ids, p.set.ids[r])
	}
	// Models learn from customers with few purchases too: the same share of them.
	share := float64(len(unique)) / float64(len(p.set.ids))
	rng := rand.New(rand.NewPCG(seed, labOutsideStream))
	for _, id := range p.set.outside {
		if rng.Float64() < share {
			ids = append(ids, id)
		}
	}
	log, err := p.set.lab.log.Pick(ctx, ids)
	if err != nil {
		p.err = err
		return
	}
	b, err := features.Build(ctx, log, *of.recipe, of.minimum, study.Workers)
	if err != nil {
		p.err = err
		return
	}
	at := make(map[string]int, len(unique))
	n, _ := b.Raw.Dims()
	for i := range n {
		at[b.Raw.ID(i)] = i
	}
	var pos, from []int
	for i, r := range p.rows {
		if k, ok := at[p.set.ids[r]]; ok {
			pos, from = append(pos, i), append(from, k)
		}
	}
	p.prepare(b.Raw.Pick(from), pos, b.Pipeline)
}

// labOutsideStream is the stream of random numbers that draws customers beside the rows.
const labOutsideStream = 0x6c6162

func refRange(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// prepare scales a raw matrix whose rows are those positions of the part.
func (p *labPart) prepare(raw *features.Matrix, pos []int, pipe *features.Pipeline) {
	if n, _ := raw.Dims(); n < fewestRows {
		p.err = fmt.Errorf("%d rows are left to cluster", n)
		return
	}
	made, err := features.Prepare(raw, p.set.of.set.Scale, p.set.lab.s.Missing)
	if err != nil {
		p.err = err
		return
	}
	p.x, p.kept = made.X, make([]int, len(made.Rows))
	for i, r := range made.Rows {
		p.kept[i] = pos[r]
	}
	whole := *pipe
	whole.Scale, whole.Maps = p.set.of.set.Scale, made.Maps
	p.pipe = &whole
}

// whole returns every row of the set as this part sees it; rows with missing values
// have NaN.
func (p *labPart) whole(ctx context.Context) (*features.Matrix, error) {
	p.measured.Do(func() { p.all, p.allErr = p.measure(ctx) })
	if p.allErr != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return p.all, p.allErr
}

func (p *labPart) measure(ctx context.Context) (*features.Matrix, error) {
	raw, err := p.wholeRaw(ctx)
	if err != nil {
		return nil, err
	}
	return p.pipe.Apply(raw)
}

// labFit is a clustering of a part.
type labFit struct {
	part      *labPart
	algorithm cluster.Algorithm
	c         *cluster.Clustering // of part.x
	rows      *cluster.Clustering // the same with a label for each row that was asked for

	ruled sync.Once
	rule  *cluster.Rule
	err   error
}

// fit clusters a part with a cell of the study, its choices made from the part.
func (p *labPart) fit(ctx context.Context, cell *Cell, seed uint64, workers int) (*labFit, error) {
	run := cluster.Run{Seed: seed, Workers: workers, Shared: p.shared}
	a, err := cell.resolve(ctx, p.x, run)
	if err != nil {
		return nil, err
	}
	n, _ := p.x.Dims()
	x := p.x
	if m, err := cluster.Lookup(cell.Method.Name); err != nil || m != cell.Method {
		x = x.Pick(refRange(n)) // an algorithm from outside may write into its input
	}
	c, err := call(cell.Method.Name, func() (*cluster.Clustering, error) {
		if c, ok, err := p.given(ctx, a); ok {
			return c, err
		}
		return a.Fit(ctx, x, run)
	})
	if err != nil {
		return nil, err
	}
	if err := lawful(cell.Method.Name, c, n); err != nil {
		return nil, err
	}
	labels := slices.Repeat([]int32{cluster.Noise}, len(p.rows))
	for i, at := range p.kept {
		labels[at] = c.Labels[i]
	}
	asked := &cluster.Clustering{Labels: labels, K: c.K, Centers: c.Centers, Stop: c.Stop, Iter: c.Iter, Objective: c.Objective}
	return &labFit{part: p, algorithm: a, c: c, rows: asked}, nil
}

// classify labels rows of the set by the fit's own rule; −1 for those with missing values.
func (f *labFit) classify(ctx context.Context, rows []int, workers int) ([]int32, error) {
	if a, ok := f.algorithm.(*Rules); ok {
		return f.ruledLabels(ctx, a, rows)
	}
	f.ruled.Do(func() { f.rule, f.err = cluster.RuleOf(f.algorithm, f.part.x, f.c) })
	if f.err != nil {
		return nil, f.err
	}
	all, err := f.part.whole(ctx)
	if err != nil {
		return nil, err
	}
	labels := slices.Repeat([]int32{cluster.Noise}, len(rows))
	var good, at []int
	for i, r := range rows {
		if !slices.ContainsFunc(all.Row(r), math.IsNaN) {
			good, at = append(good, r), append(at, i)
		}
	}
	if len(good) == 0 {
		return labels, nil
	}
	got, _, err := f.rule.PredictAll(ctx, all.Pick(good), workers)
	if err != nil {
		return nil, err
	}
	for i, l := range got {
		labels[at[i]] = l
	}
	return labels, nil
}

// bench is what metrics that cluster again need of one cell on one set: its fits,
// remembered by rows and seed.
type bench struct {
	set  *labSet
	cell *Cell
	run  string   // key of the study's run
	keep *keeping // nil = what is fitted is forgotten with the bench

	mu   sync.Mutex
	fits map[string]*benchFit
	by   map[*cluster.Clustering]*benchFit
}

// benchFit is a fit on those rows: its labels, and the fit itself, unless the labels were
// kept by a judgement that was stopped.
type benchFit struct {
	rows []int
	seed uint64
	key  string

	once sync.Once
	c    *cluster.Clustering
	err  error

	made sync.Mutex
	fit  *labFit
}

func newBench(set *labSet, cell *Cell, run string) *bench {
	return &bench{
		set: set, cell: cell, run: run, keep: set.lab.keep, fits: map[string]*benchFit{}, by: map[*cluster.Clustering]*benchFit{},
	}
}

// refit is eval.Input.Refit.
func (b *bench) refit(ctx context.Context, rows []int, seed uint64) (*cluster.Clustering, error) {
	key := fmt.Sprintf("%s %d", rowsHash(rows), seed)
	b.mu.Lock()
	f := b.fits[key]
	if f == nil {
		f = &benchFit{rows: slices.Clone(rows), seed: seed, key: key}
		b.fits[key] = f
	}
	b.mu.Unlock()
	f.once.Do(func() {
		got, err := b.keep.labels(ctx, func() string { return b.keep.key("refit", b.run, key) }, func() (keptLabels, error) {
			fit, err := b.made(ctx, f)
			if err != nil {
				return keptLabels{}, err
			}
			return keptLabels{K: fit.rows.K, Labels: fit.rows.Labels}, nil
		})
		if f.err = err; err != nil {
			return
		}
		f.c = &cluster.Clustering{Labels: got.Labels, K: got.K}
		b.mu.Lock()
		b.by[f.c] = f
		b.mu.Unlock()
	})
	if f.err != nil {
		if ctx.Err() != nil {
			b.mu.Lock()
			delete(b.fits, key)
			b.mu.Unlock()
			return nil, ctx.Err()
		}
		return nil, f.err
	}
	return f.c, nil
}

// made returns the fit itself, which is made the first time.
func (b *bench) made(ctx context.Context, f *benchFit) (*labFit, error) {
	f.made.Lock()
	defer f.made.Unlock()
	if f.fit != nil {
		return f.fit, nil
	}
	var err error
	f.fit, err = call(b.cell.Method.Name, func() (*labFit, error) {
		part, err := b.set.part(ctx, f.rows)
		if err != nil {
			return nil, err
		}
		return part.fit(ctx, b.cell, f.seed, 1)
	})
	return f.fit, err
}

// classify is eval.Input.Classify.
func (b *bench) classify(ctx context.Context, c *cluster.Clustering, rows []int) ([]int32, error) {
	b.mu.Lock()
	f := b.by[c]
	b.mu.Unlock()
	if f == nil {
		return nil, fmt.Errorf("a clustering that this study did not make cannot label other rows")
	}
	got, err := b.keep.labels(ctx, func() string { return b.keep.key("classify", b.run, f.key, rowsHash(rows)) }, func() (keptLabels, error) {
		fit, err := b.made(ctx, f)
		if err != nil {
			return keptLabels{}, err
		}
		labels, err := call(b.cell.Method.Name, func() ([]int32, error) { return fit.classify(ctx, rows, 1) })
		return keptLabels{Labels: labels}, err
	})
	return got.Labels, err
}

// input gives a metric what it needs to look at a finished run again.
func (b *bench) input(c *cluster.Clustering, seed uint64, workers int) *eval.Input {
	set := b.set.of.set
	return &eval.Input{
		X: set.X, C: c, Noise: b.set.lab.s.noise(), Truth: b.set.of.truth, Refit: b.refit, Classify: b.classify,
		Worth: worth(set.Value), Seed: seed, Workers: workers,
	}
}

// worth is what rows are worth: revenue, of which less than nothing (more was given back
// than bought) counts as nothing; nil where no row is worth anything.
func worth(value []float64) []float64 {
	if !slices.ContainsFunc(value, func(v float64) bool { return v > 0 }) {
		return nil
	}
	out := slices.Clone(value)
	for i, v := range out {
		out[i] = max(v, 0)
	}
	return out
}
