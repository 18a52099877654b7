package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The eigenvalues are those of scikit-learn's Laplacian, multiple ones as often; the
// labels its labels where the graph hangs together.
func TestSpectralExpected(t *testing.T) {
	for _, c := range readGraph(t).Spectral {
		x := readSet(t, c.Set).Pick(seq(c.N))
		a := &Spectral{NClusters: c.NClusters, Affinity: c.Affinity, NNeighbors: c.NNeighbors, Gamma: c.Gamma, NInit: 50, EigenTol: 1e-9}
		got, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		what := c.Set + " " + c.Affinity
		if ari := adjustedRand(got.Labels, c.Labels); ari < 0.98 {
			t.Errorf("%s: adjusted Rand index %.4f with scikit-learn's labels", what, ari)
		}
		r := &spectralRun{ctx: context.Background(), opt: a, x: x, n: c.N, d: len(x.Row(0))}
		var values []float64
		vectors := spectralVectors(t, r, &values)
		for i, v := range c.Values {
			if math.Abs(1-values[i]-v) > 1e-8 {
				t.Errorf("%s: eigenvalue %d of the Laplacian is %.12g, want %.12g", what, i+1, 1-values[i], v)
			}
		}
		for i, u := range vectors {
			for j, v := range vectors[:i+1] {
				want := 0.0
				if i == j {
					want = 1
				}
				if math.Abs(dot(u, v)-want) > 1e-9 {
					t.Errorf("%s: vectors %d and %d are not orthonormal", what, i, j)
				}
			}
		}
	}
}

// spectralVectors undoes the division by √degree and measures each vector's value.
func spectralVectors(t *testing.T, r *spectralRun, values *[]float64) [][]float64 {
	t.Helper()
	var places []float64
	var err error
	if r.opt.Affinity == "rbf" {
		places, _, err = r.dense()
	} else {
		places, _, err = r.sparse()
	}
	if err != nil {
		t.Fatal(err)
	}
	k := len(places) / r.n
	vectors := make([][]float64, k)
	for c := range vectors {
		vectors[c] = make([]float64, r.n)
		for i := range r.n {
			vectors[c][i] = places[i*k+c] * r.root[i]
		}
	}
	// The operator once more, by brute force over the affinities.
	for _, v := range vectors {
		*values = append(*values, spectralRayleigh(r, v))
	}
	slices.SortFunc(*values, func(a, b float64) int {
		if a > b {
			return -1
		}
		return 1
	})
	return vectors
}

// spectralRayleigh is vᵀSv from affinities worked out anew.
func spectralRayleigh(r *spectralRun, v []float64) float64 {
	s := 0.0
	near := map[[2]int]bool{}
	if r.opt.Affinity != "rbf" {
		for i := range r.n {
			type pair struct {
				sq float64
				j  int
			}
			var all []pair
			for j := range r.n {
				if j != i {
					q := 0.0
					for c := range r.d {
						e := r.x.Row(i)[c] - r.x.Row(j)[c]
						q += e * e
					}
					all = append(all, pair{q, j})
				}
			}
			slices.SortFunc(all, func(a, b pair) int {
				if a.sq != b.sq {
					if a.sq < b.sq {
						return -1
					}
					return 1
				}
				return a.j - b.j
			})
			for _, p := range all[:r.opt.NNeighbors-1] {
				near[[2]int{i, p.j}] = true
			}
		}
		for e := range near {
			s += v[e[0]] * v[e[1]] / (r.root[e[0]] * r.root[e[1]])
		}
		return s
	}
	for i := range r.n {
		for j := range r.n {
			if i != j {
				q := 0.0
				for c := range r.d {
					e := r.x.Row(i)[c] - r.x.Row(j)[c]
					q += e * e
				}
				s += v[i] * v[j] * math.Exp(-*r.opt.Gamma*q) / (r.root[i] * r.root[j])
			}
		}
	}
	return s
}

// The solver against a full decomposition, on matrices with multiple eigenvalues.
func TestLanczosEqualsFullDecomposition(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for round := range longRounds(40, 400) {
		n := 5 + r.IntN(120)
		values := make([]float64, n)
		for i := range values {
			values[i] = r.Float64()*2 - 1
			if i > 0 && r.IntN(3) == 0 {
				values[i] = values[i-1] // twice and more
			}
		}
		var qr mat.QR
		g := mat.NewDense(n, n, nil)
		for i := range n {
			for j := range n {
				g.Set(i, j, r.NormFloat64())
			}
		}
		qr.Factorize(g)
		var q mat.Dense
		qr.QTo(&q)
		s := mat.NewDense(n, n, nil)
		s.Product(&q, mat.NewDiagDense(n, values), q.T())
		l := &lanczos{
			ctx: context.Background(), workers: 2, n: n, tol: 1e-8, rounds: 300, rng: rand.New(rand.NewPCG(uint64(round), 1)),
			mul: func(dst, src []float64) error {
				mat.NewVecDense(n, dst).MulVec(s, mat.NewVecDense(n, src))
				return nil
			},
		}
		k := 1 + r.IntN(min(n, 9))
		if err := l.find(k); err != nil {
			t.Fatal(err)
		}
		slices.Sort(values)
		for i := range k {
			if math.Abs(l.values[i]-values[n-1-i]) > 1e-8 {
				t.Fatalf("n = %d: value %d of %d is %v, want %v", n, i+1, k, l.values[i], values[n-1-i])
			}
		}
	}
}

func TestSpectralNystroem(t *testing.T) {
	x, truth := gaussian(3000, 3, 4, 25, 3)
	gamma := 0.05
	a := &Spectral{NClusters: 4, Affinity: "rbf", Gamma: &gamma, NLandmarks: 200, NInit: 5, EigenTol: 1e-7}
	got, err := a.Fit(context.Background(), x, Run{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	a.NLandmarks = 0
	exact, err := a.Fit(context.Background(), x, Run{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	if ari := adjustedRand(got.Labels, exact.Labels); ari < 0.99 {
		t.Errorf("adjusted Rand index %.4f with the exact cut", ari)
	}
	if ari := adjustedRand(got.Labels, truth); ari < 0.95 {
		t.Errorf("adjusted Rand index %.4f with the truth", ari)
	}
	if len(got.Warnings) == 0 || !strings.Contains(got.Warnings[0], "200 rows") {
		t.Errorf("no word of the approximation: %q", got.Warnings)
	}
}

// Rings cannot be parted by k-means; the graph parts them, given rows or distances.
func TestSpectralRings(t *testing.T) {
	x := checkMatrix(400, 2)
	truth := make([]int32, 400)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 400 {
		truth[i] = int32(i % 2)
		s, c := math.Sincos(2 * math.Pi * r.Float64())
		rad := float64(1+2*(i%2)) + 0.05*r.NormFloat64()
		x.Row(i)[0], x.Row(i)[1] = rad*c, rad*s
	}
	a := &Spectral{NClusters: 2, Affinity: "nearest_neighbors", NNeighbors: 10, NInit: 10, EigenTol: 1e-7}
	got, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	sameCanonical(t, "rings", got.Labels, truth)
	given, err := a.Fit(context.Background(), x, Run{Space: rowSpace{x.Data(), 2}})
	if err != nil || !slices.Equal(given.Labels, got.Labels) {
		t.Errorf("given distances cut otherwise: %v", err)
	}
	if got.Objective == nil || *got.Objective > 0.02 {
		t.Errorf("normalised cut %v", got.Objective)
	}
}

func TestSpectralRefusals(t *testing.T) {
	x, _ := gaussian(50, 2, 3, 30, 1)
	for name, change := range map[string]func(a *Spectral){
		"affinity":    func(a *Spectral) { a.Affinity = "cosine" },
		"n_neighbors": func(a *Spectral) { a.NNeighbors = 1 },
		"gamma":       func(a *Spectral) { a.Gamma = new(float64) },
		"n_landmarks": func(a *Spectral) { a.NLandmarks = 2 },
		"n_init":      func(a *Spectral) { a.NInit = 0 },
		"eigen_tol":   func(a *Spectral) { a.EigenTol = 0 },
	} {
		a := &Spectral{NClusters: 3, Affinity: "nearest_neighbors", NNeighbors: 10, NInit: 10, EigenTol: 1e-7}
		change(a)
		_, err := a.Fit(context.Background(), x, Run{})
		if e, ok := err.(*OptionError); !ok || e.Option != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkSpectral(b *testing.B) {
	for _, n := range []int{5_000, 20_000} {
		x, truth := gaussian(n, 8, 10, 14, 7)
		b.Run(fmt.Sprintf("n=%d,d=8,k=10", n), func(b *testing.B) {
			var got *Clustering
			for b.Loop() {
				var err error
				a := &Spectral{NClusters: 10, Affinity: "nearest_neighbors", NNeighbors: 10, NInit: 10, EigenTol: 1e-7}
				if got, err = a.Fit(context.Background(), x, Run{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(adjustedRand(got.Labels, truth), "ARI")
		})
	}
}
