package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
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

// What scikit-learn's and hdbscan's trip over: rows that coincide (infinite density), all
// rows equal, fewer rows than min_samples.
func TestHDBSCANInfiniteDensity(t *testing.T) {
	fit := func(a *HDBSCAN, d int, v ...float64) *Clustering {
		t.Helper()
		c, err := a.Fit(context.Background(), matrix(d, v...), Run{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Labels {
			if p, o := c.Probabilities[i], c.Outlier[i]; !(p >= 0 && p <= 1) || !(o >= 0 && o <= 1) {
				t.Fatalf("row %d: probability %v, outlier score %v", i, p, o)
			}
		}
		return c
	}
	a := &HDBSCAN{MinClusterSize: 3, ClusterSelectionMethod: "eom", Alpha: 1}
	// Two heaps of four equal rows and a row beside the first: it hangs on the heap.
	c := fit(a, 1, 0, 0, 0, 0, 1, 100, 100, 100, 100, 103)
	if want := []int32{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}; !slices.Equal(c.Labels, want) {
		t.Errorf("labels %v, want %v", c.Labels, want)
	}
	if c.Probabilities[0] != 1 || c.Probabilities[4] != 0 || c.Outlier[0] != 0 || c.Outlier[4] != 1 {
		t.Errorf("probabilities %v, outlier scores %v", c.Probabilities, c.Outlier)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "8 rows coincide") || !strings.Contains(c.Warnings[0], "2 of 2 clusters") {
		t.Errorf("warnings %q", c.Warnings)
	}
	if c = fit(a, 1, 7, 7, 7, 7, 7, 7, 7); c.K != 0 || c.Probabilities[0] != 0 {
		t.Errorf("equal rows: %d clusters", c.K)
	}
	if c = fit(&HDBSCAN{MinClusterSize: 3, ClusterSelectionMethod: "eom", Alpha: 1, AllowSingleCluster: true}, 1, 7, 7, 7, 7, 7); c.K != 1 || c.Probabilities[0] != 1 {
		t.Errorf("equal rows, one cluster allowed: %v %v", c.Labels, c.Probabilities)
	}
	tiny := 5e-324 // 1/tiny is infinite
	if c = fit(a, 1, 0, tiny, 2*tiny, 3*tiny, 50*tiny, 51*tiny, 52*tiny, 9, 9.5, 10); c.K < 1 {
		t.Errorf("denormal distances: labels %v", c.Labels)
	}
	if c = fit(a, 1, 1, 2); c.K != 0 || !strings.Contains(c.Warnings[0], "min_samples = 3 of only 2 rows") {
		t.Errorf("two rows: %d clusters, warnings %q", c.K, c.Warnings)
	}
	if _, err := a.Fit(context.Background(), matrix(1, -1e200, 0, 1e200), Run{}); err == nil || !strings.Contains(err.Error(), "overflow") {
		t.Errorf("overflow: %v", err)
	}
}

func TestHDBSCANWarnings(t *testing.T) {
	x, _ := gaussian(300, 2, 3, 30, 4)
	samples := 5
	for want, a := range map[string]*HDBSCAN{
		"R006 hdbscan: all rows are noise: they never part into two groups of at least 200; the largest group that parts from a larger one has ": {MinClusterSize: 200, MinSamples: &samples},
		"R006 hdbscan: one cluster holds 100.0 %": {MinClusterSize: 200, MinSamples: &samples, AllowSingleCluster: true, ClusterSelectionEpsilon: 100},
		"all rows are noise: no chosen cluster":   {MinClusterSize: 20, MinSamples: &samples, MaxClusterSize: &samples},
	} {
		a.ClusterSelectionMethod, a.Alpha = "eom", 1
		c, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], want) {
			t.Errorf("warnings %q, want …%s…", c.Warnings, want)
		}
	}
	// The number in the suggestion is the one at which there are clusters.
	a := &HDBSCAN{MinClusterSize: 200, MinSamples: &samples, ClusterSelectionMethod: "leaf", Alpha: 1}
	c, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if _, at, ok := strings.Cut(c.Warnings[0], "has "); !ok {
		t.Fatalf("no number in %q", c.Warnings)
	} else if _, err := fmt.Sscan(at, &n); err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int]bool{n: true, n + 1: false} {
		a.MinClusterSize = size
		if c, err = a.Fit(context.Background(), x, Run{}); err != nil || (c.K > 0) != want {
			t.Errorf("min_cluster_size = %d: %d clusters (%v)", size, c.K, err)
		}
	}
}

func TestHDBSCANOptions(t *testing.T) {
	x, _ := gaussian(30, 2, 2, 30, 1)
	zero := 0
	good := HDBSCAN{MinClusterSize: 5, ClusterSelectionMethod: "eom", Alpha: 1}
	for want, change := range map[string]func(a *HDBSCAN){
		"min_cluster_size = 1: at least 2":                     func(a *HDBSCAN) { a.MinClusterSize = 1 },
		"min_samples = 0: at least 1":                          func(a *HDBSCAN) { a.MinSamples = &zero },
		"cluster_selection_epsilon = -1: a finite distance":    func(a *HDBSCAN) { a.ClusterSelectionEpsilon = -1 },
		"max_cluster_size = 0: at least 1":                     func(a *HDBSCAN) { a.MaxClusterSize = &zero },
		"cluster_selection_method = best: eom or leaf":         func(a *HDBSCAN) { a.ClusterSelectionMethod = "best" },
		"alpha = 0: a finite number above 0":                   func(a *HDBSCAN) { a.Alpha = 0 },
		"metric = euclid: euclidean, sqeuclidean, manhattan":   func(a *HDBSCAN) { a.Metric = "euclid" },
		"cluster_selection_epsilon = NaN: a finite distance, ": func(a *HDBSCAN) { a.ClusterSelectionEpsilon = math.NaN() },
	} {
		a := good
		change(&a)
		if _, err := a.Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
}

// One spanning tree serves a whole plane of settings of one min_samples, and each
// setting gets what it gets alone.
func TestHDBSCANSharesTheTree(t *testing.T) {
	x, _ := gaussian(400, 2, 4, 20, 3)
	s := NewShared(1 << 24)
	samples := 5
	for _, size := range []int{5, 10, 20} {
		for _, method := range []string{"eom", "leaf"} {
			for _, eps := range []float64{0, 0.5} {
				a := &HDBSCAN{MinClusterSize: size, MinSamples: &samples, ClusterSelectionMethod: method, ClusterSelectionEpsilon: eps, Alpha: 1}
				got, err := a.Fit(context.Background(), x, Run{Shared: s})
				if err != nil {
					t.Fatal(err)
				}
				want, err := a.Fit(context.Background(), x, Run{})
				if err != nil {
					t.Fatal(err)
				}
				if d := checkSame(got, want); d != "" || !slices.Equal(got.Outlier, want.Outlier) {
					t.Errorf("%+v: shared and own tree differ in %s", *a, d)
				}
			}
		}
	}
	kinds := map[string]int{}
	for key := range s.items {
		kind, _, _ := strings.Cut(key, "|")
		kinds[kind]++
	}
	if want := map[string]int{"kdtree": 1, "mst": 1, "density": 1, "condensed": 3}; !maps.Equal(kinds, want) {
		t.Errorf("shared: %v, want %v", kinds, want)
	}
	before := s.Built()
	if _, err := (&HDBSCAN{MinClusterSize: 20, MinSamples: &samples, ClusterSelectionMethod: "leaf", ClusterSelectionEpsilon: 1, Alpha: 1}).Fit(context.Background(), x, Run{Shared: s}); err != nil || s.Built() != before {
		t.Errorf("a further setting built something (%v)", err)
	}
}

// New rows: the tree search is the scan of all points, hdbscan's predictions are ours
// but for a few rows (it takes another core distance), and a rule survives its file.
func TestHDBSCANPredict(t *testing.T) {
	for name, s := range readHDBSCANExpected(t).Sets {
		x := readSet(t, name).Pick(seq(s.Rows))
		n, d := x.Dims()
		a := hdbscanWith(t, s.Soft.Options)
		c, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := RuleOf(a, x, c)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var rule Rule
		if err := json.Unmarshal(b, &rule); err != nil {
			t.Fatal(err)
		}
		y := x.Pick(seq(100))
		for j := range d {
			mean, square := 0.0, 0.0
			for i := range n {
				mean += x.Row(i)[j] / float64(n)
			}
			for i := range n {
				square += (x.Row(i)[j] - mean) * (x.Row(i)[j] - mean) / float64(n)
			}
			for i := range 100 {
				y.Row(i)[j] += 0.05 * math.Sqrt(square)
			}
		}
		labels, strengths, err := rule.PredictStrengths(context.Background(), y, 2)
		if err != nil {
			t.Fatal(err)
		}
		theirs := map[int32]int32{Noise: Noise}
		for i, l := range s.Soft.Labels {
			theirs[l] = c.Labels[i]
		}
		same := 0
		for i, l := range labels {
			one, dist, strength := rule.predictReachable(y.Row(i))
			if one != l || strength != strengths[i] || !(strength >= 0 && strength <= 1) || (l >= 0) != (strength > 0) || !(dist > 0) {
				t.Fatalf("%s: row %d has label %d, strength %v among many, %d, %v alone", name, i, l, strengths[i], one, strength)
			}
			if theirs[s.Soft.Predicted[i]] == l {
				same++
			}
		}
		if same < 97 {
			t.Errorf("%s: %d of 100 predictions are hdbscan's", name, same)
		}
	}
}

// The estimate is from 10 % below to 25 % above what a fit allocates.
func TestHDBSCANEstimate(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector's own allocations are counted too")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for _, d := range []int{2, 5, 8, 20} {
		for _, n := range []int{1000, 5000, 20_000} {
			if n == 20_000 && d > 8 {
				continue
			}
			x, _ := gaussian(n, d, 9, 20, 4)
			for _, samples := range []int{5, 10} {
				for _, metric := range []string{"euclidean", "manhattan"} {
					if metric != "euclidean" && (n > 1000 || samples > 5) {
						continue
					}
					a := &HDBSCAN{MinClusterSize: 20, MinSamples: &samples, ClusterSelectionMethod: "eom", Metric: metric, Alpha: 1}
					least := math.Inf(1)
					for range 2 { // other goroutines allocate too
						var before, after runtime.MemStats
						runtime.ReadMemStats(&before)
						if _, err := a.Fit(context.Background(), x, Run{Workers: 2}); err != nil {
							t.Fatal(err)
						}
						runtime.ReadMemStats(&after)
						least = min(least, float64(after.TotalAlloc-before.TotalAlloc))
					}
					if ratio := float64(a.Estimate(n, d).Bytes) / least; ratio < 0.9 || ratio > 1.25 {
						t.Errorf("n = %d, d = %d, min_samples = %d, %s: estimate %d, allocated %.0f (%.2f)", n, d, samples, metric, a.Estimate(n, d).Bytes, least, ratio)
					}
				}
			}
		}
	}
}
