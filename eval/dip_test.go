package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/check"
)

// R's and PyPI's diptest.
func TestDip(t *testing.T) {
	f := readTendency(t)
	for _, c := range f.Dips {
		got := Dip(c.Values)
		check.Close(t, c.Name+", R", got, c.R, 1e-12)
		check.Close(t, c.Name+", PyPI", got, c.PyPI, 1e-12)
	}
	if len(f.Dips) < 50 {
		t.Errorf("%d samples", len(f.Dips))
	}
	for _, c := range []struct {
		v    []float64
		want float64
	}{
		{nil, 0},
		{[]float64{3}, 1. / 2},
		{[]float64{3, 3, 3}, 1. / 6},
		{[]float64{0, 0, 1, 1}, 1. / 4}, // no G with one hump is nearer than half of a half to both steps
		{[]float64{1, 2, 3, 4, 5}, 1. / 10},
	} {
		check.Close(t, fmt.Sprint(c.v), Dip(c.v), c.want, 1e-15)
	}
}

// In [1/(2n), 1/4]; the same for values moved, stretched and mirrored; and the definition, by
// looking at all pairs and triples of values for each mode.
func TestDipProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 24).Draw(t, "n")
		values := rapid.SampledFrom([]int{3, 10, 1 << 40}).Draw(t, "values")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		v := make([]float64, n)
		for i := range v {
			v[i] = float64(rng.IntN(values) + 1)
		}
		slices.Sort(v)
		d := Dip(v)
		if d < 1/float64(2*n)-1e-15 || d > 0.25+1e-15 {
			t.Fatalf("dip %g of %d values", d, n)
		}
		mirrored := make([]float64, n)
		for i, a := range v {
			mirrored[n-1-i] = -a/8 + 1024
		}
		if m := Dip(mirrored); math.Abs(m-d) > 1e-9 {
			t.Fatalf("mirrored %g, not %g: %v", m, d, v)
		}
		lo, hi := 0.0, 0.5
		for range 45 {
			if mid := (lo + hi) / 2; slices.ContainsFunc(v, func(mode float64) bool { return dipReached(v, mode, mid) }) {
				hi = mid
			} else {
				lo = mid
			}
		}
		if hi = max(hi, 1/float64(2*n)); math.Abs(d-hi) > 1e-10 {
			t.Fatalf("dip %g, by definition %g: %v", d, hi, v)
		}
	})
}

// dipReached reports whether a G of that mode is within dip of F everywhere. G may jump at the mode
// only. Left of it G is convex: where it is at most dip above F just before i and k, it is
// at most dip above F's line between them at j, and F just after j may exceed that by 2·dip;
// and lines up from i to j go on to the mode. Right of it likewise; and the highest that G can be
// just after the mode must not lie below the lowest that it can be just before.
func dipReached(v []float64, mode, dip float64) bool {
	n := float64(len(v))
	before, after := math.Inf(-1), math.Inf(1)
	for i := range v {
		for j := i; j < len(v); j++ {
			if v[i] == v[j] && i != j {
				continue
			}
			iBefore, iAfter := float64(sort.SearchFloat64s(v, v[i]))/n, float64(i+1)/n
			jBefore, jAfter := float64(sort.SearchFloat64s(v, v[j]))/n, float64(j+1)/n
			if i+1 < len(v) && v[i+1] == v[i] || j+1 < len(v) && v[j+1] == v[j] {
				continue // the last of those alike speaks for all
			}
			if v[j] < mode {
				low := jAfter - dip
				if i != j {
					low += max(0, (jAfter-iBefore-2*dip)/(v[j]-v[i])) * (mode - v[j])
				}
				before = max(before, low)
			}
			if v[i] > mode {
				high := iBefore + dip
				if i != j {
					high -= max(0, (jAfter-iBefore-2*dip)/(v[j]-v[i])) * (v[i] - mode)
				}
				after = min(after, high)
			}
			for m := i; m <= j; m++ {
				if v[m] == v[i] && m != i || m+1 < len(v) && v[m+1] == v[m] {
					continue
				}
				share := 0.0
				if i != j {
					share = (v[m] - v[i]) / (v[j] - v[i])
				}
				mBefore, mAfter := float64(sort.SearchFloat64s(v, v[m]))/n, float64(m+1)/n
				if v[j] <= mode && v[m] < mode && mAfter-iBefore-share*(jBefore-iBefore) > 2*dip+1e-13 ||
					v[i] >= mode && v[m] > mode && iAfter+share*(jAfter-iAfter)-mBefore > 2*dip+1e-13 {
					return false
				}
			}
		}
	}
	return before <= after+1e-13
}

// The simulated distribution against the published table: of 1,000 even samples, the share
// that dips less than each quantile.
func TestDipTable(t *testing.T) {
	const draws = 1000
	for _, row := range readTendency(t).Table {
		if row.N > 500 && row.N != 5000 {
			continue
		}
		spread := make([]float64, row.N)
		below := map[string]int{}
		for i := range draws {
			d := dipEven(spread, rand.New(rand.NewPCG(uint64(row.N), uint64(i))))
			for q, limit := range row.Quantiles {
				if d <= limit {
					below[q]++
				}
			}
		}
		for q := range row.Quantiles {
			var p float64
			fmt.Sscan(q, &p)
			if row.N < 7 && p <= 0.5 {
				continue // much of their distribution is at one place, 1/(2n) or next to it
			}
			if got, sd := float64(below[q])/draws, math.Sqrt(p*(1-p)/draws); math.Abs(got-p) > 4*sd {
				t.Errorf("n = %d: %.3f lie below the table's %s", row.N, got, q)
			}
		}
	}
}

// p at the table's quantiles, and beyond the number of values that are simulated.
func TestDipP(t *testing.T) {
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(4, 4))
	// Even values have p that are even: of 200, so many below .1 and .5.
	tenth, half := 0, 0
	for i := range 200 {
		v := make([]float64, 60)
		for j := range v {
			v[j] = rng.Float64()
		}
		slices.Sort(v)
		d, err := NewDipTest(ctx, v, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		if d.P <= 0.1 {
			tenth++
		}
		if d.P <= 0.5 {
			half++
		}
	}
	if tenth < 7 || tenth > 36 || half < 72 || half > 128 {
		t.Errorf("of 200 even samples %d have p ≤ .1, %d p ≤ .5", tenth, half)
	}
}
