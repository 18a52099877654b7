package study

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/features"
)

// ModelSchema is the version of model files. Newer ones are refused.
const ModelSchema = givenSchema

// plainSchema is that of the files of all models but those of rules.
const plainSchema = 1

// modelKind is the first field of a model file.
const modelKind = "mores model"

// Model labels customers that were not in the study as a finished run would have:
// how to measure a history, how to scale it, and the rule for the label. It is
// plain data, written as JSON with exact numbers; nothing in it is executed.
type Model struct {
	Kind   string `json:"kind"`
	Schema int    `json:"schema"`
	Name   string `json:"name"` // of the run, for people

	Study     string          `json:"study"`
	Data      string          `json:"data_sha256"`
	Zone      string          `json:"zone,omitempty"` // in which it read hours and days; "" = an older file does not say
	Run       string          `json:"run"`
	From      string          `json:"from,omitempty"` // what counted: from this day on, and before To; "" = an older file does not say
	To        string          `json:"to,omitempty"`
	Algorithm string          `json:"algorithm"`
	Params    json.RawMessage `json:"params"`
	Set       string          `json:"set"`
	Scale     string          `json:"scale"`
	Tool      string          `json:"tool"` // the mores that made it
	Go        string          `json:"go"`

	Segments []Segment `json:"segments"`
	// Training is, per raw column, the range of the customers that were clustered.
	Training []ColumnRange      `json:"training"`
	Pipeline *features.Pipeline `json:"pipeline"`
	// Rule.Exact says that it is the algorithm's own; Rule.Agreement, on what share
	// of the training customers it gives the run's label.
	Rule *cluster.Rule `json:"rule"`
	// Given is what decides where Rule.Kind is ByRules.
	Given *Given `json:"given,omitempty"`
	// Far is the distance that 5 % of the training customers exceed, for rules whose
	// points are not themselves training customers; nil = not known.
	Far *float64 `json:"far,omitempty"`
}

// Segment is a segment by name and size.
type Segment struct {
	Label int32   `json:"label"`
	Name  string  `json:"name"`
	Size  int     `json:"size"`
	Share float64 `json:"share"`
}

// ColumnRange is what the training customers' values lie between; both nil if the
// column had none.
type ColumnRange struct {
	Column string   `json:"column"`
	Lo     *float64 `json:"lo"`
	Hi     *float64 `json:"hi"`
	// Tenths are the values at .1, .2, … .9, each once, and Counts the customers up to the
	// first, the second, …, above the last, and those without a value. Older files have
	// none: drift cannot be told by them.
	Tenths []float64 `json:"tenths,omitempty"`
	Counts []int     `json:"counts,omitempty"`
}

// NewModel makes the model of a finished run. An algorithm that is not registered,
// or has no rule of its own, gets a surrogate.
func NewModel(r Reader, run string) (*Model, error) {
	es, err := r.Events(0)
	if err != nil {
		return nil, err
	}
	st := &State{}
	st.Fold(es...)
	rs := st.Run(run)
	if rs == nil || rs.Status != "done" {
		return nil, fmt.Errorf("run %s is not a finished run of this study", run)
	}
	set, err := r.Set(rs.Start.Set, rs.Start.Scale)
	if err != nil {
		return nil, err
	}
	d, err := r.RunData(run)
	if err != nil {
		return nil, err
	}
	if n, _ := set.X.Dims(); len(d.Labels) != n {
		return nil, fmt.Errorf("run %s has %d labels for the %d rows of feature set %s", run, len(d.Labels), n, set.Name)
	}
	p, err := features.ReadPipeline(set.Pipeline)
	if err != nil {
		return nil, fmt.Errorf("feature set %s: %w", set.Name, err)
	}
	c := &cluster.Clustering{
		Labels: d.Labels, K: rs.Done.NClusters, Centers: d.Centers, Medoids: d.Medoids, Core: d.Core, Tree: d.Tree,
		Rule: d.Rule, Probabilities: d.Probabilities, Objective: rs.Done.Objective, Iter: rs.Done.NIter, Stop: cluster.Stop(rs.Done.Stop),
	}
	rule, err := ruleOf(rs.Start, set.X, c)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", run, err)
	}
	m := &Model{
		Kind: modelKind, Schema: plainSchema, Name: RunName(st, rs), Study: st.Study.Study, Run: run, Algorithm: rs.Start.Algorithm,
		Params: rs.Start.Params, Set: set.Name, Scale: set.Scale, Tool: Tool(), Go: runtime.Version(),
		Training: ranges(set.Raw), Pipeline: p, Rule: rule,
	}
	if st.Study.Data != nil {
		m.Data, m.Zone = st.Study.Data.Hash, st.Study.Data.Zone
		m.From, m.To = st.Study.Data.From, st.Study.Data.To
	}
	if rs.Start.Algorithm == rulesMethod.Name {
		if err := m.takeGiven(d); err != nil {
			return nil, fmt.Errorf("run %s: %w", run, err)
		}
	}
	if err := m.cards(eval.NewProfile(set.Raw, d.Labels, set.Value).Named(d.Names)); err != nil {
		return nil, fmt.Errorf("run %s: %w", run, err)
	}
	if err := m.measureFar(set.Raw); err != nil {
		return nil, fmt.Errorf("run %s: %w", run, err)
	}
	return m, nil
}

// ZoneName is the name of a zone as files hold it; nil is UTC.
func ZoneName(z *time.Location) string {
	if z == nil {
		return "UTC"
	}
	return z.String()
}

// measureFar fills Far. Stored training rows are at distance 0 from themselves, which
// says nothing of new ones.
func (m *Model) measureFar(raw *features.Matrix) error {
	if m.Rule.Kind != cluster.NearestCenter && m.Rule.Kind != cluster.MostProbable {
		return nil
	}
	ps, err := m.LabelMatrix(raw)
	if err != nil {
		return err
	}
	var d []float64
	for _, p := range ps {
		if !math.IsNaN(p.Distance) {
			d = append(d, p.Distance)
		}
	}
	slices.Sort(d)
	if far := features.Quantile(d, farQuantile); len(d) > 0 && !math.IsInf(far, 0) {
		m.Far = &far
	}
	return nil
}

// farQuantile is the share of the training customers within Far.
const farQuantile = 0.95

func ruleOf(start Event, x *features.Matrix, c *cluster.Clustering) (*cluster.Rule, error) {
	method, err := cluster.Lookup(start.Algorithm)
	if err != nil {
		return cluster.Surrogate(x, c), nil
	}
	a, err := algorithmOf(method, start.Params)
	if err != nil {
		return nil, err
	}
	return cluster.RuleOf(a, x, c)
}

func ranges(raw *features.Matrix) []ColumnRange {
	out := make([]ColumnRange, len(raw.Cols))
	n, _ := raw.Dims()
	for j, c := range raw.Cols {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range n {
			if v := raw.Row(i)[j]; !math.IsNaN(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
		out[j].Column = c.Name
		if lo <= hi {
			out[j].Lo, out[j].Hi = &lo, &hi
		}
		out[j].spread(raw, j)
	}
	return out
}
