package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/mores-lab/mores/features"
)

// lookalikeRanked puts every feature on one scale, whatever its shape: standardised ranks,
// missing in the middle (see rankScale), and beside a feature that is often missing, and as
// often not, whether it is. Features that do not vary are left out, and so is whatever
// repeats another one exactly, which would count it twice.
func lookalikeRanked(x *features.Matrix) (*mat.Dense, error) {
	n, d := x.Dims()
	var cols [][]float64
	seen := map[[4]float64][]int{} // a few values, to find what may be equal
	add := func(c []float64) {
		key := [4]float64{c[0], c[n/3], c[2*n/3], c[n-1]}
		for _, at := range seen[key] {
			same := true
			for i, v := range c {
				if v != cols[at][i] {
					same = false
					break
				}
			}
			if same {
				return
			}
		}
		seen[key] = append(seen[key], len(cols))
		cols = append(cols, c)
	}
	for j := range d {
		if x.Cols[j].Kind == features.Category {
			continue // the order of codes means nothing
		}
		values, gone := make([]float64, n), 0
		for i := range n {
			values[i] = x.Row(i)[j]
			if math.IsNaN(values[i]) {
				gone++
			}
		}
		if s := newRankScale(values); s != nil {
			c := make([]float64, n)
			for i, v := range values {
				c[i] = s.of(v)
			}
			add(c)
		}
		// A flag of fewer than one customer in twenty says less than it costs.
		if p := float64(gone) / float64(n); p >= .05 && p <= .95 {
			c := make([]float64, n)
			for i, v := range values {
				c[i] = -p / math.Sqrt(p*(1-p))
				if math.IsNaN(v) {
					c[i] = (1 - p) / math.Sqrt(p*(1-p))
				}
			}
			add(c)
		}
	}
	if len(cols) == 0 {
		return nil, fmt.Errorf("no feature varies")
	}
	out := mat.NewDense(n, len(cols), nil)
	for j, c := range cols {
		out.SetCol(j, c)
	}
	return out, nil
}
