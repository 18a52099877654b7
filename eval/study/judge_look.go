package study

import (
	"context"
	"fmt"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/verdict"
)

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
	for _, c := range eval.Cards(eval.NewProfile(whole.Raw, d.Labels, whole.Value).Named(d.Names)) {
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
