package study

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
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
// clusters hundreds of times. Tests lower it.
var judgeRows = 20_000

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
	r.keep = r.newKeeping()
	r.judging("which runs cannot be told apart")
	if err := r.ties(ctx, rd, st); err != nil {
		return false, err
	}
	l, err := r.judgeLab(ctx)
	if err != nil {
		return false, err
	}
	l.keep = r.keep
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

// drawnOf counts the customers of a lab that is one of a sample, and those it was drawn
// from, in the largest feature set; 0 = it is one of everybody.
func drawnOf(l *lab, sets []*built) (drawn, of int) {
	for _, b := range sets {
		n, _ := b.set.X.Dims()
		of = max(of, n)
	}
	if of <= judgeRows {
		return 0, 0
	}
	for _, s := range l.sets {
		n, _ := s.of.set.X.Dims()
		drawn = max(drawn, n)
	}
	return drawn, of
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
	o.Origins, o.keep = r.s.Judge.Origins, r.keep
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
	in.Drawn, in.DrawnOf = drawnOf(l, r.plan.sets)
	in.Runs = candidates(st)
	look := func(ctx context.Context, v *verdict.Run) error {
		r.judging("whether the segments of " + v.Name + " come back")
		return r.look(ctx, rd, st, l, cells[v.ID], v)
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
			Given: x.Start.Algorithm == rulesMethod.Name, Stands: stands[x.ID], Stopped: x.Done.Stop == string(cluster.MaxIter),
		})
	}
	return out
}
