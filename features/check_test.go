package features

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets"
)

// spoiled is a small extractor, right in itself, with switches that break one
// clause of the contract each.
type spoiled struct {
	Break string `json:"break"`
}

type spoiledSummary struct {
	sum   float64 // of floats, added as they come: the classic mistake
	exact ExactSum
	n     int64
}

func (s *spoiledSummary) Merge(other Summary) {
	o := other.(*spoiledSummary)
	s.sum += o.sum
	s.exact.Merge(&o.exact)
	s.n += o.n
}

func (o *spoiled) Empty() Summary { return &spoiledSummary{} }

func (o *spoiled) Gather(h datasets.History) Summary {
	x := math.Sqrt(float64(h.Len())) / 3
	s := &spoiledSummary{sum: x, n: 1}
	s.exact.Add(x)
	return s
}

func (o *spoiled) Learn(s Summary, _ map[string]Model) (Model, error) {
	sum := s.(*spoiledSummary)
	mean := sum.exact.Value() / float64(sum.n)
	if o.Break == "sum" {
		mean = sum.sum / float64(sum.n)
	}
	return &spoiledModel{Break: o.Break, Mean: mean, secret: 1}, nil
}

func (o *spoiled) Model() Model { return &spoiledModel{} }

type spoiledModel struct {
	Break  string  `json:"break"`
	Mean   float64 `json:"mean"`
	secret float64 // lost by JSON
}

func (m *spoiledModel) Columns() []Column {
	c := Column{Name: "activity", Doc: "events against the mean", Block: "spoiled"}
	switch m.Break {
	case "name":
		c.Name = "Activity %"
	case "doc":
		c.Doc = ""
	case "block":
		c.Block = "elsewhere"
	}
	return []Column{c}
}

func (m *spoiledModel) Measure(h datasets.History, row []float64) {
	row[0] = float64(h.Len()) / m.Mean
	switch m.Break {
	case "missing":
		if h.Len()%2 == 0 {
			row[0] = math.NaN()
		}
	case "json":
		row[0] += m.secret
	case "infinite":
		row[0] = 1 / float64(len(h.Occasions())-2)
	case "constant":
		row[0] = 1
	}
}

// TestCheckCatches: Check passes a right extractor and names what is wrong with
// each spoiled one.
func TestCheckCatches(t *testing.T) {
	good := Extractor{
		Name: "spoiled", Doc: "events against the mean", Version: 1, Minimum: 2, Null: ShuffleStamps,
		New: func() Block { return &spoiled{} },
	}
	if err := Check(&good); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]string{
		"sum": "merged in another order", "name": "not snake_case", "doc": "has no sentence", "block": `is of block "elsewhere"`,
		"missing": "is missing, though", "json": "read back from JSON", "infinite": "infinite", "constant": "every column is constant",
	} {
		e := good
		e.New = func() Block { return &spoiled{Break: what} }
		if err := Check(&e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", what, err, want)
		}
	}
	for want, spoil := range map[string]func(*Extractor){
		"null": func(e *Extractor) { e.Null = "dice" }, "version": func(e *Extractor) { e.Version = 0 },
		"doc": func(e *Extractor) { e.Doc = "" }, "reference": func(e *Extractor) { e.Refs = []Ref{{Title: "x"}} },
		`named "ghost"`: func(e *Extractor) { e.After = []string{"ghost"} },
	} {
		e := good
		spoil(&e)
		if err := Check(&e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

// shifted is a transform that breaks one clause of the contract.
type shifted struct {
	Break string `json:"break"`
}

func (o *shifted) Learn(m *Matrix) (Map, []string, error) {
	if o.Break == "mutates" {
		m.Row(0)[0]++
	}
	return &shiftedMap{Break: o.Break, Columns: names(m, distances(m)), secret: 1}, nil, nil
}

func (o *shifted) Map() Map { return &shiftedMap{} }

type shiftedMap struct {
	Break   string   `json:"break"`
	Columns []string `json:"columns"`
	secret  float64
}

func (s *shiftedMap) Apply(m *Matrix) (*Matrix, error) {
	cols, err := locate(m, s.Columns)
	if err != nil {
		return nil, err
	}
	if s.Break == "category" || s.Break == "position" {
		_, d := m.Dims()
		for j := range d {
			if !slices.Contains(cols, j) && s.Break == "category" {
				cols = append(cols, j)
			}
		}
	}
	out := pickColumns(m, cols)
	switch s.Break {
	case "json":
		out.data[0] += s.secret
	case "ids":
		out.IDs = nil
	case "position":
		for i := range out.data {
			out.data[i] += m.Row(0)[0]
		}
	case "nan":
		out.data[5] = math.NaN()
	}
	return out, nil
}

func TestCheckTransformCatches(t *testing.T) {
	good := Transform{Name: "shifted", Doc: "nothing", Version: 1, New: func() Learner { return &shifted{} }}
	if err := CheckTransform(&good); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]string{
		"mutates": "changes its input", "json": "read back from JSON", "ids": "rows, ids or descriptors", "category": "category code gets through",
		"position": "a row alone", "nan": "missing or infinite",
	} {
		tr := good
		tr.New = func() Learner { return &shifted{Break: what} }
		if err := CheckTransform(&tr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", what, err, want)
		}
	}
}
