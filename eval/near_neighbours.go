package eval

import (
	"context"
	"fmt"

	"github.com/mores-lab/mores/internal/near"
)

var gagolewskiValid = Ref{
	Authors: "M. Gagolewski, M. Bartoszuk, A. Cena", Title: "Are cluster validity measures (in)valid?",
	Venue: "Information Sciences 581, 620-636", Year: 2021, DOI: "10.1016/j.ins.2021.10.004",
}

// neighbours is each kept row's m nearest others among the kept rows, by place in the order
// of p.rows.
type neighbours struct {
	group []int32
	graph *near.Graph
}

// neighbours finds them. reason says why an index of m neighbours cannot be had: each group
// must hold more than m rows, else its rows would be given neighbours elsewhere whatever
// the partition.
func (p *partition) neighbours(ctx context.Context, name string, in *Input, m int) (g *neighbours, reason string, err error) {
	for h := range p.k {
		if p.size(h) > m {
			continue
		}
		what := fmt.Sprintf("segment %d", h+1)
		if h >= p.segments {
			what = "the noise"
		}
		return nil, fmt.Sprintf("%s looks at %d neighbours and needs more rows than that in each segment; %s has %d", name, m, what, p.size(h)), ctx.Err()
	}
	p.order()
	_, d := in.X.Dims()
	x := make([]float64, 0, len(p.rows)*d)
	for _, i := range p.rows {
		x = append(x, in.X.Row(i)...)
	}
	workers := workersOf(in)
	graph, err := near.New(x, d, workers).KNNAll(ctx, m, workers)
	return &neighbours{p.groupAt(), graph}, "", err
}
