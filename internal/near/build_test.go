package near

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Selection leaves the smaller half before the larger one and loses no row.
func TestSelectNth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(2, 3000).Draw(t, "n"), rapid.IntRange(1, 3).Draw(t, "d")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		values := rapid.SampledFrom([]int{1, 2, 5, 100, 1 << 30}).Draw(t, "values")
		sorted := rapid.Bool().Draw(t, "sorted")
		x := make([]float64, n*d)
		for i := range x {
			if x[i] = float64(r.IntN(values)); sorted {
				x[i] = float64(i)
			}
		}
		b := &builder{d: d, rows: slices.Clone(x), index: make([]int32, n)}
		for i := range b.index {
			b.index[i] = int32(i)
		}
		side, nth := r.IntN(d), 1+r.IntN(n-1)
		b.selectNth(side, 0, n, nth)
		most, least := b.rows[side], b.rows[nth*d+side]
		seen := make([]bool, n)
		for p, i := range b.index {
			if seen[i] || !slices.Equal(b.rows[p*d:p*d+d], x[int(i)*d:int(i)*d+d]) {
				t.Fatalf("row %d is twice, or not what it was", i)
			}
			seen[i] = true
			if v := b.rows[p*d+side]; p < nth {
				most = max(most, v)
			} else {
				least = min(least, v)
			}
		}
		if most > least {
			t.Fatalf("%g before place %d of %d, %g behind it", most, nth, n, least)
		}
	})
}

// Every place is in one leaf, all leaves but the last are full, and each box holds its
// points tightly.
func TestTreeShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n, d := drawn(t, 1000)
		tree := New(x, d, 1+rapid.IntRange(0, 2).Draw(t, "workers"))
		if len(tree.nodes) != nodeCount(n) {
			t.Fatalf("%d nodes, want %d", len(tree.nodes), nodeCount(n))
		}
		seen := make([]bool, n)
		for p, i := range tree.index {
			q := make([]float64, d)
			tree.gather(p, q)
			if seen[i] || !slices.Equal(q, x[int(i)*d:int(i)*d+d]) || !slices.Equal(q, tree.Point(p)) {
				t.Fatalf("point %d is twice, or not what it was", i)
			}
			seen[i] = true
		}
		for at, nd := range tree.nodes {
			box := slices.Clone(tree.Point(int(nd.lo)))
			box = append(box, box...)
			first := tree.index[nd.lo]
			for p := nd.lo; p < nd.hi; p++ {
				first = min(first, tree.index[p])
				for j, v := range tree.Point(int(p)) {
					box[j], box[d+j] = min(box[j], v), max(box[d+j], v)
				}
			}
			if !slices.Equal(box, tree.box(at)) || first != nd.first || int(nd.lo)%leafSize != 0 {
				t.Fatalf("node %d of places %d to %d: box %v, first %d, want %v, %d", at, nd.lo, nd.hi, tree.box(at), nd.first, box, first)
			}
			if nd.right == 0 && int(nd.hi-nd.lo) != leafSize && int(nd.hi) != n {
				t.Fatalf("leaf %d holds places %d to %d of %d", at, nd.lo, nd.hi, n)
			}
		}
	})
}
