package datasets

import (
	"math"
	"slices"
	"testing"
)

// Mean ½ and standard deviation 1/√12, within 4 standard errors of 500 draws.
func TestUniform(t *testing.T) {
	l, _ := shapeOf(t, "uniform", 0)
	for j := range 2 {
		mean, sd := groupMoments(l, j, -2)
		near(t, "mean", mean, 0.5, 4*0.2887/math.Sqrt(500))
		near(t, "sd", sd, 1/math.Sqrt(12), 0.03)
		if x := l.Table.Cols[j].Num; slices.Min(x) < 0 || slices.Max(x) >= 1 {
			t.Error("outside the cube")
		}
	}
}
