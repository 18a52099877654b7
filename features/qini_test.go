package features

import (
	"math/rand/v2"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

func treatedOf(w []float64) []bool {
	out := make([]bool, len(w))
	for i, x := range w {
		out[i] = x == 1
	}
	return out
}

// From the test suite of scikit-uplift, sklift/tests/test_metrics.py: all six cases, of
// the time when outcomes need not be 0 and 1.
func TestQiniSuite(t *testing.T) {
	for i, c := range []struct {
		y, u, w      []float64
		uplift, qini float64
	}{
		{[]float64{1, 1}, []float64{0.1, 0.3}, []float64{0, 1}, 1, 1},
		{[]float64{1, 1}, []float64{0.1, 0.3}, []float64{1, 0}, -1, 0},
		{[]float64{0, 1}, []float64{0.1, 0.3}, []float64{1, 0}, 0, 1},
		{[]float64{1, 0}, []float64{0.1, 0.3}, []float64{0, 1}, 1, 1},
		{[]float64{0, 1, 2}, []float64{0.1, 0.3, 0.9}, []float64{0, 1, 0}, -1.333333, -0.5},
		{[]float64{0, 1, 2}, []float64{0.1, 0.3, 0.9}, []float64{1, 0, 1}, 1.333333, 0.75},
	} {
		for what, f := range map[string]struct {
			auc  func(y, score []float64, treated []bool) (float64, error)
			want float64
		}{"uplift": {UpliftAUC, c.uplift}, "qini": {QiniAUC, c.qini}} {
			got, err := f.auc(c.y, c.u, treatedOf(c.w))
			if err != nil {
				t.Errorf("case %d, %s: %v", i, what, err)
				continue
			}
			check.Close(t, what, got, f.want, 1e-6)
		}
	}
}

// Computed by scikit-uplift on scores with ties.
func TestQiniCurves(t *testing.T) {
	for _, c := range expectJourney(t).Qini {
		treated := treatedOf(c.W)
		q, err := QiniCurve(c.Y, c.U, treated)
		if err != nil {
			t.Fatal(err)
		}
		u, err := UpliftCurve(c.Y, c.U, treated)
		if err != nil {
			t.Fatal(err)
		}
		floatsClose(t, "qini x", q.N, c.QiniX)
		floatsClose(t, "qini y", q.Gain, c.QiniY)
		floatsClose(t, "uplift x", u.N, c.UpliftX)
		floatsClose(t, "uplift y", u.Gain, c.UpliftY)
		auc, err := UpliftAUC(c.Y, c.U, treated)
		if err != nil {
			t.Fatal(err)
		}
		check.Close(t, "uplift AUC", auc, c.UpliftAUC, 1e-10)
		if auc, err = QiniAUC(c.Y, c.U, treated); err != nil {
			t.Fatal(err)
		}
		check.Close(t, "qini AUC", auc, c.QiniAUC, 1e-10)
		best, err := PerfectQiniCurve(c.Y, treated, false)
		if err != nil {
			t.Fatal(err)
		}
		floatsClose(t, "perfect without negative effects", best.N, c.NoNegativeX)
		check.Close(t, "AUC without negative effects", (q.Area()-best.Random())/(best.Area()-best.Random()), c.NoNegativeAU, 1e-10)

		// The order of rows and a rising function of the score change nothing.
		rng := rand.New(rand.NewPCG(1, 1))
		y, s, w := make([]float64, len(c.Y)), make([]float64, len(c.Y)), make([]bool, len(c.Y))
		for i, k := range rng.Perm(len(c.Y)) {
			y[i], s[i], w[i] = c.Y[k], 3*c.U[k]-7, treated[k]
		}
		moved, err := QiniAUC(y, s, w)
		if err != nil {
			t.Fatal(err)
		}
		check.Close(t, "moved", moved, c.QiniAUC, 1e-10)
	}
}

func TestQiniUndefined(t *testing.T) {
	if _, err := QiniAUC([]float64{0, 0}, []float64{1, 2}, []bool{true, false}); err == nil {
		t.Error("nobody responds, and there is a Qini coefficient")
	}
	if _, err := UpliftAUC([]float64{0, nan()}, []float64{1, 2}, []bool{true, false}); err == nil {
		t.Error("a missing outcome passes")
	}
	if _, err := QiniCurve(nil, nil, nil); err == nil {
		t.Error("nothing has a curve")
	}
	if _, err := PerfectQiniCurve([]float64{0, 1}, []bool{true, false}, false); err == nil {
		t.Error("a harmful treatment has a perfect curve without negative effects")
	}
}

func floatsClose(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		check.Close(t, what, got[i], want[i], 1e-10)
	}
}
