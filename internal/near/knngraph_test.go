package near

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/npy"
)

// BenchmarkKNN builds the tree and finds the MORES_K (10) nearest others of all points of
// the npy file that MORES_NPY names, or of generated ones.
func BenchmarkKNN(b *testing.B) {
	k := 10
	if s := os.Getenv("MORES_K"); s != "" {
		var err error
		if k, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	n, d, x := 20_000, 4, []float64(nil)
	if path := os.Getenv("MORES_NPY"); path != "" {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		a, err := npy.Read(bufio.NewReader(f))
		if err != nil {
			b.Fatal(err)
		}
		n, d, x = a.Shape[0], a.Shape[1], a.Data
	} else {
		r := rand.New(rand.NewPCG(1, 6))
		x = make([]float64, n*d)
		for i := range x {
			x[i] = r.NormFloat64()
		}
	}
	workers := runtime.GOMAXPROCS(0)
	b.Run(fmt.Sprintf("build/n=%d,d=%d", n, d), func(b *testing.B) {
		for b.Loop() {
			New(x, d, workers)
		}
	})
	var g *Graph
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			var err error
			if g, err = New(x, d, workers).KNNAll(context.Background(), k, workers); err != nil {
				b.Fatal(err)
			}
		}
		total := 0.0
		for _, v := range g.Sq {
			total += math.Sqrt(v)
		}
		b.Log(g.How)
		b.Logf("weight=%.17g", total)
	})
	b.Run("kth", func(b *testing.B) {
		t := New(x, d, workers)
		for b.Loop() {
			if _, err := t.KthAll(context.Background(), k, workers); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// drawn makes points with what breaks neighbour searches: ties, duplicates, far offsets,
// denormals, single columns and rows.
func drawn(t *rapid.T, most int) (x []float64, n, d int) {
	n, d = rapid.IntRange(1, most).Draw(t, "n"), rapid.IntRange(1, 9).Draw(t, "d")
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	offset := rapid.SampledFrom([]float64{0, 1e8, -1e200}).Draw(t, "offset")
	kind := rapid.SampledFrom([]string{"cloud", "grid", "one point", "denormal"}).Draw(t, "kind")
	x = make([]float64, n*d)
	for i := range x {
		switch kind {
		case "cloud":
			x[i] = offset + r.NormFloat64()
		case "grid":
			x[i] = offset + float64(r.IntN(4))
		case "one point":
			x[i] = offset
		default:
			x[i] = float64(r.IntN(5)) * 5e-324
		}
	}
	return x, n, d
}

type neighbour struct {
	sq float64
	i  int32
}

// neighbours is the definition: all others by distance and number.
func neighbours(x []float64, n, d, i int) []neighbour {
	var all []neighbour
	for j := range n {
		if j != i {
			all = append(all, neighbour{kernel.Sq64(x[i*d:i*d+d], x[j*d:j*d+d]), int32(j)})
		}
	}
	slices.SortFunc(all, func(a, b neighbour) int { return cmp.Or(cmp.Compare(a.sq, b.sq), cmp.Compare(a.i, b.i)) })
	return all
}

func TestKNNAllEqualsSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n, d := drawn(t, 200)
		k := rapid.IntRange(1, 20).Draw(t, "k")
		workers := rapid.IntRange(0, 3).Draw(t, "workers")
		tree := New(x, d, workers)
		g, err := tree.KNNAll(context.Background(), k, workers)
		if err != nil {
			t.Fatal(err)
		}
		kth, err := tree.KthAll(context.Background(), k, workers)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			all := neighbours(x, n, d, i)
			for j := range k {
				want := neighbour{math.Inf(1), -1}
				if j < len(all) {
					want = all[j]
				}
				if got := (neighbour{g.Sq[i*k+j], g.Index[i*k+j]}); got != want {
					t.Fatalf("point %d, neighbour %d of %d: %v, want %v", i, j, k, got, want)
				}
			}
			if kth[i] != g.Sq[i*k+k-1] {
				t.Fatalf("point %d: k-th at %g, want %g", i, kth[i], g.Sq[i*k+k-1])
			}
		}
	})
}

// looked is a context that counts how often it is looked at and ends at the n-th look.
type looked struct {
	context.Context
	looks, end int
}

func (c *looked) Err() error {
	if c.looks++; c.looks >= c.end {
		return context.Canceled
	}
	return nil
}

// The tree and brute force give the same bits.
func TestBruteEqualsTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n, d := drawn(t, 400)
		k, workers := rapid.IntRange(1, 40).Draw(t, "k"), rapid.IntRange(1, 3).Draw(t, "workers")
		tree := New(x, d, 1)
		s := tree.newScreen(workers)
		if s == nil {
			return // squares beyond float64
		}
		index, sq := make([]int32, n*k), make([]float64, n*k)
		put := func(p int, i []int32, v []float64) {
			copy(index[p*k:], i)
			copy(sq[p*k:], v)
		}
		if err := tree.eachKNN(context.Background(), k, workers, put); err != nil {
			t.Fatal(err)
		}
		want, wantSq := slices.Clone(index), slices.Clone(sq)
		clear(index)
		if err := tree.eachBrute(context.Background(), s, k, workers, put); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(index, want) || !slices.Equal(sq, wantSq) {
			t.Fatal("brute force and the tree differ")
		}
	})
}

// The float32 limit is above the float32 sum of every pair that is near enough.
func TestScreenLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n, d := drawn(t, 64)
		tree := New(x, d, 1)
		s := tree.newScreen(1)
		if s == nil {
			return
		}
		for p := range n {
			for q := range n {
				var limits [leafSize]float32
				for l := range limits {
					limits[l] = -1
				}
				limits[p%leafSize] = s.limit(p, kernel.Sq64(tree.Point(p), tree.Point(q)))
				if kernel.LeafScreen(d, s.leaf(p/leafSize), s.leaf(q/leafSize), &limits) == 0 {
					t.Fatalf("place %d is screened from %d", p, q)
				}
			}
		}
	})
}

// Many columns of noise are searched by brute force, few or structured ones by the tree.
func TestChoice(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	for _, c := range []struct {
		n, d, rank int // rank = columns that vary by themselves
		brute      bool
	}{{3000, 30, 30, true}, {3000, 30, 2, false}, {3000, 3, 3, false}, {100, 30, 30, false}} {
		x := make([]float64, c.n*c.d)
		for i := range x {
			if j := i % c.d; j < c.rank {
				x[i] = r.NormFloat64()
			} else {
				x[i] = x[i-c.rank] / 2
			}
		}
		tree := New(x, c.d, 1)
		got, err := tree.choose(context.Background(), 10)
		if err != nil || got.brute != c.brute || got.how == "" {
			t.Errorf("n = %d, d = %d, rank %d: %+v, %v", c.n, c.d, c.rank, got, err)
		}
		g, err := tree.KNNAll(context.Background(), 10, 2)
		if err != nil || g.How != got.how {
			t.Errorf("n = %d, d = %d, rank %d: %q, %v, want %q", c.n, c.d, c.rank, g.How, err, got.how)
		}
	}
}

// Nowhere are more than 2²² distances computed between two looks at the context, and an
// ended one ends the search.
func TestKNNLooks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 8))
	const n, d, k = 9000, 20, 5
	x := make([]float64, n*d)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	tree := New(x, d, 2)
	nothing := func(int, []int32, []float64) {}
	for name, search := range map[string]func(context.Context) error{
		"tree":  func(ctx context.Context) error { return tree.eachKNN(ctx, k, 1, nothing) },
		"brute": func(ctx context.Context) error { return tree.eachBrute(ctx, tree.newScreen(1), k, 1, nothing) },
	} {
		ctx := &looked{Context: context.Background(), end: math.MaxInt}
		if err := search(ctx); err != nil {
			t.Fatal(err)
		}
		if least := n * n / (1 << 22) / 2; ctx.looks < least { // about half of all pairs are met at least
			t.Errorf("%s: %d looks for %d distances", name, ctx.looks, n*n)
		}
		ctx = &looked{Context: context.Background(), end: 3}
		if err := search(ctx); err == nil || ctx.looks > 6 {
			t.Errorf("%s: error %v after %d looks", name, err, ctx.looks)
		}
	}
}
