package eval

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// SnapshotOptions say how one log is segmented again and again.
type SnapshotOptions struct {
	Recipe    features.Recipe
	Scale     string // "" = block
	Missing   features.MissingPolicy
	Algorithm cluster.Algorithm // with its options; the same at each date
	// Window keeps what happened within so many days before a date; 0 = all that did.
	Window int
	// First keeps the model of the first date for all: there is no re-labelling then, and
	// segments mean the same at each date.
	First bool
	Seed  uint64
	// Workers is the number of goroutines; 0 = all processors. It changes nothing.
	Workers int
}

// LogSnapshots segments a log as it was known at each of several dates, in their order:
// extractors, transforms and clustering are learned anew at each date (or once, with
// First), with the same options and seed. Segments are named by their strongest
// behaviours. Customers without enough purchases, or whose values are missing, are in no
// snapshot: who comes to have enough is new.
//
// Raw holds every date's behaviour as the first date's extractors measure it, so that dates
// compare. The Relabel measures a date's histories by another date's extractors and puts
// them into that date's segments by the algorithm's rule, or a surrogate where it has none.
// Warnings say what was noticed. Cost: a Build, a Fit, a RuleOf and a pass over the
// log a date, and another pass a call of Relabel.
func LogSnapshots(ctx context.Context, log *datasets.Log, dates []time.Time, o SnapshotOptions) ([]Snapshot, Relabel, []string, error) {
	l := &snapshotLog{o: o}
	if l.o.Scale == "" {
		l.o.Scale = "block"
	}
	for i, t := range dates {
		if i > 0 && !t.After(dates[i-1]) {
			return nil, nil, nil, fmt.Errorf("snapshots: %s does not come after %s", t.Format(time.DateOnly), dates[i-1].Format(time.DateOnly))
		}
		cut := log.AsOf(t)
		if o.Window > 0 {
			if from := t.AddDate(0, 0, -o.Window); from.After(log.Meta.Window.From) {
				cut = log.Between(from, t)
			}
		}
		if err := l.add(ctx, cut, t); err != nil {
			return nil, nil, nil, fmt.Errorf("snapshot of %s: %w", t.Format(time.DateOnly), err)
		}
	}
	return l.snaps, l.relabel, l.warnings, nil
}

// snapshotLog is one call of LogSnapshots.
type snapshotLog struct {
	o        SnapshotOptions
	cuts     []*datasets.Log
	models   []snapshotModel
	snaps    []Snapshot
	warnings []string
}

// snapshotModel labels histories as a date's clustering does.
type snapshotModel struct {
	pipeline *features.Pipeline
	rule     *cluster.Rule
	names    []string
}

func (l *snapshotLog) add(ctx context.Context, cut *datasets.Log, at time.Time) error {
	day := at.Format(time.DateOnly)
	b, err := features.Build(ctx, cut, l.o.Recipe, 0, l.o.Workers)
	if err != nil {
		return err
	}
	p, err := features.Prepare(b.Raw, l.o.Scale, l.o.Missing)
	if err != nil {
		return err
	}
	for _, w := range slices.Concat(b.Warnings, p.Warnings) {
		if !slices.Contains(l.warnings, w) { // the same at each date: said once
			l.warnings = append(l.warnings, w)
		}
	}
	own := b.Raw.Pick(p.Rows)
	s := Snapshot{Name: day, Date: day, Raw: own}
	for _, r := range p.Rows {
		s.IDs = append(s.IDs, b.Raw.IDs[r])
		if b.Value != nil {
			s.Value = append(s.Value, b.Value[r])
		}
	}
	if len(l.models) > 0 {
		// Behaviour is compared by one measure: what an extractor learned anew is no change
		// of anybody's.
		if s.Raw, err = l.measure(ctx, &l.models[0], cut, s.IDs); err != nil {
			return err
		}
	}
	l.cuts = append(l.cuts, cut)
	if l.o.First && len(l.models) > 0 {
		first := l.models[0]
		if s.Labels, err = first.label(ctx, s.Raw, l.o.Workers); err != nil {
			return err
		}
		s.Names = first.names
		l.models, l.snaps = append(l.models, first), append(l.snaps, s)
		return nil
	}
	c, err := l.o.Algorithm.Fit(ctx, p.X, cluster.Run{Seed: l.o.Seed, Workers: l.o.Workers})
	if err != nil {
		return err
	}
	for _, w := range c.Warnings {
		l.warnings = append(l.warnings, day+": "+w)
	}
	rule, err := cluster.RuleOf(l.o.Algorithm, p.X, c)
	if err != nil {
		return err
	}
	if rule.Agreement < 1 {
		l.warnings = append(l.warnings, fmt.Sprintf("%s: the rule behind re-labelling gives %.1f %% of the customers their segment; the rest counts as re-labelled", day, 100*rule.Agreement))
	}
	s.Labels = c.Labels
	pipe := *b.Pipeline
	pipe.Scale, pipe.Maps = l.o.Scale, p.Maps
	m := snapshotModel{pipeline: &pipe, rule: rule, names: make([]string, c.K)}
	for _, card := range Cards(NewProfile(own, s.Labels, s.Value)) {
		m.names[card.Segment] = card.Name
	}
	s.Names = m.names
	l.models, l.snaps = append(l.models, m), append(l.snaps, s)
	return nil
}

// relabel implements Relabel.
func (l *snapshotLog) relabel(ctx context.Context, model, data int) ([]int32, error) {
	if l.o.First {
		return slices.Clone(l.snaps[data].Labels), nil
	}
	raw, err := l.measure(ctx, &l.models[model], l.cuts[data], l.snaps[data].IDs)
	if err != nil {
		return nil, err
	}
	return l.models[model].label(ctx, raw, l.o.Workers)
}

// measure measures the customers of those ids by a model's extractors, in their order.
func (l *snapshotLog) measure(ctx context.Context, m *snapshotModel, cut *datasets.Log, ids []string) (*features.Matrix, error) {
	row := make(map[string]int, len(ids))
	for i, id := range ids {
		row[id] = i
	}
	raw := features.NewMatrix(len(ids), m.pipeline.Columns, nil)
	raw.IDs = ids
	for h, err := range cut.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		i, ok := row[h.ID]
		if !ok {
			continue
		}
		x, err := m.pipeline.Measure(h)
		if err != nil {
			return nil, err
		}
		copy(raw.Row(i), x)
	}
	return raw, nil
}

// label scales a raw matrix and labels its rows; those with a missing value get none.
func (m *snapshotModel) label(ctx context.Context, raw *features.Matrix, workers int) ([]int32, error) {
	x, err := m.pipeline.Apply(raw)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	labels := make([]int32, n)
	var whole []int
	for i := range labels {
		labels[i] = cluster.Noise
		if !slices.ContainsFunc(x.Row(i), math.IsNaN) {
			whole = append(whole, i)
		}
	}
	found, _, err := m.rule.PredictAll(ctx, x.Pick(whole), workers)
	if err != nil {
		return nil, err
	}
	for k, i := range whole {
		labels[i] = found[k]
	}
	return labels, nil
}

// Periods lists the days at which a log is looked at: the ends of whole calendar weeks
// (Monday), months or quarters, or every so many days, from the first that has a whole
// period before it; the log's own end, too, where half a period or more has passed since.
// every is week, month, quarter, year, or a number of days as 90d.
func Periods(log *datasets.Log, every string) ([]time.Time, error) {
	zone := log.Meta.Zone
	if zone == nil {
		zone = time.UTC
	}
	from, to := log.Meta.Window.From.In(zone), log.Meta.Window.To.In(zone)
	day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, zone)
	var next func(time.Time) time.Time
	months := map[string]int{"month": 1, "quarter": 3, "year": 12}[every]
	days := 0
	switch {
	case months > 0:
		first := time.Date(from.Year(), time.Month((int(from.Month())-1)/months*months+1), 1, 0, 0, 0, 0, zone)
		if first.Before(day) {
			first = first.AddDate(0, months, 0) // the log begins within a period
		}
		day, next = first, func(t time.Time) time.Time { return t.AddDate(0, months, 0) }
	case every == "week":
		for day.Weekday() != time.Monday {
			day = day.AddDate(0, 0, 1)
		}
		days = 7
	default:
		if n, err := fmt.Sscanf(every, "%dd", &days); n != 1 || err != nil || days < 1 || fmt.Sprintf("%dd", days) != every {
			return nil, fmt.Errorf("every = %q: week, month, quarter, year, or days as 90d", every)
		}
	}
	if next == nil {
		next = func(t time.Time) time.Time { return t.AddDate(0, 0, days) }
	}
	var out []time.Time
	t := next(day)
	for ; !t.After(to); t = next(t) {
		out = append(out, t)
	}
	if len(out) > 0 {
		if last := out[len(out)-1]; to.After(last) && 2*to.Sub(last) >= t.Sub(last) {
			out = append(out, to)
		}
	}
	if len(out) < 2 {
		return nil, fmt.Errorf("%s runs from %s to %s: no two ends of a %s lie in it; take shorter ones", log.Meta.Name, from.Format(time.DateOnly), to.Format(time.DateOnly), every)
	}
	return out, nil
}
