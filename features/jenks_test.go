package features

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// jenksSS is the sum of squares about the class means that breaks leave.
func jenksSS(xs, breaks []float64) float64 {
	classes := make([][]float64, len(breaks)+1)
	for _, x := range xs {
		k := 0
		for _, b := range breaks {
			if x > b {
				k++
			}
		}
		classes[k] = append(classes[k], x)
	}
	var s float64
	for _, c := range classes {
		if len(c) > 0 {
			_, sd := meanSD(c, 0)
			s += sd * sd * float64(len(c))
		}
	}
	return s
}

// TestJenksPeer: the optimum of a plain dynamic program, and the breaks of jenkspy,
// whose list has the smallest and the largest value besides.
func TestJenksPeer(t *testing.T) {
	for _, s := range expectProcess(t).Jenks {
		for _, c := range s.Classes {
			got := Jenks(s.Xs, c.K)
			what := fmt.Sprintf("%s in %d", s.Name, c.K)
			check.Close(t, what, jenksSS(s.Xs, got), c.SS, 1e-9)
			if want := c.Breaks[1:c.K]; !slices.Equal(got, want) {
				t.Errorf("%s: breaks %v, want %v", what, got, want)
			}
		}
	}
}

// TestJenksBruteForce: against every way to cut.
func TestJenksBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	for range 300 {
		n := 1 + rng.IntN(12)
		xs := make([]float64, n)
		for i := range xs {
			xs[i] = float64(rng.IntN(15)) + 1e6*float64(rng.IntN(2))
		}
		slices.Sort(xs)
		distinct := slices.Compact(slices.Clone(xs))
		k := 1 + rng.IntN(5)
		best := math.Inf(1)
		var try func(from int, breaks []float64)
		try = func(from int, breaks []float64) {
			best = min(best, jenksSS(xs, breaks))
			if len(breaks) == k-1 {
				return
			}
			for i := from; i < len(distinct)-1; i++ {
				try(i+1, append(slices.Clone(breaks), distinct[i]))
			}
		}
		try(0, nil)
		got := Jenks(xs, k)
		if want := min(k, len(distinct)) - 1; len(got) != max(want, 0) || !slices.IsSorted(got) {
			t.Fatalf("%v in %d: breaks %v", xs, k, got)
		}
		check.Close(t, fmt.Sprint(xs, k), jenksSS(xs, got), best, 1e-9)
	}
	if got := Jenks(nil, 3); got != nil {
		t.Errorf("breaks of nothing: %v", got)
	}
}

// TestJenksMoves: a shift and a scale of the values move the breaks alike.
func TestJenksMoves(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	xs := make([]float64, 500)
	for i := range xs {
		xs[i] = math.Exp(rng.NormFloat64())
	}
	slices.Sort(xs)
	moved := make([]float64, len(xs))
	for i, x := range xs {
		moved[i] = 8*x + 16
	}
	a, b := Jenks(xs, 5), Jenks(moved, 5)
	for i := range a {
		check.Close(t, "moved break", b[i], 8*a[i]+16, 1e-12)
	}
}

func BenchmarkJenks200k5(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 3))
	xs := make([]float64, 200_000)
	for i := range xs {
		xs[i] = math.Exp(rng.NormFloat64())
	}
	slices.Sort(xs)
	for b.Loop() {
		Jenks(xs, 5)
	}
}
