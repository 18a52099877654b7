package features

import (
	"context"
	"math"

	"github.com/mores-lab/mores/datasets"
)

// BlockNull says how much of a block is behaviour, and how much is chance and the
// number of events.
type BlockNull struct {
	Block string  `json:"block"`
	Null  Shuffle `json:"null"`
	// Gain is the share of the block's variance between customers that its shuffle
	// does not reproduce; see NullReport. 1 = all of it is real, 0 = the shuffled log
	// shows as much, below 0 = customers differ less than chance makes them.
	Gain float64 `json:"gain"`
	// R2 is the mean over the block's columns of R² of a line on ln(events): what
	// customers' mere activity explains.
	R2      float64      `json:"r2_log_events"`
	Columns []ColumnNull `json:"columns"`
}

// ColumnNull is one column's part of it.
type ColumnNull struct {
	Name string  `json:"name"`
	Gain float64 `json:"gain"`
	R2   float64 `json:"r2_log_events"`
}

// NullReport compares every block of a recipe with the same block on the log
// shuffled by the extractor's own null (Shuffled).
//
// Columns are taken in their geometry (logarithm, logit, square root) but not
// scaled. A column's spread is its variance over the customers with enough
// evidence, after a line on ln(events) is taken out, over its whole variance in the
// real log; the gain is 1 − spread(shuffled)/spread(real), a block's gain the same
// of the sums over its columns. A column that ln(events) explains wholly has gain 0.
//
// It needs no clustering, and it says nothing of groups: a gain of 1 is as well
// reached by a continuum. Shuffling decides by chance: another seed, another gain,
// by about √(2/customers). Cost: two Builds and one shuffle per distinct null.
func NullReport(ctx context.Context, log *datasets.Log, r Recipe, seed uint64) ([]BlockNull, error) {
	real, err := Build(ctx, log, r, 0, 0)
	if err != nil {
		return nil, err
	}
	type shuffled struct {
		raw    *Matrix
		events []float64
	}
	nulls := map[Shuffle]*shuffled{}
	var out []BlockNull
	events := logEvents(log, real.Raw)
	at := 0
	for i, s := range real.Recipe.Steps {
		null := s.Extractor.Null
		if nulls[null] == nil {
			l := Shuffled(log, null, seed)
			b, err := Build(ctx, l, r, 0, 0)
			if err != nil {
				return nil, err
			}
			nulls[null] = &shuffled{b.Raw, logEvents(l, b.Raw)}
		}
		d := len(real.Pipeline.models[i].Columns())
		b := BlockNull{Block: s.Extractor.Name, Null: null}
		var sumReal, sumNull float64
		for j := at; j < at+d; j++ {
			c := real.Raw.Cols[j]
			if c.Kind == Category {
				continue
			}
			total, own := spread(real.Raw, j, events)
			if total <= 1e-20 {
				continue // constant, but for rounding
			}
			_, chance := spread(nulls[null].raw, nulls[null].raw.Index(c.Name), nulls[null].events)
			col := ColumnNull{Name: c.Name, R2: 1 - own/total}
			if own > 1e-9*total {
				col.Gain = 1 - chance/own
				sumReal += own / total
				sumNull += chance / total
			}
			b.R2 += col.R2
			b.Columns = append(b.Columns, col)
		}
		if n := len(b.Columns); n > 0 {
			b.R2 /= float64(n)
		}
		if sumReal > 0 {
			b.Gain = 1 - sumNull/sumReal
		}
		out = append(out, b)
		at += d
	}
	return out, nil
}

// logEvents returns ln(number of events) of the matrix's customers.
func logEvents(log *datasets.Log, m *Matrix) []float64 {
	out := make([]float64, len(m.IDs))
	for i, id := range m.IDs {
		if h, ok := log.Find(id); ok {
			out[i] = math.Log(float64(h.Len()))
		}
	}
	return out
}

// spread returns the variance of column j in its geometry, and what of it is left
// after a line on x. Missing values are left out; both are 0 for no column.
func spread(m *Matrix, j int, x []float64) (total, left float64) {
	if j < 0 {
		return 0, 0
	}
	curve, err := curveFunc(curveOf(m.Cols[j]))
	if err != nil {
		panic("features: " + err.Error())
	}
	var n, mx, my float64
	ys := make([]float64, len(x))
	for i := range ys {
		ys[i] = curve(m.Row(i)[j])
		if !math.IsNaN(ys[i]) {
			n++
			mx += x[i]
			my += ys[i]
		}
	}
	if n == 0 {
		return 0, 0
	}
	mx, my = mx/n, my/n
	var xx, xy, yy float64
	for i, y := range ys {
		if !math.IsNaN(y) {
			xx += (x[i] - mx) * (x[i] - mx)
			xy += (x[i] - mx) * (y - my)
			yy += (y - my) * (y - my)
		}
	}
	left = yy
	if xx > 0 {
		left = max(yy-xy*xy/xx, 0)
	}
	return yy / n, left / n
}
