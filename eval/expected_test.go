package eval

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// expected is testdata/metrics.json, written by peers/metrics_expected.py with
// scikit-learn 1.9.1.
type expected struct {
	Internal []struct {
		Name   string
		X      [][]float64
		Labels []int32
		Values map[NoisePolicy]map[string]float64
		PerRow []float64 `json:"per_row"`
	}
	External []struct {
		Name          string
		Truth, Labels []int32
		Values        map[string]float64
	}
	Profile struct {
		X      []float64
		Labels []int32
		Cells  [][]float64 // mean, sd, median, q25, q75, z, smd, lo, hi of each segment
	}
}

func readExpected(t *testing.T) expected {
	t.Helper()
	b, err := os.ReadFile("testdata/metrics.json")
	if err != nil {
		t.Fatal(err)
	}
	var e expected
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Internal) == 0 || len(e.External) == 0 {
		t.Fatal("no expected values")
	}
	return e
}

func matrixOf(rows [][]float64) *features.Matrix {
	d := 0
	if len(rows) > 0 {
		d = len(rows[0])
	}
	m := features.NewMatrix(len(rows), make([]features.Column, d), nil)
	for j := range m.Cols {
		m.Cols[j].Name = "x" + string(rune('a'+j))
	}
	for i, r := range rows {
		copy(m.Row(i), r)
	}
	return m
}

func clusteringOf(labels []int32) *cluster.Clustering {
	_, counts := dense(labels)
	return &cluster.Clustering{Labels: labels, K: len(counts)}
}

func scoreOf(t *testing.T, name string, in *Input) Score {
	t.Helper()
	m, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.New().Score(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// internalValues compares an internal index with scikit-learn under every policy.
func internalValues(t *testing.T, name string) {
	t.Helper()
	for _, c := range readExpected(t).Internal {
		for policy, want := range c.Values {
			s := scoreOf(t, name, &Input{X: matrixOf(c.X), C: clusteringOf(c.Labels), Noise: policy})
			if !s.Defined() {
				t.Errorf("%s, %s: undefined: %s", c.Name, policy, s.Reason)
				continue
			}
			check.Close(t, c.Name+", noise "+string(policy), s.Value, want[name], 1e-9)
		}
		// The default policy is one_cluster.
		s := scoreOf(t, name, &Input{X: matrixOf(c.X), C: clusteringOf(c.Labels)})
		check.Close(t, c.Name+", default", s.Value, c.Values[OneCluster][name], 1e-9)
	}
}

// externalValues compares an external index with scikit-learn.
func externalValues(t *testing.T, name string) {
	t.Helper()
	for _, c := range readExpected(t).External {
		in := &Input{C: clusteringOf(c.Labels), Truth: []Labelling{{Name: "reference", Labels: c.Truth}}}
		s := scoreOf(t, name, in)
		if !s.Defined() {
			t.Errorf("%s: undefined: %s", c.Name, s.Reason)
			continue
		}
		check.Close(t, c.Name, s.Value, c.Values[name], 1e-9)

		// Of several references the best counts.
		in.Truth = []Labelling{{Name: "constant", Labels: make([]int32, len(c.Labels))}, {Name: "reference", Labels: c.Truth}}
		one := scoreOf(t, name, &Input{C: in.C, Truth: in.Truth[:1]})
		best := c.Values[name]
		if one.Defined() {
			best = math.Max(best, one.Value)
		}
		check.Close(t, c.Name+", two references", scoreOf(t, name, in).Value, best, 1e-9)
	}
}
