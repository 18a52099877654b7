package cluster

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
)

// The values of SciPy's cdist.
func TestSpacePeer(t *testing.T) {
	want := readKMedoids(t).Distances
	flat := func(rows [][]float64) *features.Matrix {
		var v []float64
		for _, r := range rows {
			v = append(v, r...)
		}
		return matrix(len(rows[0]), v...)
	}
	tried := 0
	for _, name := range Metrics() {
		if name == "gower" {
			continue
		}
		x := flat(want["x"])
		if name == "hamming" || name == "jaccard" {
			x = flat(want["sets"])
		}
		s, err := NewSpace(name, x)
		if err != nil {
			t.Fatal(err)
		}
		m, err := newMeasure("test", name, x)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := x.Dims()
		row := make([]float64, n)
		for i := range n {
			s.(Rower).Rows(i, row)
			for j, w := range want[name][i] {
				if name == "jaccard" && i == j {
					w = 0
				}
				if got := s.Dist(i, j); math.Abs(got-w) > 1e-12*math.Max(1, w) || got != row[j] {
					t.Errorf("%s, rows %d and %d: %v, in a row %v, want %v", name, i, j, got, row[j], w)
				}
				if got := m.Distance(x.Row(i), x.Row(j)); got != s.Dist(i, j) {
					t.Errorf("%s, rows %d and %d: measured %v, want %v", name, i, j, got, s.Dist(i, j))
				}
				tried++
			}
		}
	}
	if tried != 8*144 {
		t.Errorf("%d distances tried", tried)
	}
}

// Gower's distance by hand. Ranges: age 40, income 1000; weights 1, 1, 2, 1; the last
// column is constant and counts in the denominator (5) only.
//
//	      age  income  member(binary, weight 2)  city(category)
//	A     20   1000    1                         3
//	B     60   2000    0                         7
//	C     30   1000    1                         7
//
// AB: (40/40 + 1000/1000 + 2 + 1)/6 = 5/6; AC: (10/40 + 0 + 0 + 1)/6; BC: (30/40 + 1 + 2 + 0)/6.
func TestSpaceGower(t *testing.T) {
	x := matrix(5, 20, 1000, 1, 3, 9, 60, 2000, 0, 7, 9, 30, 1000, 1, 7, 9)
	x.Cols[2].Kind, x.Cols[2].Weight, x.Cols[3].Kind = features.Binary, 2, features.Category
	s, err := NewSpace("gower", x)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		i, j int
		want float64
	}{{0, 1, 5.0 / 6}, {0, 2, 1.25 / 6}, {1, 2, 3.75 / 6}, {1, 1, 0}} {
		if got := s.Dist(c.i, c.j); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("rows %d and %d: %v, want %v", c.i, c.j, got, c.want)
		}
	}
	// A rule carries the ranges: a new row, written and read again, has the same distance.
	m, _ := newMeasure("test", "gower", x)
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var read Measure
	if err := json.Unmarshal(b, &read); err != nil {
		t.Fatal(err)
	}
	if got := read.Distance([]float64{40, 1500, 1, 7, 9}, x.Row(0)); math.Abs(got-2.0/6) > 1e-15 {
		t.Errorf("a new row: %v, want 2/6", got)
	}
}

// A singular covariance gets a ridge and says so; constant columns have no part; far
// offsets and scales change nothing.
func TestSpaceMahalanobis(t *testing.T) {
	x, _ := gaussian(200, 3, 1, 0, 5)
	wide := matrix(5, make([]float64, 1000)...)
	for i := range 200 {
		copy(wide.Row(i), x.Row(i))
		wide.Row(i)[3] = x.Row(i)[0] + x.Row(i)[1]
		wide.Row(i)[4] = 7
	}
	run, warnings, err := Run{}.onMetric("m", "mahalanobis", wide)
	if err != nil || len(warnings) != 2 || !strings.Contains(warnings[0], "singular") || !strings.Contains(warnings[1], "1 constant") {
		t.Fatalf("%v, %q", err, warnings)
	}
	plain, err := NewSpace("mahalanobis", x)
	if err != nil {
		t.Fatal(err)
	}
	far := x.Pick(seq(200))
	for i := range 200 {
		far.Row(i)[0] = far.Row(i)[0]*1e6 + 1e9
	}
	moved, err := NewSpace("mahalanobis", far)
	if err != nil {
		t.Fatal(err)
	}
	for j := 1; j < 200; j++ {
		want := plain.Dist(0, j)
		if got := run.Space.Dist(0, j); math.Abs(got-want) > 1e-3*want {
			t.Errorf("with a repeated column, rows 0 and %d: %v, want %v", j, got, want)
		}
		if got := moved.Dist(0, j); math.Abs(got-want) > 1e-5*want {
			t.Errorf("moved, rows 0 and %d: %v, want %v", j, got, want)
		}
	}
}

func TestSpaceRefusals(t *testing.T) {
	for want, d := range map[string][]float64{
		"3 values are no matrix":        {0, 1, 2},
		"row 2, column 1 is -1":         {0, -1, -1, 0},
		"row 1 has distance 1 from":     {1, 2, 2, 1},
		"2 apart in one direction":      {0, 1, 2, 0},
		"column 1 is NaN: distances":    {0, 1, math.NaN(), 0},
		"row 2, column 1 is +Inf: dist": {0, 1, math.Inf(1), 0},
	} {
		if _, err := NewDistances(2, d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want …%s…, got %v", want, err)
		}
	}
	x := matrix(2, 1, 1, 2, 3)
	for name, want := range map[string]string{"l2": "metric = l2: euclidean, ", "correlation": "row 1 "} {
		if _, err := NewSpace(name, x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want …%s…, got %v", want, err)
		}
	}
	given, err := NewDistances(2, []float64{0, 1, 1, 0})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := (Run{Space: given}).onMetric("m", "cosine", x); err == nil || !strings.Contains(err.Error(), "distances are given") {
		t.Errorf("a name and distances: %v", err)
	}
}

// A named distance gives what the same distances give when they are given, in every
// method that takes both.
func TestMetricOption(t *testing.T) {
	x, _ := gaussian(300, 3, 4, 9, 4)
	for i := range 300 {
		x.Row(i)[2] = float64(i % 2)
	}
	x.Cols[2].Kind = features.Category
	for _, metric := range []string{"manhattan", "gower", "mahalanobis"} {
		space, err := NewSpace(metric, x)
		if err != nil {
			t.Fatal(err)
		}
		eps := 0.05
		if metric != "gower" {
			eps = 0.8
		}
		for _, pair := range [][2]Algorithm{
			{&DBSCAN{Eps: eps, MinSamples: 5, Metric: metric}, &DBSCAN{Eps: eps, MinSamples: 5}},
			{&Agglomerative{NClusters: 5, Linkage: "complete", Metric: metric}, &Agglomerative{NClusters: 5, Linkage: "complete"}},
			{&Agglomerative{NClusters: 5, Linkage: "single", Metric: metric}, &Agglomerative{NClusters: 5, Linkage: "single"}},
		} {
			shared := NewShared(1 << 24)
			if _, err := pair[1].Fit(t.Context(), x, Run{Shared: shared}); err != nil { // euclidean trees are not taken
				t.Fatal(err)
			}
			a, err := pair[0].Fit(t.Context(), x, Run{Workers: 2, Shared: shared})
			if err != nil {
				t.Fatal(err)
			}
			b, err := pair[1].Fit(t.Context(), x, Run{Space: space, Shared: shared})
			if err != nil {
				t.Fatal(err)
			}
			if d := checkSame(a, b); d != "" {
				t.Errorf("%T, %s: other %s than with the distances given", pair[0], metric, d)
			}
			if r, err := RuleOf(pair[0], x, a); err != nil || r.Exact && r.Agreement != 1 {
				t.Errorf("%T, %s: rule %+v, %v", pair[0], metric, r, err)
			}
		}
	}
	ward := &Agglomerative{NClusters: 5, Linkage: "ward", Metric: "cosine"}
	if _, err := ward.Fit(t.Context(), x, Run{}); err == nil || !strings.Contains(err.Error(), "metric = cosine: linkage = ward") {
		t.Errorf("ward: %v", err)
	}
}
