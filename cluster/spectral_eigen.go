package cluster

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// lanczos finds the largest eigenvalues of a symmetric operator on n values, with
// their vectors, by the thick-restart Lanczos method with full reorthogonalisation
// (Wu, Simon, SIAM J. Matrix Anal. Appl. 22, 2000, doi 10.1137/S0895479898334605).
// One start vector sees one vector of a multiple eigenvalue: when all are found, a new
// start orthogonal to them looks for what was missed, until it finds nothing larger.
type lanczos struct {
	ctx     context.Context
	workers int
	n       int
	mul     func(dst, src []float64) error // dst = S·src
	locked  [][]float64                    // orthonormal vectors that are already known
	tol     float64                        // of the residual ‖Sv − λv‖
	rounds  int                            // restarts at most
	rng     *rand.Rand

	values    []float64
	vectors   [][]float64
	converged bool
}

// find adds the k largest eigenpairs outside the locked ones.
func (l *lanczos) find(k int) error {
	known := l.locked
	l.converged = true
	k = min(k, l.n-len(known))
	for len(l.values) < k {
		values, vectors, ok, err := l.solve(k - len(l.values))
		if err != nil {
			return err
		}
		l.add(values, vectors, ok)
		l.locked = slices.Concat(known, l.vectors)
	}
	for k > 0 && len(l.locked) < l.n { // a second copy of what was found
		values, vectors, ok, err := l.solve(1)
		if err != nil {
			return err
		}
		if len(values) == 0 || values[0] <= l.values[k-1]+l.tol {
			break
		}
		l.add(values, vectors, ok)
		l.values, l.vectors = l.values[:k], l.vectors[:k]
		l.locked = slices.Concat(known, l.vectors)
	}
	l.locked = known
	return nil
}

// add puts new pairs in their places.
func (l *lanczos) add(values []float64, vectors [][]float64, ok bool) {
	l.converged = l.converged && ok
	for i, v := range values {
		at := len(l.values)
		for at > 0 && l.values[at-1] < v {
			at--
		}
		l.values = slices.Insert(l.values, at, v)
		l.vectors = slices.Insert(l.vectors, at, vectors[i])
	}
}

// solve returns up to k of the largest pairs orthogonal to the locked vectors, all of
// them converged unless ok is false.
func (l *lanczos) solve(k int) (values []float64, vectors [][]float64, ok bool, err error) {
	free := l.n - len(l.locked)
	k = min(k, free)
	size := min(free, max(3*k, k+40))
	var basis [][]float64
	t := mat.NewSymDense(size, nil)
	w := make([]float64, l.n)
	next := make([]float64, l.n)
	if !l.fresh(next, nil) {
		return nil, nil, true, nil
	}
	for round := 0; ; round++ {
		var beta float64
		for len(basis) < size {
			j := len(basis)
			basis = append(basis, slices.Clone(next))
			if err := l.mul(w, basis[j]); err != nil {
				return nil, nil, false, err
			}
			h := l.project(basis, w)
			for i, v := range h {
				t.SetSym(i, j, v)
			}
			beta = l.orthogonal(basis, w)
			if beta > 1e-13 {
				for i, v := range w {
					next[i] = v / beta
				}
				continue
			}
			beta = 0 // an invariant subspace: go on in another
			if len(basis) < size && !l.fresh(next, basis) {
				break
			}
		}
		m := len(basis)
		var e mat.EigenSym
		if !e.Factorize(t.SliceSym(0, m), true) {
			return nil, nil, false, &DataError{"spectral", "the eigenvalues of a small matrix were not found: the affinities are not finite"}
		}
		theta := e.Values(nil)
		var s mat.Dense
		e.VectorsTo(&s)
		done := m == free || beta == 0
		for i := 0; !done && i < k; i++ {
			if math.Abs(beta*s.At(m-1, m-1-i)) > l.tol {
				break
			}
			done = i == k-1
		}
		last := round == l.rounds
		keep := k
		if !done && !last {
			keep = min(k+(m-k)/2, m-1)
		}
		basis, err = l.rotate(basis, &s, keep)
		if err != nil {
			return nil, nil, false, err
		}
		if done || last {
			for i := range keep {
				values = append(values, theta[m-1-i])
			}
			return values, basis, done, nil
		}
		t.Zero()
		for i := range keep {
			t.SetSym(i, i, theta[m-1-i])
		}
	}
}

// fresh writes a random unit vector orthogonal to the locked ones and the basis; false
// where there is none.
func (l *lanczos) fresh(v []float64, basis [][]float64) bool {
	for range 5 {
		for i := range v {
			v[i] = l.rng.NormFloat64()
		}
		before := math.Sqrt(dot(v, v))
		if after := l.orthogonal(basis, v); after > 1e-10*before {
			for i := range v {
				v[i] /= after
			}
			return true
		}
	}
	return false
}

// project returns the products of w with each vector of the basis.
func (l *lanczos) project(basis [][]float64, w []float64) []float64 {
	h := make([]float64, len(basis))
	// Errors of ctx are met by the next multiplication.
	_ = parallel(l.ctx, l.workers, len(basis), func(i int) { h[i] = dot(basis[i], w) })
	return h
}

// orthogonal takes out of w, twice, what lies along the basis and the locked vectors,
// and returns the length of the rest.
func (l *lanczos) orthogonal(basis [][]float64, w []float64) float64 {
	for range 2 {
		for _, vs := range [][][]float64{l.locked, basis} {
			h := l.project(vs, w)
			b := newBlocks(len(w))
			_ = b.each(l.ctx, l.workers, func(_, lo, hi int) {
				for i, v := range vs {
					axpy(-h[i], v[lo:hi], w[lo:hi])
				}
			})
		}
	}
	return math.Sqrt(dot(w, w))
}

// rotate returns the keep vectors of the largest values: the basis times the last
// columns of s, the very last first.
func (l *lanczos) rotate(basis [][]float64, s *mat.Dense, keep int) ([][]float64, error) {
	m := len(basis)
	out := make([][]float64, keep)
	for i := range out {
		out[i] = make([]float64, l.n)
	}
	err := newBlocks(l.n).each(l.ctx, l.workers, func(_, lo, hi int) {
		for i := range out {
			for j, v := range basis {
				axpy(s.At(j, m-1-i), v[lo:hi], out[i][lo:hi])
			}
		}
	})
	return out, err
}

// dot is Σ aᵢ·bᵢ in four interleaved sums.
func dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	for len(a) >= 4 && len(b) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		s0 += v * b[i]
	}
	return s0 + s1 + (s2 + s3)
}

// axpy adds c·x to y.
func axpy(c float64, x, y []float64) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += c * v
	}
}
