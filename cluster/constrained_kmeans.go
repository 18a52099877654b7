package cluster

import (
	"context"
	"fmt"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

var _ = register(&Method{
	Name: "constrained_kmeans",
	Doc: `Size-constrained k-means: no segment smaller or larger than can be served
k-means in which every cluster has at least size_min and at most size_max rows. The
rows that must give way are those that lose least.`,
	Refs: []Ref{
		{Authors: "Bradley, Bennett, Demiriz", Title: "Constrained k-means clustering", Venue: "Microsoft Research MSR-TR-2000-65", Year: 2000},
		{Authors: "Ahuja, Magnanti, Orlin", Title: "Network flows: theory, algorithms, and applications, chapter 9.7", Venue: "Prentice Hall", Year: 1993},
	},
	Version: 1,
	New: func() Algorithm {
		return &ConstrainedKMeans{NClusters: 8, Init: "k-means++", NInit: 1, MaxIter: 300}
	},
	Invariance: Translation | Scaling | ColumnOrder | ConstantColumn,
	Progress:   Falling,
})

// ConstrainedKMeans minimises Σᵢ wᵢ·‖xᵢ−μ(xᵢ)‖² over partitions whose clusters have
// between SizeMin and SizeMax rows (0 = no limit). Each assignment is the cheapest that
// the limits allow: a minimum-cost flow, solved exactly by successive shortest paths
// from the unconstrained assignment. It ends when no label changes, or after MaxIter.
// Without limits it is KMeans with tol = 0.
//
// Limits count rows; weights weigh costs and means. The seed decides the starts (those
// of KMeans); Workers decides nothing. Cost O(n·k·d) an iteration and O(k³ + k·log n) for
// each row that must move; memory n·k·24 bytes.
type ConstrainedKMeans struct {
	NClusters int    `json:"n_clusters"`
	SizeMin   int    `json:"size_min"`
	SizeMax   int    `json:"size_max"`
	Init      string `json:"init"`
	NInit     int    `json:"n_init"`
	MaxIter   int    `json:"max_iter"`
}

var (
	_ Predictor = (*ConstrainedKMeans)(nil)
	_ Estimator = (*ConstrainedKMeans)(nil)
)

type constrainedRun struct {
	ctx    context.Context
	opt    *ConstrainedKMeans
	run    Run
	x      *features.Matrix
	n, d   int
	k      int
	labels []int32
	cost   []float64 // n×k: w·‖x−μ‖²
}

// Fit finds the partition.
func (a *ConstrainedKMeans) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := ready("constrained_kmeans", x)
	if err != nil {
		return nil, err
	}
	if err := run.euclidean("constrained_kmeans"); err != nil {
		return nil, err
	}
	if err := a.check(n); err != nil {
		return nil, err
	}
	var best *kmeansFit
	for i := range a.NInit {
		start := &KMeans{NClusters: a.NClusters, Init: a.Init, NInit: 1, MaxIter: 0}
		s, err := start.Fit(ctx, x, Run{Seed: run.Seed + uint64(i), Workers: run.Workers})
		if err != nil {
			return nil, err
		}
		r := &constrainedRun{ctx: ctx, opt: a, run: run, x: x, n: n, d: d, k: a.NClusters, labels: make([]int32, n), cost: make([]float64, n*a.NClusters)}
		f, err := r.iterate(s.Centers)
		if err != nil {
			return nil, err
		}
		if best == nil || f.inertia < best.inertia {
			best = f
		}
	}
	c := &Clustering{Labels: best.labels, Objective: &best.inertia, Iter: best.iter, Stop: best.stop}
	var old []int32
	c.K, old = Canonical(c.Labels)
	c.rank = make([]int32, c.K)
	for i, o := range old {
		c.Centers = append(c.Centers, best.centers[int(o)*d:int(o+1)*d:int(o+1)*d])
		c.rank[i] = o
	}
	if c.K < a.NClusters {
		c.Warnings = append(c.Warnings, fmt.Sprintf("constrained_kmeans: n_clusters = %d but only %d came out: there are not more distinct rows", a.NClusters, c.K))
	}
	if best.stop == MaxIter {
		c.Warnings = append(c.Warnings, fmt.Sprintf("R004 constrained_kmeans: stopped at max_iter = %d before the labels settled", a.MaxIter))
	}
	return c, nil
}

func (a *ConstrainedKMeans) check(n int) error {
	bad := func(option string, value any, why string) error {
		return &OptionError{"constrained_kmeans", option, value, why}
	}
	if err := clusters("constrained_kmeans", "n_clusters", a.NClusters, n); err != nil {
		return err
	}
	switch {
	case a.SizeMin < 0:
		return bad("size_min", a.SizeMin, "not negative (0 = no limit)")
	case a.SizeMax < 0:
		return bad("size_max", a.SizeMax, "not negative (0 = no limit)")
	case a.SizeMin*a.NClusters > n:
		return bad("size_min", a.SizeMin, fmt.Sprintf("%d clusters of %d need more than the %d rows: %d or less", a.NClusters, a.SizeMin, n, n/a.NClusters))
	case a.SizeMax > 0 && a.SizeMax*a.NClusters < n:
		return bad("size_max", a.SizeMax, fmt.Sprintf("%d clusters of %d cannot hold the %d rows: %d or more", a.NClusters, a.SizeMax, n, (n+a.NClusters-1)/a.NClusters))
	case a.SizeMax > 0 && a.SizeMax < a.SizeMin:
		return bad("size_max", a.SizeMax, fmt.Sprintf("below size_min = %d", a.SizeMin))
	case a.MaxIter < 1:
		return bad("max_iter", a.MaxIter, "at least 1")
	case a.NInit < 1:
		return bad("n_init", a.NInit, "at least 1")
	}
	return nil
}

// iterate alternates the cheapest assignment and means.
func (r *constrainedRun) iterate(start [][]float64) (*kmeansFit, error) {
	centers := make([]float64, 0, r.k*r.d)
	for _, c := range start {
		centers = append(centers, c...)
	}
	for l := 0; len(centers) < r.k*r.d; l++ { // fewer distinct rows than clusters
		centers = append(centers, start[l%len(start)]...)
	}
	f := &kmeansFit{stop: MaxIter}
	before := make([]int32, r.n)
	for f.iter < r.opt.MaxIter {
		copy(before, r.labels)
		if err := r.costs(centers); err != nil {
			return nil, err
		}
		flow := newConstrainedFlow(r.cost, r.n, r.k, r.opt.SizeMin, r.opt.SizeMax)
		if err := flow.solve(r.ctx); err != nil {
			return nil, err
		}
		copy(r.labels, flow.label)
		f.iter++
		total := 0.0
		same := f.iter > 1
		for i, l := range r.labels {
			total += r.cost[i*r.k+int(l)]
			same = same && l == before[i]
		}
		r.run.report(Step{Iter: f.iter, Of: r.opt.MaxIter, Objective: total})
		if same {
			f.stop = Converged
			break
		}
		r.means(centers)
	}
	f.labels, f.centers = r.labels, centers
	for i, l := range r.labels {
		f.inertia += r.x.Weight(i) * kernel.Sq64(r.x.Row(i), centers[int(l)*r.d:int(l+1)*r.d])
	}
	return f, nil
}

// costs fills w·‖x−μ‖².
func (r *constrainedRun) costs(centers []float64) error {
	// Blocks of at most 2²⁰ products.
	size := max(1, (1<<20)/(r.k*r.d))
	return parallel(r.ctx, r.run.workers(), (r.n+size-1)/size, func(b int) {
		for i := b * size; i < min(r.n, (b+1)*size); i++ {
			w, row := r.x.Weight(i), r.x.Row(i)
			for l := range r.k {
				r.cost[i*r.k+l] = w * kernel.Sq64(row, centers[l*r.d:(l+1)*r.d])
			}
		}
	})
}

// means moves each centre to the weighted mean of its rows; one whose rows weigh
// nothing stays.
func (r *constrainedRun) means(centers []float64) {
	sums, weight := make([]float64, len(centers)), make([]float64, r.k)
	first := r.x.Row(0) // sums of differences keep the digits of far-off data
	for i, l := range r.labels {
		w := r.x.Weight(i)
		to := sums[int(l)*r.d : int(l+1)*r.d]
		for j, v := range r.x.Row(i) {
			to[j] += w * (v - first[j])
		}
		weight[l] += w
	}
	for l, w := range weight {
		if w == 0 {
			continue
		}
		for j := range r.d {
			centers[l*r.d+j] = first[j] + sums[l*r.d+j]/w
		}
	}
}

// Rule is the nearest centre: a surrogate, for the limits bind only the rows of the fit.
func (a *ConstrainedKMeans) Rule(x *features.Matrix, c *Clustering) (*Rule, error) {
	r := &Rule{Kind: NearestCenter}
	for _, l := range c.order() {
		r.Points = append(r.Points, c.Centers[l])
		r.Labels = append(r.Labels, l)
	}
	r.Agreement = r.agreement(x, c.Labels)
	r.Exact = a.SizeMin == 0 && a.SizeMax == 0 && r.Agreement == 1
	return r, nil
}

// Estimate counts costs and the queues between clusters.
func (a *ConstrainedKMeans) Estimate(n, d int) Estimate {
	k := float64(max(a.NClusters, 1))
	return Estimate{
		Bytes:   int64(float64(n) * (k*24 + 12)),
		Seconds: float64(n) * k * (float64(d)*1e-9 + 3e-7) * 20 * float64(max(a.NInit, 1)),
	}
}
