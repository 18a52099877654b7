package datasets

import (
	"math"
	"testing"
)

// The logarithms are standard normal, within 4 standard errors of 500 draws.
func TestLognormal(t *testing.T) {
	l, _ := shapeOf(t, "lognormal", 0)
	for j := range 2 {
		for i, v := range l.Table.Cols[j].Num {
			l.Table.Cols[j].Num[i] = math.Log(v)
		}
		mean, sd := groupMoments(l, j, -2)
		near(t, "mean of ln", mean, 0, 4/math.Sqrt(500))
		near(t, "sd of ln", sd, 1, 4/math.Sqrt(1000))
	}
}
