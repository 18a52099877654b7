package study

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/verdict"
	"github.com/mores-lab/mores/features"
)

// Judge says how a study is judged once its runs are done: which runs cannot be told
// apart, whether the data hold natural groups, what the segmentations foretell, and
// which of them to use. Each part is a line of the journal, and what is there already is
// not done again.
type Judge struct {
	Goal      string // a method of eval.Targets; "" = value stands in, which the verdict says
	Structure eval.StructureOptions
	// Origins is the number of dates at which behaviour is held out; 0 = none is.
	Origins int
}

// maxOrigins bounds the dates: each is a whole tournament.
const maxOrigins = 8

// NewJudge returns the defaults: two dates, and the structure test with 49 draws a null, of
// which none may look as grouped as the data: p = .02 then, the level. More draws would
// make a small p smaller and change no answer much, and each is a study done over.
func NewJudge() *Judge {
	o := eval.NewStructureOptions()
	o.Draws = 49
	return &Judge{Structure: o, Origins: 2}
}

// judgeRows is the number of customers above which the judgement looks at a random
// sample of so many: of everything it is asked, 20,000 tell to the second digit, and it
// clusters hundreds of times.
const judgeRows = 20_000

// judgeStream draws that sample.
const judgeStream = 0x6a7564

// judge does what the journal does not hold yet, and says whether it did anything. A
// verdict for another goal than the study's is followed by one for the study's.
func (r *runner) judge(ctx context.Context) (said bool, err error) {
	rd, ok := r.j.(Reader)
	if !ok {
		return false, fmt.Errorf("a journal that cannot be read back cannot be judged")
	}
	state := func() (*State, error) {
		es, err := rd.Events(0)
		if err != nil {
			return nil, err
		}
		st := &State{}
		st.Fold(es...)
		return st, nil
	}
	st, err := state()
	if err != nil || st.Verdict != nil && st.Verdict.Goal == cmp.Or(r.s.Judge.Goal, verdict.Value) && st.Verdict.Stated == (r.s.Judge.Goal != "") {
		return false, err
	}
	r.judging("which runs cannot be told apart")
	if err := r.ties(ctx, rd, st); err != nil {
		return false, err
	}
	l, err := r.judgeLab(ctx)
	if err != nil {
		return false, err
	}
	few, err := r.structureLab(ctx, l)
	if err != nil {
		return false, err
	}
	for _, set := range few.sets {
		if st.structure(set.of.set.Name, set.of.set.Scale) != nil {
			continue
		}
		r.judging("whether " + set.of.set.Name + " holds natural groups")
		res, err := r.structure(ctx, set)
		if err != nil {
			return false, err
		}
		if err := r.j.Append(Event{Event: StructureEv, Set: set.of.set.Name, Scale: set.of.set.Scale, Structure: res}); err != nil {
			return false, err
		}
	}
	if st.Holdout == nil {
		r.judging("what the segments foretell")
		e, err := r.holdout(ctx, l)
		if err != nil {
			return false, err
		}
		if err := r.j.Append(*e); err != nil {
			return false, err
		}
	}
	if st, err = state(); err != nil {
		return false, err
	}
	r.judging("whether the segments come back")
	v, err := r.verdict(ctx, rd, st, l)
	if err != nil {
		return false, err
	}
	return true, r.j.Append(Event{Event: VerdictEv, Verdict: v})
}

// judging tells who listens what is being judged.
func (r *runner) judging(what string) {
	if r.s.Progress != nil {
		r.s.Progress(Progress{Total: len(r.plan.runs), Phase: "judge", What: what})
	}
}

// structure returns the structure test of a feature set, or nil.
func (s *State) structure(set, scale string) *eval.Structure {
	for _, e := range s.Structures {
		if e.Set == set && e.Scale == scale {
			return e.Structure
		}
	}
	return nil
}

// judgeLab is the lab of the study, of a sample of its customers where there are many.
func (r *runner) judgeLab(ctx context.Context) (*lab, error) {
	most := 0
	for _, b := range r.plan.sets {
		n, _ := b.set.X.Dims()
		most = max(most, n)
	}
	if most <= judgeRows {
		return r.s.lab(ctx, r.plan.sets)
	}
	share := float64(judgeRows) / float64(most)
	then := *r.s
	then.Truth = nil
	if then.Log != nil {
		log, err := sampleLog(ctx, then.Log, share, r.s.Seed)
		if err != nil {
			return nil, err
		}
		then.Log = log
	}
	if then.Table != nil {
		then.Table = sampleTable(then.Table, share, r.s.Seed)
	}
	then.Tables = slices.Clone(then.Tables)
	for i := range then.Tables {
		then.Tables[i].Matrix = sampleTable(then.Tables[i].Matrix, share, r.s.Seed)
	}
	sets, err := then.build(ctx)
	if err != nil {
		return nil, err
	}
	return then.lab(ctx, sets)
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

// drawn says whether a customer is in the sample: by a hash of the id, so that every
// feature set holds the same ones.
func drawn(id string, share float64, seed uint64) bool {
	h := fnv.New64a()
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], seed)
	h.Write(b[:])
	h.Write([]byte(id))
	return rand.New(rand.NewPCG(h.Sum64(), judgeStream)).Float64() < share
}

func sampleLog(ctx context.Context, log *datasets.Log, share float64, seed uint64) (*datasets.Log, error) {
	var ids []string
	for e, err := range log.Shards(ctx) {
		if err != nil {
			return nil, err
		}
		for _, id := range e.IDs {
			if drawn(id, share, seed) {
				ids = append(ids, id)
			}
		}
	}
	return log.Pick(ctx, ids)
}

func sampleTable(m *features.Matrix, share float64, seed uint64) *features.Matrix {
	n, _ := m.Dims()
	var rows []int
	var ids []string
	for i := range n {
		if drawn(m.ID(i), share, seed) {
			rows, ids = append(rows, i), append(ids, m.ID(i))
		}
	}
	out := m.Pick(rows)
	out.IDs = ids
	return out
}

// mixtureColumns is the number of columns above which mixtures stay out of the structure
// test's grid: a covariance of d columns costs d² a row and an iteration, and with 60 of
// them mixtures took nine tenths of the test's time, where 2,000 customers hardly
// determine one.
const mixtureColumns = 20

// structure tests one feature set, with every cell of the study as the grid, less
// mixtures of many columns.
func (r *runner) structure(ctx context.Context, set *labSet) (*eval.Structure, error) {
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
	o.Seed, o.Workers = r.s.Seed, r.s.Workers
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

// holdout holds the tournament; the event has a Reason where there is nothing to hold out.
func (r *runner) holdout(ctx context.Context, l *lab) (*Event, error) {
	e := &Event{Event: HoldoutEv}
	switch {
	case l.log == nil:
		e.Reason = "a table tells nothing of what came afterwards"
		return e, nil
	case r.s.Judge.Origins < 1:
		e.Reason = "the study holds no behaviour out"
		return e, nil
	}
	o := newTournamentOptions()
	o.Origins = r.s.Judge.Origins
	if r.s.Progress != nil {
		o.Progress = func(done, of int, what string) {
			if time.Since(r.reported) >= reportEvery {
				r.reported = time.Now()
				r.judging(fmt.Sprintf("what segments foretell: %d of %d, %s", done, of, what))
			}
		}
	}
	contests, blocks, err := l.s.tournament(ctx, r.plan, o)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		e.Reason = oneLine(err.Error())
	default:
		e.Contests, e.Blocks = contests, blocks
	}
	return e, nil
}

// verdict applies the rule of package verdict.
func (r *runner) verdict(ctx context.Context, rd Reader, st *State, l *lab) (*verdict.Verdict, error) {
	in := &verdict.Input{Unit: unit(st), Goal: r.s.Judge.Goal}
	if st.Study.Data != nil {
		in.Customers = st.Study.Data.Customers
	}
	for _, b := range st.Study.Sets {
		s := verdict.Set{Name: b.Name, Scale: b.Scale, Clustered: b.N}
		for _, x := range b.Strata {
			if x.Name != datasets.Enough.String() && x.Customers > 0 {
				s.Strata = append(s.Strata, verdict.Stratum{Words: stratumWords(x.Name), Customers: x.Customers, ValueShare: x.ValueShare})
			}
		}
		in.Sets = append(in.Sets, s)
	}
	for _, e := range st.Structures {
		in.Structures = append(in.Structures, verdict.SetStructure{Set: e.Set, Scale: e.Scale, Result: e.Structure})
	}
	if st.Holdout != nil {
		in.Contests, in.Why = st.Holdout.Contests, st.Holdout.Reason
	}
	cells := map[string]*planned{}
	for _, p := range r.plan.runs {
		cells[p.Run] = p
	}
	in.Runs = candidates(st)
	look := func(ctx context.Context, v *verdict.Run) error {
		r.judging("whether the segments of " + v.Name + " come back")
		return r.look(ctx, rd, l, cells[v.ID], v)
	}
	if len(in.Contests) == 0 {
		if err := r.byIndices(ctx, rd, st, in, look); err != nil {
			return nil, err
		}
	}
	v, err := verdict.Judge(ctx, in, look)
	if err != nil || v.Run == "" {
		return v, err
	}
	r.judging("how many segments each rule would take")
	if err := r.voters(ctx, rd, st, in, v.Set, v.Scale); err != nil {
		return nil, err
	}
	es, err := rd.Events(st.Seq)
	if err != nil {
		return nil, err
	}
	st.Fold(es...)
	v.Indices, v.Compared, err = r.picked(ctx, rd, st, in, v.Set, v.Scale)
	if err != nil || v.Indices == nil || v.Indices.Index < 0 {
		return v, err
	}
	gap, err := r.gap(ctx, l.set(v.Set, v.Scale), v.Algorithm)
	if err != nil {
		return nil, err
	}
	cs, _, err := r.compared(rd, st, in, v.Set, v.Scale)
	if err != nil {
		return nil, err
	}
	// The rules are for the algorithm that was chosen, which indices alone may not have taken.
	own := v.Indices.Index
	v.Indices.Index = slices.Index(v.Compared, v.Run)
	v.Indices.ChooseK(cs, gap)
	v.Indices.Index = own
	return v, nil
}

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
	rule := eval.NewPickRule()
	rule.Workers = r.s.Workers
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

// candidates are the finished runs; of those that differ by their seed, the one with the
// median headline value stands for them.
func candidates(st *State) []verdict.Run {
	stands := map[string]bool{}
	for _, b := range st.Study.Sets {
		board, err := Rank(st, b.Name, b.Scale, cmp.Or(headlineMetric(st), "silhouette"))
		if err != nil {
			continue
		}
		for _, g := range board.Groups {
			for _, e := range g.Entries {
				stands[e.Run.ID] = true
			}
		}
		seen := map[string]bool{}
		for _, a := range board.Abstained { // no value to take the median of: the first seed
			key := a.Run.Start.Algorithm + string(a.Run.Start.Params)
			if a.Run.Status == "done" && !seen[key] {
				seen[key], stands[a.Run.ID] = true, true
			}
		}
	}
	var out []verdict.Run
	for _, x := range st.DoneRuns() {
		out = append(out, verdict.Run{
			ID: x.ID, Name: RunName(st, x), Set: x.Start.Set, Scale: x.Start.Scale, Algorithm: x.Start.Algorithm,
			K: x.Done.NClusters, N: x.Done.N, Noise: x.Done.NNoise, Sizes: x.Done.Sizes, Baseline: baseline(x.Start.Algorithm),
			Stands: stands[x.ID], Stopped: x.Done.Stop == string(cluster.MaxIter),
		})
	}
	return out
}

// looked are the metrics that cluster a candidate again, journaled as its scores.
var looked = []string{"stability", "value_stability", "resample_ari", "seed_ari", "prediction_strength", "temporal_stability"}

// look clusters a run again on parts of the customers and says how much of its segments
// comes back. All runs of a set see the same parts, which are learned once.
func (r *runner) look(ctx context.Context, rd Reader, l *lab, p *planned, v *verdict.Run) error {
	set := l.set(v.Set, v.Scale)
	if set == nil || p == nil {
		v.StabilityReason = "too few customers of the sample have this feature set"
		return nil
	}
	labels, names, err := r.labelsIn(rd, set, v)
	if err != nil {
		return err
	}
	v.Names = names
	in := newBench(set, p.cell).input(&cluster.Clustering{Labels: labels, K: v.K}, r.s.Seed, r.s.Workers)
	in.Earlier = l.earlier(set, p)
	segments, reason, err := eval.NewStability().Segments(ctx, in)
	if err != nil {
		return err
	}
	if v.StabilityReason = reason; reason == "" {
		for _, s := range segments {
			v.Stability = append(v.Stability, verdict.Segment{
				Jaccard: s.Jaccard, Null: s.Null, Gain: s.Gain, Reading: s.Reading, Lo: s.Lo, Hi: s.Hi, Refits: s.Refits, Dissolved: s.Dissolved,
			})
		}
	}
	for _, name := range looked {
		m, err := eval.Lookup(name)
		if err != nil {
			return err
		}
		if m.Name == "value_stability" && in.Worth == nil {
			continue
		}
		s, err := m.New().Score(ctx, in)
		if err != nil {
			return err
		}
		if err := r.j.Append(scoreEvent(p.Run, m.Name, s)); err != nil {
			return err
		}
	}
	return nil
}

// earlier clusters a set's customers as they were known a hold-out's length before the
// end; nil where there is no such time.
func (l *lab) earlier(set *labSet, p *planned) func(context.Context) ([]int32, error) {
	if l.log == nil || set.of.recipe == nil {
		return nil
	}
	at, _, err := l.s.origins(1)
	if err != nil || len(at) == 0 {
		return nil
	}
	return func(ctx context.Context) ([]int32, error) {
		l.before.Do(func() {
			s := *l.s
			s.Table, s.Tables = nil, nil
			l.then, l.thenErr = s.labOf(ctx, l.log.AsOf(at[0].From))
		})
		if l.thenErr != nil {
			return nil, l.thenErr
		}
		was := l.then.set(set.of.set.Name, set.of.set.Scale)
		if was == nil {
			return nil, fmt.Errorf("too few customers had this feature set on %s", at[0].From.Format(time.DateOnly))
		}
		part, err := was.part(ctx, refRange(len(was.ids)))
		if err != nil {
			return nil, err
		}
		fit, err := part.fit(ctx, p.cell, p.seed, 1)
		if err != nil {
			return nil, err
		}
		at := was.rowsOf(set.ids)
		labels := make([]int32, len(at))
		for i, row := range at {
			if labels[i] = eval.Absent; row >= 0 {
				labels[i] = fit.rows.Labels[row]
			}
		}
		return labels, nil
	}
}

// labelsIn returns a run's labels for the rows of a lab's set, and its segments' names.
func (r *runner) labelsIn(rd Reader, set *labSet, v *verdict.Run) ([]int32, []string, error) {
	d, err := rd.RunData(v.ID)
	if err != nil {
		return nil, nil, err
	}
	whole, err := rd.Set(v.Set, v.Scale)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for _, c := range eval.Cards(eval.NewProfile(whole.Raw, d.Labels, whole.Value)) {
		names = append(names, c.Name)
	}
	n, _ := whole.X.Dims()
	m, _ := set.of.set.X.Dims()
	if n == m {
		return d.Labels, names, nil
	}
	at := make(map[string]int32, n)
	for i := range n {
		at[whole.X.ID(i)] = d.Labels[i]
	}
	labels := make([]int32, m)
	for i := range m {
		l, ok := at[set.of.set.X.ID(i)]
		if !ok {
			l = cluster.Noise
		}
		labels[i] = l
	}
	return labels, names, nil
}
