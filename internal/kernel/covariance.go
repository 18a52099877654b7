package kernel

import (
	"math"
	"slices"
)

// Nearby returns a point among the row-major rows of x: sums of differences to it lose
// nothing where the data lie far from the origin. It is the median of up to 257 rows,
// column by column, which few outliers do not move.
func Nearby(x []float64, d int) []float64 {
	n := len(x) / max(1, d)
	out, column := make([]float64, d), make([]float64, min(n, 257))
	if n == 0 {
		return out
	}
	for j := range out {
		for i := range column {
			column[i] = x[i*(n-1)/max(1, len(column)-1)*d+j]
		}
		slices.Sort(column)
		out[j] = column[len(column)/2]
	}
	return out
}

// CrossSums adds up rows of d columns less a shift, and the products of their columns:
//
//	sum[a] = Σᵢ wᵢ·(xᵢₐ−shiftₐ)     prod[a,b] = Σᵢ wᵢ·(xᵢₐ−shiftₐ)·(xᵢᵦ−shiftᵦ)
//
// With a shift near the rows' mean, covariances come from it without cancellation, wherever
// the data lie. Each sum is taken in the order of the rows, products by fused multiply-adds.
type CrossSums struct {
	d, p      int // p = d, up to a multiple of 8
	weight    float64
	shift     []float64 // p
	sum       []float64 // p
	prod      []float64 // p × p; 8 × 8 tiles below the diagonal stay 0
	row, wrow []float64 // rows less shift, and those times their weights
}

// crossRows numbers are shifted at a time: 16 KB, which a first-level cache holds.
const crossRows = 2048

// NewCrossSums returns empty sums of rows less shift.
func NewCrossSums(shift []float64) *CrossSums {
	d := len(shift)
	p := (d + 7) / 8 * 8
	c := &CrossSums{d: d, p: p, shift: Aligned64(p), sum: Aligned64(p), prod: Aligned64(p * p)}
	copy(c.shift, shift)
	return c
}

// Add takes the row-major rows of x in; a nil w weighs each row 1. Cost O(n·d²).
func (c *CrossSums) Add(x, w []float64) {
	if c.d == 0 {
		return
	}
	if c.row == nil {
		c.row = Aligned64(max(crossRows, 8*c.p) / c.p * c.p)
	}
	for len(x) >= c.d {
		n := min(len(c.row)/c.p, len(x)/c.d)
		b := c.row[:n*c.p]
		if w == nil {
			c.weight += float64(n)
			covarianceCentre(x[:n*c.d], c.d, c.shift, c.sum, b)
			covarianceProducts(b, b, c.p, c.prod)
		} else {
			if c.wrow == nil {
				c.wrow = Aligned64(len(c.row))
			}
			covarianceCentre(x[:n*c.d], c.d, c.shift, Aligned64(c.p), b)
			for i, wi := range w[:n] {
				c.weight += wi
				to := c.wrow[i*c.p : (i+1)*c.p]
				for j, v := range b[i*c.p : (i+1)*c.p] {
					to[j] = wi * v
					c.sum[j] += to[j]
				}
			}
			covarianceProducts(c.wrow[:n*c.p], b, c.p, c.prod)
			w = w[n:]
		}
		x = x[n*c.d:]
	}
}

// Merge adds o's sums, which have the same shift.
func (c *CrossSums) Merge(o *CrossSums) {
	c.weight += o.weight
	for i, v := range o.sum {
		c.sum[i] += v
	}
	for i, v := range o.prod {
		c.prod[i] += v
	}
}

// Weight returns Σ w.
func (c *CrossSums) Weight() float64 { return c.weight }

// Mean writes the rows' mean.
func (c *CrossSums) Mean(mean []float64) {
	for j := range mean[:c.d] {
		mean[j] = c.shift[j] + c.sum[j]/c.weight
	}
}

// Product returns Σ w·(xₐ−shiftₐ)·(xᵦ−shiftᵦ).
func (c *CrossSums) Product(a, b int) float64 { return c.prod[min(a, b)*c.p+max(a, b)] }

// Scatter returns Σ w·(xₐ−meanₐ)·(xᵦ−meanᵦ). It comes from Product, and where that is G
// times as large, G times as many roundings stand in it.
func (c *CrossSums) Scatter(a, b int) float64 {
	a, b = min(a, b), max(a, b)
	return c.Product(a, b) - c.sum[a]*(c.sum[b]/c.weight)
}

func covarianceCentrePlain(x []float64, d int, shift, sum, out []float64) {
	p := len(sum)
	for ; len(x) >= d; x, out = x[d:], out[p:] {
		for j, v := range x[:d] {
			out[j] = v - shift[j]
			sum[j] += out[j]
		}
		clear(out[d:p])
	}
}

// covarianceProducts adds the products of the columns of a and b, p numbers a row, to the
// tiles of s on the diagonal and right of it.
func covarianceProducts(a, b []float64, p int, s []float64) {
	for i := 0; i < p; i += 8 {
		for j := i; j < p; j += 8 {
			covarianceOuter(a[i:], b[j:], len(b)/p, p, s[i*p+j:])
		}
	}
}

func covarianceOuterPlain(a, b []float64, rows, p int, s []float64) {
	for r := range rows {
		for i, v := range a[r*p : r*p+8] {
			to := s[i*p : i*p+8]
			for l, u := range b[r*p : r*p+8] {
				to[l] = math.FMA(v, u, to[l])
			}
		}
	}
}
