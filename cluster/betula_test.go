package cluster

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/features"
	"github.com/mores-lab/mores/internal/kernel"
)

func newBETULA(t testing.TB, k, leaves int) *BETULA {
	a := lookup(t, "betula").New().(*BETULA)
	a.NClusters, a.MaxLeaves = k, leaves
	return a
}

// chunked yields a matrix in chunks of that many rows.
type chunked struct {
	x    *features.Matrix
	rows int
}

func (c chunked) Columns() []features.Column { return c.x.Cols }

func (c chunked) Chunks(context.Context) iter.Seq2[*features.Matrix, error] {
	return func(yield func(*features.Matrix, error) bool) {
		n, _ := c.x.Dims()
		for lo := 0; lo < n; lo += c.rows {
			if !yield(c.x.Pick(seq(n)[lo:min(n, lo+c.rows)]), nil) {
				return
			}
		}
	}
}

// treeOf builds the tree of a matrix and checks its shape.
func treeOf(t testing.TB, a *BETULA, x *features.Matrix) *betulaTree {
	t.Helper()
	tree, err := betulaBuild(context.Background(), a, newStreamReader("betula", x), Run{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	leaves, nodes := 0, 0
	var walk func(v *betulaNode, depth int) int
	walk = func(v *betulaNode, depth int) int {
		nodes++
		if v.count < 1 || v.count > tree.b {
			t.Fatalf("a node with %d features, branching factor %d", v.count, tree.b)
		}
		for l := v.count; l < len(v.n); l++ {
			if v.n[l] != 1 || !math.IsInf(v.mean[l], 1) {
				t.Fatalf("unused place %d of a node holds n = %v, mean %v", l, v.n[l], v.mean[l])
			}
		}
		if v.leaf {
			leaves += v.count
			return depth
		}
		want := 0
		for l := range v.count {
			c := v.child[l]
			if c.parent != v || c.slot != l {
				t.Fatal("a child does not know its parent")
			}
			sum, got := c.total(make([]float64, tree.d)), v.get(l, make([]float64, tree.d))
			tol := 1e-9 * (1 + math.Sqrt(sum.s/sum.n))
			if math.Abs(sum.n-got.n) > 1e-9*sum.n || math.Abs(sum.s-got.s) > 1e-8*(sum.s+1e-300) || math.Sqrt(kernel.Sq(sum.mean, got.mean)) > tol {
				t.Fatalf("a node's feature is (%v, %v, %v), its children's union (%v, %v, %v)", got.n, got.mean, got.s, sum.n, sum.mean, sum.s)
			}
			if d := walk(c, depth+1); l > 0 && d != want {
				t.Fatal("leaf nodes at different depths")
			} else {
				want = d
			}
		}
		return want
	}
	walk(tree.root, 0)
	if leaves != tree.leaves || nodes != tree.nodes || leaves > a.MaxLeaves {
		t.Fatalf("%d leaves in %d nodes, counted as %d and %d; max_leaves = %d", leaves, nodes, tree.leaves, tree.nodes, a.MaxLeaves)
	}
	return tree
}

// drawRows draws a matrix with ties and duplicates, on a grid, so that adding an offset
// does not round.
func drawRows(t *rapid.T, most int) *features.Matrix {
	n, d := rapid.IntRange(2, most).Draw(t, "n"), rapid.IntRange(1, 9).Draw(t, "d")
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	values := rapid.SampledFrom([]int{2, 10, 1 << 20}).Draw(t, "values")
	x := checkMatrix(n, d)
	for i := range x.Data() {
		x.Data()[i] = float64(r.IntN(values)) / 8
	}
	if rapid.Bool().Draw(t, "weighted") {
		x.Weights = make([]float64, n)
		for i := range x.Weights {
			x.Weights[i] = float64(r.IntN(4))
		}
		x.Weights[n-1] = 1
	}
	return x
}

// Whatever the options, the tree's leaves hold the rows: weight, mean and sum of squares
// are those of all rows, to rounding, also at an offset of 1e8.
func TestBETULATree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := drawRows(rt, 3000)
		offset := rapid.SampledFrom([]float64{0, 1e8}).Draw(rt, "offset")
		for i := range x.Data() {
			x.Data()[i] += offset
		}
		a := newBETULA(t, 1, rapid.SampledFrom([]int{1, 2, 17, 300, 5000}).Draw(rt, "leaves"))
		a.BranchingFactor = rapid.SampledFrom([]int{2, 3, 8, 33}).Draw(rt, "branching")
		names := []string{"euclidean", "manhattan", "average_intercluster", "average_intracluster", "variance_increase", "radius"}
		a.Distance = rapid.SampledFrom(names).Draw(rt, "distance")
		a.Absorption = rapid.SampledFrom(names).Draw(rt, "absorption")
		a.Threshold = rapid.SampledFrom([]float64{0, 0, 0.3, 10}).Draw(rt, "threshold")
		l := treeOf(t, a, x).harvest()

		n, d := x.Dims()
		mean, mass, ss := make([]float64, d), 0.0, 0.0
		for i := range n {
			mass += x.Weight(i)
			for j, v := range x.Row(i) {
				mean[j] += x.Weight(i) * (v - offset)
			}
		}
		for j := range mean {
			mean[j] /= mass
		}
		for i := range n {
			for j, v := range x.Row(i) {
				ss += x.Weight(i) * (v - offset - mean[j]) * (v - offset - mean[j])
			}
		}
		pivot := streamPivot(x.Data()[:min(n, streamBlock)*d], d)
		got, heldMass, held := 0.0, 0.0, make([]float64, d)
		for i := range l.len() {
			heldMass += l.n[i]
			got += l.s[i]
			for j, m := range l.mean[i*d : (i+1)*d] {
				e := m + (pivot[j] - offset)
				held[j] += l.n[i] * e
				got += l.n[i] * (e - mean[j]) * (e - mean[j])
			}
		}
		if math.Abs(heldMass-mass) > 1e-9*mass || math.Abs(got-ss) > 1e-9*ss+1e-12 {
			rt.Fatalf("leaves hold weight %v and sum of squares %v, the rows %v and %v", heldMass, got, mass, ss)
		}
		for j := range held {
			if math.Abs(held[j]/mass-mean[j]) > 1e-9*(1+math.Abs(mean[j])) {
				rt.Fatalf("leaves' mean %v, want %v", held[j]/mass, mean[j])
			}
		}
	})
}

// With a threshold and room enough, no leaf exceeds it; with none, leaves are the distinct
// rows that found each other, and hold no spread.
func TestBETULAThreshold(t *testing.T) {
	x, _ := gaussian(3000, 3, 5, 20, 1)
	for _, name := range []string{"radius", "average_intracluster"} {
		a := newBETULA(t, 5, 3000)
		a.Absorption, a.Threshold = name, 0.8
		l := treeOf(t, a, x).harvest()
		if l.len() > 1500 || l.len() < 50 {
			t.Errorf("%s: %d leaves", name, l.len())
		}
		for i := range l.len() {
			r := l.s[i] / l.n[i]
			if name != "radius" {
				r = 2 * l.s[i] / max(l.n[i]-1, 1)
			}
			if math.Sqrt(r) > 0.8+1e-12 {
				t.Errorf("%s: a leaf of %v rows measures %v", name, l.n[i], math.Sqrt(r))
			}
		}
	}
	if l := treeOf(t, newBETULA(t, 5, 3000), x).harvest(); l.len() != 3000 || l.within != 0 {
		t.Errorf("threshold 0: %d leaves with a spread of %v", l.len(), l.within)
	}
}

// Adding a constant changes nothing: scikit-learn's Birch (1.9.1) computes radii as
// differences of large squares, and at 1e8 its partition is another one.
func TestBETULATranslation(t *testing.T) {
	const n, d = 20_000, 4
	r := rand.New(rand.NewPCG(4, 4))
	x := checkMatrix(n, d)
	for i := range n {
		for j := range d {
			x.Row(i)[j] = float64(i%5*(j+3)%7) + math.Round(r.NormFloat64()*1024)/4096 // exact at 1e8
		}
	}
	for _, cluster := range []string{"kmeans", "hierarchical", "none"} {
		for _, compress := range []string{"cftree", "coreset"} {
			a := newBETULA(t, 5, 200)
			a.Cluster, a.Compress = cluster, compress
			var base *Clustering
			for _, offset := range []float64{0, 1e4, 1e8} {
				y := x.Pick(seq(n))
				for i := range y.Data() {
					y.Data()[i] += offset
				}
				c, err := a.Fit(context.Background(), y, Run{Seed: 1})
				if err != nil {
					t.Fatal(err)
				}
				if base == nil {
					base = c
				}
				if !slices.Equal(c.Labels, base.Labels) || *c.Objective != *base.Objective {
					t.Errorf("%s, %s: another partition at offset %g (adjusted Rand index %v, objective %v for %v)",
						cluster, compress, offset, adjustedRand(c.Labels, base.Labels), *c.Objective, *base.Objective)
				}
				for k := range c.Centers {
					for j, v := range c.Centers[k] {
						if math.Abs(v-offset-base.Centers[k][j]) > 1e-15*offset+1e-9 {
							t.Errorf("offset %g: centre %v, want %v", offset, c.Centers[k], base.Centers[k])
						}
					}
				}
			}
		}
	}
}

// Rows that come in chunks of any size, on any number of workers, give what they give at
// once: labels, numbers, ids.
func TestBETULAStream(t *testing.T) {
	x, _ := gaussian(11_000, 5, 6, 9, 2)
	n, _ := x.Dims()
	for i := range n {
		x.IDs = append(x.IDs, fmt.Sprintf("row %d", i))
	}
	for _, c := range []struct {
		cluster, compress string
		weighted          bool
	}{{"kmeans", "cftree", false}, {"kmeans", "cftree", true}, {"hierarchical", "cftree", false}, {"kmeans", "coreset", true}, {"none", "cftree", false}} {
		a := newBETULA(t, 6, 400)
		a.Cluster, a.Compress = c.cluster, c.compress
		x.Weights = nil
		if c.weighted {
			x.Weights = make([]float64, n)
			for i := range n {
				x.Weights[i] = float64(i % 4)
			}
		}
		want, err := a.Fit(context.Background(), x, Run{Seed: 3, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		var silent *Clustering
		for i, rows := range []int{n, 1009, 4096, 137} {
			var labels []int32
			var ids []string
			got, err := a.FitRows(context.Background(), chunked{x, rows}, Run{Seed: 3, Workers: 1 + i}, func(id []string, l []int32) error {
				ids, labels = append(ids, id...), append(labels, l...)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(ids, x.IDs) {
				t.Errorf("chunks of %d rows: the ids are not the rows'", rows)
			}
			got.Labels = labels
			if d := checkSame(want, got); d != "" {
				t.Errorf("%v: chunks of %d rows: other %s", c, rows, d)
			}
			got, err = a.FitRows(context.Background(), chunked{x, rows}, Run{Seed: 3, Workers: 1 + i}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if silent == nil {
				silent = got
			}
			if d := checkSame(silent, got); d != "" || got.Labels != nil {
				t.Errorf("%v: without labels: chunks of %d rows: other %s", c, rows, d)
			}
		}
		if c.compress == "cftree" && !(*silent.Objective >= *want.Objective) {
			t.Errorf("%v: labelled with their leaves the rows have %v, with their nearest centres %v", c, *silent.Objective, *want.Objective)
		}
	}
}

// The objective is the inertia of the labels; without labels it is that of the leaves'
// labels, and the bound below it holds.
func TestBETULAObjective(t *testing.T) {
	for seed := range uint64(6) {
		x, _ := gaussian(6000, 2+int(seed/2), 7, 6, seed)
		a := newBETULA(t, 7, 100+1000*int(seed%3))
		if seed%2 == 1 {
			a.Cluster = "hierarchical"
		}
		c, err := a.Fit(context.Background(), x, Run{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		s := 0.0
		for i, l := range c.Labels {
			for k, p := range c.Centers {
				if q := kernel.Sq(x.Row(i), p); q < kernel.Sq(x.Row(i), c.Centers[l])*(1-1e-9) {
					t.Fatalf("row %d has label %d, but centre %d is nearer", i, l, k)
				}
			}
			s += kernel.Sq(x.Row(i), c.Centers[l])
		}
		if math.Abs(s-*c.Objective) > 1e-9*s {
			t.Errorf("objective %v, inertia %v", *c.Objective, s)
		}
		f, err := newBetulaFit(context.Background(), a, x, Run{Seed: seed}, true)
		if err != nil {
			t.Fatal(err)
		}
		upper := f.leaves.within + f.between
		if low := f.least(upper); !(low <= s && s <= upper*(1+1e-12)) || seed == 2 && low < 0.8*s {
			t.Errorf("seed %d: inertia %v, bounds %v and %v", seed, s, low, upper)
		}
	}
}

// A sample holds every row of a short stream, and of a long one each with the same chance.
func TestStreamSample(t *testing.T) {
	const n = 9000
	x := checkMatrix(n, 1)
	for i := range n {
		x.Row(i)[0] = float64(i)
	}
	first, sum, off := 0.0, 0.0, 0.0
	const rounds = 300
	for seed := range uint64(rounds) {
		r := newStreamReader("test", chunked{x, 777})
		s := newStreamSample(1, seed)
		s.most = 500
		r.also = s.take
		if err := r.each(context.Background(), func(*streamRows) error { return nil }); err != nil {
			t.Fatal(err)
		}
		rows := map[float64]bool{}
		dist := make([]float64, s.len())
		for i, v := range s.x {
			v += r.pivot[0]
			rows[v] = true
			if v < n/3 {
				first++
			}
			dist[i] = v
		}
		if len(rows) != 500 {
			t.Fatalf("%d distinct rows in a sample of 500", len(rows))
		}
		v, err := s.inertia(dist, n)
		sum += v / rounds
		off += (v - n*(n-1)/2) * (v - n*(n-1)/2) / err / err / rounds
	}
	if share := first / rounds / 500; math.Abs(share-1.0/3) > 0.005 {
		t.Errorf("%.4f of the sample are from the first third of the rows", share)
	}
	if want := float64(n * (n - 1) / 2); math.Abs(sum/want-1) > 0.005 || off < 0.7 || off > 1.4 {
		t.Errorf("sums estimated as %v of what they are, %v standard errors off", sum/want, math.Sqrt(off))
	}
	s := newStreamSample(1, 1)
	if r := newStreamReader("test", x); r.each(context.Background(), func(b *streamRows) error { s.take(b); return nil }) != nil || s.len() != n {
		t.Errorf("%d rows of %d in a sample that has room for all", s.len(), n)
	}
}

// On groups that run into each other, k-means on all rows from BETULA's centres gains less
// than 1 %.
func TestBETULAQuality(t *testing.T) {
	x, _ := gaussian(60_000, 8, 10, 4, 5)
	c, err := newBETULA(t, 10, 2000).Fit(context.Background(), x, Run{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	full, err := (&KMeans{NClusters: 10, InitCenters: c.Centers, MaxIter: 300, Tol: 1e-4}).Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	if r := *c.Objective / *full.Objective; r > 1.01 || r < 1 {
		t.Errorf("inertia is %.4f of that of k-means on all rows from the same centres", r)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "60,000 rows stand in") {
		t.Errorf("warnings %q", c.Warnings)
	}
}

// Where every distinct row is a leaf, Ward's method on the leaves is Ward's method on the
// rows, repeated rows and all.
func TestBETULAWard(t *testing.T) {
	x, _ := gaussian(400, 3, 4, 8, 3)
	rows := seq(400)
	for i := range 100 {
		rows = append(rows, i, i)
	}
	x = x.Pick(rows)
	a := newBETULA(t, 9, 1000)
	a.Cluster = "hierarchical"
	f, err := newBetulaFit(context.Background(), a, x, Run{}, false)
	if err != nil {
		t.Fatal(err)
	}
	if m := f.leaves.len(); m < 400 || m >= 600 || f.leaves.within != 0 {
		t.Fatalf("%d leaves for 400 distinct rows", m)
	}
	want, err := (&Agglomerative{NClusters: 9, Linkage: "ward"}).Fit(context.Background(), x, Run{})
	if err != nil {
		t.Fatal(err)
	}
	n, d := x.Dims()
	got := make([]int32, n)
	for i := range n {
		best := math.Inf(1)
		for l := range f.leaves.len() {
			s := 0.0
			for j, v := range x.Row(i) {
				e := v - f.rows.pivot[j] - f.leaves.mean[l*d+j]
				s += e * e
			}
			if s < best {
				best, got[i] = s, f.of[l]
			}
		}
	}
	Canonical(got)
	sameCanonical(t, "Ward on leaves", got, want.Labels)
}

// A leaf's points have its mean and, in every direction, its variance.
func TestBETULAPoints(t *testing.T) {
	for d := 1; d <= 7; d++ {
		l := &betulaLeaves{mean: make([]float64, 2*d), n: []float64{3, 5}, s: []float64{0, 7}, within: 7}
		for j := range d {
			l.mean[d+j] = float64(j)
		}
		x := l.points(features.NewMatrix(2, checkMatrix(0, d).Cols, l.mean))
		for leaf := range 2 {
			for a := range d {
				for b := range d {
					mean, cov, mass := 0.0, 0.0, 0.0
					for c := range d + 1 {
						i := leaf*(d+1) + c
						w, row := x.Weights[i], x.Row(i)
						mass += w
						mean += w * row[a]
						cov += w * (row[a] - l.mean[leaf*d+a]) * (row[b] - l.mean[leaf*d+b])
					}
					want := 0.0
					if a == b {
						want = l.s[leaf] / float64(d)
					}
					if math.Abs(mass-l.n[leaf]) > 1e-12 || math.Abs(mean/mass-l.mean[leaf*d+a]) > 1e-12 || math.Abs(cov-want) > 1e-12 {
						t.Fatalf("d = %d: weight %v, mean %v, covariance %v, want %v", d, mass, mean/mass, cov, want)
					}
				}
			}
		}
	}
}

// The mixture of leaves is that of the rows, nearly.
func TestBETULAMixture(t *testing.T) {
	a := newBETULA(t, 4, 500)
	a.Cluster = "gmm"
	x, truth := gaussian(20_000, 3, 4, 30, 6)
	c, err := a.Fit(context.Background(), x, Run{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := checkClustering(c, x); err != nil || len(c.Probabilities) != 20_000 {
		t.Errorf("%v, %d probabilities", err, len(c.Probabilities))
	}
	if r, err := a.Rule(x, c); err != nil || r.Kind != MostProbable || r.Agreement < 0.9999 {
		t.Errorf("rule: %v, %v", r, err)
	}
	full := lookup(t, "gmm").New()
	if err := SetValue(full, "n_clusters", 4); err != nil {
		t.Fatal(err)
	}
	all, err := full.Fit(context.Background(), x, Run{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	got, want := adjustedRand(c.Labels, truth), adjustedRand(all.Labels, truth)
	if ari := adjustedRand(c.Labels, all.Labels); ari < 0.98 || got < want-0.01 {
		t.Errorf("adjusted Rand index %.3f with the mixture of all rows; with the groups %.3f, that mixture %.3f", ari, got, want)
	}
	var labels []int32
	if _, err := a.FitRows(context.Background(), chunked{x, 999}, Run{Seed: 1}, func(_ []string, l []int32) error {
		labels = append(labels, l...)
		return nil
	}); err != nil || !slices.Equal(labels, c.Labels) {
		t.Errorf("in chunks: other labels, or %v", err)
	}
}

// Options that change how rows are compressed keep the contract.
func TestBETULAVariants(t *testing.T) {
	for name, change := range map[string]func(*BETULA){
		"few leaves":     func(a *BETULA) { a.MaxLeaves = 64 },
		"narrow":         func(a *BETULA) { a.MaxLeaves, a.BranchingFactor = 100, 2 },
		"hierarchical":   func(a *BETULA) { a.Cluster = "hierarchical" },
		"few, Ward":      func(a *BETULA) { a.Cluster, a.MaxLeaves = "hierarchical", 64 },
		"coreset":        func(a *BETULA) { a.Compress, a.MaxLeaves = "coreset", 100 },
		"euclidean":      func(a *BETULA) { a.MaxLeaves, a.Distance, a.Absorption = 80, "euclidean", "euclidean" },
		"with threshold": func(a *BETULA) { a.Threshold = 0.05 },
	} {
		m := *lookup(t, "betula")
		m.Invariance = Translation | Scaling
		m.New = func() Algorithm {
			a := newBETULA(t, 8, 20_000)
			change(a)
			return a
		}
		if err := Check(&m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBETULARefuses(t *testing.T) {
	x, _ := gaussian(50, 2, 3, 9, 1)
	for key, value := range map[string]any{
		"cluster": "dbscan", "compress": "zip", "max_leaves": 0, "branching_factor": 1, "threshold": -1.0, "distance": "cosine",
		"absorption": "D9", "n_init": 0, "max_iter": 0, "n_clusters": 0,
	} {
		a := newBETULA(t, 3, 50)
		if err := SetValue(a, key, value); err != nil {
			t.Fatal(err)
		}
		var o *OptionError
		if _, err := a.Fit(context.Background(), x, Run{}); !errors.As(err, &o) || o.Option != key {
			t.Errorf("%s = %v: %v", key, value, err)
		}
		if _, err := a.FitRows(context.Background(), x, Run{}, nil); !errors.As(err, &o) || o.Option != key {
			t.Errorf("rows: %s = %v: %v", key, value, err)
		}
	}
	if _, err := newBETULA(t, 60, 50).Fit(context.Background(), x, Run{}); err == nil {
		t.Error("k > n: accepted")
	}
	huge := x.Pick(seq(50))
	for i := range huge.Data() {
		huge.Data()[i] *= 1e200
	}
	if _, err := newBETULA(t, 3, 20).Fit(context.Background(), huge, Run{}); err == nil || !strings.Contains(err.Error(), "overflow") {
		t.Errorf("values of 1e200: %v", err)
	}
	for what, c := range map[string]struct {
		change func(*features.Matrix)
		say    string
	}{
		"NaN":         {func(y *features.Matrix) { y.Row(41)[1] = math.NaN() }, "row 42"},
		"weight":      {func(y *features.Matrix) { y.Weights = slices.Repeat([]float64{-1}, 50) }, "weight -1"},
		"weights 0":   {func(y *features.Matrix) { y.Weights = make([]float64, 50) }, "every weight is 0"},
		"one row":     {func(y *features.Matrix) { *y = *y.Pick([]int{0}) }, "only 1 row"},
		"no rows":     {func(y *features.Matrix) { *y = *y.Pick(nil) }, "no rows"},
		"no clusters": {func(y *features.Matrix) { *y = *y.Pick([]int{0, 1}) }, "k = 3 but only 2 rows"},
	} {
		y := x.Pick(seq(50))
		c.change(y)
		if _, err := newBETULA(t, 3, 50).FitRows(context.Background(), chunked{y, 8}, Run{}, nil); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// What the sink refuses ends the fit.
	full := errors.New("disk full")
	if _, err := newBETULA(t, 3, 50).FitRows(context.Background(), x, Run{}, func([]string, []int32) error { return full }); !errors.Is(err, full) {
		t.Errorf("a sink that fails: %v", err)
	}
}

// shrinking has fewer rows each time it is read.
type shrinking struct {
	x *features.Matrix
	n *int
}

func (s shrinking) Columns() []features.Column { return s.x.Cols }

func (s shrinking) Chunks(ctx context.Context) iter.Seq2[*features.Matrix, error] {
	*s.n--
	return s.x.Pick(seq(*s.n)).Chunks(ctx)
}

func TestStreamChanges(t *testing.T) {
	x, _ := gaussian(50, 2, 3, 9, 1)
	n := 50
	_, err := newBETULA(t, 3, 50).FitRows(context.Background(), shrinking{x, &n}, Run{}, func([]string, []int32) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "49 rows at first, 48") {
		t.Errorf("a file that changes: %v", err)
	}
}
