package golearn

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/sjwhitworth/golearn/kdtree"
	"github.com/sjwhitworth/golearn/metrics/pairwise"
)

// MaxNeighbourRows is the number of rows above which Neighbours refuses: golearn's tree
// looks at nearly every row in many dimensions, at about a microsecond each.
const MaxNeighbourRows = 20_000

// Neighbours returns the k nearest other rows of every row of x, which is row-major with d
// columns, nearest first by Euclidean distance, from golearn's kd-tree. Of rows equally far
// it is the tree's order that decides, which depends on the data alone. At least one row more than k
// is needed, and no value may be missing. Cost O(n²·d) at worst.
func Neighbours(ctx context.Context, x []float64, d, k int) ([][]int32, error) {
	switch {
	case d < 1 || len(x)%d != 0:
		return nil, fmt.Errorf("golearn: %d values are no rows of %d columns", len(x), d)
	case k < 1 || k >= len(x)/d:
		return nil, fmt.Errorf("golearn: %d neighbours of %d rows", k, len(x)/d)
	case len(x)/d > MaxNeighbourRows:
		return nil, fmt.Errorf("golearn: %d rows are more than its neighbours can be found for (%d)", len(x)/d, MaxNeighbourRows)
	}
	n := len(x) / d
	low, high := slices.Clone(x[:d]), slices.Clone(x[:d])
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("golearn: a value of row %d is missing or infinite", i/d)
		}
		low[i%d], high[i%d] = min(low[i%d], v), max(high[i%d], v)
	}
	// golearn's search takes the empty branches of its tree for rows at the origin. Moved so
	// that the origin is farther from every row than any other row is, they are never near.
	away := 1.0
	for j := range d {
		away += (high[j] - low[j]) * (high[j] - low[j])
	}
	away = 1 + 2*math.Sqrt(away)
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, d)
		for j := range d {
			rows[i][j] = x[i*d+j] - low[j] + away
		}
	}
	out := make([][]int32, n)
	return out, neighbours(ctx, rows, k, out)
}

// neighbours fills in the lists and turns a panic into an error.
func neighbours(ctx context.Context, rows [][]float64, k int, out [][]int32) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("golearn could not find neighbours: %v", p)
		}
	}()
	tree := kdtree.New()
	if err := tree.Build(rows); err != nil {
		return err
	}
	euclidean := pairwise.NewEuclidean()
	for i, row := range rows {
		if i%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		found, _, err := tree.Search(k+1, euclidean, row)
		if err != nil {
			return err
		}
		for _, j := range found {
			if j != i && len(out[i]) < k { // among rows that are equal, i itself may be left out
				out[i] = append(out[i], int32(j))
			}
		}
	}
	return nil
}
