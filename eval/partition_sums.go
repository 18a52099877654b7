package eval

import (
	"context"
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

// partitionBytes bounds the sums of all blocks of rows together, and partitionBlocks their
// number; partitionRows keeps handing out a block below a percent of its work.
const (
	partitionBytes  = 64 << 20
	partitionBlocks = 256
	partitionRows   = 1024
)

// blocks calls do for blocks of rows, from the last to the first: what a pass over them
// has just read is still in the cache. How many there are depends on the rows, groups and
// columns only, so that sums taken block by block and added in order have the same bits
// for any number of workers. It returns ctx's error if it left some out.
func (p *partition) blocks(ctx context.Context, in *Input, prepare func(count int), do func(block, lo, hi int)) error {
	n, d := in.X.Dims()
	count := max(1, min(partitionBlocks, partitionBytes/(8*(p.k+1)*(d+8))))
	size := max(partitionRows, (n+count-1)/count)
	count = (n + size - 1) / size
	prepare(count)
	parallel(workersOf(in), count, func(b int) {
		if ctx.Err() == nil {
			b = count - 1 - b
			do(b, b*size, min(n, (b+1)*size))
		}
	})
	return ctx.Err()
}

// centres returns each group's mean, counted from a point among the rows. Cost O(n·d).
func (p *partition) centres(ctx context.Context, in *Input) (*kernel.Groups, error) {
	_, d := in.X.Dims()
	shift := kernel.Nearby(in.X.Data(), d)
	var parts []*kernel.Groups
	err := p.blocks(ctx, in, func(count int) { parts = make([]*kernel.Groups, count) }, func(b, lo, hi int) {
		parts[b] = kernel.NewGroups(p.k, shift)
		parts[b].Add(in.X.Data()[lo*d:hi*d], p.label[lo:hi])
	})
	if err != nil {
		return nil, err
	}
	for _, o := range parts[1:] {
		parts[0].Merge(o)
	}
	for g := range p.k {
		for j := range parts[0].Row(g) {
			parts[0].Row(g)[j] /= float64(p.size(g))
		}
	}
	return parts[0], nil
}

// spread sums the groups' scatter: their means, counted from a point, and the squared
// distances to them.
type spread struct {
	size   []float64
	mean   *kernel.Groups
	within float64
}

// add takes in o, whose groups are rows of their own (Chan, Golub and LeVeque's update).
func (s *spread) add(o *spread) {
	s.within += o.within
	for g, m := range o.size {
		if m == 0 {
			continue
		}
		n := s.size[g]
		mean, far := s.mean.Row(g), 0.0
		for j, v := range o.mean.Row(g) {
			t := v - mean[j]
			mean[j] += t * (m / (n + m))
			far += t * t
		}
		s.within += n * (m / (n + m)) * far
		s.size[g] = n + m
	}
}

// spread looks at each row twice, but while it is in the cache. Cost O(n·d).
func (p *partition) spread(ctx context.Context, in *Input) (*spread, error) {
	_, d := in.X.Dims()
	shift := kernel.Nearby(in.X.Data(), d)
	empty := func() *spread { return &spread{size: make([]float64, p.k), mean: kernel.NewGroups(p.k, shift)} }
	// 128 KB of rows, but enough of them that the groups' means do not cost more.
	rows := max(partitionRows, 1<<14/max(1, d), 4*p.k)
	var parts []*spread
	err := p.blocks(ctx, in, func(count int) { parts = make([]*spread, count) }, func(b, lo, hi int) {
		total, piece := empty(), empty()
		squares := make([]float64, min(rows, hi-lo))
		for ; lo < hi; lo += rows {
			end := min(hi, lo+rows)
			x, label := in.X.Data()[lo*d:end*d], p.label[lo:end]
			piece.mean.Clear()
			clear(piece.size)
			piece.within = 0
			piece.mean.Add(x, label)
			for _, g := range label {
				if g >= 0 {
					piece.size[g]++
				}
			}
			for g, n := range piece.size {
				if n > 0 {
					for j := range piece.mean.Row(g) {
						piece.mean.Row(g)[j] /= n
					}
				}
			}
			piece.mean.Squares(x, label, squares)
			for i, g := range label {
				if g >= 0 {
					piece.within += squares[i]
				}
			}
			total.add(piece)
		}
		parts[b] = total
	})
	if err != nil {
		return nil, err
	}
	for _, o := range parts[1:] {
		parts[0].add(o)
	}
	return parts[0], nil
}

// scatters returns the mean distance of each group's rows to its centre. Cost O(n·d).
func (p *partition) scatters(ctx context.Context, in *Input, centres *kernel.Groups) ([]float64, error) {
	_, d := in.X.Dims()
	var parts [][]float64
	err := p.blocks(ctx, in, func(count int) { parts = make([][]float64, count) }, func(b, lo, hi int) {
		sums := make([]float64, p.k+1) // of group −1 first
		squares := make([]float64, partitionRows)
		for ; lo < hi; lo += partitionRows {
			end := min(hi, lo+partitionRows)
			centres.Squares(in.X.Data()[lo*d:end*d], p.label[lo:end], squares)
			for i, g := range p.label[lo:end] {
				sums[g+1] += math.Sqrt(squares[i])
			}
		}
		parts[b] = sums
	})
	if err != nil {
		return nil, err
	}
	out := make([]float64, p.k)
	for _, sums := range parts {
		for g := range out {
			out[g] += sums[g+1]
		}
	}
	for g := range out {
		out[g] /= float64(p.size(g))
	}
	return out, nil
}
