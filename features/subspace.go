package features

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// sparse is a symmetric matrix of n rows: row i holds col and val from ends[i−1] to
// ends[i].
type sparse struct {
	n    int
	ends []int
	col  []int32
	val  []float64
}

// times writes S·x to y; both hold n rows of k values. Rows are shared out to two
// goroutines; each row is summed by one in its own order, so the bits do not depend
// on it.
func (s *sparse) times(x, y []float64, k int) {
	var wg sync.WaitGroup
	half := s.n / 2
	for _, part := range [][2]int{{0, half}, {half, s.n}} {
		wg.Go(func() {
			for i := part[0]; i < part[1]; i++ {
				out := y[i*k : (i+1)*k]
				clear(out)
				lo := 0
				if i > 0 {
					lo = s.ends[i-1]
				}
				for p := lo; p < s.ends[i]; p++ {
					v := s.val[p]
					for d, z := range x[int(s.col[p])*k:][:k] {
						out[d] += v * z
					}
				}
			}
		})
	}
	wg.Wait()
}

// The subspace iteration's constants: subspaceMore directions are carried beyond
// those asked for, so that the slowest of these converges by the gap to the one that
// far behind; subspaceTolerance is the residual |S u − λ u| over |λ₁| at which it
// stops. Distances between customers are good to about its square root of a gap.
const (
	subspaceMore      = 16
	subspaceTolerance = 1e-10
	subspaceRounds    = 200
)

// topEigen returns the k eigenvectors of S of the largest |λ|, with their λ, in that
// order: the singular vectors of a symmetric matrix. Fewer are returned where fewer
// are above 1e-9·|λ₁|. The entry of the largest magnitude of each vector is positive,
// the first of them where several are equal.
//
// Subspace iteration with a Rayleigh–Ritz step each round (Halko, Martinsson & Tropp
// 2011), from a fixed normal start: the same matrix gives the same bits. Cost:
// O(rounds·(k + 16)·(non-zeros + n·(k + 16))).
func topEigen(s *sparse, k int) (vectors [][]float64, values []float64) {
	width := min(k+subspaceMore, s.n)
	rng := rand.New(rand.NewPCG(1, 17))
	q := make([]float64, s.n*width)
	for i := range q {
		q[i] = rng.NormFloat64()
	}
	y := make([]float64, len(q))
	orthonormal(q, s.n, width)
	var lambda []float64
	for round := 0; ; round++ {
		s.times(q, y, width)
		lambda = ritz(q, y, s.n, width)
		if worst := residual(q, y, lambda, s.n, width, min(k, width)); round == subspaceRounds || worst <= subspaceTolerance*math.Abs(lambda[0]) {
			break
		}
		copy(q, y)
		orthonormal(q, s.n, width)
	}
	for d := range min(k, width) {
		if math.Abs(lambda[d]) <= 1e-9*math.Abs(lambda[0]) || lambda[d] == 0 {
			break
		}
		v := make([]float64, s.n)
		at := 0
		for i := range v {
			v[i] = q[i*width+d]
			// Not by a hair: rounding must not decide between two equal entries.
			if math.Abs(v[i]) > math.Abs(v[at])*(1+1e-9) {
				at = i
			}
		}
		if v[at] < 0 {
			for i := range v {
				v[i] = -v[i]
			}
		}
		vectors, values = append(vectors, v), append(values, lambda[d])
	}
	return vectors, values
}

// orthonormal makes the columns of q (n × k) orthonormal: Gram–Schmidt, twice.
// A column that depends on those before it becomes 0.
func orthonormal(q []float64, n, k int) {
	dots := make([]float64, k)
	for c := range k {
		var before float64
		for i := range n {
			before += q[i*k+c] * q[i*k+c]
		}
		for range 2 {
			clear(dots[:c])
			for i := range n {
				row := q[i*k : i*k+c+1]
				x := row[c]
				for d := range c {
					dots[d] += row[d] * x
				}
			}
			for i := range n {
				row := q[i*k : i*k+c+1]
				for d := range c {
					row[c] -= dots[d] * row[d]
				}
			}
		}
		var sum float64
		for i := range n {
			sum += q[i*k+c] * q[i*k+c]
		}
		scale := 0.0
		if sum > 1e-24*before {
			scale = 1 / math.Sqrt(sum)
		}
		for i := range n {
			q[i*k+c] *= scale
		}
	}
}

// ritz rotates q and y = S q to the eigenvectors of qᵀSq, the largest |λ| first.
func ritz(q, y []float64, n, k int) []float64 {
	small := mat.NewSymDense(k, nil)
	for a := range k {
		for b := a; b < k; b++ {
			var sum float64
			for i := range n {
				sum += q[i*k+a]*y[i*k+b] + q[i*k+b]*y[i*k+a]
			}
			small.SetSym(a, b, sum/2)
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(small, true) {
		panic("features: the eigenvalues of a small symmetric matrix did not converge")
	}
	all := eig.Values(nil)
	var rot mat.Dense
	eig.VectorsTo(&rot)
	order := make([]int, k)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := math.Abs(all[a]), math.Abs(all[b]); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	lambda := make([]float64, k)
	turn := make([]float64, k*k)
	for d, o := range order {
		lambda[d] = all[o]
		for a := range k {
			turn[a*k+d] = rot.At(a, o)
		}
	}
	out := make([]float64, k)
	for _, m := range [][]float64{q, y} {
		for i := range n {
			row := m[i*k : (i+1)*k]
			clear(out)
			for a, x := range row {
				for d, r := range turn[a*k : (a+1)*k] {
					out[d] += x * r
				}
			}
			copy(row, out)
		}
	}
	return lambda
}

// residual is the largest |S u − λ u| of the first take vectors.
func residual(q, y, lambda []float64, n, k, take int) float64 {
	var worst float64
	for d := range take {
		var sum float64
		for i := range n {
			r := y[i*k+d] - lambda[d]*q[i*k+d]
			sum += r * r
		}
		worst = max(worst, math.Sqrt(sum))
	}
	return worst
}
