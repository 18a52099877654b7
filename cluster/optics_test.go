package cluster

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

// opticsExpected is testdata/optics.json: scikit-learn's answers, made by
// eval/peers/optics_expected.py.
type opticsExpected struct {
	Plots []struct {
		Set         string      `json:"set"`
		N           int         `json:"n"`
		Rows        [][]float64 `json:"rows"`
		MinSamples  int         `json:"min_samples"`
		MaxEps      *float64    `json:"max_eps"`
		Order       []int32     `json:"order"`
		Predecessor []int32     `json:"predecessor"`
		Reach       []*float64  `json:"reachability"`
		Core        []*float64  `json:"core"`
		Cuts        []struct {
			Options  json.RawMessage `json:"options"`
			Labels   []int32         `json:"labels"`
			Clusters [][2]int32      `json:"clusters"`
		} `json:"cuts"`
	} `json:"plots"`
}

// The order, predecessors, distances (to the 15 decimals of scikit-learn), all ξ-clusters
// and the labels of every cut are scikit-learn's, from coordinates and from distances.
func TestOPTICSEqualsScikitLearn(t *testing.T) {
	b, err := os.ReadFile("testdata/optics.json")
	if err != nil {
		t.Fatal(err)
	}
	var e opticsExpected
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Plots) != 24 {
		t.Fatalf("%d plots", len(e.Plots))
	}
	same := func(what string, got []float64, want []*float64) {
		t.Helper()
		for i, w := range want {
			if w == nil && !math.IsInf(got[i], 1) || w != nil && !(math.Abs(got[i]-*w) <= 1e-12*(1+*w)) {
				t.Errorf("%s: row %d has %v, want %v", what, i, got[i], w)
				return
			}
		}
	}
	for _, p := range e.Plots {
		var x *features.Matrix
		if p.Rows != nil {
			x = matrix(len(p.Rows[0]), slices.Concat(p.Rows...)...)
		} else {
			x = readSet(t, p.Set).Pick(seq(p.N))
		}
		for _, run := range []Run{{Workers: 2}, {Space: rowSpace{x.Data(), len(x.Cols)}}} {
			for _, cut := range p.Cuts {
				what := fmt.Sprintf("%s min_samples=%d max_eps=%v %s, distances given: %v", p.Set, p.MinSamples, p.MaxEps, cut.Options, run.Space != nil)
				a := newOPTICS().(*OPTICS)
				a.MinSamples, a.MaxEps = p.MinSamples, p.MaxEps
				if err := json.Unmarshal(cut.Options, a); err != nil {
					t.Fatal(err)
				}
				if a.Eps != nil && a.MaxEps != nil && *a.Eps > *a.MaxEps {
					continue // refused
				}
				c, err := a.Fit(context.Background(), x, run)
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				g := c.Reachability
				if !slices.Equal(g.Order, p.Order) {
					t.Errorf("%s: another order", what)
				}
				if !slices.Equal(g.Predecessor, p.Predecessor) {
					t.Errorf("%s: other predecessors", what)
				}
				same(what+": reachability", g.Reach, p.Reach)
				same(what+": core distance", g.Core, p.Core)
				if a.ClusterMethod == "xi" && !slices.Equal(g.Clusters, cut.Clusters) {
					t.Errorf("%s: clusters %v, want %v", what, g.Clusters, cut.Clusters)
				}
				sameCanonical(t, what, c.Labels, cut.Labels)
			}
		}
	}
}

// What dbscan cuts out at eps are DBSCAN's core rows, cluster by cluster; where no row is a
// border row the rule repeats the fit.
func TestOPTICSCutIsDBSCAN(t *testing.T) {
	for _, name := range []string{"blobs", "shapes2d", "gmm8"} {
		x := readSet(t, name)
		eps := map[string]float64{"blobs": 0.4, "shapes2d": 0.15, "gmm8": 2.5}[name]
		a := &OPTICS{MinSamples: 8, ClusterMethod: "dbscan", Eps: &eps, Plot: "exact"}
		got, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		want, err := (&DBSCAN{Eps: eps, MinSamples: 8, Metric: "euclidean"}).Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Core, want.Core) {
			t.Fatalf("%s: other core rows", name)
		}
		var u, v []int32
		for i, core := range got.Core {
			if core {
				u, v = append(u, got.Labels[i]), append(v, want.Labels[i])
			}
		}
		if len(u) == 0 || adjustedRand(u, v) != 1 {
			t.Errorf("%s: %d core rows, other clusters than DBSCAN", name, len(u))
		}
		rule, err := RuleOf(a, x, got)
		if err != nil || rule.Agreement < 0.95 || rule.Exact != (rule.Agreement == 1) {
			t.Errorf("%s: rule agrees on %v, exact %v (%v)", name, rule.Agreement, rule.Exact, err)
		}
	}
}

// The plot of the spanning tree: each row is reached over an edge of mutual reachability
// distance, cuts at any height are those of the tree, and with min_samples = 2 on far
// clusters ξ finds the same clusters as in the exact plot.
func TestOPTICSTreePlot(t *testing.T) {
	x, truth := gaussian(600, 2, 3, 60, 4)
	a := &OPTICS{MinSamples: 10, ClusterMethod: "xi", Xi: 0.05, PredecessorCorrection: true, Plot: "spanning_tree"}
	c, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	exact := *a
	exact.Plot = "exact"
	e, err := exact.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	g := c.Reachability
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "spanning tree") || len(e.Warnings) != 0 {
		t.Errorf("warnings %q and %q", c.Warnings, e.Warnings)
	}
	seen, total := make([]bool, 600), 0.0
	for at, i := range g.Order {
		p := g.Predecessor[i]
		if at == 0 {
			if i != 0 || p != -1 || !math.IsInf(g.Reach[i], 1) {
				t.Fatalf("the plot starts at row %d", i)
			}
		} else {
			want := max(g.Core[i], g.Core[p], sqrt(kernel.Sq(x.Row(int(i)), x.Row(int(p)))))
			if !seen[p] || math.Abs(g.Reach[i]-want) > 1e-12 || g.Reach[i] < e.Reachability.Core[i] {
				t.Fatalf("row %d is reached from %d at %v, want %v", i, p, g.Reach[i], want)
			}
			total += want
		}
		seen[i] = true
	}
	// Prim's algorithm on all pairs.
	left, prim := map[int]float64{}, 0.0
	for i := 1; i < 600; i++ {
		left[i] = math.Inf(1)
	}
	for at := 0; len(left) > 0; {
		next := -1
		for i, v := range left {
			v = min(v, max(g.Core[i], g.Core[at], sqrt(kernel.Sq(x.Row(i), x.Row(at)))))
			if left[i] = v; next < 0 || v < left[next] {
				next = i
			}
		}
		prim += left[next]
		delete(left, next)
		at = next
	}
	if math.Abs(prim-total) > 1e-9*prim {
		t.Errorf("the plot weighs %v, the spanning tree %v", total, prim)
	}
	for _, p := range []*Reachability{c.Reachability, e.Reachability} {
		labels, _ := opticsCut(p, 3)
		for i, l := range labels {
			if l < 0 {
				labels[i] = truth[i]
			}
		}
		if ari := adjustedRand(labels, truth); ari < 0.95 {
			t.Errorf("adjusted Rand index %v of the plot cut at 3", ari)
		}
	}
	limit := 1.0
	a.MaxEps, exact.MaxEps = &limit, &limit
	if c, err = a.Fit(context.Background(), x, Run{}); err != nil {
		t.Fatal(err)
	}
	for i, v := range c.Reachability.Reach {
		if v > limit && !math.IsInf(v, 1) || c.Reachability.Core[i] > limit && !math.IsInf(c.Reachability.Core[i], 1) {
			t.Fatalf("row %d is reached at %v, core distance %v, above max_eps", i, v, c.Reachability.Core[i])
		}
	}
}

// One plot serves every way to cut it, and nobody's clusters are another's.
func TestOPTICSSharesThePlot(t *testing.T) {
	x, _ := gaussian(500, 2, 4, 30, 3)
	s := NewShared(1 << 20)
	var last *Clustering
	for _, xi := range []float64{0.02, 0.2} {
		a := newOPTICS().(*OPTICS)
		a.Xi = xi
		got, err := a.Fit(context.Background(), x, Run{Shared: s})
		if err != nil {
			t.Fatal(err)
		}
		want, err := a.Fit(context.Background(), x, Run{})
		if err != nil || !slices.Equal(got.Labels, want.Labels) || !slices.Equal(got.Reachability.Clusters, want.Reachability.Clusters) {
			t.Errorf("xi = %g: shared and own plot differ (%v)", xi, err)
		}
		if last != nil && (&last.Reachability.Order[0] != &got.Reachability.Order[0] || slices.Equal(last.Reachability.Clusters, got.Reachability.Clusters)) {
			t.Error("the plot was made twice, or its clusters are shared")
		}
		last = got
	}
}

func TestOPTICSRefusalsAndWarnings(t *testing.T) {
	x, _ := gaussian(60, 2, 2, 30, 3)
	v := func(f float64) *float64 { return &f }
	for option, change := range map[string]func(a *OPTICS){
		"min_samples":      func(a *OPTICS) { a.MinSamples = 1 },
		"max_eps":          func(a *OPTICS) { a.MaxEps = v(0) },
		"cluster_method":   func(a *OPTICS) { a.ClusterMethod = "x" },
		"eps":              func(a *OPTICS) { a.ClusterMethod = "dbscan" },
		"xi":               func(a *OPTICS) { a.Xi = 1 },
		"plot":             func(a *OPTICS) { a.Plot, a.Metric = "spanning_tree", "manhattan" },
		"min_cluster_size": func(a *OPTICS) { a.MinClusterSize = v(2.5) },
		"metric":           func(a *OPTICS) { a.Metric = "miles" },
	} {
		a := newOPTICS().(*OPTICS)
		change(a)
		_, err := a.Fit(context.Background(), x, Run{})
		if e, ok := errors.AsType[*OptionError](err); !ok || e.Option != option {
			t.Errorf("%s: %v", option, err)
		}
	}
	a := newOPTICS().(*OPTICS)
	a.MinSamples = 61
	x.Weights = slices.Repeat([]float64{1}, 60)
	c, err := a.Fit(context.Background(), x, Run{})
	if err != nil || c.K != 0 || len(c.Warnings) != 2 || !strings.Contains(c.Warnings[0], "weights") || !strings.Contains(c.Warnings[1], "no row is core") {
		t.Errorf("more min_samples than rows: %v, %v", c, err)
	}
}

// Named distances give what the same numbers in a matrix give.
func TestOPTICSMetrics(t *testing.T) {
	x, _ := gaussian(200, 3, 3, 20, 5)
	for _, metric := range Metrics() {
		if metric == "jaccard" {
			continue
		}
		a := newOPTICS().(*OPTICS)
		a.Metric = metric
		got, err := a.Fit(context.Background(), x, Run{Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		space, err := NewSpace(metric, x)
		if err != nil {
			t.Fatal(err)
		}
		a.Metric = "euclidean"
		want, err := a.Fit(context.Background(), x, Run{Space: space})
		if err != nil || !slices.Equal(got.Reachability.Order, want.Reachability.Order) || !slices.Equal(got.Labels, want.Labels) {
			t.Errorf("%s: %v", metric, err)
		}
	}
}

func TestWriteReachability(t *testing.T) {
	x := matrix(1, 0, 1, 3, 100)
	a := &OPTICS{MinSamples: 2, ClusterMethod: "dbscan", Eps: new(float64), Plot: "exact"}
	*a.Eps = 2
	c, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteReachability(&b, x, c); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(lines) != 5 {
		t.Fatalf("%q %v", lines, err)
	}
	id := func(i int) string { return x.ID(i) }
	for at, want := range [][]string{
		{"place", "id", "reachability", "core_distance", "predecessor", "cluster"},
		{"0", id(0), "inf", "1", "", "0"},
		{"1", id(1), "1", "1", id(0), "0"},
		{"2", id(2), "2", "2", id(1), "0"},
		{"3", id(3), "97", "97", id(2), "-1"},
	} {
		if !slices.Equal(lines[at], want) {
			t.Errorf("line %d: %q, want %q", at, lines[at], want)
		}
	}
	if _, err := strconv.ParseFloat(lines[1][2], 64); err != nil {
		t.Error(err)
	}
	if err := WriteReachability(&b, x, &Clustering{}); err == nil {
		t.Error("a clustering without a plot is written")
	}
}

func BenchmarkOPTICS(b *testing.B) {
	for _, p := range []struct {
		n, d int
		plot string
	}{{10_000, 2, "exact"}, {100_000, 2, "exact"}, {100_000, 2, "spanning_tree"}, {20_000, 5, "exact"}} {
		x, truth := gaussian(p.n, p.d, 12, 60, 1)
		b.Run(fmt.Sprintf("%s/n=%d,d=%d,k=12", p.plot, p.n, p.d), func(b *testing.B) {
			a := newOPTICS().(*OPTICS)
			share := 0.02
			a.Plot, a.MinClusterSize = p.plot, &share
			var c *Clustering
			for b.Loop() {
				var err error
				if c, err = a.Fit(context.Background(), x, Run{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(adjustedRand(c.Labels, truth), "ARI")
		})
	}
}
