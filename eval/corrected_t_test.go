package eval

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/check"
)

// Against SciPy's Student distribution and baycomp's correlated t-test.
func TestCorrectedTLikePeers(t *testing.T) {
	e := expectRank(t)
	baycomp := 0
	for i, c := range e.CorrectedT {
		name := "case " + strconv.Itoa(i)
		got, err := CorrectedResampledT(c.D, c.Train, c.Test, 0.05)
		if err != nil {
			t.Fatal(err)
		}
		check.Close(t, name+" t", got.T, c.T, 1e-10)
		check.Close(t, name+" p", got.P, c.P, 1e-10)
		check.Close(t, name+" lo", got.Lo, c.Lo, 1e-9)
		check.Close(t, name+" hi", got.Hi, c.Hi, 1e-9)
		if c.Baycomp != nil {
			baycomp++
			check.Close(t, name+" p of baycomp", got.P, *c.Baycomp, 1e-9)
		}
	}
	if baycomp < 2 {
		t.Errorf("baycomp has %d cases", baycomp)
	}
	// scikit-learn's example prints t = 0.750 and, of one side, p = 0.227.
	got, err := CorrectedResampledT(e.Example.D, e.Example.Train, e.Example.Test, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "scikit-learn's t", got.T, 0.750, 0.0006)
	check.Close(t, "scikit-learn's p", got.P/2, 0.227, 0.0006)
}

// By hand: 1, 2, 3 of 2 to 1 customers: mean 2, s² = 1, variance 1/3 + 1/2.
func TestCorrectedTByHand(t *testing.T) {
	c, err := CorrectedResampledT([]float64{1, 2, 3}, 2, 1, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "mean", c.Mean, 2, 1e-15)
	check.Close(t, "t", c.T, 2/math.Sqrt(5.0/6), 1e-14)
	// Student's tail on two degrees of freedom has a closed form: 1 − t/√(2 + t²).
	check.Close(t, "p", c.P, 1-c.T/math.Sqrt(2+c.T*c.T), 1e-12)
}

func TestCorrectedTRelations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SliceOfN(rapid.Float64Range(-1, 1), 2, 30).Draw(t, "d")
		train, test := rapid.IntRange(1, 500).Draw(t, "train"), rapid.IntRange(1, 500).Draw(t, "test")
		c, err := CorrectedResampledT(d, train, test, 0.05)
		if err != nil {
			t.Fatal(err)
		}
		back, twice := make([]float64, len(d)), append(append([]float64(nil), d...), d...)
		for i, x := range d {
			back[len(d)-1-i] = -x
		}
		b, _ := CorrectedResampledT(back, train, test, 0.05)
		if (c.Reason == "") != (b.Reason == "") {
			t.Fatalf("%+v, and turned round %+v", c, b)
		}
		if c.Reason != "" {
			return
		}
		if math.Abs(c.T+b.T) > 1e-9*max(1, math.Abs(c.T)) || !(c.P >= 0 && c.P <= 1) || !(c.Lo <= c.Mean && c.Mean <= c.Hi) {
			t.Fatalf("%+v, and turned round %+v", c, b)
		}
		if inside := c.Lo <= 0 && 0 <= c.Hi; inside != (c.P >= 0.05) && math.Abs(c.P-0.05) > 1e-9 {
			t.Fatalf("p and the interval disagree: %+v", c)
		}
		// The same resamples twice over bring next to nothing: s²·test/train stays.
		w, err := CorrectedResampledT(twice, train, test, 0.05)
		if _, sd := moments(twice); err != nil || w.SE < sd*math.Sqrt(float64(test)/float64(train)) {
			t.Fatalf("%d resamples have a standard error of %g (%v)", len(twice), w.SE, err)
		}
	})
}

func TestCorrectedTLimits(t *testing.T) {
	c, err := CorrectedResampledT([]float64{0.1 + 0.2, 0.3, 0.3}, 2, 1, 0.05)
	if err != nil || !strings.Contains(c.Reason, "0.3 in all 3 resamples") || c.P != 0 {
		t.Errorf("no spread: %+v (%v)", c, err)
	}
	if c, err := CorrectedResampledT([]float64{0, 0}, 2, 1, 0.05); err != nil || c.Reason == "" {
		t.Errorf("no difference: %+v (%v)", c, err)
	}
	for want, f := range map[string]func() (CorrectedT, error){
		"two resamples": func() (CorrectedT, error) { return CorrectedResampledT([]float64{1}, 2, 1, 0.05) },
		"0 to judge by": func() (CorrectedT, error) { return CorrectedResampledT([]float64{1, 2}, 2, 0, 0.05) },
		"difference 1":  func() (CorrectedT, error) { return CorrectedResampledT([]float64{1, math.NaN()}, 2, 1, 0.05) },
		"alpha = 0":     func() (CorrectedT, error) { return CorrectedResampledT([]float64{1, 2}, 2, 1, 0) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
