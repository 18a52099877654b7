package features

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// NMF factors a sparse matrix X ≥ 0 (n × d) into W H with W (n × k) and H (k × d)
// non-negative, by least squares.
type NMF struct {
	K       int
	MaxIter int     // 0 = 200
	Tol     float64 // stop when the sum of projected gradients is below it, relative to the first pass; 0 = 1e-4
	// Seed draws a random start; 0 = the deterministic start NNDSVD.
	Seed uint64
}

// Factors is what NMF found: W row-major n × k, H row-major k × d.
type Factors struct {
	K         int
	W, H      []float64
	Objective float64 // ½ ‖X − WH‖²
	Iter      int
	Converged bool
}

// Fit minimises ½‖X − WH‖² by cyclic coordinate descent (Cichocki & Phan 2009), the
// passes, their order and the rule to stop being those of scikit-learn's
// NMF(solver="cd"); the start is NNDSVD (Boutsidis & Gallopoulos 2008,
// doi:10.1016/j.patcog.2007.09.010), in which zeros may grow. Cost: O(k·non-zeros +
// k²(n + d)) a pass.
func (o NMF) Fit(x *Sparse) (*Factors, error) {
	n, d := x.Rows(), x.Cols
	if o.K < 1 || o.K > min(n, d) {
		return nil, fmt.Errorf("k = %d: 1 to %d, the smaller side of a %d × %d matrix", o.K, min(n, d), n, d)
	}
	for _, v := range x.Values {
		if !(v >= 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("value %g: NMF needs values of 0 or more", v)
		}
	}
	t := x.Transpose()
	f := &Factors{K: o.K}
	var ht []float64 // d × k
	if o.Seed == 0 {
		f.W, ht = nmfStart(x, t, o.K)
	} else {
		f.W, ht = nmfRandom(x, o.K, o.Seed)
	}
	o.descend(x, t, f, ht)
	f.H = make([]float64, o.K*d)
	for j := range d {
		for c := range o.K {
			f.H[c*d+j] = ht[j*o.K+c]
		}
	}
	f.Objective = nmfObjective(x, f.W, ht, o.K)
	return f, nil
}

func (o NMF) descend(x, t *Sparse, f *Factors, ht []float64) {
	iters, tol := o.MaxIter, o.Tol
	if iters <= 0 {
		iters = 200
	}
	if tol <= 0 {
		tol = 1e-4
	}
	var first float64
	for f.Iter = 1; f.Iter <= iters; f.Iter++ {
		v := nmfPass(x, f.W, ht, o.K)
		v += nmfPass(t, ht, f.W, o.K)
		if f.Iter == 1 {
			first = v
		}
		if first == 0 || v/first <= tol {
			f.Converged = true
			return
		}
	}
	f.Iter = iters
}

// nmfPass updates every coordinate of w once, given h (columns × k), and returns the
// sum of the projected gradients met.
func nmfPass(x *Sparse, w, h []float64, k int) float64 {
	gram := nmfGram(h, k)
	return nmfRows(x.Rows(), func(lo, hi int) (violation float64) {
		xh := make([]float64, k)
		for i := lo; i < hi; i++ {
			clear(xh)
			idx, val := x.Row(i)
			for p, j := range idx {
				v := val[p]
				for c, y := range h[int(j)*k : int(j)*k+k] {
					xh[c] += v * y
				}
			}
			violation += nmfDescend(gram, xh, w[i*k:i*k+k])
		}
		return violation
	})
}

// nmfDescend updates one row, coordinate by coordinate.
func nmfDescend(gram, xh, row []float64) (violation float64) {
	k := len(row)
	for c := range row {
		g := -xh[c]
		for r, y := range row {
			g += gram[c*k+r] * y
		}
		pg := g
		if row[c] == 0 {
			pg = min(0, g)
		}
		violation += math.Abs(pg)
		if hess := gram[c*k+c]; hess != 0 {
			row[c] = max(row[c]-g/hess, 0)
		}
	}
	return violation
}

// nmfRows calls f on runs of rows from all processors and adds up what it returns, in
// order of rows: the same bits whatever the processors.
func nmfRows(n int, f func(lo, hi int) float64) float64 {
	parts := make([]float64, (n+sumBlock-1)/sumBlock)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(parts)) {
		wg.Go(func() {
			for p := int(next.Add(1)) - 1; p < len(parts); p = int(next.Add(1)) - 1 {
				parts[p] = f(p*sumBlock, min((p+1)*sumBlock, n))
			}
		})
	}
	wg.Wait()
	var sum float64
	for _, x := range parts {
		sum += x
	}
	return sum
}

// nmfGram returns hᵀh of a columns × k matrix.
func nmfGram(h []float64, k int) []float64 {
	g := make([]float64, k*k)
	for j := 0; j < len(h); j += k {
		row := h[j : j+k]
		for a, x := range row {
			if x == 0 {
				continue
			}
			for b, y := range row {
				g[a*k+b] += x * y
			}
		}
	}
	return g
}

// nmfObjective returns ½‖X − WH‖² = ½(‖X‖² − 2⟨X, WH⟩ + ⟨WᵀW, HHᵀ⟩).
func nmfObjective(x *Sparse, w, ht []float64, k int) float64 {
	var xx, xwh, whwh float64
	for i := range x.Rows() {
		idx, val := x.Row(i)
		for p, j := range idx {
			var s float64
			for c := range k {
				s += w[i*k+c] * ht[int(j)*k+c]
			}
			xx += val[p] * val[p]
			xwh += val[p] * s
		}
	}
	a, b := nmfGram(w, k), nmfGram(ht, k)
	for i, y := range a {
		whwh += y * b[i]
	}
	return max(0, (xx-2*xwh+whwh)/2)
}

// nmfRandom draws |N(0, 1)|·√(mean(X)/k), as scikit-learn's init="random".
func nmfRandom(x *Sparse, k int, seed uint64) (w, ht []float64) {
	var sum float64
	for _, v := range x.Values {
		sum += v
	}
	scale := math.Sqrt(sum / float64(x.Rows()) / float64(x.Cols) / float64(k))
	rng := rand.New(rand.NewPCG(seed, 1))
	w, ht = make([]float64, x.Rows()*k), make([]float64, x.Cols*k)
	for _, m := range [][]float64{ht, w} {
		for i := range m {
			m[i] = scale * math.Abs(rng.NormFloat64())
		}
	}
	return w, ht
}
