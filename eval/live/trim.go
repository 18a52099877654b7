package live

import (
	"slices"

	"github.com/mores-lab/mores/eval"
	"github.com/mores-lab/mores/eval/study"
)

// trim leaves out of a line what the page does not show: of a hold-out, every standing's
// comparison with all baselines but the plain rules with as many groups, and the sets
// that either half chose from. They are three quarters of its bytes, and stay in the
// journal.
func trim(e study.Event) study.Event {
	if e.Event != study.HoldoutEv {
		return e
	}
	e.Contests = slices.Clone(e.Contests)
	for i := range e.Contests {
		c := &e.Contests[i]
		c.Standings, c.Picked = slices.Clone(c.Standings), slices.Clone(c.Picked)
		for j := range c.Standings {
			s := &c.Standings[j]
			s.Versus = slices.DeleteFunc(slices.Clone(s.Versus), func(v eval.Versus) bool {
				return s.Role != eval.RoleSegments || v.Role != eval.RoleEqualK
			})
		}
		for j := range c.Picked {
			c.Picked[j].Set = nil
		}
	}
	return e
}
