package eval

import (
	"context"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// scikit-learn's index over all pairs, and a jackknife written out in Python.
func TestResampleARI(t *testing.T) {
	for _, c := range readStability(t).Stability {
		again := &refits{}
		for b := range c.Rows {
			again.fits = append(again.fits, newRefit(len(c.Labels), c.Rows[b], c.Refits[b]))
		}
		s, err := refitAgreement(context.Background(), "resample ARI", &Input{}, again)
		if err != nil || !s.Defined() {
			t.Fatal(c.Name, err, s.Reason)
		}
		check.Close(t, c.Name, s.Value, c.Pairs.ARI, 1e-9)
		check.Close(t, c.Name+", from", *s.Lo, c.Pairs.Interval[0], 1e-9)
		check.Close(t, c.Name+", to", *s.Hi, c.Pairs.Interval[1], 1e-9)
	}
	apart, heap := refitGroups(200, 3, 8, 3, 3), refitGroups(200, 3, 0, 5, 3)
	if a, b := scoreOf(t, "resample_ari", apart), scoreOf(t, "resample_ari", heap); a.Value < 0.95 || b.Value > 0.7 {
		t.Errorf("groups apart %s, one heap %s", a.text(), b.text())
	}
}
