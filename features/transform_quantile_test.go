package features

import (
	"math"
	"strings"
	"testing"
)

// TestQuantileScale against scikit-learn's QuantileTransformer(n_quantiles = 5,
// subsample = None): ties, the ends, and values outside what was learned.
func TestQuantileScale(t *testing.T) {
	e := expect(t)
	uniform, mp, _ := learned(t, &QuantileScale{Quantiles: 5, Output: "uniform"}, peerMatrix())
	rowsClose(t, "uniform", uniform, e.QuantileUniform, 1e-12)
	normal, _, _ := learned(t, &QuantileScale{Quantiles: 5, Output: "normal"}, peerMatrix())
	rowsClose(t, "normal", normal, e.QuantileNormal, 1e-7) // both ends are Φ⁻¹ near 1e-7
	fresh := NewMatrix(2, peerMatrix().Cols, []float64{0, 1.5, 3, 0, 1000, 8, 9, -9})
	got, err := mp.Apply(fresh)
	if err != nil {
		t.Fatal(err)
	}
	rowsClose(t, "new rows", got, e.QuantileNew, 1e-12)
	fresh.Row(0)[1] = math.NaN()
	if got, _ := mp.Apply(fresh); !math.IsNaN(got.Row(0)[1]) {
		t.Error("a missing value got a rank")
	}
}

func TestQuantileScaleRefuses(t *testing.T) {
	for want, o := range map[string]*QuantileScale{
		`output_distribution = "cauchy"`: {Quantiles: 5, Output: "cauchy"},
		"n_quantiles = 1":                {Quantiles: 1, Output: "normal"},
	} {
		if _, _, err := o.Learn(peerMatrix()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
