package near

import (
	"math/bits"

	"github.com/mores-lab/mores/internal/kernel"
)

// Balls adds up the points within a distance of a query; nodes that lie wholly within
// it are taken as one. It is read-only, for any number of goroutines.
type Balls struct {
	t      *Tree
	point  []float64 // weights in tree order; nil = 1 each
	weight []float64 // per node
	sum    []float64 // per node, d: Σ w·x
}

// NewBalls sums the nodes' points, weighted by w (by point number; nil = 1 each).
func (t *Tree) NewBalls(w []float64) *Balls {
	b := &Balls{t: t, weight: make([]float64, len(t.nodes)), sum: make([]float64, len(t.nodes)*t.d)}
	if w != nil {
		b.point = make([]float64, t.n)
		for p, i := range t.index {
			b.point[p] = w[i]
		}
	}
	for at := len(t.nodes) - 1; at >= 0; at-- {
		nd := &t.nodes[at]
		sum := b.sum[at*t.d : (at+1)*t.d]
		if nd.right == 0 {
			for p := int(nd.lo); p < int(nd.hi); p++ {
				b.weight[at] += b.add(p, sum)
			}
			continue
		}
		for _, c := range []int{at + 1, int(nd.right)} {
			b.weight[at] += b.weight[c]
			for j, v := range b.sum[c*t.d : (c+1)*t.d] {
				sum[j] += v
			}
		}
	}
	return b
}

// add adds point p's w·x to sum and returns w.
func (b *Balls) add(p int, sum []float64) float64 {
	w := 1.0
	if b.point != nil {
		w = b.point[p]
	}
	lane := b.t.leaf(p)[p%leafSize:]
	for j := range sum {
		sum[j] += w * lane[j*leafSize]
	}
	return w
}

// Sum writes Σ w·x over the points whose squared distance from q is at most limit to
// sum (d values) and returns their Σ w.
func (b *Balls) Sum(q []float64, limit float64, sum []float64) float64 {
	clear(sum)
	if len(b.t.nodes) == 0 {
		return 0
	}
	return b.visit(0, q, limit, sum)
}

func (b *Balls) visit(at int, q []float64, limit float64, sum []float64) float64 {
	t := b.t
	if t.minSq(q, at) > limit {
		return 0
	}
	if t.maxSq(q, at) <= limit {
		for j, v := range b.sum[at*t.d : (at+1)*t.d] {
			sum[j] += v
		}
		return b.weight[at]
	}
	nd := &t.nodes[at]
	if nd.right != 0 {
		return b.visit(at+1, q, limit, sum) + b.visit(int(nd.right), q, limit, sum)
	}
	w := 0.0
	for m := kernel.LeafWithin(q, t.leaf(int(nd.lo)), limit); m != 0; m &= m - 1 {
		w += b.add(int(nd.lo)+bits.TrailingZeros64(m), sum)
	}
	return w
}
