package cluster

import (
	"context"
	"sync"
	"sync/atomic"
)

// blocks divides rows into pieces that depend on n only, so that sums taken piece
// by piece and added in order have the same bits for any number of workers.
type blocks struct {
	n, size, count int
}

// maxBlocks bounds the memory of per-block partial sums; minBlock keeps the cost of
// handing out a block (about 100 ns) below a percent.
const (
	maxBlocks = 256
	minBlock  = 1024
)

func newBlocks(n int) blocks {
	size := max(minBlock, (n+maxBlocks-1)/maxBlocks)
	return blocks{n, size, (n + size - 1) / size}
}

// each calls do once for every block, on up to workers goroutines, looking at ctx
// before each.
func (b blocks) each(ctx context.Context, workers int, do func(block, lo, hi int)) error {
	return parallel(ctx, workers, b.count, func(i int) {
		do(i, i*b.size, min(b.n, (i+1)*b.size))
	})
}

// parallel calls do(0), …, do(count−1), each once, on up to workers goroutines. It
// looks at ctx before each and returns its error if not all were called.
func parallel(ctx context.Context, workers, count int, do func(i int)) error {
	workers = min(workers, count)
	if workers <= 1 {
		for i := range count {
			if err := ctx.Err(); err != nil {
				return err
			}
			do(i)
		}
		return ctx.Err()
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= count || ctx.Err() != nil {
					return
				}
				do(i)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// sum adds in order.
func sum(xs []float64) float64 {
	s := 0.0
	for _, x := range xs {
		s += x
	}
	return s
}
