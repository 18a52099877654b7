package study_test

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/features"
)

// shop is the simulated shop's log.
func shop(t testing.TB) *datasets.Log {
	t.Helper()
	src, err := datasets.Lookup("retail-sim")
	if err != nil {
		t.Fatal(err)
	}
	g, err := src.New().Generate(1)
	if err != nil {
		t.Fatal(err)
	}
	return g.Log
}

// shopStudy has one run of each registered method on a feature set of the simulated
// shop.
func shopStudy(t testing.TB, log *datasets.Log) *study.Study {
	t.Helper()
	r, err := features.NewRecipe("rfm+timing", "rfm", "timing")
	if err != nil {
		t.Fatal(err)
	}
	s := &study.Study{Name: "shop", Log: log, Recipes: []features.Recipe{r}, Seed: 5, Metrics: study.DefaultMetrics(false)[2:]}
	b, err := features.Build(t.Context(), log, r, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range cluster.Methods() {
		c := study.Cell{Method: m, Algorithm: m.New()}
		if m.Example != nil { // a labelling made elsewhere, a command
			if c.Algorithm, err = m.Example(t.TempDir(), b.Raw); err != nil {
				t.Fatal(err)
			}
		}
		if m.Name == "dbscan" {
			c.Choice = study.CoreShare(0.8)
		}
		s.Cells = append(s.Cells, c)
	}
	return s
}

// TestModelsLabelTheTrainingCustomers: for every algorithm the model, written and
// read back, gives each training customer the run's label where its rule is the
// algorithm's own, and agrees as often as it states where it is a surrogate.
func TestModelsLabelTheTrainingCustomers(t *testing.T) {
	log := shop(t)
	st, j := run(t, shopStudy(t, log))
	for _, r := range st.Runs {
		name := r.Start.Algorithm
		if r.Status != "done" {
			t.Errorf("%s: %s", name, r.Done.Reason)
			continue
		}
		made, err := study.NewModel(j, r.ID)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		file, err := made.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		m, err := study.ReadModel(file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again, err := m.Bytes(); err != nil || !bytes.Equal(again, file) {
			t.Errorf("%s: a model read back is written otherwise", name)
		}
		d, _ := j.RunData(r.ID)
		set, _ := j.Set(r.Start.Set, r.Start.Scale)
		label := map[string]int32{}
		for i, id := range set.X.IDs {
			label[id] = d.Labels[i]
		}
		ps, err := m.LabelLog(context.Background(), log)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(ps) != log.NumCustomers() {
			t.Fatalf("%s: %d of %d customers", name, len(ps), log.NumCustomers())
		}
		same, seen := 0, 0
		for _, p := range ps {
			want, clustered := label[p.ID]
			if !clustered {
				if p.Reason == "" || p.Label != -1 {
					t.Fatalf("%s: %s was not clustered and is labelled %+v", name, p.ID, p)
				}
				continue
			}
			seen++
			if p.Label == want {
				same++
			}
			if len(p.Outside) > 0 || p.Reason != "" {
				t.Fatalf("%s: training customer %s is %+v", name, p.ID, p)
			}
		}
		if seen != r.Done.N {
			t.Errorf("%s: %d training customers of %d", name, seen, r.Done.N)
		}
		switch share := float64(same) / float64(seen); {
		case m.Rule.Exact && m.Rule.Agreement == 1 && same != seen:
			t.Errorf("%s: an exact rule agrees on %d of %d", name, same, seen)
		case m.Rule.Kind != cluster.NearestPoint && math.Abs(share-m.Rule.Agreement) > 1e-9:
			t.Errorf("%s: agreement %v is stated, %v found", name, m.Rule.Agreement, share)
		case share < m.Rule.Agreement-1e-9: // leave-one-out is the harder judge
			t.Errorf("%s: agreement %v is stated, %v found", name, m.Rule.Agreement, share)
		}
		switch name {
		case "kmeans", "gmm", "som": // whose journal holds all that the rule needs
			if !m.Rule.Exact || same != seen {
				t.Errorf("%s: exact %v, and the rule differs from the labels for %d customers", name, m.Rule.Exact, seen-same)
			}
		case "labels", "exec": // nobody knows their rule
			if m.Rule.Exact {
				t.Errorf("%s: a rule of its own", name)
			}
		}
	}
}

func tableModel(t testing.TB) (*study.Model, *study.State, *study.Memory) {
	t.Helper()
	st, j := run(t, blobStudy(t))
	m, err := study.NewModel(j, st.Runs[2].ID)
	if err != nil {
		t.Fatal(err)
	}
	return m, st, j
}

func TestModelOfATable(t *testing.T) {
	m, _, j := tableModel(t)
	set, _ := j.Set("table", "zscore")
	p, err := m.LabelRow(set.Raw.Row(0))
	if err != nil {
		t.Fatal(err)
	}
	d, _ := j.RunData(m.Run)
	if p.Label != d.Labels[0] || p.Reason != "" || len(p.Outside) != 0 {
		t.Errorf("%+v, trained as %d", p, d.Labels[0])
	}
	p, err = m.LabelRow([]float64{1000, set.Raw.Row(0)[1]})
	if err != nil || len(p.Outside) != 1 || p.Outside[0] != "a" {
		t.Errorf("a row far outside: %+v, %v", p, err)
	}
	p, err = m.LabelRow([]float64{math.NaN(), 1})
	if err != nil || p.Label != -1 || p.Reason != "a is missing" || !math.IsNaN(p.Distance) {
		t.Errorf("a row with a missing value: %+v, %v", p, err)
	}
	if _, err := m.LabelRow([]float64{1}); err == nil {
		t.Error("a row of another width is labelled")
	}
	// Other columns and another order change nothing.
	x := features.NewMatrix(1, []features.Column{{Name: "z"}, {Name: "b"}, {Name: "a"}}, []float64{9, set.Raw.Row(3)[1], set.Raw.Row(3)[0]})
	ps, err := m.LabelMatrix(x)
	if err != nil || ps[0].Label != d.Labels[3] {
		t.Errorf("columns in another order: %+v, %v", ps, err)
	}
	if _, err := m.LabelMatrix(features.NewMatrix(1, []features.Column{{Name: "b"}}, nil)); err == nil || !strings.Contains(err.Error(), `column "a" is missing`) {
		t.Errorf("a missing column: %v", err)
	}
	if _, err := m.LabelLog(context.Background(), shop(t)); err == nil {
		t.Error("a model of a table labels a log")
	}
}

func TestModelFilesAreRefusedWhenDamaged(t *testing.T) {
	m, _, _ := tableModel(t)
	file, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < len(file)-1; cut += 7 { // without the last newline it is whole
		if _, err := study.ReadModel(file[:cut]); err == nil || !strings.Contains(err.Error(), "cut off") {
			t.Fatalf("cut at %d of %d: %v", cut, len(file), err)
		}
	}
	for at := range file[:len(file)-1] {
		bad := bytes.Clone(file)
		bad[at] ^= 1
		got, err := study.ReadModel(bad)
		if err == nil {
			if b, _ := got.Bytes(); !bytes.Equal(b, file) {
				t.Fatalf("a flip at %d (%q) goes unnoticed", at, file[at])
			}
		}
	}
	newer := bytes.Replace(file, []byte(`"schema": 1`), []byte(`"schema": 3`), 1)
	if _, err := study.ReadModel(newer); err == nil || !strings.Contains(err.Error(), "newer mores") {
		t.Errorf("a newer schema: %v", err)
	}
	edited := bytes.Replace(file, []byte(`"name": "kmeans`), []byte(`"name": "Kmeans`), 1)
	if _, err := study.ReadModel(edited); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("an edited file: %v", err)
	}
	if _, err := study.ReadModel([]byte(`{"a":1}`)); err == nil || !strings.Contains(err.Error(), "not a model file") {
		t.Errorf("another file: %v", err)
	}
}

func TestModelOfAnUnfinishedOrUnknownRun(t *testing.T) {
	_, _, j := tableModel(t)
	if _, err := study.NewModel(j, "0123456789abcdef"); err == nil {
		t.Error("a model of a run that is not there")
	}
	m := &cluster.Method{Name: "halves", Doc: "d", Version: 1, New: func() cluster.Algorithm { return &halves{} }}
	s := blobStudy(t)
	s.Cells, s.Seeds = []study.Cell{{Method: m, Algorithm: &halves{}}}, 1
	st, j2 := run(t, s)
	model, err := study.NewModel(j2, st.Runs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	// Groups b against a and c: nothing but a surrogate knows how, and it is right.
	if model.Rule.Exact || model.Rule.Agreement < 0.95 {
		t.Errorf("surrogate of an algorithm from outside: exact %v, agreement %v", model.Rule.Exact, model.Rule.Agreement)
	}
}

// halves splits at a = 5.
type halves struct{}

func (*halves) Fit(_ context.Context, x *features.Matrix, _ cluster.Run) (*cluster.Clustering, error) {
	n, _ := x.Dims()
	c := &cluster.Clustering{Labels: make([]int32, n)}
	for i := range n {
		if x.Row(i)[0] > 0.5 {
			c.Labels[i] = 1
		}
	}
	return c, nil
}
