package features

import "math"

// NNLS returns the w ≥ 0 that minimises ½ wᵀGw − bᵀw, the least squares of A w ≈ x
// with G = AᵀA (k × k, row-major) and b = Aᵀx, by the active set of Lawson & Hanson
// (1974, Solving Least Squares Problems, p. 161): exact up to rounding and
// deterministic. A direction that depends on those already used gets 0. Cost: about k
// solutions of k × k.
func NNLS(gram, b []float64) []float64 {
	k := len(b)
	r := nnlsRun{k: k, gram: gram, b: b, w: make([]float64, k), z: make([]float64, k), l: make([]float64, k*k), state: make([]int8, k)}
	r.solve()
	return r.w
}

// nnlsRun is one run; state is 0 at zero, 1 free, −1 never to be freed.
type nnlsRun struct {
	k       int
	gram, b []float64
	w, z, l []float64
	at      []int // the free coordinates
	state   []int8
}

func (r *nnlsRun) solve() {
	var scale float64
	for _, x := range r.b {
		scale = max(scale, math.Abs(x))
	}
	tol := 1e-12 * scale
	for range 3 * r.k { // Lawson & Hanson's bound; k or so in practice
		enter, most := -1, tol
		for i := range r.k {
			if r.state[i] != 0 {
				continue
			}
			g := r.b[i]
			for j, x := range r.w {
				g -= r.gram[i*r.k+j] * x
			}
			if g > most {
				enter, most = i, g
			}
		}
		if enter < 0 {
			return
		}
		r.state[enter] = 1
		if !r.factor() {
			r.state[enter] = -1
			continue
		}
		for r.step() {
			r.factor() // of a part of what was regular: regular
		}
	}
}

// step goes towards the solution over the free coordinates, as far as none turns
// negative; it reports whether one left.
func (r *nnlsRun) step() bool {
	length, leave := 1.0, -1
	for _, i := range r.at {
		if r.z[i] <= 0 {
			if a := r.w[i] / (r.w[i] - r.z[i]); leave < 0 || a < length {
				length, leave = a, i
			}
		}
	}
	for _, i := range r.at {
		r.w[i] += length * (r.z[i] - r.w[i])
		if leave >= 0 && (i == leave || r.w[i] <= 0) {
			r.w[i], r.state[i] = 0, 0
		}
	}
	return leave >= 0
}

// factor solves G z = b over the free coordinates by Cholesky's factors; false if
// they depend on each other.
func (r *nnlsRun) factor() bool {
	r.at = r.at[:0]
	for i, s := range r.state {
		if s == 1 {
			r.at = append(r.at, i)
		}
	}
	n := len(r.at)
	for p := range n {
		for q := range p + 1 {
			s := r.gram[r.at[p]*r.k+r.at[q]]
			for t := range q {
				s -= r.l[p*r.k+t] * r.l[q*r.k+t]
			}
			if p > q {
				r.l[p*r.k+q] = s / r.l[q*r.k+q]
				continue
			}
			if s <= 1e-12*r.gram[r.at[p]*r.k+r.at[p]] {
				return false
			}
			r.l[p*r.k+p] = math.Sqrt(s)
		}
	}
	for p := range n {
		s := r.b[r.at[p]]
		for t := range p {
			s -= r.l[p*r.k+t] * r.z[r.at[t]]
		}
		r.z[r.at[p]] = s / r.l[p*r.k+p]
	}
	for p := n - 1; p >= 0; p-- {
		s := r.z[r.at[p]]
		for t := p + 1; t < n; t++ {
			s -= r.l[t*r.k+p] * r.z[r.at[t]]
		}
		r.z[r.at[p]] = s / r.l[p*r.k+p]
	}
	return true
}
