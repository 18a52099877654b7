package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/digits"
	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/near"
)

// betulaFit is the state of one fit.
type betulaFit struct {
	ctx    context.Context
	opt    *BETULA
	run    Run
	rows   *streamReader
	d, k   int
	leaves *betulaLeaves
	limit  float64 // the threshold at the end, squared

	// Of the clustering of the leaves, centres less the pivot:
	centers []float64
	of      []int32 // each leaf's cluster
	between float64 // Σ n·‖μ−c‖² over the leaves
	value   *float64
	iter    int
	stop    Stop
	said    []string
	// A mixture's labels and n×k shares of rows, and its rule; nil = none.
	soft   func(b *streamRows) ([]int32, []float64, error)
	rule   *Rule
	sample *streamSample // nil = none

	// Of the rows, once they are labelled:
	inertia float64
	size    []float64 // rows; before that, weight
	first   []int64
	order   []int32 // clusters by size
	name    []int32 // the number each gets
}

// newBetulaFit compresses the rows and clusters the leaves; with a sample it also keeps
// some rows, for want of labels.
func newBetulaFit(ctx context.Context, a *BETULA, rows features.Rows, run Run, sample bool) (*betulaFit, error) {
	f := &betulaFit{ctx: ctx, opt: a, run: run, rows: newStreamReader("betula", rows), d: len(rows.Columns())}
	if sample && a.Cluster != "gmm" {
		f.sample = newStreamSample(f.d, run.Seed)
		f.rows.also = f.sample.take
	}
	if a.Compress == "coreset" {
		leaves, err := coresetRows(ctx, f.rows, a.MaxLeaves, run.Seed)
		if err != nil {
			return nil, err
		}
		f.leaves = leaves
	} else {
		t, err := betulaBuild(ctx, a, f.rows, run)
		if err != nil {
			return nil, err
		}
		f.limit = t.limit
		f.leaves = t.harvest()
	}
	if a.Cluster != "none" {
		if err := clusters("betula", "n_clusters", a.NClusters, int(f.rows.n)); err != nil {
			return nil, err
		}
	}
	return f, f.cluster()
}

// assigner labels rows by their nearest centres.
func (f *betulaFit) assigner() func(x []float64, labels []int32, dist []float64) {
	if f.k < ruleTree {
		p := kernel.NewPoints(f.centers, f.d)
		return p.Nearest
	}
	tree := near.New(f.centers, f.d, f.run.workers())
	return func(x []float64, labels []int32, dist []float64) {
		for i := range labels {
			at, s := tree.Nearest(x[i*f.d:(i+1)*f.d], -1)
			labels[i], dist[i] = int32(at), s
		}
	}
}

// label reads the rows and hands each block's labels to take, numbered as the clusters
// were found, with the row's largest share where there are shares.
func (f *betulaFit) label(take func(b *streamRows, labels []int32, shares []float64) error) error {
	nearest := f.assigner()
	f.size, f.first, f.inertia = make([]float64, f.k), make([]int64, f.k), 0
	labels, dist := make([]int32, streamBlock), make([]float64, streamBlock)
	const piece = streamBlock / betulaPieces
	err := f.rows.each(f.ctx, func(b *streamRows) error {
		var shares []float64
		if f.soft != nil {
			var err error
			if shares, err = f.harden(b, labels[:b.n]); err != nil {
				return err
			}
		} else {
			err := parallel(f.ctx, f.run.workers(), (b.n+piece-1)/piece, func(p int) {
				lo, hi := p*piece, min(b.n, (p+1)*piece)
				nearest(b.x[lo*f.d:hi*f.d], labels[lo:hi], dist[lo:hi])
			})
			if err != nil {
				return err
			}
			s := 0.0
			for i, q := range dist[:b.n] {
				s += b.weight(i) * q
			}
			f.inertia += s
		}
		for i, l := range labels[:b.n] {
			if f.size[l] == 0 {
				f.first[l] = b.at + int64(i)
			}
			f.size[l]++
		}
		return take(b, labels[:b.n], shares)
	})
	if err != nil {
		return err
	}
	f.number()
	return nil
}

// harden labels rows by their most probable components, and returns the shares of these.
func (f *betulaFit) harden(b *streamRows, labels []int32) ([]float64, error) {
	of, shares, err := f.soft(b)
	if err != nil {
		return nil, err
	}
	copy(labels, of)
	out := make([]float64, b.n)
	for i, l := range labels {
		out[i] = min(shares[i*f.k+int(l)], 1)
	}
	return out, nil
}

// moved is the rule of a mixture in the coordinates of the rows, with the numbers that its
// clusters got.
func (f *betulaFit) moved() *Rule {
	r := *f.rule
	r.Points, r.Labels = nil, nil
	shared := len(f.rule.Factors) < len(f.rule.Points)
	r.Weights, r.Factors = nil, nil
	for i, l := range f.rule.Labels {
		if f.size[l] == 0 {
			continue
		}
		p := slices.Clone(f.rule.Points[i])
		for j, v := range f.rows.pivot {
			p[j] += v
		}
		r.Points, r.Labels, r.Weights = append(r.Points, p), append(r.Labels, f.name[l]), append(r.Weights, f.rule.Weights[i])
		if !shared {
			r.Factors = append(r.Factors, f.rule.Factors[i])
		}
	}
	if shared {
		r.Factors = f.rule.Factors
	}
	return &r
}

// number orders the clusters by size, ties by first row, and drops the empty.
func (f *betulaFit) number() {
	f.order = f.order[:0]
	for c, s := range f.size {
		if s > 0 {
			f.order = append(f.order, int32(c))
		}
	}
	slices.SortStableFunc(f.order, func(a, b int32) int {
		if c := cmp.Compare(f.size[b], f.size[a]); c != 0 || f.first == nil {
			return c
		}
		return cmp.Compare(f.first[a], f.first[b])
	})
	f.name = make([]int32, f.k)
	for i, c := range f.order {
		f.name[c] = int32(i)
	}
}

func (f *betulaFit) renumber(labels []int32) {
	for i, l := range labels {
		labels[i] = f.name[l]
	}
}

// clustering makes the result; without labels the clusters are numbered by the weight of
// their leaves.
func (f *betulaFit) clustering(labelled bool) *Clustering {
	upper := f.leaves.within + f.between
	if !labelled {
		f.size, f.first, f.inertia = make([]float64, f.k), nil, upper
		for i, l := range f.of {
			f.size[l] += f.leaves.n[i]
		}
		f.number()
	}
	c := &Clustering{K: len(f.order), Iter: f.iter, Stop: f.stop, Objective: &f.inertia, rank: slices.Clone(f.order)}
	if f.value != nil {
		c.Objective = f.value
	}
	for _, o := range f.order {
		center := make([]float64, f.d)
		for j, p := range f.rows.pivot {
			center[j] = f.centers[int(o)*f.d+j] + p
		}
		c.Centers = append(c.Centers, center)
	}
	if f.rule != nil {
		c.Rule = f.moved()
	}
	if len(f.order) < f.k {
		f.said = append(f.said, fmt.Sprintf("betula: %d of %d clusters of leaves are no row's nearest: left out", f.k-len(f.order), f.k))
	}
	if w := f.warning(labelled, upper); w != "" {
		f.said = append(f.said, w)
	}
	c.Warnings = f.said
	return c
}

// warning says what the compression may have cost.
func (f *betulaFit) warning(labelled bool, upper float64) string {
	n := digits.Int(f.rows.n)
	s := ""
	switch {
	case f.opt.Compress == "coreset" && int64(f.leaves.len()) < f.rows.n:
		s = fmt.Sprintf("betula: the centres come from a coreset of %s distinct rows out of %s, by which the inertia is %.6g", digits.Int(f.leaves.len()), n, upper)
	case f.leaves.within == 0:
		return ""
	default:
		s = fmt.Sprintf("betula: %s rows stand in %s leaves (%s up to %.4g), within which lie %.2g %% of the inertia", n, digits.Int(f.leaves.len()),
			f.opt.Absorption, math.Sqrt(f.limit), 100*f.leaves.within/upper)
		if f.value != nil {
			return s
		}
		if labelled {
			return fmt.Sprintf("%s; rows labelled with their leaf would have %.6g (%+.2g %%)", s, upper, 100*(upper/f.inertia-1))
		}
		s = fmt.Sprintf("%s. The objective, %.6g, is that of rows labelled with their leaf; by their nearest centres it is no more, and at least %.6g", s, upper, f.least(upper))
	}
	if f.sample != nil {
		dist := make([]float64, f.sample.len())
		f.assigner()(f.sample.x, make([]int32, len(dist)), dist)
		v, err := f.sample.inertia(dist, f.rows.n)
		s = fmt.Sprintf("%s; a sample of %s rows says %.6g ± %.2g %%", s, digits.Int(len(dist)), v, 100*err/v)
	}
	return s
}

// least is a lower bound of the inertia of nearest centres. Two hold:
//
// ‖x−c‖ ≥ ‖μ−c‖ − ‖x−μ‖ for a row x of a leaf at μ and any centre c, so that by the triangle
// inequality of sums of squares the inertia is at least (√Σn‖μ−c‖² − √ΣS)².
//
// And a row that leaves its leaf's centre a for c gains 2(x−μ)·(c−a) − m, with m = ‖μ−c‖² −
// ‖μ−a‖². Of n numbers p = 2(x−μ)·(c−a) one knows that they sum to 0 and their squares to
// at most 4S‖c−a‖² = nv, so that Σ max(0, p−m) ≤ n/2·(√(v+m²)−m) (Scarf 1958): what the
// leaf's rows gain by going to c, summed over the centres, is what they gain at most.
func (f *betulaFit) least(upper float64) float64 {
	low := max(0, math.Sqrt(f.between)-math.Sqrt(f.leaves.within))
	low *= low
	at := func(c int) []float64 { return f.centers[c*f.d : (c+1)*f.d] }
	if f.k > 1024 { // k² distances, and n·k for the leaves
		return low
	}
	apart := make([]float64, f.k*f.k)
	for a := range f.k {
		for c := range f.k {
			apart[a*f.k+c] = kernel.Sq(at(a), at(c))
		}
	}
	gain := 0.0
	for i, l := range f.of {
		mean := f.leaves.mean[i*f.d : (i+1)*f.d]
		n, own := f.leaves.n[i], kernel.Sq(mean, at(int(l)))
		for c := range f.k {
			if c == int(l) {
				continue
			}
			m := kernel.Sq(mean, at(c)) - own
			v := 4 * f.leaves.s[i] / n * apart[int(l)*f.k+c]
			// √(v+m²)−m without cancellation; where the leaf is not at its nearest centre, m < 0.
			root := math.Sqrt(v + m*m)
			if m > 0 {
				gain += n / 2 * v / (root + m)
			} else {
				gain += n / 2 * (root - m)
			}
		}
	}
	return max(low, upper-gain)
}
