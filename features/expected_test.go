package features

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// expected is testdata/expected.json: what eval/peers/features_expected.py printed
// (scikit-learn, SciPy and NumPy, their versions in the file).
type expected struct {
	Circular struct {
		Moments map[string][2]float64
		Kappa   float64
	}
	Clumpiness     map[string]float64
	ZScore         [][]float64
	ZScoreWeighted []float64 `json:"zscore_weighted"`
	Robust         []struct {
		Median, MAD, IQR float64
		MeanDev          float64 `json:"mean_dev"`
	}
	RobustIQR       []float64   `json:"robust_iqr"`
	QuantileUniform [][]float64 `json:"quantile_uniform"`
	QuantileNormal  [][]float64 `json:"quantile_normal"`
	QuantileNew     [][]float64 `json:"quantile_new"`
	PCA             struct {
		Components, Scores [][]float64
		Explained          []float64
	}
	Block struct {
		Sigma, Shares []float64
		Rows          [][]float64
	}
}

func expect(t testing.TB) (e expected) {
	t.Helper()
	js, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// peerMatrix is the matrix X of eval/peers/features_expected.py.
func peerMatrix() *Matrix {
	return NewMatrix(10, []Column{
		{Name: "skewed", Unit: "money", Block: "a"},
		{Name: "tied", Unit: "count", Block: "a"},
		{Name: "mostly", Block: "b"},
		{Name: "plain", Block: "b"},
	}, []float64{
		1, 1, 0, -0.5, 2.5, 1, 0, 0.25, 3, 2, 0, 1.5, 8, 2, 0, -2, 13, 2, 0, 0.75,
		21.5, 3, 0, 0.1, 55, 5, 1, -1.25, 144, 8, 2, 2.25, 233, 8, 4, 0.4, 610, 9, 0, -0.9,
	})
}

// learned learns l on m and applies it.
func learned(t testing.TB, l Learner, m *Matrix) (*Matrix, Map, []string) {
	t.Helper()
	mp, warnings, err := l.Learn(m)
	if err != nil {
		t.Fatal(err)
	}
	out, err := mp.Apply(m)
	if err != nil {
		t.Fatal(err)
	}
	return out, mp, warnings
}

// rowsClose compares a matrix with rows of expected values.
func rowsClose(t *testing.T, what string, got *Matrix, want [][]float64, tol float64) {
	t.Helper()
	if n, d := got.Dims(); n != len(want) || d != len(want[0]) {
		t.Fatalf("%s: %d × %d, want %d × %d", what, n, d, len(want), len(want[0]))
	}
	for i, w := range want {
		for j, x := range w {
			check.Close(t, what, got.Row(i)[j], x, tol)
		}
	}
}

func TestTransforms(t *testing.T) {
	for _, tr := range Transforms() {
		t.Run(tr.Name, func(t *testing.T) {
			if err := CheckTransform(tr); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestExtractors(t *testing.T) {
	for _, e := range Extractors() {
		t.Run(e.Name, func(t *testing.T) {
			if err := Check(e); err != nil {
				t.Error(err)
			}
		})
	}
}

// lacks reports whether none of the texts holds the words.
func lacks(texts []string, words string) bool {
	for _, s := range texts {
		if strings.Contains(s, words) {
			return false
		}
	}
	return true
}

func nan() float64 { return math.NaN() }
