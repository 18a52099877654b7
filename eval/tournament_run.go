package eval

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// tournamentRun is one call of Hold.
type tournamentRun struct {
	t      *Tournament
	o      TournamentOptions
	run    cluster.Run
	halves [2]Half
	order  []int // rows by hash
	folds  []int // of each row
	// deals are the rows each row takes its label from: a permutation within each half.
	deals [][]int

	entrants  []tournamentEntrant // as t.Entrants
	baselines []map[int]*[2]*grouping

	mu   sync.Mutex // of done, of and t.Report
	done int
	of   int
}

// tournamentEntrant is what an entrant answered.
type tournamentEntrant struct {
	groups [2]*grouping
	data   [2]*ceilingData
	reason string
}

// grouping is one labelling of all rows: learned on half h.
type grouping struct {
	codes  []int32 // group of each row; −1 = one that the training half does not have
	groups int
	reason string
}

func newTournamentRun(t *Tournament, run cluster.Run) *tournamentRun {
	r := &tournamentRun{
		t: t, o: t.Options, run: run, halves: SplitHalves(t.IDs, run.Seed), order: tournamentOrder(t.IDs, run.Seed),
		folds: make([]int, len(t.IDs)), entrants: make([]tournamentEntrant, len(t.Entrants)),
	}
	for i, id := range t.IDs {
		r.folds[i] = int(tournamentHash(run.Seed, tournamentFoldStream, id) % uint64(r.o.Folds))
	}
	half := make([]int, len(t.IDs))
	for _, i := range r.halves[1].Train {
		half[i] = 1
	}
	var rows [2][]int
	for _, i := range r.order {
		rows[half[i]] = append(rows[half[i]], i)
	}
	for d := range r.o.Chance {
		from := make([]int, len(t.IDs))
		for h, rs := range rows {
			rng := rand.New(rand.NewPCG(run.Seed, tournamentDealStream+uint64(2*d+h)<<8))
			for p, q := range rng.Perm(len(rs)) {
				from[rs[p]] = rs[q]
			}
		}
		r.deals = append(r.deals, from)
	}
	return r
}

func (r *tournamentRun) report(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if r.t.Report != nil {
		r.t.Report(r.done, r.of, name)
	}
}

// tournamentNone is scratch for those who need none.
func tournamentNone() struct{} { return struct{}{} }

// label asks everybody for labels: the entrants first, then the baselines for as many
// groups as the segments have.
func (r *tournamentRun) label(ctx context.Context) error {
	r.of = 2 * len(r.t.Entrants)
	answers := make([][2]error, len(r.t.Entrants))
	err := predictiveEach(ctx, 2*len(r.t.Entrants), r.run.Workers, tournamentNone, func(j int, _ struct{}) {
		i, h := j/2, j%2
		answers[i][h] = r.ask(ctx, i, h)
		r.report(r.t.Entrants[i].Name)
	})
	if err != nil {
		return err
	}
	for i := range answers {
		for h, err := range answers[i] {
			if err != nil && r.entrants[i].reason == "" {
				r.entrants[i].reason = fmt.Sprintf("learning on half %s: %v", r.halves[h].Name, err)
			}
		}
	}
	return r.equals(ctx)
}

// ask lets entrant i learn on half h.
func (r *tournamentRun) ask(ctx context.Context, i, h int) error {
	e, half := &r.t.Entrants[i], r.halves[h]
	if min(len(half.Train), len(half.Test)) < r.o.Fewest {
		return fmt.Errorf("%d customers to learn from and %d to judge by: %d are needed", len(half.Train), len(half.Test), r.o.Fewest)
	}
	if e.Labels == nil {
		train, test, err := e.Features(ctx, half)
		if err != nil {
			return err
		}
		r.entrants[i].data[h], err = newCeilingData(len(r.t.IDs), half, train, test)
		return err
	}
	train, test, err := e.Labels(ctx, half)
	if err != nil {
		return err
	}
	g, err := newGrouping(len(r.t.IDs), half, train, test)
	r.entrants[i].groups[h] = g
	return err
}

// newGrouping numbers the groups of the training half.
func newGrouping(n int, half Half, train, test []int32) (*grouping, error) {
	if len(train) != len(half.Train) || len(test) != len(half.Test) {
		return nil, fmt.Errorf("%d and %d labels for %d and %d customers", len(train), len(test), len(half.Train), len(half.Test))
	}
	seen := slices.Clone(train)
	slices.Sort(seen)
	seen = slices.Compact(seen)
	g := &grouping{codes: make([]int32, n), groups: len(seen)}
	code := make(map[int32]int32, len(seen))
	for c, l := range seen {
		code[l] = int32(c)
	}
	for i, row := range half.Train {
		g.codes[row] = code[train[i]]
	}
	for i, row := range half.Test {
		g.codes[row] = -1
		if c, ok := code[test[i]]; ok {
			g.codes[row] = c
		}
	}
	return g, nil
}

// equals makes each baseline with every number of groups that segments have on a half.
func (r *tournamentRun) equals(ctx context.Context) error {
	type job struct{ baseline, k, half int }
	var jobs []job
	r.baselines = make([]map[int]*[2]*grouping, len(r.t.Baselines))
	for b := range r.t.Baselines {
		r.baselines[b] = map[int]*[2]*grouping{}
	}
	for i := range r.entrants {
		e := &r.entrants[i]
		if role := r.t.Entrants[i].Role; role != RoleSegments && role != RoleBlock || e.reason != "" || e.groups[0] == nil {
			continue
		}
		for h, g := range e.groups {
			for b := range r.baselines {
				if g.groups > r.o.MostGroups {
					continue
				}
				if r.baselines[b][g.groups] == nil {
					r.baselines[b][g.groups] = &[2]*grouping{}
				}
				if at := r.baselines[b][g.groups]; at[h] == nil {
					at[h] = &grouping{}
					jobs = append(jobs, job{b, g.groups, h})
				}
			}
		}
	}
	slices.SortFunc(jobs, func(a, b job) int {
		return cmp.Or(cmp.Compare(a.baseline, b.baseline), cmp.Compare(a.k, b.k), cmp.Compare(a.half, b.half))
	})
	r.of += len(jobs)
	return predictiveEach(ctx, len(jobs), r.run.Workers, tournamentNone, func(j int, _ struct{}) {
		job := jobs[j]
		b, half := &r.t.Baselines[job.baseline], r.halves[job.half]
		into := r.baselines[job.baseline][job.k][job.half] // the map is only read here
		train, test, err := b.Labels(ctx, half, job.k)
		if err == nil {
			var g *grouping
			if g, err = newGrouping(len(r.t.IDs), half, train, test); err == nil {
				*into = *g
			}
		}
		if err != nil {
			into.reason = err.Error()
		}
		r.report(b.Name)
	})
}

// ceilingData is the columns of all rows: learned on a half.
type ceilingData struct {
	cols []features.Column
	rows [][]float64
}

func newCeilingData(n int, half Half, train, test *features.Matrix) (*ceilingData, error) {
	a, d := train.Dims()
	b, e := test.Dims()
	if a != len(half.Train) || b != len(half.Test) || d != e {
		return nil, fmt.Errorf("%d × %d and %d × %d features for %d and %d customers", a, d, b, e, len(half.Train), len(half.Test))
	}
	out := &ceilingData{cols: train.Cols, rows: make([][]float64, n)}
	for i, row := range half.Train {
		out.rows[row] = train.Row(i)
	}
	for i, row := range half.Test {
		out.rows[row] = test.Row(i)
	}
	return out, nil
}
