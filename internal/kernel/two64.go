package kernel

import "math"

// Two writes the squared distances, as Sq64 has them, of each row of the row-major x to
// its nearest and its second nearest centre. With one centre the second is +Inf.
func (c *Centers64) Two(x []float64, first, second []float64) {
	if len(first) > 0 {
		two64(c, x, first, second[:len(first)])
	}
}

func two64Plain(c *Centers64, x []float64, first, second []float64) {
	for i := range first {
		row := x[i*c.D : (i+1)*c.D]
		one, two := math.Inf(1), math.Inf(1)
		for l := range c.K {
			s := Sq64(row, c.flat[l*c.D:(l+1)*c.D])
			two = min(two, max(one, s))
			one = min(one, s)
		}
		first[i], second[i] = one, two
	}
}
