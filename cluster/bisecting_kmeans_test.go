package cluster

import (
	"context"
	"math"
	"testing"

	"github.com/mores-lab/mores/internal/kernel"
)

func fitBisecting(t testing.TB, a *BisectingKMeans, data func() []float64, d int) *Clustering {
	t.Helper()
	got, err := a.Fit(context.Background(), matrix(d, data()...), Run{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Each cut parts one cluster of the cut before, the one with the largest sum of squares
// (or the most rows), and the objective is the sum of squares.
func TestBisectingCutsOneAtATime(t *testing.T) {
	x, _ := gaussian(800, 3, 6, 14, 9)
	data := x.Data
	for _, strategy := range []string{"biggest_inertia", "largest_cluster"} {
		a := &BisectingKMeans{NClusters: 1, Init: "k-means++", NInit: 3, MaxIter: 300, Tol: 0, Strategy: strategy}
		before := fitBisecting(t, a, data, 3)
		for k := 2; k <= 9; k++ {
			a.NClusters = k
			got := fitBisecting(t, a, data, 3)
			squares, whole := make([]float64, before.K), 0.0
			for i, l := range before.Labels {
				squares[l] += kernel.Sq(x.Row(i), before.Centers[l])
			}
			parts := make([]map[int32]bool, before.K)
			for i, l := range before.Labels {
				if parts[l] == nil {
					parts[l] = map[int32]bool{}
				}
				parts[l][got.Labels[i]] = true
				whole += kernel.Sq(x.Row(i), got.Centers[got.Labels[i]])
			}
			cut := -1
			for l, p := range parts {
				switch {
				case len(p) == 1:
				case len(p) == 2 && cut < 0:
					cut = l
				default:
					t.Fatalf("%s, k = %d: more than one cluster was cut", strategy, k)
				}
			}
			for l := range parts {
				if strategy == "biggest_inertia" && squares[l] > squares[cut] || strategy == "largest_cluster" && before.Sizes()[l] > before.Sizes()[cut] {
					t.Errorf("%s, k = %d: cluster %d was cut, not %d", strategy, k, cut, l)
				}
			}
			if math.Abs(whole-*got.Objective) > 1e-9*whole {
				t.Errorf("%s, k = %d: objective %v, want %v", strategy, k, *got.Objective, whole)
			}
			before = got
		}
	}
}

func TestBisectingRefineAndRefusals(t *testing.T) {
	x, truth := gaussian(600, 2, 5, 60, 3)
	a := &BisectingKMeans{NClusters: 5, Init: "k-means++", NInit: 5, MaxIter: 300, Tol: 1e-4, Strategy: "biggest_inertia"}
	rough := fitBisecting(t, a, x.Data, 2)
	sameCanonical(t, "far blobs", rough.Labels, truth)
	y, _ := gaussian(600, 2, 5, 6, 3)
	rough = fitBisecting(t, a, y.Data, 2)
	a.Refine = true
	if fine := fitBisecting(t, a, y.Data, 2); *fine.Objective >= *rough.Objective {
		t.Errorf("refined to %v from %v", *fine.Objective, *rough.Objective)
	}
	for name, change := range map[string]func(*BisectingKMeans){
		"bisecting_strategy": func(a *BisectingKMeans) { a.Strategy = "smallest" },
		"max_iter":           func(a *BisectingKMeans) { a.MaxIter = 0 },
		"n_init":             func(a *BisectingKMeans) { a.NInit = 0 },
		"init":               func(a *BisectingKMeans) { a.Init = "first" },
	} {
		b := *a
		change(&b)
		_, err := b.Fit(context.Background(), x, Run{})
		if e, ok := err.(*OptionError); !ok || e.Option != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}
