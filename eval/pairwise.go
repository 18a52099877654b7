package eval

import (
	"context"

	"github.com/mores-lab/mores/internal/kernel"
)

// pairwiseRows is the number of rows up to which an index looks at every pair: 5·10⁹
// distances, about ten seconds on two cores.
const pairwiseRows = 100_000

// pairwiseReach is how many distances of a row are handed out at once.
const pairwiseReach = 512

// tooMany is the reason of an index that looks at every pair and is given too many rows;
// "" if they are few enough.
func (p *partition) tooMany(index string) string {
	if p.kept() <= pairwiseRows {
		return ""
	}
	return Undefined("%s looks at every pair of rows: at most %d rows, here %d; score a sample", index, pairwiseRows, p.kept()).Reason
}

// pairwiseParts is how many parts the pairs fall into at most.
const pairwiseParts = 64

// pairs looks at every pair of kept rows once. Rows stand in the order of p.rows, group by
// group; do gets a place i and the squared distances to places lo, lo+1, …, all behind i.
// Blocks of eight places go to parts in turn, and one worker takes a part, block after
// block: what is summed part by part and added in order has the same bits for any number
// of workers. Cost O(n²·d/2), memory O(n·d).
func (p *partition) pairs(ctx context.Context, in *Input, parts int, do func(part, i, lo int, squared []float64)) error {
	p.order()
	n := len(p.rows)
	_, d := in.X.Dims()
	y := kernel.NewLanes(n, d)
	for i, r := range p.rows {
		y.Set(i, in.X.Row(r))
	}
	parallel(workersOf(in), parts, func(part int) {
		var out [8 * pairwiseReach]float64
		for b := part; 8*b < n; b += parts {
			if ctx.Err() != nil {
				return
			}
			rows := min(8, n-8*b)
			for lo := 8 * b; lo < n; lo += pairwiseReach {
				reach := min(pairwiseReach, n-lo)
				kernel.PairTile(kernel.PairSquared, y, b, rows, y, lo/8, reach, out[:], pairwiseReach)
				for r := range rows {
					i := 8*b + r
					if from := max(lo, i+1); from < lo+reach {
						do(part, i, from, out[r*pairwiseReach+from-lo:r*pairwiseReach+reach])
					}
				}
			}
		}
	})
	return ctx.Err()
}

// groupAt returns the group of each place of the order of p.rows.
func (p *partition) groupAt() []int32 {
	at := make([]int32, p.kept())
	for g := range p.k {
		for i := p.start[g]; i < p.start[g+1]; i++ {
			at[i] = int32(g)
		}
	}
	return at
}
