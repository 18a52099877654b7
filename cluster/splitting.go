package cluster

import (
	"context"
	"fmt"
	"slices"

	"github.com/mores-lab/mores/features"
)

// splitter grows a k-means solution by cutting clusters in two: what X-means and G-means
// have in common. In each round k-means runs over all rows from the present centres;
// then each cluster is cut by 2-means and the cut is kept where keep says so.
type splitter struct {
	method   string
	ctx      context.Context
	x        *features.Matrix
	run      Run
	min, max int
	maxIter  int
	// start returns the two centres a cluster is cut from.
	start func(part *features.Matrix, center []float64) ([][]float64, error)
	keep  func(part *features.Matrix, whole, two *Clustering) (bool, error)
	// better compares two solutions over all rows; nil = the last one.
	better func(a, b *Clustering) bool
}

// grow returns the chosen solution and how many rounds were made.
func (s *splitter) grow() (*Clustering, error) {
	first := &KMeans{NClusters: s.min, Init: "k-means++", NInit: 10, MaxIter: s.maxIter, Tol: 1e-4}
	now, err := first.Fit(s.ctx, s.x, s.run)
	if err != nil {
		return nil, err
	}
	best, rounds := now, 1
	for ; now.K < s.max; rounds++ {
		s.run.report(Step{Iter: rounds, Objective: *now.Objective})
		centers, err := s.cutAll(now)
		if err != nil {
			return nil, err
		}
		if len(centers) == now.K {
			break
		}
		km := &KMeans{NClusters: len(centers), InitCenters: centers, MaxIter: s.maxIter, Tol: 1e-4}
		next, err := km.Fit(s.ctx, s.x, s.run)
		if err != nil {
			return nil, err
		}
		if next.K <= now.K {
			break
		}
		now = next
		if s.better == nil || s.better(now, best) {
			best = now
		}
	}
	best = &Clustering{
		Labels: best.Labels, K: best.K, Centers: best.Centers, Objective: best.Objective, Iter: rounds, Stop: best.Stop, rank: best.rank,
		Warnings: slices.Clone(best.Warnings),
	}
	if now.K >= s.max {
		best.Warnings = append(best.Warnings, fmt.Sprintf("%s: k_max = %d was reached: there may be more clusters", s.method, s.max))
	}
	return best, nil
}

// cutAll returns the centres after one round of cuts, at most max of them: the clusters
// with the largest numbers of rows are cut first.
func (s *splitter) cutAll(now *Clustering) ([][]float64, error) {
	rows := make([][]int, now.K)
	for i, l := range now.Labels {
		rows[l] = append(rows[l], i)
	}
	var out [][]float64
	left := s.max - now.K
	for l, center := range now.Centers {
		part := s.x.Pick(rows[l])
		part.Weights = nil
		whole := &Clustering{Labels: make([]int32, len(rows[l])), K: 1, Centers: [][]float64{center}}
		two, err := s.cut(part, center)
		if err != nil {
			return nil, err
		}
		keep := false
		if left > 0 && two != nil && two.K == 2 {
			if keep, err = s.keep(part, whole, two); err != nil {
				return nil, err
			}
		}
		if keep {
			left--
			out = append(out, two.Centers...)
			continue
		}
		out = append(out, center)
	}
	return out, nil
}

// cut runs 2-means inside one cluster; nil where its rows are equal.
func (s *splitter) cut(part *features.Matrix, center []float64) (*Clustering, error) {
	if n, _ := part.Dims(); n < 2 {
		return nil, s.ctx.Err()
	}
	start, err := s.start(part, center)
	if err != nil || start == nil {
		return nil, err
	}
	km := &KMeans{NClusters: 2, InitCenters: start, MaxIter: s.maxIter, Tol: 1e-4}
	return km.Fit(s.ctx, part, Run{Seed: s.run.Seed, Workers: s.run.Workers})
}

// splittingCheck refuses limits that cannot hold.
func splittingCheck(method string, least, most, maxIter, n int) error {
	switch {
	case least < 1:
		return &OptionError{method, "k_min", least, "at least 1"}
	case least > n:
		return &SizeError{method, "k_min", least, n}
	case most < least:
		return &OptionError{method, "k_max", most, fmt.Sprintf("below k_min = %d", least)}
	case maxIter < 1:
		return &OptionError{method, "max_iter", maxIter, "at least 1"}
	}
	return nil
}

// splittingRule is the nearest centre: exact.
func splittingRule(x *features.Matrix, c *Clustering) (*Rule, error) {
	return (&KMeans{}).Rule(x, c)
}

// splittingAxis returns the first principal axis of the rows about their mean and the
// variance along it, by power iteration on the covariance from the column of largest
// variance; ok is false where all rows are equal.
func splittingAxis(part *features.Matrix, center []float64) (axis []float64, variance float64, ok bool) {
	n, d := part.Dims()
	spread := make([]float64, d)
	e := make([]float64, d)
	for i := range n {
		for j, v := range part.Row(i) {
			spread[j] += (v - center[j]) * (v - center[j])
		}
	}
	wide := 0
	for j, v := range spread {
		if v > spread[wide] {
			wide = j
		}
	}
	if spread[wide] == 0 {
		return nil, 0, false
	}
	axis = make([]float64, d)
	// Not along the axis alone: an eigenvector at a right angle to it would be missed.
	for j := range axis {
		axis[j] = 1e-3
	}
	axis[wide] = 1
	sphericalUnit(axis)
	for range 100 {
		next := make([]float64, d)
		for i := range n {
			s := 0.0
			for j, v := range part.Row(i) {
				e[j] = v - center[j]
				s += e[j] * axis[j]
			}
			axpy(s, e, next)
		}
		before := variance
		variance = dot(next, axis) / float64(n)
		if !sphericalUnit(next) {
			break
		}
		axis = next
		if variance-before <= 1e-6*variance {
			break
		}
	}
	return slices.Clone(axis), variance, true
}
