package datasets

import (
	"math"
	"testing"
)

// Mean 0 and standard deviation 1, within 4 standard errors of 500 draws.
func TestGaussian(t *testing.T) {
	l, _ := shapeOf(t, "gaussian", 0)
	for j := range 2 {
		mean, sd := groupMoments(l, j, -2)
		near(t, "mean", mean, 0, 4/math.Sqrt(500))
		near(t, "sd", sd, 1, 4/math.Sqrt(1000))
	}
}
