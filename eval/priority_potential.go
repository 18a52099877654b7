package eval

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// priorityPool is the most customers among whom peers are looked for: their quantile is
// known to a few percent by then, and the cost stays linear.
const priorityPool = 4000

// potential returns what each customer lacks to their peers; nil where it cannot be told.
func (p *priority) potential(ctx context.Context) ([]float64, error) {
	reason := ""
	switch {
	case p.in.Expected == nil:
		reason = "the value expected of customers is not known"
	case p.in.Behaviour == nil:
		reason = "there is no behaviour but value to find peers by"
	}
	if reason != "" {
		for g := range p.out.Segments {
			p.out.Segments[g].PotentialReason = reason
		}
		return nil, nil
	}
	gap, err := p.gaps(ctx)
	if err != nil {
		return nil, err
	}
	by := make([][]float64, p.k)
	for i, l := range p.in.Labels {
		if l >= 0 && !math.IsNaN(gap[i]) {
			by[l] = append(by[l], gap[i])
		}
	}
	for g, x := range by {
		if len(x) == 0 {
			p.out.Segments[g].PotentialReason = "the expected value of none of its customers is known"
			continue
		}
		slices.Sort(x)
		m, _ := moments(x)
		p.out.Segments[g].Potential = &m
	}
	return gap, nil
}

// gaps compares each customer with their peers.
func (p *priority) gaps(ctx context.Context) ([]float64, error) {
	x := p.in.Behaviour
	n, d := x.Dims()
	if n != len(p.in.Labels) || len(p.in.Expected) != n {
		panic("eval: priorities of columns of different lengths")
	}
	rows := make([]int, 0, n)
	for i := range n {
		if !math.IsNaN(p.in.Expected[i]) {
			rows = append(rows, i)
		}
	}
	slices.SortFunc(rows, func(a, b int) int {
		return cmp.Or(cmp.Compare(priorityHash(p.o.Seed, p.in.IDs[a]), priorityHash(p.o.Seed, p.in.IDs[b])), cmp.Compare(p.in.IDs[a], p.in.IDs[b]))
	})
	scale := make([]float64, d)
	for j := range d {
		col := make([]float64, 0, len(rows))
		for _, i := range rows {
			if v := x.Row(i)[j]; !math.IsNaN(v) {
				col = append(col, v)
			}
		}
		if _, sd := moments(col); sd > 0 {
			scale[j] = 1 / sd
		}
	}
	pool := rows[:min(len(rows), priorityPool)]
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	if len(pool) <= 1 {
		return out, nil
	}
	dist, sorted := make([]float64, 0, len(pool)), make([]float64, 0, len(pool))
	peers := make([]float64, 0, p.o.Peers)
	for at, i := range rows {
		if at%64 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		dist, peers = dist[:0], peers[:0]
		for _, j := range pool {
			s := 0.0
			a, b := x.Row(i), x.Row(j)
			for c := range d {
				v := (a[c] - b[c]) * scale[c]
				if v != v {
					v = 1 // one of them is not known: as far as two customers are on average
					if math.IsNaN(a[c]) && math.IsNaN(b[c]) {
						v = 0
					}
				}
				s += v * v
			}
			if i == j {
				s = math.Inf(1)
			}
			dist = append(dist, s)
		}
		sorted = append(sorted[:0], dist...)
		slices.Sort(sorted)
		most := sorted[min(p.o.Peers, len(pool)-1)-1]
		for k, j := range pool {
			if dist[k] <= most && j != i {
				peers = append(peers, p.in.Expected[j])
			}
		}
		slices.Sort(peers)
		if len(peers) > 0 {
			out[i] = max(0, quantile7(peers, p.o.Quantile)-p.in.Expected[i])
		}
	}
	return out, nil
}

// priorityHash is FNV-1a, finished as SplitMix64.
func priorityHash(seed uint64, id string) uint64 {
	h := uint64(14695981039346656037) ^ seed
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return ruleMix(h)
}
