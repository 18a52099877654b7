package datasets

import "testing"

func TestVaried(t *testing.T) {
	l, best := shapeOf(t, "varied", 3)
	if !(best > 0.7 && best <= 1) {
		t.Errorf("best ARI %g", best)
	}
	for g, want := range []float64{0.6, 1.2, 2.4} {
		_, sd := groupMoments(l, 1, g)
		near(t, "spread", sd, want, want*4/18.2) // 4 standard errors, 1/√(2·166)
	}
}
