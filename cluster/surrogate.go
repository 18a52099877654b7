package cluster

import (
	"context"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/near"
)

// surrogateRows bounds the rows that a nearest_point rule stores, and those by which
// it is judged: 20,000 × 10 columns make a model file of about 4 MB and a search
// of well under a millisecond.
const surrogateRows = 20_000

// RuleOf returns the algorithm's own rule, or a surrogate where it has none.
func RuleOf(a Algorithm, x *features.Matrix, c *Clustering) (*Rule, error) {
	if p, ok := a.(Predictor); ok {
		return p.Rule(x, c)
	}
	return Surrogate(x, c), nil
}

// Surrogate makes a rule for a clustering whose algorithm has none: the nearest of
// the rows (of at most 20,000, each cluster keeping its share), or the nearest of the
// cluster means where that agrees at least as well with the labels of the fit.
func Surrogate(x *features.Matrix, c *Clustering) *Rule {
	points := surrogatePoints(x, c)
	if c.K == 0 {
		points.Agreement = 1 // all rows are noise, and so will the new ones be
		return points
	}
	centers := surrogateCenters(x, c)
	if centers.Agreement >= points.Agreement {
		return centers
	}
	return points
}

func surrogateCenters(x *features.Matrix, c *Clustering) *Rule {
	_, d := x.Dims()
	r := &Rule{Kind: NearestCenter}
	total := make([]float64, c.K*d)
	size := c.Sizes()
	for i, l := range c.Labels {
		if l >= 0 {
			to := total[int(l)*d : int(l+1)*d]
			for j, v := range x.Row(i) {
				to[j] += v
			}
		}
	}
	for l := range c.K {
		p := total[l*d : (l+1)*d : (l+1)*d]
		for j := range p {
			p[j] /= float64(size[l])
		}
		r.Points = append(r.Points, p)
		r.Labels = append(r.Labels, int32(l))
	}
	r.Agreement = r.agreement(x, c.Labels)
	return r
}

func surrogatePoints(x *features.Matrix, c *Clustering) *Rule {
	r := &Rule{Kind: NearestPoint}
	if c.K == 0 {
		return r
	}
	n, d := x.Dims()
	rows := surrogateSample(c, surrogateRows)
	place := make(map[int]int, len(rows)) // row → number of the stored point
	flat := make([]float64, 0, len(rows)*d)
	for p, i := range rows {
		place[i] = p
		flat = append(flat, x.Row(i)...)
		r.Points = append(r.Points, x.Row(i))
		r.Labels = append(r.Labels, c.Labels[i])
	}
	tree := near.New(flat, d, Run{}.workers())
	judged := min(n, surrogateRows)
	b := newBlocks(judged)
	same := make([]int, b.count)
	_ = b.each(context.Background(), Run{}.workers(), func(block, lo, hi int) {
		for q := lo; q < hi; q++ {
			i := int(int64(q) * int64(n) / int64(judged))
			except, ok := place[i]
			if !ok {
				except = -1
			}
			if at, _ := tree.Nearest(x.Row(i), except); at >= 0 && r.Labels[at] == c.Labels[i] {
				same[block]++
			}
		}
	})
	total := 0
	for _, s := range same {
		total += s
	}
	r.Agreement = float64(total) / float64(judged)
	return r
}

// surrogateSample returns up to about limit rows in order: all of them, or of each
// cluster (and of the noise) the same share, evenly spaced, at least one.
func surrogateSample(c *Clustering, limit int) []int {
	n := len(c.Labels)
	rows := make([]int, 0, min(n, limit+c.K+1))
	size := c.Sizes()
	noise := c.NumNoise()
	seen := make([]int, c.K+1)
	for i, l := range c.Labels {
		of, at := noise, c.K
		if l >= 0 {
			of, at = size[l], int(l)
		}
		keep := min(of, max(1, int(int64(of)*int64(limit)/int64(n))))
		s := seen[at]
		seen[at]++
		// Row s of the cluster is kept where ⌊s·keep/of⌋ steps up.
		if s == 0 || int64(s)*int64(keep)/int64(of) != int64(s-1)*int64(keep)/int64(of) {
			rows = append(rows, i)
		}
	}
	return rows
}
