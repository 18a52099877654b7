package study

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

// tournamentOptions says how a study's hold-out tournament is held.
type tournamentOptions struct {
	Eval    eval.TournamentOptions
	Origins int // cuts
	K       int // groups of the block matrix
	// Sets names the feature sets that compete; nil = all. Runs are compared on the
	// customers that all of them have: fewer sets, more customers.
	Sets     []string
	Targets  []string // nil = all that the log can tell
	Progress func(done, of int, what string)
	keep     *keeping // nil = what is learned is not kept
}

// newTournamentOptions returns the defaults: two cuts, five groups of each block.
func newTournamentOptions() tournamentOptions {
	return tournamentOptions{Eval: eval.NewTournamentOptions(), Origins: 2, K: 5}
}

// longestHoldout and fewestHoldout bound a hold-out, in days.
const (
	longestHoldout = 90
	fewestHoldout  = 7
)

// holdoutDays is the length of a hold-out: a quarter of the window, at most 90 days. Two
// of them leave at least half of the window to learn from; a quarter of a year is as far
// ahead as most plans go, and holds about one purchase of a customer of most shops.
func holdoutDays(w datasets.Window) int {
	return min(longestHoldout, int(w.To.Sub(w.From)/(24*time.Hour))/4)
}

// tournamentOrigin is a cut: the log is known before From, and [From, To) is foretold.
type tournamentOrigin struct{ From, To time.Time }

// origins returns the cuts, latest first, one hold-out apart: at the end of the window
// less one hold-out, less two, and so on.
func (s *Study) origins(n int) ([]tournamentOrigin, int, error) {
	switch {
	case s.Log == nil:
		return nil, 0, fmt.Errorf("study %s is of a table: nothing is known of what its rows did later", s.Name)
	case s.Log.Meta.NoClock:
		return nil, 0, fmt.Errorf("%s has no dates: nothing can be held out", s.Log.Meta.Name)
	}
	w := s.Log.Meta.Window
	h := holdoutDays(w)
	if h < fewestHoldout {
		return nil, 0, fmt.Errorf("%s covers %d days: a quarter of them is less than a week, too little to foretell", s.Log.Meta.Name, int(w.To.Sub(w.From)/(24*time.Hour)))
	}
	var out []tournamentOrigin
	for i := 1; i <= n; i++ {
		o := tournamentOrigin{w.To.AddDate(0, 0, -i*h), w.To.AddDate(0, 0, -(i-1)*h)}
		if !o.From.After(w.From) {
			break
		}
		out = append(out, o)
	}
	return out, h, nil
}

// tournament judges the runs of a plan, first seeds only, by what customers did after they
// were grouped: at each cut the study is done over on the log as it was known then
// (labOf), each run learns from one half of the customers and labels the other, and
// eval.Tournament says what the labels tell. Beside the runs stand the classical rules, a
// continuous model of the set with most columns, and for the matrix each extractor alone,
// in K groups by k-means.
//
// Contests come by cut, latest first, then by target. A run that cannot be made on half of
// the customers stands with that reason. Cost: 2 fits of every run, and one more for every
// extractor, at each cut.
func (s *Study) tournament(ctx context.Context, p *plan, o tournamentOptions) ([]eval.Contest, *eval.BlockMatrix, error) {
	origins, days, err := s.origins(o.Origins)
	if err != nil {
		return nil, nil, err
	}
	var out []eval.Contest
	done := 0
	for i, at := range origins {
		t, err := s.tournamentAt(ctx, p, at, days, o)
		if err != nil {
			return nil, nil, err
		}
		if o.Progress != nil {
			before := done
			t.Report = func(n, of int, name string) {
				done = before + n
				o.Progress(done, before+of*(len(origins)-i), fmt.Sprintf("%s, cut %s", name, t.Origin))
			}
		}
		contests, err := t.Hold(ctx, cluster.Run{Seed: s.Seed, Workers: s.Workers})
		if err != nil {
			return nil, nil, err
		}
		out = append(out, contests...)
	}
	return out, eval.NewBlockMatrix(out, o.K), nil
}

// tournamentAt prepares one cut.
func (s *Study) tournamentAt(ctx context.Context, p *plan, at tournamentOrigin, days int, o tournamentOptions) (*eval.Tournament, error) {
	before, hold := datasets.Split(s.Log, at.From, at.To)
	then := *s
	then.Table, then.Tables = nil, nil // what is no log cannot be cut
	if o.Sets != nil {
		then.Recipes = slices.DeleteFunc(slices.Clone(s.Recipes), func(r features.Recipe) bool { return !slices.Contains(o.Sets, r.Name) })
	}
	l, err := then.labOf(ctx, before)
	if err != nil {
		return nil, fmt.Errorf("at the cut of %s: %w", at.From.Format(time.DateOnly), err)
	}
	ids := commonIDs(l)
	t := &eval.Tournament{Origin: at.From.Format(time.DateOnly), Until: at.To.Format(time.DateOnly), IDs: ids, Options: o.Eval}
	outcomes, err := eval.Outcomes(ctx, before, hold, ids)
	if err != nil {
		return nil, err
	}
	for _, y := range outcomes {
		if y.Reason == "" && (o.Targets == nil || slices.Contains(o.Targets, y.Name)) {
			t.Outcomes = append(t.Outcomes, y)
		}
	}
	kept := func(labels groupFunc, parts ...any) groupFunc {
		return o.keep.grouped(labels, append(parts, t.Origin, t.Until)...)
	}
	names := map[string]int{}
	for _, r := range p.runs {
		if r.Seed != 1 || r.err != nil || r.of.recipe == nil || o.Sets != nil && !slices.Contains(o.Sets, r.Set) {
			continue
		}
		name := r.Name
		if names[name]++; names[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, names[name])
		}
		t.Entrants = append(t.Entrants, eval.Entrant{Name: name, Run: r.Run, Role: eval.RoleSegments, Labels: kept(l.entrant(r, ids), "run", r.Run)})
	}
	blocks, err := then.blocks(ctx, before, ids, o.K)
	if err != nil {
		return nil, err
	}
	for i, b := range blocks {
		blocks[i].Labels = kept(b.Labels, "block", b.Name, o.K)
	}
	t.Entrants = append(t.Entrants, blocks...)
	t.Entrants = append(t.Entrants, l.ceiling(ids))
	classics, err := eval.NewClassics(ctx, before, ids, float64(days), cluster.Run{Seed: s.Seed, Workers: s.Workers})
	if err != nil {
		return nil, err
	}
	t.Entrants = append(t.Entrants, classics.Quintiles(), classics.Cells())
	t.Baselines = []eval.Baseline{classics.RFM(), classics.Worth()}
	return t, nil
}

// commonIDs lists the customers that every set of the lab has, in customer order.
func commonIDs(l *lab) []string {
	out := l.sets[0].ids
	for _, s := range l.sets[1:] {
		out = slices.DeleteFunc(slices.Clone(out), func(id string) bool { return !s.known[id] })
	}
	return out
}

// rowsOf returns the rows of those customers, −1 for who is not in the set.
func (s *labSet) rowsOf(ids []string) []int {
	at := make(map[string]int, len(s.ids))
	for i, id := range s.ids {
		at[id] = i
	}
	out := make([]int, len(ids))
	for i, id := range ids {
		out[i] = -1
		if r, ok := at[id]; ok {
			out[i] = r
		}
	}
	return out
}

// entrant lets a run of the study compete: learned again from half of the customers.
func (l *lab) entrant(r *planned, ids []string) func(ctx context.Context, half eval.Half) (train, test []int32, err error) {
	set := l.set(r.Set, r.Scale)
	if set == nil {
		return func(context.Context, eval.Half) (train, test []int32, err error) {
			return nil, nil, fmt.Errorf("too few customers have feature set %s at this cut", r.Set)
		}
	}
	return set.grouper(r.cell, r.seed, set.rowsOf(ids))
}

// grouper learns a cell from the training half's rows and labels the others by its rule.
// Rows that the set does not have are unassigned.
func (s *labSet) grouper(cell *Cell, seed uint64, rows []int) func(ctx context.Context, half eval.Half) (train, test []int32, err error) {
	return func(ctx context.Context, half eval.Half) (train, test []int32, err error) {
		from, at := presentRows(rows, half.Train)
		part, err := s.part(ctx, from)
		if err != nil {
			return nil, nil, err
		}
		fit, err := part.fit(ctx, cell, seed, 1)
		if err != nil {
			return nil, nil, err
		}
		train = slices.Repeat([]int32{cluster.Noise}, len(half.Train))
		for i, p := range at {
			train[p] = fit.rows.Labels[i]
		}
		to, at := presentRows(rows, half.Test)
		labels, err := fit.classify(ctx, to, 1)
		if err != nil {
			return nil, nil, err
		}
		test = slices.Repeat([]int32{cluster.Noise}, len(half.Test))
		for i, p := range at {
			test[p] = labels[i]
		}
		return train, test, nil
	}
}

// presentRows returns the rows of those that a set has, and their places.
func presentRows(rows, of []int) (present, places []int) {
	for p, i := range of {
		if rows[i] >= 0 {
			present, places = append(present, rows[i]), append(places, p)
		}
	}
	return present, places
}

// ceiling is a model of all columns of the set that has most.
func (l *lab) ceiling(ids []string) eval.Entrant {
	best := l.sets[0]
	for _, s := range l.sets[1:] {
		_, d := s.of.set.X.Dims()
		if _, most := best.of.set.X.Dims(); d > most {
			best = s
		}
	}
	rows := best.rowsOf(ids)
	return eval.Entrant{
		Name: "all of " + best.of.set.Name, Role: eval.RoleCeiling,
		Features: func(ctx context.Context, half eval.Half) (train, test *features.Matrix, err error) {
			from, _ := presentRows(rows, half.Train)
			to, _ := presentRows(rows, half.Test)
			part, err := best.part(ctx, from)
			if err != nil {
				return nil, nil, err
			}
			all, err := part.whole(ctx)
			if err != nil {
				return nil, nil, err
			}
			return all.Pick(from), all.Pick(to), nil
		},
	}
}

// blocks are the extractors of the study's recipes, each alone and in k groups by k-means.
// Customers for whom a block has missing values are unassigned.
func (s *Study) blocks(ctx context.Context, before *datasets.Log, ids []string, k int) ([]eval.Entrant, error) {
	method, err := cluster.Lookup("kmeans")
	if err != nil {
		return nil, err
	}
	cell := &Cell{Method: method, Algorithm: &cluster.KMeans{NClusters: k, Init: "k-means++", NInit: 10, MaxIter: 300, Tol: 1e-4, Algorithm: "auto"}}
	var out []eval.Entrant
	seen := map[string]bool{}
	for _, r := range slices.Backward(s.Recipes) { // the richest sets come last
		for _, step := range r.Steps {
			name := step.Extractor.Name
			if seen[name] || step.Extractor.Lacks(before) != "" {
				continue
			}
			seen[name] = true
			one := *s
			one.Recipes = []features.Recipe{{Name: name, Steps: []features.Step{step}}}
			one.Scales, one.Missing = s.scales()[:1], features.DropRows
			b := &soleBlock{study: &one, log: before, ids: ids, cell: cell}
			out = append(out, eval.Entrant{Name: name, Role: eval.RoleBlock, Labels: b.labels})
		}
	}
	slices.SortFunc(out, func(a, b eval.Entrant) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// soleBlock is a feature set of one extractor, measured when it is first asked for.
type soleBlock struct {
	study *Study
	log   *datasets.Log
	ids   []string
	cell  *Cell

	mu  sync.Mutex
	set *labSet
	err error
}

func (b *soleBlock) labels(ctx context.Context, half eval.Half) (train, test []int32, err error) {
	b.mu.Lock()
	if b.set == nil && b.err == nil {
		l, err := b.study.labOf(ctx, b.log)
		switch {
		case ctx.Err() != nil:
			b.mu.Unlock()
			return nil, nil, ctx.Err()
		case err != nil:
			b.err = err
		default:
			b.set = l.sets[0]
		}
	}
	b.mu.Unlock()
	if b.err != nil {
		return nil, nil, b.err
	}
	return b.set.grouper(b.cell, b.study.Seed, b.set.rowsOf(b.ids))(ctx, half)
}
