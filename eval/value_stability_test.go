package eval

import (
	"slices"
	"strings"
	"testing"

	"github.com/mores-lab/mores/internal/check"
)

// Where every customer is worth the same, worth changes nothing; where all of it lies with
// those who change segments, it shows. The numbers themselves are in TestStability.
func TestValueStability(t *testing.T) {
	in := refitGroups(150, 3, 2.5, 3, 4)
	in.Worth = slices.Repeat([]float64{12.5}, 150)
	plain, equal := scoreOf(t, "stability", in), scoreOf(t, "value_stability", in)
	check.Close(t, "everybody is worth the same", equal.Value, plain.Value, 1e-12)
	in.Worth = make([]float64, 150)
	for i := range in.Worth {
		in.Worth[i] = 1
		if r := in.X.Row(i); r[0]*r[0]+r[1]*r[1] < 2 { // in the middle, between the centres
			in.Worth[i] = 100
		}
	}
	if s := scoreOf(t, "value_stability", in); !(s.Value < plain.Value) {
		t.Errorf("worth lies between the segments: %s, and by rows %s", s.text(), plain.text())
	}
	in.Worth[3] = -1
	if s := scoreOf(t, "value_stability", in); !strings.Contains(s.Reason, "row 3 is worth -1") {
		t.Errorf("less than nothing: %s", s.text())
	}
	in.Worth = nil
	if s := scoreOf(t, "value_stability", in); !strings.Contains(s.Reason, "nobody said") {
		t.Errorf("not known: %s", s.text())
	}
}
