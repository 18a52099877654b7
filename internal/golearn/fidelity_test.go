package golearn

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// blobs are k groups of equal size, 10 standard deviations apart in columns 1 and 3;
// the others are noise. The groups stand in a square.
func blobs(n, d, k int) (x []float64, labels []int32) {
	rng := rand.New(rand.NewPCG(3, 5))
	at := [][2]float64{{0, 0}, {10, 0}, {0, 10}, {10, 10}}
	for i := range n {
		g := i % k
		labels = append(labels, int32(g))
		for j := range d {
			v := rng.NormFloat64()
			switch j {
			case 1:
				v += at[g%4][0]
			case 3:
				v += at[g%4][1]
			}
			x = append(x, v)
		}
	}
	return x, labels
}

func mustTrees(t testing.TB, x []float64, d int, labels []int32, k int, opt Options) []Fidelity {
	t.Helper()
	fs, err := Trees(t.Context(), x, d, labels, k, opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(fs) != 3 || fs[0].Tree != "ID3" || fs[1].Tree != "CART" || fs[2].Tree != "forest" {
		t.Fatalf("%+v", fs)
	}
	return fs
}

// TestTreesOfBlobs: all three give nearly every row its group, in the same way in any
// order of rows; in noise they do not beat the largest group by much.
func TestTreesOfBlobs(t *testing.T) {
	x, labels := blobs(800, 6, 4)
	fs := mustTrees(t, x, 6, labels, 4, Options{})
	for _, f := range fs {
		if f.Reason != "" || f.Agreement < 0.9 || len(f.F1) != 4 || f.Held != 400 || f.Grown != 400 || f.Depth < 1 {
			t.Errorf("%+v", f)
		}
		for g, f1 := range f.F1 {
			if f1 < 0.85 {
				t.Errorf("%s: F1 of segment %d is %.3f", f.Tree, g, f1)
			}
		}
	}
	perm := rand.New(rand.NewPCG(1, 1)).Perm(800)
	var y []float64
	var moved []int32
	for _, p := range perm {
		y, moved = append(y, x[p*6:(p+1)*6]...), append(moved, labels[p])
	}
	for range 3 {
		if again := mustTrees(t, y, 6, moved, 4, Options{}); !reflect.DeepEqual(fs, again) {
			t.Fatalf("in another order:\n%+v\n%+v", fs, again)
		}
	}
	rng := rand.New(rand.NewPCG(2, 1))
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	for _, f := range mustTrees(t, x, 6, labels, 4, Options{}) {
		if f.Agreement > 0.35 {
			t.Errorf("noise: %s agrees in %.2f", f.Tree, f.Agreement)
		}
	}
}

// TestTreesWithHoles: missing values are a bin of their own, and unassigned rows a class
// that is none of the segments'.
func TestTreesWithHoles(t *testing.T) {
	n := 400
	x, labels := make([]float64, 2*n), make([]int32, n)
	rng := rand.New(rand.NewPCG(5, 1))
	for i := range n {
		labels[i] = int32(i%3) - 1
		x[2*i], x[2*i+1] = rng.NormFloat64(), float64(i%3)
		if i%3 == 2 {
			x[2*i+1] = math.NaN()
		}
	}
	for _, f := range mustTrees(t, x, 2, labels, 2, Options{}) {
		if f.Agreement != 1 || f.F1[0] != 1 || f.F1[1] != 1 {
			t.Errorf("%+v", f)
		}
	}
	if f := mustTrees(t, x, 2, labels, 3, Options{})[0]; !math.IsNaN(f.F1[2]) {
		t.Errorf("an empty segment: %+v", f)
	}
}

// TestTreesByHand: of these codes, the only perfect cut is feature 1 below 2.
func TestTreesByHand(t *testing.T) {
	s := &sample{codes: [][]int{{1, 1}, {2, 1}, {3, 1}, {1, 3}, {2, 3}, {3, 4}}, class: []int{1, 1, 1, 0, 0, 0}, classes: 3, columns: []int{0, 1}}
	c, err := growCART(s, Options{Depth: 3})
	if err != nil {
		t.Fatal(err)
	}
	if root, ok := c.(*cart); !ok || root.feature != 1 || root.threshold != 2 || root.depth() != 1 || root.classes != [2]int{1, 0} {
		t.Errorf("CART: %+v", c)
	}
	c, err = growID3(s, Options{Depth: 3})
	if err != nil {
		t.Fatal(err)
	}
	if root := c.(*id3); root.feature != 1 || len(root.children) != 3 || root.depth() != 1 || root.classify([]int{9, 1}) != 1 || root.classify([]int{1, 9}) != 0 {
		t.Errorf("ID3: %+v", root)
	}
	// Equal rows of different labels end, at the first of the most frequent classes.
	for i := range s.codes {
		s.codes[i] = []int{1, 1}
	}
	for name, grow := range map[string]func(*sample, Options) (classifier, error){"ID3": growID3, "CART": growCART, "forest": growForest} {
		c, err := grow(s, Options{Depth: 3, Forest: 3, Seed: 1})
		if err != nil {
			t.Fatal(name, err)
		}
		if name != "forest" && (c.depth() != 0 || c.classify([]int{1, 1}) != 0) {
			t.Errorf("%s of equal rows: depth %d, class %d", name, c.depth(), c.classify([]int{1, 1}))
		}
	}
	// 1 bit of class, of which two equal halves tell .5 if one is pure and the other even.
	if g := informationGain([]int{2, 2}, [][]int{{2, 0}, {0, 2}}); g != 1 {
		t.Errorf("gain %g", g)
	}
	if g := informationGain([]int{1, 3}, [][]int{{1, 1}, {0, 2}}); math.Abs(g-(0.8112781244591328-0.5)) > 1e-12 {
		t.Errorf("gain %g", g)
	}
}

// TestNoTrees: panics, nonsense, too few rows and wrong arguments.
func TestNoTrees(t *testing.T) {
	x, labels := blobs(200, 4, 2)
	s := &sample{codes: [][]int{{1}}, class: []int{0}, classes: 2, columns: []int{0}}
	for want, grow := range map[string]func(*sample, Options) (classifier, error){
		"could not grow": func(*sample, Options) (classifier, error) { panic("index out of range") },
		"no sense":       func(*sample, Options) (classifier, error) { return nil, errTree },
	} {
		if _, err := guarded(s, Options{}, grow); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, n := range []*cart{{feature: -1, threshold: 1}, {feature: 2, threshold: 1}, {threshold: math.NaN()}, {threshold: 1, classes: [2]int{0, 7}}} {
		if n.sound(2, 2) {
			t.Errorf("%+v makes sense", n)
		}
	}
	if f := mustTrees(t, x[:4*30], 4, labels[:30], 2, Options{})[0]; !strings.Contains(f.Reason, "fewer than 40") {
		t.Errorf("%+v", f)
	}
	if f := mustTrees(t, make([]float64, 100), 1, make([]int32, 100), 1, Options{})[0]; !strings.Contains(f.Reason, "no feature") {
		t.Errorf("%+v", f)
	}
	for want, call := range map[string]func() error{
		"not 200 rows": func() error { _, err := Trees(t.Context(), x[1:], 4, labels, 2, Options{}); return err },
		"-1 segments":  func() error { _, err := Trees(t.Context(), x, 4, labels, -1, Options{}); return err },
		"depth 9":      func() error { _, err := Trees(t.Context(), x, 4, labels, 2, Options{Depth: 9}); return err },
		"too few":      func() error { _, err := Trees(t.Context(), x, 4, labels, 2, Options{MaxRows: 3}); return err },
		"of -1 trees":  func() error { _, err := Trees(t.Context(), x, 4, labels, 2, Options{Forest: -1}); return err },
		"no column 4":  func() error { _, err := Trees(t.Context(), x, 4, labels, 2, Options{Columns: []int{4}}); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Trees(ctx, x, 4, labels, 2, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
