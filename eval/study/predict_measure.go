package study

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// MeasureLog measures the customers of a log as the model would to label them, in the
// features' own units: those with purchases enough and no value missing that it needs,
// in customer order.
func (m *Model) MeasureLog(ctx context.Context, log *datasets.Log) (*features.Matrix, error) {
	if len(m.Pipeline.Extractors) == 0 {
		return nil, fmt.Errorf("model %s was made from a table of features: it measures no log", m.Name)
	}
	var ids []string
	var data []float64
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		if datasets.StratumOf(len(h.Occasions()), m.Pipeline.Minimum) != datasets.Enough {
			continue
		}
		row, err := m.Pipeline.Measure(h)
		if err != nil {
			return nil, err
		}
		ids, data = append(ids, h.ID), append(data, row...)
	}
	raw := features.NewMatrix(len(ids), m.Pipeline.Columns, data)
	raw.IDs = ids
	x, err := m.Pipeline.Apply(raw)
	if err != nil {
		return nil, err
	}
	var whole []int
	var named []string
	for i, id := range ids {
		if !slices.ContainsFunc(x.Row(i), math.IsNaN) {
			whole, named = append(whole, i), append(named, id)
		}
	}
	out := raw.Pick(whole)
	out.IDs = named
	return out, nil
}
