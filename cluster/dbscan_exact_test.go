package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

// dbscanPoints are the points of eval/peers/dbscan_expected.py.
func dbscanPoints(n, d int) *features.Matrix {
	unit := func(i int) float64 {
		z := (uint64(i) + 1) * 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return float64((z^z>>31)>>11) * 0x1p-53
	}
	x := make([]float64, n*d)
	for i := range n {
		for j := range d {
			u := func(stream int) float64 { return unit(((stream*16+d)*4096+i)*16 + j) }
			k := i % 7
			if k == 6 {
				x[i*d+j] = 9 * u(4)
				continue
			}
			bump := u(1) + u(2) + u(3) - 1.5
			spread := float64(bump * (0.5 + 0.25*float64(k))) // the conversion keeps it from being fused
			x[i*d+j] = 8*unit((7*16+d)*4096*16+k*16+j) + spread
		}
	}
	return matrix(d, x...)
}

// Labels, border rows' too, and core rows in two to eight columns are scikit-learn's, by
// the grid and by the tree, with and without weights (testdata/dbscan.json).
func TestDBSCANEqualsScikitLearnTwoToEightColumns(t *testing.T) {
	b, err := os.ReadFile("testdata/dbscan.json")
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		MinSamples int `json:"min_samples"`
		Sets       []struct {
			D        int
			Eps      float64
			Weighted bool
			Labels   []int32
			Core     string
		}
	}
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Sets) != 42 {
		t.Fatalf("%d sets, want 42", len(e.Sets))
	}
	for _, s := range e.Sets {
		x := dbscanPoints(len(s.Labels), s.D)
		if s.Weighted {
			for i := range s.Labels {
				x.Weights = append(x.Weights, 0.5+float64(i%3))
			}
		}
		what := fmt.Sprintf("d=%d eps=%g weighted=%v", s.D, s.Eps, s.Weighted)
		for _, workers := range []int{1, 2, 8} {
			c, err := (&DBSCAN{Eps: s.Eps, MinSamples: e.MinSamples, Border: true}).Fit(context.Background(), x, Run{Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			sameCanonical(t, what, c.Labels, s.Labels)
			for i, y := range c.Core {
				if y != (s.Core[i] == '1') {
					t.Fatalf("%s: row %d is core: %v", what, i, y)
				}
			}
		}
	}
}

// dbscanStar is the naive labels without the border rows.
func dbscanStar(v []float64, d int, eps float64, minSamples int) []int32 {
	labels := naiveDBSCAN(v, d, eps, minSamples)
	for i := range labels {
		count := 0
		for j := range labels {
			if kernel.Sq64(v[i*d:i*d+d], v[j*d:j*d+d]) <= eps*eps {
				count++
			}
		}
		if count < minSamples {
			labels[i] = Noise
		}
	}
	return labels
}

// By the index, by the spanning tree that a list of eps shares and by given distances:
// the definition, on lattices where distances equal eps to the last bit, on clouds, on
// points at 10⁸ and on duplicates.
func TestDBSCANEveryWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(2, 70).Draw(t, "n"), rapid.IntRange(1, 5).Draw(t, "d")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		unit := rapid.SampledFrom([]float64{1, 0.1, 1.0 / 3, 1e-5}).Draw(t, "unit")
		offset := rapid.SampledFrom([]float64{0, 0, 1e8}).Draw(t, "offset")
		lattice := rapid.Bool().Draw(t, "lattice")
		v := make([]float64, n*d)
		for i := range v {
			if v[i] = offset + unit*float64(r.IntN(7)); !lattice {
				v[i] = offset + unit*3*r.NormFloat64()
			}
		}
		minSamples := rapid.IntRange(1, 6).Draw(t, "min_samples")
		border := rapid.Bool().Draw(t, "border")
		x, shared := matrix(d, v...), NewShared(1<<24)
		if rapid.Bool().Draw(t, "tree") {
			if _, err := sharedSpanning(context.Background(), x, Run{Shared: shared}, minSamples); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range []float64{0.5, 1, math.Sqrt2, math.Sqrt(3), 2, 3.3} {
			a := &DBSCAN{Eps: f * unit, MinSamples: minSamples, Border: border}
			want := dbscanStar(v, d, a.Eps, minSamples)
			if border {
				want = naiveDBSCAN(v, d, a.Eps, minSamples)
			}
			Canonical(want)
			for _, run := range []Run{{Workers: 1}, {Workers: 3}, {Shared: shared}} {
				c, err := a.Fit(context.Background(), x, run)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(c.Labels, want) {
					t.Fatalf("%+v, shared %v: %v, want %v", *a, run.Shared != nil, c.Labels, want)
				}
			}
		}
	})
}

// A list of 20 eps over one Shared builds one spanning tree, and then only looks at rows:
// 20 fits search fewer nodes than two of their own would.
func TestDBSCANListOfEps(t *testing.T) {
	x, _ := gaussian(20_000, 3, 12, 30, 4)
	shared := NewShared(1 << 28)
	looks := func(run Run, eps ...float64) int64 {
		ctx := newCheckContext(math.MaxInt64)
		for _, e := range eps {
			if _, err := (&DBSCAN{Eps: e, MinSamples: 8}).Fit(ctx, x, run); err != nil {
				t.Fatal(err)
			}
		}
		return ctx.looks.Load()
	}
	var eps []float64
	for i := range 20 {
		eps = append(eps, 0.1+0.05*float64(i))
	}
	one := looks(Run{Workers: 1, Shared: shared}, eps[0])
	built := shared.Built()
	rest := looks(Run{Workers: 1, Shared: shared}, eps[1:]...)
	if shared.Built() != built || len(shared.items) != 2 {
		t.Errorf("the list built for %v more; %d things shared, want the kd-tree and the spanning tree", shared.Built()-built, len(shared.items))
	}
	// Nineteen more fits look at ctx as often as their blocks of rows make it, and never
	// search: fewer times each than one search by leaves does.
	if search := looks(Run{Workers: 1}, eps[10]); rest >= 19*search {
		t.Errorf("19 more eps look at their context %d times, the first %d, a search %d", rest, one, search)
	}
	for _, e := range eps {
		own, err := (&DBSCAN{Eps: e, MinSamples: 8}).Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&DBSCAN{Eps: e, MinSamples: 8}).Fit(context.Background(), x, Run{Shared: shared})
		if err != nil || !slices.Equal(own.Labels, got.Labels) || !slices.Equal(own.Core, got.Core) {
			t.Errorf("eps = %g: the tree's partition is another (%v)", e, err)
		}
	}
}

// Huge eps: everything in one cell; tiny eps: each row its own, or too many cells for a
// grid, which a warning says.
func TestDBSCANExtremeEps(t *testing.T) {
	x, _ := gaussian(2000, 2, 5, 20, 6)
	for eps, want := range map[float64]struct {
		k, noise int
		warning  string
	}{
		1e9:    {1, 0, "one cluster holds 100.0 %"},
		1e300:  {1, 0, "a kd-tree in place of a grid: eps² is not an ordinary number"},
		1e-5:   {0, 2000, "leaves 100 % noise"},
		1e-12:  {0, 2000, "a kd-tree in place of a grid: more than 2³¹ cells along a column"},
		1e-200: {0, 2000, "a kd-tree in place of a grid: eps² is not an ordinary number"},
	} {
		c, err := (&DBSCAN{Eps: eps, MinSamples: 3, Border: true}).Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if c.K != want.k || c.NumNoise() != want.noise || !strings.Contains(strings.Join(c.Warnings, "\n"), want.warning) {
			t.Errorf("eps = %g: %d clusters, %d noise, warnings %q", eps, c.K, c.NumNoise(), c.Warnings)
		}
	}
}

// The estimate is from 10 % below to 25 % above what a fit allocates.
func TestDBSCANEstimate(t *testing.T) {
	for _, d := range []int{2, 3, 5, 8} {
		for _, n := range []int{1000, 5000, 20_000} {
			x := dbscanPoints(n, d)
			a := &DBSCAN{Eps: 0.1 * float64(d*d), MinSamples: 8, Border: true}
			least := math.Inf(1)
			for range 3 { // other goroutines allocate too
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				if _, err := a.Fit(context.Background(), x, Run{Workers: 2}); err != nil {
					t.Fatal(err)
				}
				runtime.ReadMemStats(&after)
				least = min(least, float64(after.TotalAlloc-before.TotalAlloc))
			}
			if ratio := float64(a.Estimate(n, d).Bytes) / least; ratio < 0.9 || ratio > 1.25 {
				t.Errorf("n = %d, d = %d: estimate %d, allocated %.0f (%.2f)", n, d, a.Estimate(n, d).Bytes, least, ratio)
			}
		}
	}
}
