package eval

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/npy"
)

// Every index has values that we did not make, on eight sets or more, and four cases worked
// out by hand. indicesElsewhere lists the metrics that are compared in their own tests.

// indicesFile is testdata/indices.json, written by peers/indices_expected.py. Values are by
// metric (with its parameters, where they are not the defaults) and program.
type indicesFile struct {
	MadeBy string `json:"made_by"`
	Sets   []indicesSet
}

type indicesSet struct {
	Name, Of     string
	Round, Stack float64
	N            int
	Labels       []int32
	Truth        [][]int32
	Internal     map[NoisePolicy]map[string]map[string]float64
	External     []map[string]map[string]float64
}

func readIndices(t *testing.T) *indicesFile {
	t.Helper()
	b, err := os.ReadFile("testdata/indices.json")
	if err != nil {
		t.Fatal(err)
	}
	var f indicesFile
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	return &f
}

// matrix reads the rows that were scored: peers/data.toml says how they come from a set.
func (s *indicesSet) matrix(t *testing.T) *features.Matrix {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "cluster", "testdata", s.Of+".npy.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	a, err := npy.Read(z)
	if err != nil {
		t.Fatal(err)
	}
	d := a.Shape[1] * int(s.Stack)
	rows := make([][]float64, s.N)
	for i := range rows {
		rows[i] = slices.Clone(a.Data[i*d : (i+1)*d])
		for j, v := range rows[i] {
			if s.Round > 0 {
				rows[i][j] = math.RoundToEven(v*s.Round) / s.Round
			}
		}
	}
	return matrixOf(rows)
}

// indicesMeasure returns the measure that a key of the file names, and its metric.
func indicesMeasure(t *testing.T, key string) (Measure, string) {
	t.Helper()
	name, parameters, _ := strings.Cut(key, " ")
	metric, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	m := metric.New()
	switch m := m.(type) {
	case *GeneralizedDunn:
		_, err = fmt.Sscanf(parameters, "%d/%d", &m.Separation, &m.Diameter)
	case *WCNN:
		_, err = fmt.Sscanf(parameters, "%d", &m.M)
	case *DuNN:
		_, err = fmt.Sscanf(parameters, "%d", &m.M)
	default:
		if parameters != "" {
			err = fmt.Errorf("no parameters known")
		}
	}
	if name != "dunn" && err != nil {
		t.Fatalf("%q: %v", key, err)
	}
	return m, metric.Name
}

// indicesElsewhere are metrics without a value of their own in the file, the test that
// compares them, and why.
var indicesElsewhere = map[string]string{
	"dbcv":                "TestDBCV: testdata/dbcv.json has thirteen sets of its own, by definition in extended precision and from two packages",
	"dbcv_tree":           "TestDBCVTree: testdata/dbcv_tree.json has these sets, with the labels here and with hdbscan's own, and the noise is in the tree under every policy",
	"stability":           "TestStability: it clusters again; testdata/stability.json",
	"value_stability":     "TestValueStability: it clusters again",
	"resample_ari":        "TestResampleARI: it clusters again; the indices inside are compared here",
	"seed_ari":            "TestSeedARI: it clusters again; the indices inside are compared here",
	"temporal_stability":  "TestTemporalStability: it clusters an earlier date; by hand and by brute force there",
	"prediction_strength": "TestPredictionStrength: it clusters again; testdata/stability.json",
}

// Each value of each program, to 1e-8; under every noise policy where there is noise.
func TestIndices(t *testing.T) {
	f := readIndices(t)
	seen := map[string]map[string]bool{}  // metric → sets
	kinds := map[string]map[string]bool{} // metric → what the sets hold
	programs := map[string]int{}
	note := func(metric, set string, kind ...string) {
		if seen[metric] == nil {
			seen[metric], kinds[metric] = map[string]bool{}, map[string]bool{}
		}
		seen[metric][set] = true
		for _, k := range kind {
			kinds[metric][k] = true
		}
	}
	compare := func(what, key string, in *Input, values map[string]float64) string {
		m, metric := indicesMeasure(t, key)
		s, err := m.Score(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Defined() {
			t.Errorf("%s, %s: undefined: %s", what, key, s.Reason)
			return metric
		}
		for program, want := range values {
			programs[program]++
			// Relative, but for values of no size.
			if size := math.Abs(want); !(math.Abs(s.Value-want) <= 1e-8*max(size, 1e-3)) {
				t.Errorf("%s, %s = %.15g, %s has %.15g", what, key, s.Value, program, want)
			}
		}
		return metric
	}
	for _, set := range f.Sets {
		x := set.matrix(t)
		_, d := x.Dims()
		_, counts := dense(set.Labels)
		var kind []string
		if d >= 30 {
			kind = append(kind, "many features")
		}
		if slices.Contains(set.Labels, -1) {
			kind = append(kind, "noise")
		}
		if slices.Contains(counts, 1) {
			kind = append(kind, "a segment of one row")
		}
		if set.Round > 0 {
			kind = append(kind, "duplicates")
		}
		for policy, metrics := range set.Internal {
			for key, values := range metrics {
				in := &Input{X: x, C: clusteringOf(set.Labels), Noise: policy}
				note(compare(fmt.Sprintf("%s, noise %s", set.Name, policy), key, in, values), set.Name, kind...)
			}
		}
		for i, metrics := range set.External {
			for key, values := range metrics {
				in := &Input{X: x, C: clusteringOf(set.Labels), Truth: []Labelling{{Name: "reference", Labels: set.Truth[i]}}}
				note(compare(fmt.Sprintf("%s, reference %d", set.Name, i), key, in, values), set.Name, kind...)
			}
		}
	}
	for _, program := range []string{"scikit-learn", "genieclust", "R cluster", "R fpc", "R mclust", "definition"} {
		if programs[program] < 8 {
			t.Errorf("%d values of %s", programs[program], program)
		}
	}
	t.Logf("%d sets; values compared: %v; %s", len(f.Sets), programs, f.MadeBy)

	for _, m := range Metrics() {
		if _, elsewhere := indicesElsewhere[m.Name]; elsewhere {
			continue
		}
		if m.Needs&(NeedRefit|NeedHoldout) != 0 {
			t.Errorf("%s clusters again or looks at a hold-out: indicesElsewhere names no test of its values", m.Name)
			continue
		}
		if len(seen[m.Name]) < 8 {
			t.Errorf("%s has expected values on %d sets, want 8", m.Name, len(seen[m.Name]))
		}
		want := []string{"noise", "a segment of one row", "many features", "duplicates"}
		switch m.Name {
		case "wcnn", "dunnowa": // undefined with a segment of one row; equal distances are a matter of taste
			want = []string{"noise", "many features"}
		}
		for _, k := range want {
			if !kinds[m.Name][k] {
				t.Errorf("%s has no set with %s", m.Name, k)
			}
		}
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(b)
	}
	for name, where := range indicesElsewhere {
		if _, err := Lookup(name); err != nil {
			t.Error(err)
		}
		if test, _, _ := strings.Cut(where, ":"); !strings.Contains(tests.String(), "func "+test+"(") {
			t.Errorf("%s: there is no %s", name, test)
		}
	}
}

// Every metric that needs no second clustering has four cases by hand.
func TestTinyComplete(t *testing.T) {
	for _, m := range Metrics() {
		n := len(tinyInternal[m.Name]) + len(tinyExternal[m.Name])
		if m.Name == "centroid_index" {
			n = len(tinyCentroid)
		}
		if m.Needs&(NeedRefit|NeedHoldout) == 0 && n < 4 {
			t.Errorf("%s has %d cases worked out by hand, want 4", m.Name, n)
		}
	}
}

// Chance scores 0: the mean of 1,000 random pairs, of equal and of unequal numbers of groups,
// alike and unlike sizes, lies within ±0.01.
func TestChance(t *testing.T) {
	for _, m := range Metrics() {
		if m.Props&PropChance == 0 {
			continue
		}
		for _, c := range []chanceCase{{200, 4, 4, false}, {200, 2, 12, false}, {150, 5, 8, true}, {120, 30, 3, true}} {
			mean, err := chanceMean(m, c, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(mean) > 0.01 {
				t.Errorf("%s: %+v: 1,000 random pairs average %.4f", m.Name, c, mean)
			}
		}
	}
	// The rest of the agreements owe chance something, and say so by not claiming it.
	for _, name := range []string{"adjusted_rand", "adjusted_mutual_info"} {
		m, err := Lookup(name)
		if err != nil || m.Props&PropChance == 0 {
			t.Errorf("%s does not claim that chance scores 0", name)
		}
	}
}

// chanceCase is n rows, labelled twice at random; lopsided = group g has a share of 1/2^g.
type chanceCase struct {
	n, k, other int
	lopsided    bool
}

func chanceMean(m *Metric, c chanceCase, pairs int) (float64, error) {
	rng := rand.New(rand.NewPCG(17, uint64(c.n*c.k*c.other)))
	draw := func(k int) []int32 {
		out := make([]int32, c.n)
		for i := range out {
			out[i] = int32(rng.IntN(k))
			if c.lopsided {
				out[i] = min(int32(k-1), int32(rng.ExpFloat64()/math.Ln2))
			}
		}
		return out
	}
	sum := 0.0
	for range pairs {
		s, err := m.New().Score(context.Background(), &Input{C: clusteringOf(draw(c.k)), Truth: []Labelling{{Name: "random", Labels: draw(c.other)}}})
		if err != nil || !s.Defined() {
			return 0, fmt.Errorf("%v %s", err, s.Reason)
		}
		sum += s.Value
	}
	return sum / float64(pairs), nil
}
