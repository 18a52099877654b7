package features

import (
	"math"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

func TestLog1p(t *testing.T) {
	m := NewMatrix(1, []Column{
		{Name: "a", Unit: "days"}, {Name: "b", Unit: "money"}, {Name: "c", Unit: "1/month"}, {Name: "d"}, {Name: "e", Unit: "count", Kind: Probability},
	}, []float64{math.E - 1, 1 - math.E, 3, 7, 0.5})
	got, _, _ := learned(t, &Log1p{}, m)
	for j, want := range []float64{1, -1, math.Log(4), 7, 0.5} {
		check.Close(t, m.Cols[j].Name, got.Row(0)[j], want, 1e-12)
	}
	got, _, _ = learned(t, &Log1p{All: true}, m)
	check.Close(t, "all", got.Row(0)[3], math.Log(8), 1e-12)
	check.Close(t, "not a number column", got.Row(0)[4], 0.5, 0)
}
