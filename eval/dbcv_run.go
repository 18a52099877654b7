package eval

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/mores-lab/mores/internal/kernel"
)

// dbcvRun is one score. Rows stand segment by segment and inside a segment by their values,
// so that nothing depends on the order they came in. All distances are squared, and all
// values divided by the power of two that leaves them below 1.
type dbcvRun struct {
	ctx     context.Context
	p       *partition
	workers int
	d       int
	x       []float64 // kept×d
	core    []float64 // kept: a(x)², 0 in segments of one row
	inner   []bool    // kept: more than one edge in the segment's tree
	// of segments: the longest inner edge, and the shortest way to another segment
	sparseness, separation []float64
}

func newDBCVRun(ctx context.Context, p *partition, in *Input) *dbcvRun {
	p.order()
	_, d := in.X.Dims()
	largest := 0.0
	for _, i := range p.rows {
		for _, v := range in.X.Row(i) {
			largest = max(largest, math.Abs(v))
		}
	}
	for g := range p.k {
		slices.SortFunc(p.rows[p.start[g]:p.start[g+1]], func(a, b int) int { return slices.Compare(in.X.Row(a), in.X.Row(b)) })
	}
	n := p.kept()
	r := &dbcvRun{
		ctx: ctx, p: p, workers: workersOf(in), d: d,
		x: make([]float64, 0, n*d), core: make([]float64, n), inner: make([]bool, n),
		sparseness: make([]float64, p.k), separation: slices.Repeat([]float64{math.Inf(1)}, p.k),
	}
	_, exponent := math.Frexp(largest)
	for _, i := range p.rows {
		for _, v := range in.X.Row(i) {
			r.x = append(r.x, math.Ldexp(v, -exponent))
		}
	}
	return r
}

func (r *dbcvRun) row(i int) []float64 { return r.x[i*r.d : (i+1)*r.d] }

// cores fills core, eight rows a task:
//
//	a(x)² = s₀·(Σ_y (s₀/s_y)^(d/2)/(m−1))^(−2/d)
//
// with s_y the squared distances above 0 and s₀ the smallest. No power exceeds 1 and the
// sum is at least 1: nothing overflows, and what underflows does not matter.
func (r *dbcvRun) cores() {
	type task struct{ group, block int }
	var tasks []task
	lanes := make([]*kernel.Lanes, r.p.k)
	for g := range lanes {
		m := r.p.size(g)
		if m == 1 {
			continue
		}
		lanes[g] = kernel.PackLanes(r.x[r.p.start[g]*r.d:r.p.start[g+1]*r.d], r.d)
		for b := range (m + 7) / 8 {
			tasks = append(tasks, task{g, b})
		}
	}
	parallel(r.workers, len(tasks), func(t int) {
		if r.ctx.Err() != nil {
			return
		}
		g, b := tasks[t].group, tasks[t].block
		m, first := r.p.size(g), r.p.start[g]+8*tasks[t].block
		rows := min(8, m-8*b)
		var out [8 * pairwiseReach]float64
		var sums [8]dbcvPowers
		for lo := 0; lo < m; lo += pairwiseReach {
			reach := min(pairwiseReach, m-lo)
			kernel.PairTile(kernel.PairSquared, lanes[g], b, rows, lanes[g], lo/8, reach, out[:], pairwiseReach)
			for i := range rows {
				sums[i].add(out[i*pairwiseReach:i*pairwiseReach+reach], r.d)
			}
		}
		for i := range rows {
			if s := sums[i]; s.sum > 0 {
				r.core[first+i] = s.least * math.Pow(s.sum/float64(m-1), -2/float64(r.d))
			}
		}
	})
}

// dbcvPowers is Σ (least/s)^(d/2) over squared distances s > 0, least the smallest of them.
type dbcvPowers struct{ least, sum float64 }

func (p *dbcvPowers) add(squared []float64, d int) {
	least := math.Inf(1)
	for _, s := range squared {
		if s > 0 && s < least {
			least = s
		}
	}
	switch {
	case math.IsInf(least, 0):
		return
	case p.sum == 0:
		p.least = least
	case least < p.least:
		p.sum *= halfPower(least/p.least, d)
		p.least = least
	}
	for _, s := range squared {
		if s > 0 {
			p.sum += halfPower(p.least/s, d)
		}
	}
}

// halfPower is v^(d/2).
func halfPower(v float64, d int) float64 {
	p := 1.0
	if d%2 == 1 {
		p = math.Sqrt(v)
	}
	for e := d / 2; e > 0; e >>= 1 {
		if e%2 == 1 {
			p *= v
		}
		v *= v
	}
	return p
}

// dbcvEdge is an edge between rows a < b: its squared mutual reachability and Euclidean
// distances.
type dbcvEdge struct {
	reach, sq float64
	a, b      int32
}

func (e *dbcvEdge) less(f *dbcvEdge) bool {
	if e.reach != f.reach {
		return e.reach < f.reach
	}
	if e.sq != f.sq {
		return e.sq < f.sq
	}
	return e.a < f.a || e.a == f.a && e.b < f.b
}

// trees fills inner and sparseness, the largest segments first.
func (r *dbcvRun) trees() {
	groups := make([]int, r.p.k)
	for g := range groups {
		groups[g] = g
	}
	slices.SortStableFunc(groups, func(a, b int) int { return cmp.Compare(r.p.size(b), r.p.size(a)) })
	parallel(r.workers, len(groups), func(t int) {
		g := groups[t]
		first, m := r.p.start[g], r.p.size(g)
		if m == 1 {
			return
		}
		edges := r.tree(first, m)
		degree := make([]int, m)
		for _, e := range edges {
			degree[int(e.a)-first]++
			degree[int(e.b)-first]++
		}
		inner := r.inner[first : first+m]
		for i, n := range degree {
			inner[i] = n > 1 || m == 2
		}
		all, within := 0.0, -1.0
		for _, e := range edges {
			all = max(all, e.reach)
			if inner[int(e.a)-first] && inner[int(e.b)-first] {
				within = max(within, e.reach)
			}
		}
		if r.sparseness[g] = within; within < 0 {
			r.sparseness[g] = all
		}
	})
}

// tree returns the edges of the minimum spanning tree of rows first to first+m−1, after
// Jarník and Prim. The order of edges leaves no two alike, so that there is one tree only
// and it does not matter in which order the open rows stand.
func (r *dbcvRun) tree(first, m int) []dbcvEdge {
	open := kernel.PackLanes(r.x[first*r.d:(first+m)*r.d], r.d)
	at := make([]int32, m)      // the open rows
	best := make([]dbcvEdge, m) // the least edge of each to the tree
	core := slices.Clone(r.core[first : first+m])
	for j := range at {
		at[j] = int32(first + j)
		best[j].reach = math.Inf(1)
	}
	edges, query := make([]dbcvEdge, 0, m-1), kernel.NewLanes(1, r.d)
	var out [pairwiseReach]float64
	for j := 0; ; { // row j of the open ones joins the tree
		i, own := at[j], core[j]
		query.Set(0, r.row(int(i)))
		m--
		open.Set(j, r.row(int(at[m])))
		at[j], best[j], core[j] = at[m], best[m], core[m]
		if m == 0 || r.ctx.Err() != nil {
			return edges
		}
		j = 0
		for lo := 0; lo < m; lo += pairwiseReach {
			reach := min(pairwiseReach, m-lo)
			kernel.PairTile(kernel.PairSquared, query, 0, 1, open, lo/8, reach, out[:], pairwiseReach)
			for l, sq := range out[:reach] {
				old, way := &best[lo+l], max(sq, own, core[lo+l])
				if way <= old.reach {
					if e := (dbcvEdge{way, sq, min(i, at[lo+l]), max(i, at[lo+l])}); e.less(old) {
						*old = e
					}
				}
				if old.reach <= best[j].reach && old.less(&best[j]) {
					j = lo + l
				}
			}
		}
		edges = append(edges, best[j])
	}
}

// separations fills separation from the inner rows. Least values do not depend on the order
// in which they are found.
func (r *dbcvRun) separations() {
	if r.ctx.Err() != nil {
		return
	}
	k := r.p.k
	var rows []int
	group, ends := []int32{}, make([]int, k)
	for g := range k {
		for i := r.p.start[g]; i < r.p.start[g+1]; i++ {
			if r.inner[i] {
				rows, group = append(rows, i), append(group, int32(g))
			}
		}
		ends[g] = len(rows)
	}
	n := len(rows)
	y, core := kernel.NewLanes(n, r.d), make([]float64, n)
	for j, i := range rows {
		y.Set(j, r.row(i))
		core[j] = r.core[i]
	}
	parts := make([][]float64, pairwiseParts)
	parallel(r.workers, len(parts), func(part int) {
		least := slices.Repeat([]float64{math.Inf(1)}, k)
		parts[part] = least
		var out [8 * pairwiseReach]float64
		for b := part; 8*b < n; b += len(parts) {
			if r.ctx.Err() != nil {
				return
			}
			// Rows of a segment stand together: others begin where the first row's ends.
			count := min(8, n-8*b)
			for lo := ends[group[8*b]] / 8 * 8; lo < n; lo += pairwiseReach {
				reach := min(pairwiseReach, n-lo)
				kernel.PairTile(kernel.PairSquared, y, b, count, y, lo/8, reach, out[:], pairwiseReach)
				for i := range count {
					g := int(group[8*b+i])
					squared := out[i*pairwiseReach : i*pairwiseReach+reach]
					for at := max(0, ends[g]-lo); at < reach; {
						h := int(group[lo+at])
						end := min(reach, ends[h]-lo)
						way := math.Inf(1)
						for j := at; j < end; j++ {
							way = min(way, max(squared[j], core[lo+j]))
						}
						way = max(way, core[8*b+i])
						least[g], least[h] = min(least[g], way), min(least[h], way)
						at = end
					}
				}
			}
		}
	})
	for _, least := range parts {
		for g, v := range least {
			r.separation[g] = min(r.separation[g], v)
		}
	}
}
