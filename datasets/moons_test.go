package datasets

import (
	"math"
	"testing"
)

func TestMoons(t *testing.T) {
	l, best := shapeOf(t, "moons", 2)
	if best < 0.99 {
		t.Errorf("best ARI %g: at this noise the moons do not touch", best)
	}
	// Every row lies within five standard deviations of its own half circle.
	for i, g := range l.Truth[0] {
		x, y := l.Table.Cols[0].Num[i], l.Table.Cols[1].Num[i]
		if g == 1 {
			x, y = 1-x, 0.5-y
		}
		if r := math.Hypot(x, y); math.Abs(r-1) > 0.35 || y < -0.35 {
			t.Errorf("row %d lies at (%.2f, %.2f) of its circle", i, x, y)
		}
	}
	if g, err := (&Moons{N: 1000, Noise: 0.5}).Generate(1); err != nil || g.BestARI > 0.7 {
		t.Errorf("with noise .5: best ARI %g, %v", g.BestARI, err)
	}
}
