package cluster

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/internal/kernel"
)

// nystroem places the rows by affinities approximated from m of them: with W those
// among the landmarks and C those of all rows to them, A ≈ C·W⁺·Cᵀ = Z·Zᵀ, where
// Z = C·U·Λ^−½ over the largest values of W. Degrees are Z·(Zᵀ1), and the vectors
// follow from the small matrix Zᵀ·D⁻¹·Z. Three passes over the rows; nothing of size
// n·m is kept.
func (r *spectralRun) nystroem() ([]float64, error) {
	m := r.opt.NLandmarks
	if m == 0 {
		m = spectralLandmarks
	}
	m = min(m, r.n)
	r.gamma = r.width()
	rng := rand.New(rand.NewPCG(r.run.Seed, spectralStream+1))
	marks := rng.Perm(r.n)[:m]
	slices.Sort(marks)
	r.warn = append(r.warn, fmt.Sprintf("spectral: affinities approximated from %d rows (Nyström): other seeds may cut elsewhere", m))
	p, err := r.nystroemMap(marks)
	if err != nil {
		return nil, err
	}
	_, rank := p.Dims()
	total := make([]float64, rank)
	if err := r.nystroemPass(marks, p, rank, func(_ int, z []float64, acc []float64) {
		axpy(1, z, acc)
	}, total); err != nil {
		return nil, err
	}
	r.root = make([]float64, r.n)
	gram := make([]float64, rank*rank)
	if err := r.nystroemPass(marks, p, rank*rank, func(i int, z []float64, acc []float64) {
		// Approximation can push a far-off row's degree to 0 or below.
		deg := max(dot(z, total), 1e-12)
		r.root[i] = math.Sqrt(deg)
		for a, v := range z {
			axpy(v/deg, z, acc[a*rank:(a+1)*rank])
		}
	}, gram); err != nil {
		return nil, err
	}
	sym := mat.NewSymDense(rank, nil)
	for a := range rank {
		for b := a; b < rank; b++ {
			sym.SetSym(a, b, (gram[a*rank+b]+gram[b*rank+a])/2)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(sym, true) {
		return nil, &DataError{"spectral", "the eigenvalues of the landmarks' affinities were not found: the columns are not finite enough; scale them first"}
	}
	values := e.Values(nil)
	var v mat.Dense
	e.VectorsTo(&v)
	k := min(r.opt.NClusters, rank)
	out := make([]float64, r.n*k)
	return out, r.nystroemPass(marks, p, 0, func(i int, z []float64, _ []float64) {
		for c := range k {
			s := 0.0
			for a, u := range z {
				s += u * v.At(a, rank-1-c)
			}
			// u = D^−½·Z·v / √λ, and the place is u / √degree.
			out[i*k+c] = s / (r.root[i] * r.root[i] * math.Sqrt(max(values[rank-1-c], 1e-300)))
		}
	}, nil)
}

// nystroemMap returns U·Λ^−½ (m × rank) of the landmarks' affinities, over the values
// above 1e-10 of the largest and at most max(64, 4·n_clusters) of them: a cluster
// structure of n_clusters groups is in the first few.
func (r *spectralRun) nystroemMap(marks []int) (*mat.Dense, error) {
	m := len(marks)
	w := mat.NewSymDense(m, nil)
	for a := range m {
		for b := a; b < m; b++ {
			w.SetSym(a, b, math.Exp(-r.gamma*kernel.Sq(r.x.Row(marks[a]), r.x.Row(marks[b]))))
		}
	}
	var e mat.EigenSym
	if !e.Factorize(w, true) {
		return nil, &DataError{"spectral", "the eigenvalues of the landmarks' affinities were not found: scale the columns first"}
	}
	values := e.Values(nil)
	var u mat.Dense
	e.VectorsTo(&u)
	rank := 0
	for rank < min(m, max(64, 4*r.opt.NClusters)) && values[m-1-rank] > 1e-10*values[m-1] {
		rank++
	}
	p := mat.NewDense(m, rank, nil)
	for c := range rank {
		s := 1 / math.Sqrt(values[m-1-c])
		for i := range m {
			p.Set(i, c, u.At(i, m-1-c)*s)
		}
	}
	return p, nil
}

// nystroemPass computes Z row by row and hands each row to do with the accumulator of
// its block; the accumulators are added in order to total.
func (r *spectralRun) nystroemPass(marks []int, p *mat.Dense, size int, do func(i int, z, acc []float64), total []float64) error {
	m, rank := p.Dims()
	flat := make([]float64, 0, m*r.d)
	for _, i := range marks {
		flat = append(flat, r.x.Row(i)...)
	}
	const rows = 128
	// Few enough blocks for their accumulators, small enough to look at ctx often.
	b := newBlocks(r.n)
	if size > 0 {
		b.size = max(b.size, (r.n+31)/32)
		b.count = (r.n + b.size - 1) / b.size
	}
	acc := make([][]float64, b.count)
	err := b.each(r.ctx, r.run.workers(), func(block, lo, hi int) {
		acc[block] = make([]float64, size)
		c, z := mat.NewDense(rows, m, nil), mat.NewDense(rows, rank, nil)
		for at := lo; at < hi && r.ctx.Err() == nil; at += rows {
			end := min(hi, at+rows)
			for i := at; i < end; i++ {
				to := c.RawRowView(i - at)
				for a := range m {
					to[a] = math.Exp(-r.gamma * kernel.Sq(r.x.Row(i), flat[a*r.d:(a+1)*r.d]))
				}
			}
			z.Mul(c, p)
			for i := at; i < end; i++ {
				do(i, z.RawRowView(i-at), acc[block])
			}
		}
	})
	if err != nil {
		return err
	}
	for _, a := range acc {
		axpy(1, a, total[:size])
	}
	return r.ctx.Err()
}
