package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mores-lab/mores/internal/kernel"
	"pgregory.net/rapid"
)

func seedsOf(d, k int, w []float64, values ...float64) *kmeansSeeds {
	return &kmeansSeeds{ctx: context.Background(), workers: 2, x: values, w: w, n: len(values) / d, d: d, k: k}
}

// seedWays are both ways of greedy k-means++.
var seedWays = map[string]func(s *kmeansSeeds, rng *rand.Rand) ([]int, error){
	"float32": (*kmeansSeeds).plusplus,
	"float64": func(s *kmeansSeeds, rng *rand.Rand) ([]int, error) {
		return s.plusplusExact(rng, []int{s.first(rng)})
	},
}

// seedChances computes the exact chance of each (first, second) pair of greedy k-means++
// with two centres by enumeration of both candidates.
func seedChances(s *kmeansSeeds) [][]float64 {
	chance := make([][]float64, s.n)
	all := 0.0
	for i := range s.n {
		all += s.weight(i)
	}
	potential := func(a, b int) float64 {
		t := 0.0
		for i := range s.n {
			t += s.weight(i) * min(kernel.Sq(s.row(i), s.row(a)), kernel.Sq(s.row(i), s.row(b)))
		}
		return t
	}
	for a := range s.n {
		chance[a] = make([]float64, s.n)
		p := make([]float64, s.n)
		total := 0.0
		for i := range s.n {
			p[i] = s.weight(i) * kernel.Sq(s.row(i), s.row(a))
			total += p[i]
		}
		for u := range s.n {
			for v := range s.n {
				best := u
				if potential(a, v) < potential(a, u) {
					best = v
				}
				chance[a][best] += s.weight(a) / all * p[u] / total * p[v] / total
			}
		}
	}
	return chance
}

// The rows chosen have the chances that the definition gives them (chi-square over all
// pairs, at four standard deviations).
func TestSeedChances(t *testing.T) {
	x := []float64{0, 0, 1, 0, 0, 2, 5, 5, 6, 5, 9, 1, 4, -3, -2, 1}
	for name, way := range seedWays {
		for _, w := range [][]float64{nil, {1, 2, 0, 3, 0.5, 1, 1, 2}} {
			chance := seedChances(seedsOf(2, 2, w, x...))
			const rounds = 20_000
			count := make([][]float64, 8)
			for i := range count {
				count[i] = make([]float64, 8)
			}
			for r := range rounds {
				got, err := way(seedsOf(2, 2, w, x...), rand.New(rand.NewPCG(uint64(r), 3)))
				if err != nil || len(got) != 2 {
					t.Fatal(got, err)
				}
				count[got[0]][got[1]]++
			}
			chi, cells := 0.0, 0
			for i := range count {
				for j, n := range count[i] {
					e := rounds * chance[i][j]
					switch {
					case e == 0 && n > 0:
						t.Errorf("%s: pair (%d, %d) cannot be chosen", name, i, j)
					case e > 0:
						chi += (n - e) * (n - e) / e
						cells++
					}
				}
			}
			free := float64(cells - 1)
			if chi > free+4*math.Sqrt(2*free) {
				t.Errorf("%s weights %v: chi-square %.1f with %g degrees of freedom", name, w, chi, free)
			}
		}
	}
}

// Draws made before the distances are up to date have the chances of the true ones: a
// third centre's candidates against Σ w·D² to the two chosen, one of which the pass
// does not know.
func TestSeedDrawsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	x := make([]float64, 600*2)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	s := seedsOf(2, 5, nil, x...)
	rows := s.copyRows()
	p := s.newPass(rows)
	if _, err := p.run([]int{7}); err != nil {
		t.Fatal(err)
	}
	chosen := []int{7, 400}
	want, total := make([]float64, s.n), 0.0
	for i := range s.n {
		want[i] = min(kernel.Sq(s.row(i), s.row(7)), kernel.Sq(s.row(i), s.row(400)))
		total += want[i]
	}
	const rounds, bins = 200_000, 30
	count, expect := make([]float64, bins), make([]float64, bins)
	for range rounds {
		i, ok, err := p.draw(r, chosen)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		count[i%bins]++
	}
	for i, v := range want {
		expect[i%bins] += rounds * v / total
	}
	chi := 0.0
	for b, n := range count {
		chi += (n - expect[b]) * (n - expect[b]) / expect[b]
	}
	if free := float64(bins - 1); chi > free+4*math.Sqrt(2*free) {
		t.Errorf("chi-square %.1f with %g degrees of freedom", chi, free)
	}
}

// Each chosen row is, among those drawn, the best by float64 potentials to within
// float32 rounding, and the gains and masses are those of the definition.
func TestSeedChoosesTheBest(t *testing.T) {
	x, _ := gaussian(3000, 5, 9, 10, 4)
	s := &kmeansSeeds{ctx: context.Background(), workers: 1, x: x.Data(), n: 3000, d: 5, k: 12}
	rows := s.copyRows()
	p := s.newPass(rows)
	r := rand.New(rand.NewPCG(2, 2))
	var chosen []int
	for range 8 {
		given := []int{r.IntN(s.n), r.IntN(s.n), r.IntN(s.n), r.IntN(s.n)}
		chosen = append(chosen, given[0])
		gains, err := p.run(given)
		if err != nil {
			t.Fatal(err)
		}
		potential := func(extra ...int) float64 {
			total := 0.0
			for i := range s.n {
				q := math.Inf(1)
				for _, c := range append(slices.Clone(chosen), extra...) {
					q = min(q, kernel.Sq(s.row(i), s.row(c)))
				}
				total += q
			}
			return total * rows.Scale * rows.Scale
		}
		if want := potential(); math.Abs(p.total-want) > 1e-5*want {
			t.Errorf("mass %g, want %g", p.total, want)
		}
		for c, g := range gains {
			if want := potential() - potential(given[c+1]); math.Abs(g-want) > 1e-5*potential() {
				t.Errorf("gain %g, want %g", g, want)
			}
		}
	}
}

// The same rows whatever the workers, at any shape: ties, duplicates, offsets, wide
// ranges; distinct rows while there are any, and all of them if k allows.
func TestSeedShapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(1, 1500).Draw(t, "n"), rapid.IntRange(1, 9).Draw(t, "d")
		k := rapid.IntRange(1, min(n, 30)).Draw(t, "k")
		seed := rapid.Uint64().Draw(t, "seed")
		kind := rapid.SampledFrom([]string{"normal", "grid", "offset", "range", "denormal", "outlier", "equal"}).Draw(t, "kind")
		init := rapid.SampledFrom(kmeansInits).Draw(t, "init")
		weighted := rapid.Bool().Draw(t, "weighted")
		r := rand.New(rand.NewPCG(seed, 1))
		x := make([]float64, n*d)
		for i := range x {
			switch v := r.NormFloat64(); kind {
			case "normal":
				x[i] = v
			case "grid":
				x[i] = float64(r.IntN(3))
			case "offset":
				x[i] = 1e8 + v
			case "range":
				x[i] = v * math.Pow(10, float64(r.IntN(30)))
			case "denormal":
				x[i] = v * 5e-310
			case "outlier":
				x[i] = v
				if i < d {
					x[i] = 1e12
				}
			case "equal":
				x[i] = 1.0 / 3
			}
		}
		var w []float64
		if weighted {
			w = make([]float64, n)
			for i := range w {
				w[i] = float64(r.IntN(3))
			}
			w[r.IntN(n)] = 1
		}
		pick := func(workers int) []float64 {
			s := &kmeansSeeds{ctx: context.Background(), workers: workers, x: x, w: w, n: n, d: d, k: k}
			got, err := s.pick(init, rand.New(rand.NewPCG(seed, 2)))
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		got := pick(1)
		if !slices.Equal(got, pick(3)) {
			t.Fatalf("%s: 3 workers start elsewhere than one", init)
		}
		if init == "random" {
			return // distinct rows, which may be equal
		}
		distinct := map[string]bool{}
		for i := range n {
			if w == nil || w[i] > 0 {
				distinct[fmt.Sprint(x[i*d:i*d+d])] = true
			}
		}
		chosen := map[string]bool{}
		for c := 0; c < len(got); c += d {
			chosen[fmt.Sprint(got[c:c+d])] = true
			if !distinct[fmt.Sprint(got[c:c+d])] {
				t.Fatalf("%s: centre %v is no row of weight", init, got[c:c+d])
			}
		}
		if len(chosen) != len(got)/d {
			t.Fatalf("%s: %d centres, %d of them distinct", init, len(got)/d, len(chosen))
		}
		if kind != "denormal" && kind != "range" && len(chosen) != min(k, len(distinct)) { // squares underflow
			t.Fatalf("%s: %d centres of %d distinct rows for k = %d", init, len(chosen), len(distinct), k)
		}
	})
}

// Farthest first by hand, ties to the smallest row.
func TestSeedMaxMin(t *testing.T) {
	s := seedsOf(1, 5, []float64{1, 1, 1, 0, 1, 1}, 0, 10, 4, 100, 6, -4)
	for r := range 20 {
		got, err := s.maxmin(rand.New(rand.NewPCG(uint64(r), 0)))
		if err != nil {
			t.Fatal(err)
		}
		want := map[int][]int{0: {0, 1, 2, 5, 4}, 1: {1, 5, 2, 0, 4}, 2: {2, 5, 1, 0, 4}, 4: {4, 5, 0, 1, 2}, 5: {5, 1, 2, 0, 4}}[got[0]]
		if !slices.Equal(got, want) {
			t.Errorf("from row %d: %v, want %v", got[0], got, want)
		}
	}
}

// Weighted random starts draw as the definition says: row i first with wᵢ/Σw, then j
// with wⱼ/(Σw−wᵢ).
func TestSeedRandomWeighted(t *testing.T) {
	w := []float64{1, 0, 2, 5}
	const rounds = 40_000
	count := map[[2]int]float64{}
	for r := range rounds {
		got := seedsOf(1, 2, w, 1, 2, 3, 4).random(rand.New(rand.NewPCG(uint64(r), 9)))
		count[[2]int{got[0], got[1]}]++
	}
	chi := 0.0
	for _, p := range [][2]int{{0, 2}, {0, 3}, {2, 0}, {2, 3}, {3, 0}, {3, 2}} {
		e := rounds * w[p[0]] / 8 * w[p[1]] / (8 - w[p[0]])
		chi += (count[p] - e) * (count[p] - e) / e
	}
	if len(count) != 6 || chi > 5+4*math.Sqrt(10) {
		t.Errorf("chi-square %.1f with 5 degrees of freedom: %v", chi, count)
	}
}

// k-means‖ and maxmin find far blobs as k-means++ does.
func TestSeedFindsBlobs(t *testing.T) {
	x, truth := gaussian(4000, 3, 10, 200, 2)
	for _, init := range []string{"k-means++", "k-means||", "maxmin"} {
		c, err := (&KMeans{NClusters: 10, Init: init, NInit: 1, MaxIter: 300, Tol: 1e-4}).Fit(context.Background(), x, Run{Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		sameCanonical(t, init, c.Labels, truth)
	}
}

// The start alone: the centres are rows, the objective is their potential.
func TestKMeansStartAlone(t *testing.T) {
	x, _ := gaussian(2000, 4, 6, 12, 3)
	c, err := (&KMeans{NClusters: 6, Init: "k-means++", NInit: 1}).Fit(context.Background(), x, Run{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	want := 0.0
	for i := range 2000 {
		best := math.Inf(1)
		for _, m := range c.Centers {
			best = min(best, kernel.Sq(x.Row(i), m))
		}
		want += best
	}
	if math.Abs(*c.Objective-want) > 1e-9*want || c.Iter != 0 || c.Stop != MaxIter || len(c.Warnings) != 0 {
		t.Errorf("objective %g, want %g; %d iterations, %s, %q", *c.Objective, want, c.Iter, c.Stop, c.Warnings)
	}
	for l, m := range c.Centers {
		if !slices.ContainsFunc(seq(2000), func(i int) bool { return c.Labels[i] == int32(l) && slices.Equal(x.Row(i), m) }) {
			t.Errorf("centre %d is no row of its cluster", l)
		}
	}
}

func BenchmarkSeeds(b *testing.B) {
	for _, c := range []struct{ n, d, k int }{{100_000, 8, 20}, {100_000, 8, 200}, {1_000_000, 8, 20}, {1_000_000, 8, 50}} {
		x, _ := gaussian(c.n, c.d, 20, 20, 1)
		for _, init := range kmeansInits {
			b.Run(fmt.Sprintf("%s/n=%d,d=%d,k=%d", init, c.n, c.d, c.k), func(b *testing.B) {
				s := &kmeansSeeds{ctx: context.Background(), workers: Run{}.workers(), x: x.Data(), n: c.n, d: c.d, k: c.k}
				var centers []float64
				var err error
				for b.Loop() {
					s.rows = nil
					if centers, err = s.pick(init, rand.New(rand.NewPCG(1, 1))); err != nil {
						b.Fatal(err)
					}
				}
				label, dist := make([]int32, c.n), make([]float64, c.n)
				kernel.NewPoints(centers, c.d).Nearest(s.x, label, dist)
				b.ReportMetric(sum(dist)/float64(c.n), "potential/row")
			})
		}
	}
}
