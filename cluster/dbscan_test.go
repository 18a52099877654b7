package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/kernel"
)

// Core rows, noise and every label (border rows too) are scikit-learn's
// (testdata/expected.json).
func TestDBSCANEqualsScikitLearn(t *testing.T) {
	for name, s := range readExpected(t).Sets {
		x := readSet(t, name)
		for _, e := range s.DBSCAN {
			x.Weights = nil
			if e.Weights != "" {
				n, _ := x.Dims()
				for i := range n {
					x.Weights = append(x.Weights, 0.5+float64(i%3))
				}
			}
			what := fmt.Sprintf("%s eps=%g %s", name, e.Eps, e.Weights)
			for _, run := range []Run{{Workers: 1}, {Workers: 2}, {Workers: 8}, {Space: rowSpace{x.Data(), len(x.Cols)}}} {
				a := &DBSCAN{Eps: e.Eps, MinSamples: e.MinSamples, Border: true}
				c, err := a.Fit(context.Background(), x, run)
				if err != nil {
					t.Fatal(err)
				}
				sameCanonical(t, what, c.Labels, e.Labels)
				var core []int
				for i, y := range c.Core {
					if y {
						core = append(core, i)
					}
				}
				if !slices.Equal(core, e.Core) {
					t.Errorf("%s: %d core rows, want %d", what, len(core), len(e.Core))
				}
				if run.Workers == 1 {
					rule, err := RuleOf(a, x, c)
					if err != nil || !rule.Exact || rule.Agreement != 1 {
						t.Errorf("%s: rule %+v agrees on %v of the training rows (%v)", what, rule.Kind, rule.Agreement, err)
					}
				}
			}
		}
	}
}

// rowSpace is Euclidean distance as a Space.
type rowSpace struct {
	x []float64
	d int
}

func (s rowSpace) Len() int { return len(s.x) / s.d }

func (s rowSpace) Dist(i, j int) float64 {
	// Compared with eps after a square root, where DBSCAN compares squares: the sets
	// have no pair that near to eps.
	return sqrt(kernel.Sq(s.x[i*s.d:(i+1)*s.d], s.x[j*s.d:(j+1)*s.d]))
}

// The textbook's DBSCAN, O(n²) and recursive in spirit, on small coarse grids, where
// distances equal to eps, duplicates and ties are the rule.
func TestDBSCANNaive(t *testing.T) {
	rounds := longRounds(100, 1000)
	r := rand.New(rand.NewPCG(5, 5))
	for range rounds {
		n, d := 2+r.IntN(60), 1+r.IntN(3)
		v := make([]float64, n*d)
		for i := range v {
			v[i] = float64(r.IntN(8))
		}
		a := &DBSCAN{Eps: []float64{0.5, 1, 2, 3}[r.IntN(4)], MinSamples: 1 + r.IntN(6), Border: true}
		x := matrix(d, v...)
		c, err := a.Fit(context.Background(), x, Run{Workers: 1 + r.IntN(3)})
		if err != nil {
			t.Fatal(err)
		}
		want := naiveDBSCAN(v, d, a.Eps, a.MinSamples)
		sameCanonical(t, fmt.Sprintf("n=%d d=%d %+v", n, d, *a), c.Labels, want)
		rule, err := RuleOf(a, x, c)
		if err != nil || rule.Agreement != 1 {
			t.Fatalf("rule agrees on %v (%v)", rule.Agreement, err)
		}
	}
}

func naiveDBSCAN(v []float64, d int, eps float64, minSamples int) []int32 {
	n := len(v) / d
	within := func(i, j int) bool {
		return kernel.Sq64(v[i*d:(i+1)*d], v[j*d:(j+1)*d]) <= eps*eps
	}
	core := make([]bool, n)
	labels := make([]int32, n)
	for i := range n {
		count := 0
		for j := range n {
			if within(i, j) {
				count++
			}
		}
		core[i], labels[i] = count >= minSamples, Noise
	}
	next := int32(0)
	for i := range n {
		if !core[i] || labels[i] >= 0 {
			continue
		}
		stack := []int{i}
		labels[i] = next
		for len(stack) > 0 {
			p := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if !core[p] {
				continue
			}
			for j := range n {
				if labels[j] < 0 && within(p, j) {
					labels[j] = next
					stack = append(stack, j)
				}
			}
		}
		next++
	}
	return labels
}

func TestDBSCANWarnings(t *testing.T) {
	x, _ := gaussian(500, 2, 1, 0, 3)
	for eps, want := range map[float64]string{
		1e-6: "R006 dbscan: eps = 1e-06 leaves 100 % noise. Median distance to neighbour 4 is 0.1",
		50:   "R006 dbscan: one cluster holds 100.0 %",
	} {
		c, err := (&DBSCAN{Eps: eps, MinSamples: 5, Border: true}).Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Warnings) != 1 || !strings.HasPrefix(c.Warnings[0], want) {
			t.Errorf("eps = %g: warnings %q, want %s…", eps, c.Warnings, want)
		}
	}
	for want, a := range map[string]*DBSCAN{
		"eps = 0: a finite distance above 0": {Eps: 0, MinSamples: 5},
		"min_samples = 0: at least 1":        {Eps: 1, MinSamples: 0},
	} {
		if _, err := a.Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
}

// One kd-tree serves every eps.
func TestDBSCANSharesTheTree(t *testing.T) {
	x, _ := gaussian(300, 5, 3, 20, 3)
	s := NewShared(1 << 20)
	for _, eps := range []float64{1, 2} {
		got, err := (&DBSCAN{Eps: eps, MinSamples: 5, Border: true}).Fit(context.Background(), x, Run{Shared: s})
		if err != nil {
			t.Fatal(err)
		}
		want, err := (&DBSCAN{Eps: eps, MinSamples: 5, Border: true}).Fit(context.Background(), x, Run{})
		if err != nil || !slices.Equal(got.Labels, want.Labels) {
			t.Errorf("eps = %g: shared and own tree differ (%v)", eps, err)
		}
	}
	if len(s.items) != 1 {
		t.Errorf("%d things shared, want the one tree", len(s.items))
	}
}

func BenchmarkDBSCAN(b *testing.B) {
	for _, p := range []struct {
		n, d int
		eps  float64
	}{{100_000, 2, 0.1}, {100_000, 3, 0.4}, {100_000, 8, 2.5}} {
		x, _ := gaussian(p.n, p.d, 12, 30, 1)
		b.Run(fmt.Sprintf("n=%d,d=%d,k=0", p.n, p.d), func(b *testing.B) {
			var c *Clustering
			var err error
			for b.Loop() {
				if c, err = (&DBSCAN{Eps: p.eps, MinSamples: 10, Border: true}).Fit(context.Background(), x, Run{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(c.K), "clusters")
			b.ReportMetric(float64(c.NumNoise())/float64(p.n), "noise")
		})
	}
}
