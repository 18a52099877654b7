package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

var _ = register(&Method{
	Name: "spherical_kmeans",
	Doc: `Spherical k-means: directions, not lengths
Each row counts by its direction alone: two customers who buy the same mix, one ten
times as much, are alike. For shares, counts of items, TF-IDF.`,
	Refs: []Ref{
		{Authors: "Dhillon, Modha", Title: "Concept decompositions for large sparse text data using clustering", Venue: "Machine Learning 42", Year: 2001, DOI: "10.1023/A:1007612920971"},
		{Authors: "Hornik, Feinerer, Kober, Buchta", Title: "Spherical k-means clustering", Venue: "J. Statistical Software 50(10)", Year: 2012, DOI: "10.18637/jss.v050.i10"},
	},
	Version: 1,
	New: func() Algorithm {
		return &SphericalKMeans{NClusters: 8, Init: "k-means++", NInit: 1, MaxIter: 300, Tol: 1e-6}
	},
	Invariance: Scaling | ColumnOrder | Rotation | Repetition,
	Progress:   Falling,
})

// SphericalKMeans minimises the cosine dissimilarity
//
//	Σᵢ wᵢ · (1 − cos(xᵢ, μ(xᵢ)))
//
// over k unit vectors μ: rows are brought to length 1, each belongs to the centre with
// the largest cosine (ties to the first), and a centre is the direction of the weighted
// sum of its rows. It ends when no label changes or the objective falls by less than
// Tol · Σw. A cluster that becomes empty, or whose rows cancel out, takes the row with
// the least cosine. Rows of zeros have no direction: their cosine counts as 0, they go
// to the first cluster, and a warning counts them.
//
// Starts are those of k-means on the rows of length 1 (‖x−y‖² = 2 − 2·cos). The seed
// decides the starts; Workers decides nothing. Cost O(n·k·d) an iteration; memory a copy
// of the rows and 16 bytes a row.
type SphericalKMeans struct {
	NClusters int     `json:"n_clusters"`
	Init      string  `json:"init"`
	NInit     int     `json:"n_init"`
	MaxIter   int     `json:"max_iter"`
	Tol       float64 `json:"tol"`
}

var (
	_ Predictor = (*SphericalKMeans)(nil)
	_ Estimator = (*SphericalKMeans)(nil)
)

type sphericalRun struct {
	ctx    context.Context
	opt    *SphericalKMeans
	run    Run
	unit   *features.Matrix
	n, d   int
	zero   []bool // rows without a direction; nil = none
	zeros  int
	packed kernel.Centers64
	all    []int32
	labels []int32
	dist   []float64
	moved  int
}

// sphericalFit is the outcome of one start.
type sphericalFit struct {
	labels  []int32
	centers []float64
	loss    float64
	iter    int
	stop    Stop
}

// Fit finds the directions.
func (a *SphericalKMeans) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, _, err := ready("spherical_kmeans", x)
	if err != nil {
		return nil, err
	}
	if err := run.euclidean("spherical_kmeans"); err != nil {
		return nil, err
	}
	switch {
	case a.MaxIter < 1:
		return nil, &OptionError{"spherical_kmeans", "max_iter", a.MaxIter, "at least 1"}
	case a.NInit < 1:
		return nil, &OptionError{"spherical_kmeans", "n_init", a.NInit, "at least 1"}
	case !(a.Tol >= 0) || math.IsInf(a.Tol, 0):
		return nil, &OptionError{"spherical_kmeans", "tol", a.Tol, "finite and not negative"}
	}
	if err := clusters("spherical_kmeans", "n_clusters", a.NClusters, n); err != nil {
		return nil, err
	}
	r := newSphericalRun(ctx, a, x, run)
	var best *sphericalFit
	for i := range a.NInit {
		start := &KMeans{NClusters: a.NClusters, Init: a.Init, NInit: 1, MaxIter: 0}
		s, err := start.Fit(ctx, r.unit, Run{Seed: run.Seed + uint64(i), Workers: run.Workers})
		if err != nil {
			return nil, err
		}
		var centers []float64
		for _, c := range s.Centers {
			centers = append(centers, c...)
		}
		f, err := r.iterate(centers)
		if err != nil {
			return nil, err
		}
		if best == nil || f.loss < best.loss {
			best = f
		}
	}
	return r.finish(best), nil
}

// newSphericalRun brings the rows to length 1. They are divided by their largest entry
// first, so that squares neither overflow nor vanish.
func newSphericalRun(ctx context.Context, a *SphericalKMeans, x *features.Matrix, run Run) *sphericalRun {
	n, d := x.Dims()
	r := &sphericalRun{ctx: ctx, opt: a, run: run, n: n, d: d, all: make([]int32, n), labels: make([]int32, n), dist: make([]float64, n)}
	data := slices.Clone(x.Data())
	for i := range n {
		r.all[i] = int32(i)
		row := data[i*d : (i+1)*d]
		if !sphericalUnit(row) {
			if r.zero == nil {
				r.zero = make([]bool, n)
			}
			r.zero[i] = true
			r.zeros++
		}
	}
	r.unit = features.NewMatrix(n, x.Cols, data)
	r.unit.Weights = x.Weights
	return r
}

// sphericalUnit scales v to length 1; false if it is zero.
func sphericalUnit(v []float64) bool {
	top := 0.0
	for _, u := range v {
		top = max(top, math.Abs(u))
	}
	if top == 0 {
		return false
	}
	s := 0.0
	for j := range v {
		v[j] /= top
		s += v[j] * v[j]
	}
	s = math.Sqrt(s)
	for j := range v {
		v[j] /= s
	}
	return true
}

// iterate alternates assignment and directions.
func (r *sphericalRun) iterate(centers []float64) (*sphericalFit, error) {
	k := len(centers) / r.d
	for c := range k {
		sphericalUnit(centers[c*r.d : (c+1)*r.d])
	}
	f := &sphericalFit{stop: MaxIter}
	before := make([]int32, r.n)
	last, total := math.Inf(1), 0.0
	for i := range r.n {
		total += r.unit.Weight(i)
	}
	for f.iter < r.opt.MaxIter {
		copy(before, r.labels)
		loss, err := r.assign(centers)
		if err != nil {
			return nil, err
		}
		f.iter++
		r.run.report(Step{Iter: f.iter, Of: r.opt.MaxIter, Objective: loss})
		if f.iter > 1 && slices.Equal(before, r.labels) || last-loss < r.opt.Tol*total && f.iter > 1 {
			f.stop = Converged
			f.loss = loss
			break
		}
		last = loss
		if err := r.directions(centers); err != nil {
			return nil, err
		}
	}
	if f.stop == MaxIter {
		loss, err := r.assign(centers)
		if err != nil {
			return nil, err
		}
		f.loss = loss
	}
	f.labels, f.centers = slices.Clone(r.labels), centers
	return f, nil
}

// assign finds each row's centre and returns Σ w·(1 − cos).
func (r *sphericalRun) assign(centers []float64) (float64, error) {
	r.packed.Set(centers, r.d)
	b := newBlocks(r.n)
	part := make([]float64, b.count)
	const piece = 1024
	err := b.each(r.ctx, r.run.workers(), func(block, lo, hi int) {
		for at := lo; at < hi && r.ctx.Err() == nil; at += piece {
			end := min(hi, at+piece)
			r.packed.Nearest(r.unit.Data(), r.all[at:end], r.labels[at:end], r.dist[at:end])
		}
		s := 0.0
		for i := lo; i < hi; i++ {
			if r.zero != nil && r.zero[i] {
				r.labels[i], r.dist[i] = 0, 2
			}
			s += r.unit.Weight(i) * r.dist[i] / 2
		}
		part[block] = s
	})
	if err == nil {
		err = r.ctx.Err()
	}
	return sum(part), err
}

// directions moves each centre to the direction of the sum of its rows.
func (r *sphericalRun) directions(centers []float64) error {
	k, d := len(centers)/r.d, r.d
	b := newBlocks(r.n)
	b.size = max(b.size, (r.n+31)/32)
	b.count = (r.n + b.size - 1) / b.size
	part := make([][]float64, b.count)
	err := b.each(r.ctx, r.run.workers(), func(block, lo, hi int) {
		acc := make([]float64, k*d)
		for i := lo; i < hi; i++ {
			axpy(r.unit.Weight(i), r.unit.Row(i), acc[int(r.labels[i])*d:int(r.labels[i]+1)*d])
		}
		part[block] = acc
	})
	if err != nil {
		return err
	}
	clear(centers)
	for _, acc := range part {
		axpy(1, acc, centers)
	}
	var empty []int
	for c := range k {
		if v := centers[c*d : (c+1)*d]; math.Sqrt(dot(v, v)) < 1e-12 || !sphericalUnit(v) {
			empty = append(empty, c)
		}
	}
	if len(empty) == 0 {
		return nil
	}
	far := make([]int, 0, r.n)
	for i := range r.n {
		if r.dist[i] > 0 && r.unit.Weight(i) > 0 && (r.zero == nil || !r.zero[i]) {
			far = append(far, i)
		}
	}
	slices.SortStableFunc(far, func(a, b int) int {
		if r.dist[a] != r.dist[b] {
			if r.dist[a] > r.dist[b] {
				return -1
			}
			return 1
		}
		return 0
	})
	for e, c := range empty {
		if e < len(far) {
			copy(centers[c*d:(c+1)*d], r.unit.Row(far[e]))
			r.moved++
			continue
		}
		// Nothing to give it: far from all, it stays empty.
		for j := range d {
			centers[c*d+j] = math.Inf(1)
		}
	}
	return nil
}

// finish makes a clustering of the best start.
func (r *sphericalRun) finish(f *sphericalFit) *Clustering {
	c := &Clustering{Labels: f.labels, Objective: &f.loss, Iter: f.iter, Stop: f.stop}
	var old []int32
	c.K, old = Canonical(c.Labels)
	c.rank = make([]int32, c.K)
	for i, o := range old {
		c.Centers = append(c.Centers, f.centers[int(o)*r.d:int(o+1)*r.d:int(o+1)*r.d])
		c.rank[i] = o
	}
	if r.moved > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R005 spherical_kmeans: a cluster became empty and was re-seeded at the row farthest in direction (%d×)", r.moved))
	}
	if r.zeros > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("spherical_kmeans: %d rows are all zeros and have no direction: they are in the first cluster found", r.zeros))
	}
	if c.K < r.opt.NClusters {
		c.Warnings = append(c.Warnings, fmt.Sprintf("spherical_kmeans: n_clusters = %d but only %d came out: there are not more distinct directions", r.opt.NClusters, c.K))
	}
	if f.stop == MaxIter {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R004 spherical_kmeans: stopped at max_iter = %d before the centres settled", r.opt.MaxIter))
	}
	return c
}

// Rule is the centre nearest in direction.
func (a *SphericalKMeans) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	r := &Rule{Kind: NearestCenter, Measure: &Measure{Name: "cosine"}}
	for _, l := range c.order() {
		r.Points = append(r.Points, c.Centers[l])
		r.Labels = append(r.Labels, l)
	}
	r.Agreement = r.agreement(x, c.Labels)
	r.Exact = r.Agreement == 1
	return r, nil
}

// Estimate counts the copy of the rows, labels and distances.
func (a *SphericalKMeans) Estimate(n, d int) Estimate {
	return Estimate{
		Bytes:   int64(n)*int64(d)*8 + int64(n)*20 + 32*int64(a.NClusters)*int64(d)*8,
		Seconds: float64(n) * float64(a.NClusters) * float64(d) * 1e-10 * 40 * float64(max(a.NInit, 1)),
	}
}
