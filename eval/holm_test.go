package eval

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/check"
)

// Against statsmodels' multipletests.
func TestHolmLikePeers(t *testing.T) {
	for _, c := range expectRank(t).Holm {
		p := slices.Clone(c.P)
		for i, q := range Holm(p) {
			check.Close(t, "adjusted p", q, c.Adjusted[i], 1e-14)
		}
		if !slices.Equal(p, c.P) {
			t.Error("p was changed")
		}
	}
}

func TestHolmMissing(t *testing.T) {
	q := Holm([]float64{0.04, math.NaN(), 0.01})
	check.Close(t, "largest", q[0], 0.04, 1e-15)
	check.Close(t, "smallest", q[2], 0.02, 1e-15)
	if !math.IsNaN(q[1]) || len(Holm(nil)) != 0 {
		t.Errorf("%v", q)
	}
}

// TestHolmStepDown: q ≤ α is what going down the sorted list and stopping at the first
// p₍ⱼ₎ > α/(m − j + 1) rejects.
func TestHolmStepDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 12).Draw(t, "p")
		alpha := rapid.Float64Range(0.001, 0.5).Draw(t, "alpha")
		q := Holm(p)
		at := ascendingInts(len(p))
		slices.SortStableFunc(at, func(a, b int) int {
			if p[a] < p[b] {
				return -1
			}
			return 1
		})
		rejected := true
		for j, i := range at {
			edge := alpha / float64(len(p)-j)
			if math.Abs(p[i]-edge) < 1e-12 {
				return // rounding decides
			}
			rejected = rejected && p[i] <= edge
			if rejected != (q[i] <= alpha) {
				t.Fatalf("p %g of %v at %g: adjusted %g, step down rejects: %v", p[i], p, alpha, q[i], rejected)
			}
		}
	})
}
