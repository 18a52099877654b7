package study

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
)

// plan is a study with its feature sets made and its runs listed.
type plan struct {
	sets []*built
	runs []*planned
}

type planned struct {
	Planned
	of        *built
	cell      *Cell
	method    *cluster.Method
	algorithm cluster.Algorithm
	seed      uint64 // of the fit
	err       error  // why there are no options: the run fails with it
}

// Plan lists the runs in the order in which they would be done, with the names
// that tell them apart and what each is expected to need. It makes the feature
// sets, since keys and estimates depend on them, and clusters nothing.
func (s *Study) Plan() ([]Planned, error) {
	p, err := s.plan(context.Background())
	if err != nil {
		return nil, err
	}
	out := make([]Planned, len(p.runs))
	for i, r := range p.runs {
		out[i] = r.Planned
	}
	return out, nil
}

func (s *Study) plan(ctx context.Context) (*plan, error) {
	if len(s.Cells) == 0 {
		return nil, fmt.Errorf("study %q has no algorithms", s.Name)
	}
	sets, err := s.build(ctx)
	if err != nil {
		return nil, err
	}
	metrics, err := s.metricMembers()
	if err != nil {
		return nil, err
	}
	p := &plan{sets: sets}
	data := s.DataHash()
	truth := s.truthHashes()
	seen := map[string]bool{}
	var starts []Event
	for _, b := range sets {
		n, d := b.set.X.Dims()
		run := cluster.Run{Workers: s.Workers, Shared: cluster.NewShared(sharedBytes)}
		for ci, c := range s.Cells {
			a, cerr := c.resolve(ctx, b.set.X, run)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			m, err := algorithmMember(c.Method, a)
			if err != nil {
				return nil, err
			}
			if cerr != nil { // what was asked for, lest the run pass for one with those options
				m.Options = json.RawMessage(fmt.Sprintf("{%q:%v}", c.Choice.Key, c.Choice.Value))
			}
			for seed := range s.seeds() {
				key := &runKey{
					Fit: fitKey{
						Data: data, Set: b.set.Name, Minimum: s.Minimum, Missing: string(s.Missing), Scale: b.set.Scale,
						Features: b.members, Algorithm: m, Sources: sourceHashes(a), Root: s.Seed, Seed: uint64(seed + 1),
					},
					Metrics: metrics, Noise: string(s.noise()), Truth: truth,
				}
				r := &planned{of: b, cell: &s.Cells[ci], method: c.Method, algorithm: a, err: cerr}
				r.Run, r.seed = key.names()
				if seen[r.Run] { // two cells came out alike: one run serves both
					continue
				}
				seen[r.Run] = true
				r.Cell, r.Algorithm, r.Params, r.Set, r.Scale = len(p.runs)+1, m.Name, m.Options, b.set.Name, b.set.Scale
				r.Seed, r.N, r.D = uint64(seed+1), n, d
				if e, ok := a.(cluster.Estimator); ok {
					est := e.Estimate(n, d)
					r.Estimate = &est
				}
				p.runs = append(p.runs, r)
				starts = append(starts, Event{Algorithm: r.Algorithm, Params: r.Params, Set: r.Set, Scale: r.Scale, Seed: r.Seed})
			}
		}
	}
	if err := s.checkRules(ctx, p); err != nil {
		return nil, err
	}
	nm := newNamer(starts)
	for i, r := range p.runs {
		r.Name = nm.name(starts[i])
	}
	return p, nil
}

// resolve returns the cell's algorithm for a matrix. A choice that cannot be made
// leaves the options as they are, and says why.
func (c *Cell) resolve(ctx context.Context, x *features.Matrix, run cluster.Run) (cluster.Algorithm, error) {
	if c.Choice == nil {
		return c.Algorithm, nil
	}
	a, err := c.Choice.Resolve(ctx, x, c.Algorithm, c.Choice.Value, run)
	if err != nil {
		return c.Algorithm, fmt.Errorf("%s = %v: %w", c.Choice.Key, c.Choice.Value, err)
	}
	return a, nil
}
