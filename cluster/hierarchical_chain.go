package cluster

import (
	"math"

	"github.com/mores-lab/mores/internal/kernel"
)

// chainOnDistances runs the chain on the lower triangle of the distance matrix: the
// distance between places i > j is at i(i−1)/2 + j, wherever the triangle ends.
func (r *hierarchicalRun) chainOnDistances(complete bool) error {
	c := newHierarchicalChain(r.n)
	dist := make([]float64, r.n*(r.n-1)/2)
	if err := r.distances(dist); err != nil {
		return err
	}
	row := func(i int) []float64 { return dist[i*(i-1)/2 : i*(i-1)/2+i : i*(i-1)/2+i] }

	c.between = func(x, y int) float64 { return row(max(x, y))[min(x, y)] }
	c.nearest = func(x int, best float64, y int) (float64, int) {
		// A column costs a cache line a place: some ten additions.
		return r.scan(c.m, 8, best, y, func(lo, hi int, best float64, y int) (float64, int) {
			if lo < x {
				for j, v := range row(x)[lo:min(hi, x)] {
					if v < best {
						best, y = v, lo+j
					}
				}
			}
			for j := max(lo, x+1); j < hi; j++ {
				if v := dist[j*(j-1)/2+x]; v < best {
					best, y = v, j
				}
			}
			return best, y
		})
	}
	c.merge = func(x, y int, _ float64) {
		a, b := c.size[x], c.size[y]
		r.scan(c.m, 16, 0, 0, func(lo, hi int, _ float64, _ int) (float64, int) {
			for i := lo; i < hi; i++ {
				if i == x || i == y {
					continue
				}
				dx := &dist[max(i, x)*(max(i, x)-1)/2+min(i, x)]
				if math.IsInf(*dx, 1) {
					continue // i is dead
				}
				dy := &dist[max(i, y)*(max(i, y)-1)/2+min(i, y)]
				if complete {
					*dy = max(*dx, *dy)
				} else {
					*dy = (a**dx + b**dy) / (a + b)
				}
				*dx = math.Inf(1) // x dies
			}
			return 0, 0
		})
		row(y)[x] = math.Inf(1)
	}
	c.squeeze = func() {
		next := 0
		for i := range c.m {
			if c.size[i] == 0 {
				continue
			}
			from, to, k := row(i), row(next), 0
			for j, v := range from {
				if c.size[j] > 0 {
					to[k] = v
					k++
				}
			}
			next++
		}
	}
	return c.build(r, func(v float64) float64 { return v })
}

// distances fills the triangle, long rows first so that goroutines end together.
func (r *hierarchicalRun) distances(dist []float64) error {
	const piece = 16
	return parallel(r.ctx, r.run.workers(), (r.n+piece-1)/piece, func(b int) {
		for i := max(0, r.n-(b+1)*piece); i < r.n-b*piece; i++ {
			to := dist[i*(i-1)/2 : i*(i-1)/2+i]
			if r.run.Space != nil {
				rows(r.run.Space, i, to)
				continue
			}
			q := r.x.Row(i)
			for j := range to {
				to[j] = math.Sqrt(kernel.Sq(q, r.x.Row(j)))
			}
		}
	})
}
