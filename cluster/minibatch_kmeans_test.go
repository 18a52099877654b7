package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
	"github.com/mores-lab/mores/internal/kernel"
)

// Steps on given batches are scikit-learn's (testdata/minibatch.json).
func TestMiniBatchStepsEqualScikitLearn(t *testing.T) {
	b, err := os.ReadFile("testdata/minibatch.json")
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Cases []struct {
			D     int         `json:"d"`
			X     []float64   `json:"x"`
			Init  [][]float64 `json:"init"`
			Steps []struct {
				Rows    []int32   `json:"rows"`
				Inertia float64   `json:"inertia"`
				Centers []float64 `json:"centers"`
				Counts  []float64 `json:"counts"`
			} `json:"steps"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(b, &e); err != nil || len(e.Cases) != 3 {
		t.Fatal(len(e.Cases), err)
	}
	for i, c := range e.Cases {
		a := &MiniBatchKMeans{NClusters: len(c.Init), InitCenters: c.Init, BatchSize: len(c.Steps[0].Rows), MaxIter: 1}
		r := newMiniBatchRun(context.Background(), a, matrix(c.D, c.X...), Run{})
		if err := r.start(); err != nil {
			t.Fatal(err)
		}
		for s, step := range c.Steps {
			what := fmt.Sprintf("case %d step %d", i, s)
			inertia, err := r.step(step.Rows)
			if err != nil {
				t.Fatal(err)
			}
			check.Close(t, what+" inertia", inertia, step.Inertia, 1e-12)
			for j, v := range step.Centers {
				check.Close(t, what+" centre", r.centers[j], v, 1e-12)
			}
			if !slices.Equal(r.seen, step.Counts) {
				t.Errorf("%s: rows seen %v, want %v", what, r.seen, step.Counts)
			}
		}
	}
}

// Centres that have seen little move to rows of the batch, at most half a batch of
// them, and count as the least busy of the others.
func TestMiniBatchReassigns(t *testing.T) {
	x, _ := gaussian(100, 2, 3, 10, 1)
	a := &MiniBatchKMeans{NClusters: 6, BatchSize: 6, MaxIter: 1, ReassignmentRatio: 0.1}
	r := newMiniBatchRun(context.Background(), a, x, Run{})
	r.centers = make([]float64, 12)
	for i := range r.centers {
		r.centers[i] = 1e6
	}
	r.seen = []float64{100, 3, 0, 20, 9, 10}
	r.rows = []int32{3, 1, 4, 15, 9, 2}
	r.reassign(rand.New(rand.NewPCG(1, 1)))
	// 0, 3 and 9 are below a tenth of 100; 10 is not; half the batch is three.
	if want := []float64{100, 10, 10, 20, 10, 10}; !slices.Equal(r.seen, want) {
		t.Errorf("rows seen %v, want %v", r.seen, want)
	}
	rows := map[int]bool{}
	for c := range 6 {
		at := slices.IndexFunc(seq(100), func(i int) bool { return slices.Equal(x.Row(i), r.centers[c*2:c*2+2]) })
		if moved := c == 1 || c == 2 || c == 4; moved != (at >= 0) || moved && !slices.Contains(r.rows, int32(at)) || rows[at] && moved {
			t.Errorf("centre %d is at row %d", c, at)
		}
		rows[at] = true
	}
	a.BatchSize, r.batch = 2, 2
	r.seen, r.rows = []float64{100, 3, 0, 20, 9, 10}, []int32{5, 6}
	r.reassign(rand.New(rand.NewPCG(1, 1)))
	if want := []float64{100, 3, 3, 20, 9, 10}; !slices.Equal(r.seen, want) {
		t.Errorf("small batch: rows seen %v, want only the least busy moved: %v", r.seen, want)
	}
}

// Batches draw rows by weight: frequencies against shares, rows of weight 0 never.
func TestMiniBatchDraws(t *testing.T) {
	x := matrix(1, 1, 2, 3, 4, 5)
	x.Weights = []float64{1, 0, 2, 5, 0}
	r := newMiniBatchRun(context.Background(), &MiniBatchKMeans{NClusters: 1, BatchSize: 5, MaxIter: 1}, x, Run{})
	count, rows := make([]float64, 5), make([]int32, 80_000)
	r.draw(rand.New(rand.NewPCG(1, 2)), rows)
	for _, i := range rows {
		count[i]++
	}
	chi := 0.0
	for i, w := range x.Weights {
		if e := w * 10_000; e > 0 {
			chi += (count[i] - e) * (count[i] - e) / e
		} else if count[i] > 0 {
			t.Errorf("row %d of weight 0 was drawn", i)
		}
	}
	if chi > 2+4*2 {
		t.Errorf("chi-square %.1f with 2 degrees of freedom", chi)
	}
}

// Labels and objective are those of the centres, and close to what k-means finds.
func TestMiniBatchResult(t *testing.T) {
	x, _ := gaussian(6000, 4, 8, 30, 3)
	full, err := (&KMeans{NClusters: 8, Init: "k-means++", NInit: 5, MaxIter: 300}).Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	for _, weighted := range []bool{false, true} {
		if weighted {
			for i := range 6000 {
				x.Weights = append(x.Weights, float64(i%3))
			}
		}
		a := minibatchDefaults(8)
		a.NInit, a.BatchSize = 4, 256
		c, err := a.Fit(context.Background(), x, Run{Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		inertia := 0.0
		for i, l := range c.Labels {
			w := 1.0
			if weighted {
				w = x.Weights[i]
			}
			own := kernel.Sq64(x.Row(i), c.Centers[l])
			for _, p := range c.Centers {
				if kernel.Sq64(x.Row(i), p) < own {
					t.Fatalf("row %d has a nearer centre", i)
				}
			}
			inertia += w * own
		}
		check.Close(t, "inertia", *c.Objective, inertia, 1e-12)
		if *c.Objective > 1.1**full.Objective { // weights have mean 1
			t.Errorf("weighted %v: inertia %g, k-means %g", weighted, *c.Objective, *full.Objective)
		}
	}
}

func minibatchDefaults(k int) *MiniBatchKMeans {
	patience := 10
	return &MiniBatchKMeans{NClusters: k, Init: "k-means++", NInit: 1, MaxIter: 100, BatchSize: 1024, MaxNoImprovement: &patience, ReassignmentRatio: 0.01}
}

// Each way to end.
func TestMiniBatchStops(t *testing.T) {
	x, _ := gaussian(3000, 3, 5, 10, 3)
	one := minibatchDefaults(5)
	one.MaxIter, one.MaxNoImprovement = 1, nil
	c, err := one.Fit(context.Background(), x, Run{})
	if err != nil || c.Stop != MaxIter || c.Iter != 1 || !strings.HasPrefix(strings.Join(c.Warnings, ""), "R004 minibatch_kmeans") {
		t.Errorf("one pass: %v %+v", err, c)
	}
	moved := minibatchDefaults(5)
	moved.MaxIter, moved.MaxNoImprovement, moved.Tol = 10_000, nil, 1e-3
	if c, err = moved.Fit(context.Background(), x, Run{}); err != nil || c.Stop != Converged {
		t.Errorf("tol: %v %+v", err, c)
	}
}

func TestMiniBatchRefuses(t *testing.T) {
	x := matrix(1, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	zero := 0
	for want, change := range map[string]func(a *MiniBatchKMeans){
		"max_iter = 0: at least 1":                 func(a *MiniBatchKMeans) { a.MaxIter = 0 },
		"batch_size = 0: at least 1":               func(a *MiniBatchKMeans) { a.BatchSize = 0 },
		"tol = NaN: finite":                        func(a *MiniBatchKMeans) { a.Tol = math.NaN() },
		"max_no_improvement = 0: at least 1":       func(a *MiniBatchKMeans) { a.MaxNoImprovement = &zero },
		"init_size = 0: at least 1":                func(a *MiniBatchKMeans) { a.InitSize = &zero },
		"reassignment_ratio = 2: between":          func(a *MiniBatchKMeans) { a.ReassignmentRatio = 2 },
		"init = farthest: k-means++":               func(a *MiniBatchKMeans) { a.Init = "farthest" },
		"n_init = 0: at least 1":                   func(a *MiniBatchKMeans) { a.NInit = 0 },
		"n_clusters = 2: but 1 initial centres":    func(a *MiniBatchKMeans) { a.InitCenters = [][]float64{{1}} },
		"row 1: has 2 values where the data":       func(a *MiniBatchKMeans) { a.InitCenters = [][]float64{{1, 2}, {1}} },
		"row 2, column 1 is not a finite number":   func(a *MiniBatchKMeans) { a.InitCenters = [][]float64{{1}, {math.Inf(1)}} },
		"minibatch_kmeans: k = 10 but only 9 rows": func(a *MiniBatchKMeans) { a.NClusters = 10 },
	} {
		a := minibatchDefaults(2)
		change(a)
		if _, err := a.Fit(context.Background(), x, Run{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
}

func BenchmarkMiniBatch(b *testing.B) {
	x, _ := gaussian(1_000_000, 8, 20, 20, 1)
	b.Run("n=1000000,d=8,k=20", func(b *testing.B) {
		var c *Clustering
		var err error
		for b.Loop() {
			if c, err = minibatchDefaults(20).Fit(context.Background(), x, Run{Seed: 1}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(*c.Objective/1e6, "inertia/row")
	})
}
