package features

import (
	"math"
	"slices"
)

// Quantile returns the p-quantile of xs, which must be ascending and without
// NaN, by definition 7 of Hyndman & Fan (1996, doi:10.1080/00031305.1996.10473566):
// linear between order statistics at h = (n−1)p, the default of R and NumPy. It
// returns NaN for no values.
func Quantile(xs []float64, p float64) float64 {
	n := len(xs)
	if n == 0 {
		return math.NaN()
	}
	h := float64(n-1) * min(max(p, 0), 1)
	i := int(h)
	if i+1 >= n {
		return xs[n-1]
	}
	return xs[i] + (h-float64(i))*(xs[i+1]-xs[i])
}

// median returns the median of xs, which it sorts.
func median(xs []float64) float64 {
	slices.Sort(xs)
	return Quantile(xs, 0.5)
}

// Multiset collects values for exact quantiles: merging is free of order because
// Sorted sorts. The zero value is empty.
type Multiset struct{ xs []float64 }

// Add adds x; NaN is left out.
func (m *Multiset) Add(x float64) {
	if !math.IsNaN(x) {
		m.xs = append(m.xs, x)
	}
}

// Merge adds all values of o.
func (m *Multiset) Merge(o *Multiset) { m.xs = append(m.xs, o.xs...) }

// Sorted returns the values in ascending order: a view.
func (m *Multiset) Sorted() []float64 {
	slices.Sort(m.xs)
	return m.xs
}
