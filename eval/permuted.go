package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/mores-lab/mores/features"
)

// Dependence says whether columns tell anything of each other.
type Dependence struct {
	// Value is the mean squared rank correlation of the pairs of columns.
	Value    float64 `json:"value"`
	Expected float64 `json:"expected"` // its mean where every column is shuffled for itself: 1/(n−1)
	P        float64 `json:"p"`        // how often shuffled columns reach Value
	Draws    int     `json:"draws"`
	Columns  int     `json:"columns"` // with more than one value
	Reason   string  `json:"reason,omitempty"`
}

// Draws of the permutation test: p = .005 at the least. dependenceStop shuffles that reach
// the value say enough of a large p.
const (
	dependenceDraws  = 199
	dependenceStop   = 20
	dependenceStream = 0x70 // number = draw
)

// NewDependence asks whether the columns of x depend on each other: each column's values are
// shuffled among the rows for themselves, which leaves every margin as it is and nothing
// between columns. The statistic is the mean of ρ² over the pairs of columns, ρ
// Spearman's rank correlation (mid-ranks where tied). p is exact under independence, and
// sequential as that of NewDipTest: h = 20, 199 draws.
//
// Such data are a null that nearly everything beats, since features of one customer
// depend on each other without there being groups, and shares of one whole by
// construction: that data look more grouped than shuffled columns proves no groups. So it
// is told as what it is, that features are dependent, and decides nothing. Dependence
// without any trend, as in a ring, is not seen.
//
// Undefined below 3 rows or 2 columns with more than one value. The seed shuffles. Cost
// O(n·d·log n + n·d²) and O(n·d²) a draw.
func NewDependence(ctx context.Context, x *features.Matrix, seed uint64) (*Dependence, error) {
	n, d := x.Dims()
	if r, c, bad := x.Missing(); bad {
		return nil, fmt.Errorf("dependence: row %s has no value in column %s: every value is needed", x.ID(r), x.Cols[c].Name)
	}
	var ranks [][]float64 // of mean 0 and length 1
	for j := range d {
		v := make([]float64, n)
		for i := range n {
			v[i] = x.Row(i)[j]
		}
		if unitRanks(v) {
			ranks = append(ranks, v)
		}
	}
	t := &Dependence{Columns: len(ranks), P: 1}
	if n < 3 || len(ranks) < 2 {
		t.Reason = fmt.Sprintf("dependence needs at least 3 rows and 2 columns that differ; here are %d and %d", n, len(ranks))
		return t, ctx.Err()
	}
	t.Value, t.Expected = meanSquaredProduct(ranks), 1/float64(n-1)
	const rounding = 1e-12 // a shuffle that changes nothing reaches the value
	exceeded := 0
	for t.Draws < dependenceDraws && exceeded < dependenceStop {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rng := rand.New(rand.NewPCG(seed, dependenceStream+uint64(t.Draws)<<8))
		for _, v := range ranks[1:] { // the first stays: only what is beside each other matters
			rng.Shuffle(n, func(a, b int) { v[a], v[b] = v[b], v[a] })
		}
		if meanSquaredProduct(ranks) >= t.Value-rounding {
			exceeded++
		}
		t.Draws++
	}
	t.P = float64(1+exceeded) / float64(1+t.Draws)
	if exceeded == dependenceStop {
		t.P = float64(exceeded) / float64(t.Draws)
	}
	return t, nil
}

// unitRanks turns values into their mid-ranks, less the mean and divided by their length; it
// reports false where all are alike.
func unitRanks(v []float64) bool {
	n := len(v)
	order := byValue(v)
	ranks := make([]float64, n)
	for lo := 0; lo < n; {
		hi := lo + 1
		for hi < n && v[order[hi]] == v[order[lo]] {
			hi++
		}
		for _, i := range order[lo:hi] {
			ranks[i] = float64(lo+hi-1)/2 - float64(n-1)/2
		}
		lo = hi
	}
	length := math.Sqrt(dot(ranks, ranks))
	for i, r := range ranks {
		v[i] = r / length
	}
	return length > 0
}

// meanSquaredProduct is the mean of (a·b)² over the pairs of vectors.
func meanSquaredProduct(of [][]float64) float64 {
	sum := 0.0
	for a := range of {
		for b := range a {
			r := dot(of[a], of[b])
			sum += r * r
		}
	}
	return 2 * sum / float64(len(of)*(len(of)-1))
}
