package eval

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// echo is a grid that reads its ratings from the first row.
func echo(_ context.Context, x *features.Matrix, _ uint64) ([]float64, error) { return x.Row(0), nil }

// echoed is a matrix whose first row is what echo rates.
func echoed(ratings ...float64) *features.Matrix {
	x := structureMatrix(10, len(ratings), func(int, []float64) {})
	copy(x.Row(0), ratings)
	return x
}

// normalNull draws independent ratings of other means and standard deviations a cell.
func normalNull(name string, cells int) StructureNull {
	return StructureNull{Name: name, Doc: "independent normal ratings", Draw: func(_ context.Context, seed uint64) (*features.Matrix, error) {
		rng := rand.New(rand.NewPCG(seed, 1))
		r := make([]float64, cells)
		for c := range r {
			r[c] = float64(c) + math.Pow(10, float64(c))*rng.NormFloat64()
		}
		return echoed(r...), nil
	}}
}

// runStructure tests x with the grid echo.
func runStructure(t testing.TB, x *features.Matrix, o StructureOptions, nulls ...StructureNull) *Structure {
	t.Helper()
	s, err := TestStructure(context.Background(), x, echo, nulls, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStructureExact: where data are a draw of the null, P(p ≤ α) ≤ α for every α, however
// many cells there are and however they scatter, and p is as the sequential rule says.
func TestStructureExact(t *testing.T) {
	const sets = 3000
	null := normalNull("ratings", 4)
	o := NewStructureOptions()
	o.Workers = 1
	levels := []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.5}
	hits := make([]float64, len(levels))
	for s := range sets {
		x, _ := null.Draw(context.Background(), uint64(s)+1<<40)
		o.Seed = uint64(s)
		r := runStructure(t, x, o, null)
		n := r.Nulls[0]
		want := float64(1+n.Exceeded) / float64(1+n.Draws)
		if n.Exceeded == o.Stop {
			want = float64(n.Exceeded) / float64(n.Draws)
		}
		if n.P != want || n.Exceeded < o.Stop && n.Draws != o.Draws || r.Natural != (n.P <= o.Alpha) {
			t.Fatalf("p = %v of %+v", n.P, n)
		}
		for i, a := range levels {
			if n.P <= a {
				hits[i]++
			}
		}
	}
	for i, a := range levels {
		if got, slack := hits[i]/sets, 4*math.Sqrt(a*(1-a)/sets); got > a+slack || a < 0.1 && got < a-slack {
			t.Errorf("P(p ≤ %g) = %.4f", a, got)
		}
	}
}

// TestStructureSays: what is reported of data that beat a null, and of data that do not.
func TestStructureSays(t *testing.T) {
	o := NewStructureOptions()
	easy, hard := normalNull("easy", 3), normalNull("hard", 3)
	x := echoed(0, 101, 150) // cell 1 is 10 standard deviations above what is expected
	s := runStructure(t, x, o, easy, hard)
	if !s.Natural || s.P != 0.01 || s.Reason != "" || s.Cell != 1 || len(s.Nulls) != 2 || s.Rows != 10 || s.Sampled {
		t.Errorf("%+v", s)
	}
	for _, n := range s.Nulls {
		if !n.Beaten || !n.Decided || n.Draws != 99 || n.Exceeded != 0 || n.Cells != 3 || n.Rating != 101 || math.Abs(n.Expected-1) > 8 || math.Abs(n.SD-10) > 5 {
			t.Errorf("%+v", n)
		}
		check.Close(t, "T", n.Value, (n.Rating-n.Expected)/n.SD, 1e-12)
	}
	s = runStructure(t, echoed(0, 1, 2), o, hard, easy)
	if s.Natural || !(s.P > 0.02) || s.P != s.Nulls[0].P || !strings.Contains(s.Reason, "hard") {
		t.Errorf("%+v", s)
	}
	if n := s.Nulls[1]; n.Decided || n.P != 1 || !strings.Contains(n.Reason, "not looked at") {
		t.Errorf("brief: %+v", n)
	}
	o.Brief = false
	if n := runStructure(t, echoed(0, 1, 2), o, hard, easy).Nulls[1]; !n.Decided || n.Draws == 0 {
		t.Errorf("not brief: %+v", n)
	}
	b, err := json.Marshal(s)
	var back Structure
	if err != nil || json.Unmarshal(b, &back) != nil || !reflect.DeepEqual(*s, back) {
		t.Errorf("%s (%v)", b, err)
	}
}

// TestStructureCannotSay: nulls and cells that cannot be had.
func TestStructureCannotSay(t *testing.T) {
	o, nan := NewStructureOptions(), math.NaN()
	fixed := func(name string, ratings ...float64) StructureNull {
		return StructureNull{Name: name, Draw: func(context.Context, uint64) (*features.Matrix, error) { return echoed(ratings...), nil }}
	}
	good := normalNull("good", 2)
	failing := StructureNull{Name: "failing", Draw: func(context.Context, uint64) (*features.Matrix, error) { return nil, errors.New("no rates") }}
	panicking := StructureNull{Name: "panicking", Draw: func(context.Context, uint64) (*features.Matrix, error) { panic("oh") }}
	for _, bad := range []StructureNull{failing, panicking} {
		s := runStructure(t, echoed(50, 500), o, bad, good)
		if s.Natural || s.P != 0.01 || !strings.Contains(s.Reason, bad.Name) || s.Nulls[0].Decided || s.Nulls[0].P != 1 || !s.Nulls[1].Beaten {
			t.Errorf("%s: %+v", bad.Name, s)
		}
		if s := runStructure(t, echoed(50, 500), o, bad); s.Natural || s.P != 1 {
			t.Errorf("%s alone: %+v", bad.Name, s)
		}
	}
	// Every draw is the same: equal data are as grouped as each, better ones beat all.
	if s := runStructure(t, echoed(1, 2), o, fixed("same", 1, 2)); s.Natural || s.P != 1 || s.Value != 0 {
		t.Errorf("%+v", s)
	}
	if s := runStructure(t, echoed(1, 2.5), o, fixed("same", 1, 2)); !s.Natural || s.Cell != 1 || s.Value != 0.5 {
		t.Errorf("%+v", s)
	}
	// NaN passes through the matrix as a missing value, so grids of their own.
	grid := func(data []float64, draw func(i uint64) []float64) StructureGrid {
		return func(_ context.Context, x *features.Matrix, seed uint64) ([]float64, error) {
			if x.Row(0)[0] == 7 {
				return data, nil
			}
			return draw(seed), nil
		}
	}
	run := func(g StructureGrid) *Structure {
		s, err := TestStructure(context.Background(), echoed(7), g, []StructureNull{fixed("same", 1)}, o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	noise := func(i uint64) float64 { return rand.New(rand.NewPCG(i, 5)).NormFloat64() }
	s := run(grid([]float64{nan, nan}, func(i uint64) []float64 { return []float64{noise(i), 1} }))
	if s.Natural || s.P != 1 || !s.Nulls[0].Decided || s.Nulls[0].Draws != 0 {
		t.Errorf("nothing found in the data: %+v", s)
	}
	s = run(grid([]float64{nan, 50}, func(i uint64) []float64 { return []float64{noise(i), noise(i + 1)} }))
	if !s.Natural || s.Cell != 1 {
		t.Errorf("one cell found nothing: %+v", s)
	}
	s = run(grid([]float64{0, 50}, func(i uint64) []float64 { return []float64{noise(i), nan} }))
	if s.Natural || s.Nulls[0].Cells != 1 || s.Cell != 0 {
		t.Errorf("a cell that draws do not have: %+v", s)
	}
	s = run(grid([]float64{0, 50}, func(uint64) []float64 { return []float64{nan, nan} }))
	if s.Natural || s.Nulls[0].Decided || s.P != 1 {
		t.Errorf("no cell that draws have: %+v", s)
	}
	s = run(grid([]float64{0, 50}, func(uint64) []float64 { return []float64{1} }))
	if s.Natural || !strings.Contains(s.Reason, "1 cells") {
		t.Errorf("another number of cells: %+v", s)
	}
}

// TestStructureRefuses: errors, and a cancelled context.
func TestStructureRefuses(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	null := normalNull("ratings", 2)
	for what, change := range map[string]func(o *StructureOptions){
		"alpha": func(o *StructureOptions) { o.Alpha = 0 },
		"draws": func(o *StructureOptions) { o.Draws = 48 },
		"pilot": func(o *StructureOptions) { o.Pilot = 4 },
		"stop":  func(o *StructureOptions) { o.Stop = 0 },
	} {
		o := NewStructureOptions()
		change(&o)
		if _, err := TestStructure(ctx, echoed(1, 2), echo, []StructureNull{null}, o); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	o := NewStructureOptions()
	hole := echoed(1, 2)
	hole.Row(3)[1] = math.NaN()
	for what, f := range map[string]func() error{
		"no nulls": func() error { _, err := TestStructure(ctx, echoed(1, 2), echo, nil, o); return err },
		"a hole":   func() error { _, err := TestStructure(ctx, hole, echo, []StructureNull{null}, o); return err },
		"few rows": func() error {
			_, err := TestStructure(ctx, echoed(1, 2).Pick([]int{0, 1}), echo, []StructureNull{null}, o)
			return err
		},
		"no copula": func() error { _, err := CopulaNull(hole); return err },
		"grid": func() error {
			_, err := TestStructure(ctx, echoed(1, 2), func(context.Context, *features.Matrix, uint64) ([]float64, error) { panic("oh") }, []StructureNull{null}, o)
			return err
		},
	} {
		if f() == nil {
			t.Errorf("%s: no error", what)
		}
	}
	cancel()
	if _, err := TestStructure(ctx, echoed(1, 2), echo, []StructureNull{null}, o); err == nil {
		t.Error("a cancelled context is no error")
	}
}

// TestStructureWorkers: the same bits for any number of workers.
func TestStructureWorkers(t *testing.T) {
	x := structureless("correlated", 60, 3, 4)
	null, err := CopulaNull(x)
	if err != nil {
		t.Fatal(err)
	}
	var first *Structure
	for _, w := range []int{1, 2, 3, 8} {
		o := NewStructureOptions()
		o.Workers, o.Seed, o.Draws, o.Alpha = w, 9, 30, 0.05
		s, err := TestStructure(context.Background(), x, structureGrid(t), []StructureNull{null}, o)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = s
		}
		if !reflect.DeepEqual(s, first) {
			t.Errorf("%d workers: %+v\n1: %+v", w, s, first)
		}
	}
}

// TestStructureRowsLookedAt: above 2,000 rows a sample, of data and draws alike; weights do not count.
func TestStructureRowsLookedAt(t *testing.T) {
	x := structureless("gaussian", StructureRows+300, 2, 1)
	x.Weights = make([]float64, StructureRows+300)
	var rows []int
	grid := func(_ context.Context, x *features.Matrix, _ uint64) ([]float64, error) {
		n, _ := x.Dims()
		rows = append(rows, n)
		if x.Weights != nil {
			t.Error("weights reach the grid")
		}
		return []float64{x.Row(0)[0]}, nil
	}
	more := StructureNull{Name: "more", Draw: func(_ context.Context, seed uint64) (*features.Matrix, error) {
		return structureless("gaussian", StructureRows+100, 2, seed), nil
	}}
	o := NewStructureOptions()
	o.Workers = 1
	s, err := TestStructure(context.Background(), x, grid, []StructureNull{more}, o)
	if err != nil || !s.Sampled || s.Rows != StructureRows || s.Nulls[0].Rows != StructureRows {
		t.Fatalf("%+v, %v", s, err)
	}
	for _, n := range rows {
		if n != StructureRows {
			t.Fatalf("the grid got %d rows", n)
		}
	}
	few := StructureNull{Name: "few", Draw: func(context.Context, uint64) (*features.Matrix, error) { return x.Pick([]int{1, 2, 3}), nil }}
	if s, err = TestStructure(context.Background(), x, grid, []StructureNull{few}, o); err != nil || s.Natural || !strings.Contains(s.Reason, "too few") {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestGridOf: the silhouettes are the metric's, and what fails is NaN.
func TestGridOf(t *testing.T) {
	x := structurePlanted(80, 2, 3, true, 1)
	m, err := cluster.Lookup("hierarchical")
	if err != nil {
		t.Fatal(err)
	}
	var ks []cluster.Algorithm
	for _, k := range []int{2, 3, 1, 500} { // one segment has no silhouette, 500 of 80 rows cannot be
		a := m.New()
		if err := cluster.SetValue(a, "n_clusters", k); err != nil {
			t.Fatal(err)
		}
		ks = append(ks, a)
	}
	got, err := GridOf(ks, 1)(context.Background(), x, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range ks[:2] {
		c, err := a.Fit(context.Background(), x, cluster.Run{})
		if err != nil {
			t.Fatal(err)
		}
		silhouette, err := Lookup("silhouette")
		if err != nil {
			t.Fatal(err)
		}
		s, err := silhouette.New().Score(context.Background(), &Input{X: x, C: c})
		if err != nil || s.Value != got[i] {
			t.Errorf("cell %d: %v, want %v (%v)", i, got[i], s.Value, err)
		}
	}
	if !math.IsNaN(got[2]) || !math.IsNaN(got[3]) {
		t.Errorf("%v", got)
	}
	if _, err := GridOf(ks[3:], 1)(context.Background(), x, 3); err == nil {
		t.Error("every fit fails and there is no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := GridOf(ks, 1)(ctx, x, 3); err == nil {
		t.Error("a cancelled context is no error")
	}
}
