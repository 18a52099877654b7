package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// naiveHDBSCAN is the definition on the whole graph of mutual reachability distances:
// all edges of one length are removed at once, the longest first; components are
// looked for anew each time.
type naiveHDBSCAN struct {
	reach    [][]float64
	levels   []float64 // descending
	least    int
	clusters []naiveCluster
	at       []int
	leaves   []float64
}

type naiveCluster struct {
	parent int
	birth  float64
	rows   []int
	stable float64
}

func newNaiveHDBSCAN(v []float64, d, minSamples, least int, alpha float64) *naiveHDBSCAN {
	n := len(v) / d
	dist := func(i, j int) float64 {
		s := 0.0
		for c := range d {
			e := v[i*d+c] - v[j*d+c]
			s = math.FMA(e, e, s)
		}
		return math.Sqrt(s)
	}
	h := &naiveHDBSCAN{least: least, at: make([]int, n), leaves: make([]float64, n)}
	core := make([]float64, n)
	for i := range core {
		var ds []float64
		for j := range n {
			ds = append(ds, dist(i, j))
		}
		slices.Sort(ds)
		core[i] = ds[min(minSamples, n)-1]
	}
	for i := range n {
		h.reach = append(h.reach, make([]float64, n))
		for j := range n {
			h.reach[i][j] = max(core[i], core[j], dist(i, j)/alpha)
			if i < j {
				h.levels = append(h.levels, 0)
			}
		}
	}
	h.levels = h.levels[:0]
	for i := range n {
		for j := range i {
			h.levels = append(h.levels, h.reach[i][j])
		}
	}
	slices.Sort(h.levels)
	h.levels = slices.Compact(h.levels)
	slices.Reverse(h.levels)
	h.grow(-1, math.Inf(1), seq(n), 0)
	return h
}

// parts are the components of rows by edges shorter than v.
func (h *naiveHDBSCAN) parts(rows []int, v float64) [][]int {
	var all [][]int
	seen := map[int]bool{}
	for _, i := range rows {
		if seen[i] {
			continue
		}
		part, next := []int{i}, 0
		seen[i] = true
		for ; next < len(part); next++ {
			for _, j := range rows {
				if !seen[j] && h.reach[part[next]][j] < v {
					seen[j] = true
					part = append(part, j)
				}
			}
		}
		slices.Sort(part)
		all = append(all, part)
	}
	return all
}

func (h *naiveHDBSCAN) grow(parent int, birth float64, rows []int, level int) {
	k := len(h.clusters)
	h.clusters = append(h.clusters, naiveCluster{parent: parent, birth: birth, rows: slices.Clone(rows)})
	leave := func(rows []int, v float64) {
		for _, i := range rows {
			h.at[i], h.leaves[i] = k, v
			h.clusters[k].stable += 1/v - 1/birth
		}
	}
	for ; level < len(h.levels); level++ {
		v := h.levels[level]
		var large [][]int
		var small []int
		parts := h.parts(rows, v)
		if len(parts) == 1 {
			continue
		}
		for _, p := range parts {
			if len(p) >= h.least {
				large = append(large, p)
			} else {
				small = append(small, p...)
			}
		}
		if len(large) != 1 {
			leave(rows, v)
			for _, p := range large {
				h.grow(k, v, p, level+1)
			}
			return
		}
		leave(small, v)
		rows = large[0]
	}
}

// eom tries every antichain of clusters but the first: the labels of the best, and
// whether no other comes near it.
func (h *naiveHDBSCAN) eom() (labels []int32, unique bool) {
	best, second := math.Inf(-1), math.Inf(-1)
	for set := range 1 << (len(h.clusters) - 1) {
		total, ok := 0.0, true
		got := make([]int32, len(h.at))
		for i := range got {
			got[i] = Noise
		}
		for k := 1; k < len(h.clusters); k++ {
			if set>>(k-1)&1 == 0 {
				continue
			}
			total += h.clusters[k].stable
			for _, i := range h.clusters[k].rows {
				ok = ok && got[i] == Noise
				got[i] = int32(k)
			}
		}
		switch {
		case !ok:
		case total > best:
			best, second, labels = total, best, got
		case total > second:
			second = total
		}
	}
	return labels, !math.IsInf(best, 1) && best-second > 1e-9*best
}

// drawHDBSCANRows makes few rows, on a grid of few values in half of the cases: duplicates
// and equal distances are the rule there.
func drawHDBSCANRows(t *rapid.T, least, most int) (v []float64, d int) {
	d = rapid.IntRange(1, 3).Draw(t, "d")
	n := rapid.IntRange(least, most).Draw(t, "n")
	v = rapid.SliceOfN(rapid.Float64Range(0, 5), n*d, n*d).Draw(t, "values")
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0, 1:
		for i := range v {
			v[i] = math.Floor(v[i])
		}
	case 2:
		for i := range v {
			v[i] = 1e8 + math.Floor(4*v[i])
		}
	}
	return v, d
}

// The condensed tree, stabilities and both selections are the definition's.
func TestHDBSCANNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, d := drawHDBSCANRows(t, 2, 10)
		samples := rapid.IntRange(1, 5).Draw(t, "min_samples")
		a := &HDBSCAN{MinClusterSize: rapid.IntRange(2, 4).Draw(t, "min_cluster_size"), MinSamples: &samples, ClusterSelectionMethod: "eom", Alpha: 1}
		if rapid.IntRange(0, 3).Draw(t, "alpha") == 0 {
			a.Alpha = 0.75
		}
		n := len(v) / d
		c, err := a.Fit(context.Background(), matrix(d, v...), Run{Workers: rapid.IntRange(1, 3).Draw(t, "workers")})
		if err != nil {
			t.Fatal(err)
		}
		want := newNaiveHDBSCAN(v, d, samples, a.MinClusterSize, a.Alpha)
		got := hdbscanCondense(c.Tree, float64(a.MinClusterSize), nil, nil, Run{}.workers())
		key := func(birth float64, rows []int) string { return fmt.Sprint(birth, rows) }
		number := map[string]int{}
		for k, w := range want.clusters {
			number[key(w.birth, w.rows)] = k
		}
		if len(got.parent) != len(want.clusters) {
			t.Fatalf("%d clusters, want %d", len(got.parent), len(want.clusters))
		}
		to := make([]int, len(got.parent))
		for k := range got.parent {
			var rows []int
			for i := range n {
				for up := got.at[i]; up >= 0; up = got.parent[up] {
					if int(up) == k {
						rows = append(rows, i)
					}
				}
			}
			w, ok := number[key(got.birth[k], rows)]
			if !ok {
				t.Fatalf("cluster of %v from %v is none", rows, got.birth[k])
			}
			to[k] = w
			if s := want.clusters[w].stable; math.Abs(got.stable[k]-s) > 1e-9*s && got.stable[k] != s || got.size[k] != float64(len(rows)) {
				t.Fatalf("stability %v, size %v, want %v, %d", got.stable[k], got.size[k], s, len(rows))
			}
		}
		for i := range n {
			if got.leaves[i] != want.leaves[i] || to[got.at[i]] != want.at[i] {
				t.Fatalf("row %d leaves cluster %d at %v, want %d at %v", i, to[got.at[i]], got.leaves[i], want.at[i], want.leaves[i])
			}
			if p, o := c.Probabilities[i], c.Outlier[i]; !(p >= 0 && p <= 1) || !(o >= 0 && o <= 1) {
				t.Fatalf("row %d: probability %v, outlier score %v", i, p, o)
			}
		}
		if labels, unique := want.eom(); unique {
			Canonical(labels)
			if !slices.Equal(c.Labels, labels) {
				t.Fatalf("labels %v, want %v", c.Labels, labels)
			}
		}
		a.ClusterSelectionMethod = "leaf"
		if c, err = a.Fit(context.Background(), matrix(d, v...), Run{}); err != nil {
			t.Fatal(err)
		}
		labels := make([]int32, n)
		parts := map[int]bool{0: true}
		for _, w := range want.clusters {
			parts[w.parent] = true
		}
		for i, k := range want.at {
			if labels[i] = int32(k); parts[k] {
				labels[i] = Noise
			}
		}
		Canonical(labels)
		if !slices.Equal(c.Labels, labels) {
			t.Fatalf("leaves: labels %v, want %v", c.Labels, labels)
		}
	})
}

// The order of rows, duplicates and ties included, changes nothing but the order; given
// distances and the rule for new rows give the same.
func TestHDBSCANMetamorphic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, d := drawHDBSCANRows(t, 2, 40)
		n := len(v) / d
		samples := rapid.IntRange(1, 6).Draw(t, "min_samples")
		a := &HDBSCAN{
			MinClusterSize: rapid.IntRange(2, 5).Draw(t, "min_cluster_size"), MinSamples: &samples, Alpha: 1,
			ClusterSelectionMethod:  rapid.SampledFrom([]string{"eom", "leaf"}).Draw(t, "method"),
			ClusterSelectionEpsilon: rapid.SampledFrom([]float64{0, 0.5, 1, 2}).Draw(t, "epsilon"),
			AllowSingleCluster:      rapid.Bool().Draw(t, "single"),
		}
		if rapid.Bool().Draw(t, "limit") {
			most := 6
			a.MaxClusterSize = &most
		}
		x := matrix(d, v...)
		c, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if err := checkClustering(c, x); err != nil {
			t.Fatal(err)
		}
		same := func(what string, got *Clustering, rows []int) {
			labels, prob, out := make([]int32, n), make([]float64, n), make([]float64, n)
			for at, i := range rows {
				labels[i], prob[i], out[i] = got.Labels[at], got.Probabilities[at], got.Outlier[at]
			}
			Canonical(labels)
			if !slices.Equal(labels, c.Labels) || !slices.Equal(prob, c.Probabilities) || !slices.Equal(out, c.Outlier) {
				t.Fatalf("%s: labels %v, want %v", what, labels, c.Labels)
			}
		}
		rows := rapid.Permutation(seq(n)).Draw(t, "order")
		other, err := a.Fit(context.Background(), x.Pick(rows), Run{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		same("rows exchanged", other, rows)
		space, err := NewSpace("euclidean", x)
		if err != nil {
			t.Fatal(err)
		}
		if other, err = a.Fit(context.Background(), x, Run{Space: space}); err != nil {
			t.Fatal(err)
		}
		same("given distances", other, seq(n))

		rule, err := RuleOf(a, x, c)
		if err != nil || !rule.Exact || rule.Kind != NearestReachable {
			t.Fatalf("rule %s, exact %v, agreement %v (%v)", rule.Kind, rule.Exact, rule.Agreement, err)
		}
		labels, strengths, err := rule.PredictStrengths(context.Background(), x, 2)
		if err != nil || !slices.Equal(labels, c.Labels) || !slices.Equal(strengths, c.Probabilities) {
			t.Fatalf("the rule gives %v %v, want %v %v (%v)", labels, strengths, c.Labels, c.Probabilities, err)
		}
	})
}

// Weights are repetitions.
func TestHDBSCANWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, d := drawHDBSCANRows(t, 2, 20)
		n := len(v) / d
		x := matrix(d, v...)
		x.Weights = make([]float64, n)
		var rows []int
		for i := range x.Weights {
			w := rapid.IntRange(1, 4).Draw(t, "weight")
			x.Weights[i] = float64(w)
			for range w {
				rows = append(rows, i)
			}
		}
		many := x.Pick(rows)
		many.Weights = nil
		samples := rapid.IntRange(1, 6).Draw(t, "min_samples")
		for _, method := range []string{"eom", "leaf"} {
			a := &HDBSCAN{MinClusterSize: rapid.IntRange(2, 6).Draw(t, "min_cluster_size"), MinSamples: &samples, ClusterSelectionMethod: method, Alpha: 1}
			once, err := a.Fit(context.Background(), x, Run{})
			if err != nil {
				t.Fatal(err)
			}
			often, err := a.Fit(context.Background(), many, Run{})
			if err != nil {
				t.Fatal(err)
			}
			labels := make([]int32, n)
			for at, i := range rows {
				labels[i] = often.Labels[at]
				if p, o := often.Probabilities[at], often.Outlier[at]; p != once.Probabilities[i] || o != once.Outlier[i] {
					t.Fatalf("row %d: probability %v, outlier %v, want %v, %v", i, once.Probabilities[i], once.Outlier[i], p, o)
				}
			}
			Canonical(labels)
			if !slices.Equal(once.Labels, labels) {
				t.Fatalf("labels %v, want %v", once.Labels, labels)
			}
		}
	})
}
