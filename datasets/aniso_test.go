package datasets

import (
	"math"
	"testing"
)

// The map's singular values are those of [[.6, −.6], [−.4, .8]]: 1.2170 and .1972
// (numpy.linalg.svd), so a group is six times as long as wide.
func TestAniso(t *testing.T) {
	l, best := shapeOf(t, "aniso", 3)
	if !(best > 0.6 && best <= 1) {
		t.Errorf("best ARI %g", best)
	}
	for g := range 3 {
		_, sx := groupMoments(l, 0, g)
		_, sy := groupMoments(l, 1, g)
		near(t, "spread of x1", sx, math.Sqrt(0.72), 0.2) // √(.6² + .6²)
		near(t, "spread of x2", sy, math.Sqrt(0.80), 0.2) // √(.4² + .8²)
	}
}
