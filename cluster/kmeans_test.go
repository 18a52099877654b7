package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// Labels, iterations and inertia are scikit-learn's (testdata/expected.json).
func TestKMeansEqualsScikitLearn(t *testing.T) {
	for name, s := range readExpected(t).Sets {
		x := readSet(t, name)
		for at, e := range s.KMeans {
			a := &KMeans{NClusters: len(e.Rows) + len(e.Far), MaxIter: e.MaxIter, Tol: e.Tol, Algorithm: kmeansAlgorithms[at%3]}
			for _, i := range e.Rows {
				a.InitCenters = append(a.InitCenters, x.Row(i))
			}
			a.InitCenters = append(a.InitCenters, e.Far...)
			x.Weights = nil
			if e.Weights != "" {
				n, _ := x.Dims()
				for i := range n {
					x.Weights = append(x.Weights, float64(1+i%5))
				}
			}
			c, err := a.Fit(context.Background(), x, Run{})
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s k=%d tol=%g max_iter=%d %s", name, a.NClusters, e.Tol, e.MaxIter, e.Weights)
			sameCanonical(t, what, c.Labels, e.Labels)
			if c.Iter != e.NIter {
				t.Errorf("%s: %d iterations, want %d", what, c.Iter, e.NIter)
			}
			if math.Abs(*c.Objective-e.Inertia) > 1e-9*e.Inertia {
				t.Errorf("%s: inertia %.15g, want %.15g", what, *c.Objective, e.Inertia)
			}
			if (e.MaxIter == 3) != (c.Stop == MaxIter) {
				t.Errorf("%s: stop %s", what, c.Stop)
			}
			if e.Far != nil && !strings.HasPrefix(strings.Join(c.Warnings, ""), "R005") {
				t.Errorf("%s: warnings %q", what, c.Warnings)
			}
			rule, err := RuleOf(a, x, c)
			if err != nil || !rule.Exact || rule.Agreement != 1 {
				t.Errorf("%s: rule agrees on %v of the training rows (%v)", what, rule.Agreement, err)
			}
		}
	}
}

// Ties: a row exactly between two centres goes to the first of them, in the fit and
// in the rule, whatever the canonical numbers.
func TestKMeansTies(t *testing.T) {
	x := matrix(1, -2, 0, 2, 2, 2)
	a := &KMeans{NClusters: 2, InitCenters: [][]float64{{-2}, {2}}, MaxIter: 1, Tol: 1e9}
	c, err := a.Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	// One iteration: {-2, 0} and {2, 2, 2}; centres -1 and 2.
	if !slices.Equal(c.Labels, []int32{1, 1, 0, 0, 0}) {
		t.Fatalf("labels %v", c.Labels)
	}
	rule, err := RuleOf(a, x, c)
	if err != nil {
		t.Fatal(err)
	}
	if l, d := rule.Predict([]float64{0.5}); l != 1 || d != 1.5 {
		t.Errorf("halfway: label %d at %g, want the fit's first centre (label 1) at 1.5", l, d)
	}
}

// Against the best of all partitions of up to 8 rows, found by enumeration: no start
// goes below it, nearly all instances reach it, and from its means it stays.
func TestKMeansBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	rounds, reached := longRounds(100, 1000), 0
	for range rounds {
		n, d, k := 3+r.IntN(6), 1+r.IntN(3), 1+r.IntN(3)
		v := make([]float64, n*d)
		for i := range v {
			v[i] = math.Round(r.NormFloat64() * 10)
		}
		x := matrix(d, v...)
		best := math.Inf(1)
		labels, optimum := make([]int, n), make([]int, n)
		var walk func(i, used int)
		walk = func(i, used int) {
			if i == n {
				if s := plainInertia(v, d, k, labels); used == k && s < best {
					best = s
					copy(optimum, labels)
				}
				return
			}
			for l := range min(used+1, k) {
				labels[i] = l
				walk(i+1, max(used, l+1))
			}
		}
		walk(0, 0)
		a := &KMeans{NClusters: k, Init: "k-means++", NInit: 40, MaxIter: 300}
		c, err := a.Fit(context.Background(), x, Run{Seed: r.Uint64(), Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if *c.Objective < best*(1-1e-9)-1e-9 {
			t.Fatalf("n=%d d=%d k=%d: inertia %g is below the least possible %g", n, d, k, *c.Objective, best)
		}
		if *c.Objective <= best*(1+1e-9)+1e-9 {
			reached++
		}
		start := &KMeans{NClusters: k, MaxIter: 300}
		for l := range k {
			mean, count := make([]float64, d), 0.0
			for i, m := range optimum {
				if m == l {
					count++
					for j := range d {
						mean[j] += v[i*d+j]
					}
				}
			}
			for j := range d {
				mean[j] /= count
			}
			start.InitCenters = append(start.InitCenters, mean)
		}
		if c, err = start.Fit(context.Background(), x, Run{}); err != nil {
			t.Fatal(err)
		}
		check.Close(t, fmt.Sprintf("n=%d d=%d k=%d from the optimum", n, d, k), *c.Objective, best, 1e-9)
	}
	if reached < rounds*95/100 {
		t.Errorf("40 starts reach the optimum in %d of %d instances", reached, rounds)
	}
}

func plainInertia(v []float64, d, k int, labels []int) float64 {
	s := 0.0
	for l := range k {
		for j := range d {
			sum, count := 0.0, 0.0
			for i, m := range labels {
				if m == l {
					sum += v[i*d+j]
					count++
				}
			}
			for i, m := range labels {
				if m == l {
					s += (v[i*d+j] - sum/count) * (v[i*d+j] - sum/count)
				}
			}
		}
	}
	return s
}

// The objective never rises, whatever the start.
func TestKMeansMonotone(t *testing.T) {
	x, _ := gaussian(5000, 5, 12, 8, 1)
	for _, init := range []string{"k-means++", "random"} {
		last := math.Inf(1)
		a := &KMeans{NClusters: 15, Init: init, NInit: 1, MaxIter: 100}
		_, err := a.Fit(context.Background(), x, Run{Report: func(s Step) {
			if s.Objective > last*(1+1e-9) {
				t.Errorf("%s: iteration %d rises from %g to %g", init, s.Iter, last, s.Objective)
			}
			last = s.Objective
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Greedy k-means++ starts near the optimum: on well-separated blobs it finds all of
// them at once, where random rows do not.
func TestKMeansSeeding(t *testing.T) {
	x, truth := gaussian(4000, 3, 10, 200, 2)
	c, err := (&KMeans{NClusters: 10, Init: "k-means++", NInit: 1, MaxIter: 300, Tol: 1e-4}).Fit(context.Background(), x, Run{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	sameCanonical(t, "k-means++", c.Labels, truth)
}

func TestKMeansFewDistinctRows(t *testing.T) {
	x := matrix(2, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3)
	for _, init := range []string{"k-means++", "random"} {
		c, err := (&KMeans{NClusters: 5, Init: init, NInit: 1, MaxIter: 10}).Fit(context.Background(), x, Run{})
		if err != nil {
			t.Fatal(err)
		}
		if c.K != 3 || *c.Objective != 0 || len(c.Centers) != 3 || !strings.Contains(strings.Join(c.Warnings, "\n"), "n_clusters = 5 but only 3") {
			t.Errorf("%s: %d clusters, inertia %g, warnings %q; want the 3 distinct rows", init, c.K, *c.Objective, c.Warnings)
		}
	}
}

func TestKMeansRefuses(t *testing.T) {
	x := matrix(1, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	for want, a := range map[string]*KMeans{
		"k = 12 but only 9 rows":                     {NClusters: 12, Init: "random", NInit: 1, MaxIter: 1},
		"n_clusters = 0: at least 1":                 {NClusters: 0, Init: "random", NInit: 1, MaxIter: 1},
		"max_iter = -1: not negative":                {NClusters: 2, Init: "random", NInit: 1, MaxIter: -1},
		"n_init = 0: at least 1":                     {NClusters: 2, Init: "random", MaxIter: 1},
		"tol = -1: finite":                           {NClusters: 2, Init: "random", NInit: 1, MaxIter: 1, Tol: -1},
		"init = kmeans++: k-means++, k-means||, max": {NClusters: 2, Init: "kmeans++", NInit: 1, MaxIter: 1},
		"n_clusters = 2: but 1 initial centres":      {NClusters: 2, InitCenters: [][]float64{{1}}, MaxIter: 1},
		"row 2: has 2 values where the data have 1":  {NClusters: 2, InitCenters: [][]float64{{1}, {1, 2}}, MaxIter: 1},
		"row 1, column 1 is not a finite number":     {NClusters: 1, InitCenters: [][]float64{{math.NaN()}}, MaxIter: 1},
	} {
		if _, err := a.Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
}

// A start depends on the seed, not on its neighbours: the journal can name it.
func TestKMeansOptionsRoundTrip(t *testing.T) {
	a := &KMeans{NClusters: 2, Init: "random", NInit: 3, MaxIter: 7, Tol: 0.5, InitCenters: [][]float64{{1}, {2}}}
	p, err := Params(a)
	if err != nil {
		t.Fatal(err)
	}
	var b KMeans
	if err := json.Unmarshal(p, &b); err != nil {
		t.Fatal(err)
	}
	q, err := Params(&b)
	if err != nil || !bytes.Equal(p, q) {
		t.Errorf("%s came back as %s (%v)", p, q, err)
	}
}

func TestKMeansManyBlocksSameBits(t *testing.T) {
	x, _ := gaussian(20_000, 4, 6, 6, 5)
	var first *Clustering
	for _, w := range []int{1, 2, 3, 8} {
		c, err := (&KMeans{NClusters: 9, Init: "k-means++", NInit: 2, MaxIter: 300, Tol: 1e-4}).Fit(context.Background(), x, Run{Workers: w, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = c
			continue
		}
		if !slices.Equal(c.Labels, first.Labels) || *c.Objective != *first.Objective || c.Iter != first.Iter {
			t.Errorf("%d workers: inertia %v after %d, one worker: %v after %d", w, *c.Objective, c.Iter, *first.Objective, first.Iter)
		}
	}
}

func BenchmarkKMeans(b *testing.B) {
	for _, p := range []struct{ n, d, k int }{{20_000, 8, 8}, {100_000, 8, 8}, {100_000, 8, 20}, {100_000, 16, 50}} {
		x, _ := gaussian(p.n, p.d, 12, 8, 1)
		b.Run(fmt.Sprintf("n=%d,d=%d,k=%d", p.n, p.d, p.k), func(b *testing.B) {
			var c *Clustering
			var err error
			for b.Loop() {
				c, err = (&KMeans{NClusters: p.k, Init: "k-means++", NInit: 1, MaxIter: 300, Tol: 1e-4}).Fit(context.Background(), x, Run{Seed: 1})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(*c.Objective/float64(p.n), "inertia/row")
			b.ReportMetric(float64(c.Iter), "iterations")
		})
	}
}
