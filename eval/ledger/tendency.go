package ledger

import (
	"math"

	"github.com/mores-lab/mores/eval"
)

// tendency writes what was told beside the structure tests: a statistic a line. even is what
// data without anything to tell would give. None of it votes.
func (t *tables) tendency() error {
	var g grown
	g.texts("feature_set", "scaling", "statistic")
	g.nums("value", "lo", "hi", "even", "even_lo", "even_hi", "p")
	g.ints("n", "draws", "rows_looked_at")
	g.bools("sampled")
	g.texts("reason")
	none := math.NaN()
	for _, e := range t.state.Structures {
		if e.Structure == nil || e.Structure.Tendency == nil {
			continue
		}
		s := e.Structure.Tendency
		row := func(statistic, reason string, n, draws int, v ...float64) {
			if reason != "" {
				v = []float64{none, none, none, none, none, none, none}
			}
			g.row(e.Set, e.Scale, statistic, v[0], v[1], v[2], v[3], v[4], v[5], v[6], n, draws, s.Rows, s.Sampled, reason)
		}
		if h := s.Hopkins; h != nil {
			row("hopkins", h.Reason, h.Probes, h.Repeats, h.Value, h.Lo, h.Hi, 0.5, h.EvenLo, h.EvenHi, none)
		}
		for _, of := range []struct {
			name string
			*eval.DipTest
		}{{"dip_distances", s.Distances}, {"dip_component", s.Component}} {
			if of.DipTest != nil {
				row(of.name, of.Reason, of.N, of.Draws, of.Dip, none, none, none, none, none, of.P)
			}
		}
		if d := s.Dependence; d != nil {
			row("dependence", d.Reason, d.Columns, d.Draws, d.Value, none, none, d.Expected, none, none, d.P)
		}
	}
	return writeTable(t.dir, "tendency", g.cols)
}
