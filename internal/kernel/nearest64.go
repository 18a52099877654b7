package kernel

import "math"

// Sq64 returns ‖a−b‖² = Σ fma(t, t, ·), t = aⱼ−bⱼ, over the coordinates in order: the
// distance by which float64 kernels choose, the same bits at each level.
func Sq64(a, b []float64) float64 {
	b = b[:len(a)]
	s := 0.0
	for j, v := range a {
		t := v - b[j]
		s = math.FMA(t, t, s)
	}
	return s
}

// Centers64 is k centres for exact comparison, packed in groups of 8: coordinate j of
// centre 8g+l is at packed[(g·d+j)·8+l]. The last group is filled up with +Inf.
type Centers64 struct {
	K, D   int
	flat   []float64 // row-major
	packed []float64
}

// Set takes over the row-major centres of d coordinates, reusing memory. It keeps a
// copy.
func (c *Centers64) Set(centers []float64, d int) {
	c.K, c.D = len(centers)/d, d
	c.flat = append(c.flat[:0], centers...)
	groups := (c.K + centers8 - 1) / centers8
	if need := groups * d * centers8; cap(c.packed) < need {
		c.packed = Aligned64(need)
	} else {
		c.packed = c.packed[:need]
	}
	for g := range groups {
		for l := range centers8 {
			i := g*centers8 + l
			for j := range d {
				v := math.Inf(1)
				if i < c.K {
					v = centers[i*d+j]
				}
				c.packed[(g*d+j)*centers8+l] = v
			}
		}
	}
}

// Nearest writes, for each listed row of the row-major x, the number of the nearest
// centre (ties to the first) and the squared distance to it, as Sq64 has it.
func (c *Centers64) Nearest(x []float64, rows, label []int32, dist []float64) {
	if len(rows) > 0 {
		nearest64(c, x, rows, label[:len(rows)], dist[:len(rows)])
	}
}

// Own writes the squared distance of each row of x to the centre of its label, as Sq64
// has it.
func (c *Centers64) Own(x []float64, label []int32, dist []float64) {
	if len(label) > 0 {
		own64(c, x[:len(label)*c.D], label, dist[:len(label)])
	}
}

// Around returns the largest value, 0 at least, of the centres whose squared distance
// from p is below limit. There are as many values as Padded says; those behind the last
// centre do not count.
func (c *Centers64) Around(p, value []float64, limit float64) float64 {
	return around64(c, p[:c.D], value[:c.Padded()], limit)
}

// Padded is the number of centres rounded up to whole groups.
func (c *Centers64) Padded() int { return (c.K + centers8 - 1) / centers8 * centers8 }

func around64Plain(c *Centers64, p, value []float64, limit float64) float64 {
	most := 0.0
	for i := range c.K {
		if Sq64(p, c.flat[i*c.D:(i+1)*c.D]) < limit {
			most = max(most, value[i])
		}
	}
	return most
}

func nearest64Plain(c *Centers64, x []float64, rows, label []int32, dist []float64) {
	for i, r := range rows {
		row := x[int(r)*c.D : (int(r)+1)*c.D]
		best, at := math.Inf(1), int32(0)
		for l := range c.K {
			if s := Sq64(row, c.flat[l*c.D:(l+1)*c.D]); s < best {
				best, at = s, int32(l)
			}
		}
		label[i], dist[i] = at, best
	}
}

func own64Plain(c *Centers64, x []float64, label []int32, dist []float64) {
	for i, l := range label {
		dist[i] = Sq64(x[i*c.D:(i+1)*c.D], c.flat[int(l)*c.D:(int(l)+1)*c.D])
	}
}
