package eval

import (
	"context"
	"strings"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// structureTable tests a table against the copula null.
func structureTable(t testing.TB, x *features.Matrix, seed uint64) *Structure {
	t.Helper()
	null, err := CopulaNull(x)
	if err != nil {
		t.Fatal(err)
	}
	return structureRun(t, x, seed, null)
}

func structureRun(t testing.TB, x *features.Matrix, seed uint64, nulls ...StructureNull) *Structure {
	t.Helper()
	o := NewStructureOptions()
	o.Seed, o.Workers = seed, 1
	s, err := TestStructure(context.Background(), x, structureGrid(t), nulls, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// structureBase tests a customer base against all three nulls.
func structureBase(t testing.TB, model string, customers int, seed uint64, extractors ...string) *Structure {
	t.Helper()
	ctx := context.Background()
	log, measure := structureCohort(t, model, customers, seed), structureMeasure(extractors...)
	x, err := measure(ctx, log)
	if err != nil {
		t.Fatal(err)
	}
	cohort, err := CohortNull(ctx, log, measure)
	if err != nil {
		t.Fatal(err)
	}
	copula, err := CopulaNull(x)
	if err != nil {
		t.Fatal(err)
	}
	shuffle, err := ShuffleNull(log, structureShuffles(t, extractors...), measure)
	if err != nil {
		t.Fatal(err)
	}
	return structureRun(t, x, seed, cohort, copula, shuffle)
}

var structureKinds = []string{"uniform", "gaussian", "correlated", "lognormal"}

// TestStructureSmall: what the long tests ask, on a few sets.
func TestStructureSmall(t *testing.T) {
	for i, kind := range structureKinds {
		if s := structureTable(t, structureless(kind, 200, 2+3*(i%2), 3), 3); s.Natural {
			t.Errorf("%s is called natural: p = %.3f", kind, s.P)
		}
	}
	for _, equal := range []bool{true, false} {
		if s := structurePlantedRun(t, 150, 2, 4, equal, 3); !s.Natural || s.P != 0.01 {
			t.Errorf("4 Gaussians are not natural, equal sizes %v: %+v", equal, s)
		}
	}
	if s := structureBase(t, "bgnbd", 400, 3, "rfm"); s.Natural || s.Nulls[0].P < 0.02 {
		t.Errorf("a BG/NBD cohort is called natural: %+v", s.Nulls)
	}
}

func structurePlantedRun(t testing.TB, n, d, k int, equal bool, seed uint64) *Structure {
	t.Helper()
	return structureTable(t, structurePlanted(n, d, k, equal, seed), seed)
}

// TestStructureTables: of 200 tables without groups, tested at 2 %, hardly any is called
// natural; together with TestStructureCohorts at most 12 of 400.
func TestStructureTables(t *testing.T) {
	check.Long(t)
	total := 0
	for _, kind := range structureKinds {
		for i, d := range []int{2, 5, 10} {
			sets, natural := 17-i/2, 0
			var deciles [10]int
			for s := range sets {
				r := structureTable(t, structureless(kind, 600, d, uint64(s)+1), uint64(s)+1)
				if r.Natural {
					natural++
				}
				deciles[min(9, int(10*r.P))]++
			}
			total += natural
			t.Logf("%-10s d = %2d: %d of %d natural; p by tenths %v", kind, d, natural, sets, deciles)
		}
	}
	t.Logf("%d of 200 tables natural", total)
	if total > 6 {
		t.Errorf("%d false of 200: at most 6 (3 %%) are allowed", total)
	}
}

// TestStructureCohorts: the same of 200 customer bases.
func TestStructureCohorts(t *testing.T) {
	check.Long(t)
	total := 0
	for _, c := range []struct {
		model, extractors string
		customers, sets   int
	}{
		{"bgnbd", "rfm", 1200, 34},
		{"bgnbd", "rfm interpurchase", 2100, 33},
		{"pareto", "rfm", 1350, 34},
		{"pareto", "rfm interpurchase", 2100, 33},
		{"cnbd2", "rfm", 950, 33},
		{"cnbd2", "rfm interpurchase", 1250, 33},
	} {
		natural, rows := 0, 0
		var deciles [10]int
		for s := range c.sets {
			r := structureBase(t, c.model, c.customers, uint64(s)+1, strings.Fields(c.extractors)...)
			if r.Natural {
				natural++
			}
			deciles[min(9, int(10*r.Nulls[0].P))]++
			rows += r.Rows / c.sets
		}
		total += natural
		t.Logf("%-6s %-17s about %d rows: %d of %d natural; p of the cohort null by tenths %v", c.model, c.extractors, rows, natural, c.sets, deciles)
	}
	t.Logf("%d of 200 customer bases natural", total)
	if total > 6 {
		t.Errorf("%d false of 200: at most 6 (3 %%) are allowed", total)
	}
}

// TestStructurePlanted: of 198 tables with 3 to 5 planted Gaussians, at most 10 are missed.
func TestStructurePlanted(t *testing.T) {
	check.Long(t)
	missed, sets := 0, 0
	for _, d := range []int{2, 5, 10} {
		for k := 3; k <= 5; k++ {
			for _, equal := range []bool{true, false} {
				lost := 0
				for s := range 11 {
					sets++
					if r := structurePlantedRun(t, 600, d, k, equal, uint64(s)+1); !r.Natural {
						lost++
					}
				}
				missed += lost
				t.Logf("d = %2d, %d Gaussians, equal sizes %-5v: %d of %d missed", d, k, equal, lost, 11)
			}
		}
	}
	t.Logf("%d of %d missed", missed, sets)
	if missed > 10 {
		t.Errorf("%d of %d missed: at most 10", missed, sets)
	}
}
