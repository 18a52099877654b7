package eval

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// A bootstrap of the judging customers takes the two directions (learn on A, judge on B,
// and back) for independent. They are where groups tell something. Where they tell
// nothing, what remains of both is one and the same product: the chance deviations of the
// groups' means in A times those in B, and the variance of their sum is twice what the
// bootstrap says. contestShared estimates that common part, by which intervals are widened.
//
// With rᵢ = yᵢ − m the residual of a customer of A in the group g that A learned, and sⱼ =
// ∂loss/∂m of a customer of B there, i moves j's loss by hᵢⱼ = sⱼrᵢ/n_g; and j, by the
// groups γ that B learned, moves i's by h′ⱼᵢ. The covariance of the directions is
//
//	Σᵢⱼ E hᵢⱼh′ⱼᵢ = Σ over cells g∩γ of (Σ_A rᵢsᵢ)(Σ_B sⱼrⱼ)/(n_g·n_γ)
//
// of the order of the number of groups, where the variance is of that of the customers if
// the groups tell something. If the halves learn different groups the cells are small, and
// so is the covariance.

// contestTable is the predictions of one labelling on one half, and their weight.
type contestTable struct {
	codes  []int32
	groups int
	p      []float64 // groups × width
	weight []float64 // customers (or days) behind each, the prior's included
}

// shared is Σ hᵢⱼh′ⱼᵢ for what a learned on the first half and b on the second; 0 where
// one of them is no grouping.
func (c *contestRun) shared(a, b *contestTable) float64 {
	if a == nil || b == nil {
		return 0
	}
	cells := a.groups * b.groups
	index := func(g, y int32) int { return int(g)*b.groups + int(y) }
	if cells > 1<<16 { // few of them hold anybody
		at := map[int]int{}
		dense := index
		for _, f := range c.frames {
			for _, i := range f.train {
				if g, y := a.codes[i], b.codes[i]; g >= 0 && y >= 0 {
					if k := dense(g, y); at[k] == 0 {
						at[k] = len(at) + 1
					}
				}
			}
		}
		cells = len(at)
		index = func(g, y int32) int { return at[dense(g, y)] - 1 }
	}
	w := c.width
	left, right := make([]float64, cells*w), make([]float64, cells*w)
	scale := make([]float64, cells)
	which := make([]int32, 2*cells)
	for h, f := range c.frames {
		sum := left
		if h == 1 {
			sum = right
		}
		for _, i := range f.train {
			g, y := a.codes[i], b.codes[i]
			if g < 0 || y < 0 {
				continue
			}
			k := index(g, y)
			scale[k], which[2*k], which[2*k+1] = 1/(a.weight[g]*b.weight[y]), g, y
			if c.s.class != nil {
				sum[k*w+int(c.s.class[i])]++
				continue
			}
			days := 1.0
			if c.s.days != nil {
				days = c.s.days[i]
			}
			p, q := a.p[g], b.p[y]
			r, s := c.s.y[i]-p*days, -2*(c.s.y[i]-q*days)
			if h == 1 { // b learned from B, a judges there
				r, s = c.s.y[i]-q*days, -2*(c.s.y[i]-p*days)
			}
			if !c.signed() {
				if h == 1 {
					s /= p
				} else {
					s /= q
				}
			}
			sum[k] += r * s
		}
	}
	total := 0.0
	for k := range cells {
		if scale[k] == 0 {
			continue
		}
		if c.s.class == nil {
			total += left[k] * right[k] * scale[k]
			continue
		}
		// Σ over classes c, d of (Σ_A r_c s_d)(Σ_B s_c r_d), r_c = 1{y = c} − p_c and
		// s_c = −1{y = c}/p_c, in the numbers of customers N and M of each class.
		g, y := int(which[2*k]), int(which[2*k+1])
		var n, m, sum float64
		for x := range w {
			p, q := a.p[g*w+x], b.p[y*w+x]
			u, v := left[k*w+x], right[k*w+x]
			n, m = n+u, m+v
			sum += u * v * ((1-p)*(1-q)/(p*q) - 1)
		}
		total += (sum + n*m) * scale[k]
	}
	return total
}

// widen is the factor by which deviations of 1 − loss/null of a column, less beside's (nil
// = no column), are too small. values are its replicates.
func (c *contestRun) widen(k, beside *contestColumn, values []float64) float64 {
	null := c.frames[0].null.sum + c.frames[1].null.sum
	x, y := [2]*contestColumn{k, c.null}, [2]float64{1, -(1 - k.outside)}
	if beside != nil {
		x[1], y[1] = beside, -1
	}
	if x[1] == c.null && k == c.null {
		return 1
	}
	cov := 0.0
	for i, u := range x {
		for j, v := range x {
			cov += y[i] * y[j] * c.sharedOf(u, v)
		}
	}
	_, variance := stat.MeanVariance(values, nil)
	if !(cov > 0) || !(variance > 0) {
		return 1
	}
	// As much as if both directions were one, no more.
	return math.Sqrt(1 + min(2*cov/(null*null)/variance, 1))
}

// sharedOf remembers, for baselines are asked for again and again.
func (c *contestRun) sharedOf(u, v *contestColumn) float64 {
	key := [2]*contestTable{u.entry[0].table, v.entry[1].table}
	if x, ok := c.covariances[key]; ok {
		return x
	}
	x := c.shared(key[0], key[1])
	c.covariances[key] = x
	return x
}
