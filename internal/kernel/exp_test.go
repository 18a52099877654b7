package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// bigExp is eˣ to 150 bits: the Taylor series of x/2²⁰, squared twenty times.
func bigExp(x float64) *big.Float {
	const precision = 200
	v := new(big.Float).SetPrec(precision).SetFloat64(x)
	v.SetMantExp(v, -20)
	sum, term := big.NewFloat(1).SetPrec(precision), big.NewFloat(1).SetPrec(precision)
	for n := int64(1); n < 40; n++ {
		term.Mul(term, v)
		term.Quo(term, new(big.Float).SetInt64(n))
		sum.Add(sum, term)
	}
	for range 20 {
		sum.Mul(sum, sum)
	}
	return sum
}

// expUlps is |got − want| in units in the last place of got.
func expUlps(got float64, want *big.Float) float64 {
	diff := new(big.Float).SetPrec(200).Sub(new(big.Float).SetFloat64(got), want)
	f, _ := diff.Float64()
	return math.Abs(f) / (math.Nextafter(math.Abs(got), math.Inf(1)) - math.Abs(got))
}

func TestExpAccuracy(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	worst := 0.0
	for i := range 4000 {
		x := []float64{-708 + 1417*r.Float64(), 2 * r.NormFloat64(), 1e-3 * r.NormFloat64(), (r.Float64() - 0.5) * math.Ln2}[i%4]
		worst = max(worst, expUlps(expPlain(x), bigExp(x)))
	}
	t.Logf("largest error %.4f units in the last place", worst)
	if worst > 1 {
		t.Errorf("largest error %v units in the last place, want ≤ 1", worst)
	}
	for x, want := range map[float64]float64{
		0: 1, math.Copysign(0, -1): 1, expLow: bigFloat(bigExp(expLow)), -708.0001: 0, -1e300: 0, math.Inf(-1): 0,
		expHigh: 1.797693134862273e308, 709.79: math.Inf(1), math.Inf(1): math.Inf(1), 5e-324: 1,
	} {
		if got := expPlain(x); math.Abs(got-want) > 2e-16*want || math.IsNaN(got) {
			t.Errorf("exp(%v) = %v, want %v", x, got, want)
		}
	}
}

func bigFloat(x *big.Float) float64 { f, _ := x.Float64(); return f }

// log is checked by its inverse: for y = the result, eʸ/x − 1 is the error of y.
func TestLogAccuracy(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	worst := 0.0
	for i := range 4000 {
		x := []float64{1 + r.Float64(), 1 + 1e-6*r.Float64(), math.Exp(10 * r.Float64()), 1 + 100*r.Float64()}[i%4]
		y := logPlain(x)
		q := new(big.Float).SetPrec(200).Quo(bigExp(y), new(big.Float).SetFloat64(x))
		off := bigFloat(q.Sub(q, big.NewFloat(1)))
		worst = max(worst, math.Abs(off)/(math.Nextafter(y, math.Inf(1))-y))
	}
	t.Logf("largest error %.4f units in the last place", worst)
	if worst > 1 {
		t.Errorf("largest error %v units in the last place, want ≤ 1", worst)
	}
	if got := logPlain(1); got != 0 {
		t.Errorf("log 1 = %v", got)
	}
}

func TestExpBits(t *testing.T) {
	values := rapid.SliceOfN(rapid.OneOf(
		rapid.Float64Range(-720, 720), rapid.Float64(), rapid.Float64Range(-1, 1),
		rapid.SampledFrom([]float64{0, math.Inf(1), math.Inf(-1), math.NaN(), expHigh, expLow, 5e-324, math.Nextafter(expLow, -1000), math.Nextafter(expHigh, 1000)}),
	), 0, 40)
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			x := values.Draw(t, "x")
			got := make([]float64, len(x))
			Exp(got, x)
			for i, v := range x {
				if want := expPlain(v); math.Float64bits(got[i]) != math.Float64bits(want) && !(v != v && got[i] != got[i]) {
					t.Fatalf("exp(%v) = %v, plain %v", v, got[i], want)
				}
			}
		})
	})
}

func TestMixtureSharesBits(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			k, m := rapid.IntRange(1, 9).Draw(t, "k"), 8*rapid.IntRange(1, 4).Draw(t, "sets")
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 5))
			scale := rapid.SampledFrom([]float64{1, 50, 3000, 1e300}).Draw(t, "scale")
			q, offset, w := make([]float64, k*m), make([]float64, k), make([]float64, m)
			for i := range q {
				q[i] = min(mixtureTop, scale*r.ExpFloat64())
			}
			for c := range offset {
				offset[c] = 20 * r.NormFloat64()
				if c > 0 && r.IntN(4) == 0 {
					offset[c] = math.Inf(-1)
				}
			}
			for i := range w {
				w[i] = float64(r.IntN(4))
			}
			got, want := append([]float64(nil), q...), append([]float64(nil), q...)
			var gs, ws [16]float64
			gs[3], ws[3] = 7, 7
			MixtureShares(got, k, m, offset, w, &gs)
			mixtureSharesPlain(want, k, m, offset, w, &ws)
			mixtureSame(t, "shares", got, want)
			mixtureSame(t, "sums", gs[:], ws[:])
			for i := range m { // what they mean
				sum, l := 0.0, make([]float64, k)
				most := math.Inf(-1)
				for c := range k {
					l[c] = offset[c] - q[c*m+i]/2
					most = max(most, l[c])
				}
				for c := range k {
					sum += math.Exp(l[c] - most)
				}
				for c := range k {
					if p := w[i] * math.Exp(l[c]-most) / sum; math.Abs(got[c*m+i]-p) > 1e-14*w[i] {
						t.Fatalf("row %d, component %d: share %v, want %v", i, c, got[c*m+i], p)
					}
				}
			}
		})
	})
}

type mixtureFataler interface{ Fatalf(string, ...any) }

func mixtureSame(t mixtureFataler, what string, got, want []float64) {
	for i := range want {
		if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
			t.Fatalf("%s: value %d is %v (%x), plain %v (%x)", what, i, got[i], math.Float64bits(got[i]), want[i], math.Float64bits(want[i]))
		}
	}
}

func BenchmarkExp(b *testing.B) {
	x, y := Aligned64(1024), Aligned64(1024)
	for i := range x {
		x[i] = -float64(i) / 40
	}
	b.Run(fmt.Sprintf("n=%d", len(x)), func(b *testing.B) {
		for b.Loop() {
			Exp(y, x)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(x)), "ns/value")
	})
}
