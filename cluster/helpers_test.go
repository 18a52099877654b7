package cluster

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/npy"
)

// expected is testdata/expected.json: scikit-learn's answers, made by
// eval/peers/cluster_expected.py.
type expected struct {
	Sets map[string]struct {
		KMeans []struct {
			Rows    []int       `json:"rows"`
			Far     [][]float64 `json:"far"`
			Tol     float64     `json:"tol"`
			MaxIter int         `json:"max_iter"`
			Weights string      `json:"weights"`
			Labels  []int32     `json:"labels"`
			Inertia float64     `json:"inertia"`
			NIter   int         `json:"n_iter"`
		} `json:"kmeans"`
		DBSCAN []struct {
			Eps        float64 `json:"eps"`
			MinSamples int     `json:"min_samples"`
			Weights    string  `json:"weights"`
			Labels     []int32 `json:"labels"`
			Core       []int   `json:"core"`
		} `json:"dbscan"`
	} `json:"sets"`
}

func readExpected(t testing.TB) *expected {
	t.Helper()
	b, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var e expected
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Sets) != 6 {
		t.Fatalf("%d sets, want 6", len(e.Sets))
	}
	return &e
}

func readNpy(t testing.TB, name string) *npy.Array {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".npy.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	a, err := npy.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func readSet(t testing.TB, name string) *features.Matrix {
	a := readNpy(t, name)
	return matrix(a.Shape[1], a.Data...)
}

// matrix makes a matrix of d columns.
func matrix(d int, values ...float64) *features.Matrix {
	cols := make([]features.Column, d)
	for j := range cols {
		cols[j].Name = fmt.Sprintf("c%d", j)
	}
	return features.NewMatrix(len(values)/d, cols, values)
}

// gaussian makes n rows around k centres, spread far apart by spread.
func gaussian(n, d, k int, spread float64, seed uint64) (*features.Matrix, []int32) {
	r := rand.New(rand.NewPCG(seed, 99))
	centers := make([]float64, k*d)
	for i := range centers {
		centers[i] = (r.Float64() - 0.5) * spread
	}
	x := make([]float64, n*d)
	truth := make([]int32, n)
	for i := range n {
		truth[i] = int32(r.IntN(k))
		for j := range d {
			x[i*d+j] = centers[int(truth[i])*d+j] + r.NormFloat64()
		}
	}
	return matrix(d, x...), truth
}

// sameCanonical compares got with labels of any numbering.
func sameCanonical(t *testing.T, what string, got, want []int32) {
	t.Helper()
	w := append([]int32(nil), want...)
	Canonical(w)
	for i := range w {
		if got[i] != w[i] {
			t.Errorf("%s: row %d has label %d, want %d", what, i, got[i], w[i])
			return
		}
	}
}

func sqrt(v float64) float64 { return math.Sqrt(v) }

// longRounds is how many random instances a brute-force test makes.
func longRounds(usual, long int) int {
	if os.Getenv("MORES_LONG") == "1" {
		return long
	}
	return usual
}
