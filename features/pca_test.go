package features

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/check"
	"github.com/mores-lab/mores/internal/npy"
)

// pcaMatrix has the rows x, each number moved by far.
func pcaMatrix(x [][]float64, far float64) *Matrix {
	m := NewMatrix(len(x), make([]Column, len(x[0])), nil)
	for i, row := range x {
		for j, v := range row {
			m.Row(i)[j] = v + far
		}
	}
	return m
}

// FitPCA against scikit-learn's full solver (testdata/pca.json, by peers/pca_expected.py):
// at the origin and 2³⁰ from it, where the rows are still exact.
func TestFitPCA(t *testing.T) {
	text, err := os.ReadFile("testdata/pca.json")
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Sets []struct {
			Name                            string
			X, Components, Scores           [][]float64
			Mean, Variance, Ratio, Singular []float64
		}
	}
	if err := json.Unmarshal(text, &e); err != nil || len(e.Sets) != 4 {
		t.Fatal(len(e.Sets), err)
	}
	for _, s := range e.Sets {
		for _, far := range []float64{0, 1 << 30} {
			m := pcaMatrix(s.X, far)
			c, err := FitPCA(m, 0)
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s, moved by %g", s.Name, far)
			for j, v := range s.Mean {
				check.Close(t, what+", mean", c.Mean[j]-far, v, 1e-12+far*0x1p-53)
			}
			for a, v := range s.Variance {
				check.Close(t, what+", variance", c.Variance[a]/v, 1, 1e-10)
				check.Close(t, what+", ratio", c.Ratio[a], s.Ratio[a], 1e-12)
				check.Close(t, what+", singular value", c.Singular[a]/s.Singular[a], 1, 1e-10)
				for j, v := range s.Components[a] {
					check.Close(t, what+", loading", c.Axes[a][j], v, 1e-10)
				}
			}
			for i, got := range c.Transform(m, 2, 0) {
				check.Close(t, what+", score", got, s.Scores[i/2][i%2], 1e-9+far*0x1p-48)
			}
		}
	}
}

// drawPCA draws a matrix of full rank, or one with columns that repeat or do not vary.
func drawPCA(t *rapid.T) *Matrix {
	n, d := rapid.IntRange(2, 80).Draw(t, "n"), rapid.IntRange(1, 20).Draw(t, "d")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	m := NewMatrix(n, make([]Column, d), nil)
	far := rapid.SampledFrom([]float64{0, 1e8, -3}).Draw(t, "far")
	for i := range n {
		for j := range d {
			switch v := rng.NormFloat64(); {
			case j%7 == 5:
				m.Row(i)[j] = m.Row(i)[0]
			case j%7 == 6:
				m.Row(i)[j] = far
			default:
				m.Row(i)[j] = v*float64(1+j%3) + far
			}
		}
	}
	return m
}

// The axes are orthonormal, singular values those of the centred rows' decomposition, the
// scores uncorrelated, and any number of workers gives the same bits.
func TestFitPCADefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawPCA(t)
		n, d := m.Dims()
		c, err := FitPCA(m, 1)
		if err != nil {
			t.Fatal(err)
		}
		two, err := FitPCA(m, 3)
		if err != nil || fmt.Sprint(two) != fmt.Sprint(c) {
			t.Fatalf("3 workers: %v, one: %v (%v)", two, c, err)
		}
		centred := mat.NewDense(n, d, nil)
		for j := range d {
			var mean, rest float64
			for i := range n {
				mean += m.Row(i)[j] / float64(n)
			}
			for i := range n {
				rest += (m.Row(i)[j] - mean) / float64(n)
			}
			for i := range n {
				centred.Set(i, j, m.Row(i)[j]-mean-rest)
			}
		}
		var svd mat.SVD
		if !svd.Factorize(centred, mat.SVDThin) {
			t.Skip("gonum's decomposition did not converge")
		}
		top := c.Singular[0]
		for a, v := range svd.Values(nil) {
			if math.Abs(c.Singular[a]-v) > 3e-8*top || v > 1e-3*top && math.Abs(c.Singular[a]-v) > 1e-11*top {
				t.Fatalf("singular value %d: %.17g, want %.17g", a, c.Singular[a], v)
			}
		}
		sum := 0.0
		for a, axis := range c.Axes {
			sum += c.Ratio[a]
			for b, other := range c.Axes[:a+1] {
				dot := 0.0
				for j, v := range axis {
					dot += v * other[j]
				}
				want := 0.0
				if a == b {
					want = 1
				}
				if math.Abs(dot-want) > 1e-12 {
					t.Fatalf("axes %d and %d: %g", a, b, dot)
				}
			}
			if most := slices.MaxFunc(axis, func(x, y float64) int {
				switch {
				case math.Abs(x) < math.Abs(y)*(1-1e-8):
					return -1
				case math.Abs(y) < math.Abs(x)*(1-1e-8):
					return 1
				}
				return 0
			}); most < 0 {
				t.Fatalf("axis %d has the wrong sign: %v", a, axis)
			}
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Fatalf("the shares sum to %g", sum)
		}
	})
}

// Weights count repetitions, blocks of rows are merged, and a point far from most rows is
// replaced by their mean.
func TestFitPCARows(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	const n, d = 2571, 6
	m := NewMatrix(n, make([]Column, d), nil)
	m.Weights = make([]float64, n)
	var repeated []int
	for i := range n {
		for j := range d {
			m.Row(i)[j] = rng.NormFloat64() * float64(j+1)
		}
		w := rng.IntN(3)
		m.Weights[i] = float64(w)
		for range w {
			repeated = append(repeated, i)
		}
	}
	pcaAlike := func(what string, a, b *Components, tol float64) {
		t.Helper()
		for k := range d {
			check.Close(t, what+", variance", a.Variance[k]/b.Variance[k], 1, tol)
			for j := range d {
				check.Close(t, what+", loading", a.Axes[k][j], b.Axes[k][j], 100*tol)
			}
		}
	}
	fit := func(m *Matrix) *Components {
		t.Helper()
		c, err := FitPCA(m, 2)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	again := m.Pick(repeated)
	again.Weights = nil
	pcaAlike("repetition", fit(m), fit(again), 1e-12)
	order := rng.Perm(n)
	pcaAlike("order of rows", fit(m), fit(m.Pick(order)), 1e-12)
	// The rows that the median looks at lie where no other row does.
	m.Weights = nil
	plain := fit(m)
	moved := m.Pick(pcaRows(n))
	for i := range 257 {
		moved.Weights = nil
		for j := range d {
			moved.Row(i * (n - 1) / 256)[j] += 1e9
		}
	}
	moved.Weights = make([]float64, n)
	keep := []int{}
	for i := range n {
		if moved.Row(i)[0] < 1e8 {
			moved.Weights[i] = 1
			keep = append(keep, i)
		}
	}
	pcaAlike("a poor point", fit(moved), fit(m.Pick(keep)), 1e-11)
	if plain.Variance[0] < 30 || plain.Variance[0] > 42 {
		t.Errorf("the first variance is %g, drawn with 36", plain.Variance[0])
	}
}

func pcaRows(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestFitPCARefuses(t *testing.T) {
	bad := pcaMatrix([][]float64{{1, 2}, {3, math.NaN()}, {5, 7}}, 0)
	bad.Cols[1].Name = "spend"
	for want, m := range map[string]*Matrix{
		"spend is missing for customer 1": bad,
		"all rows are equal":              pcaMatrix([][]float64{{0.1, 2}, {0.1, 2}, {0.1, 2}}, 0),
		"leaves the range":                pcaMatrix([][]float64{{1e200}, {-1e200}}, 0),
		"there is no axis":                NewMatrix(3, nil, nil),
	} {
		if _, err := FitPCA(m, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	light := pcaMatrix([][]float64{{1, 2}, {3, 5}}, 0)
	light.Weights = []float64{0.5, 0.25}
	if c, err := FitPCA(light, 0); err != nil || c.Variance != nil || math.Abs(c.Ratio[0]-1) > 1e-12 {
		t.Errorf("weights that sum to less than 1: %+v, %v", c, err)
	}
}

// BenchmarkPCA fits generated rows, and those of the npy file that MORES_NPY names.
func BenchmarkPCA(b *testing.B) {
	run := func(name string, m *Matrix) {
		n, d := m.Dims()
		b.Run(fmt.Sprintf("%s/n=%d/d=%d", name, n, d), func(b *testing.B) {
			var c *Components
			for b.Loop() {
				var err error
				if c, err = FitPCA(m, 0); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(c.Ratio[0], "explained")
		})
	}
	for _, d := range []int{8, 16, 64} {
		m := NewMatrix(min(1_000_000, 16_000_000/d), make([]Column, d), nil)
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range m.data {
			m.data[i] = rng.NormFloat64() * float64(1+i%d)
		}
		run("normal", m)
	}
	if path := os.Getenv("MORES_NPY"); path != "" {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		a, err := npy.Read(bufio.NewReader(f))
		if err != nil {
			b.Fatal(err)
		}
		d := a.Shape[1]
		run(filepath.Base(path), NewMatrix(len(a.Data)/d, make([]Column, d), a.Data))
	}
}
