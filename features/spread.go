package features

import "math"

// SpreadInterests multiplies interests: of every weight a part b flows on to what
// goes with it, w ← (1 − b)·w + b·w·S, so often as steps says, with S row-normalised
// (InterestSimilarity). The sum of the weights stays. With ever more steps it tends
// to a fixed point that no longer depends on w where S connects all (the personalised
// PageRank keeps w at each step instead); two steps reach what friends of friends
// like. It returns a new slice. It panics if S is not len(w) × len(w).
// Cost: O(steps·len(w)²).
func SpreadInterests(w []float64, s [][]float64, b float64, steps int) []float64 {
	if len(s) != len(w) {
		panic("features: SpreadInterests needs a similarity of len(w) × len(w)")
	}
	out := append([]float64(nil), w...)
	next := make([]float64, len(w))
	for range steps {
		for k := range next {
			next[k] = (1 - b) * out[k]
		}
		for i, x := range out {
			for k, sim := range s[i] {
				next[k] += b * x * sim
			}
		}
		out, next = next, out
	}
	return out
}

// InterestSimilarity returns the cosine n_ij/√(n_i n_j) of every two groups, their
// diagonal 0, each row divided by its sum; a group that goes with no other keeps its
// own interest (1 on the diagonal). n[i] counts the customers of group i, both[i][j]
// those of both. Linden, Smith & York 2003, doi:10.1109/MIC.2003.1167344.
func InterestSimilarity(n []float64, both [][]float64) [][]float64 {
	out := make([][]float64, len(n))
	for i := range out {
		out[i] = make([]float64, len(n))
		var sum float64
		for j := range n {
			if i != j && both[i][j] > 0 {
				out[i][j] = both[i][j] / math.Sqrt(n[i]*n[j])
				sum += out[i][j]
			}
		}
		if sum == 0 {
			out[i][i] = 1
			continue
		}
		for j := range n {
			out[i][j] /= sum
		}
	}
	return out
}
