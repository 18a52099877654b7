package cluster

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// Values of statsmodels 0.15.0, stats.diagnostic.normal_ad.
func TestAndersonDarling(t *testing.T) {
	cases := []struct {
		n     int
		at    func(i float64) float64
		a2, p float64
	}{
		{20, func(i float64) float64 { return math.Pow(i+1, 1.5) }, 0.37165574071584473, 0.3872793324344752},
		{50, func(i float64) float64 { return math.Sin(i)*3 + math.Mod(i, 7) }, 0.28018204369139, 0.6294421331520543},
		{100, func(i float64) float64 { return math.Log(i + 1) }, 4.233890811095506, 1.3500435325817392e-10},
	}
	for _, c := range cases {
		v := make([]float64, c.n)
		for i := range v {
			v[i] = c.at(float64(i))
		}
		if a2, p := andersonDarling(v); math.Abs(a2-c.a2) > 1e-10 || math.Abs(p-c.p) > 1e-9*c.p {
			t.Errorf("n = %d: A² = %v, p = %v, want %v, %v", c.n, a2, p, c.a2, c.p)
		}
	}
	if _, p := andersonDarling(make([]float64, 20)); p != 1 {
		t.Errorf("equal values: p = %v", p)
	}
}

// On one normal cloud, round or long, G-means cuts about as often as its level says:
// of 300 at level .05, with one test each that counts, hardly more than 5 %.
func TestGMeansLevel(t *testing.T) {
	cut := 0
	r := rand.New(rand.NewPCG(5, 5))
	for range 300 {
		x := checkMatrix(100, 2)
		for i := range 100 {
			x.Row(i)[0], x.Row(i)[1] = 5*r.NormFloat64(), r.NormFloat64()
		}
		got, err := (&GMeans{KMin: 1, KMax: 2, Alpha: 0.05, MaxIter: 300}).Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if got.K > 1 {
			cut++
		}
	}
	if cut < 3 || cut > 30 {
		t.Errorf("%d of 300 normal clouds were cut at level .05", cut)
	}
}
