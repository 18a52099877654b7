package eval

import (
	"fmt"
	"slices"
)

// explain says why the first of the order is the choice.
func (p *Picked) explain(candidates []Candidate) {
	c := candidates[p.Index]
	why := fmt.Sprintf("%s with %d segments: ", c.Name, c.K)
	switch p.Basis {
	case PickBoth:
		gain, _ := pickWeakest(c)
		why += fmt.Sprintf("%s; %s; their product %.2f is the highest of %d", p.Support[p.Index].words(), stabilityWords(gain), p.Value[p.Index], len(p.Order))
	case PickAgreement:
		why += fmt.Sprintf("%s, the highest of %d; how stable its segments are was not weighed", p.Support[p.Index].words(), len(p.Order))
	case PickStability:
		gain, _ := pickWeakest(c)
		why += fmt.Sprintf("%s, the highest of %d; there is no other algorithm to agree with", stabilityWords(gain), len(p.Order))
	case PickIndex:
		why += fmt.Sprintf("the best silhouette of %d (%.2f); there is no other algorithm to agree with, and stability was not computed", len(p.Order), p.Value[p.Index])
	case PickNothing:
		why += "the fewest segments; there is neither another algorithm to agree with, nor stability, nor a silhouette"
	}
	p.Reasons = append(p.Reasons, why+".")
	tried := func(i int) bool { _, ok := pickWeakest(candidates[i]); return ok }
	if p.Basis == PickAgreement && slices.ContainsFunc(p.Order, tried) {
		p.Reasons = append(p.Reasons, "No candidate whose stability was computed has all its segments found again beyond chance: what other algorithms find decides.")
	}
	if len(p.Order) > 1 && p.Basis != PickNothing {
		next := candidates[p.Order[1]]
		p.Reasons = append(p.Reasons, fmt.Sprintf("Next: %s with %d segments, %.2f.", next.Name, next.K, p.Value[p.Order[1]]))
	}
	p.Reasons = append(p.Reasons, p.gateWords())
}

func stabilityWords(gain float64) string {
	return fmt.Sprintf("its weakest segment keeps %.2f of itself beyond chance when the rows are drawn again", max(0, gain))
}
