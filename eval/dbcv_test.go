package eval

import (
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// By hand: of 0, 1 | 10, 12 the sparseness is 1 and 2 and the gap 9.
func TestDBCV(t *testing.T) {
	in := &Input{X: matrixOf([][]float64{{0}, {1}, {10}, {12}}), C: clusteringOf([]int32{0, 0, 1, 1})}
	check.Close(t, "pairs", scoreOf(t, "dbcv", in).Value, 5./6, 1e-15)
}
