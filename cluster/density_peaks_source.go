package cluster

import (
	"context"
	"math"

	"github.com/mores-lab/mores/internal/kernel"
	"github.com/mores-lab/mores/internal/near"
)

// densityPeaksTree answers from the kd-tree; lengths are squared distances.
type densityPeaksTree struct {
	*densityPeaksRun
	tree *near.Tree
}

func (s *densityPeaksTree) length(distance float64) float64 { return distance * distance }
func (s *densityPeaksTree) distance(length float64) float64 { return math.Sqrt(length) }

func (s *densityPeaksTree) pair(i, j int) float64 {
	return kernel.Sq64(s.x.Row(i), s.x.Row(j))
}

func (s *densityPeaksTree) masses(ctx context.Context, limit float64) ([]float64, error) {
	return s.tree.Masses(ctx, limit, s.x.Weights, s.run.workers())
}

func (s *densityPeaksTree) kth(ctx context.Context, k int) ([]float64, error) {
	return s.tree.KthAll(ctx, k, s.run.workers())
}

func (s *densityPeaksTree) above(ctx context.Context, rank, above []int32, delta []float64) error {
	p := s.tree.NewPriority(rank)
	index := s.tree.Index()
	// A block of the tree order is a region: its queries walk the same nodes. At worst each
	// visits all rows: a block is at most 4 million distances.
	size := max(1, min(64, 1<<22/s.n))
	b := blocks{s.n, size, (s.n + size - 1) / size}
	return b.each(ctx, s.run.workers(), func(_, lo, hi int) {
		for at := lo; at < hi; at++ {
			i := index[at]
			j, sq := p.Above(s.tree.Point(at), rank[i])
			above[i], delta[i] = int32(j), math.Sqrt(sq)
		}
	})
}

func (s *densityPeaksTree) farthest(i int) float64 {
	most, q := 0.0, s.x.Row(i)
	for j := range s.n {
		if v := kernel.Sq64(q, s.x.Row(j)); v > most {
			most = v
		}
	}
	return math.Sqrt(most)
}

func (s *densityPeaksTree) borders(ctx context.Context, label []int32, limit []float64) ([]bool, error) {
	return s.tree.Fringe(ctx, label, limit, s.run.workers())
}

// densityPeaksSpace answers by the definition, row by row of given distances.
type densityPeaksSpace struct{ *densityPeaksRun }

func (s *densityPeaksSpace) length(distance float64) float64 { return distance }
func (s *densityPeaksSpace) distance(length float64) float64 { return length }
func (s *densityPeaksSpace) pair(i, j int) float64           { return s.run.Space.Dist(i, j) }

// each calls do with every row of distances.
func (s *densityPeaksSpace) each(ctx context.Context, do func(i int, row []float64)) error {
	const size = 16
	b := blocks{s.n, size, (s.n + size - 1) / size}
	return b.each(ctx, s.run.workers(), func(_, lo, hi int) {
		row := make([]float64, s.n)
		for i := lo; i < hi; i++ {
			rows(s.run.Space, i, row)
			row[i] = 0
			do(i, row)
		}
	})
}

func (s *densityPeaksSpace) masses(ctx context.Context, limit float64) ([]float64, error) {
	out := make([]float64, s.n)
	err := s.each(ctx, func(i int, row []float64) {
		for j, v := range row {
			if v <= limit {
				out[i] += s.x.Weight(j)
			}
		}
	})
	return out, err
}

func (s *densityPeaksSpace) kth(ctx context.Context, k int) ([]float64, error) {
	out := make([]float64, s.n)
	err := s.each(ctx, func(i int, row []float64) { out[i] = meanshiftKth(row, k) })
	return out, err
}

func (s *densityPeaksSpace) above(ctx context.Context, rank, above []int32, delta []float64) error {
	return s.each(ctx, func(i int, row []float64) {
		above[i], delta[i] = -1, math.Inf(1)
		for j, v := range row {
			if rank[j] < rank[i] && (v < delta[i] || above[i] < 0) {
				above[i], delta[i] = int32(j), v
			}
		}
	})
}

func (s *densityPeaksSpace) farthest(i int) float64 {
	most := 0.0
	for j := range s.n {
		if j != i {
			most = max(most, s.run.Space.Dist(i, j))
		}
	}
	return most
}

func (s *densityPeaksSpace) borders(ctx context.Context, label []int32, limit []float64) ([]bool, error) {
	out := make([]bool, s.n)
	err := s.each(ctx, func(i int, row []float64) {
		most := limit[0]
		if len(limit) > 1 {
			most = limit[i]
		}
		for j, v := range row {
			if v <= most && label[j] != label[i] {
				out[i] = true
				return
			}
		}
	})
	return out, err
}
