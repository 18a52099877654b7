package cluster

import "math"

// betulaCriterion is a distance between two clustering features; of returns its square.
type betulaCriterion struct {
	of        func(na, sa, nb, sb, sq, abs float64) float64
	manhattan bool // abs is wanted
	// scan: kernel.CFNearest finds the nearest; plain: with weight 0.
	scan, plain bool
}

// betulaCriteria holds the distances of Zhang, Ramakrishnan & Livny (1996) and the radius,
// as Lang & Schubert (2022) write them for their features: n and S of the two sides, sq the
// squared distance of the means.
var betulaCriteria = map[string]*betulaCriterion{
	"euclidean": {of: func(_, _, _, _, sq, _ float64) float64 { return sq }, scan: true, plain: true}, // D0
	"manhattan": {of: func(_, _, _, _, _, abs float64) float64 { return abs * abs }, manhattan: true}, // D1
	// D2: the root of the mean squared distance over the pairs with one row on each side.
	"average_intercluster": {of: func(na, sa, nb, sb, sq, _ float64) float64 { return sa/na + sb/nb + sq }},
	// D3: the same over all pairs of the union, also known as its diameter. Below a weight of
	// 2 the n−1 of the pairs becomes n/2: weights need not be counts.
	"average_intracluster": {of: func(na, sa, nb, sb, sq, _ float64) float64 {
		n := na + nb
		return 2 * betulaUnion(na, sa, nb, sb, sq) / max(n-1, n/2)
	}},
	// D4: what the union adds to the sum of squares, as Ward's.
	"variance_increase": {of: func(na, _, nb, _, sq, _ float64) float64 { return na * nb / (na + nb) * sq }, scan: true},
	// R: the root of the mean squared distance of the union's rows from its mean.
	"radius": {of: func(na, sa, nb, sb, sq, _ float64) float64 { return betulaUnion(na, sa, nb, sb, sq) / (na + nb) }},
}

// betulaUnion is the sum of squared deviations of a union.
func betulaUnion(na, sa, nb, sb, sq float64) float64 { return sa + sb + na*nb/(na+nb)*sq }

// apart is the criterion between two features.
func (c *betulaCriterion) apart(a, b betulaFeature) float64 {
	sq, abs := 0.0, 0.0
	for j, x := range a.mean {
		e := x - b.mean[j]
		sq = math.FMA(e, e, sq)
		if c.manhattan {
			abs += math.Abs(e)
		}
	}
	return c.of(a.n, a.s, b.n, b.s, sq, abs)
}
