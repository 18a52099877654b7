package eval

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/mores-lab/mores/internal/check"
	"github.com/mores-lab/mores/internal/near"
)

// The package's definition on given places and rows, by SciPy.
func TestHopkinsGiven(t *testing.T) {
	for _, c := range readTendency(t).Hopkins {
		x := matrixOf(c.X)
		_, d := x.Dims()
		tree := near.New(x.Data(), d, 1)
		var u, w []float64
		for i, place := range c.Places {
			_, s := tree.Nearest(place, -1)
			u = append(u, s)
			_, s = tree.Nearest(x.Row(c.Rows[i]), c.Rows[i])
			w = append(w, s)
		}
		check.Close(t, c.Name, hopkinsOf(u, w, d), c.Value, 1e-12)
	}
	// 3 and 1 from places, 2 and 2 from rows: of one column 4/8, of two 10/18.
	check.Close(t, "one column", hopkinsOf([]float64{9, 1}, []float64{4, 4}, 1), 0.5, 1e-15)
	check.Close(t, "two columns", hopkinsOf([]float64{9, 1}, []float64{4, 4}, 2), 10./18, 1e-15)
	check.Close(t, "nothing", hopkinsOf([]float64{0}, []float64{0}, 3), 0.5, 0)
}

// On even rows H has the mean and the spread of Beta(m, m); on clumps it is near 1, on a
// lattice low.
func TestHopkins(t *testing.T) {
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(2, 2))
	const m = 40
	mean, squares, sets := 0.0, 0.0, 60
	for i := range sets {
		rows := make([][]float64, 2000)
		for r := range rows {
			rows[r] = []float64{rng.Float64(), 1000 * rng.Float64(), 7} // the last has no extent
		}
		// The box by its corners, so that it is the one that rows were drawn from.
		rows[0], rows[1] = []float64{0, 0, 7}, []float64{1, 1000, 7}
		for _, r := range rows {
			r[1] /= 1000
		}
		h, err := NewHopkins(ctx, matrixOf(rows), HopkinsOptions{Probes: m, Repeats: 1, Seed: uint64(i)})
		if err != nil || h.Columns != 2 || h.Lo != h.Value || h.Hi != h.Value {
			t.Fatal(err, h)
		}
		mean += h.Value / float64(sets)
		squares += (h.Value - 0.5) * (h.Value - 0.5) / float64(sets)
	}
	beta := distuv.Beta{Alpha: m, Beta: m}
	// The mean of 60 within four standard errors and 2 % for the edge; their variance within half and twice.
	if v := beta.Variance(); mean < 0.44 || mean > 0.56 || squares < v/2 || squares > 2*v {
		t.Errorf("mean %g, variance %g, of Beta %g", mean, squares, v)
	}
	clumps, err := NewHopkins(ctx, tendencyDraw(600, 2, 3, 40, 1), HopkinsOptions{Repeats: 20})
	if err != nil || clumps.Value < 0.95 || clumps.Lo > clumps.Value || clumps.Hi < clumps.Value || clumps.Probes != 60 {
		t.Errorf("clumps: %+v, %v", clumps, err)
	}
	if q := (distuv.Beta{Alpha: 60, Beta: 60}); clumps.EvenLo != q.Quantile(0.025) || clumps.EvenHi != q.Quantile(0.975) {
		t.Errorf("even: %g to %g", clumps.EvenLo, clumps.EvenHi)
	}
	var lattice [][]float64
	for i := range 30 {
		for j := range 30 {
			lattice = append(lattice, []float64{float64(i), float64(j)})
		}
	}
	even, err := NewHopkins(ctx, matrixOf(lattice), HopkinsOptions{Repeats: 20})
	if err != nil || even.Value > 0.25 {
		t.Errorf("a lattice: %+v, %v", even, err)
	}
	few := slices.Repeat([][]float64{{1, 2}}, 19)
	for _, c := range []struct {
		x    [][]float64
		o    HopkinsOptions
		want string
	}{
		{few, HopkinsOptions{Repeats: 1}, "at least 20 rows; here are 19"},
		{append(few, few...), HopkinsOptions{Repeats: 1}, "all are alike"},
		{append(few, []float64{1e200, 1}), HopkinsOptions{Repeats: 1}, "overflow"},
		{lattice, HopkinsOptions{Repeats: 1, Probes: 901}, "from 1 to the 900 rows"},
		{lattice, HopkinsOptions{}, "at least 1"},
	} {
		h, err := NewHopkins(ctx, matrixOf(c.x), c.o)
		said := ""
		if err != nil {
			said = err.Error()
		} else {
			said = h.Reason
		}
		if !strings.Contains(said, c.want) {
			t.Errorf("%q, want %q", said, c.want)
		}
	}
}
