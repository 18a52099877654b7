package features

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// TruncatedSVD returns the k largest singular values of x with the left (n × k) and
// right (d × k) vectors, row-major, by subspace iteration on XᵀX from a fixed start,
// with ten dimensions more than asked, until no wanted value moves by 1e-10 of the
// largest or that many rounds are done: a start for NMF needs few. Signs are such that the largest entry of a right
// vector is positive. Values beyond the rank are 0, with vectors of 0. Cost: O(k·non-zeros
// + k²(n + d)) a round.
//
// t is the transpose of x.
func TruncatedSVD(x, t *Sparse, k, rounds int) (values, left, right []float64) {
	n, d := x.Rows(), x.Cols
	b := min(k+10, n, d)
	rng := rand.New(rand.NewPCG(1, 1))
	v := make([]float64, d*b)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	u := make([]float64, n*b)
	old := make([]float64, k)
	nmfOrthonormal(v, b)
	for range rounds {
		nmfMultiply(x, v, u, b)
		sigma, turn := nmfRitz(u, b) // uᵀu = turn·diag(σ²)·turnᵀ
		nmfTurn(v, turn, b)
		moved := 0.0
		for c := range min(k, b) {
			moved = max(moved, math.Abs(sigma[c]-old[c]))
			old[c] = sigma[c]
		}
		if moved <= 1e-10*sigma[0] {
			break
		}
		nmfTurn(u, turn, b)
		nmfMultiply(t, u, v, b)
		nmfOrthonormal(v, b)
	}
	nmfMultiply(x, v, u, b)
	values, left, right = make([]float64, k), make([]float64, n*k), make([]float64, d*k)
	for c := range min(k, b) {
		var s float64
		for i := range n {
			s += u[i*b+c] * u[i*b+c]
		}
		s = math.Sqrt(s)
		if s <= 1e-12*max(values[0], s) || s == 0 {
			break
		}
		values[c] = s
		sign, most := 1.0, 0.0
		for j := range d {
			if a := math.Abs(v[j*b+c]); a > most*(1+1e-9) {
				most = a
				sign = math.Copysign(1, v[j*b+c])
			}
		}
		for j := range d {
			right[j*k+c] = sign * v[j*b+c]
		}
		for i := range n {
			left[i*k+c] = sign * u[i*b+c] / s
		}
	}
	return values, left, right
}

// nmfMultiply fills out (rows × b) with x·v.
func nmfMultiply(x *Sparse, v, out []float64, b int) {
	nmfRows(x.Rows(), func(lo, hi int) float64 {
		for i := lo; i < hi; i++ {
			row := out[i*b : i*b+b]
			clear(row)
			idx, val := x.Row(i)
			for p, j := range idx {
				a := val[p]
				for c, y := range v[int(j)*b : int(j)*b+b] {
					row[c] += a * y
				}
			}
		}
		return 0
	})
}

// nmfOrthonormal makes the columns orthonormal, by Gram and Schmidt, twice.
func nmfOrthonormal(v []float64, b int) {
	n := len(v) / b
	for c := range b {
		before := nmfLength(v, c, b)
		for range 2 {
			for p := range c {
				var s float64
				for i := range n {
					s += v[i*b+p] * v[i*b+c]
				}
				for i := range n {
					v[i*b+c] -= s * v[i*b+p]
				}
			}
		}
		length := nmfLength(v, c, b)
		for i := range n {
			if length <= 1e-13*before || length == 0 {
				v[i*b+c] = 0 // beyond the rank
			} else {
				v[i*b+c] /= length
			}
		}
	}
}

func nmfLength(v []float64, c, b int) float64 {
	var s float64
	for i := c; i < len(v); i += b {
		s += v[i] * v[i]
	}
	return math.Sqrt(s)
}

// nmfRitz returns the square roots of the eigenvalues of uᵀu, largest first, and the
// eigenvectors as columns.
func nmfRitz(u []float64, b int) (sigma []float64, turn *mat.Dense) {
	values, vectors := principal(mat.NewSymDense(b, nmfGram(u, b)))
	turn = mat.NewDense(b, b, nil)
	for c, vec := range vectors {
		sigma = append(sigma, math.Sqrt(values[c]))
		turn.SetCol(c, vec)
	}
	return sigma, turn
}

// nmfTurn replaces v by v·turn.
func nmfTurn(v []float64, turn *mat.Dense, b int) {
	row := make([]float64, b)
	for i := 0; i < len(v); i += b {
		copy(row, v[i:i+b])
		for c := range b {
			var s float64
			for p, x := range row {
				s += x * turn.At(p, c)
			}
			v[i+c] = s
		}
	}
}

// nmfStart is NNDSVD: of every pair of singular vectors the parts of one sign that
// carry more, the first pair as it is. Entries below 1e-6 are 0, as in scikit-learn.
func nmfStart(x, t *Sparse, k int) (w, ht []float64) {
	// To convergence where that is cheap; else the handful of rounds that randomised SVD
	// makes do with (Halko, Martinsson & Tropp 2011, doi:10.1137/090771806).
	rounds := min(300, max(8, 400_000_000/(len(x.Values)+1)/(k+10)))
	values, left, right := TruncatedSVD(x, t, k, rounds)
	w, ht = make([]float64, len(left)), make([]float64, len(right))
	for c := range k {
		if c == 0 {
			nmfPart(w, left, c, k, math.Sqrt(values[0]), 0)
			nmfPart(ht, right, c, k, math.Sqrt(values[0]), 0)
			continue
		}
		sign := 1.0
		lp, ln := nmfSigned(left, c, k)
		rp, rn := nmfSigned(right, c, k)
		a, b := lp, rp
		if ln*rn > lp*rp {
			sign, a, b = -1, ln, rn
		}
		if a*b == 0 {
			continue
		}
		lambda := math.Sqrt(values[c] * a * b)
		nmfPart(w, left, c, k, lambda/a, sign)
		nmfPart(ht, right, c, k, lambda/b, sign)
	}
	for _, m := range [][]float64{w, ht} {
		for i, x := range m {
			if x < 1e-6 {
				m[i] = 0
			}
		}
	}
	return w, ht
}

// nmfSigned returns the lengths of the positive and of the negative part of column c.
func nmfSigned(v []float64, c, k int) (pos, neg float64) {
	for i := c; i < len(v); i += k {
		if v[i] > 0 {
			pos += v[i] * v[i]
		} else {
			neg += v[i] * v[i]
		}
	}
	return math.Sqrt(pos), math.Sqrt(neg)
}

// nmfPart writes scale times the part of that sign of column c; sign 0 = magnitudes.
func nmfPart(out, v []float64, c, k int, scale, sign float64) {
	for i := c; i < len(v); i += k {
		switch x := v[i]; {
		case sign == 0:
			out[i] = scale * math.Abs(x)
		default:
			out[i] = scale * max(sign*x, 0)
		}
	}
}
