package near

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Every point has one place, every box holds the points of its run, and workers change
// nothing.
func TestRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(1, 6000).Draw(t, "n"), rapid.IntRange(1, 20).Draw(t, "d")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 5))
		offset := rapid.SampledFrom([]float64{0, 1e8}).Draw(t, "offset")
		grain := rapid.SampledFrom([]float64{0, 1, 3}).Draw(t, "grain")
		x := make([]float64, n*d)
		for i := range x {
			if x[i] = offset + r.NormFloat64(); grain > 0 { // many equal values
				x[i] = math.Round(x[i]/grain) * grain
			}
		}
		got, err := NewRuns(context.Background(), x, d, 1)
		if err != nil {
			t.Fatal(err)
		}
		other, err := NewRuns(context.Background(), x, d, 3)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Order, other.Order) || !slices.Equal(got.Short, other.Short) || !slices.Equal(got.Long, other.Long) {
			t.Fatal("3 workers: other runs")
		}
		seen := make([]bool, n)
		for p, i := range got.Order {
			if seen[i] {
				t.Fatalf("point %d has two places", i)
			}
			seen[i] = true
			short, long := got.Short[p/ShortRun*2*d:], got.Long[p/LongRun*2*d:]
			for j, v := range x[int(i)*d : int(i)*d+d] {
				if math.Abs(v-short[j]) > short[d+j] || math.Abs(v-long[j]) > long[d+j] {
					t.Fatalf("point %d at place %d is outside its boxes", i, p)
				}
			}
		}
	})
}

// Runs are compact: 64 of 2^14 points in the square have about the 2^-8 of its area.
func TestRunsCompact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 2<<14)
	for i := range x {
		x[i] = r.Float64()
	}
	got, err := NewRuns(context.Background(), x, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	area := 0.0
	for i := 0; i < len(got.Short); i += 4 {
		area += 4 * got.Short[i+2] * got.Short[i+3]
	}
	if area > 1.3 {
		t.Errorf("the boxes of the short runs cover the square %v times", area)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := NewRuns(ended, x, 2, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
}
