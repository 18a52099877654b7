package features

// Jenks returns the natural breaks of ascending values in k classes: the upper ends
// of all classes but the last, so that the class of x is 1 + #{breaks < x}. They
// minimise the sum of squares about the class means over all ways to cut, exactly
// (Fisher 1958, doi:10.1080/01621459.1958.10501479; Jenks 1967): the one-dimensional
// k-means, by dynamic programming.
//
// Equal values stay together, so that there are fewer breaks where there are fewer
// than k different values; among equally good cuts the lowest is taken. Long tails
// draw the upper breaks to themselves: take logarithms of money first to avoid that.
// Cost: O(n + k·d·log d) for d different values (the best last cut never moves down as
// values are added, so that it is found by halving), O(k·d) memory.
func Jenks(xs []float64, k int) []float64 {
	j := newJenks(xs)
	d := len(j.values)
	if k = min(k, d); k < 2 {
		return nil
	}
	cost := make([]float64, d+1) // of the first i values in the classes so far
	for i := range cost {
		cost[i] = j.within(0, i)
	}
	cuts := make([][]int32, k) // where the last of c+1 classes of the first i values starts
	for c := 1; c < k; c++ {
		next := make([]float64, d+1)
		cuts[c] = make([]int32, d+1)
		j.layer(cost, next, cuts[c], c+1, d, c, d-1)
		cost = next
	}
	out := make([]float64, k-1)
	at := d
	for c := k - 1; c > 0; c-- {
		at = int(cuts[c][at])
		out[c-1] = j.values[at-1]
	}
	return out
}

// jenks holds the different values with running sums of count, value and square, the
// values taken less the middle one: squares of large values would swallow the rest.
type jenks struct {
	values        []float64
	n, sum, sumsq []float64
}

func newJenks(xs []float64) *jenks {
	j := &jenks{n: []float64{0}, sum: []float64{0}, sumsq: []float64{0}}
	if len(xs) == 0 {
		return j
	}
	shift := xs[len(xs)/2]
	for i, x := range xs {
		if i == 0 || x != xs[i-1] {
			last := len(j.values)
			j.values = append(j.values, x)
			j.n = append(j.n, j.n[last])
			j.sum = append(j.sum, j.sum[last])
			j.sumsq = append(j.sumsq, j.sumsq[last])
		}
		last := len(j.values)
		y := x - shift
		j.n[last]++
		j.sum[last] += y
		j.sumsq[last] += y * y
	}
	return j
}

// within returns the sum of squares about their mean of the values lo ≤ i < hi.
func (j *jenks) within(lo, hi int) float64 {
	if hi-lo < 2 {
		return 0
	}
	n, s := j.n[hi]-j.n[lo], j.sum[hi]-j.sum[lo]
	return max(j.sumsq[hi]-j.sumsq[lo]-s*s/n, 0)
}

// layer fills next[lo..hi], the cost of the first i values in one class more than
// cost has, with the last class starting at from ≤ s ≤ to.
func (j *jenks) layer(cost, next []float64, cut []int32, lo, hi, from, to int) {
	if lo > hi {
		return
	}
	mid := (lo + hi) / 2
	best, at := 0.0, -1
	for s := from; s <= min(to, mid-1); s++ {
		if c := cost[s] + j.within(s, mid); at < 0 || c < best {
			best, at = c, s
		}
	}
	next[mid], cut[mid] = best, int32(at)
	j.layer(cost, next, cut, lo, mid-1, from, at)
	j.layer(cost, next, cut, mid+1, hi, at, to)
}
