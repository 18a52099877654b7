package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "spectral",
	Doc: `Spectral clustering: groups of a graph of neighbours
Rows are joined to their nearest neighbours; the graph is cut where the cuts are
cheapest against what they part. Finds groups of any shape that hang together.`,
	Refs: []Ref{
		{Authors: "Shi, Malik", Title: "Normalized cuts and image segmentation", Venue: "IEEE TPAMI 22", Year: 2000, DOI: "10.1109/34.868688"},
		{Authors: "von Luxburg", Title: "A tutorial on spectral clustering", Venue: "Statistics and Computing 17", Year: 2007, DOI: "10.1007/s11222-007-9033-z"},
		{Authors: "Fowlkes, Belongie, Chung, Malik", Title: "Spectral grouping using the Nyström method", Venue: "IEEE TPAMI 26", Year: 2004, DOI: "10.1109/TPAMI.2004.1262185"},
	},
	Version: 1,
	New: func() Algorithm {
		return &Spectral{NClusters: 8, Affinity: "nearest_neighbors", NNeighbors: 10, NInit: 10, EigenTol: 1e-7}
	},
	Invariance: Translation | Scaling | ColumnOrder,
})

// Spectral relaxes the normalised cut Σ_c cut(c, rest) / vol(c) of the graph with
// affinities A: rows are placed at
//
//	yᵢ = uᵢ / √degᵢ,  u the eigenvectors of D^−½ A D^−½ to its n_clusters largest values,
//
// (the smallest of the normalised Laplacian) and clustered there by k-means. The
// objective is the normalised cut of the labels.
//
// Affinity nearest_neighbors: Aᵢⱼ = 1 where each is among the other's NNeighbors
// nearest rows (itself counted), ½ where one is; the graph is sparse. rbf: Aᵢⱼ =
// exp(−Gamma·‖xᵢ−xⱼ‖²), Gamma nil = 1 / (columns · mean variance of the columns):
// exact, n² numbers, up to 20,000 rows; beyond, or where NLandmarks > 0, by the
// Nyström method from that many rows drawn by the seed (0 = 500), with a warning. Both
// as in scikit-learn, whose default is rbf with gamma = 1.
//
// A graph in several pieces has one eigenvector a piece for the value 1: they are taken
// exactly; where there are more pieces than clusters a warning says so, and the largest
// pieces count.
//
// The seed decides the eigensolver's start, the landmarks and k-means's starts; Workers
// decides nothing. Cost: neighbours O(n log n) while columns are few, and some hundred
// passes over the graph; memory 12·NNeighbors·n bytes and 40 vectors of n.
type Spectral struct {
	NClusters  int      `json:"n_clusters"`
	Affinity   string   `json:"affinity"`
	NNeighbors int      `json:"n_neighbors"`
	Gamma      *float64 `json:"gamma"`
	NLandmarks int      `json:"n_landmarks"`
	NInit      int      `json:"n_init"`
	EigenTol   float64  `json:"eigen_tol"` // of the residual ‖Sv − λv‖
}

var _ Estimator = (*Spectral)(nil)

const (
	spectralDense     = 20_000
	spectralLandmarks = 500
	spectralStream    = 0x73706563
	spectralRounds    = 200
)

type spectralRun struct {
	ctx   context.Context
	opt   *Spectral
	run   Run
	x     *features.Matrix
	n, d  int
	gamma float64
	root  []float64 // √degree
	warn  []string
	stop  Stop
}

// Fit cuts the graph.
func (a *Spectral) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	n, d, err := ready("spectral", x)
	if err != nil {
		return nil, err
	}
	if err := a.check(n); err != nil {
		return nil, err
	}
	if run.Space != nil && run.Space.Len() != n {
		return nil, &DataError{"spectral", fmt.Sprintf("distances between %d points for %d rows", run.Space.Len(), n)}
	}
	r := &spectralRun{ctx: ctx, opt: a, run: run, x: x, n: n, d: d, stop: Converged, warn: noWeights("spectral", x)}
	var places []float64
	var cut func([]int32, int) (float64, error)
	switch {
	case a.Affinity == "nearest_neighbors":
		places, cut, err = r.sparse()
	case a.NLandmarks > 0 || n > spectralDense:
		if run.Space != nil {
			return nil, &OptionError{"spectral", "affinity", "rbf", "the Nyström method works on coordinates: take nearest_neighbors with given distances, or at most 20,000 rows"}
		}
		places, err = r.nystroem()
	default:
		places, cut, err = r.dense()
	}
	if err != nil {
		return nil, err
	}
	return r.finish(places, cut)
}

func (a *Spectral) check(n int) error {
	bad := func(option string, value any, why string) error { return &OptionError{"spectral", option, value, why} }
	switch {
	case a.Affinity != "nearest_neighbors" && a.Affinity != "rbf":
		return bad("affinity", a.Affinity, "nearest_neighbors or rbf")
	case a.Affinity == "nearest_neighbors" && a.NNeighbors < 2:
		return bad("n_neighbors", a.NNeighbors, "at least 2: the row itself is counted")
	case a.Gamma != nil && (!(*a.Gamma > 0) || math.IsInf(*a.Gamma, 0)):
		return bad("gamma", *a.Gamma, "finite and above 0, or none for 1 / (columns · variance)")
	case a.NLandmarks < 0 || a.NLandmarks > 0 && a.NLandmarks < min(a.NClusters, n):
		return bad("n_landmarks", a.NLandmarks, fmt.Sprintf("at least n_clusters = %d, or 0", a.NClusters))
	case a.NInit < 1:
		return bad("n_init", a.NInit, "at least 1")
	case !(a.EigenTol > 0) || a.EigenTol > 0.1:
		return bad("eigen_tol", a.EigenTol, "above 0 and at most 0.1")
	}
	return clusters("spectral", "n_clusters", a.NClusters, n)
}

// eigen returns the places of the rows (n × k, row-major) under the operator
// D^−½ A D^−½, some of whose vectors for the value 1 are known: one a piece.
func (r *spectralRun) eigen(mul func(dst, src []float64) error, pieces [][]float64) ([]float64, error) {
	k := min(r.opt.NClusters, r.n)
	pieces = pieces[:min(len(pieces), k)]
	l := &lanczos{
		ctx: r.ctx, workers: r.run.workers(), n: r.n, mul: mul, locked: pieces, tol: r.opt.EigenTol,
		rounds: spectralRounds, rng: rand.New(rand.NewPCG(r.run.Seed, spectralStream)),
	}
	if len(pieces) < k {
		if err := l.find(k - len(pieces)); err != nil {
			return nil, err
		}
		if !l.converged {
			r.stop = MaxIter
			r.warn = append(r.warn, fmt.Sprintf("R004 spectral: the eigenvectors are not accurate to eigen_tol = %g after %d restarts", r.opt.EigenTol, spectralRounds))
		}
	}
	return r.places(slices.Concat(pieces, l.vectors)), nil
}

// places writes the vectors side by side, each row divided by √degree.
func (r *spectralRun) places(vectors [][]float64) []float64 {
	k := len(vectors)
	out := make([]float64, r.n*k)
	for c, v := range vectors {
		for i, u := range v {
			out[i*k+c] = u / r.root[i]
		}
	}
	return out
}

// finish clusters the places by k-means.
func (r *spectralRun) finish(places []float64, cut func([]int32, int) (float64, error)) (*Clustering, error) {
	k := len(places) / r.n
	cols := make([]features.Column, k)
	for j := range cols {
		cols[j].Name = fmt.Sprintf("v%d", j+1)
	}
	km := &KMeans{NClusters: r.opt.NClusters, Init: "k-means++", NInit: r.opt.NInit, MaxIter: 300, Tol: 1e-4}
	got, err := km.Fit(r.ctx, features.NewMatrix(r.n, cols, places), Run{Seed: r.run.Seed, Workers: r.run.Workers})
	if err != nil {
		return nil, err
	}
	c := &Clustering{Labels: got.Labels, K: got.K, Iter: got.Iter, Stop: r.stop, Warnings: r.warn}
	if c.K < r.opt.NClusters {
		c.Warnings = append(c.Warnings, fmt.Sprintf("spectral: n_clusters = %d but only %d came out: no more rows lie apart", r.opt.NClusters, c.K))
	}
	if cut != nil {
		v, err := cut(c.Labels, c.K)
		if err != nil {
			return nil, err
		}
		c.Objective = &v
	}
	return c, nil
}

// pieces makes the eigenvectors of the connected pieces, the largest first.
func (r *spectralRun) pieces(root func(i int) int32) [][]float64 {
	labels := make([]int32, r.n)
	for i := range labels {
		labels[i] = root(i)
	}
	k, _ := Canonical(labels)
	if k > r.opt.NClusters {
		r.warn = append(r.warn, fmt.Sprintf("spectral: the graph is in %d pieces that nothing joins, more than n_clusters = %d: raise n_neighbors (now %d) or n_clusters; the %d largest count",
			k, r.opt.NClusters, r.opt.NNeighbors, r.opt.NClusters))
	}
	out := make([][]float64, min(k, r.opt.NClusters))
	length := make([]float64, len(out))
	for i, l := range labels {
		if int(l) < len(out) {
			if out[l] == nil {
				out[l] = make([]float64, r.n)
			}
			out[l][i] = r.root[i]
			length[l] += r.root[i] * r.root[i]
		}
	}
	for l, v := range out {
		for i := range v {
			v[i] /= math.Sqrt(length[l])
		}
	}
	return out
}

// Estimate counts the graph, the eigensolver's vectors and the places.
func (a *Spectral) Estimate(n, d int) Estimate {
	k := max(a.NClusters, 1)
	vectors := int64(n) * int64(max(3*k, k+40)+2*k) * 8
	switch {
	case a.Affinity == "nearest_neighbors":
		graph := int64(n) * int64(a.NNeighbors) * 24
		return Estimate{Bytes: graph + vectors + int64(n)*int64(d+4)*8, Seconds: float64(n) * float64(a.NNeighbors) * (float64(k)*30 + 200) * 2e-9}
	case a.NLandmarks > 0 || n > spectralDense:
		m := max(a.NLandmarks, 1)
		if a.NLandmarks == 0 {
			m = spectralLandmarks
		}
		return Estimate{Bytes: int64(n)*int64(2*k+2)*8 + int64(m)*int64(m)*24, Seconds: float64(n) * float64(m) * 3e-7}
	}
	return Estimate{Bytes: int64(n)*int64(n)*8 + vectors, Seconds: float64(n) * float64(n) * 2e-8 * float64(10+k)}
}
