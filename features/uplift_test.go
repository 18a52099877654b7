package features

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// Computed by statsmodels: proportions_ztest, and confint_proportions_2indep with
// method="newcomb".
func TestTwoProportions(t *testing.T) {
	for _, c := range expectJourney(t).Proportions {
		got := TwoProportions(c.K1, c.N1, c.K0, c.N0, 0.95)
		check.Close(t, "z", got.Z, c.Z, 1e-12)
		check.Close(t, "p", got.P, c.P, 1e-12)
		check.Close(t, "lo", got.Lo, c.Lo, 1e-12)
		check.Close(t, "hi", got.Hi, c.Hi, 1e-12)
	}
	if z := TwoProportions(0, 5, 0, 9, 0.95).Z; !math.IsNaN(z) {
		t.Errorf("nobody responds: z = %g, want NaN", z)
	}
}

// Computed by statsmodels: CompareMeans.ztest_ind and zconfint_diff, usevar="unequal".
func TestUpliftOfAmounts(t *testing.T) {
	w := expectJourney(t).Welch
	y := slices.Concat(w.Treated, w.Control)
	treated := make([]bool, len(y))
	for i := range w.Treated {
		treated[i] = true
	}
	got, err := UpliftBySegment(nil, treated, y, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got.Binary || len(got.Segments) != 0 {
		t.Errorf("binary %v, %d segments", got.Binary, len(got.Segments))
	}
	check.Close(t, "z", got.All.Z, w.Z, 1e-10)
	check.Close(t, "p", got.All.P, w.P, 1e-10)
	check.Close(t, "lo", got.All.Lo, w.Lo, 1e-10)
	check.Close(t, "hi", got.All.Hi, w.Hi, 1e-10)
	// In pence the uplift is 100 times as much, and the test is the same.
	for i := range y {
		y[i] *= 100
	}
	pence, err := UpliftBySegment(nil, treated, y, 0)
	if err != nil {
		t.Fatal(err)
	}
	check.Close(t, "uplift in pence", pence.All.Uplift, 100*got.All.Uplift, 1e-10)
	check.Close(t, "z in pence", pence.All.Z, got.All.Z, 1e-10)
}

// hillstrom reads K. Hillstrom's randomised e-mail test (MineThatData 2008): the mails,
// visit, conversion, spend, and the channel customers bought on before.
func hillstrom(t testing.TB) (mail, channel []string, outcome map[string][]float64) {
	t.Helper()
	outcome = map[string][]float64{}
	for _, r := range rows(t, "data/hillstrom/hillstrom.csv.gz") {
		mail = append(mail, r[8])
		channel = append(channel, r[7])
		for i, n := range []string{"visit", "conversion", "spend"} {
			x, err := strconv.ParseFloat(r[9+i], 64)
			if err != nil {
				t.Fatal(err)
			}
			outcome[n] = append(outcome[n], x)
		}
	}
	return mail, channel, outcome
}

// The overall means are published (pyuplift's documentation of the set); group sizes,
// uplifts and z were computed from the file.
func TestHillstrom(t *testing.T) {
	mail, channel, outcome := hillstrom(t)
	for n, want := range map[string]float64{"visit": 0.14678, "conversion": 0.00903, "spend": 1.05091} {
		var s float64
		for _, y := range outcome[n] {
			s += y
		}
		check.Close(t, "mean "+n, s/float64(len(mail)), want, 1e-5)
	}
	sizes := map[string]int{}
	for _, m := range mail {
		sizes[m]++
	}
	if sizes["Mens E-Mail"] != 21307 || sizes["Womens E-Mail"] != 21387 || sizes["No E-Mail"] != 21306 {
		t.Errorf("groups %v", sizes)
	}
	for _, c := range []struct {
		mail, outcome string
		uplift, z     float64
	}{
		{"Mens E-Mail", "visit", 0.07659, 22.486},
		{"Womens E-Mail", "visit", 0.045233, 13.949},
		{"Mens E-Mail", "conversion", 0.006805, 7.385},
		{"Womens E-Mail", "conversion", 0.003111, 3.78},
		{"Mens E-Mail", "spend", 0.769827, 0},
		{"Womens E-Mail", "spend", 0.424412, 0},
	} {
		var treated []bool
		var y []float64
		var by []string
		for i, m := range mail {
			if m == c.mail || m == "No E-Mail" {
				treated = append(treated, m == c.mail)
				y = append(y, outcome[c.outcome][i])
				by = append(by, channel[i])
			}
		}
		got, err := UpliftBySegment(by, treated, y, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		check.Close(t, c.mail+" "+c.outcome, got.All.Uplift, c.uplift, 1e-5)
		if c.z != 0 {
			check.Close(t, c.mail+" "+c.outcome+" z", got.All.Z, c.z, 5e-4)
		}
		// The segments' responses, weighted, are everybody's.
		var n, sum float64
		for _, s := range got.Segments {
			n += float64(s.Treated)
			sum += float64(s.Treated) * s.Response
			if s.Q < s.P {
				t.Errorf("%s: adjusted p %g below %g", s.Segment, s.Q, s.P)
			}
		}
		if len(got.Segments) != 3 {
			t.Errorf("%d segments, want Multichannel, Phone and Web", len(got.Segments))
		}
		check.Close(t, "response over segments", sum/n, got.All.Response, 1e-12)
		if c.outcome == "visit" {
			for _, s := range got.Segments {
				if k := got.Type(s, 0.05, 0.02); k != Persuadable {
					t.Errorf("%s is %s", s.Segment, k)
				}
			}
		}
	}
}

func TestUpliftTypes(t *testing.T) {
	table := UpliftTable{All: SegmentUplift{Baseline: 0.2}}
	for want, s := range map[string]SegmentUplift{
		Persuadable: {Uplift: 0.1, Lo: 0.05, Hi: 0.15, Q: 0.01, Baseline: 0.2},
		SleepingDog: {Uplift: -0.1, Lo: -0.15, Hi: -0.05, Q: 0.01, Baseline: 0.2},
		SureThing:   {Uplift: 0, Lo: -0.01, Hi: 0.01, Q: 0.9, Baseline: 0.4},
		LostCause:   {Uplift: 0, Lo: -0.01, Hi: 0.01, Q: 0.9, Baseline: 0.1},
		Undecided:   {Uplift: 0.02, Lo: -0.1, Hi: 0.14, Q: 0.7, Baseline: 0.2},
	} {
		if got := table.Type(s, 0.05, 0.02); got != want {
			t.Errorf("%+v is %s, want %s", s, got, want)
		}
	}
	nan := math.NaN()
	if got := table.Type(SegmentUplift{Uplift: nan, Lo: nan, Hi: nan, Q: nan}, 0.05, 0.02); got != Undecided {
		t.Errorf("without a control group: %s", got)
	}
}

func TestUpliftRefuses(t *testing.T) {
	for want, f := range map[string]func() (UpliftTable, error){
		"without a control group": func() (UpliftTable, error) { return UpliftBySegment(nil, []bool{true, true}, []float64{0, 1}, 0) },
		"none of the 1":           func() (UpliftTable, error) { return UpliftBySegment(nil, []bool{false}, []float64{0}, 0) },
		"outcome of customer 1":   func() (UpliftTable, error) { return UpliftBySegment(nil, []bool{true, false}, []float64{0, nan()}, 0) },
		"level = 2":               func() (UpliftTable, error) { return UpliftBySegment(nil, []bool{true, false}, []float64{0, 1}, 2) },
		"have a segment": func() (UpliftTable, error) {
			return UpliftBySegment([]string{"a"}, []bool{true, false}, []float64{0, 1}, 0)
		},
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	got, err := UpliftBySegment([]string{"a", "a", "b", "c", "c"}, []bool{true, false, true, false, false}, []float64{1, 0, 1, 1, 0}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if b, c := got.Segments[1], got.Segments[2]; b.Reason == "" || c.Reason == "" || !math.IsNaN(b.Uplift) || !math.IsNaN(c.Q) || b.Response != 1 || c.Baseline != 0.5 {
		t.Errorf("segments without an arm: %+v, %+v", b, c)
	}
}
