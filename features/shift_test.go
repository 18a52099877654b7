package features

import (
	"math"
	"testing"
	"time"

	"github.com/mores-lab/mores/internal/check"
)

func oneColumn(xs ...float64) *Matrix {
	return NewMatrix(len(xs), []Column{{Name: "x", Block: "b"}}, xs)
}

// The statistic is scipy.stats.ks_2samp's and the p-value scipy.special.kolmogorov's
// at √(nm/(n+m)) D (SciPy 1.17.1).
func TestShiftsKS(t *testing.T) {
	a := oneColumn(0.1, 0.4, 0.7, 1.2, 1.9, 2.2, 2.8, 3.1, 3.3, 4.0, 4.4, 5.1, nan())
	b := oneColumn(0.9, 1.5, 2.5, 3.2, 3.6, 4.1, 4.7, 5.2, 5.9, 6.4)
	s, err := Shifts(a, b)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "D", s[0].KS, 0.36666666666666664, 1e-15)
	check.Close(t, "p", s[0].P, 0.4557254683598893, 1e-12)
	check.Close(t, "median before", s[0].Before, 2.5, 1e-15)
	check.Close(t, "median after", s[0].After, 3.85, 1e-12)
}

// By hand: 20 values whose tenths hold two each; afterwards all twenty lie in the
// last tenth. Shares are (k + ½)/20.5.
func TestShiftsPSI(t *testing.T) {
	var a, b []float64
	for i := range 20 {
		a = append(a, float64(i))
		b = append(b, 100)
	}
	s, err := Shifts(oneColumn(a...), oneColumn(b...))
	if err != nil {
		t.Fatal(err)
	}
	p, none, all := 2.5/20.5, 0.5/20.5, 1.0
	want := 9*(none-p)*math.Log(none/p) + (all-p)*math.Log(all/p)
	check.Close(t, "PSI", s[0].PSI, want, 1e-12)
	check.Close(t, "D", s[0].KS, 1, 0)
	if s, _ = Shifts(oneColumn(a...), oneColumn(a...)); s[0].PSI != 0 || s[0].KS != 0 || s[0].P != 1 {
		t.Errorf("nothing moved, and yet %+v", s[0])
	}
	// Missing values are a bin of their own.
	for i := range 10 {
		b[i], b[10+i] = nan(), a[10+i]
	}
	if s, _ = Shifts(oneColumn(a...), oneColumn(b...)); !(s[0].PSI > 1) {
		t.Errorf("half of the values are gone: PSI %g", s[0].PSI)
	}
	if _, err := Shifts(oneColumn(1), NewMatrix(1, []Column{{Name: "y"}}, nil)); err == nil {
		t.Error("two columns of different names were compared")
	}
}

// Prices that double in the second half move the money and not the number of
// purchases.
func TestShiftReport(t *testing.T) {
	events := btyd(5, 1500)
	mid := time.Date(2024, 9, 30, 0, 0, 0, 0, time.UTC) // the halves meet on that day or beside it
	for i := range events {
		if events[i].Time >= mid.UnixMicro() {
			events[i].Amount *= 4
			events[i].Price *= 4
		}
	}
	r, err := NewRecipe("r", "rfm", "trend")
	if err != nil {
		t.Fatal(err)
	}
	s, at, err := ShiftReport(t.Context(), logOf(fullMeta(time.Time{}), events), r, 2)
	if err != nil {
		t.Fatal(err)
	}
	if at.Sub(mid).Abs() > 72*time.Hour {
		t.Errorf("the halves meet on %s", at)
	}
	for _, c := range s[0].Columns {
		switch c.Name {
		case "monetary_mean":
			if !(c.PSI > 0.25 && c.KS > 0.3 && c.After > 3*c.Before && c.P < 1e-6) {
				t.Errorf("%+v", c)
			}
		case "frequency":
			if c.PSI > 1 {
				t.Errorf("%+v", c)
			}
		}
	}
	if s[1].Block != "trend" || s[1].Reason == "" && len(s[1].Columns) == 0 {
		t.Errorf("%+v", s[1])
	}
}
