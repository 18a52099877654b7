package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// structureGrid is the tests' grid: k-means and Ward with 2 to 9 segments, Gaussian
// mixtures with 2 to 5.
func structureGrid(t testing.TB) StructureGrid {
	t.Helper()
	var out []cluster.Algorithm
	add := func(name string, most int, fixed map[string]any) {
		m, err := cluster.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for k := 2; k <= most; k++ {
			a := m.New()
			if err := cluster.SetValue(a, "n_clusters", k); err != nil {
				t.Fatal(err)
			}
			for key, v := range fixed {
				if err := cluster.SetValue(a, key, v); err != nil {
					t.Fatal(err)
				}
			}
			out = append(out, a)
		}
	}
	add("kmeans", 9, map[string]any{"n_init": 3})
	add("hierarchical", 9, map[string]any{"linkage": "ward"})
	add("gmm", 5, map[string]any{"n_init": 1})
	return GridOf(out, 1)
}

func structureMatrix(n, d int, row func(i int, row []float64)) *features.Matrix {
	x := features.NewMatrix(n, make([]features.Column, d), nil)
	for j := range x.Cols {
		x.Cols[j] = features.Column{Name: fmt.Sprintf("x%d", j)}
	}
	for i := range n {
		row(i, x.Row(i))
	}
	return x
}

// structureless draws a table without groups.
func structureless(kind string, n, d int, seed uint64) *features.Matrix {
	rng := rand.New(rand.NewPCG(seed, 0x571))
	return structureMatrix(n, d, func(_ int, row []float64) {
		common := rng.NormFloat64()
		for j := range row {
			switch kind {
			case "uniform":
				row[j] = rng.Float64()
			case "gaussian":
				row[j] = rng.NormFloat64()
			case "correlated":
				row[j] = math.Sqrt(0.7)*common + math.Sqrt(0.3)*rng.NormFloat64()
			case "lognormal":
				row[j] = math.Exp(rng.NormFloat64())
			default:
				panic(kind)
			}
		}
	})
}

// structurePlanted draws k Gaussians of unit variance; the nearest centres are 4 apart.
// Sizes are equal, or as 1:2:…:k.
func structurePlanted(n, d, k int, equal bool, seed uint64) *features.Matrix {
	rng := rand.New(rand.NewPCG(seed, 0x572))
	centres, least := make([][]float64, k), math.Inf(1)
	for g := range centres {
		centres[g] = make([]float64, d)
		for j := range d {
			centres[g][j] = rng.NormFloat64()
		}
		for _, other := range centres[:g] {
			s := 0.0
			for j, v := range other {
				s += (v - centres[g][j]) * (v - centres[g][j])
			}
			least = min(least, math.Sqrt(s))
		}
	}
	return structureMatrix(n, d, func(i int, row []float64) {
		g := i * k / n
		if !equal {
			total := k * (k + 1) / 2
			g = 0
			for upTo := 1; i*total >= upTo*n; upTo += g + 1 {
				g++
			}
		}
		for j := range row {
			row[j] = 4/least*centres[g][j] + rng.NormFloat64()
		}
	})
}

// structureCohort simulates a customer base without segments, at published parameters:
// BG/NBD and Pareto/NBD as estimated on CDNOW (Fader, Hardie & Lee 2005) by the generator
// btyd, and MBG/CNBD-2 (Platzer & Reutterer 2016) at the estimates on groceryElog of
// BTYDplus; amounts are gamma-gamma (Fader & Hardie 2013).
func structureCohort(t testing.TB, model string, customers int, seed uint64) *datasets.Log {
	t.Helper()
	o := datasets.BTYD{
		Customers: customers, Weeks: 78, Model: model, R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426, S: 0.606, Beta: 11.669, P: 6.25, Q: 3.74, Gamma: 15.44,
	}
	switch model {
	case "pareto":
		o.R, o.Alpha = 0.553, 10.578
		fallthrough
	case "bgnbd":
		g, err := o.Generate(seed)
		if err != nil {
			t.Fatal(err)
		}
		return g.Log
	}
	m := features.BetaGeometric{K: 2, AtZero: true, R: 1.329, Alpha: 2.813, A: 0.425, B: 0.790}
	start := time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC)
	b := datasets.NewBuilder(datasets.Meta{
		Name: model, Unit: "customer", Zone: time.UTC, FirstSeenIsFirst: true, Has: datasets.FieldAmount,
		Window: datasets.Window{From: start, To: start.AddDate(0, 0, 7*o.Weeks)},
	})
	for i := range customers {
		rng := rand.New(rand.NewPCG(seed, uint64(i)<<8|0x73))
		nu := distuv.Gamma{Alpha: o.Q, Beta: o.Gamma, Src: rng}.Rand()
		first := 12 * rng.Float64()
		for _, at := range append([]float64{0}, m.Simulate(rng, float64(o.Weeks)-first)...) {
			b.Add(datasets.Event{
				Customer: fmt.Sprintf("c%05d", i), Time: start.UnixMicro() + int64((first+at)*7*86_400_000_000), Kind: datasets.Purchase,
				Amount: distuv.Gamma{Alpha: o.P, Beta: nu, Src: rng}.Rand(),
			})
		}
	}
	return b.Log()
}

// structureMeasure is a recipe of those extractors, scaled by block.
func structureMeasure(extractors ...string) StructureMeasure {
	return func(ctx context.Context, log *datasets.Log) (*features.Matrix, error) {
		r, err := features.NewRecipe("test", extractors...)
		if err != nil {
			return nil, err
		}
		b, err := features.Build(ctx, log, r, 0, 1)
		if err != nil {
			return nil, err
		}
		p, err := features.Prepare(b.Raw, "block", features.DropRows)
		if err != nil {
			return nil, err
		}
		return p.X, nil
	}
}

// structureShuffles are the shuffles of extractors.
func structureShuffles(t testing.TB, extractors ...string) (out []features.Shuffle) {
	t.Helper()
	for _, n := range extractors {
		e, err := features.Lookup(n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e.Null)
	}
	return out
}
