package eval

import "context"

var _ = register(&Metric{
	Name:    "wcnn",
	Aliases: []string{"within_cluster_near_neighbours"},
	Doc: `Within-cluster near neighbours: how many of a row's nearest rows share its segment
WCNN = (1/(n·M)) Σ_i Σ_{j among the M nearest of i} [c(i) = c(j)], M = 25. In [0, 1], larger
is better; it asks for no shape. Defined where each segment has more than M rows. Of the
indices that Gagolewski, Bartoszuk and Cena maximise on labelled sets, one of the two that
come nearest to the experts' labels.
Noise counts as one more segment unless another policy is asked for.`,
	Refs:    []Ref{gagolewskiValid},
	Version: 1,
	Range:   Range{Lo: 0, Hi: 1, Better: +1},
	Needs:   NeedX,
	Props:   PropShift | PropScale,
	New:     func() Measure { return &WCNN{M: 25} },
})

// WCNN is the share of near neighbours that lie in the row's own segment. Seed and workers
// affect nothing; equal distances go to the row that comes first. Cost that of a graph of M
// neighbours.
type WCNN struct {
	M int `json:"m"` // neighbours, at least 1
}

// Score implements Measure.
func (o *WCNN) Score(ctx context.Context, in *Input) (Score, error) {
	const name = "WCNN"
	p := newPartition(name, in)
	switch {
	case p.reason != "" || p.missing(name, in):
		return Score{Reason: p.reason}, ctx.Err()
	case o.M < 1:
		return Undefined("%s: m is at least 1", name), ctx.Err()
	}
	g, reason, err := p.neighbours(ctx, name, in, o.M)
	if err != nil || reason != "" {
		return Score{Reason: reason}, err
	}
	inside := make([]int, p.k)
	for i, own := range g.group {
		for _, j := range g.graph.Index[i*o.M : (i+1)*o.M] {
			if g.group[j] == own {
				inside[own]++
			}
		}
	}
	out, all := Score{Noise: p.policy, PerSegment: make([]float64, p.segments)}, 0
	for h, n := range inside {
		all += n
		if h < p.segments {
			out.PerSegment[h] = float64(n) / float64(p.size(h)*o.M)
		}
	}
	out.Value = float64(all) / float64(p.kept()*o.M)
	return out, ctx.Err()
}
