package features

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// journeyExpected is testdata/journey.json: what eval/peers/journey_expected.py wrote
// (statsmodels, scikit-uplift, NumPy; their versions in the file).
type journeyExpected struct {
	Adjust      []struct{ P, Q []float64 }
	Proportions []struct {
		K1, N1, K0, N0 int
		Z, P, Lo, Hi   float64
	}
	Welch struct {
		Treated, Control []float64
		Z, P, Lo, Hi     float64
	}
	Qini []struct {
		Y, U, W      []float64
		UpliftAUC    float64   `json:"uplift_auc"`
		QiniAUC      float64   `json:"qini_auc"`
		QiniX        []float64 `json:"qini_x"`
		QiniY        []float64 `json:"qini_y"`
		UpliftX      []float64 `json:"uplift_x"`
		UpliftY      []float64 `json:"uplift_y"`
		NoNegativeX  []float64 `json:"no_negative_x"`
		NoNegativeAU float64   `json:"no_negative_auc"`
	}
	Markov struct {
		Counts, P, Fundamental, Absorption [][]float64
		Smoothing                          float64
		Steps, Removal, Occupancy          []float64
		StepsTo                            []float64 `json:"steps_to"`
		Simulated                          struct {
			Runs, Bought, Steps float64
			StepsBought         float64 `json:"steps_bought"`
		}
	}
	Beta struct {
		K, N        []int
		Alpha, Beta float64
	}
}

func expectJourney(t testing.TB) (e journeyExpected) {
	t.Helper()
	js, err := os.ReadFile("testdata/journey.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// Computed by statsmodels.stats.multitest.multipletests(method="fdr_bh").
func TestBenjaminiHochberg(t *testing.T) {
	for _, c := range expectJourney(t).Adjust {
		got := BenjaminiHochberg(c.P)
		for i, q := range c.Q {
			check.Close(t, "q", got[i], q, 1e-12)
		}
		// A test that could not be made changes nothing of the others.
		with := BenjaminiHochberg(append([]float64{math.NaN()}, c.P...))
		if !math.IsNaN(with[0]) || !slices.Equal(with[1:], got) {
			t.Errorf("NaN beside them: %v, want %v", with[1:], got)
		}
	}
	if len(BenjaminiHochberg(nil)) != 0 {
		t.Error("no tests give something")
	}
}
