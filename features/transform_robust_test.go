package features

import (
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// TestRobust against SciPy's median_abs_deviation(scale = "normal") and, for the
// column whose MAD is 0, NumPy's percentiles.
func TestRobust(t *testing.T) {
	e := expect(t)
	_, mp, warnings := learned(t, &Robust{}, peerMatrix())
	a := mp.(*affine)
	for j, w := range e.Robust {
		check.Close(t, "median", a.Center[j], w.Median, 1e-12)
		want := w.MAD
		if want == 0 {
			want = w.IQR
		}
		check.Close(t, "scale", a.Scale[j], want, 1e-9)
		check.Close(t, "IQR", e.RobustIQR[j]/iqrToSD, w.IQR, 1e-12) // scikit-learn's RobustScaler agrees
	}
	if len(warnings) != 1 || lacks(warnings, `feature "mostly": over half of its values are equal, or all but (MAD 0): scaled by IQR/1.349 = 0.556`) {
		t.Errorf("warnings %q", warnings)
	}
}

// TestRobustMeanDeviation: one value in ten differs, so MAD and IQR are both 0: the
// mean deviation is 0.1·3, times √(π/2).
func TestRobustMeanDeviation(t *testing.T) {
	m := peerMatrix()
	for i := range 10 {
		m.Row(i)[2] = 0
	}
	m.Row(4)[2] = 3
	got, mp, warnings := learned(t, &Robust{}, m)
	check.Close(t, "scale", mp.(*affine).Scale[2], 0.3*1.2533141373155001, 1e-12)
	check.Close(t, "value", got.Row(4)[2], 3/(0.3*1.2533141373155001), 1e-12)
	if lacks(warnings, "MAD and IQR 0") {
		t.Errorf("warnings %q", warnings)
	}
	// All but equal: a MAD of 1e-9 must not blow the column up.
	for i := range 10 {
		m.Row(i)[2] += 1e-9 * float64(i)
	}
	if got, _, _ = learned(t, &Robust{}, m); got.Row(4)[2] > 10 {
		t.Errorf("a column of all but equal values is scaled to %g", got.Row(4)[2])
	}
	m.Weights = make([]float64, 10)
	if _, _, err := (&Robust{}).Learn(m); err == nil {
		t.Error("weights are no error")
	}
}
