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
