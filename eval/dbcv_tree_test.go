package eval

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
	"github.com/mores-lab/mores/internal/kernel"
)

// The definition in NumPy, and the hdbscan package on its own trees: with ties broken as ours,
// and as they come wherever they decide nothing (peers/dbcv_tree_expected.py).
func TestDBCVTree(t *testing.T) {
	b, err := os.ReadFile("testdata/dbcv_tree.json")
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Sets []struct {
			Set, Which string
			MinSamples int     `json:"min_samples"`
			AsIs       float64 `json:"as_is"`
			Value      float64
			ByOrder    [2]float64 `json:"by_order"`
			Nearer     *float64
			Labels     []int32
			Segments   []float64
		}
	}
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	sets := map[string]*indicesSet{}
	of := map[string]*features.Matrix{}
	for _, s := range readIndices(t).Sets {
		sets[s.Name], of[s.Name] = &s, s.matrix(t)
	}
	seen, own, free, noise, alone := map[string]bool{}, map[string]bool{}, 0, 0, 0
	for _, c := range e.Sets {
		what := fmt.Sprintf("%s, %s labels, min_samples %d", c.Set, c.Which, c.MinSamples)
		labels := c.Labels
		if labels == nil {
			labels = sets[c.Set].Labels
		}
		m := &DBCVTree{MinSamples: c.MinSamples}
		for _, policy := range []NoisePolicy{"", Exclude, Singletons} {
			s, err := m.Score(context.Background(), &Input{X: of[c.Set], C: clusteringOf(labels), Noise: policy})
			if err != nil || !s.Defined() {
				t.Fatalf("%s: %s, %v", what, s.Reason, err)
			}
			check.Close(t, what, s.Value, c.Value, 1e-11)
			for g, v := range c.Segments {
				check.Close(t, fmt.Sprintf("%s, segment %d", what, g), s.PerSegment[g], v, 1e-11)
			}
			if c.Nearer != nil {
				check.Close(t, what+", hdbscan's tree, nearer first", s.Value, *c.Nearer, 1e-8)
				seen[c.Set] = true
			}
			if c.ByOrder[1]-c.ByOrder[0] < 1e-9 {
				check.Close(t, what+", hdbscan", s.Value, c.AsIs, 1e-8)
				if seen[c.Set] = true; c.Which == "own" {
					own[c.Set] = true
				}
				if policy == "" {
					free++
				}
			}
		}
		_, counts := dense(labels)
		if slices.Contains(labels, -1) {
			noise++
		}
		if slices.Contains(counts, 1) {
			alone++
		}
	}
	t.Logf("%d labellings of %d sets, %d of them without ties that decide; relative_validity_ itself on %d sets; %d with noise, %d with segments of one row", len(e.Sets), len(seen), free, len(own), noise, alone)
	if len(seen) < 12 || len(own) < 8 || noise < 8 || alone < 4 {
		t.Error("too few")
	}
}

func TestDBCVTreeByHand(t *testing.T) {
	line := func(v ...float64) (rows [][]float64) {
		for _, v := range v {
			rows = append(rows, []float64{v})
		}
		return rows
	}
	score := func(m int, in *Input) Score {
		s, err := (&DBCVTree{MinSamples: m}).Score(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		what     string
		x        [][]float64
		labels   []int32
		want     float64
		segments []float64
		warning  string
	}{
		// 1 and 2 inside, 9 between.
		{"pairs", line(0, 1, 10, 12), []int32{0, 0, 1, 1}, (8./9 + 7./9) / 2, []float64{8. / 9, 7. / 9}, ""},
		// The noise at 5 stands between: no edge from segment to segment, so twice the longest, 5.
		{"noise", line(0, 1, 10, 12, 5), []int32{0, 0, 1, 1, -1}, 2. / 5 * (9./10 + 8./10), []float64{9. / 10, 8. / 10}, ""},
		{"a row alone", line(5, 0, 1, 10, 12), []int32{0, 1, 1, 2, 2}, 2. / 5 * (9./10 + 8./10), []float64{0, 9. / 10, 8. / 10}, "one row for noise: 1 of 3"},
		// 0–1–2–3–13–14: 0 and 2 hang together by 1 only, 1 and 3 by 2.
		{"interleaved", line(0, 1, 2, 3, 13, 14), []int32{0, 1, 0, 1, 2, 2}, 2. / 6 * (9. / 10), []float64{0, 0, 9. / 10}, "joins no two rows: 2 of 3"},
		{"alike", line(0, 0, 3, 5), []int32{0, 0, 1, 1}, 2. / 4 * (1 + 1./3), []float64{1, 1. / 3}, ""},
	} {
		s := score(1, &Input{X: matrixOf(c.x), C: clusteringOf(c.labels)})
		check.Close(t, c.what, s.Value, c.want, 1e-14)
		for g, v := range c.segments {
			check.Close(t, fmt.Sprintf("%s, segment %d", c.what, g), s.PerSegment[g], v, 1e-14)
		}
		if said := strings.Join(s.Warnings, "; "); !strings.Contains(said, c.warning) || (said == "") != (c.warning == "") {
			t.Errorf("%s: %q", c.what, said)
		}
		if noise := slices.Contains(c.labels, -1); noise != (s.Noise == Exclude) {
			t.Errorf("%s: noise %q", c.what, s.Noise)
		}
	}
	wide := features.NewMatrix(dbcvTreeWideRows+1, make([]features.Column, dbcvTreeColumns), nil)
	for _, c := range []struct {
		m      int
		x      *features.Matrix
		labels []int32
		want   string
	}{
		{1, matrixOf(line(0, 1, 2, 9)), []int32{0, 0, 0, 1}, "more than one row; this run has 1"},
		{1, matrixOf(line(3, 3, 3, 3, 9)), []int32{0, 0, 1, 1, -1}, "are all alike"},
		{0, matrixOf(line(0, 1, 10, 12)), []int32{0, 0, 1, 1}, "min_samples is at least 1"},
		{5, wide, append(make([]int32, dbcvTreeWideRows-1), 1, 1), "at most 100000 rows, here 100001"},
	} {
		if s := score(c.m, &Input{X: c.x, C: clusteringOf(c.labels)}); !strings.Contains(s.Reason, c.want) {
			t.Errorf("%s, want %q", s.text(), c.want)
		}
	}
	if m, err := Lookup("relative_validity"); err != nil || m.Name != "dbcv_tree" {
		t.Error(m, err)
	}
}

// The order of rows, the names of segments and powers of two change no bit, not even among
// equal distances and equal rows, and at the ends of the range of numbers.
func TestDBCVTreeSameBits(t *testing.T) {
	for seed := range uint64(6) {
		in := checkInput(230, 2+int(seed%2)*40, 4, seed)
		if seed >= 2 { // a lattice
			in = mapped(in, func(v float64, _ int) float64 { return math.Round(v / 2) })
		}
		base := scoreOf(t, "dbcv_tree", in)
		if !base.Defined() {
			t.Fatal(base.Reason)
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		for what, other := range map[string]*Input{
			"rows in another order": reordered(in, rng.Perm(230)),
			"2^-990 times":          mapped(in, func(v float64, _ int) float64 { return math.Ldexp(v, -990) }),
			"2^1000 times":          mapped(in, func(v float64, _ int) float64 { return math.Ldexp(v, 1000) }),
		} {
			if s := scoreOf(t, "dbcv_tree", other); !sameBits(base, s) {
				t.Errorf("%s: %s, not %v", what, s.text(), base.Value)
			}
		}
		if s := scoreOf(t, "dbcv_tree", renamed(in, rng.Perm(in.C.K))); math.Abs(s.Value-base.Value) > 1e-14 {
			t.Errorf("renamed: %v, not %v", s.Value, base.Value)
		}
	}
}

// Against Kruskal's tree of all pairs, on few values with many ties.
func TestDBCVTreeByPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d, k := rapid.IntRange(6, 60).Draw(t, "n"), rapid.IntRange(1, 9).Draw(t, "d"), rapid.IntRange(2, 5).Draw(t, "k")
		values, m := rapid.SampledFrom([]int{2, 5, 1000}).Draw(t, "values"), rapid.IntRange(1, 70).Draw(t, "min_samples")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		x, labels := features.NewMatrix(n, make([]features.Column, d), nil), make([]int32, n)
		for i := range n {
			labels[i] = int32(min(i, k-1))
			if i >= 2*k {
				labels[i] = int32(rng.IntN(k+1)) - 1
			}
			for j := range d {
				x.Row(i)[j] = float64(rng.IntN(values))
			}
		}
		in := &Input{X: x, C: clusteringOf(labels), Noise: Exclude}
		s, err := (&DBCVTree{MinSamples: m}).Score(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Defined() {
			t.Skip(s.Reason)
		}
		p := newPartition("", in)
		y, label := dbcvTreeRowsOf(p, in)
		row := func(i int) []float64 { return y[i*d : (i+1)*d] }
		core := make([]float64, n)
		for i := range core {
			var all []float64
			for j := range n {
				all = append(all, kernel.Sq64(row(i), row(j)))
			}
			slices.Sort(all)
			core[i] = all[min(m, n)-1]
		}
		type edge struct {
			reach, sq float64
			a, b      int
		}
		var edges []edge
		for i := range n {
			for j := i + 1; j < n; j++ {
				sq := kernel.Sq64(row(i), row(j))
				edges = append(edges, edge{max(sq, core[i], core[j]), sq, i, j})
			}
		}
		slices.SortFunc(edges, func(e, f edge) int {
			return cmp.Or(cmp.Compare(e.reach, f.reach), cmp.Compare(e.sq, f.sq), cmp.Compare(e.a, f.a), cmp.Compare(e.b, f.b))
		})
		part, longest := make([]int, n), 0.0
		for i := range part {
			part[i] = i
		}
		inside, outside := slices.Repeat([]float64{-1}, p.k), slices.Repeat([]float64{math.Inf(1)}, p.k)
		for _, e := range edges {
			a, b := part[e.a], part[e.b]
			if a == b {
				continue
			}
			for i := range part {
				if part[i] == b {
					part[i] = a
				}
			}
			length := math.Sqrt(e.reach)
			longest = max(longest, length)
			switch g, h := label[e.a], label[e.b]; {
			case g < 0 || h < 0:
			case g == h:
				inside[g] = max(inside[g], length)
			default:
				outside[g], outside[h] = min(outside[g], length), min(outside[h], length)
			}
		}
		want := 0.0
		for g := range p.k {
			if math.IsInf(outside[g], 1) {
				outside[g] = 2 * longest
			}
			if p.size(g) > 1 && inside[g] >= 0 {
				want += float64(p.size(g)) * (outside[g] - inside[g]) / max(outside[g], inside[g]) / float64(n)
			}
		}
		if math.Abs(s.Value-want) > 1e-12 {
			t.Fatalf("%g, want %g", s.Value, want)
		}
	})
}

func BenchmarkDBCVTree(b *testing.B) {
	for _, c := range []struct{ n, d int }{{20_000, 4}, {20_000, 8}, {20_000, 30}, {100_000, 4}} {
		in := checkInput(c.n, c.d, 10, 1)
		b.Run(fmt.Sprintf("n=%d/d=%d/k=10", c.n, c.d), func(b *testing.B) {
			var s Score
			for b.Loop() {
				s, _ = (&DBCVTree{MinSamples: 5}).Score(context.Background(), in)
			}
			b.ReportMetric(s.Value, "dbcv_tree")
		})
	}
}

// An approximation of an index that votes gets no second vote, and families never share one.
func TestDBCVTreeDoesNotVote(t *testing.T) {
	a, b := pickOf("kmeans", nil, 0, 0, 0, 0, 1, 1, 1, 1), pickOf("gmm", nil, 0, 0, 0, 1, 1, 1, 1, 1)
	before := pickIt(t, pickAny, a, b)
	a.Scores["dbcv_tree"], b.Scores["dbcv_tree"] = -1, 1
	if after := pickIt(t, pickAny, a, b); !reflect.DeepEqual(before, after) {
		t.Errorf("with it %+v, without %+v", after, before)
	}
	of := map[string]string{}
	for _, v := range pickVoters {
		of[v.metric] = v.family
	}
	if _, votes := of["dbcv_tree"]; votes || of["dbcv"] != "density" || of["silhouette"] != "compact" {
		t.Errorf("families %v", of)
	}
}
