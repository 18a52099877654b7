package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

func dependenceOf(t *testing.T, x *features.Matrix, seed uint64) *Dependence {
	t.Helper()
	d, err := NewDependence(context.Background(), x, seed)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The statistic by SciPy, ties among them.
func TestDependence(t *testing.T) {
	for _, c := range readTendency(t).Ranks {
		d := dependenceOf(t, matrixOf(c.X), 1)
		check.Close(t, c.Name, d.Value, c.Value, 1e-12)
		check.Close(t, c.Name+", expected", d.Expected, 1/float64(len(c.X)-1), 0)
		if want := c.Name != "independent"; (d.P <= 0.01) != want {
			t.Errorf("%s: p = %g", c.Name, d.P)
		}
	}
	// By any monotone change of a column, and for a column with one value besides, the same.
	x := tendencyDraw(80, 3, 2, 1, 4)
	rows := make([][]float64, 80)
	for i := range rows {
		r := x.Row(i)
		rows[i] = []float64{math.Exp(r[0]), -r[1], r[2] * r[2] * r[2], 5}
	}
	a, b := dependenceOf(t, x, 2), dependenceOf(t, matrixOf(rows), 2)
	check.Close(t, "monotone", b.Value, a.Value, 1e-14)
	if a.P != b.P || b.Columns != 3 {
		t.Errorf("p %g and %g, %d columns", a.P, b.P, b.Columns)
	}
	for what, rows := range map[string][][]float64{"one column": {{1}, {2}, {3}}, "two rows": {{1, 2}, {2, 1}}, "constant": {{1, 2}, {1, 3}, {1, 4}}} {
		if d := dependenceOf(t, matrixOf(rows), 1); d.Reason == "" || d.P != 1 {
			t.Errorf("%s: %+v", what, d)
		}
	}
	if _, err := NewDependence(context.Background(), matrixOf([][]float64{{1, math.NaN()}}), 1); err == nil || !strings.Contains(err.Error(), "row 0") {
		t.Error(err)
	}
}

// p is the share of all orders of five rows that reach the value, which is what shuffling estimates.
func TestDependenceByAllOrders(t *testing.T) {
	rows := [][]float64{{1, 2}, {2, 1}, {3, 3}, {4, 5}, {5, 4}}
	d := dependenceOf(t, matrixOf(rows), 3)
	first, second := []float64{1, 2, 3, 4, 5}, []float64{2, 1, 3, 5, 4}
	unitRanks(first)
	unitRanks(second)
	check.Close(t, "ρ²", d.Value, 0.64, 1e-14) // 1 − 6·4/120
	reached, all := 0, 0
	var orders func(k int)
	v := slices.Clone(second)
	orders = func(k int) {
		if k == len(v) {
			all++
			if r := dot(first, v); r*r >= d.Value-1e-12 {
				reached++
			}
			return
		}
		for i := k; i < len(v); i++ {
			v[k], v[i] = v[i], v[k]
			orders(k + 1)
			v[k], v[i] = v[i], v[k]
		}
	}
	orders(0)
	p := float64(reached) / float64(all)
	sum := 0.0
	const seeds = 100
	for seed := range uint64(seeds) {
		sum += dependenceOf(t, matrixOf(rows), seed).P
	}
	if got := sum / seeds; all != 120 || math.Abs(got-p) > 0.03 {
		t.Errorf("p averages %g, by all %d orders %g", got, all, p)
	}
}

// Where columns are independent, p ≤ α as often as α says.
func TestDependenceLevel(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	const sets = 300
	low := 0
	for i := range sets {
		rows := make([][]float64, 40)
		for r := range rows {
			rows[r] = []float64{rng.NormFloat64(), rng.ExpFloat64(), float64(rng.IntN(4))}
		}
		if dependenceOf(t, matrixOf(rows), uint64(i)).P <= 0.1 {
			low++
		}
	}
	if low > 50 || low < 13 { // 30 ± 4 sd
		t.Errorf("p ≤ .1 in %d of %d", low, sets)
	}
}
