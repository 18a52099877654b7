package cluster

import (
	"context"
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/mores-lab/mores/features"
)

// Reachability is OPTICS's plot: the rows in the order of their visits, and how far each
// was from those visited before.
type Reachability struct {
	Order       []int32   // rows in the order of their visits
	Reach       []float64 // by row: reachability distance, +Inf where a part of the plot starts
	Predecessor []int32   // by row: the row from which it was reached, −1 at starts
	Core        []float64 // by row: core distance, +Inf where it is above max_eps or there are too few rows
	// Clusters are the ξ-clusters: first and last place in Order, inner ones before those
	// that hold them. They may overlap in no other way than one inside the other.
	Clusters [][2]int32
}

// WriteReachability writes the plot of c as CSV, a line a row in the order of the visits:
//
//	place          0, 1, 2, …
//	id             the row's id
//	reachability   distance, inf where a part of the plot starts
//	core_distance  distance, inf where the row is not core within max_eps
//	predecessor    id of the row from which it was reached, empty at starts
//	cluster        label, −1 = noise
//
// Numbers are the shortest that read back the same.
func WriteReachability(w io.Writer, x *features.Matrix, c *Clustering) error {
	p := c.Reachability
	if p == nil {
		return &DataError{"reachability plot", "the clustering has none: only optics makes one"}
	}
	out := csv.NewWriter(w)
	number := func(v float64) string {
		if math.IsInf(v, 1) {
			return "inf"
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	if err := out.Write([]string{"place", "id", "reachability", "core_distance", "predecessor", "cluster"}); err != nil {
		return err
	}
	for at, i := range p.Order {
		from := ""
		if q := p.Predecessor[i]; q >= 0 {
			from = x.ID(int(q))
		}
		if err := out.Write([]string{strconv.Itoa(at), x.ID(int(i)), number(p.Reach[i]), number(p.Core[i]), from, strconv.Itoa(int(c.Labels[i]))}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// median is the middle of the finite reachability distances, +Inf where there is none.
func (p *Reachability) median() float64 {
	v := slices.Clone(p.Reach)
	slices.Sort(v)
	v = v[:slices.IndexFunc(append(v, math.Inf(1)), func(r float64) bool { return math.IsInf(r, 1) })]
	if len(v) == 0 {
		return math.Inf(1)
	}
	return v[len(v)/2]
}

// opticsExactPlot makes the plot by two queues over the kd-tree: see near.OrderByReach.
func opticsExactPlot(ctx context.Context, x *features.Matrix, run Run, minSamples int, limit float64) (*Reachability, error) {
	t, err := sharedTree(x, run)
	if err != nil {
		return nil, err
	}
	core, err := t.KthAll(ctx, minSamples-1, run.workers())
	if err != nil {
		return nil, err
	}
	for i, v := range core {
		if math.Sqrt(v) > limit {
			core[i] = math.Inf(1)
		}
	}
	o, err := t.OrderByReach(ctx, core, limit*limit)
	if err != nil {
		return nil, err
	}
	for i := range core {
		core[i], o.Sq[i] = math.Sqrt(core[i]), math.Sqrt(o.Sq[i])
	}
	return &Reachability{Order: o.Order, Reach: o.Sq, Predecessor: o.From, Core: core}, nil
}

// opticsSpace is the definition, for distances that are no coordinates: O(n²) of them,
// twice.
func opticsSpace(ctx context.Context, space Space, minSamples int, limit float64, workers int) (*Reachability, error) {
	n := space.Len()
	p := &Reachability{Order: make([]int32, 0, n), Reach: make([]float64, n), Predecessor: make([]int32, n), Core: make([]float64, n)}
	b := blocks{n, 16, (n + 15) / 16}
	err := b.each(ctx, workers, func(_, lo, hi int) {
		row := make([]float64, n)
		for i := lo; i < hi; i++ {
			p.Core[i] = math.Inf(1)
			if minSamples > n {
				continue
			}
			rows(space, i, row)
			row[i] = 0
			if v := meanshiftKth(row, minSamples-1); v <= limit {
				p.Core[i] = v
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range n {
		p.Reach[i], p.Predecessor[i] = math.Inf(1), -1
	}
	row := make([]float64, n)
	left := seq32(n) // rows not visited, ascending
	next := 0        // place in left of the one to visit
	for len(left) > 0 {
		if len(p.Order)&0xf == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		i := left[next]
		left = slices.Delete(left, next, next+1)
		p.Order = append(p.Order, i)
		core := p.Core[i]
		if !math.IsInf(core, 1) {
			rows(space, int(i), row)
		}
		next = 0
		for at, j := range left {
			if !math.IsInf(core, 1) && row[j] <= limit {
				if v := max(row[j], core); v < p.Reach[j] {
					p.Reach[j], p.Predecessor[j] = v, i
				}
			}
			if p.Reach[j] < p.Reach[left[next]] {
				next = at
			}
		}
	}
	return p, nil
}

// opticsTree makes the plot of the spanning tree under mutual reachability distance,
// max(core(p), core(q), ‖p−q‖): rows are visited as Prim's algorithm does from row 0,
// always over the shortest edge that leads to a row not visited, ties to the smallest row.
//
// OPTICS's reachability has no core(q). So the plots differ: a row's reachability here is
// at least its core distance; it is never below OPTICS's over the same edge, and equal to
// it where the row is at least as dense as its predecessor. Rows at the rim of a cluster
// are visited later. Edges above max_eps are cut, core distances as in the exact plot.
func opticsTree(ctx context.Context, x *features.Matrix, run Run, minSamples int, limit float64) (*Reachability, error) {
	s, err := sharedSpanning(ctx, x, run, minSamples)
	if err != nil {
		return nil, err
	}
	n := s.N
	p := &Reachability{Order: make([]int32, 0, n), Reach: make([]float64, n), Predecessor: make([]int32, n), Core: slices.Clone(s.Core)}
	from := make([]int32, n+1) // edges of row i: other[from[i]:from[i+1]], shortest first
	for e := range s.Length {
		from[s.A[e]+1]++
		from[s.B[e]+1]++
	}
	for i := range n {
		from[i+1] += from[i]
		p.Reach[i], p.Predecessor[i] = math.Inf(1), -1
		if p.Core[i] > limit {
			p.Core[i] = math.Inf(1)
		}
	}
	at := slices.Clone(from[:n])
	edge := make([]int32, 2*len(s.Length))
	for e := range s.Length {
		for _, i := range [2]int32{s.A[e], s.B[e]} {
			edge[at[i]] = int32(e)
			at[i]++
		}
	}
	done := make([]bool, n)
	q := opticsQueue{reach: p.Reach}
	start := int32(0)
	for len(p.Order) < n {
		if len(p.Order)&0xffff == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		var i int32
		if len(q.rows) > 0 {
			i = q.pop()
		} else {
			for done[start] {
				start++
			}
			i = start
		}
		done[i] = true
		p.Order = append(p.Order, i)
		for _, e := range edge[from[i]:from[i+1]] {
			if j := s.A[e] ^ s.B[e] ^ i; !done[j] && s.Length[e] <= limit {
				p.Reach[j], p.Predecessor[j] = s.Length[e], i
				q.push(j)
			}
		}
	}
	return p, nil
}

// opticsQueue is a heap of rows by (reach, row). In a tree a row is reached once.
type opticsQueue struct {
	reach []float64
	rows  []int32
}

func (q *opticsQueue) before(i, j int32) bool {
	return q.reach[i] < q.reach[j] || q.reach[i] == q.reach[j] && i < j
}

func (q *opticsQueue) push(i int32) {
	q.rows = append(q.rows, i)
	h := q.rows
	at := len(h) - 1
	for at > 0 && q.before(i, h[(at-1)/2]) {
		h[at] = h[(at-1)/2]
		at = (at - 1) / 2
	}
	h[at] = i
}

func (q *opticsQueue) pop() int32 {
	top, last := q.rows[0], q.rows[len(q.rows)-1]
	q.rows = q.rows[:len(q.rows)-1]
	h := q.rows
	if len(h) == 0 {
		return top
	}
	at := 0
	for {
		c := 2*at + 1
		if c >= len(h) {
			break
		}
		if c+1 < len(h) && q.before(h[c+1], h[c]) {
			c++
		}
		if !q.before(h[c], last) {
			break
		}
		h[at] = h[c]
		at = c
	}
	h[at] = last
	return top
}
