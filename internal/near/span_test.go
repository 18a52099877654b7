package near

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

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
	for round := range 300 {
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
	workers := 2
	if v := os.Getenv("MORES_WORKERS"); v != "" {
		if workers, err = strconv.Atoi(v); err != nil {
			b.Fatal(err)
		}
	}
	n, d := a.Shape[0], a.Shape[1]
	b.Run(fmt.Sprintf("n=%d,d=%d,min_samples=%d", n, d, m), func(b *testing.B) {
		var s *Spanning
		for b.Loop() {
			if s, err = Span(context.Background(), New(a.Data, d, workers), m, workers); err != nil {
				b.Fatal(err)
			}
		}
		weight := 0.0
		for _, v := range s.Length {
			weight += v
		}
		if math.IsNaN(weight) {
			b.Fatal("no weight")
		}
		b.ReportMetric(weight, "weight")
	})
}
