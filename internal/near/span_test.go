package near

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/check"
	"github.com/mores-lab/mores/internal/npy"
)

func sameSpanning(t *testing.T, what string, got, want *Spanning) {
	t.Helper()
	if got.N != want.N || got.MinSamples != want.MinSamples || len(got.Length) != len(want.Length) {
		t.Fatalf("%s: %d points, %d edges, min_samples %d; want %d, %d, %d", what, got.N, len(got.Length), got.MinSamples, want.N, len(want.Length), want.MinSamples)
	}
	for i := range want.Length {
		if got.A[i] != want.A[i] || got.B[i] != want.B[i] || got.Length[i] != want.Length[i] {
			t.Fatalf("%s: edge %d is %d–%d of length %v, want %d–%d of length %v", what, i, got.A[i], got.B[i], got.Length[i], want.A[i], want.B[i], want.Length[i])
		}
	}
	if !slices.Equal(got.Core, want.Core) {
		t.Fatalf("%s: core distances differ", what)
	}
}

func TestSpanEqualsPlain(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	rounds := 300
	if testing.Short() {
		rounds = 40 // under the race detector
	}
	for round := range rounds {
		n, d := 1+r.IntN(400), 1+r.IntN(9)
		x := points(r, n, d)
		switch round % 8 {
		case 1: // few places
			for i := range x {
				x[i] = float64(r.IntN(2))
			}
		case 2: // on a line
			for i := range n {
				for j := range d {
					x[i*d+j] = x[i*d]
				}
			}
		case 3: // far from the origin
			for i := range x {
				x[i] += 1e8
			}
		case 4: // squares vanish
			for i := range x {
				x[i] *= 1e-310
			}
		case 5: // squares overflow
			for i := range x {
				x[i] *= 1e200
			}
		}
		tree := New(x, d, 1)
		m := []int{0, 1, 2, 3, 5, 10, 20, 1 + r.IntN(n+3)}[r.IntN(8)]
		want, err := spanPlain(context.Background(), tree, m)
		if err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{1, 2, 8} {
			got, err := Span(context.Background(), tree, m, workers)
			if err != nil {
				t.Fatal(err)
			}
			sameSpanning(t, fmt.Sprintf("round %d, n = %d, d = %d, min_samples = %d, %d workers", round, n, d, m, workers), got, want)
		}
	}
}

// Against quitefastmst, SciPy and scikit-learn: eval/peers/span_expected.py.
func TestSpanExpected(t *testing.T) {
	text, err := os.ReadFile("testdata/span.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Trees []struct {
			Set                        string
			MinSamples                 int `json:"min_samples"`
			Weight, Brute, Scipy, Core float64
		}
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	sets := map[string]*Tree{}
	for _, w := range want.Trees {
		tree := sets[w.Set]
		if tree == nil {
			f, err := os.Open("../../cluster/testdata/" + w.Set + ".npy.gz")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			z, err := gzip.NewReader(f)
			if err != nil {
				t.Fatal(err)
			}
			a, err := npy.Read(z)
			if err != nil {
				t.Fatal(err)
			}
			tree = New(a.Data, a.Shape[1], 2)
			sets[w.Set] = tree
		}
		s, err := Span(context.Background(), tree, w.MinSamples, 2)
		if err != nil {
			t.Fatal(err)
		}
		what := fmt.Sprintf("%s, min_samples %d: ", w.Set, w.MinSamples)
		check.Close(t, what+"weight by quitefastmst's tree", total(s.Length), w.Weight, 1e-12)
		check.Close(t, what+"weight by its brute force", total(s.Length), w.Brute, 1e-12)
		check.Close(t, what+"weight by SciPy", total(s.Length), w.Scipy, 1e-12)
		if w.MinSamples > 1 {
			check.Close(t, what+"core distances", total(s.Core), w.Core, 1e-12)
		} else if s.Core != nil {
			t.Errorf("%sthere are core distances", what)
		}
	}
	if len(want.Trees) < 30 {
		t.Errorf("only %d trees", len(want.Trees))
	}
}

// total adds positive numbers with what rounding takes from each sum (Neumaier).
func total(x []float64) float64 {
	s, rest := 0.0, 0.0
	for _, v := range x {
		sum := s + v
		rest += min(s, v) - (sum - max(s, v))
		s = sum
	}
	return s + rest
}

// Any shape, ties, twins, offsets and vanishing squares: the fast tree is the plain one.
func TestSpanProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 12).Draw(t, "d")
		n := rapid.IntRange(1, 150).Draw(t, "n")
		levels := rapid.SampledFrom([]int{1, 2, 3, 10, 1000}).Draw(t, "levels")
		scale := rapid.SampledFrom([]float64{1, 0.1, 1e-160, 1e-310, 1e150, 1e200}).Draw(t, "scale")
		offset := rapid.SampledFrom([]float64{0, 1e8}).Draw(t, "offset")
		seed := rapid.Uint64().Draw(t, "seed")
		m := rapid.IntRange(0, n+2).Draw(t, "min_samples")
		workers := rapid.IntRange(1, 8).Draw(t, "workers")
		r := rand.New(rand.NewPCG(seed, 1))
		x := make([]float64, n*d)
		for i := range x {
			x[i] = float64(r.IntN(levels))*scale + offset
		}
		tree := New(x, d, 1)
		want, err := spanPlain(context.Background(), tree, m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Span(context.Background(), tree, m, workers)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want.Length {
			if got.A[i] != want.A[i] || got.B[i] != want.B[i] || got.Length[i] != want.Length[i] {
				t.Fatalf("edge %d is %d–%d of length %v, want %d–%d of length %v", i, got.A[i], got.B[i], got.Length[i], want.A[i], want.B[i], want.Length[i])
			}
		}
		if len(got.A) != n-1 || !slices.Equal(got.Core, want.Core) {
			t.Fatal("the number of edges or core distances differ")
		}
	})
}

// Larger sets, in which whole nodes are cleared and large components wait, for several
// workers: all the same, and as light as the plain tree.
func TestSpanOfManyPoints(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 3))
	for _, c := range []struct{ n, d, m, groups int }{{6000, 2, 1, 3}, {6000, 2, 12, 7}, {4000, 3, 1, 1}, {4000, 5, 30, 4}, {3000, 9, 5, 2}, {3000, 20, 1, 2}} {
		if testing.Short() {
			c.n /= 4
		}
		x := make([]float64, c.n*c.d)
		for i := range c.n {
			g := i % c.groups
			for j := range c.d {
				x[i*c.d+j] = float64(30*g) + r.NormFloat64()
			}
			if i%50 == 49 { // some twice
				copy(x[i*c.d:(i+1)*c.d], x[(i-c.groups)*c.d:])
			}
		}
		tree := New(x, c.d, 2)
		want, err := spanPlain(context.Background(), tree, c.m)
		if err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{1, 2, 8} {
			if testing.Short() && workers != 2 {
				continue
			}
			got, err := Span(context.Background(), tree, c.m, workers)
			if err != nil {
				t.Fatal(err)
			}
			sameSpanning(t, fmt.Sprintf("%+v, %d workers", c, workers), got, want)
		}
	}
}

// All in few places: the plain tree is out of reach, but its weight is known.
func TestSpanOfTwins(t *testing.T) {
	const n, side = 60_000, 4
	x := make([]float64, 2*n)
	for i := range n {
		x[2*i], x[2*i+1] = float64(i%side), float64(i/side%side)
	}
	for _, m := range []int{1, 10, n/side/side + 1} {
		s, err := Span(context.Background(), New(x, 2, 2), m, 2)
		if err != nil {
			t.Fatal(err)
		}
		want := float64(side*side - 1)
		if m > n/side/side { // every core distance is that to the next place
			want = n - 1
		}
		if got := total(s.Length); got != want {
			t.Errorf("min_samples %d: weight %v, want %v", m, got, want)
		}
	}
}

// What is on the way is given up when the context ends.
func TestSpanEndsWithItsContext(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 4))
	tree := New(points(r, 5000, 3), 3, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Span(ctx, tree, 5, 2); err == nil {
		t.Error("no error")
	}
}

// BenchmarkMST builds the tree, the core distances and the spanning tree of the npy file
// that MORES_NPY names, for MORES_MIN_SAMPLES (1 if it is not set).
func BenchmarkMST(b *testing.B) {
	path := os.Getenv("MORES_NPY")
	if path == "" {
		b.Skip("MORES_NPY names no file")
	}
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	a, err := npy.Read(bufio.NewReader(f))
	if err != nil {
		b.Fatal(err)
	}
	m := 1
	if v := os.Getenv("MORES_MIN_SAMPLES"); v != "" {
		if m, err = strconv.Atoi(v); err != nil {
			b.Fatal(err)
		}
	}
	workers := runtime.GOMAXPROCS(0)
	n, d := a.Shape[0], a.Shape[1]
	b.Run(fmt.Sprintf("n=%d,d=%d,min_samples=%d", n, d, m), func(b *testing.B) {
		var s *Spanning
		for b.Loop() {
			if s, err = Span(context.Background(), New(a.Data, d, workers), m, workers); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(total(s.Length), "weight")
		b.Logf("weight=%.17g", total(s.Length))
	})
}
