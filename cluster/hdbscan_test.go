package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
)

// hdbscanExpected is testdata/hdbscan.json: hdbscan's, scikit-learn's and fast_plscan's
// answers, made by eval/peers/hdbscan_expected.py.
type hdbscanExpected struct {
	Versions map[string]string `json:"versions"`
	Sets     map[string]struct {
		Rows  int `json:"rows"`
		Cases []struct {
			Options              json.RawMessage `json:"options"`
			Tied                 []int           `json:"tied"`
			Labels               []int32         `json:"labels"`
			Probabilities        []float64       `json:"probabilities"`
			Outlier              []float64       `json:"outlier"`
			SklearnLabels        []int32         `json:"sklearn_labels"`
			SklearnProbabilities []float64       `json:"sklearn_probabilities"`
			MST                  float64         `json:"mst"`
		} `json:"cases"`
		Soft struct {
			Options   json.RawMessage `json:"options"`
			Labels    []int32         `json:"labels"`
			Every     int             `json:"every"`
			Soft      [][]float64     `json:"soft"`
			Predicted []int32         `json:"predicted"`
		} `json:"soft"`
		PLSCAN []struct {
			MinSamples     int       `json:"min_samples"`
			MinClusterSize int       `json:"min_cluster_size"`
			Labels         []int32   `json:"labels"`
			Probabilities  []float64 `json:"probabilities"`
			Above          float64   `json:"above"`
			Persistence    float64   `json:"persistence"`
		} `json:"plscan"`
	} `json:"sets"`
}

func readHDBSCANExpected(t testing.TB) *hdbscanExpected {
	t.Helper()
	b, err := os.ReadFile("testdata/hdbscan.json")
	if err != nil {
		t.Fatal(err)
	}
	var e hdbscanExpected
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Sets) != 5 {
		t.Fatalf("%d sets, want 5", len(e.Sets))
	}
	return &e
}

// hdbscanWith decodes options over the defaults.
func hdbscanWith(t testing.TB, options json.RawMessage) *HDBSCAN {
	t.Helper()
	m, err := Lookup("hdbscan")
	if err != nil {
		t.Fatal(err)
	}
	a := m.New().(*HDBSCAN)
	if err := json.Unmarshal(options, a); err != nil {
		t.Fatal(err)
	}
	return a
}

// hdbscanSame compares with a peer's labels and values, but for the rows left out.
func hdbscanSame(t *testing.T, what string, c *Clustering, tied []int, labels []int32, prob []float64) {
	t.Helper()
	if len(labels) == 0 {
		return
	}
	got, want := slices.Clone(c.Labels), slices.Clone(labels)
	for _, i := range tied {
		got[i], want[i] = Noise, Noise
	}
	Canonical(got)
	Canonical(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: other labels than the peer's (adjusted Rand index %.6f)", what, adjustedRand(got, want))
		return
	}
	for i, p := range prob {
		if !slices.Contains(tied, i) && math.Abs(p-c.Probabilities[i]) > 1e-8 {
			t.Errorf("%s: row %d has probability %v, want %v", what, i, c.Probabilities[i], p)
			return
		}
	}
}

// Labels, membership strengths and outlier scores are hdbscan's and scikit-learn's.
func TestHDBSCANEqualsPeers(t *testing.T) {
	for name, s := range readHDBSCANExpected(t).Sets {
		x := readSet(t, name).Pick(seq(s.Rows))
		for _, e := range s.Cases {
			what := fmt.Sprintf("%s %s", name, e.Options)
			a := hdbscanWith(t, e.Options)
			if len(e.Tied) > s.Rows/10 {
				t.Errorf("%s: %d rows in ties", what, len(e.Tied))
			}
			c, err := a.Fit(context.Background(), x, Run{Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			if got := sum(c.Tree.Height); math.Abs(got-e.MST) > 1e-9*e.MST {
				t.Errorf("%s: tree of weight %v, want %v", what, got, e.MST)
			}
			hdbscanSame(t, what+" hdbscan", c, e.Tied, e.Labels, e.Probabilities)
			hdbscanSame(t, what+" scikit-learn", c, e.Tied, e.SklearnLabels, e.SklearnProbabilities)
			for i, o := range e.Outlier {
				if !slices.Contains(e.Tied, i) && math.Abs(o-c.Outlier[i]) > 1e-8 {
					t.Errorf("%s: row %d has outlier score %v, want %v", what, i, c.Outlier[i], o)
					break
				}
			}
		}
	}
}

// Soft memberships are hdbscan's; its predictions differ by another core distance.
func TestHDBSCANSoftClustersEqualHdbscan(t *testing.T) {
	for name, s := range readHDBSCANExpected(t).Sets {
		x := readSet(t, name).Pick(seq(s.Rows))
		a := hdbscanWith(t, s.Soft.Options)
		c, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		// Which column is which: their label of a row of ours.
		column := make([]int32, c.K)
		for i, l := range c.Labels {
			if l >= 0 {
				column[l] = s.Soft.Labels[i]
			}
		}
		soft, err := a.SoftClusters(x, c)
		if err != nil {
			t.Fatal(err)
		}
		shares, err := a.Memberships(x, c)
		if err != nil {
			t.Fatal(err)
		}
		bad := 0
		for at, want := range s.Soft.Soft {
			i := at * s.Soft.Every
			total, sum, theirs := 0.0, 0.0, 0.0
			for l := range c.K {
				total += shares[i*c.K+l]
				sum += soft[i*c.K+l]
				theirs += want[l]
			}
			for l := range c.K {
				if math.Abs(shares[i*c.K+l]-want[column[l]]/theirs) > 1e-7 {
					bad++
				}
			}
			if c.Labels[i] >= 0 && math.Abs(sum-theirs) > 1e-7 || !(sum > 0 && sum <= 1+1e-12) {
				t.Errorf("%s: row %d is in a cluster with probability %v, want %v", name, i, sum, theirs)
			}
			if math.Abs(total-1) > 1e-12 {
				t.Errorf("%s: shares of row %d sum to %v", name, i, total)
			}
		}
		if bad > 0 {
			t.Errorf("%s: %d of %d memberships are not hdbscan's", name, bad, len(s.Soft.Soft)*c.K)
		}
		rule, err := RuleOf(a, x, c)
		if err != nil || !rule.Exact || rule.Kind != NearestReachable {
			t.Fatalf("%s: rule %s, exact %v (%v)", name, rule.Kind, rule.Exact, err)
		}
	}
}
