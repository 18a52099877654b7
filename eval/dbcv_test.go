package eval

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
	"github.com/mores-lab/mores/internal/kernel"
)

// The definition in extended precision, and two packages where they break ties alike
// (peers/dbcv_expected.py says how they differ).
func TestDBCV(t *testing.T) {
	b, err := os.ReadFile("testdata/dbcv.json")
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Sets []struct {
			Name            string
			X               [][]float64
			Labels          []int32
			Value           float64
			Segments        []float64
			FelSiq, Hdbscan *float64
		}
	}
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	packages := 0
	for _, c := range e.Sets {
		s := scoreOf(t, "dbcv", &Input{X: matrixOf(c.X), C: clusteringOf(c.Labels)})
		if !s.Defined() || len(s.PerSegment) != len(c.Segments) {
			t.Errorf("%s: %s, %d segments", c.Name, s.text(), len(s.PerSegment))
			continue
		}
		check.Close(t, c.Name, s.Value, c.Value, 1e-11)
		for g, v := range c.Segments {
			check.Close(t, fmt.Sprintf("%s, segment %d", c.Name, g), s.PerSegment[g], v, 1e-11)
		}
		for name, v := range map[string]*float64{"FelSiq's": c.FelSiq, "hdbscan's": c.Hdbscan} {
			if v != nil {
				packages++
				check.Close(t, c.Name+", "+name, s.Value, *v, 1e-7)
			}
		}
	}
	if len(e.Sets) < 10 || packages < 15 {
		t.Errorf("%d sets, %d values of packages", len(e.Sets), packages)
	}
}

func TestDBCVByHand(t *testing.T) {
	line := func(v ...float64) (rows [][]float64) {
		for _, v := range v {
			rows = append(rows, []float64{v})
		}
		return rows
	}
	for _, c := range []struct {
		what     string
		x        [][]float64
		labels   []int32
		want     float64
		segments []float64
	}{
		// D = 1 and 2, the gap is 9.
		{"pairs", line(0, 1, 10, 12), []int32{0, 0, 1, 1}, 5. / 6, []float64{8. / 9, 7. / 9}},
		{"a row of noise", line(0, 1, 10, 12, 5), []int32{0, 0, 1, 1, -1}, 2. / 3, []float64{8. / 9, 7. / 9}},
		{"a row alone", line(5, 0, 1, 10, 12), []int32{0, 1, 1, 2, 2}, 2. / 3, []float64{0, 8. / 9, 7. / 9}},
		// a = 3/2, 4/3, 12/5: the tree is 0–1–3, 1 is inner, D = 12/5 and the gap 9.
		{"one inner row", line(0, 1, 3, 10, 11), []int32{0, 0, 0, 1, 1}, 179. / 225, []float64{11. / 15, 8. / 9}},
		// 1–10 is the inner edge, 9 long; 5 and 6 lie 4 from it.
		{"around another", line(0, 1, 10, 11, 5, 6), []int32{0, 0, 0, 0, 1, 1}, -13. / 108, []float64{-5. / 9, 3. / 4}},
		// a(0) = (1/2)⁻¹: the other 0 adds nothing and counts; D = 2 without inner edges.
		{"duplicates", line(0, 0, 1, 5, 5), []int32{0, 0, 0, 1, 1}, 19. / 25, []float64{3. / 5, 1}},
		{"two features", [][]float64{{0, 0}, {3, 4}, {0, 12}, {0, 14}}, []int32{0, 0, 1, 1}, 1 - 3.5/math.Sqrt(73), []float64{1 - 5/math.Sqrt(73), 1 - 2/math.Sqrt(73)}},
	} {
		for _, policy := range []NoisePolicy{"", Exclude, Singletons, OneCluster} {
			s := scoreOf(t, "dbcv", &Input{X: matrixOf(c.x), C: clusteringOf(c.labels), Noise: policy})
			check.Close(t, c.what, s.Value, c.want, 1e-14)
			for g, v := range c.segments {
				check.Close(t, fmt.Sprintf("%s, segment %d", c.what, g), s.PerSegment[g], v, 1e-14)
			}
			if noise := slices.Contains(c.labels, -1); noise != (s.Noise == Exclude) || !noise && s.Noise != "" {
				t.Errorf("%s: noise %q", c.what, s.Noise)
			}
			if (len(s.Warnings) > 0) != (c.what == "a row alone") {
				t.Errorf("%s: %q", c.what, s.Warnings)
			}
		}
	}
	for _, c := range []struct {
		x      [][]float64
		labels []int32
		want   string
	}{
		{line(0, 1, 2, 9), []int32{0, 0, 0, 1}, "more than one row; this run has 1"},
		{line(3, 3, 3, 3, 9), []int32{0, 0, 1, 1, -1}, "segment 1 are all alike"},
		{line(make([]float64, dbcvRows+1)...), append(make([]int32, dbcvRows-1), 1, 1), "at most 50000 rows, here 50001"},
	} {
		if s := scoreOf(t, "dbcv", &Input{X: matrixOf(c.x), C: clusteringOf(c.labels)}); !strings.Contains(s.Reason, c.want) {
			t.Errorf("%s, want %q", s.text(), c.want)
		}
	}
}

// The order of rows and powers of two change no bit, not even among equal distances and at
// the ends of the range of numbers, and many features need no more range.
func TestDBCVSameBits(t *testing.T) {
	for seed := range uint64(6) {
		in := checkInput(230, 2+int(seed%2)*500, 4, seed)
		if seed >= 2 { // a lattice
			in = mapped(in, func(v float64, _ int) float64 { return math.Round(v) })
		}
		base := scoreOf(t, "dbcv", in)
		if !base.Defined() {
			t.Fatal(base.Reason)
		}
		other := reordered(in, rand.New(rand.NewPCG(seed, 1)).Perm(230))
		if s := scoreOf(t, "dbcv", other); !sameBits(base, s) {
			t.Errorf("reordered: %v, not %v", s.Value, base.Value)
		}
		for _, e := range []int{-990, 3, 1015} {
			if s := scoreOf(t, "dbcv", mapped(in, func(v float64, _ int) float64 { return math.Ldexp(v, e) })); !sameBits(base, s) {
				t.Errorf("times 2^%d: %s, not %v", e, s.text(), base.Value)
			}
		}
	}
}

// Each part against its definition over all pairs, on few values with many ties.
func TestDBCVParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d, k := rapid.IntRange(6, 90).Draw(t, "n"), rapid.IntRange(1, 9).Draw(t, "d"), rapid.IntRange(2, 5).Draw(t, "k")
		values := rapid.SampledFrom([]int{2, 5, 1000}).Draw(t, "values")
		offset := rapid.SampledFrom([]float64{0, 1e8}).Draw(t, "offset")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		x, labels := features.NewMatrix(n, make([]features.Column, d), nil), make([]int32, n)
		for i := range n {
			labels[i] = int32(min(i, k-1))
			if i >= 2*k {
				labels[i] = int32(rng.IntN(k))
			}
			for j := range d {
				x.Row(i)[j] = offset + float64(rng.IntN(values))
			}
		}
		in := &Input{X: x, C: clusteringOf(labels), Workers: 1}
		p := newPartition("DBCV", in)
		if p.reason != "" {
			t.Skip(p.reason)
		}
		r := newDBCVRun(context.Background(), p, in)
		r.cores()
		r.trees()
		r.separations()
		sq := func(i, j int) float64 { return kernel.Sq64(r.row(i), r.row(j)) }
		reach := func(i, j int) float64 { return max(sq(i, j), r.core[i], r.core[j]) }
		for g := range p.k {
			from, to := p.start[g], p.start[g+1]
			dbcvCores(t, r, from, to)
			if to-from == 1 {
				if r.inner[from] || r.core[from] != 0 {
					t.Fatal("a row alone is inner")
				}
				continue
			}
			// Kruskal's tree.
			var edges, want []dbcvEdge
			part := make([]int, n)
			for i := from; i < to; i++ {
				part[i] = i
				for j := i + 1; j < to; j++ {
					edges = append(edges, dbcvEdge{reach(i, j), sq(i, j), int32(i), int32(j)})
				}
			}
			byLength := func(e, f dbcvEdge) int {
				return cmp.Or(cmp.Compare(e.reach, f.reach), cmp.Compare(e.sq, f.sq), cmp.Compare(e.a, f.a), cmp.Compare(e.b, f.b))
			}
			slices.SortFunc(edges, byLength)
			for _, e := range edges {
				a, b := part[e.a], part[e.b]
				if a == b {
					continue
				}
				want = append(want, e)
				for i := from; i < to; i++ {
					if part[i] == b {
						part[i] = a
					}
				}
			}
			got := r.tree(from, to-from)
			slices.SortFunc(got, byLength)
			if !slices.Equal(got, want) {
				t.Fatalf("tree %v, want %v", got, want)
			}
			least := math.Inf(1)
			for i := from; i < to; i++ {
				for j := range p.kept() {
					if r.inner[i] && r.inner[j] && (j < from || j >= to) {
						least = min(least, reach(i, j))
					}
				}
			}
			if r.separation[g] != least {
				t.Fatalf("separation %g, want %g", r.separation[g], least)
			}
		}
	})
}

// dbcvCores compares core distances with logarithms' sums.
func dbcvCores(t *rapid.T, r *dbcvRun, from, to int) {
	half := float64(r.d) / 2
	for i := from; i < to; i++ {
		var logs []float64
		for j := from; j < to; j++ {
			if s := kernel.Sq64(r.row(i), r.row(j)); s > 0 {
				logs = append(logs, -half*math.Log(s))
			}
		}
		want := 0.0
		if len(logs) > 0 {
			top, sum := slices.Max(logs), 0.0
			for _, l := range logs {
				sum += math.Exp(l - top)
			}
			want = math.Exp(-(top + math.Log(sum/float64(to-from-1))) / half)
		}
		if got := r.core[i]; !(math.Abs(got-want) <= 1e-11*want) {
			t.Fatalf("core %g, want %g", got, want)
		}
	}
}

// k=1 is all rows in one segment but two, which is the most work.
func BenchmarkDBCV(b *testing.B) {
	for _, c := range []struct{ n, d, k int }{{5_000, 8, 10}, {20_000, 8, 10}, {20_000, 30, 10}, {20_000, 8, 1}, {50_000, 8, 10}} {
		in := checkInput(c.n, c.d, max(c.k, 2), 1)
		if c.k == 1 {
			labels := make([]int32, c.n)
			labels[0], labels[1] = 1, 1
			in.C = clusteringFrom(labels)
		}
		b.Run(fmt.Sprintf("n=%d/d=%d/k=%d", c.n, c.d, c.k), func(b *testing.B) {
			var s Score
			for b.Loop() {
				s, _ = (&DBCV{}).Score(context.Background(), in)
			}
			b.ReportMetric(s.Value, "dbcv")
		})
	}
}
