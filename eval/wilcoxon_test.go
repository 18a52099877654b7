package eval

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/check"
)

// demsarAUC is table 6 of Demšar 2006 (JMLR 7:1–30): areas under the curve of C4.5 and its
// variants with m, cf, and both, on 14 data sets. The average ranks he prints come out of
// it, and the sums of signed ranks of its first two columns (table 2). He prints .975 twice
// in one row and ranks them 2 and 3: .97501 stands for the digits that were not printed.
var demsarAUC = [][]float64{
	{0.763, 0.768, 0.771, 0.798},
	{0.599, 0.591, 0.590, 0.569},
	{0.954, 0.971, 0.968, 0.967},
	{0.628, 0.661, 0.654, 0.657},
	{0.882, 0.888, 0.886, 0.898},
	{0.936, 0.931, 0.916, 0.931},
	{0.661, 0.668, 0.609, 0.685},
	{0.583, 0.583, 0.563, 0.625},
	{0.775, 0.838, 0.866, 0.875},
	{1.000, 1.000, 1.000, 1.000},
	{0.940, 0.962, 0.965, 0.962},
	{0.619, 0.666, 0.614, 0.669},
	{0.972, 0.981, 0.97501, 0.975},
	{0.957, 0.978, 0.946, 0.970},
}

func demsarColumn(j int) (out []float64) {
	for _, r := range demsarAUC {
		out = append(out, r[j])
	}
	return out
}

func TestWilcoxonDemsar(t *testing.T) {
	s, err := WilcoxonSignedRank(demsarColumn(1), demsarColumn(0), ZerosSplit)
	if err != nil {
		t.Fatal(err)
	}
	if s.Plus != 93 || s.Minus != 12 || s.Zero != 2 || s.N != 14 || !s.Exact || !(s.P < 0.05) {
		t.Errorf("%+v: Demšar has R⁺ = 93 and R⁻ = 12, of use at .05", s)
	}
	f, err := NewFriedman(demsarAUC, 1)
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{3.143, 2.000, 2.893, 1.964} {
		check.Close(t, "average rank", f.Ranks[j], want, 0.0005)
	}
}

// TestWilcoxonTable: the largest T that is significant at .05, two-sided, as tables print
// it; Demšar quotes the 21 of 14.
func TestWilcoxonTable(t *testing.T) {
	for n, most := range map[int]int{6: 0, 8: 3, 10: 8, 12: 13, 14: 21, 20: 52} {
		ranks := ascendingInts(n + 1)[1:]
		if p := 2 * signsBelow(ranks, most); p > 0.05 {
			t.Errorf("n = %d: P(T ≤ %d) twice is %g", n, most, p)
		}
		if p := 2 * signsBelow(ranks, most+1); p <= 0.05 {
			t.Errorf("n = %d: P(T ≤ %d) twice is %g", n, most+1, p)
		}
	}
}

func TestWilcoxonLikeSciPy(t *testing.T) {
	exact, normal := 0, 0
	for i, c := range expectRank(t).Wilcoxon {
		for zeros, want := range map[Zeros]wilcoxonExpected{ZerosPratt: c.Pratt, ZerosWilcox: c.Wilcox} {
			name := "case " + strconv.Itoa(i) + ", " + string(zeros)
			got, err := WilcoxonSignedRank(c.X, c.Y, zeros)
			if err != nil {
				t.Fatal(err)
			}
			check.Close(t, name+": statistic", min(got.Plus, got.Minus), want.Statistic, 1e-12)
			check.Close(t, name+": |z|", math.Abs(got.Z), math.Abs(want.Z), 1e-10)
			switch {
			case got.Exact && want.Exact:
				exact++
				check.Close(t, name+": p", got.P, want.P, 1e-12)
			case !got.Exact && !want.Exact:
				normal++
				check.Close(t, name+": p", got.P, want.P, 1e-10)
			}
		}
	}
	if exact < 10 || normal < 4 {
		t.Errorf("%d exact and %d normal cases were compared", exact, normal)
	}
}

// TestWilcoxonAllSigns: the exact p is a count over all signs, with ties and zeros.
func TestWilcoxonAllSigns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.SliceOfN(rapid.IntRange(-4, 4), 1, 10).Draw(t, "d")
		zeros := rapid.SampledFrom([]Zeros{ZerosPratt, ZerosWilcox, ZerosSplit}).Draw(t, "zeros")
		x, y := make([]float64, len(whole)), make([]float64, len(whole))
		for i, d := range whole {
			x[i], y[i] = 0.3+0.1*float64(d)+0.01*float64(i%3), 0.3+0.01*float64(i%3)
		}
		s, err := WilcoxonSignedRank(x, y, zeros)
		if err != nil {
			t.Fatal(err)
		}
		var rank []float64 // mid-ranks by counting
		var plus, minus float64
		for i, d := range whole {
			if d == 0 {
				continue
			}
			r := 0.5
			for _, e := range whole {
				a, b := max(d, -d), max(e, -e)
				switch {
				case e == 0 && zeros == ZerosWilcox:
				case b < a:
					r++
				case b == a:
					r += 0.5
				}
			}
			rank = append(rank, r)
			if whole[i] > 0 {
				plus += r
			} else {
				minus += r
			}
		}
		least, count := min(plus, minus), 0.0
		for signs := range 1 << len(rank) {
			var sum float64
			for i, r := range rank {
				if signs>>i&1 == 1 {
					sum += r
				}
			}
			if sum <= least {
				count++
			}
		}
		if want := min(1, 2*count/math.Ldexp(1, len(rank))); math.Abs(s.P-want) > 1e-14 {
			t.Fatalf("%v, %s: p = %g, counted %g", whole, zeros, s.P, want)
		}
		if zeros != ZerosSplit && (s.Plus != plus || s.Minus != minus) {
			t.Fatalf("%v, %s: R⁺ = %g, R⁻ = %g, counted %g and %g", whole, zeros, s.Plus, s.Minus, plus, minus)
		}
		if n := float64(len(whole)); zeros == ZerosSplit && s.Plus+s.Minus != n*(n+1)/2 {
			t.Fatalf("%v, split: R⁺ + R⁻ = %g", whole, s.Plus+s.Minus)
		}
		back, err := WilcoxonSignedRank(y, x, zeros)
		if err != nil || back.P != s.P || back.Plus != s.Minus || back.Z != -s.Z {
			t.Fatalf("%+v, and changed round %+v (%v)", s, back, err)
		}
	})
}

// TestWilcoxonNormal: where the exact p ends the normal's is close.
func TestWilcoxonNormal(t *testing.T) {
	x, y := make([]float64, WilcoxonExact), make([]float64, WilcoxonExact)
	for i := range x {
		x[i] = float64((i+1)*(1-2*(i%3&1))) * 1.5
	}
	s, err := WilcoxonSignedRank(x, y, ZerosPratt)
	if err != nil || !s.Exact {
		t.Fatalf("%+v (%v)", s, err)
	}
	check.Close(t, "normal's p", math.Erfc(math.Abs(s.Z)/math.Sqrt2), s.P, 0.005)
	s, err = WilcoxonSignedRank(append(x, 1e9), append(y, 0), ZerosPratt)
	if err != nil || s.Exact {
		t.Fatalf("%d pairs: %+v (%v)", len(x)+1, s, err)
	}
}

func TestWilcoxonLimits(t *testing.T) {
	for _, zeros := range []Zeros{ZerosPratt, ZerosWilcox, ZerosSplit} {
		s, err := WilcoxonSignedRank([]float64{0.1 + 0.2, 0}, []float64{0.3, 0}, zeros)
		if err != nil || s.P != 1 || s.Z != 0 || s.Zero != 2 || !s.Exact {
			t.Errorf("%s: all equal: %+v (%v)", zeros, s, err)
		}
	}
	for want, f := range map[string]func() (SignedRank, error){
		"one data set":   func() (SignedRank, error) { return WilcoxonSignedRank(nil, nil, ZerosPratt) },
		"1 scores and 2": func() (SignedRank, error) { return WilcoxonSignedRank([]float64{1}, []float64{1, 2}, ZerosPratt) },
		"on data set 1": func() (SignedRank, error) {
			return WilcoxonSignedRank([]float64{1, 2}, []float64{1, math.NaN()}, ZerosPratt)
		},
		"wilcox or split": func() (SignedRank, error) { return WilcoxonSignedRank([]float64{1}, []float64{2}, "drop") },
		"scores +Inf and 2": func() (SignedRank, error) {
			return WilcoxonSignedRank([]float64{math.Inf(1)}, []float64{2}, ZerosPratt)
		},
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
