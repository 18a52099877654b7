package cluster

import (
	"math"
	"math/rand/v2"

	"github.com/mores-lab/mores/internal/kernel"
)

// maxmin is farthest-first traversal (Gonzalez, 1985, doi
// 10.1016/0304-3975(85)90224-5): a first row drawn by weight, then again and again the
// row farthest from all chosen so far, ties to the smallest row number. Rows of weight 0
// are not chosen; other weights only decide the first. Its largest distance to a centre
// is at most twice the least possible; outliers come first. It returns fewer rows than k
// where there are fewer distinct ones. Cost O(n·d) a centre.
func (s *kmeansSeeds) maxmin(rng *rand.Rand) ([]int, error) {
	closest := make([]float64, s.n)
	for i := range closest {
		closest[i] = math.Inf(1)
	}
	blk := newBlocks(s.n)
	far := make([]int, blk.count)
	chosen := append(make([]int, 0, s.k), s.first(rng))
	for len(chosen) < s.k {
		c := s.row(chosen[len(chosen)-1])
		err := blk.each(s.ctx, s.workers, func(b, lo, hi int) {
			best, at := 0.0, -1
			for i := lo; i < hi; i++ {
				q := min(closest[i], kernel.Sq(s.row(i), c))
				closest[i] = q
				if q > best && s.weight(i) > 0 {
					best, at = q, i
				}
			}
			far[b] = at
		})
		if err != nil {
			return nil, err
		}
		next := -1
		for _, i := range far {
			if i >= 0 && (next < 0 || closest[i] > closest[next]) {
				next = i
			}
		}
		if next < 0 {
			break // every row is a centre already
		}
		chosen = append(chosen, next)
	}
	return chosen, s.ctx.Err()
}
