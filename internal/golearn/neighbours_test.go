package golearn

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The distances of golearn's neighbours are those of trying every row, also where rows
// are equal.
func TestNeighboursAreTheNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, d := range []int{1, 2, 7} {
		const n, k = 150, 9
		x := make([]float64, n*d)
		for i := range x {
			x[i] = rng.NormFloat64()
			if d < 3 {
				x[i] = math.Round(2 * x[i]) // many rows are equal
			}
		}
		far := func(i, j int) float64 {
			s := 0.0
			for c := range d {
				s += (x[i*d+c] - x[j*d+c]) * (x[i*d+c] - x[j*d+c])
			}
			return math.Sqrt(s)
		}
		got, err := Neighbours(context.Background(), x, d, k)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			var want, have []float64
			for j := range n {
				if j != i {
					want = append(want, far(i, j))
				}
			}
			slices.Sort(want)
			for _, j := range got[i] {
				if int(j) == i {
					t.Fatalf("row %d is its own neighbour", i)
				}
				have = append(have, far(i, int(j)))
			}
			for r := range k {
				if math.Abs(have[r]-want[r]) > 1e-12 {
					t.Fatalf("d = %d, row %d: neighbour %d is %g away, the nearest %g", d, i, r, have[r], want[r])
				}
			}
		}
	}
}

func TestNeighboursRefuses(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	for name, f := range map[string]func() error{
		"k":       func() error { _, err := Neighbours(ctx, make([]float64, 6), 2, 3); return err },
		"shape":   func() error { _, err := Neighbours(ctx, make([]float64, 5), 2, 1); return err },
		"missing": func() error { _, err := Neighbours(ctx, []float64{1, math.NaN(), 3}, 1, 1); return err },
		"rows":    func() error { _, err := Neighbours(ctx, make([]float64, MaxNeighbourRows+1), 1, 1); return err },
	} {
		if f() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	cancel()
	if _, err := Neighbours(ctx, make([]float64, 6), 2, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
