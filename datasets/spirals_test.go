package datasets

import (
	"math"
	"testing"
)

func TestSpirals(t *testing.T) {
	l, best := shapeOf(t, "spirals", 3)
	if best < 0.99 {
		t.Errorf("best ARI %g", best)
	}
	// Unwound by its arm's turn, each row has angle 0 up to the noise.
	for i, g := range l.Truth[0] {
		x, y := l.Table.Cols[0].Num[i], l.Table.Cols[1].Num[i]
		u := math.Hypot(x, y)
		a := math.Atan2(y, x) - 2*math.Pi*u*0.9 - 2*math.Pi*float64(g)/3
		a = math.Remainder(a, 2*math.Pi)
		// The noise moves the row sideways and along u, which turns the arm too.
		if math.Abs(a)*u > 5*0.02*(1+2*math.Pi*0.9*u) {
			t.Errorf("row %d of arm %d is off by %.3f", i, g, a*u)
		}
	}
}
