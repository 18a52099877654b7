package features

import (
	"encoding/json"
	"fmt"
	"unsafe"

	"github.com/mores-lab/mores/datasets"
)

// BlockShare is a block's part of the mean squared distance between rows.
type BlockShare struct {
	Block string  `json:"block"`
	Share float64 `json:"share"`
}

// PipelineSchema is the version of the pipeline's JSON.
const PipelineSchema = 1

// Pipeline is everything between a history and the vector that an algorithm
// sees: the learned extractors and the learned transforms, in order. Its JSON
// holds exact floats: a pipeline read back gives the same bits.
//
// A copy with other Maps is a pipeline of its own; a pipeline is safe for
// concurrent use.
type Pipeline struct {
	Schema     int      `json:"schema"`
	Recipe     string   `json:"recipe"`
	Scale      string   `json:"scale"`
	Minimum    int      `json:"minimum"` // purchase occasions below which a customer is not measured
	Extractors []Fitted `json:"extractors"`
	Maps       []Fitted `json:"maps"`
	Columns    []Column `json:"columns"` // of the raw matrix

	models []Model
	widths []int // columns of each: a model may take long to name them
	maps   []Map // of read, which are the Maps as they were read
	read   []Fitted
}

// fitted writes a member's options and state.
func fitted(name string, version int, options, state any) (Fitted, error) {
	f := Fitted{Name: name, Version: version}
	var err error
	if f.Options, err = json.Marshal(options); err != nil {
		return f, fmt.Errorf("options of %s: %w", name, err)
	}
	if f.State, err = json.Marshal(state); err != nil {
		return f, fmt.Errorf("state of %s: %w", name, err)
	}
	return f, nil
}

// ReadPipeline decodes a pipeline. Extractors that are not registered are looked
// for among others.
func ReadPipeline(data []byte, others ...*Extractor) (*Pipeline, error) {
	type plain Pipeline
	var p plain
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	q := Pipeline(p)
	if q.Schema > PipelineSchema {
		return nil, fmt.Errorf("pipeline of schema %d: this program reads up to %d; update it", q.Schema, PipelineSchema)
	}
	var err error
	if q.models, err = bind(q.Extractors, others); err != nil {
		return nil, err
	}
	q.widths = widthsOf(q.models)
	d := 0
	for _, w := range q.widths {
		d += w
	}
	if d != len(q.Columns) && len(q.Extractors) > 0 {
		return nil, fmt.Errorf("pipeline: %d columns are named, its extractors make %d", len(q.Columns), d)
	}
	for _, f := range q.Maps {
		m, err := ReadMap(f)
		if err != nil {
			return nil, err
		}
		q.maps, q.read = append(q.maps, m), append(q.read, f)
	}
	return &q, nil
}

// UnmarshalJSON is ReadPipeline for registered extractors.
func (p *Pipeline) UnmarshalJSON(data []byte) error {
	q, err := ReadPipeline(data)
	if err != nil {
		return err
	}
	*p = *q
	return nil
}

// bind decodes the models of fitted extractors.
func bind(fs []Fitted, others []*Extractor) ([]Model, error) {
	var out []Model
	for _, f := range fs {
		var e *Extractor
		for _, o := range others {
			if o.Name == f.Name {
				e = o
			}
		}
		if e == nil {
			var err error
			if e, err = Lookup(f.Name); err != nil {
				return nil, fmt.Errorf("pipeline: %w: it was made with an extractor this program does not have", err)
			}
		}
		if err := sameVersion("extractor", f, e.Version); err != nil {
			return nil, err
		}
		block := e.New()
		if err := json.Unmarshal(f.Options, block); err != nil {
			return nil, fmt.Errorf("pipeline: options of %s: %w", f.Name, err)
		}
		m := block.Model()
		if err := json.Unmarshal(f.State, m); err != nil {
			return nil, fmt.Errorf("pipeline: model of %s: %w", f.Name, err)
		}
		out = append(out, m)
	}
	return out, nil
}

// sameVersion refuses a member learned by another version: its formulas differ,
// and numbers that mean something else are worse than none.
func sameVersion(what string, f Fitted, version int) error {
	switch {
	case f.Version > version:
		return fmt.Errorf("pipeline: %s %s is version %d, this program has %d: update it", what, f.Name, f.Version, version)
	case f.Version < version:
		return fmt.Errorf("pipeline: %s %s is version %d, this program has %d, which measures differently: make the model again",
			what, f.Name, f.Version, version)
	}
	return nil
}

// Measure returns one customer's raw vector: the same bits as the customer's row
// in Built.Raw, however many purchases there are. NaN = missing.
func (p *Pipeline) Measure(h datasets.History) ([]float64, error) {
	models, widths := p.models, p.widths
	if models == nil {
		var err error
		if models, err = bind(p.Extractors, nil); err != nil {
			return nil, err
		}
	}
	row := make([]float64, len(p.Columns))
	if len(widths) != len(models) {
		widths = widthsOf(models)
	}
	measureRow(models, widths, h, row)
	return row, nil
}

// Apply runs the maps over a raw matrix, in order. Rows with missing values that
// no map fills in stay missing.
func (p *Pipeline) Apply(raw *Matrix) (*Matrix, error) {
	for i, f := range p.Maps {
		m, err := p.mapAt(i)
		if err != nil {
			return nil, err
		}
		if raw, err = m.Apply(raw); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return raw, nil
}

// mapAt decodes map i, where that was not done on reading.
func (p *Pipeline) mapAt(i int) (Map, error) {
	f := p.Maps[i]
	if i < len(p.read) && p.read[i].Name == f.Name && unsafe.SliceData(p.read[i].State) == unsafe.SliceData(f.State) && len(p.read[i].State) == len(f.State) {
		return p.maps[i], nil
	}
	return ReadMap(f)
}

// ReadMap decodes a fitted transform.
func ReadMap(f Fitted) (Map, error) {
	t, err := LookupTransform(f.Name)
	if err != nil {
		return nil, fmt.Errorf("pipeline: %w: it was made with a transform this program does not have", err)
	}
	if err := sameVersion("transform", f, t.Version); err != nil {
		return nil, err
	}
	m := t.New().Map()
	if err := json.Unmarshal(f.State, m); err != nil {
		return nil, fmt.Errorf("pipeline: map of %s: %w", f.Name, err)
	}
	return m, nil
}
