package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/check"
	"github.com/mores-lab/mores/internal/near"
)

// Labels and heights are genieclust's (testdata/genie.json).
func TestGenieEqualsGenieclust(t *testing.T) {
	text, err := os.ReadFile("testdata/genie.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Sets map[string][]struct {
			Gini       float64
			MinSamples int `json:"min_samples"`
			Labels     []int32
			Heights    float64
		}
	}
	if err := json.Unmarshal(text, &want); err != nil || len(want.Sets) < 5 {
		t.Fatal(err, len(want.Sets))
	}
	exact := 0
	for name, cases := range want.Sets {
		x, shared := readSet(t, name), NewShared(1<<30)
		for _, c := range cases {
			a := &Genie{NClusters: 6, GiniThreshold: c.Gini, MinSamples: c.MinSamples}
			got, err := a.Fit(context.Background(), x, Run{Shared: shared})
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s gini=%g min_samples=%d", name, c.Gini, c.MinSamples)
			if ari := adjustedRand(got.Labels, c.Labels); ari < 1-1e-12 {
				t.Errorf("%s: ARI %v with genieclust's labels", what, ari)
			}
			// Mutual reachabilities are often equal, and then so is what trees may hold.
			if c.MinSamples == 1 && !genieMeets(got.Tree, c.Gini) {
				check.Close(t, what+": heights", sum(got.Tree.Height), c.Heights, 1e-9)
				exact++
			}
		}
	}
	if exact < 20 {
		t.Errorf("the heights of %d trees are compared, want 20 or more", exact)
	}
}

// genieMeets says whether Gini's index is equal to the threshold at some step: genieclust,
// which keeps a running sum in floating point, may then be above it by a last bit.
func genieMeets(t *Tree, threshold float64) bool {
	size := func(node int32) int64 {
		if int(node) < t.N {
			return 1
		}
		return int64(t.Size[int(node)-t.N])
	}
	count := map[int64]int64{1: int64(t.N)}
	for i := range t.A {
		clusters, unequal := int64(t.N-i), int64(0)
		for a, m := range count {
			for b, l := range count {
				unequal += max(a-b, 0) * m * l
			}
		}
		if i > 0 && math.Abs(float64(unequal)-threshold*float64(clusters-1)*float64(t.N)) < 1e-6 {
			return true
		}
		a, b := size(t.A[i]), size(t.B[i])
		for _, c := range []int64{a, b} {
			if count[c]--; count[c] == 0 {
				delete(count, c)
			}
		}
		count[a+b]++
	}
	return false
}

// The published partitions of clustering-benchmarks v1, for its five thresholds.
func TestGenieReproducesBatteries(t *testing.T) {
	root := check.Data(t, "battery")
	files, err := filepath.Glob(filepath.Join(root, "published", "Genie", "*", "*.gz"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range files {
		set, ks, _ := strings.Cut(strings.TrimSuffix(filepath.Base(f), ".gz"), ".result")
		k, err := strconv.Atoi(ks)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(filepath.Dir(f)) + "/" + set
		x, shared := batterySet(t, filepath.Join(root, name+".data.gz")), NewShared(1<<30)
		for _, g := range []string{"0.1", "0.3", "0.5", "0.7", "1.0"} {
			threshold, _ := strconv.ParseFloat(g, 64)
			c, err := (&Genie{NClusters: k, GiniThreshold: threshold, MinSamples: 1}).Fit(context.Background(), x, Run{Shared: shared})
			if err != nil {
				t.Fatal(err)
			}
			seen++
			ari := adjustedRand(c.Labels, batteryColumn(t, f, "Genie_G"+g))
			switch {
			case batteryTies[name] || batteryTies["single "+name]:
				t.Logf("%s k=%d gini=%s: ARI %.4f with the published partition (ties)", name, k, g, ari)
			case name == "wut/x2" && g == "0.7" && genieMeets(c.Tree, threshold):
				t.Logf("%s k=%d gini=%s: ARI %.4f with the published partition (the index meets the threshold)", name, k, g, ari)
			case ari < 1-1e-12:
				t.Errorf("%s k=%d gini=%s: ARI %.6f with the published partition, want 1", name, k, g, ari)
			}
		}
	}
	if seen < 250 {
		t.Errorf("%d published partitions, expected over 250", seen)
	}
}

// The merges are those of the definition, step by step: sizes counted, Gini's index summed
// over all pairs, and every edge looked at.
func TestGenieMergesByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "n")
		values := rapid.SliceOfN(rapid.IntRange(0, rapid.SampledFrom([]int{3, 50, 1e6}).Draw(t, "range")), 2*n, 2*n).Draw(t, "x")
		v := make([]float64, 2*n)
		for i := range v {
			v[i] = float64(values[i])
		}
		threshold := rapid.SampledFrom([]float64{0, 0.1, 0.3, 0.5, 1}).Draw(t, "gini")
		s, err := near.Span(context.Background(), near.New(v, 2, 1), rapid.IntRange(1, 4).Draw(t, "min_samples"), 1)
		if err != nil {
			t.Fatal(err)
		}
		got := newGenieMerger(s.A, s.B, s.Length, threshold).run()
		for k := 1; k <= n; k++ {
			labels := got.CutK(k)
			Canonical(labels)
			if want := genieByDefinition(s, threshold, k); !slices.Equal(labels, want) {
				t.Fatalf("k = %d: %v, want %v", k, labels, want)
			}
		}
		if !slices.IsSorted(got.Height) {
			t.Fatalf("heights %v", got.Height)
		}
	})
}

func genieByDefinition(s *near.Spanning, threshold float64, k int) []int32 {
	label := make([]int32, s.N)
	for i := range label {
		label[i] = int32(i)
	}
	used := make([]bool, len(s.A))
	for clusters := s.N; clusters > k; clusters-- {
		size := map[int32]int{}
		for _, l := range label {
			size[l]++
		}
		unequal, least := 0, s.N
		for _, a := range size {
			least = min(least, a)
			for _, b := range size {
				unequal += max(a-b, 0)
			}
		}
		order := make([]int, 0, len(used))
		for e := range used {
			forced := float64(unequal) > threshold*float64((clusters-1)*s.N)
			if !used[e] && (!forced || size[label[s.A[e]]] == least || size[label[s.B[e]]] == least) {
				order = append(order, e)
			}
		}
		e := slices.MinFunc(order, func(i, j int) int { return cmp.Compare(i, j) }) // edges are sorted
		used[e] = true
		from, to := label[s.A[e]], label[s.B[e]]
		for i, l := range label {
			if l == from {
				label[i] = to
			}
		}
	}
	Canonical(label)
	return label
}

// One spanning tree serves all thresholds and numbers of clusters.
func TestGenieSharesItsTree(t *testing.T) {
	x, _ := gaussian(4000, 3, 5, 6, 8)
	shared := NewShared(1 << 30)
	var spans []*near.Spanning
	for _, g := range []float64{0.1, 0.3, 0.7} {
		if _, err := (&Genie{NClusters: 5, GiniThreshold: g, MinSamples: 1}).Fit(context.Background(), x, Run{Shared: shared}); err != nil {
			t.Fatal(err)
		}
		s, err := sharedSpanning(context.Background(), x, Run{Shared: shared}, 1)
		if err != nil {
			t.Fatal(err)
		}
		spans = append(spans, s)
	}
	if spans[0] != spans[1] || spans[0] != spans[2] {
		t.Error("each threshold has a spanning tree of its own")
	}
}

func TestGenieRefuses(t *testing.T) {
	x, _ := gaussian(30, 2, 2, 6, 8)
	for _, a := range []*Genie{{NClusters: 0, GiniThreshold: 0.3, MinSamples: 1}, {NClusters: 31, GiniThreshold: 0.3, MinSamples: 1}, {NClusters: 2, GiniThreshold: 1.1, MinSamples: 1}, {NClusters: 2, GiniThreshold: -0.1, MinSamples: 1}, {NClusters: 2, GiniThreshold: 0.3}} {
		if _, err := a.Fit(context.Background(), x, Run{}); err == nil {
			t.Errorf("%+v is taken", a)
		}
	}
}

// BenchmarkGenie times the merging of a spanning tree of 1,000,000 rows.
func BenchmarkGenie(b *testing.B) {
	const n = 1_000_000
	x, truth := gaussian(n, 2, 10, 60, 4)
	s, err := near.Span(context.Background(), near.New(x.Data(), 2, 2), 1, 2)
	if err != nil {
		b.Fatal(err)
	}
	for _, g := range []float64{0.1, 0.3, 1} {
		b.Run(fmt.Sprintf("n=%d/gini=%g", n, g), func(b *testing.B) {
			var labels []int32
			for b.Loop() {
				labels = newGenieMerger(s.A, s.B, s.Length, g).run().CutK(10)
			}
			b.ReportMetric(adjustedRand(labels, truth), "ARI")
		})
	}
}
