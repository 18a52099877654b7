package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Order returns the leaves from left to right as the tree draws them: A's before B's.
func (t *Tree) Order() []int32 {
	order := make([]int32, 0, t.N)
	todo := []int32{int32(2*t.N - 2)}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if int(v) < t.N {
			order = append(order, v)
			continue
		}
		todo = append(todo, t.B[int(v)-t.N], t.A[int(v)-t.N])
	}
	return order
}

// starts returns where in Order the leaves of each node begin.
func (t *Tree) starts(order []int32) []int32 {
	start := make([]int32, 2*t.N-1)
	for at, leaf := range order {
		start[leaf] = int32(at)
	}
	for i, a := range t.A {
		start[t.N+i] = start[a]
	}
	return start
}

func (t *Tree) sizeOf(node int32) int32 {
	if int(node) < t.N {
		return 1
	}
	return t.Size[int(node)-t.N]
}

// optimalMost is how many leaves OptimalOrder takes: two matrices of 16 n² bytes in all.
const optimalMost = 8192

// OptimalOrder returns the leaves from left to right in that one of the 2^(n−1) orders
// the tree allows in which neighbours are nearest to each other: the sum of the n−1
// distances between neighbours is least (Bar-Joseph, Gifford and Jaakkola, Bioinformatics
// 17, 2001, doi 10.1093/bioinformatics/17.suppl_1.S22). With u and w the two ends,
//
//	M(v,u,w) = min M(left,u,m) + d(m,k) + M(right,k,w)
//
// over those m and k that can stand inside. Cost O(n³) at most, memory 16n² bytes.
func (t *Tree) OptimalOrder(ctx context.Context, s Space) ([]int32, error) {
	n := t.N
	if s.Len() != n {
		return nil, &DataError{"leaf order", fmt.Sprintf("distances between %d points for a tree of %d leaves", s.Len(), n)}
	}
	if n > optimalMost {
		return nil, &MemoryError{"leaf order", 16 * int64(n) * int64(n), fmt.Sprintf("an optimal order of %d leaves; the plain order costs nothing, and a tree of up to %d leaves can be ordered", n, optimalMost)}
	}
	o := &treeOrder{t: t, n: n, order: t.Order(), d: make([]float64, n*n), m: make([]float64, n*n)}
	o.start = t.starts(o.order)
	row := make([]float64, n)
	for a, i := range o.order {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows(s, int(i), row)
		for b, j := range o.order {
			o.d[a*n+b] = row[j]
		}
	}
	temp := make([]float64, n)
	for v := range t.A {
		if err := o.node(ctx, int32(v), temp); err != nil {
			return nil, err
		}
	}
	if n == 1 {
		return o.order, nil
	}
	root := int32(2*n - 2)
	a, b := t.A[n-2], t.B[n-2]
	best, u, w := math.Inf(1), -1, -1
	for i := range o.span(a) {
		for j := range o.span(b) {
			if v := o.m[i*n+j]; v < best {
				best, u, w = v, i, j
			}
		}
	}
	if u < 0 {
		return nil, &DataError{"leaf order", "distances overflow"}
	}
	o.out = make([]int32, 0, n)
	o.place(root, u, w)
	return o.out, nil
}

// treeOrder works on positions in the plain order, where a node's leaves lie side by side.
type treeOrder struct {
	t     *Tree
	n     int
	order []int32
	start []int32
	d, m  []float64
	out   []int32
}

// span lists the positions of a node's leaves.
func (o *treeOrder) span(node int32) func(yield func(int) bool) {
	lo := int(o.start[node])
	hi := lo + int(o.t.sizeOf(node))
	return func(yield func(int) bool) {
		for i := lo; i < hi && yield(i); i++ {
		}
	}
}

// other returns the span of the leaves that can stand at the other end of a node when
// leaf i stands at one.
func (o *treeOrder) other(node int32, i int) (lo, hi int) {
	if int(node) >= o.n {
		a, b := o.t.A[int(node)-o.n], o.t.B[int(node)-o.n]
		if i < int(o.start[b]) {
			node = b
		} else {
			node = a
		}
	}
	lo = int(o.start[node])
	return lo, lo + int(o.t.sizeOf(node))
}

// node computes M for all ends of merge v.
func (o *treeOrder) node(ctx context.Context, v int32, temp []float64) error {
	a, b, n := o.t.A[v], o.t.B[v], o.n
	first, last := int(o.start[b]), int(o.start[b]+o.t.sizeOf(b))
	work := 0
	for i := range o.span(a) {
		if work += 2 * n * (last - first); work > 1<<22 {
			if work = 0; ctx.Err() != nil {
				return ctx.Err()
			}
		}
		inside := temp[first:last]
		for k := range inside {
			inside[k] = math.Inf(1)
		}
		lo, hi := o.other(a, i)
		for m := lo; m < hi; m++ {
			head := o.m[i*n+m]
			for k, d := range o.d[m*n+first : m*n+last] {
				if d += head; d < inside[k] {
					inside[k] = d
				}
			}
		}
		to := o.m[i*n : i*n+n]
		for j := first; j < last; j++ {
			to[j] = math.Inf(1)
		}
		for k := first; k < last; k++ {
			head := temp[k]
			lo, hi := o.other(b, k)
			from := o.m[k*n : k*n+n]
			for j := lo; j < hi; j++ {
				if v := head + from[j]; v < to[j] {
					to[j] = v
				}
			}
		}
		for j := first; j < last; j++ {
			o.m[j*n+i] = to[j]
		}
	}
	return nil
}

// place appends a node's leaves in their best order from u to w.
func (o *treeOrder) place(node int32, u, w int) {
	if int(node) < o.n {
		o.out = append(o.out, node)
		return
	}
	a, b := o.t.A[int(node)-o.n], o.t.B[int(node)-o.n]
	if u >= int(o.start[b]) {
		a, b = b, a
	}
	best, at, to := math.Inf(1), u, w
	lo, hi := o.other(a, u)
	from, end := o.other(b, w)
	for m := lo; m < hi; m++ {
		for k := from; k < end; k++ {
			if v := o.m[u*o.n+m] + o.d[m*o.n+k] + o.m[k*o.n+w]; v < best {
				best, at, to = v, m, k
			}
		}
	}
	o.place(a, u, at)
	o.place(b, to, w)
}

// Cophenetic returns the correlation between the distances of all pairs of points and the
// heights at which the tree joins them (Sokal and Rohlf, Taxon 11, 1962, doi
// 10.2307/1217208): SciPy's cophenet. Cost O(n²) distances.
func (t *Tree) Cophenetic(ctx context.Context, s Space, workers int) (float64, error) {
	n := t.N
	if s.Len() != n {
		return 0, &DataError{"cophenetic correlation", fmt.Sprintf("distances between %d points for a tree of %d leaves", s.Len(), n)}
	}
	if n < 3 {
		return 0, &DataError{"cophenetic correlation", "not defined for fewer than 3 rows"}
	}
	order := t.Order()
	start := t.starts(order)
	parent := slices.Repeat([]int32{-1}, 2*n-1)
	mean, count := 0.0, float64(n)*float64(n-1)/2
	for i := range t.A {
		parent[t.A[i]], parent[t.B[i]] = int32(n+i), int32(n+i)
		mean += t.Height[i] * (float64(t.sizeOf(t.A[i])) * float64(t.sizeOf(t.B[i])) / count)
	}
	// Sums of d, d², c², dc over the pairs of a row, all less the mean of c.
	parts := make([][4]float64, n)
	const piece = 16
	err := parallel(ctx, Run{Workers: workers}.workers(), (n+piece-1)/piece, func(b int) {
		dist, height := make([]float64, n), make([]float64, n)
		for i := b * piece; i < min(n, (b+1)*piece); i++ {
			rows(s, i, dist[:i])
			for v := int32(i); parent[v] >= 0; v = parent[v] {
				p := int(parent[v]) - n
				other := t.A[p] + t.B[p] - v
				for at := start[other]; at < start[other]+t.sizeOf(other); at++ {
					height[order[at]] = t.Height[p]
				}
			}
			sum := &parts[i]
			for j, d := range dist[:i] {
				d, c := d-mean, height[j]-mean
				sum[0], sum[1], sum[2], sum[3] = sum[0]+d, sum[1]+d*d, sum[2]+c*c, sum[3]+d*c
			}
		}
	})
	if err != nil {
		return 0, err
	}
	var all [4]float64
	for _, p := range parts {
		for i, v := range p {
			all[i] += v
		}
	}
	dd := all[1] - all[0]*all[0]/count
	if tiny := 1e-28 * mean * mean * count; !(dd > tiny && all[2] > tiny) {
		return 0, &DataError{"cophenetic correlation", "not defined: all distances, or all heights, are the same"}
	}
	return all[3] / math.Sqrt(dd*all[2]), nil
}
