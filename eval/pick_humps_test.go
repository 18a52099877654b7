package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestUnstepped: values keep their order, and none occurs twice but where all are one.
func TestUnstepped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Map(rapid.IntRange(-40, 40), func(i int) float64 { return float64(i) }), 4, 60).Draw(t, "x")
		var rows [][]float64
		for _, v := range x {
			rows = append(rows, []float64{v})
		}
		u := unstepped(apartRows(rows)).Data()
		one := slices.Min(x) == slices.Max(x)
		for i, v := range u {
			for j, w := range u {
				if x[i] < x[j] && v >= w || !one && i != j && v == w {
					t.Fatalf("%v unstepped %v", x, u)
				}
			}
		}
	})
}

// TestTwoHumpsIsTheDipTest: of simulated p and tabled limit, where p is clear.
func TestTwoHumpsIsTheDipTest(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	both := map[bool]int{}
	for _, n := range []int{4, 9, 33, 140, 700} {
		for i := range 12 {
			x := make([]float64, n)
			for j := range x {
				x[j] = rng.NormFloat64() + float64(j%2*i)*0.4
			}
			slices.Sort(x)
			d, err := NewDipTest(context.Background(), x, 1)
			if err != nil {
				t.Fatal(err)
			}
			if d.P > 0.03 && d.P < 0.08 {
				continue
			}
			both[d.P < 0.05]++
			if twoHumps(x) != (d.P < 0.05) {
				t.Errorf("%d values: p = %v, two humps %v", n, d.P, twoHumps(x))
			}
		}
	}
	if both[true] < 10 || both[false] < 10 {
		t.Errorf("%v", both)
	}
}

// TestTwoHumps: one hump is taken for two in 5 % of samples at most, also where values are
// counts or many are 0; two humps four standard deviations apart are seen.
func TestTwoHumps(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	const draws = 400
	for _, c := range []struct {
		name     string
		n        int
		lo, hi   float64 // share of samples
		draw     func() float64
		fromHalf func() float64
	}{
		{"uniform", 60, 0.02, 0.08, rng.Float64, nil},
		{"uniform", 700, 0.02, 0.08, rng.Float64, nil},
		{"normal", 100, 0, 0.02, rng.NormFloat64, nil},
		{"exponential", 100, 0, 0.05, rng.ExpFloat64, nil},
		{"answers", 200, 0, 0.05, func() float64 { return math.Round(3 + 0.9*rng.NormFloat64()) }, nil},
		{"counts", 200, 0, 0.05, func() float64 { return math.Floor(3 * rng.ExpFloat64()) }, nil},
		{"two", 200, 0.95, 1, rng.NormFloat64, func() float64 { return 4 + rng.NormFloat64() }},
		{"two answers", 200, 0.95, 1, func() float64 { return math.Round(rng.NormFloat64()) }, func() float64 { return math.Round(6 + rng.NormFloat64()) }},
	} {
		seen := 0
		for range draws {
			x := make([]float64, c.n)
			for i := range x {
				if x[i] = c.draw(); c.fromHalf != nil && i >= c.n/2 {
					x[i] = c.fromHalf()
				}
			}
			rows := make([][]float64, c.n)
			for i, v := range x {
				rows[i] = []float64{v}
			}
			if twoHumps(unstepped(apartRows(rows)).Data()) {
				seen++
			}
		}
		if share := float64(seen) / draws; share < c.lo || share > c.hi {
			t.Errorf("%s of %d: %v of the samples, want %v to %v", c.name, c.n, share, c.lo, c.hi)
		}
	}
	if twoHumps([]float64{0, 9, 9}) {
		t.Error("three values")
	}
}
