package eval

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/check"
)

// TestCopulaPieces: unimodal distributions like scikit-learn's isotonic regression,
// normal scores like scipy's.
func TestCopulaPieces(t *testing.T) {
	b, err := os.ReadFile("testdata/structure.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Unimodal []struct {
			Name    string
			Values  []float64
			Mode    int
			X, U, G []float64
		}
		Scores struct {
			Columns, Scores, Correlation [][]float64
		}
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for _, w := range want.Unimodal {
		points := copulaEmpirical(w.Values)
		if len(points) != len(w.X) {
			t.Fatalf("%s: %d points, want %d", w.Name, len(points), len(w.X))
		}
		hull := copulaHull(points, w.Mode)
		sum := 0.0
		for i, p := range points {
			check.Close(t, w.Name+": distribution function", p.u, w.U[i], 1e-12)
			check.Close(t, w.Name+": nearest unimodal one", copulaLine(hull, p.x), w.G[i], 1e-12)
			sum += (w.G[i] - w.U[i]) * (w.G[i] - w.U[i])
		}
		check.Close(t, w.Name+": distance", copulaMiss(points, hull), sum, 1e-12)
	}
	var scores [][]float64
	for j, v := range want.Scores.Columns {
		s, ties := copulaScores(v)
		if ties != (j == 1) {
			t.Errorf("column %d: ties %v", j, ties)
		}
		mean, sd := stat.MeanStdDev(want.Scores.Scores[j], nil)
		for i := range s {
			check.Close(t, "normal score", s[i], (want.Scores.Scores[j][i]-mean)/sd/math.Sqrt(float64(len(v)-1)), 1e-10)
		}
		scores = append(scores, s)
	}
	r := copulaCorrelation(scores)
	for a := range 3 {
		for b := range 3 {
			check.Close(t, "correlation", r[3*a+b], want.Scores.Correlation[a][b], 1e-12)
		}
	}
}

func copulaLine(knots []copulaKnot, x float64) float64 {
	for i := 1; i < len(knots); i++ {
		if a, b := knots[i-1], knots[i]; x <= b.x {
			return a.u + (x-a.x)/(b.x-a.x)*(b.u-a.u)
		}
	}
	return knots[len(knots)-1].u
}

// TestCopulaMargins: whatever the values, quantiles rise and are finite, atoms keep their weight, and
// the rest has one hump, with mean and variance of the values.
func TestCopulaMargins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		n := rapid.IntRange(10, 300).Draw(t, "n")
		step := rapid.SampledFrom([]float64{0, 0.25, 1, 100}).Draw(t, "step") // of rounding
		gap := rapid.Float64Range(0, 20).Draw(t, "gap")                       // between two humps
		zeros := rapid.Float64Range(0, 1).Draw(t, "zeros")
		scale := rapid.SampledFrom([]float64{1e-6, 1, 1e9}).Draw(t, "scale")
		v := make([]float64, n)
		for i := range v {
			if rng.Float64() < zeros {
				continue
			}
			v[i] = rng.NormFloat64() + gap*float64(i%2)
			if step > 0 {
				v[i] = math.Round(v[i]/step) * step
			}
			v[i] *= scale
		}
		slices.Sort(v)
		m := newCopulaMargin(slices.Clone(v))
		if !slices.IsSorted(m.u) || !slices.IsSorted(m.x) || m.u[0] < 0 || math.Abs(m.u[len(m.u)-1]-1) > 1e-9 {
			t.Fatalf("knots %v %v", m.u, m.x)
		}
		last := math.Inf(-1)
		var mean, square float64
		const draws = 20000
		counts := map[float64]float64{}
		for i := range draws {
			x := m.at((float64(i) + 0.5) / draws)
			if !(x >= last) || math.IsInf(x, 0) {
				t.Fatalf("quantile %v after %v", x, last)
			}
			last = x
			mean, square = mean+x/draws, square+x*x/draws
			counts[x]++
		}
		mu, sd := stat.MeanStdDev(v, nil)
		sd *= math.Sqrt(float64(n-1) / float64(n))
		// Snapping to the values that occur moves moments by less than their distance.
		if slack := 0.02*sd + 1e-9*scale; m.grid == nil && (math.Abs(mean-mu) > slack || math.Abs(math.Sqrt(max(0, square-mean*mean))-sd) > 2*slack) {
			t.Fatalf("mean %v and sd %v, want %v and %v", mean, math.Sqrt(square-mean*mean), mu, sd)
		}
		for lo := 0; lo < n; {
			hi := lo + 1
			for hi < n && v[hi] == v[lo] {
				hi++
			}
			if p := float64(hi-lo) / float64(n); hi-lo >= max(5, (n+19)/20) && counts[v[lo]]/draws < p-2.0/draws {
				t.Fatalf("%v has %v of the draws, want %v", v[lo], counts[v[lo]]/draws, p)
			}
			lo = hi
		}
		falling, before := false, 0.0
		knots := copulaUnimodal(v, true)
		for i := 1; i < len(knots); i++ {
			s := (knots[i].u - knots[i-1].u) / (knots[i].x - knots[i-1].x)
			if falling = falling || s < before*(1-1e-6); falling && s > before*(1+1e-6) {
				t.Fatalf("a second hump at %v: %v", knots[i].x, knots)
			}
			before = s
		}
	})
}

// TestCopulaDraws: draws have the data's rank correlations, ties or not, and two humps
// become one.
func TestCopulaDraws(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	x := structureMatrix(1500, 4, func(i int, row []float64) {
		a, b := rng.NormFloat64(), rng.NormFloat64()
		row[0] = math.Exp(a)
		row[1] = math.Floor(0.8*a + 0.6*b)        // a handful of values
		row[2] = b + 5*float64(i%2)               // two humps
		row[3] = max(0, -0.7*a+rng.Float64()-0.5) // half of them 0
	})
	scores := func(x *features.Matrix) []float64 {
		var s [][]float64
		for j := range 4 {
			v := make([]float64, 1500)
			for i := range v {
				v[i] = x.Row(i)[j]
			}
			c, _ := copulaScores(v)
			s = append(s, c)
		}
		return copulaCorrelation(s)
	}
	null, err := CopulaNull(x)
	if err != nil {
		t.Fatal(err)
	}
	want, got := scores(x), make([]float64, 16)
	const draws = 20
	valley, hump := 0.0, 0.0
	for s := range uint64(draws) {
		y, err := null.Draw(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range scores(y) {
			got[i] += r / draws
		}
		for i := range 1500 {
			switch v := y.Row(i)[2]; {
			case v > 2 && v < 3:
				valley++
			case v > 4.5 && v < 5.5 || v > -0.5 && v < 0.5:
				hump++
			}
		}
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 0.02 {
			t.Errorf("correlation %d: %.3f, want %.3f", i, got[i], want[i])
		}
	}
	// In the data the valley has 4 in 100 of what the humps have.
	if valley < 0.3*hump {
		t.Errorf("%v in the valley, %v in both humps", valley, hump)
	}
	a, _ := null.Draw(context.Background(), 1)
	b, _ := null.Draw(context.Background(), 1)
	if !slices.Equal(a.Data(), b.Data()) {
		t.Error("the same seed gives other draws")
	}
}

// TestCopulaDegenerate: constant columns, copies of columns, one column, more columns than rows.
func TestCopulaDegenerate(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 3))
	for _, d := range []int{1, 3, 40} {
		x := structureMatrix(20, d, func(_ int, row []float64) {
			for j := range row {
				row[j] = rng.NormFloat64()
			}
			row[d-1] = row[0]
			if d > 2 {
				row[1] = 4
			}
		})
		null, err := CopulaNull(x)
		if err != nil {
			t.Fatal(err)
		}
		y, err := null.Draw(context.Background(), 1)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			r := y.Row(i)
			if math.Abs(r[d-1]-r[0]) > 1e-6 || d > 2 && r[1] != 4 {
				t.Fatalf("%d columns: %v", d, r)
			}
		}
	}
}
