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
	// Share is how much the segment has of the customer, 0 to 1, and RunnerUpShare what
	// the strongest other has: probabilities for a mixture, shares by distance for the
	// other rules (Model.ShareWords); NaN where there is no label.
	Share           float64
	RunnerUp        int32  // −1 = unassigned
	RunnerUpSegment string // "" = there is no other
	RunnerUpShare   float64
	// Outside lists the columns in which the customer lies outside of what the
	// training customers showed: the label is an extrapolation.
	Outside []string
	// Reason says why there is no label (too few purchases, a missing value); "" = there is one.
	Reason string

	shares []float64 // of all: unassigned, then each label; nil = not asked for
}

// ShareWords says what the shares of this model's predictions are.
func (m *Model) ShareWords() string {
	if m.Given != nil {
		return "1 for the segment of the first rule that holds: people wrote the rules, and nobody belongs to two segments"
	}
	if m.Rule.Kind == cluster.MostProbable {
		return "probability under the mixture: as well calibrated as the mixture fits"
	}
	return "share by inverse squared distance to the nearest point of each segment (fuzzy c-means, exponent 2): ½ half way between two, 1 on the point itself; not a probability"
}

// none is a prediction without a label.
func none(label int32, segment, reason string) Prediction {
	return Prediction{
		Label: label, Segment: segment, Reason: reason, Distance: math.NaN(),
		Share: math.NaN(), RunnerUp: cluster.Noise, RunnerUpShare: math.NaN(),
	}
}

// Unassigned names the customers in no segment.
const Unassigned = "unassigned"

// Label measures and labels one history. For many, LabelLog is faster.
func (m *Model) Label(h datasets.History) (Prediction, error) {
	ps, _, err := m.labelHistories([]datasets.History{h}, false)
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
		ps, _, err := m.labelHistories(part, false)
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

// labelHistories labels customers; keep = with the shares of all segments. The raw
// rows are those of the customers that could be measured; their IDs say whose.
func (m *Model) labelHistories(hs []datasets.History, keep bool) ([]Prediction, *features.Matrix, error) {
	if len(m.Pipeline.Extractors) == 0 {
		return nil, nil, fmt.Errorf("model %s was made from a table of features: label rows of such a table, not a log", m.Name)
	}
	out := make([]Prediction, len(hs))
	var rows []int
	var data []float64
	var ids []string
	for i, h := range hs {
		st := datasets.StratumOf(len(h.Occasions()), m.Pipeline.Minimum)
		if st != datasets.Enough {
			out[i] = none(cluster.Noise, st.String(), fmt.Sprintf("%s: the features need %d purchase days", st, m.Pipeline.Minimum))
			out[i].ID = h.ID
			continue
		}
		row, err := m.Pipeline.Measure(h)
		if err != nil {
			return nil, nil, err
		}
		rows, data, ids = append(rows, i), append(data, row...), append(ids, h.ID)
	}
	raw := features.NewMatrix(len(rows), m.Pipeline.Columns, data)
	raw.IDs = ids
	if len(rows) == 0 {
		return out, raw, nil
	}
	own := make([]datasets.History, len(rows))
	for k, i := range rows {
		own[k] = hs[i]
	}
	ps, err := m.labelMatrix(raw, own, keep)
	if err != nil {
		return nil, nil, err
	}
	for k, i := range rows {
		out[i] = ps[k]
	}
	return out, raw, nil
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
	return m.labelMatrix(raw, nil, false)
}

// labelMatrix is LabelMatrix; hs are the histories of the rows, nil = nothing but the
// matrix is known.
func (m *Model) labelMatrix(raw *features.Matrix, hs []datasets.History, keep bool) ([]Prediction, error) {
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
			outside := p.Outside
			*p = none(cluster.Noise, missingStratum, fmt.Sprintf("%s is missing", x.Cols[j].Name))
			p.ID, p.Outside = raw.ID(i), outside
			continue
		}
		whole = append(whole, i)
	}
	labels, dist, shares, err := m.answer(x, raw, whole, hs)
	if err != nil {
		return nil, err
	}
	wide := m.width()
	for k, i := range whole {
		p := &out[i]
		p.Label, p.Distance, p.Segment = labels[k], dist[k], names[labels[k]]
		if math.IsInf(p.Distance, 0) {
			p.Distance = math.NaN()
		}
		row := shares[k*wide : (k+1)*wide : (k+1)*wide]
		p.rank(row, names)
		if keep {
			p.shares = row
		}
	}
	return out, nil
}

// answer labels those rows.
func (m *Model) answer(x, raw *features.Matrix, rows []int, hs []datasets.History) (labels []int32, dist, shares []float64, err error) {
	if m.Given != nil {
		return m.Given.answer(raw, rows, hs)
	}
	x = x.Pick(rows)
	if labels, dist, err = m.predict(x); err != nil {
		return nil, nil, nil, err
	}
	shares, err = m.Rule.Shares(context.Background(), x, 0)
	return labels, dist, shares, err
}

// width is the number of labels, unassigned included.
func (m *Model) width() int {
	if m.Given != nil {
		return len(m.Given.Labels) + 1
	}
	return m.Rule.NumLabels() + 1
}

// fewRows is the number of rows below which an index of the rule's points costs more
// than it saves.
const fewRows = 16

// predict is Rule.PredictAll, also for a row now and then.
func (m *Model) predict(x *features.Matrix) ([]int32, []float64, error) {
	n, _ := x.Dims()
	if n > fewRows || m.Rule.Kind == cluster.NearestReachable {
		return m.Rule.PredictAll(context.Background(), x, 0)
	}
	labels, dist := make([]int32, n), make([]float64, n)
	for i := range n {
		labels[i], dist[i] = m.Rule.Predict(x.Row(i))
	}
	return labels, dist, nil
}

// rank fills in the shares of the label and of the strongest other.
func (p *Prediction) rank(row []float64, names map[int32]string) {
	p.Share, p.RunnerUp, p.RunnerUpShare = row[p.Label+1], cluster.Noise, math.NaN()
	for l, v := range row {
		if label := int32(l) - 1; label != p.Label && v > 0 && !(v <= p.RunnerUpShare) {
			p.RunnerUp, p.RunnerUpSegment, p.RunnerUpShare = label, names[label], v
		}
	}
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
