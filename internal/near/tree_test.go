package near

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/mores-lab/mores/internal/kernel"
)

// points makes coarse grids (ties, duplicates) and continuous clouds by turns.
func points(r *rand.Rand, n, d int) []float64 {
	x := make([]float64, n*d)
	grid := r.IntN(2) == 0
	for i := range x {
		if x[i] = r.NormFloat64(); grid {
			x[i] = float64(r.IntN(6))
		}
	}
	return x
}

// Every query equals brute force.
func TestTreeEqualsBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 150 {
		n, d := r.IntN(400), 1+r.IntN(7)
		x := points(r, n, d)
		tree := New(x, d, 1+r.IntN(3))
		w := make([]float64, n)
		for i := range w {
			w[i] = float64(r.IntN(4)) / 2
		}
		counter, weighted := tree.NewCounter(nil), tree.NewCounter(w)
		for range 10 {
			q := points(r, 1, d)
			except := -1
			if n > 0 && r.IntN(2) == 0 {
				except = r.IntN(n)
				q = x[except*d : except*d+d]
			}
			limit, k := r.Float64()*8, 1+r.IntN(12)
			best, at, first, count, mass := math.Inf(1), -1, -1, 0, 0.0
			var all []float64
			for i := range n {
				s := kernel.Sq64(q, x[i*d:i*d+d])
				if s <= limit {
					if first < 0 {
						first = i
					}
					count++
					mass += w[i]
				}
				if i == except {
					continue
				}
				all = append(all, s)
				if s < best {
					best, at = s, i
				}
			}
			slices.Sort(all)
			if i, s := tree.Nearest(q, except); i != at || s != best {
				t.Fatalf("round %d: Nearest (%d, %g), want (%d, %g)", round, i, s, at, best)
			}
			if i, _ := tree.First(q, limit); i != first {
				t.Fatalf("round %d: First %d, want %d", round, i, first)
			}
			kth := math.Inf(1)
			if k <= len(all) {
				kth = all[k-1]
			}
			if got := tree.KthSq(q, k, except); got != kth {
				t.Fatalf("round %d: KthSq %g, want %g", round, got, kth)
			}
			for _, want := range []int{count, count + 1} {
				if got := counter.AtLeast(q, limit, float64(want)); got != (count >= want) {
					t.Fatalf("round %d: AtLeast %d is %v with %d", round, want, got, count)
				}
			}
			for _, want := range []float64{mass, mass + 0.5} {
				if got := weighted.AtLeast(q, limit, want); got != (mass >= want) {
					t.Fatalf("round %d: AtLeast %g is %v with %g", round, want, got, mass)
				}
			}
		}
	}
}

func TestTreeSameForAnyWorkers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	x := points(r, 50_000, 3)
	a, b := New(x, 3, 1), New(x, 3, 4)
	if !slices.Equal(a.index, b.index) || !slices.Equal(a.nodes, b.nodes) || !slices.Equal(a.boxes, b.boxes) {
		t.Error("trees of 1 and 4 workers differ")
	}
}

func BenchmarkTree(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 5))
	const n, d = 100_000, 5
	x := make([]float64, n*d)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	b.Run("build/n=100000,d=5", func(b *testing.B) {
		for b.Loop() {
			New(x, d, 1)
		}
	})
	tree := New(x, d, 1)
	b.Run("nearest/n=100000,d=5", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			tree.Nearest(x[i%n*d:i%n*d+d], i%n)
		}
	})
}

// No point of a node is nearer than its box, or farther than the box's farthest corner,
// and no two points of a tight node are farther apart than that says, in computed
// distances: far offsets and denormals included.
func TestBoxBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n, d := drawn(t, 120)
		tree := New(x, d, 1)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "query"), 1))
		q := slices.Clone(tree.Point(r.IntN(n)))
		if r.IntN(2) == 0 {
			for j := range q {
				q[j] += r.NormFloat64()
			}
		}
		for at, nd := range tree.nodes {
			least, most := tree.minSq(q, at), tree.maxSq(q, at)
			apart := tree.maxSq(tree.box(at)[:d], at)
			for p := nd.lo; p < nd.hi; p++ {
				if s := kernel.Sq64(q, tree.Point(int(p))); s < least || s > most {
					t.Fatalf("node %d: distance %g is outside %g to %g", at, s, least, most)
				}
				if s := kernel.Sq64(tree.Point(int(nd.lo)), tree.Point(int(p))); s > apart {
					t.Fatalf("node %d: distance %g of two points is above %g", at, s, apart)
				}
			}
		}
	})
}
