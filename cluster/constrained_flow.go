package cluster

import (
	"container/heap"
	"context"
	"math"
)

// constrainedFlow finds the cheapest assignment of n rows to k clusters that have
// between least and most rows each (most 0 = no limit).
//
// It begins with each row in its cheapest cluster. A cluster above its limit has an
// excess, one below has a need; rows travel from excesses to needs, along the path of
// clusters that costs least: the step a → b moves the row of a for which b costs least
// more. The node k stands for all clusters within their limits: one of them can take a
// row for it, or give one for it, at no cost. Since each path is a shortest one, no
// later path makes an earlier one wrong (successive shortest paths; Ahuja, Magnanti and
// Orlin, section 9.7).
type constrainedFlow struct {
	cost        []float64
	n, k        int
	least, most int
	label       []int32
	count       []int
	queue       []constrainedQueue // k×k: rows of a by what b costs them more
}

// constrainedMove is a row that may go from one cluster to another.
type constrainedMove struct {
	extra float64
	row   int32
}

// constrainedQueue is a heap of moves; rows that have left the cluster are dropped when
// they come to its top.
type constrainedQueue []constrainedMove

func (q constrainedQueue) Len() int { return len(q) }
func (q constrainedQueue) Less(i, j int) bool {
	if q[i].extra != q[j].extra {
		return q[i].extra < q[j].extra
	}
	return q[i].row < q[j].row
}
func (q constrainedQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *constrainedQueue) Push(v any)   { *q = append(*q, v.(constrainedMove)) }
func (q *constrainedQueue) Pop() any {
	old := *q
	v := old[len(old)-1]
	*q = old[:len(old)-1]
	return v
}

func newConstrainedFlow(cost []float64, n, k, least, most int) *constrainedFlow {
	f := &constrainedFlow{cost: cost, n: n, k: k, least: least, most: most, label: make([]int32, n), count: make([]int, k)}
	if most == 0 {
		f.most = n
	}
	for i := range n {
		row := cost[i*k : (i+1)*k]
		for l, v := range row {
			if v < row[f.label[i]] {
				f.label[i] = int32(l)
			}
		}
		f.count[f.label[i]]++
	}
	return f
}

// excess is how many rows cluster l must give (above 0) or take (below 0).
func (f *constrainedFlow) excess(l int) int {
	switch {
	case f.count[l] > f.most:
		return f.count[l] - f.most
	case f.count[l] < f.least:
		return f.count[l] - f.least
	}
	return 0
}

// solve moves rows until every limit holds.
func (f *constrainedFlow) solve(ctx context.Context) error {
	open, balance := 0, 0
	for l := range f.k {
		e := f.excess(l)
		balance += e
		if e != 0 {
			open++
		}
	}
	if open == 0 {
		return ctx.Err()
	}
	f.fill()
	for round := 0; ; round++ {
		if round%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		path := f.shortest(balance)
		if path == nil {
			return ctx.Err()
		}
		// All rows are chosen before any moves.
		var rows []int32
		var to []int
		for s := 0; s+1 < len(path); s++ {
			if a, b := path[s], path[s+1]; a < f.k && b < f.k {
				rows, to = append(rows, f.top(a, b).row), append(to, b)
			}
		}
		for i, row := range rows {
			f.move(row, to[i])
		}
		balance = 0
		for l := range f.k {
			balance += f.excess(l)
		}
	}
}

// fill makes the queues.
func (f *constrainedFlow) fill() {
	f.queue = make([]constrainedQueue, f.k*f.k)
	for a := range f.k {
		for b := range f.k {
			if a != b {
				f.queue[a*f.k+b] = make(constrainedQueue, 0, f.count[a])
			}
		}
	}
	for i := range f.n {
		f.offer(int32(i), func(q *constrainedQueue, m constrainedMove) { *q = append(*q, m) })
	}
	for i := range f.queue {
		heap.Init(&f.queue[i])
	}
}

// offer puts a row into the queues of its cluster.
func (f *constrainedFlow) offer(row int32, put func(*constrainedQueue, constrainedMove)) {
	a := int(f.label[row])
	cost := f.cost[int(row)*f.k : (int(row)+1)*f.k]
	for b := range f.k {
		if b != a {
			put(&f.queue[a*f.k+b], constrainedMove{cost[b] - cost[a], row})
		}
	}
}

// top returns the cheapest move from a to b; row −1 where a has no rows.
func (f *constrainedFlow) top(a, b int) constrainedMove {
	q := &f.queue[a*f.k+b]
	for len(*q) > 0 {
		if m := (*q)[0]; int(f.label[m.row]) == a {
			return m
		}
		heap.Pop(q)
	}
	return constrainedMove{math.Inf(1), -1}
}

func (f *constrainedFlow) move(row int32, to int) {
	f.count[f.label[row]]--
	f.label[row] = int32(to)
	f.count[to]++
	f.offer(row, func(q *constrainedQueue, m constrainedMove) { heap.Push(q, m) })
}

// shortest returns the cheapest path (Bellman, Ford) from an excess to a need, or nil
// where there is none left. balance is the sum of excesses and needs: what is left over
// the node k takes or gives.
func (f *constrainedFlow) shortest(balance int) []int {
	k := f.k
	dist, from := make([]float64, k+1), make([]int, k+1)
	found := false
	for v := range dist {
		dist[v], from[v] = math.Inf(1), -1
		if v < k && f.excess(v) > 0 || v == k && balance < 0 {
			dist[v] = 0
			found = true
		}
	}
	need := func(v int) bool { return v < k && f.excess(v) < 0 || v == k && balance > 0 }
	step := make([]float64, k*k)
	for a := range k {
		for b := range k {
			if a != b {
				step[a*k+b] = f.top(a, b).extra
			}
		}
	}
	for round, changed := 0, found; changed && round <= k+1; round++ {
		changed = false
		relax := func(a, b int, cost float64) {
			// Rounding must not make a cycle look like a gain.
			if d := dist[a] + cost; d < dist[b]-1e-15*(math.Abs(dist[a])+math.Abs(cost)) {
				dist[b], from[b] = d, a
				changed = true
			}
		}
		for a := range k {
			if dist[a] == math.Inf(1) {
				continue
			}
			for b := range k {
				if a != b {
					relax(a, b, step[a*k+b])
				}
			}
			if f.count[a] < f.most && f.count[a] >= f.least {
				relax(a, k, 0)
			}
		}
		if dist[k] < math.Inf(1) {
			for b := range k {
				if f.count[b] > f.least && f.count[b] <= f.most {
					relax(k, b, 0)
				}
			}
		}
	}
	at := -1
	for v := range dist {
		if need(v) && (at < 0 || dist[v] < dist[at]) {
			at = v
		}
	}
	if at < 0 || dist[at] == math.Inf(1) {
		return nil
	}
	var path []int
	for v := at; v >= 0 && len(path) <= k+1; v = from[v] {
		path = append([]int{v}, path...)
	}
	return path
}
