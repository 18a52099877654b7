package datasets

import (
	"testing"
)

func TestBlobs(t *testing.T) {
	l, best := shapeOf(t, "blobs", 4)
	if !(best > 0.8 && best <= 1) {
		t.Errorf("best ARI %g", best)
	}
	for g := range 4 {
		_, sd := groupMoments(l, 0, g)
		near(t, "spread", sd, 1, 4/15.8) // 4 standard errors of a standard deviation, 1/√(2·125)
	}
	// Background comes besides, is labelled −1 and changes nothing of the groups.
	g, err := (&Blobs{N: 100, D: 3, K: 2, Spread: 1, Background: 0.2}).Generate(1)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, v := range g.Labelled.Truth[0] {
		if v < 0 {
			n++
		}
	}
	if n != 20 || g.Labelled.Table.Rows() != 120 {
		t.Errorf("%d rows of background among %d", n, g.Labelled.Table.Rows())
	}
	// Two unit Gaussians in one place cannot be told apart.
	if g, err = (&Blobs{N: 2000, D: 1, K: 2, Spread: 1e6}).Generate(1); err != nil || g.BestARI > 0.02 {
		t.Errorf("best ARI of one heap: %g, %v", g.BestARI, err)
	}
}
