package datasets

import (
	"math"
	"testing"
)

func TestCircles(t *testing.T) {
	l, best := shapeOf(t, "circles", 2)
	if best < 0.99 {
		t.Errorf("best ARI %g", best)
	}
	for i, g := range l.Truth[0] {
		r := math.Hypot(l.Table.Cols[0].Num[i], l.Table.Cols[1].Num[i])
		near(t, "radius", r, []float64{1, 0.5}[g], 0.25) // five standard deviations
	}
}
