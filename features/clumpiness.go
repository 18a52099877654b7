package features

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"gonum.org/v1/gonum/stat/combin"
)

// Clumpiness returns H of events on the given days of a window of trials 1..N
// (Zhang, Bradlow & Small 2015, doi:10.1287/mksc.2014.0873): with the n + 1 parts
// x into which the days (ascending, in 1..N) cut N + 1,
//
//	H = 1 + Σ xᵢ ln xᵢ / ln(n + 1)
//
// 0 = evenly spread, 1 = one clump. The ends of the window count, so "hot, then
// gone" is clumpy too. NaN for no days.
func Clumpiness(trials int, days []int) float64 {
	parts := make([]float64, 0, len(days)+1)
	last := 0
	for _, d := range days {
		parts = append(parts, float64(d-last))
		last = d
	}
	return clumpinessOf(append(parts, float64(trials+1-last)))
}

// clumpinessOf returns H of the lengths of the parts.
func clumpinessOf(parts []float64) float64 {
	if len(parts) < 2 {
		return math.NaN()
	}
	var total, sum float64
	for _, p := range parts {
		total += p
	}
	for _, p := range parts {
		if p > 0 {
			sum += p / total * math.Log(p/total)
		}
	}
	return 1 + sum/math.Log(float64(len(parts)))
}

// ClumpinessExpected returns the mean of H over all n-subsets of trials 1..N: what
// chance gives. A part has length s with probability C(N − s, n − 1)/C(N, n).
// NaN unless 1 ≤ n ≤ N. Cost: O(N), once for each N and n.
func ClumpinessExpected(trials, n int) float64 {
	if n < 1 || n > trials {
		return math.NaN()
	}
	key := [2]int{trials, n}
	if h, ok := clumpinessMeans.Load(key); ok {
		return h.(float64)
	}
	h := clumpinessExpected(trials, n)
	clumpinessMeans.Store(key, h)
	return h
}

// clumpinessMeans keeps what was found: customers of one log share ages and counts.
var clumpinessMeans sync.Map

func clumpinessExpected(trials, n int) float64 {
	whole := float64(trials + 1)
	p := float64(n) / float64(trials) // s = 1
	var sum float64
	for s := 1; s <= trials-n+1; s++ {
		x := float64(s) / whole
		sum += p * x * math.Log(x)
		if p < 1e-18 && float64(s)*float64(n) > whole {
			break // past the mean, what is left is below rounding
		}
		p *= float64(trials-s-n+1) / float64(trials-s)
	}
	return 1 + float64(n+1)*sum/math.Log(float64(n+1))
}

// clumpinessExact is the number of subsets up to which critical values come from
// all of them: 200,000 take about as long as 20,000 simulations of ten events.
const clumpinessExact = 200_000

// ClumpinessCritical returns the value that H exceeds in a share alpha of the
// n-subsets of trials 1..N: of all of them where there are at most 200,000, else
// of sims random ones. The inverse of the distribution function is taken without
// interpolation, since for small n few values are possible. NaN unless 1 ≤ n ≤ N
// and sims ≥ 1.
func ClumpinessCritical(trials, n int, alpha float64, sims int, seed uint64) float64 {
	if n < 1 || n > trials || sims < 1 {
		return math.NaN()
	}
	var hs []float64
	days := make([]int, n)
	if combin.GeneralizedBinomial(float64(trials), float64(n)) <= clumpinessExact {
		for g := combin.NewCombinationGenerator(trials, n); g.Next(); {
			g.Combination(days)
			for i := range days {
				days[i]++
			}
			hs = append(hs, Clumpiness(trials, days))
		}
	} else {
		rng := rand.New(rand.NewPCG(seed, uint64(trials)<<32|uint64(n)))
		all := make([]int, trials)
		for i := range all {
			all[i] = i + 1
		}
		for range sims {
			for i := range n { // a partial Fisher–Yates shuffle
				j := i + rng.IntN(trials-i)
				all[i], all[j] = all[j], all[i]
			}
			copy(days, all)
			slices.Sort(days)
			hs = append(hs, Clumpiness(trials, days))
		}
	}
	slices.Sort(hs)
	return hs[max(int(math.Ceil((1-alpha)*float64(len(hs))))-1, 0)]
}
