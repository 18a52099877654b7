package study

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// Prediction is what a model says of one customer.
type Prediction struct {
	ID       string
	Label    int32   // −1 = unassigned, or not labelled
	Segment  string  // the segment's name; "unassigned"; or the stratum
	Distance float64 // to the point that decided, in the scale that was clustered; NaN = none
	// Outside lists the columns in which the customer lies outside of what the
	// training customers showed: the label is an extrapolation.
	Outside []string
	// Reason says why there is no label (too few purchases, a missing value); "" = there is one.
	Reason string
}

// Unassigned names the customers in no segment.
const Unassigned = "unassigned"

// Label measures and labels one history. For many, LabelLog is faster.
func (m *Model) Label(h datasets.History) (Prediction, error) {
	ps, err := m.labelHistories([]datasets.History{h})
	if err != nil {
		return Prediction{}, err
	}
	return ps[0], nil
}

// labelChunk is the number of customers measured before they are labelled together.
const labelChunk = 8192

// LabelLog labels every customer of a log, in customer order. Customers without
// enough purchase occasions get their stratum instead of a label.
func (m *Model) LabelLog(ctx context.Context, log *datasets.Log) ([]Prediction, error) {
	var out []Prediction
	var part []datasets.History
	flush := func() error {
		ps, err := m.labelHistories(part)
		out = append(out, ps...)
		part = part[:0]
		return err
	}
	for h, err := range log.Histories(ctx) {
		if err != nil {
			return nil, err
		}
		if part = append(part, h); len(part) == labelChunk {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return out, nil
}

func (m *Model) labelHistories(hs []datasets.History) ([]Prediction, error) {
	if len(m.Pipeline.Extractors) == 0 {
		return nil, fmt.Errorf("model %s was made from a table of features: label rows of such a table, not a log", m.Name)
	}
	out := make([]Prediction, len(hs))
	var rows []int
	var data []float64
	for i, h := range hs {
		st := datasets.StratumOf(len(h.Occasions()), m.Pipeline.Minimum)
		if st != datasets.Enough {
			out[i] = Prediction{
				Label: cluster.Noise, Segment: st.String(), Distance: math.NaN(),
				Reason: fmt.Sprintf("%s: the features need %d purchase days", st, m.Pipeline.Minimum),
			}
		} else {
			row, err := m.Pipeline.Measure(h)
			if err != nil {
				return nil, err
			}
			rows, data = append(rows, i), append(data, row...)
		}
		out[i].ID = h.ID
	}
	if len(rows) == 0 {
		return out, nil
	}
	ps, err := m.LabelMatrix(features.NewMatrix(len(rows), m.Pipeline.Columns, data))
	if err != nil {
		return nil, err
	}
	for k, i := range rows {
		ps[k].ID = hs[i].ID
		out[i] = ps[k]
	}
	return out, nil
}

// LabelRow labels one raw row: the features in their own units, in the order of
// Training, NaN = missing.
func (m *Model) LabelRow(raw []float64) (Prediction, error) {
	if len(raw) != len(m.Pipeline.Columns) {
		return Prediction{}, fmt.Errorf("a row of %d values for a model of %d features", len(raw), len(m.Pipeline.Columns))
	}
	ps, err := m.LabelMatrix(features.NewMatrix(1, m.Pipeline.Columns, slices.Clone(raw)))
	if err != nil {
		return Prediction{}, err
	}
	ps[0].ID = ""
	return ps[0], nil
}

// LabelMatrix labels the rows of a raw matrix, which must have the model's columns;
// their order does not matter, and others are ignored.
func (m *Model) LabelMatrix(raw *features.Matrix) ([]Prediction, error) {
	raw, err := m.columns(raw)
	if err != nil {
		return nil, err
	}
	x, err := m.Pipeline.Apply(raw)
	if err != nil {
		return nil, err
	}
	names := map[int32]string{cluster.Noise: Unassigned}
	for _, s := range m.Segments {
		names[s.Label] = s.Name
	}
	n, d := x.Dims()
	if len(m.Rule.Points) > 0 && len(m.Rule.Points[0]) != d {
		return nil, fmt.Errorf("the model's rule has %d columns, its pipeline makes %d", len(m.Rule.Points[0]), d)
	}
	out := make([]Prediction, n)
	var whole []int
	for i := range n {
		p := &out[i]
		p.ID = raw.ID(i)
		for j, v := range raw.Row(i) {
			if r := m.Training[j]; !math.IsNaN(v) && (r.Lo == nil || v < *r.Lo || v > *r.Hi) {
				p.Outside = append(p.Outside, r.Column)
			}
		}
		if j := slices.IndexFunc(x.Row(i), math.IsNaN); j >= 0 {
			p.Label, p.Segment, p.Distance = cluster.Noise, missingStratum, math.NaN()
			p.Reason = fmt.Sprintf("%s is missing", x.Cols[j].Name)
			continue
		}
		whole = append(whole, i)
	}
	labels, dist, err := m.Rule.PredictAll(context.Background(), x.Pick(whole), 0)
	if err != nil {
		return nil, err
	}
	for k, i := range whole {
		p := &out[i]
		p.Label, p.Distance, p.Segment = labels[k], dist[k], names[labels[k]]
		if math.IsInf(p.Distance, 0) {
			p.Distance = math.NaN()
		}
	}
	return out, nil
}

// columns brings a raw matrix into the model's columns.
func (m *Model) columns(raw *features.Matrix) (*features.Matrix, error) {
	n, d := raw.Dims()
	same := d == len(m.Pipeline.Columns)
	at := make([]int, len(m.Pipeline.Columns))
	for j, c := range m.Pipeline.Columns {
		if at[j] = raw.Index(c.Name); at[j] < 0 {
			return nil, fmt.Errorf("column %q is missing; the model needs %d columns: %s", c.Name, len(at), columnNames(m.Pipeline.Columns))
		}
		same = same && at[j] == j
	}
	if same {
		return raw, nil
	}
	out := features.NewMatrix(n, m.Pipeline.Columns, nil)
	out.IDs = raw.IDs
	for i := range n {
		for j, k := range at {
			out.Row(i)[j] = raw.Row(i)[k]
		}
	}
	return out, nil
}

func columnNames(cols []features.Column) string {
	s := ""
	for i, c := range cols {
		if i > 0 {
			s += ", "
		}
		s += c.Name
	}
	return s
}
