package eval

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mores-lab/mores/features"
)

// humpsLevel are √n·dip of uniform values that 5 % of samples exceed, by n; a million samples
// each (Maechler's R package diptest).
var humpsLevel = []struct{ n, root float64 }{
	{4, 0.4145},
	{5, 0.4168},
	{6, 0.4036},
	{7, 0.4231},
	{8, 0.4355},
	{9, 0.4398},
	{10, 0.4415},
	{15, 0.4600},
	{20, 0.4702},
	{30, 0.4829},
	{50, 0.4969},
	{100, 0.5113},
	{200, 0.5210},
	{500, 0.5306},
	{1000, 0.5355},
	{2000, 0.5384},
	{5000, 0.5410},
	{10000, 0.5424},
	{20000, 0.5435},
	{72000, 0.5452},
}

// twoHumps reports whether values, in any order, have more than one hump, at 5 %: whether
// fewer uniform samples have as large a dip; of all distributions with one hump, the uniform
// one has the largest. Steps of counts would each be a hump: see unstepped.
func twoHumps(values []float64) bool {
	if len(values) < 4 {
		return false
	}
	x := slices.Sorted(slices.Values(values))
	n := float64(len(x))
	at := slices.IndexFunc(humpsLevel, func(l struct{ n, root float64 }) bool { return l.n >= n })
	if at < 0 {
		at = len(humpsLevel) - 1
	}
	limit := humpsLevel[at].root
	if a := humpsLevel[max(at-1, 0)]; n < humpsLevel[at].n {
		limit = a.root + (limit-a.root)*math.Log(n/a.n)/math.Log(humpsLevel[at].n/a.n)
	}
	return Dip(x)*math.Sqrt(n) > limit
}

// unstepped deals out values that occur more than once evenly over the room that they have,
// half of the way to the values beside, in random order: counts, answers on a scale and
// flags become bars that touch, where there is nothing between them to be a valley. A
// column of one value stays.
func unstepped(x *features.Matrix) *features.Matrix {
	n, d := x.Dims()
	out := features.NewMatrix(n, x.Cols, nil)
	copy(out.Data(), x.Data())
	order := make([]int, n)
	for j := range d {
		rng := rand.New(rand.NewPCG(uint64(j), unsteppedStream))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(x.Row(a)[j], x.Row(b)[j]), a-b) })
		at := func(i int) float64 { return x.Row(order[i])[j] }
		for lo := 0; lo < n; {
			v, hi := at(lo), lo+1
			for hi < n && at(hi) == v {
				hi++
			}
			below, above := math.Inf(1), math.Inf(1) // the room on either side
			if lo > 0 {
				below = (v - at(lo-1)) / 2
			}
			if hi < n {
				above = (at(hi) - v) / 2
			}
			if lo == 0 {
				below = above
			}
			if hi == n {
				above = below
			}
			if tied := order[lo:hi]; len(tied) > 1 && len(tied) < n {
				for i, place := range rng.Perm(len(tied)) {
					out.Row(tied[i])[j] = v - below + (below+above)*(float64(place)+0.5)/float64(len(tied))
				}
			}
			lo = hi
		}
	}
	return out
}

const unsteppedStream = 0x73746570
