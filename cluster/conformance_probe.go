package cluster

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/mores-lab/mores/features"
)

// checkSame says in what two results of one fit differ, or "".
func checkSame(a, b *Clustering) string {
	switch {
	case !slices.Equal(a.Labels, b.Labels):
		return "labels"
	case a.Iter != b.Iter || a.Stop != b.Stop:
		return "iterations"
	case (a.Objective == nil) != (b.Objective == nil) || a.Objective != nil && *a.Objective != *b.Objective:
		return "objective"
	case !slices.EqualFunc(a.Centers, b.Centers, slices.Equal[[]float64]):
		return "centres"
	case !slices.Equal(a.Medoids, b.Medoids) || !slices.Equal(a.Probabilities, b.Probabilities) || !slices.Equal(a.Core, b.Core):
		return "medoids, probabilities or core rows"
	case a.Tree != nil && b.Tree != nil && !slices.Equal(a.Tree.Z(), b.Tree.Z()):
		return "trees"
	case !slices.Equal(a.Warnings, b.Warnings):
		return "warnings"
	}
	return ""
}

// workers: one seed, one answer.
func (c *checker) workers() {
	x, _ := checkBlobs(c.rows, 2)
	a := c.make(x, 5)
	first := c.fit("1 worker", a, x, Run{Seed: 5, Workers: 1})
	if first == nil {
		return
	}
	shared := NewShared(1 << 24)
	for _, r := range []struct {
		what string
		run  Run
	}{
		{"1 worker again", Run{Workers: 1}},
		{"2 workers", Run{Workers: 2}},
		{"3 workers", Run{Workers: 3}},
		{"8 workers", Run{Workers: 8}},
		{"8 workers again", Run{Workers: 8}},
		{"all workers", Run{}},
		{"an empty Shared", Run{Shared: shared}},
		{"the same Shared", Run{Shared: shared}},
	} {
		r.run.Seed = 5
		if got := c.fit(r.what, a, x, r.run); got != nil {
			if d := checkSame(first, got); d != "" {
				c.failf("%s: other %s than 1 worker", r.what, d)
			}
		}
	}
	var wg sync.WaitGroup
	differ := make([]string, 2)
	for i := range differ {
		wg.Go(func() {
			got, err := a.Fit(context.Background(), x, Run{Seed: 5, Workers: 2})
			if err != nil {
				differ[i] = err.Error()
				return
			}
			differ[i] = checkSame(first, got)
		})
	}
	wg.Wait()
	if d := strings.Join(differ, ""); d != "" {
		c.failf("two fits of one value at once differ: %s", d)
	}
}

// refuse expects an error that holds the text.
func (c *checker) refuse(what string, a Algorithm, x *features.Matrix, text string) {
	c.guard(func() {
		switch _, err := a.Fit(context.Background(), x, Run{Seed: 1}); {
		case err == nil:
			c.failf("%s: accepted", what)
		case !strings.Contains(err.Error(), text):
			c.failf("%s: the error %q does not say %q", what, err, text)
		}
	})
}

func (c *checker) refusals() {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		x, _ := checkBlobs(30, 3)
		a := c.make(x, 2)
		x.Row(17)[1] = v
		c.refuse(fmt.Sprint(v), a, x, "row 18")
	}
	x, _ := checkBlobs(9, 3)
	a := c.make(x, 1)
	c.refuse("no rows", a, checkMatrix(0, 2), "no rows")
	c.refuse("one row", a, checkMatrix(1, 2), "1 row")
	c.refuse("no columns", a, checkMatrix(9, 0), "no columns")
	if slices.Contains(Keys(a), "n_clusters") {
		c.refuse("k > n", c.make(x, 12), x, "k = 12 but only 9 rows")
		c.refuse("k = 0", c.make(x, 0), x, "n_clusters")
	}
}

func (c *checker) edges() {
	try := func(what string, x *features.Matrix, k int) {
		c.guard(func() { c.fit(what, c.make(x, k), x, Run{Seed: 1}) })
	}
	x, _ := checkBlobs(40, 4)
	one := checkMatrix(40, 1)
	double := checkMatrix(80, 2)
	zeros := checkMatrix(40, 3)
	for i := range 40 {
		one.Row(i)[0] = x.Row(i)[1]
		copy(double.Row(i), x.Row(i))
		copy(double.Row(i+40), x.Row(i))
		copy(zeros.Row(i), x.Row(i)) // a constant third column
	}
	equal := checkMatrix(20, 2)
	for i := range equal.Data() {
		equal.Data()[i] = 1.0 / 3
	}
	two := checkMatrix(2, 1)
	two.Row(1)[0] = 1
	far := checkMatrix(40, 2)
	for i, v := range x.Data() {
		far.Data()[i] = v + 1e9
	}
	try("one column", one, 3)
	try("k = 1", x, 1)
	try("k = n", x, 40)
	try("two rows", two, 2)
	try("equal rows", equal, 3)
	try("every row twice", double, 3)
	try("a constant column", zeros, 3)
	try("values near 1e9", far, 3)
	weighted := x.Pick(seq(40))
	weighted.Weights = make([]float64, 40)
	for i := range weighted.Weights {
		weighted.Weights[i] = float64(i % 3)
	}
	try("weights, some of them 0", weighted, 3)
}

func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// cancellation: a fit whose context has ended, or ends half-way, returns its error.
func (c *checker) cancellation() {
	x, _ := checkBlobs(c.rows, 7)
	a := c.make(x, 5)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := a.Fit(ended, x, Run{Seed: 1}); !errors.Is(err, context.Canceled) {
		c.failf("ended before the fit: %v", err)
	}
	count := newCheckContext(math.MaxInt64)
	if _, err := a.Fit(count, x, Run{Seed: 1, Workers: 1}); err != nil {
		c.failf("counting looks: %v", err)
		return
	}
	looks := count.looks.Load()
	if looks == 0 {
		c.failf("the fit never looks at its context")
		return
	}
	at := (looks + 1) / 2
	if _, err := a.Fit(newCheckContext(at), x, Run{Seed: 1, Workers: 1}); !errors.Is(err, context.Canceled) {
		c.failf("ended at look %d of %d: %v", at, looks, err)
	}
}

// rule: it labels new rows, an exact one repeats the fit, and many rows at once get
// what each gets alone.
func (c *checker) rule() {
	x, _ := checkBlobs(300, 8)
	a := c.make(x, 3)
	got := c.fit("fit", a, x, Run{Seed: 4})
	if got == nil {
		return
	}
	r, err := RuleOf(a, x, got)
	if err != nil {
		c.failf("%v", err)
		return
	}
	if len(r.Labels) != len(r.Points) || r.Agreement < 0 || r.Agreement > 1 {
		c.failf("%d labels for %d points, agreement %v", len(r.Labels), len(r.Points), r.Agreement)
		return
	}
	labels, dist, err := r.PredictAll(context.Background(), x, 2)
	if err != nil {
		c.failf("%v", err)
		return
	}
	for i, l := range labels {
		if one, d := r.Predict(x.Row(i)); one != l || d != dist[i] {
			c.failf("row %d: label %d at %v alone, %d at %v among many", i, one, d, l, dist[i])
			return
		}
	}
	if r.Exact && (r.Agreement != 1 || !slices.Equal(labels, got.Labels)) {
		c.failf("an exact rule that agrees on %.2f %% of the training rows", 100*r.Agreement)
	}
}
