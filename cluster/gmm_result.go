package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

// Estimate counts labels, probabilities, the moments of each block and of each worker's
// components (eight lanes), and the start.
func (a *GMM) Estimate(n, d int) Estimate {
	k := max(a.NClusters, 1)
	size := gmmMoments(d, gmmShape(a.CovarianceType).diagonal())
	blocks := gmmBlocks(n, k, size).count
	workers := min(blocks, Run{}.workers())
	e := Estimate{Bytes: int64(n)*12 + 8*int64(blocks*k*size+workers*(k*(9*size+gmmChunk)+d*gmmChunk))}
	// 0.05 ns for each of size moments of each row and component, and as much for its
	// distance; 1.5 ns for the exponential; about 40 steps.
	e.Seconds = float64(n) * float64(k) * (1.5 + 0.05*float64(size)) * 1e-9 * 40
	if a.MeansInit != nil {
		return e
	}
	if a.InitParams != "random" {
		start := (&KMeans{NClusters: k, NInit: 1}).Estimate(n, d)
		e.Bytes += start.Bytes
		e.Seconds += start.Seconds
	}
	e.Seconds *= float64(max(a.NInit, 1))
	return e
}

// finish labels the rows by the best mixture and makes a clustering of it.
func (r *gmmRun) finish(f *gmmFit) (*Clustering, error) {
	m := f.mixture
	r.k = m.k
	labels, most := make([]int32, r.n), make([]float64, r.n)
	err := r.blocks.each(r.ctx, r.run.workers(), func(b, from, to int) {
		w := r.workers.Get().(*gmmWorker)
		defer r.workers.Put(w)
		clear(w.sums[:])
		for lo := from; lo < to; lo += gmmChunk {
			if lo&(1<<11-1) == 0 && r.ctx.Err() != nil {
				return
			}
			hi := min(to, lo+gmmChunk)
			rows := w.load(r.x, r.w, r.d, lo, hi)
			m.distances(w.q, w.x, rows)
			m.best(w.q, rows, labels[lo:hi], w.dist, w.most)
			kernel.MixtureShares(w.q[:m.k*rows], m.k, rows, m.offset, w.w, &w.sums)
			if r.w != nil { // shares as they are without weights
				m.distances(w.q, w.x, rows)
				kernel.MixtureShares(w.q[:m.k*rows], m.k, rows, m.offset, w.ones, new([16]float64))
			}
			for i, l := range labels[lo:hi] {
				most[lo+i] = min(1, w.q[int(l)*rows+i])
			}
		}
		r.like[2*b], r.like[2*b+1] = sum(w.sums[:8]), sum(w.sums[8:])
	})
	if err != nil {
		return nil, err
	}
	like, doubt := r.likelihood()
	c := &Clustering{Labels: labels, Probabilities: most, Objective: &like, Iter: f.iter, Stop: f.stop}
	var old []int32
	c.K, old = Canonical(c.Labels)
	c.rank = old
	cluster := make([]int32, m.k)
	for i := range cluster {
		cluster[i] = -1
	}
	for i, o := range old {
		c.Centers = append(c.Centers, m.mean[o])
		cluster[o] = int32(i)
	}
	c.Rule = m.rule(cluster)
	bic := -2*like*r.total + r.shape.parameters(m.k, r.d)*math.Log(r.total)
	c.Criteria = map[string]float64{
		"bic": bic,
		"aic": -2*like*r.total + 2*r.shape.parameters(m.k, r.d),
		"icl": bic + 2*doubt*r.total,
	}
	c.Warnings = r.warnings(f, c.K)
	return c, nil
}

func (r *gmmRun) warnings(f *gmmFit, k int) (ws []string) {
	add := func(format string, args ...any) { ws = append(ws, fmt.Sprintf("gmm: "+format, args...)) }
	if r.k < r.opt.NClusters {
		add("n_clusters = %d but only %d came out: there are not more distinct rows", r.opt.NClusters, r.k)
	}
	if k < r.k {
		add("%d of %d components are no row's most probable one: they are no clusters", r.k-k, r.k)
	}
	count := func(of []bool) (n int) {
		for _, b := range of[:min(len(of), r.k)] {
			if b {
				n++
			}
		}
		return n
	}
	if n := count(f.narrow); n > 0 {
		add("%d of %d components are as narrow in some direction as reg_covar = %g makes them: they have few, equal or flat rows, or a column is constant or depends on others; the likelihood says little: raise reg_covar, ask for fewer clusters, or drop the column", n, r.k, r.opt.RegCovar)
	}
	if n := count(f.raised); n > 0 {
		add("%d of %d covariances have no inverse with reg_covar = %g: more was added (from %g of the columns' variances on)", n, r.k, r.opt.RegCovar, gmmJitter)
	}
	if f.stop == MaxIter {
		ws = append(ws, fmt.Sprintf("R004 gmm: stopped at max_iter = %d before the likelihood settled", r.opt.MaxIter))
	}
	return ws
}

// Rule is the component with the largest posterior: exact. A clustering that does not
// carry its mixture (read back from a journal) gets that of its labels, with its
// agreement.
func (a *GMM) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	if c.Rule != nil {
		r := *c.Rule
		r.Agreement = r.agreement(x, c.Labels)
		return &r, nil
	}
	if c.K == 0 || len(c.Centers) != c.K {
		return Surrogate(x, c), nil
	}
	b := *a
	b.NClusters = c.K
	run, err := newGMMRun(context.Background(), &b, x, Run{})
	if err != nil {
		return nil, err
	}
	m, err := run.ofLabels(c.Labels, c.Centers)
	if err != nil {
		return nil, err
	}
	label := make([]int32, c.K)
	for i := range label {
		label[i] = int32(i)
		if m.weight[i] == 0 {
			label[i] = -1
		}
	}
	r := m.rule(label)
	r.Exact, r.Agreement = false, r.agreement(x, c.Labels)
	return r, nil
}

// Memberships returns the posterior shares of the clusters in each row. Components that
// are no clusters have none.
func (a *GMM) Memberships(x *features.Matrix, c *Clustering) ([]float64, error) {
	rule := c.Rule // the rows need not be those of the fit
	if rule == nil {
		var err error
		if rule, err = a.Rule(x, c); err != nil {
			return nil, err
		}
	}
	if rule.Kind != MostProbable {
		return nil, &DataError{"gmm", "the clustering has no components: fit it again"}
	}
	n, d := x.Dims()
	m := rule.mixture(d)
	out := make([]float64, n*c.K)
	err := newBlocks(n).each(context.Background(), Run{}.workers(), func(_, from, to int) {
		b := newGMMBuffer(d, m.k)
		for lo := from; lo < to; lo += gmmChunk {
			hi := min(to, lo+gmmChunk)
			rows := b.load(x.Data(), nil, d, lo, hi)
			m.distances(b.q, b.x, rows)
			kernel.MixtureShares(b.q[:m.k*rows], m.k, rows, m.offset, b.ones, &b.sums)
			for i := lo; i < hi; i++ {
				for c2, l := range rule.Labels {
					out[i*c.K+int(l)] = min(1, b.q[c2*rows+i-lo])
				}
			}
		}
	})
	return out, err
}
