package cluster

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"
)

// graphExpected is testdata/graph.json: scikit-learn's mean shift and spectral
// clustering of the first rows of sets, made by eval/peers/graph_expected.py.
type graphExpected struct {
	MeanShift []struct {
		Set       string          `json:"set"`
		N         int             `json:"n"`
		Options   json.RawMessage `json:"options"`
		Estimated float64         `json:"estimated"`
		Labels    []int32         `json:"labels"`
		Centers   [][]float64     `json:"centers"`
		NIter     int             `json:"n_iter"`
	} `json:"meanshift"`
	Spectral []struct {
		Set        string    `json:"set"`
		N          int       `json:"n"`
		Affinity   string    `json:"affinity"`
		NClusters  int       `json:"n_clusters"`
		NNeighbors int       `json:"n_neighbors"`
		Gamma      *float64  `json:"gamma"`
		Components int       `json:"components"`
		Values     []float64 `json:"eigenvalues"`
		Labels     []int32   `json:"labels"`
	} `json:"spectral"`
}

func readGraph(t *testing.T) *graphExpected {
	t.Helper()
	b, err := os.ReadFile("testdata/graph.json")
	if err != nil {
		t.Fatal(err)
	}
	var e graphExpected
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.MeanShift) != 25 || len(e.Spectral) != 8 {
		t.Fatalf("%d and %d cases", len(e.MeanShift), len(e.Spectral))
	}
	return &e
}

// Labels, centres and steps are scikit-learn's.
func TestMeanShiftExpected(t *testing.T) {
	for _, c := range readGraph(t).MeanShift {
		x := readSet(t, c.Set).Pick(seq(c.N))
		a := &MeanShift{MinBinFreq: 1, ClusterAll: true, MaxIter: 300}
		if err := json.Unmarshal(c.Options, a); err != nil {
			t.Fatal(err)
		}
		got, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		sameCanonical(t, c.Set+" "+string(c.Options), got.Labels, c.Labels)
		if got.Iter != c.NIter {
			t.Errorf("%s %s: %d steps, want %d", c.Set, c.Options, got.Iter, c.NIter)
		}
		for l, o := range got.order() {
			for j, v := range got.Centers[o] {
				if math.Abs(v-c.Centers[l][j]) > 1e-9*(1+math.Abs(v)) {
					t.Errorf("%s %s: centre %d is %v, want %v", c.Set, c.Options, l, got.Centers[o], c.Centers[l])
					break
				}
			}
		}
	}
}

func TestMeanShiftWeightsAndRefusals(t *testing.T) {
	x, truth := gaussian(300, 2, 3, 40, 5)
	w := 6.0
	a := &MeanShift{Bandwidth: &w, MinBinFreq: 1, ClusterAll: true, MaxIter: 300}
	got, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	sameCanonical(t, "far blobs", got.Labels, truth)
	x.Weights = make([]float64, 300)
	for i := range x.Weights {
		x.Weights[i] = 2.5
	}
	same, err := a.Fit(context.Background(), x, Run{})
	if err != nil || checkSame(got, same) == "labels" {
		t.Errorf("equal weights change labels: %v", err)
	}
	for name, bad := range map[string]*MeanShift{
		"bandwidth":    {Bandwidth: new(float64), MinBinFreq: 1, MaxIter: 1},
		"max_iter":     {MinBinFreq: 1},
		"min_bin_freq": {MaxIter: 1},
	} {
		_, err := bad.Fit(context.Background(), x, Run{})
		if e, ok := err.(*OptionError); !ok || e.Option != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.BinSeeding, a.MinBinFreq = true, 301
	if _, err := a.Fit(context.Background(), x, Run{}); err == nil {
		t.Error("cells that nothing fills are accepted")
	}
}

func BenchmarkMeanShift(b *testing.B) {
	x, truth := gaussian(10_000, 2, 8, 40, 7)
	w := 2.0
	for name, a := range map[string]*MeanShift{
		"rows/n=10000,d=2":  {Bandwidth: &w, MinBinFreq: 1, ClusterAll: true, MaxIter: 300},
		"cells/n=10000,d=2": {Bandwidth: &w, BinSeeding: true, MinBinFreq: 1, ClusterAll: true, MaxIter: 300},
	} {
		b.Run(name, func(b *testing.B) {
			var got *Clustering
			for b.Loop() {
				var err error
				if got, err = a.Fit(context.Background(), x, Run{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(adjustedRand(got.Labels, truth), "ARI")
		})
	}
}
