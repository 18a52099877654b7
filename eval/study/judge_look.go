package study

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/verdict"
)

// looked are the metrics that cluster a candidate again, journaled as its scores.
var looked = []string{"stability", "value_stability", "resample_ari", "seed_ari", "prediction_strength", "temporal_stability"}

// look clusters a run again on parts of the customers and says how much of its segments
// comes back. All runs of a set see the same parts, which are learned once. What the
// journal says already is taken from there.
func (r *runner) look(ctx context.Context, rd Reader, st *State, l *lab, p *planned, v *verdict.Run) error {
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
	in := newBench(set, p.cell, p.Run).input(&cluster.Clustering{Labels: labels, K: v.K}, r.s.Seed, r.s.Workers)
	in.Earlier = l.earlier(set, p)
	said := maps.Clone(st.Run(v.ID).Scores)
	maps.DeleteFunc(said, func(_ string, e Event) bool { return e.Reason == notAgain })
	if e, ok := said["stability"]; ok && (e.Reason != "" || len(e.Segments) > 0) {
		v.Stability, v.StabilityReason = e.Segments, e.Reason
	} else if err := r.comesBack(ctx, in, v); err != nil {
		return err
	}
	for _, name := range looked {
		m, err := eval.Lookup(name)
		if err != nil {
			return err
		}
		if _, ok := said[name]; ok || name == "stability" || name == "value_stability" && in.Worth == nil {
			continue
		}
		s, err := m.New().Score(ctx, in)
		if err != nil {
			return err
		}
		if err := r.j.Append(scoreEvent(v.ID, m.Name, s)); err != nil {
			return err
		}
	}
	return nil
}

// comesBack looks at each segment, and journals it with what random groups of its size
// reach: that costs matching, no refit, and says of every run that was looked at which of
// its segments hold.
func (r *runner) comesBack(ctx context.Context, in *eval.Input, v *verdict.Run) error {
	s, segments, err := eval.NewStability().Look(ctx, in)
	if err != nil {
		return err
	}
	v.StabilityReason = s.Reason
	for _, g := range segments {
		v.Stability = append(v.Stability, verdict.Segment{
			Jaccard: g.Jaccard, Null: g.Null, Gain: g.Gain, Reading: g.Reading, Lo: g.Lo, Hi: g.Hi, Refits: g.Refits, Dissolved: g.Dissolved,
		})
	}
	e := scoreEvent(v.ID, "stability", s)
	e.Segments = v.Stability
	return r.j.Append(e)
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
	again := func(ctx context.Context) (keptLabels, error) {
		l.before.Do(func() {
			s := *l.s
			s.Table, s.Tables = nil, nil
			l.then, l.thenErr = s.labOf(ctx, l.log.AsOf(at[0].From))
		})
		if l.thenErr != nil {
			return keptLabels{}, l.thenErr
		}
		was := l.then.set(set.of.set.Name, set.of.set.Scale)
		if was == nil {
			return keptLabels{}, fmt.Errorf("too few customers had this feature set on %s", at[0].From.Format(time.DateOnly))
		}
		part, err := was.part(ctx, refRange(len(was.ids)))
		if err != nil {
			return keptLabels{}, err
		}
		fit, err := part.fit(ctx, p.cell, p.seed, 1)
		if err != nil {
			return keptLabels{}, err
		}
		at := was.rowsOf(set.ids)
		labels := make([]int32, len(at))
		for i, row := range at {
			if labels[i] = eval.Absent; row >= 0 {
				labels[i] = fit.rows.Labels[row]
			}
		}
		return keptLabels{Labels: labels}, nil
	}
	return func(ctx context.Context) ([]int32, error) {
		got, err := l.keep.labels(ctx, func() string { return l.keep.key("earlier", p.Run, at[0].From) }, func() (keptLabels, error) { return again(ctx) })
		return got.Labels, err
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
