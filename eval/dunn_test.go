package eval

import (
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// genieclust's, and by hand: rows 0, 1 | 3, 5: the gap is 2 and the widest segment is 2 across.
func TestDunn(t *testing.T) {
	internalValues(t, "dunn")
	in := &Input{X: matrixOf([][]float64{{0}, {1}, {3}, {5}}), C: clusteringOf([]int32{0, 0, 1, 1})}
	check.Close(t, "by hand", scoreOf(t, "dunn", in).Value, 1, 1e-15)
	in.C = clusteringOf([]int32{0, 1, 1, 2})
	check.Close(t, "segments of one row", scoreOf(t, "dunn", in).Value, 0.5, 1e-15)
}
