package features

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Agreement is how far two measures of one thing rank customers alike.
type Agreement struct {
	Revealed, Stated string  // the columns; "" in the mean over all pairs
	Rho              float64 // Spearman's rank correlation, ties by middle ranks
	Lo, Hi           float64 // 95 % interval by resampling customers
	N                int     // customers with both
}

// Agree compares, column by column, what customers reveal by buying (a revealed
// preference index, shares) with what they state or choose (survey answers, shrunk
// part-worths). Rows are matched by id, missing values are left out, pairs name a column
// of each. The last result is the mean over the pairs, with the same resamples: the
// figure to quote. Intervals are percentiles over resamples of customers with
// replacement (0 = 1,000), drawn from seed. An interval above that of shuffled items
// (Shuffled) is agreement; above 0 alone is not, if both measures were learned from the
// same purchases: use different ones. NaN and no interval where fewer than three
// customers have both, or all are alike. Cost: O(resamples × pairs × n ln n).
func Agree(revealed, stated *Matrix, pairs [][2]string, resamples int, seed uint64) ([]Agreement, error) {
	if len(pairs) == 0 {
		return nil, fmt.Errorf("no pairs of columns to compare")
	}
	if resamples <= 0 {
		resamples = 1000
	}
	rows := agreeRows(revealed, stated)
	var xs, ys [][]float64
	out := make([]Agreement, len(pairs)+1)
	for p, pair := range pairs {
		a, b := revealed.Index(pair[0]), stated.Index(pair[1])
		if a < 0 || b < 0 {
			return nil, fmt.Errorf("no column %q and %q in the two matrices", pair[0], pair[1])
		}
		x, y := make([]float64, len(rows)), make([]float64, len(rows))
		out[p] = Agreement{Revealed: pair[0], Stated: pair[1]}
		for i, r := range rows {
			x[i], y[i] = revealed.Row(r[0])[a], stated.Row(r[1])[b]
			if math.IsNaN(x[i]) || math.IsNaN(y[i]) {
				x[i], y[i] = math.NaN(), math.NaN()
				continue
			}
			out[p].N++
		}
		xs, ys = append(xs, x), append(ys, y)
	}
	all := make([]int, len(rows))
	for i := range all {
		all[i] = i
	}
	var scratch agreeScratch
	rho := scratch.each(xs, ys, all)
	draws := make([][]float64, len(out))
	rng := rand.New(rand.NewPCG(seed, 1))
	for range resamples {
		for i := range all {
			all[i] = rng.IntN(len(rows))
		}
		for p, r := range scratch.each(xs, ys, all) {
			if !math.IsNaN(r) {
				draws[p] = append(draws[p], r)
			}
		}
	}
	out[len(pairs)].N = len(rows)
	for p := range out {
		out[p].Rho, out[p].Lo, out[p].Hi = rho[p], math.NaN(), math.NaN()
		if !math.IsNaN(rho[p]) && len(draws[p]) > 0 {
			slices.Sort(draws[p])
			out[p].Lo, out[p].Hi = Quantile(draws[p], 0.025), Quantile(draws[p], 0.975)
		}
	}
	return out, nil
}

// agreeRows matches the rows of a and b by id.
func agreeRows(a, b *Matrix) [][2]int {
	n, _ := b.Dims()
	at := make(map[string]int, n)
	for i := range n {
		at[b.ID(i)] = i
	}
	var out [][2]int
	n, _ = a.Dims()
	for i := range n {
		if j, ok := at[a.ID(i)]; ok {
			out = append(out, [2]int{i, j})
		}
	}
	return out
}

type agreeScratch struct {
	x, y, rx, ry []float64
	order        []int
}

// each returns the rank correlation of every pair over those rows, and their mean.
func (s *agreeScratch) each(xs, ys [][]float64, rows []int) []float64 {
	var out []float64
	var sum, n float64
	for p := range xs {
		s.x, s.y = s.x[:0], s.y[:0]
		for _, i := range rows {
			if !math.IsNaN(xs[p][i]) {
				s.x, s.y = append(s.x, xs[p][i]), append(s.y, ys[p][i])
			}
		}
		r := math.NaN()
		if len(s.x) >= 3 {
			s.rx, s.ry = s.ranks(s.x, s.rx), s.ranks(s.y, s.ry)
			r = agreePearson(s.rx, s.ry)
		}
		out = append(out, r)
		if !math.IsNaN(r) {
			sum += r
			n++
		}
	}
	return append(out, sum/n)
}

// ranks writes the ranks of xs to out, ties sharing the middle of theirs.
func (s *agreeScratch) ranks(xs, out []float64) []float64 {
	out = slices.Grow(out[:0], len(xs))[:len(xs)]
	s.order = s.order[:0]
	for i := range xs {
		s.order = append(s.order, i)
	}
	slices.SortFunc(s.order, func(a, b int) int {
		switch {
		case xs[a] < xs[b]:
			return -1
		case xs[a] > xs[b]:
			return 1
		}
		return a - b
	})
	for lo := 0; lo < len(xs); {
		hi := lo
		for hi < len(xs) && xs[s.order[hi]] == xs[s.order[lo]] {
			hi++
		}
		for _, i := range s.order[lo:hi] {
			out[i] = float64(lo+hi-1) / 2
		}
		lo = hi
	}
	return out
}

// agreePearson returns Pearson's correlation; NaN where one does not vary.
func agreePearson(x, y []float64) float64 {
	n := float64(len(x))
	var mx, my, xx, xy, yy float64
	for i := range x {
		mx += x[i] / n
		my += y[i] / n
	}
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		xy += (x[i] - mx) * (y[i] - my)
		yy += (y[i] - my) * (y[i] - my)
	}
	if xx == 0 || yy == 0 {
		return math.NaN()
	}
	return xy / math.Sqrt(xx*yy)
}
