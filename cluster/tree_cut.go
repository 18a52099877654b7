package cluster

import "math"

// Gap returns the number of clusters, 2 to most, that lasts longest as heights grow, and
// the heights between which it does: the largest difference between neighbouring merges
// (of equal ones the fewest clusters). k = 1 where every merge is at the same height as
// the next. Where heights do not ascend, a merge counts at the highest below it.
func (t *Tree) Gap(most int) (k int, low, high float64) {
	k = 1
	below, best := 0.0, 0.0
	for m, h := range t.Height {
		h = max(h, below)
		if c := t.N - m; c <= most && h-below >= best && h > below {
			k, low, high, best = c, below, h, h-below
		}
		below = h
	}
	return k, low, high
}

// Inconsistency returns for each merge by how many standard deviations its height is
// above the mean of its own and those of the merges up to depth−1 levels below it; 0
// where these are all the same. The values are those of SciPy's inconsistent.
// Cost O(n·2^depth).
func (t *Tree) Inconsistency(depth int) []float64 {
	out := make([]float64, len(t.Height))
	var count, sum, square float64
	var visit func(i int32, left int)
	visit = func(i int32, left int) {
		if i < 0 {
			return
		}
		if left > 1 {
			visit(t.A[i]-int32(t.N), left-1)
			visit(t.B[i]-int32(t.N), left-1)
		}
		h := t.Height[i]
		count, sum, square = count+1, sum+h, square+h*h
	}
	for i := range out {
		count, sum, square = 0, 0, 0
		visit(int32(i), depth)
		if count < 2 {
			continue
		}
		if v := (square - sum*sum/count) / (count - 1); v > 0 {
			out[i] = (t.Height[i] - sum/count) / math.Sqrt(v)
		}
	}
	return out
}

// CutInconsistent returns the labels (not yet canonical) of the partition into the
// largest clusters in which no merge's inconsistency is above the threshold: SciPy's
// fcluster with criterion inconsistent.
func (t *Tree) CutInconsistent(threshold float64, depth int) []int32 {
	most := t.Inconsistency(depth)
	for i := range most {
		for _, child := range [2]int32{t.A[i], t.B[i]} {
			if int(child) >= t.N {
				most[i] = max(most[i], most[int(child)-t.N])
			}
		}
	}
	return t.labelIf(len(most), func(i int) bool { return most[i] <= threshold })
}
