package eval

import (
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

func TestBCubed(t *testing.T) {
	externalValues(t, "b_cubed")
	// By hand: classes {a a b}, clusters {0 1 1}: precision (1 + ½ + ½)/3, recall
	// (½ + ½ + 1)/3.
	in := &Input{C: clusteringOf([]int32{0, 1, 1}), Truth: []Labelling{{Labels: []int32{0, 0, 1}}}}
	check.Close(t, "by hand", scoreOf(t, "b3", in).Value, 2.0/3, 1e-15)
}
