package cluster

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/mores-lab/mores/internal/kernel"
)

// Each row is drawn as often as the formula says, and for any centres the weighted inertia
// is that of all rows on average.
func TestCoreset(t *testing.T) {
	x, _ := gaussian(40, 2, 3, 6, 1)
	x.Weights = make([]float64, 40)
	for i := range x.Weights {
		x.Weights[i] = float64(i % 3)
	}
	mass, mean := 0.0, make([]float64, 2)
	for i, w := range x.Weights {
		mass += w
		for j, v := range x.Row(i) {
			mean[j] += w * v
		}
	}
	mean[0], mean[1] = mean[0]/mass, mean[1]/mass
	spread := 0.0
	for i, w := range x.Weights {
		spread += w * kernel.Sq(x.Row(i), mean)
	}
	center := [][]float64{{1, 2}, {-2, 0}}
	inertia := func(row []float64) float64 { return min(kernel.Sq(row, center[0]), kernel.Sq(row, center[1])) }
	want := 0.0
	for i, w := range x.Weights {
		want += w * inertia(x.Row(i))
	}
	const rounds, m = 4000, 10
	times, sumMass, sumInertia := make([]float64, 40), 0.0, 0.0
	for seed := range uint64(rounds) {
		c, err := Coreset(context.Background(), x, m, seed)
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		n, _ := c.Dims()
		for k := range n {
			for !slices.Equal(x.Row(at), c.Row(k)) {
				at++
			}
			q := x.Weights[at]/mass/2 + x.Weights[at]*kernel.Sq(x.Row(at), mean)/spread/2
			count := c.Weights[k] * m * q / x.Weights[at]
			if math.Abs(count-math.Round(count)) > 1e-9 || count < 0.5 {
				t.Fatalf("row %d weighs %v: drawn %v times", at, c.Weights[k], count)
			}
			times[at] += count / q
			sumMass += c.Weights[k]
			sumInertia += c.Weights[k] * inertia(c.Row(k))
		}
	}
	for i, w := range x.Weights {
		if got := times[i] / rounds / m; w == 0 && got != 0 || w > 0 && math.Abs(got-1) > 0.2 {
			t.Errorf("row %d is drawn %v times as often as it should", i, got)
		}
	}
	if got := sumMass / rounds / mass; math.Abs(got-1) > 0.01 {
		t.Errorf("the weights sum to %v of the rows'", got)
	}
	if got := sumInertia / rounds / want; math.Abs(got-1) > 0.01 {
		t.Errorf("the inertia is %v of the rows' on average", got)
	}
}

func TestCoresetWhole(t *testing.T) {
	x, _ := gaussian(30, 2, 3, 6, 1)
	x.IDs = slices.Repeat([]string{"a", "b", "c"}, 10)
	c, err := Coreset(context.Background(), x, 30, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Data(), x.Data()) || !slices.Equal(c.IDs, x.IDs) || !slices.Equal(c.Weights, slices.Repeat([]float64{1}, 30)) {
		t.Error("a coreset as large as the table is not the table")
	}
	if _, err := Coreset(context.Background(), x, 0, 1); err == nil {
		t.Error("a coreset of 0 rows: accepted")
	}
	y := checkMatrix(30, 2) // equal rows: q is uniform
	if c, err = Coreset(context.Background(), y, 5, 1); err != nil || math.Abs(sum(c.Weights)-30) > 1e-9 {
		t.Errorf("equal rows: %v, weights %v", err, c)
	}
}

// k-means on a coreset of 2 % of the rows comes within 3 % of k-means on all.
func TestCoresetKMeans(t *testing.T) {
	x, _ := gaussian(50_000, 5, 8, 6, 3)
	a := newBETULA(t, 8, 1000)
	a.Compress = "coreset"
	c, err := a.Fit(context.Background(), x, Run{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	full, err := (&KMeans{NClusters: 8, InitCenters: c.Centers, MaxIter: 300, Tol: 1e-4}).Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	if r := *c.Objective / *full.Objective; r > 1.03 || r < 1 {
		t.Errorf("inertia is %.4f of that of k-means on all rows from the same centres", r)
	}
}
