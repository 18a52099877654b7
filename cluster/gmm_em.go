package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

// gmmRun is the state shared by all starts of one fit.
type gmmRun struct {
	ctx     context.Context
	opt     *GMM
	run     Run
	matrix  *features.Matrix
	x, w    []float64
	n, d, k int
	shape   gmmShape
	total   float64 // Σw
	blocks  blocks
	factors *gmmFactors
	center  []float64 // mean row
	whole   []float64 // covariance of all rows, packed as the sums are
	workers sync.Pool // of *gmmWorker
	part    []float64 // moments of each component in each block
	like    []float64 // Σ w·log p of each block, then Σ w·log 1/largest share
}

type gmmWorker struct {
	*gmmBuffer
	moments []*kernel.MixtureSums
}

// gmmPartial bounds the memory of the blocks' moments.
const gmmPartial = 16 << 20

func gmmBlocks(n, k, size int) blocks {
	count := min(maxBlocks, max(16, gmmPartial/(8*k*size)))
	rows := max(minBlock, (n+count-1)/count)
	rows = (rows + gmmChunk - 1) / gmmChunk * gmmChunk
	return blocks{n, rows, (n + rows - 1) / rows}
}

func gmmMoments(d int, diag bool) int {
	if diag {
		return 1 + 2*d
	}
	return 1 + d + d*(d+1)/2
}

func newGMMRun(ctx context.Context, a *GMM, x *features.Matrix, run Run) (*gmmRun, error) {
	n, d := x.Dims()
	r := &gmmRun{ctx: ctx, opt: a, run: run, matrix: x, x: x.Data(), w: x.Weights, n: n, d: d, k: a.NClusters, shape: gmmShape(a.CovarianceType)}
	r.total = float64(n)
	if r.w != nil {
		r.total = sum(r.w)
	}
	size := gmmMoments(d, r.shape.diagonal())
	r.blocks = gmmBlocks(n, r.k, size)
	r.part = make([]float64, r.blocks.count*r.k*size)
	r.like = make([]float64, 2*r.blocks.count)
	r.workers.New = func() any {
		w := &gmmWorker{gmmBuffer: newGMMBuffer(d, a.NClusters)}
		for range a.NClusters {
			w.moments = append(w.moments, kernel.NewMixtureSums(d, r.shape.diagonal()))
		}
		return w
	}
	return r, r.measure()
}

// measure finds the mean row and the covariance of all rows, divided by Σw − 1.
func (r *gmmRun) measure() error {
	k := r.k
	r.k = 1
	defer func() { r.k = k }()
	r.center = slices.Clone(r.x[:r.d])
	var s []float64
	for range 2 { // about the first row, to find the mean; about the mean
		var err error
		s, err = r.moments([][]float64{r.center}, func(w *gmmWorker, _, _, _, rows int) { copy(w.q, w.w[:rows]) })
		if err != nil {
			return err
		}
		for j := range r.center {
			r.center[j] += s[1+j] / s[0]
		}
	}
	by := r.total
	if r.total > 1 {
		by--
	}
	r.whole = s[1+r.d:]
	r.factors = &gmmFactors{
		shape: r.shape, d: r.d, reg: r.opt.RegCovar,
		column: make([]float64, r.d), narrow: make([]bool, k), raised: make([]bool, k),
	}
	for i := range r.whole {
		r.whole[i] /= by
	}
	at := 0
	for j := range r.factors.column {
		v := r.whole[at]
		if !(v < math.Inf(1)) {
			return &DataError{"gmm", fmt.Sprintf("the squares of column %q overflow: scale it first", r.matrix.Cols[j].Name)}
		}
		if v == 0 {
			v = 1
		}
		r.factors.column[j] = v
		at++
		if !r.shape.diagonal() {
			at += r.d - 1 - j
		}
	}
	return nil
}

// moments sums r_c, r_c·(x−m_c) and r_c·(x−m_c)(x−m_c)ᵀ over the rows for each
// component; shares fills w.q with the r of a chunk of rows (lo…hi, padded to rows)
// whose columns and weights are loaded.
func (r *gmmRun) moments(about [][]float64, shares func(w *gmmWorker, block, lo, hi, rows int)) ([]float64, error) {
	size := gmmMoments(r.d, r.shape.diagonal())
	stride := r.k * size
	err := r.blocks.each(r.ctx, r.run.workers(), func(b, from, to int) {
		w := r.workers.Get().(*gmmWorker)
		defer r.workers.Put(w)
		for _, m := range w.moments[:r.k] {
			m.Reset()
		}
		clear(w.sums[:])
		for lo := from; lo < to; lo += gmmChunk {
			if lo&(1<<11-1) == 0 && r.ctx.Err() != nil {
				return
			}
			hi := min(to, lo+gmmChunk)
			rows := w.load(r.x, r.w, r.d, lo, hi)
			shares(w, b, lo, hi, rows)
			for c, m := range w.moments[:r.k] {
				m.Add(w.x, w.q[c*rows:(c+1)*rows], about[c])
			}
		}
		for c, m := range w.moments[:r.k] {
			m.To(r.part[b*stride+c*size : b*stride+(c+1)*size])
		}
		r.like[2*b], r.like[2*b+1] = sum(w.sums[:8]), sum(w.sums[8:])
	})
	if err != nil {
		return nil, err
	}
	s := make([]float64, stride)
	for b := range r.blocks.count {
		for i, v := range r.part[b*stride : (b+1)*stride] {
			s[i] += v
		}
	}
	return s, nil
}

// likelihood is the mean of log p over the rows of the last pass, and that of the
// logarithm of the largest share's inverse.
func (r *gmmRun) likelihood() (like, doubt float64) {
	for b := range r.blocks.count {
		like += r.like[2*b]
		doubt += r.like[2*b+1]
	}
	return like / r.total, doubt / r.total
}

// maximise makes a mixture of the moments about the means given. A component with no
// rows at all keeps its mean and factor and gets weight 0.
func (r *gmmRun) maximise(s []float64, about [][]float64, before *gmmMixture) *gmmMixture {
	size := gmmMoments(r.d, r.shape.diagonal())
	m := &gmmMixture{d: r.d, k: r.k, diag: r.shape.diagonal(), weight: make([]float64, r.k), factor: make([][]float64, r.k)}
	all := 0.0
	for c := range r.k {
		all += s[c*size]
	}
	pool := make([]float64, size-1-r.d)
	for c := range r.k {
		own := s[c*size : (c+1)*size]
		count, lin, quad := own[0], own[1:1+r.d], own[1+r.d:]
		mean := slices.Clone(about[c])
		m.mean = append(m.mean, mean)
		if count < 0x1p-900 { // less would not have an inverse
			if before != nil {
				m.factor[c] = before.factor[c]
			}
			continue
		}
		m.weight[c] = count / all
		for j, v := range lin {
			mean[j] += v / count
		}
		at := 0
		for i, u := range lin {
			for j := i; j < r.d && (j == i || !m.diag); j++ {
				if r.shape == gmmTied {
					pool[at] += (quad[at] - u*(lin[j]/count)) / all
				} else {
					quad[at] = quad[at]/count - (u/count)*(lin[j]/count)
				}
				at++
			}
		}
		if r.shape != gmmTied {
			m.factor[c] = r.factors.of(c, quad, r.opt.RegCovar)
		}
	}
	if r.shape == gmmTied {
		f := r.factors.of(0, pool, r.opt.RegCovar)
		for c := range m.factor {
			m.factor[c] = f
		}
	}
	for c, f := range m.factor {
		if f == nil { // no rows from the start
			m.factor[c] = r.factors.of(c, r.whole, r.opt.RegCovar)
		}
	}
	m.settle()
	return m
}

// gmmFit is the outcome of one start.
type gmmFit struct {
	mixture        *gmmMixture
	lower          float64 // mean log-likelihood before the last step
	iter           int
	stop           Stop
	narrow, raised []bool
}

// em alternates shares and moments from the given mixture.
func (r *gmmRun) em(m *gmmMixture) (*gmmFit, error) {
	f := &gmmFit{stop: MaxIter, lower: math.Inf(-1)}
	for f.iter < r.opt.MaxIter {
		s, err := r.moments(m.mean, func(w *gmmWorker, _, _, _, rows int) {
			m.distances(w.q, w.x, rows)
			kernel.MixtureShares(w.q[:m.k*rows], m.k, rows, m.offset, w.w, &w.sums)
		})
		if err != nil {
			return nil, err
		}
		like, _ := r.likelihood()
		m = r.maximise(s, m.mean, m)
		f.iter++
		r.run.report(Step{Iter: f.iter, Of: r.opt.MaxIter, Objective: like})
		change := like - f.lower
		f.lower = like
		if math.Abs(change) < r.opt.Tol {
			f.stop = Converged
			break
		}
	}
	f.mixture, f.narrow, f.raised = m, slices.Clone(r.factors.narrow), slices.Clone(r.factors.raised)
	return f, r.ctx.Err()
}
