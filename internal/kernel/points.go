package kernel

import "math"

// lanes is how many points are compared with a row at once: four independent sums
// hide the latency of an addition (4 cycles on current x86).
const lanes = 4

// Points is k points of d coordinates, packed four by four so that one pass over a
// row meets four points: group g holds coordinate j of point 4g+l at (g·d+j)·4+l.
// The last group is filled up with +Inf, which is never nearest.
type Points struct {
	k, d   int
	packed []float64
}

// NewPoints packs k = len(p)/d row-major points.
func NewPoints(p []float64, d int) *Points {
	c := &Points{d: d}
	c.Set(p)
	return c
}

// Set packs other points of the same width, reusing the memory.
func (c *Points) Set(p []float64) {
	c.k = len(p) / c.d
	groups := (c.k + lanes - 1) / lanes
	if need := groups * c.d * lanes; cap(c.packed) < need {
		c.packed = make([]float64, need)
	} else {
		c.packed = c.packed[:need]
	}
	for g := range groups {
		for j := range c.d {
			for l := range lanes {
				v := math.Inf(1)
				if i := g*lanes + l; i < c.k {
					v = p[i*c.d+j]
				}
				c.packed[(g*c.d+j)*lanes+l] = v
			}
		}
	}
}

// Len returns the number of points.
func (c *Points) Len() int { return c.k }

// group returns the squared distances from row to the four points of packed group p.
func group(row, p []float64) (s0, s1, s2, s3 float64) {
	p = p[: len(row)*lanes : len(row)*lanes]
	for _, v := range row {
		if len(p) < lanes { // never: it spares three bounds checks
			break
		}
		a, b, c, d := v-p[0], v-p[1], v-p[2], v-p[3]
		s0 += a * a
		s1 += b * b
		s2 += c * c
		s3 += d * d
		p = p[lanes:]
	}
	return s0, s1, s2, s3
}

// Nearest writes, for each row of x, the number of the nearest point (ties to the
// first) and the squared distance ‖x−p‖² to it.
func (c *Points) Nearest(x []float64, label []int32, dist []float64) {
	d, size := c.d, c.d*lanes
	for i := range label {
		row := x[i*d : i*d+d : i*d+d]
		best, at := math.Inf(1), int32(0)
		for g, p := int32(0), c.packed; len(p) >= size; g, p = g+lanes, p[size:] {
			s0, s1, s2, s3 := group(row, p)
			if s0 < best {
				best, at = s0, g
			}
			if s1 < best {
				best, at = s1, g+1
			}
			if s2 < best {
				best, at = s2, g+2
			}
			if s3 < best {
				best, at = s3, g+3
			}
		}
		label[i], dist[i] = at, best
	}
}

// Potentials adds to pot[t] the weighted sum over the rows of
// min(closest[i], ‖xᵢ−pₜ‖²): what k-means++ would be left with after choosing
// point t. A nil w weighs each row 1.
func (c *Points) Potentials(x, closest, w, pot []float64) {
	d, size := c.d, c.d*lanes
	var buf [lanes]float64
	for i, near := range closest {
		row := x[i*d : i*d+d : i*d+d]
		wi := 1.0
		if w != nil {
			wi = w[i]
		}
		t := 0
		for p := c.packed; len(p) >= size; p = p[size:] {
			buf[0], buf[1], buf[2], buf[3] = group(row, p)
			for l := 0; l < lanes && t < len(pot); l++ {
				pot[t] += wi * min(near, buf[l])
				t++
			}
		}
	}
}

// Sq returns ‖a−b‖², summed in order.
func Sq(a, b []float64) float64 {
	b = b[:len(a)]
	s := 0.0
	for j, v := range a {
		t := v - b[j]
		s += t * t
	}
	return s
}

// SqBelow is Sq that may stop as soon as the sum exceeds limit: the result is exact
// where it is ≤ limit, and some number above limit elsewhere.
func SqBelow(a, b []float64, limit float64) float64 {
	s := 0.0
	for len(a) >= 8 && len(b) >= 8 {
		for j := range 8 {
			t := a[j] - b[j]
			s += t * t
		}
		if s > limit {
			return s
		}
		a, b = a[8:], b[8:]
	}
	b = b[:len(a)]
	for j, v := range a {
		t := v - b[j]
		s += t * t
	}
	return s
}
