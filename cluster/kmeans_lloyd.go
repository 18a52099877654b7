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

// lloyd alternates assignment and means from the given centres. Sums follow the rows
// that change. They are made anew when more rows have changed since the last time than
// there are, so that rounding cannot pile up beyond that of one summation, and at the
// end: the centres that lloyd returns are means summed in one go.
func (r *kmeansRun) lloyd(centers []float64) (*kmeansFit, error) {
	r.begin(len(centers) / r.d)
	f := &kmeansFit{stop: MaxIter}
	next := make([]float64, len(centers))
	strict := false // the labels are those of the centres
	for f.iter < r.opt.MaxIter {
		changed, err := r.scan(centers, r.pending > r.n)
		if err != nil {
			return nil, err
		}
		if changed == 0 && r.pending > 0 {
			// Settled on sums that followed the rows. The fresh ones can differ in the
			// last digits, and with them a row on the border.
			if err := r.refresh(centers, next); err != nil {
				return nil, err
			}
			centers, next = next, centers
			if changed, err = r.scan(centers, false); err != nil {
				return nil, err
			}
		}
		f.iter++
		if r.run.Report != nil {
			r.run.report(Step{Iter: f.iter, Of: r.opt.MaxIter, Objective: r.objective(centers)})
		}
		if err := r.means(centers, next); err != nil {
			return nil, err
		}
		shift := 0.0
		for i, v := range next {
			shift += (v - centers[i]) * (v - centers[i])
		}
		centers, next = next, centers
		if changed == 0 {
			strict, f.stop = true, Converged
			break
		}
		if shift <= r.tol {
			f.stop = Converged
			break
		}
		r.choose(changed)
	}
	if !strict { // the centres moved after the last assignment
		if r.pending > 0 {
			if err := r.refresh(next, centers); err != nil {
				return nil, err
			}
		}
		if _, err := r.scan(centers, false); err != nil {
			return nil, err
		}
	}
	inertia, err := r.own(centers, nil)
	f.labels, f.centers, f.moved, f.inertia = r.labels[:r.n:r.n], centers, r.moved, inertia
	r.labels = nil // they are f's now
	return f, err
}

// begin prepares a start with k centres.
func (r *kmeansRun) begin(k int) {
	r.moved, r.pending, r.last, r.bounds, r.tree = 0, 0, nil, nil, nil
	blocks := (r.n + kernel.Lanes32 - 1) / kernel.Lanes32
	r.labels = make([]int32, blocks*kernel.Lanes32)
	for i := range r.labels[:r.n] {
		r.labels[i] = -1
	}
	for i := range r.shards {
		if len(r.shards[i].acc) != k*(r.d+1) {
			r.shards[i].acc = make([]float64, k*(r.d+1))
		}
	}
	r.plan(k)
}

// refresh makes all sums anew from the labels, which belong to centers, and their means
// in next.
func (r *kmeansRun) refresh(centers, next []float64) error {
	if err := r.each(r.resum); err != nil {
		return err
	}
	r.pending = 0
	moved := r.moved
	err := r.means(centers, next)
	r.moved = moved // empty clusters were counted when the labels were new
	return err
}

// totals adds the shards' sums in order.
func (r *kmeansRun) totals() []float64 {
	total := slices.Clone(r.shards[0].acc)
	for i := range r.shards[1:] {
		kernel.Plus(total, r.shards[1+i].acc)
	}
	return total
}

// means divides the sums into next. Empty clusters take the rows farthest from their
// centres first, as in scikit-learn: the row's weight moves from its old cluster to the
// empty one.
func (r *kmeansRun) means(centers, next []float64) error {
	d := r.d
	total := r.totals()
	var empty []int
	for c := range len(centers) / d {
		if total[c*(d+1)+d] == 0 {
			empty = append(empty, c)
		}
	}
	if len(empty) > 0 {
		if err := r.reseed(centers, empty, total); err != nil {
			return err
		}
	}
	largest := 0
	for c := range len(centers) / d {
		if total[c*(d+1)+d] > total[largest*(d+1)+d] {
			largest = c
		}
	}
	for c := range len(centers) / d {
		from := total[c*(d+1) : (c+1)*(d+1)]
		if from[d] == 0 { // nothing to give it: it waits beside the largest cluster
			from = total[largest*(d+1) : (largest+1)*(d+1)]
		}
		to := next[c*d : (c+1)*d]
		for j := range to {
			to[j] = r.origin[j] + from[j]/from[d]
		}
	}
	return nil
}

// reseed gives each empty cluster the farthest row not yet given.
func (r *kmeansRun) reseed(centers []float64, empty []int, total []float64) error {
	dist := r.room()
	if _, err := r.own(centers, dist); err != nil {
		return err
	}
	far := make([]int, r.n)
	for i := range far {
		far[i] = i
	}
	slices.SortStableFunc(far, func(a, b int) int { return cmp.Compare(dist[b], dist[a]) })
	for e, c := range empty {
		i := far[e]
		if dist[i] == 0 {
			return nil
		}
		w := r.weight(i)
		from, to := total[int(r.labels[i])*(r.d+1):][:r.d+1], total[c*(r.d+1):][:r.d+1]
		for j, v := range r.row(i) {
			from[j] -= w * (v - r.origin[j])
			to[j] = w * (v - r.origin[j])
		}
		from[r.d] -= w
		to[r.d] = w
		r.moved++
	}
	return nil
}

// objective is Σ w·‖x−μ‖² for the labels and centres of the last assignment, from the
// sums: Σ w·‖x‖² − Σ_c (2·μ·S − W·‖μ‖²), all seen from the origin.
func (r *kmeansRun) objective(centers []float64) float64 {
	if r.square < 0 {
		r.square = 0
		for i := range r.n {
			r.square += r.weight(i) * kernel.Sq64(r.row(i), r.origin)
		}
	}
	s := r.square
	total := r.totals()
	for c := range len(centers) / r.d {
		from := total[c*(r.d+1):]
		for j, v := range centers[c*r.d : (c+1)*r.d] {
			m := v - r.origin[j]
			s -= m * (2*from[j] - from[r.d]*m)
		}
	}
	return max(0, s)
}
