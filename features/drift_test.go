package features

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// TestDriftExpectation: the mean over all ways of dealing is the mean over all ways of
// dealing, by enumeration.
func TestDriftExpectation(t *testing.T) {
	pooled := []int{0, 0, 0, 1, 1, 2, 2, 2, 3} // categories of nine observations
	const n0 = 4
	var sum, all float64
	for set := range 1 << len(pooled) {
		var counts [4][2]int
		first := 0
		for i, k := range pooled {
			side := 1
			if set&(1<<i) != 0 {
				side = 0
				first++
			}
			counts[k][side]++
		}
		if first != n0 {
			continue
		}
		all++
		sum += jensenShannon(counts[:])
	}
	var mean float64
	whole := xlogx(9) - xlogx(4) - xlogx(5)
	mean = whole
	for _, d := range []int{3, 2, 3, 1} {
		mean -= splitEntropy(d, n0, 5)
	}
	check.Close(t, "mean divergence by chance", mean/9, sum/all, 1e-12)
	// And one deal by hand.
	counts := [][2]int{{3, 0}, {1, 1}, {0, 3}, {0, 1}}
	js := jensenShannon(counts)
	check.Close(t, "drift", Drift(counts), (js-mean/9)/(whole/9-mean/9), 1e-12)
}

// jensenShannon is the divergence of two samples weighted by their sizes, from its
// definition by entropies.
func jensenShannon(counts [][2]int) float64 {
	var a, b, both []float64
	var n0, n1 float64
	for _, c := range counts {
		a, b, both = append(a, float64(c[0])), append(b, float64(c[1])), append(both, float64(c[0]+c[1]))
		n0 += float64(c[0])
		n1 += float64(c[1])
	}
	n := n0 + n1
	return Entropy(both) - n0/n*Entropy(a) - n1/n*Entropy(b)
}

// TestDriftChance: two samples of one law drift by 0 on average, whatever their size,
// where the plain divergence is far from it; two of different laws do not.
func TestDriftChance(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	draw := func(n, shift int) [][2]int {
		c := make([][2]int, 8)
		for range n {
			c[rng.IntN(4)][0]++
			c[rng.IntN(4)+shift][1]++
		}
		return c
	}
	for _, n := range []int{3, 10, 60} {
		var same, plain, other float64
		const sims = 4000
		for range sims {
			c := draw(n, 0)
			same += Drift(c) / sims
			plain += jensenShannon(c) / math.Ln2 / sims
			other += Drift(draw(n, 4)) / sims
		}
		if math.Abs(same) > 0.02 {
			t.Errorf("%d and %d of one law: drift %g on average", n, n, same)
		}
		if n == 3 && plain < 0.3 {
			t.Errorf("the plain divergence of 3 and 3 is %g: this test shows nothing", plain)
		}
		if other < 0.99 {
			t.Errorf("%d and %d of disjoint laws: drift %g", n, n, other)
		}
	}
	for what, c := range map[string][][2]int{
		"an empty sample": {{3, 0}, {2, 0}}, "one and one": {{1, 0}, {0, 1}}, "nothing": nil, "a single category": {{4, 4}},
	} {
		if x := Drift(c); !math.IsNaN(x) && what != "a single category" {
			t.Errorf("%s: drift %g", what, x)
		}
	}
	check.Close(t, "one category has no drift", Drift([][2]int{{4, 4}}), 0, 1e-12)
}

// TestSpreadInterests against its definition by hand, and what it must keep.
func TestSpreadInterests(t *testing.T) {
	// Three groups: 0 and 1 share 4 customers, 2 goes with nobody.
	s := InterestSimilarity([]float64{8, 8, 5}, [][]float64{{8, 4, 0}, {4, 8, 0}, {0, 0, 5}})
	for i, want := range [][]float64{{0, 1, 0}, {1, 0, 0}, {0, 0, 1}} {
		for j := range want {
			check.Close(t, "similarity", s[i][j], want[j], 1e-12)
		}
	}
	w := []float64{0.6, 0, 0.4}
	one := SpreadInterests(w, s, 0.3, 1)
	for k, want := range []float64{0.42, 0.18, 0.4} {
		check.Close(t, "one step", one[k], want, 1e-12)
	}
	two := SpreadInterests(w, s, 0.3, 2)
	for k, want := range []float64{0.42*0.7 + 0.3*0.18, 0.18*0.7 + 0.3*0.42, 0.4} {
		check.Close(t, "two steps", two[k], want, 1e-12)
	}
	if w[0] != 0.6 {
		t.Error("it changes its input")
	}
	// The limit forgets where it came from: half and half of the connected pair.
	far := SpreadInterests(w, s, 0.3, 200)
	check.Close(t, "limit", far[0], 0.3, 1e-9)
	check.Close(t, "no step", SpreadInterests(w, s, 0.3, 0)[0], 0.6, 0)
	uneven := InterestSimilarity([]float64{4, 9, 1}, [][]float64{{4, 3, 1}, {3, 9, 0}, {1, 0, 1}})
	check.Close(t, "cosine, row-normalised", uneven[0][1], 0.5/(0.5+0.5), 1e-12) // 3/6 and 1/2
}
