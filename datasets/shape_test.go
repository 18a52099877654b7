package datasets

import (
	"math"
	"reflect"
	"slices"
	"testing"
)

// shapeOf generates a shape and checks what holds for all of them: sizes, finite
// numbers, the same bytes again, other bytes for another seed.
func shapeOf(t *testing.T, name string, groups int) (*Labelled, float64) {
	t.Helper()
	a, b, c := generate(t, name, 3), generate(t, name, 3), generate(t, name, 4)
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed gives two tables")
	}
	if reflect.DeepEqual(a.Labelled.Table, c.Labelled.Table) {
		t.Error("two seeds give one table")
	}
	l := a.Labelled
	if l.Table.Rows() != 500 || len(l.Table.Cols) != 2 {
		t.Errorf("%d rows, %d columns", l.Table.Rows(), len(l.Table.Cols))
	}
	for _, col := range l.Table.Cols {
		for i, v := range col.Num {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("%s, row %d: %g", col.Name, i, v)
			}
		}
	}
	if groups == 0 {
		if l.Truth != nil || a.BestARI != 0 {
			t.Errorf("a truth where none is planted, best ARI %g", a.BestARI)
		}
		return l, 0
	}
	sizes := make([]int, groups)
	for _, g := range l.Truth[0] {
		sizes[g]++
	}
	if lo, hi := slices.Min(sizes), slices.Max(sizes); hi-lo > 1 {
		t.Errorf("groups of %v rows", sizes)
	}
	if slices.IsSorted(l.Truth[0]) {
		t.Error("the rows stand in the order of the groups")
	}
	return l, a.BestARI
}

// groupMoments returns mean and standard deviation of a column in a group (−2 = all).
func groupMoments(l *Labelled, col, group int) (mean, sd float64) {
	var x []float64
	for i, v := range l.Table.Cols[col].Num {
		if group == -2 || l.Truth[0][i] == int32(group) {
			x = append(x, v)
		}
	}
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sd += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, math.Sqrt(sd)
}

// near fails unless got is want within tol.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s = %.4g, want %.4g ± %.2g", what, got, want, tol)
	}
}

func TestShapeOptions(t *testing.T) {
	for _, g := range []Generator{
		&Blobs{N: 0, D: 2, K: 1}, &Blobs{N: 5, D: 0, K: 1}, &Blobs{N: 5, D: 2, K: 6}, &Blobs{N: 5, D: 2}, &Blobs{N: 5, D: 2, K: 2, Spread: -1},
		&Blobs{N: 5, D: 2, K: 2, Background: math.NaN()}, &Aniso{N: 5, D: 1, K: 2}, &Varied{N: 5, D: 2, K: 2, Spread: math.Inf(1)},
		&Moons{N: 1}, &Circles{N: 5, Factor: 1}, &Spirals{N: 5, K: 9}, &Uniform{N: 5}, &Gaussian{D: 2}, &Lognormal{N: -1, D: 1},
		&BTYD{}, &BTYD{Customers: 1, Weeks: 20, Model: "x", R: 1, Alpha: 1, A: 1, B: 1, S: 1, Beta: 1, P: 1, Q: 1, Gamma: 1},
	} {
		if _, err := g.Generate(1); err == nil {
			t.Errorf("%+v was accepted", g)
		}
	}
}
