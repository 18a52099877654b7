package kernel

import "math"

// centers8 is how many centres the assembly scores at once.
const centers8 = 8

// Centers32 is k centres rounded like the rows they are compared with. Centre c begins
// at data[c·stride] with ‖c‖²/2, followed by its coordinates. A last one, the dummy,
// scores +Inf against every row: it fills lists up.
type Centers32 struct {
	K, D   int
	All    []int32 // the list of all centres
	data   []float32
	stride int
	norm   float64 // at least the largest Euclidean norm
}

// Set takes over the k = len(centers)/D row-major centres, reusing memory.
func (c *Centers32) Set(centers []float64, r *Rows32) {
	c.D, c.K = r.D, len(centers)/r.D
	c.stride = c.D + 1
	if need := (c.K + 1) * c.stride; cap(c.data) < need {
		c.data = Aligned32(need)
	} else {
		c.data = c.data[:need]
	}
	// The list may come from another number of centres: its tail then is padding.
	if len(c.All) < c.K || c.K > 0 && c.All[c.K-1] != int32(c.K-1) {
		c.All = c.All[:0]
		for i := range c.K {
			c.All = append(c.All, int32(i))
		}
	}
	c.All = c.Pad(c.All[:c.K])
	largest := 0.0
	for i := range c.K {
		to := c.data[i*c.stride : (i+1)*c.stride]
		s := 0.0
		for j, v := range centers[i*c.D : (i+1)*c.D] {
			f := float32((v - r.Origin[j]) * r.Scale)
			to[j+1] = f
			s += float64(f) * float64(f)
		}
		to[0] = float32(s / 2)
		largest = max(largest, s)
	}
	dummy := c.data[c.K*c.stride:]
	clear(dummy)
	dummy[0] = float32(math.Inf(1))
	c.norm = math.Sqrt(largest) * (1 + 0x1p-40)
}

// Pad fills a list of centres up to the length that Top2 wants: a multiple of 8.
func (c *Centers32) Pad(list []int32) []int32 {
	for len(list)%centers8 != 0 {
		list = append(list, int32(c.K))
	}
	return list
}

// Error bounds how far a score is from ‖c‖²/2 − x·c of the unrounded row and centre,
// for rows of at most that norm. With u = 2⁻²⁴ the rounding of a row changes x·c by at
// most u·‖x‖·‖c‖, that of a centre by as much again and ‖c‖²/2 by u·‖c‖²; each of the d
// multiply-adds and the rounding of ‖c‖²/2 add at most u·(‖x‖·‖c‖+‖c‖²/2). Coordinates
// that underflow are off by 2⁻¹⁵⁰ at most, which the constant covers: rows and centres
// whose norms are below 2⁻²⁰ as well. The factor covers terms of second order in u, and
// the last term the rounding of float64 distances.
func (c *Centers32) Error(norm float32) float64 {
	const u = 0x1p-24
	d, x := float64(c.D), float64(norm)
	return u*((d+4)*x*c.norm+(d+5)*c.norm*c.norm/2)*(1+d*0x1p-20) + d*0x1p-50*(x+c.norm)*(x+c.norm) + d*0x1p-120
}

// Margin bounds, for rows of norm up to top, by how much the second score must exceed
// the best for the nearest centre by Top2 to be the nearest by float64: a·norm + b, in
// float32.
func (c *Centers32) Margin(top float32) (a, b float32) {
	// Error is convex in the norm: its chord from 0 to top is above it.
	const up = 1 + 0x1p-20 // rounding of a·norm + b
	zero, at := c.Error(0), c.Error(top)
	if top > 0 {
		a = roundUp(2 * (at - zero) / float64(top) * up)
	}
	return a, roundUp(2 * zero * up)
}

// Slacks writes, for blocks whose rows have at most these norms, how far ‖x‖² + 2·score
// can be from the squared distance. The error of ‖x‖² is that of rounding the row and of
// d+2 operations.
func (c *Centers32) Slacks(norm, slack []float32) {
	const u, up = 0x1p-24, 1 + 0x1p-20
	d, n := float64(c.D), c.norm
	// 2·Error + u·((d+6)·x² + 4·(x+n)²) = p·x² + q·x + s
	p := u*(d+10) + 2*d*0x1p-50
	q := u*(2*(d+4)*(1+d*0x1p-20)+8)*n + 4*d*0x1p-50*n
	s := u*((d+5)*(1+d*0x1p-20)+4)*n*n + 2*d*0x1p-50*n*n + 2*d*0x1p-120
	p32, q32, s32 := roundUp(p*up), roundUp(q*up), roundUp(s*up)
	for i, x := range norm {
		slack[i] = (p32*x+q32)*x + s32
	}
}

// Top2 scores the rows of blocks lo..hi against the listed centres: score ‖c‖²/2 − x·c,
// which is (‖x−c‖² − ‖x‖²)/2. It writes the least score, the second least and the
// number of the centre with the least (ties to the first of the list) to the first
// 16·(hi−lo) elements of each slice. Where one centre is listed, second is +Inf. The
// list is one that Pad made.
func (r *Rows32) Top2(c *Centers32, list []int32, lo, hi int, best, second []float32, label []int32) {
	if hi <= lo {
		return
	}
	if len(list)%centers8 != 0 || len(list) == 0 {
		panic("kernel: a list of centres that is not padded")
	}
	n := (hi - lo) * Lanes32
	top2(r.Data[lo*Lanes32*r.D:][:n*r.D], r.D, c, list, best[:n], second[:n], label[:n])
}

// top2Plain sums in float64: its error is within the bound.
func top2Plain(x []float32, d int, c *Centers32, list []int32, best, second []float32, label []int32) {
	for b := 0; b < len(best); b += Lanes32 {
		block := x[b*d : (b+Lanes32)*d]
		one, two := (*[Lanes32]float32)(best[b:]), (*[Lanes32]float32)(second[b:])
		at := (*[Lanes32]int32)(label[b:])
		for l := range one {
			one[l], two[l], at[l] = float32(math.Inf(1)), float32(math.Inf(1)), 0
		}
		for _, i := range list {
			if int(i) == c.K {
				continue
			}
			p := c.data[int(i)*c.stride : (int(i)+1)*c.stride]
			var s [Lanes32]float64
			for l := range s {
				s[l] = float64(p[0])
			}
			for j, v := range p[1:] {
				w := float64(v)
				for l, xv := range (*[Lanes32]float32)(block[j*Lanes32:]) {
					s[l] -= float64(xv) * w
				}
			}
			for l, v := range s {
				switch f := float32(v); {
				case f < one[l]:
					one[l], two[l], at[l] = f, one[l], i
				case f < two[l]:
					two[l] = f
				}
			}
		}
	}
}
