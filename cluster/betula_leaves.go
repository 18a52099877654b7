package cluster

import (
	"errors"
	"fmt"
	"math"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

// cluster clusters the leaves.
func (f *betulaFit) cluster() error {
	k := f.opt.NClusters
	if m := f.leaves.len(); f.opt.Cluster != "none" && k > m {
		f.said = append(f.said, fmt.Sprintf("betula: n_clusters = %d but there are only %d leaves: fewer distinct rows, or a threshold or max_leaves that merges them", k, m))
		k = m
	}
	x := features.NewMatrix(f.leaves.len(), f.rows.rows.Columns(), f.leaves.mean)
	x.Weights = f.leaves.n
	switch f.opt.Cluster {
	case "kmeans":
		return f.kmeans(x, k)
	case "gmm":
		return f.mixture(x, k)
	case "hierarchical":
		return f.ward(x, k)
	}
	of := make([]int32, f.leaves.len())
	for i := range of {
		of[i] = int32(i)
	}
	f.stop = Exact
	f.groups(of, f.leaves.len())
	return nil
}

func (f *betulaFit) kmeans(x *features.Matrix, k int) error {
	if n, _ := x.Dims(); n == 1 { // which k-means refuses
		f.stop = Exact
		f.groups([]int32{0}, 1)
		return nil
	}
	c, err := (&KMeans{NClusters: k, Init: "k-means++", NInit: f.opt.NInit, MaxIter: f.opt.MaxIter, Tol: 1e-4}).Fit(f.ctx, x, f.inner())
	if err != nil {
		return betulaError(err)
	}
	f.iter, f.stop = c.Iter, c.Stop
	f.said = append(f.said, c.Warnings...)
	f.given(c)
	return nil
}

// inner is the run of an algorithm on the leaves: the study's cache knows nothing of them.
func (f *betulaFit) inner() Run {
	return Run{Seed: f.run.Seed, Workers: f.run.Workers, Report: f.run.Report}
}

// betulaError says that what an inner algorithm refuses, betula refuses.
func betulaError(err error) error {
	var d *DataError
	if errors.As(err, &d) {
		return &DataError{"betula, " + d.Method + " of the leaves", d.Why}
	}
	return err
}

// given takes centres and the leaves' labels from a clustering of the leaves, in the order
// in which its algorithm breaks ties.
func (f *betulaFit) given(c *Clustering) {
	order := c.order()
	f.k, f.centers = c.K, make([]float64, 0, c.K*f.d)
	back := make([]int32, c.K)
	for i, l := range order {
		back[l] = int32(i)
		f.centers = append(f.centers, c.Centers[l]...)
	}
	f.of = make([]int32, f.leaves.len())
	for i := range f.of {
		f.of[i] = back[c.Labels[i]]
	}
	f.spread()
}

// groups takes the leaves' labels and makes the centres their means.
func (f *betulaFit) groups(of []int32, k int) {
	f.k, f.of, f.centers = k, of, make([]float64, k*f.d)
	mass := make([]float64, k)
	for i, l := range of { // as leaves are united, so that no digits are lost
		mass[l] += f.leaves.n[i]
		share := f.leaves.n[i] / mass[l]
		c := f.centers[int(l)*f.d : (int(l)+1)*f.d]
		for j, m := range f.leaves.mean[i*f.d : (i+1)*f.d] {
			c[j] += share * (m - c[j])
		}
	}
	f.spread()
}

func (f *betulaFit) spread() {
	f.between = 0
	for i, l := range f.of {
		f.between += f.leaves.n[i] * kernel.Sq(f.leaves.mean[i*f.d:(i+1)*f.d], f.centers[int(l)*f.d:(int(l)+1)*f.d])
	}
}

// ward cuts the tree of Ward's method over the leaves, each of them n equal rows.
func (f *betulaFit) ward(x *features.Matrix, k int) error {
	m, _ := x.Dims()
	f.stop = Exact
	if m == 1 {
		f.groups([]int32{0}, 1)
		return nil
	}
	r := newHierarchicalRun(f.ctx, x, f.inner())
	defer r.team.close()
	if err := r.wardOf(x.Weights); err != nil {
		return betulaError(err)
	}
	of := r.sorted().CutK(k)
	k, _ = Canonical(of)
	f.groups(of, k)
	return nil
}

// betulaMixture is algorithm gmm with the number of components asked for.
func betulaMixture(a *BETULA) (Algorithm, error) {
	m, err := Lookup("gmm")
	if err != nil {
		return nil, err
	}
	g := m.New()
	if err := SetValue(g, "n_clusters", a.NClusters); err != nil {
		return nil, fmt.Errorf("betula: gmm: %w", err)
	}
	return g, nil
}

// mixture fits a Gaussian mixture to the leaves.
func (f *betulaFit) mixture(x *features.Matrix, k int) error {
	opt := *f.opt
	opt.NClusters = k
	g, err := betulaMixture(&opt)
	if err != nil {
		return err
	}
	soft, ok := g.(Memberships)
	if !ok {
		return &OptionError{"betula", "cluster", "gmm", "algorithm gmm gives no memberships"}
	}
	c, err := g.Fit(f.ctx, f.leaves.points(x), f.inner())
	if err != nil {
		return betulaError(err)
	}
	if c.Rule == nil {
		return &OptionError{"betula", "cluster", "gmm", "algorithm gmm gives no rule for new rows"}
	}
	f.iter, f.stop, f.value = c.Iter, c.Stop, c.Objective
	f.said = append(f.said, c.Warnings...)
	f.k, f.centers = c.K, nil
	for _, p := range c.Centers {
		f.centers = append(f.centers, p...)
	}
	f.of = make([]int32, f.leaves.len())
	per := len(c.Labels) / f.leaves.len()
	for i := range f.of {
		f.of[i] = c.Labels[i*per] // ordered as c is; only sizes without a second pass need it
	}
	f.spread()
	f.rule = c.Rule
	f.soft = func(b *streamRows) ([]int32, []float64, error) {
		rows := features.NewMatrix(b.n, x.Cols, b.x)
		of := *c // the mixture, with labels of these rows
		var err error
		if of.Labels, _, err = c.Rule.PredictAll(f.ctx, rows, f.run.Workers); err != nil {
			return nil, nil, err
		}
		shares, err := soft.Memberships(rows, &of)
		return of.Labels, shares, err
	}
	return nil
}

// points stands d+1 points of equal weight for each leaf, with its mean and, in every
// direction, the variance S/(n·d): the corners of a regular simplex around μ at distance
// √(S/n). Where no leaf has a spread, they are the means alone.
func (l *betulaLeaves) points(x *features.Matrix) *features.Matrix {
	if l.within == 0 {
		return x
	}
	m, d := x.Dims()
	corner := betulaSimplex(d)
	out := features.NewMatrix(m*(d+1), x.Cols, nil)
	out.Weights = make([]float64, m*(d+1))
	for i := range m {
		r := math.Sqrt(l.s[i] / l.n[i])
		for c := range d + 1 {
			at := i*(d+1) + c
			out.Weights[at] = l.n[i] / float64(d+1)
			row := out.Row(at)
			for j := range row {
				row[j] = l.mean[i*d+j] + r*corner[c*d+j]
			}
		}
	}
	return out
}

// betulaSimplex returns the d+1 corners of a regular simplex, of length 1 and sum 0: rows
// of d. Their mean outer product is the identity over d.
func betulaSimplex(d int) []float64 {
	v := make([]float64, (d+1)*d)
	// Corner c has coordinate j: √((d+1)/d) × the Helmert contrast j of c.
	for j := range d {
		h := math.Sqrt(float64(d+1) / float64(d) / float64((j+1)*(j+2)))
		for c := range j + 1 {
			v[c*d+j] = h
		}
		v[(j+1)*d+j] = -float64(j+1) * h
	}
	return v
}
