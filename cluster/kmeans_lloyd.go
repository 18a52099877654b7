package cluster

import (
	"cmp"
	"slices"

	"github.com/mores-lab/mores/internal/kernel"
)

// kmeansFit is the outcome of one start.
type kmeansFit struct {
	labels  []int32
	centers []float64
	inertia float64
	iter    int
	stop    Stop
	moved   int
}

// lloyd alternates assignment and means from the given centres.
func (r *kmeansRun) lloyd(centers []float64) (*kmeansFit, error) {
	k := len(centers) / r.d
	if want := r.blocks.count * k * (r.d + 1); len(r.sums) < want {
		r.sums = make([]float64, want)
	}
	r.moved = 0
	for i := range r.before {
		r.before[i] = -1
	}
	f := &kmeansFit{stop: MaxIter}
	next := make([]float64, len(centers))
	strict := false
	for f.iter < r.opt.MaxIter {
		objective, changed, err := r.assign(centers, true)
		if err != nil {
			return nil, err
		}
		f.iter++
		r.run.report(Step{Iter: f.iter, Of: r.opt.MaxIter, Objective: objective})
		r.means(centers, next)
		shift := 0.0
		for i, v := range next {
			shift += (v - centers[i]) * (v - centers[i])
		}
		centers, next = next, centers
		if !changed {
			strict, f.stop = true, Converged
			break
		}
		if shift <= r.tol {
			f.stop = Converged
			break
		}
		r.labels, r.before = r.before, r.labels
	}
	if !strict { // the centres moved after the last assignment
		if _, _, err := r.assign(centers, false); err != nil {
			return nil, err
		}
	}
	f.labels, f.centers, f.moved = slices.Clone(r.labels), slices.Clone(centers), r.moved
	f.inertia = r.inertia(f.centers)
	return f, r.ctx.Err()
}

// assign labels each row by its nearest centre and, if asked, sums each block's rows
// by cluster in the same pass. It returns Σ w·D² and whether a label differs from
// those of the assignment before.
func (r *kmeansRun) assign(centers []float64, sums bool) (objective float64, changed bool, err error) {
	r.packed.Set(centers)
	k, d := r.packed.Len(), r.d
	stride := k * (d + 1)
	part := make([]float64, r.blocks.count)
	differ := make([]bool, r.blocks.count)
	err = r.blocks.each(r.ctx, r.run.workers(), func(b, lo, hi int) {
		labels, dist := r.labels[lo:hi], r.dist[lo:hi]
		r.packed.Nearest(r.x[lo*d:hi*d], labels, dist)
		differ[b] = !slices.Equal(labels, r.before[lo:hi])
		if !sums {
			return
		}
		acc := r.sums[b*stride : (b+1)*stride]
		clear(acc)
		total, weight := acc[:k*d], acc[k*d:]
		s := 0.0
		for i, l := range labels {
			row := r.row(lo + i)
			to := total[int(l)*d : int(l)*d+d]
			if r.w == nil {
				for j, v := range row {
					to[j] += v
				}
				weight[l]++
				s += dist[i]
				continue
			}
			w := r.w[lo+i]
			for j, v := range row {
				to[j] += w * v
			}
			weight[l] += w
			s += w * dist[i]
		}
		part[b] = s
	})
	return sum(part), slices.Contains(differ, true), err
}

// means adds the blocks' sums in order and divides them into next. Empty clusters
// take the rows farthest from their centres first, as in scikit-learn: the row's
// weight moves from its old cluster to the empty one.
func (r *kmeansRun) means(centers, next []float64) {
	k, d := len(centers)/r.d, r.d
	stride := k * (d + 1)
	clear(next)
	weight := make([]float64, k)
	for b := range r.blocks.count {
		acc := r.sums[b*stride : (b+1)*stride]
		for i, v := range acc[:k*d] {
			next[i] += v
		}
		for c, v := range acc[k*d:] {
			weight[c] += v
		}
	}
	var empty []int
	for c, w := range weight {
		if w == 0 {
			empty = append(empty, c)
		}
	}
	if len(empty) > 0 {
		r.reseed(empty, next, weight)
	}
	largest := 0
	for c, w := range weight {
		if w > weight[largest] {
			largest = c
		}
	}
	for c, w := range weight {
		to := next[c*d : c*d+d]
		if w > 0 {
			for j := range to {
				to[j] /= w
			}
		}
	}
	for c, w := range weight {
		if w == 0 { // nothing to give it: it waits beside the largest cluster
			copy(next[c*d:c*d+d], next[largest*d:largest*d+d])
		}
	}
}

// reseed gives each empty cluster the farthest row not yet given.
func (r *kmeansRun) reseed(empty []int, total, weight []float64) {
	far := make([]int, r.n)
	for i := range far {
		far[i] = i
	}
	slices.SortStableFunc(far, func(a, b int) int { return cmp.Compare(r.dist[b], r.dist[a]) })
	for e, c := range empty {
		i := far[e]
		if r.dist[i] == 0 {
			return
		}
		w, from := r.weight(i), int(r.labels[i])
		for j, v := range r.row(i) {
			total[from*r.d+j] -= w * v
			total[c*r.d+j] = w * v
		}
		weight[from] -= w
		weight[c] = w
		r.moved++
	}
}

// inertia is Σ w·‖x−μ‖² for the labels as they are.
func (r *kmeansRun) inertia(centers []float64) float64 {
	part := make([]float64, r.blocks.count)
	// A cancelled sum is not used: lloyd returns ctx's error.
	_ = r.blocks.each(r.ctx, r.run.workers(), func(b, lo, hi int) {
		s := 0.0
		for i := lo; i < hi; i++ {
			c := int(r.labels[i]) * r.d
			s += r.weight(i) * kernel.Sq(r.row(i), centers[c:c+r.d])
		}
		part[b] = s
	})
	return sum(part)
}
