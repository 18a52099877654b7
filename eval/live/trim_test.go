package live

import (
	"encoding/json"
	"testing"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
)

func TestTrim(t *testing.T) {
	vs := []eval.Versus{{Baseline: "RFM k-means", Role: eval.RoleEqualK}, {Baseline: "RFM quintiles", Role: eval.RoleQuintiles}}
	e := study.Event{Event: study.HoldoutEv, Contests: []eval.Contest{{
		Target: "spend", Standings: []eval.Standing{{Name: "a", Role: eval.RoleSegments, Outside: ptr(.1), Versus: vs}, {Name: "b", Role: eval.RoleBlock, Versus: vs}},
		Picked: []eval.Pick{{Half: "A", Name: "a", Set: []string{"a", "b"}}},
	}}}
	before, _ := json.Marshal(e)
	got := trim(e)
	if after, _ := json.Marshal(e); string(after) != string(before) {
		t.Error("the journal's own event is changed")
	}
	c := got.Contests[0]
	if len(c.Standings) != 2 || len(c.Standings[0].Versus) != 1 || c.Standings[0].Versus[0].Baseline != "RFM k-means" || len(c.Standings[1].Versus) != 0 || *c.Standings[0].Outside != .1 || c.Picked[0].Set != nil || c.Picked[0].Name != "a" {
		t.Errorf("trimmed to %+v", c)
	}
	if other := trim(study.Event{Event: study.RunStart, Run: "r"}); other.Run != "r" {
		t.Error("another event is changed")
	}
}
