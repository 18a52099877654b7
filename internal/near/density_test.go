package near

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mores-lab/mores/internal/kernel"
	"pgregory.net/rapid"
)

// densityBrute is the definition.
func densityBrute(x []float64, d int, eps, want float64, w []float64, border bool) (core []bool, first []int32) {
	n := len(x) / d
	near := func(i, j int) bool { return kernel.Sq64(x[i*d:i*d+d], x[j*d:j*d+d]) <= eps*eps }
	core, first = make([]bool, n), make([]int32, n)
	u := NewUnion(n)
	for i := range n {
		have := 0.0
		for j := range n {
			if near(i, j) {
				if w == nil {
					have++
				} else {
					have += w[j]
				}
			}
		}
		core[i] = have >= want
	}
	for i := range n {
		for j := range i {
			if core[i] && core[j] && near(i, j) {
				u.Unite(int32(i), int32(j))
			}
		}
	}
	for i := range n {
		first[i] = -1
		if core[i] {
			first[i] = u.Find(int32(i))
			continue
		}
		for j := range n {
			if border && core[j] && near(i, j) {
				if f := u.Find(int32(j)); first[i] < 0 || f < first[i] {
					first[i] = f
				}
			}
		}
	}
	return core, first
}

// densityPoints draws points of which many lie on the edges of cells, at eps from each
// other, in one spot, far from zero, or so close that squares vanish.
func densityPoints(t *rapid.T, d int) (x []float64, eps float64) {
	n := rapid.IntRange(1, 120).Draw(t, "n")
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	eps = rapid.SampledFrom([]float64{1, 0.3, 3, 1e-3, 1e3}).Draw(t, "eps")
	offset := rapid.SampledFrom([]float64{0, 1e8, -1e8 / 3}).Draw(t, "offset")
	kind := rapid.SampledFrom([]string{"edges", "eps", "cloud", "clumps", "wide", "tiny"}).Draw(t, "kind")
	wide := rapid.Float64Range(1, 12).Draw(t, "wide")
	x = make([]float64, n*d)
	unit := eps
	switch kind {
	case "edges":
		unit = eps / math.Sqrt(float64(d)) * (1 - 0x1p-14)
	case "tiny":
		unit = 5e-324
		offset = 0
		eps = rapid.SampledFrom([]float64{5e-324, 1e-160, 2e-162, 1.5}).Draw(t, "tiny eps")
	}
	for i := range x {
		switch v := r.Float64() * wide; kind {
		case "edges", "eps", "tiny":
			x[i] = offset + unit*math.Floor(v)
			if r.IntN(4) == 0 {
				x[i] = math.Nextafter(x[i], math.Inf(2*r.IntN(2)-1))
			}
		case "clumps":
			x[i] = offset + eps*(3*float64(r.IntN(3))+0.2*r.NormFloat64())
		case "wide":
			x[i] = offset + math.Exp(20*r.NormFloat64())
		default:
			x[i] = offset + eps*v
		}
	}
	return x, eps
}

type densityIndex func(x []float64, d int, eps float64, workers int) (func(context.Context, *Density) error, bool)

func densityCheck(t *rapid.T, dims int, index densityIndex) {
	d := rapid.IntRange(1, dims).Draw(t, "d")
	x, eps := densityPoints(t, d)
	n := len(x) / d
	o := Density{
		Want: float64(rapid.IntRange(1, 8).Draw(t, "want")), Border: rapid.Bool().Draw(t, "border"),
		Workers: rapid.IntRange(1, 3).Draw(t, "workers"), Core: make([]bool, n), First: make([]int32, n),
	}
	if rapid.Bool().Draw(t, "weighted") {
		o.Weights = make([]float64, n)
		for i := range o.Weights {
			o.Weights[i] = float64(rapid.IntRange(0, 4).Draw(t, "w")) / 2
		}
	}
	run, ok := index(x, d, eps, o.Workers)
	if !ok {
		return
	}
	if err := run(context.Background(), &o); err != nil {
		t.Fatal(err)
	}
	core, first := densityBrute(x, d, eps, o.Want, o.Weights, o.Border)
	if !slices.Equal(o.Core, core) {
		t.Fatalf("core %v, want %v", o.Core, core)
	}
	if !slices.Equal(o.First, first) {
		t.Fatalf("first %v, want %v", o.First, first)
	}
}

func TestGridDensityEqualsBruteForce(t *testing.T) {
	grids, none := 0, map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		densityCheck(t, GridDims, func(x []float64, d int, eps float64, workers int) (func(context.Context, *Density) error, bool) {
			g, reason := NewGrid(x, d, eps, workers)
			if g == nil {
				none[reason]++
				return nil, false
			}
			grids++
			return g.Density, true
		})
	})
	if least := map[bool]int{false: 50, true: 8}[testing.Short()]; grids < least { // rapid draws fewer cases then
		t.Errorf("only %d grids; no grid: %v", grids, none)
	}
}

func TestTreeDensityEqualsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		densityCheck(t, 6, func(x []float64, d int, eps float64, workers int) (func(context.Context, *Density) error, bool) {
			tree := New(x, d, workers)
			return func(ctx context.Context, o *Density) error {
				if err := tree.Density(ctx, eps, o); err != nil || !o.Border {
					return err
				}
				for i, core := range o.Core { // once more, from what is known
					if !core {
						o.First[i] = 7
					}
				}
				return tree.Borders(ctx, eps, o)
			}, true
		})
	})
}

// Many leaves and many small components, between which border points have to choose.
func TestDensityOfManyComponents(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	for round := range 16 {
		n, d := 1500, 1+round%4
		x := make([]float64, n*d)
		side := math.Pow(float64(n)/3, 1/float64(d))
		for i := range x {
			x[i] = r.Float64() * side
		}
		eps, want := 0.8*math.Sqrt(float64(d)), float64(4+round%3*4)
		core, first := densityBrute(x, d, eps, want, nil, true)
		runs := map[string]func(context.Context, *Density) error{
			"tree": func(ctx context.Context, o *Density) error { return New(x, d, 1).Density(ctx, eps, o) },
		}
		if g, _ := NewGrid(x, d, eps, 1); g != nil {
			runs["grid"] = g.Density
		}
		for name, run := range runs {
			o := Density{Want: want, Border: true, Workers: 1 + round%3, Core: make([]bool, n), First: make([]int32, n)}
			if err := run(context.Background(), &o); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(o.Core, core) || !slices.Equal(o.First, first) {
				t.Errorf("round %d: the %s differs", round, name)
			}
		}
	}
}

// Two points in opposite corners of a cell, about eps apart, to the last bits.
func TestGridCellsAreNoWider(t *testing.T) {
	for _, eps := range []float64{1, 0.3, 7e-5, 1e6 / 3} {
		for d := 1; d <= GridDims; d++ {
			for _, wider := range []float64{1 - 0x1p-13, 1 - 0x1p-20, 1 - 0x1p-51, 1, 1 + 0x1p-51, 1 + 0x1p-20, 1 + 0x1p-15} {
				x := make([]float64, 2*d)
				for j := range d {
					x[d+j] = eps / math.Sqrt(float64(d)) * wider
				}
				o := Density{Want: 2, Core: make([]bool, 2), First: make([]int32, 2)}
				g, _ := NewGrid(x, d, eps, 1)
				if err := g.Density(context.Background(), &o); err != nil {
					t.Fatal(err)
				}
				if core, _ := densityBrute(x, d, eps, 2, nil, false); !slices.Equal(o.Core, core) {
					t.Errorf("eps = %g, d = %d, %g sides: core %v, want %v", eps, d, wider, o.Core, core)
				}
			}
		}
	}
}

// Cells of many points, of which not all are core: pairs of cells are compared box by box.
func TestGridOfLargeCells(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for round := range 6 {
		d := 1 + round%2
		n := 2000
		x := make([]float64, n*d)
		for i := range n {
			for j := range d {
				x[i*d+j] = r.NormFloat64() * 0.1
			}
			// Two halves, about as far apart as eps at their nearest points.
			if i%2 == 0 {
				x[i*d] = math.Abs(x[i*d]) + 0.99 + 0.02*r.Float64()
			} else {
				x[i*d] = -math.Abs(x[i*d])
			}
		}
		for _, want := range []float64{5, 900} {
			o := Density{Want: want, Border: true, Workers: 1 + round%3, Core: make([]bool, n), First: make([]int32, n)}
			g, reason := NewGrid(x, d, 1, 2)
			if g == nil {
				t.Fatal(reason)
			}
			if err := g.Density(context.Background(), &o); err != nil {
				t.Fatal(err)
			}
			core, first := densityBrute(x, d, 1, want, nil, true)
			if !slices.Equal(o.Core, core) || !slices.Equal(o.First, first) {
				t.Errorf("round %d, want %g: differs", round, want)
			}
		}
	}
}

// The radix sort takes keys of more than 32 bits in two goes, in pieces or whole.
func TestGridSort(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	const n = 40_000
	x := make([]float64, 2*n)
	for i := range x {
		x[i] = math.Floor(r.Float64()*1e6) / 2
	}
	var before *Grid
	for _, workers := range []int{1, 2, 4} {
		g, reason := NewGrid(x, 2, 0.1, workers)
		if g == nil {
			t.Fatal(reason)
		}
		if !slices.IsSorted(g.key) || len(g.key) < n/2 {
			t.Fatalf("%d keys, rising: %v", len(g.key), slices.IsSorted(g.key))
		}
		for p := 1; p < n; p++ {
			a, b := uint32(g.rows[p-1]), uint32(g.rows[p])
			ka, kb := g.cellOf(x[2*a:2*a+2]), g.cellOf(x[2*b:2*b+2])
			if ka > kb || ka == kb && a >= b {
				t.Fatalf("%d workers: place %d is out of order", workers, p)
			}
		}
		if before != nil && (!slices.Equal(before.start, g.start) || !slices.Equal(before.x, g.x)) {
			t.Errorf("%d workers: another grid", workers)
		}
		before = g
	}
}

func TestGridRefuses(t *testing.T) {
	for reason, c := range map[string]struct {
		x   []float64
		d   int
		eps float64
	}{
		"3 columns":                          {make([]float64, 9), 3, 1},
		"eps² is not an ordinary number":     {make([]float64, 8), 2, 1e-200},
		"more than 2³¹ cells along a column": {[]float64{0, 0, 1e10, 0}, 2, 1},
	} {
		if g, got := NewGrid(c.x, c.d, c.eps, 1); g != nil || got != reason {
			t.Errorf("%v: %q, want %q", c, got, reason)
		}
	}
}

// By brute force or by the tree.
func TestKthSqs(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 10))
	for range 30 {
		n, d, k := 1+r.IntN(80), 1+r.IntN(5), 1+r.IntN(9)
		x := points(r, n, d)
		rows, out := []int{0, n / 2, n - 1}, make([]float64, 3)
		KthSqs(context.Background(), x, d, k, rows, out)
		for s, i := range rows {
			if want := New(x, d, 1).KthSq(x[i*d:i*d+d], k, i); math.Abs(out[s]-want) > 1e-12*want {
				t.Fatalf("n = %d, d = %d: neighbour %d of point %d at %g, want %g", n, d, k, i, out[s], want)
			}
		}
	}
}

func TestGridStops(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	x := points(r, 2000, 2)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	g, _ := NewGrid(x, 2, 0.5, 1)
	if err := g.Density(ctx, &Density{Want: 3, Core: make([]bool, 2000), First: make([]int32, 2000)}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

func BenchmarkGrid(b *testing.B) {
	for _, c := range []struct {
		n, d int
		eps  float64
	}{{100_000, 1, 1e-4}, {100_000, 2, 0.01}, {1_000_000, 2, 0.003}} {
		r := rand.New(rand.NewPCG(1, 6))
		x := make([]float64, c.n*c.d)
		for i := range x {
			x[i] = r.Float64()
		}
		b.Run(fmt.Sprintf("n=%d,d=%d,k=0", c.n, c.d), func(b *testing.B) {
			core := 0
			for b.Loop() {
				g, _ := NewGrid(x, c.d, c.eps, 1)
				o := Density{Want: 10, Border: true, Workers: 1, Core: make([]bool, c.n), First: make([]int32, c.n)}
				g.Density(context.Background(), &o)
				core = 0
				for _, y := range o.Core {
					if y {
						core++
					}
				}
			}
			b.ReportMetric(float64(core)/float64(c.n), "core")
		})
	}
}
