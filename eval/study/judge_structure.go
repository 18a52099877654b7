package study

import (
	"context"
	"slices"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

// structure returns the structure test of a feature set, or nil.
func (s *State) structure(set, scale string) *eval.Structure {
	for _, e := range s.Structures {
		if e.Set == set && e.Scale == scale {
			return e.Structure
		}
	}
	return nil
}

// structureEvents bounds the events of the log that the structure test looks at, since
// each draw of its nulls is a log of that size, measured by every extractor. It looks at
// 2,000 customers at most anyway; of customers with 200 events each, 500 are left.
const structureEvents = 100_000

// structureLab is the lab of a sample of the customers whose events are few enough.
func (r *runner) structureLab(ctx context.Context, l *lab) (*lab, error) {
	if l.log == nil || l.log.NumEvents() <= structureEvents {
		return l, nil
	}
	log, err := sampleLog(ctx, l.log, structureEvents/float64(l.log.NumEvents()), r.s.Seed)
	if err != nil {
		return nil, err
	}
	few, err := l.s.labOf(ctx, log)
	if _, little := err.(*TooFewError); little { // then all of them
		return l, nil
	}
	return few, err
}

// mixtureColumns is the number of columns above which mixtures stay out of the structure
// test's grid: a covariance of d columns costs d² a row and an iteration, and with 60 of
// them mixtures took nine tenths of the test's time, where 2,000 customers hardly
// determine one.
const mixtureColumns = 20

// structure tests one feature set, and tells beside it what never votes.
func (r *runner) structure(ctx context.Context, set *labSet) (*eval.Structure, error) {
	res, err := r.structureTest(ctx, set)
	if err != nil {
		return nil, err
	}
	// Of what cannot be told, nothing is: the verdict does not need it.
	res.Tendency, _ = eval.NewTendency(ctx, set.of.set.X, r.s.Seed, r.s.Workers)
	return res, ctx.Err()
}

// structureTest tests one feature set, with every cell of the study as the grid, less
// mixtures of many columns.
func (r *runner) structureTest(ctx context.Context, set *labSet) (*eval.Structure, error) {
	var fits []eval.StructureFit
	for i := range r.s.Cells {
		c := &r.s.Cells[i]
		if _, d := set.of.set.X.Dims(); c.Method.Baseline || c.Method.Example != nil || c.Method.Name == "gmm" && d > mixtureColumns {
			continue
		}
		fits = append(fits, func(ctx context.Context, x *features.Matrix, run cluster.Run) (*cluster.Clustering, error) {
			a, err := c.resolve(ctx, x, run)
			if err != nil {
				return nil, err
			}
			return call(c.Method.Name, func() (*cluster.Clustering, error) { return a.Fit(ctx, x, run) })
		})
	}
	if len(fits) == 0 {
		return &eval.Structure{P: 1, Cell: -1, Reason: "the study has no algorithm that looks for groups"}, nil
	}
	nulls, err := r.nulls(ctx, set)
	if err != nil {
		return nil, err
	}
	o := r.s.Judge.Structure
	o.Seed, o.Workers, o.Memory = r.s.Seed, r.s.Workers, r.keep.ratings(set, r.s.Seed)
	res, err := eval.TestStructure(ctx, set.of.set.X, eval.GridFits(fits, 1), nulls, o)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return &eval.Structure{P: 1, Cell: -1, Reason: oneLine(err.Error())}, nil
	}
	return res, nil
}

// nulls are those that a feature set is tested against, the hardest to beat first: of a
// log, a cohort that buys by a model without groups and the events dealt out at random;
// always, a smooth cloud. Of many columns the cloud comes first: it costs no extractors,
// of which many columns have many, and among many columns few groups stand out from it.
func (r *runner) nulls(ctx context.Context, set *labSet) ([]eval.StructureNull, error) {
	var out []eval.StructureNull
	if set.of.recipe != nil {
		s := set.lab.s
		measure := func(ctx context.Context, log *datasets.Log) (*features.Matrix, error) {
			b, err := features.Build(ctx, log, *set.of.recipe, set.of.minimum, 1)
			if err != nil {
				return nil, err
			}
			p, err := features.Prepare(b.Raw, set.of.set.Scale, s.Missing)
			if err != nil {
				return nil, err
			}
			return p.X, nil
		}
		cohort, err := eval.CohortNull(ctx, set.lab.log, measure)
		if err == nil {
			out = append(out, cohort)
		} else {
			out = append(out, eval.StructureNull{Name: "cohort", Doc: "a cohort simulated from a model of buying", Draw: cannot(err)})
		}
		var shuffles []features.Shuffle
		for _, st := range set.of.recipe.Steps {
			if !slices.Contains(shuffles, st.Extractor.Null) {
				shuffles = append(shuffles, st.Extractor.Null)
			}
		}
		shuffle, err := eval.ShuffleNull(set.lab.log, shuffles, measure)
		if err != nil {
			shuffle = eval.StructureNull{Name: "shuffle", Doc: "the events dealt out at random", Draw: cannot(err)}
		}
		out = append(out, shuffle)
	}
	copula, err := eval.CopulaNull(set.of.set.X)
	if err != nil {
		copula = eval.StructureNull{Name: "copula", Doc: "a smooth cloud", Draw: cannot(err)}
	}
	if _, d := set.of.set.X.Dims(); d > mixtureColumns {
		return slices.Insert(out, 0, copula), nil
	}
	return append(out, copula), nil
}

// cannot is the draw of a null that cannot be made, for that reason.
func cannot(err error) func(context.Context, uint64) (*features.Matrix, error) {
	return func(context.Context, uint64) (*features.Matrix, error) { return nil, err }
}
