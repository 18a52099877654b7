package cluster

import (
	"math/rand/v2"
)

// gmmStream is the generator stream of the first start; start i uses stream
// gmmStream+i, and its random shares in block b of the rows gmmShares+i·2³²+b.
const (
	gmmStream = 0x676d6d << 8
	gmmShares = 0x676d6d73 << 32
)

// start returns the mixture that start number i begins with. It has fewer components
// where there are fewer distinct rows.
func (r *gmmRun) start(i int) (*gmmMixture, error) {
	r.k = r.opt.NClusters
	if r.opt.MeansInit != nil {
		return r.given(), nil
	}
	seed := rand.New(rand.NewPCG(r.run.Seed, gmmStream+uint64(i))).Uint64()
	if r.opt.InitParams == "random" {
		return r.random(seed, i)
	}
	km := &KMeans{NClusters: r.k, Init: "k-means++", NInit: 1, MaxIter: 300, Tol: 1e-4}
	switch r.opt.InitParams {
	case "k-means++":
		km.MaxIter = 0
	case "random_from_data":
		km.Init, km.MaxIter = "random", 0
	}
	c, err := km.Fit(r.ctx, r.matrix, Run{Seed: seed, Workers: r.run.Workers, Shared: r.run.Shared})
	if err != nil {
		return nil, err
	}
	r.k = c.K
	return r.ofLabels(c.Labels, c.Centers)
}

// given has equal weights, the means of the options and every covariance that of all
// rows.
func (r *gmmRun) given() *gmmMixture {
	m := &gmmMixture{d: r.d, k: r.k, diag: r.shape.diagonal()}
	f := r.factors.of(0, r.whole, 0)
	for _, mean := range r.opt.MeansInit {
		m.weight = append(m.weight, 1/float64(r.k))
		m.mean = append(m.mean, mean)
		m.factor = append(m.factor, f)
	}
	m.settle()
	return m
}

// ofLabels is the mixture whose shares are the labels; the moments are taken about
// the clusters' means.
func (r *gmmRun) ofLabels(labels []int32, about [][]float64) (*gmmMixture, error) {
	s, err := r.moments(about, func(w *gmmWorker, _, lo, hi, rows int) {
		clear(w.q[:r.k*rows])
		for i, l := range labels[lo:hi] {
			if l >= 0 {
				w.q[int(l)*rows+i] = w.w[i]
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return r.maximise(s, about, nil), nil
}

// random gives every row random shares.
func (r *gmmRun) random(seed uint64, start int) (*gmmMixture, error) {
	about := make([][]float64, r.k)
	for c := range about {
		about[c] = r.center
	}
	rngs := make([]*rand.Rand, r.blocks.count)
	for b := range rngs {
		rngs[b] = rand.New(rand.NewPCG(seed, gmmShares+uint64(start)<<32+uint64(b)))
	}
	s, err := r.moments(about, func(w *gmmWorker, b, lo, hi, rows int) {
		for i := range hi - lo {
			total := 0.0
			for c := range r.k {
				v := rngs[b].Float64()
				w.q[c*rows+i] = v
				total += v
			}
			for c := range r.k {
				w.q[c*rows+i] *= w.w[i] / total
			}
		}
		for c := range r.k {
			clear(w.q[c*rows+hi-lo : (c+1)*rows])
		}
	})
	if err != nil {
		return nil, err
	}
	return r.maximise(s, about, nil), nil
}
