package cluster

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/kernel"
)

func breathingDefaults(k int) *BreathingKMeans {
	return &BreathingKMeans{NClusters: k, M: 5, Theta: 1.1, Init: "k-means++", NInit: 3, MaxIter: 300, Tol: 1e-4}
}

// breathingOf makes the state of a fit and its first k-means.
func breathingOf(t *testing.T, k int, w []float64, d int, values ...float64) (*breathingRun, *kmeansFit) {
	t.Helper()
	x := matrix(d, values...)
	x.Weights = w
	r, err := newKMeansRun(context.Background(), &KMeans{NClusters: k, Init: "k-means++", NInit: 1, MaxIter: 300, Tol: 1e-4}, x, Run{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	b := &breathingRun{kmeansRun: r, opt: breathingDefaults(k), rng: rand.New(rand.NewPCG(1, 1))}
	centers, err := r.start(0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := r.lloyd(centers)
	if err != nil {
		t.Fatal(err)
	}
	return b, f
}

// Error and usefulness by their definitions: usefulness is what removing the centre
// would add to the objective.
func TestBreathingJudges(t *testing.T) {
	x, _ := gaussian(3000, 3, 7, 15, 1)
	w := make([]float64, 3000)
	for i := range w {
		w[i] = float64(i % 4)
	}
	b, f := breathingOf(t, 7, w, 3, x.Data()...)
	if err := b.judge(f); err != nil {
		t.Fatal(err)
	}
	potential := func(without int) (total, own float64) {
		for i := range 3000 {
			best := math.Inf(1)
			for c := range 7 {
				if c != without {
					best = min(best, kernel.Sq64(x.Row(i), f.centers[c*3:c*3+3]))
				}
			}
			total += w[i] * best
			if int(f.labels[i]) == without {
				own += w[i] * kernel.Sq64(x.Row(i), f.centers[without*3:without*3+3])
			}
		}
		return total, own
	}
	all, _ := potential(-1)
	for c := range 7 {
		total, own := potential(c)
		if math.Abs(b.errors[c]-own) > 1e-9*all || math.Abs(b.utility[c]-(total-all)) > 1e-9*all {
			t.Errorf("centre %d: error %g and usefulness %g, want %g and %g", c, b.errors[c], b.utility[c], own, total-all)
		}
	}
}

// By hand: six centres on a line, of which the two least useful are neighbours.
func TestBreathingBreath(t *testing.T) {
	b, _ := breathingOf(t, 3, nil, 1, 0, 1, 2, 3, 4, 5, 6, 7)
	f := &kmeansFit{centers: []float64{0, 1, 10, 20, 30, 40}, labels: []int32{0, 1, 2, 3, 4, 5, 5, 5}}
	b.utility = []float64{1, 2, 7, 3, 9, 9}
	b.errors = []float64{5, 1, 8, 1, 1, 9}
	// Mean distance to the nearest: (1+1+9+10+10+10)/6 = 6.83; within 1.1 of it are only
	// 0 and 1 of each other: 1 stays when 0 goes.
	if got, want := b.exhale(f, 2), []float64{1, 10, 30, 40}; !slices.Equal(got, want) {
		t.Errorf("exhaled to %v, want %v", got, want)
	}
	b.opt.Theta = 0.1
	if got, want := b.exhale(f, 2), []float64{10, 20, 30, 40}; !slices.Equal(got, want) {
		t.Errorf("θ = 0.1: exhaled to %v, want %v", got, want)
	}
	b.opt.Theta = 100 // all would stay: so many may that the others are enough
	if got, want := b.exhale(f, 2), []float64{1, 10, 20, 30}; !slices.Equal(got, want) {
		t.Errorf("θ = 100: exhaled to %v, want %v", got, want)
	}
	got := b.inhale(f, 2)
	if !slices.Equal(got[:6], f.centers) || len(got) != 8 {
		t.Fatalf("inhaled to %v", got)
	}
	// Beside the centre of 40 (rows 5, 6, 7) and that of 10 (row 2).
	if !slices.Contains([]float64{39.65, 39.66, 39.67}, math.Round(got[6]*100)/100) || math.Abs(got[7]-9.92) > 1e-12 {
		t.Errorf("new centres at %v", got[6:])
	}
}

// A run makes no other k-means of k+m centres than a new run would: nothing of other
// numbers of centres stays behind.
func TestBreathingReusesRun(t *testing.T) {
	x, _ := gaussian(2000, 2, 20, 20, 2)
	b, _ := breathingOf(t, 20, nil, 2, x.Data()...)
	for _, k := range []int{24, 19, 20, 25, 17, 50, 3, 11} {
		start := slices.Clone(x.Data()[:2*k])
		got, err := b.lloyd(slices.Clone(start))
		if err != nil {
			t.Fatal(err)
		}
		a := &KMeans{NClusters: k, MaxIter: 300, Tol: 1e-4}
		for c := range k {
			a.InitCenters = append(a.InitCenters, start[2*c:2*c+2])
		}
		want, err := a.Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if got.inertia != *want.Objective {
			t.Errorf("k = %d: inertia %v, a new run has %v", k, got.inertia, *want.Objective)
		}
	}
}

// Never worse than k-means from the same starts, and on data with many local optima
// clearly better.
func TestBreathingImproves(t *testing.T) {
	wins := 0
	for seed := range uint64(6) {
		x, _ := gaussian(1500, 2, 30, 60, 10+seed)
		k, err := (&KMeans{NClusters: 30, Init: "k-means++", NInit: 3, MaxIter: 300, Tol: 1e-4}).Fit(context.Background(), x, Run{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		c, err := breathingDefaults(30).Fit(context.Background(), x, Run{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		if *c.Objective > *k.Objective {
			t.Errorf("seed %d: %g, k-means from the same starts %g", seed, *c.Objective, *k.Objective)
		}
		if *c.Objective < *k.Objective*0.99 {
			wins++
		}
	}
	if wins < 4 {
		t.Errorf("better by a percent in only %d of 6", wins)
	}
}

// Against the best of all partitions, found by enumeration: reached in nearly all
// instances, from one start.
func TestBreathingBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	rounds, reached := longRounds(60, 1000), 0
	for range rounds {
		n, d, k := 5+r.IntN(4), 1+r.IntN(3), 2+r.IntN(2)
		v := make([]float64, n*d)
		for i := range v {
			v[i] = math.Round(r.NormFloat64() * 10)
		}
		best := math.Inf(1)
		labels := make([]int, n)
		var walk func(i, used int)
		walk = func(i, used int) {
			if i == n {
				best = min(best, plainInertia(v, d, k, labels))
				return
			}
			for l := range min(used+1, k) {
				labels[i] = l
				walk(i+1, max(used, l+1))
			}
		}
		walk(0, 0)
		c, err := breathingDefaults(k).Fit(context.Background(), matrix(d, v...), Run{Seed: r.Uint64(), Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if *c.Objective < best*(1-1e-9)-1e-9 {
			t.Fatalf("n=%d d=%d k=%d: inertia %g is below the least possible %g", n, d, k, *c.Objective, best)
		}
		if *c.Objective <= best*(1+1e-9)+1e-9 {
			reached++
		}
	}
	if reached < rounds*90/100 {
		t.Errorf("the optimum in %d of %d instances", reached, rounds)
	}
}

func TestBreathingRefuses(t *testing.T) {
	x := matrix(1, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	for want, change := range map[string]func(a *BreathingKMeans){
		"breathing_kmeans: m = 0: at least 1":          func(a *BreathingKMeans) { a.M = 0 },
		"breathing_kmeans: theta = -1: finite":         func(a *BreathingKMeans) { a.Theta = -1 },
		"breathing_kmeans: max_iter = 0: at least 1":   func(a *BreathingKMeans) { a.MaxIter = 0 },
		"breathing_kmeans: n_init = 0: at least 1":     func(a *BreathingKMeans) { a.NInit = 0 },
		"breathing_kmeans: init = best: k-means++, k-": func(a *BreathingKMeans) { a.Init = "best" },
		"breathing_kmeans: k = 10 but only 9 rows":     func(a *BreathingKMeans) { a.NClusters = 10 },
	} {
		a := breathingDefaults(2)
		change(a)
		if _, err := a.Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
}

func BenchmarkBreathing(b *testing.B) {
	for _, p := range []struct{ n, d, k int }{{10_000, 2, 50}, {100_000, 8, 50}} {
		x, _ := gaussian(p.n, p.d, p.k, 40, 1)
		b.Run(fmt.Sprintf("n=%d,d=%d,k=%d", p.n, p.d, p.k), func(b *testing.B) {
			var c *Clustering
			var err error
			for b.Loop() {
				if c, err = breathingDefaults(p.k).Fit(context.Background(), x, Run{Seed: 1}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(*c.Objective/float64(p.n), "inertia/row")
			b.ReportMetric(float64(c.Iter), "breaths")
		})
	}
}
