package eval

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// copulaMargin is a quantile function: x goes in straight lines over u, from 0 to 1.
// Two knots of one x are an atom.
type copulaMargin struct {
	u, x []float64
	grid []float64 // the values that draws fall on, or nil
}

// at is the quantile of u.
func (m *copulaMargin) at(u float64) float64 {
	i := sort.SearchFloat64s(m.u, u) // the first knot at or above u
	switch {
	case i == 0:
		return m.x[0]
	case i == len(m.u):
		return m.x[i-1]
	}
	x := m.x[i]
	if w := m.u[i] - m.u[i-1]; w > 0 {
		x = m.x[i-1] + (u-m.u[i-1])/w*(m.x[i]-m.x[i-1])
	}
	if m.grid == nil {
		return x
	}
	j := sort.SearchFloat64s(m.grid, x)
	if j == len(m.grid) || j > 0 && x-m.grid[j-1] < m.grid[j]-x {
		j--
	}
	return m.grid[j]
}

// Tuning of margins. A value that a twentieth of the rows share is no chance of rounding.
// 200 candidates for the mode leave it within half a percent of the rows.
const (
	copulaAtom     = 0.05
	copulaAtomRows = 5
	copulaModes    = 200
	copulaPoints   = 5000 // of the empirical distribution; more rows are thinned to so many
	copulaTail     = 0.02
)

// newCopulaMargin makes the margin of sorted values, as CopulaNull describes it.
func newCopulaMargin(v []float64) copulaMargin {
	n := len(v)
	need := max(copulaAtomRows, int(math.Ceil(copulaAtom*float64(n))))
	var atoms []copulaKnot
	var rest, support []float64
	for lo := 0; lo < n; {
		hi := lo + 1
		for hi < n && v[hi] == v[lo] {
			hi++
		}
		if hi-lo >= need {
			atoms = append(atoms, copulaKnot{float64(hi-lo) / float64(n), v[lo]})
		} else {
			rest, support = append(rest, v[lo:hi]...), append(support, v[lo])
		}
		lo = hi
	}
	var m copulaMargin
	var knots []copulaKnot // of the rest: distribution function, value
	if len(rest) > 0 {
		lattice := 10*len(support) <= 9*len(rest) // a tenth and more of the rest are ties
		knots = copulaUnimodal(rest, !lattice)
		if lattice {
			for _, a := range atoms {
				support = append(support, a.x)
			}
			slices.Sort(support)
			m.grid = support
		}
	}
	// Atoms are put in: the distribution function of the rest has a share of 1 − Σ p, and
	// jumps by p at each atom.
	share, jump := float64(len(rest))/float64(n), 0.0
	add := func(u, x float64) { m.u, m.x = append(m.u, u), append(m.x, x) }
	at := func(x float64) float64 { // of the rest
		i := sort.Search(len(knots), func(i int) bool { return knots[i].x >= x })
		switch {
		case i == 0:
			return 0
		case i == len(knots):
			return 1
		}
		a, b := knots[i-1], knots[i]
		return a.u + (x-a.x)/(b.x-a.x)*(b.u-a.u)
	}
	k := 0
	for _, a := range atoms {
		for ; k < len(knots) && knots[k].x < a.x; k++ {
			add(share*knots[k].u+jump, knots[k].x)
		}
		u := share * at(a.x)
		add(u+jump, a.x)
		jump += a.u
		add(u+jump, a.x)
	}
	for ; k < len(knots); k++ {
		add(share*knots[k].u+jump, knots[k].x)
	}
	return m
}

// copulaKnot is a point of a distribution function, or an atom's weight and place.
type copulaKnot struct{ u, x float64 }

// copulaUnimodal is the unimodal distribution nearest to the sorted values: its knots,
// strictly ascending in x.
func copulaUnimodal(v []float64, tails bool) []copulaKnot {
	points := copulaEmpirical(v)
	if len(points) == 1 {
		return []copulaKnot{{0, points[0].x}, {1, math.Nextafter(points[0].x, math.Inf(1))}}
	}
	best, least := []copulaKnot(nil), math.Inf(1)
	last := -1
	for c := range copulaModes + 1 {
		mode := c * (len(points) - 1) / copulaModes
		if mode == last {
			continue
		}
		last = mode
		hull := copulaHull(points, mode)
		if miss := copulaMiss(points, hull); miss < least {
			best, least = hull, miss
		}
	}
	best = copulaTails(v, best, tails)
	return copulaMoments(v, best)
}

// copulaEmpirical is the empirical distribution function at the distinct values: half of
// the own weight, so that both ends are treated alike.
func copulaEmpirical(v []float64) []copulaKnot {
	n := float64(len(v))
	var out []copulaKnot
	for lo := 0; lo < len(v); {
		hi := lo + 1
		for hi < len(v) && v[hi] == v[lo] {
			hi++
		}
		out = append(out, copulaKnot{(float64(lo) + float64(hi)) / 2 / n, v[lo]})
		lo = hi
	}
	if len(out) <= copulaPoints {
		return out
	}
	thin := make([]copulaKnot, copulaPoints)
	for i := range thin {
		thin[i] = out[i*(len(out)-1)/(copulaPoints-1)]
	}
	return thin
}

// copulaHull is the greatest convex minorant of the points up to mode and the least
// concave majorant from there.
func copulaHull(points []copulaKnot, mode int) []copulaKnot {
	hull := func(points []copulaKnot, sign float64) []copulaKnot {
		var out []copulaKnot
		for _, p := range points {
			for len(out) > 1 {
				a, b := out[len(out)-2], out[len(out)-1]
				if sign*((b.u-a.u)*(p.x-b.x)-(p.u-b.u)*(b.x-a.x)) < 0 {
					break
				}
				out = out[:len(out)-1]
			}
			out = append(out, p)
		}
		return out
	}
	left := hull(points[:mode+1], 1)
	return append(left, hull(points[mode:], -1)[1:]...)
}

// copulaMiss is the sum of squared differences between the points and the hull.
func copulaMiss(points, hull []copulaKnot) float64 {
	sum, k := 0.0, 0
	for _, p := range points {
		for k+1 < len(hull) && hull[k+1].x < p.x {
			k++
		}
		a, b := hull[k], hull[min(k+1, len(hull)-1)]
		u := a.u
		if b.x > a.x {
			u += (p.x - a.x) / (b.x - a.x) * (b.u - a.u)
		}
		sum += (u - p.u) * (u - p.u)
	}
	return sum
}

// copulaTails ends the distribution at 0 and 1. A tail is long enough for its density not
// to be above that of the hull where it begins: there is one hump.
func copulaTails(v []float64, hull []copulaKnot, tails bool) []copulaKnot {
	first, last := hull[0], hull[len(hull)-1]
	k := min(len(v)-1, max(copulaAtomRows, int(copulaTail*float64(len(v)))))
	var below, above float64 // mean excess
	for i := range k {
		below += (v[k] - v[i]) / float64(k)
		above += (v[len(v)-1-i] - v[len(v)-1-k]) / float64(k)
	}
	if n := len(hull); n > 1 {
		a, b := hull[1], hull[n-2]
		below = max(below, first.u/(2*math.Ln2)*(a.x-first.x)/(a.u-first.u))
		above = max(above, (1-last.u)/(2*math.Ln2)*(last.x-b.x)/(last.u-b.u))
	}
	if !tails {
		below, above = 0, 0
	}
	var out []copulaKnot
	// The exponential in straight lines, ending where 1/64 of the weight is left.
	const steps = 6
	if below > 0 && first.x-steps*math.Ln2*below < first.x {
		for s := steps; s > 0; s-- {
			u := first.u * math.Pow(2, -float64(s))
			if s == steps {
				u = 0
			}
			out = append(out, copulaKnot{u, first.x - float64(s)*math.Ln2*below})
		}
	} else {
		hull[0].u = 0
	}
	out = append(out, hull...)
	if above > 0 && last.x+math.Ln2*above > last.x {
		for s := 1; s <= steps; s++ {
			u := 1 - (1-last.u)*math.Pow(2, -float64(s))
			if s == steps {
				u = 1
			}
			out = append(out, copulaKnot{u, last.x + float64(s)*math.Ln2*above})
		}
	} else {
		out[len(out)-1].u = 1
	}
	return out
}

// copulaMoments moves and stretches the distribution to the mean and the variance of
// the values.
func copulaMoments(v []float64, knots []copulaKnot) []copulaKnot {
	var mean, square float64
	centre := v[len(v)/2] // sums around it do not cancel
	for i := 1; i < len(knots); i++ {
		w, a, b := knots[i].u-knots[i-1].u, knots[i-1].x-centre, knots[i].x-centre
		mean += w * (a + b) / 2
		square += w * (a*a + a*b + b*b) / 3
	}
	var want, scatter float64
	for _, x := range v {
		want += (x - centre) / float64(len(v))
	}
	for _, x := range v {
		scatter += (x - centre - want) * (x - centre - want) / float64(len(v))
	}
	sd := math.Sqrt(square - mean*mean)
	stretch := 1.0
	if sd > 0 && scatter > 0 {
		stretch = math.Sqrt(scatter) / sd
	}
	for i := range knots {
		knots[i].x = centre + want + (knots[i].x-centre-mean)*stretch
	}
	return slices.CompactFunc(knots, func(a, b copulaKnot) bool { return cmp.Compare(a.x, b.x) == 0 })
}
