package features

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// themesExpected is testdata/themes.json: what eval/peers/themes_expected.py printed
// (scikit-learn and SciPy, their versions in the file).
type themesExpected struct {
	GuidePlain     [][]float64 `json:"guide_plain"`
	GuideSmooth    [][]float64 `json:"guide_smooth"`
	IDF            []float64
	TFIDF          [][]float64
	Singular       []float64
	StartObjective float64     `json:"start_objective"`
	StartW         [][]float64 `json:"start_w"`
	NMF            struct {
		Iter      int
		Objective float64
		W, H      [][]float64
	}
	NMFOwnStart struct {
		Iter      int
		Objective float64
	} `json:"nmf_own_start"`
	NNLS [][]float64
}

func expectThemes(t testing.TB) (e themesExpected) {
	t.Helper()
	js, err := os.ReadFile("testdata/themes.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// sparseOf makes a sparse matrix of dense rows.
func sparseOf(rows [][]float64) *Sparse {
	s := &Sparse{Cols: len(rows[0]), Start: []int{0}}
	for _, r := range rows {
		for j, x := range r {
			if x != 0 {
				s.Index = append(s.Index, int32(j))
				s.Values = append(s.Values, x)
			}
		}
		s.Start = append(s.Start, len(s.Index))
	}
	return s
}

func denseOf(s *Sparse) [][]float64 {
	out := make([][]float64, s.Rows())
	for i := range out {
		out[i] = make([]float64, s.Cols)
		idx, val := s.Row(i)
		for k, j := range idx {
			out[i][j] = val[k]
		}
	}
	return out
}

// peerCounts repeats counts() of eval/peers/themes_expected.py.
func peerCounts() *Sparse {
	const n, d, k = 60, 25, 4
	s := 12345
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, d)
		for j := range d {
			s = (1103515245*s + 12345) % (1 << 31)
			u := float64(s) / (1 << 31)
			p := 0.08
			if j*k/d == i%k {
				p = 0.55
			}
			if u < p {
				out[i][j] = math.Trunc(u/p*-2 + 3)
			}
		}
	}
	return sparseOf(out)
}

// peerWeights are the tf-idf weights of the counts.
func peerWeights() (*Sparse, []float64) {
	x := peerCounts()
	o := TFIDF{Sublinear: true, Smooth: true}
	idf := o.IDF(x)
	for i := range x.Rows() {
		idx, val := x.Row(i)
		o.Weigh(idx, val, idf)
	}
	return x, idf
}

func rowsEqual(t *testing.T, what string, got, want [][]float64, tol float64) {
	t.Helper()
	for i, w := range want {
		for j, x := range w {
			check.Close(t, fmt.Sprintf("%s[%d][%d]", what, i, j), got[i][j], x, tol)
		}
	}
}

// TestTFIDF: the example of scikit-learn's user guide (Text feature extraction,
// tf–idf term weighting), its figures to the eight digits printed there, and
// scikit-learn's own TfidfTransformer to 1e-12.
func TestTFIDF(t *testing.T) {
	e := expectThemes(t)
	small := [][]float64{{3, 0, 1}, {2, 0, 0}, {3, 0, 0}, {4, 0, 0}, {3, 2, 0}, {3, 0, 2}}
	guide := [2][][]float64{
		{{0.81940995, 0, 0.57320793}, {1, 0, 0}, {1, 0, 0}, {1, 0, 0}, {0.47330339, 0.88089948, 0}, {0.58149261, 0, 0.81355169}},
		{{0.85151335, 0, 0.52433293}, {1, 0, 0}, {1, 0, 0}, {1, 0, 0}, {0.55422893, 0.83236428, 0}, {0.63035731, 0, 0.77630514}},
	}
	for k, own := range [][][]float64{e.GuidePlain, e.GuideSmooth} {
		x := sparseOf(small)
		o := TFIDF{Smooth: k == 1}
		idf := o.IDF(x)
		for i := range x.Rows() {
			idx, val := x.Row(i)
			o.Weigh(idx, val, idf)
		}
		rowsEqual(t, "guide", denseOf(x), guide[k], 1e-8)
		rowsEqual(t, "TfidfTransformer", denseOf(x), own, 1e-12)
	}
	x, idf := peerWeights()
	rowsEqual(t, "idf", [][]float64{idf}, [][]float64{e.IDF}, 1e-12)
	rowsEqual(t, "sublinear", denseOf(x)[:3], e.TFIDF, 1e-12)
}

// TestNMF: scikit-learn's NMF(solver="cd") from the same exact NNDSVD start, entry by
// entry; and its init="nndsvd", whose SVD is randomised, by the objective.
func TestNMF(t *testing.T) {
	e := expectThemes(t)
	x, _ := peerWeights()
	tr := x.Transpose()
	values, left, right := TruncatedSVD(x, tr, 4, 300)
	rowsEqual(t, "singular values", [][]float64{values}, [][]float64{e.Singular}, 1e-10)
	for i, row := range denseOf(x)[:3] { // X v = σ u
		for c := range 4 {
			var s float64
			for j, v := range row {
				s += v * right[j*4+c]
			}
			check.Close(t, "X v", s, values[c]*left[i*4+c], 1e-12)
		}
	}
	w, ht := nmfStart(x, tr, 4)
	check.Close(t, "objective of NNDSVD", nmfObjective(x, w, ht, 4), e.StartObjective, 1e-7)
	for i, row := range e.StartW {
		rowsEqual(t, "NNDSVD", [][]float64{w[i*4 : i*4+4]}, [][]float64{row}, 1e-5)
	}
	f, err := NMF{K: 4}.Fit(x)
	if err != nil {
		t.Fatal(err)
	}
	if f.Iter != e.NMF.Iter || !f.Converged {
		t.Errorf("%d passes, want %d", f.Iter, e.NMF.Iter)
	}
	check.Close(t, "objective", f.Objective, e.NMF.Objective, 1e-8)
	check.Close(t, "objective, own start", f.Objective, e.NMFOwnStart.Objective, 1e-4)
	for i, row := range e.NMF.W {
		rowsEqual(t, "W", [][]float64{f.W[i*4 : i*4+4]}, [][]float64{row}, 1e-5)
	}
	for c, row := range e.NMF.H {
		rowsEqual(t, "H", [][]float64{f.H[c*25 : c*25+25]}, [][]float64{row}, 1e-5)
	}
	random, err := NMF{K: 4, Seed: 3, MaxIter: 1000}.Fit(x)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "objective from a random start", random.Objective, f.Objective, 0.02)
	for want, o := range map[string]NMF{"k = 0": {}, "k = 26": {K: 26}} {
		if _, err := o.Fit(x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	x.Values[3] = -1
	if _, err := (NMF{K: 2}).Fit(x); err == nil {
		t.Error("a negative value passes")
	}
}

// TestNMFExact: a matrix that is a product of non-negative factors is found again.
func TestNMFExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	rows := make([][]float64, 40)
	for i := range rows {
		a, b := rng.Float64(), rng.Float64()
		rows[i] = []float64{a, 2 * a, 0, b, 3 * b, a + b}
	}
	f, err := NMF{K: 2, MaxIter: 5000, Tol: 1e-12}.Fit(sparseOf(rows))
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "objective", f.Objective, 0, 1e-10)
	// Scaling X by 4 scales the objective by 16 and changes no share.
	for i := range rows {
		for j := range rows[i] {
			rows[i][j] = 4 * (rows[i][j] + 0.1*rng.Float64())
		}
	}
	g, _ := NMF{K: 2}.Fit(sparseOf(rows))
	for i := range rows {
		for j := range rows[i] {
			rows[i][j] /= 4
		}
	}
	h, _ := NMF{K: 2}.Fit(sparseOf(rows))
	check.Close(t, "scaled", g.Objective, 16*h.Objective, 1e-6)
	// Rank 1, asked for three: the values beyond the rank are 0.
	values, _, _ := TruncatedSVD(sparseOf([][]float64{{1, 2, 3}, {2, 4, 6}, {3, 6, 9}}), sparseOf([][]float64{{1, 2, 3}, {2, 4, 6}, {3, 6, 9}}), 3, 100)
	if values[1] != 0 || values[2] != 0 {
		t.Errorf("singular values %v of rank 1", values)
	}
}

// TestNNLS: scipy.optimize.nnls, the conditions of Karush, Kuhn and Tucker on random
// problems, and dependent columns.
func TestNNLS(t *testing.T) {
	e := expectThemes(t)
	x, _ := peerWeights()
	h := e.NMF.H
	for i, row := range denseOf(x)[:8] {
		gram, b := make([]float64, 16), make([]float64, 4)
		for p := range 4 {
			for j, v := range row {
				b[p] += h[p][j] * v
				for q := range 4 {
					gram[p*4+q] += h[p][j] * h[q][j]
				}
			}
		}
		rowsEqual(t, "nnls", [][]float64{NNLS(gram, b)}, [][]float64{e.NNLS[i]}, 1e-10)
	}
	rng := rand.New(rand.NewPCG(2, 9))
	for trial := range 300 {
		k := 1 + rng.IntN(8)
		a := make([][]float64, k)
		y := make([]float64, 12)
		for p := range a {
			a[p] = make([]float64, 12)
			for j := range a[p] {
				a[p][j] = rng.NormFloat64() + 0.5
			}
		}
		if k > 2 && trial%3 == 0 {
			copy(a[1], a[0]) // dependent
		}
		if k > 2 && trial%5 == 0 {
			clear(a[2])
		}
		for j := range y {
			y[j] = rng.NormFloat64()
		}
		gram, b := make([]float64, k*k), make([]float64, k)
		for p := range k {
			for j := range y {
				b[p] += a[p][j] * y[j]
				for q := range k {
					gram[p*k+q] += a[p][j] * a[q][j]
				}
			}
		}
		w := NNLS(gram, b)
		for p := range k {
			g := b[p]
			for q := range k {
				g -= gram[p*k+q] * w[q]
			}
			if w[p] < 0 || g > 1e-8 || w[p] > 0 && math.Abs(g) > 1e-8 {
				t.Fatalf("trial %d: w[%d] = %g with gradient %g", trial, p, w[p], g)
			}
		}
	}
}
