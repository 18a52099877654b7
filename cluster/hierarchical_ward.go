package cluster

import (
	"math"
	"slices"

	"github.com/mores-lab/mores/internal/kernel"
)

// ward runs the chain over centroids and sizes: no distance is kept.
func (r *hierarchicalRun) ward() error { return r.wardOf(nil) }

// wardOf is ward for rows that stand for that many equal ones each; nil = 1.
func (r *hierarchicalRun) wardOf(sizes []float64) error {
	d := r.d
	c := newHierarchicalChain(r.n)
	if sizes != nil {
		copy(c.size, sizes)
	}
	mean := slices.Clone(r.x.Data())
	at := func(i int) []float64 { return mean[i*d : i*d+d : i*d+d] }

	c.between = func(x, y int) float64 {
		a, b := c.size[x], c.size[y]
		return 2 * a * b / (a + b) * kernel.Sq(at(x), at(y))
	}
	c.nearest = func(x int, best float64, y int) (float64, int) {
		q, w := at(x), c.size[x]
		return r.scan(c.m, d+2, best, y, func(lo, hi int, best float64, y int) (float64, int) {
			v, i := kernel.WardNearest(q, w, mean[lo*d:hi*d], c.size[lo:hi], x-lo, best, -1)
			if i < 0 {
				return best, y
			}
			return v, i + lo
		})
	}
	c.merge = func(x, y int, _ float64) {
		a, b := c.size[x], c.size[y]
		p, q := at(x), at(y)
		for j, v := range p {
			q[j] = (a*v + b*q[j]) / (a + b)
		}
	}
	c.squeeze = func() {
		next := 0
		for i := range c.m {
			if c.size[i] > 0 {
				copy(at(next), at(i))
				next++
			}
		}
	}
	return c.build(r, math.Sqrt)
}
