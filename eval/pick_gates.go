package eval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mores-lab/mores/cluster"
)

// GateResult says whether a candidate was admitted to the comparison.
type GateResult struct {
	Passed bool `json:"passed"`
	// Failed names the gates that it does not pass: segments, baseline, lopsided, size,
	// coverage. Reasons say so in words, one a gate.
	Failed  []string `json:"failed,omitempty"`
	Reasons []string `json:"reasons,omitempty"`
}

// Names of the gates.
const (
	gateSegments = "segments"
	gateBaseline = "baseline"
	gateLopsided = "lopsided"
	gateSize     = "size"
	gateCoverage = "coverage"
)

// Gate says whether a candidate passes the gates.
func (r PickRule) Gate(c Candidate) GateResult {
	var g GateResult
	fail := func(gate, format string, args ...any) {
		g.Failed, g.Reasons = append(g.Failed, gate), append(g.Reasons, fmt.Sprintf(format, args...))
	}
	if c.K < 2 {
		fail(gateSegments, "%d segment: nothing is told apart", c.K)
	}
	if m, err := cluster.Lookup(c.Algorithm); err == nil && m.Baseline {
		fail(gateBaseline, "%s is a baseline that does not look for groups", m.Name)
	}
	inside := c.N - c.Noise
	if c.K >= 2 {
		large, small := slices.Max(c.Sizes), slices.Min(c.Sizes)
		if float64(large) > r.MaxShare*float64(inside) {
			fail(gateLopsided, "one segment holds %.1f %% of the assigned rows; at most %g %%", 100*float64(large)/float64(inside), 100*r.MaxShare)
		}
		if least := max(float64(r.MinRows), r.MinShare*float64(c.N)); float64(small) < least {
			fail(gateSize, "the smallest segment has %d rows; at least %.0f", small, least)
		}
	}
	if float64(inside) < r.MinCoverage*float64(c.N) {
		fail(gateCoverage, "%.1f %% of the rows are in a segment; at least %g %%", 100*float64(inside)/float64(c.N), 100*r.MinCoverage)
	}
	g.Passed = len(g.Failed) == 0
	return g
}

// open fills Gates and returns who is compared. Where nobody passes all gates, coverage is
// forgiven, then size too: a table of which each run leaves a fifth out has a best run
// nevertheless, and the reader is told.
func (r PickRule) open(candidates []Candidate, p *Picked) []bool {
	p.Gates = make([]GateResult, len(candidates))
	open := make([]bool, len(candidates))
	for i, c := range candidates {
		p.Gates[i] = r.Gate(c)
	}
	for _, forgiven := range [][]string{nil, {gateCoverage}, {gateCoverage, gateSize}} {
		some := false
		for i, g := range p.Gates {
			open[i] = !slices.ContainsFunc(g.Failed, func(f string) bool { return !slices.Contains(forgiven, f) })
			some = some || open[i]
		}
		if some {
			p.Relaxed = forgiven
			break
		}
	}
	return open
}

// gateWords says how many passed, and why others did not.
func (p *Picked) gateWords() string {
	passed, why := 0, map[string]int{}
	for _, g := range p.Gates {
		if g.Passed {
			passed++
		} else {
			why[g.Failed[0]]++
		}
	}
	words := []struct{ gate, text string }{
		{gateSegments, "%d with fewer than two segments"},
		{gateBaseline, "%d of a baseline"},
		{gateLopsided, "%d with nearly all rows in one segment"},
		{gateSize, "%d with a segment that is too small"},
		{gateCoverage, "%d that leave too many rows unassigned"},
	}
	var list []string
	for _, w := range words {
		if n := why[w.gate]; n > 0 {
			list = append(list, fmt.Sprintf(w.text, n))
		}
	}
	t := fmt.Sprintf("%d of %d candidates pass the gates", passed, len(p.Gates))
	if len(list) > 0 {
		t += "; out: " + strings.Join(list, ", ")
	}
	if len(p.Relaxed) > 0 {
		was := "was"
		if len(p.Relaxed) > 1 {
			was = "were"
		}
		t += fmt.Sprintf("; as nobody passes all of them, %s %s forgiven", strings.Join(p.Relaxed, " and "), was)
	}
	return t + "."
}
