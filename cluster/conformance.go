package cluster

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/mores-lab/mores/features"
)

// Check holds a method to the contract of Algorithm: it runs it on small data of many
// kinds and returns all that is wrong, or nil. It is meant for the tests of whoever
// writes a method, here or in another module. It takes about a second.
//
// Checked are: name, doc and options; canonical labels and fields that fit them; three
// far blobs found (unless Baseline, or Example decides the labels); the same bytes for
// 1, 2, 3 and 8 workers, with and without Shared, and for two fits at once; data and
// options left alone; missing and infinite values, no rows, one row, no columns and
// k > n refused; one column, k = 1, k = n, equal rows and duplicates survived; the
// declared Invariance and Progress; cancellation before and during the fit; memberships;
// the rule.
func Check(m *Method) error { return checkOn(m, checkRows) }

// checkRows is the number of rows where workers share them: three blocks of the smallest
// size.
const checkRows = 3000

func checkOn(m *Method, rows int) error {
	dir, err := os.MkdirTemp("", "mores-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := &checker{m: m, dir: dir, seed: 6, rows: rows}
	for _, p := range []struct {
		what string
		do   func()
	}{
		{"entry", c.entry},
		{"blobs", c.blobs},
		{"workers", c.workers},
		{"refusals", c.refusals},
		{"edges", c.edges},
		{"invariance", c.invariance},
		{"progress", c.progress},
		{"memberships", c.memberships},
		{"cancellation", c.cancellation},
		{"rule", c.rule},
	} {
		c.what = p.what
		c.guard(p.do)
	}
	return errors.Join(c.errs...)
}

type checker struct {
	m    *Method
	dir  string
	what string
	seed uint64 // of the data of the invariance probe
	rows int    // of the data of the probes of workers and cancellation
	errs []error
}

func (c *checker) failf(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s: %s: %s", c.m.Name, c.what, fmt.Sprintf(format, args...)))
}

// guard turns a panic into a failure.
func (c *checker) guard(do func()) {
	defer func() {
		if p := recover(); p != nil {
			c.failf("panic: %v", p)
		}
	}()
	do()
}

// make returns the method's options for x with k clusters, where it takes a number.
func (c *checker) make(x *features.Matrix, k int) Algorithm {
	a := c.m.New()
	if c.m.Example != nil {
		var err error
		if a, err = c.m.Example(c.dir, x); err != nil {
			c.failf("Example: %v", err)
			return c.m.New()
		}
	}
	if slices.Contains(Keys(a), "n_clusters") {
		if err := SetValue(a, "n_clusters", k); err != nil {
			c.failf("n_clusters = %d: %v", k, err)
		}
	}
	return a
}

// fit runs a and checks what holds for every result. It returns nil where there is an
// error, which it reports.
func (c *checker) fit(what string, a Algorithm, x *features.Matrix, run Run) *Clustering {
	hash := x.Hash()
	before, err := Params(a)
	if err != nil {
		c.failf("%s: %v", what, err)
		return nil
	}
	got, err := a.Fit(context.Background(), x, run)
	switch {
	case x.Hash() != hash:
		c.failf("%s: the fit changed the data", what)
		return nil
	case err != nil:
		c.failf("%s: %v", what, err)
		return nil
	case got == nil:
		c.failf("%s: neither result nor error", what)
		return nil
	}
	if after, _ := Params(a); string(after) != string(before) {
		c.failf("%s: the fit changed the options from %s to %s", what, before, after)
	}
	if err := checkClustering(got, x); err != nil {
		c.failf("%s: %v", what, err)
		return nil
	}
	return got
}

// checkClustering says what in c contradicts itself or the contract.
func checkClustering(c *Clustering, x *features.Matrix) error {
	n, d := x.Dims()
	if len(c.Labels) != n {
		return fmt.Errorf("%d labels for %d rows", len(c.Labels), n)
	}
	canonical := slices.Clone(c.Labels)
	k, _ := Canonical(canonical)
	if !slices.Equal(canonical, c.Labels) {
		return fmt.Errorf("labels are not canonical (0.. by size, largest first, ties by the smallest row, noise −1)")
	}
	if k != c.K {
		return fmt.Errorf("the result has K = %d but %d clusters have rows", c.K, k)
	}
	for what, l := range map[string][2]int{
		"Centers": {len(c.Centers), c.K}, "Medoids": {len(c.Medoids), c.K},
		"Probabilities": {len(c.Probabilities), n}, "Core": {len(c.Core), n},
	} {
		if l[0] != 0 && l[0] != l[1] {
			return fmt.Errorf("%d %s, want %d", l[0], what, l[1])
		}
	}
	for i, p := range c.Centers {
		if len(p) != d {
			return fmt.Errorf("centre %d has %d values for %d columns", i, len(p), d)
		}
	}
	for l, i := range c.Medoids {
		if i < 0 || i >= n || c.Labels[i] != int32(l) {
			return fmt.Errorf("medoid %d is row %d, which is not in the cluster", l, i)
		}
	}
	for i, p := range c.Probabilities {
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("probability of row %d is %v", i, p)
		}
	}
	for i, core := range c.Core {
		if core && c.Labels[i] < 0 {
			return fmt.Errorf("row %d is core and noise", i)
		}
	}
	if c.Objective != nil && (math.IsNaN(*c.Objective) || math.IsInf(*c.Objective, 0)) {
		return fmt.Errorf("objective is %v: undefined is nil", *c.Objective)
	}
	if c.Stop == "" {
		return fmt.Errorf("no Stop")
	}
	if c.Tree != nil && c.Tree.N != n {
		return fmt.Errorf("a tree over %d leaves for %d rows", c.Tree.N, n)
	}
	return nil
}

var checkName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (c *checker) entry() {
	title, rest, _ := strings.Cut(c.m.Doc, "\n")
	switch {
	case !checkName.MatchString(c.m.Name):
		c.failf("name %q: want lower case, digits and _", c.m.Name)
	case title == "" || rest == "":
		c.failf("Doc: want a title line and a text below it")
	case c.m.Version < 1:
		c.failf("Version %d: versions begin with 1", c.m.Version)
	}
	a, b := c.m.New(), c.m.New()
	if len(Keys(a)) > 0 && a == b {
		c.failf("New returns the same options twice")
	}
	p, err := Params(a)
	if err != nil {
		c.failf("%v", err)
	}
	if q, _ := Params(b); string(p) != string(q) {
		c.failf("New is not the same every time: %s, %s", p, q)
	}
	var unknown *KeyError
	if err := Set(a, "no_such_option", "1"); !errors.As(err, &unknown) {
		c.failf("Set of an unknown option: %v", err)
	}
	if e, ok := a.(Estimator); ok {
		if got := e.Estimate(10_000, 10); got.Bytes < 0 || got.Seconds < 0 {
			c.failf("estimate %+v", got)
		}
	}
}

// checkBlobs makes three far blobs in the plane.
func checkBlobs(n int, seed uint64) (*features.Matrix, []int32) {
	r := rand.New(rand.NewPCG(seed, 0x636865636b))
	x := checkMatrix(n, 2)
	truth := make([]int32, n)
	for i := range n {
		truth[i] = int32(i % 3)
		x.Row(i)[0] = []float64{-4, 4, 0}[i%3] + 0.3*r.NormFloat64()
		x.Row(i)[1] = []float64{0, 1, 6}[i%3] + 0.3*r.NormFloat64()
	}
	return x, truth
}

func checkMatrix(n, d int) *features.Matrix {
	cols := make([]features.Column, d)
	for j := range cols {
		cols[j] = features.Column{Name: fmt.Sprintf("c%d", j), Doc: "made by Check"}
	}
	return features.NewMatrix(n, cols, nil)
}

func (c *checker) blobs() {
	x, truth := checkBlobs(150, 1)
	got := c.fit("three blobs", c.make(x, 3), x, Run{Seed: 1})
	if got == nil || c.m.Baseline || c.m.Example != nil {
		return
	}
	if ari := adjustedRand(got.Labels, truth); ari <= 0.4 {
		c.failf("adjusted Rand index %.3f on three far blobs, want > 0.4", ari)
	}
}

// adjustedRand is Hubert and Arabie's index of two labellings; noise counts as one
// cluster.
func adjustedRand(a, b []int32) float64 {
	pair, ca, cb := map[[2]int32]float64{}, map[int32]float64{}, map[int32]float64{}
	for i := range a {
		pair[[2]int32{a[i], b[i]}]++
		ca[a[i]]++
		cb[b[i]]++
	}
	c2 := func(n float64) float64 { return n * (n - 1) / 2 }
	var s, sa, sb float64
	for _, n := range pair {
		s += c2(n)
	}
	for _, n := range ca {
		sa += c2(n)
	}
	for _, n := range cb {
		sb += c2(n)
	}
	e := sa * sb / c2(float64(len(a)))
	if (sa+sb)/2 == e {
		return 1
	}
	return (s - e) / ((sa+sb)/2 - e)
}

// checkContext ends at the given look at it.
type checkContext struct {
	context.Context
	looks atomic.Int64
	end   int64
	done  chan struct{}
}

func newCheckContext(end int64) *checkContext {
	return &checkContext{Context: context.Background(), end: end, done: make(chan struct{})}
}

func (c *checkContext) look() bool {
	n := c.looks.Add(1)
	if n == c.end {
		close(c.done)
	}
	return n >= c.end
}

func (c *checkContext) Done() <-chan struct{} { c.look(); return c.done }

func (c *checkContext) Err() error {
	if c.look() {
		return context.Canceled
	}
	return nil
}
