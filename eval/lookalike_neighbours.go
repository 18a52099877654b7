package eval

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

var _ = registerLookalike(&LookalikeMethod{
	Name: "neighbours",
	Doc: `The share of the seed set among a customer's nearest neighbours, the nearer ones
counting more, in the ten directions in which customers differ most.`,
	Refs: []datasets.Ref{{
		Authors: "E. Fix, J. L. Hodges", Title: "Discriminatory analysis. Nonparametric discrimination: consistency properties",
		Venue: "International Statistical Review 57(3), 238–247", Year: 1989, DOI: "10.2307/1403797",
	}},
	prepare: newNeighbourScorer,
})

const (
	// neighbourDirections bounds the dimension: in more, all customers are about equally far.
	neighbourDirections = 10
	// neighbourLeast and neighbourMost bound the number of neighbours, which is √n.
	neighbourLeast, neighbourMost = 10, 100
)

// neighbourScorer holds everybody's neighbours, which do not depend on the seed set.
type neighbourScorer struct{ near [][]int32 }

// newNeighbourScorer finds √n neighbours of each row on the first principal components of
// the standardised ranks, unscaled: what differs more weighs more.
func newNeighbourScorer(ctx context.Context, x *features.Matrix, o *LookalikeOptions) (lookalikeScorer, error) {
	if o.Neighbours == nil {
		return nil, fmt.Errorf("the method needs LookalikeOptions.Neighbours")
	}
	m, err := lookalikeRanked(x)
	if err != nil {
		return nil, err
	}
	n, d := m.Dims()
	keep := min(d, neighbourDirections)
	var s mat.SymDense
	s.SymOuterK(1/float64(n), m.T())
	var eig mat.EigenSym
	if !eig.Factorize(&s, true) {
		return nil, fmt.Errorf("the features have no principal directions")
	}
	var v mat.Dense
	eig.VectorsTo(&v)
	var y mat.Dense
	y.Mul(m, v.Slice(0, d, d-keep, d)) // ascending: the last are the largest
	flat := make([]float64, 0, n*keep)
	for i := range n {
		flat = append(flat, y.RawRowView(i)...)
	}
	k := min(max(int(math.Sqrt(float64(n))), neighbourLeast), neighbourMost, n-1)
	near, err := o.Neighbours(ctx, flat, keep, k)
	if err != nil {
		return nil, err
	}
	if len(near) != n {
		return nil, fmt.Errorf("neighbours of %d rows, there are %d", len(near), n)
	}
	return &neighbourScorer{near}, nil
}

// score gives the r-th of k neighbours the weight k − r, so that scores tell more customers
// apart than k shares can. Cost O(n·k).
func (s *neighbourScorer) score(_ context.Context, seed []bool) ([]float64, error) {
	out := make([]float64, len(seed))
	for i, near := range s.near {
		sum, all := 0.0, 0.0
		for r, j := range near {
			w := float64(len(near) - r)
			all += w
			if seed[j] {
				sum += w
			}
		}
		out[i] = sum / all
	}
	return out, nil
}
