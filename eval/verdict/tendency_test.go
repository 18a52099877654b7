package verdict

import (
	"reflect"
	"testing"

	"github.com/mores-lab/mores/eval"
)

// Whatever Hopkins, the dips and shuffled columns say, every word of the verdict is the same.
func TestTendencyChangesNothing(t *testing.T) {
	stable := map[string]string{"b": "ssssu"}
	for _, natural := range []bool{false, true} {
		var first *Verdict
		for i, told := range []*eval.Tendency{
			nil,
			{Hopkins: &eval.Hopkins{Value: 0.5}, Distances: &eval.DipTest{P: 1}, Component: &eval.DipTest{P: 1}, Dependence: &eval.Dependence{P: 1}, Says: []string{"no groups at all"}},
			{Hopkins: &eval.Hopkins{Value: 1}, Distances: &eval.DipTest{Dip: 0.25}, Component: &eval.DipTest{Dip: 0.25}, Dependence: &eval.Dependence{Value: 1}, Says: []string{"groups!"}},
		} {
			in := shop()
			if natural {
				in.Structures[0].Result = &eval.Structure{P: .01, Natural: true, Nulls: []eval.NullResult{{Name: "cohort", P: .01, Decided: true, Beaten: true}}}
			}
			in.Structures[0].Result.Tendency = told
			v, err := Judge(t.Context(), in, readings(stable))
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = v
			} else if !reflect.DeepEqual(v, first) {
				t.Errorf("natural %v: the verdict is\n%v\nand without it\n%v", natural, v.Sentences, first.Sentences)
			}
		}
	}
}
