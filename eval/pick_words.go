package eval

import (
	"fmt"
	"slices"
	"strings"
)

// explain says why the first of the order is the choice. Where it is a finer level, that
// comes first, then why the level of highest value has that value; levels says whether
// finer ones were looked for.
func (p *Picked) explain(candidates []Candidate, levels bool) {
	if len(p.Levels) > 1 {
		p.Reasons = append(p.Reasons, p.levelWords(candidates)...)
	}
	i := p.best
	c := candidates[i]
	why := fmt.Sprintf("%s with %d segments: ", c.Name, c.K)
	switch p.Basis {
	case PickBoth:
		gain, _ := pickWeakest(c)
		why += fmt.Sprintf("%s; %s; their product %.2f is the highest of %d", p.Support[i].words(), stabilityWords(gain), p.Value[i], len(p.Order))
	case PickAgreement:
		why += fmt.Sprintf("%s, the highest of %d; how stable its segments are was not weighed", p.Support[i].words(), len(p.Order))
	case PickStability:
		gain, _ := pickWeakest(c)
		why += fmt.Sprintf("%s, the highest of %d; there is no other algorithm to agree with", stabilityWords(gain), len(p.Order))
	case PickIndex:
		why += fmt.Sprintf("the best silhouette of %d (%.2f); there is no other algorithm to agree with, and stability was not computed", len(p.Order), p.Value[i])
	case PickNothing:
		why += "the fewest segments; there is neither another algorithm to agree with, nor stability, nor a silhouette"
	}
	p.Reasons = append(p.Reasons, why+".")
	if levels && p.best == p.Index && p.Basis != PickIndex && p.Basis != PickNothing {
		p.Reasons = append(p.Reasons, "More segments would tell more, but none of the finer candidates divides these into segments that are stable, that a kind of algorithms agrees on, and that have a valley between them.")
	}
	tried := func(i int) bool { _, ok := pickWeakest(candidates[i]); return ok }
	if p.Basis == PickAgreement && slices.ContainsFunc(p.Order, tried) {
		p.Reasons = append(p.Reasons, "No candidate whose stability was computed has all its segments found again beyond chance: what other algorithms find decides.")
	}
	finer := len(p.Levels) - 1 - slices.IndexFunc(p.Levels, func(l PickLevel) bool { return l.Index == p.best })
	if at := finer + 1; len(p.Order) > at && p.Basis != PickNothing {
		next := p.Order[at]
		p.Reasons = append(p.Reasons, fmt.Sprintf("Next: %s with %d segments, %.2f.", candidates[next].Name, candidates[next].K, p.Value[next]))
	}
	p.Reasons = append(p.Reasons, p.gateWords())
}

// levelWords say why a finer level was taken, and that the coarser ones are right too.
func (p *Picked) levelWords(candidates []Candidate) []string {
	c, last := candidates[p.Index], p.Levels[len(p.Levels)-1]
	var above []string
	for _, l := range p.Levels[:len(p.Levels)-1] {
		above = append(above, fmt.Sprint(candidates[l.Index].K))
	}
	joined := strings.Join(above, " or ")
	what := "both hold"
	if len(above) > 1 {
		what = "all of them hold"
	}
	why := fmt.Sprintf("%s with %d segments, not %s: %s, and %d tell more.", c.Name, c.K, joined, what, c.K)
	inside := fmt.Sprintf("They divide %d of the %d", last.Divided, candidates[p.Levels[len(p.Levels)-2].Index].K)
	var reasons []string
	if last.Kind != "" {
		reasons = append(reasons, fmt.Sprintf("other algorithms of a kind (%s) find the same inside each (agreement %.2f at least)", last.Kind, last.Agreed))
	}
	if gain, known := pickWeakest(c); known {
		reasons = append(reasons, stabilityWords(gain))
	}
	reasons = append(reasons, "between the pieces there is a valley with few rows")
	return []string{
		why + " " + inside + ": " + strings.Join(reasons, "; ") + ".",
		fmt.Sprintf("Who wants fewer takes %s: the same segments, joined.", joined),
	}
}

func stabilityWords(gain float64) string {
	return fmt.Sprintf("its weakest segment keeps %.2f of itself beyond chance when the rows are drawn again", max(0, gain))
}
