package eval

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// SnapshotModel is a model that was learned earlier, and the part of a log that it is to
// label: what happened in [From, To), a zero From being the log's beginning.
type SnapshotModel struct {
	Name     string // for people: of the file
	Pipeline *features.Pipeline
	Rule     *cluster.Rule
	Names    []string // of the segments, by label; nil = Segment 1..K
	From, To time.Time
}

// ModelSnapshots labels a log by models that exist, each as the log was known at the
// model's own date, which must ascend: nothing is learned. A snapshot holds the customers
// with as many purchase days as the model asks for whose values are all there; the others
// are in none, as in LogSnapshots.
//
// Raw holds every date's behaviour as the first model's extractors measure it. The Relabel
// measures a date's histories by another model's extractors. Models must be of the same
// extractors: the causes tell the same behaviour under two models from two behaviours.
// Warnings say where a rule is not the algorithm's own. workers = 0 is all processors, and
// changes nothing. Cost: two passes over the log a date, one more a call of Relabel, and
// the memory of customers × columns a date.
func ModelSnapshots(ctx context.Context, log *datasets.Log, models []SnapshotModel, workers int) ([]Snapshot, Relabel, []string, error) {
	if err := comparableModels(log, models); err != nil {
		return nil, nil, nil, err
	}
	l := &snapshotLog{o: SnapshotOptions{Workers: workers}}
	for i := range models {
		if err := l.addModel(ctx, log, &models[i]); err != nil {
			return nil, nil, nil, err
		}
	}
	return l.snaps, l.relabel, l.warnings, nil
}

// comparableModels refuses models that the log cannot feed, or that cannot be told apart.
func comparableModels(log *datasets.Log, models []SnapshotModel) error {
	of := func(m *SnapshotModel) (names []string) {
		for _, f := range m.Pipeline.Extractors {
			names = append(names, f.Name)
		}
		slices.Sort(names)
		return names
	}
	first := of(&models[0])
	for i := range models {
		m := &models[i]
		names := of(m)
		if len(names) == 0 {
			return fmt.Errorf("%s was made from a table of features: it cannot measure a log", m.Name)
		}
		if !slices.Equal(names, first) {
			return fmt.Errorf("models on different features: %s is made of %s, %s of %s; what a segment grew by can be told only where both measure the same behaviour",
				models[0].Name, strings.Join(first, ", "), m.Name, strings.Join(names, ", "))
		}
		for _, n := range names {
			e, err := features.Lookup(n)
			if err != nil {
				return fmt.Errorf("%s: %w", m.Name, err)
			}
			if lacks := e.Lacks(log); lacks != "" {
				return fmt.Errorf("%s lacks %s, which %s of %s reads: map the column, or take models without %s", log.Meta.Name, lacks, n, m.Name, n)
			}
		}
		if i > 0 && !m.To.After(models[i-1].To) {
			return fmt.Errorf("%s (%s) does not come after %s (%s): give the earliest first", m.Name, m.To.Format(time.DateOnly), models[i-1].Name, models[i-1].To.Format(time.DateOnly))
		}
		if !m.To.After(log.Meta.Window.From) {
			return fmt.Errorf("%s is of %s, and %s begins on %s: nothing had happened then", m.Name, m.To.Format(time.DateOnly), log.Meta.Name, log.Meta.Window.From.Format(time.DateOnly))
		}
	}
	return nil
}

// addModel makes a model's snapshot in one pass over its part of the log.
func (l *snapshotLog) addModel(ctx context.Context, log *datasets.Log, m *SnapshotModel) error {
	cut := log.AsOf(m.To)
	if m.From.After(log.Meta.Window.From) {
		cut = log.Between(m.From, m.To)
	}
	own := snapshotModel{pipeline: m.Pipeline, rule: m.Rule, names: m.Names}
	first := own.pipeline
	if len(l.models) > 0 {
		first = l.models[0].pipeline
	}
	day := m.To.Format(time.DateOnly)
	s := Snapshot{Name: m.Name, Date: day, Names: m.Names}
	hasValue := log.Meta.Has&datasets.FieldAmount != 0
	var raw, compared []float64
	for h, err := range cut.Histories(ctx) {
		if err != nil {
			return err
		}
		if datasets.StratumOf(h.NumOccasions(), m.Pipeline.Minimum) != datasets.Enough {
			continue
		}
		row, err := own.pipeline.Measure(h)
		if err != nil {
			return err
		}
		raw = append(raw, row...)
		if first != own.pipeline {
			if row, err = first.Measure(h); err != nil {
				return err
			}
			compared = append(compared, row...)
		}
		s.IDs = append(s.IDs, h.ID)
		if hasValue {
			s.Value = append(s.Value, h.Spend().Gross)
		}
	}
	if len(s.IDs) == 0 {
		return fmt.Errorf("%s: none of the %d customers known on %s has the %d purchase days that it needs", m.Name, cut.NumCustomers(), day, m.Pipeline.Minimum)
	}
	measured := features.NewMatrix(len(s.IDs), own.pipeline.Columns, raw)
	x, err := own.pipeline.Apply(measured)
	if err != nil {
		return fmt.Errorf("%s: %w", m.Name, err)
	}
	var whole []int
	for i := range s.IDs {
		if !slices.ContainsFunc(x.Row(i), math.IsNaN) {
			whole = append(whole, i)
		}
	}
	if len(whole) == 0 {
		return fmt.Errorf("%s: each of the %d customers known on %s lacks a value that it reads", m.Name, len(s.IDs), day)
	}
	if s.Labels, _, err = own.rule.PredictAll(ctx, x.Pick(whole), l.o.Workers); err != nil {
		return fmt.Errorf("%s: %w", m.Name, err)
	}
	s.Raw = measured
	if first != own.pipeline {
		s.Raw = features.NewMatrix(len(s.IDs), first.Columns, compared)
	}
	s.keep(whole)
	if !m.Rule.Exact && m.Rule.Agreement < 1 {
		l.warnings = append(l.warnings, fmt.Sprintf("%s: its rule stands in for the algorithm's and gave %.1f %% of the customers that it was made from their segment", m.Name, 100*m.Rule.Agreement))
	}
	l.cuts, l.models, l.snaps = append(l.cuts, cut), append(l.models, own), append(l.snaps, s)
	return nil
}

// keep leaves those rows; labels are of them already.
func (s *Snapshot) keep(rows []int) {
	s.Raw = s.Raw.Pick(rows)
	var ids []string
	var value []float64
	for _, r := range rows {
		ids = append(ids, s.IDs[r])
		if s.Value != nil {
			value = append(value, s.Value[r])
		}
	}
	s.IDs, s.Value = ids, value
	s.Raw.IDs = ids
}
