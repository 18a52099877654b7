package features

import (
	"math"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// TestZScore against scikit-learn's StandardScaler.
func TestZScore(t *testing.T) {
	e := expect(t)
	got, mp, warnings := learned(t, &ZScore{}, peerMatrix())
	rowsClose(t, "zscore", got, e.ZScore, 1e-12)
	if len(warnings) != 0 {
		t.Errorf("warnings %q", warnings)
	}
	m := peerMatrix()
	m.Row(2)[0] = math.NaN() // missing stays missing
	if got, err := mp.Apply(m); err != nil || !math.IsNaN(got.Row(2)[0]) || math.IsNaN(got.Row(2)[1]) {
		t.Errorf("missing value: %v %v", got.Row(2), err)
	}
	m = peerMatrix()
	for i := range 10 {
		m.Weights = append(m.Weights, float64(i+1))
	}
	_, mp, _ = learned(t, &ZScore{}, m)
	for j, want := range e.ZScoreWeighted {
		check.Close(t, "weighted sd", mp.(*affine).Scale[j], want, 1e-12)
	}
}

func TestZScoreConstant(t *testing.T) {
	m := peerMatrix()
	for i := range 10 {
		m.Row(i)[2] = 1
	}
	got, _, warnings := learned(t, &ZScore{}, m)
	if _, d := got.Dims(); d != 3 || got.Index("mostly") >= 0 {
		t.Errorf("the constant column stays: %v", columnNames(got.Cols))
	}
	if want := `feature "mostly" is constant (1): dropped, z-score would divide by 0`; len(warnings) != 1 || warnings[0] != want {
		t.Errorf("warnings %q, want %q", warnings, want)
	}
	for i := range m.data {
		m.data[i] = 5
	}
	if _, _, err := (&ZScore{}).Learn(m); err == nil || !strings.Contains(err.Error(), "every feature is constant") {
		t.Errorf("all constant: error %v", err)
	}
}
