package cluster

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func orderCost(s Space, order []int32) float64 {
	sum := 0.0
	for i := 1; i < len(order); i++ {
		sum += s.Dist(int(order[i-1]), int(order[i]))
	}
	return sum
}

func TestTreeOrdersEqualSciPy(t *testing.T) {
	for name, set := range readTrees(t).Small {
		x := flatMatrix(set.X)
		s := rowSpace{x.Data(), len(set.X[0])}
		for linkage, want := range set.Trees {
			tree := treeOfZ(want.Z)
			if got := tree.Order(); !slices.Equal(got, want.Leaves) {
				t.Errorf("%s %s: leaves %v, want %v", name, linkage, got, want.Leaves)
			}
			got, err := tree.OptimalOrder(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			// SciPy 1.17.1 does not return the shortest order (scipy/scipy#11227): it is a
			// bound, and what is shortest is tried out in TestTreeOptimalOrderBruteForce.
			if cost := orderCost(s, got); cost > want.OrderCost*(1+1e-12) {
				t.Errorf("%s %s: an order of %.12g, SciPy's has %.12g", name, linkage, cost, want.OrderCost)
			}
			for _, workers := range []int{1, 2, 8} {
				c, err := tree.Cophenetic(context.Background(), s, workers)
				if err != nil || math.Abs(c-want.Cophenetic) > 1e-10 {
					t.Errorf("%s %s: cophenetic correlation %.12g (%v), want %.12g", name, linkage, c, err, want.Cophenetic)
				}
			}
		}
	}
}

// The optimal order is one that the tree allows, and none of all 2^(n−1) is shorter.
func TestTreeOptimalOrderBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	for range longRounds(60, 1000) {
		n, d := 2+r.IntN(8), 1+r.IntN(3)
		v := make([]float64, n*d)
		for i := range v {
			v[i] = float64(r.IntN(6))
		}
		x, s := matrix(d, v...), rowSpace{v, d}
		tree := mustTree(t, "average", x, Run{})
		got, err := tree.OptimalOrder(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		best, allowed := math.Inf(1), false
		for flips := range 1 << (n - 1) {
			flipped := &Tree{N: n, A: slices.Clone(tree.A), B: slices.Clone(tree.B), Height: tree.Height, Size: tree.Size}
			for i := range flipped.A {
				if flips>>i&1 == 1 {
					flipped.A[i], flipped.B[i] = flipped.B[i], flipped.A[i]
				}
			}
			order := flipped.Order()
			best = min(best, orderCost(s, order))
			allowed = allowed || slices.Equal(order, got)
		}
		if cost := orderCost(s, got); !allowed || cost > best*(1+1e-12) {
			t.Fatalf("n=%d: order %v of %g, allowed %v; the best is %g", n, got, cost, allowed, best)
		}
	}
}

func TestTreeOrderRefuses(t *testing.T) {
	tree := mustTree(t, "average", matrix(1, 1, 1, 1, 1), Run{})
	s := rowSpace{[]float64{1, 1, 1, 1}, 1}
	if _, err := tree.Cophenetic(context.Background(), s, 1); err == nil || !strings.Contains(err.Error(), "not defined") {
		t.Errorf("equal rows: %v", err)
	}
	if _, err := tree.OptimalOrder(context.Background(), rowSpace{[]float64{1}, 1}); err == nil || !strings.Contains(err.Error(), "1 points for a tree of 4") {
		t.Errorf("another number of points: %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := tree.OptimalOrder(ended, s); err == nil {
		t.Error("deaf to the context")
	}
}

func BenchmarkTreeOptimalOrder(b *testing.B) {
	x, _ := gaussian(2000, 8, 9, 10, 4)
	s := rowSpace{x.Data(), 8}
	tree := mustTree(b, "average", x, Run{})
	b.Run("n=2000/d=8", func(b *testing.B) {
		var order []int32
		for b.Loop() {
			order, _ = tree.OptimalOrder(context.Background(), s)
		}
		b.ReportMetric(orderCost(s, order), "length")
	})
}
