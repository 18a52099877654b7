package study

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/verdict"
	"github.com/mores-lab/mores/features"
)

// neighbourVoters are indices that vote on the chosen feature set and that not every run
// of the study is scored by.
var neighbourVoters = []string{"wcnn", "dunnowa"}

// voters scores the candidates of a feature set by the indices that vote. Above judgeRows
// rows they abstain.
func (r *runner) voters(ctx context.Context, rd Reader, st *State, in *verdict.Input, set, scale string) error {
	s, err := rd.Set(set, scale)
	if err != nil {
		return err
	}
	if n, _ := s.X.Dims(); n > judgeRows {
		return nil
	}
	for i := range in.Runs {
		v := &in.Runs[i]
		if v.Set != set || v.Scale != scale || !v.Stands || v.Gate() != "" {
			continue
		}
		d, err := rd.RunData(v.ID)
		if err != nil {
			return err
		}
		for _, name := range neighbourVoters {
			if _, there := st.Run(v.ID).Scores[name]; there {
				continue
			}
			m, err := eval.Lookup(name)
			if err != nil {
				return err
			}
			score, err := m.New().Score(ctx, &eval.Input{
				X: s.X, C: &cluster.Clustering{Labels: d.Labels, K: v.K}, Noise: r.s.noise(), Seed: r.s.Seed, Workers: r.s.Workers,
			})
			if err != nil {
				return err
			}
			if err := r.j.Append(scoreEvent(v.ID, name, score)); err != nil {
				return err
			}
		}
	}
	return nil
}

// gapReferences is the number of reference data sets of the gap statistic.
const gapReferences = 20

// gap is the gap statistic of an algorithm's series of numbers of segments, on 2,000
// customers at most; nil where the study has no such series from 2 on.
func (r *runner) gap(ctx context.Context, set *labSet, algorithm string) (*eval.Gap, error) {
	if set == nil {
		return nil, nil
	}
	cells, ks := map[int]*Cell{}, []int{1}
	for i := range r.s.Cells {
		c := &r.s.Cells[i]
		if k := numClusters(c.Algorithm); c.Method.Name == algorithm && c.Choice == nil && k == len(ks)+1 && cells[k] == nil {
			cells[k], ks = c, append(ks, k)
		}
	}
	if len(ks) < 3 {
		return nil, nil
	}
	x := set.of.set.X
	n, _ := x.Dims()
	if n > eval.StructureRows {
		rows := rand.New(rand.NewPCG(r.s.Seed, gapStream)).Perm(n)[:eval.StructureRows]
		slices.Sort(rows)
		x = x.Pick(rows)
	}
	fit := func(ctx context.Context, x *features.Matrix, k int, seed uint64) (*cluster.Clustering, error) {
		if k == 1 {
			n, _ := x.Dims()
			return &cluster.Clustering{Labels: make([]int32, n), K: 1}, nil
		}
		return call(algorithm, func() (*cluster.Clustering, error) {
			return cells[k].Algorithm.Fit(ctx, x, cluster.Run{Seed: seed, Workers: 1})
		})
	}
	gap, err := eval.GapStatistic(ctx, x, fit, eval.GapOptions{Ks: ks, B: gapReferences, Reference: eval.GapPCA, Seed: r.s.Seed, Workers: r.s.Workers})
	if err != nil && ctx.Err() == nil {
		return nil, nil // noise, or a fit that failed: the rule abstains
	}
	return gap, err
}

// gapStream draws the rows of the gap statistic.
const gapStream = 0x676170

// numClusters is an algorithm's option n_clusters, 0 where it has none.
func numClusters(a cluster.Algorithm) int {
	p, err := cluster.Params(a)
	if err != nil {
		return 0
	}
	var o struct {
		N int `json:"n_clusters"`
	}
	if json.Unmarshal(p, &o) != nil {
		return 0
	}
	return o.N
}

// shortlist is the number of candidates whose stability is looked at where no behaviour
// decides.
const shortlist = 8

// byIndices fills in the order of preference where nothing was held out: that of
// eval.PickRule on the first feature set, in the study's order, on which it finds one.
func (r *runner) byIndices(ctx context.Context, rd Reader, st *State, in *verdict.Input, look verdict.Look) error {
	rule := eval.NewPickRule()
	rule.Workers = r.s.Workers
	for _, b := range st.Study.Sets {
		cs, of, err := r.compared(rd, st, in, b.Name, b.Scale)
		if err != nil {
			return err
		}
		s, err := rd.Set(b.Name, b.Scale)
		if err != nil {
			return err
		}
		rule.X = s.X
		short, err := rule.Shortlist(ctx, cs, shortlist)
		if err != nil {
			return err
		}
		for _, i := range short {
			if err := look(ctx, in.Run(of[i])); err != nil {
				return err
			}
		}
		picked, of, err := r.picked(ctx, rd, st, in, b.Name, b.Scale)
		if err != nil {
			return err
		}
		if picked == nil || picked.Index < 0 {
			continue
		}
		for _, i := range picked.Order {
			in.Fallback = append(in.Fallback, of[i])
		}
		in.Because = picked.Reasons
		return nil
	}
	return nil
}

// picked is what eval.PickRule says of a feature set; of is whose runs its candidates are.
func (r *runner) picked(ctx context.Context, rd Reader, st *State, in *verdict.Input, set, scale string) (*eval.Picked, []string, error) {
	cs, of, err := r.compared(rd, st, in, set, scale)
	if err != nil || len(cs) == 0 {
		return nil, nil, err
	}
	s, err := rd.Set(set, scale)
	if err != nil {
		return nil, nil, err
	}
	rule := eval.NewPickRule()
	rule.Workers, rule.X = r.s.Workers, s.X
	p, err := rule.Pick(ctx, cs)
	if err != nil {
		return nil, nil, err
	}
	return &p, of, nil
}

// compared are the candidates of a feature set as eval.PickRule sees them.
func (r *runner) compared(rd Reader, st *State, in *verdict.Input, set, scale string) ([]eval.Candidate, []string, error) {
	var cs []eval.Candidate
	var of []string
	for i := range in.Runs {
		v := &in.Runs[i]
		if v.Set != set || v.Scale != scale || !v.Stands {
			continue
		}
		d, err := rd.RunData(v.ID)
		if err != nil {
			return nil, nil, err
		}
		c := eval.Candidate{
			Name: v.Name, K: v.K, N: v.N, Noise: v.Noise, Sizes: v.Sizes, Algorithm: v.Algorithm, Labels: d.Labels, Scores: map[string]float64{},
		}
		maps.Copy(c.Scores, st.Run(v.ID).Done.Criteria)
		for name, e := range st.Run(v.ID).Scores {
			if e.Value != nil {
				c.Scores[name] = *e.Value
			}
		}
		for _, s := range v.Stability {
			c.Stability = append(c.Stability, s.Gain)
		}
		cs, of = append(cs, c), append(of, v.ID)
	}
	return cs, of, nil
}
